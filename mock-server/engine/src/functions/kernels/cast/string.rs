//! Strings to numbers, booleans and bytes, by the grammars of Spark's `UTF8String` and of Java.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal128Array, PrimitiveArray,
};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, i256,
};

use super::{Cast, out_of_range, quoted};
use crate::error::{Error, Exception, Result};
use crate::functions::CastMode;
use crate::functions::kernels::decimal;

pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    match &job.to {
        DataType::Binary => Ok(arrow::compute::cast(array, &DataType::Binary)?),
        DataType::Boolean => {
            let found = array
                .as_string::<i32>()
                .iter()
                .map(|text| match text {
                    None => Ok(None),
                    Some(text) => match boolean(text) {
                        Some(found) => Ok(Some(found)),
                        None => job.failed(|| job.invalid(quoted(text), Exception::Runtime)),
                    },
                })
                .collect::<Result<BooleanArray>>()?;
            Ok(Arc::new(found))
        }
        DataType::Int8 => whole::<Int8Type>(job, array),
        DataType::Int16 => whole::<Int16Type>(job, array),
        DataType::Int32 => whole::<Int32Type>(job, array),
        DataType::Int64 => whole::<Int64Type>(job, array),
        DataType::Float32 => each::<Float32Type>(job, array, float),
        DataType::Float64 => each::<Float64Type>(job, array, double),
        DataType::Decimal128(precision, scale) => {
            let to = (*precision, *scale);
            let values = array
                .as_string::<i32>()
                .iter()
                .map(|text| match text {
                    None => Ok(None),
                    Some(text) => match big_decimal(text.trim_matches(is_trimmed)) {
                        Some(big) => big.to(job, to),
                        None => job.failed(|| job.invalid(quoted(text), Exception::NumberFormat)),
                    },
                })
                .collect::<Result<Decimal128Array>>()?;
            Ok(Arc::new(
                values.with_precision_and_scale(*precision, *scale)?,
            ))
        }
        to => Err(Error::internal(format!("cast of a string to {to}"))),
    }
}

/// Every string through a parser; what it does not take is malformed.
pub(super) fn each<T: ArrowPrimitiveType>(
    job: &Cast,
    array: &ArrayRef,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef> {
    each_as::<T>(job, array, Exception::NumberFormat, parse)
}

/// [`each`] with the exception that Spark throws.
pub(super) fn each_as<T: ArrowPrimitiveType>(
    job: &Cast,
    array: &ArrayRef,
    exception: Exception,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let strings = array.as_string::<i32>();
    let mut builder = arrow::array::PrimitiveBuilder::<T>::with_capacity(strings.len());
    for text in strings {
        builder.append_option(match text {
            None => None,
            Some(text) => match parse(text) {
                Some(value) => Some(value),
                None => job.failed(|| job.invalid(quoted(text), exception))?,
            },
        });
    }
    let found: PrimitiveArray<T> = builder.finish().with_data_type(job.to.clone());
    Ok(Arc::new(found))
}

fn whole<T>(job: &Cast, array: &ArrayRef) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    let fraction = job.mode == CastMode::Legacy;
    each::<T>(job, array, |text| {
        integer(text, fraction).and_then(|value| T::Native::try_from(value).ok())
    })
}

/// White space and control characters, which `trimAll` takes off both ends.
pub(crate) fn is_trimmed(c: char) -> bool {
    c <= ' ' || ('\u{7f}'..='\u{9f}').contains(&c)
}

/// `UTF8String.toLong`: digits with a sign; a fraction is cut off where it is allowed at all.
pub(crate) fn integer(text: &str, fraction: bool) -> Option<i64> {
    let text = text.trim_matches(is_trimmed);
    let (negative, digits) = match text.as_bytes() {
        [] => return None,
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                value = value
                    .checked_mul(10)?
                    .checked_sub(i64::from(*byte - b'0'))?;
            }
            b'.' if fraction => {
                if !digits[place + 1..].iter().all(u8::is_ascii_digit) {
                    return None;
                }
                break;
            }
            _ => return None,
        }
    }
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

