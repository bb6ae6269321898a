//! Rows brought into the columns of a table, by place or by name (`TableOutputResolver`).

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};

use super::assign::assigned;
use super::defaults;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::scope::{Column, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, project};
use crate::types::names::{quote, quote_parts};

/// How the columns of rows and table find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Place,
    Name,
}

/// The rows in the table's columns, names and types.
pub(super) fn align(
    context: &Context,
    planned: Planned,
    schema: &Schema,
    table: &str,
    by: By,
) -> Result<Planned> {
    let columns = planned.scope.columns.clone();
    let fields = schema.fields();
    if by == By::Place && columns.len() != fields.len() || columns.len() > fields.len() {
        let names = fields.iter().map(|field| field.name().as_str());
        return Err(arity(table, names, &columns));
    }
    let mut list = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let value = match by {
            By::Place => Some(Typed::column(&columns[index])),
            By::Name => by_name(context, &columns, field, table)?,
        };
        list.push(stored(context, value, field, table, by)?);
    }
    if by == By::Name {
        let extra = columns.iter().filter(|column| {
            let mut all = fields.iter();
            !all.any(|field| context.same_name(field.name(), &column.name))
        });
        let extra: Vec<String> = extra.map(|column| quote(&column.name)).collect();
        if !extra.is_empty() {
            return Err(Error::new(
                "INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS",
                [
                    ("tableName", table.to_owned()),
                    ("extraColumns", extra.join(", ")),
                ],
            ));
        }
    }
    made(planned, list)
}

/// The only column of a field's name, if there is one.
fn by_name(
    context: &Context,
    columns: &[Column],
    field: &Field,
    table: &str,
) -> Result<Option<Typed>> {
    let same = |column: &&Column| context.same_name(&column.name, field.name());
    let mut found = columns.iter().filter(same);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Error::new(
            "INCOMPATIBLE_DATA_FOR_TABLE.AMBIGUOUS_COLUMN_NAME",
            [
                ("tableName", table.to_owned()),
                ("colName", quote(field.name())),
            ],
        )),
        (found, _) => Ok(found.map(Typed::column)),
    }
}

/// A value as a column of the table; one that is not there is the column's default.
pub(super) fn stored(
    context: &Context,
    value: Option<Typed>,
    field: &Field,
    table: &str,
    by: By,
) -> Result<(Column, Typed)> {
    let value = match value {
        Some(value) => value,
        None => defaults::missing(context, field, table)?,
    };
    let value = assigned(context, value, field, table, by)?;
    let mut column = Column::new(
        field.name().as_str(),
        field.data_type().clone(),
        value.nullable,
    );
    column.metadata = Arc::new(field.metadata().clone());
    Ok((column, value))
}

/// The rows with these columns alone.
pub(super) fn made(planned: Planned, list: Vec<(Column, Typed)>) -> Result<Planned> {
    let plan = project(planned.plan, &list)?;
    let columns = list.into_iter().map(|(column, _)| column).collect();
    Ok(Planned::new(plan, Scope::of(columns)))
}

/// Spark's complaint about too many or too few columns.
pub(super) fn arity<'n>(
    table: &str,
    names: impl Iterator<Item = &'n str>,
    data: &[Column],
) -> Error {
    let names: Vec<String> = names.map(quote).collect();
    let class = if data.len() < names.len() {
        "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
    } else {
        "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
    };
    Error::new(
        class,
        [
            ("tableName", table.to_owned()),
            ("tableColumns", names.join(", ")),
            ("dataColumns", shown(data)),
        ],
    )
}

/// The names of columns in messages, which Spark reads as names in parts.
pub(super) fn shown(columns: &[Column]) -> String {
    let names = columns.iter().map(|column| {
        let parts = sparring_sql::parse_attribute_name(&column.name);
        parts.map_or_else(|_| quote(&column.name), quote_parts)
    });
    names.collect::<Vec<_>>().join(", ")
}
