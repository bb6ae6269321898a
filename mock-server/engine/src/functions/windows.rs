//! Functions that need `OVER (…)`: DataFusion's own with Spark's argument checks and result types.
//!
//! Frames, partitions and the name of the whole are put on by `plan/expression/window.rs`.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions_window::{
    cume_dist::cume_dist_udwf,
    lead_lag::{lag_udwf, lead_udwf},
    nth_value::nth_value_udwf,
    ntile::ntile_udwf,
    rank::{dense_rank_udwf, percent_rank_udwf, rank_udwf},
    row_number::row_number_udwf,
};
use datafusion::logical_expr::{Expr, WindowFunctionDefinition, WindowUDF};

use super::{Call, CastMode, Function, WindowCall, cast, window};
use crate::error::{Error, Result};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

pub(super) const TABLE: &[Function] = &[
    window("cume_dist", |call| {
        rank(call, cume_dist_udwf(), DataType::Float64)
    }),
    window("dense_rank", |call| {
        rank(call, dense_rank_udwf(), DataType::Int32)
    }),
    window("lag", |call| neighbour(call, lag_udwf())),
    window("lead", |call| neighbour(call, lead_udwf())),
    window("nth_value", nth_value),
    window("ntile", ntile),
    window("percent_rank", |call| {
        rank(call, percent_rank_udwf(), DataType::Float64)
    }),
    window("rank", |call| rank(call, rank_udwf(), DataType::Int32)),
    window("row_number", |call| {
        rank(call, row_number_udwf(), DataType::Int32)
    }),
];

fn built(
    call: &Call<'_>,
    function: Arc<WindowUDF>,
    args: Vec<Expr>,
    (data_type, nullable): (DataType, bool),
    name: impl Into<Arc<str>>,
) -> WindowCall {
    let placeholder = Expr::Literal(ScalarValue::Null, None);
    WindowCall {
        function: WindowFunctionDefinition::WindowUDF(function),
        args,
        // DataFusion counts in unsigned longs, Spark in ints.
        cast: data_type == DataType::Int32 && !nullable,
        distinct: false,
        whole_partition: false,
        aggregate: String::new(),
        shown: None,
        result: Typed::new(placeholder, data_type, nullable, name),
        ignore_nulls: call.ignore_nulls,
    }
}

fn rank(call: &Call<'_>, function: Arc<WindowUDF>, result: DataType) -> Result<WindowCall> {
    // Spark allows the ranks arguments that it ignores, and so do old queries.
    if call.name == "row_number" || call.name == "cume_dist" {
        call.arity(0..=0)?;
    }
    // Spark names the ranks that take arguments by their upper-case alias.
    let name = match call.name {
        "rank" | "dense_rank" | "percent_rank" => format!("{}()", call.name.to_uppercase()),
        other => format!("{other}()"),
    };
    Ok(built(call, function, Vec::new(), (result, false), name))
}

fn is_whole(arg: &Typed) -> bool {
    is_integral(&arg.data_type) || arg.data_type == DataType::Null
}

/// A constant whole number.
fn constant(call: &Call<'_>, index: usize, what: &str) -> Result<i64> {
    let arg = call.arg(index)?;
    let value = if arg.is_foldable() {
        evaluate(&call.implicit(index, &DataType::Int32)?.expr)?.cast_to(&DataType::Int64)?
    } else {
        ScalarValue::Null
    };
    match value {
        ScalarValue::Int64(Some(n)) => Ok(n),
        _ => Err(Error::new(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("inputName", format!("`{what}`")),
                (
                    "inputType",
                    format!("\"{}\"", crate::types::sql_name(&arg.data_type)),
                ),
                ("inputExpr", format!("\"{}\"", arg.name)),
            ],
        )
        .at(call.origin.clone())),
    }
}

