//! SELECT: the select list, its filters, grouping and hints.

use sparring_proto::connect as proto;

use proto::aggregate::GroupType;
use proto::expression::ExprType;
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::{expression, named_expression};
use super::identifier::is_identifier;
use super::{Parsed, Parser, from};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// `SELECT … [FROM …] [WHERE …] [GROUP BY …] [HAVING …] [WINDOW …] [QUALIFY …]`.
pub(crate) fn select(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let select_start = std::mem::replace(&mut parser.select_start, start);
    parser.expect_word(K::Select)?;
    let list = select_list(parser)?;
    let input = if parser.is_word(K::From) {
        Some(from::from_clause(parser)?)
    } else {
        None
    };
    let relation = clauses(parser, start, list, input);
    parser.select_start = select_start;
    relation
}

/// What stands between SELECT and FROM.
pub(crate) struct SelectList {
    hints: Vec<(String, Vec<Expression>)>,
    is_distinct: bool,
    expressions: Vec<Expression>,
}

/// Hints, DISTINCT and the items; SELECT is behind the cursor.
pub(crate) fn select_list(parser: &mut Parser<'_>) -> Parsed<SelectList> {
    let mut hints = Vec::new();
    while parser.eat(T::HintStart) {
        hints.append(&mut hint_list(parser)?);
    }
    let next = parser.kind_ahead(1);
    let is_quantifier = !super::expression::ends_item(next) && next != T::Dot;
    let is_distinct = parser.is_word(K::Distinct) && is_quantifier;
    if is_distinct || (parser.is_word(K::All) && is_quantifier) {
        parser.advance();
    }
    let expressions = parser.comma_list(named_expression)?;
    Ok(SelectList {
        hints,
        is_distinct,
        expressions,
    })
}

/// The clauses behind FROM, and the relation they make with the list and the input.
pub(crate) fn clauses(
    parser: &mut Parser<'_>,
    start: usize,
    list: SelectList,
    input: Option<Relation>,
) -> Parsed<Relation> {
    let condition = if parser.eat_word(K::Where) {
        Some(expression(parser)?)
    } else {
        None
    };
    let grouping = group_by(parser)?;
    let having = if parser.eat_word(K::Having) {
        Some(expression(parser)?)
    } else {
        None
    };
    skip_window_clause(parser)?;
    let qualify = if parser.eat_word(K::Qualify) {
        Some(expression(parser)?)
    } else {
        None
    };
    skip_window_clause(parser)?;

    // Spark's errors about any of these show the whole SELECT.
    let placed = |rel_type| parser.placed_relation(start, lower::relation(rel_type));
    let filtered = |input, condition| {
        placed(RelType::Filter(Box::new(proto::Filter {
            input: Some(Box::new(input)),
            condition: Some(condition),
        })))
    };
    let input = match condition {
        Some(condition) => Some(filtered(input.unwrap_or_else(lower::one_row), condition)),
        None => input,
    };
    // HAVING without GROUP BY groups all rows into one.
    let mut relation = if grouping.is_some() || having.is_some() {
        placed(RelType::Aggregate(Box::new(proto::Aggregate {
            input: Some(Box::new(input.unwrap_or_else(lower::one_row))),
            group_type: GroupType::Unspecified as i32,
            grouping_expressions: grouping.unwrap_or_default(),
            aggregate_expressions: list.expressions,
            pivot: None,
            grouping_sets: Vec::new(),
        })))
    } else {
        placed(RelType::Project(Box::new(proto::Project {
            input: input.map(Box::new),
            expressions: list.expressions,
        })))
    };
    if let Some(condition) = having {
        relation = filtered(relation, condition);
    }
    if let Some(condition) = qualify {
        let condition = lower::internal_function(internal::QUALIFY, vec![condition]);
        relation = filtered(relation, condition);
    }
    if list.is_distinct {
        relation = placed(RelType::Deduplicate(Box::new(proto::Deduplicate {
            input: Some(Box::new(relation)),
            column_names: Vec::new(),
            all_columns_as_keys: Some(true),
            within_watermark: None,
        })));
    }
    // The first hint is the outermost.
    Ok(list
        .hints
        .into_iter()
        .rev()
        .fold(relation, |relation, (name, parameters)| {
            lower::relation(RelType::Hint(Box::new(proto::Hint {
                input: Some(Box::new(relation)),
                name,
                parameters,
            })))
        }))
}

