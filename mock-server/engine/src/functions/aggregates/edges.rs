//! One of the values: the first, the greatest, the most frequent.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr};

use super::{expr, fold, ordered, typed};
use crate::error::{Error, QueryContext, Result};
use crate::functions::Call;
use crate::functions::float_extreme;
use crate::functions::fold::{Fold, Rows};
use crate::functions::kernels::java_hash::open_hash_order;
use crate::plan::typed::Typed;

fn is_nested(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::Struct(_))
}

pub(super) fn extreme(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?.clone();
    ordered(call, &arg)?;
    let result = (arg.data_type.clone(), true);
    if is_nested(&arg.data_type) {
        let max = call.name == "max";
        return Ok(fold(
            call,
            (call.name, String::new()),
            &[arg],
            result,
            1,
            move |columns| extreme_row(columns, max),
        ));
    }
    let function = match &arg.data_type {
        DataType::Float32 | DataType::Float64 => {
            float_extreme::udaf(call.name == "max", arg.data_type.clone())
        }
        _ => function,
    };
    Ok(typed(call, function, &[arg], result, call.default_name()))
}

/// The last column's value in the row whose first column is greatest or least; of equals the later.
fn extreme_row(columns: &[ArrayRef], max: bool) -> Result<ArrayRef> {
    let (Some(keys), Some(values)) = (columns.first(), columns.last()) else {
        return Err(Error::internal("an aggregate without arguments"));
    };
    let rows = crate::functions::collections::keys(keys)?;
    let mut best: Option<usize> = None;
    for row in 0..rows.num_rows() {
        let better = best.is_none_or(|best| {
            if max {
                rows.row(row) >= rows.row(best)
            } else {
                rows.row(row) <= rows.row(best)
            }
        });
        if better {
            best = Some(row);
        }
    }
    let place = UInt32Array::from(vec![best.and_then(|row| u32::try_from(row).ok())]);
    Ok(take(values, &place, None)?)
}

pub(super) fn extreme_by(call: &Call<'_>, max: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    let (value, key) = (call.arg(0)?.clone(), call.arg(1)?.clone());
    ordered(call, &key)?;
    let result = (value.data_type.clone(), true);
    Ok(fold(
        call,
        (call.name, String::new()),
        &[key, value],
        result,
        1,
        move |columns| extreme_row(columns, max),
    ))
}

/// `first`, `last` and their kin.
pub(super) fn edge(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=2)?;
    let ignore_nulls = match call.args.get(1) {
        None => call.ignore_nulls,
        Some(flag) => match flag.constant() {
            Some(ScalarValue::Boolean(Some(flag))) => *flag || call.ignore_nulls,
            _ => {
                let name = call.name.trim_end_matches("_value");
                let name = if name == "any" { call.name } else { name };
                let error = Error::new("_LEGACY_ERROR_TEMP_1210", [("funcName", name)]);
                return Err(error.at(call.origin.clone()));
            }
        },
    };
    let arg = call.arg(0)?;
    let name = format!("{}({})", call.name, arg.name);
    Ok(Typed::new(
        expr(call, function, vec![arg.expr.clone()], ignore_nulls),
        arg.data_type.clone(),
        true,
        name,
    ))
}

/// The value of a scalar subquery: null without rows, an error with more than one.
pub(crate) fn only_value(value: Typed, origin: Option<QueryContext>) -> Typed {
    let result = (value.data_type.clone(), true);
    let rows = Rows {
        not_null: 0,
        distinct: false,
    };
    let options = format!("{origin:?}");
    let inputs = [value.data_type.clone()];
    let function = Fold::udaf(
        "only_value",
        options,
        result.clone(),
        &inputs,
        rows,
        move |columns| {
            let values = columns
                .first()
                .ok_or_else(|| Error::internal("a subquery without a column"))?;
            if values.len() > 1 {
                return Err(Error::of("SCALAR_SUBQUERY_TOO_MANY_ROWS").at(origin.clone()));
            }
            let first = (!values.is_empty()).then_some(0);
            Ok(take(values, &UInt32Array::from(vec![first]), None)?)
        },
    );
    let call =
        AggregateFunction::new_udf(function, vec![value.expr], false, None, Vec::new(), None);
    Typed::new(Expr::AggregateFunction(call), result.0, true, "")
}

