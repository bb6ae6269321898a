//! Data types as SQL writes them, and lists of columns with types.

use sparring_proto::connect as proto;

use proto::DataType;
use proto::data_type::{self as kinds, Kind};

use super::identifier::{identifier, is_identifier};
use super::{Parsed, Parser, literal};
use crate::error::{ParseError, Showing};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

const MAX_PRECISION: i32 = 38;
const YEAR_MONTH_FIELDS: [&str; 2] = ["YEAR", "MONTH"];
const DAY_TIME_FIELDS: [&str; 4] = ["DAY", "HOUR", "MINUTE", "SECOND"];

fn of_kind(kind: Kind) -> DataType {
    DataType { kind: Some(kind) }
}

/// One type.
pub(crate) fn data_type(parser: &mut Parser<'_>) -> Parsed<DataType> {
    parser.nested(|parser| {
        let start = parser.mark();
        if !matches!(parser.kind(), T::Word(_) | T::Identifier) {
            return Err(parser.syntax_error());
        }
        let name = parser.token_text().to_ascii_uppercase();
        parser.advance();
        match name.as_str() {
            "ARRAY" => array(parser, start),
            "MAP" => map(parser, start),
            "STRUCT" => struct_type(parser, start),
            "INTERVAL" => interval(parser, start),
            "TIMESTAMP" if without_or_with_zone(parser, K::Without) => {
                Ok(of_kind(Kind::TimestampNtz(Default::default())))
            }
            "TIMESTAMP" if without_or_with_zone(parser, K::With) => {
                Ok(of_kind(Kind::Timestamp(Default::default())))
            }
            _ => primitive(parser, start, &name),
        }
    })
}

fn without_or_with_zone(parser: &mut Parser<'_>, word: K) -> bool {
    for zone in [
        [word, K::Time, K::Zone].as_slice(),
        &[word, K::Local, K::Time, K::Zone],
    ] {
        if parser.eat_words(zone) {
            return true;
        }
    }
    false
}

fn array(parser: &mut Parser<'_>, start: usize) -> Parsed<DataType> {
    if !parser.eat(T::Less) {
        return Err(incomplete(
            parser,
            start,
            "INCOMPLETE_TYPE_DEFINITION.ARRAY",
            "The definition of \"ARRAY\" type is incomplete. You must provide an element type. \
             For example: \"ARRAY<INT>\".",
        ));
    }
    let element = data_type(parser)?;
    parser.expect(T::Greater)?;
    Ok(of_kind(Kind::Array(Box::new(kinds::Array {
        element_type: Some(Box::new(element)),
        contains_null: true,
        type_variation_reference: 0,
    }))))
}

fn map(parser: &mut Parser<'_>, start: usize) -> Parsed<DataType> {
    if !parser.eat(T::Less) {
        return Err(incomplete(
            parser,
            start,
            "INCOMPLETE_TYPE_DEFINITION.MAP",
            "The definition of \"MAP\" type is incomplete. You must provide a key type and a value type. \
             For example: \"MAP<TIMESTAMP, INT>\".",
        ));
    }
    let key = data_type(parser)?;
    parser.expect(T::Comma)?;
    let value = data_type(parser)?;
    parser.expect(T::Greater)?;
    Ok(of_kind(Kind::Map(Box::new(kinds::Map {
        key_type: Some(Box::new(key)),
        value_type: Some(Box::new(value)),
        value_contains_null: true,
        type_variation_reference: 0,
    }))))
}

fn struct_type(parser: &mut Parser<'_>, start: usize) -> Parsed<DataType> {
    if parser.eat(T::NotEqual) {
        return Ok(struct_of(Vec::new()));
    }
    if !parser.eat(T::Less) {
        return Err(incomplete(
            parser,
            start,
            "INCOMPLETE_TYPE_DEFINITION.STRUCT",
            "The definition of \"STRUCT\" type is incomplete. You must provide at least one field type. \
             For example: \"STRUCT<name STRING, phone DECIMAL(10, 0)>\".",
        ));
    }
    if parser.eat(T::Greater) {
        return Ok(struct_of(Vec::new()));
    }
    let fields = parser.comma_list(field)?;
    parser.expect(T::Greater)?;
    Ok(struct_of(fields))
}

fn incomplete(parser: &Parser<'_>, start: usize, class: &'static str, what: &str) -> ParseError {
    let reason = format!("Incomplete complex type: {what}");
    parser.error_from(start, class, Some("42K01"), reason, &[])
}

