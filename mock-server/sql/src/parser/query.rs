//! Queries: WITH, set operations, what may order and limit them.

use sparring_proto::connect as proto;

use proto::expression::SortOrder;
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::expression;
use super::identifier::{identifier, identifier_list, is_identifier};
use super::{
    MAX_DEPTH, Parsed, Parser, from, inline_table, limit, literal, select, set_operation, table,
    window,
};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// Whether a query, and not an expression or a table, stands in the parenthesis this many tokens ahead.
pub(crate) fn is_parenthesized_query(parser: &Parser<'_>, ahead: usize) -> bool {
    let outer = parser.mark() + ahead;
    let kind = |index: usize| parser.tokens.get(index).map_or(T::End, |token| token.kind);
    // Deeper than this the text is refused anyway; the look ahead is not to take longer than that.
    let n_parens = (outer..outer + MAX_DEPTH as usize)
        .take_while(|index| kind(*index) == T::LeftParen)
        .count();
    if n_parens == 0 || !begins_query(kind(outer + n_parens), kind(outer + n_parens + 1)) {
        return false;
    }
    // `((SELECT 1) + 1)` and `((SELECT 1) t JOIN u)` begin like queries: what closes each inner
    // parenthesis must be followed by what may follow a query.
    let mut depth = n_parens;
    let mut n_open_inner = n_parens;
    let mut index = outer + n_parens;
    while n_open_inner > 1 {
        match kind(index) {
            T::LeftParen => depth += 1,
            T::RightParen => {
                depth -= 1;
                if depth < n_open_inner {
                    n_open_inner = depth;
                    if depth > 0 && !may_follow_query(kind(index + 1)) {
                        return false;
                    }
                }
            }
            T::End => return true,
            _ => {}
        }
        index += 1;
    }
    true
}

fn begins_query(first: T, next: T) -> bool {
    let starts_item = !matches!(
        next,
        T::End | T::Comma | T::RightParen | T::Semicolon | T::Dot | T::Equal | T::LeftBracket
    );
    match first {
        T::Word(K::Select) => starts_item && next != T::Word(K::From),
        T::Word(K::With | K::From | K::Table) => is_identifier(next),
        T::Word(K::Values) => starts_item,
        _ => false,
    }
}

fn may_follow_query(kind: T) -> bool {
    matches!(
        kind,
        T::RightParen
            | T::End
            | T::Word(
                K::Union
                    | K::Except
                    | K::Minus
                    | K::Setminus
                    | K::Intersect
                    | K::Order
                    | K::Sort
                    | K::Cluster
                    | K::Distribute
                    | K::Limit
                    | K::Offset
                    | K::Window
            )
    )
}

/// A whole query, with its own subqueries tied to it.
pub(crate) fn query(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.nested(|parser| {
        parser.query_depth += 1;
        // The named queries are the outermost: subqueries see them too.
        let references = if parser.is_word(K::With) {
            with_clause(parser)?
        } else {
            Vec::new()
        };
        let relation = query_behind_with(parser, references);
        parser.query_depth -= 1;
        relation
    })
}

/// What stands behind the WITH of a query, together with what the WITH named.
pub(crate) fn query_behind_with(
    parser: &mut Parser<'_>,
    references: Vec<Relation>,
) -> Parsed<Relation> {
    let select_start = parser.select_start;
    let alias_may_follow = std::mem::replace(&mut parser.alias_may_follow, false);
    let relation = parser.with_own_subqueries(|parser| {
        let relation = set_operation::term(parser)?;
        organization(parser, relation)
    });
    parser.alias_may_follow = alias_may_follow;
    parser.select_start = select_start;
    relation.map(|root| lower::with_relations(root, references))
}

/// The named queries of a WITH, in order; the cursor is on WITH.
pub(crate) fn with_clause(parser: &mut Parser<'_>) -> Parsed<Vec<Relation>> {
    let with = parser.mark();
    parser.expect_word(K::With)?;
    let recursive = parser.is_word(K::Recursive) && parser.kind_ahead(1) != T::Word(K::As);
    if recursive {
        parser.advance();
    }
    let references = parser.comma_list(|parser| named_query(parser, recursive))?;
    for (index, reference) in references.iter().enumerate() {
        let name = alias_of(reference);
        if references[..index]
            .iter()
            .any(|other| alias_of(other) == name)
        {
            let quoted = format!("`{name}`");
            // Spark shows the whole query.
            let mark = parser.mark();
            query_behind_with(parser, Vec::new())?;
            let end = parser.mark();
            parser.back_to(mark);
            return Err(parser.error(
                with,
                end,
                "DUPLICATED_CTE_NAMES",
                Some("42602"),
                format!("CTE definition can't have duplicate names: {quoted}."),
                &[("duplicateNames", &quoted)],
            ));
        }
    }
    Ok(references)
}

