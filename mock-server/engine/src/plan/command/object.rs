//! What a statement is about: a table or view of the catalog, or a view of the session; and Spark's
//! complaint where it should have been another kind.

use super::describe::{place_of, require};
use super::immediate::whole;
use crate::catalog::QualifiedName;
use crate::catalog::store::{RelationEntry, RelationKind, TableEntry, ViewEntry};
use crate::error::{Error, QueryContext, Result};
use crate::plan::context::Context;
use crate::types::names::quote_parts;

/// A table or a view.
pub(super) enum Object {
    /// A view of the session.
    Temporary,
    Table(Box<Kept<TableEntry>>),
    View(Box<Kept<ViewEntry>>),
}

/// What the catalog has of it.
pub(super) struct Kept<K> {
    pub(super) name: QualifiedName,
    pub(super) entry: RelationEntry,
    pub(super) kind: K,
}

/// Finds what a name means.
pub(super) fn object(context: &Context, parts: &[String]) -> Result<Object> {
    if context.session.temp_view(parts).is_some() {
        return Ok(Object::Temporary);
    }
    let (name, entry) = require(context, parts)?;
    Ok(match entry.kind.clone() {
        RelationKind::Table(kind) => Object::Table(Box::new(Kept { name, entry, kind })),
        RelationKind::View(kind) => Object::View(Box::new(Kept { name, entry, kind })),
    })
}

/// The table of a statement that takes no view.
pub(super) fn only_table(
    context: &Context,
    parts: &[String],
    operation: &str,
) -> Result<Kept<TableEntry>> {
    table_or(
        context,
        parts,
        "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
        operation,
    )
}

/// The table of a statement that another one is for views of.
pub(super) fn table_or(
    context: &Context,
    parts: &[String],
    class: &'static str,
    operation: &str,
) -> Result<Kept<TableEntry>> {
    let shown = match object(context, parts)? {
        Object::Table(table) => return Ok(*table),
        Object::View(view) => view.name.quoted(),
        Object::Temporary => quote_parts(parts),
    };
    let error = Error::new(
        class,
        [("viewName", shown), ("operation", operation.to_owned())],
    );
    Err(error.at(place_of(context, parts)))
}

/// The view of a statement that takes no view of the session and no table.
pub(super) fn only_view(
    context: &Context,
    parts: &[String],
    operation: &str,
) -> Result<Kept<ViewEntry>> {
    let error = match object(context, parts)? {
        Object::View(view) => return Ok(*view),
        Object::Temporary => permanent(parts, operation),
        Object::Table(table) => Error::new(
            "EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE",
            [
                ("tableName", table.name.quoted()),
                ("operation", operation.to_owned()),
            ],
        ),
    };
    Err(error.at(place_of(context, parts)))
}

/// A view of the session stands where one of the catalog should.
pub(super) fn permanent(parts: &[String], operation: &str) -> Error {
    Error::new(
        "EXPECT_PERMANENT_VIEW_NOT_TEMP",
        [
            ("viewName", quote_parts(parts)),
            ("operation", operation.to_owned()),
        ],
    )
}

/// The whole statement, which some errors show.
pub(super) fn statement(context: &Context) -> Option<QueryContext> {
    whole(context.sql_text.as_deref()?)
}

impl<K> Kept<K> {
    /// The table's name as errors of the catalog itself have it.
    pub(super) fn short(&self) -> String {
        quote_parts([&self.name.schema, &self.name.name])
    }
}
