//! Casts from and to variants, as Spark's `VariantGet.cast` and `VariantExpressionEvalUtils.castToVariant`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Int64Array, ListArray, MapArray, StringArray, StructArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast as arrow_cast, concat};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int64Type,
    TimestampMicrosecondType,
};

use super::build::{Builder, Refusal};
use super::columns::{Reader, Writer};
use super::json::to_json;
use super::{Kind, Variant};
use crate::error::{Error, Result};
use crate::functions::CastMode;
use crate::functions::kernels::cast::{Cast, allowed, pair};
use crate::types::arrow::timestamp;
use crate::types::coerce::is_integral;
use crate::types::sql_name;
use crate::types::variant::is_variant;

/// Whether values of a type can become variants; structs and maps only where objects are asked for.
pub(crate) fn to_variant_allowed(from: &DataType, objects: bool) -> bool {
    if is_variant(from) {
        return true;
    }
    match from {
        DataType::Null | DataType::Duration(_) | DataType::Interval(_) | DataType::Time64(_) => {
            false
        }
        DataType::List(item) => to_variant_allowed(item.data_type(), objects),
        DataType::Struct(fields) => {
            objects
                && fields
                    .iter()
                    .all(|field| to_variant_allowed(field.data_type(), objects))
        }
        DataType::Map(entries, _) => {
            objects
                && pair(entries).is_some_and(|(key, value)| {
                    *key.data_type() == DataType::Utf8
                        && to_variant_allowed(value.data_type(), objects)
                })
        }
        _ => true,
    }
}

/// Whether variants can become values of a type.
pub(crate) fn from_variant_allowed(to: &DataType) -> bool {
    if is_variant(to) {
        return true;
    }
    match to {
        DataType::Null | DataType::Duration(_) | DataType::Interval(_) | DataType::Time64(_) => {
            false
        }
        DataType::List(item) => from_variant_allowed(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| from_variant_allowed(f.data_type())),
        DataType::Map(entries, _) => pair(entries).is_some_and(|(key, value)| {
            *key.data_type() == DataType::Utf8 && from_variant_allowed(value.data_type())
        }),
        _ => true,
    }
}

/// A column as variants.
pub(crate) fn to_variant(column: &ArrayRef) -> Result<ArrayRef> {
    let mut out = Writer::default();
    for row in 0..column.len() {
        if column.is_null(row) {
            out.push_null();
            continue;
        }
        let mut builder = Builder::default();
        push(column, row, &mut builder)?.map_err(|_| Error::of("VARIANT_DUPLICATE_KEY"))?;
        out.push(builder);
    }
    out.finish()
}

/// One value pushed; nulls inside are variant nulls.
fn push(column: &ArrayRef, row: usize, out: &mut Builder) -> Result<Result<(), Refusal>> {
    if column.is_null(row) {
        out.null();
        return Ok(Ok(()));
    }
    if is_variant(column.data_type()) {
        if let Some(variant) = Reader::of(column)?.get(row) {
            out.variant(variant)?;
        }
        return Ok(Ok(()));
    }
    match column.data_type() {
        DataType::Boolean => out.boolean(column.as_boolean().value(row)),
        whole if is_integral(whole) => {
            let longs = arrow_cast(&column.slice(row, 1), &DataType::Int64)?;
            out.long(longs.as_primitive::<Int64Type>().value(0));
        }
        DataType::Float32 => out.float(column.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => out.double(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            out.decimal(column.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        DataType::Utf8 => out.text(column.as_string::<i32>().value(row)),
        DataType::Binary => out.binary(column.as_binary::<i32>().value(row)),
        DataType::Date32 => out.date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(_, zone) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            match zone {
                Some(_) => out.timestamp(micros),
                None => out.timestamp_ntz(micros),
            }
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            return nested(out, |out, failed| {
                out.array(0..items.len(), |out, index| {
                    inner(&items, index, out, failed)
                })
            });
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let members = fields
                .iter()
                .map(|field| field.name().as_str())
                .zip(columns);
            return nested(out, |out, failed| {
                out.object(members, |out, member| inner(member, row, out, failed))
            });
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let names = entries.column(0).as_string::<i32>();
            let members = (0..entries.len()).map(|index| (names.value(index), index));
            return nested(out, |out, failed| {
                out.object(members, |out, index| {
                    inner(entries.column(1), index, out, failed)
                })
            });
        }
        other => return Err(Error::internal(format!("no variant is made of {other}"))),
    }
    Ok(Ok(()))
}

/// Runs a builder of arrays or objects and keeps the first failure of what is inside.
fn nested(
    out: &mut Builder,
    run: impl FnOnce(&mut Builder, &mut Option<Error>) -> Result<(), Refusal>,
) -> Result<Result<(), Refusal>> {
    let mut failed = None;
    let done = run(out, &mut failed);
    match failed {
        Some(error) => Err(error),
        None => Ok(done),
    }
}

fn inner(
    column: &ArrayRef,
    row: usize,
    out: &mut Builder,
    failed: &mut Option<Error>,
) -> Result<(), Refusal> {
    match push(column, row, out) {
        Ok(done) => done,
        Err(error) => {
            failed.get_or_insert(error);
            Ok(())
        }
    }
}

/// What a variant may become: a column of one row, of the target's type.
pub(crate) fn from_variants<'a>(
    values: impl IntoIterator<Item = Option<Variant<'a>>>,
    job: &Cast,
) -> Result<ArrayRef> {
    let rows = values
        .into_iter()
        .map(|value| one(value, &job.to, job))
        .collect::<Result<Vec<_>>>()?;
    joined(&rows, &job.to)
}

fn joined(rows: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    if rows.is_empty() {
        return Ok(new_null_array(to, 0));
    }
    let parts: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
    Ok(concat(&parts)?)
}

/// A column of variants cast.
pub(crate) fn from_variant(column: &ArrayRef, job: &Cast) -> Result<ArrayRef> {
    let reader = Reader::of(column)?;
    from_variants((0..column.len()).map(|row| reader.get(row)), job)
}

fn one(value: Option<Variant<'_>>, to: &DataType, job: &Cast) -> Result<ArrayRef> {
    let Some(value) = value else {
        return Ok(new_null_array(to, 1));
    };
    if is_variant(to) {
        let mut out = Writer::default();
        out.push_copy(Some(value))?;
        return out.finish();
    }
    let kind = value.kind()?;
    if matches!(kind, Kind::Null) {
        return Ok(new_null_array(to, 1));
    }
    let refused = || invalid(value, to, job);
    match (kind, to) {
        (Kind::Array(items), DataType::List(field)) => {
            let items = items
                .into_iter()
                .map(|item| one(Some(item), field.data_type(), job))
                .collect::<Result<Vec<_>>>()?;
            let offsets = OffsetBuffer::from_lengths([items.len()]);
            let items = joined(&items, field.data_type())?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(field),
                offsets,
                items,
                None,
            )?))
        }
        (Kind::Object(members), DataType::Map(entries, sorted)) => {
            object_as_map(&members, (entries, *sorted), job)
        }
        (Kind::Object(members), DataType::Struct(fields)) => {
            let columns = fields
                .iter()
                .map(|field| {
                    let member = members.iter().find(|(name, _)| name == field.name());
                    one(member.map(|(_, value)| *value), field.data_type(), job)
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                None,
                1,
            )?))
        }
        (Kind::Array(_) | Kind::Object(_), DataType::Utf8) => {
            let text = to_json(value, job.time_zone)?;
            Ok(Arc::new(StringArray::from(vec![text])))
        }
        (Kind::Array(_) | Kind::Object(_), _) => refused(),
        (_, DataType::List(_) | DataType::Map(..) | DataType::Struct(_)) => refused(),
        (leaf, _) => {
            let Some(leaf) = leaf_column(leaf)? else {
                return refused();
            };
            if !allowed(leaf.data_type(), to, CastMode::Ansi) {
                return refused();
            }
            let found = Cast {
                from: leaf.data_type().clone(),
                to: to.clone(),
                mode: CastMode::Try,
                origin: None,
                fields: None,
                ..job.clone()
            }
            .run(&leaf)?;
            if found.is_null(0) {
                refused()
            } else {
                Ok(found)
            }
        }
    }
}

