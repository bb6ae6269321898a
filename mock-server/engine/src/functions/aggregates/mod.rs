//! Aggregates: Spark's argument and result types round DataFusion's own aggregates where they agree,
//! ours (`total.rs`, `fold.rs`) where they do not.
//!
//! Every builder yields one `Expr::AggregateFunction`, so that it works over windows too.

mod counts;
mod edges;
mod frames;
mod histogram;
mod lists;
mod moments;
pub(super) mod pandas;
mod percentiles;
mod sums;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use datafusion::functions_aggregate::{
    bit_and_or_xor::{bit_and_udaf, bit_or_udaf, bit_xor_udaf},
    bool_and_or::{bool_and_udaf, bool_or_udaf},
    first_last::{first_value_udaf, last_value_udaf},
    min_max::{max_udaf, min_udaf},
};
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment};
use datafusion::logical_expr::{AggregateUDF, Expr};

use crate::error::{Error, Result};
use crate::functions::fold::{Fold, Rows};
use crate::functions::{Call, CastMode, Function, aggregate, cast, comparable, planned};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_numeric, is_orderable};
use crate::types::sql_name;
use counts::{approx_count_distinct, bits, bool_fold, count, count_if, count_pairs, grouping};
pub(crate) use edges::only_value;
use edges::{edge, extreme, extreme_by, mode, mode_within_group};
pub(crate) use frames::framed;
use histogram::histogram_numeric;
use lists::{collect, listagg, listagg_within_group};
use moments::{Moment, Pair, moment, pair, regr_average};
use percentiles::{median, percentile_approx, percentile_of, percentile_within_group};
use sums::{average, product, sum};

pub(super) const TABLE: &[Function] = &[
    aggregate("any", |call| bool_fold(call, bool_or_udaf())),
    aggregate("any_value", |call| edge(call, first_value_udaf())),
    aggregate("approx_count_distinct", approx_count_distinct),
    aggregate("approx_percentile", percentile_approx),
    planned("approx_top_k"),
    planned("approx_top_k_accumulate"),
    planned("approx_top_k_combine"),
    aggregate("array_agg", |call| collect(call, false)),
    aggregate("avg", |call| average(call, false)),
    aggregate("bit_and", |call| bits(call, bit_and_udaf())),
    aggregate("bit_or", |call| bits(call, bit_or_udaf())),
    aggregate("bit_xor", |call| bits(call, bit_xor_udaf())),
    aggregate("bool_and", |call| bool_fold(call, bool_and_udaf())),
    aggregate("bool_or", |call| bool_fold(call, bool_or_udaf())),
    aggregate("collect_list", |call| collect(call, false)),
    aggregate("collect_set", |call| collect(call, true)),
    aggregate("corr", |call| pair(call, Pair::Corr)),
    aggregate("count", count),
    aggregate("count_if", count_if),
    aggregate("covar_pop", |call| pair(call, Pair::CovarPop)),
    aggregate("covar_samp", |call| pair(call, Pair::CovarSamp)),
    aggregate("every", |call| bool_fold(call, bool_and_udaf())),
    aggregate("first", |call| edge(call, first_value_udaf())),
    aggregate("first_value", |call| edge(call, first_value_udaf())),
    aggregate("grouping", grouping),
    aggregate("grouping_id", grouping),
    aggregate("histogram_numeric", histogram_numeric),
    aggregate("kurtosis", |call| moment(call, Moment::Kurtosis)),
    aggregate("last", |call| edge(call, last_value_udaf())),
    aggregate("last_value", |call| edge(call, last_value_udaf())),
    aggregate("listagg", listagg),
    aggregate("listagg_within_group", listagg_within_group),
    aggregate("max", |call| extreme(call, max_udaf())),
    aggregate("max_by", |call| extreme_by(call, true)),
    aggregate("mean", |call| average(call, false)),
    aggregate("median", median),
    aggregate("min", |call| extreme(call, min_udaf())),
    aggregate("min_by", |call| extreme_by(call, false)),
    aggregate("mode", mode),
    aggregate("mode_within_group", mode_within_group),
    aggregate("percentile", percentile_of),
    aggregate("percentile_approx", percentile_approx),
    aggregate("percentile_cont_within_group", percentile_within_group),
    aggregate("percentile_disc_within_group", percentile_within_group),
    aggregate("product", product),
    aggregate("regr_avgx", |call| regr_average(call, 1)),
    aggregate("regr_avgy", |call| regr_average(call, 0)),
    aggregate("regr_count", count_pairs),
    aggregate("regr_intercept", |call| pair(call, Pair::RegrIntercept)),
    aggregate("regr_r2", |call| pair(call, Pair::RegrR2)),
    aggregate("regr_slope", |call| pair(call, Pair::RegrSlope)),
    aggregate("regr_sxx", |call| pair(call, Pair::RegrSxx)),
    aggregate("regr_sxy", |call| pair(call, Pair::RegrSxy)),
    aggregate("regr_syy", |call| pair(call, Pair::RegrSyy)),
    aggregate("skewness", |call| moment(call, Moment::Skewness)),
    aggregate("some", |call| bool_fold(call, bool_or_udaf())),
    aggregate("std", |call| moment(call, Moment::StddevSamp)),
    aggregate("stddev", |call| moment(call, Moment::StddevSamp)),
    aggregate("stddev_pop", |call| moment(call, Moment::StddevPop)),
    aggregate("stddev_samp", |call| moment(call, Moment::StddevSamp)),
    aggregate("string_agg", listagg),
    aggregate("string_agg_within_group", listagg_within_group),
    aggregate("sum", |call| sum(call, false)),
    aggregate("try_avg", |call| average(call, true)),
    aggregate("try_sum", |call| sum(call, true)),
    aggregate("var_pop", |call| moment(call, Moment::VarPop)),
    aggregate("var_samp", |call| moment(call, Moment::VarSamp)),
    aggregate("variance", |call| moment(call, Moment::VarSamp)),
];

