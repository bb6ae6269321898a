//! `format_string`: Java's `Formatter` over Spark's values. Dates and timestamps are the numbers that
//! Spark keeps them as.
//!
//! What is not offered of it (`%g`, `%a`, `%h`, `%t`, nested values) is refused by name.

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};

use super::number_format::{grouped, half_up};
use crate::error::{Error, Exception, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;

/// A value as Java would see it.
enum Java {
    Null,
    Boolean(bool),
    /// A whole number of so many bits.
    Whole(i64, u32),
    Double(f64, &'static str),
    Text(String),
    /// Spark's own class, which only `%s` takes.
    Decimal(String),
}

impl Java {
    fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::Whole(_, 8) => "java.lang.Byte",
            Self::Whole(_, 16) => "java.lang.Short",
            Self::Whole(_, 32) => "java.lang.Integer",
            Self::Whole(..) => "java.lang.Long",
            Self::Double(_, class) => class,
            Self::Text(_) => "java.lang.String",
            Self::Decimal(_) => "org.apache.spark.sql.types.Decimal",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Whole(value, _) => value.to_string(),
            Self::Double(value, _) => java_double(*value),
            Self::Text(value) | Self::Decimal(value) => value.clone(),
        }
    }
}

/// `Double.toString`.
fn java_double(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let text = format!("{value:E}");
        return match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        };
    }
    format!("{value:?}")
}

fn java(array: &ArrayRef, row: usize) -> Result<Java> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Ok(Java::Null);
    }
    Ok(match array.data_type() {
        DataType::Boolean => Java::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Java::Whole(i64::from(array.as_primitive::<Int8Type>().value(row)), 8),
        DataType::Int16 => Java::Whole(i64::from(array.as_primitive::<Int16Type>().value(row)), 16),
        DataType::Int32 => Java::Whole(i64::from(array.as_primitive::<Int32Type>().value(row)), 32),
        DataType::Date32 => {
            Java::Whole(i64::from(array.as_primitive::<Date32Type>().value(row)), 32)
        }
        DataType::Int64 => Java::Whole(array.as_primitive::<Int64Type>().value(row), 64),
        DataType::Timestamp(..) => Java::Whole(
            array.as_primitive::<TimestampMicrosecondType>().value(row),
            64,
        ),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            // The shortest text of the float, not that of the same number as a double.
            let wide = value.to_string().parse().unwrap_or(f64::from(value));
            Java::Double(wide, "java.lang.Float")
        }
        DataType::Float64 => Java::Double(
            array.as_primitive::<Float64Type>().value(row),
            "java.lang.Double",
        ),
        DataType::Decimal128(..) => {
            Java::Decimal(array.as_primitive::<Decimal128Type>().value_as_string(row))
        }
        DataType::Utf8 => Java::Text(array.as_string::<i32>().value(row).to_owned()),
        other => {
            let name = crate::types::sql_name(other);
            return Err(Error::unsupported(format!("`format_string` of {name}")));
        }
    })
}

pub(super) fn format_string(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=usize::MAX)?;
    let format = call.implicit(0, &S)?;
    let nullable = format.nullable;
    let mut exprs = vec![format.expr];
    exprs.extend(call.args.iter().skip(1).map(|arg| arg.expr.clone()));
    let name = call.default_name();
    Ok(Kernel::typed(
        "format_string",
        "",
        (S, nullable),
        exprs,
        name,
        |args| {
            let arrays = args.arrays()?;
            let (formats, values) = arrays
                .split_first()
                .ok_or_else(|| Error::internal("format_string without a format"))?;
            let formats = formats.as_string::<i32>();
            let found = (0..args.rows)
                .map(|row| {
                    if formats.is_null(row) {
                        return Ok(None);
                    }
                    let values = values
                        .iter()
                        .map(|value| java(value, row))
                        .collect::<Result<Vec<_>>>()?;
                    formatted(formats.value(row), &values).map(Some)
                })
                .collect::<Result<Vec<Option<String>>>>()?;
            Ok(std::sync::Arc::new(StringArray::from(found)))
        },
    ))
}

/// One `%…` of a format.
#[derive(Default)]
struct Specifier {
    text: String,
    index: Option<usize>,
    flags: String,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

impl Specifier {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Reads what follows a percent sign.
    fn read(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Self> {
        let mut found = Self {
            text: "%".to_owned(),
            ..Self::default()
        };
        let digits = |found: &mut Self, chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut number = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                number.push(c);
            }
            found.text.push_str(&number);
            number
        };
        let mut number = String::new();
        if chars.peek() != Some(&'0') {
            number = digits(&mut found, chars);
            if !number.is_empty() && chars.next_if_eq(&'$').is_some() {
                found.text.push('$');
                found.index = number.parse().ok();
                number.clear();
            }
        }
        if number.is_empty() {
            while let Some(c) = chars.next_if(|c| "-#+ 0,(<".contains(*c)) {
                found.flags.push(c);
                found.text.push(c);
            }
            number = digits(&mut found, chars);
        }
        found.width = number.parse().unwrap_or(0);
        if chars.next_if_eq(&'.').is_some() {
            found.text.push('.');
            found.precision = digits(&mut found, chars).parse().ok();
        }
        match chars.next() {
            Some(c) => {
                found.text.push(c);
                found.conversion = c;
                Ok(found)
            }
            None => Err(thrown(
                "java.util.UnknownFormatConversionException",
                "Conversion = '%'",
            )),
        }
    }

