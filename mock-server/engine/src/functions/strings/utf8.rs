//! Whether bytes are text. Strings of ours always are; bytes given for strings may not be.

use arrow::datatypes::DataType;

use super::text_or_bytes;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::rows::{Value, lift};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;

pub(super) fn is_valid(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![text_or_bytes(call, 0)?];
    let result = (DataType::Boolean, true);
    Ok(lift(call, "", args, result, |row| {
        Ok(std::str::from_utf8(row[0].bytes()).is_ok().into())
    }))
}

/// What becomes of bytes that are no text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Invalid {
    /// Each wrong sequence becomes U+FFFD.
    Replaced,
    /// An error.
    Refused,
    /// Null.
    Null,
}

pub(super) fn validated(call: &Call<'_>, invalid: Invalid) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![text_or_bytes(call, 0)?];
    let options = format!("{invalid:?}");
    Ok(lift(call, options, args, (S, true), move |row| {
        let bytes = row[0].bytes();
        Ok(match (std::str::from_utf8(bytes), invalid) {
            (Ok(text), _) => text.into(),
            (Err(_), Invalid::Replaced) => String::from_utf8_lossy(bytes).into_owned().into(),
            (Err(_), Invalid::Null) => Value::Null,
            (Err(_), Invalid::Refused) => {
                let shown: String = bytes.iter().map(|b| format!("\\x{b:02X}")).collect();
                return Err(Error::new("INVALID_UTF8_STRING", [("str", shown)]));
            }
        })
    }))
}
