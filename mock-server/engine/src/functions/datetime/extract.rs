//! Parts of dates, times and intervals: `year(d)`, `extract(DOW FROM d)`.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};

use super::{clock, moment};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::{self, DAY, SECOND};
use crate::functions::kernels::longs::{compute, labelled};
use crate::plan::typed::Typed;
use crate::types::names::quote;

/// The parts that Spark knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    YearOfWeek,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    DayOfWeekIso,
    Weekday,
    DayOfYear,
    Hour,
    Minute,
    Second,
    SecondWithFraction,
}

impl Part {
    /// The part by the field names of `extract`.
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => Self::Year,
            "YEAROFWEEK" => Self::YearOfWeek,
            "QUARTER" | "QTR" => Self::Quarter,
            "MONTH" | "MON" | "MONS" | "MONTHS" => Self::Month,
            "WEEK" | "W" | "WEEKS" => Self::Week,
            "DAY" | "D" | "DAYS" => Self::Day,
            "DAYOFWEEK" | "DOW" => Self::DayOfWeek,
            "DAYOFWEEK_ISO" | "DOW_ISO" => Self::DayOfWeekIso,
            "DOY" => Self::DayOfYear,
            "HOUR" | "H" | "HOURS" | "HR" | "HRS" => Self::Hour,
            "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => Self::Minute,
            "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => Self::SecondWithFraction,
            _ => return None,
        })
    }

    /// Whether a date is enough.
    fn of_date(self) -> bool {
        !matches!(
            self,
            Self::Hour | Self::Minute | Self::Second | Self::SecondWithFraction
        )
    }

    /// The part of a local day, or of microseconds of the local clock.
    fn of(self, local: i64) -> i64 {
        match self {
            Self::Year => calendar::civil(local).0,
            Self::YearOfWeek => calendar::iso_week(local).0,
            Self::Quarter => (i64::from(calendar::civil(local).1) + 2) / 3,
            Self::Month => i64::from(calendar::civil(local).1),
            Self::Week => calendar::iso_week(local).1,
            Self::Day => i64::from(calendar::civil(local).2),
            Self::DayOfWeek => (calendar::weekday(local) + 1) % 7 + 1,
            Self::DayOfWeekIso => calendar::weekday(local) + 1,
            Self::Weekday => calendar::weekday(local),
            Self::DayOfYear => calendar::day_of_year(local),
            Self::Hour => local.rem_euclid(DAY) / (3600 * SECOND),
            Self::Minute => local.rem_euclid(DAY) / (60 * SECOND) % 60,
            Self::Second => local.rem_euclid(DAY) / SECOND % 60,
            Self::SecondWithFraction => local.rem_euclid(60 * SECOND),
        }
    }
}

const SECONDS: DataType = DataType::Decimal128(8, 6);

/// `year`, `hour` and the other functions named after a part.
pub(super) fn field(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let part = match call.name {
        "dayofmonth" => Part::Day,
        "dayofweek" => Part::DayOfWeek,
        "dayofyear" => Part::DayOfYear,
        "weekday" => Part::Weekday,
        "weekofyear" => Part::Week,
        "second" => Part::Second,
        other => Part::named(other).ok_or_else(|| Error::internal("no such part"))?,
    };
    taken(call, 0, part, call.default_name())
}

fn taken(call: &Call<'_>, index: usize, part: Part, name: Arc<str>) -> Result<Typed> {
    let to = if part == Part::SecondWithFraction {
        SECONDS
    } else {
        DataType::Int32
    };
    let (value, zone) = if part.of_date() {
        (call.implicit(index, &DataType::Date32)?, None)
    } else {
        let value = moment(call, index)?;
        let zone = clock(call, &value.data_type);
        (value, Some(zone))
    };
    let nullable = value.nullable;
    Ok(compute(
        "part",
        format!("{part:?} {zone:?}"),
        (to, nullable),
        vec![value],
        name,
        move |v| Ok(Some(part.of(zone.map_or(v[0], |zone| zone.local(v[0]))))),
    ))
}

