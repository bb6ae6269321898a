//! UNION, EXCEPT and INTERSECT.

use sparring_proto::connect as proto;

use proto::Relation;
use proto::relation::RelType;
use proto::set_operation::SetOpType;

use super::query::primary;
use super::{Parsed, Parser, pipe};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// How two queries are combined; neighbours that are combined alike need not be nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Combination {
    set_op_type: SetOpType,
    is_all: bool,
}

/// A query and the tokens it spans.
struct Operand {
    relation: Relation,
    start: usize,
    end: usize,
}

/// Queries combined by UNION, EXCEPT and INTERSECT, of which INTERSECT binds tightest.
pub(crate) fn term(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let mut operands = vec![operand(parser, intersection)?];
    let mut last: Option<Combination> = None;
    loop {
        let set_op_type = match parser.kind() {
            T::Word(K::Union) => SetOpType::Union,
            T::Word(K::Except | K::Minus | K::Setminus) => SetOpType::Except,
            T::PipeOperator => {
                let start = operands[0].start;
                let input = combined(parser, std::mem::take(&mut operands), last.take());
                let relation = pipe::operator(parser, input.relation)?;
                operands.push(Operand {
                    relation,
                    start,
                    end: parser.mark(),
                });
                continue;
            }
            _ => return Ok(combined(parser, operands, last).relation),
        };
        parser.advance();
        let combination = Combination {
            set_op_type,
            is_all: quantifier(parser),
        };
        // Only unions are associative.
        let joins = last == Some(combination) && set_op_type == SetOpType::Union;
        if !joins {
            operands = vec![combined(parser, operands, last)];
        }
        last = Some(combination);
        operands.push(operand(parser, intersection)?);
    }
}

fn operand<'a>(
    parser: &mut Parser<'a>,
    rule: impl Fn(&mut Parser<'a>) -> Parsed<Relation>,
) -> Parsed<Operand> {
    let start = parser.mark();
    let relation = rule(parser)?;
    Ok(Operand {
        relation,
        start,
        end: parser.mark(),
    })
}

fn intersection(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let mut left = operand(parser, primary)?;
    let mut n_links = 0;
    while parser.eat_word(K::Intersect) {
        n_links += 1;
        parser.check_chain(n_links)?;
        let combination = Combination {
            set_op_type: SetOpType::Intersect,
            is_all: quantifier(parser),
        };
        let right = operand(parser, primary)?;
        left = set_operation(parser, left, right, combination);
    }
    Ok(left.relation)
}

/// `|> UNION …`: the input is the left side.
pub(crate) fn piped_set_operation(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let start = parser.mark();
    let set_op_type = match parser.kind() {
        T::Word(K::Union) => SetOpType::Union,
        T::Word(K::Intersect) => SetOpType::Intersect,
        _ => SetOpType::Except,
    };
    parser.advance();
    let combination = Combination {
        set_op_type,
        is_all: quantifier(parser),
    };
    let left = Operand {
        relation: input,
        start,
        end: start,
    };
    let right = operand(parser, primary)?;
    Ok(set_operation(parser, left, right, combination).relation)
}

/// Many unions become a balanced tree, so that a thousand of them are no deep nesting.
fn combined(
    parser: &Parser<'_>,
    mut operands: Vec<Operand>,
    combination: Option<Combination>,
) -> Operand {
    if let (Some(combination), true) = (combination, operands.len() > 1) {
        let right = operands.split_off(operands.len().div_ceil(2));
        let left = combined(parser, operands, Some(combination));
        let right = combined(parser, right, Some(combination));
        return set_operation(parser, left, right, combination);
    }
    operands.pop().unwrap_or(Operand {
        relation: Relation::default(),
        start: 0,
        end: 1,
    })
}

/// `left UNION|INTERSECT|EXCEPT [ALL] right`.
fn set_operation(
    parser: &Parser<'_>,
    left: Operand,
    right: Operand,
    combination: Combination,
) -> Operand {
    let mut relation = lower::relation(RelType::SetOp(Box::new(proto::SetOperation {
        left_input: Some(Box::new(left.relation)),
        right_input: Some(Box::new(right.relation)),
        set_op_type: combination.set_op_type as i32,
        is_all: Some(combination.is_all),
        by_name: None,
        allow_missing_columns: None,
    })));
    relation.common = Some(proto::RelationCommon {
        origin: Some(parser.origin_between(left.start, right.end)),
        ..Default::default()
    });
    Operand {
        relation,
        start: left.start,
        end: right.end,
    }
}

/// ALL or DISTINCT, which is the default.
pub(crate) fn quantifier(parser: &mut Parser<'_>) -> bool {
    let is_all = parser.eat_word(K::All);
    if !is_all {
        parser.eat_word(K::Distinct);
    }
    is_all
}
