//! INSERT, UPDATE, DELETE and TRUNCATE.

use sparring_proto::connect as proto;

use super::super::expression::expression;
use super::super::identifier::{
    identifier, identifier_list, is_strict_identifier, multipart_identifier, quote_parts,
    strict_identifier,
};
use super::super::{Parsed, Parser, from, literal, property, query, select};
use super::{fixed_partition, if_not_exists, partition};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;
use crate::statement::{Assignment, Delete, Insert, InsertDirectory, Statement, Truncate, Update};

/// `INSERT …`, with the named queries that stand before it.
pub(super) fn insert(parser: &mut Parser<'_>, ctes: Vec<proto::Relation>) -> Parsed<Statement> {
    insert_of(parser, ctes, &query::query)
}

/// The same with how its rows are read.
fn insert_of(
    parser: &mut Parser<'_>,
    ctes: Vec<proto::Relation>,
    rows: &dyn Fn(&mut Parser<'_>) -> Parsed<proto::Relation>,
) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    let mut insert = Insert {
        with_schema_evolution: schema_evolution(parser)?,
        overwrite: parser.is_word(K::Overwrite),
        ..Insert::default()
    };
    if insert.overwrite {
        parser.advance();
        if is_directory(parser) {
            return directory(parser, start, ctes, rows);
        }
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
        } else if !insert.by_name
            && parser.is(T::LeftParen)
            && !query::is_parenthesized_query(parser, 0)
        {
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
    insert.head = Some(parser.origin_from(start));
    let end = parser.mark();
    insert.query = lower::with_relations(rows(parser)?, ctes);
    if insert.if_not_exists {
        condition(parser, (start, end), &insert)?;
    }
    Ok(Statement::Insert(insert))
}

/// `FROM … INSERT … [INSERT …]`, or a query that begins with its FROM.
pub(super) fn from_first(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let (mark, n_parameters) = (parser.mark(), parser.n_positional_used);
    let input = from::from_clause(parser)?;
    if !parser.is_word(K::Insert) {
        parser.take_subqueries();
        parser.n_positional_used = n_parameters;
        parser.back_to(mark);
        return query::query(parser).map(Statement::Query);
    }
    let of_input = parser.take_subqueries();
    let mut inserts = Vec::new();
    while parser.is_word(K::Insert) {
        let read = |parser: &mut Parser<'_>| {
            let start = parser.mark();
            let relation = parser.with_own_subqueries(|parser| {
                parser.expect_word(K::Select)?;
                let list = select::select_list(parser)?;
                let relation = select::clauses(parser, start, list, Some(input.clone()))?;
                query::organization(parser, relation)
            })?;
            Ok(lower::with_relations(relation, of_input.clone()))
        };
        inserts.push(insert_of(parser, Vec::new(), &read)?);
    }
    Ok(match inserts.len() {
        1 => inserts.swap_remove(0),
        _ => Statement::InsertSeveral(inserts),
    })
}

/// `IF NOT EXISTS` goes with an overwrite of partitions that are all named.
fn condition(parser: &Parser<'_>, (start, end): (usize, usize), insert: &Insert) -> Parsed<()> {
    if !insert.overwrite {
        const WHAT: &str = "INSERT INTO ... IF NOT EXISTS";
        return Err(parser.error(
            start,
            end,
            "INVALID_STATEMENT_OR_CLAUSE",
            Some("42601"),
            format!("The statement or clause: {WHAT} is not valid."),
            &[("operation", WHAT)],
        ));
    }
    let open = insert
        .partition
        .iter()
        .filter(|value| value.value.is_none());
    let open: Vec<&str> = open.map(|value| value.column.as_str()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let message = format!("IF NOT EXISTS with dynamic partitions: {}", open.join(", "));
    Err(parser.error(
        start,
        end,
        "_LEGACY_ERROR_TEMP_0035",
        None,
        format!("Operation not allowed: {message}."),
        &[("message", &message)],
    ))
}

fn is_directory(parser: &Parser<'_>) -> bool {
    let local = usize::from(parser.is_word_text("LOCAL"));
    let text = parser.text_of(parser.mark() + local);
    let next = parser.kind_ahead(local + 1);
    text.eq_ignore_ascii_case("DIRECTORY") && matches!(next, T::String | T::Word(K::Using))
}

/// Behind `INSERT OVERWRITE`: `[LOCAL] DIRECTORY …`.
fn directory(
    parser: &mut Parser<'_>,
    start: usize,
    ctes: Vec<proto::Relation>,
    rows: &dyn Fn(&mut Parser<'_>) -> Parsed<proto::Relation>,
) -> Parsed<Statement> {
    parser.eat_word_text("LOCAL");
    parser.advance();
    let mut path = String::new();
    if parser.is(T::String) {
        path = literal::string_literal(parser)?;
    }
    let mut insert = InsertDirectory::default();
    let mut paths: Vec<String> = Vec::new();
    if parser.eat_word(K::Using) {
        insert.format = Some(quote_parts(&multipart_identifier(parser)?));
        if parser.eat_word(K::Options) {
            insert.options = property::properties(parser)?;
        }
        let is_path = |key: &str| key.eq_ignore_ascii_case("path");
        let found = insert.options.iter().filter(|(key, _)| is_path(key));
        paths = found.map(|(_, value)| value.clone()).collect();
        insert.options.retain(|(key, _)| !is_path(key));
    }
    let end = parser.mark();
    if path.is_empty() == paths.is_empty() {
        return Err(parser.error(
            start,
            end,
            "_LEGACY_ERROR_TEMP_0049",
            None,
            "Directory path and 'path' in OPTIONS should be specified one, but not both.",
            &[],
        ));
    }
    insert.path = paths.pop().unwrap_or(path);
    insert.query = lower::with_relations(rows(parser)?, ctes);
    Ok(Statement::InsertDirectory(insert))
}

/// The columns that are given; a query must follow, so at the end of the text nothing is merely missing.
fn columns(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    parser.expect(T::LeftParen)?;
    let columns = parser.comma_list(identifier)?;
    if parser.at_end() || parser.is(T::Dot) {
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
    let partition = fixed_partition(parser)?;
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
