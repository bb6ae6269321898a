//! Numbers as digits: bits counted and read, bases changed, and histogram buckets.

use arrow::datatypes::DataType;

use crate::error::{ANSI, Error, Exception, Result};
use crate::functions::rows::{Value, lift};
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;
const L: DataType = DataType::Int64;

/// Every whole number is counted as a long.
pub(super) fn bit_count(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let known = &arg.data_type;
    if !is_integral(known) && !matches!(known, DataType::Boolean | DataType::Null) {
        return Err(call.unexpected_type(0, "(\"INTEGRAL\" or \"BOOLEAN\")"));
    }
    let mode = CastMode::implicit(call.context);
    let arg = cast(call.context, arg.clone(), &L, mode, None)?;
    Ok(lift(call, "", vec![arg], (I, false), |row| {
        Ok(i64::from(row[0].whole().count_ones()).into())
    }))
}

/// `bit_get` and `getbit`: one bit, counted from the right.
pub(super) fn bit_get(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let arg = call.arg(0)?;
    let bits: i64 = match arg.data_type {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        DataType::Int64 => 64,
        DataType::Null => 8,
        _ => return Err(call.unexpected_type(0, "INTEGRAL")),
    };
    let mode = CastMode::implicit(call.context);
    let value = cast(call.context, arg.clone(), &L, mode, None)?;
    let args = vec![value, call.implicit(1, &I)?];
    let (function, origin) = (call.name, call.origin.clone());
    let options = format!("{bits} {origin:?}");
    let found = lift(call, options, args, (I, false), move |row| {
        let place = row[1].whole();
        if !(0..bits).contains(&place) {
            return Err(Error::new(
                "INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE",
                [
                    ("functionName", format!("`{function}`")),
                    ("parameter", "`pos`".to_owned()),
                    ("upper", bits.to_string()),
                    ("invalidValue", place.to_string()),
                ],
            )
            .thrown_as(Exception::IllegalArgument));
        }
        Ok((row[0].whole() >> place & 1).into())
    });
    let name = std::sync::Arc::clone(&found.name);
    Ok(cast(call.context, found, &DataType::Int8, CastMode::Ansi, None)?.named(name))
}

/// `conv(text, from, to)`: unsigned longs, signed when the target base is negative
/// (`NumberConverter.convert`).
pub(super) fn conv(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let args = vec![
        call.implicit(0, &S)?,
        call.implicit(1, &I)?,
        call.implicit(2, &I)?,
    ];
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    let options = format!("{ansi} {origin:?}");
    Ok(lift(call, options, args, (S, true), move |row| {
        let text = row[0].text().trim();
        let (from, to) = (row[1].whole(), row[2].whole());
        let base = |n: i64| u32::try_from(n).ok().filter(|n| (2..=36).contains(n));
        let (Some(from), Some(target)) = (base(from), base(to.abs())) else {
            return Ok(Value::Null);
        };
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut value: u64 = 0;
        for digit in digits.chars().map_while(|c| c.to_digit(from)) {
            let next = value
                .checked_mul(u64::from(from))
                .and_then(|value| value.checked_add(u64::from(digit)));
            value = match next {
                Some(next) => next,
                None if ansi => {
                    return Err(Error::new(
                        "ARITHMETIC_OVERFLOW",
                        [
                            ("message", "Overflow in function conv()"),
                            ("alternative", ""),
                            ("config", ANSI),
                        ],
                    )
                    .at(origin.clone()));
                }
                None => {
                    value = u64::MAX;
                    break;
                }
            };
        }
        let mut value = if negative && to > 0 {
            // A negative number in an unsigned base is its two's complement.
            if value.cast_signed() < 0 {
                u64::MAX
            } else {
                value.wrapping_neg()
            }
        } else {
            value
        };
        let mut minus = negative && to < 0;
        if to < 0 && value.cast_signed() < 0 {
            minus = true;
            value = value.wrapping_neg();
        }
        let mut out = Vec::new();
        loop {
            let digit = u32::try_from(value % u64::from(target)).unwrap_or(0);
            out.push(
                char::from_digit(digit, target)
                    .unwrap_or('0')
                    .to_ascii_uppercase(),
            );
            value /= u64::from(target);
            if value == 0 {
                break;
            }
        }
        if minus {
            out.push('-');
        }
        Ok(out.into_iter().rev().collect::<String>().into())
    }))
}

/// `width_bucket(value, low, high, n)`.
pub(super) fn width_bucket(call: &Call<'_>) -> Result<Typed> {
    call.arity(4..=4)?;
    let mut args = Vec::with_capacity(4);
    for index in 0..3 {
        let arg = call.arg(index)?;
        if matches!(arg.data_type, DataType::Duration(_) | DataType::Interval(_)) {
            return Err(Error::unsupported("`width_bucket` of intervals"));
        }
        args.push(call.implicit(index, &DataType::Float64)?);
    }
    args.push(call.implicit(3, &L)?);
    Ok(lift(call, "", args, (L, true), |row| {
        let (value, low, high) = (row[0].double(), row[1].double(), row[2].double());
        let n = row[3].whole();
        let odd = value.is_nan() || !low.is_finite() || !high.is_finite() || low == high;
        if n <= 0 || n == i64::MAX || odd {
            return Ok(Value::Null);
        }
        let (least, most) = (low.min(high), low.max(high));
        let ascending = low < high;
        Ok(if value < least {
            if ascending { 0 } else { n + 1 }
        } else if value > most || (ascending && value == most) {
            if ascending { n + 1 } else { 0 }
        } else if !ascending && value == least {
            n + 1
        } else {
            let way = if ascending { value - low } else { low - value };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "Java's own conversion, which the formula is made of"
            )]
            let bucket = (n as f64 * way / (most - least)) as i64;
            bucket + 1
        }
        .into())
    }))
}
