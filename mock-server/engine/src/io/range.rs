//! `range`: numbers made while they are read, never held.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result as PlanResult;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

/// Rows of one batch.
const BATCH_ROWS: u64 = 8192;

/// The numbers from `start` below `end` in steps.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    start: i64,
    end: i64,
    rows: u64,
    step: i64,
    /// The partitions that a DataFrame asked for. Ours has one.
    splits: Option<i32>,
    schema: SchemaRef,
}

impl Range {
    /// `0, 10, step=1`, as Spark writes it; a DataFrame's says how many partitions were asked for.
    pub(crate) fn shown(&self) -> String {
        let splits = match self.splits {
            Some(splits) => format!(", splits=Some({splits})"),
            None => String::new(),
        };
        format!("{}, {}, step={}{splits}", self.start, self.end, self.step)
    }

    /// The same numbers for a DataFrame that asked for so many partitions.
    pub(crate) fn split(self, splits: i32) -> Self {
        Self {
            splits: Some(splits),
            ..self
        }
    }

    /// The same for the same numbers.
    pub(crate) fn identity(&self) -> String {
        format!("range {} {} {}", self.start, self.rows, self.step)
    }

    /// A range as Spark counts it; an end on the wrong side is empty.
    pub(crate) fn new(start: i64, end: i64, step: i64) -> Self {
        let distance = i128::from(end) - i128::from(start);
        let step_wide = i128::from(step);
        let rows = if distance == 0 || (distance > 0) != (step > 0) {
            0
        } else {
            (distance + step_wide - step_wide.signum()) / step_wide
        };
        Self {
            start,
            end,
            rows: u64::try_from(rows).unwrap_or(u64::MAX),
            step,
            splits: None,
            schema: Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)])),
        }
    }

    /// How many numbers there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The one column `id`.
    pub(crate) fn schema_ref(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[async_trait]
impl TableProvider for Range {
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

impl PartitionStream for Range {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let Self {
            start,
            rows,
            step,
            schema,
            ..
        } = self.clone();
        let batches = futures::stream::iter((0..rows.div_ceil(BATCH_ROWS)).map({
            let schema = Arc::clone(&schema);
            move |batch| {
                let first = batch * BATCH_ROWS;
                let last = rows.min(first + BATCH_ROWS);
                // Wrapping: every number lies between start and end, both of which fit.
                let numbers = Int64Array::from_iter_values((first..last).map(|row| {
                    start.wrapping_add(step.wrapping_mul(i64::from_ne_bytes(row.to_ne_bytes())))
                }));
                Ok(RecordBatch::try_new(
                    Arc::clone(&schema),
                    vec![Arc::new(numbers) as ArrayRef],
                )?)
            }
        }));
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }
}
