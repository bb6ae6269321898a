//! Function calls, the calls with a grammar of their own (CAST, EXTRACT, TRIM, …) and CASE.

use sparring_proto::connect as proto;

use proto::expression::cast::{CastToType, EvalMode};
use proto::expression::literal::LiteralType;
use proto::expression::{Cast, ExprType, UnresolvedFunction};
use proto::subquery_expression::{SubqueryType, TableArgOptions};
use proto::{DataType, Expression, NamedArgumentExpression, SubqueryExpression};

use super::expression::{expression, named_expression, value_expression};
use super::identifier::{identifier_clause, is_identifier, name_part, quote_parts};
use super::{Parsed, Parser, predicate, query, table, types, window};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// `CAST(child AS data_type)`.
pub(crate) fn cast_to(child: Expression, data_type: DataType) -> Expression {
    cast_with_mode(child, data_type, EvalMode::Unspecified)
}

fn cast_with_mode(child: Expression, data_type: DataType, eval_mode: EvalMode) -> Expression {
    lower::expression(ExprType::Cast(Box::new(Cast {
        expr: Some(Box::new(child)),
        eval_mode: eval_mode as i32,
        cast_to_type: Some(CastToType::Type(data_type)),
    })))
}

/// Words whose call, with a parenthesis behind them, has a grammar of its own.
pub(crate) fn is_special(word: K) -> bool {
    matches!(
        word,
        K::Cast
            | K::TryCast
            | K::Struct
            | K::First
            | K::Last
            | K::AnyValue
            | K::Position
            | K::Substr
            | K::Substring
            | K::Trim
            | K::Overlay
            | K::Extract
            | K::Timestampadd
            | K::Dateadd
            | K::DateAdd
            | K::Timestampdiff
            | K::Datediff
            | K::DateDiff
            | K::Timediff
            | K::Identifier
    )
}

/// A call with its own grammar; the cursor is on its word. Ordinary arguments are an ordinary call.
pub(crate) fn special(parser: &mut Parser<'_>, word: K) -> Parsed<Expression> {
    let start = parser.mark();
    if word == K::Identifier {
        let parts = identifier_clause(parser)?;
        if parser.is(T::LeftParen) {
            return call(parser, start, parts);
        }
        return Ok(parser.placed(start, lower::attribute(quote_parts(&parts))));
    }
    let spelled = parser.token_text().to_string();
    if parser.kind_ahead(2) == T::RightParen && !matches!(word, K::Cast | K::TryCast) {
        return plain_call(parser, spelled);
    }
    parser.advance();
    parser.advance();
    let value = match word {
        K::Cast => cast(parser, EvalMode::Unspecified)?,
        K::TryCast => cast(parser, EvalMode::Try)?,
        K::Extract => {
            let field = lower::string(name_part(parser)?);
            if !parser.eat_word(K::From) {
                parser.expect_or_missing(T::RightParen, ")")?;
                return Err(parser.syntax_error());
            }
            lower::function("extract", vec![field, value_expression(parser)?])
        }
        K::Timestampadd | K::Dateadd | K::DateAdd if is_unit(parser) => {
            date_arithmetic(parser, "timestampadd")?
        }
        K::Timestampdiff | K::Datediff | K::DateDiff | K::Timediff if is_unit(parser) => {
            date_arithmetic(parser, "timestampdiff")?
        }
        K::Trim => trim(parser)?,
        K::Struct => {
            parser.back_to(start);
            return struct_call(parser, spelled);
        }
        K::First | K::Last | K::AnyValue => {
            parser.back_to(start);
            return first_or_last(parser, spelled);
        }
        K::Position => {
            let substring = value_expression(parser)?;
            if !parser.eat_word(K::In) {
                parser.back_to(start);
                return plain_call(parser, spelled);
            }
            lower::function("locate", vec![substring, value_expression(parser)?])
        }
        K::Substr | K::Substring => {
            let value = value_expression(parser)?;
            if !parser.eat_word(K::From) {
                parser.back_to(start);
                return plain_call(parser, spelled);
            }
            let mut arguments = vec![value, value_expression(parser)?];
            if parser.eat_word(K::For) {
                arguments.push(value_expression(parser)?);
            }
            lower::function(&spelled, arguments)
        }
        K::Overlay => {
            let value = value_expression(parser)?;
            if !parser.eat_word(K::Placing) {
                parser.back_to(start);
                return plain_call(parser, spelled);
            }
            let mut arguments = vec![value, value_expression(parser)?];
            parser.expect_word(K::From)?;
            arguments.push(value_expression(parser)?);
            arguments.push(match parser.eat_word(K::For) {
                true => value_expression(parser)?,
                false => lower::literal(LiteralType::Integer(-1)),
            });
            lower::function("overlay", arguments)
        }
        _ => {
            parser.back_to(start);
            return plain_call(parser, spelled);
        }
    };
    if matches!(word, K::Extract | K::Trim) {
        parser.expect_or_missing(T::RightParen, ")")?;
    } else {
        parser.expect(T::RightParen)?;
    }
    Ok(parser.placed(start, value))
}

