//! Functions on strings and bytes, as Spark counts them: in characters, from one, and from the end
//! when negative.
//!
//! Regular expressions are in `regex.rs`, hashes in `hashes.rs`.

use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Case, Expr};

use super::kernel::Kernel;
use super::rows::{Cell, Value, lift, strict, with_defaults};
use super::{Call, Function, planned, scalar};
use crate::error::{Error, Exception, Result};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;
const I: DataType = DataType::Int32;

pub(super) const TABLE: &[Function] = &[
    planned("aes_decrypt"),
    planned("aes_encrypt"),
    scalar("ascii", |call| {
        strict(call, &[S], (I, false), |row| {
            Ok(row[0]
                .text()
                .chars()
                .next()
                .map_or(0, |c| i64::from(u32::from(c)))
                .into())
        })
    }),
    scalar("base64", |call| {
        strict(call, &[B], (S, false), |row| {
            Ok(base64_lines(row[0].bytes()).into())
        })
    }),
    scalar("bit_length", |call| {
        measure(call, |text| text.len() * 8, |bytes| bytes.len() * 8)
    }),
    scalar("btrim", |call| trim(call, Side::Both)),
    scalar("char", character),
    scalar("char_length", |call| {
        measure(call, |text| text.chars().count(), <[u8]>::len)
    }),
    scalar("character_length", |call| {
        measure(call, |text| text.chars().count(), <[u8]>::len)
    }),
    scalar("chr", character),
    planned("collate"),
    planned("collation"),
    scalar("concat_ws", concat_ws),
    scalar("contains", |call| {
        search(
            call,
            |a, b| a.contains(b),
            |a, b| b.is_empty() || a.windows(b.len()).any(|w| w == b),
        )
    }),
    scalar("decode", decode),
    scalar("elt", elt),
    scalar("encode", encode),
    scalar("endswith", |call| {
        search(call, |a, b| a.ends_with(b), <[u8]>::ends_with)
    }),
    scalar("find_in_set", |call| {
        strict(call, &[S, S], (I, false), |row| {
            let (word, set) = (row[0].text(), row[1].text());
            if word.contains(',') {
                return Ok(0_i64.into());
            }
            Ok(set
                .split(',')
                .position(|item| item == word)
                .map_or(0, |place| place + 1)
                .into())
        })
    }),
    planned("format_number"),
    planned("format_string"),
    scalar("initcap", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(initcap(row[0].text()).into())
        })
    }),
    scalar("instr", |call| {
        strict(call, &[S, S], (I, false), |row| {
            Ok(find(row[0].text(), row[1].text(), 1).into())
        })
    }),
    planned("is_valid_utf8"),
    scalar("lcase", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_lowercase().into())
        })
    }),
    scalar("left", |call| {
        call.arity(2..=2)?;
        let args = vec![text_or_bytes(call, 0)?, call.implicit(1, &I)?];
        let result = (args[0].data_type.clone(), false);
        Ok(lift(call, "", args, result, |row| {
            Ok(part(row[0], 1, row[1].whole()))
        }))
    }),
    scalar("len", |call| {
        measure(call, |text| text.chars().count(), <[u8]>::len)
    }),
    scalar("length", |call| {
        measure(call, |text| text.chars().count(), <[u8]>::len)
    }),
    scalar("levenshtein", |call| {
        if call.args.len() == 3 {
            return strict(call, &[S, S, I], (I, false), |row| {
                let distance = strsim::levenshtein(row[0].text(), row[1].text());
                let distance = i64::try_from(distance).unwrap_or(i64::MAX);
                Ok(if distance > row[2].whole() {
                    -1
                } else {
                    distance
                }
                .into())
            });
        }
        strict(call, &[S, S], (I, false), |row| {
            Ok(strsim::levenshtein(row[0].text(), row[1].text()).into())
        })
    }),
    scalar("locate", locate),
    scalar("lower", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_lowercase().into())
        })
    }),
    scalar("lpad", |call| pad(call, true)),
    scalar("ltrim", |call| trim(call, Side::Left)),
    planned("luhn_check"),
    planned("make_valid_utf8"),
    planned("mask"),
    scalar("octet_length", |call| measure(call, str::len, <[u8]>::len)),
    scalar("overlay", overlay),
    planned("parse_url"),
    scalar("position", locate),
    planned("printf"),
    planned("quote"),
    planned("randstr"),
    scalar("repeat", |call| {
        strict(call, &[S, I], (S, false), |row| {
            Ok(row[0]
                .text()
                .repeat(usize::try_from(row[1].whole()).unwrap_or(0))
                .into())
        })
    }),
    scalar("replace", |call| {
        let empty = Typed::literal(ScalarValue::Utf8(Some(String::new())), S, "");
        strict(
            &with_defaults(call, 3, &[empty]),
            &[S, S, S],
            (S, false),
            |row| {
                let (text, search) = (row[0].text(), row[1].text());
                Ok(if search.is_empty() {
                    text.to_owned()
                } else {
                    text.replace(search, row[2].text())
                }
                .into())
            },
        )
    }),
    scalar("right", |call| {
        strict(call, &[S, I], (S, true), |row| {
            let n = row[1].whole();
            Ok(if n <= 0 {
                String::new()
            } else {
                substring(row[0].text(), -n, n)
            }
            .into())
        })
    }),
    scalar("rpad", |call| pad(call, false)),
    scalar("rtrim", |call| trim(call, Side::Right)),
    planned("sentences"),
    planned("soundex"),
    scalar("space", |call| {
        strict(call, &[I], (S, false), |row| {
            Ok(" "
                .repeat(usize::try_from(row[0].whole()).unwrap_or(0))
                .into())
        })
    }),
    scalar("split_part", |call| {
        strict(call, &[S, S, I], (S, true), |row| split_part(row))
    }),
    scalar("startswith", |call| {
        search(call, |a, b| a.starts_with(b), <[u8]>::starts_with)
    }),
    scalar("substr", substring_of),
    scalar("substring", substring_of),
    scalar("substring_index", |call| {
        strict(call, &[S, S, I], (S, false), |row| {
            Ok(substring_index(row).into())
        })
    }),
    planned("to_binary"),
    planned("to_char"),
    planned("to_number"),
    planned("to_varchar"),
    scalar("translate", |call| {
        strict(
            call,
            &[S, S, S],
            (S, false),
            |row| Ok(translate(row).into()),
        )
    }),
    scalar("trim", |call| trim(call, Side::Both)),
    planned("try_parse_url"),
    planned("try_to_binary"),
    planned("try_to_number"),
    planned("try_url_decode"),
    planned("try_validate_utf8"),
    scalar("ucase", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_uppercase().into())
        })
    }),
    scalar("unbase64", |call| {
        strict(call, &[S], (B, false), |row| unbase64(row[0].text()))
    }),
    planned("uniform"),
    scalar("upper", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_uppercase().into())
        })
    }),
    planned("url_decode"),
    scalar("url_encode", |call| {
        strict(call, &[S], (S, true), |row| {
            Ok(url::form_urlencoded::byte_serialize(row[0].bytes())
                .collect::<String>()
                .into())
        })
    }),
    planned("validate_utf8"),
];