/// `t`, `true`, `y`, `yes`, `1` and their opposites in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim_matches(is_trimmed);
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["t", "true", "y", "yes", "1"]) {
        Some(true)
    } else if is(&["f", "false", "n", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `Double.parseDouble`, and Spark's further spellings of infinity.
pub(crate) fn double(text: &str) -> Option<f64> {
    floating(text)
}

fn float(text: &str) -> Option<f32> {
    floating(text)
}

fn floating<F: std::str::FromStr + std::ops::Neg<Output = F> + From<f32>>(text: &str) -> Option<F> {
    let text = text.trim_matches(|c| c <= ' ');
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let sign = |value: F| if negative { -value } else { value };
    let is = |word: &str| magnitude.eq_ignore_ascii_case(word);
    if is("inf") || is("infinity") {
        return Some(sign(F::from(f32::INFINITY)));
    }
    // A sign before NaN is Java's spelling only, in exactly that case.
    if text.eq_ignore_ascii_case("nan") || magnitude == "NaN" {
        return Some(F::from(f32::NAN));
    }
    let digits = magnitude
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(magnitude);
    is_decimal_number(digits).then(|| digits.parse().ok().map(sign))?
}

fn is_decimal_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0 && exponent_fits
}

/// `java.math.BigDecimal` of a text, as far as Spark's decimals need it.
pub(crate) struct BigDecimal {
    negative: bool,
    /// The digits without leading zeros.
    digits: String,
    /// How many of them stand after the point; negative adds zeros.
    scale: i64,
}

/// Reads digits with a point and an exponent.
pub(crate) fn big_decimal(text: &str) -> Option<BigDecimal> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !is_decimal_number(magnitude) {
        return None;
    }
    let (mantissa, exponent) = match magnitude.find(['e', 'E']) {
        Some(at) => (&magnitude[..at], magnitude[at + 1..].parse::<i64>().ok()?),
        None => (magnitude, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    Some(BigDecimal {
        negative,
        digits: digits.trim_start_matches('0').to_owned(),
        scale: i64::try_from(fraction.len()).ok()? - exponent,
    })
}

impl BigDecimal {
    /// Java's precision and scale.
    pub(crate) fn shape(&self) -> (i64, i64) {
        let precision = i64::try_from(self.digits.len().max(1)).unwrap_or(i64::MAX);
        (precision, self.scale)
    }

    /// The value under a decimal type, rounded half up, or the failure of the cast's mode.
    pub(super) fn to(&self, job: &Cast, to: (u8, i8)) -> Result<Option<i128>> {
        match self.unscaled(to) {
            Some(value) => Ok(Some(value)),
            None => job.failed(|| out_of_range(self.plain(), to)),
        }
    }

    /// The unscaled value under a decimal type, if it fits.
    pub(crate) fn unscaled(&self, (precision, scale): (u8, i8)) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let shift = i64::from(scale) - self.scale;
        let count = i64::try_from(self.digits.len()).ok()?;
        if count + shift > i64::from(precision) {
            return None;
        }
        if count + shift < 0 {
            return Some(0);
        }
        // Only the kept digits and the one that decides the rounding matter.
        let kept = usize::try_from(count + shift.min(0)).ok()?;
        let head: i256 = i256::from_string(
            self.digits
                .get(..kept)
                .filter(|d| !d.is_empty())
                .unwrap_or("0"),
        )?;
        let mut value = if shift > 0 {
            head.checked_mul(decimal::power(i32::try_from(shift).ok()?))?
        } else {
            head
        };
        if self
            .digits
            .as_bytes()
            .get(kept)
            .is_some_and(|next| *next >= b'5')
        {
            value = value.checked_add(i256::ONE)?;
        }
        if value >= decimal::power(i32::from(precision)) {
            return None;
        }
        let value = value.to_i128()?;
        Some(if self.negative { -value } else { value })
    }

    /// `toPlainString`.
    fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.scale <= 0 {
            let zeros = usize::try_from(-self.scale).unwrap_or(0).min(400);
            return format!("{sign}{}{}", self.digits, "0".repeat(zeros));
        }
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let padded = format!("{:0>width$}", self.digits, width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        format!("{sign}{whole}.{fraction}")
    }
}
