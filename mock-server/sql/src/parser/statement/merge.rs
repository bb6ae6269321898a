//! MERGE.

use sparring_proto::connect as proto;

use proto::expression::ExprType;
use proto::merge_action::{self, ActionType};
use proto::{Expression, MergeAction, MergeIntoTableCommand};

use super::super::expression::expression;
use super::super::identifier::{multipart_identifier, quote_parts};
use super::super::{Parsed, Parser, from};
use super::change::{assignment, schema_evolution, target_alias};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;
use crate::statement::{Merge, Statement};

/// `MERGE [WITH SCHEMA EVOLUTION] INTO target USING source ON condition WHEN …`.
pub(super) fn merge(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let with_schema_evolution = schema_evolution(parser)?;
    parser.expect_word(K::Into)?;
    let target = multipart_identifier(parser)?;
    let target_alias = target_alias(parser)?;
    parser.expect_word(K::Using)?;
    let source = from::primary(parser)?;
    parser.expect_word(K::On)?;
    let condition = expression(parser)?;
    let mut command = MergeIntoTableCommand {
        target_table_name: quote_parts(&target),
        source_table_plan: Some(source),
        merge_condition: Some(condition),
        with_schema_evolution,
        ..Default::default()
    };
    while parser.is_word(K::When) {
        when(parser, &mut command)?;
    }
    let n_actions = command.match_actions.len()
        + command.not_matched_actions.len()
        + command.not_matched_by_source_actions.len();
    if n_actions == 0 {
        return Err(if parser.at_end() {
            parser.error(
                0,
                parser.mark(),
                "MERGE_WITHOUT_WHEN",
                Some("42601"),
                "There must be at least one WHEN clause in a MERGE statement.",
                &[],
            )
        } else {
            parser.syntax_error()
        });
    }
    let subqueries = parser.take_subqueries();
    Ok(Statement::Merge(Merge {
        target_alias,
        command,
        subqueries,
    }))
}

/// `WHEN [NOT] MATCHED [BY TARGET|SOURCE] [AND condition] THEN action`.
fn when(parser: &mut Parser<'_>, command: &mut MergeIntoTableCommand) -> Parsed<()> {
    parser.advance();
    let negated = parser.eat_word(K::Not) || parser.eat(T::Bang);
    parser.expect_word(K::Matched)?;
    let by_source = negated && parser.eat_words(&[K::By, K::Source]);
    if negated && !by_source {
        parser.eat_words(&[K::By, K::Target]);
    }
    let condition = if parser.eat_word(K::And) {
        Some(expression(parser)?)
    } else {
        None
    };
    parser.expect_word(K::Then)?;
    if negated && !by_source {
        let action = insert_action(parser, condition)?;
        command.not_matched_actions.push(action);
    } else {
        let action = change_action(parser, condition, by_source)?;
        let actions = if by_source {
            &mut command.not_matched_by_source_actions
        } else {
            &mut command.match_actions
        };
        actions.push(action);
    }
    Ok(())
}

/// `UPDATE SET *`, `UPDATE SET a = b, …` or `DELETE`.
fn change_action(
    parser: &mut Parser<'_>,
    condition: Option<Expression>,
    by_source: bool,
) -> Parsed<Expression> {
    if parser.eat_word(K::Delete) {
        return Ok(action(ActionType::Delete, condition, Vec::new()));
    }
    parser.expect_word(K::Update)?;
    parser.expect_word(K::Set)?;
    // A row without source has nothing to take the columns from.
    if !by_source && parser.eat(T::Star) {
        return Ok(action(ActionType::UpdateStar, condition, Vec::new()));
    }
    let assignments = parser.comma_list(assignment)?;
    let assignments = assignments
        .into_iter()
        .map(|set| assigned(set.column, set.value))
        .collect();
    Ok(action(ActionType::Update, condition, assignments))
}

/// `INSERT *` or `INSERT (columns) VALUES (values)`.
fn insert_action(parser: &mut Parser<'_>, condition: Option<Expression>) -> Parsed<Expression> {
    parser.expect_word(K::Insert)?;
    if parser.eat(T::Star) {
        return Ok(action(ActionType::InsertStar, condition, Vec::new()));
    }
    let start = parser.mark();
    let columns = parser.parenthesized_list(|parser| {
        let start = parser.mark();
        let name = multipart_identifier(parser)?;
        Ok(parser.placed(start, lower::attribute(quote_parts(&name))))
    })?;
    parser.expect_word(K::Values)?;
    let values = parser.parenthesized_list(expression)?;
    if columns.len() != values.len() {
        return Err(parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_0006",
            None,
            "The number of inserted values cannot match the fields.",
            &[],
        ));
    }
    let assignments = columns
        .into_iter()
        .zip(values)
        .map(|(column, value)| assigned(column, value))
        .collect();
    Ok(action(ActionType::Insert, condition, assignments))
}

fn assigned(key: Expression, value: Expression) -> merge_action::Assignment {
    merge_action::Assignment {
        key: Some(key),
        value: Some(value),
    }
}

fn action(
    action_type: ActionType,
    condition: Option<Expression>,
    assignments: Vec<merge_action::Assignment>,
) -> Expression {
    lower::expression(ExprType::MergeAction(Box::new(MergeAction {
        action_type: action_type as i32,
        condition: condition.map(Box::new),
        assignments,
    })))
}