fn plain_call(parser: &mut Parser<'_>, name: String) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    call(parser, start, vec![name])
}

fn cast(parser: &mut Parser<'_>, eval_mode: EvalMode) -> Parsed<Expression> {
    let child = expression(parser)?;
    if !parser.eat_word(K::As) {
        let is_name = matches!(&child.expr_type, Some(ExprType::UnresolvedAttribute(_)));
        if !is_name && !parser.is(T::RightParen) {
            return Err(parser.syntax_error());
        }
        // Spark has read the call of a function `cast` and misses its end.
        parser.expect_or_missing(T::RightParen, ")")?;
        return Err(parser.syntax_error());
    }
    let data_type = types::data_type(parser)?;
    Ok(cast_with_mode(child, data_type, eval_mode))
}

/// Whether a bare unit of time is the first argument: `DATEADD(DAY, 1, d)`.
fn is_unit(parser: &Parser<'_>) -> bool {
    const UNITS: [&str; 11] = [
        "YEAR",
        "QUARTER",
        "MONTH",
        "WEEK",
        "DAY",
        "DAYOFYEAR",
        "HOUR",
        "MINUTE",
        "SECOND",
        "MILLISECOND",
        "MICROSECOND",
    ];
    parser.kind_ahead(1) == T::Comma
        && UNITS
            .iter()
            .any(|unit| unit.eq_ignore_ascii_case(parser.token_text()))
}

fn date_arithmetic(parser: &mut Parser<'_>, name: &str) -> Parsed<Expression> {
    let unit = lower::string(parser.token_text());
    parser.advance();
    parser.expect(T::Comma)?;
    let amount = value_expression(parser)?;
    parser.expect(T::Comma)?;
    Ok(lower::function(
        name,
        vec![unit, amount, value_expression(parser)?],
    ))
}

/// `TRIM([BOTH|LEADING|TRAILING] [characters] FROM text)` or `TRIM(text)`.
fn trim(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let name = match parser.kind() {
        T::Word(K::Leading) => "ltrim",
        T::Word(K::Trailing) => "rtrim",
        _ => "trim",
    };
    let has_side = matches!(parser.kind(), T::Word(K::Both | K::Leading | K::Trailing))
        && !matches!(parser.kind_ahead(1), T::RightParen | T::Comma);
    if has_side {
        parser.advance();
        if parser.eat_word(K::From) {
            return Ok(lower::function(name, vec![value_expression(parser)?]));
        }
    }
    let name = if has_side { name } else { "trim" };
    let first = value_expression(parser)?;
    if parser.eat_word(K::From) {
        return Ok(lower::function(
            name,
            vec![first, value_expression(parser)?],
        ));
    }
    let mut arguments = vec![first];
    while parser.eat(T::Comma) {
        arguments.push(expression(parser)?);
    }
    Ok(lower::function(name, arguments))
}

/// The fields of `struct(…)` may have aliases.
fn struct_call(parser: &mut Parser<'_>, name: String) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    parser.advance();
    let mut fields = Vec::new();
    if !parser.is(T::RightParen) {
        fields = parser.comma_list(named_expression)?;
    }
    parser.expect(T::RightParen)?;
    let value = parser.placed(start, lower::function(&name, fields));
    after_call(parser, start, value)
}

