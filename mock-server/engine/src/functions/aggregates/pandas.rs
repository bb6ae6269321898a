//! Aggregates that only the pandas API on Spark calls: the same statistics with pandas' degrees of
//! freedom, its modes and its products.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, UInt32Array};
use arrow::compute::{SortOptions, sort_to_indices, take};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::ScalarValue;

use super::edges::counted;
use super::{converted, double, fold, one_double, one_list};
use crate::error::{ANSI, Error, QueryContext, Result};
use crate::functions::kernels::java_hash::open_hash_order;
use crate::functions::kernels::statistics::{Moments, doubles, moments, pairs};
use crate::functions::{Call, Function, aggregate};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_integral, is_numeric};

pub(in crate::functions) const TABLE: &[Function] = &[
    aggregate("collect_top_k", collect_top_k),
    aggregate("pandas_covar", covariance),
    aggregate("pandas_kurt", |call| {
        moment(call, "pandas_kurtosis", kurtosis)
    }),
    aggregate("pandas_mode", mode),
    aggregate("pandas_product", product),
    aggregate("pandas_skew", |call| {
        moment(call, "pandas_skewness", skewness)
    }),
    aggregate("pandas_stddev", |call| {
        spread(call, "pandas_stddev", |variance| variance.sqrt())
    }),
    aggregate("pandas_var", |call| {
        spread(call, "pandas_variance", |variance| variance)
    }),
];

/// Below this pandas takes a sum of deviations for zero.
const NOTHING: f64 = 1e-14;

/// The call as Spark shows it: under another name, its constants left out.
fn shown<'a>(call: &Call<'a>, name: &'static str, n_args: usize) -> Result<Call<'a>> {
    call.arity(n_args..=call.args.len().max(n_args))?;
    Ok(Call {
        context: call.context,
        name,
        args: call.args[..n_args].to_vec(),
        distinct: call.distinct,
        filter: call.filter.clone(),
        ignore_nulls: call.ignore_nulls,
        origin: call.origin.clone(),
    })
}

/// A constant argument.
fn constant<T>(call: &Call<'_>, index: usize, of: impl Fn(&Typed) -> Option<T>) -> Result<T> {
    let arg = call.arg(index)?;
    of(arg).ok_or_else(|| {
        Error::unsupported(format!(
            "`{}` with {} that is no constant",
            call.name, arg.name
        ))
    })
}

fn flag(call: &Call<'_>, index: usize) -> Result<bool> {
    constant(call, index, |arg| match arg.constant() {
        Some(ScalarValue::Boolean(flag)) => *flag,
        _ => None,
    })
}

fn degrees(call: &Call<'_>, index: usize) -> Result<f64> {
    constant(call, index, |arg| {
        match arg.constant()?.cast_to(&DataType::Float64) {
            Ok(ScalarValue::Float64(degrees)) => degrees,
            _ => None,
        }
    })
}

/// `stddev` and `var` with `ddof`.
fn spread(call: &Call<'_>, name: &'static str, finish: fn(f64) -> f64) -> Result<Typed> {
    call.arity(2..=2)?;
    let degrees = degrees(call, 1)?;
    over_doubles(&shown(call, name, 1)?, degrees.to_string(), move |all| {
        (all.n > 0.0 && all.n != degrees).then(|| finish(all.m2 / (all.n - degrees)))
    })
}

fn moment(
    call: &Call<'_>,
    name: &'static str,
    finish: fn(&Moments) -> Option<f64>,
) -> Result<Typed> {
    call.arity(1..=1)?;
    over_doubles(&shown(call, name, 1)?, String::new(), finish)
}

fn over_doubles(
    call: &Call<'_>,
    options: String,
    finish: impl Fn(&Moments) -> Option<f64> + Send + Sync + 'static,
) -> Result<Typed> {
    let arg = double(call, 0)?;
    let result = (DataType::Float64, true);
    Ok(fold(
        call,
        (call.name, options),
        &[arg],
        result,
        1,
        move |columns| one_double(finish(&moments(doubles(columns, 0)?))),
    ))
}

fn or_zero(sum: f64) -> f64 {
    if sum.abs() < NOTHING { 0.0 } else { sum }
}

fn skewness(all: &Moments) -> Option<f64> {
    let (n, m2, m3) = (all.n, or_zero(all.m2), or_zero(all.m3));
    match n {
        _ if n < 3.0 => None,
        _ if m2 == 0.0 => Some(0.0),
        _ => Some(n * (n - 1.0).sqrt() / (n - 2.0) * m3 / m2.powf(1.5)),
    }
}

fn kurtosis(all: &Moments) -> Option<f64> {
    let (n, m2, m4) = (all.n, or_zero(all.m2), or_zero(all.m4));
    if n < 4.0 {
        return None;
    }
    let above = n * (n + 1.0) * (n - 1.0) * m4;
    let below = (n - 2.0) * (n - 3.0) * m2 * m2;
    let adjusted = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    Some(if below == 0.0 {
        0.0
    } else {
        above / below - adjusted
    })
}

