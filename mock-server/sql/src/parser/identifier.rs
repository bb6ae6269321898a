//! Names: plain, in backticks, in several parts, and their spelling in the proto tree.

use sparring_proto::connect as proto;

use super::{Parsed, Parser};
use crate::error::{ParseError, Showing};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// Whether a token can be a name; without ANSI rules every keyword can.
pub(crate) fn is_identifier(kind: T) -> bool {
    matches!(kind, T::Identifier | T::Quoted | T::Word(_))
}

/// Whether a token can be a table's alias.
pub(crate) fn is_strict_identifier(kind: T) -> bool {
    match kind {
        T::Word(word) => !word.is_strict(),
        T::Identifier | T::Quoted => true,
        _ => false,
    }
}

/// One name, without its backticks.
pub(crate) fn identifier(parser: &mut Parser<'_>) -> Parsed<String> {
    if !is_identifier(parser.kind()) {
        return Err(parser.syntax_error());
    }
    let name = name_part(parser)?;
    refuse_hyphen(parser)?;
    Ok(name)
}

/// A name of the strict kind: not a word like JOIN or ON.
pub(crate) fn strict_identifier(parser: &mut Parser<'_>) -> Parsed<String> {
    if is_strict_identifier(parser.kind()) {
        identifier(parser)
    } else {
        Err(parser.syntax_error())
    }
}

fn unquoted(kind: T, text: &str) -> String {
    match kind {
        T::Quoted => text[1..text.len() - 1].replace("``", "`"),
        _ => text.to_string(),
    }
}

/// `my-table` without backticks has an error of its own in Spark; an operator in an expression is
/// not met here, because expressions read their names by [`name_part`].
fn refuse_hyphen(parser: &Parser<'_>) -> Parsed<()> {
    let last = parser.mark() - 1;
    let joined = parser.is(T::Minus)
        && parser.touches_next(last)
        && parser.touches_next(last + 1)
        && matches!(
            parser.kind_ahead(1),
            T::Identifier | T::Word(_) | T::Integer
        );
    if !joined {
        return Ok(());
    }
    let mut end = last + 1;
    while parser.touches_next(end - 1)
        && parser.kind_ahead(end - parser.mark()) == T::Minus
        && parser.touches_next(end)
    {
        end += 2;
    }
    Err(invalid_identifier(
        parser,
        last + 1,
        parser.text_between(last, end),
    ))
}

/// A name that must be in backticks; the place is that of its first wrong token.
fn invalid_identifier(parser: &Parser<'_>, at: usize, name: &str) -> ParseError {
    let mut error = parser.error(
        at,
        at + 1,
        "INVALID_IDENTIFIER",
        Some("42602"),
        format!(
            "The unquoted identifier {name} is invalid and must be back quoted as: `{name}`.\n\
             Unquoted identifiers can only contain ASCII letters ('a' - 'z', 'A' - 'Z'), digits ('0' - '9'), \
             and underbar ('_').\nUnquoted identifiers must also not start with a digit.\nDifferent data \
             sources and meta stores may impose additional restrictions on valid identifiers."
        ),
        &[("ident", name)],
    );
    error.show(Showing::Place);
    error
}

/// One part of a name in an expression, where `-` is an operator.
pub(crate) fn name_part(parser: &mut Parser<'_>) -> Parsed<String> {
    if !is_identifier(parser.kind()) {
        return Err(parser.syntax_error());
    }
    let name = unquoted(parser.kind(), parser.token_text());
    if parser.is(T::Identifier) && !name.is_ascii() {
        return Err(invalid_identifier(parser, parser.mark(), &name));
    }
    parser.advance();
    Ok(name)
}

/// `catalog.schema.name`, or `IDENTIFIER('catalog.schema.name')`.
pub(crate) fn multipart_identifier(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    if parser.is_word(K::Identifier) && parser.kind_ahead(1) == T::LeftParen {
        return identifier_clause(parser);
    }
    let mut parts = vec![identifier(parser)?];
    while parser.eat(T::Dot) {
        parts.push(identifier(parser)?);
    }
    Ok(parts)
}

/// `IDENTIFIER(string)`: the name is in a string literal or a parameter.
pub(crate) fn identifier_clause(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    let start = parser.mark();
    parser.advance();
    parser.expect(T::LeftParen)?;
    let value = super::expression::expression(parser)?;
    parser.expect(T::RightParen)?;
    match constant_string(parser, &value) {
        Some(text) => crate::parse_multipart_identifier(&text),
        None => Err(parser.error_from(
            start,
            "NOT_A_CONSTANT_STRING.NOT_CONSTANT",
            Some("42601"),
            format!(
                "The expression {} used for the routine or clause `IDENTIFIER` must be a constant STRING \
                 which is NOT NULL.\nTo be considered constant the expression must not depend on any \
                 columns, contain a subquery, or invoke a non deterministic function such as rand().",
                parser.text_between(start + 2, parser.mark() - 1)
            ),
            &[
                ("name", "IDENTIFIER"),
                ("expr", parser.text_between(start + 2, parser.mark() - 1)),
            ],
        )),
    }
}

fn constant_string(parser: &Parser<'_>, value: &proto::Expression) -> Option<String> {
    use proto::expression::ExprType;
    use proto::expression::literal::LiteralType;
    match value.expr_type.as_ref()? {
        ExprType::Literal(literal) => match literal.literal_type.as_ref()? {
            LiteralType::String(text) => Some(text.clone()),
            _ => None,
        },
        ExprType::UnresolvedFunction(function) if function.function_name == "concat" => {
            let arguments = function.arguments.iter();
            arguments
                .map(|value| constant_string(parser, value))
                .collect()
        }
        ExprType::UnresolvedAttribute(attribute) => {
            let value = parser.variable(attribute)?;
            constant_string(parser, value)
        }
        _ => None,
    }
}

/// `(a, b, …)`.
pub(crate) fn identifier_list(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    parser.expect(T::LeftParen)?;
    let names = parser.comma_list(identifier)?;
    parser.expect_or_missing(T::RightParen, ")")?;
    Ok(names)
}

/// Writes the parts of a name as the proto tree wants them: in backticks where it must be.
pub(crate) fn quote_parts<S: AsRef<str>>(parts: &[S]) -> String {
    let mut out = String::with_capacity(parts.iter().map(|part| part.as_ref().len() + 1).sum());
    for part in parts {
        if !out.is_empty() {
            out.push('.');
        }
        quote_part(part.as_ref(), &mut out);
    }
    out
}

fn quote_part(part: &str, out: &mut String) {
    let plain = !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain {
        out.push_str(part);
    } else {
        out.push('`');
        out.push_str(&part.replace('`', "``"));
        out.push('`');
    }
}
