//! Sketches: small summaries of large columns, in the bytes of Apache DataSketches, so that what this
//! server writes Spark can read and the reverse.
//!
//! What all of them share is here: taking a column, an options argument that must be a constant, and
//! bytes that may be no sketch.

mod count_min;
mod hll;
mod kll;
mod kll_text;
mod theta;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::fold::{Fold, Rows};
use super::{Call, Function, aggregate, scalar};
use crate::error::{Error, Result};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::sql_name;

const B: DataType = DataType::Binary;

pub(super) const TABLE: &[Function] = &[
    aggregate("count_min_sketch", count_min::count_min_sketch),
    aggregate("hll_sketch_agg", hll::sketch_agg),
    scalar("hll_sketch_estimate", hll::estimate),
    scalar("hll_union", hll::union),
    aggregate("hll_union_agg", hll::union_agg),
    aggregate("kll_merge_agg_bigint", kll::merge_agg::<i64>),
    aggregate("kll_merge_agg_double", kll::merge_agg::<kll::Double>),
    aggregate("kll_merge_agg_float", kll::merge_agg::<kll::Float>),
    aggregate("kll_sketch_agg_bigint", kll::sketch_agg::<i64>),
    aggregate("kll_sketch_agg_double", kll::sketch_agg::<kll::Double>),
    aggregate("kll_sketch_agg_float", kll::sketch_agg::<kll::Float>),
    scalar("kll_sketch_get_n_bigint", kll::n::<i64>),
    scalar("kll_sketch_get_n_double", kll::n::<kll::Double>),
    scalar("kll_sketch_get_n_float", kll::n::<kll::Float>),
    scalar("kll_sketch_get_quantile_bigint", kll::quantile::<i64>),
    scalar(
        "kll_sketch_get_quantile_double",
        kll::quantile::<kll::Double>,
    ),
    scalar("kll_sketch_get_quantile_float", kll::quantile::<kll::Float>),
    scalar("kll_sketch_get_rank_bigint", kll::rank::<i64>),
    scalar("kll_sketch_get_rank_double", kll::rank::<kll::Double>),
    scalar("kll_sketch_get_rank_float", kll::rank::<kll::Float>),
    scalar("kll_sketch_merge_bigint", kll::merge::<i64>),
    scalar("kll_sketch_merge_double", kll::merge::<kll::Double>),
    scalar("kll_sketch_merge_float", kll::merge::<kll::Float>),
    scalar("kll_sketch_to_string_bigint", kll_text::to_string::<i64>),
    scalar(
        "kll_sketch_to_string_double",
        kll_text::to_string::<kll::Double>,
    ),
    scalar(
        "kll_sketch_to_string_float",
        kll_text::to_string::<kll::Float>,
    ),
    scalar("theta_difference", theta::difference),
    scalar("theta_intersection", theta::intersection),
    aggregate("theta_intersection_agg", theta::intersection_agg),
    aggregate("theta_sketch_agg", theta::sketch_agg),
    scalar("theta_sketch_estimate", theta::estimate),
    scalar("theta_union", theta::union),
    aggregate("theta_union_agg", theta::union_agg),
];

/// One value that a sketch is fed with.
enum Item<'a> {
    Whole(i64),
    Double(f64),
    Bytes(&'a [u8]),
    Wholes(Vec<i64>),
}

/// Java's `Math.round`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float becomes the nearest whole number"
)]
fn rounded(value: f64) -> i64 {
    (value + 0.5).floor() as i64
}

