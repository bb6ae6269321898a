//! Character sets of text files, by the names that Spark allows.
//!
//! Malformed input becomes U+FFFD, as Java's decoders do it.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// How a file's bytes are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Ascii,
    Latin1,
    /// Big-endian unless a mark at the beginning says otherwise.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// As [`Charset::Utf16`].
    Utf32,
    Utf8,
}

const NAMES: [(&str, Charset); 7] = [
    ("iso-8859-1", Charset::Latin1),
    ("us-ascii", Charset::Ascii),
    ("utf-16", Charset::Utf16),
    ("utf-16be", Charset::Utf16Be),
    ("utf-16le", Charset::Utf16Le),
    ("utf-32", Charset::Utf32),
    ("utf-8", Charset::Utf8),
];

impl Charset {
    /// The character set of a name; `reader` is what Spark calls the asker.
    pub(crate) fn named(name: &str, reader: &str) -> Result<Self> {
        let known = |(known, _): &&(&str, Self)| name.eq_ignore_ascii_case(known);
        NAMES
            .iter()
            .find(known)
            .map(|(_, charset)| *charset)
            .ok_or_else(|| {
                let all: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                Error::new(
                    "INVALID_PARAMETER_VALUE.CHARSET",
                    [
                        ("functionName", format!("`{reader}`")),
                        ("parameter", "`charset`".to_owned()),
                        ("charset", name.to_owned()),
                        ("charsets", all.join(", ")),
                    ],
                )
            })
    }

    /// Bytes as text.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Ascii => mapped(bytes, |byte| {
                if byte.is_ascii() {
                    char::from(byte)
                } else {
                    char::REPLACEMENT_CHARACTER
                }
            }),
            Self::Latin1 => mapped(bytes, char::from),
            Self::Utf16 => match bytes {
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                _ => utf16(bytes, u16::from_be_bytes),
            },
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Self::Utf32 => match bytes {
                [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
                [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
                _ => utf32(bytes, u32::from_be_bytes),
            },
        }
    }

    /// Text as bytes, with the mark that a file of this set begins with.
    pub(crate) fn encode(self, text: &str, begins: bool) -> Cow<'_, [u8]> {
        let narrow = |limit: u32| -> Vec<u8> {
            text.chars()
                .map(|c| match u8::try_from(u32::from(c)) {
                    Ok(byte) if u32::from(byte) <= limit => byte,
                    _ => b'?',
                })
                .collect()
        };
        let wide = |bytes: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
            let mark = mark.then_some(0xfeff);
            mark.into_iter()
                .chain(text.encode_utf16())
                .flat_map(bytes)
                .collect()
        };
        match self {
            Self::Utf8 => text.as_bytes().into(),
            Self::Ascii => narrow(0x7f).into(),
            Self::Latin1 => narrow(0xff).into(),
            Self::Utf16 => wide(u16::to_be_bytes, begins).into(),
            Self::Utf16Be => wide(u16::to_be_bytes, false).into(),
            Self::Utf16Le => wide(u16::to_le_bytes, false).into(),
            Self::Utf32 => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect::<Vec<u8>>()
                .into(),
        }
    }
}

fn mapped(bytes: &[u8], character: impl Fn(u8) -> char) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.into(),
        _ => bytes.iter().map(|byte| character(*byte)).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, str> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|pair| unit(*pair)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.chain((!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Cow<'static, str> {
    let (units, rest) = bytes.as_chunks::<4>();
    let text = units
        .iter()
        .map(|four| char::from_u32(unit(*four)).unwrap_or(char::REPLACEMENT_CHARACTER));
    text.chain((!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
        .collect()
}