fn covariance(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let degrees = degrees(call, 2)?;
    let call = &shown(call, "pandas_covar", 2)?;
    let args = [double(call, 0)?, double(call, 1)?];
    let options = (call.name, degrees.to_string());
    let result = (DataType::Float64, true);
    Ok(fold(call, options, &args, result, 2, move |columns| {
        let all = pairs(doubles(columns, 0)?, doubles(columns, 1)?);
        one_double((all.n > 0.0 && all.n != degrees).then(|| all.xy / (all.n - degrees)))
    }))
}

/// The most frequent values, in the order of the table that Spark counts them in.
fn mode(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let drops_nulls = flag(call, 1)?;
    let call = &shown(call, "pandas_mode", 1)?;
    let arg = call.arg(0)?.clone();
    let element: FieldRef = Arc::new(Field::new("element", arg.data_type.clone(), !drops_nulls));
    let result = (DataType::List(Arc::clone(&element)), false);
    let options = (call.name, drops_nulls.to_string());
    let not_null = usize::from(drops_nulls);
    Ok(fold(
        call,
        options,
        &[arg],
        result,
        not_null,
        move |columns| {
            let (known, counts) = counted(first(columns)?)?;
            let best = counts.iter().max();
            let mut order = open_hash_order(&known);
            // The table keeps null apart and gives it first.
            order.sort_by_key(|at| known.is_valid(*at));
            let places: UInt32Array = order
                .into_iter()
                .filter(|at| counts.get(*at) == best)
                .map(|at| u32::try_from(at).ok())
                .collect();
            one_list(take(&known, &places, None)?, &element)
        },
    ))
}

/// The greatest or, the other way round, the least values.
fn collect_top_k(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let limit = constant(call, 1, |arg| usize::try_from(arg.constant_i64()?).ok())?;
    let least = flag(call, 2)?;
    let call = &shown(call, "collect_top_k", 1)?;
    let arg = call.arg(0)?.clone();
    let element: FieldRef = Arc::new(Field::new("element", arg.data_type.clone(), false));
    let result = (DataType::List(Arc::clone(&element)), false);
    let options = (call.name, format!("{limit} {least}"));
    Ok(fold(call, options, &[arg], result, 1, move |columns| {
        let order = SortOptions {
            descending: !least,
            nulls_first: false,
        };
        let values = first(columns)?;
        let places = sort_to_indices(values, Some(order), Some(limit))?;
        one_list(take(values, &places, None)?, &element)
    }))
}

/// The product of all values; of whole numbers a whole number. With a null in it that counts, null.
fn product(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let drops_nulls = flag(call, 1)?;
    let call = &shown(call, "pandas_product", 1)?;
    let arg = call.arg(0)?.clone();
    let to = match &arg.data_type {
        whole if is_integral(whole) => DataType::Int64,
        number if is_numeric(number) => DataType::Float64,
        DataType::Utf8 | DataType::Null => DataType::Float64,
        _ => return Err(call.unexpected_type(0, "NUMERIC")),
    };
    let arg = converted(call, arg, &to)?;
    let ansi = call.context.ansi;
    let options = (call.name, format!("{drops_nulls} {ansi}"));
    let result = (to.clone(), !drops_nulls);
    let not_null = usize::from(drops_nulls);
    Ok(fold(
        call,
        options,
        &[arg],
        result,
        not_null,
        move |columns| {
            let values = first(columns)?;
            let is_null = values.null_count() > 0;
            Ok(match to {
                DataType::Int64 => {
                    let values = values.as_primitive::<Int64Type>();
                    let mut product = 1_i64;
                    for value in values.iter().flatten() {
                        product = match (product.checked_mul(value), ansi) {
                            (Some(product), _) => product,
                            (None, false) => product.wrapping_mul(value),
                            (None, true) => return Err(overflow()),
                        };
                    }
                    Arc::new(Int64Array::from(vec![(!is_null).then_some(product)])) as ArrayRef
                }
                _ => {
                    let values = values.as_primitive::<Float64Type>();
                    let product = values.iter().flatten().product();
                    Arc::new(Float64Array::from(vec![(!is_null).then_some(product)]))
                }
            })
        },
    ))
}

fn overflow() -> Error {
    Error::new(
        "ARITHMETIC_OVERFLOW",
        [
            ("message", "long overflow"),
            (
                "alternative",
                " Use 'try_multiply' to tolerate overflow and return NULL instead.",
            ),
            ("config", ANSI),
        ],
    )
    .at(Some(QueryContext::nowhere()))
}

fn first(columns: &[ArrayRef]) -> Result<&ArrayRef> {
    columns
        .first()
        .ok_or_else(|| Error::internal("an aggregate lost its values"))
}
