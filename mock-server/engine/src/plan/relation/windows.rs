//! Taking window functions out of a select list and putting them into window nodes below it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Window};

use super::time_windows;
use crate::error::Result;
use crate::plan::Planned;
use crate::plan::scope::{Column, ColumnId};
use crate::plan::typed::Typed;

/// The input with a window node for every distinct partitioning and order, and the values with
/// references to their columns.
pub(super) fn extract(input: Planned, values: Vec<Typed>) -> Result<(Planned, Vec<Typed>)> {
    let (input, values) = time_windows::extract(input, values)?;
    let mut found: Vec<(Expr, ColumnId)> = Vec::new();
    let values = values
        .into_iter()
        .map(|mut value| {
            value.expr = replace(value.expr, &mut found)?;
            Ok(value)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((below(input, found)?, values))
}

/// The input with window nodes for these functions; those within others are further below.
fn below(mut input: Planned, found: Vec<(Expr, ColumnId)>) -> Result<Planned> {
    let mut inner: Vec<(Expr, ColumnId)> = Vec::new();
    let found = found
        .into_iter()
        .map(|(window, id)| {
            let flat =
                window.map_children(|child| Ok(Transformed::yes(replace(child, &mut inner)?)))?;
            Ok((flat.data, id))
        })
        .collect::<Result<Vec<_>>>()?;
    if !inner.is_empty() {
        input = below(input, inner)?;
    }
    let mut groups: Vec<(Expr, Vec<Expr>)> = Vec::new();
    for (window, id) in found {
        let named = window.clone().alias(id.internal_name());
        match groups
            .iter_mut()
            .find(|(first, _)| same_window(first, &window))
        {
            Some((_, members)) => members.push(named),
            None => groups.push((window, vec![named])),
        }
    }
    let last = groups.last().map(|(window, _)| window.clone());
    for (_, members) in groups {
        input.plan = LogicalPlan::Window(Window::try_new(members, Arc::new(input.plan))?);
    }
    if let Some(window) = last {
        input.plan = sorted(input.plan, &window)?;
    }
    Ok(input)
}

/// The plan in the order in which Spark leaves a window's rows: by partition, nulls first, then by
/// the window's own order. Where nobody looks at the order DataFusion drops the sort again.
fn sorted(plan: LogicalPlan, window: &Expr) -> Result<LogicalPlan> {
    let Expr::WindowFunction(function) = window else {
        return Ok(plan);
    };
    let partition = function.params.partition_by.iter();
    let mut keys: Vec<Sort> = partition
        .map(|key| Sort::new(key.clone(), true, true))
        .collect();
    if keys.is_empty() {
        return Ok(plan);
    }
    keys.extend(function.params.order_by.iter().cloned());
    Ok(LogicalPlanBuilder::from(plan).sort(keys)?.build()?)
}

/// Whether a window function is in a value.
pub(super) fn has_window(value: &Typed) -> bool {
    value
        .expr
        .exists(|expr| Ok(matches!(expr, Expr::WindowFunction(_))))
        .unwrap_or(false)
}

fn replace(expr: Expr, found: &mut Vec<(Expr, ColumnId)>) -> Result<Expr> {
    Ok(expr
        .transform_down(|node| {
            let Expr::WindowFunction(_) = &node else {
                return Ok(Transformed::no(node));
            };
            let id = match found.iter().find(|(known, _)| *known == node) {
                Some((_, id)) => *id,
                None => {
                    let id = ColumnId::fresh();
                    found.push((node.clone(), id));
                    id
                }
            };
            Ok(Transformed::new(
                id.expr(),
                true,
                datafusion::common::tree_node::TreeNodeRecursion::Jump,
            ))
        })?
        .data)
}

fn same_window(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::WindowFunction(a), Expr::WindowFunction(b)) => {
            a.params.partition_by == b.params.partition_by && a.params.order_by == b.params.order_by
        }
        _ => false,
    }
}

/// A column for a value that only lives below the select list.
pub(super) fn helper(value: &Typed) -> Column {
    let mut column = Column::new(
        Arc::clone(&value.name),
        value.data_type.clone(),
        value.nullable,
    );
    if let Some(id) = value.id {
        column.id = id;
    }
    column
}
