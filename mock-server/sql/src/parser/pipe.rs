//! Pipe operators: `FROM t |> WHERE … |> SELECT …`.
//!
//! They lower to the same relations as clauses; only AGGREGATE differs, which puts the grouping columns first and
//! so is a DataFrame's aggregate.

use sparring_proto::connect as proto;

use proto::Relation;
use proto::aggregate::GroupType;
use proto::expression::{ExprType, UnresolvedStar};
use proto::relation::RelType;

use super::expression::{expression, named_expression};
use super::identifier::{multipart_identifier, name_part, quote_parts, strict_identifier};
use super::{Parsed, Parser, join, pivot, query, sample, select, set_operation};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// One operator, applied to what stands before it; the cursor is on `|>`.
pub(crate) fn operator(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    parser.expect(T::PipeOperator)?;
    let start = parser.mark();
    let input_box = |input| Some(Box::new(input));
    let relation = match parser.kind() {
        T::Word(K::Select) => {
            parser.advance();
            let list = select::select_list(parser)?;
            return select::clauses(parser, start, list, Some(input));
        }
        T::Word(K::Where) => {
            parser.advance();
            lower::filter(input, expression(parser)?)
        }
        T::Word(K::As) => {
            parser.advance();
            lower::subquery_alias(input, strict_identifier(parser)?, Vec::new())
        }
        T::Word(K::Drop) => {
            parser.advance();
            let names = parser.comma_list(multipart_identifier)?;
            let columns = names
                .iter()
                .map(|name| lower::attribute(quote_parts(name)))
                .collect();
            lower::relation(RelType::Drop(Box::new(proto::Drop {
                input: input_box(input),
                columns,
                column_names: Vec::new(),
            })))
        }
        T::Word(K::Set) => {
            parser.advance();
            let aliases = parser.comma_list(assignment)?;
            lower::relation(RelType::WithColumns(Box::new(proto::WithColumns {
                input: input_box(input),
                aliases,
            })))
        }
        T::Word(K::Order | K::Sort | K::Cluster | K::Distribute | K::Limit | K::Offset) => {
            return query::organization(parser, input);
        }
        T::Word(K::Tablesample) => sample::sample(parser, input)?,
        T::Word(K::Pivot | K::Unpivot) => pivot::pivots(parser, input)?,
        T::Word(K::Union | K::Except | K::Minus | K::Setminus | K::Intersect) => {
            return set_operation::piped_set_operation(parser, input);
        }
        _ if parser.eat_word_text("EXTEND") => {
            let mut expressions = vec![star()];
            expressions.extend(parser.comma_list(named_expression)?);
            lower::relation(RelType::Project(Box::new(proto::Project {
                input: input_box(input),
                expressions,
            })))
        }
        _ if parser.eat_word_text("AGGREGATE") => aggregate(parser, input)?,
        _ => match join::join(parser, input)? {
            Ok(joined) => joined,
            Err(_) => return Err(parser.syntax_error()),
        },
    };
    Ok(parser.placed_relation(start, relation))
}

fn star() -> proto::Expression {
    lower::expression(ExprType::UnresolvedStar(UnresolvedStar::default()))
}

/// `column = expression`.
fn assignment(parser: &mut Parser<'_>) -> Parsed<proto::expression::Alias> {
    let name = name_part(parser)?;
    parser.expect(T::Equal)?;
    let value = expression(parser)?;
    Ok(proto::expression::Alias {
        expr: Some(Box::new(value)),
        name: vec![name],
        metadata: None,
    })
}

/// `AGGREGATE [expressions] [GROUP BY expressions]`.
fn aggregate(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let mut aggregate_expressions = Vec::new();
    if !parser.is_words(&[K::Group, K::By]) {
        aggregate_expressions = parser.comma_list(named_expression)?;
    }
    let mut grouping_expressions = Vec::new();
    if parser.eat_words(&[K::Group, K::By]) {
        grouping_expressions = parser.comma_list(named_expression)?;
    }
    Ok(lower::relation(RelType::Aggregate(Box::new(
        proto::Aggregate {
            input: Some(Box::new(input)),
            group_type: GroupType::Groupby as i32,
            grouping_expressions,
            aggregate_expressions,
            pivot: None,
            grouping_sets: Vec::new(),
        },
    ))))
}
