//! Operators on dates, times and intervals: what `+ - * /` mean when one of them is involved, as
//! Spark's analyzer resolves them.

mod scale;

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, PrimitiveArray};
use arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};

use crate::error::{Error, Result};
use crate::functions::arithmetic::{Failure, Operator};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::{self, DAY};
use crate::functions::kernels::longs::{compute, labelled, longs};
use crate::functions::kernels::zone::Zone;
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::arrow::{DAY_TIME, TIMESTAMP_NTZ, timestamp};
use scale::scale;

const YEAR_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);
const CALENDAR: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(..))
}

fn is_interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Duration(_) | DataType::Interval(_))
}

/// The operator's value if an operand is a date, a time or an interval; `None` leaves it to numbers.
pub(super) fn arithmetic(
    call: &Call<'_>,
    operator: Operator,
    failure: Failure,
    name: &Arc<str>,
) -> Result<Option<Typed>> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let (l, r) = (&left.data_type, &right.data_type);
    if ![l, r]
        .iter()
        .any(|side| is_moment(side) || is_interval(side))
    {
        return Ok(None);
    }
    match operator {
        Operator::Add => add(call, failure, name),
        Operator::Subtract => subtract(call, failure, name),
        Operator::Multiply if is_interval(l) => scale(call, operator, failure, (left, right), name),
        Operator::Multiply if is_interval(r) => scale(call, operator, failure, (right, left), name),
        Operator::Divide if is_interval(l) => scale(call, operator, failure, (left, right), name),
        Operator::Multiply
        | Operator::Divide
        | Operator::IntegralDivide
        | Operator::Remainder
        | Operator::PositiveModulus => Ok(None),
    }
}

fn add(call: &Call<'_>, failure: Failure, name: &Arc<str>) -> Result<Option<Typed>> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    match (&left.data_type, &right.data_type) {
        (l, r) if is_moment(l) && is_interval(r) => shifted(call, left, right, 1).map(Some),
        (l, r) if is_interval(l) && is_moment(r) => shifted(call, right, left, 1).map(Some),
        (l, r) if is_interval(l) && (l == r || *r == DataType::Null) => {
            sums(call, failure, l.clone(), 1, name).map(Some)
        }
        (DataType::Null, r) if is_interval(r) => sums(call, failure, r.clone(), 1, name).map(Some),
        (moment, DataType::Null) | (DataType::Null, moment) if is_moment(moment) => {
            let to = match moment {
                DataType::Date32 => timestamp(),
                other => other.clone(),
            };
            let (first, second) = if right.data_type == DataType::Null {
                (left, right)
            } else {
                (right, left)
            };
            let shown = format!("{} + {}", first.name, second.name);
            Ok(Some(Typed::null(to).named(shown)))
        }
        (DataType::Date32, DataType::Utf8) | (DataType::Utf8, DataType::Date32) => {
            Err(not_days(call, "date_add")?)
        }
        (DataType::Date32, _) => days(call, left, right, "date_add", 1).map(Some),
        (_, DataType::Date32) => days(call, right, left, "date_add", 1).map(Some),
        (DataType::Utf8, r) if matches!(r, DataType::Duration(_)) || *r == CALENDAR => {
            let moment = call.implicit(0, &timestamp())?;
            let sum = shifted(call, &moment, right, 1)?;
            Ok(Some(sum))
        }
        (l, DataType::Utf8) if matches!(l, DataType::Duration(_)) || *l == CALENDAR => {
            let moment = call.implicit(1, &timestamp())?;
            Ok(Some(shifted(call, &moment, left, 1)?))
        }
        _ => Ok(None),
    }
}

fn subtract(call: &Call<'_>, failure: Failure, name: &Arc<str>) -> Result<Option<Typed>> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    match (&left.data_type, &right.data_type) {
        (l, r) if is_moment(l) && is_interval(r) => shifted(call, left, right, -1).map(Some),
        (l, r) if is_interval(l) && (l == r || *r == DataType::Null) => {
            sums(call, failure, l.clone(), -1, name).map(Some)
        }
        (DataType::Null, r) if is_interval(r) => sums(call, failure, r.clone(), -1, name).map(Some),
        (DataType::Timestamp(..), _) | (_, DataType::Timestamp(..)) => {
            between_timestamps(call, name).map(Some)
        }
        (_, DataType::Date32) | (DataType::Date32, DataType::Null | DataType::Utf8) => {
            let (left, right) = (
                call.implicit(0, &DataType::Date32)?,
                call.implicit(1, &DataType::Date32)?,
            );
            let nullable = left.nullable || right.nullable;
            Ok(Some(compute(
                "subtract_dates",
                "",
                (DAY_TIME, nullable),
                vec![left, right],
                Arc::clone(name),
                |v| Ok((v[0] - v[1]).checked_mul(DAY)),
            )))
        }
        (DataType::Date32, _) => days(call, left, right, "date_sub", -1).map(Some),
        (DataType::Utf8, r) if matches!(r, DataType::Duration(_)) || *r == CALENDAR => {
            let moment = call.implicit(0, &timestamp())?;
            Ok(Some(shifted(call, &moment, right, -1)?))
        }
        _ => Ok(None),
    }
}

