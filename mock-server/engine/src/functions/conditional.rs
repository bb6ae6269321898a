//! `CASE`, `if`, `coalesce` and their kin: the branches become one type, only the taken one is
//! evaluated.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Case;

use super::{Call, CastMode, Function, cast, equals, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::coerce::common_of_all;
use crate::types::sql_name;

pub(super) const TABLE: &[Function] = &[
    scalar("coalesce", coalesce),
    scalar("if", if_else),
    scalar("ifnull", coalesce),
    scalar("nullif", nullif),
    scalar("nullifzero", nullifzero),
    scalar("nvl", coalesce),
    scalar("nvl2", nvl2),
    scalar("when", case_when),
    scalar("zeroifnull", zeroifnull),
];

/// Values as one common type, or Spark's complaint that they have none.
pub(super) fn unify(call: &Call<'_>, values: &[Typed], display: &str) -> Result<Vec<Typed>> {
    let common = common_of_all(
        values.iter().map(|value| &value.data_type),
        call.context.ansi,
    )
    .ok_or_else(|| {
        let types: Vec<String> = values
            .iter()
            .map(|value| format!("\"{}\"", sql_name(&value.data_type)))
            .collect();
        Error::new(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{display}\"")),
                (
                    "functionName",
                    format!(
                        "`{}`",
                        if call.name == "when" {
                            "casewhen"
                        } else {
                            call.name
                        }
                    ),
                ),
                ("dataType", shown_types(call, &types)),
            ],
        )
        .at(call.origin.clone())
    })?;
    let mode = CastMode::implicit(call.context);
    values
        .iter()
        .map(|value| {
            let origin = call.origin.clone();
            cast(call.context, value.clone(), &common, mode, origin)
        })
        .collect()
}

/// How Spark lists types that have nothing in common.
fn shown_types(call: &Call<'_>, types: &[String]) -> String {
    if matches!(call.name, "if" | "when" | "nvl2" | "greatest" | "least") {
        format!("[{}]", types.join(", "))
    } else {
        format!("({})", types.join(" or "))
    }
}

fn case(branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    let branches = branches
        .into_iter()
        .map(|(when, then)| (Box::new(when), Box::new(then)))
        .collect();
    Expr::Case(Case::new(None, branches, otherwise.map(Box::new)))
}

fn first_type(values: &[Typed]) -> DataType {
    values
        .first()
        .map_or(DataType::Null, |value| value.data_type.clone())
}

/// `when(c1, v1, c2, v2, …, else)`, as the clients send `CASE`.
fn case_when(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=usize::MAX)?;
    let pairs = call.args.len() / 2;
    let has_else = call.args.len() % 2 == 1;
    let mut name = String::from("CASE");
    let mut conditions = Vec::with_capacity(pairs);
    let mut values = Vec::with_capacity(pairs + 1);
    for pair in call.args.chunks(2) {
        match pair {
            [condition, value] => {
                name.push_str(&format!(" WHEN {} THEN {}", condition.name, value.name));
                conditions.push(condition);
                values.push(value.clone());
            }
            [otherwise] => {
                name.push_str(&format!(" ELSE {}", otherwise.name));
                values.push(otherwise.clone());
            }
            _ => {}
        }
    }
    name.push_str(" END");
    for (index, condition) in conditions.iter().enumerate() {
        if condition.data_type != DataType::Boolean {
            return Err(call.unexpected_type(index * 2, "BOOLEAN"));
        }
    }
    let values = unify(call, &values, &name)?;
    let data_type = first_type(&values);
    // Branches behind one that is always taken are never looked at (`CaseWhen.nullable`).
    let certain = conditions
        .iter()
        .position(|c| matches!(c.constant(), Some(ScalarValue::Boolean(Some(true)))));
    let nullable = match certain {
        Some(at) => values.iter().take(at + 1).any(|value| value.nullable),
        None => !has_else || values.iter().any(|value| value.nullable),
    };
    let otherwise = has_else
        .then(|| values.last().map(|value| value.expr.clone()))
        .flatten();
    let branches = conditions
        .into_iter()
        .zip(&values)
        .map(|(condition, value)| {
            let condition = cast(
                call.context,
                condition.clone(),
                &DataType::Boolean,
                CastMode::implicit(call.context),
                call.origin.clone(),
            )?;
            Ok((condition.expr, value.expr.clone()))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Typed::new(
        case(branches, otherwise),
        data_type,
        nullable,
        name,
    ))
}

