//! `('key' = 'value', a.b value, …)`: options and properties.

use super::identifier::is_identifier;
use super::{Parsed, Parser, literal};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// `(key [=] value, …)`; a key without value is an empty string.
pub(crate) fn properties(parser: &mut Parser<'_>) -> Parsed<Vec<(String, String)>> {
    parser.parenthesized_list(|parser| {
        let key = property_key(parser)?;
        let has_equal = parser.eat(T::Equal);
        if !has_equal && matches!(parser.kind(), T::Comma | T::RightParen) {
            return Ok((key, String::new()));
        }
        Ok((key, property_value(parser)?))
    })
}

/// `'a.b'` or `a.b`.
pub(crate) fn property_key(parser: &mut Parser<'_>) -> Parsed<String> {
    if parser.is(T::String) {
        return literal::string_literal(parser);
    }
    let mut key = super::identifier::name_part(parser)?;
    while parser.is(T::Dot) && is_identifier(parser.kind_ahead(1)) {
        parser.advance();
        key.push('.');
        key.push_str(&super::identifier::name_part(parser)?);
    }
    Ok(key)
}

/// A string, number or boolean as text.
fn property_value(parser: &mut Parser<'_>) -> Parsed<String> {
    match parser.kind() {
        T::String => literal::string_literal(parser),
        T::Word(K::True | K::False) => {
            let text = parser.token_text().to_ascii_lowercase();
            parser.advance();
            Ok(text)
        }
        T::Minus | T::Integer | T::Decimal | T::Exponent | T::Suffixed => {
            let start = parser.mark();
            literal::number(parser)?;
            Ok(parser.text_between(start, parser.mark()).to_string())
        }
        kind if is_identifier(kind) => property_key(parser),
        _ => Err(parser.syntax_error()),
    }
}
