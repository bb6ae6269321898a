//! Joins and LATERAL VIEW.

use sparring_proto::connect as proto;

use proto::join::JoinType;
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::expression;
use super::from::{begins_clause, primary, table_function_call};
use super::identifier::{
    identifier, identifier_list, is_strict_identifier, multipart_identifier, strict_identifier,
};
use super::{Parsed, Parser};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// `left JOIN right …` if a join stands at the cursor; else `left` is given back.
pub(crate) fn join(parser: &mut Parser<'_>, left: Relation) -> Parsed<Result<Relation, Relation>> {
    let start = parser.mark();
    let Some(mut join) = joining(parser)? else {
        return Ok(Err(left));
    };
    join.lateral = parser.eat_word(K::Lateral);
    let right = primary(parser)?;
    join_criteria(parser, &mut join)?;
    Ok(Ok(parser.placed_relation(start, join.of(left, right))))
}

/// How two tables are joined.
#[derive(Default)]
pub(crate) struct Joining {
    join_type: Option<JoinType>,
    natural: bool,
    lateral: bool,
    condition: Option<Expression>,
    using_columns: Vec<String>,
}

impl Joining {
    /// A comma: no condition, perhaps LATERAL behind it.
    pub(crate) fn comma(lateral: bool) -> Self {
        Self {
            lateral,
            ..Self::default()
        }
    }

    /// The join of two tables.
    pub(crate) fn of(self, left: Relation, right: Relation) -> Relation {
        let join_type = self.join_type.unwrap_or(JoinType::Inner) as i32;
        let join_condition = if self.natural {
            Some(lower::internal_function(internal::NATURAL_JOIN, Vec::new()))
        } else {
            self.condition
        };
        let (left, right) = (Some(Box::new(left)), Some(Box::new(right)));
        lower::relation(if self.lateral {
            RelType::LateralJoin(Box::new(proto::LateralJoin {
                left,
                right,
                join_condition,
                join_type,
            }))
        } else {
            RelType::Join(Box::new(proto::Join {
                left,
                right,
                join_condition,
                join_type,
                using_columns: self.using_columns,
                join_data_type: None,
            }))
        })
    }
}

/// `[NATURAL] [LEFT|RIGHT|FULL [OUTER] | [LEFT] SEMI | [LEFT] ANTI | INNER | CROSS] JOIN`, if it is there.
fn joining(parser: &mut Parser<'_>) -> Parsed<Option<Joining>> {
    let natural = parser.is_word(K::Natural);
    let begins = matches!(
        parser.kind_ahead(usize::from(natural)),
        T::Word(K::Join | K::Inner | K::Cross | K::Left | K::Right | K::Full | K::Semi | K::Anti)
    );
    if !begins {
        return if natural {
            Err(parser.syntax_error_at(parser.mark() + 1, ""))
        } else {
            Ok(None)
        };
    }
    if natural {
        parser.advance();
    }
    let word = parser.kind();
    parser.advance();
    let join_type = match word {
        T::Word(K::Join) => {
            return Ok(Some(Joining {
                natural,
                ..Joining::default()
            }));
        }
        T::Word(K::Cross) => JoinType::Cross,
        T::Word(K::Semi) => JoinType::LeftSemi,
        T::Word(K::Anti) => JoinType::LeftAnti,
        T::Word(K::Left) if parser.eat_word(K::Semi) => JoinType::LeftSemi,
        T::Word(K::Left) if parser.eat_word(K::Anti) => JoinType::LeftAnti,
        T::Word(K::Left) => outer(parser, JoinType::LeftOuter),
        T::Word(K::Right) => outer(parser, JoinType::RightOuter),
        T::Word(K::Full) => outer(parser, JoinType::FullOuter),
        _ => JoinType::Inner,
    };
    parser.expect_word(K::Join)?;
    Ok(Some(Joining {
        join_type: Some(join_type),
        natural,
        ..Joining::default()
    }))
}

fn outer(parser: &mut Parser<'_>, join_type: JoinType) -> JoinType {
    parser.eat_word(K::Outer);
    join_type
}

/// `ON condition` or `USING (columns)`, if it is there.
fn join_criteria(parser: &mut Parser<'_>, join: &mut Joining) -> Parsed<()> {
    if parser.eat_word(K::On) {
        join.condition = Some(expression(parser)?);
    } else if parser.eat_word(K::Using) {
        join.using_columns = identifier_list(parser)?;
    }
    Ok(())
}

/// `LATERAL VIEW [OUTER] function(…) table [AS columns]`.
pub(crate) fn lateral_view(parser: &mut Parser<'_>, left: Relation) -> Parsed<Relation> {
    parser.advance();
    parser.advance();
    let outer = parser.is_word(K::Outer) && parser.kind_ahead(1) != T::LeftParen;
    if outer {
        parser.advance();
    }
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    let call = table_function_call(parser, start, &name)?;
    let table = strict_identifier(parser)?;
    let mut columns = Vec::new();
    let has_columns =
        parser.eat_word(K::As) || (is_strict_identifier(parser.kind()) && !begins_clause(parser));
    if has_columns {
        columns = parser.comma_list(identifier)?;
    }
    let join = Joining {
        join_type: Some(if outer {
            JoinType::LeftOuter
        } else {
            JoinType::Inner
        }),
        lateral: true,
        ..Joining::default()
    };
    Ok(join.of(left, lower::subquery_alias(call, table, columns)))
}
