//! Tables by name: versions, options, streams.

use std::collections::HashMap;

use sparring_proto::connect as proto;

use proto::Relation;
use proto::read::{NamedTable, ReadType};
use proto::relation::RelType;

use super::expression::value_expression;
use super::identifier::{multipart_identifier, quote_parts};
use super::{Parsed, Parser, from, literal, property};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// `STREAM table` or `STREAM(table)`: a streaming read.
pub(crate) fn stream(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.advance();
    let parenthesized = parser.eat(T::LeftParen);
    let mut table = named_table(parser)?;
    if parenthesized {
        parser.expect(T::RightParen)?;
    }
    if let Some(RelType::Read(read)) = &mut table.rel_type {
        read.is_streaming = true;
    }
    from::aliased(parser, table)
}

/// A table by its name alone.
pub(crate) fn named_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    Ok(read(parser, start, &name, HashMap::new()))
}

/// A table by its name and version.
pub(crate) fn table_at_version(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    table(parser, start, &name)
}

/// A table and the version it is to return to: `table [TO] VERSION AS OF …`.
pub(crate) fn restored_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    let mut options = HashMap::new();
    parser.eat_word(K::To);
    time_travel(parser, &mut options)?;
    if options.is_empty() {
        return Err(parser.syntax_error());
    }
    Ok(read(parser, start, &name, options))
}

/// A table behind its name: `@v3`, `VERSION AS OF`, `TIMESTAMP AS OF`, `WITH (options)`.
pub(crate) fn table(parser: &mut Parser<'_>, start: usize, name: &[String]) -> Parsed<Relation> {
    let end = parser.mark();
    let mut options = HashMap::new();
    time_travel(parser, &mut options)?;
    if parser.is_word(K::With) && parser.kind_ahead(1) == T::LeftParen {
        parser.advance();
        options.extend(property::properties(parser)?);
    }
    let mut table = read(parser, start, name, options);
    if let Some(common) = &mut table.common {
        common.origin = Some(parser.origin_between(start, end));
    }
    Ok(table)
}

fn read(
    parser: &Parser<'_>,
    start: usize,
    name: &[String],
    options: HashMap<String, String>,
) -> Relation {
    Relation {
        common: Some(proto::RelationCommon {
            plan_id: None,
            origin: Some(parser.origin_from(start)),
            ..Default::default()
        }),
        rel_type: Some(RelType::Read(proto::Read {
            is_streaming: false,
            read_type: Some(ReadType::NamedTable(NamedTable {
                unparsed_identifier: quote_parts(name),
                options,
            })),
        })),
    }
}

fn time_travel(parser: &mut Parser<'_>, options: &mut HashMap<String, String>) -> Parsed<()> {
    if parser.eat(T::At) {
        let text = parser.token_text();
        parser.advance();
        match text.strip_prefix(['v', 'V']) {
            Some(version) => options.insert("versionAsOf".to_string(), version.to_string()),
            None => options.insert("timestampAsOf".to_string(), text.to_string()),
        };
        return Ok(());
    }
    let at = usize::from(parser.is_word(K::For));
    let is_as_of =
        parser.kind_ahead(at + 1) == T::Word(K::As) && parser.kind_ahead(at + 2) == T::Word(K::Of);
    let word = parser.kind_ahead(at);
    let is_time = matches!(
        word,
        T::Word(K::Version | K::SystemVersion | K::Timestamp | K::SystemTime)
    );
    let is_for_time = is_time && at == 1;
    if !is_as_of && !is_for_time {
        return Ok(());
    }
    for _ in 0..=at {
        parser.advance();
    }
    parser.expect_word(K::As)?;
    parser.expect_word(K::Of)?;
    match word {
        T::Word(K::Version | K::SystemVersion) => {
            let version = match parser.kind() {
                T::String => literal::string_literal(parser)?,
                T::Integer => {
                    let text = parser.token_text().to_string();
                    parser.advance();
                    text
                }
                _ => return Err(parser.syntax_error()),
            };
            options.insert("versionAsOf".to_string(), version);
        }
        T::Word(K::Timestamp | K::SystemTime) => {
            let start = parser.mark();
            if parser.is(T::String) && parser.kind_ahead(1) != T::Concat {
                options.insert(
                    "timestampAsOf".to_string(),
                    literal::string_literal(parser)?,
                );
            } else {
                value_expression(parser)?;
                let text = parser.text_between(start, parser.mark()).to_string();
                options.insert("timestampAsOfExpression".to_string(), text);
            }
        }
        _ => return Err(parser.syntax_error()),
    }
    Ok(())
}
