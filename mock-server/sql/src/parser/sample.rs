//! TABLESAMPLE.

use sparring_proto::connect as proto;

use proto::Relation;
use proto::relation::RelType;

use super::expression::expression;
use super::{Parsed, Parser, limit};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// `TABLESAMPLE [SYSTEM|BERNOULLI] (…) [REPEATABLE (seed)]`, if it is there.
pub(crate) fn sample(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    if !parser.is_word(K::Tablesample) {
        return Ok(input);
    }
    parser.advance();
    if !parser.is(T::LeftParen) {
        // The sampling method, which makes no difference here.
        super::identifier::name_part(parser)?;
    }
    parser.expect(T::LeftParen)?;
    if parser.eat_word_text("BUCKET") {
        let numerator = number(parser)?;
        parser.expect_word(K::Out)?;
        parser.expect_word(K::Of)?;
        let denominator = number(parser)?;
        parser.expect(T::RightParen)?;
        let seed = repeatable(parser)?;
        return Ok(fraction(input, numerator / denominator, seed));
    }
    if let Some(n_rows) = computed_rows(parser)? {
        parser.expect(T::RightParen)?;
        repeatable(parser)?;
        return Ok(first(input, n_rows));
    }
    let amount = number(parser)?;
    if parser.eat_word(K::Rows) {
        parser.expect(T::RightParen)?;
        repeatable(parser)?;
        return Ok(first(input, amount as i32));
    }
    let start = parser.mark();
    parser.expect_word(K::Percent)?;
    parser.expect(T::RightParen)?;
    let seed = repeatable(parser)?;
    if !(0.0..=100.0).contains(&amount) {
        return Err(parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_0064",
            None,
            format!(
                "Sampling fraction ({}) must be on interval [0, 1].",
                amount / 100.0
            ),
            &[("msg", "")],
        ));
    }
    Ok(fraction(input, amount / 100.0, seed))
}

/// `expression ROWS` where the number is computed or a variable's; ROWS is behind the cursor then.
fn computed_rows(parser: &mut Parser<'_>) -> Parsed<Option<i32>> {
    if matches!(
        parser.kind(),
        T::Minus | T::Integer | T::Decimal | T::Exponent
    ) {
        return Ok(None);
    }
    let start = parser.mark();
    let n_rows = match expression(parser) {
        Ok(value) if parser.is_word(K::Rows) => limit::fold_integer(parser, &value),
        _ => None,
    };
    match n_rows.and_then(|n| i32::try_from(n).ok()) {
        Some(n_rows) => {
            parser.advance();
            Ok(Some(n_rows))
        }
        None => {
            parser.back_to(start);
            Ok(None)
        }
    }
}

fn first(input: Relation, limit: i32) -> Relation {
    lower::relation(RelType::Limit(Box::new(proto::Limit {
        input: Some(Box::new(input)),
        limit,
    })))
}

fn number(parser: &mut Parser<'_>) -> Parsed<f64> {
    let sign = if parser.eat(T::Minus) { -1.0 } else { 1.0 };
    let value: f64 = match parser.kind() {
        T::Integer | T::Decimal | T::Exponent => parser
            .token_text()
            .parse()
            .map_err(|_| parser.syntax_error())?,
        _ => return Err(parser.syntax_error()),
    };
    parser.advance();
    Ok(sign * value)
}

fn repeatable(parser: &mut Parser<'_>) -> Parsed<Option<i64>> {
    if !parser.eat_word(K::Repeatable) {
        return Ok(None);
    }
    parser.expect(T::LeftParen)?;
    let seed = number(parser)? as i64;
    parser.expect(T::RightParen)?;
    Ok(Some(seed))
}

fn fraction(input: Relation, upper_bound: f64, seed: Option<i64>) -> Relation {
    lower::relation(RelType::Sample(Box::new(proto::Sample {
        input: Some(Box::new(input)),
        lower_bound: 0.0,
        upper_bound,
        with_replacement: Some(false),
        seed,
        deterministic_order: false,
    })))
}
