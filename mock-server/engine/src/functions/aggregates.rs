//! Aggregates: Spark's argument and result types round DataFusion's own aggregates where they agree,
//! ours (`total.rs`, `fold.rs`) where they do not.
//!
//! Every builder yields one `Expr::AggregateFunction`, so that it works over windows too. Over 500
//! lines because it is the table of one family.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, StringArray, UInt32Array,
    new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast as arrow_cast, take};
use arrow::datatypes::{DataType, Field, Int32Type, IntervalUnit, IntervalYearMonthType};
use arrow::row::{RowConverter, SortField};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::{
    average::avg_udaf,
    bit_and_or_xor::{bit_and_udaf, bit_or_udaf, bit_xor_udaf},
    bool_and_or::{bool_and_udaf, bool_or_udaf},
    count::count_udaf,
    first_last::{first_value_udaf, last_value_udaf},
    grouping::grouping_udaf,
    min_max::{max_udaf, min_udaf},
    sum::sum_udaf,
};
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment};
use datafusion::logical_expr::{AggregateUDF, Case, Expr};

use super::fold::{Fold, Rows};
use super::kernel::Kernel;
use super::kernels::java_hash::{hash_set_order, open_hash_order};
use super::kernels::statistics::{
    at_shares, doubles, moments, pairs, percentile, percentile_discrete, sorted,
};
use super::total::{Overflow, Total};
use super::{Call, CastMode, Function, aggregate, cast, planned};
use crate::error::{Error, Result};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::list;
use crate::types::coerce::{adjusted, is_integral, is_numeric, is_orderable};
use crate::types::sql_name;

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
    planned("bitmap_and_agg"),
    planned("bitmap_construct_agg"),
    planned("bitmap_or_agg"),
    aggregate("bool_and", |call| bool_fold(call, bool_and_udaf())),
    aggregate("bool_or", |call| bool_fold(call, bool_or_udaf())),
    aggregate("collect_list", |call| collect(call, false)),
    aggregate("collect_set", |call| collect(call, true)),
    aggregate("corr", |call| pair(call, Pair::Corr)),
    aggregate("count", count),
    aggregate("count_if", count_if),
    planned("count_min_sketch"),
    aggregate("covar_pop", |call| pair(call, Pair::CovarPop)),
    aggregate("covar_samp", |call| pair(call, Pair::CovarSamp)),
    aggregate("every", |call| bool_fold(call, bool_and_udaf())),
    aggregate("first", |call| edge(call, first_value_udaf())),
    aggregate("first_value", |call| edge(call, first_value_udaf())),
    aggregate("grouping", grouping),
    aggregate("grouping_id", grouping),
    planned("histogram_numeric"),
    planned("hll_sketch_agg"),
    planned("hll_union_agg"),
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
    planned("theta_intersection_agg"),
    planned("theta_sketch_agg"),
    planned("theta_union_agg"),
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

fn converted(call: &Call<'_>, value: Typed, to: &DataType) -> Result<Typed> {
    cast(
        call.context,
        value,
        to,
        CastMode::implicit(call.context),
        None,
    )
}