    fn padded(&self, text: String) -> String {
        // Java counts in units of UTF-16.
        let missing = self.width.saturating_sub(text.encode_utf16().count());
        let spaces = " ".repeat(missing);
        if self.has('-') {
            text + &spaces
        } else {
            spaces + &text
        }
    }

    /// A number with its sign, its groups and zeros before it.
    fn signed(&self, negative: bool, digits: String) -> String {
        let digits = if self.has(',') {
            grouped(&digits, 3)
        } else {
            digits
        };
        let (before, behind) = match (negative, self.has('(')) {
            (true, true) => ("(", ")"),
            (true, false) => ("-", ""),
            _ if self.has('+') => ("+", ""),
            _ if self.has(' ') => (" ", ""),
            _ => ("", ""),
        };
        let taken = before.len() + behind.len() + digits.chars().count();
        let zeros = if self.has('0') {
            "0".repeat(self.width.saturating_sub(taken))
        } else {
            String::new()
        };
        self.padded(format!("{before}{zeros}{digits}{behind}"))
    }

    fn wrong(&self, value: &Java) -> Error {
        thrown(
            "java.util.IllegalFormatConversionException",
            &format!("{} != {}", self.conversion, value.class()),
        )
    }

    fn apply(&self, value: &Java) -> Result<String> {
        let upper = self.conversion.is_ascii_uppercase();
        let cut = |text: String| match self.precision {
            Some(n) => text.chars().take(n).collect(),
            None => text,
        };
        let text = match (self.conversion.to_ascii_lowercase(), value) {
            ('s', value) => self.padded(cut(value.text())),
            ('b', Java::Null) => self.padded(cut("false".to_owned())),
            ('b', Java::Boolean(flag)) => self.padded(cut(flag.to_string())),
            ('b', _) => self.padded(cut("true".to_owned())),
            ('c' | 'd' | 'o' | 'x' | 'e' | 'f', Java::Null) => self.padded("null".to_owned()),
            ('c', Java::Whole(code, bits)) if *bits < 64 => {
                let c = u32::try_from(*code).ok().and_then(char::from_u32);
                let c = c.ok_or_else(|| {
                    thrown(
                        "java.util.IllegalFormatCodePointException",
                        &format!("Code point = 0x{code:x}"),
                    )
                })?;
                self.padded(c.to_string())
            }
            ('d', Java::Whole(number, _)) => {
                self.signed(*number < 0, number.unsigned_abs().to_string())
            }
            ('o' | 'x', Java::Whole(number, bits)) => {
                let all = number.cast_unsigned();
                let kept = if *bits < 64 {
                    all & ((1 << bits) - 1)
                } else {
                    all
                };
                let octal = self.conversion.eq_ignore_ascii_case(&'o');
                let mut digits = if octal {
                    format!("{kept:o}")
                } else {
                    format!("{kept:x}")
                };
                if self.has('#') {
                    digits.insert_str(0, if octal { "0" } else { "0x" });
                }
                if self.has('0') {
                    let zeros = "0".repeat(self.width.saturating_sub(digits.len()));
                    digits.insert_str(0, &zeros);
                }
                self.padded(digits)
            }
            ('e' | 'f', Java::Double(number, _)) if !number.is_finite() => {
                self.padded(java_double(*number))
            }
            ('f', Java::Double(number, _)) => {
                let digits = half_up(number.abs(), self.precision.unwrap_or(6));
                self.signed(number.is_sign_negative(), digits)
            }
            ('e', Java::Double(number, _)) => {
                let digits = scientific(number.abs(), self.precision.unwrap_or(6));
                self.signed(number.is_sign_negative(), digits)
            }
            ('c' | 'd' | 'o' | 'x' | 'e' | 'f', value) => return Err(self.wrong(value)),
            ('g' | 'a' | 'h' | 't', _) => {
                return Err(Error::unsupported(format!("`{}` in a format", self.text)));
            }
            _ => {
                return Err(thrown(
                    "java.util.UnknownFormatConversionException",
                    &format!("Conversion = '{}'", self.conversion),
                ));
            }
        };
        Ok(if upper { text.to_uppercase() } else { text })
    }
}

/// `1.234568e+04`.
fn scientific(value: f64, precision: usize) -> String {
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let mut exponent: i32 = exponent.parse().unwrap_or(0);
    let mut digits = half_up(digits.parse().unwrap_or(0.0), precision);
    if digits.starts_with("10") {
        exponent += 1;
        digits = half_up(1.0, precision);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

fn thrown(class: &'static str, message: &str) -> Error {
    Error::plain(Exception::Java(class), message)
}

fn formatted(format: &str, values: &[Java]) -> Result<String> {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    let (mut next, mut last) = (0, None);
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let specifier = Specifier::read(&mut chars)?;
        match specifier.conversion {
            '%' => {
                out.push_str(&specifier.padded("%".to_owned()));
                continue;
            }
            'n' => {
                out.push('\n');
                continue;
            }
            _ => {}
        }
        let index = match specifier.index {
            Some(index) => index.checked_sub(1),
            None if specifier.has('<') => last,
            None => {
                next += 1;
                Some(next - 1)
            }
        };
        last = index;
        let Some(value) = index.and_then(|index| values.get(index)) else {
            return Err(thrown(
                "java.util.MissingFormatArgumentException",
                &format!("Format specifier '{}'", specifier.text),
            ));
        };
        out.push_str(&specifier.apply(value)?);
    }
    Ok(out)
}
