//! Everything as text: numbers as Java prints them, times in the session's zone, nested values as
//! `[1, 2]`, `{a -> 1}` and `{1, x}`.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::builder::StringBuilder;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit,
    IntervalYearMonthType, Time64MicrosecondType, TimestampMicrosecondType,
};

use super::Cast;
use crate::error::{Error, Result};
use crate::functions::CastMode;
use crate::functions::kernels::text;
use crate::functions::kernels::variant::columns::Reader;
use crate::functions::kernels::variant::json::to_json;
use crate::types::variant::is_variant;

pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Int8 => return Ok(whole::<Int8Type>(array)),
        DataType::Int16 => return Ok(whole::<Int16Type>(array)),
        DataType::Int32 => return Ok(whole::<Int32Type>(array)),
        DataType::Int64 => return Ok(whole::<Int64Type>(array)),
        DataType::Boolean => return Ok(arrow::compute::cast(array, &DataType::Utf8)?),
        _ => {}
    }
    let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let mut row_text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
        } else {
            row_text.clear();
            write(job, array, row, &mut row_text)?;
            builder.append_value(&row_text);
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Whole numbers, digit by digit into one buffer.
fn whole<T: ArrowPrimitiveType<Native: itoa::Integer>>(array: &ArrayRef) -> ArrayRef {
    let numbers = array.as_primitive::<T>();
    let mut builder = StringBuilder::with_capacity(numbers.len(), numbers.len() * 8);
    let mut digits = itoa::Buffer::new();
    for number in numbers {
        match number {
            Some(number) => builder.append_value(digits.format(number)),
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

/// One value as text.
pub(super) fn one(job: &Cast, array: &ArrayRef, row: usize) -> Result<String> {
    let mut out = String::new();
    write(job, array, row, &mut out)?;
    Ok(out)
}

fn write(job: &Cast, array: &ArrayRef, row: usize, out: &mut String) -> Result<()> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Boolean => {
            out.push_str(if array.as_boolean().value(row) {
                "true"
            } else {
                "false"
            });
        }
        DataType::Int8 => display(out, array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => display(out, array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => display(out, array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => display(out, array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => {
            out.push_str(&text::float(array.as_primitive::<Float32Type>().value(row)));
        }
        DataType::Float64 => {
            out.push_str(&text::double(
                array.as_primitive::<Float64Type>().value(row),
            ));
        }
        DataType::Decimal128(_, scale) => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            // Without ANSI Spark prints `BigDecimal.toString`, which may be scientific.
            out.push_str(&if job.mode == CastMode::Legacy {
                text::decimal_java(value, *scale)
            } else {
                text::decimal_plain(value, *scale)
            });
        }
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::Binary => {
            out.push_str(&String::from_utf8_lossy(
                array.as_binary::<i32>().value(row),
            ));
        }
        DataType::Date32 => {
            out.push_str(&text::date(array.as_primitive::<Date32Type>().value(row)));
        }
        DataType::Time64(_) => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            out.push_str(text::timestamp_ntz(micros).trim_start_matches("1970-01-01 "));
        }
        DataType::Timestamp(_, zone) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            out.push_str(&match zone {
                Some(_) => text::timestamp(micros, job.time_zone),
                None => text::timestamp_ntz(micros),
            });
        }
        DataType::Duration(_) => {
            let micros = array.as_primitive::<DurationMicrosecondType>().value(row);
            out.push_str(&match job.fields {
                Some(fields) => text::day_time_fields(micros, (fields.start, fields.end)),
                None => text::day_time_interval(micros),
            });
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            out.push_str(&match job.fields {
                Some(fields) => text::year_month_fields(months, (fields.start, fields.end)),
                None => text::year_month_interval(months),
            });
        }
        DataType::Interval(_) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            out.push_str(&text::calendar_interval(
                value.months,
                value.days,
                value.nanoseconds / 1000,
            ));
        }
        DataType::List(_) => {
            out.push('[');
            let items = array.as_list::<i32>().value(row);
            for index in 0..items.len() {
                separate(out, index);
                write(job, &items, index, out)?;
            }
            out.push(']');
        }
        DataType::Map(..) => {
            out.push('{');
            let entries = array.as_map().value(row);
            for index in 0..entries.len() {
                separate(out, index);
                write(job, entries.column(0), index, out)?;
                out.push_str(" -> ");
                write(job, entries.column(1), index, out)?;
            }
            out.push('}');
        }
        found if is_variant(found) => {
            if let Some(value) = Reader::of(array)?.get(row) {
                out.push_str(&to_json(value, job.time_zone)?);
            }
        }
        DataType::Struct(_) => {
            out.push('{');
            for (index, column) in array.as_struct().columns().iter().enumerate() {
                separate(out, index);
                write(job, column, row, out)?;
            }
            out.push('}');
        }
        other => return Err(Error::internal(format!("cast of {other} to string"))),
    }
    Ok(())
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn display(out: &mut String, value: impl std::fmt::Display) {
    // Writing into a string cannot fail.
    let _ = write!(out, "{value}");
}
