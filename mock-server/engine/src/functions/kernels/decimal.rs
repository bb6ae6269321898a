//! Decimal operators with Spark's precision: computed exactly in 256 bits, rounded half up to the
//! planned scale, and held against the planned precision.

use arrow::array::{Array, Decimal128Array};
use arrow::datatypes::i256;

use super::narrow::POWERS;
use crate::error::{Error, Result};

/// Why a row has no result.
pub(crate) enum Failure {
    /// The divisor is zero.
    ZeroDivisor,
    /// The result does not fit; its text.
    Overflow(String),
}

/// The operator row by row. `failed` decides whether a failure is an error or a null.
pub(crate) fn binary(
    operator: &str,
    left: &Decimal128Array,
    right: &Decimal128Array,
    (precision, scale): (u8, i8),
    failed: impl Fn(Failure) -> Result<()>,
) -> Result<Decimal128Array> {
    let (s1, s2) = (i32::from(left.scale()), i32::from(right.scale()));
    let target = i32::from(scale);
    let limit = power(i32::from(precision));
    let mut values: Vec<Option<i128>> = Vec::with_capacity(left.len());
    for row in 0..left.len() {
        if left.is_null(row) || right.is_null(row) {
            values.push(None);
            continue;
        }
        let (l, r) = (
            i256::from_i128(left.value(row)),
            i256::from_i128(right.value(row)),
        );
        if r == i256::ZERO && matches!(operator, "/" | "%" | "div" | "pmod") {
            failed(Failure::ZeroDivisor)?;
            values.push(None);
            continue;
        }
        let exact = compute(operator, (l, s1), (r, s2), target);
        match exact.and_then(|value| (value.wrapping_abs() < limit).then_some(value)) {
            Some(value) => values.push(value.to_i128()),
            None => {
                let text = match (operator, exact) {
                    ("/", Some(_)) => quotient(l, r, s1 - s2),
                    (_, Some(value)) => plain(value, target),
                    (_, None) => format!("{} {operator} {}", plain(l, s1), plain(r, s2)),
                };
                failed(Failure::Overflow(text))?;
                values.push(None);
            }
        }
    }
    Decimal128Array::from(values)
        .with_precision_and_scale(precision, scale)
        .map_err(Error::from)
}

fn compute(
    operator: &str,
    (l, s1): (i256, i32),
    (r, s2): (i256, i32),
    target: i32,
) -> Option<i256> {
    let common = s1.max(s2);
    match operator {
        "+" => rescale(
            up(l, common - s1)?.checked_add(up(r, common - s2)?)?,
            common,
            target,
        ),
        "-" => rescale(
            up(l, common - s1)?.checked_sub(up(r, common - s2)?)?,
            common,
            target,
        ),
        "*" => rescale(l.checked_mul(r)?, s1 + s2, target),
        // l / 10^s1 divided by r / 10^s2, with `target` digits after the point.
        "/" => {
            let shift = target + s2 - s1;
            let (numerator, denominator) = if shift >= 0 {
                (up(l, shift)?, r)
            } else {
                (l, up(r, -shift)?)
            };
            Some(half_up(numerator, denominator))
        }
        "div" => {
            let (l, r) = (up(l, common - s1)?, up(r, common - s2)?);
            l.checked_div(r)
        }
        _ => {
            let (l, r) = (up(l, common - s1)?, up(r, common - s2)?);
            let mut rest = l.checked_rem(r)?;
            if operator == "pmod" && rest < i256::ZERO {
                rest = rest.checked_add(r)?.checked_rem(r)?;
            }
            rescale(rest, common, target)
        }
    }
}

