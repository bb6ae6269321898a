//! Building and relabelling Arrow types: one spelling for each Spark type, and the zero-copy change
//! of names, nullability and time zones that Arrow keeps inside a type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit, TimestampMicrosecondType};

use crate::error::{Error, Result};

/// Spark's `TIMESTAMP`: microseconds, kept in UTC inside the engine.
pub(crate) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Spark's `TIMESTAMP_NTZ`.
pub(crate) const TIMESTAMP_NTZ: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// Spark's `INTERVAL DAY TO SECOND`.
pub(crate) const DAY_TIME: DataType = DataType::Duration(TimeUnit::Microsecond);

/// `ARRAY<element>`.
pub(crate) fn list(element: DataType, contains_null: bool) -> DataType {
    DataType::List(Arc::new(Field::new("element", element, contains_null)))
}

/// `MAP<key, value>`.
pub(crate) fn map(key: DataType, value: DataType, value_contains_null: bool) -> DataType {
    let entries = DataType::Struct(Fields::from(vec![
        Field::new("key", key, false),
        Field::new("value", value, value_contains_null),
    ]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// `STRUCT<…>`.
pub(crate) fn structure(fields: impl IntoIterator<Item = Field>) -> DataType {
    DataType::Struct(fields.into_iter().map(Arc::new).collect())
}

/// The same type with `f` applied to every leaf and the nested spelling made ours: list items are
/// `element`, map entries `entries{key, value}`, strings plain, times in microseconds.
pub(crate) fn normalize(data_type: &DataType) -> DataType {
    match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Timestamp(_, Some(_)) => timestamp(),
        DataType::Timestamp(_, None) => TIMESTAMP_NTZ,
        DataType::Date64 => DataType::Date32,
        DataType::Duration(_) => DAY_TIME,
        DataType::Dictionary(_, value) => normalize(value),
        DataType::RunEndEncoded(_, value) => normalize(value.data_type()),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) => DataType::Decimal128(*p, *s),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => {
            let element = Field::new("element", normalize(item.data_type()), item.is_nullable());
            DataType::List(Arc::new(element.with_metadata(item.metadata().clone())))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => map(
                normalize(pair[0].data_type()),
                normalize(pair[1].data_type()),
                pair[1].is_nullable(),
            ),
            _ => data_type.clone(),
        },
        DataType::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|f| Arc::new(with_type(f, normalize(f.data_type()))))
                .collect(),
        ),
        _ => data_type.clone(),
    }
}

/// The field with another type.
pub(crate) fn with_type(field: &Field, data_type: DataType) -> Field {
    Field::new(field.name(), data_type, field.is_nullable()).with_metadata(field.metadata().clone())
}

/// The same type, every nested level nullable: what a value that came from outside may be.
pub(crate) fn nullable(data_type: &DataType) -> DataType {
    match data_type {
        DataType::List(item) => {
            let element = Field::new("element", nullable(item.data_type()), true);
            DataType::List(Arc::new(element.with_metadata(item.metadata().clone())))
        }
        DataType::Map(entries, sorted) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                let inner = [(&pair[0], false), (&pair[1], true)].map(|(field, is_nullable)| {
                    with_type(field, nullable(field.data_type())).with_nullable(is_nullable)
                });
                let entries = with_type(entries, structure(inner));
                DataType::Map(Arc::new(entries), *sorted)
            }
            _ => data_type.clone(),
        },
        variant if super::variant::is_variant(variant) => variant.clone(),
        DataType::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|f| {
                    Arc::new(
                        Field::new(f.name(), nullable(f.data_type()), true)
                            .with_metadata(f.metadata().clone()),
                    )
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Whether two types hold the same values, whatever they call their fields, zones and nullability.
pub(crate) fn same_shape(left: &DataType, right: &DataType) -> bool {
    match (left, right) {
        (DataType::Timestamp(a, Some(_)), DataType::Timestamp(b, Some(_))) => a == b,
        (DataType::List(a), DataType::List(b)) => same_shape(a.data_type(), b.data_type()),
        (DataType::Map(a, _), DataType::Map(b, _)) => same_shape(a.data_type(), b.data_type()),
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(x, y)| same_shape(x.data_type(), y.data_type()))
        }
        _ => left == right,
    }
}

/// The same values under another spelling of their type: nested names, nullability and time zones.
/// Copies nothing.
pub(crate) fn relabel(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    let mismatch = || {
        Error::internal(format!(
            "a value of type {} came where {to} was planned",
            array.data_type()
        ))
    };
    match (array.data_type(), to) {
        (
            DataType::Timestamp(TimeUnit::Microsecond, _),
            DataType::Timestamp(TimeUnit::Microsecond, zone),
        ) => Ok(Arc::new(
            array
                .as_primitive::<TimestampMicrosecondType>()
                .clone()
                .with_timezone_opt(zone.clone()),
        )),
        (DataType::List(_), DataType::List(field)) => {
            let (_, offsets, values, nulls) = array.as_list::<i32>().clone().into_parts();
            let values = relabel(&values, field.data_type())?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(field),
                offsets,
                values,
                nulls,
            )?))
        }
        (DataType::Map(_, _), DataType::Map(field, sorted)) => {
            let (_, offsets, entries, nulls, _) = array.as_map().clone().into_parts();
            let entries = relabel(&(Arc::new(entries) as ArrayRef), field.data_type())?;
            let entries = entries.as_struct().clone();
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(field),
                offsets,
                entries,
                nulls,
                *sorted,
            )?))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let (_, columns, nulls) = array.as_struct().clone().into_parts();
            if columns.len() != fields.len() {
                return Err(mismatch());
            }
            let columns = relabel_all(&columns, fields)?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                nulls,
                array.len(),
            )?))
        }
        _ => Err(mismatch()),
    }
}

/// [`relabel`] for every column of a row type.
pub(crate) fn relabel_all(columns: &[ArrayRef], fields: &[FieldRef]) -> Result<Vec<ArrayRef>> {
    columns
        .iter()
        .zip(fields)
        .map(|(column, field)| relabel(column, field.data_type()))
        .collect()
}
