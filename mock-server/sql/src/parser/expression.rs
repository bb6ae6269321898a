//! Expressions: operators by precedence, primaries and what may follow them.
//!
//! Precedence after Spark's reference, loosest first: OR, AND, NOT, one predicate, comparison, `|`, `^`, `&`,
//! shifts, `+ - ||`, `* / % DIV`, unary signs, then `[…]`, `.field`, `::type`. Over 500 lines because the levels
//! call each other in one ladder; calls, literals and the long forms have files of their own.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, UnresolvedStar};

use super::identifier::{identifier, identifier_list, is_identifier, name_part, quote_parts};
use super::{
    Parsed, Parser, function, interval, lambda, literal, parameter, predicate, query, types,
};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Or,
    And,
    Not,
    Predicate,
    Comparison,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Additive,
    Multiplicative,
    Unary,
}

impl Binding {
    /// The next tighter binding: what the right side of a left-associative operator must have.
    fn tighter(self) -> Binding {
        use Binding as B;
        match self {
            B::Or => B::And,
            B::And => B::Not,
            B::Not => B::Predicate,
            B::Predicate => B::Comparison,
            B::Comparison => B::BitOr,
            B::BitOr => B::BitXor,
            B::BitXor => B::BitAnd,
            B::BitAnd => B::Shift,
            B::Shift => B::Additive,
            B::Additive => B::Multiplicative,
            B::Multiplicative | B::Unary => B::Unary,
        }
    }
}

/// Any expression.
pub(crate) fn expression(parser: &mut Parser<'_>) -> Parsed<Expression> {
    operators(parser, Binding::Or)
}

/// An expression without boolean operators and predicates: an operand of `BETWEEN`, for example.
pub(crate) fn value_expression(parser: &mut Parser<'_>) -> Parsed<Expression> {
    operators(parser, Binding::Comparison)
}

/// `expression [[AS] alias]`, also with several aliases in parentheses.
pub(crate) fn named_expression(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let alias_may_follow = std::mem::replace(&mut parser.alias_may_follow, true);
    let child = expression(parser)?;
    parser.alias_may_follow = alias_may_follow;
    let names = if parser.eat_word(K::As) {
        if parser.is(T::LeftParen) {
            identifier_list(parser)?
        } else {
            // Where nothing follows what should be a name, Spark calls it surplus.
            let is_constant = matches!(parser.kind(), T::Integer | T::Decimal | T::String);
            if is_constant && parser.kind_ahead(1) == T::End {
                return Err(parser.surplus_error());
            }
            vec![identifier(parser)?]
        }
    } else if is_implicit_alias(parser) {
        vec![identifier(parser)?]
    } else {
        return Ok(child);
    };
    Ok(parser.placed(start, lower::alias(child, names)))
}

/// Whether the name at the cursor is an alias without AS. A word that begins the next clause is one only
/// where that clause could not follow: `SELECT 1 from` names the column `from`.
fn is_implicit_alias(parser: &Parser<'_>) -> bool {
    match parser.kind() {
        T::Identifier | T::Quoted => true,
        T::Word(K::Group | K::Order | K::Sort | K::Cluster | K::Distribute) => {
            parser.kind_ahead(1) != T::Word(K::By)
        }
        T::Word(word) if word.begins_clause() || word == K::As => ends_item(parser.kind_ahead(1)),
        T::Word(_) => true,
        _ => false,
    }
}

/// Whether a token ends a select item or a table.
pub(crate) fn ends_item(kind: T) -> bool {
    matches!(
        kind,
        T::End | T::Comma | T::RightParen | T::Semicolon | T::Word(K::From)
    )
}

/// Operators that bind at least as tightly as `loosest`.
pub(crate) fn operators(parser: &mut Parser<'_>, loosest: Binding) -> Parsed<Expression> {
    parser.nested(|parser| {
        let start = parser.mark();
        let mut left = prefix(parser, loosest)?;
        // A predicate is not an operand of tighter operators: `a IS NULL = b` is an error in Spark.
        let mut tightest = Binding::Unary;
        let mut n_links = 0;
        loop {
            if let Some((binding, name, n_tokens)) = binary_operator(parser) {
                if binding < loosest || binding > tightest {
                    return Ok(left);
                }
                if binding <= Binding::And {
                    left = boolean_chain(parser, start, left, binding, name)?;
                    continue;
                }
                n_links += 1;
                parser.check_chain(n_links)?;
                for _ in 0..n_tokens {
                    parser.advance();
                }
                let right = operators(parser, binding.tighter())?;
                left = parser.placed(start, apply(name, left, right));
            } else if loosest <= Binding::Predicate
                && tightest > Binding::Predicate
                && predicate::is_predicate(parser)
            {
                left = predicate::predicate(parser, left)?;
                tightest = Binding::And;
            } else {
                return Ok(left);
            }
        }
    })
}

