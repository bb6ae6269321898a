//! Runs a plan and turns its result into responses in the order that clients expect: schema,
//! batches, metrics, observed metrics, and for reattachable operations `result_complete`.
//!
//! Knows neither ids nor positions of responses, and nothing of what a plan means.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use futures::{FutureExt, TryFutureExt};
use sparring_engine::{Error, Execution, Metric, ObservedMetrics, Result, Rows, Session};
use sparring_proto::connect::execute_plan_response::{
    self as response, ArrowBatch, Metrics, ResponseType, ResultComplete,
};
use sparring_proto::connect::{DataType, ExecutePlanResponse, Plan};

use super::ipc;
use super::operations::Source;

/// How results are cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutting {
    /// Size of one batch.
    pub(super) batch_bytes: u64,
    /// Size of a piece of one batch, for clients that put pieces together (4.1 and later).
    pub(super) chunk_bytes: Option<u64>,
}

/// The responses of running `plan`, as they come into being. Nothing happens before they are
/// polled; dropping them cancels the work.
pub(super) fn run(
    session: Arc<Session>,
    plan: Arc<Plan>,
    reattachable: bool,
    cutting: Cutting,
) -> Source {
    let run = Run {
        ready: VecDeque::new(),
        phase: Phase::Start { session, plan },
        reattachable,
        cutting,
    };
    stream::unfold(Some(run), |run| async move {
        let mut run = run?;
        match guarded(run.next()).await {
            Ok(Some(response)) => Some((Ok(response), Some(run))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// A panic in the engine ends this operation with an error instead of the connection.
pub(super) async fn guarded<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .unwrap_or_else(|panic| {
            let what = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            tracing::error!("the engine panicked: {what}");
            Err(Error::internal(format!(
                "the engine panicked, which is a fault of Sparring: {what}"
            )))
        })
        .await
}

struct Run {
    ready: VecDeque<ExecutePlanResponse>,
    phase: Phase,
    reattachable: bool,
    cutting: Cutting,
}

enum Phase {
    Start {
        session: Arc<Session>,
        plan: Arc<Plan>,
    },
    Rows {
        rows: Rows,
        offset: i64,
        any: bool,
        end: Box<End>,
    },
    End(Box<End>),
    Over,
}

/// What is complete only after the last row.
struct End {
    observed: Arc<parking_lot::Mutex<Vec<ObservedMetrics>>>,
    metrics: Arc<parking_lot::Mutex<Vec<Metric>>>,
}

impl Run {
    async fn next(&mut self) -> Result<Option<ExecutePlanResponse>> {
        loop {
            if let Some(response) = self.ready.pop_front() {
                return Ok(Some(response));
            }
            match &mut self.phase {
                Phase::Start { session, plan } => {
                    let execution = session.execute(plan).await?;
                    self.begin(execution);
                }
                Phase::Rows {
                    rows, offset, any, ..
                } => match rows.batches.next().await {
                    Some(batch) => {
                        let batch = batch?;
                        // Batches without rows tell a client nothing, except for the only one.
                        if batch.num_rows() > 0 {
                            *any = true;
                            push_batch(&mut self.ready, rows, &batch, offset, self.cutting)?;
                        }
                    }
                    None => {
                        if !*any {
                            // Without any batch clients have no table and fail.
                            let empty = RecordBatch::new_empty(Arc::clone(&rows.arrow_schema));
                            push_batch(&mut self.ready, rows, &empty, offset, self.cutting)?;
                        }
                        self.rows_read();
                    }
                },
                Phase::End(end) => {
                    push_metrics(&mut self.ready, &end.metrics.lock());
                    push_observed(&mut self.ready, &end.observed.lock());
                    if self.reattachable {
                        self.ready
                            .push_back(typed(ResponseType::ResultComplete(ResultComplete {})));
                    }
                    self.phase = Phase::Over;
                }
                Phase::Over => return Ok(None),
            }
        }
    }

    fn begin(&mut self, execution: Execution) {
        let Execution {
            rows,
            responses,
            observed,
            metrics,
        } = execution;
        self.ready.extend(responses.into_iter().map(typed));
        let end = Box::new(End { observed, metrics });
        self.phase = match rows {
            None => Phase::End(end),
            Some(rows) => {
                self.ready.push_back(schema(rows.schema.clone()));
                Phase::Rows {
                    rows,
                    offset: 0,
                    any: false,
                    end,
                }
            }
        };
    }

    fn rows_read(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Rows { end, .. } | Phase::End(end) => Phase::End(end),
            other @ (Phase::Start { .. } | Phase::Over) => other,
        };
    }
}

/// Adds one batch, cut to size.
fn push_batch(
    ready: &mut VecDeque<ExecutePlanResponse>,
    rows: &Rows,
    batch: &RecordBatch,
    offset: &mut i64,
    cutting: Cutting,
) -> Result<()> {
    let step = ipc::rows_per(batch, cutting.batch_bytes);
    let mut start = 0;
    loop {
        let slice = batch.slice(start, step.min(batch.num_rows() - start));
        let data = ipc::encode(&rows.arrow_schema, &slice)?;
        let row_count = i64::try_from(slice.num_rows()).unwrap_or(i64::MAX);
        push_chunks(ready, data, row_count, *offset, cutting.chunk_bytes);
        *offset += row_count;
        start += slice.num_rows();
        if start >= batch.num_rows() {
            return Ok(());
        }
    }
}

/// Adds one encoded batch: whole, or in pieces that share row count and offset.
fn push_chunks(
    ready: &mut VecDeque<ExecutePlanResponse>,
    data: Bytes,
    row_count: i64,
    offset: i64,
    chunk_bytes: Option<u64>,
) {
    let size = chunk_bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .unwrap_or(usize::MAX);
    let batch = |data, chunk: Option<(i64, i64)>| {
        typed(ResponseType::ArrowBatch(ArrowBatch {
            row_count,
            data,
            start_offset: Some(offset),
            chunk_index: chunk.map(|(index, _)| index),
            num_chunks_in_batch: chunk.map(|(_, count)| count),
        }))
    };
    if data.len() <= size {
        ready.push_back(batch(data, None));
        return;
    }
    let count = data.len().div_ceil(size);
    for index in 0..count {
        let piece = data.slice(index * size..data.len().min((index + 1) * size));
        let numbers = i64::try_from(index).ok().zip(i64::try_from(count).ok());
        ready.push_back(batch(piece, numbers));
    }
}

fn push_metrics(ready: &mut VecDeque<ExecutePlanResponse>, metrics: &[Metric]) {
    if metrics.is_empty() {
        return;
    }
    let metrics = metrics
        .iter()
        .map(|metric| response::metrics::MetricObject {
            name: metric.name.clone(),
            plan_id: metric.plan_id,
            parent: metric.parent,
            execution_metrics: metric
                .values
                .iter()
                .map(|(name, value)| {
                    let value = response::metrics::MetricValue {
                        name: name.clone(),
                        value: *value,
                        metric_type: "sum".to_owned(),
                    };
                    (name.clone(), value)
                })
                .collect(),
        })
        .collect();
    ready.push_back(ExecutePlanResponse {
        metrics: Some(Metrics { metrics }),
        ..ExecutePlanResponse::default()
    });
}

fn push_observed(ready: &mut VecDeque<ExecutePlanResponse>, observed: &[ObservedMetrics]) {
    if observed.is_empty() {
        return;
    }
    let observed_metrics = observed
        .iter()
        .map(|observed| response::ObservedMetrics {
            name: observed.name.clone(),
            values: observed.values.clone(),
            keys: observed.keys.clone(),
            plan_id: observed.plan_id,
            root_error_idx: None,
            errors: Vec::new(),
        })
        .collect();
    ready.push_back(ExecutePlanResponse {
        observed_metrics,
        ..ExecutePlanResponse::default()
    });
}

fn schema(schema: DataType) -> ExecutePlanResponse {
    ExecutePlanResponse {
        schema: Some(schema),
        ..ExecutePlanResponse::default()
    }
}

fn typed(response_type: ResponseType) -> ExecutePlanResponse {
    ExecutePlanResponse {
        response_type: Some(response_type),
        ..ExecutePlanResponse::default()
    }
}
