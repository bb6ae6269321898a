//! What `window(time, …)` does to rows: those without a time vanish, those in several windows stand
//! there once for each.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use super::generate::unnest;
use crate::error::{Error, Result};
use crate::functions::time_window_parts;
use crate::plan::Planned;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;

/// A call of `window` and the column that holds its answer.
pub(super) type Held = (Expr, Column);

/// The input with the rows that the values' windows make of it, and the values with the windows
/// replaced by the column that holds them.
pub(super) fn extract(input: Planned, values: Vec<Typed>) -> Result<(Planned, Vec<Typed>)> {
    let scope = input.scope.clone();
    let (input, values, _) = grouped(input, values)?;
    Ok((Planned { scope, ..input }, values))
}

/// [`extract`] for the keys of an aggregate, whose select list may name the window's column or
/// repeat its call.
pub(super) fn grouped(
    mut input: Planned,
    values: Vec<Typed>,
) -> Result<(Planned, Vec<Typed>, Vec<Held>)> {
    let mut found: Vec<Expr> = Vec::new();
    for value in &values {
        value.expr.apply(|expr| {
            if time_window_parts(expr).is_some() && !found.contains(expr) {
                found.push(expr.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    if found.len() > 1 {
        return Err(Error::of("_LEGACY_ERROR_TEMP_1039"));
    }
    let mut held: Vec<Held> = Vec::new();
    for call in found {
        let Some((moment, windows)) = time_window_parts(&call) else {
            continue;
        };
        let column = windows.columns.first().cloned();
        let Some(mut column) = column else { continue };
        if let Some(value) = values.iter().find(|value| value.expr == call) {
            column.metadata = Arc::clone(&value.metadata);
            column.nullable = value.nullable;
        }
        if windows.outer {
            // One window for each moment: no row is made, those without a moment go.
            let present = Expr::IsNotNull(Box::new(moment));
            let all = input.scope.columns.iter().chain(&input.scope.hidden);
            let mut seen = HashSet::new();
            let mut kept: Vec<Expr> = all
                .filter(|column| seen.insert(column.id))
                .map(Column::expr)
                .collect();
            kept.push(call.clone().alias(column.id.internal_name()));
            input.plan = LogicalPlanBuilder::from(input.plan)
                .filter(present)?
                .project(kept)?
                .build()?;
        } else {
            let scope = input.scope.clone();
            let unnested = unnest(input.clone(), windows)?;
            input = Planned {
                plan: unnested.plan,
                scope,
                ..input
            };
        }
        input.scope.columns.push(column.clone());
        held.push((call, column));
    }
    let values = values
        .into_iter()
        .map(|value| replaced(value, &held))
        .collect::<Result<_>>()?;
    Ok((input, values, held))
}

/// The value with calls of `window` replaced by the columns that hold them.
pub(super) fn replaced(mut value: Typed, held: &[Held]) -> Result<Typed> {
    if let Some((_, column)) = held.iter().find(|(call, _)| *call == value.expr) {
        return Ok(Typed {
            alias: value.alias,
            metadata: value.metadata,
            ..Typed::column(column)
        });
    }
    if !held.is_empty() {
        value.expr = value
            .expr
            .transform_down(|expr| {
                let known = held.iter().find(|(call, _)| *call == expr);
                Ok(match known {
                    Some((_, column)) => Transformed::yes(column.expr()),
                    None => Transformed::no(expr),
                })
            })?
            .data;
    }
    Ok(value)
}
