//! Strings as bytes and back: character sets and base 64.

use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Error, Exception, Result};
use crate::functions::Call;
use crate::functions::rows::{Value, strict};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;

/// Java's MIME encoder: lines of 76 characters.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let flat = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = flat
        .as_bytes()
        .chunks(76)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    lines.join("\r\n")
}

pub(super) fn unbase64(text: &str) -> Result<Value> {
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

pub(super) fn encode(call: &Call<'_>) -> Result<Typed> {
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

pub(super) fn decode(call: &Call<'_>) -> Result<Typed> {
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
