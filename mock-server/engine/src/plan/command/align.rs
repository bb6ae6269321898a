//! Rows brought into the columns of a table, by place or by name, as Spark's store assignment does.

use arrow::datatypes::{DataType, Field, Schema};

use crate::error::{Error, Result};
use crate::functions::{CastMode, cast};
use crate::plan::context::Context;
use crate::plan::scope::{Column, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, project};
use crate::types::coerce::is_numeric;
use crate::types::names::quote;
use crate::types::sql_name;

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
    if by == By::Place && columns.len() != schema.fields().len() {
        let class = if columns.len() < schema.fields().len() {
            "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
        } else {
            "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
        };
        let list = |names: Vec<String>| names.join(", ");
        return Err(Error::new(
            class,
            [
                ("tableName", table.to_owned()),
                (
                    "tableColumns",
                    list(schema.fields().iter().map(|f| quote(f.name())).collect()),
                ),
                (
                    "dataColumns",
                    list(columns.iter().map(|c| quote(&c.name)).collect()),
                ),
            ],
        ));
    }
    let mut list = Vec::with_capacity(schema.fields().len());
    for (index, field) in schema.fields().iter().enumerate() {
        let found = match by {
            By::Place => columns.get(index),
            By::Name => columns
                .iter()
                .find(|c| c.name.eq_ignore_ascii_case(field.name())),
        };
        let value = match found {
            Some(column) => stored(context, Typed::column(column), field, table)?,
            None => Typed::null(field.data_type().clone()),
        };
        let mut column = Column::new(
            field.name().as_str(),
            field.data_type().clone(),
            value.nullable,
        );
        column.metadata = std::sync::Arc::new(field.metadata().clone());
        list.push((column, value));
    }
    let plan = project(planned.plan, &list)?;
    let columns = list.into_iter().map(|(column, _)| column).collect();
    Ok(Planned::new(plan, Scope::of(columns)))
}

/// A value in the type of its column; casts that could lose meaning are refused.
fn stored(context: &Context, value: Typed, field: &Field, table: &str) -> Result<Typed> {
    let (from, to) = (&value.data_type, field.data_type());
    let text = *from == DataType::Utf8;
    let safe = from == to
        || *from == DataType::Null
        || *to == DataType::Utf8
        || (is_numeric(from) && is_numeric(to))
        || (!text && !is_numeric(from) && !is_numeric(to));
    if !safe {
        return Err(Error::new(
            "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
            [
                ("tableName", table.to_owned()),
                ("colName", quote(field.name())),
                ("srcType", format!("\"{}\"", sql_name(from))),
                ("targetType", format!("\"{}\"", sql_name(to))),
            ],
        ));
    }
    cast(context, value, to, CastMode::Ansi, None)
}
