//! Numbers and booleans among each other: whole numbers wrap or overflow, floats are cut, decimals
//! round half up.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, Decimal128Array,
    Int64Array, PrimitiveArray,
};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    i256,
};

use super::{Cast, out_of_range};
use crate::error::{Error, Result};
use crate::functions::CastMode;
use crate::functions::kernels::{decimal, narrow, text};
use crate::types::coerce::is_integral;

pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    match (&job.from, &job.to) {
        (_, DataType::Boolean) => to_boolean(array),
        (DataType::Boolean, DataType::Decimal128(p, s)) => {
            let ones: Int64Array = array
                .as_boolean()
                .iter()
                .map(|v| v.map(i64::from))
                .collect();
            whole_to_decimal(job, &ones, (*p, *s))
        }
        (DataType::Boolean, to) => Ok(arrow::compute::cast(array, to)?),
        (from, DataType::Binary) if is_integral(from) => bytes(array),
        (from, DataType::Decimal128(p, s)) if is_integral(from) => {
            let wide = arrow::compute::cast(array, &DataType::Int64)?;
            whole_to_decimal(job, wide.as_primitive::<Int64Type>(), (*p, *s))
        }
        (from, to) if is_integral(from) && is_integral(to) => {
            let wide = arrow::compute::cast(array, &DataType::Int64)?;
            narrow_to(job, wide.as_primitive::<Int64Type>(), to)
        }
        (DataType::Float32 | DataType::Float64, DataType::Decimal128(p, s)) => {
            float_to_decimal(job, array, (*p, *s))
        }
        (DataType::Float64, DataType::Float32) => {
            let doubles = array.as_primitive::<Float64Type>();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "Java's (float) rounds alike"
            )]
            let floats: PrimitiveArray<Float32Type> = doubles.unary(|value| value as f32);
            Ok(Arc::new(floats))
        }
        (DataType::Float32 | DataType::Float64, to) => float_to_whole(job, array, to),
        (DataType::Decimal128(_, from), DataType::Decimal128(p, s)) => {
            decimal_to_decimal(job, array, *from, (*p, *s))
        }
        (DataType::Decimal128(_, scale), DataType::Float64) => {
            let values = array.as_primitive::<Decimal128Type>();
            let doubles: PrimitiveArray<Float64Type> =
                values.unary(|value| decimal_to_double(value, *scale));
            Ok(Arc::new(doubles))
        }
        (DataType::Decimal128(_, scale), DataType::Float32) => {
            let values = array.as_primitive::<Decimal128Type>();
            let floats: PrimitiveArray<Float32Type> = values.unary(|value| {
                text::decimal_plain(value, *scale)
                    .parse()
                    .unwrap_or(f32::NAN)
            });
            Ok(Arc::new(floats))
        }
        (DataType::Decimal128(_, scale), to) => decimal_to_whole(job, array, *scale, to),
        (from, to) => Err(Error::internal(format!("cast of {from} to {to}"))),
    }
}

fn to_boolean(array: &ArrayRef) -> Result<ArrayRef> {
    fn differs<T: ArrowPrimitiveType>(array: &ArrayRef) -> ArrayRef {
        let zero = T::Native::default();
        let found: BooleanArray =
            BooleanArray::from_unary(array.as_primitive::<T>(), |v| v != zero);
        Arc::new(found)
    }
    Ok(match array.data_type() {
        DataType::Int8 => differs::<Int8Type>(array),
        DataType::Int16 => differs::<Int16Type>(array),
        DataType::Int32 => differs::<Int32Type>(array),
        DataType::Int64 => differs::<Int64Type>(array),
        DataType::Float32 => differs::<Float32Type>(array),
        DataType::Float64 => differs::<Float64Type>(array),
        DataType::Decimal128(..) => differs::<Decimal128Type>(array),
        other => return Err(Error::internal(format!("cast of {other} to boolean"))),
    })
}

fn bytes(array: &ArrayRef) -> Result<ArrayRef> {
    let wide = arrow::compute::cast(array, &DataType::Int64)?;
    let width = array.data_type().primitive_width().unwrap_or(8);
    let found: BinaryArray = wide
        .as_primitive::<Int64Type>()
        .iter()
        .map(|value| {
            value.map(|v| {
                v.to_be_bytes()
                    .into_iter()
                    .skip(8 - width)
                    .collect::<Vec<u8>>()
            })
        })
        .collect();
    Ok(Arc::new(found))
}

