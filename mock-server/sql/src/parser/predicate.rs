//! Predicates (BETWEEN, IN, LIKE, IS) and subqueries in expressions.

use sparring_proto::connect as proto;

use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, UnresolvedFunction};
use proto::subquery_expression::SubqueryType;
use proto::{Expression, SubqueryExpression};

use super::expression::{expression, not, value_expression};
use super::{Parsed, Parser, literal, query};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// Whether a predicate begins at the cursor.
pub(crate) fn is_predicate(parser: &Parser<'_>) -> bool {
    let negated = matches!(parser.kind(), T::Word(K::Not) | T::Bang);
    match parser.kind_ahead(usize::from(negated)) {
        T::Word(K::Between | K::In | K::Like | K::Ilike | K::Rlike | K::Regexp) => true,
        T::Word(K::Is) => !negated,
        _ => false,
    }
}

/// The predicate at the cursor, about `child`. Its place is without the child, as in Spark's errors.
pub(crate) fn predicate(parser: &mut Parser<'_>, child: Expression) -> Parsed<Expression> {
    let predicate_start = parser.mark();
    let negated = parser.eat_word(K::Not) || parser.eat(T::Bang);
    let word = parser.kind();
    parser.advance();
    let test = match word {
        T::Word(K::Between) => {
            let low = value_expression(parser)?;
            parser.expect_or_missing(T::Word(K::And), "AND")?;
            let high = value_expression(parser)?;
            lower::function("between", vec![child, low, high])
        }
        T::Word(K::In) => {
            let place = predicate_start + usize::from(parser.alias_may_follow);
            let list = parser.inside(|parser| in_list(parser, child));
            if negated {
                list?
            } else {
                parser.reported_at(place, list)?
            }
        }
        T::Word(K::Like) => like(parser, predicate_start, "like", child)?,
        T::Word(K::Ilike) => like(parser, predicate_start, "ilike", child)?,
        T::Word(K::Rlike | K::Regexp) => {
            lower::function("rlike", vec![child, value_expression(parser)?])
        }
        _ => return is(parser, predicate_start, child),
    };
    let test = match test.expr_type {
        // `NOT LIKE ANY` asks whether any pattern does not match.
        Some(ExprType::UnresolvedFunction(mut call)) if negated && is_quantified(&call) => {
            call.function_name = format!("not_{}", call.function_name);
            let test = lower::expression(ExprType::UnresolvedFunction(call));
            return Ok(parser.placed(predicate_start, test));
        }
        _ => parser.placed(predicate_start, test),
    };
    Ok(if negated {
        parser.placed(predicate_start, not(test))
    } else {
        test
    })
}

fn is_quantified(call: &UnresolvedFunction) -> bool {
    call.is_internal()
        && [internal::LIKE_ANY, internal::LIKE_ALL].contains(&call.function_name.as_str())
}

fn is(parser: &mut Parser<'_>, predicate_start: usize, child: Expression) -> Parsed<Expression> {
    let negated = parser.eat_word(K::Not) || parser.eat(T::Bang);
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    let boolean = |value| lower::literal(LiteralType::Boolean(value));
    let test = match word {
        T::Word(K::Null) => {
            let name = if negated { "isNotNull" } else { "isNull" };
            return Ok(parser.placed(predicate_start, lower::function(name, vec![child])));
        }
        T::Word(K::True) => lower::function("<=>", vec![child, boolean(true)]),
        T::Word(K::False) => lower::function("<=>", vec![child, boolean(false)]),
        T::Word(K::Unknown) => lower::internal_function(internal::IS_UNKNOWN, vec![child]),
        T::Word(K::Distinct) => {
            parser.expect_word(K::From)?;
            let right = value_expression(parser)?;
            let same = parser.placed(predicate_start, lower::function("<=>", vec![child, right]));
            return Ok(if negated {
                same
            } else {
                parser.placed(predicate_start, not(same))
            });
        }
        _ => return Err(parser.syntax_error_at(at, "")),
    };
    let test = parser.placed(predicate_start, test);
    Ok(if negated {
        parser.placed(predicate_start, not(test))
    } else {
        test
    })
}

