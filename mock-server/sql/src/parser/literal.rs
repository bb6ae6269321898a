//! Literals: numbers, strings with their escapes, typed literals such as `DATE '…'` and `X'1F'`.
//!
//! Dates and times are read in `datetime`, intervals in `interval`.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::expression::literal::{Decimal, LiteralType, Time};

use super::{Parsed, Parser, datetime};
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

const MAX_DECIMAL_PRECISION: usize = 38;

/// Whether a number token stands at the cursor.
pub(crate) fn is_number(kind: T) -> bool {
    matches!(kind, T::Integer | T::Decimal | T::Exponent | T::Suffixed)
}

/// A number, perhaps with its minus sign: `-1` is one literal in Spark's grammar.
pub(crate) fn number(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let sign = if parser.eat(T::Minus) { "-" } else { "" };
    let kind = parser.kind();
    let text = parser.token_text();
    parser.advance();
    let signed = |digits: &str| format!("{sign}{digits}");
    let value = match kind {
        T::Integer => integer(parser, start, &signed(text))?,
        T::Decimal => decimal(parser, start, &signed(text))?,
        T::Exponent => match signed(text).parse() {
            Ok(value) => LiteralType::Double(value),
            Err(_) => return Err(parser.syntax_error_at(start, "")),
        },
        T::Suffixed => suffixed(parser, start, &signed(text))?,
        _ => return Err(parser.syntax_error_at(start, "")),
    };
    Ok(lower::literal(value))
}

/// The narrowest of INT, BIGINT and DECIMAL.
fn integer(parser: &Parser<'_>, start: usize, text: &str) -> Parsed<LiteralType> {
    if let Ok(value) = text.parse::<i32>() {
        return Ok(LiteralType::Integer(value));
    }
    if let Ok(value) = text.parse::<i64>() {
        return Ok(LiteralType::Long(value));
    }
    decimal(parser, start, text)
}

/// The digits decide precision and scale: `0.10` is a DECIMAL(2,2).
fn decimal(parser: &Parser<'_>, start: usize, text: &str) -> Parsed<LiteralType> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (
            &text[..at],
            text[at + 1..].parse::<i64>().unwrap_or(i64::MAX),
        ),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = format!("{whole}{fraction}");
    let mut scale = fraction.len() as i64 - exponent;
    // A negative scale is not allowed: 1E3BD is 1000.
    if scale < 0 {
        if scale < -(MAX_DECIMAL_PRECISION as i64) {
            return Err(precision_error(
                parser,
                start,
                digits.len() + scale.unsigned_abs() as usize,
            ));
        }
        digits.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
        scale = 0;
    }
    let significant = digits.trim_start_matches('0');
    let significant = if significant.is_empty() {
        "0"
    } else {
        significant
    };
    let precision = significant.len().max(scale as usize);
    if precision > MAX_DECIMAL_PRECISION {
        return Err(precision_error(parser, start, precision));
    }
    let padded = format!("{significant:0>width$}", width = scale as usize + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale as usize);
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if negative { "-" } else { "" };
    Ok(LiteralType::Decimal(Decimal {
        value: format!("{sign}{whole}{point}{fraction}"),
        precision: Some(precision as i32),
        scale: Some(scale as i32),
    }))
}

fn precision_error(parser: &Parser<'_>, start: usize, precision: usize) -> ParseError {
    parser.error_from(
        start,
        "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
        Some("22003"),
        format!("Decimal precision {precision} exceeds max precision {MAX_DECIMAL_PRECISION}."),
        &[
            ("precision", &precision.to_string()),
            ("maxPrecision", "38"),
        ],
    )
}

