//! Functions on strings and bytes, as Spark counts them: in characters, from one, and from the end
//! when negative.
//!
//! Regular expressions are in `regex.rs`, hashes in `hashes.rs`.

mod addresses;
mod codes;
mod codewords;
mod format;
mod layout;
mod lists;
mod number_format;
mod parts;
mod sentences;
mod shape;
mod utf8;

use addresses::{parse_url, url_decode};
use arrow::datatypes::DataType;
use codes::{base64_lines, decode, encode, to_binary, unbase64};
use codewords::{luhn_check, mask, quote, soundex};
use datafusion::common::ScalarValue;
use format::format_string;
use number_format::format_number;
use utf8::{Invalid, is_valid, validated};

use crate::error::Result;
use crate::functions::rows::{lift, strict, with_defaults};
use crate::functions::{Call, Function, planned, scalar};
use crate::plan::typed::Typed;
use lists::{concat_ws, elt};
use parts::{
    find, locate, measure, overlay, part, search, split_part, substring, substring_index,
    substring_of,
};
use shape::{Side, character, initcap, pad, translate, trim};

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;
const I: DataType = DataType::Int32;

pub(super) use number_format::half_up;

pub(super) const TABLE: &[Function] = &[
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
    scalar("format_number", format_number),
    scalar("format_string", format_string),
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
    scalar("is_valid_utf8", is_valid),
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
    scalar("luhn_check", luhn_check),
    scalar("make_valid_utf8", |call| validated(call, Invalid::Replaced)),
    scalar("mask", mask),
    scalar("octet_length", |call| measure(call, str::len, <[u8]>::len)),
    scalar("overlay", overlay),
    scalar("parse_url", |call| parse_url(call, false)),
    scalar("position", locate),
    scalar("printf", format_string),
    scalar("quote", quote),
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
    scalar("sentences", sentences::sentences),
    scalar("soundex", soundex),
    scalar("space", |call| {
        strict(call, &[I], (S, false), |row| {
            Ok(" "
                .repeat(usize::try_from(row[0].whole()).unwrap_or(0))
                .into())
        })
    }),
    scalar("split_part", |call| {
        strict(call, &[S, S, I], (S, true), split_part)
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
    scalar("to_binary", |call| to_binary(call, false)),
    scalar("to_char", layout::to_char),
    scalar("to_number", |call| layout::to_number(call, false)),
    scalar("to_varchar", layout::to_char),
    scalar("translate", |call| {
        strict(
            call,
            &[S, S, S],
            (S, false),
            |row| Ok(translate(row).into()),
        )
    }),
    scalar("trim", |call| trim(call, Side::Both)),
    scalar("try_parse_url", |call| parse_url(call, true)),
    scalar("try_to_binary", |call| to_binary(call, true)),
    scalar("try_to_number", |call| layout::to_number(call, true)),
    scalar("try_url_decode", |call| url_decode(call, true)),
    scalar("try_validate_utf8", |call| validated(call, Invalid::Null)),
    scalar("ucase", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_uppercase().into())
        })
    }),
    scalar("unbase64", |call| {
        strict(call, &[S], (B, false), |row| unbase64(row[0].text()))
    }),
    scalar("upper", |call| {
        strict(call, &[S], (S, false), |row| {
            Ok(row[0].text().to_uppercase().into())
        })
    }),
    scalar("url_decode", |call| url_decode(call, false)),
    scalar("url_encode", |call| {
        strict(call, &[S], (S, true), |row| {
            Ok(url::form_urlencoded::byte_serialize(row[0].bytes())
                .collect::<String>()
                .into())
        })
    }),
    scalar("validate_utf8", |call| validated(call, Invalid::Refused)),
];

/// Where an argument may be a string or bytes: bytes stay bytes, everything else becomes a string.
fn text_or_bytes(call: &Call<'_>, index: usize) -> Result<Typed> {
    match call.arg(index)?.data_type {
        DataType::Binary => Ok(call.arg(index)?.clone()),
        _ => call.implicit(index, &S),
    }
}

fn int(value: i32) -> Typed {
    Typed::literal(ScalarValue::Int32(Some(value)), I, value.to_string())
}
