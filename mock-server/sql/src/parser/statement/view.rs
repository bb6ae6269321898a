//! CREATE VIEW and CREATE FUNCTION.

use super::super::identifier::{identifier, multipart_identifier, quote_parts};
use super::super::{Parsed, Parser, literal, property, query, types};
use super::{if_not_exists, sql_expression};
use crate::error::{ParseError, Showing};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    CreateFunction, CreateTempViewUsing, CreateView, FunctionParameter, Statement, ViewColumn,
    ViewKind,
};

/// Behind `CREATE … VIEW`.
pub(super) fn create_view(
    parser: &mut Parser<'_>,
    start: usize,
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
    let (mut comment, mut properties, mut mode) = (None, Vec::new(), None);
    loop {
        if parser.eat_word(K::Comment) {
            comment = Some(literal::string_literal(parser)?);
        } else if parser.is_words(&[K::With, K::Schema]) {
            mode = Some(schema_mode(parser)?);
        } else if parser.eat_word(K::Tblproperties) {
            properties = property::properties(parser)?;
        } else {
            break;
        }
    }
    parser.expect_word(K::As)?;
    let begin = parser.mark();
    let query = query::query(parser)?;
    let query_text = parser.text_between(begin, parser.mark()).to_string();
    if is_temporary && name.len() > 1 {
        let shown: Vec<String> = name
            .iter()
            .map(|part| format!("`{}`", part.replace('`', "``")))
            .collect();
        let shown = shown.join(".");
        return Err(parser.error_from(
            start,
            "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS",
            Some("428EK"),
            format!(
                "CREATE TEMPORARY VIEW or the corresponding Dataset APIs only accept single-part view names, but got: {shown}."
            ),
            &[("actualName", &shown)],
        ));
    }
    Ok(Statement::CreateView(CreateView {
        kind,
        name,
        replace,
        if_not_exists,
        columns,
        comment,
        properties,
        schema_mode: mode,
        query,
        query_text,
    }))
}

/// `WITH SCHEMA BINDING|COMPENSATION|EVOLUTION|TYPE EVOLUTION`.
pub(super) fn schema_mode(parser: &mut Parser<'_>) -> Parsed<String> {
    parser.expect_word(K::With)?;
    parser.expect_word(K::Schema)?;
    let mode = if parser.is_word_text("TYPE") {
        parser.advance();
        "TYPE EVOLUTION"
    } else if parser.is_word_text("BINDING") {
        "BINDING"
    } else if parser.is_word_text("COMPENSATION") {
        "COMPENSATION"
    } else {
        "EVOLUTION"
    };
    if mode.ends_with("EVOLUTION") && !parser.is_word(K::Evolution) {
        return Err(parser.syntax_error());
    }
    parser.advance();
    Ok(mode.to_owned())
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
    start: usize,
    replace: bool,
    temporary: bool,
) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(parser);
    let name = multipart_identifier(parser)?;
    let mut parameters = Vec::new();
    if parser.eat_word(K::As) {
        while !parser.at_end() && !parser.is(T::Semicolon) {
            parser.advance();
        }
        return Ok(Statement::CreateFunction(CreateFunction {
            name,
            replace,
            if_not_exists,
            temporary,
            parameters,
            returns: None,
            returns_table: None,
            comment: None,
            body: String::new(),
            is_class: true,
            place: parser.origin_from(start),
        }));
    }
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
                let language = parser.token_text().to_uppercase();
                let message =
                    format!("Unsupported language for user defined functions: {language}");
                return Err(parser.error(
                    parser.mark() - 1,
                    parser.mark() + 1,
                    "_LEGACY_ERROR_TEMP_0035",
                    None,
                    format!("Operation not allowed: {message}."),
                    &[("message", &message)],
                ));
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
    let begin = parser.mark();
    let is_query = matches!(
        parser.kind(),
        T::Word(K::Select | K::With | K::Values | K::From | K::Table)
    );
    if is_query {
        query::query(parser)?;
    } else {
        super::super::expression::expression(parser)?;
        parser.take_subqueries();
    }
    let body = parser.text_between(begin, parser.mark()).to_string();
    temporary_function(parser, start, (temporary, replace, if_not_exists), &name)?;
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
        is_class: false,
        place: parser.origin_from(start),
    }))
}