/// A struct of these fields.
pub(crate) fn struct_of(fields: Vec<kinds::StructField>) -> DataType {
    of_kind(Kind::Struct(kinds::Struct {
        fields,
        type_variation_reference: 0,
    }))
}

/// `name[:] type [NOT NULL] [DEFAULT …] [COMMENT '…']`: a field of a struct.
fn field(parser: &mut Parser<'_>) -> Parsed<kinds::StructField> {
    let name = identifier(parser)?;
    parser.eat(T::Colon);
    let data_type = data_type(parser)?;
    let nullable = !parser.eat_words(&[K::Not, K::Null]);
    let metadata = comment(parser)?.map(|comment| comment_metadata(&comment));
    Ok(kinds::StructField {
        name,
        data_type: Some(data_type),
        nullable,
        metadata,
    })
}

/// `COMMENT '…'`, if it is there.
pub(crate) fn comment(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    if parser.is_word(K::Comment) && parser.kind_ahead(1) == T::String {
        parser.advance();
        return literal::string_literal(parser).map(Some);
    }
    Ok(None)
}

/// The field metadata that carries a comment, as JSON.
pub(crate) fn comment_metadata(comment: &str) -> String {
    let mut out = String::from("{\"comment\":\"");
    for c in comment.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push_str("\"}");
    out
}

/// `a INT, b STRING NOT NULL COMMENT '…'`, without parentheses: a table schema as DDL.
pub(crate) fn table_schema(parser: &mut Parser<'_>) -> Parsed<DataType> {
    Ok(struct_of(parser.comma_list(field)?))
}

/// `INTERVAL`, `INTERVAL DAY`, `INTERVAL DAY TO SECOND`.
fn interval(parser: &mut Parser<'_>, start: usize) -> Parsed<DataType> {
    let text = parser.token_text();
    if let Some(first) = field_index(&YEAR_MONTH_FIELDS, text) {
        let last = end_field(parser, start, &YEAR_MONTH_FIELDS, first)?;
        return Ok(of_kind(Kind::YearMonthInterval(kinds::YearMonthInterval {
            start_field: Some(first),
            end_field: Some(last),
            type_variation_reference: 0,
        })));
    }
    if let Some(first) = field_index(&DAY_TIME_FIELDS, text) {
        let last = end_field(parser, start, &DAY_TIME_FIELDS, first)?;
        return Ok(of_kind(Kind::DayTimeInterval(kinds::DayTimeInterval {
            start_field: Some(first),
            end_field: Some(last),
            type_variation_reference: 0,
        })));
    }
    Ok(of_kind(Kind::CalendarInterval(Default::default())))
}

fn field_index(fields: &[&str], text: &str) -> Option<i32> {
    fields
        .iter()
        .position(|field| field.eq_ignore_ascii_case(text))
        .map(|index| index as i32)
}

/// Reads the first field, which stands at the cursor, and `TO field` if it follows.
fn end_field(parser: &mut Parser<'_>, start: usize, fields: &[&str], first: i32) -> Parsed<i32> {
    parser.advance();
    if !parser.is_word(K::To) {
        return Ok(first);
    }
    let Some(last) = field_index(fields, parser.text_of(parser.mark() + 1)) else {
        return Err(parser.syntax_error_at(parser.mark(), ""));
    };
    parser.advance();
    parser.advance();
    if last <= first {
        let (from, to) = (fields[first as usize], fields[last as usize]);
        let text = format!("interval {} to {}", from.to_lowercase(), to.to_lowercase());
        return Err(parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_0028",
            None,
            format!(
                "Intervals from {} to {} are not supported.",
                from.to_lowercase(),
                to.to_lowercase()
            ),
            &[("intervalInput", &text)],
        ));
    }
    Ok(last)
}

