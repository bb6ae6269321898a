//! Numbers as bits and digits: shifts and base sixteen.

use arrow::datatypes::DataType;

use crate::error::Result;
use crate::functions::Call;
use crate::functions::rows::{Cell, lift};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_atomic, is_numeric};

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;
const L: DataType = DataType::Int64;

pub(super) fn hex(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Binary | DataType::Utf8 => call.arg(0)?.clone(),
        number if is_numeric(number) || *number == DataType::Null => call.implicit(0, &L)?,
        other if is_atomic(other) => call.implicit(0, &S)?,
        _ => return Err(call.unexpected_type(0, "(\"BIGINT\" or \"BINARY\" or \"STRING\")")),
    };
    Ok(lift(call, "", vec![arg], (S, false), |row| {
        Ok(match row[0] {
            Cell::Whole(number) => format!("{number:X}"),
            other => other
                .bytes()
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect(),
        }
        .into())
    }))
}

pub(in crate::functions) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (head, rest) = digits.split_at(digits.len() % 2);
    let pairs = rest.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]);
    Some(head.iter().copied().chain(pairs).collect())
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Shift {
    Left,
    Right,
    RightUnsigned,
}

pub(super) fn shift(call: &Call<'_>, shift: Shift) -> Result<Typed> {
    call.arity(2..=2)?;
    let long = call.arg(0)?.data_type == L;
    let to = if long { L } else { I };
    let args = vec![call.implicit(0, &to)?, call.implicit(1, &I)?];
    let options = format!("{shift:?}");
    let found = lift(call, options, args, (to, false), move |row| {
        let (value, n) = (row[0].whole(), row[1].whole());
        // Java takes the low bits of the distance only.
        let n = u32::try_from(n & if long { 63 } else { 31 }).unwrap_or(0);
        if long {
            return Ok(match shift {
                Shift::Left => value.wrapping_shl(n),
                Shift::Right => value.wrapping_shr(n),
                Shift::RightUnsigned => value.cast_unsigned().wrapping_shr(n).cast_signed(),
            }
            .into());
        }
        let value = i32::try_from(value).unwrap_or(0);
        Ok(i64::from(match shift {
            Shift::Left => value.wrapping_shl(n),
            Shift::Right => value.wrapping_shr(n),
            Shift::RightUnsigned => value.cast_unsigned().wrapping_shr(n).cast_signed(),
        })
        .into())
    });
    if call.name.starts_with("shift") {
        return Ok(found);
    }
    let (value, distance) = (&call.arg(0)?.name, &call.arg(1)?.name);
    Ok(found.named(format!("({value} {} {distance})", call.name)))
}
