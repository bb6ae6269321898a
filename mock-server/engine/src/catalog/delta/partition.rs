//! The values of partitions as Delta's log has them: texts, whose spelling the protocol lays down
//! (*Partition Value Serialization*).
//!
//! Knows nothing of the names of directories, which mean nothing in Delta.

use std::collections::HashMap;

use arrow::datatypes::{DataType, SchemaRef};
use chrono_tz::Tz;
use datafusion::common::ScalarValue;

use crate::error::{Error, Result};
use crate::functions::kernels::cast::temporal;
use crate::io::listing::value_of;
use crate::types::sql_name;

/// A partition value in the type of its column; a text that is none of that type is an error, since
/// a null in its place would be another row.
pub(crate) fn value(text: Option<&str>, data_type: &DataType) -> Result<ScalarValue> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(ScalarValue::try_from(data_type)?);
    };
    read(text, data_type).ok_or_else(|| {
        Error::new(
            "DELTA_FAILED_CAST_PARTITION_VALUE",
            [
                ("value", text.to_owned()),
                ("dataType", sql_name(data_type)),
            ],
        )
    })
}

fn read(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    match data_type {
        // `Infinity` of Spark, `inf` of delta-rs.
        DataType::Float32 => text.parse().ok().map(|n| ScalarValue::Float32(Some(n))),
        DataType::Float64 => text.parse().ok().map(|n| ScalarValue::Float64(Some(n))),
        DataType::Binary => Some(ScalarValue::Binary(Some(unescaped(text)))),
        DataType::Timestamp(_, Some(zone)) => {
            let moment = temporal::timestamp(text, Tz::UTC.into(), 0)?;
            Some(ScalarValue::TimestampMicrosecond(
                Some(moment),
                Some(zone.clone()),
            ))
        }
        DataType::Timestamp(_, None) => {
            let moment = temporal::timestamp_without_zone(text)?;
            Some(ScalarValue::TimestampMicrosecond(Some(moment), None))
        }
        other => value_of(text, other),
    }
}

/// Bytes: `\u00FF` is one, and every other character those that it has.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let code = rest
            .strip_prefix("\\u00")
            .and_then(|code| u8::from_str_radix(code.get(..2)?, 16).ok());
        let length = match code {
            Some(byte) => {
                bytes.push(byte);
                6
            }
            None => {
                bytes.extend_from_slice(first.to_string().as_bytes());
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    bytes
}

/// The values as Spark spells them where delta-rs has a spelling of its own.
pub(super) fn as_spark(values: &mut HashMap<String, Option<String>>, schema: &SchemaRef) {
    for (name, value) in values {
        let is_float = schema
            .field_with_name(name)
            .is_ok_and(|field| field.data_type().is_floating());
        match value.as_deref() {
            Some("inf") if is_float => *value = Some("Infinity".to_owned()),
            Some("-inf") if is_float => *value = Some("-Infinity".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, data_type: &DataType) -> String {
        match value(Some(text), data_type) {
            Ok(value) => value.to_string(),
            Err(error) => error.message(),
        }
    }

    #[test]
    fn values_of_every_spelling_are_read() {
        let moment = crate::types::arrow::timestamp();
        for (text, data_type, expected) in [
            ("NaN", DataType::Float64, "NaN"),
            ("inf", DataType::Float32, "inf"),
            ("-Infinity", DataType::Float64, "-inf"),
            ("2024-02-29 12:30:00.5", moment.clone(), "1709209800500000"),
            ("2024-02-29T12:30:00.500000Z", moment, "1709209800500000"),
            ("-1.50", DataType::Decimal128(10, 2), "-1.50"),
            ("", DataType::Utf8, "NULL"),
        ] {
            assert_eq!(shown(text, &data_type), expected, "{text}");
        }
        assert_eq!(
            value(Some("a\\u00FF\\u00"), &DataType::Binary).unwrap(),
            ScalarValue::Binary(Some(b"a\xFF\\u00".to_vec()))
        );
    }

    #[test]
    fn a_text_of_another_type_is_an_error_and_no_null() {
        let message = shown("x", &DataType::Int32);
        assert!(
            message.contains("DELTA_FAILED_CAST_PARTITION_VALUE"),
            "{message}"
        );
    }
}
