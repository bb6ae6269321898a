//! LIMIT and OFFSET.

use sparring_proto::connect as proto;

use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, Literal};
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::expression;
use super::{Parsed, Parser};
use crate::keyword::Keyword as K;
use crate::lower;

pub(crate) fn limit_and_offset(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let mut limit = None;
    let mut offset = None;
    // Spark's grammar has LIMIT first; Databricks takes them in either order.
    loop {
        if limit.is_none() && parser.eat_word(K::Limit) {
            limit = Some(if parser.eat_word(K::All) {
                None
            } else {
                Some(row_count(parser, "limit")?)
            });
        } else if offset.is_none() && parser.eat_word(K::Offset) {
            offset = Some(row_count(parser, "offset")?);
        } else {
            break;
        }
    }
    let mut relation = input;
    if let Some(offset) = offset {
        relation = lower::relation(RelType::Offset(Box::new(proto::Offset {
            input: Some(Box::new(relation)),
            offset,
        })));
    }
    if let Some(limit) = limit.flatten() {
        relation = lower::relation(RelType::Limit(Box::new(proto::Limit {
            input: Some(Box::new(relation)),
            limit,
        })));
    }
    Ok(relation)
}

/// The number behind LIMIT or OFFSET: any constant integer expression, folded here because the protocol
/// carries a number.
fn row_count(parser: &mut Parser<'_>, name: &str) -> Parsed<i32> {
    let start = parser.mark();
    let value = expression(parser)?;
    if let Some(n) = fold_integer(parser, &value).filter(|n| (0..=i64::from(i32::MAX)).contains(n))
    {
        return Ok(n as i32);
    }
    let text = parser.text_between(start, parser.mark());
    let shown = match &value.expr_type {
        Some(ExprType::Literal(Literal {
            literal_type: Some(LiteralType::String(text)),
            ..
        })) => text,
        _ => text,
    };
    let (class, detail, parameter) = match (fold_integer(parser, &value), literal_type_name(&value))
    {
        (Some(n), _) if n < 0 => (
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
            format!("The {name} expression must be equal to or greater than 0, but got {n}."),
            ("v", n.to_string()),
        ),
        (_, Some(type_name)) => (
            "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE",
            format!("The {name} expression must be integer type, but got \"{type_name}\"."),
            ("dataType", format!("\"{type_name}\"")),
        ),
        (_, None) => (
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE",
            format!("The {name} expression must evaluate to a constant value."),
            ("name", name.to_string()),
        ),
    };
    Err(parser.error_from(
        start,
        class,
        Some("42K0E"),
        format!("The limit like expression \"{shown}\" is invalid. {detail}"),
        &[
            ("expr", &format!("\"{shown}\"")),
            ("name", name),
            (parameter.0, &parameter.1),
        ],
    ))
}

/// The type of a literal that counts no rows.
fn literal_type_name(value: &Expression) -> Option<String> {
    let Some(ExprType::Literal(literal)) = &value.expr_type else {
        return None;
    };
    Some(match literal.literal_type.as_ref()? {
        LiteralType::Null(_) => "VOID".to_string(),
        LiteralType::Boolean(_) => "BOOLEAN".to_string(),
        LiteralType::Long(_) => "BIGINT".to_string(),
        LiteralType::Float(_) => "FLOAT".to_string(),
        LiteralType::Double(_) => "DOUBLE".to_string(),
        LiteralType::Decimal(decimal) => {
            format!("DECIMAL({},{})", decimal.precision(), decimal.scale())
        }
        LiteralType::String(_) => "STRING".to_string(),
        LiteralType::Date(_) => "DATE".to_string(),
        LiteralType::Binary(_) => "BINARY".to_string(),
        _ => return None,
    })
}

/// The whole number that a constant expression is.
pub(crate) fn fold_integer(parser: &Parser<'_>, value: &Expression) -> Option<i64> {
    match value.expr_type.as_ref()? {
        ExprType::Literal(literal) => match literal.literal_type.as_ref()? {
            LiteralType::Byte(n) | LiteralType::Short(n) | LiteralType::Integer(n) => {
                Some((*n).into())
            }
            LiteralType::Long(n) => Some(*n),
            _ => None,
        },
        ExprType::UnresolvedAttribute(name) => fold_integer(parser, parser.variable(name)?),
        ExprType::Cast(cast) => fold_integer(parser, cast.expr.as_ref()?),
        ExprType::UnresolvedFunction(function) => {
            let arguments: Vec<i64> = function
                .arguments
                .iter()
                .map(|value| fold_integer(parser, value))
                .collect::<Option<_>>()?;
            match (function.function_name.as_str(), arguments.as_slice()) {
                ("+", [left, right]) => left.checked_add(*right),
                ("-", [left, right]) => left.checked_sub(*right),
                ("*", [left, right]) => left.checked_mul(*right),
                ("%", [left, right]) => left.checked_rem(*right),
                ("div", [left, right]) => left.checked_div(*right),
                ("-", [only]) => only.checked_neg(),
                ("positive", [only]) => Some(*only),
                _ => None,
            }
        }
        _ => None,
    }
}
