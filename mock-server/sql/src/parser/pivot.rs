//! PIVOT and UNPIVOT.

use sparring_proto::connect as proto;

use proto::aggregate::{GroupType, Pivot};
use proto::relation::RelType;
use proto::{Expression, Relation, unpivot};

use super::expression::named_expression;
use super::identifier::{
    identifier, identifier_list, is_strict_identifier, multipart_identifier, quote_parts,
};
use super::{Parsed, Parser, from};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// Whether PIVOT or UNPIVOT begins at the cursor.
pub(crate) fn is_pivot(parser: &Parser<'_>) -> bool {
    match parser.kind() {
        T::Word(K::Pivot) => parser.kind_ahead(1) == T::LeftParen,
        T::Word(K::Unpivot) => matches!(
            parser.kind_ahead(1),
            T::LeftParen | T::Word(K::Include) | T::Word(K::Exclude)
        ),
        _ => false,
    }
}

/// All PIVOTs and UNPIVOTs at the cursor, each with its alias.
pub(crate) fn pivots(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let mut relation = input;
    let mut n_links = 0;
    while is_pivot(parser) {
        n_links += 1;
        parser.check_chain(n_links)?;
        let start = parser.mark();
        if parser.eat_word(K::Pivot) {
            let pivoted = pivot(parser, relation)?;
            relation = from::aliased(parser, parser.placed_relation(start, pivoted))?;
        } else {
            parser.advance();
            let unpivoted = unpivot(parser, relation)?;
            let alias = from::table_name(parser)?;
            relation = from::with_alias(unpivoted, alias.map(|alias| (alias, Vec::new())));
        }
    }
    Ok(relation)
}

/// `PIVOT (aggregate [AS name], … FOR column IN (value [AS name], …))`.
fn pivot(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    parser.expect(T::LeftParen)?;
    let aggregate_expressions = parser.comma_list(|parser| {
        let start = parser.mark();
        let call = super::expression::expression(parser)?;
        let has_as = parser.eat_word(K::As);
        if !has_as && (!is_strict_identifier(parser.kind()) || parser.is_word(K::For)) {
            return Ok(call);
        }
        let name = identifier(parser)?;
        Ok(parser.placed(start, lower::alias(call, vec![name])))
    })?;
    parser.expect_word(K::For)?;
    let columns = columns(parser)?;
    parser.expect_word(K::In)?;
    let values = parser.parenthesized_list(named_expression)?;
    parser.expect(T::RightParen)?;
    let col = one_or(columns, |columns| {
        lower::internal_function(internal::ROW, columns)
    });
    Ok(lower::relation(RelType::Aggregate(Box::new(
        proto::Aggregate {
            input: Some(Box::new(input)),
            group_type: GroupType::Unspecified as i32,
            grouping_expressions: values,
            aggregate_expressions,
            pivot: Some(Pivot {
                col: Some(col),
                values: Vec::new(),
            }),
            grouping_sets: Vec::new(),
        },
    ))))
}

/// `column` or `(column, …)`.
fn columns(parser: &mut Parser<'_>) -> Parsed<Vec<Expression>> {
    if parser.is(T::LeftParen) {
        parser.parenthesized_list(column)
    } else {
        Ok(vec![column(parser)?])
    }
}

fn column(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    Ok(parser.placed(start, lower::attribute(quote_parts(&name))))
}

fn one_or(
    mut items: Vec<Expression>,
    many: impl FnOnce(Vec<Expression>) -> Expression,
) -> Expression {
    match (items.pop(), items.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            items.extend(last);
            many(items)
        }
    }
}

/// `UNPIVOT [INCLUDE|EXCLUDE NULLS] (value FOR name IN (column [AS 'name'], …))`.
fn unpivot(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let include_nulls = parser.eat_word(K::Include);
    if include_nulls || parser.eat_word(K::Exclude) {
        parser.expect_word(K::Nulls)?;
    }
    parser.expect(T::LeftParen)?;
    let value_names = if parser.is(T::LeftParen) {
        identifier_list(parser)?
    } else {
        vec![identifier(parser)?]
    };
    parser.expect_word(K::For)?;
    let variable_column_name = identifier(parser)?;
    parser.expect_word(K::In)?;
    let values = parser.parenthesized_list(unpivot_value)?;
    parser.expect(T::RightParen)?;

    let value_column_name = quote_parts(&value_names);
    let unpivoted = lower::relation(RelType::Unpivot(Box::new(proto::Unpivot {
        input: Some(Box::new(input)),
        ids: vec![lower::internal_function(
            internal::UNPIVOT_REMAINING,
            Vec::new(),
        )],
        values: Some(unpivot::Values { values }),
        variable_column_name,
        value_column_name,
    })));
    if include_nulls {
        return Ok(unpivoted);
    }
    // A row goes only if all of its values are null.
    let is_present =
        |name: &String| lower::function("isNotNull", vec![lower::attribute(quote_parts(&[name]))]);
    let condition = value_names
        .iter()
        .map(is_present)
        .reduce(|left, right| lower::function("or", vec![left, right]));
    Ok(match condition {
        Some(condition) => lower::filter(unpivoted, condition),
        None => unpivoted,
    })
}

fn unpivot_value(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let is_row = parser.is(T::LeftParen);
    let columns = columns(parser)?;
    let value = if is_row {
        lower::internal_function(internal::UNPIVOT_ROW, columns)
    } else {
        one_or(columns, |columns| {
            lower::internal_function(internal::UNPIVOT_ROW, columns)
        })
    };
    let value = parser.placed(start, value);
    let has_as = parser.eat_word(K::As);
    let name = match parser.kind() {
        T::String => super::literal::string_literal(parser)?,
        kind if has_as || is_strict_identifier(kind) => identifier(parser)?,
        _ => return Ok(value),
    };
    Ok(parser.placed(start, lower::alias(value, vec![name])))
}
