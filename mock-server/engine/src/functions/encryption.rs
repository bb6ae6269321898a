//! `aes_encrypt` and `aes_decrypt`, as `ExpressionImplUtils` has them: the modes GCM, CBC and ECB, the
//! initialisation vector in front of what it encrypted, and Java's words for what goes wrong.

use arrow::datatypes::DataType;
use aws_lc_rs::aead::{self, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use datafusion::common::ScalarValue;

use super::rows::{Cell, Value, lift, with_defaults};
use super::{Call, Function, scalar};
use crate::error::{Error, Exception, Result};
use crate::plan::typed::Typed;

const B: DataType = DataType::Binary;
const S: DataType = DataType::Utf8;
const BLOCK: usize = 16;
const TAG: usize = 16;

pub(super) const TABLE: &[Function] = &[
    scalar("aes_decrypt", |call| aes_decrypt(call, false)),
    scalar("aes_encrypt", aes_encrypt),
    scalar("try_aes_decrypt", |call| aes_decrypt(call, true)),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Ecb,
    Cbc,
    Gcm,
}

impl Mode {
    fn of(mode: &str, padding: &str) -> Result<Self> {
        let pair = (mode.to_ascii_uppercase(), padding.to_ascii_uppercase());
        match (pair.0.as_str(), pair.1.as_str()) {
            ("ECB", "PKCS" | "DEFAULT") => Ok(Self::Ecb),
            ("CBC", "PKCS" | "DEFAULT") => Ok(Self::Cbc),
            ("GCM", "NONE" | "DEFAULT") => Ok(Self::Gcm),
            _ => Err(Error::new(
                "UNSUPPORTED_FEATURE.AES_MODE",
                [("mode", mode), ("padding", padding), ("functionName", BOTH)],
            )
            .thrown_as(Exception::Runtime)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ecb => "ECB",
            Self::Cbc => "CBC",
            Self::Gcm => "GCM",
        }
    }

    fn iv_length(self) -> usize {
        match self {
            Self::Ecb => 0,
            Self::Cbc => BLOCK,
            Self::Gcm => NONCE_LEN,
        }
    }
}

const BOTH: &str = "`aes_encrypt`/`aes_decrypt`";

fn aes_encrypt(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=6)?;
    let call = with_defaults(call, 6, &defaults());
    let args = converted(&call, &[B, B, S, S, B, B])?;
    Ok(lift(&call, "", args, (B, true), |row| {
        encrypted(row).map(Value::from)
    }))
}

fn aes_decrypt(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(2..=5)?;
    let [mode, padding, _, aad] = defaults();
    let call = with_defaults(call, 5, &[mode, padding, aad]);
    // `try_aes_decrypt` checks as the function that it wraps.
    let args = converted(&call, &[B, B, S, S, B])
        .map_err(|error| error.with("sqlExpr", format!("\"{}\"", call.name_as("aes_decrypt"))))?;
    Ok(lift(
        &call,
        "",
        args,
        (B, true),
        move |row| match decrypted(row) {
            Err(_) if tries => Ok(Value::Null),
            other => other.map(Value::from),
        },
    ))
}

fn defaults() -> [Typed; 4] {
    let text = |text: &str| {
        let value = ScalarValue::Utf8(Some(text.to_owned()));
        Typed::literal(value, S, text)
    };
    [text("GCM"), text("DEFAULT"), text(""), text("")]
}

fn converted(call: &Call<'_>, types: &[DataType]) -> Result<Vec<Typed>> {
    types
        .iter()
        .enumerate()
        .map(|(index, to)| call.implicit(index, to))
        .collect()
}

/// What the library refuses, in Java's words.
fn crypto_error(detail: &str) -> Error {
    Error::new(
        "INVALID_PARAMETER_VALUE.AES_CRYPTO_ERROR",
        [
            ("parameter", "`expr`, `key`"),
            ("functionName", BOTH),
            ("detailMessage", detail),
        ],
    )
}

fn checked_key(key: &[u8]) -> Result<&[u8]> {
    if matches!(key.len(), 16 | 24 | 32) {
        return Ok(key);
    }
    Err(Error::new(
        "INVALID_PARAMETER_VALUE.AES_KEY_LENGTH",
        [
            ("parameter", "`key`".to_owned()),
            ("functionName", BOTH.to_owned()),
            ("actualLength", key.len().to_string()),
        ],
    ))
}

fn block_key(key: &[u8]) -> Result<UnboundCipherKey> {
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        _ => &cipher::AES_256,
    };
    UnboundCipherKey::new(algorithm, key).map_err(|_| refused("key"))
}

fn sealing_key(key: &[u8]) -> Result<LessSafeKey> {
    let algorithm = match key.len() {
        16 => &aead::AES_128_GCM,
        24 => &aead::AES_192_GCM,
        _ => &aead::AES_256_GCM,
    };
    let key = UnboundKey::new(algorithm, key).map_err(|_| refused("key"))?;
    Ok(LessSafeKey::new(key))
}

