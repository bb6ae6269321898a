//! Values as SQL literals (`Literal.sql`), as they stand in stored defaults and in some names.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use chrono_tz::Tz;
use datafusion::common::ScalarValue;

use super::cast::quoted;
use super::text;
use crate::error::Result;
use crate::types::sql_name;

/// The value in SQL. `Literal.sql` of a whole number says its type, unless that is INT.
pub(crate) fn sql_text(value: &ScalarValue, data_type: &DataType, zone: Tz) -> Result<String> {
    if value.is_null() {
        return Ok(match data_type {
            DataType::Null => "NULL".to_owned(),
            other => format!("CAST(NULL AS {})", sql_name(other)),
        });
    }
    Ok(match value {
        ScalarValue::Utf8(Some(text)) => quoted(text),
        ScalarValue::Int8(Some(n)) => format!("{n}Y"),
        ScalarValue::Int16(Some(n)) => format!("{n}S"),
        ScalarValue::Int64(Some(n)) => format!("{n}L"),
        ScalarValue::Float32(Some(n)) if n.is_finite() => {
            format!("CAST({} AS FLOAT)", text::float(*n))
        }
        ScalarValue::Float32(Some(n)) => format!("CAST('{}' AS FLOAT)", text::float(*n)),
        ScalarValue::Float64(Some(n)) if n.is_finite() => format!("{}D", text::double(*n)),
        ScalarValue::Float64(Some(n)) => format!("CAST('{}' AS DOUBLE)", text::double(*n)),
        ScalarValue::Decimal128(Some(n), _, scale) => {
            format!("{}BD", text::decimal_java(*n, *scale))
        }
        ScalarValue::List(list) => {
            let items = items(list.value(0), zone)?;
            format!("ARRAY({})", items.join(", "))
        }
        ScalarValue::Map(map) => {
            let entries = map.value(0);
            let keys = items(entries.column(0).clone(), zone)?;
            let values = items(entries.column(1).clone(), zone)?;
            let pairs: Vec<String> = keys
                .into_iter()
                .zip(values)
                .flat_map(|(key, value)| [key, value])
                .collect();
            format!("MAP({})", pairs.join(", "))
        }
        ScalarValue::Struct(row) => {
            let mut parts = Vec::new();
            for (name, column) in row.column_names().into_iter().zip(row.columns()) {
                parts.push(quoted(name));
                parts.extend(items(column.clone(), zone)?);
            }
            format!("NAMED_STRUCT({})", parts.join(", "))
        }
        other => text::literal_name(other, zone),
    })
}

fn items(array: ArrayRef, zone: Tz) -> Result<Vec<String>> {
    (0..array.len())
        .map(|index| {
            let value = ScalarValue::try_from_array(&array, index)?;
            sql_text(&value, array.data_type(), zone)
        })
        .collect()
}
