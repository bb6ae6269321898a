//! Moving and cutting dates and timestamps, and the distances between them.

use arrow::array::{Array, AsArray, Float64Array};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::{clock, moment, zone_named};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::{self, DAY, SECOND};
use crate::functions::kernels::longs::{compute, compute_with_text, longs};
use crate::functions::kernels::zone::Zone;
use crate::functions::temporal::moved;
use crate::plan::typed::Typed;
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

/// `date_add`, `date_sub`.
pub(super) fn date_add(call: &Call<'_>, sign: i64) -> Result<Typed> {
    call.arity(2..=2)?;
    let date = call.implicit(0, &DataType::Date32)?;
    let count = match &call.arg(1)?.data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 => call.arg(1)?.clone(),
        DataType::Utf8 => match call.arg(1)?.constant_str() {
            // Without ANSI a written number of days must be one (`ResolveBinaryArithmetic`).
            Some(text) if !call.context.ansi => {
                let days: i32 = text.trim().parse().map_err(|_| {
                    Error::new(
                        "SECOND_FUNCTION_ARGUMENT_NOT_INTEGER",
                        [("functionName", call.name)],
                    )
                    .placeless()
                })?;
                let days_value = ScalarValue::Int32(Some(days));
                Typed::literal(days_value, DataType::Int32, text)
            }
            _ => call.implicit(1, &DataType::Int32)?,
        },
        DataType::Null => call.implicit(1, &DataType::Int32)?,
        _ => {
            return Err(call.unexpected_type(1, "(\"INT\" or \"SMALLINT\" or \"TINYINT\")"));
        }
    };
    let nullable = date.nullable || count.nullable;
    let function = if sign > 0 { "date_add" } else { "date_sub" };
    let name = call.name_as(function);
    Ok(compute(
        function,
        sign.to_string(),
        (DataType::Date32, nullable),
        vec![date, count],
        name,
        move |v| Ok(Some(v[0] + sign * v[1])),
    ))
}

/// `datediff(end, start)`.
pub(super) fn date_diff(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (end, start) = (
        call.implicit(0, &DataType::Date32)?,
        call.implicit(1, &DataType::Date32)?,
    );
    let nullable = end.nullable || start.nullable;
    Ok(compute(
        "datediff",
        "",
        (DataType::Int32, nullable),
        vec![end, start],
        call.default_name(),
        |v| Ok(Some(v[0] - v[1])),
    ))
}

pub(super) fn add_months(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (date, months) = (
        call.implicit(0, &DataType::Date32)?,
        call.implicit(1, &DataType::Int32)?,
    );
    let nullable = date.nullable || months.nullable;
    Ok(compute(
        "add_months",
        "",
        (DataType::Date32, nullable),
        vec![date, months],
        call.default_name(),
        |v| Ok(Some(calendar::add_months(v[0], v[1]))),
    ))
}

pub(super) fn last_day(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let date = call.implicit(0, &DataType::Date32)?;
    let nullable = date.nullable;
    Ok(compute(
        "last_day",
        "",
        (DataType::Date32, nullable),
        vec![date],
        call.default_name(),
        |v| {
            let (year, month, _) = calendar::civil(v[0]);
            Ok(Some(calendar::days(
                year,
                month,
                calendar::month_length(year, month),
            )))
        },
    ))
}

pub(super) fn next_day(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (date, day) = (
        call.implicit(0, &DataType::Date32)?,
        call.implicit(1, &DataType::Utf8)?,
    );
    let ansi = call.context.ansi;
    Ok(compute_with_text(
        "next_day",
        ansi.to_string(),
        (DataType::Date32, true),
        vec![date, day],
        call.default_name(),
        move |date, words| {
            let name = words.first().copied().unwrap_or_default();
            let wanted = match name.to_ascii_uppercase().as_str() {
                "MO" | "MON" | "MONDAY" => 0,
                "TU" | "TUE" | "TUESDAY" => 1,
                "WE" | "WED" | "WEDNESDAY" => 2,
                "TH" | "THU" | "THURSDAY" => 3,
                "FR" | "FRI" | "FRIDAY" => 4,
                "SA" | "SAT" | "SATURDAY" => 5,
                "SU" | "SUN" | "SUNDAY" => 6,
                _ if ansi => {
                    return Err(Error::new("ILLEGAL_DAY_OF_WEEK", [("string", name)]));
                }
                _ => return Ok(None),
            };
            let ahead = (wanted - calendar::weekday(date) - 1).rem_euclid(7) + 1;
            Ok(Some(date + ahead))
        },
    ))
}

