//! INTERVAL literals: `INTERVAL 1 DAY`, `INTERVAL '1 day 2 hours'`, `INTERVAL '1-2' YEAR TO MONTH`.
//!
//! The result is an ANSI interval literal whose `data_type` names its fields.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::data_type::{DayTimeInterval, Kind, YearMonthInterval};
use proto::expression::literal::LiteralType;
use proto::expression::{ExprType, Literal};

use super::{Parsed, Parser, literal};
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;

/// A unit of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

impl Unit {
    fn of_word(word: &str) -> Option<Unit> {
        let lower = word.to_ascii_lowercase();
        let singular = lower.strip_suffix('s').unwrap_or(&lower);
        Some(match singular {
            "year" => Unit::Year,
            "month" => Unit::Month,
            "week" => Unit::Week,
            "day" => Unit::Day,
            "hour" => Unit::Hour,
            "minute" => Unit::Minute,
            "second" => Unit::Second,
            "millisecond" => Unit::Millisecond,
            "microsecond" => Unit::Microsecond,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Unit::Year => "year",
            Unit::Month => "month",
            Unit::Week => "week",
            Unit::Day => "day",
            Unit::Hour => "hour",
            Unit::Minute => "minute",
            Unit::Second => "second",
            Unit::Millisecond => "millisecond",
            Unit::Microsecond => "microsecond",
        }
    }

    /// Months or microseconds.
    fn size(self) -> i64 {
        match self {
            Unit::Year => 12,
            Unit::Month | Unit::Microsecond => 1,
            Unit::Week => 7 * 86_400_000_000,
            Unit::Day => 86_400_000_000,
            Unit::Hour => 3_600_000_000,
            Unit::Minute => 60_000_000,
            Unit::Second => 1_000_000,
            Unit::Millisecond => 1_000,
        }
    }

    fn is_year_month(self) -> bool {
        self <= Unit::Month
    }

    /// The field's number in the interval's type.
    fn field(self) -> i32 {
        match self {
            Unit::Year | Unit::Week | Unit::Day => 0,
            Unit::Month | Unit::Hour => 1,
            Unit::Minute => 2,
            Unit::Second | Unit::Millisecond | Unit::Microsecond => 3,
        }
    }
}

/// Whether the word INTERVAL at the cursor begins a literal and is not a name.
pub(crate) fn is_interval(parser: &Parser<'_>) -> bool {
    let signed = matches!(parser.kind_ahead(1), T::Plus | T::Minus);
    let at = if signed { 2 } else { 1 };
    match parser.kind_ahead(at) {
        T::String | T::Integer | T::Decimal if !signed => true,
        T::String | T::Integer | T::Decimal => {
            let unit = parser.text_of(parser.mark() + at + 1);
            Unit::of_word(unit).is_some()
        }
        _ => false,
    }
}

/// The literal; the cursor is on INTERVAL.
pub(crate) fn interval(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    let first_unit = parser.text_of(parser.mark() + 1);
    if parser.is(T::String) && Unit::of_word(first_unit).is_none() {
        let text = literal::string_literal(parser)?;
        let parts = parts_of_text(&text)
            .ok_or_else(|| literal::invalid_typed_literal(parser, start, "INTERVAL", &text))?;
        return from_parts(parser, start, &parts);
    }
    let mut parts = Vec::new();
    loop {
        let (text, unit) = value_and_unit(parser)?;
        if parser.is_word(K::To) && parts.is_empty() {
            parser.advance();
            let Some(end) = Unit::of_word(parser.token_text()) else {
                return Err(parser.syntax_error());
            };
            parser.advance();
            return unit_to_unit(parser, start, &text, unit, end);
        }
        let size = amount(&text, unit).ok_or_else(|| invalid_value(parser, start, &text, unit))?;
        parts.push((size, unit));
        if !continues(parser) {
            return from_parts(parser, start, &parts);
        }
    }
}

/// `[sign] value unit`; the sign becomes part of the text.
fn value_and_unit(parser: &mut Parser<'_>) -> Parsed<(String, Unit)> {
    let negative = parser.is(T::Minus);
    if negative || parser.is(T::Plus) {
        parser.advance();
    }
    let mut text = match parser.kind() {
        T::String => literal::unescape(parser.token_text()).trim().to_string(),
        T::Integer | T::Decimal => parser.token_text().to_string(),
        _ => return Err(parser.syntax_error()),
    };
    parser.advance();
    if negative {
        text = match text.strip_prefix('-') {
            Some(positive) => positive.to_string(),
            None => format!("-{text}"),
        };
    }
    let Some(unit) = Unit::of_word(parser.token_text()) else {
        return Err(parser.syntax_error());
    };
    parser.advance();
    Ok((text, unit))
}

/// Whether another `value unit` follows; in `interval 1 day - 1` it does not.
fn continues(parser: &Parser<'_>) -> bool {
    let at = if matches!(parser.kind(), T::Plus | T::Minus) {
        1
    } else {
        0
    };
    matches!(parser.kind_ahead(at), T::String | T::Integer | T::Decimal)
        && Unit::of_word(parser.text_of(parser.mark() + at + 1)).is_some()
}

/// `1 day -2 hours`, perhaps with the word `interval` in front.
fn parts_of_text(text: &str) -> Option<Vec<(i64, Unit)>> {
    let lower = text.trim().to_ascii_lowercase();
    let body = lower.strip_prefix("interval").unwrap_or(&lower);
    let mut words = body.split_ascii_whitespace();
    let mut parts = Vec::new();
    while let Some(word) = words.next() {
        // A sign may stand apart from its number.
        let value = match word {
            "-" => format!("-{}", words.next()?),
            "+" => words.next()?.to_string(),
            _ => word.to_string(),
        };
        let unit = Unit::of_word(words.next()?)?;
        parts.push((amount(&value, unit)?, unit));
    }
    (!parts.is_empty()).then_some(parts)
}

/// The value in months or microseconds; only seconds have a fraction.
fn amount(text: &str, unit: Unit) -> Option<i64> {
    let text = text.trim();
    if let Ok(value) = text.strip_prefix('+').unwrap_or(text).parse::<i64>() {
        return value.checked_mul(unit.size());
    }
    if unit != Unit::Second {
        return None;
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.')?;
    let all_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > 9 || !all_digits(fraction) || !all_digits(whole) || unsigned.len() < 2 {
        return None;
    }
    let seconds: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    let micros = seconds.checked_mul(1_000_000)?.checked_add(nanos / 1000)?;
    Some(if negative { -micros } else { micros })
}

fn from_parts(parser: &Parser<'_>, start: usize, parts: &[(i64, Unit)]) -> Parsed<Expression> {
    let n_year_month = parts
        .iter()
        .filter(|(_, unit)| unit.is_year_month())
        .count();
    if n_year_month != 0 && n_year_month != parts.len() {
        let text = parser.text_between(start, parser.mark());
        return Err(parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_0029",
            None,
            format!("Cannot mix year-month and day-time fields: {text}."),
            &[("literal", text)],
        ));
    }
    let total = parts
        .iter()
        .try_fold(0i64, |sum, (size, _)| sum.checked_add(*size));
    let fields = || parts.iter().map(|(_, unit)| unit.field());
    let range = (fields().min().unwrap_or(0), fields().max().unwrap_or(0));
    let built = total.and_then(|total| build(total, n_year_month != 0, range));
    built.ok_or_else(|| {
        let text = parser.text_between(start + 1, parser.mark());
        let detail = format!("Uncaught arithmetic exception while parsing '{text}'.");
        let class = "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION";
        format_error(parser, start, class, text, &detail, &[("input", text)])
    })
}

fn build(total: i64, year_month: bool, (start_field, end_field): (i32, i32)) -> Option<Expression> {
    let (value, kind) = if year_month {
        let kind = Kind::YearMonthInterval(YearMonthInterval {
            start_field: Some(start_field),
            end_field: Some(end_field),
            type_variation_reference: 0,
        });
        (
            LiteralType::YearMonthInterval(i32::try_from(total).ok()?),
            kind,
        )
    } else {
        let kind = Kind::DayTimeInterval(DayTimeInterval {
            start_field: Some(start_field),
            end_field: Some(end_field),
            type_variation_reference: 0,
        });
        (LiteralType::DayTimeInterval(total), kind)
    };
    Some(lower::expression(ExprType::Literal(Literal {
        data_type: Some(proto::DataType { kind: Some(kind) }),
        literal_type: Some(value),
    })))
}

/// `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1 2:3:4.5' DAY TO SECOND`.
fn unit_to_unit(
    parser: &Parser<'_>,
    start: usize,
    text: &str,
    from: Unit,
    to: Unit,
) -> Parsed<Expression> {
    let (from_name, to_name) = (from.name(), to.name());
    let Some(format) = format_of(from, to) else {
        return Err(format_error(
            parser,
            start,
            "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION",
            text,
            &format!("Cannot support (interval '{text}' {from_name} to {to_name}) expression."),
            &[("input", text), ("from", from_name), ("to", to_name)],
        ));
    };
    let is_year_month = from == Unit::Year;
    let total = if is_year_month {
        year_month(text)
    } else {
        day_time(text, from, to)
    };
    let built = total.and_then(|total| build(total, is_year_month, (from.field(), to.field())));
    if let Some(literal) = built {
        return Ok(literal);
    }
    let (kind, class, notice) = if is_year_month {
        (
            "year-month",
            "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING",
            "",
        )
    } else {
        (
            "day-time",
            "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE",
            " Set \"spark.sql.legacy.fromDayTimeString.enabled\" to \"true\" to restore the behavior before \
             Spark 3.0.",
        )
    };
    let type_name = format!("interval {from_name} to {to_name}");
    let units = format!("{from_name} TO {to_name}").to_ascii_uppercase();
    let formats = format!("`[+|-]{format}`, `INTERVAL [+|-]'[+|-]{format}' {units}`");
    Err(format_error(
        parser,
        start,
        class,
        text,
        &format!(
            "Interval string does not match {kind} format of {formats} when cast to {type_name}: \
             {text}.{notice}"
        ),
        &[
            ("input", text),
            ("intervalStr", kind),
            ("supportedFormat", &formats),
            ("typeName", &type_name),
        ],
    ))
}

/// The notation of a range of units, if there is such a range.
fn format_of(from: Unit, to: Unit) -> Option<&'static str> {
    Some(match (from, to) {
        (Unit::Year, Unit::Month) => "y-m",
        (Unit::Day, Unit::Hour) => "d h",
        (Unit::Day, Unit::Minute) => "d h:m",
        (Unit::Day, Unit::Second) => "d h:m:s.n",
        (Unit::Hour, Unit::Minute) => "h:m",
        (Unit::Hour, Unit::Second) => "h:m:s.n",
        (Unit::Minute, Unit::Second) => "m:s.n",
        _ => return None,
    })
}