/// `mode(a)`, and `mode(a, true)`, which means `mode() WITHIN GROUP (ORDER BY a DESC)`: the least of
/// the most frequent values.
pub(super) fn mode(call: &Call<'_>) -> Result<Typed> {
    if call.args.is_empty() {
        return Err(Error::new(
            "INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING",
            [("funcName", "`mode`")],
        )
        .at(call.origin.clone()));
    }
    call.arity(1..=2)?;
    let arg = call.arg(0)?.clone();
    let deterministic = match call.args.get(1).map(Typed::constant) {
        Some(Some(ScalarValue::Boolean(Some(flag)))) => *flag,
        None => false,
        Some(_) => return Err(call.unexpected_type(1, "BOOLEAN")),
    };
    if !deterministic {
        let name = format!("mode({})", arg.name);
        return Ok(mode_of(call, arg, None).named(name));
    }
    let name = format!("mode() WITHIN GROUP (ORDER BY {} DESC)", arg.name);
    Ok(mode_of(call, arg, Some(false)).named(name))
}

/// `mode() WITHIN GROUP (ORDER BY a)`: of the most frequent values the greatest when the order
/// descends in Spark's own sense, which is reversed. Arguments are the value and ascending.
pub(super) fn mode_within_group(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let arg = call.arg(0)?.clone();
    let ascending = !matches!(
        call.arg(1)?.constant(),
        Some(ScalarValue::Boolean(Some(false)))
    );
    // Spark keeps the order the other way round, and shows it so.
    let order = if ascending { " DESC" } else { "" };
    let name = format!("mode() WITHIN GROUP (ORDER BY {}{order})", arg.name);
    Ok(mode_of(call, arg, Some(!ascending)).named(name))
}

/// Floats as their bits, by which Spark's table knows them: 0.0 and -0.0 are two, NaN is one.
fn bits(values: &ArrayRef) -> ArrayRef {
    match values.data_type() {
        DataType::Float32 => {
            let bits: Int32Array = values.as_primitive::<Float32Type>().unary(|value| {
                if value.is_nan() { f32::NAN } else { value }
                    .to_bits()
                    .cast_signed()
            });
            Arc::new(bits)
        }
        DataType::Float64 => {
            let bits: Int64Array = values.as_primitive::<Float64Type>().unary(|value| {
                if value.is_nan() { f64::NAN } else { value }
                    .to_bits()
                    .cast_signed()
            });
            Arc::new(bits)
        }
        _ => Arc::clone(values),
    }
}

/// The distinct values in the order of their first, and how often each is there.
pub(super) fn counted(values: &ArrayRef) -> Result<(ArrayRef, Vec<usize>)> {
    let rows = crate::functions::collections::keys(&bits(values))?;
    let mut counts: HashMap<_, (usize, usize)> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        counts.entry(row.owned()).or_insert((0, place)).0 += 1;
    }
    let mut counts: Vec<(usize, usize)> = counts.into_values().collect();
    counts.sort_unstable_by_key(|(_, place)| *place);
    let known: UInt32Array = counts
        .iter()
        .map(|(_, place)| u32::try_from(*place).ok())
        .collect();
    let counts = counts.into_iter().map(|(n, _)| n).collect();
    Ok((take(values, &known, None)?, counts))
}

fn mode_of(call: &Call<'_>, arg: Typed, order: Option<bool>) -> Typed {
    let result = (arg.data_type.clone(), true);
    fold(
        call,
        ("mode", format!("{order:?}")),
        &[arg],
        result,
        1,
        move |columns| {
            let values = columns
                .first()
                .ok_or_else(|| Error::internal("mode without values"))?;
            let (known, counts) = counted(values)?;
            let best = counts.iter().max();
            let first = match order {
                // Of equally frequent values Spark takes the first in the table they are counted in.
                None => open_hash_order(&known)
                    .into_iter()
                    .find(|at| counts.get(*at) == best),
                Some(max) => {
                    let keys = crate::functions::collections::keys(&known)?;
                    let among = (0..counts.len()).filter(|at| counts.get(*at) == best);
                    if max {
                        among.max_by(|a, b| keys.row(*a).cmp(&keys.row(*b)))
                    } else {
                        among.min_by(|a, b| keys.row(*a).cmp(&keys.row(*b)))
                    }
                }
            };
            let place = first.and_then(|at| u32::try_from(at).ok());
            Ok(take(&known, &UInt32Array::from(vec![place]), None)?)
        },
    )
}