/// The operator at the cursor: how it binds, Spark's function for it, how many tokens it has.
fn binary_operator(parser: &Parser<'_>) -> Option<(Binding, &'static str, usize)> {
    use Binding as B;
    Some(match parser.kind() {
        // With nothing behind it the word is no operator.
        T::Word(K::Or | K::And)
            if matches!(
                parser.kind_ahead(1),
                T::End | T::Comma | T::RightParen | T::Semicolon
            ) =>
        {
            return None;
        }
        T::Word(K::Or) => (B::Or, "or", 1),
        T::Word(K::And) => (B::And, "and", 1),
        T::Equal => (B::Comparison, "==", 1),
        T::NullSafeEqual => (B::Comparison, "<=>", 1),
        T::NotEqual => (B::Comparison, "!=", 1),
        T::Less if is_doubled(parser, T::Less) => (B::Shift, "<<", 2),
        T::Greater if is_doubled(parser, T::Greater) => {
            let tripled =
                parser.touches_next(parser.mark() + 1) && parser.kind_ahead(2) == T::Greater;
            if tripled {
                (B::Shift, ">>>", 3)
            } else {
                (B::Shift, ">>", 2)
            }
        }
        T::Less => (B::Comparison, "<", 1),
        T::LessEqual => (B::Comparison, "<=", 1),
        T::Greater => (B::Comparison, ">", 1),
        T::GreaterEqual => (B::Comparison, ">=", 1),
        T::Pipe => (B::BitOr, "|", 1),
        T::Caret => (B::BitXor, "^", 1),
        T::Ampersand => (B::BitAnd, "&", 1),
        T::Plus => (B::Additive, "+", 1),
        T::Minus => (B::Additive, "-", 1),
        T::Concat => (B::Additive, "concat", 1),
        T::Star => (B::Multiplicative, "*", 1),
        T::Slash => (B::Multiplicative, "/", 1),
        T::Percent => (B::Multiplicative, "%", 1),
        T::Word(K::Div) => (B::Multiplicative, "div", 1),
        _ => return None,
    })
}

/// `<<` and `>>` are two tokens, because `>>` also closes nested types.
fn is_doubled(parser: &Parser<'_>, kind: T) -> bool {
    parser.kind_ahead(1) == kind && parser.touches_next(parser.mark())
}

fn apply(name: &str, left: Expression, right: Expression) -> Expression {
    if name == "!=" {
        // Spark has no inequality of its own; PySpark sends the same.
        return not(lower::function("==", vec![left, right]));
    }
    lower::function(name, vec![left, right])
}

/// `NOT child`.
pub(crate) fn not(child: Expression) -> Expression {
    lower::function("not", vec![child])
}

/// `a AND b AND …`: a balanced tree, as Spark builds it, so that a long chain is not a deep one.
fn boolean_chain(
    parser: &mut Parser<'_>,
    start: usize,
    first: Expression,
    binding: Binding,
    name: &str,
) -> Parsed<Expression> {
    let word = if binding == Binding::And {
        K::And
    } else {
        K::Or
    };
    let mut operands = vec![(first, start, parser.mark())];
    while parser.eat_word(word) {
        let operand_start = parser.mark();
        let operand = operators(parser, binding.tighter())?;
        operands.push((operand, operand_start, parser.mark()));
    }
    let (root, _, _) = balanced(parser, operands, name);
    Ok(root)
}

type Operand = (Expression, usize, usize);

fn balanced(parser: &Parser<'_>, mut operands: Vec<Operand>, name: &str) -> Operand {
    if operands.len() > 1 {
        // The left half takes the middle one, so that three are `(a AND b) AND c`.
        let right = operands.split_off(operands.len().div_ceil(2));
        let (left, start, _) = balanced(parser, operands, name);
        let (right, _, end) = balanced(parser, right, name);
        let both = lower::function(name, vec![left, right]);
        return (parser.placed_between(start, end, both), start, end);
    }
    operands.pop().unwrap_or_default()
}

