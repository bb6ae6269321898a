//! Percentiles, exact and approximate; the approximate ones are exact here too.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, new_null_array};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{DataType, Int32Type, IntervalUnit, IntervalYearMonthType};
use datafusion::common::ScalarValue;

use super::{fold, one_list};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::statistics::{
    at_shares, doubles, percentile, percentile_discrete, sorted,
};
use crate::functions::kernels::text;
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::list;
use crate::types::coerce::is_integral;
use crate::types::coerce::is_numeric;

/// The fractions of a percentile call, and whether they came as an array.
fn fractions(call: &Call<'_>, index: usize) -> Result<(Vec<f64>, bool)> {
    let arg = call.arg(index)?;
    if !arg.is_foldable() {
        return Err(Error::new(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            [
                ("sqlExpr", format!("\"{}\"", shown(call))),
                ("inputName", "`percentage`".to_owned()),
                ("inputType", "\"DOUBLE\"".to_owned()),
                ("inputExpr", format!("\"{}\"", arg.name)),
            ],
        )
        .at(call.origin.clone()));
    }
    let is_array = match &arg.data_type {
        DataType::List(element) if element.is_nullable() && !element.data_type().is_null() => {
            let required = match call.name {
                "percentile_approx" | "approx_percentile" => "(\"DOUBLE\" or \"ARRAY<DOUBLE>\")",
                _ => "\"ARRAY<DOUBLE>\"",
            };
            let error = call.unexpected_type(1, required);
            return Err(error.with("sqlExpr", format!("\"{}\"", shown(call))));
        }
        other => matches!(other, DataType::List(_)),
    };
    let value = evaluate(&arg.expr)?.to_array()?;
    let values = if is_array {
        Arc::clone(value.as_list::<i32>().values())
    } else {
        value
    };
    let values = arrow_cast(&values, &DataType::Float64)?;
    let values: Vec<f64> = values
        .as_primitive::<arrow::datatypes::Float64Type>()
        .iter()
        .flatten()
        .collect();
    if values.is_empty() && !is_array {
        return Err(null(call, "percentage"));
    }
    if values.iter().any(|value| !(0.0..=1.0).contains(value)) {
        let current: Vec<String> = values
            .iter()
            .map(|value| format!("{}D", text::double(*value)))
            .collect();
        return Err(out_of_range(
            call,
            "percentage",
            "[0.0, 1.0]",
            current.join(","),
        ));
    }
    Ok((values, is_array))
}

/// The error of an argument that must not be null.
fn null(call: &Call<'_>, name: &str) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.UNEXPECTED_NULL",
        [
            ("sqlExpr", format!("\"{}\"", shown(call))),
            ("exprName", name.to_owned()),
        ],
    )
    .at(call.origin.clone())
}

fn out_of_range(call: &Call<'_>, name: &str, range: &str, current: String) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
        [
            ("sqlExpr", format!("\"{}\"", shown(call))),
            ("exprName", name.to_owned()),
            ("valueRange", range.to_owned()),
            ("currentValue", current),
        ],
    )
    .at(call.origin.clone())
}

/// The call as Spark shows it, with its defaults; one WITHIN GROUP as if it were none.
fn shown(call: &Call<'_>) -> Arc<str> {
    let name = call.default_name();
    let open = name.strip_suffix(')').unwrap_or(&name);
    match (call.name, call.args.as_slice()) {
        ("percentile", [_, _]) => format!("{open}, 1)").into(),
        ("percentile_approx" | "approx_percentile", [_, _]) => format!("{open}, 10000)").into(),
        (within, [value, fraction, _]) if within.ends_with("_within_group") => {
            let function = within.trim_end_matches("_within_group");
            format!("{function}({}, {})", value.name, fraction.name).into()
        }
        _ => name,
    }
}

/// The accuracy changes no answer here, but it must be one.
fn check_accuracy(call: &Call<'_>) -> Result<()> {
    let Some(arg) = call.args.get(2) else {
        return Ok(());
    };
    if !is_integral(&arg.data_type) && arg.data_type != DataType::Null {
        return Err(call.unexpected_type(2, "INTEGRAL"));
    }
    if !arg.is_foldable() {
        return Ok(());
    }
    let value = evaluate(&arg.expr)?.cast_to(&DataType::Int64)?;
    match value {
        ScalarValue::Int64(Some(1..=2_147_483_647)) => Ok(()),
        ScalarValue::Int64(Some(value)) => Err(out_of_range(
            call,
            "accuracy",
            "(0, 2147483647]",
            format!("{value}L"),
        )),
        _ => Err(null(call, "accuracy")),
    }
}

fn number_or_interval(call: &Call<'_>) -> Result<(Typed, DataType)> {
    let arg = call.arg(0)?;
    match &arg.data_type {
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth) => {
            let data_type = arg.data_type.clone();
            let number = Kernel::typed(
                "interval_as_double",
                "",
                (DataType::Float64, arg.nullable),
                vec![arg.expr.clone()],
                Arc::clone(&arg.name),
                |args| {
                    let array = args.array(0)?;
                    let whole: ArrayRef = match array.data_type() {
                        DataType::Interval(_) => Arc::new(
                            array
                                .as_primitive::<IntervalYearMonthType>()
                                .reinterpret_cast::<Int32Type>(),
                        ),
                        _ => arrow_cast(&array, &DataType::Int64)?,
                    };
                    Ok(arrow_cast(&whole, &DataType::Float64)?)
                },
            );
            Ok((number, data_type))
        }
        DataType::Utf8 | DataType::Null => {
            Ok((call.implicit(0, &DataType::Float64)?, DataType::Float64))
        }
        number if is_numeric(number) => {
            Ok((call.implicit(0, &DataType::Float64)?, DataType::Float64))
        }
        _ => Err(call.unexpected_type(
            0,
            "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\")",
        )),
    }
}

