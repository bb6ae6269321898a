//! DECLARE, SET VARIABLE, DROP TEMPORARY VARIABLE and EXECUTE IMMEDIATE.

use sparring_proto::connect as proto;

use proto::expression::ExprType;
use proto::relation::RelType;

use super::super::expression::{expression, named_expression};
use super::super::identifier::{is_identifier, multipart_identifier, quote_parts};
use super::super::{Parsed, Parser, query, types};
use super::{if_exists, sql_expression};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;
use crate::statement::{
    Argument, DeclareVariable, DropVariable, ExecuteImmediate, Name, SetVariable, Statement,
};

/// Whether VARIABLE or VAR stands this many tokens ahead, with the name of one behind it; `SET var = 1` is
/// a setting.
pub(super) fn is_variable(parser: &Parser<'_>, ahead: usize) -> bool {
    let is_word = matches!(parser.kind_ahead(ahead), T::Word(K::Var | K::Variable));
    is_word
        && (parser.kind_ahead(ahead + 1) == T::LeftParen
            || is_identifier(parser.kind_ahead(ahead + 1)))
}

/// `DECLARE …`.
pub(super) fn declare(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    let replace = parser.is_words(&[K::Or, K::Replace]) && is_identifier(parser.kind_ahead(2));
    if replace {
        parser.advance();
        parser.advance();
    }
    // A variable may be called `variable`.
    if is_variable(parser, 0) {
        parser.advance();
    }
    let names = parser.comma_list(multipart_identifier)?;
    let mut declared = DeclareVariable {
        names,
        replace,
        data_type: None,
        default: None,
        subqueries: Vec::new(),
        place: parser.origin_from(start),
    };
    let ends = |parser: &Parser<'_>| parser.at_end() || parser.is(T::Semicolon);
    let begins_default = |parser: &Parser<'_>| parser.is(T::Equal) || parser.is_word(K::Default);
    if !ends(parser) && !begins_default(parser) {
        // There is no `IF NOT EXISTS`: Spark takes `IF` for a name and `NOT` for a type.
        if parser.is_words(&[K::Not, K::Exists]) {
            return Err(parser.syntax_error_at(parser.mark() + 1, ""));
        }
        declared.data_type = Some(types::data_type(parser)?);
    }
    if begins_default(parser) {
        parser.advance();
        declared.default = Some(sql_expression(parser)?);
        declared.subqueries = parser.take_subqueries();
    }
    if declared.data_type.is_none() && declared.default.is_none() {
        return Err(parser.error_from(
            start,
            "INVALID_SQL_SYNTAX.VARIABLE_TYPE_OR_DEFAULT_REQUIRED",
            Some("42000"),
            "Invalid SQL syntax: The definition of a SQL variable requires either a datatype or a DEFAULT \
             clause.\nFor example, use `DECLARE name STRING` or `DECLARE name = 'SQL'` instead of \
             `DECLARE name`.",
            &[],
        ));
    }
    declared.place = parser.origin_from(start);
    Ok(Statement::DeclareVariable(declared))
}

/// `SET VARIABLE …`; the cursor is on VARIABLE.
pub(super) fn set(parser: &mut Parser<'_>, start: usize) -> Parsed<Statement> {
    parser.advance();
    let (targets, query, single) = if parser.is(T::LeftParen) {
        let targets = parser.parenthesized_list(multipart_identifier)?;
        parser.expect(T::Equal)?;
        parser.expect(T::LeftParen)?;
        let query = query::query(parser)?;
        parser.expect(T::RightParen)?;
        (targets, query, false)
    } else {
        let (mut targets, mut values) = (Vec::new(), Vec::new());
        for (target, value) in parser.comma_list(assignment)? {
            targets.push(target);
            values.push(value);
        }
        let row = lower::relation(RelType::Project(Box::new(proto::Project {
            input: None,
            expressions: values,
        })));
        let query = lower::with_relations(row, parser.take_subqueries());
        (targets, query, true)
    };
    // What cannot be read to its end is a setting, or none.
    if !parser.at_end() && !parser.is(T::Semicolon) {
        return Err(parser.syntax_error());
    }
    Ok(Statement::SetVariable(SetVariable {
        targets,
        query,
        single,
        place: parser.origin_from(start),
    }))
}

