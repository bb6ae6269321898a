//! Strings as bytes and back: character sets and base 64.

use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use datafusion::logical_expr::{Case, Expr};

use crate::error::{Error, Exception, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::math::unhex;
use crate::functions::rows::{Value, lift, strict};
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
    if call.args.len() > 2 {
        return decode_cases(call);
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

/// `to_binary(text, 'hex' | 'utf-8' | 'base64')`.
pub(super) fn to_binary(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=2)?;
    let format = match call.args.get(1) {
        None => "hex".to_owned(),
        Some(arg) => match arg.constant_str() {
            Some(format) => format.to_ascii_lowercase(),
            None if arg.data_type == DataType::Null => {
                return Ok(Typed::null(B).named(call.default_name()));
            }
            None => {
                let shown = call.name_as("to_binary");
                call.foldable(1, "fmt")
                    .map_err(|error| error.with("sqlExpr", format!("\"{shown}\"")))?;
                return Err(Error::unsupported("a computed format of `to_binary`"));
            }
        },
    };
    let decode: fn(&str) -> Option<Vec<u8>> = match format.as_str() {
        "hex" => unhex,
        "utf-8" | "utf8" => |text| Some(text.as_bytes().to_vec()),
        "base64" => strict_base64,
        _ => {
            return Err(Error::new(
                "DATATYPE_MISMATCH.INVALID_ARG_VALUE",
                [
                    ("sqlExpr", format!("\"{}\"", call.default_name())),
                    ("inputName", "fmt".to_owned()),
                    (
                        "requireType",
                        "case-insensitive \"STRING\" literal of 'hex', 'utf-8', 'utf8', or 'base64'"
                            .to_owned(),
                    ),
                    ("inputValue", format!("'{format}'")),
                ],
            )
            .at(call.origin.clone()));
        }
    };
    let args = vec![call.implicit(0, &S)?];
    let null = tries || format != "base64";
    let shown = format.to_ascii_uppercase();
    Ok(lift(call, format, args, (B, null), move |row| {
        let text = row[0].text();
        match decode(text) {
            Some(bytes) => Ok(bytes.into()),
            None if tries => Ok(Value::Null),
            None => Err(Error::new(
                "CONVERSION_INVALID_INPUT",
                [
                    ("str", format!("'{text}'")),
                    ("fmt", format!("'{shown}'")),
                    ("targetType", "\"BINARY\"".to_owned()),
                    ("suggestion", "`try_to_binary`".to_owned()),
                ],
            )
            .thrown_as(Exception::IllegalArgument)),
        }
    }))
}

/// Base 64 with blanks between groups allowed, everything else checked.
fn strict_base64(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD
        .decode(digits)
        .ok()
}

/// `decode(value, search, result, …, default)`: the result beside the first equal search value, of
/// which null is one.
pub(super) fn decode_cases(call: &Call<'_>) -> Result<Typed> {
    let value = call.arg(0)?;
    let pairs = call.args.get(1..).unwrap_or_default();
    let mut results: Vec<Typed> = pairs.chunks(2).filter_map(|p| p.last().cloned()).collect();
    let has_default = pairs.len() % 2 == 1;
    let name = call.default_name();
    results = unify(call, &results, &name)?;
    let data_type = results.first().map_or(S, |r| r.data_type.clone());
    let nullable = !has_default || results.iter().any(|r| r.nullable);
    let branches = pairs
        .chunks_exact(2)
        .zip(&results)
        .map(|(pair, result)| {
            let [search, _] = pair else {
                return Err(Error::internal("decode lost a pair"));
            };
            let args = vec![value.clone(), search.clone()];
            let same = crate::functions::call(call.context, "<=>", args)?;
            Ok((Box::new(same.expr), Box::new(result.expr.clone())))
        })
        .collect::<Result<Vec<_>>>()?;
    let default = results.last().filter(|_| has_default);
    let case = Case::new(None, branches, default.map(|d| Box::new(d.expr.clone())));
    Ok(Typed::new(Expr::Case(case), data_type, nullable, name))
}