/// `FIRST(x [IGNORE NULLS])`.
fn first_or_last(parser: &mut Parser<'_>, name: String) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    parser.advance();
    if !parser.is(T::RightParen) && !parser.is_word(K::Distinct) {
        let value = expression(parser)?;
        if parser.eat_words(&[K::Ignore, K::Nulls]) {
            parser.expect(T::RightParen)?;
            let value = parser.placed(start, lower::function(&name, vec![value]));
            let value = lower::internal_function(internal::IGNORE_NULLS, vec![value]);
            let value = parser.placed(start, value);
            return after_call(parser, start, value);
        }
    }
    parser.back_to(start);
    plain_call(parser, name)
}

/// `name(arguments)` and what may follow; the cursor is on the parenthesis.
pub(crate) fn call(
    parser: &mut Parser<'_>,
    start: usize,
    parts: Vec<String>,
) -> Parsed<Expression> {
    parser.expect(T::LeftParen)?;
    let is_distinct =
        parser.is_word(K::Distinct) && !super::expression::ends_item(parser.kind_ahead(1));
    if is_distinct
        || (parser.is_word(K::All) && !super::expression::ends_item(parser.kind_ahead(1)))
    {
        parser.advance();
    }
    let mut arguments = Vec::new();
    if !parser.is(T::RightParen) {
        arguments = parser.inside(|parser| parser.comma_list(argument))?;
    }
    // Spark sees the missing end only behind a plain name.
    let is_name = arguments.last().is_some_and(|last| {
        matches!(&last.expr_type, Some(ExprType::UnresolvedAttribute(name))
            if !name.unparsed_identifier.contains('.'))
    });
    if is_name {
        parser.expect_or_missing(T::RightParen, ")")?;
    } else {
        parser.expect(T::RightParen)?;
    }
    // A qualified name is for the reader to take apart, as the protocol has it for user-defined functions.
    let (function_name, is_user_defined_function) = match <[String; 1]>::try_from(parts) {
        Ok([name]) => (name, false),
        Err(parts) => (quote_parts(&parts), true),
    };
    let call = lower::expression(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name,
        arguments,
        is_distinct,
        is_user_defined_function,
        is_internal: None,
    }));
    let call = parser.placed(start, call);
    after_call(parser, start, call)
}

/// `name => value`, a table argument or an expression.
pub(crate) fn argument(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    if is_identifier(parser.kind()) && parser.kind_ahead(1) == T::FatArrow {
        let key = name_part(parser)?;
        parser.advance();
        let value = argument_value(parser)?;
        let named = lower::expression(ExprType::NamedArgumentExpression(Box::new(
            NamedArgumentExpression {
                key,
                value: Some(Box::new(value)),
            },
        )));
        return Ok(parser.placed(start, named));
    }
    argument_value(parser)
}

fn argument_value(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let is_table = parser.is_word(K::Table)
        && (parser.kind_ahead(1) == T::LeftParen || is_identifier(parser.kind_ahead(1)));
    if is_table {
        table_argument(parser)
    } else {
        expression(parser)
    }
}

/// `TABLE(name | query) [PARTITION BY … | WITH SINGLE PARTITION] [ORDER BY …]`.
fn table_argument(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    let plan_id = if query::is_parenthesized_query(parser, 0) {
        predicate::parenthesized_query(parser)?
    } else {
        let parenthesized = parser.eat(T::LeftParen);
        let table = table::named_table(parser)?;
        if parenthesized {
            parser.expect(T::RightParen)?;
        }
        parser.add_subquery(table)
    };
    let mut options = TableArgOptions::default();
    if parser.is_word(K::With) {
        parser.advance();
        if !parser.token_text().eq_ignore_ascii_case("single") {
            return Err(parser.syntax_error());
        }
        parser.advance();
        parser.expect_word(K::Partition)?;
        options.with_single_partition = Some(true);
    } else if parser.eat_words(&[K::Partition, K::By]) || parser.eat_words(&[K::Distribute, K::By])
    {
        options.partition_spec = list_with_or_without_parentheses(parser, expression)?;
    }
    if parser.eat_words(&[K::Order, K::By]) || parser.eat_words(&[K::Sort, K::By]) {
        options.order_spec = list_with_or_without_parentheses(parser, window::sort_item)?;
    }
    let table = lower::expression(ExprType::SubqueryExpression(SubqueryExpression {
        plan_id,
        subquery_type: SubqueryType::TableArg as i32,
        table_arg_options: Some(options),
        in_subquery_values: Vec::new(),
    }));
    Ok(parser.placed(start, table))
}

