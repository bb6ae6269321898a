//! Intervals: from their text forms, and as whole numbers of their smallest unit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, DurationMicrosecondType, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, IntervalYearMonthType,
};

use super::string::{each_as, is_trimmed};
use super::temporal::{labelled, months, whole};
use super::{Cast, YEAR_MONTH};
use crate::error::{Error, Exception, Result};
use crate::functions::CastMode;
use crate::functions::kernels::calendar::SECOND;

pub(super) fn from_string(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    match &job.to {
        DataType::Duration(_) => {
            each_as::<DurationMicrosecondType>(job, array, Exception::IllegalArgument, day_time)
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            each_as::<IntervalYearMonthType>(job, array, Exception::IllegalArgument, year_month)
        }
        // Spark gives null for a malformed calendar interval even with ANSI on.
        _ => {
            let found: PrimitiveArray<IntervalMonthDayNanoType> = array
                .as_string::<i32>()
                .iter()
                .map(|text| text.and_then(calendar))
                .collect();
            Ok(Arc::new(found))
        }
    }
}

/// The text between the quotes of `INTERVAL '…' UNIT`, or the text itself.
fn inner(text: &str) -> (bool, &str) {
    let text = text.trim_matches(is_trimmed);
    let (mut negative, mut rest) = (false, text);
    if text
        .get(..8)
        .is_some_and(|word| word.eq_ignore_ascii_case("interval"))
    {
        rest = text.get(8..).unwrap_or_default().trim_start();
        if let Some(after) = rest.strip_prefix('-') {
            (negative, rest) = (true, after);
        }
        rest = rest
            .strip_prefix('\'')
            .and_then(|quoted| quoted.split_once('\''))
            .map_or(rest, |(body, _)| body);
    }
    (negative, rest)
}

fn signed(text: &str) -> (i64, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn number(text: &str, longest: usize) -> Option<i64> {
    (!text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// `[+-]d hh:mm:ss[.f]`.
pub(crate) fn day_time(text: &str) -> Option<i64> {
    let (negated, body) = inner(text);
    let (sign, body) = signed(body.trim());
    let (days, clock) = body.split_once(' ')?;
    let mut fields = clock.trim_start().split(':');
    let hours = number(fields.next()?, 2)?;
    let minutes = number(fields.next()?, 2)?;
    let last = fields.next()?;
    let (seconds, fraction) = last.split_once('.').unwrap_or((last, "0"));
    if fields.next().is_some() || fraction.len() > 9 {
        return None;
    }
    let micros = number(&format!("{fraction:0<9}"), 9)? / 1000;
    let seconds = number(seconds, 2)?;
    total(sign, negated, days, (hours, minutes, seconds), micros)
}

fn total(
    sign: i64,
    negated: bool,
    days: &str,
    (hours, minutes, seconds): (i64, i64, i64),
    micros: i64,
) -> Option<i64> {
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let days = number(days, 9)?;
    let seconds = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    let total = seconds.checked_mul(SECOND)?.checked_add(micros)?;
    Some(if negated { -sign * total } else { sign * total })
}

/// `[+-]y-m`.
pub(crate) fn year_month(text: &str) -> Option<i32> {
    let (negated, body) = inner(text);
    let (sign, body) = signed(body.trim());
    let (years, months) = body.split_once('-')?;
    let (years, months) = (number(years, 9)?, number(months, 2)?);
    if months > 11 {
        return None;
    }
    let total = (years * 12 + months) * sign;
    i32::try_from(if negated { -total } else { total }).ok()
}

/// `[interval] 1 year 2 months …`: Spark's `stringToInterval`.
pub(crate) fn calendar(text: &str) -> Option<IntervalMonthDayNano> {
    let lower = text.trim_matches(is_trimmed).to_lowercase();
    let body = match lower.strip_prefix("interval") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest,
        Some(_) => return None,
        None => &lower,
    };
    let mut words = body.split_whitespace().peekable();
    words.peek()?;
    let (mut months, mut days, mut micros) = (0i64, 0i64, 0i64);
    while let Some(word) = words.next() {
        // A sign may stand apart from its number.
        let joined;
        let word = if matches!(word, "+" | "-") {
            joined = format!("{word}{}", words.next()?);
            joined.as_str()
        } else {
            word
        };
        let unit = words.next()?;
        let (sign, magnitude) = signed(word);
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let has_fraction = magnitude.contains('.');
        let count = if whole.is_empty() && has_fraction {
            0
        } else {
            number(whole, 18)?
        } * sign;
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        if has_fraction && unit != "second" {
            return None;
        }
        let scaled = |by: i64| count.checked_mul(by);
        match unit {
            "year" => months = months.checked_add(scaled(12)?)?,
            "month" => months = months.checked_add(count)?,
            "week" => days = days.checked_add(scaled(7)?)?,
            "day" => days = days.checked_add(count)?,
            "hour" => micros = micros.checked_add(scaled(3600 * SECOND)?)?,
            "minute" => micros = micros.checked_add(scaled(60 * SECOND)?)?,
            "second" => {
                if fraction.len() > 9 {
                    return None;
                }
                let part = number(&format!("{fraction:0<9}"), 9)? / 1000;
                micros = micros
                    .checked_add(scaled(SECOND)?)?
                    .checked_add(part * sign)?;
            }
            "millisecond" => micros = micros.checked_add(scaled(1000)?)?,
            "microsecond" => micros = micros.checked_add(count)?,
            _ => return None,
        }
    }
    Some(IntervalMonthDayNanoType::make_value(
        i32::try_from(months).ok()?,
        i32::try_from(days).ok()?,
        micros.checked_mul(1000)?,
    ))
}

/// Between intervals and whole numbers: seconds, or months.
pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    let number = match (&job.from, &job.to) {
        (DataType::Duration(_), _) => array
            .as_primitive::<DurationMicrosecondType>()
            .unary::<_, Int64Type>(|v| v / SECOND),
        (from, _) if *from == YEAR_MONTH => months(array)?.unary::<_, Int64Type>(i64::from),
        (_, DataType::Duration(_)) => {
            let found =
                whole(array)?.unary_opt::<_, DurationMicrosecondType>(|v| v.checked_mul(SECOND));
            return check(job, array, &found, labelled(found.clone(), &job.to)?);
        }
        (_, to) if *to == YEAR_MONTH => {
            let found =
                whole(array)?.unary_opt::<_, IntervalYearMonthType>(|v| i32::try_from(v).ok());
            return check(job, array, &found, labelled(found.clone(), &job.to)?);
        }
        (from, to) => return Err(Error::internal(format!("cast of {from} to {to}"))),
    };
    let found = arrow::compute::cast(&number, &job.to)?;
    check(job, array, &Arc::clone(&found), found)
}

/// With ANSI on a value that got lost is an overflow.
fn check(job: &Cast, before: &ArrayRef, after: &dyn Array, result: ArrayRef) -> Result<ArrayRef> {
    if job.mode == CastMode::Ansi && after.null_count() > before.null_count() {
        let row = (0..before.len())
            .find(|row| before.is_valid(*row) && after.is_null(*row))
            .unwrap_or(0);
        let value = super::to_string::one(job, before, row)?;
        return Err(job.overflow(value).at(job.origin.clone()));
    }
    Ok(result)
}
