//! How Spark writes a type: `simpleString` in lower case, and the SQL form in upper case.
//!
//! The JSON and tree forms have files of their own.

use arrow::datatypes::{DataType, Field, IntervalUnit};

use super::interval::Fields;
use super::variant::is_variant;

/// Spark's `simpleString`/`catalogString`: `array<int>`, `struct<a:int>`.
pub(crate) fn simple_string(data_type: &DataType) -> String {
    match data_type {
        found if is_variant(found) => "variant".to_owned(),
        DataType::List(item) => format!("array<{}>", field_type(item)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                format!("map<{},{}>", field_type(&pair[0]), field_type(&pair[1]))
            }
            other => other.to_string(),
        },
        DataType::Struct(fields) => {
            let inner: Vec<String> = fields
                .iter()
                .map(|f| format!("{}:{}", f.name(), field_type(f)))
                .collect();
            format!("struct<{}>", inner.join(","))
        }
        leaf => atomic(leaf),
    }
}

/// [`simple_string`] of a field's type, which may have a note (`interval.rs`).
pub(crate) fn field_type(field: &Field) -> String {
    match Fields::of(field.data_type(), field.metadata()) {
        Some(fields) => fields.name(field.data_type()),
        None => simple_string(field.data_type()),
    }
}

/// Spark's `DataType.sql`: `ARRAY<INT>`, `STRUCT<a: INT>`.
pub(crate) fn sql_name(data_type: &DataType) -> String {
    match data_type {
        found if is_variant(found) => "VARIANT".to_owned(),
        DataType::List(item) => format!("ARRAY<{}>", field_sql_name(item)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                format!(
                    "MAP<{}, {}>",
                    field_sql_name(&pair[0]),
                    field_sql_name(&pair[1])
                )
            }
            other => other.to_string(),
        },
        DataType::Struct(fields) => {
            let inner: Vec<String> = fields
                .iter()
                .map(|f| {
                    let not_null = if f.is_nullable() { "" } else { " NOT NULL" };
                    format!(
                        "{}: {}{not_null}",
                        quote_if_needed(f.name()),
                        field_sql_name(f)
                    )
                })
                .collect();
            format!("STRUCT<{}>", inner.join(", "))
        }
        leaf => atomic(leaf).to_uppercase(),
    }
}

/// [`sql_name`] of a field's type, which may have a note.
fn field_sql_name(field: &Field) -> String {
    match Fields::of(field.data_type(), field.metadata()) {
        Some(fields) => fields.name(field.data_type()).to_uppercase(),
        None => sql_name(field.data_type()),
    }
}

fn atomic(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "void".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Int8 => "tinyint".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Int32 => "int".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Utf8 => "string".into(),
        DataType::Binary => "binary".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(_, Some(_)) => "timestamp".into(),
        DataType::Timestamp(_, None) => "timestamp_ntz".into(),
        DataType::Duration(_) => "interval day to second".into(),
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month".into(),
        DataType::Interval(_) => "interval".into(),
        DataType::Time64(_) => "time(6)".into(),
        other => other.to_string(),
    }
}

/// Back-quotes a name unless it is a plain identifier, as Spark's `QuotingUtils.quoteIfNeeded`.
pub(crate) fn quote_if_needed(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.chars().all(|c| c.is_ascii_digit());
    if plain { name.to_owned() } else { quote(name) }
}

/// Back-quotes a name, as Spark's `QuotingUtils.quoteIdentifier`.
pub(crate) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Back-quotes every part of a name: `` `a`.`b` ``.
pub(crate) fn quote_parts<T: AsRef<str>>(parts: impl IntoIterator<Item = T>) -> String {
    parts
        .into_iter()
        .map(|part| quote(part.as_ref()))
        .collect::<Vec<_>>()
        .join(".")
}