/// Calls `feed` with every value of a column that is not null.
fn each(column: &ArrayRef, mut feed: impl FnMut(Item<'_>)) -> Result<()> {
    for row in 0..column.len() {
        if column.is_null(row) {
            continue;
        }
        feed(match column.data_type() {
            DataType::Int32 => {
                Item::Whole(i64::from(column.as_primitive::<Int32Type>().value(row)))
            }
            DataType::Int64 => Item::Whole(column.as_primitive::<Int64Type>().value(row)),
            DataType::Float32 => {
                Item::Double(f64::from(column.as_primitive::<Float32Type>().value(row)))
            }
            DataType::Float64 => Item::Double(column.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => Item::Bytes(column.as_string::<i32>().value(row).as_bytes()),
            DataType::Binary => Item::Bytes(column.as_binary::<i32>().value(row)),
            DataType::List(_) => {
                let items = column.as_list::<i32>().value(row);
                let items = arrow::compute::cast(&items, &DataType::Int64)?;
                Item::Wholes(items.as_primitive::<Int64Type>().iter().flatten().collect())
            }
            other => return Err(Error::internal(format!("a sketch was fed with {other}"))),
        });
    }
    Ok(())
}

/// An aggregate over one column that yields a sketch's bytes; the other arguments are options.
fn folded(
    call: &Call<'_>,
    (arg, not_null): (Typed, usize),
    options: String,
    finish: impl Fn(&ArrayRef) -> Result<Vec<u8>> + Send + Sync + 'static,
) -> Typed {
    let rows = Rows {
        not_null,
        distinct: call.distinct,
    };
    let inputs = [arg.data_type.clone()];
    let function = Fold::udaf(
        call.name,
        options,
        (B, false),
        &inputs,
        rows,
        move |columns| {
            let column = columns
                .first()
                .ok_or_else(|| Error::internal("a sketch without a column"))?;
            let bytes = finish(column)?;
            Ok(Arc::new(BinaryArray::from_vec(vec![bytes.as_slice()])))
        },
    );
    let filter = call
        .filter
        .as_ref()
        .map(|filter| Box::new(filter.expr.clone()));
    let expr = AggregateFunction::new_udf(
        function,
        vec![arg.expr],
        call.distinct,
        filter,
        Vec::new(),
        None,
    );
    Typed::new(Expr::AggregateFunction(expr), B, false, call.default_name())
}

/// The argument as it is, if its type is one of these; Spark casts none of them.
fn exactly(call: &Call<'_>, index: usize, types: &[DataType], required: &str) -> Result<Typed> {
    let arg = call.arg(index)?;
    let fits = |to: &DataType| crate::types::arrow::same_shape(&arg.data_type, to);
    if arg.data_type == DataType::Null {
        let to = types.first().cloned().unwrap_or(DataType::Null);
        return call.implicit(index, &to);
    }
    if types.iter().any(fits) {
        return Ok(arg.clone());
    }
    Err(call.unexpected_type(index, required))
}

/// A constant int; null counts as zero. None if it is no constant.
fn constant_int(call: &Call<'_>, index: usize) -> Result<Option<i32>> {
    let arg = exactly(call, index, &[DataType::Int32], "INT")?;
    if !arg.is_foldable() {
        return Ok(None);
    }
    let value = evaluate(&arg.expr)?.to_array()?;
    let ints = value.as_primitive::<Int32Type>();
    Ok(Some(if ints.is_null(0) { 0 } else { ints.value(0) }))
}

/// A number outside of what a sketch's size may be.
fn out_of_range(class: &'static str, function: &str, (min, max): (i32, i32), value: i32) -> Error {
    Error::new(
        class,
        [
            ("function", format!("`{function}`")),
            ("min", min.to_string()),
            ("max", max.to_string()),
            ("value", value.to_string()),
        ],
    )
}

fn of_function(class: &'static str, function: &str) -> Error {
    Error::new(class, [("function", format!("`{function}`"))])
}

/// Spark's complaint that is only a text.
fn hinted(call: &Call<'_>, message: String) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.TYPE_CHECK_FAILURE_WITH_HINT",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("msg", message),
            ("hint", String::new()),
        ],
    )
    .at(call.origin.clone())
}

/// Complains of a null where a constant is needed.
fn unexpected_null(call: &Call<'_>, what: &str) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.UNEXPECTED_NULL",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("exprName", what.to_owned()),
        ],
    )
    .at(call.origin.clone())
}

/// [`Call::foldable`] for an argument as it will be read, of the type it will have.
fn foldable(call: &Call<'_>, index: usize, what: &str, to: &DataType) -> Result<()> {
    let shown = format!("\"{}\"", sql_name(to));
    call.foldable(index, what)
        .map_err(|error| error.with("inputType", shown))
}
