//! Spark's implicit conversions: the common type of two, what a function argument may become, and
//! the precision of decimal results.
//!
//! After `AnsiTypeCoercion` (ANSI on, Spark's default) and `TypeCoercion` (off); knows no
//! expressions.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit};

use super::arrow::{TIMESTAMP_NTZ, list, map, timestamp};
use super::interval::Inside;
use super::variant::is_variant;
use crate::functions::CastMode;
use crate::functions::kernels::cast::may_null;

/// Spark's largest precision.
pub(crate) const MAX_PRECISION: u8 = 38;

/// Whether the type is a number.
pub(crate) fn is_numeric(data_type: &DataType) -> bool {
    is_integral(data_type) || is_fractional(data_type)
}

/// Whether the type is a whole number.
pub(crate) fn is_integral(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64
    )
}

/// Whether the type is float, double or decimal.
pub(crate) fn is_fractional(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..)
    )
}

/// Whether the type is neither array, map nor struct.
pub(crate) fn is_atomic(data_type: &DataType) -> bool {
    !matches!(
        data_type,
        DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Null
    )
}

fn rank(data_type: &DataType) -> Option<u8> {
    Some(match data_type {
        DataType::Int8 => 0,
        DataType::Int16 => 1,
        DataType::Int32 => 2,
        DataType::Int64 => 3,
        DataType::Float32 => 4,
        DataType::Float64 => 5,
        _ => return None,
    })
}

/// The decimal that holds every value of a whole-number type (`DecimalType.forType`).
pub(crate) fn decimal_for(data_type: &DataType) -> Option<(u8, i8)> {
    Some(match data_type {
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        DataType::Int64 => (20, 0),
        DataType::Decimal128(p, s) => (*p, *s),
        _ => return None,
    })
}

/// The decimal that holds the values of both (`DecimalPrecision.widerDecimalType`).
pub(crate) fn wider_decimal((p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> DataType {
    let scale = i16::from(s1.max(s2));
    let range = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2));
    // Whole digits are kept where both do not fit (`boundedPreferIntegralDigits`).
    let excess = (range + scale - i16::from(MAX_PRECISION)).max(0);
    bounded(range + scale, (scale - excess).max(0))
}

/// Both numbers cut at Spark's limit (`DecimalType.bounded`).
fn bounded(precision: i16, scale: i16) -> DataType {
    let limit = i16::from(MAX_PRECISION);
    DataType::Decimal128(
        u8::try_from(precision.clamp(1, limit)).unwrap_or(MAX_PRECISION),
        i8::try_from(scale.min(limit)).unwrap_or(0),
    )
}

/// `DecimalType.adjustPrecisionScale`: keeps the whole digits and at least six fractional ones.
pub(crate) fn adjusted(precision: i16, scale: i16) -> DataType {
    let limit = i16::from(MAX_PRECISION);
    if precision <= limit {
        return bounded(precision, scale);
    }
    let whole = precision - scale;
    let scale = (limit - whole).max(scale.min(6));
    bounded(limit, scale)
}