fn format_error(
    parser: &Parser<'_>,
    start: usize,
    class: &'static str,
    text: &str,
    detail: &str,
    parameters: &[(&str, &str)],
) -> ParseError {
    // The context begins behind the word INTERVAL.
    parser.error_from(
        start + 1,
        class,
        Some("22006"),
        format!(
            "Error parsing '{text}' to interval. Please ensure that the value provided is in a valid format for \
             defining an interval. You can reference the documentation for the correct format. {detail}"
        ),
        parameters,
    )
}

fn year_month(text: &str) -> Option<i64> {
    let (sign, unsigned) = signed(text);
    let (years, months) = unsigned.split_once('-')?;
    let months: i64 = months.parse().ok()?;
    (months <= 11).then_some(())?;
    years
        .parse::<i64>()
        .ok()?
        .checked_mul(12)?
        .checked_add(months)
        .map(|total| sign * total)
}

fn day_time(text: &str, from: Unit, to: Unit) -> Option<i64> {
    let (sign, mut rest) = signed(text);
    let mut total = 0i64;
    let mut unit = from;
    loop {
        let end = match unit {
            _ if unit == to => rest.len(),
            Unit::Day => rest.find(' ')?,
            _ => rest.find(':')?,
        };
        let value = amount(&rest[..end], unit)?;
        let limit = match unit {
            Unit::Hour => 24 * Unit::Hour.size(),
            _ => 60 * unit.size(),
        };
        if value < 0 || (unit != from && value >= limit) {
            return None;
        }
        total = total.checked_add(value)?;
        if unit == to {
            return Some(sign * total);
        }
        rest = rest[end + 1..].trim_start();
        unit = match unit {
            Unit::Day => Unit::Hour,
            Unit::Hour => Unit::Minute,
            _ => Unit::Second,
        };
    }
}

fn signed(text: &str) -> (i64, &str) {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A value that is no number, or too large a one.
fn invalid_value(parser: &Parser<'_>, start: usize, text: &str, unit: Unit) -> ParseError {
    let digits = text.trim_start_matches(['+', '-']);
    let is_number = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !digits.is_empty();
    if !is_number {
        return parser.error_from(
            start + 1,
            "_LEGACY_ERROR_TEMP_0026",
            None,
            format!(
                "Can only use numbers in the interval value part for multiple unit value pairs interval form, but \
                 got invalid value: {text}."
            ),
            &[("value", text)],
        );
    }
    let input = format!(" {text} {}", unit.name());
    let (class, detail) = if digits.contains('.') {
        (
            "INVALID_INTERVAL_FORMAT.INVALID_FRACTION",
            format!("{} cannot have fractional part.", unit.name()),
        )
    } else {
        (
            "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION",
            format!("Uncaught arithmetic exception while parsing '{input}'."),
        )
    };
    let parameters = [("input", input.as_str()), ("unit", unit.name())];
    format_error(parser, start, class, &input, &detail, &parameters)
}
