//! Intervals times and by numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float64Type, IntervalMonthDayNanoType, IntervalUnit, i256,
};

use crate::error::{Error, Result};
use crate::functions::arithmetic::{Failure, Operator};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::decimal;
use crate::functions::kernels::longs::{labelled, longs};
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_integral, is_numeric};

const YEAR_MONTH: DataType = DataType::Interval(IntervalUnit::YearMonth);
const CALENDAR: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// `interval * number` and `interval / number`, rounded half up.
pub(super) fn scale(
    call: &Call<'_>,
    operator: Operator,
    failure: Failure,
    (interval, number): (&Typed, &Typed),
    name: &Arc<str>,
) -> Result<Option<Typed>> {
    let number = match &number.data_type {
        t if is_integral(t) || matches!(t, DataType::Decimal128(..)) => number.clone(),
        t if is_numeric(t) || matches!(t, DataType::Utf8 | DataType::Null) => cast(
            call.context,
            number.clone(),
            &DataType::Float64,
            CastMode::implicit(call.context),
            call.origin.clone(),
        )?,
        _ => return Ok(None),
    };
    let divides = operator == Operator::Divide;
    let tries = failure == Failure::Null || (divides && !call.context.ansi);
    let nullable = interval.nullable || number.nullable || tries;
    let data_type = interval.data_type.clone();
    let name: Arc<str> = if data_type == CALENDAR {
        let function = if divides {
            "divide_interval"
        } else {
            "multiply_interval"
        };
        format!("{function}({}, {})", interval.name, number.name).into()
    } else if divides || call.name.starts_with("try_") {
        Arc::clone(name)
    } else {
        // Spark puts the interval first, wherever it stood.
        format!("({} * {})", interval.name, number.name).into()
    };
    let job = Scale {
        divides,
        tries,
        months: data_type == YEAR_MONTH,
        origin: call.origin.clone(),
    };
    let to = data_type.clone();
    Ok(Some(Kernel::typed(
        "interval_scale",
        format!("{job:?}"),
        (data_type, nullable),
        vec![interval.expr.clone(), number.expr],
        name,
        move |args| {
            let (intervals, numbers) = (args.array(0)?, args.array(1)?);
            if to == CALENDAR {
                return job.calendar(&intervals, &numbers);
            }
            let intervals = longs(&intervals)?;
            let mut out = Int64Array::builder(args.rows);
            for row in 0..args.rows {
                if intervals.is_null(row) || numbers.is_null(row) {
                    out.append_null();
                } else {
                    out.append_option(job.one(intervals.value(row), &numbers, row)?);
                }
            }
            labelled(out.finish(), &to)
        },
    )))
}

#[derive(Debug, Clone)]
struct Scale {
    divides: bool,
    tries: bool,
    months: bool,
    origin: Option<crate::error::QueryContext>,
}

impl Scale {
    fn one(&self, value: i64, numbers: &ArrayRef, row: usize) -> Result<Option<i64>> {
        let found = match numbers.data_type() {
            DataType::Float64 => {
                let by = numbers.as_primitive::<Float64Type>().value(row);
                if self.divides && by == 0.0 {
                    return self.zero();
                }
                #[expect(clippy::cast_precision_loss, reason = "Spark goes by doubles, too")]
                let exact = if self.divides {
                    value as f64 / by
                } else {
                    value as f64 * by
                };
                // `DoubleMath.roundToLong` with HALF_UP rounds halves away from zero.
                let rounded = exact.round();
                #[expect(clippy::cast_possible_truncation, reason = "checked before")]
                let whole =
                    (rounded.is_finite() && rounded.abs() < 9.2e18).then_some(rounded as i64);
                whole
            }
            other => {
                let (unscaled, scale) = match other {
                    DataType::Decimal128(_, scale) => (
                        numbers.as_primitive::<Decimal128Type>().value(row),
                        i32::from(*scale),
                    ),
                    _ => {
                        let whole = longs(&numbers.slice(row, 1))?.value(0);
                        (i128::from(whole), 0)
                    }
                };
                if self.divides && unscaled == 0 {
                    return self.zero();
                }
                let (value, by) = (
                    i256::from_i128(i128::from(value)),
                    i256::from_i128(unscaled),
                );
                let exact = if self.divides {
                    let scaled = value.wrapping_mul(decimal::power(scale));
                    decimal::half_up(scaled, by)
                } else {
                    let product = value.wrapping_mul(by);
                    decimal::rescale(product, scale, 0).unwrap_or(product)
                };
                exact.to_i128().and_then(|v| i64::try_from(v).ok())
            }
        };
        match found.filter(|v| !self.months || i32::try_from(*v).is_ok()) {
            Some(found) => Ok(Some(found)),
            None if self.tries => Ok(None),
            None => Err(Error::of("INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION")
                .at(self.origin.clone())),
        }
    }

    fn zero(&self) -> Result<Option<i64>> {
        if self.tries {
            Ok(None)
        } else {
            Err(Error::of("INTERVAL_DIVIDED_BY_ZERO").at(self.origin.clone()))
        }
    }

    /// Calendar intervals: each part scaled, fractions of days carried into microseconds.
    fn calendar(&self, intervals: &ArrayRef, numbers: &ArrayRef) -> Result<ArrayRef> {
        let by = arrow::compute::cast(numbers, &DataType::Float64)?;
        let by = by.as_primitive::<Float64Type>();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "Spark's `IntervalUtils.fromDoubles` truncates alike"
        )]
        let found = intervals
            .as_primitive::<IntervalMonthDayNanoType>()
            .iter()
            .zip(by)
            .map(|pair| {
                let (Some(value), Some(by)) = pair else {
                    return Ok(None);
                };
                if self.divides && by == 0.0 {
                    return self.zero().map(|_| None);
                }
                let scaled = |part: f64| if self.divides { part / by } else { part * by };
                let months = scaled(f64::from(value.months));
                let days = scaled(f64::from(value.days));
                let micros = scaled((value.nanoseconds / 1000) as f64);
                let carried = days.fract() * DAY as f64;
                Ok(Some(IntervalMonthDayNanoType::make_value(
                    months.trunc() as i32,
                    days.trunc() as i32,
                    ((micros + carried).round() as i64).saturating_mul(1000),
                )))
            })
            .collect::<Result<PrimitiveArray<IntervalMonthDayNanoType>>>()?;
        Ok(Arc::new(found))
    }
}
