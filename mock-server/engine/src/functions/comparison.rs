//! Comparisons, three-valued logic, null tests and `IN`: DataFusion's own operators after Spark's
//! coercion, so that its optimiser sees through them.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{BinaryExpr, InList};
use datafusion::logical_expr::{Expr, Operator};

use super::{Call, CastMode, Function, cast, comparable, scalar, shown_type};
use crate::error::{Error, QueryContext, Result};
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::coerce::{common_of_all, comparison, is_orderable};
use crate::types::sql_name;

pub(super) const TABLE: &[Function] = &[
    scalar("!", negation),
    scalar("!=", |call| compare(call, Operator::NotEq)),
    scalar("<", |call| compare(call, Operator::Lt)),
    scalar("<=", |call| compare(call, Operator::LtEq)),
    scalar("<=>", |call| compare(call, Operator::IsNotDistinctFrom)),
    scalar("<>", |call| compare(call, Operator::NotEq)),
    scalar("=", |call| compare(call, Operator::Eq)),
    scalar("==", |call| compare(call, Operator::Eq)),
    scalar(">", |call| compare(call, Operator::Gt)),
    scalar(">=", |call| compare(call, Operator::GtEq)),
    scalar("and", |call| logical(call, Operator::And)),
    scalar("between", between),
    scalar("equal_null", |call| {
        compare(call, Operator::IsNotDistinctFrom)
    }),
    scalar("in", in_list),
    scalar("isnotnull", |call| {
        null_test(call, Expr::IsNotNull, "IS NOT NULL")
    }),
    scalar("isnull", |call| null_test(call, Expr::IsNull, "IS NULL")),
    scalar("not", negation),
    scalar("or", |call| logical(call, Operator::Or)),
];

/// Both conditions, for planners that have two.
pub(crate) fn and(left: Expr, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(
        Box::new(left),
        Operator::And,
        Box::new(right),
    ))
}

/// The opposite of a condition.
fn not(condition: Expr) -> Expr {
    Expr::Not(Box::new(condition))
}

/// `left = right` after Spark's coercion, for USING joins and simple CASE.
pub(crate) fn equals(
    context: &Context,
    left: Typed,
    right: Typed,
    origin: Option<QueryContext>,
) -> Result<Typed> {
    let call = Call {
        context,
        name: "=",
        args: vec![left, right],
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin,
    };
    compare(&call, Operator::Eq)
}

fn symbol(operator: Operator) -> String {
    match operator {
        Operator::IsNotDistinctFrom => "<=>".to_owned(),
        Operator::And => "AND".to_owned(),
        Operator::Or => "OR".to_owned(),
        other => other.to_string(),
    }
}

fn compare(call: &Call<'_>, operator: Operator) -> Result<Typed> {
    call.arity(2..=2)?;
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let rounded = (
        rounded(right, left, operator),
        rounded(left, right, mirrored(operator)),
    );
    let (left, right) = match &rounded {
        (Some(right), _) => (left, right),
        (None, Some(left)) => (left, right),
        (None, None) => (left, right),
    };
    // Spark prints `NOT (a = b)` for `a != b`.
    let name: Arc<str> = match (call.name, operator) {
        ("equal_null", _) => call.default_name(),
        (_, Operator::NotEq) => format!("(NOT ({} = {}))", left.name, right.name).into(),
        _ => format!("({} {} {})", left.name, symbol(operator), right.name).into(),
    };
    let common = comparison(&left.data_type, &right.data_type, call.context.ansi)
        .ok_or_else(|| different(call, &name, left, right))?;
    if !is_orderable(&common) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", format!("`{}`", symbol(operator))),
                ("dataType", format!("\"{}\"", sql_name(&common))),
            ],
        )
        .at(call.origin.clone()));
    }
    let mode = CastMode::implicit(call.context);
    // A whole constant beside a decimal takes as many digits as it has, which Spark calls a cast
    // that may fail.
    let narrowed = is_whole_beside_decimal(left, right) || is_whole_beside_decimal(right, left);
    let left = cast(
        call.context,
        left.clone(),
        &common,
        mode,
        call.origin.clone(),
    )?;
    let right = cast(
        call.context,
        right.clone(),
        &common,
        mode,
        call.origin.clone(),
    )?;
    let (left, right) = comparables(left, right);
    // A text that became a number may have become null.
    let nullable =
        operator != Operator::IsNotDistinctFrom && (left.nullable || right.nullable || narrowed);
    let expr = Expr::BinaryExpr(BinaryExpr::new(
        Box::new(left.expr),
        operator,
        Box::new(right.expr),
    ));
    Ok(Typed::new(expr, DataType::Boolean, nullable, name))
}

