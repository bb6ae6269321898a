//! Dates and timestamps: from text by Spark's lenient grammar, among each other in the session's
//! time zone, and as numbers of seconds.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal128Array, Float64Array,
    Int64Array, PrimitiveArray, new_null_array,
};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, i256,
};

use super::string::{each_as, is_trimmed};
use super::{Cast, number, overflow};
use crate::error::{Error, Exception, Result};
use crate::functions::CastMode;
use crate::functions::kernels::calendar::{self, DAY, SECOND};
use crate::functions::kernels::zone::{self, Zone};
use crate::functions::kernels::{decimal, text};

pub(super) fn from_string(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    let zone = job.zone();
    match &job.to {
        DataType::Date32 => each_as::<Date32Type>(job, array, Exception::DateTime, date),
        DataType::Time64(_) => {
            each_as::<Time64MicrosecondType>(job, array, Exception::DateTime, |text| {
                let parts = parts(text)?;
                parts.just_time.then(|| parts.of_day()).flatten()
            })
        }
        DataType::Timestamp(_, Some(_)) => {
            each_as::<TimestampMicrosecondType>(job, array, Exception::DateTime, |text| {
                timestamp(text, zone, job.now_us)
            })
        }
        _ => each_as::<TimestampMicrosecondType>(job, array, Exception::DateTime, timestamp_ntz),
    }
}

/// `epoch`, `now`, `today`, `tomorrow` and `yesterday`, which Spark's optimiser takes in constants.
pub(crate) fn special(text: &str, to: &DataType, zone: Zone, now: i64) -> Option<i64> {
    let text = text.trim_matches(is_trimmed);
    let today = zone.local(now).div_euclid(DAY);
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    let day = if is("today") {
        today
    } else if is("tomorrow") {
        today + 1
    } else if is("yesterday") {
        today - 1
    } else if is("epoch") {
        return Some(0);
    } else if is("now") {
        return Some(match to {
            DataType::Date32 => today,
            DataType::Timestamp(_, None) => zone.local(now),
            _ => now,
        });
    } else {
        return None;
    };
    Some(match to {
        DataType::Date32 => day,
        DataType::Timestamp(_, None) => day * DAY,
        _ => zone.instant(day * DAY),
    })
}

/// `stringToDate`: a year, perhaps month and day, and after a blank or `T` anything.
pub(crate) fn date(text: &str) -> Option<i32> {
    let bytes = text.trim_matches(is_trimmed).as_bytes();
    let valid = |segment: usize, digits: usize| match segment {
        0 => (4..=7).contains(&digits),
        _ => (1..=2).contains(&digits),
    };
    let mut segments = [1i64; 3];
    let (sign, mut at) = match bytes.first()? {
        b'-' => (-1, 1),
        b'+' => (1, 1),
        _ => (1, 0),
    };
    let (mut segment, mut value, mut digits) = (0, 0i64, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'T' => break,
            b'-' if segment < 2 => {
                if !valid(segment, digits) {
                    return None;
                }
                segments[segment] = value;
                (segment, value, digits) = (segment + 1, 0, 0);
            }
            b'0'..=b'9' if digits < 8 => {
                value = value * 10 + i64::from(byte - b'0');
                digits += 1;
            }
            _ => return None,
        }
        at += 1;
    }
    // A year, or a year and a month, must be all there is.
    if !valid(segment, digits) || (segment < 2 && at < bytes.len()) {
        return None;
    }
    segments[segment] = value;
    calendar::checked_days(
        sign * segments[0],
        u32::try_from(segments[1]).ok()?,
        u32::try_from(segments[2]).ok()?,
    )
}

/// What a timestamp's text says.
struct Parts {
    date: (i64, i64, i64),
    time: (i64, i64, i64, i64),
    zone: Option<Zone>,
    just_time: bool,
}