/// Doubles as the result's type: intervals lose what is behind the point.
fn from_doubles(values: Vec<Option<f64>>, to: &DataType) -> Result<ArrayRef> {
    let array: ArrayRef = Arc::new(Float64Array::from(values));
    Ok(match to {
        DataType::Duration(_) => arrow_cast(&arrow_cast(&array, &DataType::Int64)?, to)?,
        DataType::Interval(_) => {
            let whole = arrow_cast(&array, &DataType::Int32)?;
            Arc::new(
                whole
                    .as_primitive::<Int32Type>()
                    .reinterpret_cast::<IntervalYearMonthType>(),
            )
        }
        _ => array,
    })
}

#[derive(Debug, Clone)]
struct Percentiles {
    fractions: Vec<f64>,
    is_array: bool,
    discrete: bool,
    descending: bool,
    item: DataType,
}

fn percentiles(
    call: &Call<'_>,
    args: &[Typed],
    job: Percentiles,
    name: impl Into<Arc<str>>,
) -> Typed {
    let result = if job.is_array {
        list(job.item.clone(), false)
    } else {
        job.item.clone()
    };
    let options = format!("{job:?}");
    let data_type = result.clone();
    fold(
        call,
        (call.name, options),
        args,
        (result, true),
        args.len(),
        move |columns| {
            let mut values = sorted(doubles(columns, 0)?, columns.get(1));
            if values.is_empty() || job.fractions.is_empty() {
                return Ok(new_null_array(&data_type, 1));
            }
            if job.descending {
                values.reverse();
            }
            let at = if job.discrete {
                percentile_discrete
            } else {
                percentile
            };
            let found = job.fractions.iter().map(|f| at(&values, *f)).collect();
            let found = from_doubles(found, &job.item)?;
            match &data_type {
                DataType::List(element) if job.is_array => one_list(found, element),
                _ => Ok(found),
            }
        },
    )
    .named(name)
}

pub(super) fn median(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, item) = number_or_interval(call)?;
    let job = Percentiles {
        fractions: vec![0.5],
        is_array: false,
        discrete: false,
        descending: false,
        item,
    };
    Ok(percentiles(call, &[arg], job, call.default_name()))
}

pub(super) fn percentile_of(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let (arg, item) = number_or_interval(call)?;
    let (fractions, is_array) = fractions(call, 1)?;
    let job = Percentiles {
        fractions,
        is_array,
        discrete: false,
        descending: false,
        item,
    };
    let mut args = vec![arg];
    let name = match call.args.get(2) {
        Some(_) => {
            args.push(call.implicit(2, &DataType::Int64)?);
            call.default_name()
        }
        None => shown(call),
    };
    Ok(percentiles(call, &args, job, name))
}

/// `percentile_cont(f) WITHIN GROUP (ORDER BY v)`: arguments are the value, the fraction, ascending.
pub(super) fn percentile_within_group(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let (arg, item) = number_or_interval(call)?;
    let (fractions, is_array) = fractions(call, 1)?;
    let descending = matches!(
        call.arg(2)?.constant(),
        Some(ScalarValue::Boolean(Some(false)))
    );
    let function = call.name.trim_end_matches("_within_group");
    let name = format!(
        "{function}({}) WITHIN GROUP (ORDER BY {}{})",
        call.arg(1)?.name,
        call.arg(0)?.name,
        if descending { " DESC" } else { "" }
    );
    let job = Percentiles {
        fractions,
        is_array,
        discrete: function == "percentile_disc",
        descending,
        item,
    };
    Ok(percentiles(call, &[arg], job, name))
}

pub(super) fn percentile_approx(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(0, &DataType::Float64)?,
        DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Duration(_)
        | DataType::Interval(IntervalUnit::YearMonth) => call.arg(0)?.clone(),
        number if is_numeric(number) => call.arg(0)?.clone(),
        _ => {
            return Err(call.unexpected_type(
                0,
                "(\"NUMERIC\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")",
            ));
        }
    };
    let (fractions, is_array) = fractions(call, 1)?;
    check_accuracy(call)?;
    let accuracy = call.args.get(2).map_or("10000", |arg| arg.name.as_ref());
    let name = format!(
        "{}({}, {}, {accuracy})",
        call.name,
        call.arg(0)?.name,
        call.arg(1)?.name
    );
    let result = if is_array {
        list(arg.data_type.clone(), false)
    } else {
        arg.data_type.clone()
    };
    let data_type = result.clone();
    let folded = fold(
        call,
        (call.name, format!("{fractions:?} {is_array}")),
        &[arg],
        (result, true),
        1,
        move |columns| {
            let values = columns
                .first()
                .ok_or_else(|| Error::internal("a percentile without values"))?;
            if values.is_empty() || fractions.is_empty() {
                return Ok(new_null_array(&data_type, 1));
            }
            let found = at_shares(values, &fractions)?;
            match &data_type {
                DataType::List(element) if is_array => one_list(found, element),
                _ => Ok(found),
            }
        },
    );
    Ok(folded.named(name))
}
