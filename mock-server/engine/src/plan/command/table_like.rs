//! CREATE TABLE LIKE: a table with the columns of another table or view.

use arrow::datatypes::Schema;
use sparring_proto::connect as proto;
use sparring_sql::statement::CreateTableLike;

use super::describe;
use super::object::{Object, object};
use super::result::nothing;
use super::table::{Existing, NewTable, create};
use crate::error::{Error, Exception, Result};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::names::quote_parts;

/// `CREATE TABLE [IF NOT EXISTS] name LIKE source`.
pub(super) async fn create_like(
    context: &Context,
    node: CreateTableLike,
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let here = context.session.current_namespace();
    let source = object(context, &node.source).map_err(|error| {
        let missing = error.class() == Some("TABLE_OR_VIEW_NOT_FOUND");
        match catalog.qualify(&here, &node.source) {
            Ok(name) if missing => error
                .with("relationName", name.quoted())
                .thrown_as(Exception::NoSuchTable),
            _ => error,
        }
    })?;
    let (provider, options) = match &source {
        Object::Table(table) => (
            Some(table.kind.provider.clone()),
            table.kind.options.clone(),
        ),
        Object::View(_) | Object::Temporary => (None, Default::default()),
    };
    let format = Format::named(context, node.provider.as_deref().or(provider.as_deref()))?;
    if format == Format::Delta || provider.as_deref() == Some(Format::Delta.name()) {
        return Err(Error::unsupported("CREATE TABLE LIKE of Delta tables"));
    }
    let (partition_columns, schema) = describe::columns(context, &node.source).await?;
    let name = catalog.qualify(&here, &node.name)?;
    if catalog.relation(&name).is_some() && !node.if_not_exists {
        let shown = quote_parts([&name.schema, &name.name]);
        return Err(Error::new(
            "TABLE_OR_VIEW_ALREADY_EXISTS",
            [("relationName", shown)],
        ));
    }
    let fields = schema.fields().iter();
    let fields: Vec<_> = fields
        .map(|field| field.as_ref().clone().with_nullable(true))
        .collect();
    let new = NewTable {
        name,
        format,
        schema: Schema::new(fields),
        partition_columns,
        properties: node.properties.into_iter().collect(),
        options: match provider.as_deref() == Some(format.name()) {
            true => options,
            false => Default::default(),
        },
        comment: None,
        location: node.location,
        constraints: Vec::new(),
        existing: match node.if_not_exists {
            true => Existing::Keep,
            false => Existing::Fail,
        },
        operation: "CREATE TABLE",
    };
    create(context, new, None).await?;
    nothing()
}