impl Parts {
    fn day(&self) -> Option<i64> {
        let (year, month, day) = self.date;
        calendar::checked_days(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
            .map(i64::from)
    }

    fn of_day(&self) -> Option<i64> {
        let (hour, minute, second, micros) = self.time;
        calendar::time_of_day(hour, minute, second, micros)
    }
}

/// `parseTimestampString`: `[+-]y…[-m[-d]][ T]h[:m[:s[.f…]]][zone]`, or a time alone.
fn parts(text: &str) -> Option<Parts> {
    let bytes = text.trim_matches(is_trimmed).as_bytes();
    let valid = |segment: usize, digits: usize| match segment {
        0 => (4..=6).contains(&digits),
        6 => true,
        7 => digits <= 2,
        _ => (1..=2).contains(&digits),
    };
    let mut segments = [1i64, 1, 1, 0, 0, 0, 0, 0, 0];
    let (mut segment, mut value, mut digits) = (0usize, 0i64, 0usize);
    let (mut fraction_digits, mut just_time, mut zone) = (0, false, None);
    let (year_sign, mut at) = match bytes.first()? {
        b'-' => (Some(-1), 1),
        b'+' => (Some(1), 1),
        _ => (None, 0),
    };
    while let Some(byte) = bytes.get(at).copied() {
        if byte.is_ascii_digit() {
            if segment == 6 {
                fraction_digits += 1;
            }
            // Beyond microseconds digits are dropped.
            if segment != 6 || digits < 6 {
                value = value
                    .saturating_mul(10)
                    .saturating_add(i64::from(byte - b'0'));
            }
            digits += 1;
            at += 1;
            continue;
        }
        if at == 0 && byte == b'T' {
            just_time = true;
            segment = 3;
            at += 1;
            continue;
        }
        let checked_as = match (segment, byte) {
            (0 | 1, b'-') | (2, b' ' | b'T') | (3 | 4, b':') | (5, b'.') => segment,
            (0, b':') if year_sign.is_none() => {
                just_time = true;
                3
            }
            (5 | 6, _) => segment,
            _ => return None,
        };
        if !valid(checked_as, digits) || (checked_as == 3 && segment == 0 && digits == 0) {
            return None;
        }
        segments[checked_as] = value;
        (value, digits) = (0, 0);
        let zone_begins = matches!(segment, 5 | 6) && !(segment == 5 && byte == b'.');
        segment = checked_as + 1;
        if zone_begins {
            let rest = text.trim_matches(is_trimmed).get(at..)?;
            zone = Some(zone::parse(rest.trim())?);
            segment = 7;
            break;
        }
        at += 1;
    }
    if !valid(segment, digits) {
        return None;
    }
    segments[segment] = value;
    while fraction_digits < 6 {
        segments[6] = segments[6].saturating_mul(10);
        fraction_digits += 1;
    }
    let [year, month, day, hour, minute, second, micros, ..] = segments;
    Some(Parts {
        date: (year * year_sign.unwrap_or(1), month, day),
        time: (hour, minute, second, micros),
        zone,
        just_time,
    })
}

/// `stringToTimestamp`.
pub(crate) fn timestamp(text: &str, session: Zone, now: i64) -> Option<i64> {
    let parts = parts(text)?;
    let zone = parts.zone.unwrap_or(session);
    let day = if parts.just_time {
        zone.local(now).div_euclid(DAY)
    } else {
        parts.day()?
    };
    Some(zone.instant(calendar::micros(day, parts.of_day()?)?))
}

/// `stringToTimestampWithoutTimeZone`: a zone is read and forgotten, a time alone is none.
pub(crate) fn timestamp_ntz(text: &str) -> Option<i64> {
    local(&parts(text)?)
}

/// [`timestamp_ntz`] of a text that names no zone.
pub(crate) fn timestamp_without_zone(text: &str) -> Option<i64> {
    let parts = parts(text)?;
    parts.zone.is_none().then(|| local(&parts)).flatten()
}

fn local(parts: &Parts) -> Option<i64> {
    if parts.just_time {
        return None;
    }
    calendar::micros(parts.day()?, parts.of_day()?)
}

/// Casts from or to a date or timestamp, strings apart.
pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    use DataType as T;
    let zone = job.zone();
    match (&job.from, &job.to) {
        (T::Date32, T::Timestamp(_, target)) => {
            let dates = array.as_primitive::<Date32Type>();
            let local = |day: i32| i64::from(day).saturating_mul(DAY);
            let found: PrimitiveArray<TimestampMicrosecondType> = if target.is_some() {
                dates.unary(|day| zone.instant(local(day)))
            } else {
                dates.unary(local)
            };
            Ok(Arc::new(found.with_data_type(job.to.clone())))
        }
        (T::Date32, _) => Ok(new_null_array(&job.to, array.len())),
        (T::Timestamp(_, from), T::Date32) => {
            let is_instant = from.is_some();
            let found: PrimitiveArray<Date32Type> = micros(array).unary(|moment| {
                let local = if is_instant {
                    zone.local(moment)
                } else {
                    moment
                };
                i32::try_from(local.div_euclid(DAY)).unwrap_or_default()
            });
            Ok(Arc::new(found))
        }
        (T::Timestamp(_, Some(_)), T::Timestamp(_, None)) => {
            shift(job, array, |moment| zone.local(moment))
        }
        (T::Timestamp(_, None), T::Timestamp(_, Some(_))) => {
            shift(job, array, |local| zone.instant(local))
        }
        (T::Timestamp(..), _) => to_number(job, array),
        (T::Boolean, _) => {
            let found: PrimitiveArray<TimestampMicrosecondType> = array
                .as_boolean()
                .iter()
                .map(|v| v.map(i64::from))
                .collect();
            Ok(Arc::new(found.with_data_type(job.to.clone())))
        }
        _ => from_number(job, array),
    }
}

fn micros(array: &ArrayRef) -> &PrimitiveArray<TimestampMicrosecondType> {
    array.as_primitive::<TimestampMicrosecondType>()
}

fn shift(job: &Cast, array: &ArrayRef, f: impl Fn(i64) -> i64) -> Result<ArrayRef> {
    let found: PrimitiveArray<TimestampMicrosecondType> = micros(array).unary(f);
    Ok(Arc::new(found.with_data_type(job.to.clone())))
}

