//! The text of SHOW CREATE TABLE.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow::datatypes::Field;

use super::{columns, place_of};
use crate::catalog::comment_of;
use crate::catalog::store::{TableEntry, ViewEntry};
use crate::error::{Error, Result};
use crate::functions::kernels::cast::quoted;
use crate::plan::command::defaults;
use crate::plan::command::object::{Kept, Object, object, permanent};
use crate::plan::context::Context;
use crate::types::names::quote_if_needed;
use crate::types::proto::declared_limit;
use crate::types::sql_name;

/// A statement that makes the table or view again.
pub(in crate::plan::command) async fn create_statement(
    context: &Context,
    parts: &[String],
    as_serde: bool,
) -> Result<String> {
    match object(context, parts)? {
        Object::Temporary => {
            let error = permanent(parts, "SHOW CREATE TABLE");
            Err(error.at(place_of(context, parts)))
        }
        Object::View(view) => Ok(of_view(&view)),
        Object::Table(table) if as_serde => Err(Error::new(
            "UNSUPPORTED_SHOW_CREATE_TABLE.ON_DATA_SOURCE_TABLE_WITH_AS_SERDE",
            [("tableName", table.name.quoted())],
        )),
        Object::Table(table) => of_table(context, &table, parts).await,
    }
}

async fn of_table(context: &Context, table: &Kept<TableEntry>, parts: &[String]) -> Result<String> {
    let (partition, schema) = columns(context, parts).await?;
    let shown: Vec<String> = table
        .name
        .parts()
        .iter()
        .map(|part| quote_if_needed(part))
        .collect();
    let lines: Vec<String> = schema.fields().iter().map(|field| column(field)).collect();
    let mut text = format!(
        "CREATE TABLE {} (\n{})\nUSING {}\n",
        shown.join("."),
        lines.join(",\n"),
        table.kind.provider
    );
    if !table.kind.options.is_empty() {
        let _ = writeln!(text, "OPTIONS (\n{})", pairs(&table.kind.options));
    }
    if !partition.is_empty() {
        let names: Vec<String> = partition.iter().map(|name| quote_if_needed(name)).collect();
        let _ = writeln!(text, "PARTITIONED BY ({})", names.join(", "));
    }
    if let Some(location) = &table.kind.location {
        let _ = writeln!(text, "LOCATION {}", quoted(location));
    }
    clauses(&mut text, table);
    Ok(text)
}

fn of_view(view: &Kept<ViewEntry>) -> String {
    let name = [&view.name.schema, &view.name.name].map(|part| quote_if_needed(part));
    let columns = view.kind.columns.iter().map(|(name, comment)| {
        let comment = comment
            .as_deref()
            .map(|text| format!(" COMMENT {}", quoted(text)));
        format!("  {}{}", quote_if_needed(name), comment.unwrap_or_default())
    });
    let columns: Vec<String> = columns.collect();
    let mut text = format!(
        "CREATE VIEW {} (\n{})\n",
        name.join("."),
        columns.join(",\n")
    );
    clauses(&mut text, view);
    let _ = writeln!(text, "WITH SCHEMA {}", view.kind.schema_mode);
    let _ = writeln!(text, "AS {}", view.kind.text);
    text
}

fn clauses<K>(text: &mut String, of: &Kept<K>) {
    if let Some(comment) = &of.entry.comment {
        let _ = writeln!(text, "COMMENT {}", quoted(comment));
    }
    if !of.entry.properties.is_empty() {
        let _ = writeln!(text, "TBLPROPERTIES (\n{})", pairs(&of.entry.properties));
    }
}

fn pairs(pairs: &BTreeMap<String, String>) -> String {
    let pairs = pairs.iter();
    let lines = pairs.map(|(key, value)| format!("  {} = {}", quoted(key), quoted(value)));
    lines.collect::<Vec<_>>().join(",\n")
}

fn column(field: &Field) -> String {
    let data_type = match declared_limit(field) {
        Some(limited) => limited.to_uppercase(),
        None => sql_name(field.data_type()),
    };
    let not_null = if field.is_nullable() { "" } else { " NOT NULL" };
    let default = defaults::text_of(field).map(|text| format!(" DEFAULT {text}"));
    let comment = comment_of(field).map(|text| format!(" COMMENT {}", quoted(&text)));
    format!(
        "  {} {data_type}{not_null}{}{}",
        quote_if_needed(field.name()),
        default.unwrap_or_default(),
        comment.unwrap_or_default()
    )
}