/// Both sides so that Arrow compares them as Spark does. A column beside a constant other than zero and
/// NaN is left alone: there both agree, and readers of files may skip rows by it.
fn comparables(left: Typed, right: Typed) -> (Typed, Typed) {
    use datafusion::common::ScalarValue;
    let is_plain = |value: &Typed| match value.constant() {
        Some(ScalarValue::Float64(Some(number))) => *number != 0.0 && !number.is_nan(),
        Some(ScalarValue::Float32(Some(number))) => *number != 0.0 && !number.is_nan(),
        _ => false,
    };
    let is_column = |value: &Typed| value.id.is_some();
    if (is_plain(&left) && is_column(&right)) || (is_column(&left) && is_plain(&right)) {
        return (left, right);
    }
    let one = |value: Typed| Typed {
        expr: comparable(value.clone()),
        ..value
    };
    (one(left), one(right))
}

fn is_whole_beside_decimal(whole: &Typed, other: &Typed) -> bool {
    whole.constant_i64().is_some() && matches!(other.data_type, DataType::Decimal128(..))
}

/// The operator with its sides changed.
fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        other => other,
    }
}

/// A decimal constant on the right of whole numbers, as the long that divides them in the same way
/// (`DecimalPrecision.integralAndDecimalLiteral`).
fn rounded(constant: &Typed, whole: &Typed, operator: Operator) -> Option<Typed> {
    use datafusion::common::ScalarValue;
    if !crate::types::coerce::is_integral(&whole.data_type) {
        return None;
    }
    let Some(ScalarValue::Decimal128(Some(value), _, scale)) = constant.constant() else {
        return None;
    };
    let unit = 10_i128.checked_pow(u32::try_from(*scale).ok()?)?;
    let floor = value.div_euclid(unit);
    let exact = value.rem_euclid(unit) == 0;
    let near = match operator {
        Operator::Lt | Operator::GtEq if !exact => floor + 1,
        Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => floor,
        _ => return None,
    };
    let near = i64::try_from(near).ok()?;
    Some(Typed::literal(
        ScalarValue::Int64(Some(near)),
        DataType::Int64,
        near.to_string(),
    ))
}

fn different(call: &Call<'_>, name: &str, left: &Typed, right: &Typed) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        [
            ("sqlExpr", format!("\"{name}\"")),
            ("left", format!("\"{}\"", shown_type(left))),
            ("right", format!("\"{}\"", shown_type(right))),
        ],
    )
    .at(call.origin.clone())
}

/// An operand of AND, OR and NOT.
fn condition(call: &Call<'_>, index: usize, name: &str) -> Result<Typed> {
    let arg = call.arg(index)?;
    if matches!(
        arg.data_type,
        DataType::Boolean | DataType::Null | DataType::Utf8
    ) {
        return cast(
            call.context,
            arg.clone(),
            &DataType::Boolean,
            CastMode::implicit(call.context),
            call.origin.clone(),
        );
    }
    if call.args.len() == 2 {
        let (left, right) = (call.arg(0)?, call.arg(1)?);
        if left.data_type != right.data_type {
            return Err(different(call, name, left, right));
        }
        return Err(Error::new(
            "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("inputType", "\"BOOLEAN\"".to_owned()),
                (
                    "actualDataType",
                    format!("\"{}\"", sql_name(&arg.data_type)),
                ),
            ],
        )
        .at(call.origin.clone()));
    }
    Err(call.unexpected_type(index, "BOOLEAN"))
}

