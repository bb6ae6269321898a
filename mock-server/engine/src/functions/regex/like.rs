//! `LIKE` and `ILIKE`, which are regular expressions below.

use arrow::datatypes::DataType;
use regex::Regex;

use super::LAST;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::cast::quoted;
use crate::functions::rows::{Cell, Value, lift};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const FLAG: DataType = DataType::Boolean;

/// `LIKE` as a regular expression; the escape character stands before `%`, `_` and itself only.
pub(super) fn like(call: &Call<'_>, ignore_case: bool) -> Result<Typed> {
    call.arity(2..=3)?;
    let escape = match call.args.get(2) {
        None => '\\',
        Some(arg) => match arg
            .constant_str()
            .map(|text| text.chars().collect::<Vec<_>>())
        {
            Some(chars) if chars.len() == 1 => chars[0],
            _ => {
                return Err(Error::new(
                    "INVALID_ESCAPE_CHAR",
                    [("sqlExpr", format!("\"{}\"", arg.name))],
                )
                .at(call.origin.clone()));
            }
        },
    };
    let args = vec![call.implicit(0, &S)?, call.implicit(1, &S)?];
    let (text, pattern) = (&call.arg(0)?.name, &call.arg(1)?.name);
    let shown = match (ignore_case, escape) {
        (false, '\\') => format!("{text} LIKE {pattern}"),
        (false, other) => format!("{text} LIKE {pattern} ESCAPE '{other}'"),
        (true, '\\') => format!("ilike({text}, {pattern})"),
        (true, other) => format!("ilike({text}, {pattern}) ESCAPE '{other}'"),
    };
    let options = format!("{escape:?} {ignore_case}");
    let found = lift(
        call,
        options,
        args,
        (FLAG, false),
        move |row: &[Cell<'_>]| -> Result<Value> {
            let pattern = like_pattern(row[1].text(), escape, ignore_case)?;
            LAST.with_borrow_mut(|last| {
                if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
                    let regex = Regex::new(&pattern).map_err(|e| Error::internal(e.to_string()))?;
                    *last = Some((pattern, regex));
                }
                Ok(last
                    .as_ref()
                    .is_some_and(|(_, regex)| regex.is_match(row[0].text()))
                    .into())
            })
        },
    );
    Ok(found.named(shown))
}

fn like_pattern(pattern: &str, escape: char, ignore_case: bool) -> Result<String> {
    let mut out = String::from(if ignore_case { "(?is)^" } else { "(?s)^" });
    let mut chars = pattern.chars();
    let mut literal = String::new();
    let flush = |literal: &mut String, out: &mut String| {
        out.push_str(&regex::escape(literal));
        literal.clear();
    };
    while let Some(c) = chars.next() {
        if c == escape {
            match chars.next() {
                Some(next) if next == '_' || next == '%' || next == escape => literal.push(next),
                Some(next) => {
                    return Err(Error::new(
                        "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
                        [
                            ("format", quoted(pattern)),
                            ("char", quoted(&next.to_string())),
                        ],
                    )
                    .placeless());
                }
                None => {
                    return Err(Error::new(
                        "INVALID_FORMAT.ESC_AT_THE_END",
                        [("format", quoted(pattern))],
                    )
                    .placeless());
                }
            }
        } else if c == '%' || c == '_' {
            flush(&mut literal, &mut out);
            out.push_str(if c == '%' { ".*" } else { "." });
        } else {
            literal.push(c);
        }
    }
    flush(&mut literal, &mut out);
    out.push('$');
    Ok(out)
}