/// The aggregate expression of a call.
fn expr(call: &Call<'_>, function: Arc<AggregateUDF>, args: Vec<Expr>, ignore_nulls: bool) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(
        function,
        args,
        call.distinct,
        call.filter
            .as_ref()
            .map(|filter| Box::new(filter.expr.clone())),
        Vec::new(),
        ignore_nulls.then_some(NullTreatment::IgnoreNulls),
    ))
}

fn typed(
    call: &Call<'_>,
    function: Arc<AggregateUDF>,
    args: &[Typed],
    (data_type, nullable): (DataType, bool),
    name: impl Into<Arc<str>>,
) -> Typed {
    let args = args.iter().map(|arg| arg.expr.clone()).collect();
    Typed::new(expr(call, function, args, false), data_type, nullable, name)
}

/// An aggregate of ours over gathered rows.
fn fold(
    call: &Call<'_>,
    (name, options): (&'static str, String),
    args: &[Typed],
    (data_type, nullable): (DataType, bool),
    not_null: usize,
    finish: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> Typed {
    let inputs: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    let rows = Rows {
        not_null,
        distinct: call.distinct,
    };
    let result = (data_type, nullable);
    let function = Fold::udaf(name, options, result.clone(), &inputs, rows, finish);
    typed(call, function, args, result, call.default_name())
}

fn converted(call: &Call<'_>, value: Typed, to: &DataType) -> Result<Typed> {
    cast(
        call.context,
        value,
        to,
        CastMode::implicit(call.context),
        None,
    )
}

/// Distinct counts take the two zeros as one, and maps in any order; Arrow tells them apart.
fn canonical(arg: Typed) -> Typed {
    Typed {
        expr: comparable(arg.clone()),
        ..arg
    }
}

fn ordered(call: &Call<'_>, arg: &Typed) -> Result<()> {
    if is_orderable(&arg.data_type) {
        return Ok(());
    }
    Err(Error::new(
        "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("functionName", format!("`{}`", call.name)),
            ("dataType", format!("\"{}\"", sql_name(&arg.data_type))),
        ],
    )
    .at(call.origin.clone()))
}

fn one_list(items: ArrayRef, element: &Arc<Field>) -> Result<ArrayRef> {
    let items = crate::types::arrow::relabel(&items, element.data_type())?;
    let offsets = OffsetBuffer::from_lengths([items.len()]);
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(element),
        offsets,
        items,
        None,
    )?))
}

fn double(call: &Call<'_>, index: usize) -> Result<Typed> {
    match &call.arg(index)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(index, &DataType::Float64),
        number if is_numeric(number) => call.implicit(index, &DataType::Float64),
        _ => Err(call.unexpected_type(index, "DOUBLE")),
    }
}

fn one_double(value: Option<f64>) -> Result<ArrayRef> {
    Ok(Arc::new(Float64Array::from(vec![value])))
}