fn logical(call: &Call<'_>, operator: Operator) -> Result<Typed> {
    call.arity(2..=2)?;
    let name = format!(
        "({} {} {})",
        call.arg(0)?.name,
        symbol(operator),
        call.arg(1)?.name
    );
    let (left, right) = (condition(call, 0, &name)?, condition(call, 1, &name)?);
    let nullable = left.nullable || right.nullable;
    let expr = Expr::BinaryExpr(BinaryExpr::new(
        Box::new(left.expr),
        operator,
        Box::new(right.expr),
    ));
    Ok(Typed::new(expr, DataType::Boolean, nullable, name))
}

fn negation(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let name = format!("(NOT {})", call.arg(0)?.name);
    let arg = condition(call, 0, &name)?;
    Ok(Typed::new(
        not(arg.expr),
        DataType::Boolean,
        arg.nullable,
        name,
    ))
}

fn null_test(call: &Call<'_>, test: fn(Box<Expr>) -> Expr, suffix: &str) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let name = format!("({} {suffix})", arg.name);
    Ok(Typed::new(
        test(Box::new(arg.expr.clone())),
        DataType::Boolean,
        false,
        name,
    ))
}

fn between(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let part = |name: &'static str, other: usize| -> Result<Typed> {
        let pair = Call {
            context: call.context,
            name,
            args: vec![call.arg(0)?.clone(), call.arg(other)?.clone()],
            distinct: false,
            filter: None,
            ignore_nulls: false,
            origin: call.origin.clone(),
        };
        let operator = if name == ">=" {
            Operator::GtEq
        } else {
            Operator::LtEq
        };
        // To Spark the value is no constant here: it is computed once and compared twice.
        let mut found = compare(&pair, operator).map_err(|error| {
            let bound = call.args.get(other).map(|bound| bound.name.clone());
            let bound = bound.unwrap_or_default();
            error.with(
                "sqlExpr",
                format!("\"(commonexpressionref() {name} {bound})\""),
            )
        })?;
        let (value, bound) = (call.arg(0)?, call.arg(other)?);
        if is_whole_beside_decimal(value, bound) {
            found.nullable = value.nullable || bound.nullable;
        }
        Ok(found)
    };
    let (low, high) = (part(">=", 1)?, part("<=", 2)?);
    let name = format!(
        "between({}, {}, {})",
        call.arg(0)?.name,
        call.arg(1)?.name,
        call.arg(2)?.name
    );
    let nullable = low.nullable || high.nullable;
    Ok(Typed::new(
        and(low.expr, high.expr),
        DataType::Boolean,
        nullable,
        name,
    ))
}

fn in_list(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=usize::MAX)?;
    let names: Vec<&str> = call
        .args
        .iter()
        .skip(1)
        .map(|arg| arg.name.as_ref())
        .collect();
    let name = format!("({} IN ({}))", call.arg(0)?.name, names.join(", "));
    let ansi = call.context.ansi;
    let common =
        common_of_all(call.args.iter().map(|arg| &arg.data_type), ansi).ok_or_else(|| {
            let types: Vec<String> = call
                .args
                .iter()
                .map(|arg| format!("\"{}\"", sql_name(&arg.data_type)))
                .collect();
            Error::new(
                "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
                [
                    ("sqlExpr", format!("\"{name}\"")),
                    ("functionName", "`in`".to_owned()),
                    ("dataType", format!("[{}]", types.join(", "))),
                ],
            )
            .at(call.origin.clone())
        })?;
    if !is_orderable(&common) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", "`in`".to_owned()),
                ("dataType", format!("\"{}\"", sql_name(&common))),
            ],
        )
        .at(call.origin.clone()));
    }
    let mode = CastMode::implicit(call.context);
    let mut args = call.args.iter().map(|arg| {
        let found = cast(
            call.context,
            arg.clone(),
            &common,
            mode,
            call.origin.clone(),
        )?;
        Ok(Typed {
            expr: comparable(found.clone()),
            ..found
        })
    });
    let value = args
        .next()
        .transpose()?
        .ok_or_else(|| Error::internal("IN without a value"))?;
    let list = args.collect::<Result<Vec<_>>>()?;
    let nullable = value.nullable || list.iter().any(|item| item.nullable);
    let list = list.into_iter().map(|item| item.expr).collect();
    let expr = Expr::InList(InList::new(Box::new(value.expr), list, false));
    Ok(Typed::new(expr, DataType::Boolean, nullable, name))
}
