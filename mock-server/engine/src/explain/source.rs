//! What rows come from, as Spark names it: relations of files, local rows, and how many rows a plan
//! can have.

use datafusion::catalog::MemTable;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{FetchType, LogicalPlan};
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::{self as proto};

use super::tree::list;
use crate::catalog::store::RelationKind;
use crate::io::Format;
use crate::io::range::Range;
use crate::plan::context::Context;

/// The format of what is read.
pub(super) fn format(context: &Context, read: &proto::Read) -> &'static str {
    let found = match &read.read_type {
        Some(ReadType::DataSource(data)) => Format::named(context, data.format.as_deref()).ok(),
        Some(ReadType::NamedTable(table)) => table_format(context, &table.unparsed_identifier),
        None => None,
    };
    match found {
        // A Delta table's files are read as what they are.
        Some(Format::Delta) | None => Format::Parquet.name(),
        Some(format) => format.name(),
    }
}

fn table_format(context: &Context, name: &str) -> Option<Format> {
    let parts = sparring_sql::parse_multipart_identifier(name).ok()?;
    if let Some((format, _)) = crate::io::file_name(context, &parts) {
        return Some(format);
    }
    let catalog = &context.session.workspace.catalog;
    let name = catalog
        .qualify(&context.session.current_namespace(), &parts)
        .ok()?;
    match catalog.relation(&name)?.kind {
        RelationKind::Table(files) => Format::named(context, Some(&files.provider)).ok(),
        RelationKind::View(_) => None,
    }
}

/// `Relation name[a#1,b#2] csv`.
pub(super) fn relation(name: &str, columns: &[String], format: &str, most: usize) -> String {
    let columns = list(columns, ("[", ",", "]"), most);
    format!("Relation {name}{columns} {format}")
}

/// `LocalRelation [a#1]`, or the same without rows.
pub(super) fn local(name: &str, columns: &[String], is_empty: bool, most: usize) -> String {
    let columns = super::tree::bracketed(columns, most);
    match is_empty {
        true => format!("{name} <empty>, {columns}"),
        false => format!("{name} {columns}"),
    }
}

/// How many rows a plan has at most, where that is certain without running it.
pub(super) fn most_rows(plan: &LogicalPlan) -> Option<u64> {
    match plan {
        LogicalPlan::EmptyRelation(node) => Some(u64::from(node.produce_one_row)),
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source).ok()?;
            if let Some(range) = provider.downcast_ref::<Range>() {
                return Some(range.rows());
            }
            let rows = provider.downcast_ref::<MemTable>()?;
            rows_of(rows)
        }
        LogicalPlan::Projection(node) => most_rows(&node.input),
        LogicalPlan::Filter(node) => most_rows(&node.input),
        LogicalPlan::Sort(node) => most_rows(&node.input),
        LogicalPlan::Window(node) => most_rows(&node.input),
        LogicalPlan::SubqueryAlias(node) => most_rows(&node.input),
        LogicalPlan::Distinct(node) => most_rows(node.input()),
        LogicalPlan::Aggregate(node) if node.group_expr.is_empty() => Some(1),
        LogicalPlan::Aggregate(node) => most_rows(&node.input),
        LogicalPlan::Limit(limit) => {
            let below = most_rows(&limit.input);
            match limit.get_fetch_type() {
                Ok(FetchType::Literal(Some(fetch))) => {
                    let fetch = u64::try_from(fetch).ok()?;
                    Some(below.map_or(fetch, |below| below.min(fetch)))
                }
                _ => below,
            }
        }
        LogicalPlan::Union(node) => node
            .inputs
            .iter()
            .map(|input| most_rows(input))
            .try_fold(0_u64, |sum, rows| sum.checked_add(rows?)),
        _ => None,
    }
}

/// The rows of a table in memory, if nobody is changing them.
pub(super) fn rows_of(table: &MemTable) -> Option<u64> {
    let mut rows = 0_u64;
    for partition in &table.batches {
        let partition = partition.try_read().ok()?;
        for batch in partition.iter() {
            rows += u64::try_from(batch.num_rows()).ok()?;
        }
    }
    Some(rows)
}
