//! `sequence`: whole numbers, dates and times from one to another by steps.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int8Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, ListArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, Int64Type, IntervalMonthDayNanoType,
    IntervalUnit, IntervalYearMonthType, TimestampMicrosecondType,
};

use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::zone::Zone;
use crate::functions::temporal::moved;
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::arrow::list;
use crate::types::coerce::{is_integral, tightest};
use crate::types::names::simple_string;

const L: DataType = DataType::Int64;
const CALENDAR: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const UTC: Zone = Zone::Fixed(0);
const DAY_US: i64 = 86_400_000_000;
/// `ByteArrayMethods.MAX_ROUNDED_ARRAY_LENGTH`.
const LONGEST: i64 = 2_147_483_632;

/// A step as Spark takes it apart: months, days, microseconds.
#[derive(Debug, Clone, Copy)]
struct Step {
    months: i64,
    days: i64,
    micros: i64,
}

fn is_moment(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(..))
}

pub(super) fn sequence(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let mode = CastMode::implicit(call.context);
    let (start, stop) = (call.arg(0)?, call.arg(1)?);
    let common = match tightest(&start.data_type, &stop.data_type, call.context.ansi) {
        Some(common) if is_integral(&common) || is_moment(&common) => common,
        _ => return Err(wrong_types(call)),
    };
    let whole = is_integral(&common);
    let common = match call.args.get(2).map(|step| &step.data_type) {
        Some(step) if whole && is_integral(step) => {
            tightest(&common, step, call.context.ansi).unwrap_or(common)
        }
        Some(DataType::Null) | None => common,
        Some(DataType::Duration(_) | DataType::Interval(_)) if !whole => common,
        Some(_) => return Err(wrong_types(call)),
    };
    let start = cast(call.context, start.clone(), &common, mode, None)?;
    let stop = cast(call.context, stop.clone(), &common, mode, None)?;
    let step = call.args.get(2).cloned();
    let nullable = call.any_nullable();
    let element = list(common.clone(), false);
    let result = (element, nullable);
    let name = call.default_name();
    let mut exprs = vec![start.expr, stop.expr];
    if let Some(step) = step {
        let step = if whole {
            cast(call.context, step, &L, mode, None)?
        } else {
            step
        };
        exprs.push(step.expr);
    }
    let zone = match common {
        DataType::Timestamp(_, Some(_)) => Zone::Region(call.context.time_zone),
        _ => UTC,
    };
    let kind = call
        .args
        .get(2)
        .map_or(String::new(), |step| simple_string(&step.data_type));
    let options = format!("{common} {zone:?} {kind}");
    Ok(Kernel::typed(
        "sequence",
        options,
        result,
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let (from, to) = (numbers(&arrays[0])?, numbers(&arrays[1])?);
            let mut nulls = NullBuffer::union(from.nulls(), to.nulls());
            if let Some(step) = arrays.get(2) {
                nulls = NullBuffer::union(nulls.as_ref(), step.logical_nulls().as_ref());
            }
            let (mut items, mut lengths) = (Vec::new(), Vec::with_capacity(args.rows));
            for row in 0..args.rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let (from, to) = (from.value(row), to.value(row));
                let before = items.len();
                if whole {
                    let step = match arrays.get(2) {
                        Some(step) => step.as_primitive::<Int64Type>().value(row),
                        None if from <= to => 1,
                        None => -1,
                    };
                    whole_numbers(from, to, step, &mut items)?;
                } else {
                    let step = match arrays.get(2) {
                        Some(steps) => step_of(steps, row)?,
                        None => Step {
                            months: 0,
                            days: if from <= to { 1 } else { -1 },
                            micros: 0,
                        },
                    };
                    moments((from, to), step, zone, (&common, &kind), &mut items)?;
                }
                lengths.push(items.len() - before);
            }
            let DataType::List(element) = list(common.clone(), false) else {
                return Err(Error::internal("a sequence is no list"));
            };
            let items = typed(items, &common);
            let offsets = OffsetBuffer::from_lengths(lengths);
            Ok(Arc::new(ListArray::try_new(
                element, offsets, items, nulls,
            )?))
        },
    ))
}

/// Bounds as longs: numbers, days, or microseconds.
fn numbers(array: &ArrayRef) -> Result<Int64Array> {
    let found: Int64Array = match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().unary(i64::from),
        DataType::Timestamp(..) => array
            .as_primitive::<TimestampMicrosecondType>()
            .reinterpret_cast(),
        _ => arrow::compute::cast(array, &L)?
            .as_primitive::<Int64Type>()
            .clone(),
    };
    Ok(found)
}

