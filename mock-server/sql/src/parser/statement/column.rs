//! Columns and constraints of CREATE TABLE and ALTER TABLE.

use super::super::identifier::{identifier, identifier_list, multipart_identifier};
use super::super::{Parsed, Parser, types};
use super::sql_expression;
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    ColumnDefinition, ColumnPosition, Constraint, ConstraintKind, Identity, Name, SqlExpression,
};

/// `name type [NOT NULL | DEFAULT … | GENERATED … | COMMENT … | constraint]…`. Constraints go to the list.
pub(super) fn column_definition(
    parser: &mut Parser<'_>,
    constraints: &mut Vec<Constraint>,
) -> Parsed<ColumnDefinition> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    parser.eat(T::Colon);
    let data_type = types::data_type(parser)?;
    let mut column = ColumnDefinition {
        name,
        data_type,
        nullable: true,
        default: None,
        generated: None,
        identity: None,
        comment: None,
        position: None,
    };
    let mut twice: Option<&str> = None;
    loop {
        if parser.eat_words(&[K::Not, K::Null]) {
            twice = twice.or((!column.nullable).then_some("NOT NULL"));
            column.nullable = false;
        } else if parser.eat_word(K::Default) {
            twice = twice.or(column.default.is_some().then_some("DEFAULT"));
            column.default = Some(sql_expression(parser)?);
            no_default(parser, start)?;
        } else if parser.eat_word(K::Generated) {
            generated(parser, &mut column)?;
        } else if parser.is_word(K::Comment) {
            twice = twice.or(column.comment.is_some().then_some("COMMENT"));
            column.comment = types::comment(parser)?;
            if column.comment.is_none() {
                return Err(parser.syntax_error_at(parser.mark() + 1, ""));
            }
        } else if begins_constraint(parser) {
            let own = column.name.last().cloned();
            constraints.push(constraint(parser, own)?);
        } else {
            column.position = position(parser)?;
            return match twice {
                None => Ok(column),
                Some(option) => Err(described_twice(parser, start, &column.name, option)),
            };
        }
    }
}

/// Refuses a default where the session has none; the error shows what begins at `start`.
pub(super) fn no_default(parser: &Parser<'_>, start: usize) -> Parsed<()> {
    if !parser.refuses_defaults() {
        return Ok(());
    }
    Err(parser.error_from(
        start,
        "UNSUPPORTED_DEFAULT_VALUE.WITH_SUGGESTION",
        Some("0A000"),
        "DEFAULT column values is not supported. Enable it by setting \"spark.sql.defaultColumn.enabled\" to \"true\".",
        &[],
    ))
}

fn described_twice(parser: &Parser<'_>, start: usize, column: &Name, option: &str) -> ParseError {
    let column = column.join(".");
    parser.error_from(
        start,
        "CREATE_TABLE_COLUMN_DESCRIPTOR_DUPLICATE",
        Some("42710"),
        format!(
            "CREATE TABLE column {column} specifies descriptor \"{option}\" more than once, which is invalid."
        ),
        &[("columnName", &column), ("optionName", option)],
    )
}

/// Behind GENERATED: `ALWAYS AS (expression)` or `[ALWAYS | BY DEFAULT] AS IDENTITY […]`.
fn generated(parser: &mut Parser<'_>, column: &mut ColumnDefinition) -> Parsed<()> {
    let always = parser.eat_word(K::Always);
    if !always {
        parser.expect_word(K::By)?;
        parser.expect_word(K::Default)?;
    }
    parser.expect_word(K::As)?;
    if parser.eat_word(K::Identity) {
        column.identity = Some(identity(parser, always)?);
    } else {
        column.generated = Some(parenthesized_expression(parser)?);
    }
    Ok(())
}

fn identity(parser: &mut Parser<'_>, always: bool) -> Parsed<Identity> {
    let mut identity = Identity {
        always,
        start: 1,
        step: 1,
    };
    if parser.eat(T::LeftParen) {
        while !parser.eat(T::RightParen) {
            if parser.eat_words(&[K::Start, K::With]) {
                identity.start = signed_integer(parser)?;
            } else if parser.eat_words(&[K::Increment, K::By]) {
                identity.step = signed_integer(parser)?;
            } else {
                return Err(parser.syntax_error());
            }
            parser.eat(T::Comma);
        }
    }
    Ok(identity)
}

fn signed_integer(parser: &mut Parser<'_>) -> Parsed<i64> {
    let sign = if parser.eat(T::Minus) { -1 } else { 1 };
    if !parser.is(T::Integer) {
        return Err(parser.syntax_error());
    }
    let value: i64 = parser
        .token_text()
        .parse()
        .map_err(|_| parser.syntax_error())?;
    parser.advance();
    Ok(sign * value)
}

