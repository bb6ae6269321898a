//! DELETE, UPDATE, MERGE and ALTER TABLE on Delta tables: what they share.
//!
//! The new rows are computed by the same resolver as every query, so that expressions mean what they
//! mean in Spark; the files that held a changed row are then replaced in one version. Every row is
//! read: tables here are small.

mod alter;
mod merge;
mod plans;
mod removal;
mod rows;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use deltalake_core::kernel::Action;
use futures::StreamExt;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use super::align::{By, align};
use super::describe;
use super::result::Table;
use crate::catalog::delta::{Operation, Snapshot, Writing};
use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::io::Format;
use crate::plan::context::Context;
use crate::session::TempView;
use plans::{aliased, relation};

pub(super) use alter::alter;
pub(super) use merge::merge;
pub(super) use removal::Removal;
pub(super) use rows::{delete, update};

/// The number of the file that a row of the table lies in.
const FILE: &str = "__sparring_file";
/// The number of a row of the table.
const ID: &str = "__sparring_row";
/// What becomes of a row.
const ACTION: &str = "__sparring_action";

/// The rows of a version under an alias, each with its file's number and its own, as a relation that
/// plans can read; dropped with the value.
pub(super) struct Target<'c> {
    context: &'c Context,
    id: String,
}

impl<'c> Target<'c> {
    pub(super) async fn of(context: &'c Context, snapshot: &Snapshot) -> Result<Self> {
        let read = all_rows(context, snapshot).await?;
        let mut fields: Vec<Field> = snapshot
            .schema
            .fields()
            .iter()
            .map(|f| f.as_ref().clone())
            .collect();
        fields.push(Field::new(FILE, DataType::Int32, false));
        fields.push(Field::new(ID, DataType::Int64, false));
        let schema = Arc::new(Schema::new(fields));
        let mut next = 0;
        let mut batches = Vec::new();
        for batch in read {
            let n_rows = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(Int64Array::from_iter_values(next..next + n_rows)) as ArrayRef);
            next += n_rows;
            batches.push(kernels::batch(
                Arc::clone(&schema),
                columns,
                batch.num_rows(),
            )?);
        }
        let kept = crate::plan::relation::local::table(schema, batches)?;
        let id = uuid::Uuid::new_v4().to_string();
        context
            .session
            .keep_checkpoint(id.clone(), TempView::new(kept));
        Ok(Self { context, id })
    }

    pub(super) fn relation(&self, alias: &str) -> proto::Relation {
        let rows = relation(RelType::CachedRemoteRelation(proto::CachedRemoteRelation {
            relation_id: self.id.clone(),
        }));
        aliased(rows, alias)
    }
}

impl Drop for Target<'_> {
    fn drop(&mut self) {
        self.context.session.remove_checkpoint(&self.id);
    }
}

/// All rows of a version, their files' numbers behind the columns.
async fn all_rows(context: &Context, snapshot: &Snapshot) -> Result<Vec<RecordBatch>> {
    let source = crate::io::source::delta_numbered(snapshot, FILE)?;
    let planned = crate::plan::relation::read::scan(
        &format!("target-{}", uuid::Uuid::new_v4()),
        datafusion::datasource::provider_as_source(Arc::clone(&source.provider)),
        &source.provider.schema(),
        &[],
    )?;
    Ok(crate::execution::collect(context, planned).await?.batches)
}

/// Runs a select of the action and the table's columns, and answers with its rows.
pub(super) async fn rows(
    context: &Context,
    query: &proto::Relation,
    schema: &Schema,
    shown: &str,
    n_control: usize,
) -> Result<Vec<RecordBatch>> {
    let planned = crate::analyze::plan(context, query).await?;
    let mut fields: Vec<Field> = planned
        .scope
        .columns
        .iter()
        .take(n_control)
        .map(|c| Field::new(c.name.as_ref(), c.data_type.clone(), true))
        .collect();
    fields.extend(schema.fields().iter().map(|f| f.as_ref().clone()));
    let whole = Schema::new(fields);
    let planned = align(context, planned, &whole, shown, By::Place)?;
    let stream = crate::execution::engine_stream(context, planned, &whole).await?;
    let batches: Vec<Result<RecordBatch>> = stream.collect().await;
    batches.into_iter().collect()
}

/// The actions that put rows in place of all rows of some files of a version.
async fn replacement(
    writing: &Writing,
    base: &Snapshot,
    files: &BTreeSet<i32>,
    batches: Vec<RecordBatch>,
) -> Result<Vec<Action>> {
    let stream = futures::stream::iter(batches.into_iter().map(Ok)).boxed();
    let (added, _) = writing
        .add_files(&base.schema, &base.partition_columns, stream)
        .await?;
    let mut actions = base.remove_numbered(files);
    actions.extend(added);
    Ok(actions)
}

/// Makes a version of what changes some rows.
async fn commit(
    writing: &Writing,
    base: &Snapshot,
    actions: Vec<Action>,
    operation: Operation,
    metrics: serde_json::Value,
) -> Result<()> {
    let operation = operation.reading();
    writing
        .commit(Some(base), actions, operation, metrics)
        .await?;
    Ok(())
}

/// The table of a change, which must be a Delta table.
pub(super) async fn open(
    context: &Context,
    parts: &[String],
    operation: &str,
) -> Result<(String, Writing, Arc<Snapshot>)> {
    let (name, entry) = describe::table(context, parts, operation)?;
    if entry.provider != Format::Delta.name() {
        return Err(Error::unsupported(format!(
            "{operation} on a {} table",
            entry.provider
        )));
    }
    let catalog = &context.session.workspace.catalog;
    let writing = catalog.delta.write(&entry.path).await?;
    let base = writing
        .current()
        .await?
        .ok_or_else(|| crate::catalog::delta::not_a_table(&name.quoted()))?;
    Ok((name.quoted(), writing, base))
}

pub(super) fn alias_of<'n>(alias: Option<&'n str>, table: &'n [String]) -> &'n str {
    alias.unwrap_or_else(|| table.last().map_or("", String::as_str))
}

fn affected(n_rows: usize) -> Result<proto::Relation> {
    Table::default()
        .number("num_affected_rows", [i64::try_from(n_rows).ok()])
        .relation()
}

/// The rows without their control columns, of those that `keep`.
pub(super) fn kept(
    batch: &RecordBatch,
    keep: &BooleanArray,
    n_control: usize,
) -> Result<RecordBatch> {
    let columns: Vec<usize> = (n_control..batch.num_columns()).collect();
    let part = batch.project(&columns)?;
    Ok(arrow::compute::filter_record_batch(&part, keep)?)
}