fn if_else(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let name = format!(
        "(IF({}, {}, {}))",
        call.arg(0)?.name,
        call.arg(1)?.name,
        call.arg(2)?.name
    );
    let condition = call.implicit(0, &DataType::Boolean)?;
    let values = unify(call, &call.args[1..], &name)?;
    let data_type = first_type(&values);
    let nullable = values.iter().any(|value| value.nullable);
    match values.as_slice() {
        [then, otherwise] => Ok(Typed::new(
            case(
                vec![(condition.expr, then.expr.clone())],
                Some(otherwise.expr.clone()),
            ),
            data_type,
            nullable,
            name,
        )),
        _ => Err(Error::internal("if was built without its branches")),
    }
}

fn coalesce(call: &Call<'_>) -> Result<Typed> {
    call.arity(if call.name == "coalesce" {
        1..=usize::MAX
    } else {
        2..=2
    })?;
    let name = call.default_name();
    let mut values = unify(call, &call.args, &name)?;
    let data_type = first_type(&values);
    let nullable = values.iter().all(|value| value.nullable);
    let last = values
        .pop()
        .ok_or_else(|| Error::internal("coalesce without a value"))?;
    let expr = values
        .into_iter()
        .rev()
        .fold(last.expr, |otherwise, value| {
            let present = Expr::IsNotNull(Box::new(value.expr.clone()));
            case(vec![(present, value.expr)], Some(otherwise))
        });
    Ok(Typed::new(expr, data_type, nullable, name))
}

fn nullif(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let same = equals(
        call.context,
        left.clone(),
        right.clone(),
        call.origin.clone(),
    )?;
    let null = Typed::null(left.data_type.clone());
    let expr = case(vec![(same.expr, null.expr)], Some(left.expr.clone()));
    Ok(Typed::new(
        expr,
        left.data_type.clone(),
        true,
        call.default_name(),
    ))
}

/// `nullifzero(a)`: `if(a = 0, null, a)`, whose faults Spark reports as those of the comparison.
fn nullifzero(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let value = call.arg(0)?;
    let same = equals(call.context, value.clone(), zero(), call.origin.clone())?;
    let null = Typed::null(value.data_type.clone());
    let expr = case(vec![(same.expr, null.expr)], Some(value.expr.clone()));
    let data_type = value.data_type.clone();
    Ok(Typed::new(expr, data_type, true, call.default_name()))
}

/// `zeroifnull(a)`: `coalesce(a, 0)`, whose faults Spark reports as those of `coalesce`.
fn zeroifnull(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![call.arg(0)?.clone(), zero()];
    let inner = Call {
        context: call.context,
        name: "coalesce",
        args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: call.origin.clone(),
    };
    Ok(coalesce(&inner)?.named(call.default_name()))
}

fn zero() -> Typed {
    Typed::literal(ScalarValue::Int32(Some(0)), DataType::Int32, "0")
}

fn nvl2(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let name = call.default_name();
    let values = unify(call, &call.args[1..], &name)?;
    let present = Expr::IsNotNull(Box::new(call.arg(0)?.expr.clone()));
    match values.as_slice() {
        [then, otherwise] => Ok(Typed::new(
            case(
                vec![(present, then.expr.clone())],
                Some(otherwise.expr.clone()),
            ),
            then.data_type.clone(),
            then.nullable || otherwise.nullable,
            name,
        )),
        _ => Err(Error::internal("nvl2 was built without its branches")),
    }
}
