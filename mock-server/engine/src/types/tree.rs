//! Types as `printSchema` draws them, and row types as DDL text.

use arrow::datatypes::{DataType, Field};

use super::interval::Fields;
use super::names::quote_if_needed;
use super::variant::is_variant;
use super::{simple_string, sql_name};
use crate::show::escape;

/// Spark's `StructType.treeString`: `level` nested levels, all when it is `None`.
pub(crate) fn tree_string(row: &DataType, level: Option<usize>) -> String {
    let mut out = String::from("root\n");
    inside(&mut out, row, " |", level.unwrap_or(usize::MAX));
    out
}

fn inside(out: &mut String, data_type: &DataType, prefix: &str, depth: usize) {
    if depth == 0 {
        return;
    }
    let deeper = format!("{prefix}    |");
    match data_type {
        found if is_variant(found) => {}
        DataType::Struct(fields) => {
            for field in fields {
                out.push_str(&format!(
                    "{prefix}-- {}: {} (nullable = {})\n",
                    escape(field.name()),
                    field_name(field),
                    field.is_nullable()
                ));
                inside(out, field.data_type(), &deeper, depth - 1);
            }
        }
        DataType::List(item) => {
            out.push_str(&format!(
                "{prefix}-- element: {} (containsNull = {})\n",
                field_name(item),
                item.is_nullable()
            ));
            inside(out, item.data_type(), &deeper, depth - 1);
        }
        DataType::Map(entries, _) => {
            if let DataType::Struct(pair) = entries.data_type()
                && let [key, value] = pair.as_ref()
            {
                out.push_str(&format!("{prefix}-- key: {}\n", field_name(key)));
                inside(out, key.data_type(), &deeper, depth - 1);
                out.push_str(&format!(
                    "{prefix}-- value: {} (valueContainsNull = {})\n",
                    field_name(value),
                    value.is_nullable()
                ));
                inside(out, value.data_type(), &deeper, depth - 1);
            }
        }
        _ => {}
    }
}

fn field_name(field: &Field) -> String {
    match Fields::of(field.data_type(), field.metadata()) {
        Some(fields) => fields.name(field.data_type()),
        None => type_name(field.data_type()),
    }
}

/// Spark's `DataType.typeName`.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Int8 => "byte".into(),
        DataType::Int16 => "short".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "long".into(),
        DataType::List(_) => "array".into(),
        DataType::Map(_, _) => "map".into(),
        found if is_variant(found) => "variant".into(),
        DataType::Struct(_) => "struct".into(),
        leaf => simple_string(leaf),
    }
}

/// Spark's `StructType.toDDL`.
pub(crate) fn to_ddl(fields: &[std::sync::Arc<Field>]) -> String {
    let columns: Vec<String> = fields
        .iter()
        .map(|field| {
            let not_null = if field.is_nullable() { "" } else { " NOT NULL" };
            let comment = field
                .metadata()
                .get("comment")
                .and_then(|json| serde_json::from_str::<String>(json).ok())
                .map(|text| {
                    format!(
                        " COMMENT '{}'",
                        text.replace('\\', "\\\\").replace('\'', "\\'")
                    )
                })
                .unwrap_or_default();
            format!(
                "{} {}{not_null}{comment}",
                quote_if_needed(field.name()),
                match Fields::of(field.data_type(), field.metadata()) {
                    Some(fields) => fields.name(field.data_type()).to_uppercase(),
                    None => sql_name(field.data_type()),
                }
            )
        })
        .collect();
    columns.join(",")
}
