//! What `window(time, …)` does to rows: those without a time vanish, those in several windows stand
//! there once for each.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use super::generate::unnest;
use crate::error::Result;
use crate::functions::time_window_parts;
use crate::plan::Planned;
use crate::plan::typed::Typed;

/// The input with the rows that the values' windows make of it, and the values with sliding windows
/// replaced by the column that holds them.
pub(super) fn extract(mut input: Planned, values: Vec<Typed>) -> Result<(Planned, Vec<Typed>)> {
    let mut found: Vec<Expr> = Vec::new();
    for value in &values {
        value.expr.apply(|expr| {
            if time_window_parts(expr).is_some() && !found.contains(expr) {
                found.push(expr.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    let mut replaced: Vec<(Expr, Expr)> = Vec::new();
    for call in found {
        match time_window_parts(&call) {
            None => {}
            Some((moment, None)) => {
                let present = Expr::IsNotNull(Box::new(moment));
                input.plan = LogicalPlanBuilder::from(input.plan)
                    .filter(present)?
                    .build()?;
            }
            Some((_, Some(generator))) => {
                let scope = input.scope.clone();
                let column = generator.columns.first().map(|column| column.expr());
                let unnested = unnest(input.clone(), generator)?;
                input = Planned {
                    plan: unnested.plan,
                    scope,
                    ..input
                };
                replaced.extend(column.map(|column| (call, column)));
            }
        }
    }
    if replaced.is_empty() {
        return Ok((input, values));
    }
    let values = values
        .into_iter()
        .map(|mut value| {
            value.expr = value
                .expr
                .transform_down(|expr| {
                    let known = replaced.iter().find(|(call, _)| *call == expr);
                    Ok(match known {
                        Some((_, column)) => Transformed::yes(column.clone()),
                        None => Transformed::no(expr),
                    })
                })?
                .data;
            Ok(value)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((input, values))
}
