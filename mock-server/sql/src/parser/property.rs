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

/// The properties of a table or a schema, which all need a value.
pub(crate) fn valued_properties(
    parser: &mut Parser<'_>,
    start: usize,
) -> Parsed<Vec<(String, String)>> {
    let mut bare: Vec<String> = Vec::new();
    parser.expect(T::LeftParen)?;
    let mut all = Vec::new();
    loop {
        let key = property_key(parser)?;
        let has_equal = parser.eat(T::Equal);
        if !has_equal && matches!(parser.kind(), T::Comma | T::RightParen) {
            bare.push(key);
        } else {
            all.push((key, property_value(parser)?));
        }
        if !parser.eat(T::Comma) {
            break;
        }
    }
    parser.expect(T::RightParen)?;
    if bare.is_empty() {
        return Ok(all);
    }
    let message = format!("Values must be specified for key(s): [{}]", bare.join(","));
    Err(parser.error_from(
        start,
        "_LEGACY_ERROR_TEMP_0035",
        None,
        format!("Operation not allowed: {message}."),
        &[("message", &message)],
    ))
}

/// Keys that are clauses or the server's own, and what Spark advises.
const OF_TABLES: [(&str, &str); 4] = [
    ("provider", "please use the USING clause to specify it"),
    ("location", "please use the LOCATION clause to specify it"),
    ("owner", "it will be set to the current user"),
    ("external", "please use CREATE EXTERNAL TABLE"),
];
const OF_SCHEMAS: [(&str, &str); 2] = [
    ("location", "please use the LOCATION clause to specify it"),
    ("owner", "it will be set to the current user"),
];

/// Refuses reserved properties of a table; the statement has been read from `start` on.
pub(crate) fn no_table_property(
    parser: &Parser<'_>,
    start: usize,
    properties: &[(String, String)],
) -> Parsed<()> {
    let class = "UNSUPPORTED_FEATURE.SET_TABLE_PROPERTY";
    unreserved(parser, start, properties, &OF_TABLES, class)
}

/// Refuses reserved properties of a schema.
pub(crate) fn no_schema_property(
    parser: &Parser<'_>,
    start: usize,
    properties: &[(String, String)],
) -> Parsed<()> {
    let class = "UNSUPPORTED_FEATURE.SET_NAMESPACE_PROPERTY";
    unreserved(parser, start, properties, &OF_SCHEMAS, class)
}

fn unreserved(
    parser: &Parser<'_>,
    start: usize,
    properties: &[(String, String)],
    reserved: &[(&str, &str)],
    class: &'static str,
) -> Parsed<()> {
    for (key, _) in properties {
        if let Some((_, advice)) = reserved.iter().find(|(known, _)| known == key) {
            return Err(parser.error_from(
                start,
                class,
                Some("0A000"),
                format!("The feature is not supported: {key} is a reserved property, {advice}."),
                &[("property", key), ("msg", advice)],
            ));
        }
    }
    Ok(())
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