/// l / 10^scale / r as Spark divides before it looks at the size: 39 digits after the point, which
/// 256 bits need not hold.
fn quotient(l: i256, r: i256, scale: i32) -> String {
    const PLACES: i32 = 39;
    let negative = (l < i256::ZERO) != (r < i256::ZERO);
    let divisor = r.wrapping_abs();
    let ten = i256::from_i128(10);
    let mut digits = l.wrapping_abs().wrapping_div(divisor).to_string();
    let mut rest = l.wrapping_abs().wrapping_rem(divisor);
    for _ in 0..(PLACES - scale).max(0) {
        let more = rest.wrapping_mul(ten);
        digits.push_str(&more.wrapping_div(divisor).to_string());
        rest = more.wrapping_rem(divisor);
    }
    if rest.wrapping_add(rest) >= divisor {
        digits = incremented(&digits);
    }
    let behind = usize::try_from(PLACES.max(scale)).unwrap_or(0);
    let padded = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = padded.split_at(padded.len() - behind);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

/// The digits of the next number.
pub(crate) fn incremented(digits: &str) -> String {
    let mut out: Vec<u8> = digits.bytes().collect();
    for digit in out.iter_mut().rev() {
        if *digit == b'9' {
            *digit = b'0';
        } else {
            *digit += 1;
            return out.into_iter().map(char::from).collect();
        }
    }
    out.insert(0, b'1');
    out.into_iter().map(char::from).collect()
}

/// The value with another number of digits after the point, rounded half up.
pub(crate) fn rescale(value: i256, from: i32, to: i32) -> Option<i256> {
    if to >= from {
        return up(value, to - from);
    }
    Some(half_up(value, power(from - to)))
}

/// Division rounded half away from zero, as `RoundingMode.HALF_UP`.
pub(crate) fn half_up(numerator: i256, denominator: i256) -> i256 {
    let quotient = numerator.wrapping_div(denominator);
    let rest = numerator.wrapping_rem(denominator).wrapping_abs();
    if rest.wrapping_add(rest) < denominator.wrapping_abs() {
        return quotient;
    }
    let negative = (numerator < i256::ZERO) != (denominator < i256::ZERO);
    if negative {
        quotient.wrapping_sub(i256::ONE)
    } else {
        quotient.wrapping_add(i256::ONE)
    }
}

fn up(value: i256, digits: i32) -> Option<i256> {
    if digits == 0 {
        Some(value)
    } else {
        value.checked_mul(power(digits))
    }
}

/// The value with all but its first 34 digits rounded half even to zeros, as
/// `MathContext.DECIMAL128` keeps them.
pub(crate) fn in_34_digits(value: i256) -> i256 {
    let digits = i32::try_from(value.wrapping_abs().to_string().len()).unwrap_or(0);
    if digits <= 34 {
        return value;
    }
    let unit = power(digits - 34);
    let (quotient, rest) = (value.wrapping_div(unit), value.wrapping_rem(unit));
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    let is_odd = quotient.wrapping_rem(i256::from_i128(2)) != i256::ZERO;
    let up = twice > unit || (twice == unit && is_odd);
    let step = match (up, value < i256::ZERO) {
        (false, _) => i256::ZERO,
        (true, false) => i256::ONE,
        (true, true) => i256::MINUS_ONE,
    };
    quotient.wrapping_add(step).wrapping_mul(unit)
}

/// The same, as digits and scale; fewer digits stand under a smaller scale.
fn in_34(value: i256, scale: i32) -> (i256, i32) {
    let rounded = in_34_digits(value);
    let digits = |value: i256| i32::try_from(value.wrapping_abs().to_string().len()).unwrap_or(0);
    let surplus = (digits(rounded) - 34).max(0);
    (rounded.wrapping_div(power(surplus)), scale - surplus)
}

/// The decimal with its sign turned, where that is asked for: Scala keeps 34 digits of it, which
/// may then no longer fit.
pub(crate) fn negated(
    array: &Decimal128Array,
    turns: impl Fn(i128) -> bool,
) -> Result<Decimal128Array> {
    let (precision, scale) = (array.precision(), array.scale());
    let limit = power(i32::from(precision));
    let found = array
        .iter()
        .map(|value| {
            let Some(value) = value.filter(|value| turns(*value)) else {
                return Ok(value);
            };
            let exact = i256::from_i128(value).wrapping_neg();
            let rounded = in_34_digits(exact);
            if rounded.wrapping_abs() < limit {
                return Ok(rounded.to_i128());
            }
            let original = in_34(exact, i32::from(scale));
            Err(out_of_range(original, (precision, scale)))
        })
        .collect::<Result<Decimal128Array>>()?;
    Ok(found.with_precision_and_scale(precision, scale)?)
}

/// A decimal, as digits and scale, that cannot be of the type.
pub(crate) fn out_of_range((value, here): (i256, i32), (precision, scale): (u8, i8)) -> Error {
    let rounded = rescale(value, here, i32::from(scale)).unwrap_or(value);
    Error::new(
        "NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION",
        [
            ("roundedValue", plain(rounded, i32::from(scale))),
            ("originalValue", java_text(value, here)),
            ("precision", precision.to_string()),
            ("scale", scale.to_string()),
        ],
    )
    .placeless()
}

/// `BigDecimal.toString`.
fn java_text(value: i256, scale: i32) -> String {
    let digits = value.wrapping_abs().to_string();
    let exponent = i32::try_from(digits.len()).unwrap_or(0) - 1 - scale;
    if scale >= 0 && exponent >= -6 {
        return plain(value, scale);
    }
    let sign = if value < i256::ZERO { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let plus = if exponent >= 0 { "+" } else { "" };
    format!("{sign}{first}{point}{rest}E{plus}{exponent}")
}

/// Ten to the power of `digits`; 76 digits are what 256 bits hold.
pub(crate) fn power(digits: i32) -> i256 {
    let digits = usize::try_from(digits.clamp(0, 76)).unwrap_or(0);
    match POWERS.get(digits) {
        Some(power) => i256::from_i128(*power),
        None => {
            let more = POWERS.get(digits - 38).copied().unwrap_or(1);
            i256::from_i128(POWERS[38]).wrapping_mul(i256::from_i128(more))
        }
    }
}

/// The unscaled value as digits with a point.
pub(crate) fn plain(value: i256, scale: i32) -> String {
    let negative = value < i256::ZERO;
    let digits = value.wrapping_abs().to_string();
    let scale = usize::try_from(scale.max(0)).unwrap_or(0);
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let sign = if negative { "-" } else { "" };
    if scale == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}