/// The units of `trunc` and `date_trunc`.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Micros(i64),
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name.to_ascii_uppercase().as_str() {
        "MICROSECOND" => Unit::Micros(1),
        "MILLISECOND" => Unit::Micros(1000),
        "SECOND" => Unit::Micros(SECOND),
        "MINUTE" => Unit::Micros(60 * SECOND),
        "HOUR" => Unit::Micros(3600 * SECOND),
        "DAY" | "DD" => Unit::Day,
        "WEEK" => Unit::Week,
        "MON" | "MONTH" | "MM" => Unit::Month,
        "QUARTER" => Unit::Quarter,
        "YEAR" | "YYYY" | "YY" => Unit::Year,
        _ => return None,
    })
}

/// The first day of the unit that a day lies in.
fn first_day(date: i64, unit: Unit) -> i64 {
    let (year, month, _) = calendar::civil(date);
    match unit {
        Unit::Micros(_) | Unit::Day => date,
        Unit::Week => date - calendar::weekday(date),
        Unit::Month => calendar::days(year, month, 1),
        Unit::Quarter => calendar::days(year, (month - 1) / 3 * 3 + 1, 1),
        Unit::Year => calendar::days(year, 1, 1),
    }
}

pub(super) fn trunc(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (date, name) = (
        call.implicit(0, &DataType::Date32)?,
        call.implicit(1, &DataType::Utf8)?,
    );
    Ok(compute_with_text(
        "trunc",
        "",
        (DataType::Date32, true),
        vec![date, name],
        call.default_name(),
        |date, words| {
            Ok(match words.first().and_then(|name| unit(name)) {
                None | Some(Unit::Micros(_) | Unit::Day) => None,
                Some(unit) => Some(first_day(date, unit)),
            })
        },
    ))
}

pub(super) fn date_trunc(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (name, value) = (
        call.implicit(0, &DataType::Utf8)?,
        call.implicit(1, &timestamp())?,
    );
    let zone = clock(call, &value.data_type);
    Ok(compute_with_text(
        "date_trunc",
        format!("{zone:?}"),
        (timestamp(), true),
        vec![value, name],
        call.default_name(),
        move |instant, words| {
            let Some(unit) = words.first().and_then(|name| unit(name)) else {
                return Ok(None);
            };
            // Units up to a minute divide every offset of today's zones; an hour may not.
            let local = zone.local(instant);
            let cut = match unit {
                Unit::Micros(size) if size <= SECOND => {
                    return Ok(Some(instant - instant.rem_euclid(size)));
                }
                Unit::Micros(size) => {
                    return Ok(Some(instant - local.rem_euclid(size)));
                }
                _ => first_day(local.div_euclid(DAY), unit) * DAY,
            };
            Ok(Some(zone.instant(cut)))
        },
    ))
}