/// Where an argument may be a string or bytes: bytes stay bytes, everything else becomes a string.
fn text_or_bytes(call: &Call<'_>, index: usize) -> Result<Typed> {
    match call.arg(index)?.data_type {
        DataType::Binary => Ok(call.arg(index)?.clone()),
        _ => call.implicit(index, &S),
    }
}

/// A size of a string or of bytes.
fn measure(call: &Call<'_>, text: fn(&str) -> usize, bytes: fn(&[u8]) -> usize) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = text_or_bytes(call, 0)?;
    Ok(lift(call, call.name, vec![arg], (I, false), move |row| {
        Ok(match row[0] {
            Cell::Bytes(value) => bytes(value),
            other => text(other.text()),
        }
        .into())
    }))
}

/// A test of one string or byte sequence against another.
fn search(
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Left,
    Right,
}

/// `trim(text)` takes spaces only; `trim(chars, text)` any of the characters. `btrim` has them the
/// other way round.
fn trim(call: &Call<'_>, side: Side) -> Result<Typed> {
    call.arity(1..=2)?;
    let swapped = call.name == "btrim";
    let mut args = vec![call.implicit(0, &S)?];
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

fn character(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[DataType::Int64], (S, false), |row| {
        let code = row[0].whole();
        if code < 0 {
            return Ok("".into());
        }
        let code = u8::try_from(code % 256).unwrap_or(0);
        Ok(String::from(char::from(code)).into())
    })
}

fn int(value: i32) -> Typed {
    Typed::literal(ScalarValue::Int32(Some(value)), I, value.to_string())
}