fn prefix(parser: &mut Parser<'_>, loosest: Binding) -> Parsed<Expression> {
    let start = parser.mark();
    match parser.kind() {
        T::Word(K::Not) if ends_item(parser.kind_ahead(1)) => postfix(parser),
        T::Word(K::Not) | T::Bang if loosest <= Binding::Not => {
            parser.advance();
            let child = operators(parser, Binding::Not)?;
            Ok(parser.placed(start, not(child)))
        }
        T::Word(K::Exists) if query::is_parenthesized_query(parser, 1) => {
            parser.advance();
            let exists = predicate::exists(parser, start);
            parser.reported_at(start + 1, exists)
        }
        T::Minus if !literal::is_number(parser.kind_ahead(1)) => unary(parser, start, "-"),
        T::Plus => unary(parser, start, "positive"),
        T::Tilde => unary(parser, start, "~"),
        _ => postfix(parser),
    }
}

fn unary(parser: &mut Parser<'_>, start: usize, name: &str) -> Parsed<Expression> {
    parser.advance();
    let child = operators(parser, Binding::Unary)?;
    Ok(parser.placed(start, lower::function(name, vec![child])))
}

/// A primary and what follows it.
fn postfix(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let mut child = primary(parser)?;
    let mut n_links = 0;
    loop {
        n_links += 1;
        parser.check_chain(n_links)?;
        match parser.kind() {
            T::LeftBracket => {
                parser.advance();
                let index = parser.inside(value_expression)?;
                parser.expect_or_missing(T::RightBracket, "]")?;
                child = parser.placed(start, lower::extract_value(child, index));
            }
            T::Dot if is_identifier(parser.kind_ahead(1)) => {
                parser.advance();
                let field = name_part(parser)?;
                child = parser.placed(start, lower::extract_value(child, lower::string(field)));
            }
            // `struct(…).*`: only a name may stand before a star.
            T::Dot => return Err(parser.syntax_error_at(parser.mark() + 1, "")),
            T::DoubleColon => {
                parser.advance();
                let to = types::data_type(parser)?;
                child = parser.placed(start, function::cast_to(child, to));
            }
            T::Colon
                if parser.touches_next(parser.mark()) && parser.touches_next(parser.mark() - 1) =>
            {
                let path = lower::string(json_path(parser)?);
                let extracted = lower::internal_function(internal::EXTRACT_PATH, vec![child, path]);
                child = parser.placed(start, extracted);
            }
            T::Word(K::Collate) => {
                parser.advance();
                let collation = super::identifier::multipart_identifier(parser)?;
                let name = lower::string(quote_parts(&collation));
                child = parser.placed(start, lower::function("collate", vec![child, name]));
            }
            _ => return Ok(child),
        }
    }
}

/// Databricks' `column:a.b[0]['c d']`, as the path that `get_json_object` takes.
fn json_path(parser: &mut Parser<'_>) -> Parsed<String> {
    parser.expect(T::Colon)?;
    let mut path = String::from("$");
    if !parser.is(T::LeftBracket) {
        path.push_str(&format!("['{}']", name_part(parser)?));
    }
    loop {
        if parser.is(T::Dot) && is_identifier(parser.kind_ahead(1)) {
            parser.advance();
            path.push_str(&format!("['{}']", name_part(parser)?));
        } else if parser.eat(T::LeftBracket) {
            match parser.kind() {
                T::String => path.push_str(&format!("['{}']", literal::string_literal(parser)?)),
                T::Integer | T::Star => {
                    path.push_str(&format!("[{}]", parser.token_text()));
                    parser.advance();
                }
                _ => return Err(parser.syntax_error()),
            }
            parser.expect(T::RightBracket)?;
        } else {
            return Ok(path);
        }
    }
}