fn between_timestamps(call: &Call<'_>, name: &Arc<str>) -> Result<Typed> {
    let types = [&call.arg(0)?.data_type, &call.arg(1)?.data_type];
    // A local time beside an instant becomes one; a date or text becomes what the other is.
    let to = if types
        .iter()
        .any(|t| matches!(t, DataType::Timestamp(_, Some(_))))
    {
        timestamp()
    } else {
        TIMESTAMP_NTZ
    };
    for (index, side) in types.iter().enumerate() {
        let castable = is_moment(side) || matches!(side, DataType::Utf8 | DataType::Null);
        if !castable {
            return Err(
                call.unexpected_type(index, "\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\"")
            );
        }
    }
    let (left, right) = (call.implicit(0, &to)?, call.implicit(1, &to)?);
    let nullable = left.nullable || right.nullable;
    let zone = match to {
        TIMESTAMP_NTZ => Zone::Fixed(0),
        _ => Zone::Region(call.context.time_zone),
    };
    Ok(compute(
        "subtract_timestamps",
        format!("{zone:?}"),
        (DAY_TIME, nullable),
        vec![left, right],
        Arc::clone(name),
        // Spark counts the clock's hours, not the elapsed ones.
        move |v| Ok(zone.local(v[0]).checked_sub(zone.local(v[1]))),
    ))
}

/// `date ± n`.
fn days(
    call: &Call<'_>,
    date: &Typed,
    count: &Typed,
    function: &'static str,
    sign: i64,
) -> Result<Typed> {
    if !matches!(
        count.data_type,
        DataType::Int8 | DataType::Int16 | DataType::Int32
    ) {
        return Err(not_days(call, function)?);
    }
    let nullable = date.nullable || count.nullable;
    let shown = format!("{function}({}, {})", date.name, count.name);
    Ok(compute(
        function,
        sign.to_string(),
        (DataType::Date32, nullable),
        vec![date.clone(), count.clone()],
        shown,
        move |v| Ok(Some(v[0] + sign * v[1])),
    ))
}

/// A date moved by what is no number of days. With ANSI a text beside a date is taken for a date,
/// without it for a number.
fn not_days(call: &Call<'_>, name: &'static str) -> Result<Error> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let is_text = |value: &Typed| value.data_type == DataType::Utf8;
    let in_order = left.data_type == DataType::Date32 || (is_text(left) && call.context.ansi);
    let (date, count) = if in_order {
        (left, right)
    } else {
        (right, left)
    };
    let error = Call {
        context: call.context,
        name,
        args: vec![date.clone(), count.clone()],
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: call.origin.clone(),
    }
    .unexpected_type(1, "(\"INT\" or \"SMALLINT\" or \"TINYINT\")");
    Ok(if is_text(count) {
        error.with(
            "inputType",
            if call.context.ansi {
                "\"DATE\""
            } else {
                "\"DOUBLE\""
            },
        )
    } else {
        error
    })
}

/// Whether the interval is a constant of whole days in Spark's type `INTERVAL DAY`.
fn is_day_interval(interval: &Typed) -> bool {
    interval.name.starts_with("INTERVAL '") && interval.name.ends_with("' DAY")
}

