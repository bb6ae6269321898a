//! Limits keep the rows that come first.
//!
//! To DataFusion a limit without an order may keep any rows, so it sorts below the limit what is
//! wanted in order above it. Users of Spark count on the first rows, whatever is done with them
//! afterwards. So a limit is hidden while DataFusion places its sorts. Knows nothing of how many
//! rows a limit keeps.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::{
    CardinalityEffect, ChildrenPropertiesMode, ReplaceChildrenOptions,
};
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
};

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The rule that places sorts.
const PLACES_SORTS: &str = "EnsureRequirements";

/// The rules with limits hidden from the one that places sorts.
pub(super) fn kept(rules: &[Rule]) -> Vec<Rule> {
    let mut all: Vec<Rule> = Vec::with_capacity(rules.len() + 2);
    for rule in rules {
        if rule.name() == PLACES_SORTS {
            all.push(Arc::new(Hide));
            all.push(Arc::clone(rule));
            all.push(Arc::new(Show));
        } else {
            all.push(Arc::clone(rule));
        }
    }
    all
}

#[derive(Debug)]
struct Hide;

impl PhysicalOptimizerRule for Hide {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            if !node.is::<GlobalLimitExec>() && !node.is::<LocalLimitExec>() {
                return Ok(Transformed::no(node));
            }
            let input = node.children().first().map(|input| input.properties());
            let order = input.and_then(|input| input.output_ordering().cloned());
            let order = order.map(OrderingRequirements::from);
            Ok(Transformed::yes(
                Arc::new(Hidden { limit: node, order }) as Arc<dyn ExecutionPlan>
            ))
        })
        .data()
    }

    fn name(&self) -> &str {
        "HideLimits"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Show;

impl PhysicalOptimizerRule for Show {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match node.downcast_ref::<Hidden>() {
                Some(hidden) => Transformed::yes(Arc::clone(&hidden.limit)),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "ShowLimits"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A limit that does not look like one.
#[derive(Debug)]
struct Hidden {
    limit: Arc<dyn ExecutionPlan>,
    /// The order that its input has, which decides what it keeps.
    order: Option<OrderingRequirements>,
}

impl DisplayAs for Hidden {
    fn fmt_as(&self, how: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limit.fmt_as(how, f)
    }
}

impl ExecutionPlan for Hidden {
    fn name(&self) -> &'static str {
        "HiddenLimitExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.limit.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.limit.children()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.limit.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![self.order.clone()]
    }

    /// It does; but what says so has sorts pushed below it.
    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        self.limit.benefits_from_input_partitioning()
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.limit.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let recomputed = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        Ok(Arc::new(Self {
            limit: Arc::clone(&self.limit).replace_children(children, recomputed)?,
            order: self.order.clone(),
        }))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.limit.execute(partition, context)
    }
}
