//! What `CAST` does to values, by pair of types, as Spark's `Cast` does it.
//!
//! This file has the rules (which pair is allowed, which may become null) and the one dispatch; a
//! file per family of types has the work.

pub(crate) mod interval;
mod nested;
mod number;
pub(crate) mod string;
pub(crate) mod temporal;
mod to_string;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::{DataType, Field, Fields, IntervalUnit};
use chrono_tz::Tz;

use super::variant;
use super::variant::cast::{from_variant_allowed, to_variant_allowed};
use super::zone::Zone;
use crate::error::{ANSI, Error, Exception, QueryContext, Result};
use crate::functions::CastMode;
use crate::types::arrow::{relabel, same_shape};
use crate::types::coerce::{decimal_for, is_fractional, is_integral, is_numeric};
use crate::types::interval as interval_type;
use crate::types::sql_name;
use crate::types::variant::is_variant;

const YEAR_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);
const CALENDAR: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// Key and value of a map type.
pub(crate) fn pair(entries: &Field) -> Option<(&Field, &Field)> {
    match entries.data_type() {
        DataType::Struct(fields) => match fields.as_ref() {
            [key, value] => Some((key.as_ref(), value.as_ref())),
            _ => None,
        },
        _ => None,
    }
}

/// Whether Spark plans such a cast at all (`Cast.canCast`, `Cast.canAnsiCast`).
pub(crate) fn allowed(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    use DataType as T;
    if from == to || *from == T::Null {
        return true;
    }
    let legacy = mode == CastMode::Legacy;
    match (from, to) {
        (_, variant) if is_variant(variant) => to_variant_allowed(from, false),
        (variant, _) if is_variant(variant) => from_variant_allowed(to),
        (T::List(a), T::List(b)) => {
            allowed(a.data_type(), b.data_type(), mode)
                && (b.is_nullable()
                    || !(a.is_nullable() || may_null(a.data_type(), b.data_type(), mode)))
        }
        (T::Map(a, _), T::Map(b, _)) => match (pair(a), pair(b)) {
            (Some((ak, av)), Some((bk, bv))) => {
                allowed(ak.data_type(), bk.data_type(), mode)
                    && !(legacy && force_nullable(ak.data_type(), bk.data_type()))
                    && allowed(av.data_type(), bv.data_type(), mode)
                    && (bv.is_nullable()
                        || !(av.is_nullable() || may_null(av.data_type(), bv.data_type(), mode)))
            }
            _ => false,
        },
        (T::Struct(a), T::Struct(b)) => struct_allowed(a, b, mode),
        (_, T::Utf8) => true,
        (T::List(_) | T::Map(..) | T::Struct(_), _)
        | (_, T::List(_) | T::Map(..) | T::Struct(_)) => false,
        (T::Utf8, _) => true,
        (integral, T::Binary) => legacy && is_integral(integral),
        (number, T::Boolean) if is_numeric(number) => true,
        (T::Timestamp(_, Some(_)) | T::Date32, T::Boolean) => legacy,
        (T::Boolean, T::Timestamp(_, Some(_))) => legacy,
        (T::Date32 | T::Timestamp(_, _), T::Timestamp(_, _)) => true,
        (number, T::Timestamp(_, Some(_))) if is_numeric(number) => true,
        (T::Timestamp(_, _), T::Date32) => true,
        (number, other) if is_numeric(number) && is_numeric(other) => true,
        (T::Boolean | T::Timestamp(_, Some(_)), number) if is_numeric(number) => true,
        (T::Date32, number) if is_numeric(number) => legacy,
        (T::Duration(_), number) | (number, T::Duration(_)) => is_integral(number),
        (interval, number) | (number, interval) if *interval == YEAR_MONTH => is_integral(number),
        _ => false,
    }
}

fn struct_allowed(from: &Fields, to: &Fields, mode: CastMode) -> bool {
    from.len() == to.len()
        && from.iter().zip(to.iter()).all(|(a, b)| {
            allowed(a.data_type(), b.data_type(), mode)
                && (b.is_nullable()
                    || !(a.is_nullable() || may_null(a.data_type(), b.data_type(), mode)))
        })
}

