//! Sums, means and products.

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::functions_aggregate::{average::avg_udaf, sum::sum_udaf};

use super::{converted, double, fold, one_double, typed};
use crate::error::Result;
use crate::functions::Call;
use crate::functions::kernels::statistics::doubles;
use crate::functions::total::{Overflow, Total};
use crate::plan::typed::Typed;
use crate::types::coerce::{adjusted, is_integral, is_numeric};

const NUMERIC_OR_INTERVAL: &str = "\"NUMERIC\" or \"ANSI INTERVAL\"";

/// The first argument as a number or interval; strings become doubles.
fn summand(call: &Call<'_>) -> Result<Typed> {
    let arg = call.arg(0)?;
    match &arg.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(0, &DataType::Float64),
        // Spark adds times up as seconds since the epoch.
        DataType::Timestamp(_, Some(_)) => converted(call, arg.clone(), &DataType::Float64),
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth) => Ok(arg.clone()),
        number if is_numeric(number) => Ok(arg.clone()),
        _ => Err(call.unexpected_type(0, NUMERIC_OR_INTERVAL)),
    }
}

pub(super) fn sum(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = summand(call)?;
    let name = call.default_name();
    let (input, result) = match &arg.data_type {
        DataType::Float32 | DataType::Float64 => {
            let arg = converted(call, arg, &DataType::Float64)?;
            let result = (DataType::Float64, true);
            return Ok(typed(call, sum_udaf(), &[arg], result, name));
        }
        integral if is_integral(integral) => (DataType::Int64, DataType::Int64),
        DataType::Decimal128(precision, scale) => (
            arg.data_type.clone(),
            DataType::Decimal128(precision.saturating_add(10).min(38), *scale),
        ),
        other => (other.clone(), other.clone()),
    };
    let arg = converted(call, arg, &input)?;
    let overflow = if tries {
        Overflow::Null
    } else if call.context.ansi || !(is_integral(&input) || is_numeric(&input)) {
        Overflow::Error
    } else if is_integral(&input) {
        Overflow::Wrap
    } else {
        Overflow::Null
    };
    let total = Total {
        mean: false,
        distinct: call.distinct,
        overflow,
        input,
        result: result.clone(),
        origin: call.origin.clone(),
    };
    Ok(typed(call, total.udaf(), &[arg], (result, true), name))
}

pub(super) fn average(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = summand(call)?;
    average_of(call, arg, tries)
}

pub(super) fn average_of(call: &Call<'_>, arg: Typed, tries: bool) -> Result<Typed> {
    let name = call.default_name();
    let result = match &arg.data_type {
        DataType::Decimal128(precision, scale) => {
            let (p, s) = (i16::from(*precision), i16::from(*scale));
            adjusted_mean(p + 4, s + 4)
        }
        DataType::Duration(_) | DataType::Interval(_) => arg.data_type.clone(),
        _ => {
            let arg = converted(call, arg, &DataType::Float64)?;
            let result = (DataType::Float64, true);
            return Ok(typed(call, avg_udaf(), &[arg], result, name));
        }
    };
    let total = Total {
        mean: true,
        distinct: call.distinct,
        overflow: if tries || !call.context.ansi {
            Overflow::Null
        } else {
            Overflow::Error
        },
        input: arg.data_type.clone(),
        result: result.clone(),
        origin: call.origin.clone(),
    };
    Ok(typed(call, total.udaf(), &[arg], (result, true), name))
}

/// `DecimalType.bounded`, which cuts both numbers at 38 and loses no fractional digit before.
fn adjusted_mean(precision: i16, scale: i16) -> DataType {
    if precision <= 38 {
        return adjusted(precision, scale);
    }
    DataType::Decimal128(38, i8::try_from(scale.min(38)).unwrap_or(38))
}

pub(super) fn product(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = double(call, 0)?;
    Ok(fold(
        call,
        ("product", String::new()),
        &[arg],
        (DataType::Float64, true),
        1,
        |columns| {
            let values = doubles(columns, 0)?;
            one_double((!values.is_empty()).then(|| values.values().iter().product()))
        },
    ))
}
