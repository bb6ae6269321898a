//! `observe`: metrics computed while the rows pass by, in the same run.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session as PlanSession, TableProvider};
use datafusion::common::{Column as PlanColumn, ScalarValue, TableReference};
use datafusion::datasource::{TableType, provider_as_source};
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use parking_lot::Mutex;
use sparring_proto::Required;
use sparring_proto::connect::{self as proto, expression::literal::LiteralType};

use crate::error::{Error, Result};
use crate::execution::ObservedMetrics;
use crate::plan::expression::Item;
use crate::plan::scope::Column;
use crate::plan::subqueries::joined;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};

/// How many batches may wait for the metrics; the rows themselves wait for neither.
const WAITING_BATCHES: usize = 2;

impl Planner<'_> {
    /// `CollectMetrics`.
    pub(super) fn collect_metrics(
        &self,
        node: &proto::CollectMetrics,
        plan_id: Option<i64>,
    ) -> Result<Planned> {
        let mut input = self.relation(node.input.as_deref().required("collect_metrics.input")?)?;
        let mut seen = std::collections::HashSet::new();
        let columns: Vec<(Column, Typed)> = input
            .scope
            .columns
            .iter()
            .chain(&input.scope.hidden)
            .filter(|column| seen.insert(column.id))
            .map(|column| (column.clone(), Typed::column(column)))
            .collect();
        let rows = project(input.plan, &columns)?;
        let schema: SchemaRef = Arc::new(Schema::clone(rows.schema().as_arrow()));
        // The metrics read the same rows from a channel.
        let (feed, source) = Feed::new(Arc::clone(&schema));
        let source = scan("observed rows", Arc::new(source), &columns)?;
        let scope = input.scope.clone();
        let mut values = Vec::with_capacity(node.metrics.len());
        for item in self.select_list(&node.metrics, &scope)? {
            match item {
                Item::Value(value) if value.has_aggregate() => values.push(value),
                Item::Value(value) => {
                    return Err(Error::new(
                        "INVALID_OBSERVED_METRICS.MISSING_NAME",
                        [("operator", value.name.to_string())],
                    ));
                }
                Item::Generator(_) => {
                    return Err(Error::unsupported("a generator among observed metrics"));
                }
            }
        }
        let metrics = self.global_aggregate(Planned::new(source, scope), values)?;
        let keys = metrics
            .scope
            .columns
            .iter()
            .map(|column| column.name.to_string())
            .collect();
        let ids = metrics
            .scope
            .columns
            .iter()
            .map(|column| column.id.internal_name())
            .collect();
        let observed = Observed {
            name: node.name.clone(),
            keys,
            ids,
            plan_id: plan_id.unwrap_or(-1),
            rows,
            metrics: metrics.plan,
            schema,
            feed,
            sink: Arc::clone(&self.context.observed),
        };
        input.plan = scan("observed", Arc::new(observed), &columns)?;
        input.below = None;
        Ok(input)
    }
}

fn scan(
    name: &str,
    provider: Arc<dyn TableProvider>,
    columns: &[(Column, Typed)],
) -> Result<LogicalPlan> {
    let source = provider_as_source(provider);
    let builder = LogicalPlanBuilder::scan(TableReference::bare(name), source, None)?;
    let exprs: Vec<Expr> = columns
        .iter()
        .map(|(column, _)| {
            let internal = column.id.internal_name();
            let reference = PlanColumn::new(Some(TableReference::bare(name)), internal.clone());
            Expr::Column(reference).alias(internal)
        })
        .collect();
    Ok(builder.project(exprs)?.build()?)
}

/// The rows under observation and what is computed from them.
struct Observed {
    name: String,
    keys: Vec<String>,
    ids: Vec<String>,
    plan_id: i64,
    rows: LogicalPlan,
    metrics: LogicalPlan,
    schema: SchemaRef,
    feed: Feed,
    sink: Arc<Mutex<Vec<ObservedMetrics>>>,
}

impl std::fmt::Debug for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observed")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for Observed {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn PlanSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let run = Run {
            rows: session
                .create_physical_plan(&joined(self.rows.clone())?)
                .await?,
            metrics: session
                .create_physical_plan(&joined(self.metrics.clone())?)
                .await?,
            schema: Arc::clone(&self.schema),
            feed: self.feed.clone(),
            name: self.name.clone(),
            keys: self.keys.clone(),
            ids: self.ids.clone(),
            plan_id: self.plan_id,
            sink: Arc::clone(&self.sink),
        };
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&self.schema),
            vec![Arc::new(run)],
            projection,
            None,
            false,
            None,
        )?))
    }
}

