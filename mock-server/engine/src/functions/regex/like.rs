//! `LIKE` and `ILIKE`: constant patterns are searched for piece by piece, others are regular
//! expressions.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::DataType;
use memchr::memmem::Finder;
use regex::Regex;

use super::LAST;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
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
    // A constant is read once. A wrong one is not complained of before there is a row.
    if let Some(pattern) = args[1].constant_str()
        && let Ok(Some(matcher)) = Matcher::of(pattern, escape, ignore_case)
    {
        return Ok(tested(call, options, args, matcher).named(shown));
    }
    let found = lift(
        call,
        options,
        args,
        (FLAG, false),
        move |row: &[Cell<'_>]| -> Result<Value> {
            let pattern = regex_of(&pieces(row[1].text(), escape)?, ignore_case);
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

/// A text column against a test that is the same for all rows.
pub(super) fn tested(
    call: &Call<'_>,
    options: impl Into<String>,
    args: Vec<Typed>,
    matcher: Matcher,
) -> Typed {
    let nullable = args.iter().any(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Kernel::typed(
        call.name,
        options,
        (FLAG, nullable),
        exprs,
        call.default_name(),
        move |args| {
            let texts = args.array(0)?;
            let texts = texts.as_string::<i32>();
            let found =
                BooleanBuffer::collect_bool(texts.len(), |row| matcher.matches(texts.value(row)));
            Ok(Arc::new(BooleanArray::new(found, texts.nulls().cloned())))
        },
    )
}

/// A constant pattern, read.
pub(super) enum Matcher {
    /// Nothing but text.
    Equal(String),
    /// Texts that follow each other with anything between: at the start, inside, at the end.
    Parts {
        start: String,
        inside: Vec<Finder<'static>>,
        end: String,
    },
    /// Everything else.
    Regex(Regex),
}

impl Matcher {
    /// The test of a pattern; nothing for one that no regular expression can be.
    fn of(pattern: &str, escape: char, ignore_case: bool) -> Result<Option<Self>> {
        let pieces = pieces(pattern, escape)?;
        if ignore_case || pieces.contains(&Piece::One) {
            let regex = Regex::new(&regex_of(&pieces, ignore_case));
            return Ok(regex.ok().map(Self::Regex));
        }
        let mut texts = vec![String::new()];
        for piece in pieces {
            match (piece, texts.last_mut()) {
                (Piece::Text(text), Some(last)) => last.push_str(&text),
                _ => texts.push(String::new()),
            }
        }
        let mut texts = texts.into_iter();
        let start = texts.next().unwrap_or_default();
        let Some(end) = texts.next_back() else {
            return Ok(Some(Self::Equal(start)));
        };
        let inside = texts.filter(|text| !text.is_empty());
        let inside = inside.map(|text| Finder::new(&text).into_owned()).collect();
        Ok(Some(Self::Parts { start, inside, end }))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Equal(whole) => text == whole,
            Self::Parts { start, inside, end } => {
                let mut rest = text.as_bytes();
                if rest.len() < start.len() + end.len()
                    || !rest.starts_with(start.as_bytes())
                    || !rest.ends_with(end.as_bytes())
                {
                    return false;
                }
                rest = &rest[start.len()..rest.len() - end.len()];
                for part in inside {
                    match part.find(rest) {
                        Some(at) => rest = &rest[at + part.needle().len()..],
                        None => return false,
                    }
                }
                true
            }
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A part of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Itself.
    Text(String),
    /// `_`
    One,
    /// `%`
    Any,
}

fn regex_of(pieces: &[Piece], ignore_case: bool) -> String {
    let mut out = String::from(if ignore_case { "(?is)^" } else { "(?s)^" });
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(&regex::escape(text)),
            Piece::One => out.push('.'),
            Piece::Any => out.push_str(".*"),
        }
    }
    out.push('$');
    out
}

fn pieces(pattern: &str, escape: char) -> Result<Vec<Piece>> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    let mut literal = String::new();
    let flush = |literal: &mut String, out: &mut Vec<Piece>| {
        if !literal.is_empty() {
            out.push(Piece::Text(std::mem::take(literal)));
        }
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
            out.push(if c == '%' { Piece::Any } else { Piece::One });
        } else {
            literal.push(c);
        }
    }
    flush(&mut literal, &mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_pattern_matches_what_its_regular_expression_matches() {
        let patterns = [
            "", "%", "%%", "a", "a%", "%a", "%a%", "a%b", "%a%b%", "a%a", "a_", "_", "%_%",
            "ab%ab", "\\%a", "%\\_%", "é%", "%ab%ba%",
        ];
        let texts = [
            "", "a", "aa", "ab", "aba", "abab", "ba", "a\nb", "%a", "_", "é", "éa", "abba", "xaxbx",
        ];
        for pattern in patterns {
            let matcher = Matcher::of(pattern, '\\', false).unwrap().unwrap();
            let regex = regex_of(&pieces(pattern, '\\').unwrap(), false);
            let regex = Regex::new(&regex).unwrap();
            for text in texts {
                assert_eq!(
                    matcher.matches(text),
                    regex.is_match(text),
                    "{text:?} LIKE {pattern:?}"
                );
            }
        }
    }
}
