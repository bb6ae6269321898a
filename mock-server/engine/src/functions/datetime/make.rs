//! Dates, timestamps and intervals from their parts.

use arrow::array::{Array, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Int32Type, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::ScalarValue;

use super::zone_named;
use crate::error::{ANSI, Error, Exception, QueryContext, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::{self, SECOND};
use crate::functions::kernels::longs::{compute, labelled, longs};
use crate::functions::kernels::zone::Zone;
use crate::plan::typed::Typed;
use crate::types::arrow::DAY_TIME;

const MONTHS: [&str; 12] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];

/// Java's complaint about a field of a date or time.
fn invalid_value(field: &str, (low, high): (i64, i64), value: i64) -> String {
    format!("Invalid value for {field} (valid values {low} - {high}): {value}")
}

/// Days of a date, or `java.time`'s words about it.
pub(super) fn checked_date(year: i64, month: i64, day: i64) -> Result<i64, String> {
    let month = u32::try_from(month)
        .ok()
        .filter(|month| (1..=12).contains(month))
        .ok_or_else(|| invalid_value("MonthOfYear", (1, 12), month))?;
    let day = u32::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))
        .ok_or_else(|| format!("Invalid value for DayOfMonth (valid values 1 - 28/31): {day}"))?;
    if day > calendar::month_length(year, month) {
        return Err(if (month, day) == (2, 29) {
            format!("Invalid date 'February 29' as '{year}' is not a leap year")
        } else {
            let name = usize::try_from(month - 1)
                .ok()
                .and_then(|index| MONTHS.get(index))
                .copied()
                .unwrap_or_default();
            format!("Invalid date '{name} {day}'")
        });
    }
    Ok(calendar::days(year, month, day))
}

fn out_of_bounds(message: String, origin: &Option<QueryContext>) -> Error {
    let _ = origin;
    Error::new(
        "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION",
        [("rangeMessage", message), ("ansiConfig", ANSI.to_owned())],
    )
}

pub(super) fn date(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let args = (0..3)
        .map(|index| call.implicit(index, &DataType::Int32))
        .collect::<Result<Vec<_>>>()?;
    let ansi = call.context.ansi;
    let nullable = !ansi || args.iter().any(|arg| arg.nullable);
    let origin = call.origin.clone();
    Ok(compute(
        "make_date",
        format!("{ansi} {origin:?}"),
        (DataType::Date32, nullable),
        args,
        call.default_name(),
        move |v| match checked_date(v[0], v[1], v[2]) {
            Ok(days) => Ok(Some(days)),
            Err(message) if ansi => Err(out_of_bounds(message, &origin)),
            Err(_) => Ok(None),
        },
    ))
}

/// `make_timestamp(year, month, day, hour, minute, second[, zone])`.
pub(super) fn timestamp_of(call: &Call<'_>, to: DataType, tries: bool) -> Result<Typed> {
    call.arity(6..=7)?;
    let mut args = (0..5)
        .map(|index| call.implicit(index, &DataType::Int32))
        .collect::<Result<Vec<_>>>()?;
    args.push(call.implicit(5, &DataType::Decimal128(16, 6))?);
    if call.args.len() == 7 {
        args.push(call.implicit(6, &DataType::Utf8)?);
    }
    let fails = call.context.ansi && !tries;
    let nullable = !fails || args.iter().any(|arg| arg.nullable);
    let session = match to {
        DataType::Timestamp(_, Some(_)) => Zone::Region(call.context.time_zone),
        _ => Zone::Fixed(0),
    };
    let origin = call.origin.clone();
    let label = to.clone();
    Ok(Kernel::typed(
        "make_timestamp",
        format!("{session:?} {fails} {tries} {origin:?}"),
        (to, nullable),
        args.into_iter().map(|arg| arg.expr).collect(),
        call.default_name(),
        move |args| {
            let arrays = args.arrays()?;
            let whole = arrays
                .iter()
                .take(5)
                .map(longs)
                .collect::<Result<Vec<_>>>()?;
            let seconds = args.array(5)?;
            let seconds = seconds.as_primitive::<Decimal128Type>();
            let zones = arrays.get(6).map(|zones| zones.as_string::<i32>());
            let mut out = arrow::array::Int64Array::builder(args.rows);
            for row in 0..args.rows {
                if arrays.iter().any(|array| array.is_null(row)) {
                    out.append_null();
                    continue;
                }
                let zone = match zones {
                    Some(zones) => zone_named(zones.value(row))?,
                    None => session,
                };
                let mut parts = [0; 5];
                for (place, column) in parts.iter_mut().zip(&whole) {
                    *place = column.value(row);
                }
                let micros = i64::try_from(seconds.value(row)).unwrap_or(i64::MAX);
                match local(parts, micros) {
                    Ok(local) => out.append_value(zone.instant(local)),
                    Err(message) if fails => return Err(out_of_bounds(message, &origin)),
                    Err(_) => out.append_null(),
                }
            }
            labelled(out.finish(), &label)
        },
    ))
}