pub(super) fn months_between(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let (end, start) = (
        call.implicit(0, &timestamp())?,
        call.implicit(1, &timestamp())?,
    );
    let mut args = vec![end, start];
    let mut name = call.default_name();
    if call.args.len() == 3 {
        args.push(call.implicit(2, &DataType::Boolean)?);
    } else {
        let arg = |index: usize| call.args.get(index).map(|arg| arg.name.to_string());
        let (end, start) = (arg(0).unwrap_or_default(), arg(1).unwrap_or_default());
        name = format!("months_between({end}, {start}, true)").into();
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    let zone = Zone::Region(call.context.time_zone);
    Ok(Kernel::typed(
        "months_between",
        format!("{zone:?}"),
        (DataType::Float64, nullable),
        args.into_iter().map(|arg| arg.expr).collect(),
        name,
        move |args| {
            let (end, start) = (longs(&args.array(0)?)?, longs(&args.array(1)?)?);
            let rounds = if args.len() == 3 {
                Some(args.array(2)?)
            } else {
                None
            };
            let found: Float64Array = (0..args.rows)
                .map(|row| {
                    let round = match &rounds {
                        None => true,
                        Some(flags) => {
                            flags.is_valid(row).then(|| flags.as_boolean().value(row))?
                        }
                    };
                    (end.is_valid(row) && start.is_valid(row)).then(|| {
                        let (end, start) = (end.value(row), start.value(row));
                        months_apart(in_day(zone, end), in_day(zone, start), round)
                    })
                })
                .collect();
            Ok(std::sync::Arc::new(found))
        },
    ))
}

/// The local date of an instant, and the seconds that have passed since it began.
fn in_day(zone: Zone, instant: i64) -> (i64, i64) {
    let date = zone.local(instant).div_euclid(DAY);
    let midnight = zone.instant(date.saturating_mul(DAY));
    (date, instant.saturating_sub(midnight).div_euclid(SECOND))
}

fn months_apart(
    (end_date, end_seconds): (i64, i64),
    (start_date, start_seconds): (i64, i64),
    round: bool,
) -> f64 {
    let (y1, m1, d1) = calendar::civil(end_date);
    let (y2, m2, d2) = calendar::civil(start_date);
    let months = (y1 - y2) * 12 + i64::from(m1) - i64::from(m2);
    let last = |year, month, day| day == calendar::month_length(year, month);
    #[expect(clippy::cast_precision_loss, reason = "Spark computes in doubles")]
    if d1 == d2 || (last(y1, m1, d1) && last(y2, m2, d2)) {
        return months as f64;
    }
    // A month has 31 days here, as Spark counts.
    let apart = (i64::from(d1) - i64::from(d2)) * 86_400 + end_seconds - start_seconds;
    #[expect(clippy::cast_precision_loss, reason = "Spark computes in doubles")]
    let found = months as f64 + apart as f64 / (31.0 * 86_400.0);
    if round {
        (found * 1e8).round() / 1e8
    } else {
        found
    }
}

/// `from_utc_timestamp`, `to_utc_timestamp`.
pub(super) fn utc(call: &Call<'_>, from: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    let (value, name) = (
        call.implicit(0, &timestamp())?,
        call.implicit(1, &DataType::Utf8)?,
    );
    let nullable = value.nullable || name.nullable;
    Ok(compute_with_text(
        "utc_timestamp",
        from.to_string(),
        (timestamp(), nullable),
        vec![value, name],
        call.default_name(),
        move |instant, words| {
            let zone = zone_named(words.first().copied().unwrap_or_default())?;
            Ok(Some(if from {
                zone.local(instant)
            } else {
                zone.instant(instant)
            }))
        },
    ))
}

