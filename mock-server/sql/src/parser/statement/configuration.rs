//! SET and RESET.

use super::super::identifier::multipart_identifier;
use super::super::{Parsed, Parser, interval, literal};
use super::variable;
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{Configuration, Statement, TimeZone, Use, UseKind};

/// `SET …`. Keys and values are taken as they are written, whatever their tokens.
pub(super) fn set(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    if parser.is_word(K::Catalog) && parser.kind_ahead(1) != T::Equal {
        parser.advance();
        let name = if parser.is(T::String) {
            vec![literal::string_literal(parser)?]
        } else {
            multipart_identifier(parser)?
        };
        return Ok(Statement::Use(Use {
            kind: UseKind::Catalog,
            name,
        }));
    }
    if parser.is_words(&[K::Time, K::Zone]) {
        parser.advance();
        parser.advance();
        return time_zone(parser, start).map(configuration);
    }
    if parser.is(T::Minus) && parser.text_of(parser.mark() + 1).eq_ignore_ascii_case("v") {
        parser.advance();
        parser.advance();
        return Ok(configuration(Configuration::ListVerbose));
    }
    if variable::is_variable(parser, 0) {
        let mark = parser.mark();
        match variable::set(parser, start) {
            Err(error) if error.class == "PARSE_SYNTAX_ERROR" => {
                parser.back_to(mark);
                parser.take_subqueries();
            }
            parsed => return parsed,
        }
    }
    let text = rest(parser);
    if text.is_empty() {
        return Ok(configuration(Configuration::List));
    }
    let Some((key, value)) = split_assignment(text) else {
        return match plain_key(text) {
            Some(key) => Ok(configuration(Configuration::Get(key))),
            None => Err(invalid_set(parser, start)),
        };
    };
    let Some(key) = plain_key(key) else {
        return Err(invalid_set(parser, start));
    };
    let value = value
        .strip_prefix('`')
        .and_then(|value| value.strip_suffix('`'))
        .unwrap_or(value);
    Ok(configuration(Configuration::Set {
        key,
        value: value.to_string(),
    }))
}

fn configuration(configuration: Configuration) -> Statement {
    Statement::Configuration(configuration)
}

/// `RESET [key]`.
pub(super) fn reset(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    let text = rest(parser);
    if text.is_empty() {
        return Ok(configuration(Configuration::ResetAll));
    }
    match plain_key(text) {
        Some(key) => Ok(configuration(Configuration::Reset(key))),
        None => Err(parser.error_from(
            start,
            "INVALID_RESET_COMMAND_FORMAT",
            Some("42000"),
            "Expected format is 'RESET' or 'RESET key'. If you want to include special characters in key, please \
             use quotes, e.g., RESET `key`.",
            &[],
        )),
    }
}

fn time_zone(parser: &mut Parser<'_>, start: usize) -> Parsed<Configuration> {
    let zone = if parser.eat_word(K::Local) {
        TimeZone::Local
    } else if parser.is(T::String) {
        TimeZone::Name(literal::string_literal(parser)?)
    } else if parser.is_word(K::Interval) {
        TimeZone::Offset(Box::new(interval::interval(parser)?))
    } else {
        rest(parser);
        return Err(parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_0045",
            None,
            "Invalid time zone displacement value.",
            &[],
        ));
    };
    Ok(Configuration::SetTimeZone(zone))
}

/// The rest of the statement as written; the cursor goes to its end.
fn rest<'a>(parser: &mut Parser<'a>) -> &'a str {
    let start = parser.mark();
    while !parser.at_end() && !parser.is(T::Semicolon) {
        parser.advance();
    }
    parser.text_between(start, parser.mark()).trim()
}

/// Divides at the first equals sign outside of backticks.
fn split_assignment(text: &str) -> Option<(&str, &str)> {
    let mut in_backticks = false;
    for (at, c) in text.char_indices() {
        match c {
            '`' => in_backticks = !in_backticks,
            '=' if !in_backticks => return Some((text[..at].trim(), text[at + 1..].trim())),
            _ => {}
        }
    }
    None
}

/// A key of letters, digits and `_.:-`, or anything in backticks.
fn plain_key(text: &str) -> Option<String> {
    if let Some(quoted) = text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'))
    {
        return Some(quoted.replace("``", "`"));
    }
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | '/' | '\\');
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_string())
}

fn invalid_set(parser: &Parser<'_>, start: usize) -> ParseError {
    parser.error_from(
        start,
        "INVALID_SET_SYNTAX",
        Some("42000"),
        "Expected format is 'SET', 'SET key', or 'SET key=value'. If you want to include special characters in \
         key, or include semicolon in value, please use backquotes, e.g., SET `key`=`value`.",
        &[],
    )
}