fn typed(items: Vec<i64>, to: &DataType) -> ArrayRef {
    fn narrow<T: TryFrom<i64> + Default>(items: &[i64]) -> Vec<T> {
        items
            .iter()
            .map(|item| T::try_from(*item).unwrap_or_default())
            .collect()
    }
    match to {
        DataType::Int8 => Arc::new(Int8Array::from(narrow::<i8>(&items))),
        DataType::Int16 => Arc::new(Int16Array::from(narrow::<i16>(&items))),
        DataType::Int32 => Arc::new(Int32Array::from(narrow::<i32>(&items))),
        DataType::Date32 => Arc::new(Date32Array::from(narrow::<i32>(&items))),
        DataType::Timestamp(_, zone) => {
            Arc::new(TimestampMicrosecondArray::from(items).with_timezone_opt(zone.clone()))
        }
        _ => Arc::new(Int64Array::from(items)),
    }
}

/// `IntegralSequenceImpl`: the bounds must lie in the step's direction.
fn whole_numbers(from: i64, to: i64, step: i64, out: &mut Vec<i64>) -> Result<()> {
    check_bounds((from, to), step)?;
    let n = length(from, to, step)?;
    for place in 0..n {
        out.push(from + place * step);
    }
    Ok(())
}

fn check_bounds((from, to): (i64, i64), direction: i64) -> Result<()> {
    let step = direction;
    let fits = match direction {
        1.. => from <= to,
        0 => from == to,
        _ => from >= to,
    };
    if fits {
        return Ok(());
    }
    Err(Error::plain(
        Exception::IllegalArgument,
        format!("requirement failed: Illegal sequence boundaries: {from} to {to} by {step}"),
    ))
}

fn length(from: i64, to: i64, step: i64) -> Result<i64> {
    if step == 0 {
        return Ok(1);
    }
    let n = (i128::from(to) - i128::from(from)) / i128::from(step) + 1;
    i64::try_from(n)
        .ok()
        .filter(|n| *n <= LONGEST)
        .ok_or_else(|| {
            Error::new(
                "COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER",
                [
                    ("numberOfElements", n.to_string()),
                    ("maxRoundedArrayLength", LONGEST.to_string()),
                    ("functionName", "`sequence`".to_owned()),
                    ("parameter", "`count`".to_owned()),
                ],
            )
        })
}

fn step_of(steps: &ArrayRef, row: usize) -> Result<Step> {
    Ok(match steps.data_type() {
        DataType::Duration(_) => Step {
            months: 0,
            days: 0,
            micros: steps.as_primitive::<DurationMicrosecondType>().value(row),
        },
        DataType::Interval(IntervalUnit::YearMonth) => Step {
            months: i64::from(steps.as_primitive::<IntervalYearMonthType>().value(row)),
            days: 0,
            micros: 0,
        },
        other if *other == CALENDAR => {
            let steps: &IntervalMonthDayNanoArray =
                steps.as_primitive::<IntervalMonthDayNanoType>();
            let step = steps.value(row);
            Step {
                months: i64::from(step.months),
                days: i64::from(step.days),
                micros: step.nanoseconds / 1000,
            }
        }
        other => return Err(Error::internal(format!("a sequence by {other}"))),
    })
}

/// `TemporalSequenceImpl`: a step is added so many times to the start, so that the ends of months
/// do not wander.
fn moments(
    (from, to): (i64, i64),
    step: Step,
    zone: Zone,
    (data_type, kind): (&DataType, &str),
    out: &mut Vec<i64>,
) -> Result<()> {
    let is_date = *data_type == DataType::Date32;
    let unit = if is_date { DAY_US } else { 1 };
    if is_date && step.micros % DAY_US != 0 {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_3242",
            [("intervalType", kind.to_owned())],
        ));
    }
    let whole = step.days * DAY_US + step.micros;
    // Steps of days between dates and of microseconds between times are whole numbers to Spark.
    if step.months == 0 && (is_date || step.days == 0) {
        return whole_numbers(from, to, whole / unit, out);
    }
    let direction = step.months * 28 * DAY_US + whole;
    let to_micros = |value: i64| value * unit;
    check_bounds((to_micros(from), to_micros(to)), direction)?;
    if direction == 0 {
        out.push(from);
        return Ok(());
    }
    let zone = if is_date { UTC } else { zone };
    let (first, last) = (to_micros(from), to_micros(to));
    let mut n = 0_i64;
    loop {
        let next = moved(
            zone,
            first,
            (step.months * n, step.days * n, step.micros * n),
        )?;
        let past = if direction > 0 {
            next > last
        } else {
            next < last
        };
        if past {
            return Ok(());
        }
        out.push(if is_date {
            next.div_euclid(DAY_US)
        } else {
            next
        });
        n += 1;
        if n > LONGEST {
            return Err(Error::internal("a sequence without end"));
        }
    }
}

fn wrong_types(call: &Call<'_>) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("functionName", "`sequence`".to_owned()),
            (
                "startType",
                "(\"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"DATE\")".to_owned(),
            ),
            (
                "stepType",
                "(\"INTERVAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")"
                    .to_owned(),
            ),
            ("otherStartType", "\"INTEGRAL\"".to_owned()),
        ],
    )
    .at(call.origin.clone())
}