fn alias_of(reference: &Relation) -> &str {
    match &reference.rel_type {
        Some(RelType::SubqueryAlias(alias)) => &alias.alias,
        _ => "",
    }
}

fn named_query(parser: &mut Parser<'_>, recursive: bool) -> Parsed<Relation> {
    let name = identifier(parser)?;
    let columns = if parser.is(T::LeftParen) {
        identifier_list(parser)?
    } else {
        Vec::new()
    };
    let mut max_level = Vec::new();
    if parser.is_word(K::Max) {
        parser.advance();
        parser.expect_word(K::Recursion)?;
        parser.expect_word(K::Level)?;
        max_level.push(literal::number(parser)?);
    }
    parser.eat_word(K::As);
    parser.expect(T::LeftParen)?;
    let mut relation = query(parser)?;
    parser.expect(T::RightParen)?;
    if recursive {
        relation = lower::relation(RelType::Hint(Box::new(proto::Hint {
            input: Some(Box::new(relation)),
            name: internal::RECURSIVE_CTE.to_string(),
            parameters: max_level,
        })));
    }
    Ok(lower::subquery_alias(relation, name, columns))
}

/// A SELECT, VALUES, TABLE or a query in parentheses.
pub(crate) fn primary(parser: &mut Parser<'_>) -> Parsed<Relation> {
    match parser.kind() {
        T::Word(K::Select) => select::select(parser),
        T::Word(K::From) => from::from_first(parser),
        T::Word(K::Values) => inline_table::inline_table(parser),
        T::Word(K::Table) => {
            parser.advance();
            table::named_table(parser)
        }
        T::LeftParen => {
            parser.advance();
            let relation = query(parser)?;
            parser.expect_or_missing(T::RightParen, ")")?;
            Ok(relation)
        }
        _ => Err(parser.syntax_error()),
    }
}

/// ORDER BY, SORT BY, DISTRIBUTE BY, CLUSTER BY, WINDOW, LIMIT and OFFSET behind a query.
pub(crate) fn organization(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let mut relation = input;
    let start = parser.mark();
    if parser.eat_words(&[K::Order, K::By]) {
        let order = order_list(parser);
        let order = parser.reported_at(start, order)?;
        relation = parser.placed_relation(start, sort(relation, order, true));
    } else if parser.eat_words(&[K::Cluster, K::By]) {
        let keys = parser.comma_list(expression)?;
        let order = keys
            .iter()
            .map(|key| window::sort_order(key.clone(), false, true))
            .collect();
        relation = sort(distribute(relation, keys), order, false);
    } else {
        if parser.eat_words(&[K::Distribute, K::By]) {
            let keys = parser.comma_list(expression)?;
            relation = distribute(relation, keys);
        }
        if parser.eat_words(&[K::Sort, K::By]) {
            let order = parser.comma_list(window::sort_item)?;
            relation = sort(relation, order, false);
        }
    }
    select::skip_window_clause(parser)?;
    limit::limit_and_offset(parser, relation)
}

fn order_list(parser: &mut Parser<'_>) -> Parsed<Vec<SortOrder>> {
    if parser.is_word(K::All) {
        let start = parser.mark();
        let mark = parser.mark();
        parser.advance();
        if !matches!(parser.kind(), T::Comma | T::Dot | T::LeftBracket) {
            parser.back_to(mark);
            let mut order = window::sort_item(parser)?;
            let all = parser.placed(
                start,
                lower::internal_function(internal::ORDER_BY_ALL, Vec::new()),
            );
            order.child = Some(Box::new(all));
            return Ok(vec![order]);
        }
        parser.back_to(mark);
    }
    parser.comma_list(window::sort_item)
}

/// Sorts globally or within each partition.
pub(crate) fn sort(input: Relation, order: Vec<SortOrder>, is_global: bool) -> Relation {
    lower::relation(RelType::Sort(Box::new(proto::Sort {
        input: Some(Box::new(input)),
        order,
        is_global: Some(is_global),
    })))
}

fn distribute(input: Relation, partition_exprs: Vec<Expression>) -> Relation {
    lower::relation(RelType::RepartitionByExpression(Box::new(
        proto::RepartitionByExpression {
            input: Some(Box::new(input)),
            partition_exprs,
            num_partitions: None,
        },
    )))
}
