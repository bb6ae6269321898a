//! Types in Spark's JSON notation (`DataType.json`), as Delta logs, `from_json` and clients use it.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit};
use serde_json::{Map, Value, json};

use super::arrow::{DAY_TIME, TIMESTAMP_NTZ, list, map, timestamp};
use super::interval;
use crate::error::{Error, Result};

/// Reads a type from Spark's JSON.
pub(crate) fn from_json(text: &str) -> Result<DataType> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        Error::new(
            "INVALID_SCHEMA.PARSE_ERROR",
            [
                ("inputSchema", format!("\"{text}\"")),
                ("reason", error.to_string()),
            ],
        )
    })?;
    read(&value)
}

fn read(value: &Value) -> Result<DataType> {
    match value {
        Value::String(name) => atomic(name),
        Value::Object(object) => match object.get("type").and_then(Value::as_str) {
            Some("struct") => Ok(DataType::Struct(
                member(object, "fields")?
                    .as_array()
                    .ok_or_else(|| unreadable(value))?
                    .iter()
                    .map(|f| Ok(Arc::new(read_field(f)?)))
                    .collect::<Result<Fields>>()?,
            )),
            Some("array") => Ok(list(
                read(member(object, "elementType")?)?,
                flag(object, "containsNull"),
            )),
            Some("map") => Ok(map(
                read(member(object, "keyType")?)?,
                read(member(object, "valueType")?)?,
                flag(object, "valueContainsNull"),
            )),
            Some("udt") => read(member(object, "sqlType")?),
            _ => Err(unreadable(value)),
        },
        _ => Err(unreadable(value)),
    }
}

fn read_field(value: &Value) -> Result<Field> {
    let object = value.as_object().ok_or_else(|| unreadable(value))?;
    let name = member(object, "name")?
        .as_str()
        .ok_or_else(|| unreadable(value))?;
    let declared = member(object, "type")?;
    let mut metadata: std::collections::HashMap<String, String> = object
        .get("metadata")
        .and_then(Value::as_object)
        .map(|members| {
            members
                .iter()
                .map(|(k, v)| (k.clone(), v.to_string()))
                .collect()
        })
        .unwrap_or_default();
    if let Some(text) = declared.as_str()
        && (text.starts_with("char(") || text.starts_with("varchar("))
    {
        metadata.insert(super::proto::CHAR_VARCHAR.into(), format!("\"{text}\""));
    }
    let nullable = object
        .get("nullable")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    Ok(Field::new(name, read(declared)?, nullable).with_metadata(metadata))
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a Value> {
    object
        .get(name)
        .ok_or_else(|| unreadable(&Value::Object(object.clone())))
}

fn flag(object: &Map<String, Value>, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(true)
}

fn unreadable(value: &Value) -> Error {
    Error::new(
        "INVALID_SCHEMA.PARSE_ERROR",
        [
            ("inputSchema", format!("\"{value}\"")),
            ("reason", "it is not a Spark type in JSON".to_owned()),
        ],
    )
}

fn atomic(name: &str) -> Result<DataType> {
    Ok(match name {
        "void" | "null" => DataType::Null,
        "boolean" => DataType::Boolean,
        "byte" | "tinyint" => DataType::Int8,
        "short" | "smallint" => DataType::Int16,
        "integer" | "int" => DataType::Int32,
        "long" | "bigint" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "string" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" => DataType::Date32,
        "timestamp" | "timestamp_ltz" => timestamp(),
        "timestamp_ntz" => TIMESTAMP_NTZ,
        "variant" => super::variant::variant(),
        "calendarinterval" | "interval" => DataType::Interval(IntervalUnit::MonthDayNano),
        "decimal" => DataType::Decimal128(10, 0),
        _ if name.starts_with("decimal(") => {
            let inner = name.trim_start_matches("decimal(").trim_end_matches(')');
            let (precision, scale) = inner.split_once(',').unwrap_or((inner, "0"));
            match (precision.trim().parse(), scale.trim().parse()) {
                (Ok(p), Ok(s)) => DataType::Decimal128(p, s),
                _ => return Err(unreadable(&Value::from(name))),
            }
        }
        _ if name.starts_with("char(")
            || name.starts_with("varchar(")
            || name.starts_with("string collate") =>
        {
            DataType::Utf8
        }
        _ if name.starts_with("time(") || name == "time" => {
            return Err(Error::of("UNSUPPORTED_TIME_TYPE"));
        }
        _ if name.starts_with("interval year") || name.starts_with("interval month") => {
            DataType::Interval(IntervalUnit::YearMonth)
        }
        _ if name.starts_with("interval ") => DAY_TIME,
        _ => return Err(unreadable(&Value::from(name))),
    })
}

/// Writes a type as Spark's JSON.
pub(crate) fn to_json(data_type: &DataType) -> Value {
    match data_type {
        DataType::List(item) => json!({
            "type": "array",
            "elementType": field_json(item),
            "containsNull": item.is_nullable(),
        }),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => json!({
                "type": "map",
                "keyType": field_json(&pair[0]),
                "valueType": field_json(&pair[1]),
                "valueContainsNull": pair[1].is_nullable(),
            }),
            other => Value::from(other.to_string()),
        },
        found if super::variant::is_variant(found) => Value::from("variant"),
        DataType::Struct(fields) => json!({
            "type": "struct",
            "fields": fields.iter().map(|f| json!({
                "name": f.name(),
                "type": field_json(f),
                "nullable": f.is_nullable(),
                "metadata": metadata(f),
            })).collect::<Vec<_>>(),
        }),
        DataType::Int8 => Value::from("byte"),
        DataType::Int16 => Value::from("short"),
        DataType::Int32 => Value::from("integer"),
        DataType::Int64 => Value::from("long"),
        leaf => Value::from(super::simple_string(leaf)),
    }
}

fn field_json(field: &Field) -> Value {
    match interval::Fields::of(field.data_type(), field.metadata()) {
        Some(fields) => Value::from(fields.name(field.data_type())),
        None => to_json(field.data_type()),
    }
}

fn metadata(field: &Field) -> Value {
    field
        .metadata()
        .iter()
        .filter(|(key, _)| key.as_str() != interval::NOTE)
        .map(|(k, v)| {
            (
                k.clone(),
                serde_json::from_str(v).unwrap_or_else(|_| Value::from(v.as_str())),
            )
        })
        .collect::<Map<_, _>>()
        .into()
}