/// Whether the result may be null though the value is not (`Cast.nullable`).
pub(crate) fn may_null(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    if mode == CastMode::Try {
        !up_castable(from, to)
    } else {
        force_nullable(from, to)
    }
}

/// `Cast.forceNullable`.
fn force_nullable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    if from == to || *from == T::Null {
        return false;
    }
    match (from, to) {
        (variant, _) if is_variant(variant) => true,
        (T::Utf8, T::Binary) => false,
        (T::Utf8, _) => true,
        (_, T::Utf8) => false,
        (T::Timestamp(_, Some(_)), T::Int8 | T::Int16 | T::Int32) => true,
        (T::Float32 | T::Float64, T::Timestamp(_, Some(_))) => true,
        (T::Timestamp(_, Some(_)), T::Date32) => false,
        (_, T::Date32) => true,
        (T::Date32, T::Timestamp(_, Some(_))) => false,
        (T::Date32, _) => true,
        (_, calendar) if *calendar == CALENDAR => true,
        (T::Boolean, T::Decimal128(p, s)) => !wider((*p, *s), (1, 0)),
        (T::Float32 | T::Float64 | T::Timestamp(..), T::Decimal128(..)) => true,
        // More whole digits cannot overflow; digits behind the point are rounded away.
        (T::Decimal128(p1, s1), T::Decimal128(p2, s2)) => {
            !wider((*p2, *s2), (*p1, *s1))
                && i16::from(*p2) - i16::from(*s2) <= i16::from(*p1) - i16::from(*s1)
        }
        (number, T::Decimal128(p, s)) => {
            decimal_for(number).is_none_or(|narrow| !wider((*p, *s), narrow))
        }
        (fractional, integral) => is_fractional(fractional) && is_integral(integral),
    }
}

/// `DecimalType.isWiderThan`.
fn wider((p1, s1): (u8, i8), (p2, s2): (u8, i8)) -> bool {
    i16::from(p1) - i16::from(s1) >= i16::from(p2) - i16::from(s2) && s1 >= s2
}

/// `Cast.canUpCast`: no value is lost.
pub(crate) fn up_castable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    let fits = |narrow: &Field, wide: &Field| {
        (wide.is_nullable() || !narrow.is_nullable())
            && up_castable(narrow.data_type(), wide.data_type())
    };
    if same_shape(from, to) || *from == T::Null {
        return true;
    }
    match (from, to) {
        (T::List(a), T::List(b)) => fits(a, b),
        (T::Map(a, _), T::Map(b, _)) => match (pair(a), pair(b)) {
            (Some((ak, av)), Some((bk, bv))) => fits(ak, bk) && fits(av, bv),
            _ => false,
        },
        (T::Struct(a), T::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(x, y)| fits(x, y))
        }
        (T::List(_) | T::Map(..) | T::Struct(_), _) => false,
        (_, T::Utf8) | (T::Utf8, T::Binary) => true,
        (T::Decimal128(p, s), integral) if is_integral(integral) => {
            decimal_for(integral).is_some_and(|wide| wider(wide, (*p, *s)))
        }
        (number, T::Decimal128(p, s)) => {
            decimal_for(number).is_some_and(|narrow| wider((*p, *s), narrow))
        }
        (T::Date32 | T::Timestamp(..), T::Timestamp(..)) => true,
        (T::Timestamp(_, Some(_)), T::Int64) | (T::Int64, T::Timestamp(_, Some(_))) => true,
        _ => is_plain(from, to),
    }
}

/// Whether Arrow's own cast gives Spark's result for every value, so that DataFusion may see
/// through it.
pub(crate) fn is_plain(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Int8, DataType::Int16 | DataType::Int32 | DataType::Int64)
        | (DataType::Int16, DataType::Int32 | DataType::Int64)
        | (DataType::Int32, DataType::Int64)
        | (DataType::Float32, DataType::Float64) => true,
        (a, DataType::Float32 | DataType::Float64) => is_integral(a),
        _ => false,
    }
}