/// The place of a string in another, from one; zero if it is nowhere at or behind `start`.
fn find(text: &str, part: &str, start: i64) -> i64 {
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

fn locate(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = &with_defaults(call, 3, &[int(1)]);
    // Without a place to start from the answer is zero, not null (`StringLocate.eval`).
    let start = call.implicit(2, &I)?;
    let absent = Expr::IsNull(Box::new(start.expr.clone()));
    let zero = Box::new(int(0).expr);
    let start_expr = Case::new(
        None,
        vec![(Box::new(absent), zero)],
        Some(Box::new(start.expr)),
    );
    let mut exprs = vec![call.implicit(0, &S)?, call.implicit(1, &S)?];
    exprs.push(Typed::new(Expr::Case(start_expr), I, false, start.name));
    Ok(lift(call, "", exprs, (I, false), |row| {
        Ok(find(row[1].text(), row[0].text(), row[2].whole()).into())
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
fn substring(text: &str, start: i64, n: i64) -> String {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let (first, last) = bounds(length, start, n);
    text.chars().skip(first).take(last - first).collect()
}

fn substring_of(call: &Call<'_>) -> Result<Typed> {
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
fn part(value: Cell<'_>, start: i64, n: i64) -> Value {
    match value {
        Cell::Bytes(bytes) => {
            let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let (first, last) = bounds(length, start, n);
            bytes[first..last].to_vec().into()
        }
        other => substring(other.text(), start, n).into(),
    }
}

/// Java's MIME encoder: lines of 76 characters.
fn base64_lines(bytes: &[u8]) -> String {
    let flat = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = flat
        .as_bytes()
        .chunks(76)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    lines.join("\r\n")
}

fn pad(call: &Call<'_>, left: bool) -> Result<Typed> {
    call.arity(2..=3)?;
    if call.arg(0)?.data_type == B {
        return Err(Error::unsupported(format!("`{}` of binary", call.name)));
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

fn overlay(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    if call.arg(0)?.data_type == B {
        return Err(Error::unsupported("`overlay` of binary"));
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

/// Capitals at the beginning of words, which only spaces part.
fn initcap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut start = true;
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = c == ' ';
    }
    out
}

fn split_part(row: &[Cell<'_>]) -> Result<Value> {
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

fn substring_index(row: &[Cell<'_>]) -> String {
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

fn translate(row: &[Cell<'_>]) -> String {
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

fn unbase64(text: &str) -> Result<Value> {
    // Java's MIME decoder skips whatever is no digit of the code.
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    // Bits behind the last whole byte are dropped, whatever they are; a single digit holds none.
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&base64::alphabet::STANDARD, lenient)
        .decode(&digits)
        .map(Value::from)
        .map_err(|_| {
            Error::plain(
                Exception::IllegalArgument,
                "Last unit does not have enough valid bits",
            )
        })
}

/// `concat_ws(separator, …)`: nulls are left out, arrays spread.
fn concat_ws(call: &Call<'_>) -> Result<Typed> {
    use arrow::array::{Array, AsArray, StringArray};
    call.arity(1..=usize::MAX)?;
    let mut args = vec![call.implicit(0, &S)?];
    for index in 1..call.args.len() {
        let to = match call.arg(index)?.data_type {
            DataType::List(_) => crate::types::arrow::list(S, true),
            _ => S,
        };
        args.push(call.implicit(index, &to)?);
    }
    let nullable = args.first().is_some_and(|separator| separator.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    let name = call.default_name();
    Ok(Kernel::typed(
        "concat_ws",
        "",
        (S, nullable),
        exprs,
        name,
        |args| {
            let arrays = args.arrays()?;
            let (separators, values) = arrays
                .split_first()
                .ok_or_else(|| Error::internal("concat_ws without a separator"))?;
            let separators = separators.as_string::<i32>();
            let joined: StringArray = (0..args.rows)
                .map(|row| {
                    separators.is_valid(row).then(|| {
                        let mut parts: Vec<String> = Vec::new();
                        for value in values.iter().filter(|value| value.is_valid(row)) {
                            match value.data_type() {
                                DataType::List(_) => {
                                    let items = value.as_list::<i32>().value(row);
                                    let items = items.as_string::<i32>();
                                    parts.extend(items.iter().flatten().map(str::to_owned));
                                }
                                _ => parts.push(value.as_string::<i32>().value(row).to_owned()),
                            }
                        }
                        parts.join(separators.value(row))
                    })
                })
                .collect();
            Ok(std::sync::Arc::new(joined))
        },
    ))
}

fn elt(call: &Call<'_>) -> Result<Typed> {
    use arrow::array::{Array, AsArray, StringArray};
    call.arity(2..=usize::MAX)?;
    let mut exprs = vec![call.implicit(0, &I)?.expr];
    for index in 1..call.args.len() {
        exprs.push(call.implicit(index, &S)?.expr);
    }
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    let name = call.default_name();
    let options = format!("{ansi} {origin:?}");
    Ok(Kernel::typed(
        "elt",
        options,
        (S, true),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let places = arrays[0].as_primitive::<arrow::datatypes::Int32Type>();
            let found = (0..args.rows)
                .map(|row| {
                    if places.is_null(row) {
                        return Ok(None);
                    }
                    let place = places.value(row);
                    let value = usize::try_from(place)
                        .ok()
                        .filter(|p| *p > 0)
                        .and_then(|p| arrays.get(p));
                    match value {
                        Some(value) if value.is_null(row) => Ok(None),
                        Some(value) => Ok(Some(value.as_string::<i32>().value(row).to_owned())),
                        None if ansi => Err(Error::new(
                            "INVALID_ARRAY_INDEX",
                            [
                                ("indexValue", place.to_string()),
                                ("arraySize", (arrays.len() - 1).to_string()),
                                ("ansiConfig", crate::error::ANSI.to_owned()),
                            ],
                        )
                        .at(origin.clone())),
                        None => Ok(None),
                    }
                })
                .collect::<Result<Vec<Option<String>>>>()?;
            Ok(std::sync::Arc::new(StringArray::from(found)))
        },
    ))
}

fn charset_unknown(name: &str, function: &str) -> Error {
    Error::new(
        "INVALID_PARAMETER_VALUE.CHARSET",
        [
            ("functionName", format!("`{function}`")),
            ("parameter", "`charset`".to_owned()),
            ("charset", name.to_owned()),
            (
                "charsets",
                "iso-8859-1, us-ascii, utf-16, utf-16be, utf-16le, utf-32, utf-8".to_owned(),
            ),
        ],
    )
}

fn malformed(charset: &str, function: &str) -> Error {
    Error::new(
        "MALFORMED_CHARACTER_CODING",
        [
            ("function", format!("`{function}`")),
            ("charset", charset.to_owned()),
        ],
    )
}

fn encode(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[S, S], (B, true), |row| {
        let text = row[0].text();
        let charset = row[1].text();
        let wrong = || malformed(charset, "encode");
        let bytes: Vec<u8> = match charset.to_ascii_uppercase().as_str() {
            "UTF-8" => text.as_bytes().to_vec(),
            "US-ASCII" => text
                .chars()
                .map(|c| u8::try_from(c).ok().filter(u8::is_ascii))
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
            "ISO-8859-1" => text
                .chars()
                .map(|c| u8::try_from(c).ok())
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
            "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "UTF-16" if text.is_empty() => Vec::new(),
            "UTF-16" => [0xFE, 0xFF]
                .into_iter()
                .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
                .collect(),
            "UTF-32" => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
            _ => return Err(charset_unknown(charset, "encode")),
        };
        Ok(bytes.into())
    })
}

fn decode(call: &Call<'_>) -> Result<Typed> {
    if call.args.len() != 2 {
        return Err(Error::unsupported("`decode` with search values"));
    }
    strict(call, &[B, S], (S, true), |row| {
        let bytes = row[0].bytes();
        let charset = row[1].text();
        let wrong = || malformed(charset, "decode");
        let wide = |from: fn([u8; 2]) -> u16| -> Result<String> {
            let pairs = bytes.chunks_exact(2);
            if !pairs.remainder().is_empty() {
                return Err(wrong());
            }
            let units: Vec<u16> = pairs.map(|pair| from([pair[0], pair[1]])).collect();
            String::from_utf16(&units).map_err(|_| wrong())
        };
        Ok(match charset.to_ascii_uppercase().as_str() {
            "UTF-8" => String::from_utf8(bytes.to_vec()).map_err(|_| wrong())?,
            "US-ASCII" if !bytes.is_ascii() => return Err(wrong()),
            "US-ASCII" => bytes.iter().map(|b| char::from(*b)).collect(),
            "ISO-8859-1" => bytes.iter().map(|b| char::from(*b)).collect(),
            "UTF-16BE" | "UTF-16" => wide(u16::from_be_bytes)?
                .trim_start_matches('\u{FEFF}')
                .to_owned(),
            "UTF-16LE" => wide(u16::from_le_bytes)?,
            _ => return Err(charset_unknown(charset, "decode")),
        }
        .into())
    })
}
