//! FROM: tables, joins, table functions, VALUES, LATERAL, and what may follow a table.

use sparring_proto::connect as proto;

use proto::Relation;
use proto::relation::RelType;

use super::expression::ends_item;
use super::identifier::{
    identifier_list, is_identifier, is_strict_identifier, multipart_identifier, quote_parts,
    strict_identifier,
};
use super::join::{self, Joining};
use super::{Parsed, Parser, function, inline_table, pivot, query, sample, select, table};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// `FROM relation, … [LATERAL VIEW …] [PIVOT …]`; the cursor is on FROM.
pub(crate) fn from_clause(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.expect_word(K::From)?;
    let mut left = relation(parser)?;
    let mut n_links = 0;
    while parser.eat(T::Comma) {
        n_links += 1;
        parser.check_chain(n_links)?;
        let lateral = parser.is_word(K::Lateral);
        if lateral {
            parser.advance();
        }
        let mut right = primary(parser)?;
        // `a, b JOIN c`: the join is with `b`.
        if !lateral {
            right = extensions(parser, right)?;
        }
        left = Joining::comma(lateral).of(left, right);
        if lateral {
            left = extensions(parser, left)?;
        }
    }
    while parser.is_words(&[K::Lateral, K::View]) {
        n_links += 1;
        parser.check_chain(n_links)?;
        left = join::lateral_view(parser, left)?;
    }
    pivot::pivots(parser, left)
}

/// `FROM … SELECT …`: the clauses in Hive's order.
pub(crate) fn from_first(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let select_start = std::mem::replace(&mut parser.select_start, start);
    let input = from_clause(parser)?;
    // A FROM alone is a query where pipe operators follow.
    let relation = if parser.eat_word(K::Select) {
        let list = select::select_list(parser)?;
        select::clauses(parser, start, list, Some(input))
    } else if parser.is(T::PipeOperator) {
        Ok(input)
    } else {
        Err(parser.syntax_error())
    };
    parser.select_start = select_start;
    relation
}

/// A table with its joins.
pub(crate) fn relation(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.nested(|parser| {
        let lateral = parser.is_word(K::Lateral) && parser.kind_ahead(1) != T::Word(K::View);
        if lateral {
            parser.advance();
        }
        let first = primary(parser)?;
        extensions(parser, first)
    })
}

/// Joins, PIVOT and UNPIVOT behind a table.
fn extensions(parser: &mut Parser<'_>, first: Relation) -> Parsed<Relation> {
    let mut left = first;
    let mut n_links = 0;
    loop {
        n_links += 1;
        parser.check_chain(n_links)?;
        left = match join::join(parser, left)? {
            Ok(joined) => joined,
            Err(left) if pivot::is_pivot(parser) => pivot::pivots(parser, left)?,
            Err(left) => return Ok(left),
        };
    }
}

/// One table, without joins.
pub(crate) fn primary(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    match parser.kind() {
        T::LeftParen => parenthesized(parser),
        T::Word(K::Values) if !ends_item(parser.kind_ahead(1)) => {
            inline_table::inline_table(parser)
        }
        T::Word(K::Table) if parser.kind_ahead(1) == T::LeftParen => {
            // `TABLE(function(…))`
            parser.advance();
            parser.advance();
            let start = parser.mark();
            let name = multipart_identifier(parser)?;
            let call = table_function_call(parser, start, &name)?;
            parser.expect(T::RightParen)?;
            aliased_unsampled(parser, call)
        }
        T::Word(K::Stream)
            if is_identifier(parser.kind_ahead(1)) || parser.kind_ahead(1) == T::LeftParen =>
        {
            table::stream(parser)
        }
        kind if is_identifier(kind) => {
            let name = multipart_identifier(parser)?;
            if parser.is(T::LeftParen) {
                let call = table_function_call(parser, start, &name)?;
                return aliased_unsampled(parser, call);
            }
            let table = table::table(parser, start, &name)?;
            let table = sample::sample(parser, table)?;
            aliased(parser, table)
        }
        _ => Err(parser.syntax_error()),
    }
}