fn primary(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let next = parser.kind_ahead(1);
    match parser.kind() {
        T::Minus | T::Integer | T::Decimal | T::Exponent | T::Suffixed => {
            let number = literal::number(parser)?;
            Ok(parser.placed(start, number))
        }
        T::String => {
            let text = literal::string_value(parser)?;
            Ok(parser.placed(start, lower::string(text)))
        }
        T::LeftParen => parenthesized(parser),
        T::Star => {
            parser.advance();
            star(parser, start, None)
        }
        T::Question => parameter::positional_parameter(parser),
        T::Colon => parameter::named_parameter(parser),
        T::Word(word) => match word {
            K::Null if next != T::Dot && next != T::LeftParen => {
                parser.advance();
                Ok(parser.placed(start, null()))
            }
            K::True | K::False if next != T::Dot && next != T::LeftParen => {
                parser.advance();
                let value = lower::literal(LiteralType::Boolean(word == K::True));
                Ok(parser.placed(start, value))
            }
            K::Case if !ends_item(next) && next != T::Dot => {
                let is_searched = next == T::Word(K::When);
                // `case` and `when` may be a column and its alias.
                let place = if parser.alias_may_follow {
                    start + 2
                } else {
                    start + 1
                };
                let case = parser.inside(function::case);
                if is_searched {
                    parser.reported_at(place, case)
                } else {
                    case
                }
            }
            K::Interval if interval::is_interval(parser) => {
                let literal = interval::interval(parser)?;
                Ok(parser.placed(start, literal))
            }
            _ if next == T::LeftParen && function::is_special(word) => {
                function::special(parser, word)
            }
            _ => name(parser),
        },
        T::Identifier | T::Quoted => name(parser),
        _ => Err(parser.syntax_error()),
    }
}

/// The untyped NULL.
pub(crate) fn null() -> Expression {
    let void = proto::DataType {
        kind: Some(proto::data_type::Kind::Null(Default::default())),
    };
    lower::literal(LiteralType::Null(void))
}

/// A column, a function call, a lambda, a typed literal or a star: whatever begins with a name.
fn name(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    match parser.kind_ahead(1) {
        T::String if parser.kind() != T::Quoted => return literal::typed_literal(parser),
        T::Arrow => {
            let argument = name_part(parser)?;
            return lambda::lambda(parser, start, vec![argument]);
        }
        _ => {}
    }
    let mut parts = vec![name_part(parser)?];
    while parser.is(T::Dot) {
        match parser.kind_ahead(1) {
            T::Star => {
                parser.advance();
                parser.advance();
                return star(parser, start, Some(quote_parts(&parts) + ".*"));
            }
            kind if is_identifier(kind) => {
                parser.advance();
                parts.push(name_part(parser)?);
            }
            _ => return Err(parser.syntax_error_at(parser.mark() + 1, "")),
        }
    }
    if parser.is(T::LeftParen) {
        return function::call(parser, start, parts);
    }
    let column = lambda::column(parser, parts);
    Ok(parser.placed(start, column))
}

/// `*` or `target.*`, perhaps `EXCEPT (…)`; the star is behind the cursor.
fn star(
    parser: &mut Parser<'_>,
    start: usize,
    unparsed_target: Option<String>,
) -> Parsed<Expression> {
    let star = lower::expression(ExprType::UnresolvedStar(UnresolvedStar {
        unparsed_target,
        plan_id: None,
    }));
    let mut star = parser.placed(start, star);
    if parser.is_word(K::Except)
        && parser.kind_ahead(1) == T::LeftParen
        && !query::is_parenthesized_query(parser, 1)
    {
        parser.advance();
        let mut arguments = vec![star];
        arguments.extend(parser.parenthesized_list(|parser| {
            let start = parser.mark();
            let parts = super::identifier::multipart_identifier(parser)?;
            Ok(parser.placed(start, lower::attribute(quote_parts(&parts))))
        })?);
        star = parser.placed(
            start,
            lower::internal_function(internal::STAR_EXCEPT, arguments),
        );
    }
    Ok(star)
}

/// What may stand in parentheses: a subquery, lambda arguments, a row or one expression.
fn parenthesized(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    if query::is_parenthesized_query(parser, 0) {
        return predicate::scalar_subquery(parser);
    }
    if let Some(arguments) = lambda::lambda_arguments(parser) {
        return lambda::lambda(parser, start, arguments);
    }
    parser.advance();
    let first = parser.inside(expression_or_field)?;
    if parser.eat(T::RightParen) {
        return Ok(first);
    }
    let mut fields = vec![first];
    while parser.eat(T::Comma) {
        fields.push(named_expression(parser)?);
    }
    parser.expect(T::RightParen)?;
    Ok(parser.placed(start, lower::internal_function(internal::ROW, fields)))
}

/// An expression in parentheses; as the field of a row it may have an alias.
fn expression_or_field(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let value = expression(parser)?;
    if parser.eat_word(K::As) || (is_implicit_alias(parser) && parser.kind_ahead(1) == T::Comma) {
        let name = identifier(parser)?;
        return Ok(parser.placed(start, lower::alias(value, vec![name])));
    }
    Ok(value)
}
