//! Kept rows in plans that are only looked at: planning a scan of them would compute them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::{TableType, provider_as_source, source_as_provider};
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use crate::cache::Kept;
use crate::error::Result;

/// `StorageLevel(disk, memory, deserialized, 1 replicas)`.
pub(super) fn level(kept: &Kept) -> String {
    let level = kept.level();
    let mut parts = Vec::new();
    for (is_so, text) in [
        (level.use_disk, "disk"),
        (level.use_memory, "memory"),
        (level.use_off_heap, "offheap"),
        (level.deserialized, "deserialized"),
    ] {
        if is_so {
            parts.push(text.to_owned());
        }
    }
    parts.push(format!("{} replicas", level.replication));
    format!("StorageLevel({})", parts.join(", "))
}

/// The kept relations that a plan scans, in order.
pub(super) fn kept_in(plan: &LogicalPlan) -> Result<Vec<Arc<dyn TableProvider>>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && provider.downcast_ref::<Kept>().is_some()
        {
            found.push(provider);
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// The plan with its kept relations left alone by physical planning.
pub(super) fn untouched(plan: LogicalPlan) -> Result<LogicalPlan> {
    let changed = plan.transform_up_with_subqueries(|node| {
        let LogicalPlan::TableScan(mut scan) = node else {
            return Ok(Transformed::no(node));
        };
        let provider = source_as_provider(&scan.source)?;
        if provider.downcast_ref::<Kept>().is_none() {
            return Ok(Transformed::no(LogicalPlan::TableScan(scan)));
        }
        let schema = provider.schema();
        scan.source = provider_as_source(Arc::new(Untouched { schema }));
        Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
    })?;
    Ok(changed.data)
}

/// Stands for kept rows, and is never read.
#[derive(Debug, Clone)]
struct Untouched {
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for Untouched {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&self.schema),
            vec![Arc::new(self.clone())],
            projection,
            None,
            false,
            limit,
        )?))
    }
}

impl PartitionStream for Untouched {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let never = DataFusionError::Internal("a plan that is only explained was run".to_owned());
        let rows = futures::stream::iter([Err(never)]);
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            rows,
        ))
    }
}