fn local([year, month, day, hour, minute]: [i64; 5], micros: i64) -> Result<i64, String> {
    let (second, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    // As in PostgreSQL a sixtieth second without fraction is the next minute.
    let (second, carried) = match (second, fraction) {
        (60, 0) => (0, 60 * SECOND),
        (60, _) => {
            return Err("The fraction of sec must be zero. Valid range is [0, 60]".to_owned());
        }
        _ => (second, 0),
    };
    let date = checked_date(year, month, day)?;
    for (field, high, value) in [
        ("HourOfDay", 23, hour),
        ("MinuteOfHour", 59, minute),
        ("SecondOfMinute", 59, second),
    ] {
        if !(0..=high).contains(&value) {
            return Err(invalid_value(field, (0, high), value));
        }
    }
    calendar::time_of_day(hour, minute, second, fraction)
        .and_then(|of_day| calendar::micros(date, of_day + carried))
        .ok_or_else(|| "long overflow".to_owned())
}

/// The argument, or zero where it was left out.
fn or_zero(call: &Call<'_>, index: usize, to: &DataType) -> Result<Typed> {
    if index < call.args.len() {
        return call.implicit(index, to);
    }
    let zero = ScalarValue::new_zero(to)?;
    let name = if matches!(to, DataType::Decimal128(..)) {
        "0.000000"
    } else {
        "0"
    };
    Ok(Typed::literal(zero, to.clone(), name))
}

fn shown(call: &Call<'_>, args: &[Typed]) -> String {
    let names: Vec<&str> = args.iter().map(|arg| arg.name.as_ref()).collect();
    format!("{}({})", call.name, names.join(", "))
}

fn overflow(origin: &Option<QueryContext>) -> Error {
    Error::of("INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION").at(origin.clone())
}

/// What Java's exact arithmetic says, wherever it was called.
fn integer_overflow() -> Error {
    Error::new(
        "ARITHMETIC_OVERFLOW",
        [
            ("message", "integer overflow"),
            ("alternative", ""),
            ("config", "\"spark.sql.ansi.enabled\""),
        ],
    )
}

/// Spark counts in microseconds and fails only where it sends nanoseconds.
fn too_long() -> Error {
    Error::plain(Exception::Spark, "long overflow")
}

/// `make_dt_interval([days[, hours[, minutes[, seconds]]]])`.
pub(super) fn day_time(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=4)?;
    let mut args = (0..3)
        .map(|index| or_zero(call, index, &DataType::Int32))
        .collect::<Result<Vec<_>>>()?;
    args.push(or_zero(call, 3, &DataType::Decimal128(18, 6))?);
    let nullable = args.iter().any(|arg| arg.nullable);
    let origin = call.origin.clone();
    let name = shown(call, &args);
    Ok(Kernel::typed(
        "make_dt_interval",
        format!("{origin:?}"),
        (DAY_TIME, nullable),
        args.into_iter().map(|arg| arg.expr).collect(),
        name,
        move |args| {
            let arrays = args.arrays()?;
            let whole = arrays
                .iter()
                .take(3)
                .map(longs)
                .collect::<Result<Vec<_>>>()?;
            let seconds = args.array(3)?;
            let seconds = seconds.as_primitive::<Decimal128Type>();
            let mut out = arrow::array::Int64Array::builder(args.rows);
            for row in 0..args.rows {
                if arrays.iter().any(|array| array.is_null(row)) {
                    out.append_null();
                    continue;
                }
                let clock = |index: usize, unit: i64| {
                    whole.get(index).map_or(0, |c| i128::from(c.value(row))) * i128::from(unit)
                };
                let total = clock(0, calendar::DAY)
                    + clock(1, 3600 * SECOND)
                    + clock(2, 60 * SECOND)
                    + seconds.value(row);
                out.append_value(i64::try_from(total).map_err(|_| overflow(&origin))?);
            }
            labelled(out.finish(), &DAY_TIME)
        },
    ))
}