/// `IN (query)` or `IN (a, b, …)`; the cursor is behind IN.
fn in_list(parser: &mut Parser<'_>, child: Expression) -> Parsed<Expression> {
    // In a list Spark reads `SELECT 'x'` as a literal of a type called SELECT.
    let is_list = parser.kind_ahead(2) == T::String;
    if !is_list && query::is_parenthesized_query(parser, 0) {
        let plan_id = parenthesized_query(parser)?;
        return Ok(lower::expression(ExprType::SubqueryExpression(
            SubqueryExpression {
                plan_id,
                subquery_type: SubqueryType::In as i32,
                table_arg_options: None,
                in_subquery_values: row_values(child),
            },
        )));
    }
    let mut arguments = vec![child];
    arguments.extend(parser.parenthesized_list(expression)?);
    Ok(lower::function("in", arguments))
}

/// The fields of a row, or the one value: what PySpark's `isin` does.
fn row_values(child: Expression) -> Vec<Expression> {
    match child.expr_type {
        Some(ExprType::UnresolvedFunction(UnresolvedFunction {
            function_name,
            arguments,
            is_internal: Some(true),
            ..
        })) if function_name == lower::internal::ROW => arguments,
        expr_type => vec![Expression {
            common: child.common,
            expr_type,
        }],
    }
}

/// `LIKE pattern [ESCAPE 'c']` or `LIKE ANY|SOME|ALL (patterns)`; the cursor is behind LIKE.
fn like(
    parser: &mut Parser<'_>,
    predicate_start: usize,
    name: &str,
    child: Expression,
) -> Parsed<Expression> {
    let combine = match parser.kind() {
        T::Word(K::Any | K::Some) => Some(internal::LIKE_ANY),
        T::Word(K::All) => Some(internal::LIKE_ALL),
        _ => None,
    };
    if let Some(combine) = combine.filter(|_| parser.kind_ahead(1) == T::LeftParen) {
        parser.advance();
        let patterns = parser.parenthesized_list(expression)?;
        parser.check_chain(patterns.len() as u32)?;
        if patterns.is_empty() {
            return Err(parser.syntax_error());
        }
        // Without regard to case both sides are compared in lower case, as Spark's parser does it.
        let folded = |value: Expression| match name {
            "ilike" => lower::function("lower", vec![value]),
            _ => value,
        };
        let arguments = std::iter::once(child).chain(patterns).map(folded).collect();
        return Ok(lower::internal_function(combine, arguments));
    }
    let mut arguments = vec![child, value_expression(parser)?];
    if parser.eat_word(K::Escape) {
        let escape = literal::string_literal(parser)?;
        if escape.chars().count() != 1 {
            return Err(parser.error_from(
                predicate_start,
                "INVALID_ESC",
                Some("42604"),
                format!(
                    "Found an invalid escape string: '{escape}'. The escape string must contain only one \
                     character."
                ),
                &[("invalidEscape", &format!("'{escape}'"))],
            ));
        }
        arguments.push(lower::string(escape));
    }
    Ok(lower::function(name, arguments))
}

/// `(query)` as a value; the cursor is on the parenthesis.
pub(crate) fn scalar_subquery(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    subquery(parser, start, SubqueryType::Scalar)
}

/// `EXISTS (query)`; the cursor is on the parenthesis.
pub(crate) fn exists(parser: &mut Parser<'_>, start: usize) -> Parsed<Expression> {
    subquery(parser, start, SubqueryType::Exists)
}

fn subquery(
    parser: &mut Parser<'_>,
    start: usize,
    subquery_type: SubqueryType,
) -> Parsed<Expression> {
    let plan_id = parenthesized_query(parser)?;
    let subquery = lower::expression(ExprType::SubqueryExpression(SubqueryExpression {
        plan_id,
        subquery_type: subquery_type as i32,
        ..Default::default()
    }));
    Ok(parser.placed(start, subquery))
}

/// Reads `(query)`, keeps it for the query around it and returns its plan id.
pub(crate) fn parenthesized_query(parser: &mut Parser<'_>) -> Parsed<i64> {
    parser.expect(T::LeftParen)?;
    let relation = query::query(parser)?;
    parser.expect(T::RightParen)?;
    Ok(parser.add_subquery(relation))
}
