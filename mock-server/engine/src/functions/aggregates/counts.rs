//! Counting rows, and folding truth values and bits.

use std::sync::Arc;

use arrow::array::{Array, Int64Array};
use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::{count::count_udaf, grouping::grouping_udaf};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Case, Expr};

use super::{canonical, fold, typed};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

pub(super) fn count(call: &Call<'_>) -> Result<Typed> {
    if call.args.is_empty() {
        return Err(Error::new(
            "WRONG_NUM_ARGS.WITH_SUGGESTION",
            [
                ("functionName", "`count`"),
                ("expectedNum", " >= 1"),
                ("actualNum", "0"),
                ("legacyNum", "0"),
                (
                    "legacyConfKey",
                    "\"spark.sql.legacy.allowParameterlessCount\"",
                ),
                ("legacyConfValue", "\"true\""),
            ],
        )
        .placeless());
    }
    let result = (DataType::Int64, false);
    let name = call.default_name();
    if let [arg] = call.args.as_slice() {
        let arg = if call.distinct {
            canonical(arg.clone())
        } else {
            arg.clone()
        };
        return Ok(typed(call, count_udaf(), &[arg], result, name));
    }
    let arg = together(&call.args);
    Ok(typed(call, count_udaf(), &[arg], result, name))
}

/// All values in one, null if one is null.
fn together(args: &[Typed]) -> Typed {
    let fields: arrow::datatypes::Fields = args
        .iter()
        .enumerate()
        .map(|(index, arg)| Field::new(index.to_string(), arg.data_type.clone(), true))
        .collect();
    let data_type = DataType::Struct(fields.clone());
    let exprs = args.iter().map(|arg| canonical(arg.clone()).expr).collect();
    Kernel::typed(
        "all_or_null",
        "",
        (data_type, true),
        exprs,
        "",
        move |args| {
            let columns = args.arrays()?;
            let nulls = columns.iter().fold(None, |nulls, column| {
                arrow::buffer::NullBuffer::union(nulls.as_ref(), column.logical_nulls().as_ref())
            });
            Ok(Arc::new(arrow::array::StructArray::try_new(
                fields.clone(),
                columns,
                nulls,
            )?))
        },
    )
}

pub(super) fn count_pairs(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let arg = together(&call.args);
    let result = (DataType::Int64, false);
    Ok(typed(
        call,
        count_udaf(),
        &[arg],
        result,
        call.default_name(),
    ))
}

pub(super) fn count_if(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let condition = boolean(call)?;
    let one = Expr::Literal(ScalarValue::Int32(Some(1)), None);
    let case = Case::new(None, vec![(Box::new(condition.expr), Box::new(one))], None);
    let arg = Typed::new(Expr::Case(case), DataType::Int32, true, "");
    let result = (DataType::Int64, false);
    Ok(typed(
        call,
        count_udaf(),
        &[arg],
        result,
        call.default_name(),
    ))
}

fn boolean(call: &Call<'_>) -> Result<Typed> {
    match call.arg(0)?.data_type {
        DataType::Boolean | DataType::Null | DataType::Utf8 => call.implicit(0, &DataType::Boolean),
        _ => Err(call.unexpected_type(0, "BOOLEAN")),
    }
}

pub(super) fn bool_fold(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = boolean(call)?;
    let result = (DataType::Boolean, true);
    Ok(typed(call, function, &[arg], result, call.default_name()))
}

pub(super) fn bits(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        integral if is_integral(integral) => call.arg(0)?.clone(),
        DataType::Null => call.implicit(0, &DataType::Int32)?,
        _ => return Err(call.unexpected_type(0, "INTEGRAL")),
    };
    let result = (arg.data_type.clone(), true);
    Ok(typed(call, function, &[arg], result, call.default_name()))
}

pub(super) fn approx_count_distinct(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let arg = canonical(call.arg(0)?.clone());
    let name = format!("approx_count_distinct({})", call.arg(0)?.name);
    Ok(fold(
        call,
        ("approx_count_distinct", String::new()),
        &[arg],
        (DataType::Int64, false),
        1,
        |columns| {
            let n = crate::functions::fold::distinct(columns)?
                .first()
                .map_or(0, |c| c.len());
            Ok(Arc::new(Int64Array::from(vec![
                i64::try_from(n).unwrap_or(i64::MAX),
            ])))
        },
    )
    .named(name))
}

/// `grouping(a)` and `grouping_id(…)`: DataFusion's, which the aggregate node resolves.
pub(super) fn grouping(call: &Call<'_>) -> Result<Typed> {
    let one = call.name == "grouping";
    call.arity(if one { 1..=1 } else { 0..=usize::MAX })?;
    let args = call.args.iter().map(|arg| arg.expr.clone()).collect();
    let to = if one { DataType::Int8 } else { DataType::Int64 };
    let expr = Expr::AggregateFunction(AggregateFunction::new_udf(
        grouping_udaf(),
        args,
        false,
        None,
        Vec::new(),
        None,
    ));
    let expr = Expr::Cast(datafusion::logical_expr::Cast::new(
        Box::new(expr),
        to.clone(),
    ));
    Ok(Typed::new(expr, to, false, call.default_name()))
}