/// `name [(parameters)], … */`.
fn hint_list(parser: &mut Parser<'_>) -> Parsed<Vec<(String, Vec<Expression>)>> {
    let mut hints = Vec::new();
    while !parser.eat(T::HintEnd) {
        let name = super::identifier::name_part(parser)?;
        let mut parameters = Vec::new();
        if parser.eat(T::LeftParen) && !parser.eat(T::RightParen) {
            parameters = parser.comma_list(expression)?;
            parser.expect(T::RightParen)?;
        }
        parser.eat(T::Comma);
        hints.push((name, parameters));
    }
    Ok(hints)
}

/// GROUP BY, if it is there.
pub(crate) fn group_by(parser: &mut Parser<'_>) -> Parsed<Option<Vec<Expression>>> {
    if !parser.eat_words(&[K::Group, K::By]) {
        return Ok(None);
    }
    let start = parser.mark();
    if parser.is_word(K::All)
        && !matches!(
            parser.kind_ahead(1),
            T::Comma | T::Dot | T::LeftBracket | T::LeftParen
        )
    {
        parser.advance();
        let all = lower::internal_function(internal::GROUP_BY_ALL, Vec::new());
        return Ok(Some(vec![parser.placed(start, all)]));
    }
    let mut keys = parser.comma_list(grouping_item)?;
    if parser.eat_words(&[K::With, K::Rollup]) {
        keys = vec![of_single_sets(internal::ROLLUP, keys)];
    } else if parser.eat_words(&[K::With, K::Cube]) {
        keys = vec![of_single_sets(internal::CUBE, keys)];
    } else if parser.is_words(&[K::Grouping, K::Sets]) {
        // `GROUP BY a, b GROUPING SETS (…)`: the sets say it all.
        keys = vec![grouping_item(parser)?];
    }
    Ok(Some(keys))
}

fn of_single_sets(name: &str, keys: Vec<Expression>) -> Expression {
    let set = |key| lower::internal_function(internal::GROUPING_SET, vec![key]);
    lower::internal_function(name, keys.into_iter().map(set).collect())
}

/// An expression, ROLLUP, CUBE or GROUPING SETS.
fn grouping_item(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let name = if parser.is_words(&[K::Grouping, K::Sets]) {
        parser.advance();
        internal::GROUPING_SETS
    } else if parser.is_word(K::Rollup) && parser.kind_ahead(1) == T::LeftParen {
        internal::ROLLUP
    } else if parser.is_word(K::Cube) && parser.kind_ahead(1) == T::LeftParen {
        internal::CUBE
    } else {
        return expression(parser);
    };
    parser.advance();
    let sets = parser.nested(|parser| parser.parenthesized_list(grouping_set))?;
    Ok(parser.placed(start, lower::internal_function(name, sets)))
}

/// `(a, b)`, `()`, one expression, or a nested ROLLUP, CUBE or GROUPING SETS.
fn grouping_set(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    if parser.is(T::LeftParen) {
        parser.advance();
        let mut keys = Vec::new();
        if !parser.is(T::RightParen) {
            keys = parser.comma_list(expression)?;
        }
        parser.expect(T::RightParen)?;
        if matches!(parser.kind(), T::Comma | T::RightParen) {
            let set = lower::internal_function(internal::GROUPING_SET, keys);
            return Ok(parser.placed(start, set));
        }
        // The parenthesis was only the beginning of an expression: `((a) + 1)`.
        parser.back_to(start);
    }
    let item = grouping_item(parser)?;
    let is_internal = matches!(
        &item.expr_type,
        Some(ExprType::UnresolvedFunction(function)) if function.is_internal == Some(true)
    );
    if is_internal {
        return Ok(item);
    }
    Ok(parser.placed(
        start,
        lower::internal_function(internal::GROUPING_SET, vec![item]),
    ))
}

/// WINDOW definitions are read where they are used; here they are checked and passed.
pub(crate) fn skip_window_clause(parser: &mut Parser<'_>) -> Parsed<()> {
    let is_clause = parser.is_word(K::Window)
        && is_identifier(parser.kind_ahead(1))
        && parser.kind_ahead(2) == T::Word(K::As);
    if !is_clause {
        return Ok(());
    }
    parser.advance();
    parser.comma_list(super::window::definition)?;
    Ok(())
}
