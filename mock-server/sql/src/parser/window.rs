//! Sort items and window specifications, also those named in a WINDOW clause.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::expression::sort_order::{NullOrdering, SortDirection};
use proto::expression::window::WindowFrame;
use proto::expression::window::window_frame::frame_boundary::Boundary;
use proto::expression::window::window_frame::{FrameBoundary, FrameType};
use proto::expression::{ExprType, SortOrder, Window};

use super::expression::expression;
use super::identifier::is_identifier;
use super::{Parsed, Parser};
use crate::error::Showing;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// `expression [ASC|DESC] [NULLS FIRST|LAST]`; nulls come first ascending and last descending.
pub(crate) fn sort_item(parser: &mut Parser<'_>) -> Parsed<SortOrder> {
    let child = expression(parser)?;
    let descending = parser.eat_word(K::Desc);
    if !descending {
        parser.eat_word(K::Asc);
    }
    let nulls_first = if parser.is_words(&[K::Nulls, K::First]) {
        true
    } else if parser.is_words(&[K::Nulls, K::Last]) {
        false
    } else {
        return Ok(sort_order(child, descending, !descending));
    };
    parser.advance();
    parser.advance();
    Ok(sort_order(child, descending, nulls_first))
}

/// A sort order with everything said.
pub(crate) fn sort_order(child: Expression, descending: bool, nulls_first: bool) -> SortOrder {
    let direction = if descending {
        SortDirection::Descending
    } else {
        SortDirection::Ascending
    };
    let null_ordering = if nulls_first {
        NullOrdering::SortNullsFirst
    } else {
        NullOrdering::SortNullsLast
    };
    SortOrder {
        child: Some(Box::new(child)),
        direction: direction as i32,
        null_ordering: null_ordering as i32,
    }
}

/// `OVER name` or `OVER (…)`; the cursor is behind OVER.
pub(crate) fn over(
    parser: &mut Parser<'_>,
    start: usize,
    window_function: Expression,
) -> Parsed<Expression> {
    let mut window = if parser.is(T::LeftParen) {
        specification(parser)?
    } else {
        let at = parser.mark();
        let name = super::identifier::name_part(parser)?;
        named(parser, at, &name)?
    };
    window.window_function = Some(Box::new(window_function));
    Ok(parser.placed(start, lower::expression(ExprType::Window(Box::new(window)))))
}

/// A window of the WINDOW clause. The clause stands behind the select list that uses it, so it is looked
/// for ahead and read anew at each use.
fn named(parser: &mut Parser<'_>, at: usize, name: &str) -> Parsed<Window> {
    let Some(definition) = find_definition(parser, name) else {
        let mut error = parser.error(
            at,
            at + 1,
            "MISSING_WINDOW_SPECIFICATION",
            Some("42P20"),
            format!(
                "Window specification is not defined in the WINDOW clause for {name}. For more information about \
                 WINDOW clauses, please refer to \
                 'https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-window.html'."
            ),
            &[("windowName", name), ("docroot", "https://spark.apache.org/docs/latest")],
        );
        error.show(Showing::Text);
        return Err(error);
    };
    let mark = parser.mark();
    parser.back_to(definition);
    let window = parser.nested(|parser| {
        if parser.is(T::LeftParen) {
            return specification(parser);
        }
        let at = parser.mark();
        let other = super::identifier::name_part(parser)?;
        named(parser, at, &other)
    });
    parser.back_to(mark);
    window
}

/// The token behind `name AS` in the WINDOW clause of the SELECT around the cursor.
fn find_definition(parser: &Parser<'_>, name: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_clause = false;
    for index in parser.select_start..parser.tokens.len() {
        match parser.tokens[index].kind {
            T::LeftParen => depth += 1,
            T::RightParen if depth == 0 => return None,
            T::RightParen => depth -= 1,
            T::Word(K::Window) if depth == 0 => in_clause = true,
            kind if in_clause && depth == 0 && is_identifier(kind) => {
                let is_definition = parser
                    .tokens
                    .get(index + 1)
                    .is_some_and(|next| next.kind == T::Word(K::As));
                let text = parser.text_of(index).trim_matches('`');
                if is_definition && text.eq_ignore_ascii_case(name) {
                    return Some(index + 2);
                }
            }
            _ => {}
        }
    }
    None
}

/// `(name)` or `([PARTITION BY …] [ORDER BY …] [frame])`.
fn specification(parser: &mut Parser<'_>) -> Parsed<Window> {
    let start = parser.mark();
    parser.expect(T::LeftParen)?;
    if is_identifier(parser.kind()) && parser.kind_ahead(1) == T::RightParen {
        let at = parser.mark();
        let name = super::identifier::name_part(parser)?;
        let window = named(parser, at, &name)?;
        parser.expect(T::RightParen)?;
        return Ok(window);
    }
    let mut window = Window::default();
    if parser.eat_words(&[K::Cluster, K::By]) {
        window.partition_spec = parser.comma_list(expression)?;
    } else {
        if parser.eat_words(&[K::Partition, K::By]) || parser.eat_words(&[K::Distribute, K::By]) {
            window.partition_spec = parser.comma_list(expression)?;
        }
        if parser.eat_word(K::Order) || parser.eat_word(K::Sort) {
            parser.expect_or_missing(T::Word(K::By), "BY")?;
            window.order_spec = parser.comma_list(sort_item)?;
        }
    }
    let frame_start = parser.mark();
    let frame = frame(parser)?;
    let frame_end = parser.mark();
    parser.expect(T::RightParen)?;
    if let Some(inverted) = inverted(parser, frame_start, frame_end) {
        let [whole, lower, upper] = inverted.map(|text| format!("\"{text}\""));
        return Err(parser.error_from(
            start,
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND",
            Some("42K09"),
            format!(
                "Cannot resolve {whole} due to data type mismatch: Window frame upper bound {upper} does not \
                 follow the lower bound {lower}."
            ),
            &[("sqlExpr", &whole), ("lower", &lower), ("upper", &upper)],
        ));
    }
    window.frame_spec = frame.map(Box::new);
    Ok(window)
}