/// The value of a whole number as messages write it: with the suffix of its type.
fn literal(value: i64, of: &DataType) -> String {
    let suffix = match of {
        DataType::Int8 => "T",
        DataType::Int16 => "S",
        DataType::Int64 => "L",
        _ => "",
    };
    format!("{value}{suffix}")
}

fn narrow_to(job: &Cast, wide: &Int64Array, to: &DataType) -> Result<ArrayRef> {
    #[expect(clippy::cast_possible_truncation, reason = "Java's casts wrap alike")]
    match to {
        DataType::Int8 => narrowed::<Int8Type>(job, wide, |v| v as i8),
        DataType::Int16 => narrowed::<Int16Type>(job, wide, |v| v as i16),
        DataType::Int32 => narrowed::<Int32Type>(job, wide, |v| v as i32),
        _ => Ok(Arc::new(wide.clone())),
    }
}

fn narrowed<T>(job: &Cast, wide: &Int64Array, wrap: impl Fn(i64) -> T::Native) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    let found: PrimitiveArray<T> = match job.mode {
        CastMode::Legacy => wide.unary(wrap),
        CastMode::Try => wide.unary_opt(|v| T::Native::try_from(v).ok()),
        CastMode::Ansi => wide.try_unary(|v| {
            T::Native::try_from(v).map_err(|_| job.overflow(literal(v, &job.from)))
        })?,
    };
    Ok(Arc::new(found))
}

fn float_to_whole(job: &Cast, array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let wide = arrow::compute::cast(array, &DataType::Float64)?;
    let doubles = wide.as_primitive::<Float64Type>();
    // Rust's `as` saturates and makes NaN zero, as Java's casts do.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the casts of Java, on purpose"
    )]
    let found = match to {
        DataType::Int8 => whole::<Int8Type>(
            job,
            doubles,
            (f64::from(i8::MIN), f64::from(i8::MAX)),
            |v| v as i32 as i8,
        )?,
        DataType::Int16 => whole::<Int16Type>(
            job,
            doubles,
            (f64::from(i16::MIN), f64::from(i16::MAX)),
            |v| v as i32 as i16,
        )?,
        DataType::Int32 => whole::<Int32Type>(
            job,
            doubles,
            (f64::from(i32::MIN), f64::from(i32::MAX)),
            |v| v as i32,
        )?,
        _ => whole::<Int64Type>(job, doubles, (i64::MIN as f64, i64::MAX as f64), |v| {
            v as i64
        })?,
    };
    Ok(found)
}

fn whole<T: ArrowPrimitiveType>(
    job: &Cast,
    doubles: &PrimitiveArray<Float64Type>,
    (low, high): (f64, f64),
    cut: impl Fn(f64) -> T::Native,
) -> Result<ArrayRef> {
    let fits = |v: f64| v.floor() <= high && v.ceil() >= low;
    let found: PrimitiveArray<T> = match job.mode {
        CastMode::Legacy => doubles.unary(cut),
        CastMode::Try => doubles.unary_opt(|v| fits(v).then(|| cut(v))),
        CastMode::Ansi => doubles.try_unary(|v| {
            if fits(v) {
                Ok(cut(v))
            } else {
                Err(job.overflow(float_literal(v, &job.from)))
            }
        })?,
    };
    Ok(Arc::new(found))
}

/// A float as messages write it.
pub(super) fn float_literal(value: f64, of: &DataType) -> String {
    if !value.is_finite() {
        return text::double(value);
    }
    if *of == DataType::Float32 {
        #[expect(clippy::cast_possible_truncation, reason = "it came from a float")]
        let narrow = value as f32;
        return text::float(narrow);
    }
    format!("{}D", text::double(value))
}

fn checked(value: i256, (precision, _): (u8, i8)) -> Option<i128> {
    (value.wrapping_abs() < decimal::power(i32::from(precision)))
        .then(|| value.to_i128())
        .flatten()
}

/// The values row by row under a decimal type; `None` is null.
fn decimals(
    len: usize,
    (precision, scale): (u8, i8),
    value: impl Fn(usize) -> Result<Option<i128>>,
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(len);
    for row in 0..len {
        values.push(value(row)?);
    }
    Ok(Arc::new(
        Decimal128Array::from(values).with_precision_and_scale(precision, scale)?,
    ))
}