fn to_number(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    let moments = micros(array);
    match &job.to {
        DataType::Boolean => Ok(Arc::new(BooleanArray::from_unary(moments, |v| v != 0))),
        DataType::Float32 | DataType::Float64 => {
            #[expect(clippy::cast_precision_loss, reason = "Spark divides doubles, too")]
            let seconds: PrimitiveArray<Float64Type> = moments.unary(|v| v as f64 / SECOND as f64);
            Ok(arrow_cast(&seconds, &job.to)?)
        }
        DataType::Decimal128(precision, scale) => {
            let found = moments
                .iter()
                .map(|moment| match moment {
                    None => Ok(None),
                    Some(v) => number::rescaled(job, i128::from(v), 6, (*precision, *scale)),
                })
                .collect::<Result<Decimal128Array>>()?;
            Ok(Arc::new(
                found.with_precision_and_scale(*precision, *scale)?,
            ))
        }
        to => {
            let seconds: Int64Array = moments.unary(|v| v.div_euclid(SECOND));
            let (low, high) = match to {
                DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
                DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
                DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
                _ => (i64::MIN, i64::MAX),
            };
            let fits = |v: i64| (low..=high).contains(&v);
            if job.mode == CastMode::Ansi
                && let Some(row) = (0..seconds.len())
                    .find(|row| seconds.is_valid(*row) && !fits(seconds.value(*row)))
            {
                let shown = text::timestamp(moments.value(row), job.time_zone);
                return Err(job.overflow(format!("TIMESTAMP '{shown}'")));
            }
            let kept: Int64Array = seconds.unary_opt(|v| fits(v).then_some(v));
            Ok(arrow_cast(&kept, to)?)
        }
    }
}

fn from_number(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    let found: PrimitiveArray<TimestampMicrosecondType> = match &job.from {
        DataType::Float32 | DataType::Float64 => {
            let wide = arrow_cast(array, &DataType::Float64)?;
            from_double(job, wide.as_primitive::<Float64Type>())?
        }
        DataType::Decimal128(_, scale) => {
            let scale = i32::from(*scale);
            let unscaled = array.as_primitive::<Decimal128Type>();
            unscaled.unary(|v| {
                // Scala multiplies in 34 digits and drops the rest half even.
                let exact = i256::from_i128(v).wrapping_mul(decimal::power(6));
                let scaled = decimal::in_34_digits(exact);
                let whole = scaled.wrapping_div(decimal::power(scale));
                // `BigDecimal.longValue` keeps the low 64 bits.
                #[expect(clippy::cast_possible_truncation, reason = "the low bits on purpose")]
                let low = whole.to_parts().0 as i64;
                low
            })
        }
        _ => {
            let wide = arrow_cast(array, &DataType::Int64)?;
            wide.as_primitive::<Int64Type>()
                .unary(|v| v.saturating_mul(SECOND))
        }
    };
    Ok(Arc::new(found.with_data_type(job.to.clone())))
}

fn from_double(
    job: &Cast,
    doubles: &Float64Array,
) -> Result<PrimitiveArray<TimestampMicrosecondType>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "Java's casts saturate alike"
    )]
    doubles
        .iter()
        .map(|value| {
            let Some(value) = value else { return Ok(None) };
            if !value.is_finite() {
                // Floats get here as doubles, and so Spark's message calls them.
                let wide = Cast {
                    from: DataType::Float64,
                    ..job.clone()
                };
                let shown = number::float_literal(value, &DataType::Float64);
                return wide.failed(|| wide.invalid(shown, Exception::DateTime));
            }
            let micros = value * SECOND as f64;
            let fits = micros.floor() <= i64::MAX as f64 && micros.ceil() >= i64::MIN as f64;
            if fits || job.mode == CastMode::Legacy {
                return Ok(Some(micros as i64));
            }
            if job.mode == CastMode::Try {
                return Ok(None);
            }
            let shown = number::float_literal(micros, &DataType::Float64);
            Err(overflow(shown, &DataType::Float64, &DataType::Int64))
        })
        .collect()
}

/// Whole numbers of an integral array; for interval casts.
pub(super) fn whole(array: &ArrayRef) -> Result<Int64Array> {
    let wide = arrow_cast(array, &DataType::Int64)?;
    Ok(wide.as_primitive::<Int64Type>().clone())
}

/// A primitive array under a type that only labels it.
pub(super) fn labelled<T: ArrowPrimitiveType>(
    array: PrimitiveArray<T>,
    to: &DataType,
) -> Result<ArrayRef> {
    if !PrimitiveArray::<T>::is_compatible(to) {
        return Err(Error::internal(format!("{to} labels other values")));
    }
    Ok(Arc::new(array.with_data_type(to.clone())))
}

/// Years and months as an array of 32-bit months.
pub(super) fn months(array: &ArrayRef) -> Result<PrimitiveArray<Int32Type>> {
    Ok(array
        .as_primitive::<arrow::datatypes::IntervalYearMonthType>()
        .reinterpret_cast::<Int32Type>())
}
