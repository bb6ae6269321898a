//! Parts of strings and bytes: measuring, finding, cutting.

use arrow::datatypes::DataType;

use super::{int, text_or_bytes};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::rows::{Cell, Value, each_nullable, lift, strict, with_defaults};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;
const I: DataType = DataType::Int32;

/// A size of a string or of bytes.
pub(super) fn measure(
    call: &Call<'_>,
    text: fn(&str) -> usize,
    bytes: fn(&[u8]) -> usize,
) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = text_or_bytes(call, 0)
        .map_err(|error| error.with("requiredType", "(\"STRING\" or \"BINARY\")"))?;
    Ok(lift(call, call.name, vec![arg], (I, false), move |row| {
        Ok(match row[0] {
            Cell::Bytes(value) => bytes(value),
            other => text(other.text()),
        }
        .into())
    }))
}

/// A test of one string or byte sequence against another.
pub(super) fn search(
    call: &Call<'_>,
    text: fn(&str, &str) -> bool,
    bytes: fn(&[u8], &[u8]) -> bool,
) -> Result<Typed> {
    call.arity(2..=2)?;
    let binary = call.args.iter().all(|arg| arg.data_type == B);
    let args = if binary {
        call.args.clone()
    } else {
        vec![call.implicit(0, &S)?, call.implicit(1, &S)?]
    };
    // Of bytes Spark calls a method of its own by reflection, whose result may be null.
    let result = (DataType::Boolean, binary);
    Ok(lift(call, call.name, args, result, move |row| {
        Ok(match (row[0], row[1]) {
            (Cell::Bytes(a), Cell::Bytes(b)) => bytes(a, b),
            (a, b) => text(a.text(), b.text()),
        }
        .into())
    }))
}

/// The place of a string in another, from one; zero if it is nowhere at or behind `start`.
pub(super) fn find(text: &str, part: &str, start: i64) -> i64 {
    let Some(skip) = usize::try_from(start - 1).ok() else {
        return 0;
    };
    let begin = match text.char_indices().nth(skip) {
        Some((begin, _)) => begin,
        None if text.chars().count() == skip && (skip == 0 || part.is_empty()) => text.len(),
        None => return 0,
    };
    text[begin..].find(part).map_or(0, |at| {
        i64::try_from(text[..begin + at].chars().count() + 1).unwrap_or(0)
    })
}

pub(super) fn locate(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(1)]);
    let exprs = vec![
        call.implicit(0, &S)?,
        call.implicit(1, &S)?,
        call.implicit(2, &I)?,
    ];
    // Without a place to start from the answer is zero, not null (`StringLocate.eval`).
    let nullable = exprs.iter().take(2).any(|arg| arg.nullable);
    let exprs = exprs.into_iter().map(|arg| arg.expr).collect();
    let name = call.default_name();
    let result = (I, nullable);
    Ok(Kernel::typed("locate", "", result, exprs, name, |args| {
        each_nullable(args, &I, |row| {
            Ok(match (row[0], row[1], row[2]) {
                (_, _, None) => 0_i64.into(),
                (Some(part), Some(text), Some(start)) => {
                    find(text.text(), part.text(), start.whole()).into()
                }
                _ => Value::Null,
            })
        })
    }))
}

/// `UTF8String.substringSQL`: from one, or from the end when negative.
fn bounds(length: i64, start: i64, n: i64) -> (usize, usize) {
    let first = match start {
        1.. => start - 1,
        0 => 0,
        _ => length + start,
    };
    let last = first.saturating_add(n).clamp(0, length);
    let first = first.clamp(0, length);
    let first = usize::try_from(first).unwrap_or(0);
    (first, usize::try_from(last).unwrap_or(0).max(first))
}

/// The part of a string from a place, so many characters long.
pub(super) fn substring(text: &str, start: i64, n: i64) -> String {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let (first, last) = bounds(length, start, n);
    text.chars().skip(first).take(last - first).collect()
}

pub(super) fn substring_of(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(i32::MAX)]);
    let args = vec![
        text_or_bytes(call, 0)?,
        call.implicit(1, &I)?,
        call.implicit(2, &I)?,
    ];
    let result = (args[0].data_type.clone(), false);
    Ok(lift(call, "", args, result, |row| {
        Ok(part(row[0], row[1].whole(), row[2].whole()))
    }))
}

/// [`substring`] of a string, or the same of bytes.
pub(super) fn part(value: Cell<'_>, start: i64, n: i64) -> Value {
    match value {
        Cell::Bytes(bytes) => {
            let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let (first, last) = bounds(length, start, n);
            bytes[first..last].to_vec().into()
        }
        other => substring(other.text(), start, n).into(),
    }
}

pub(super) fn overlay(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    if call.arg(0)?.data_type == B {
        return overlay_bytes(call);
    }
    strict(
        &with_defaults(call, 4, &[int(-1)]),
        &[S, S, I, I],
        (S, false),
        |row| {
            let (text, new, place) = (row[0].text(), row[1].text(), row[2].whole());
            let length = match row[3].whole() {
                n if n >= 0 => n,
                _ => i64::try_from(new.chars().count()).unwrap_or(i64::MAX),
            };
            let before = substring(text, 1, place - 1);
            let after = substring(text, place + length, i64::from(i32::MAX));
            Ok(format!("{before}{new}{after}").into())
        },
    )
}

pub(super) fn split_part(row: &[Cell<'_>]) -> Result<Value> {
    let (text, delimiter, place) = (row[0].text(), row[1].text(), row[2].whole());
    if place == 0 {
        return Err(Error::of("INVALID_INDEX_OF_ZERO"));
    }
    let parts: Vec<&str> = if delimiter.is_empty() {
        vec![text]
    } else {
        text.split(delimiter).collect()
    };
    let n = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let index = if place > 0 { place - 1 } else { n + place };
    let part = usize::try_from(index)
        .ok()
        .and_then(|index| parts.get(index));
    Ok((*part.unwrap_or(&"")).into())
}

pub(super) fn substring_index(row: &[Cell<'_>]) -> String {
    let (text, delimiter, count) = (row[0].text(), row[1].text(), row[2].whole());
    if delimiter.is_empty() || count == 0 {
        return String::new();
    }
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count > 0 {
        match text.match_indices(delimiter).nth(wanted - 1) {
            Some((at, _)) => text[..at].to_owned(),
            None => text.to_owned(),
        }
    } else {
        match text.rmatch_indices(delimiter).nth(wanted - 1) {
            Some((at, _)) => text[at + delimiter.len()..].to_owned(),
            None => text.to_owned(),
        }
    }
}

/// [`overlay`] of bytes.
fn overlay_bytes(call: &Call<'_>) -> Result<Typed> {
    let call = &with_defaults(call, 4, &[int(-1)]);
    let args = vec![
        call.arg(0)?.clone(),
        call.implicit(1, &B)?,
        call.implicit(2, &I)?,
        call.implicit(3, &I)?,
    ];
    Ok(lift(call, "bytes", args, (B, false), |row| {
        let (bytes, new, place) = (row[0].bytes(), row[1].bytes(), row[2].whole());
        let have = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let length = match row[3].whole() {
            n if n >= 0 => n,
            _ => i64::try_from(new.len()).unwrap_or(i64::MAX),
        };
        let (first, last) = bounds(have, 1, place - 1);
        let (next, end) = bounds(have, place + length, i64::from(i32::MAX));
        Ok([&bytes[first..last], new, &bytes[next..end]]
            .concat()
            .into())
    }))
}