fn parenthesized_expression(parser: &mut Parser<'_>) -> Parsed<SqlExpression> {
    parser.expect(T::LeftParen)?;
    let expression = sql_expression(parser)?;
    parser.expect(T::RightParen)?;
    Ok(expression)
}

/// `FIRST` or `AFTER column`, if it is there.
pub(super) fn position(parser: &mut Parser<'_>) -> Parsed<Option<ColumnPosition>> {
    if parser.eat_word(K::First) {
        return Ok(Some(ColumnPosition::First));
    }
    if parser.eat_word(K::After) {
        return Ok(Some(ColumnPosition::After(identifier(parser)?)));
    }
    Ok(None)
}

/// Whether a constraint begins at the cursor. A column may be called `check`, so the next token decides.
pub(super) fn begins_constraint(parser: &Parser<'_>) -> bool {
    let next = parser.kind_ahead(1);
    match parser.kind() {
        T::Word(K::Constraint) => parser.kind_ahead(2) != T::Comma,
        T::Word(K::Primary | K::Foreign) => next == T::Word(K::Key),
        T::Word(K::Check) => next == T::LeftParen,
        T::Word(K::Unique) => {
            matches!(
                next,
                T::LeftParen | T::Comma | T::RightParen | T::Word(K::Not)
            )
        }
        T::Word(K::References) => true,
        _ => false,
    }
}

/// A constraint of the table, or of its own column.
pub(super) fn constraint(parser: &mut Parser<'_>, own: Option<String>) -> Parsed<Constraint> {
    let name = if parser.eat_word(K::Constraint) {
        Some(identifier(parser)?)
    } else {
        None
    };
    let kind = if parser.eat_words(&[K::Primary, K::Key]) {
        ConstraintKind::PrimaryKey(constrained_columns(parser, &own)?)
    } else if parser.eat_word(K::Unique) {
        ConstraintKind::Unique(constrained_columns(parser, &own)?)
    } else if parser.eat_word(K::Check) {
        ConstraintKind::Check(parenthesized_expression(parser)?)
    } else {
        let columns = if parser.eat_words(&[K::Foreign, K::Key]) {
            constrained_columns(parser, &own)?
        } else {
            own.into_iter().collect()
        };
        if columns.is_empty() || !parser.is_word(K::References) {
            return Err(parser.syntax_error());
        }
        parser.advance();
        let references = multipart_identifier(parser)?;
        let referenced_columns = if parser.is(T::LeftParen) {
            identifier_list(parser)?
        } else {
            Vec::new()
        };
        ConstraintKind::ForeignKey {
            columns,
            references,
            referenced_columns,
        }
    };
    let mut constraint = Constraint {
        name,
        kind,
        enforced: None,
        rely: None,
    };
    characteristics(parser, &mut constraint)?;
    Ok(constraint)
}

/// `(a [TIMESERIES], b)`; a column's own constraint needs no list.
fn constrained_columns(parser: &mut Parser<'_>, own: &Option<String>) -> Parsed<Vec<String>> {
    match own {
        Some(column) if !parser.is(T::LeftParen) => Ok(vec![column.clone()]),
        _ => parser.parenthesized_list(|parser| {
            let column = identifier(parser)?;
            parser.eat_word_text("TIMESERIES");
            Ok(column)
        }),
    }
}

fn characteristics(parser: &mut Parser<'_>, constraint: &mut Constraint) -> Parsed<()> {
    loop {
        if parser.eat_words(&[K::Not, K::Enforced]) {
            constraint.enforced = Some(false);
        } else if parser.eat_word(K::Enforced) {
            constraint.enforced = Some(true);
        } else if parser.eat_word(K::Rely) {
            constraint.rely = Some(true);
        } else if parser.eat_word(K::Norely) {
            constraint.rely = Some(false);
        } else if parser.is_word_text("MATCH") || parser.is_words(&[K::On, K::Update]) {
            // `MATCH FULL`, `ON UPDATE NO ACTION`, `ON DELETE NO ACTION`: what holds anyway.
            while matches!(parser.kind(), T::Word(_) | T::Identifier) {
                parser.advance();
            }
        } else {
            parser.eat_word_text("DEFERRABLE");
            return Ok(());
        }
    }
}

/// `(column | constraint, …)`.
pub(super) fn table_elements(
    parser: &mut Parser<'_>,
    columns: &mut Vec<ColumnDefinition>,
    constraints: &mut Vec<Constraint>,
) -> Parsed<()> {
    parser.expect(T::LeftParen)?;
    loop {
        if begins_constraint(parser) {
            constraints.push(constraint(parser, None)?);
        } else {
            columns.push(column_definition(parser, constraints)?);
        }
        if !parser.eat(T::Comma) {
            return parser.expect(T::RightParen);
        }
    }
}

/// `(name, …)` of possibly nested names.
pub(super) fn name_list(parser: &mut Parser<'_>) -> Parsed<Vec<Name>> {
    parser.parenthesized_list(multipart_identifier)
}