/// `extract(FIELD FROM x)`, `date_part('FIELD', x)`.
pub(super) fn extract(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let field = call.arg(0)?;
    let value = call.arg(1)?;
    let name: Arc<str> = if matches!(call.name, "extract" | "datepart") {
        format!("{}({} FROM {})", call.name, field.name, value.name).into()
    } else {
        call.default_name()
    };
    if field.data_type == DataType::Null {
        return Ok(Typed::null(DataType::Float64).named(name));
    }
    let Some(wanted) = field.constant_str() else {
        if call.name != "extract" {
            return Err(Error::new(
                "NON_FOLDABLE_ARGUMENT",
                [
                    ("funcName", format!("`{}`", call.name)),
                    ("paramName", "`field`".to_owned()),
                    ("paramType", "\"STRING\"".to_owned()),
                ],
            )
            .at(call.origin.clone()));
        }
        return Err(Error::new(
            "INVALID_EXTRACT_FIELD_TYPE",
            [("extraction", format!("\"{}\"", field.name))],
        )
        .at(call.origin.clone()));
    };
    let unknown = || {
        Error::new(
            "INVALID_EXTRACT_FIELD",
            [
                ("field", quote(wanted)),
                ("expr", format!("\"{}\"", value.name)),
            ],
        )
        .at(call.origin.clone())
    };
    let part = Part::named(wanted).ok_or_else(unknown)?;
    match &value.data_type {
        DataType::Duration(_) => {
            let (unit, wrap, to) = match part {
                Part::Day => (DAY, i64::MAX, DataType::Int32),
                Part::Hour => (3600 * SECOND, 24, DataType::Int8),
                Part::Minute => (60 * SECOND, 60, DataType::Int8),
                Part::SecondWithFraction => (1, 60 * SECOND, SECONDS),
                _ => return Err(unknown()),
            };
            let nullable = value.nullable;
            Ok(compute(
                "interval_part",
                format!("{part:?}"),
                (to, nullable),
                vec![value.clone()],
                name,
                move |v| Ok(Some(v[0] / unit % wrap)),
            ))
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let to = match part {
                Part::Year => DataType::Int32,
                Part::Month => DataType::Int8,
                _ => return Err(unknown()),
            };
            let nullable = value.nullable;
            Ok(compute(
                "interval_part",
                format!("{part:?}"),
                (to, nullable),
                vec![value.clone()],
                name,
                move |v| {
                    Ok(Some(if part == Part::Year {
                        v[0] / 12
                    } else {
                        v[0] % 12
                    }))
                },
            ))
        }
        DataType::Interval(_) => calendar_part(value, part, name).ok_or_else(unknown),
        _ => taken(call, 1, part, name),
    }
}

fn calendar_part(value: &Typed, part: Part, name: Arc<str>) -> Option<Typed> {
    let to = match part {
        Part::Year | Part::Day => DataType::Int32,
        Part::Quarter | Part::Month | Part::Hour | Part::Minute => DataType::Int8,
        Part::SecondWithFraction => SECONDS,
        _ => return None,
    };
    let label = to.clone();
    Some(Kernel::typed(
        "calendar_part",
        format!("{part:?}"),
        (to, value.nullable),
        vec![value.expr.clone()],
        name,
        move |args| {
            let array = args.array(0)?;
            let intervals = array.as_primitive::<IntervalMonthDayNanoType>();
            let found: Int64Array = (0..intervals.len())
                .map(|row| {
                    let v = intervals.is_valid(row).then(|| intervals.value(row))?;
                    let micros = v.nanoseconds / 1000;
                    Some(match part {
                        Part::Year => i64::from(v.months / 12),
                        Part::Quarter => i64::from(v.months % 12 / 3 + 1),
                        Part::Month => i64::from(v.months % 12),
                        Part::Day => i64::from(v.days),
                        Part::Hour => micros / (3600 * SECOND),
                        Part::Minute => micros / (60 * SECOND) % 60,
                        _ => micros % (60 * SECOND),
                    })
                })
                .collect();
            labelled(found, &label)
        },
    ))
}