/// The result of a decimal operator, by `DecimalPrecision`.
pub(crate) fn decimal_result(operator: &str, (p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> DataType {
    let (p1, s1, p2, s2) = (i16::from(p1), i16::from(s1), i16::from(p2), i16::from(s2));
    match operator {
        "+" | "-" => {
            let scale = s1.max(s2);
            adjusted((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        "*" => adjusted(p1 + p2 + 1, s1 + s2),
        "/" => {
            let scale = (s1 + p2 + 1).max(6);
            adjusted(p1 - s1 + s2 + scale, scale)
        }
        // Remainders, and what else keeps the smaller range.
        _ => {
            let scale = s1.max(s2);
            adjusted((p1 - s1).min(p2 - s2) + scale, scale)
        }
    }
}

/// The narrowest type that both fit into without a string or decimal rule
/// (`findTightestCommonType`).
pub(crate) fn tightest(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        // ANSI: a float cannot hold every whole number, a double is nearer.
        (DataType::Float32, other) | (other, DataType::Float32) if ansi && is_integral(other) => {
            Some(DataType::Float64)
        }
        (a, b) if rank(a).is_some() && rank(b).is_some() => Some(if rank(a) >= rank(b) {
            a.clone()
        } else {
            b.clone()
        }),
        (DataType::Date32, DataType::Timestamp(_, Some(_)))
        | (DataType::Timestamp(_, Some(_)), DataType::Date32 | DataType::Timestamp(_, _))
        | (DataType::Timestamp(_, None), DataType::Timestamp(_, Some(_))) => Some(timestamp()),
        (DataType::Date32, DataType::Timestamp(_, None))
        | (DataType::Timestamp(_, None), DataType::Date32) => Some(TIMESTAMP_NTZ),
        _ => None,
    }
}

/// The common type of two values in `coalesce`, `CASE`, `array`, `UNION` and comparisons of equals
/// (`findWiderTypeForTwo`).
pub(crate) fn common(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    if let Some(found) = tightest(left, right, ansi) {
        return Some(found);
    }
    let none = std::collections::HashMap::new();
    let found = wider(left, right, ansi)?;
    // Intervals inside have the fields of both.
    let inside = Inside::default().and(left, &none).and(right, &none);
    Some(inside.noted(&found))
}

fn wider(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    if let Some(found) = decimal_common(left, right) {
        return Some(found);
    }
    match (left, right) {
        (DataType::Utf8, other) | (other, DataType::Utf8) => string_with(other, ansi),
        (DataType::List(a), DataType::List(b)) => {
            let item = common(a.data_type(), b.data_type(), ansi)?;
            let nullable = either_null(a, b, &item);
            Some(list(item, nullable))
        }
        (DataType::Map(a, _), DataType::Map(b, _)) => match (a.data_type(), b.data_type()) {
            (DataType::Struct(a), DataType::Struct(b)) if a.len() == 2 && b.len() == 2 => {
                let value = common(a[1].data_type(), b[1].data_type(), ansi)?;
                let nullable = either_null(&a[1], &b[1], &value);
                let key = common(a[0].data_type(), b[0].data_type(), ansi)?;
                Some(map(key, value, nullable))
            }
            _ => None,
        },
        (DataType::Struct(a), DataType::Struct(b)) if a.len() == b.len() => a
            .iter()
            .zip(b.iter())
            .map(|(x, y)| {
                if !x.name().eq_ignore_ascii_case(y.name()) {
                    return None;
                }
                let inner = common(x.data_type(), y.data_type(), ansi)?;
                let nullable = either_null(x, y, &inner);
                Some(Arc::new(Field::new(x.name(), inner, nullable)))
            })
            .collect::<Option<_>>()
            .map(DataType::Struct),
        _ => None,
    }
}

/// Whether what both become may be null: because one may be, or because the way there may fail.
fn either_null(left: &Field, right: &Field, to: &DataType) -> bool {
    let fails = |from: &Field| may_null(from.data_type(), to, CastMode::Ansi);
    left.is_nullable() || right.is_nullable() || fails(left) || fails(right)
}

fn decimal_common(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        (DataType::Decimal128(..), DataType::Float32 | DataType::Float64)
        | (DataType::Float32 | DataType::Float64, DataType::Decimal128(..)) => {
            Some(DataType::Float64)
        }
        (DataType::Decimal128(..), _) | (_, DataType::Decimal128(..)) => decimal_for(left)
            .zip(decimal_for(right))
            .map(|(a, b)| wider_decimal(a, b)),
        _ => None,
    }
}

/// What a string becomes beside another type: ANSI trusts the other type, else all becomes string.
fn string_with(other: &DataType, ansi: bool) -> Option<DataType> {
    if !is_atomic(other) {
        return None;
    }
    if !ansi {
        return (!matches!(other, DataType::Binary | DataType::Boolean)).then_some(DataType::Utf8);
    }
    Some(match other {
        integral if is_integral(integral) => DataType::Int64,
        fractional if is_fractional(fractional) => DataType::Float64,
        atomic => atomic.clone(),
    })
}

/// What both sides of a comparison become.
pub(crate) fn comparison(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    match (left, right) {
        // Maps have no order, and Spark does not look for their common type.
        (DataType::Map(..), DataType::Map(..)) => {
            return (left == right).then(|| left.clone());
        }
        (DataType::List(a), DataType::List(b)) => {
            let is_text = |item: &Field| *item.data_type() == DataType::Utf8;
            let is_null = |item: &Field| *item.data_type() == DataType::Null;
            if is_text(a) != is_text(b) && !is_null(a) && !is_null(b) {
                return None;
            }
        }
        _ => {}
    }
    if ansi {
        return common(left, right, true);
    }
    match (left, right) {
        // Without ANSI a string is compared as what it is compared with, numbers as double.
        (DataType::Utf8, other) | (other, DataType::Utf8) if is_atomic(other) => {
            Some(match other {
                DataType::Utf8 => DataType::Utf8,
                DataType::Decimal128(..) | DataType::Float32 | DataType::Float64 => {
                    DataType::Float64
                }
                other => other.clone(),
            })
        }
        (DataType::Boolean, number) | (number, DataType::Boolean) if is_numeric(number) => {
            Some(number.clone())
        }
        _ => common(left, right, false),
    }
}

/// The common type of many; the first two that have none end the search.
pub(crate) fn common_of_all<'a>(
    types: impl IntoIterator<Item = &'a DataType>,
    ansi: bool,
) -> Option<DataType> {
    types
        .into_iter()
        .try_fold(DataType::Null, |acc, next| common(&acc, next, ansi))
}

/// Whether a function that wants `to` takes `from` without an explicit cast.
pub(crate) fn implicitly_castable(from: &DataType, to: &DataType) -> bool {
    if from == to || *from == DataType::Null || super::arrow::same_shape(from, to) {
        return true;
    }
    match (from, to) {
        // A variant is read as what it holds wherever a plain value is wanted.
        (variant, other) if is_variant(variant) => is_atomic(other),
        (_, variant) if is_variant(variant) => false,
        (DataType::Utf8, DataType::Binary) => true,
        (DataType::Utf8, other) => is_atomic(other),
        (DataType::Binary, DataType::Utf8) => true,
        (other, DataType::Utf8) => is_atomic(other),
        (a, b) if is_numeric(a) && is_numeric(b) => true,
        (DataType::Date32, DataType::Timestamp(..))
        | (DataType::Timestamp(..), DataType::Date32 | DataType::Timestamp(..)) => true,
        (DataType::List(a), DataType::List(b)) => implicitly_castable(a.data_type(), b.data_type()),
        (DataType::Map(a, _), DataType::Map(b, _)) => {
            implicitly_castable(a.data_type(), b.data_type())
        }
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(x, y)| implicitly_castable(x.data_type(), y.data_type()))
        }
        _ => false,
    }
}

/// Whether values of the type have an order.
pub(crate) fn is_orderable(data_type: &DataType) -> bool {
    match data_type {
        variant if is_variant(variant) => false,
        DataType::Map(..) | DataType::Interval(IntervalUnit::MonthDayNano) => false,
        DataType::List(item) => is_orderable(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| is_orderable(f.data_type())),
        _ => true,
    }
}