fn whole_to_decimal(job: &Cast, wide: &Int64Array, to: (u8, i8)) -> Result<ArrayRef> {
    let values = wide.values().iter().map(|value| i128::from(*value));
    if let Some(found) = narrow::scaled(values.collect(), wide.nulls(), 0, to) {
        return Ok(Arc::new(found));
    }
    let factor = decimal::power(i32::from(to.1));
    decimals(wide.len(), to, |row| {
        if wide.is_null(row) {
            return Ok(None);
        }
        let value = wide.value(row);
        let scaled = i256::from_i128(i128::from(value)).wrapping_mul(factor);
        match checked(scaled, to) {
            Some(found) => Ok(Some(found)),
            None => job.failed(|| out_of_range(value.to_string(), to)),
        }
    })
}

fn decimal_to_decimal(job: &Cast, array: &ArrayRef, from: i8, to: (u8, i8)) -> Result<ArrayRef> {
    let values = array.as_primitive::<Decimal128Type>();
    if let Some(found) = narrow::scaled(values.values().to_vec(), values.nulls(), from, to) {
        return Ok(Arc::new(found));
    }
    decimals(values.len(), to, |row| {
        if values.is_null(row) {
            return Ok(None);
        }
        rescaled(job, values.value(row), from, to)
    })
}

/// A decimal of one scale in a decimal type, or the failure the cast's mode asks for.
pub(super) fn rescaled(job: &Cast, value: i128, from: i8, to: (u8, i8)) -> Result<Option<i128>> {
    let found = decimal::rescale(i256::from_i128(value), i32::from(from), i32::from(to.1));
    match found.and_then(|found| checked(found, to)) {
        Some(found) => Ok(Some(found)),
        None => job.failed(|| out_of_range(text::decimal_plain(value, from), to)),
    }
}

fn float_to_decimal(job: &Cast, array: &ArrayRef, to: (u8, i8)) -> Result<ArrayRef> {
    let wide = arrow::compute::cast(array, &DataType::Float64)?;
    let doubles = wide.as_primitive::<Float64Type>();
    decimals(doubles.len(), to, |row| {
        if doubles.is_null(row) || !doubles.value(row).is_finite() {
            // Spark gives null for NaN and infinity even with ANSI on.
            return Ok(None);
        }
        // Spark goes by the decimal digits that Java prints, not by the binary value.
        let printed = text::double(doubles.value(row));
        match super::string::big_decimal(&printed) {
            Some(big) => big.to(job, to),
            None => Ok(None),
        }
    })
}

fn decimal_to_whole(job: &Cast, array: &ArrayRef, scale: i8, to: &DataType) -> Result<ArrayRef> {
    let values = array.as_primitive::<Decimal128Type>();
    let factor = 10i128.pow(u32::try_from(scale).unwrap_or(0));
    let (low, high) = match to {
        DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let fits = |v: i128| (i128::from(low)..=i128::from(high)).contains(&v);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "BigDecimal.longValue wraps alike"
    )]
    let wide: Int64Array = match job.mode {
        CastMode::Legacy => values.unary(|v| (v / factor) as i64),
        CastMode::Try => values.unary_opt(|v| {
            let cut = v / factor;
            fits(cut).then_some(cut as i64)
        }),
        CastMode::Ansi => values.try_unary(|v| {
            let cut = v / factor;
            if fits(cut) {
                Ok(cut as i64)
            } else {
                Err(job.overflow(format!("{}BD", text::decimal_plain(v, scale))))
            }
        })?,
    };
    narrow_to(
        &Cast {
            mode: CastMode::Legacy,
            ..job.clone()
        },
        &wide,
        to,
    )
}

fn decimal_to_double(value: i128, scale: i8) -> f64 {
    // Both exact in a double: their quotient is the correctly rounded one.
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 nothing is lost")]
    if value.unsigned_abs() < (1 << 53) && (0..=22).contains(&scale) {
        return value as f64 / 10f64.powi(i32::from(scale));
    }
    text::decimal_plain(value, scale)
        .parse()
        .unwrap_or(f64::NAN)
}