/// What cannot be said of a function, above all of a temporary one.
fn temporary_function(
    parser: &Parser<'_>,
    start: usize,
    (temporary, replace, if_not_exists): (bool, bool, bool),
    name: &[String],
) -> Parsed<()> {
    const STATE: Option<&str> = Some("42000");
    if replace && if_not_exists {
        return Err(parser.error_from(
            start,
            "INVALID_SQL_SYNTAX.CREATE_ROUTINE_WITH_IF_NOT_EXISTS_AND_REPLACE",
            STATE,
            "Invalid SQL syntax: Cannot create a routine with both IF NOT EXISTS and REPLACE specified.",
            &[],
        ));
    }
    if temporary && if_not_exists {
        return Err(parser.error_from(
            start,
            "INVALID_SQL_SYNTAX.CREATE_TEMP_FUNC_WITH_IF_NOT_EXISTS",
            STATE,
            "Invalid SQL syntax: CREATE TEMPORARY FUNCTION with IF NOT EXISTS is not allowed.",
            &[],
        ));
    }
    match name {
        [database, _] if temporary => {
            let database = quote_backticks(database);
            Err(parser.error_from(
                start,
                "INVALID_SQL_SYNTAX.CREATE_TEMP_FUNC_WITH_DATABASE",
                STATE,
                format!(
                    "Invalid SQL syntax: CREATE TEMPORARY FUNCTION with specifying a database({database}) is not \
                     allowed."
                ),
                &[("database", &database)],
            ))
        }
        [_] => Ok(()),
        _ if temporary => Err(multi_part_name(
            parser,
            start,
            name,
            "CREATE TEMPORARY FUNCTION",
        )),
        _ => Ok(()),
    }
}

/// Temporary functions have one part.
pub(super) fn multi_part_name(
    parser: &Parser<'_>,
    start: usize,
    name: &[String],
    statement: &str,
) -> ParseError {
    let name: Vec<String> = name.iter().map(|part| quote_backticks(part)).collect();
    let name = name.join(".");
    parser.error_from(
        start,
        "INVALID_SQL_SYNTAX.MULTI_PART_NAME",
        Some("42000"),
        format!("Invalid SQL syntax: {statement} with multiple part function name({name}) is not allowed."),
        &[("statement", statement), ("name", &name)],
    )
}

fn quote_backticks(part: &str) -> String {
    format!("`{}`", part.replace('`', "``"))
}

fn parameter(parser: &mut Parser<'_>) -> Parsed<FunctionParameter> {
    let start = parser.mark();
    let name = identifier(parser)?;
    let data_type = types::data_type(parser)?;
    if parser.eat_words(&[K::Not, K::Null]) {
        let input = parser.text_between(start, parser.mark());
        let mut error = parser.error_from(
            start,
            "USER_DEFINED_FUNCTIONS.NOT_NULL_ON_FUNCTION_PARAMETERS",
            Some("42601"),
            format!(
                "User defined function is invalid: Cannot specify NOT NULL on function parameters: {input}"
            ),
            &[("input", input)],
        );
        error.show(Showing::Text);
        return Err(error);
    }
    let mut parameter = FunctionParameter {
        name,
        data_type,
        default: None,
        comment: None,
    };
    loop {
        if parser.eat_word(K::Default) {
            parameter.default = Some(sql_expression(parser)?);
        } else if parser.eat_word(K::Comment) {
            parameter.comment = Some(literal::string_literal(parser)?);
        } else {
            return Ok(parameter);
        }
    }
}