/// `convert_timezone([from, ]to, local)`.
pub(super) fn convert_timezone(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let last = call.args.len() - 1;
    let value = call.implicit(last, &TIMESTAMP_NTZ)?;
    let target = call.implicit(last - 1, &DataType::Utf8)?;
    let mut args = vec![value, target];
    let mut name = call.default_name();
    if last == 2 {
        args.push(call.implicit(0, &DataType::Utf8)?);
    } else {
        let arg = |index: usize| call.args.get(index).map(|arg| arg.name.to_string());
        let (to, value) = (arg(0).unwrap_or_default(), arg(1).unwrap_or_default());
        name = format!("convert_timezone(current_timezone(), {to}, {value})").into();
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    let session = Zone::Region(call.context.time_zone);
    Ok(compute_with_text(
        "convert_timezone",
        format!("{session:?}"),
        (TIMESTAMP_NTZ, nullable),
        args,
        name,
        move |local, words| {
            let to = zone_named(words.first().copied().unwrap_or_default())?;
            let from = match words.get(1) {
                Some(name) => zone_named(name)?,
                None => session,
            };
            Ok(Some(to.local(from.instant(local))))
        },
    ))
}

/// Months, days and microseconds of one unit of `timestampadd`.
fn step(unit: &str) -> Option<(i64, i64, i64)> {
    Some(match unit.to_ascii_uppercase().as_str() {
        "MICROSECOND" => (0, 0, 1),
        "MILLISECOND" => (0, 0, 1000),
        "SECOND" => (0, 0, SECOND),
        "MINUTE" => (0, 0, 60 * SECOND),
        "HOUR" => (0, 0, 3600 * SECOND),
        "DAY" | "DAYOFYEAR" => (0, 1, 0),
        "WEEK" => (0, 7, 0),
        "MONTH" => (1, 0, 0),
        "QUARTER" => (3, 0, 0),
        "YEAR" => (12, 0, 0),
        _ => return None,
    })
}

fn unit_of(call: &Call<'_>) -> Result<(String, (i64, i64, i64))> {
    let name = call.arg(0)?.constant_str().unwrap_or_default().to_owned();
    let found = step(&name).ok_or_else(|| {
        Error::new(
            "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
            [
                ("functionName", format!("`{}`", call.name)),
                ("parameter", "`unit`".to_owned()),
                ("invalidValue", format!("'{name}'")),
            ],
        )
        .at(call.origin.clone())
    })?;
    Ok((name, found))
}

fn unit_name(call: &Call<'_>, unit: &str) -> String {
    let rest: Vec<&str> = call
        .args
        .iter()
        .skip(1)
        .map(|arg| arg.name.as_ref())
        .collect();
    format!("{}({unit}, {})", call.name, rest.join(", "))
}

pub(super) fn timestampadd(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let (unit, (months, days, micros)) = unit_of(call)?;
    let count = call.implicit(1, &DataType::Int64)?;
    let value = moment(call, 2)?;
    let zone = clock(call, &value.data_type);
    let nullable = value.nullable || count.nullable;
    let data_type = value.data_type.clone();
    Ok(compute(
        "timestampadd",
        format!("{unit} {zone:?}"),
        (data_type, nullable),
        vec![count, value],
        unit_name(call, &unit),
        move |v| {
            let scaled = |part: i64| part.saturating_mul(v[0]);
            moved(zone, v[1], (scaled(months), scaled(days), scaled(micros))).map(Some)
        },
    ))
}

pub(super) fn timestampdiff(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let (unit, (months, days, micros)) = unit_of(call)?;
    let (start, end) = (
        call.implicit(1, &timestamp())?,
        call.implicit(2, &timestamp())?,
    );
    let zone = clock(call, &start.data_type);
    let nullable = start.nullable || end.nullable;
    Ok(compute(
        "timestampdiff",
        format!("{unit} {zone:?}"),
        (DataType::Int64, nullable),
        vec![start, end],
        unit_name(call, &unit),
        move |v| {
            // Clock time, as `ChronoUnit.between` of local date-times counts.
            let (start, end) = (zone.local(v[0]), zone.local(v[1]));
            Ok(Some(if months > 0 {
                whole_months(start, end) / months
            } else if days > 0 {
                (end - start) / (days * DAY)
            } else {
                (end - start) / micros
            }))
        },
    ))
}

/// Whole months from one local time to another, towards zero.
fn whole_months(start: i64, end: i64) -> i64 {
    let part = |local: i64| {
        let (year, month, day) = calendar::civil(local.div_euclid(DAY));
        let within = i64::from(day) * DAY + local.rem_euclid(DAY);
        (year * 12 + i64::from(month), within)
    };
    let ((m1, rest1), (m2, rest2)) = (part(start), part(end));
    let months = m2 - m1;
    if months > 0 && rest2 < rest1 {
        months - 1
    } else if months < 0 && rest2 > rest1 {
        months + 1
    } else {
        months
    }
}