/// A frame from UNBOUNDED FOLLOWING or to UNBOUNDED PRECEDING, which the protocol cannot say: all of it, its
/// start and its end.
fn inverted(parser: &Parser<'_>, start: usize, end: usize) -> Option<[String; 3]> {
    let words: Vec<String> = (start..end)
        .map(|at| parser.text_of(at).to_uppercase())
        .collect();
    let (units, bounds) = words.split_first()?;
    let and = bounds.iter().position(|word| word == "AND");
    let (lower, upper) = match (bounds.split_first(), and) {
        (Some((between, _)), Some(and)) if between == "BETWEEN" => {
            (bounds[1..and].join(" "), bounds[and + 1..].join(" "))
        }
        _ => (bounds.join(" "), "CURRENT ROW".to_string()),
    };
    let is_inverted = lower == "UNBOUNDED FOLLOWING" || upper == "UNBOUNDED PRECEDING";
    is_inverted.then(|| [format!("{units} BETWEEN {lower} AND {upper}"), lower, upper])
}

fn frame(parser: &mut Parser<'_>) -> Parsed<Option<WindowFrame>> {
    let frame_type = match parser.kind() {
        T::Word(K::Rows) => FrameType::Row,
        T::Word(K::Range) => FrameType::Range,
        _ => return Ok(None),
    };
    parser.advance();
    let (lower, upper) = if parser.eat_word(K::Between) {
        let lower = bound(parser)?;
        parser.expect_word(K::And)?;
        (lower, bound(parser)?)
    } else {
        (
            bound(parser)?,
            FrameBoundary {
                boundary: Some(Boundary::CurrentRow(true)),
            },
        )
    };
    Ok(Some(WindowFrame {
        frame_type: frame_type as i32,
        lower: Some(Box::new(lower)),
        upper: Some(Box::new(upper)),
    }))
}

/// A value before the current row is negated.
fn bound(parser: &mut Parser<'_>) -> Parsed<FrameBoundary> {
    let boundary = if parser.eat_words(&[K::Current, K::Row]) {
        Boundary::CurrentRow(true)
    } else if parser.eat_word(K::Unbounded) {
        if !parser.eat_word(K::Preceding) {
            parser.expect_word(K::Following)?;
        }
        Boundary::Unbounded(true)
    } else {
        let start = parser.mark();
        let value = expression(parser)?;
        if !parser.is_word(K::Preceding) && !parser.is_word(K::Following) {
            return Err(parser.missing_error("{'FOLLOWING', 'PRECEDING'}"));
        }
        if !is_constant(&value) {
            parser.advance();
            return Err(parser.error_from(
                start,
                "_LEGACY_ERROR_TEMP_0064",
                None,
                "Frame bound value must be a literal.",
                &[("msg", "Frame bound value must be a literal.")],
            ));
        }
        if parser.eat_word(K::Preceding) {
            Boundary::Value(Box::new(parser.placed(start, negated(value))))
        } else {
            parser.expect_word(K::Following)?;
            Boundary::Value(Box::new(value))
        }
    };
    Ok(FrameBoundary {
        boundary: Some(boundary),
    })
}

/// Literals and operators on them.
fn is_constant(value: &Expression) -> bool {
    match &value.expr_type {
        Some(ExprType::Literal(_)) => true,
        Some(ExprType::Cast(cast)) => cast.expr.as_ref().is_some_and(|inner| is_constant(inner)),
        Some(ExprType::UnresolvedFunction(call)) => {
            let is_operator = !call
                .function_name
                .starts_with(|c: char| c.is_ascii_alphabetic())
                || matches!(call.function_name.as_str(), "positive" | "div");
            is_operator && call.arguments.iter().all(is_constant)
        }
        _ => false,
    }
}

/// Spark tells a value before the current row by this sign from a negative one that follows it.
fn negated(value: Expression) -> Expression {
    lower::function("-", vec![value])
}

/// `name AS (…)` or `name AS other` in a WINDOW clause: read only to see that it is well formed.
pub(crate) fn definition(parser: &mut Parser<'_>) -> Parsed<()> {
    super::identifier::identifier(parser)?;
    parser.expect_word(K::As)?;
    if !parser.is(T::LeftParen) {
        super::identifier::identifier(parser)?;
        return Ok(());
    }
    let subqueries = std::mem::take(&mut parser.subqueries);
    let read = specification(parser);
    parser.subqueries = subqueries;
    read.map(|_| ())
}
