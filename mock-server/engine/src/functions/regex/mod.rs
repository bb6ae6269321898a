//! Regular expressions and `LIKE`: Java's syntax on Rust's engine. What that engine cannot do (look
//! around, back references, possessive quantifiers) is refused by name, never approximated.

mod compile;
mod like;

use std::cell::RefCell;
use std::sync::Arc;

use arrow::array::{Array, AsArray, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Int32Type};
use datafusion::common::ScalarValue;
use regex::Regex;

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::rows::{lift, strict, with_defaults};
use crate::functions::{Call, Function, scalar};
use crate::plan::typed::Typed;
use crate::types::arrow::list;
use compile::compile;
use like::{Matcher, like, tested};

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;
const FLAG: DataType = DataType::Boolean;

pub(super) const TABLE: &[Function] = &[
    scalar("ilike", |call| like(call, true)),
    scalar("like", |call| like(call, false)),
    scalar("regexp", rlike),
    scalar("regexp_count", |call| {
        strict(call, &[S, S], (I, false), |row| {
            matched("regexp_extract_all", row[1].text(), |regex| {
                regex.find_iter(row[0].text()).count().into()
            })
        })
    }),
    scalar("regexp_extract", extract),
    scalar("regexp_extract_all", extract_all),
    scalar("regexp_instr", instr),
    scalar("regexp_like", rlike),
    scalar("regexp_replace", replace),
    scalar("regexp_substr", |call| {
        strict(call, &[S, S], (S, true), |row| {
            matched("regexp_extract", row[1].text(), |regex| {
                regex.find(row[0].text()).map(|found| found.as_str()).into()
            })
        })
    }),
    scalar("rlike", rlike),
    scalar("split", split),
];

/// All matches as Java finds them: an empty one may follow right behind another, which Rust's
/// iterators leave out.
fn matches<'t>(regex: &Regex, text: &'t str) -> Vec<regex::Captures<'t>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        let Some(found) = regex.captures_at(text, at) else {
            break;
        };
        let Some(whole) = found.get(0) else { break };
        at = if whole.is_empty() {
            let next = text[whole.end()..].chars().next();
            whole.end() + next.map_or(1, char::len_utf8)
        } else {
            whole.end()
        };
        all.push(found);
    }
    all
}

thread_local! {
    /// The pattern last used on this thread; columns mostly have one.
    static LAST: RefCell<Option<(String, Regex)>> = const { RefCell::new(None) };
}

/// Runs work with the compiled pattern.
/// `function` is who complains of a pattern that is none.
fn matched<T>(function: &str, pattern: &str, work: impl FnOnce(&Regex) -> T) -> Result<T> {
    LAST.with_borrow_mut(|last| {
        let hit = last.as_ref().is_some_and(|(known, _)| known == pattern);
        if !hit {
            *last = Some((pattern.to_owned(), compile(function, pattern)?));
        }
        match last {
            Some((_, regex)) => Ok(work(regex)),
            None => Err(Error::internal("a pattern was lost")),
        }
    })
}

fn rlike(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let shown = call.name_as(&call.name.to_ascii_uppercase());
    let name = call.name;
    let args = vec![call.implicit(0, &S)?, call.implicit(1, &S)?];
    // A constant is compiled once. A wrong one is not complained of before there is a row.
    if let Some(pattern) = args[1].constant_str()
        && let Ok(regex) = compile(name, pattern)
    {
        return Ok(tested(call, name, args, Matcher::Regex(regex)).named(shown));
    }
    let found = lift(call, name, args, (FLAG, false), move |row| {
        matched(name, row[1].text(), |regex| {
            regex.is_match(row[0].text()).into()
        })
    });
    Ok(found.named(shown))
}

fn int(value: i32) -> Typed {
    Typed::literal(ScalarValue::Int32(Some(value)), I, value.to_string())
}

fn extract(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    strict(
        &with_defaults(call, 3, &[int(1)]),
        &[S, S, I],
        (S, false),
        |row| {
            matched("regexp_extract", row[1].text(), |regex| {
                let index = group(regex, row[2].whole(), "regexp_extract")?;
                let found = regex.captures(row[0].text());
                let text = found
                    .and_then(|all| all.get(index))
                    .map_or("", |part| part.as_str());
                Ok(text.into())
            })?
        },
    )
}

