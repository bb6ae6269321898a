//! The partitions of a plan one after the other, as Spark collects them.
//!
//! DataFusion takes rows from whichever partition has some first, so that the two sides of a union
//! changed places from run to run. Where a query is run by one processor nothing is lost by waiting
//! for the first side; queries that are run by all processors promise no order.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::stream::{self, StreamExt};

/// The rule that puts partitions in order where one processor runs a plan.
#[derive(Debug)]
pub(super) struct KeepOrder;

impl PhysicalOptimizerRule for KeepOrder {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if config.execution.target_partitions > 1 {
            return Ok(plan);
        }
        let plan = plan
            .transform_up(|node| {
                let Some(any_order) = node.downcast_ref::<CoalescePartitionsExec>() else {
                    return Ok(Transformed::no(node));
                };
                let ordered = InOrder::of(Arc::clone(any_order.input()));
                Ok(Transformed::yes(match any_order.fetch() {
                    None => ordered,
                    limit => Arc::new(GlobalLimitExec::new(ordered, 0, limit)),
                }))
            })
            .data()?;
        Ok(match plan.properties().partitioning.partition_count() {
            0 | 1 => plan,
            _ => InOrder::of(plan),
        })
    }

    fn name(&self) -> &str {
        "KeepOrder"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// All rows of the first partition, then all of the second, and so on.
#[derive(Debug)]
pub(crate) struct InOrder {
    /// The same in any order, which knows what such a plan is like.
    any_order: CoalescePartitionsExec,
}

impl InOrder {
    fn of(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self {
            any_order: CoalescePartitionsExec::new(input),
        })
    }

    /// What has the partitions.
    pub(crate) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        self.any_order.input()
    }
}

impl DisplayAs for InOrder {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ExecutionPlan for InOrder {
    fn name(&self) -> &'static str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.any_order.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.any_order.children()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.any_order.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(match children.into_iter().next() {
            Some(input) => Self::of(input),
            None => self,
        })
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let n = self.input().properties().partitioning.partition_count();
        if n < 2 || partition > 0 {
            return self.any_order.execute(partition, context);
        }
        let input = Arc::clone(self.input());
        // A partition is begun when the one before it is at its end.
        let rows = stream::iter(0..n).flat_map(move |index| {
            match input.execute(index, Arc::clone(&context)) {
                Ok(rows) => rows,
                Err(error) => {
                    let failed = stream::iter([Err(error)]);
                    Box::pin(RecordBatchStreamAdapter::new(input.schema(), failed))
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}
