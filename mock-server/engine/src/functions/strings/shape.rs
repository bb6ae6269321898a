//! Strings in another shape: trimmed, padded, capitalised, translated.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use crate::error::Result;
use crate::functions::Call;
use crate::functions::rows::{Cell, lift, strict, with_defaults};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;
const I: DataType = DataType::Int32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Left,
    Right,
}

/// `trim(text)` takes spaces only; `trim(chars, text)` any of the characters. `btrim` has them the
/// other way round.
pub(super) fn trim(call: &Call<'_>, side: Side) -> Result<Typed> {
    call.arity(1..=2)?;
    let swapped = call.name == "btrim";
    let shown = |error: crate::error::Error| {
        error.with(
            "sqlExpr",
            format!("\"{}\"", call.name_as(call.name.trim_start_matches('b'))),
        )
    };
    let mut args = vec![call.implicit(0, &S).map_err(shown)?];
    if call.args.len() == 2 {
        args.push(call.implicit(1, &S)?);
        if !swapped {
            args.swap(0, 1);
        }
    }
    let words = match side {
        Side::Both => "BOTH",
        Side::Left => "LEADING",
        Side::Right => "TRAILING",
    };
    let name: std::sync::Arc<str> = match args.as_slice() {
        [text, chars] if !swapped => {
            format!("TRIM({words} {} FROM {})", chars.name, text.name).into()
        }
        _ => call.default_name(),
    };
    let found = lift(call, format!("{side:?}"), args, (S, false), move |row| {
        let text = row[0].text();
        let chars = row.get(1).map_or(" ", |chars| chars.text());
        let is_in = |c: char| chars.contains(c);
        Ok(match side {
            Side::Both => text.trim_matches(is_in),
            Side::Left => text.trim_start_matches(is_in),
            Side::Right => text.trim_end_matches(is_in),
        }
        .into())
    });
    Ok(found.named(name))
}

pub(super) fn character(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[DataType::Int64], (S, false), |row| {
        let code = row[0].whole();
        if code < 0 {
            return Ok("".into());
        }
        let code = u8::try_from(code % 256).unwrap_or(0);
        Ok(String::from(char::from(code)).into())
    })
}

pub(super) fn pad(call: &Call<'_>, left: bool) -> Result<Typed> {
    call.arity(2..=3)?;
    if call.arg(0)?.data_type == B {
        return pad_bytes(call, left);
    }
    let space = Typed::literal(ScalarValue::Utf8(Some(" ".into())), S, " ");
    let call = &with_defaults(call, 3, &[space]);
    let args = vec![
        call.implicit(0, &S)?,
        call.implicit(1, &I)?,
        call.implicit(2, &S)?,
    ];
    Ok(lift(call, left.to_string(), args, (S, false), move |row| {
        let (text, filler) = (row[0].text(), row[2].text());
        let wanted = usize::try_from(row[1].whole()).unwrap_or(0);
        let have = text.chars().count();
        if have >= wanted {
            return Ok(text.chars().take(wanted).collect::<String>().into());
        }
        let padding: String = filler.chars().cycle().take(wanted - have).collect();
        Ok(if left {
            padding + text
        } else {
            text.to_owned() + &padding
        }
        .into())
    }))
}

/// Capitals at the beginning of words, which only spaces part.
pub(super) fn initcap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut start = true;
    for c in text.chars() {
        if start {
            // In the upper case of a ligature only the first letter is large.
            let mut upper = c.to_uppercase();
            out.extend(upper.next());
            out.extend(upper.flat_map(char::to_lowercase));
        } else {
            out.extend(c.to_lowercase());
        }
        start = c == ' ';
    }
    out
}

pub(super) fn translate(row: &[Cell<'_>]) -> String {
    let from: Vec<char> = row[1].text().chars().collect();
    let to: Vec<char> = row[2].text().chars().collect();
    row[0]
        .text()
        .chars()
        .filter_map(|c| match from.iter().position(|f| *f == c) {
            Some(place) => to.get(place).copied(),
            None => Some(c),
        })
        .collect()
}

/// [`pad`] of bytes, with zero bytes unless told otherwise.
fn pad_bytes(call: &Call<'_>, left: bool) -> Result<Typed> {
    let zero = Typed::literal(ScalarValue::Binary(Some(vec![0])), B, "X'00'");
    let call = &with_defaults(call, 3, &[zero]);
    let args = vec![
        call.arg(0)?.clone(),
        call.implicit(1, &I)?,
        call.implicit(2, &B)?,
    ];
    Ok(lift(
        call,
        format!("bytes {left}"),
        args,
        (B, false),
        move |row| {
            let (bytes, filler) = (row[0].bytes(), row[2].bytes());
            let wanted = usize::try_from(row[1].whole()).unwrap_or(0);
            let kept = bytes.get(..wanted).unwrap_or(bytes);
            let padding = filler.iter().cycle().take(wanted - kept.len()).copied();
            Ok(if left {
                padding.chain(kept.iter().copied()).collect::<Vec<u8>>()
            } else {
                kept.iter().copied().chain(padding).collect()
            }
            .into())
        },
    ))
}
