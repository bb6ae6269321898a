//! DESCRIBE and EXPLAIN.

use super::super::identifier::{is_identifier, multipart_identifier};
use super::super::{Parsed, Parser, query};
use super::{eat_schema, fixed_partition_of, statement};
use crate::error::Showing;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{Describe, DescribeTarget, Explain, ExplainMode, Name, Statement};

/// `DESCRIBE …`.
pub(super) fn describe(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    // A word is the kind of thing only if a name follows; `DESCRIBE history` is a table.
    let name_follows = is_name(parser.kind_ahead(1)) || parser.kind_ahead(1) == T::String;
    if name_follows {
        let word = parser.kind();
        match word {
            T::Word(K::Function) => {
                parser.advance();
                let next = parser.kind_ahead(1);
                let extended =
                    parser.is_word(K::Extended) && !matches!(next, T::End | T::Semicolon | T::Dot);
                if extended {
                    parser.advance();
                }
                let name = described_function(parser)?;
                return Ok(of(DescribeTarget::Function(name), extended));
            }
            T::Word(K::Catalog) => {
                parser.advance();
                let extended = extended(parser);
                return Ok(of(
                    DescribeTarget::Catalog(multipart_identifier(parser)?),
                    extended,
                ));
            }
            T::Word(K::Volume) => {
                parser.advance();
                return Ok(of(
                    DescribeTarget::Volume(multipart_identifier(parser)?),
                    false,
                ));
            }
            T::Word(K::Schema | K::Database | K::Namespace) => {
                eat_schema(parser);
                let extended = is_name(parser.kind_ahead(1)) && parser.eat_word(K::Extended);
                return Ok(of(
                    DescribeTarget::Schema(multipart_identifier(parser)?),
                    extended,
                ));
            }
            T::Word(K::History) => {
                parser.advance();
                return history(parser);
            }
            T::Word(K::Detail) => {
                parser.advance();
                return Ok(of(
                    DescribeTarget::Detail(multipart_identifier(parser)?),
                    false,
                ));
            }
            _ => {}
        }
    }
    let is_query_word = parser.is_word(K::Query) && begins_query(parser.kind_ahead(1));
    if is_query_word {
        parser.advance();
    }
    if is_query_word || (begins_query(parser.kind()) && !parser.is_word(K::Table)) {
        return Ok(of(
            DescribeTarget::Query(Box::new(query::query(parser)?)),
            false,
        ));
    }
    table(parser, start)
}

fn is_name(kind: T) -> bool {
    is_identifier(kind)
}

fn begins_query(kind: T) -> bool {
    matches!(
        kind,
        T::LeftParen | T::Word(K::Select | K::With | K::Values | K::From | K::Table)
    )
}

fn of(target: DescribeTarget, extended: bool) -> Statement {
    Statement::Describe(Describe {
        target,
        extended,
        as_json: false,
    })
}

/// EXTENDED or FORMATTED, unless it is the name itself.
fn extended(parser: &mut Parser<'_>) -> bool {
    is_name(parser.kind_ahead(1))
        && !(parser.kind_ahead(1) == T::Word(K::As) && parser.kind_ahead(2) == T::Word(K::Json))
        && (parser.eat_word(K::Extended) || parser.eat_word(K::Formatted))
}

/// An operator such as `'+'` may be described too.
fn described_function(parser: &mut Parser<'_>) -> Parsed<Name> {
    if parser.is(T::String) {
        return Ok(vec![super::super::literal::string_literal(parser)?]);
    }
    if is_identifier(parser.kind()) {
        return multipart_identifier(parser);
    }
    let operator = parser.token_text().to_string();
    parser.advance();
    Ok(vec![operator])
}

/// `DESCRIBE [TABLE] [EXTENDED|FORMATTED] table [PARTITION (…)] [column] [AS JSON]`.
fn table(parser: &mut Parser<'_>, start: usize) -> Parsed<Statement> {
    if parser.is_word(K::Table) && is_name(parser.kind_ahead(1)) {
        parser.advance();
    }
    let extended = extended(parser);
    let table = multipart_identifier(parser)?;
    let partition = fixed_partition_of(parser, start)?;
    let is_json = |parser: &Parser<'_>| parser.is_words(&[K::As, K::Json]);
    let has_column = !is_json(parser) && is_name(parser.kind());
    let column = if has_column {
        Some(multipart_identifier(parser)?)
    } else {
        None
    };
    let as_json = parser.eat_words(&[K::As, K::Json]);
    if column.is_some() && !partition.is_empty() {
        return Err(parser.error_from(
            start,
            "UNSUPPORTED_FEATURE.DESC_TABLE_COLUMN_PARTITION",
            Some("0A000"),
            "The feature is not supported: DESC TABLE COLUMN for a specific partition.",
            &[],
        ));
    }
    if as_json {
        json_form(parser, start, &table, extended, column.is_some())?;
    }
    let target = DescribeTarget::Table {
        table,
        partition,
        column,
    };
    Ok(Statement::Describe(Describe {
        target,
        extended,
        as_json,
    }))
}

/// `AS JSON` tells everything of a whole table, and wants that to be said.
fn json_form(
    parser: &Parser<'_>,
    start: usize,
    table: &Name,
    extended: bool,
    has_column: bool,
) -> Parsed<()> {
    let mut error = match (extended, has_column) {
        (true, false) => return Ok(()),
        (false, _) => {
            let name = table.join(".");
            parser.error_from(
                start,
                "DESCRIBE_JSON_NOT_EXTENDED",
                Some("0A000"),
                format!(
                    "DESCRIBE TABLE ... AS JSON only supported when [EXTENDED|FORMATTED] is specified.\n\
                     For example: DESCRIBE EXTENDED {name} AS JSON is supported but DESCRIBE {name} AS JSON is not."
                ),
                &[("tableName", &name)],
            )
        }
        (true, true) => parser.error_from(
            start,
            "UNSUPPORTED_FEATURE.DESC_TABLE_COLUMN_JSON",
            Some("0A000"),
            "The feature is not supported: DESC TABLE COLUMN AS JSON not supported for individual columns.",
            &[],
        ),
    };
    error.show(Showing::Text);
    Err(error)
}

fn history(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let table = multipart_identifier(parser)?;
    let mut limit = None;
    if parser.eat_word(K::Limit) {
        if !parser.is(T::Integer) {
            return Err(parser.syntax_error());
        }
        limit = Some(
            parser
                .token_text()
                .parse()
                .map_err(|_| parser.syntax_error())?,
        );
        parser.advance();
    }
    Ok(of(DescribeTarget::History { table, limit }, false))
}

/// `EXPLAIN [EXTENDED|CODEGEN|COST|FORMATTED] statement`.
pub(super) fn explain(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let mode = match parser.kind() {
        T::Word(K::Extended) => ExplainMode::Extended,
        T::Word(K::Codegen) => ExplainMode::Codegen,
        T::Word(K::Cost) => ExplainMode::Cost,
        T::Word(K::Formatted) => ExplainMode::Formatted,
        _ if parser.is_word_text("LOGICAL") => ExplainMode::Extended,
        _ => ExplainMode::Simple,
    };
    if mode != ExplainMode::Simple {
        parser.advance();
    }
    let statement = parser.nested(statement)?;
    Ok(Statement::Explain(Explain {
        mode,
        statement: Box::new(statement),
    }))
}
