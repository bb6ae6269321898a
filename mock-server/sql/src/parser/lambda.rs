//! Lambdas, and columns that turn out to be their arguments.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::expression::{ExprType, UnresolvedNamedLambdaVariable};

use super::expression::expression;
use super::identifier::{identifier_list, is_identifier, quote_parts};
use super::{Parsed, Parser};
use crate::lexer::TokenKind as T;
use crate::lower;

/// A column, unless the lambda around it binds its first part.
pub(crate) fn column(parser: &Parser<'_>, parts: Vec<String>) -> Expression {
    let bound = parser
        .lambda_names
        .iter()
        .rev()
        .find(|bound| bound.eq_ignore_ascii_case(&parts[0]));
    let Some(bound) = bound else {
        return lower::attribute(quote_parts(&parts));
    };
    let variable = lower::expression(ExprType::UnresolvedNamedLambdaVariable(
        UnresolvedNamedLambdaVariable {
            name_parts: vec![bound.clone()],
        },
    ));
    parts.into_iter().skip(1).fold(variable, |child, field| {
        lower::extract_value(child, lower::string(field))
    })
}

/// `(x, y) ->`: the arguments, with the cursor left on the arrow; nothing moves if it is no lambda.
pub(crate) fn lambda_arguments(parser: &mut Parser<'_>) -> Option<Vec<String>> {
    let mut ahead = 1;
    loop {
        if !is_identifier(parser.kind_ahead(ahead)) {
            return None;
        }
        match parser.kind_ahead(ahead + 1) {
            T::Comma => ahead += 2,
            T::RightParen if parser.kind_ahead(ahead + 2) == T::Arrow => break,
            _ => return None,
        }
    }
    let mark = parser.mark();
    match identifier_list(parser) {
        Ok(arguments) => Some(arguments),
        Err(_) => {
            parser.back_to(mark);
            None
        }
    }
}

/// `arguments -> body`; the cursor is on the arrow.
pub(crate) fn lambda(
    parser: &mut Parser<'_>,
    start: usize,
    arguments: Vec<String>,
) -> Parsed<Expression> {
    parser.expect(T::Arrow)?;
    let n_outer = parser.lambda_names.len();
    parser.lambda_names.extend(arguments.iter().cloned());
    let body = expression(parser);
    parser.lambda_names.truncate(n_outer);
    let arguments = arguments
        .into_iter()
        .map(|argument| UnresolvedNamedLambdaVariable {
            name_parts: vec![argument],
        })
        .collect();
    let lambda = lower::expression(ExprType::LambdaFunction(Box::new(
        proto::expression::LambdaFunction {
            function: Some(Box::new(body?)),
            arguments,
        },
    )));
    Ok(parser.placed(start, lambda))
}
