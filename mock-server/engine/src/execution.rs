//! What running a plan yields: rows as a stream, or the result of a command.
//!
//! Knows no IPC framing and no response numbering; the server does both.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::logical_expr::LogicalPlan;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use sparring_proto::connect::{self as proto, execute_plan_response::ResponseType};

use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::physical::is_short;
use crate::plan::context::Context;
use crate::plan::scope::Column;
use crate::plan::sources::Ready;
use crate::plan::typed::Typed;
use crate::plan::{Planned, project};
use crate::types::arrow::with_type;
use crate::types::proto::told_row;

/// The answer to one plan.
pub struct Execution {
    /// The rows, for a relation.
    pub rows: Option<Rows>,
    /// Responses of a command in the order they are sent, such as `sql_command_result`.
    pub responses: Vec<ResponseType>,
    /// Values of `observe`; complete once the rows have been read to their end.
    pub observed: Arc<Mutex<Vec<ObservedMetrics>>>,
    /// Execution metrics; complete once the rows have been read to their end.
    pub metrics: Arc<Mutex<Vec<Metric>>>,
}

/// A stream of batches in exactly the schema that Spark would send.
pub struct Rows {
    /// The Spark schema: a struct type.
    pub schema: proto::DataType,
    /// The same as Arrow; every batch has it, duplicate names included.
    pub arrow_schema: SchemaRef,
    /// The batches; may be empty, the server then sends one batch without rows.
    pub batches: BoxStream<'static, Result<RecordBatch>>,
}

/// The values of one `observe`.
#[derive(Debug, Clone)]
pub struct ObservedMetrics {
    /// The observation's name.
    pub name: String,
    /// The metrics' names, in order.
    pub keys: Vec<String>,
    /// Their values, in the same order.
    pub values: Vec<proto::expression::Literal>,
    /// The plan id of the observed relation.
    pub plan_id: i64,
}

/// Metrics of one physical operator.
#[derive(Debug, Clone)]
pub struct Metric {
    /// The operator's name.
    pub name: String,
    /// Its id and its parent's.
    pub plan_id: i64,
    /// The operator above it.
    pub parent: i64,
    /// Values by metric name.
    pub values: BTreeMap<String, i64>,
}

/// Resolves and starts a relation.
pub(crate) async fn run(context: &Context, relation: &proto::Relation) -> Result<Execution> {
    let planned = crate::analyze::plan(context, relation).await?;
    let rows = stream(context, planned).await?;
    Ok(Execution {
        rows: Some(rows),
        responses: Vec::new(),
        observed: Arc::clone(&context.observed),
        metrics: Arc::default(),
    })
}

/// The Spark row type of a resolved relation.
pub(crate) fn row_type(planned: &Planned) -> DataType {
    DataType::Struct(
        planned
            .scope
            .columns
            .iter()
            .map(|column| Arc::new(column.field()))
            .collect(),
    )
}

/// Starts a resolved relation; the batches carry Spark's names and the session's time zone.
pub(crate) async fn stream(context: &Context, planned: Planned) -> Result<Rows> {
    let schema = told_row(&row_type(&planned));
    let zone: Arc<str> = context.time_zone.name().into();
    let arrow_schema = Arc::new(Schema::new(
        planned
            .scope
            .columns
            .iter()
            .map(|column| edge_field(column, zoned(&column.data_type, &zone)))
            .collect::<Vec<_>>(),
    ));
    let batches = start(context, planned, Arc::clone(&arrow_schema)).await?;
    Ok(Rows {
        schema,
        arrow_schema,
        batches,
    })
}

/// Runs a resolved relation to its end; types stay the engine's own.
pub(crate) async fn collect(context: &Context, planned: Planned) -> Result<Ready> {
    let schema = Arc::new(Schema::new(
        planned
            .scope
            .columns
            .iter()
            .map(|column| edge_field(column, column.data_type.clone()))
            .collect::<Vec<_>>(),
    ));
    let stream = start(context, planned, Arc::clone(&schema)).await?;
    let batches = stream.try_collect().await?;
    Ok(Ready { schema, batches })
}

/// Starts a resolved relation for a table of this schema, whose columns it has by place; types stay
/// the engine's own, and every column may still be null.
pub(crate) async fn engine_stream(
    context: &Context,
    planned: Planned,
    schema: &Schema,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| Field::new(field.name(), field.data_type().clone(), true))
        .collect();
    start(context, planned, Arc::new(Schema::new(fields))).await
}

fn edge_field(column: &Column, data_type: DataType) -> Field {
    Field::new(column.name.as_ref(), data_type, column.nullable)
}

async fn start(
    context: &Context,
    planned: Planned,
    schema: SchemaRef,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let columns = planned.scope.columns.clone();
    let plan = visible(planned)?;
    // Where each output column lies in the plan's batches; one may be shown twice.
    let places: Vec<usize> = columns
        .iter()
        .map(|column| {
            plan.schema()
                .index_of_column_by_name(None, &column.id.internal_name())
                .ok_or_else(|| Error::internal(format!("the column `{}` was lost", column.name)))
        })
        .collect::<Result<_>>()?;
    let batches = run_plan(context, plan).await?;
    let batches = batches.map(move |batch| {
        let batch = batch?;
        let columns: Vec<ArrayRef> = places
            .iter()
            .map(|place| Arc::clone(batch.column(*place)))
            .collect();
        kernels::batch(Arc::clone(&schema), columns, batch.num_rows())
    });
    Ok(batches.boxed())
}

/// Runs a plan: here if it is short, else where long work runs.
async fn run_plan(
    context: &Context,
    plan: LogicalPlan,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let short = is_short(&plan);
    let workspace = &context.session.workspace;
    let physical = Arc::clone(workspace.physical());
    let batches = async move { physical.run(plan).await };
    if short {
        return batches.await;
    }
    let batches = stream::once(batches).try_flatten().boxed();
    Ok(workspace.compute().stream(batches))
}

/// The plan of a relation that yields the visible columns in order and nothing else.
pub(crate) fn visible(planned: Planned) -> Result<LogicalPlan> {
    if in_order(&planned) {
        return Ok(planned.plan);
    }
    let list: Vec<_> = planned
        .scope
        .columns
        .iter()
        .map(|column| (column.clone(), Typed::column(column)))
        .collect();
    project(planned.plan, &list)
}

/// Whether the plan already yields exactly the visible columns in order.
fn in_order(planned: &Planned) -> bool {
    let fields = planned.plan.schema().fields();
    fields.len() == planned.scope.columns.len()
        && fields
            .iter()
            .zip(&planned.scope.columns)
            .all(|(field, column)| *field.name() == column.id.internal_name())
}

/// The type with the session's zone on every timestamp.
fn zoned(data_type: &DataType, zone: &Arc<str>) -> DataType {
    match data_type {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some(Arc::clone(zone))),
        DataType::List(item) => {
            DataType::List(Arc::new(with_type(item, zoned(item.data_type(), zone))))
        }
        DataType::Map(entries, sorted) => DataType::Map(
            Arc::new(with_type(entries, zoned(entries.data_type(), zone))),
            *sorted,
        ),
        DataType::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|f| Arc::new(with_type(f, zoned(f.data_type(), zone))))
                .collect(),
        ),
        other => other.clone(),
    }
}