/// One group's text in every match; a group that took no part is empty.
fn extract_all(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(1)]);
    let exprs = vec![
        call.implicit(0, &S)?.expr,
        call.implicit(1, &S)?.expr,
        call.implicit(2, &I)?.expr,
    ];
    let (nullable, name) = (call.any_nullable(), call.default_name());
    let result = (list(S, true), nullable);
    Ok(Kernel::typed(
        "regexp_extract_all",
        "",
        result,
        exprs,
        name,
        |args| {
            let arrays = args.arrays()?;
            let (texts, patterns) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
            let groups = arrays[2].as_primitive::<Int32Type>();
            let mut out = ListBuilder::new(StringBuilder::new());
            for row in 0..args.rows {
                if arrays.iter().any(|array| array.is_null(row)) {
                    out.append_null();
                    continue;
                }
                matched("regexp_extract_all", patterns.value(row), |regex| {
                    let index = group(regex, i64::from(groups.value(row)), "regexp_extract_all")?;
                    for found in matches(regex, texts.value(row)) {
                        let part = found.get(index).map_or("", |part| part.as_str());
                        out.values().append_value(part);
                    }
                    Ok::<(), Error>(())
                })??;
                out.append(true);
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

/// The place of the first match, from one; the third argument is checked by Spark and not used.
fn instr(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(0)]);
    strict(call, &[S, S, I], (I, false), |row| {
        let text = row[0].text();
        matched("regexp_instr", row[1].text(), |regex| {
            let found = regex.find(text).and_then(|found| text.get(..found.start()));
            found.map_or(0, |before| before.chars().count() + 1).into()
        })
    })
}

/// A group's number, if the pattern has it.
fn group(regex: &Regex, asked: i64, function: &str) -> Result<usize> {
    let groups = regex.captures_len() - 1;
    let index = usize::try_from(asked).ok().filter(|index| *index <= groups);
    index.ok_or_else(|| {
        Error::new(
            "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX",
            [
                ("functionName", format!("`{function}`")),
                ("parameter", "`idx`".to_owned()),
                ("groupCount", groups.to_string()),
                ("groupIndex", asked.to_string()),
            ],
        )
    })
}

fn replace(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    let call = &with_defaults(call, 4, &[int(1)]);
    call.foldable(3, "position")?;
    strict(call, &[S, S, S, I], (S, false), |row| {
        let (text, new, start) = (row[0].text(), row[2].text(), row[3].whole());
        let skip = usize::try_from(start - 1).unwrap_or(0);
        let begin = text
            .char_indices()
            .nth(skip)
            .map_or(text.len(), |(at, _)| at);
        matched("regexp_replace", row[1].text(), |regex| {
            let mut out = text[..begin].to_owned();
            let mut last = begin;
            for found in matches(regex, &text[begin..]) {
                let Some(whole) = found.get(0) else { continue };
                out.push_str(&text[last..begin + whole.start()]);
                expand(new, &found, &mut out).map_err(|_| {
                    Error::new(
                        "INVALID_REGEXP_REPLACE",
                        [
                            ("source", text.to_owned()),
                            ("pattern", row[1].text().to_owned()),
                            ("replacement", new.to_owned()),
                            ("position", start.to_string()),
                        ],
                    )
                })?;
                last = begin + whole.end();
            }
            out.push_str(&text[last..]);
            Ok(out.into())
        })?
    })
}

/// Java's replacement text: `$1`, `${name}`, and a backslash before a literal character.
fn expand(new: &str, found: &regex::Captures<'_>, out: &mut String) -> Result<()> {
    let mut chars = new.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' => {
                if chars.next_if_eq(&'{').is_some() {
                    let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    out.push_str(found.name(&name).map_or("", |part| part.as_str()));
                    continue;
                }
                let mut group = match chars.next().and_then(|c| c.to_digit(10)) {
                    Some(digit) => usize::try_from(digit).unwrap_or(0),
                    None => return Err(Error::invalid_plan("Illegal group reference")),
                };
                // Further digits belong to the number while such a group exists.
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + usize::try_from(digit).unwrap_or(0);
                    if longer >= found.len() {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                if group >= found.len() {
                    return Err(Error::invalid_plan(format!("No group {group}")));
                }
                out.push_str(found.get(group).map_or("", |part| part.as_str()));
            }
            _ => out.push(c),
        }
    }
    Ok(())
}

fn split(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(-1)]);
    let exprs = vec![
        call.implicit(0, &S)?.expr,
        call.implicit(1, &S)?.expr,
        call.implicit(2, &I)?.expr,
    ];
    let nullable = call.any_nullable();
    let name = call.default_name();
    let result = (list(S, false), nullable);
    Ok(Kernel::typed("split", "", result, exprs, name, |args| {
        let arrays = args.arrays()?;
        let (texts, patterns) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
        let limits = arrays[2].as_primitive::<Int32Type>();
        let mut out = ListBuilder::new(StringBuilder::new());
        for row in 0..args.rows {
            if arrays.iter().any(|array| array.is_null(row)) {
                out.append_null();
                continue;
            }
            let text = texts.value(row);
            let limit = usize::try_from(limits.value(row)).unwrap_or(0);
            parted(text, patterns.value(row), limit)?
                .iter()
                .for_each(|part| out.values().append_value(part));
            out.append(true);
        }
        Ok(Arc::new(out.finish()))
    }))
}

/// Text parted at a pattern, as `split` does it.
pub(super) fn parted(text: &str, pattern: &str, limit: usize) -> Result<Vec<String>> {
    if pattern.is_empty() {
        Ok(letters(text, limit))
    } else {
        matched("split", pattern, |regex| parts(regex, text, limit))
    }
}

/// An empty pattern parts every character.
fn letters(text: &str, limit: usize) -> Vec<String> {
    let mut all: Vec<String> = text.chars().map(String::from).collect();
    if all.is_empty() {
        all.push(String::new());
    }
    if limit > 0 && all.len() > limit {
        let rest = all.split_off(limit - 1).concat();
        all.push(rest);
    }
    all
}

/// Java's `split`: a match without length at the very start parts nothing off.
fn parts(regex: &Regex, text: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut last = 0;
    for found in matches(regex, text).iter().filter_map(|found| found.get(0)) {
        if limit > 0 && all.len() + 1 == limit {
            break;
        }
        if found.end() == 0 {
            continue;
        }
        all.push(text[last..found.start()].to_owned());
        last = found.end();
    }
    all.push(text[last..].to_owned());
    all
}
