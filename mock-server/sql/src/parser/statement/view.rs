//! CREATE VIEW and CREATE FUNCTION.

use super::super::identifier::{identifier, multipart_identifier, quote_parts};
use super::super::{Parsed, Parser, literal, property, query, types};
use super::{if_not_exists, sql_expression};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    CreateFunction, CreateTempViewUsing, CreateView, FunctionParameter, Statement, ViewColumn,
    ViewKind,
};

/// Behind `CREATE … VIEW`.
pub(super) fn create_view(
    parser: &mut Parser<'_>,
    kind: ViewKind,
    replace: bool,
) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(parser);
    let name = multipart_identifier(parser)?;
    let is_temporary = matches!(kind, ViewKind::Temporary | ViewKind::GlobalTemporary);
    if is_temporary {
        let mark = parser.mark();
        let schema = schema_before_using(parser)?;
        if parser.eat_word(K::Using) {
            let provider = quote_parts(&multipart_identifier(parser)?);
            let options = if parser.eat_word(K::Options) {
                property::properties(parser)?
            } else {
                Vec::new()
            };
            let global = kind == ViewKind::GlobalTemporary;
            return Ok(Statement::CreateTempViewUsing(CreateTempViewUsing {
                name,
                replace,
                global,
                schema,
                provider,
                options,
            }));
        }
        parser.back_to(mark);
    }
    let mut columns = Vec::new();
    if parser.is(T::LeftParen) {
        columns = parser.parenthesized_list(|parser| {
            let name = identifier(parser)?;
            let comment = types::comment(parser)?;
            Ok(ViewColumn { name, comment })
        })?;
    }
    let (mut comment, mut properties) = (None, Vec::new());
    loop {
        if parser.eat_word(K::Comment) {
            comment = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Tblproperties) {
            properties = property::properties(parser)?;
        } else {
            break;
        }
    }
    parser.expect_word(K::As)?;
    let start = parser.mark();
    let query = query::query(parser)?;
    let query_text = parser.text_between(start, parser.mark()).to_string();
    Ok(Statement::CreateView(CreateView {
        kind,
        name,
        replace,
        if_not_exists,
        columns,
        comment,
        properties,
        query,
        query_text,
    }))
}

/// The columns with types of a view over a data source; none if it is another kind of view.
fn schema_before_using(
    parser: &mut Parser<'_>,
) -> Parsed<Option<sparring_proto::connect::DataType>> {
    let is_typed = parser.is(T::LeftParen)
        && !matches!(
            parser.kind_ahead(2),
            T::Comma | T::RightParen | T::Word(K::Comment)
        );
    if !is_typed {
        return Ok(None);
    }
    parser.advance();
    let schema = types::table_schema(parser)?;
    parser.expect(T::RightParen)?;
    Ok(Some(schema))
}

/// Behind `CREATE … FUNCTION`.
pub(super) fn create_function(
    parser: &mut Parser<'_>,
    replace: bool,
    temporary: bool,
) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(parser);
    let name = multipart_identifier(parser)?;
    let mut parameters = Vec::new();
    parser.expect(T::LeftParen)?;
    if !parser.is(T::RightParen) {
        parameters = parser.comma_list(parameter)?;
    }
    parser.expect(T::RightParen)?;
    let (mut returns, mut returns_table) = (None, None);
    if parser.eat_word(K::Returns) {
        if parser.eat_word(K::Table) {
            returns_table = Some(types::struct_of(Vec::new()));
            if parser.eat(T::LeftParen) {
                returns_table = Some(types::table_schema(parser)?);
                parser.expect(T::RightParen)?;
            }
        } else {
            returns = Some(types::data_type(parser)?);
        }
    }
    let mut comment = None;
    loop {
        if parser.eat_word(K::Comment) {
            comment = Some(literal::string_literal(parser)?);
        } else if parser.eat_words(&[K::Language]) {
            if !parser.eat_word_text("SQL") {
                return Err(parser.syntax_error());
            }
        } else if parser.is_word_text("DETERMINISTIC") || parser.is_words(&[K::Not]) {
            // What is said about determinism and data access changes nothing for a SQL body.
            parser.eat_word(K::Not);
            parser.advance();
        } else if parser.is_word_text("CONTAINS") || parser.is_word_text("READS") {
            while !parser.eat_word_text("SQL") && !parser.at_end() {
                parser.advance();
            }
            parser.eat_word(K::Data);
        } else {
            break;
        }
    }
    parser.expect_word(K::Return)?;
    let start = parser.mark();
    if returns_table.is_some() {
        query::query(parser)?;
    } else {
        super::super::expression::expression(parser)?;
        parser.take_subqueries();
    }
    let body = parser.text_between(start, parser.mark()).to_string();
    Ok(Statement::CreateFunction(CreateFunction {
        name,
        replace,
        if_not_exists,
        temporary,
        parameters,
        returns,
        returns_table,
        comment,
        body,
    }))
}

fn parameter(parser: &mut Parser<'_>) -> Parsed<FunctionParameter> {
    let name = identifier(parser)?;
    let data_type = types::data_type(parser)?;
    let mut parameter = FunctionParameter {
        name,
        data_type,
        default: None,
        comment: None,
    };
    loop {
        if parser.eat_word(K::Default) {
            parameter.default = Some(sql_expression(parser)?);
        } else if parser.is_word(K::Comment) {
            parameter.comment = types::comment(parser)?;
        } else {
            return Ok(parameter);
        }
    }
}