fn object_as_map(
    members: &[(&str, Variant<'_>)],
    (entries, sorted): (&Arc<Field>, bool),
    job: &Cast,
) -> Result<ArrayRef> {
    let (Some((_, value)), DataType::Struct(fields)) = (pair(entries), entries.data_type()) else {
        return Err(Error::internal("a map without entries"));
    };
    let names = StringArray::from_iter_values(members.iter().map(|(name, _)| *name));
    let values = members
        .iter()
        .map(|(_, member)| one(Some(*member), value.data_type(), job))
        .collect::<Result<Vec<_>>>()?;
    let columns = vec![
        Arc::new(names) as ArrayRef,
        joined(&values, value.data_type())?,
    ];
    let pairs = StructArray::try_new_with_length(fields.clone(), columns, None, members.len())?;
    let offsets = OffsetBuffer::from_lengths([members.len()]);
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries),
        offsets,
        pairs,
        None,
        sorted,
    )?))
}

/// A null, or the error where the cast must not fail.
fn invalid(value: Variant<'_>, to: &DataType, job: &Cast) -> Result<ArrayRef> {
    if job.mode == CastMode::Try {
        return Ok(new_null_array(to, 1));
    }
    Err(Error::new(
        "INVALID_VARIANT_CAST",
        [
            ("value", to_json(value, job.time_zone)?),
            ("dataType", format!("\"{}\"", sql_name(to))),
        ],
    ))
}

/// A scalar as a column of one row, in the type that it has.
fn leaf_column(kind: Kind<'_>) -> Result<Option<ArrayRef>> {
    Ok(Some(match kind {
        Kind::Boolean(value) => Arc::new(BooleanArray::from(vec![value])),
        Kind::Long(value) => Arc::new(Int64Array::from(vec![value])),
        Kind::Double(value) => Arc::new(Float64Array::from(vec![value])),
        Kind::Float(value) => Arc::new(Float32Array::from(vec![value])),
        Kind::Decimal(unscaled, scale) => {
            let numbers = Decimal128Array::from(vec![unscaled]);
            Arc::new(numbers.with_precision_and_scale(38, scale)?)
        }
        Kind::Date(days) => Arc::new(Date32Array::from(vec![days])),
        Kind::Timestamp(micros) => {
            let DataType::Timestamp(_, zone) = timestamp() else {
                return Ok(None);
            };
            let moments = TimestampMicrosecondArray::from(vec![micros]);
            Arc::new(moments.with_timezone_opt(zone))
        }
        Kind::TimestampNtz(micros) => Arc::new(TimestampMicrosecondArray::from(vec![micros])),
        Kind::Binary(bytes) => Arc::new(BinaryArray::from_vec(vec![bytes])),
        Kind::Text(text) => Arc::new(StringArray::from(vec![text])),
        Kind::Uuid(id) => Arc::new(StringArray::from(vec![id.to_string()])),
        Kind::Null | Kind::Array(_) | Kind::Object(_) => return Ok(None),
    }))
}