/// `(query)` or `(relation)`.
fn parenthesized(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let is_query = query::is_parenthesized_query(parser, 0);
    parser.expect(T::LeftParen)?;
    let is_values = parser.is_word(K::Values);
    let input = if is_query {
        query::query(parser)?
    } else {
        relation(parser)?
    };
    if is_values {
        parser.expect(T::RightParen)?;
    } else {
        parser.expect_or_missing(T::RightParen, ")")?;
    }
    let input = sample::sample(parser, input)?;
    aliased(parser, input)
}

/// `name(arguments)` as a table; the cursor is on the parenthesis.
pub(crate) fn table_function_call(
    parser: &mut Parser<'_>,
    start: usize,
    name: &[String],
) -> Parsed<Relation> {
    parser.expect(T::LeftParen)?;
    let mut arguments = Vec::new();
    if !parser.is(T::RightParen) {
        arguments = parser.comma_list(function::argument)?;
    }
    parser.expect(T::RightParen)?;
    let function_name = match name {
        [only] => only.clone(),
        parts => quote_parts(parts),
    };
    let mut call = lower::relation(RelType::UnresolvedTableValuedFunction(
        proto::UnresolvedTableValuedFunction {
            function_name,
            arguments,
        },
    ));
    call.common = Some(proto::RelationCommon {
        origin: Some(parser.origin_from(start)),
        ..Default::default()
    });
    Ok(call)
}

/// `[AS] alias [(columns)]`, if it is there.
pub(crate) fn aliased(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let alias = table_alias(parser)?;
    Ok(with_alias(input, alias))
}

/// [`aliased`] for what cannot be sampled.
fn aliased_unsampled(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let alias = unsampled_alias(parser)?;
    Ok(with_alias(input, alias))
}

/// The alias of what cannot be sampled: there TABLESAMPLE is a name.
pub(crate) fn unsampled_alias(parser: &mut Parser<'_>) -> Parsed<TableAlias> {
    if !parser.is_word(K::Tablesample) {
        return table_alias(parser);
    }
    let alias = strict_identifier(parser)?;
    let columns = if parser.is(T::LeftParen) {
        identifier_list(parser)?
    } else {
        Vec::new()
    };
    Ok(Some((alias, columns)))
}

pub(crate) type TableAlias = Option<(String, Vec<String>)>;

/// `[AS] alias`, if it is there.
pub(crate) fn table_name(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    let has_as = parser.is_word(K::As) && is_strict_identifier(parser.kind_ahead(1));
    if has_as {
        parser.advance();
    } else if !is_strict_identifier(parser.kind()) || begins_clause(parser) {
        return Ok(None);
    }
    strict_identifier(parser).map(Some)
}

pub(crate) fn table_alias(parser: &mut Parser<'_>) -> Parsed<TableAlias> {
    let Some(alias) = table_name(parser)? else {
        return Ok(None);
    };
    let columns = if parser.is(T::LeftParen) {
        identifier_list(parser)?
    } else {
        Vec::new()
    };
    Ok(Some((alias, columns)))
}

pub(crate) fn with_alias(input: Relation, alias: TableAlias) -> Relation {
    match alias {
        Some((alias, columns)) => lower::subquery_alias(input, alias, columns),
        None => input,
    }
}

/// Whether the word at the cursor begins a clause and is not an alias.
pub(crate) fn begins_clause(parser: &Parser<'_>) -> bool {
    match parser.kind() {
        T::Word(K::As) => true,
        T::Word(K::With) => true,
        T::Word(K::Insert) => {
            matches!(parser.kind_ahead(1), T::Word(K::Into | K::Overwrite))
        }
        // Without BY behind it, `order` is a name like any other.
        T::Word(K::Group | K::Order | K::Sort | K::Cluster | K::Distribute) => {
            parser.kind_ahead(1) == T::Word(K::By)
        }
        T::Word(word) => word.begins_clause() && !ends_item(parser.kind_ahead(1)),
        _ => false,
    }
}