fn assignment(parser: &mut Parser<'_>) -> Parsed<(Name, proto::Expression)> {
    let target = multipart_identifier(parser)?;
    parser.expect(T::Equal)?;
    Ok((target, expression(parser)?))
}

/// Behind `DROP TEMPORARY`; the cursor is on VARIABLE.
pub(super) fn drop(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let if_exists = if_exists(parser);
    let name = multipart_identifier(parser)?;
    Ok(Statement::DropVariable(DropVariable { name, if_exists }))
}

/// `EXECUTE IMMEDIATE …`.
pub(super) fn execute_immediate(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    if parser.is(T::String) {
        return Err(parser.missing_error("'IMMEDIATE'"));
    }
    parser.expect_word(K::Immediate)?;
    let text = expression(parser)?;
    let mut into = Vec::new();
    if parser.eat_word(K::Into) {
        into = parser.comma_list(|parser| {
            let at = parser.mark();
            let name = multipart_identifier(parser)?;
            let attribute = parser.placed(at, lower::attribute(quote_parts(&name)));
            Ok((name, attribute))
        })?;
    }
    let using = if parser.is_word(K::Using) {
        using(parser)?
    } else {
        Vec::new()
    };
    Ok(Statement::ExecuteImmediate(ExecuteImmediate {
        text,
        into,
        using,
        subqueries: parser.take_subqueries(),
        place: parser.origin_from(start),
    }))
}

/// `USING value [AS name], …`, perhaps in parentheses.
fn using(parser: &mut Parser<'_>) -> Parsed<Vec<Argument>> {
    let start = parser.mark();
    parser.advance();
    let mark = parser.mark();
    let mut values = Vec::new();
    if parser.is(T::LeftParen) && !query::is_parenthesized_query(parser, 0) {
        let list = parser.parenthesized_list(named_expression)?;
        if parser.at_end() || parser.is(T::Semicolon) {
            values = list;
        } else {
            parser.back_to(mark);
        }
    }
    if values.is_empty() {
        values = parser.comma_list(named_expression)?;
    }
    let arguments: Vec<Argument> = values.into_iter().map(argument).collect();
    let named: Vec<&String> = arguments.iter().filter_map(|a| a.name.as_ref()).collect();
    let aliased = |at: usize| named[..at].contains(&named[at]);
    let twice: Vec<String> = (0..named.len())
        .filter(|at| aliased(*at))
        .map(|at| format!("`{}`", named[at].replace('`', "``")))
        .collect();
    if twice.is_empty() {
        return Ok(arguments);
    }
    let aliases = twice.join(", ");
    Err(parser.error_from(
        start,
        "EXEC_IMMEDIATE_DUPLICATE_ARGUMENT_ALIASES",
        Some("42701"),
        format!(
            "The USING clause of this EXECUTE IMMEDIATE command contained multiple arguments with same alias \
             ({aliases}), which is invalid; please update the command to specify unique aliases and then try \
             it again."
        ),
        &[("aliases", &aliases)],
    ))
}

/// A value under the name that it was given, or its own if it is nothing but a name.
fn argument(value: proto::Expression) -> Argument {
    match value.expr_type {
        Some(ExprType::Alias(alias)) if alias.expr.is_some() => Argument {
            name: alias.name.last().cloned(),
            value: alias.expr.map(|value| *value).unwrap_or_default(),
        },
        Some(ExprType::UnresolvedAttribute(attribute)) => {
            let parts = crate::parse_attribute_name(&attribute.unparsed_identifier);
            Argument {
                name: parts.ok().and_then(|mut parts| parts.pop()),
                value: proto::Expression {
                    common: value.common,
                    expr_type: Some(ExprType::UnresolvedAttribute(attribute)),
                },
            }
        }
        expr_type => Argument {
            name: None,
            value: proto::Expression {
                common: value.common,
                expr_type,
            },
        },
    }
}