fn sum(call: &Call<'_>, tries: bool) -> Result<Typed> {
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

fn average(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = summand(call)?;
    average_of(call, arg, tries)
}

fn average_of(call: &Call<'_>, arg: Typed, tries: bool) -> Result<Typed> {
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

fn count(call: &Call<'_>) -> Result<Typed> {
    if call.args.is_empty() {
        return Err(Error::new(
            "WRONG_NUM_ARGS.WITH_SUGGESTION",
            [
                ("functionName", "`count`"),
                ("expectedNum", "> 0"),
                ("actualNum", "0"),
                ("legacyNum", "0"),
                (
                    "legacyConfKey",
                    "\"spark.sql.legacy.allowParameterlessCount\"",
                ),
                ("legacyConfValue", "true"),
            ],
        )
        .at(call.origin.clone()));
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

/// Distinct counts take the two zeros as one; Arrow tells them apart.
fn canonical(arg: Typed) -> Typed {
    if !matches!(arg.data_type, DataType::Float32 | DataType::Float64) {
        return arg;
    }
    let zero = ScalarValue::new_zero(&arg.data_type).unwrap_or(ScalarValue::Null);
    let expr = Expr::BinaryExpr(datafusion::logical_expr::BinaryExpr::new(
        Box::new(arg.expr.clone()),
        datafusion::logical_expr::Operator::Plus,
        Box::new(Expr::Literal(zero, None)),
    ));
    Typed { expr, ..arg }
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

fn count_pairs(call: &Call<'_>) -> Result<Typed> {
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

fn count_if(call: &Call<'_>) -> Result<Typed> {
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

fn bool_fold(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = boolean(call)?;
    let result = (DataType::Boolean, true);
    Ok(typed(call, function, &[arg], result, call.default_name()))
}

fn bits(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        integral if is_integral(integral) => call.arg(0)?.clone(),
        DataType::Null => call.implicit(0, &DataType::Int32)?,
        _ => return Err(call.unexpected_type(0, "INTEGRAL")),
    };
    let result = (arg.data_type.clone(), true);
    Ok(typed(call, function, &[arg], result, call.default_name()))
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

fn is_nested(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::Struct(_))
}

fn extreme(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
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
    Ok(typed(call, function, &[arg], result, call.default_name()))
}

/// The last column's value in the row whose first column is greatest or least; of equals the later.
fn extreme_row(columns: &[ArrayRef], max: bool) -> Result<ArrayRef> {
    let (Some(keys), Some(values)) = (columns.first(), columns.last()) else {
        return Err(Error::internal("an aggregate without arguments"));
    };
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
    let rows = converter.convert_columns(&[Arc::clone(keys)])?;
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

fn extreme_by(call: &Call<'_>, max: bool) -> Result<Typed> {
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
fn edge(call: &Call<'_>, function: Arc<AggregateUDF>) -> Result<Typed> {
    call.arity(1..=2)?;
    let ignore_nulls = match call.args.get(1) {
        None => call.ignore_nulls,
        Some(flag) => match flag.constant() {
            Some(ScalarValue::Boolean(Some(flag))) => *flag || call.ignore_nulls,
            _ => {
                return Err(Error::new(
                    "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                    [
                        ("sqlExpr", format!("\"{}\"", call.default_name())),
                        ("inputName", "`ignorenullsexpr`".to_owned()),
                        ("inputType", format!("\"{}\"", sql_name(&flag.data_type))),
                        ("inputExpr", format!("\"{}\"", flag.name)),
                    ],
                )
                .at(call.origin.clone()));
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

fn collect(call: &Call<'_>, set: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?.clone();
    let shown = if set { "collect_set" } else { "collect_list" };
    if set && matches!(arg.data_type, DataType::Map(..)) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{shown}`")),
                ("dataType", "\"MAP\" or \"COLLATED STRING\"".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    }
    let element = Arc::new(Field::new("element", arg.data_type.clone(), false));
    let result = (DataType::List(Arc::clone(&element)), false);
    let rows = Rows {
        not_null: 1,
        distinct: set || call.distinct,
    };
    let inputs = [arg.data_type.clone()];
    let function = Fold::udaf(shown, "", result.clone(), &inputs, rows, move |columns| {
        let items = columns
            .first()
            .ok_or_else(|| Error::internal("a collected list lost its items"))?;
        if set {
            let order: UInt32Array = hash_set_order(items)
                .into_iter()
                .map(|place| u32::try_from(place).ok())
                .collect();
            return one_list(take(items, &order, None)?, &element);
        }
        one_list(Arc::clone(items), &element)
    });
    Ok(typed(call, function, &[arg], result, call.name_as(shown)))
}

fn approx_count_distinct(call: &Call<'_>) -> Result<Typed> {
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
            let n = super::fold::distinct(columns)?
                .first()
                .map_or(0, |c| c.len());
            Ok(Arc::new(Int64Array::from(vec![
                i64::try_from(n).unwrap_or(i64::MAX),
            ])))
        },
    )
    .named(name))
}

fn double(call: &Call<'_>, index: usize) -> Result<Typed> {
    match &call.arg(index)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(index, &DataType::Float64),
        number if is_numeric(number) => call.implicit(index, &DataType::Float64),
        _ => Err(call.unexpected_type(index, "DOUBLE")),
    }
}

#[derive(Debug, Clone, Copy)]
enum Moment {
    StddevSamp,
    StddevPop,
    VarSamp,
    VarPop,
    Skewness,
    Kurtosis,
}

fn one_double(value: Option<f64>) -> Result<ArrayRef> {
    Ok(Arc::new(Float64Array::from(vec![value])))
}

fn moment(call: &Call<'_>, moment: Moment) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = double(call, 0)?;
    Ok(fold(
        call,
        (call.name, format!("{moment:?}")),
        &[arg],
        (DataType::Float64, true),
        1,
        move |columns| {
            let all = moments(doubles(columns, 0)?);
            let (n, m2) = (all.n, all.m2);
            one_double(match moment {
                _ if n == 0.0 => None,
                Moment::StddevSamp => (n > 1.0).then(|| (m2 / (n - 1.0)).sqrt()),
                Moment::VarSamp => (n > 1.0).then(|| m2 / (n - 1.0)),
                Moment::StddevPop => Some((m2 / n).sqrt()),
                Moment::VarPop => Some(m2 / n),
                Moment::Skewness => (m2 != 0.0).then(|| n.sqrt() * all.m3 / (m2 * m2 * m2).sqrt()),
                Moment::Kurtosis => (m2 != 0.0).then(|| n * all.m4 / (m2 * m2) - 3.0),
            })
        },
    ))
}

#[derive(Debug, Clone, Copy)]
enum Pair {
    Corr,
    CovarPop,
    CovarSamp,
    RegrIntercept,
    RegrR2,
    RegrSlope,
    RegrSxx,
    RegrSxy,
    RegrSyy,
}

/// Aggregates of two numbers; of the `regr_` ones the second is the independent one.
fn pair(call: &Call<'_>, pair: Pair) -> Result<Typed> {
    call.arity(2..=2)?;
    let args = [double(call, 0)?, double(call, 1)?];
    Ok(fold(
        call,
        (call.name, format!("{pair:?}")),
        &args,
        (DataType::Float64, true),
        2,
        move |columns| {
            let (first, second) = (doubles(columns, 0)?, doubles(columns, 1)?);
            let all = match pair {
                Pair::Corr | Pair::CovarPop | Pair::CovarSamp => pairs(first, second),
                _ => pairs(second, first),
            };
            one_double(match pair {
                _ if all.n == 0.0 => None,
                Pair::Corr => {
                    let spread = (all.xx * all.yy).sqrt();
                    (all.n > 1.0 && spread != 0.0).then(|| all.xy / spread)
                }
                Pair::CovarPop => Some(all.xy / all.n),
                Pair::CovarSamp => (all.n > 1.0).then(|| all.xy / (all.n - 1.0)),
                Pair::RegrSlope => (all.n > 1.0 && all.xx != 0.0).then(|| all.xy / all.xx),
                Pair::RegrIntercept => {
                    (all.xx != 0.0).then(|| all.y_mean - all.xy / all.xx * all.x_mean)
                }
                Pair::RegrR2 if all.xx == 0.0 => None,
                Pair::RegrR2 if all.yy == 0.0 => Some(1.0),
                Pair::RegrR2 => Some(all.xy * all.xy / all.xx / all.yy),
                Pair::RegrSxx => Some(all.xx),
                Pair::RegrSxy => Some(all.xy),
                Pair::RegrSyy => Some(all.yy),
            })
        },
    ))
}

fn regr_average(call: &Call<'_>, index: usize) -> Result<Typed> {
    call.arity(2..=2)?;
    for place in 0..2 {
        double(call, place)?;
    }
    let value = match &call.arg(index)?.data_type {
        DataType::Decimal128(..) => call.arg(index)?.clone(),
        _ => double(call, index)?,
    };
    let both = super::and(
        Expr::IsNotNull(Box::new(call.arg(0)?.expr.clone())),
        Expr::IsNotNull(Box::new(call.arg(1)?.expr.clone())),
    );
    let branch = (Box::new(both), Box::new(value.expr));
    let expr = Expr::Case(Case::new(None, vec![branch], None));
    average_of(call, Typed::new(expr, value.data_type, true, ""), false)
}

fn product(call: &Call<'_>) -> Result<Typed> {
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

/// `mode(a)`, and `mode(a, true)`, which means `mode() WITHIN GROUP (ORDER BY a DESC)`: the least of
/// the most frequent values.
fn mode(call: &Call<'_>) -> Result<Typed> {
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
fn mode_within_group(call: &Call<'_>) -> Result<Typed> {
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
            let rows = super::collections::keys(values)?;
            let mut counts: std::collections::HashMap<_, (usize, usize)> =
                std::collections::HashMap::new();
            for (place, row) in rows.iter().enumerate() {
                counts.entry(row.owned()).or_insert((0, place)).0 += 1;
            }
            let mut counts: Vec<(usize, usize)> = counts.into_values().collect();
            counts.sort_unstable_by_key(|(_, place)| *place);
            let best = counts.iter().map(|(n, _)| *n).max();
            let known: UInt32Array = counts
                .iter()
                .map(|(_, place)| u32::try_from(*place).ok())
                .collect();
            let known = take(values, &known, None)?;
            let first = match order {
                // Of equally frequent values Spark takes the first in the table they are counted in.
                None => open_hash_order(&known)
                    .into_iter()
                    .find(|at| counts.get(*at).map(|(n, _)| *n) == best),
                Some(max) => {
                    let keys = super::collections::keys(&known)?;
                    let among =
                        (0..counts.len()).filter(|at| counts.get(*at).map(|(n, _)| *n) == best);
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

/// The fractions of a percentile call, and whether they came as an array.
fn fractions(call: &Call<'_>, index: usize) -> Result<(Vec<f64>, bool)> {
    let arg = call.arg(index)?;
    if !arg.is_foldable() {
        return Err(Error::new(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("inputName", "`percentage`".to_owned()),
                ("inputType", "\"DOUBLE\"".to_owned()),
                ("inputExpr", format!("\"{}\"", arg.name)),
            ],
        )
        .at(call.origin.clone()));
    }
    let is_array = matches!(arg.data_type, DataType::List(_));
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
    if values.is_empty() || values.iter().any(|value| !(0.0..=1.0).contains(value)) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "percentage".to_owned()),
                ("valueRange", "[0.0, 1.0]".to_owned()),
                ("currentValue", arg.name.to_string()),
            ],
        )
        .at(call.origin.clone()));
    }
    Ok((values, is_array))
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
            if values.is_empty() {
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

fn median(call: &Call<'_>) -> Result<Typed> {
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

fn percentile_of(call: &Call<'_>) -> Result<Typed> {
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
        None => format!(
            "{}({}, {}, 1)",
            call.name,
            call.arg(0)?.name,
            call.arg(1)?.name
        )
        .into(),
    };
    Ok(percentiles(call, &args, job, name))
}

/// `percentile_cont(f) WITHIN GROUP (ORDER BY v)`: arguments are the value, the fraction, ascending.
fn percentile_within_group(call: &Call<'_>) -> Result<Typed> {
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

fn percentile_approx(call: &Call<'_>) -> Result<Typed> {
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
            if values.is_empty() {
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

fn joined(columns: &[ArrayRef], delimiter: &str, descending: Option<bool>) -> Result<ArrayRef> {
    let texts = columns
        .first()
        .ok_or_else(|| Error::internal("listagg without values"))?;
    let order: Vec<usize> = match (columns.get(1), descending) {
        (Some(keys), Some(descending)) => {
            let options = arrow::compute::SortOptions {
                descending,
                nulls_first: !descending,
            };
            arrow::compute::sort_to_indices(keys, Some(options), None)?
                .values()
                .iter()
                .filter_map(|place| usize::try_from(*place).ok())
                .collect()
        }
        _ => (0..texts.len()).collect(),
    };
    let texts = texts.as_string::<i32>();
    let parts: Vec<&str> = order
        .into_iter()
        .filter(|row| texts.is_valid(*row))
        .map(|row| texts.value(row))
        .collect();
    let text = (!parts.is_empty()).then(|| parts.join(delimiter));
    Ok(Arc::new(StringArray::from(vec![text])))
}

fn delimiter(call: &Call<'_>, index: usize) -> Result<String> {
    match call.args.get(index) {
        None => Ok(String::new()),
        Some(arg) => match arg.constant() {
            Some(ScalarValue::Utf8(Some(text))) => Ok(text.clone()),
            Some(value) if value.is_null() => Ok(String::new()),
            _ => Err(Error::unsupported(format!(
                "the delimiter of `{}` other than a constant string",
                call.name
            ))),
        },
    }
}

fn listagg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    if matches!(call.arg(0)?.data_type, DataType::Binary) {
        return Err(Error::unsupported(format!("`{}` of binary", call.name)));
    }
    let arg = call.implicit(0, &DataType::Utf8)?;
    let delimiter = delimiter(call, 1)?;
    let null = Typed::null(DataType::Utf8);
    let shown = super::rows::with_defaults(call, 2, &[null]);
    let shown = Call {
        distinct: call.distinct,
        ..shown
    }
    .default_name();
    Ok(fold(
        call,
        (call.name, delimiter.clone()),
        &[arg],
        (DataType::Utf8, true),
        1,
        move |columns| joined(columns, &delimiter, None),
    )
    .named(shown))
}

/// Arguments are the key, the value, maybe the delimiter, and whether the order ascends.
fn listagg_within_group(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    let last = call.args.len() - 1;
    let descending = matches!(
        call.arg(last)?.constant(),
        Some(ScalarValue::Boolean(Some(false)))
    );
    let value = call.implicit(1, &DataType::Utf8)?;
    let key = call.arg(0)?.clone();
    let delimiter = if last == 3 {
        delimiter(call, 2)?
    } else {
        String::new()
    };
    let delimited = call.args.get(2).filter(|_| last == 3);
    // Spark spells `string_agg` like this too.
    let name = format!(
        "listagg({}{}, {}) WITHIN GROUP (ORDER BY {} {} NULLS {})",
        if call.distinct { "DISTINCT " } else { "" },
        call.arg(1)?.name,
        delimited.map_or("NULL", |arg| arg.name.as_ref()),
        key.name,
        if descending { "DESC" } else { "ASC" },
        if descending { "LAST" } else { "FIRST" }
    );
    let folded = fold(
        call,
        (call.name, format!("{delimiter} {descending}")),
        &[value, key],
        (DataType::Utf8, true),
        1,
        move |columns| joined(columns, &delimiter, Some(descending)),
    );
    Ok(folded.named(name))
}

/// `grouping(a)` and `grouping_id(…)`: DataFusion's, which the aggregate node resolves.
fn grouping(call: &Call<'_>) -> Result<Typed> {
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
