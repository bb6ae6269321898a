//! Plans that go past the optimiser: those in which its rules cannot find anything.
//!
//! Knows nothing of how a plan is run.

use arrow::array::RecordBatch;
use datafusion::catalog::MemTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use crate::error::Result;
use crate::functions::kernel::Kernel;
use crate::io::range::Range;

/// What a thread that also serves sockets may read through at a time; a millisecond or two.
const SHORT_ROWS: u64 = 65_536;

/// Whether a plan is made and run sooner than another thread would have begun with it.
pub(crate) fn is_short(plan: &LogicalPlan) -> bool {
    direct_rows(plan).is_some_and(|rows| rows <= SHORT_ROWS)
}

/// How many rows are read by a plan that no rule could make better: it reads nothing but ranges and
/// rows in memory, and only filters and projects them by expressions that need no coercion.
pub(super) fn direct_rows(plan: &LogicalPlan) -> Option<u64> {
    match plan {
        LogicalPlan::EmptyRelation(_) => Some(1),
        LogicalPlan::TableScan(scan) if scan.filters.is_empty() && scan.fetch.is_none() => {
            let provider = source_as_provider(&scan.source).ok()?;
            if let Some(range) = provider.downcast_ref::<Range>() {
                return Some(range.rows());
            }
            let table = provider.downcast_ref::<MemTable>()?;
            let rows = table.batches.iter().map(|partition| {
                // Nobody writes to these tables, so that the lock is always free.
                let batches = partition.try_read().ok()?;
                Some(batches.iter().map(RecordBatch::num_rows).sum::<usize>())
            });
            u64::try_from(rows.sum::<Option<usize>>()?).ok()
        }
        LogicalPlan::Projection(node) => {
            let rows = direct_rows(&node.input)?;
            node.expr
                .iter()
                .all(|e| is_plain(e, &node.input))
                .then_some(rows)
        }
        LogicalPlan::Filter(node) => {
            let rows = direct_rows(&node.input)?;
            is_plain(&node.predicate, &node.input).then_some(rows)
        }
        LogicalPlan::SubqueryAlias(node) => direct_rows(&node.input),
        _ => None,
    }
}

/// Whether an expression can be executed as it stands.
fn is_plain(expr: &Expr, input: &LogicalPlan) -> bool {
    match expr {
        Expr::Column(_) | Expr::Literal(..) => true,
        Expr::Alias(alias) => is_plain(&alias.expr, input),
        Expr::Not(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) => is_plain(inner, input),
        Expr::Cast(cast) => is_plain(&cast.expr, input),
        Expr::BinaryExpr(binary) => {
            let types = (
                binary.left.get_type(input.schema()),
                binary.right.get_type(input.schema()),
            );
            matches!(types, (Ok(left), Ok(right)) if left == right)
                && is_plain(&binary.left, input)
                && is_plain(&binary.right, input)
        }
        Expr::ScalarFunction(call) => {
            call.func.inner().downcast_ref::<Kernel>().is_some()
                && call.args.iter().all(|arg| is_plain(arg, input))
        }
        _ => false,
    }
}

/// The one thing that the optimiser would do to these plans: constants that are cast once and not
/// for every batch.
pub(super) fn without_constant_casts(plan: LogicalPlan) -> Result<LogicalPlan> {
    let is_constant_cast = |expr: &Expr| match expr {
        Expr::Cast(cast) => matches!(cast.expr.as_ref(), Expr::Literal(..)),
        _ => false,
    };
    let has_some = plan.exists(|node| {
        let mut found = false;
        node.apply_expressions(|expr| {
            found |= expr.exists(|expr| Ok(is_constant_cast(expr)))?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    })?;
    if !has_some {
        return Ok(plan);
    }
    let changed = plan.transform_down(|node| {
        node.map_expressions(|expr| {
            expr.transform_up(|expr| {
                let Expr::Cast(cast) = &expr else {
                    return Ok(Transformed::no(expr));
                };
                let Expr::Literal(value, metadata) = cast.expr.as_ref() else {
                    return Ok(Transformed::no(expr));
                };
                Ok(match value.cast_to(cast.field.data_type()) {
                    Ok(value) => Transformed::yes(Expr::Literal(value, metadata.clone())),
                    Err(_) => Transformed::no(expr),
                })
            })
        })
    })?;
    Ok(changed.data)
}