/// A date or timestamp moved by an interval.
fn shifted(call: &Call<'_>, moment: &Typed, interval: &Typed, sign: i64) -> Result<Typed> {
    let symbol = if sign > 0 { '+' } else { '-' };
    let shown = format!("{} {symbol} {}", moment.name, interval.name);
    let nullable = moment.nullable || interval.nullable;
    let of_date = moment.data_type == DataType::Date32;
    if of_date && is_day_interval(interval) {
        let days = format!("extractansiintervaldays({})", interval.name);
        let days = if sign > 0 {
            days
        } else {
            format!("(- {days})")
        };
        return Ok(compute(
            "date_add_interval",
            sign.to_string(),
            (DataType::Date32, nullable),
            vec![moment.clone(), interval.clone()],
            format!("date_add({}, {days})", moment.name),
            move |v| Ok(Some(v[0] + sign * (v[1] / DAY))),
        ));
    }
    if of_date && interval.data_type == YEAR_MONTH {
        return Ok(compute(
            "date_add_months",
            sign.to_string(),
            (DataType::Date32, nullable),
            vec![moment.clone(), interval.clone()],
            shown,
            move |v| Ok(Some(calendar::add_months(v[0], sign * v[1]))),
        ));
    }
    let data_type = match (&moment.data_type, &interval.data_type) {
        (DataType::Date32, calendar) if *calendar == CALENDAR => DataType::Date32,
        (DataType::Date32, _) => timestamp(),
        (other, _) => other.clone(),
    };
    let start = match &moment.data_type {
        DataType::Date32 if data_type == DataType::Date32 => moment.clone(),
        _ => cast(
            call.context,
            moment.clone(),
            &data_type,
            CastMode::implicit(call.context),
            call.origin.clone(),
        )?,
    };
    let zone = match data_type {
        DataType::Timestamp(_, Some(_)) => Zone::Region(call.context.time_zone),
        _ => Zone::Fixed(0),
    };
    if interval.data_type != CALENDAR {
        let months = interval.data_type == YEAR_MONTH;
        return Ok(compute(
            "timestamp_add_interval",
            format!("{zone:?} {sign} {months}"),
            (data_type, nullable),
            vec![start, interval.clone()],
            shown,
            move |v| {
                let amount = v[1].checked_mul(sign);
                let (months, micros) = if months {
                    (amount, Some(0))
                } else {
                    (Some(0), amount)
                };
                let (Some(months), Some(micros)) = (months, micros) else {
                    return Err(overflow());
                };
                moved(zone, v[0], (months, micros / DAY, micros % DAY)).map(Some)
            },
        ));
    }
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    let to = data_type.clone();
    Ok(Kernel::typed(
        "calendar_add",
        format!("{zone:?} {sign} {ansi} {origin:?}"),
        (data_type, nullable),
        vec![start.expr, interval.expr.clone()],
        shown,
        move |args| {
            let (moments, intervals) = (longs(&args.array(0)?)?, args.array(1)?);
            let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
            let mut out = Int64Array::builder(args.rows);
            for row in 0..args.rows {
                if moments.is_null(row) || intervals.is_null(row) {
                    out.append_null();
                    continue;
                }
                let by = intervals.value(row);
                let micros = sign * (by.nanoseconds / 1000);
                let parts = (
                    sign * i64::from(by.months),
                    sign * i64::from(by.days),
                    micros,
                );
                let value = moments.value(row);
                out.append_value(if to != DataType::Date32 {
                    moved(zone, value, parts)?
                } else if micros == 0 || !ansi {
                    moved(zone, value * DAY, parts)?.div_euclid(DAY)
                } else {
                    return Err(Error::new(
                        "INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION",
                        [("ansiConfig", crate::error::ANSI)],
                    )
                    .at(origin.clone()));
                });
            }
            labelled(out.finish(), &to)
        },
    ))
}

/// Months and days move the clock's date, microseconds the instant.
pub(super) fn moved(
    zone: Zone,
    instant: i64,
    (months, days, micros): (i64, i64, i64),
) -> Result<i64> {
    let mut found = instant;
    if months != 0 || days != 0 {
        let local = zone.local(found);
        let date = calendar::add_months(local.div_euclid(DAY), months).checked_add(days);
        found = date
            .and_then(|date| calendar::micros(date, local.rem_euclid(DAY)))
            .map(|local| zone.instant(local))
            .ok_or_else(overflow)?;
    }
    found.checked_add(micros).ok_or_else(overflow)
}

fn overflow() -> Error {
    Error::new(
        "ARITHMETIC_OVERFLOW",
        [
            ("message", "long overflow"),
            ("alternative", ""),
            ("config", crate::error::ANSI),
        ],
    )
}

/// `interval ± interval` of one kind.
fn sums(
    call: &Call<'_>,
    failure: Failure,
    data_type: DataType,
    sign: i64,
    name: &Arc<str>,
) -> Result<Typed> {
    let (left, right) = (call.implicit(0, &data_type)?, call.implicit(1, &data_type)?);
    let tries = failure == Failure::Null;
    let nullable = left.nullable || right.nullable || tries;
    let function = if sign > 0 { "try_add" } else { "try_subtract" };
    let origin = call.origin.clone();
    let failed = move || {
        Error::new(
            "INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION",
            [("functionName", format!("`{function}`"))],
        )
        .at(origin.clone())
    };
    if data_type == CALENDAR {
        return Ok(Kernel::typed(
            "interval_sum",
            sign.to_string(),
            (CALENDAR, nullable),
            vec![left.expr, right.expr],
            Arc::clone(name),
            move |args| {
                let (l, r) = (args.array(0)?, args.array(1)?);
                let sign32 = if sign > 0 { 1 } else { -1 };
                let found: PrimitiveArray<IntervalMonthDayNanoType> = l
                    .as_primitive::<IntervalMonthDayNanoType>()
                    .iter()
                    .zip(r.as_primitive::<IntervalMonthDayNanoType>())
                    .map(|pair| match pair {
                        (Some(a), Some(b)) => Some(IntervalMonthDayNanoType::make_value(
                            a.months.wrapping_add(sign32 * b.months),
                            a.days.wrapping_add(sign32 * b.days),
                            a.nanoseconds.wrapping_add(sign * b.nanoseconds),
                        )),
                        _ => None,
                    })
                    .collect();
                Ok(Arc::new(found))
            },
        ));
    }
    let months = data_type == YEAR_MONTH;
    Ok(compute(
        "interval_sum",
        format!("{sign} {tries} {:?}", call.origin),
        (data_type, nullable),
        vec![left, right],
        Arc::clone(name),
        move |v| {
            let found = v[1].checked_mul(sign).and_then(|r| v[0].checked_add(r));
            match found.filter(|sum| !months || i32::try_from(*sum).is_ok()) {
                Some(sum) => Ok(Some(sum)),
                None if tries => Ok(None),
                None => Err(failed()),
            }
        },
    ))
}
