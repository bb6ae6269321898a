//! `format_number`: numbers with groups of digits, as Java's `DecimalFormat` writes them.

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::decimal::{incremented, power, rescale};
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_integral, is_numeric};

const S: DataType = DataType::Utf8;

/// The digits before a point parted into groups; what stands behind the point stays.
pub(super) fn grouped(digits: &str, size: usize) -> String {
    let (whole, rest) = match digits.find('.') {
        Some(point) => digits.split_at(point),
        None => (digits, ""),
    };
    let mut out = String::new();
    let n = whole.chars().count();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (n - place) % size == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// A number that is not negative with so many digits behind the point, halves rounded up; what is
/// rounded is the shortest text of the double, as in Java's `Formatter`.
pub(in crate::functions) fn half_up(value: f64, digits: usize) -> String {
    let text = format!("{value}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() <= digits {
        let zeros = "0".repeat(digits - fraction.len());
        return if digits == 0 {
            whole.to_owned()
        } else {
            format!("{whole}.{fraction}{zeros}")
        };
    }
    let up = fraction
        .as_bytes()
        .get(digits)
        .is_some_and(|digit| *digit >= b'5');
    let kept: String = whole.chars().chain(fraction.chars().take(digits)).collect();
    let kept = if up { incremented(&kept) } else { kept };
    if digits == 0 {
        return kept;
    }
    let (whole, fraction) = kept.split_at(kept.len() - digits);
    format!("{whole}.{fraction}")
}

/// A pattern such as `#,##0.00#`.
#[derive(Debug, Clone, PartialEq)]
struct Pattern {
    prefix: String,
    suffix: String,
    group: Option<usize>,
    least_whole: usize,
    least_fraction: usize,
    most_fraction: usize,
    percent: bool,
}

impl Pattern {
    fn digits(n: usize) -> Self {
        Self {
            prefix: String::new(),
            suffix: String::new(),
            group: Some(3),
            least_whole: 1,
            least_fraction: n,
            most_fraction: n,
            percent: false,
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let is_digit = |c: char| matches!(c, '#' | '0' | ',' | '.');
        let start = text.find(is_digit).unwrap_or(text.len());
        let (prefix, rest) = text.split_at(start);
        let end = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
        let (body, suffix) = rest.split_at(end);
        if [prefix, suffix]
            .iter()
            .any(|part| part.contains(['\'', ';', 'E', '‰', '¤', '#', '0']))
        {
            return Err(Error::unsupported(format!("the number format '{text}'")));
        }
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        let zeros = |part: &str| part.chars().filter(|c| *c == '0').count();
        let pads = |part: &str| part.chars().filter(|c| *c == '#').count();
        let mut least_whole = zeros(whole);
        // A pattern of `#` alone still writes one digit before the point.
        if least_whole == 0 && zeros(fraction) == 0 && pads(whole) > 0 && body.contains('.') {
            least_whole = 1;
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            group: whole
                .rfind(',')
                .map(|at| whole.len() - at - 1)
                .filter(|n| *n > 0),
            least_whole,
            least_fraction: zeros(fraction),
            most_fraction: zeros(fraction) + pads(fraction),
            percent: prefix.contains('%') || suffix.contains('%'),
        })
    }

    /// Writes a number whose digits have been rounded to `most_fraction` places.
    fn write(&self, negative: bool, digits: &str) -> String {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let kept = fraction
            .trim_end_matches('0')
            .len()
            .max(self.least_fraction);
        let fraction = fraction.get(..kept).unwrap_or(fraction);
        let fraction = &format!("{fraction:0<least$}", least = self.least_fraction);
        let whole = whole.trim_start_matches('0');
        let zeros = "0".repeat(self.least_whole.saturating_sub(whole.len()));
        let whole = zeros + whole;
        let whole = match self.group {
            Some(size) => grouped(&whole, size),
            None => whole,
        };
        let sign = if negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        format!(
            "{sign}{}{whole}{point}{fraction}{}",
            self.prefix, self.suffix
        )
    }
}

/// A number ready for writing.
enum Number {
    Double(f64),
    Exact(i128, i8),
}

impl Number {
    fn write(&self, pattern: &Pattern) -> String {
        let places = pattern.most_fraction;
        match self {
            Self::Double(value) if value.is_nan() => "NaN".to_owned(),
            Self::Double(value) if value.is_infinite() => {
                if *value > 0.0 { "∞" } else { "-∞" }.to_owned()
            }
            Self::Double(value) => {
                let value = if pattern.percent {
                    value * 100.0
                } else {
                    *value
                };
                // Rust rounds the exact value, a half to the even digit, as `DecimalFormat` does;
                // but of whole numbers that knows only the shortest digits.
                let size = value.abs();
                let digits = if size >= 9_007_199_254_740_992.0 {
                    format!("{size}")
                } else {
                    format!("{size:.places$}")
                };
                pattern.write(value.is_sign_negative(), &digits)
            }
            Self::Exact(value, scale) => {
                let scale = i32::from(*scale) - if pattern.percent { 2 } else { 0 };
                let places = i32::try_from(places).unwrap_or(i32::MAX);
                pattern.write(*value < 0, &exact(value.unsigned_abs(), scale, places))
            }
        }
    }
}

/// A decimal's digits, a half rounded to the even one.
fn exact(value: u128, scale: i32, places: i32) -> String {
    let wide = arrow::datatypes::i256::from_i128(i128::try_from(value).unwrap_or(i128::MAX));
    let drop = (scale - places).clamp(0, 76);
    let divisor = power(drop);
    let (mut kept, rest) = (wide.wrapping_div(divisor), wide.wrapping_rem(divisor));
    let twice = rest.wrapping_add(rest);
    let odd =
        kept.wrapping_rem(arrow::datatypes::i256::from_i128(2)) != arrow::datatypes::i256::ZERO;
    if twice > divisor || (twice == divisor && odd) {
        kept = kept.wrapping_add(arrow::datatypes::i256::ONE);
    }
    let kept = rescale(kept, scale - drop, places).unwrap_or(kept);
    let places = usize::try_from(places).unwrap_or(0);
    let text = kept.to_string();
    let text = "0".repeat((places + 1).saturating_sub(text.len())) + &text;
    let (whole, fraction) = text.split_at(text.len() - places);
    if places == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// `format_number(x, places)` and `format_number(x, pattern)`.
pub(super) fn format_number(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let number = match &call.arg(0)?.data_type {
        DataType::Utf8 | DataType::Null | DataType::Float32 => {
            call.implicit(0, &DataType::Float64)?
        }
        integral if is_integral(integral) => call.implicit(0, &DataType::Int64)?,
        number if is_numeric(number) => call.arg(0)?.clone(),
        _ => return Err(call.unexpected_type(0, "NUMERIC")),
    };
    let format = match &call.arg(1)?.data_type {
        DataType::Utf8 => call.arg(1)?.clone(),
        DataType::Null | DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            let mode = CastMode::implicit(call.context);
            cast(
                call.context,
                call.arg(1)?.clone(),
                &DataType::Int32,
                mode,
                None,
            )?
        }
        _ => return Err(call.unexpected_type(1, "(\"INT\" or \"STRING\")")),
    };
    let name = call.default_name();
    let exprs = vec![number.expr, format.expr];
    Ok(Kernel::typed(
        "format_number",
        "",
        (S, true),
        exprs,
        name,
        |args| {
            let (numbers, formats) = (args.array(0)?, args.array(1)?);
            let found = (0..args.rows)
                .map(|row| {
                    if numbers.is_null(row) || formats.is_null(row) {
                        return Ok(None);
                    }
                    let number = match numbers.data_type() {
                        DataType::Int64 => {
                            let value = numbers.as_primitive::<Int64Type>().value(row);
                            Number::Exact(i128::from(value), 0)
                        }
                        DataType::Decimal128(_, scale) => {
                            let value = numbers.as_primitive::<Decimal128Type>().value(row);
                            Number::Exact(value, *scale)
                        }
                        _ => Number::Double(numbers.as_primitive::<Float64Type>().value(row)),
                    };
                    let pattern = match formats.data_type() {
                        DataType::Utf8 => match formats.as_string::<i32>().value(row) {
                            "" => Pattern::digits(0),
                            text => Pattern::parse(text)?,
                        },
                        _ => {
                            match usize::try_from(formats.as_primitive::<Int32Type>().value(row)) {
                                Ok(n) => Pattern::digits(n),
                                Err(_) => return Ok(None),
                            }
                        }
                    };
                    Ok(Some(number.write(&pattern)))
                })
                .collect::<Result<Vec<Option<String>>>>()?;
            Ok(std::sync::Arc::new(StringArray::from(found)))
        },
    ))
}
