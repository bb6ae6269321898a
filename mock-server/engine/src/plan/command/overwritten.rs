//! What a write replaces must not be what it reads: Spark deletes before it writes.
//!
//! Delta tables are not asked about; their old files stay until they are vacuumed.

use std::path::Path;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use sparring_proto::connect as proto;
use sparring_proto::connect::read::ReadType;

use crate::catalog::QualifiedName;
use crate::error::{Error, Result};
use crate::io::files::{scanned, with_authority};
use crate::plan::context::Context;
use crate::plan::relation::children;

/// Fails if a query reads the table that its rows are to replace.
pub(super) fn not_read(
    context: &Context,
    query: &proto::Relation,
    table: &QualifiedName,
) -> Result<()> {
    match reads(context, query, table)? {
        true => Err(Error::new(
            "UNSUPPORTED_OVERWRITE.TABLE",
            [("table", table.quoted())],
        )),
        false => Ok(()),
    }
}

fn reads(context: &Context, query: &proto::Relation, table: &QualifiedName) -> Result<bool> {
    let catalog = &context.session.workspace.catalog;
    let mut reads = Vec::new();
    children::reads(context, query, &mut reads)?;
    Ok(reads.iter().any(|read| {
        let Some(ReadType::NamedTable(read)) = &read.read_type else {
            return false;
        };
        let parts = sparring_sql::parse_multipart_identifier(&read.unparsed_identifier);
        let name = parts.ok().and_then(|parts| {
            let here = context.session.current_namespace();
            catalog.qualify(&here, &parts).ok()
        });
        name.is_some_and(|name| name.key() == table.key())
    }))
}

/// Fails if a plan reads files below a directory that its rows are to replace. Spark finds that out
/// when the files are gone; here they stay.
pub(super) fn no_files_read(plan: &LogicalPlan, directory: &Path) -> Result<()> {
    let mut lost = None;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let files = scanned(scan).unwrap_or_default();
            lost = files
                .into_iter()
                .find(|file| file.path.starts_with(directory));
        }
        Ok(match lost {
            Some(_) => TreeNodeRecursion::Stop,
            None => TreeNodeRecursion::Continue,
        })
    })?;
    match lost {
        Some(file) => Err(Error::new(
            "FAILED_READ_FILE.FILE_NOT_EXIST",
            [("path", with_authority(&file.uri))],
        )
        .placeless()
        .hint("the files that are overwritten are read; write to another path first")),
        None => Ok(()),
    }
}
