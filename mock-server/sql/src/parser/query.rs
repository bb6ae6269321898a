//! Queries: WITH, set operations, what may order and limit them.

use sparring_proto::connect as proto;

use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, Literal, SortOrder};
use proto::relation::RelType;
use proto::set_operation::SetOpType;
use proto::{Expression, Relation};

use super::expression::expression;
use super::identifier::{identifier, identifier_list};
use super::{MAX_DEPTH, Parsed, Parser, from, pipe, select, window};
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
        T::Word(K::With | K::From | K::Table) => super::identifier::is_identifier(next),
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
        let relation = term(parser)?;
        organization(parser, relation)
    });
    parser.alias_may_follow = alias_may_follow;
    parser.select_start = select_start;
    relation.map(|root| lower::with_relations(root, references))
}

/// The named queries of a WITH, in order; the cursor is on WITH.
pub(crate) fn with_clause(parser: &mut Parser<'_>) -> Parsed<Vec<Relation>> {
    parser.expect_word(K::With)?;
    let recursive = parser.is_word(K::Recursive) && parser.kind_ahead(1) != T::Word(K::As);
    if recursive {
        parser.advance();
    }
    let start = parser.mark();
    let references = parser.comma_list(|parser| named_query(parser, recursive))?;
    for (index, reference) in references.iter().enumerate() {
        let name = alias_of(reference);
        if references[..index]
            .iter()
            .any(|other| alias_of(other) == name)
        {
            return Err(parser.error(
                start - 1,
                parser.mark(),
                "DUPLICATED_CTE_NAMES",
                Some("42602"),
                format!("CTE definition can't have duplicate names: `{name}`."),
                &[("duplicateNames", &format!("`{name}`"))],
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
        max_level.push(super::literal::number(parser)?);
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
fn term(parser: &mut Parser<'_>) -> Parsed<Relation> {
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

/// A SELECT, VALUES, TABLE or a query in parentheses.
pub(crate) fn primary(parser: &mut Parser<'_>) -> Parsed<Relation> {
    match parser.kind() {
        T::Word(K::Select) => select::select(parser),
        T::Word(K::From) => from::from_first(parser),
        T::Word(K::Values) => from::inline_table(parser),
        T::Word(K::Table) => {
            parser.advance();
            from::named_table(parser)
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
    limit_and_offset(parser, relation)
}

fn limit_and_offset(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let mut limit = None;
    let mut offset = None;
    // Spark's grammar has LIMIT first; Databricks takes them in either order.
    loop {
        if limit.is_none() && parser.eat_word(K::Limit) {
            limit = Some(if parser.eat_word(K::All) {
                None
            } else {
                Some(row_count(parser, "limit")?)
            });
        } else if offset.is_none() && parser.eat_word(K::Offset) {
            offset = Some(row_count(parser, "offset")?);
        } else {
            break;
        }
    }
    let mut relation = input;
    if let Some(offset) = offset {
        relation = lower::relation(RelType::Offset(Box::new(proto::Offset {
            input: Some(Box::new(relation)),
            offset,
        })));
    }
    if let Some(limit) = limit.flatten() {
        relation = lower::relation(RelType::Limit(Box::new(proto::Limit {
            input: Some(Box::new(relation)),
            limit,
        })));
    }
    Ok(relation)
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

/// The number behind LIMIT or OFFSET: any constant integer expression, folded here because the protocol
/// carries a number.
fn row_count(parser: &mut Parser<'_>, name: &str) -> Parsed<i32> {
    let start = parser.mark();
    let value = expression(parser)?;
    if let Some(n) = fold_integer(&value).filter(|n| (0..=i64::from(i32::MAX)).contains(n)) {
        return Ok(n as i32);
    }
    let text = parser.text_between(start, parser.mark());
    let shown = match &value.expr_type {
        Some(ExprType::Literal(Literal {
            literal_type: Some(LiteralType::String(text)),
            ..
        })) => text,
        _ => text,
    };
    let (class, detail, parameter) = match (fold_integer(&value), literal_type_name(&value)) {
        (Some(n), _) if n < 0 => (
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
            format!("The {name} expression must be equal to or greater than 0, but got {n}."),
            ("v", n.to_string()),
        ),
        (_, Some(type_name)) => (
            "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE",
            format!("The {name} expression must be integer type, but got \"{type_name}\"."),
            ("dataType", format!("\"{type_name}\"")),
        ),
        (_, None) => (
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE",
            format!("The {name} expression must evaluate to a constant value."),
            ("name", name.to_string()),
        ),
    };
    Err(parser.error_from(
        start,
        class,
        Some("42K0E"),
        format!("The limit like expression \"{shown}\" is invalid. {detail}"),
        &[
            ("expr", &format!("\"{shown}\"")),
            ("name", name),
            (parameter.0, &parameter.1),
        ],
    ))
}

/// The type of a literal that counts no rows.
fn literal_type_name(value: &Expression) -> Option<String> {
    let Some(ExprType::Literal(literal)) = &value.expr_type else {
        return None;
    };
    Some(match literal.literal_type.as_ref()? {
        LiteralType::Null(_) => "VOID".to_string(),
        LiteralType::Boolean(_) => "BOOLEAN".to_string(),
        LiteralType::Long(_) => "BIGINT".to_string(),
        LiteralType::Float(_) => "FLOAT".to_string(),
        LiteralType::Double(_) => "DOUBLE".to_string(),
        LiteralType::Decimal(decimal) => {
            format!("DECIMAL({},{})", decimal.precision(), decimal.scale())
        }
        LiteralType::String(_) => "STRING".to_string(),
        LiteralType::Date(_) => "DATE".to_string(),
        LiteralType::Binary(_) => "BINARY".to_string(),
        _ => return None,
    })
}

fn fold_integer(value: &Expression) -> Option<i64> {
    match value.expr_type.as_ref()? {
        ExprType::Literal(literal) => match literal.literal_type.as_ref()? {
            LiteralType::Byte(n) | LiteralType::Short(n) | LiteralType::Integer(n) => {
                Some((*n).into())
            }
            LiteralType::Long(n) => Some(*n),
            _ => None,
        },
        ExprType::Cast(cast) => fold_integer(cast.expr.as_ref()?),
        ExprType::UnresolvedFunction(function) => {
            let arguments: Vec<i64> = function
                .arguments
                .iter()
                .map(fold_integer)
                .collect::<Option<_>>()?;
            match (function.function_name.as_str(), arguments.as_slice()) {
                ("+", [left, right]) => left.checked_add(*right),
                ("-", [left, right]) => left.checked_sub(*right),
                ("*", [left, right]) => left.checked_mul(*right),
                ("%", [left, right]) => left.checked_rem(*right),
                ("div", [left, right]) => left.checked_div(*right),
                ("negative", [only]) => only.checked_neg(),
                ("positive", [only]) => Some(*only),
                _ => None,
            }
        }
        _ => None,
    }
}