fn refused(what: &str) -> Error {
    Error::internal(format!("the cipher refused a checked {what}"))
}

fn encrypted(row: &[Cell<'_>]) -> Result<Vec<u8>> {
    let [input, key, mode, padding, iv, aad] = row else {
        return Err(Error::internal("aes_encrypt lost an argument"));
    };
    let mode = Mode::of(mode.text(), padding.text())?;
    let key = checked_key(key.bytes())?;
    let without = |class: &'static str| {
        Error::new(
            class,
            [("mode", mode.name()), ("functionName", "`aes_encrypt`")],
        )
        .thrown_as(Exception::Runtime)
    };
    let mut start = iv.bytes().to_vec();
    if mode == Mode::Ecb && !start.is_empty() {
        return Err(without("UNSUPPORTED_FEATURE.AES_MODE_IV"));
    }
    if start.is_empty() {
        start.resize(mode.iv_length(), 0);
        aws_lc_rs::rand::fill(&mut start).map_err(|_| refused("request for random bytes"))?;
    } else if start.len() != mode.iv_length() {
        return Err(Error::new(
            "INVALID_PARAMETER_VALUE.AES_IV_LENGTH",
            [
                ("mode", mode.name().to_owned()),
                ("parameter", "`iv`".to_owned()),
                ("functionName", BOTH.to_owned()),
                ("actualLength", start.len().to_string()),
            ],
        ));
    }
    if mode != Mode::Gcm && !aad.bytes().is_empty() {
        return Err(without("UNSUPPORTED_FEATURE.AES_MODE_AAD"));
    }
    let mut text = input.bytes().to_vec();
    match mode {
        Mode::Ecb => {
            let key = PaddedBlockEncryptingKey::ecb_pkcs7(block_key(key)?);
            key.and_then(|key| key.encrypt(&mut text).map(|_| ()))
        }
        Mode::Cbc => {
            let iv: [u8; BLOCK] = start.as_slice().try_into().map_err(|_| refused("vector"))?;
            let context = EncryptionContext::Iv128(FixedLength::from(iv));
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(block_key(key)?);
            key.and_then(|key| key.less_safe_encrypt(&mut text, context).map(|_| ()))
        }
        Mode::Gcm => {
            let nonce = Nonce::try_assume_unique_for_key(&start).map_err(|_| refused("vector"))?;
            let aad = Aad::from(aad.bytes());
            sealing_key(key)?.seal_in_place_append_tag(nonce, aad, &mut text)
        }
    }
    .map_err(|_| refused("text"))?;
    start.extend(text);
    Ok(start)
}

fn decrypted(row: &[Cell<'_>]) -> Result<Vec<u8>> {
    let [input, key, mode, padding, aad] = row else {
        return Err(Error::internal("aes_decrypt lost an argument"));
    };
    let mode = Mode::of(mode.text(), padding.text())?;
    let key = checked_key(key.bytes())?;
    let Some((start, body)) = input.bytes().split_at_checked(mode.iv_length()) else {
        return Err(crypto_error(match mode {
            Mode::Gcm => "Invalid buffer arguments",
            Mode::Ecb | Mode::Cbc => "IV buffer too short for given offset/length combination",
        }));
    };
    let mut text = body.to_vec();
    if mode == Mode::Gcm {
        if text.len() < TAG {
            return Err(crypto_error(
                "Input data too short to contain an expected tag length of 16bytes",
            ));
        }
        let nonce = Nonce::try_assume_unique_for_key(start).map_err(|_| refused("vector"))?;
        let aad = Aad::from(aad.bytes());
        let key = sealing_key(key)?;
        let found = key.open_in_place(nonce, aad, &mut text);
        return found
            .map(|found| found.to_vec())
            .map_err(|_| crypto_error("Tag mismatch!"));
    }
    if text.len() % BLOCK != 0 {
        return Err(crypto_error(
            "Input length must be multiple of 16 when decrypting with padded cipher",
        ));
    }
    if text.is_empty() {
        return Ok(text);
    }
    let key = block_key(key)?;
    let (key, context) = match mode {
        Mode::Cbc => {
            let iv: [u8; BLOCK] = start.try_into().map_err(|_| refused("vector"))?;
            (
                PaddedBlockDecryptingKey::cbc_pkcs7(key),
                DecryptionContext::Iv128(FixedLength::from(iv)),
            )
        }
        Mode::Ecb | Mode::Gcm => (
            PaddedBlockDecryptingKey::ecb_pkcs7(key),
            DecryptionContext::None,
        ),
    };
    let key = key.map_err(|_| refused("key"))?;
    let found = key.decrypt(&mut text, context);
    found.map(|found| found.to_vec()).map_err(|_| {
        crypto_error(
            "Given final block not properly padded. Such issues can arise if a bad key is used during decryption.",
        )
    })
}