fn suffixed(parser: &Parser<'_>, start: usize, text: &str) -> Parsed<LiteralType> {
    let (digits, suffix) = split_suffix(text);
    let range = |type_name: &str, low: &str, high: &str| {
        parser.error_from(
            start,
            "INVALID_NUMERIC_LITERAL_RANGE",
            Some("22003"),
            format!(
                "Numeric literal {digits} is outside the valid range for {type_name} with minimum value of \
                 {low} and maximum value of {high}. Please adjust the value accordingly."
            ),
            &[
                ("rawStrippedQualifier", digits),
                ("minValue", low),
                ("maxValue", high),
                ("typeName", type_name),
            ],
        )
    };
    match suffix.as_str() {
        "L" => digits
            .parse()
            .map(LiteralType::Long)
            .map_err(|_| range("bigint", "-9223372036854775808", "9223372036854775807")),
        "S" => digits
            .parse::<i16>()
            .map(|value| LiteralType::Short(value.into()))
            .map_err(|_| range("smallint", "-32768", "32767")),
        "Y" => digits
            .parse::<i8>()
            .map(|value| LiteralType::Byte(value.into()))
            .map_err(|_| range("tinyint", "-128", "127")),
        // The digits are held against the exact limit: 3.4028235E38 would still round to it.
        "F" => match digits.parse::<f64>() {
            Ok(value) if value.abs() <= f64::from(f32::MAX) => Ok(LiteralType::Float(value as f32)),
            _ => Err(range(
                "float",
                "-3.4028234663852886E+38",
                "3.4028234663852886E+38",
            )),
        },
        "D" => match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(LiteralType::Double(value)),
            _ => Err(range(
                "double",
                "-1.7976931348623157E+308",
                "1.7976931348623157E+308",
            )),
        },
        _ => decimal(parser, start, digits),
    }
}

fn split_suffix(text: &str) -> (&str, String) {
    let n_letters = if text.to_ascii_uppercase().ends_with("BD") {
        2
    } else {
        1
    };
    let (digits, suffix) = text.split_at(text.len() - n_letters);
    (digits, suffix.to_ascii_uppercase())
}

/// One string token: a comment, a path, a property's key.
pub(crate) fn string_literal(parser: &mut Parser<'_>) -> Parsed<String> {
    if !parser.is(T::String) {
        return Err(parser.syntax_error());
    }
    let value = unescape(parser.token_text());
    parser.advance();
    Ok(value)
}

/// A string value in an expression, where tokens next to each other are one string.
pub(crate) fn string_value(parser: &mut Parser<'_>) -> Parsed<String> {
    let mut value = string_literal(parser)?;
    while parser.is(T::String) {
        value.push_str(&unescape(parser.token_text()));
        parser.advance();
    }
    Ok(value)
}

/// The value of a quoted string: Spark's backslash escapes, doubled quotes, raw strings.
pub(crate) fn unescape(token: &str) -> String {
    if token.starts_with(['r', 'R']) {
        return token[2..token.len() - 1].to_string();
    }
    let quote = token.chars().next().unwrap_or('\'');
    let body = &token[1..token.len() - 1];
    if !body.contains(['\\', quote]) {
        return body.to_string();
    }
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find(['\\', quote]) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(quote) {
            // Inside the token a quote comes doubled.
            out.push(quote);
            rest = &rest[(2 * quote.len_utf8()).min(rest.len())..];
        } else {
            rest = escape(&rest[1..], &mut out);
        }
    }
    out.push_str(rest);
    out
}

/// Reads one escape behind its backslash; returns what follows.
fn escape<'t>(text: &'t str, out: &mut String) -> &'t str {
    let Some(first) = text.chars().next() else {
        out.push('\\');
        return text;
    };
    let rest = &text[first.len_utf8()..];
    let code = match first {
        'u' => hex_code(rest, 4),
        'U' => hex_code(rest, 8),
        '0'..='1' => octal_code(text),
        _ => None,
    };
    if let Some((c, n_digits)) = code {
        out.push(c);
        let skip = if first.is_ascii_digit() {
            n_digits - 1
        } else {
            n_digits
        };
        return &rest[skip..];
    }
    match first {
        '0' => out.push('\0'),
        'b' => out.push('\u{8}'),
        'n' => out.push('\n'),
        'r' => out.push('\r'),
        't' => out.push('\t'),
        'Z' => out.push('\u{1A}'),
        // Kept for LIKE, which gives them their meaning.
        '%' => out.push_str("\\%"),
        '_' => out.push_str("\\_"),
        other => out.push(other),
    }
    rest
}

fn hex_code(text: &str, n_digits: usize) -> Option<(char, usize)> {
    let digits = text.get(..n_digits)?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    Some((char::from_u32(code)?, n_digits))
}

/// `\101`: three octal digits.
fn octal_code(text: &str) -> Option<(char, usize)> {
    let digits = text.get(..3)?;
    let code = u32::from_str_radix(digits, 8).ok()?;
    Some((char::from_u32(code)?, 3))
}