/// `make_ym_interval([years[, months]])`.
pub(super) fn year_month(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=2)?;
    let args = vec![
        or_zero(call, 0, &DataType::Int32)?,
        or_zero(call, 1, &DataType::Int32)?,
    ];
    let nullable = args.iter().any(|arg| arg.nullable);
    let origin = call.origin.clone();
    let name = shown(call, &args);
    Ok(compute(
        "make_ym_interval",
        format!("{origin:?}"),
        (DataType::Interval(IntervalUnit::YearMonth), nullable),
        args,
        name,
        move |v| {
            let months = v[0] * 12 + v[1];
            match i32::try_from(months) {
                Ok(_) => Ok(Some(months)),
                Err(_) => Err(overflow(&origin)),
            }
        },
    ))
}

/// `make_interval([years[, months[, weeks[, days[, hours[, minutes[, seconds]]]]]]])`, and
/// `try_make_interval`, which needs the years and never fails.
pub(super) fn calendar(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(usize::from(tries)..=7)?;
    // The function that tries complains in the other's name.
    let renamed = |error: Error| {
        if !tries || !error.parameters().contains_key("sqlExpr") {
            return error;
        }
        let mut names: Vec<&str> = call.args.iter().map(|arg| arg.name.as_ref()).collect();
        names.extend((names.len()..6).map(|_| "0"));
        names.extend((names.len()..7).map(|_| "0.000000"));
        error.with(
            "sqlExpr",
            format!("\"make_interval({})\"", names.join(", ")),
        )
    };
    let mut args = (0..6)
        .map(|index| or_zero(call, index, &DataType::Int32).map_err(renamed))
        .collect::<Result<Vec<_>>>()?;
    args.push(or_zero(call, 6, &DataType::Decimal128(18, 6)).map_err(renamed)?);
    let ansi = call.context.ansi && !tries;
    let nullable = !ansi || args.iter().any(|arg| arg.nullable);
    let name = shown(call, &args);
    Ok(Kernel::typed(
        "make_interval",
        format!("{ansi}"),
        (DataType::Interval(IntervalUnit::MonthDayNano), nullable),
        args.into_iter().map(|arg| arg.expr).collect(),
        name,
        move |args| {
            let arrays = args.arrays()?;
            let whole: Vec<_> = arrays
                .iter()
                .take(6)
                .map(|array| array.as_primitive::<Int32Type>())
                .collect();
            let seconds = args.array(6)?;
            let seconds = seconds.as_primitive::<Decimal128Type>();
            let found = (0..args.rows)
                .map(|row| {
                    if arrays.iter().any(|array| array.is_null(row)) {
                        return Ok(None);
                    }
                    let at = |index: usize| whole.get(index).map_or(0, |c| i64::from(c.value(row)));
                    let whole = (
                        i32::try_from(at(0) * 12 + at(1)),
                        i32::try_from(at(2) * 7 + at(3)),
                    );
                    let (Ok(months), Ok(days)) = whole else {
                        return if ansi {
                            Err(integer_overflow())
                        } else {
                            Ok(None)
                        };
                    };
                    let clock = i128::from(at(4) * 3600 + at(5) * 60) * i128::from(SECOND);
                    let nanos = (clock + seconds.value(row)) * 1000;
                    let nanos = i64::try_from(nanos).map_err(|_| too_long())?;
                    let made = IntervalMonthDayNanoType::make_value(months, days, nanos);
                    Ok(Some(made))
                })
                .collect::<Result<PrimitiveArray<IntervalMonthDayNanoType>>>()?;
            Ok(std::sync::Arc::new(found))
        },
    ))
}
