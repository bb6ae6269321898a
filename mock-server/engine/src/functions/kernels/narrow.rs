//! Decimal operators in 128 bits, a whole batch at once. Where one row needs more, does not fit or
//! divides by zero, the batch has no answer here, and `decimal.rs` computes it row by row.
//!
//! Under a null stands any number.

use arrow::array::{Array, Decimal128Array};
use arrow::buffer::NullBuffer;

/// The powers of ten that 128 bits hold.
pub(super) const POWERS: [i128; 39] = {
    let mut powers = [1_i128; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// An operand: a column, or one value for all rows.
#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    /// A value for each row.
    Column(&'a Decimal128Array),
    /// The same value for all rows, and its scale.
    Constant(i128, i8),
}

impl<'a> Operand<'a> {
    fn scale(self) -> i32 {
        i32::from(match self {
            Self::Column(array) => array.scale(),
            Self::Constant(_, scale) => scale,
        })
    }

    fn nulls(self) -> Option<&'a NullBuffer> {
        match self {
            Self::Column(array) => array.nulls(),
            Self::Constant(..) => None,
        }
    }

    /// Whether all values are small enough for a product of two to need no more than 128 bits.
    fn is_short(self) -> bool {
        match self {
            Self::Column(array) => array
                .values()
                .iter()
                .fold(true, |all, value| all & i64::try_from(*value).is_ok()),
            Self::Constant(value, _) => i64::try_from(value).is_ok(),
        }
    }
}

/// The power of ten, if 128 bits hold it.
fn power(digits: i32) -> Option<i128> {
    POWERS.get(usize::try_from(digits).ok()?).copied()
}

/// The operator over all rows, if none of them needs a closer look.
pub(crate) fn binary(
    operator: &str,
    left: Operand<'_>,
    right: Operand<'_>,
    rows: usize,
    (precision, scale): (u8, i8),
) -> Option<Decimal128Array> {
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let target = i32::from(scale);
    let (s1, s2) = (left.scale(), right.scale());
    let common = s1.max(s2);
    let values = match operator {
        "+" | "-" => {
            let factors = (power(common - s1)?, power(common - s2)?);
            let is_short = left.is_short() && right.is_short();
            let values = match (operator, is_short && factors.0.max(factors.1) < POWERS[18]) {
                ("+", true) => both(left, right, rows, |l, r| {
                    Some(low(l) * factors.0 + low(r) * factors.1)
                }),
                ("-", true) => both(left, right, rows, |l, r| {
                    Some(low(l) * factors.0 - low(r) * factors.1)
                }),
                ("+", false) => both(left, right, rows, |l, r| {
                    l.checked_mul(factors.0)?
                        .checked_add(r.checked_mul(factors.1)?)
                }),
                _ => both(left, right, rows, |l, r| {
                    l.checked_mul(factors.0)?
                        .checked_sub(r.checked_mul(factors.1)?)
                }),
            };
            rescaled(values?, common, target)?
        }
        "*" => {
            let values = if left.is_short() && right.is_short() {
                both(left, right, rows, |l, r| Some(low(l) * low(r)))
            } else {
                both(left, right, rows, i128::checked_mul)
            };
            rescaled(values?, s1 + s2, target)?
        }
        "/" => {
            let shift = target + s2 - s1;
            let (up, down) = (power(shift.max(0))?, power((-shift).max(0))?);
            divided(left, right, rows, nulls.as_ref(), |l, r| {
                Some(half_up(l.checked_mul(up)?, r.checked_mul(down)?))
            })?
        }
        "div" | "%" | "pmod" => {
            let factors = (power(common - s1)?, power(common - s2)?);
            let values = divided(left, right, rows, nulls.as_ref(), |l, r| {
                let (l, r) = (l.checked_mul(factors.0)?, r.checked_mul(factors.1)?);
                if operator == "div" {
                    return l.checked_div(r);
                }
                let rest = l.checked_rem(r)?;
                if operator == "pmod" && rest < 0 {
                    return rest.checked_add(r)?.checked_rem(r);
                }
                Some(rest)
            })?;
            if operator == "div" {
                values
            } else {
                rescaled(values, common, target)?
            }
        }
        _ => return None,
    };
    fitting(values, nulls, (precision, scale))
}

/// All values of one scale under a decimal type, if all of them fit.
pub(crate) fn scaled(
    values: Vec<i128>,
    nulls: Option<&NullBuffer>,
    from: i8,
    (precision, scale): (u8, i8),
) -> Option<Decimal128Array> {
    let values = rescaled(values, i32::from(from), i32::from(scale))?;
    fitting(values, nulls.cloned(), (precision, scale))
}

fn fitting(
    values: Vec<i128>,
    nulls: Option<NullBuffer>,
    (precision, scale): (u8, i8),
) -> Option<Decimal128Array> {
    let limit = power(i32::from(precision))?.unsigned_abs();
    let fits = values
        .iter()
        .fold(true, |all, value| all & (value.unsigned_abs() < limit));
    if !fits {
        return None;
    }
    Decimal128Array::new(values.into(), nulls)
        .with_precision_and_scale(precision, scale)
        .ok()
}

/// The value, known to be in the range of 64 bits, so that products are one instruction.
#[inline]
fn low(value: i128) -> i128 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the caller looked whether it fits"
    )]
    let value = value as i64;
    i128::from(value)
}