/// `DATE '…'`, `TIMESTAMP '…'`, `X '…'`: the cursor is on the type's name, a string follows.
pub(crate) fn typed_literal(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    let word = parser.kind();
    let type_name = parser.token_text().to_ascii_uppercase();
    parser.advance();
    let text = string_literal(parser)?;
    let value = match word {
        T::Word(K::Date) => date(&text),
        T::Word(K::Timestamp) => timestamp(&text, internal::TIMESTAMP_LITERAL),
        T::Word(K::TimestampLtz) => timestamp(&text, internal::TIMESTAMP_LTZ_LITERAL),
        T::Word(K::TimestampNtz) => datetime::parse_timestamp(&text)
            .filter(|parsed| parsed.zone.is_none())
            .map(|parsed| lower::literal(LiteralType::TimestampNtz(parsed.micros))),
        T::Word(K::Time) => datetime::parse_time(&text).map(|nano| {
            lower::literal(LiteralType::Time(Time {
                nano,
                precision: Some(6),
            }))
        }),
        _ if type_name == "X" => {
            hex_bytes(&text).map(|bytes| lower::literal(LiteralType::Binary(bytes.into())))
        }
        _ => return Err(unsupported_type(parser, start, &type_name)),
    };
    match value {
        Some(value) => Ok(parser.placed(start, value)),
        None => Err(invalid_typed_literal(parser, start, &type_name, &text)),
    }
}

/// A string that is no value of the type before it.
pub(crate) fn invalid_typed_literal(
    parser: &Parser<'_>,
    start: usize,
    type_name: &str,
    text: &str,
) -> ParseError {
    parser.error_from(
        start,
        "INVALID_TYPED_LITERAL",
        Some("42604"),
        format!("The value of the typed literal \"{type_name}\" is invalid: '{text}'."),
        &[
            ("valueType", &format!("\"{type_name}\"")),
            ("value", &format!("'{text}'")),
        ],
    )
}

fn unsupported_type(parser: &Parser<'_>, start: usize, type_name: &str) -> ParseError {
    let supported = "\"DATE\", \"TIMESTAMP_NTZ\", \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", \"X\", \"TIME\"";
    parser.error_from(
        start,
        "UNSUPPORTED_TYPED_LITERAL",
        Some("0A000"),
        format!("Literals of the type \"{type_name}\" are not supported. Supported types are {supported}."),
        &[("unsupportedType", &format!("\"{type_name}\"")), ("supportedTypes", supported)],
    )
}

/// `today` and its like are expressions of the current date.
fn date(text: &str) -> Option<Expression> {
    let today = || lower::function("current_date", Vec::new());
    let one = || lower::literal(LiteralType::Integer(1));
    match text.trim().to_ascii_lowercase().as_str() {
        "epoch" => Some(lower::literal(LiteralType::Date(0))),
        "now" | "today" => Some(today()),
        "tomorrow" => Some(lower::function("date_add", vec![today(), one()])),
        "yesterday" => Some(lower::function("date_sub", vec![today(), one()])),
        _ => datetime::parse_date(text).map(|days| lower::literal(LiteralType::Date(days))),
    }
}

fn timestamp(text: &str, function: &str) -> Option<Expression> {
    match text.trim().to_ascii_lowercase().as_str() {
        "epoch" => return Some(lower::literal(LiteralType::Timestamp(0))),
        "now" => return Some(lower::function("current_timestamp", Vec::new())),
        "today" | "tomorrow" | "yesterday" => {
            let timestamp = proto::DataType {
                kind: Some(proto::data_type::Kind::Timestamp(Default::default())),
            };
            return date(text).map(|date| super::function::cast_to(date, timestamp));
        }
        _ => {}
    }
    let parsed = datetime::parse_timestamp(text)?;
    let local = || lower::literal(LiteralType::TimestampNtz(parsed.micros));
    Some(match parsed.zone {
        None => lower::internal_function(function, vec![local()]),
        Some(datetime::Zone::Offset(seconds)) => lower::literal(LiteralType::Timestamp(
            parsed.micros - i64::from(seconds) * 1_000_000,
        )),
        Some(datetime::Zone::Region(name)) => {
            lower::internal_function(function, vec![local(), lower::string(name)])
        }
    })
}

/// An odd number of digits has a zero in front.
fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let padded = if text.len() % 2 == 1 {
        format!("0{text}")
    } else {
        text.to_string()
    };
    if !padded.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..padded.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&padded[at..at + 2], 16).ok())
        .collect()
}
