//! Aggregates, pivots, and VALUES.

use sparring_proto::connect as proto;
use sparring_proto::connect::aggregate::GroupType;
use sparring_proto::connect::expression::ExprType;
use sparring_proto::connect::relation::RelType;
use sparring_sql::lower::internal;

use super::expression::{self, Text};
use super::order::{grouping, ordinal};
use super::{Drawn, Parsed, unresolved};
use crate::explain::tree::Node;
use crate::explain::{notation, source};
use crate::plan::scope::Column;
use crate::plan::trace::Resolved;

impl<'a> Parsed<'a> {
    pub(super) fn aggregate(
        self,
        node: &'a proto::Aggregate,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let of = self.analyzed;
        let keys: Vec<String> = node
            .grouping_expressions
            .iter()
            .map(|key| match ordinal(of, key) {
                Some(ordinal) => ordinal.text,
                None => expression::text(of, key),
            })
            .collect();
        let mut items = expression::items(of, &node.aggregate_expressions).texts;
        if let Some(pivot) = &node.pivot {
            return self.pivot(node, pivot, resolved);
        }
        let is_select = node.group_type() == GroupType::Unspecified;
        if !is_select {
            let own = expression::items(of, &node.grouping_expressions).texts;
            items = own.into_iter().chain(items).collect();
        }
        let keys = match node.group_type() {
            GroupType::Rollup | GroupType::Cube => {
                let name = match node.group_type() {
                    GroupType::Rollup => internal::ROLLUP,
                    _ => internal::CUBE,
                };
                let sets: Vec<Vec<String>> = keys.into_iter().map(|key| vec![key]).collect();
                vec![grouping(name, &sets)]
            }
            _ => keys,
        };
        let items = of.writer.list(&items);
        let line = match keys.is_empty() {
            true => format!("Aggregate {items}"),
            false => format!("Aggregate {}, {items}", of.writer.list(&keys)),
        };
        self.above(&line, false, &node.input, resolved)
    }

    fn pivot(
        self,
        node: &'a proto::Aggregate,
        pivot: &'a proto::aggregate::Pivot,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let of = self.analyzed;
        let column = pivot
            .col
            .as_ref()
            .map_or(String::new(), |column| expression::one(of, column).text);
        let own = expression::texts(expression::all(of, &node.grouping_expressions));
        let aggregates = of.writer.list(&expression::texts(expression::all(
            of,
            &node.aggregate_expressions,
        )));
        let line = if node.group_type() == GroupType::Unspecified {
            format!("Pivot {column}, {}, {aggregates}", of.writer.list(&own))
        } else {
            let values: Vec<String> = pivot
                .values
                .iter()
                .filter_map(|value| {
                    let value =
                        crate::plan::expression::literal::literal(of.context, value).ok()?;
                    Some(notation::literal(value.constant()?, of.writer.zone))
                })
                .collect();
            format!(
                "Pivot List({}), {column}, {}, {aggregates}",
                own.join(", "),
                of.writer.list(&values)
            )
        };
        self.above(&line, false, &node.input, resolved)
    }

    /// VALUES of constants is a relation of rows to the parser.
    pub(super) fn inline_table(
        self,
        relation: Option<&'a proto::Relation>,
        resolved: Option<&'a Resolved>,
        names: Option<&[String]>,
    ) -> Drawn {
        match relation.and_then(|relation| relation.rel_type.as_ref()) {
            Some(RelType::UnresolvedTableValuedFunction(node)) => {
                let below = relation.and_then(|r| resolved?.below(r)).map(AsRef::as_ref);
                self.inline(node, below, names)
            }
            _ => unresolved("'UnresolvedInlineTable"),
        }
    }

    pub(super) fn inline(
        self,
        node: &'a proto::UnresolvedTableValuedFunction,
        resolved: Option<&'a Resolved>,
        names: Option<&[String]>,
    ) -> Drawn {
        let of = self.analyzed;
        let rows: Vec<Vec<Text>> = node
            .arguments
            .iter()
            .map(|row| match &row.expr_type {
                Some(ExprType::UnresolvedFunction(row)) => expression::all(of, &row.arguments),
                _ => Vec::new(),
            })
            .collect();
        let width = rows.first().map_or(0, Vec::len);
        let names: Vec<String> = match names {
            Some(names) => names.to_vec(),
            None => (1..=width).map(|place| format!("col{place}")).collect(),
        };
        let planned = resolved.and_then(|r| r.planned.as_ref());
        if let Some(planned) = planned
            && rows.iter().flatten().all(|value| value.resolved)
        {
            let columns: Vec<String> = planned
                .scope
                .columns
                .iter()
                .zip(&names)
                .map(|(column, name)| {
                    let column = Column::new(name.as_str(), column.data_type.clone(), true);
                    of.writer.names.borrow_mut().of(&column)
                })
                .collect();
            return Drawn {
                node: Node::leaf(source::local(
                    "LocalRelation",
                    &columns,
                    false,
                    of.writer.most,
                )),
                resolved: true,
            };
        }
        let rows: Vec<String> = rows
            .into_iter()
            .map(|row| of.writer.list(&expression::texts(row)))
            .collect();
        unresolved(&format!(
            "'UnresolvedInlineTable {}, {}",
            of.writer.list(&names),
            of.writer.list(&rows)
        ))
    }
}