#[inline]
fn both(
    left: Operand<'_>,
    right: Operand<'_>,
    rows: usize,
    compute: impl Fn(i128, i128) -> Option<i128>,
) -> Option<Vec<i128>> {
    let mut values = Vec::with_capacity(rows);
    let mut fits = true;
    let mut push = |l: i128, r: i128| {
        let found = compute(l, r);
        fits &= found.is_some();
        found.unwrap_or_default()
    };
    match (left, right) {
        (Operand::Column(l), Operand::Column(r)) => {
            let pairs = l.values().iter().zip(r.values().iter());
            values.extend(pairs.map(|(l, r)| push(*l, *r)));
        }
        (Operand::Column(l), Operand::Constant(r, _)) => {
            values.extend(l.values().iter().map(|l| push(*l, r)));
        }
        (Operand::Constant(l, _), Operand::Column(r)) => {
            values.extend(r.values().iter().map(|r| push(l, *r)));
        }
        (Operand::Constant(l, _), Operand::Constant(r, _)) => {
            let value = push(l, r);
            values.resize(rows, value);
        }
    }
    fits.then_some(values)
}

/// [`both`] for operators that a divisor of zero has no result for.
fn divided(
    left: Operand<'_>,
    right: Operand<'_>,
    rows: usize,
    nulls: Option<&NullBuffer>,
    compute: impl Fn(i128, i128) -> Option<i128>,
) -> Option<Vec<i128>> {
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            values.push(0);
            continue;
        }
        let value = |operand: Operand<'_>| match operand {
            Operand::Column(array) => array.value(row),
            Operand::Constant(value, _) => value,
        };
        match value(right) {
            0 => return None,
            divisor => values.push(compute(value(left), divisor)?),
        }
    }
    Some(values)
}

/// All values with another number of digits after the point, rounded half up.
fn rescaled(mut values: Vec<i128>, from: i32, to: i32) -> Option<Vec<i128>> {
    if from == to {
        return Some(values);
    }
    let factor = power((from - to).abs())?;
    let mut fits = true;
    for value in &mut values {
        let found = if to > from {
            value.checked_mul(factor)
        } else {
            Some(half_up(*value, factor))
        };
        fits &= found.is_some();
        *value = found.unwrap_or_default();
    }
    fits.then_some(values)
}

/// Division rounded half away from zero. Short numbers are divided by the processor itself.
fn half_up(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(l), Ok(r)) if r != -1 => (i128::from(l / r), i128::from(l % r)),
        _ => (
            numerator.wrapping_div(denominator),
            numerator.wrapping_rem(denominator),
        ),
    };
    let (rest, whole) = (rest.unsigned_abs(), denominator.unsigned_abs());
    if rest < whole - rest {
        return quotient;
    }
    if (numerator < 0) == (denominator < 0) {
        quotient + 1
    } else {
        quotient - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::kernels::decimal;

    const EDGES: [i128; 12] = [
        0,
        1,
        -1,
        5,
        -15,
        99,
        1_234_567_890_123,
        i64::MAX as i128,
        i64::MIN as i128,
        -99_999_999_999_999_999_999,
        10_i128.pow(37),
        10_i128.pow(38) - 1,
    ];

    fn column(values: Vec<i128>, scale: i8) -> Decimal128Array {
        Decimal128Array::from(values)
            .with_precision_and_scale(38, scale)
            .unwrap()
    }

    #[test]
    fn what_128_bits_answer_is_what_256_bits_answer() {
        let mut answered = 0;
        for operator in ["+", "-", "*", "/", "%", "div", "pmod"] {
            for (s1, s2, target) in [(0, 0, 0), (2, 2, 2), (2, 6, 4), (10, 0, 6), (0, 18, 18)] {
                for l in EDGES {
                    let right = column(EDGES.to_vec(), s2);
                    let left = column(vec![l; EDGES.len()], s1);
                    let whole = binary(
                        operator,
                        Operand::Column(&left),
                        Operand::Column(&right),
                        EDGES.len(),
                        (38, target),
                    );
                    if whole.is_some() {
                        assert_eq!(whole, exact(operator, &left, &right, target));
                    }
                    for r in EDGES {
                        let right = column(vec![r], s2);
                        let found = binary(
                            operator,
                            Operand::Constant(l, s1),
                            Operand::Column(&right),
                            1,
                            (38, target),
                        );
                        // What needs more than 128 bits on the way may still fit at the end.
                        if let Some(found) = found {
                            answered += 1;
                            let left = column(vec![l], s1);
                            assert_eq!(Some(found), exact(operator, &left, &right, target));
                        }
                    }
                }
            }
        }
        assert!(answered > 2000, "{answered}");
    }

    /// The rows in 256 bits, if none fails.
    fn exact(
        operator: &str,
        left: &Decimal128Array,
        right: &Decimal128Array,
        scale: i8,
    ) -> Option<Decimal128Array> {
        let failed = |_| Err(crate::Error::internal("a row without a result"));
        decimal::binary(operator, left, right, (38, scale), failed).ok()
    }
}
