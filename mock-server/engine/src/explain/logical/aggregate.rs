//! Aggregates: one with the list above it is one operator of Spark's.

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable};

use super::{above, node};
use crate::explain::notation;
use crate::explain::tree::Node;
use crate::explain::writer::Writer;

pub(super) fn key_texts(writer: &Writer, aggregate: &Aggregate) -> Vec<String> {
    aggregate
        .group_expr
        .iter()
        .flat_map(|key| match key {
            Expr::GroupingSet(set) => set.distinct_expr().into_iter().cloned().collect(),
            other => vec![other.clone()],
        })
        .map(|key| writer.expr(&key))
        .collect()
}

pub(super) fn aggregate_line(writer: &Writer, keys: &[String], items: &[String]) -> String {
    let items = writer.list(items);
    match keys.is_empty() {
        true => format!("Aggregate {items}"),
        false => format!("Aggregate {}, {items}", writer.list(keys)),
    }
}

pub(super) fn aggregated(writer: &Writer, aggregate: &Aggregate, output: &[String]) -> Node {
    let below = node(writer, &aggregate.input);
    for expr in &aggregate.aggr_expr {
        learn(writer, expr, aggregate.input.schema());
    }
    let keys = key_texts(writer, aggregate);
    let functions = aggregate.aggr_expr.iter().map(|expr| match expr {
        Expr::Alias(alias) => {
            let name = writer.names.borrow().shown(&alias.name);
            notation::alias(&writer.expr(&alias.expr), &name)
        }
        other => writer.expr(other),
    });
    let mut items = keys.clone();
    items.extend(functions);
    if !output.is_empty() && aggregate.aggr_expr.is_empty() {
        items.truncate(output.len());
    }
    above(writer, aggregate_line(writer, &keys, &items), vec![below])
}

/// Remembers what a function's column is computed by.
pub(super) fn learn(writer: &Writer, expr: &Expr, schema: &DFSchema) {
    if let Expr::Alias(alias) = expr {
        let text = writer.expr(&alias.expr);
        let long = match expr.get_type(schema) {
            Ok(data_type) => notation::long(&data_type),
            Err(_) => "",
        };
        writer
            .names
            .borrow_mut()
            .computed(alias.name.clone(), text, long);
    }
}

/// An item above an aggregate with the aggregates written out, as Spark's aggregates have them.
pub(super) fn inlined(writer: &Writer, aggregate: &Aggregate, item: &Expr) -> String {
    let replaced = item.clone().transform_up(|expr| {
        let Expr::Column(column) = &expr else {
            return Ok(Transformed::no(expr));
        };
        let found = aggregate
            .aggr_expr
            .iter()
            .find_map(|function| match function {
                Expr::Alias(alias) if alias.name == column.name => {
                    Some(alias.expr.as_ref().clone())
                }
                other if other.schema_name().to_string() == column.name => Some(other.clone()),
                _ => None,
            });
        Ok(match found {
            Some(function) => Transformed::yes(function),
            None => Transformed::no(expr),
        })
    });
    match replaced {
        Ok(replaced) => writer.expr(&replaced.data),
        Err(_) => writer.expr(item),
    }
}
