//! From a resolved plan to what is executed.
//!
//! Most requests of interactive clients are tiny: a range, a literal, a view over local rows. For
//! those DataFusion's some forty optimiser rules find nothing to do and cost a good part of the answer's
//! time, so plans in which they cannot find anything go past them.
//! Knows nothing of names and sessions.

use std::sync::Arc;

use datafusion::catalog::MemTable;
use datafusion::datasource::source_as_provider;
use datafusion::execution::{SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::physical_optimizer::ensure_coop::EnsureCooperative;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::Result;
use crate::functions::kernel::Kernel;
use crate::io::range::Range;
use crate::plan::subqueries;

/// The two ways, and what both run in.
pub(crate) struct Physical {
    full: SessionState,
    direct: SessionState,
    /// Made once: DataFusion's own copies its function tables for every query, and our plans hold
    /// their functions themselves.
    task: Arc<TaskContext>,
}

impl Physical {
    /// Plans as this state does.
    pub(crate) fn new(full: SessionState) -> Self {
        let direct = SessionStateBuilder::new_from_existing(full.clone())
            .with_analyzer_rules(Vec::new())
            .with_optimizer_rules(Vec::new())
            // Not for speed: a scan that never yields could not be interrupted.
            .with_physical_optimizer_rules(vec![Arc::new(EnsureCooperative::new())])
            .build();
        let task = full.task_ctx();
        Self { full, direct, task }
    }

    /// The state with all rules.
    pub(crate) fn full(&self) -> &SessionState {
        &self.full
    }

    /// What plans are executed in.
    pub(crate) fn task(&self) -> Arc<TaskContext> {
        Arc::clone(&self.task)
    }

    /// The plan to be executed.
    pub(crate) async fn plan(&self, plan: LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        if is_direct(&plan) {
            let planner = self.direct.query_planner();
            return Ok(planner.create_physical_plan(&plan, &self.direct).await?);
        }
        Ok(self
            .full
            .create_physical_plan(&subqueries::joined(plan)?)
            .await?)
    }
}

/// Whether no rule could make the plan better: it reads nothing but ranges and rows in memory, and
/// only filters and projects them by expressions that need no coercion.
fn is_direct(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::EmptyRelation(_) => true,
        LogicalPlan::TableScan(scan) => {
            scan.filters.is_empty()
                && scan.fetch.is_none()
                && source_as_provider(&scan.source).is_ok_and(|provider| {
                    provider.downcast_ref::<Range>().is_some()
                        || provider.downcast_ref::<MemTable>().is_some()
                })
        }
        LogicalPlan::Projection(node) => {
            is_direct(&node.input) && node.expr.iter().all(|e| is_plain(e, &node.input))
        }
        LogicalPlan::Filter(node) => {
            is_direct(&node.input) && is_plain(&node.predicate, &node.input)
        }
        LogicalPlan::SubqueryAlias(node) => is_direct(&node.input),
        _ => false,
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