/// One run of observed rows.
struct Run {
    rows: Arc<dyn ExecutionPlan>,
    metrics: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
    feed: Feed,
    name: String,
    keys: Vec<String>,
    ids: Vec<String>,
    plan_id: i64,
    sink: Arc<Mutex<Vec<ObservedMetrics>>>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartitionStream for Run {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let sender = self.feed.open();
        let started = execute_stream(Arc::clone(&self.rows), Arc::clone(&context))
            .and_then(|rows| Ok((rows, execute_stream(Arc::clone(&self.metrics), context)?)));
        let (rows, metrics) = match started {
            Ok(started) => started,
            Err(error) => {
                let failed = futures::stream::once(async move { Err(error) });
                return Box::pin(RecordBatchStreamAdapter::new(
                    Arc::clone(&self.schema),
                    failed,
                ));
            }
        };
        let (sink, name, keys, ids, plan_id) = (
            Arc::clone(&self.sink),
            self.name.clone(),
            self.keys.clone(),
            self.ids.clone(),
            self.plan_id,
        );
        // The metrics are computed by a task of their own, which ends when the rows do: dropping
        // the rows drops the sender, and the aggregate sees the end of its input.
        let computed = tokio::spawn(async move {
            let batches: Vec<RecordBatch> = metrics
                .collect::<Vec<_>>()
                .await
                .into_iter()
                .collect::<PlanResult<_>>()?;
            let values = first_row(&batches, &ids)?;
            PlanResult::Ok(ObservedMetrics {
                name,
                keys,
                values,
                plan_id,
            })
        });
        let state = (rows, Some(sender), Some(computed), sink);
        let stream = futures::stream::unfold(state, |(mut rows, sender, computed, sink)| async {
            match rows.next().await {
                Some(Ok(batch)) => {
                    if let Some(sender) = &sender {
                        // A metric that failed stops reading; its error is reported at the end.
                        let _ = sender.send(batch.clone()).await;
                    }
                    Some((Ok(batch), (rows, sender, computed, sink)))
                }
                Some(Err(error)) => Some((Err(error), (rows, None, None, sink))),
                None => {
                    drop(sender);
                    match computed?.await {
                        Ok(Ok(found)) => {
                            sink.lock().push(found);
                            None
                        }
                        Ok(Err(error)) => Some((Err(error), (rows, None, None, sink))),
                        Err(error) => {
                            let error = DataFusionError::External(Box::new(error));
                            Some((Err(error), (rows, None, None, sink)))
                        }
                    }
                }
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            stream,
        ))
    }
}

fn first_row(
    batches: &[RecordBatch],
    ids: &[String],
) -> PlanResult<Vec<proto::expression::Literal>> {
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else {
        return Ok(Vec::new());
    };
    ids.iter()
        .map(|id| {
            let array = batch
                .column_by_name(id)
                .ok_or_else(|| Error::internal(format!("the metric {id} was lost")))?;
            Ok(literal(&ScalarValue::try_from_array(array, 0)?)?)
        })
        .collect()
}

/// A value as the protocol's constant.
fn literal(value: &ScalarValue) -> Result<proto::expression::Literal> {
    let data_type = value.data_type();
    let literal_type = match value {
        other if other.is_null() => LiteralType::Null(crate::types::proto::from_arrow(&data_type)),
        ScalarValue::Boolean(Some(value)) => LiteralType::Boolean(*value),
        ScalarValue::Int8(Some(value)) => LiteralType::Byte(i32::from(*value)),
        ScalarValue::Int16(Some(value)) => LiteralType::Short(i32::from(*value)),
        ScalarValue::Int32(Some(value)) => LiteralType::Integer(*value),
        ScalarValue::Int64(Some(value)) => LiteralType::Long(*value),
        ScalarValue::Float32(Some(value)) => LiteralType::Float(*value),
        ScalarValue::Float64(Some(value)) => LiteralType::Double(*value),
        ScalarValue::Utf8(Some(value)) => LiteralType::String(value.clone()),
        ScalarValue::Binary(Some(value)) => LiteralType::Binary(value.clone().into()),
        ScalarValue::Date32(Some(value)) => LiteralType::Date(*value),
        ScalarValue::TimestampMicrosecond(Some(value), Some(_)) => LiteralType::Timestamp(*value),
        ScalarValue::TimestampMicrosecond(Some(value), None) => LiteralType::TimestampNtz(*value),
        ScalarValue::DurationMicrosecond(Some(value)) => LiteralType::DayTimeInterval(*value),
        ScalarValue::IntervalYearMonth(Some(value)) => LiteralType::YearMonthInterval(*value),
        ScalarValue::Decimal128(Some(value), precision, scale) => {
            LiteralType::Decimal(proto::expression::literal::Decimal {
                value: crate::functions::kernels::text::decimal_plain(*value, *scale),
                precision: Some(i32::from(*precision)),
                scale: Some(i32::from(*scale)),
            })
        }
        _ => return Err(unobservable(&data_type)),
    };
    Ok(proto::expression::Literal {
        literal_type: Some(literal_type),
        data_type: None,
    })
}

fn unobservable(data_type: &DataType) -> Error {
    Error::unsupported(format!(
        "an observed metric of type {}",
        crate::types::sql_name(data_type)
    ))
}

type Receiver = tokio::sync::mpsc::Receiver<RecordBatch>;

/// The rows of the present run, as a table that the metrics read.
#[derive(Clone)]
struct Feed {
    schema: SchemaRef,
    receiver: Arc<Mutex<Option<Receiver>>>,
}

impl Feed {
    fn new(schema: SchemaRef) -> (Self, FeedTable) {
        let feed = Self {
            schema,
            receiver: Arc::default(),
        };
        (feed.clone(), FeedTable(feed))
    }

    /// Begins a run.
    fn open(&self) -> tokio::sync::mpsc::Sender<RecordBatch> {
        let (sender, receiver) = tokio::sync::mpsc::channel(WAITING_BATCHES);
        *self.receiver.lock() = Some(receiver);
        sender
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct FeedTable(Feed);

#[async_trait]
impl TableProvider for FeedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn PlanSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&self.0.schema),
            vec![Arc::new(self.0.clone())],
            projection,
            None,
            false,
            None,
        )?))
    }
}

impl PartitionStream for Feed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let receiver = self.receiver.lock().take();
        let batches = futures::stream::unfold(receiver, |receiver| async {
            let mut receiver = receiver?;
            let batch = receiver.recv().await?;
            Some((Ok(batch), Some(receiver)))
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        ))
    }
}