/// One cast, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) from: DataType,
    pub(crate) to: DataType,
    pub(crate) mode: CastMode,
    pub(crate) time_zone: Tz,
    /// The moment the query began: the date of a time that stands alone.
    pub(crate) now_us: i64,
    pub(crate) origin: Option<QueryContext>,
    /// The fields of an interval that is cast; none means all.
    pub(crate) fields: Option<interval_type::Fields>,
}

impl Cast {
    /// Everything that sets this cast apart from another.
    pub(crate) fn identity(&self) -> String {
        format!("{:?}", self)
    }

    /// Casts every value.
    pub(crate) fn run(&self, array: &ArrayRef) -> Result<ArrayRef> {
        use DataType as T;
        if same_shape(&self.from, &self.to) {
            return relabel(array, &self.to);
        }
        if self.from == T::Null || array.null_count() == array.len() {
            return Ok(new_null_array(&self.to, array.len()));
        }
        if is_plain(&self.from, &self.to) {
            return Ok(arrow::compute::cast(array, &self.to)?);
        }
        match (&self.from, &self.to) {
            (_, to) if is_variant(to) => variant::cast::to_variant(array),
            (from, _) if is_variant(from) => variant::cast::from_variant(array, self),
            (T::List(_), T::List(_)) | (T::Map(..), T::Map(..)) | (T::Struct(_), T::Struct(_)) => {
                nested::cast(self, array)
            }
            (_, T::Utf8) => to_string::cast(self, array),
            (T::Utf8, T::Date32 | T::Timestamp(..) | T::Time64(_)) => {
                temporal::from_string(self, array)
            }
            (T::Utf8, T::Duration(_) | T::Interval(_)) => interval::from_string(self, array),
            (T::Utf8, _) => string::cast(self, array),
            (T::Date32 | T::Timestamp(..), _) | (_, T::Timestamp(..)) => {
                temporal::cast(self, array)
            }
            (T::Duration(_) | T::Interval(_), _) | (_, T::Duration(_) | T::Interval(_)) => {
                interval::cast(self, array)
            }
            _ => number::cast(self, array),
        }
    }

    fn zone(&self) -> Zone {
        Zone::Region(self.time_zone)
    }

    /// What a value that does not fit becomes: the error with ANSI on, else null.
    fn failed<T>(&self, error: impl FnOnce() -> Error) -> Result<Option<T>> {
        if self.mode == CastMode::Ansi {
            Err(error().at(self.origin.clone()))
        } else {
            Ok(None)
        }
    }

    /// `CAST_INVALID_INPUT` for a value in its SQL form.
    fn invalid(&self, value: String, exception: Exception) -> Error {
        Error::new(
            "CAST_INVALID_INPUT",
            [
                ("expression", value),
                ("sourceType", format!("\"{}\"", sql_name(&self.from))),
                ("targetType", format!("\"{}\"", sql_name(&self.to))),
                ("ansiConfig", ANSI.to_owned()),
            ],
        )
        .thrown_as(exception)
    }

    /// `CAST_OVERFLOW`; Spark gives it no place in the text.
    fn overflow(&self, value: String) -> Error {
        overflow(value, &self.from, &self.to)
    }
}

/// `CAST_OVERFLOW` for a value in its SQL form.
fn overflow(value: String, from: &DataType, to: &DataType) -> Error {
    Error::new(
        "CAST_OVERFLOW",
        [
            ("value", value),
            ("sourceType", format!("\"{}\"", sql_name(from))),
            ("targetType", format!("\"{}\"", sql_name(to))),
            ("ansiConfig", ANSI.to_owned()),
        ],
    )
}

/// `NUMERIC_VALUE_OUT_OF_RANGE`.
fn out_of_range(value: String, (precision, scale): (u8, i8)) -> Error {
    Error::new(
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        [
            ("value", value),
            ("precision", precision.to_string()),
            ("scale", scale.to_string()),
            ("config", ANSI.to_owned()),
        ],
    )
}

/// A string as an SQL literal, as `toSQLValue` writes it into messages.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