fn primitive(parser: &mut Parser<'_>, start: usize, name: &str) -> Parsed<DataType> {
    let numbers = type_parameters(parser)?;
    let kind = match (name, numbers.as_slice()) {
        ("BOOLEAN", []) => Kind::Boolean(Default::default()),
        ("TINYINT" | "BYTE", []) => Kind::Byte(Default::default()),
        ("SMALLINT" | "SHORT", []) => Kind::Short(Default::default()),
        ("INT" | "INTEGER", []) => Kind::Integer(Default::default()),
        ("BIGINT" | "LONG", []) => Kind::Long(Default::default()),
        ("FLOAT" | "REAL", []) => Kind::Float(Default::default()),
        ("DOUBLE", []) => Kind::Double(Default::default()),
        ("DATE", []) => Kind::Date(Default::default()),
        ("TIMESTAMP" | "TIMESTAMP_LTZ", []) => Kind::Timestamp(Default::default()),
        ("TIMESTAMP_NTZ", []) => Kind::TimestampNtz(Default::default()),
        ("TIME", []) => time(6),
        ("TIME", [precision @ 0..=6]) => time(*precision),
        ("STRING", []) => Kind::String(kinds::String {
            collation: collation(parser)?,
            ..Default::default()
        }),
        ("CHARACTER" | "CHAR", [length]) => Kind::Char(kinds::Char {
            length: *length,
            type_variation_reference: 0,
        }),
        ("VARCHAR", [length]) => Kind::VarChar(kinds::VarChar {
            length: *length,
            type_variation_reference: 0,
        }),
        ("BINARY", []) => Kind::Binary(Default::default()),
        ("DECIMAL" | "DEC" | "NUMERIC", []) => decimal(parser, start, 10, 0)?,
        ("DECIMAL" | "DEC" | "NUMERIC", [precision]) => decimal(parser, start, *precision, 0)?,
        ("DECIMAL" | "DEC" | "NUMERIC", [precision, scale]) => {
            decimal(parser, start, *precision, *scale)?
        }
        ("VOID", []) => Kind::Null(Default::default()),
        ("VARIANT", []) => Kind::Variant(Default::default()),
        ("CHARACTER" | "CHAR" | "VARCHAR", []) => {
            return Err(parser.error_from(
                start,
                "DATATYPE_MISSING_SIZE",
                Some("42K01"),
                format!(
                    "DataType \"{name}\" requires a length parameter, for example \"{name}\"(10). Please \
                     specify the length."
                ),
                &[("type", &format!("\"{name}\""))],
            ));
        }
        _ => {
            let spelled = parser
                .text_between(start, parser.mark())
                .to_ascii_uppercase();
            return Err(parser.error_from(
                start,
                "UNSUPPORTED_DATATYPE",
                Some("0A000"),
                format!("Unsupported data type \"{spelled}\"."),
                &[("typeName", &format!("\"{spelled}\""))],
            ));
        }
    };
    Ok(of_kind(kind))
}

fn time(precision: i32) -> Kind {
    Kind::Time(kinds::Time {
        precision: Some(precision),
        type_variation_reference: 0,
    })
}

fn type_parameters(parser: &mut Parser<'_>) -> Parsed<Vec<i32>> {
    if !parser.is(T::LeftParen) {
        return Ok(Vec::new());
    }
    parser.parenthesized_list(|parser| {
        if !parser.is(T::Integer) {
            return Err(parser.syntax_error());
        }
        let number = parser
            .token_text()
            .parse()
            .map_err(|_| parser.syntax_error())?;
        parser.advance();
        Ok(number)
    })
}

fn decimal(parser: &Parser<'_>, start: usize, precision: i32, scale: i32) -> Parsed<Kind> {
    if precision > MAX_PRECISION {
        return Err(parser.error_from(
            start,
            "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
            Some("22003"),
            format!("Decimal precision {precision} exceeds max precision {MAX_PRECISION}."),
            &[
                ("precision", &precision.to_string()),
                ("maxPrecision", "38"),
            ],
        ));
    }
    if scale > precision {
        let mut error = parser.error_from(
            start,
            "_LEGACY_ERROR_TEMP_1228",
            None,
            format!("Decimal scale ({scale}) cannot be greater than precision ({precision})."),
            &[
                ("scale", &scale.to_string()),
                ("precision", &precision.to_string()),
            ],
        );
        error.show(Showing::Text);
        return Err(error);
    }
    Ok(Kind::Decimal(kinds::Decimal {
        scale: Some(scale),
        precision: Some(precision),
        type_variation_reference: 0,
    }))
}

/// `COLLATE name` behind STRING.
fn collation(parser: &mut Parser<'_>) -> Parsed<String> {
    if parser.is_word(K::Collate) && is_identifier(parser.kind_ahead(1)) {
        parser.advance();
        return identifier(parser);
    }
    Ok(String::new())
}
