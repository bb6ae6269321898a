//! Strings that stand for others: sounds, check digits, masks, quotes.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use crate::error::Result;
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::rows::{each_nullable, strict, with_defaults};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;

/// The digits of `A` to `Z`; `7` marks letters that part nothing (`UTF8String.soundex`).
const SOUNDS: &[u8; 26] = b"01230127022455012623017202";

/// Unlike its kin it takes strings only.
pub(super) fn soundex(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    if !matches!(call.arg(0)?.data_type, DataType::Utf8 | DataType::Null) {
        return Err(call.unexpected_type(0, "STRING"));
    }
    strict(
        call,
        &[S],
        (S, false),
        |row| Ok(sound(row[0].text()).into()),
    )
}

fn sound(text: &str) -> String {
    let digit = |letter: u8| {
        let place = usize::from(letter.to_ascii_uppercase().wrapping_sub(b'A'));
        SOUNDS.get(place).copied()
    };
    let bytes = text.as_bytes();
    let Some((first, mut last)) = bytes.first().and_then(|b| Some((*b, digit(*b)?))) else {
        return text.to_owned();
    };
    let mut out = vec![first.to_ascii_uppercase()];
    for byte in bytes.iter().skip(1) {
        match digit(*byte) {
            None => last = b'0',
            Some(b'7') => {}
            Some(code) => {
                if code != b'0' && code != last {
                    out.push(code);
                    if out.len() == 4 {
                        break;
                    }
                }
                last = code;
            }
        }
    }
    out.resize(4, b'0');
    out.into_iter().map(char::from).collect()
}

/// The check of card numbers; anything but digits fails it.
pub(super) fn luhn_check(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[S], (DataType::Boolean, true), |row| {
        let text = row[0].text();
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
        Ok(digits
            .filter(|digits| !digits.is_empty())
            .is_some_and(|digits| {
                let sum: u32 = digits
                    .iter()
                    .rev()
                    .enumerate()
                    .map(|(place, digit)| match (place % 2, digit * 2) {
                        (0, _) => *digit,
                        (_, double) if double > 9 => double - 9,
                        (_, double) => double,
                    })
                    .sum();
                sum.is_multiple_of(10)
            })
            .into())
    })
}

pub(super) fn quote(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[S], (S, true), |row| {
        Ok(format!("'{}'", row[0].text().replace('\'', "\\'")).into())
    })
}

/// `mask(text, upper, lower, digit, other)`: what stands for a kind of character; null keeps it.
pub(super) fn mask(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=5)?;
    let text = |c: &str| Typed::literal(ScalarValue::Utf8(Some(c.to_owned())), S, c);
    let defaults = [text("X"), text("x"), text("n"), Typed::null(S)];
    let call = &with_defaults(call, 5, &defaults);
    for (index, what) in ["upperChar", "lowerChar", "digitChar", "otherChar"]
        .into_iter()
        .enumerate()
    {
        call.foldable(index + 1, what)?;
    }
    let args = (0..5)
        .map(|index| Ok(call.implicit(index, &S)?.expr))
        .collect::<Result<Vec<_>>>()?;
    let name = call.default_name();
    Ok(Kernel::typed("mask", "", (S, true), args, name, |args| {
        each_nullable(args, &S, |row| {
            let Some(text) = row[0] else {
                return Ok(None::<String>.into());
            };
            let by = |index: usize, c: char| match row[index] {
                Some(cell) => cell.text().chars().next().unwrap_or(c),
                None => c,
            };
            let masked: String = text
                .text()
                .chars()
                .map(|c| match c {
                    c if c.is_uppercase() => by(1, c),
                    c if c.is_lowercase() => by(2, c),
                    c if c.is_numeric() => by(3, c),
                    c => by(4, c),
                })
                .collect();
            Ok(masked.into())
        })
    }))
}
