//! DESCRIBE of one column.

use arrow::datatypes::Field;
use sparring_proto::connect as proto;

use super::columns;
use crate::catalog::comment_of;
use crate::catalog::store::ColumnStatisticsEntry;
use crate::error::{Error, Result};
use crate::plan::command::defaults;
use crate::plan::command::object::{Object, object};
use crate::plan::command::result::Table;
use crate::plan::context::Context;
use crate::types::field_type;
use crate::types::names::quote;
use crate::types::proto::declared_limit;

/// `DESCRIBE [EXTENDED] table column`.
pub(super) async fn describe(
    context: &Context,
    table: &[String],
    column: &[String],
    extended: bool,
) -> Result<proto::Relation> {
    let found = object(context, table)?;
    let (_, schema) = columns(context, table).await?;
    let field = find(
        context,
        schema.fields().iter().map(AsRef::as_ref),
        table,
        column,
    )?;
    let name = column.last().map_or("", String::as_str);
    let null = || "NULL".to_owned();
    let mut rows = vec![
        ("col_name", name.to_owned()),
        ("data_type", type_of(field)),
        ("comment", comment_of(field).unwrap_or_else(null)),
    ];
    if extended {
        let statistics = match &found {
            Object::Table(table) => {
                let all = table.kind.statistics.as_ref();
                all.and_then(|all| all.columns.get(field.name()))
            }
            Object::View(_) | Object::Temporary => None,
        };
        rows.extend(told(statistics));
        rows.push(("histogram", null()));
        if let Some(default) = defaults::text_of(field) {
            rows.push(("default", default));
        }
    }
    Table::default()
        .text("info_name", rows.iter().map(|(name, _)| *name))
        .text("info_value", rows.iter().map(|(_, value)| value))
        .relation()
}

/// The type as it was declared.
pub(super) fn type_of(field: &Field) -> String {
    declared_limit(field).map_or_else(|| field_type(field), str::to_owned)
}

fn told(statistics: Option<&ColumnStatisticsEntry>) -> [(&'static str, String); 6] {
    let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
    let number =
        |of: fn(&ColumnStatisticsEntry) -> i64| text(statistics.map(|s| of(s).to_string()));
    [
        ("min", text(statistics.and_then(|s| s.min.clone()))),
        ("max", text(statistics.and_then(|s| s.max.clone()))),
        ("num_nulls", number(|s| s.n_nulls)),
        ("distinct_count", number(|s| s.n_distinct)),
        ("avg_col_len", number(|s| s.average_bytes)),
        ("max_col_len", number(|s| s.max_bytes)),
    ]
}

/// The column of a name, which may be qualified by the table's.
fn find<'f>(
    context: &Context,
    fields: impl Iterator<Item = &'f Field> + Clone,
    table: &[String],
    column: &[String],
) -> Result<&'f Field> {
    let named = |name: &str| {
        let mut all = fields.clone();
        all.find(|field| context.same_name(field.name(), name))
    };
    let Some((last, qualifier)) = column.split_last() else {
        return Err(Error::internal("DESCRIBE of a column without a name"));
    };
    let is_qualified = |qualifier: &[String]| {
        let (catalog, schema) = context.session.current_namespace();
        let full: Vec<String> = match table.len() {
            1 => [catalog, schema]
                .into_iter()
                .chain(table.iter().cloned())
                .collect(),
            2 => [catalog].into_iter().chain(table.iter().cloned()).collect(),
            _ => table.to_vec(),
        };
        full.len() >= qualifier.len()
            && full[full.len() - qualifier.len()..]
                .iter()
                .zip(qualifier)
                .all(|(one, other)| context.same_name(one, other))
    };
    if is_qualified(qualifier)
        && let Some(field) = named(last)
    {
        return Ok(field);
    }
    // A field in a struct is none of the table's columns.
    if let [first, _, ..] = column
        && named(first).is_some()
    {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1060",
            [
                ("command", "DESC TABLE COLUMN".to_owned()),
                ("column", column.join(".")),
            ],
        ));
    }
    Err(not_found(column))
}

/// Spark's complaint about a column that a command looks for by itself.
pub(in crate::plan::command) fn not_found(column: &[String]) -> Error {
    let name: Vec<String> = column.iter().map(|part| quote(part)).collect();
    Error::new(
        "COLUMN_NOT_FOUND",
        [
            ("colName", name.join(".")),
            (
                "caseSensitiveConfig",
                "\"spark.sql.caseSensitive\"".to_owned(),
            ),
        ],
    )
}