/// Without parentheses one item is meant, because the next comma begins the next argument.
fn list_with_or_without_parentheses<'a, T1>(
    parser: &mut Parser<'a>,
    item: impl Fn(&mut Parser<'a>) -> Parsed<T1>,
) -> Parsed<Vec<T1>> {
    if parser.is(T::LeftParen) {
        parser.parenthesized_list(item)
    } else {
        Ok(vec![item(parser)?])
    }
}

/// What follows a call, which then stands where all of it stands.
fn after_call(parser: &mut Parser<'_>, start: usize, value: Expression) -> Parsed<Expression> {
    let mut found = modifiers(parser, start, value)?;
    widen(&mut found);
    Ok(found)
}

/// Gives the call inside the place of what is around it.
fn widen(around: &mut Expression) {
    let inner = match &mut around.expr_type {
        Some(ExprType::UnresolvedFunction(call)) if call.is_internal() => {
            let is_modifier = matches!(
                call.function_name.as_str(),
                internal::WITHIN_GROUP | internal::FILTER_AGGREGATE | internal::IGNORE_NULLS
            );
            call.arguments.first_mut().filter(|_| is_modifier)
        }
        Some(ExprType::Window(window)) => window.window_function.as_deref_mut(),
        _ => None,
    };
    if let Some(inner) = inner {
        inner.common.clone_from(&around.common);
        widen(inner);
    }
}

/// WITHIN GROUP, FILTER, IGNORE NULLS and OVER, in this order.
fn modifiers(parser: &mut Parser<'_>, start: usize, mut value: Expression) -> Parsed<Expression> {
    if parser.is_words(&[K::Within, K::Group]) {
        parser.advance();
        parser.advance();
        parser.expect(T::LeftParen)?;
        parser.expect_word(K::Order)?;
        parser.expect_word(K::By)?;
        let orders = parser.comma_list(window::sort_item)?;
        parser.expect(T::RightParen)?;
        let mut arguments = vec![value];
        arguments.extend(
            orders
                .into_iter()
                .map(|order| lower::expression(ExprType::SortOrder(Box::new(order)))),
        );
        value = parser.placed(
            start,
            lower::internal_function(internal::WITHIN_GROUP, arguments),
        );
    }
    if parser.is_word(K::Filter) && parser.kind_ahead(1) == T::LeftParen {
        parser.advance();
        parser.advance();
        parser.expect_word(K::Where)?;
        let condition = expression(parser)?;
        parser.expect(T::RightParen)?;
        let filtered = lower::internal_function(internal::FILTER_AGGREGATE, vec![value, condition]);
        value = parser.placed(start, filtered);
    }
    if parser.eat_words(&[K::Ignore, K::Nulls]) {
        value = parser.placed(
            start,
            lower::internal_function(internal::IGNORE_NULLS, vec![value]),
        );
    } else {
        parser.eat_words(&[K::Respect, K::Nulls]);
    }
    let has_window = parser.is_word(K::Over)
        && (parser.kind_ahead(1) == T::LeftParen || is_identifier(parser.kind_ahead(1)));
    if has_window {
        parser.advance();
        return window::over(parser, start, value);
    }
    Ok(value)
}

/// `CASE [value] WHEN … THEN … [ELSE …] END`: PySpark's `when` with conditions, values and the rest.
pub(crate) fn case(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    let value = if parser.is_word(K::When) {
        None
    } else {
        Some(expression(parser)?)
    };
    let mut arguments = Vec::new();
    while parser.eat_word(K::When) {
        let at = parser.mark();
        let mut condition = expression(parser)?;
        if let Some(value) = &value {
            let equal = lower::function("==", vec![value.clone(), condition]);
            condition = parser.placed(at, equal);
        }
        parser.expect_word(K::Then)?;
        arguments.push(condition);
        arguments.push(expression(parser)?);
    }
    if arguments.is_empty() {
        return Err(parser.syntax_error());
    }
    if value.is_some() && !matches!(parser.kind(), T::Word(K::Else | K::End) | T::End) {
        // In a repetition ANTLR calls any other token surplus.
        return Err(parser.surplus_error());
    }
    if parser.eat_word(K::Else) {
        arguments.push(expression(parser)?);
    }
    parser.expect_word(K::End)?;
    Ok(parser.placed(start, lower::function("when", arguments)))
}