fn ntile(call: &Call<'_>) -> Result<WindowCall> {
    call.arity(0..=1)?;
    if call.args.first().is_some_and(|arg| !is_whole(arg)) {
        return Err(call.unexpected_type(0, "INT"));
    }
    let n = if call.args.is_empty() {
        1
    } else {
        constant(call, 0, "buckets")?
    };
    if n <= 0 {
        return Err(Error::new(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "buckets".to_owned()),
                ("valueRange", "(0, 2147483647]".to_owned()),
                ("currentValue", n.to_string()),
            ],
        )
        .at(call.origin.clone()));
    }
    let shown = call.args.first().map_or("1", |arg| arg.name.as_ref());
    let name = format!("ntile({shown})");
    let args = vec![Expr::Literal(ScalarValue::Int64(Some(n)), None)];
    Ok(built(
        call,
        ntile_udwf(),
        args,
        (DataType::Int32, false),
        name,
    ))
}

/// `lag` and `lead`.
fn neighbour(call: &Call<'_>, function: Arc<WindowUDF>) -> Result<WindowCall> {
    call.arity(0..=4)?;
    let nothing = Typed::null(DataType::Null);
    let value = call.args.first().unwrap_or(&nothing);
    if let Some(offset) = call.args.get(1).filter(|arg| !is_whole(arg)) {
        // Spark builds `lag` with the offset negated, and fails at that.
        return Err(match call.name {
            "lag" => {
                Error::new("FAILED_FUNCTION_CALL", [("funcName", "`lag`")]).at(call.origin.clone())
            }
            _ => call.unexpected_type(1, "INT").with(
                "sqlExpr",
                format!("\"{}({}, {}, NULL)\"", call.name, value.name, offset.name),
            ),
        });
    }
    let offset = if call.args.len() > 1 {
        constant(call, 1, "offset")?
    } else {
        1
    };
    let default = match call.args.get(2) {
        None => Typed::null(value.data_type.clone()),
        Some(default) => cast(
            call.context,
            default.clone(),
            &value.data_type,
            CastMode::implicit(call.context),
            None,
        )?,
    };
    if !default.is_foldable() {
        return Err(Error::unsupported(format!(
            "`{}` with a default that is no constant",
            call.name
        )));
    }
    let nullable = value.nullable || default.nullable;
    let name = format!(
        "{}({}, {}, {})",
        call.name,
        value.name,
        call.args.get(1).map_or("1", |arg| arg.name.as_ref()),
        call.args.get(2).map_or("NULL", |arg| arg.name.as_ref())
    );
    let default = evaluate(&default.expr)?;
    let args = vec![
        value.expr.clone(),
        Expr::Literal(ScalarValue::Int64(Some(offset)), None),
        Expr::Literal(default, None),
    ];
    let mut found = built(
        call,
        function,
        args,
        (value.data_type.clone(), nullable),
        name,
    );
    found.cast = false;
    if let Some(flag) = call.args.get(3) {
        let Some(ScalarValue::Boolean(Some(flag))) = flag.constant() else {
            return Err(Error::new(
                "INVALID_PARAMETER_VALUE.BOOLEAN",
                [
                    ("functionName", format!("`{}`", call.name)),
                    ("parameter", "`ignoreNulls`".to_owned()),
                    ("invalidValue", format!("\"{}\"", flag.name)),
                ],
            )
            .at(call.origin.clone()));
        };
        found.ignore_nulls |= *flag;
    }
    Ok(found)
}

fn nth_value(call: &Call<'_>) -> Result<WindowCall> {
    call.arity(2..=3)?;
    let value = call.arg(0)?;
    if !is_whole(call.arg(1)?) && call.arg(1)?.data_type != DataType::Utf8 {
        return Err(call.unexpected_type(1, "INT"));
    }
    let n = constant(call, 1, "offset")?;
    let args = vec![
        value.expr.clone(),
        Expr::Literal(ScalarValue::Int64(Some(n)), None),
    ];
    let ignore_nulls = call.ignore_nulls
        || matches!(
            call.args.get(2).and_then(Typed::constant),
            Some(ScalarValue::Boolean(Some(true)))
        );
    let suffix = if ignore_nulls { " ignore nulls" } else { "" };
    let name = format!("nth_value({}, {n}){suffix}", value.name);
    let result = (value.data_type.clone(), true);
    let mut found = built(call, nth_value_udwf(), args, result, name);
    found.ignore_nulls = ignore_nulls;
    let column = value.id.map(|id| id.internal_name()).unwrap_or_default();
    found.shown = Some(format!(
        "nth_value({}{column}, {n}, {ignore_nulls})",
        value.name
    ));
    Ok(found)
}
