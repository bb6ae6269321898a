//! INSERT, UPDATE, DELETE and TRUNCATE.

use sparring_proto::connect as proto;

use super::super::expression::expression;
use super::super::identifier::{
    identifier, identifier_list, is_strict_identifier, multipart_identifier, quote_parts,
    strict_identifier,
};
use super::super::{Parsed, Parser, property, query};
use super::{if_not_exists, partition};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;
use crate::statement::{Assignment, Delete, Insert, Statement, Truncate, Update};

/// `INSERT …`, with the named queries that stand before it.
pub(super) fn insert(parser: &mut Parser<'_>, ctes: Vec<proto::Relation>) -> Parsed<Statement> {
    parser.advance();
    let mut insert = Insert {
        with_schema_evolution: schema_evolution(parser)?,
        overwrite: parser.is_word(K::Overwrite),
        ..Insert::default()
    };
    if insert.overwrite {
        parser.advance();
        parser.eat_word(K::Into);
    } else {
        parser.expect_word(K::Into)?;
    }
    if parser.is_word(K::Table) && parser.kind_ahead(1) != T::Dot {
        parser.advance();
    }
    insert.table = multipart_identifier(parser)?;
    if parser.is_word(K::With) && parser.kind_ahead(1) == T::LeftParen {
        parser.advance();
        insert.options = property::properties(parser)?;
    }
    insert.partition = partition(parser)?;
    insert.if_not_exists = if_not_exists(parser);
    loop {
        if parser.eat_words(&[K::By, K::Name]) {
            insert.by_name = true;
        } else if parser.is(T::LeftParen) && !query::is_parenthesized_query(parser, 0) {
            insert.columns = columns(parser)?;
        } else if parser.is_words(&[K::Replace, K::Where]) {
            parser.advance();
            parser.advance();
            insert.replace_where = Some(expression(parser)?);
            insert.subqueries = parser.take_subqueries();
        } else if parser.is_words(&[K::Replace, K::Using]) {
            parser.advance();
            parser.advance();
            insert.replace_using = identifier_list(parser)?;
        } else {
            break;
        }
    }
    insert.query = lower::with_relations(query::query(parser)?, ctes);
    Ok(Statement::Insert(insert))
}

/// The columns that are given; a query must follow, so at the end of the text nothing is merely missing.
fn columns(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    parser.expect(T::LeftParen)?;
    let columns = parser.comma_list(identifier)?;
    if parser.at_end() {
        return Err(parser.syntax_error());
    }
    parser.expect_or_missing(T::RightParen, ")")?;
    Ok(columns)
}

/// `WITH SCHEMA EVOLUTION`, if it is there.
pub(super) fn schema_evolution(parser: &mut Parser<'_>) -> Parsed<bool> {
    if !parser.is_words(&[K::With, K::Schema]) {
        return Ok(false);
    }
    parser.advance();
    parser.advance();
    parser.expect_word(K::Evolution)?;
    Ok(true)
}

/// `UPDATE table [alias] SET … [WHERE …]`.
pub(super) fn update(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let table = multipart_identifier(parser)?;
    let alias = target_alias(parser)?;
    parser.expect_word(K::Set)?;
    let assignments = parser.comma_list(assignment)?;
    let condition = if parser.eat_word(K::Where) {
        Some(expression(parser)?)
    } else {
        None
    };
    let subqueries = parser.take_subqueries();
    Ok(Statement::Update(Update {
        table,
        alias,
        assignments,
        condition,
        subqueries,
    }))
}

/// `DELETE FROM table [alias] [WHERE …]`.
pub(super) fn delete(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_or_missing(T::Word(K::From), "FROM")?;
    let table = multipart_identifier(parser)?;
    let alias = target_alias(parser)?;
    let condition = if parser.eat_word(K::Where) {
        Some(expression(parser)?)
    } else {
        None
    };
    let subqueries = parser.take_subqueries();
    Ok(Statement::Delete(Delete {
        table,
        alias,
        condition,
        subqueries,
    }))
}

/// `[AS] alias` of the table that is changed.
pub(super) fn target_alias(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    let has_alias = parser.eat_word(K::As)
        || (is_strict_identifier(parser.kind())
            && !matches!(parser.kind(), T::Word(K::Set | K::Where | K::When)));
    if has_alias {
        strict_identifier(parser).map(Some)
    } else {
        Ok(None)
    }
}

/// `column = value`.
pub(super) fn assignment(parser: &mut Parser<'_>) -> Parsed<Assignment> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    let column = parser.placed(start, lower::attribute(quote_parts(&name)));
    parser.expect(T::Equal)?;
    Ok(Assignment {
        column,
        value: expression(parser)?,
    })
}

/// `TRUNCATE TABLE table [PARTITION (…)]`.
pub(super) fn truncate(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_or_missing(T::Word(K::Table), "TABLE")?;
    let table = multipart_identifier(parser)?;
    let partition = partition(parser)?;
    Ok(Statement::Truncate(Truncate { table, partition }))
}

/// A column list, if one stands here.
pub(super) fn optional_columns(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    if parser.is(T::LeftParen) {
        parser.parenthesized_list(identifier)
    } else {
        Ok(Vec::new())
    }
}
