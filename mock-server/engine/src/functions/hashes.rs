//! Digests and Spark's own hashes of any values, bit for bit: `hash` is Murmur3 with seed 42 (its
//! last bytes are mixed one by one, unlike the original), `xxhash64` is XXH64 with seed 42.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType,
    TimestampMicrosecondType,
};
use md5::Digest as _;
use twox_hash::XxHash64;

use super::kernel::Kernel;
use super::rows::{Value, strict};
use super::{Call, Function, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::variant::has_variant;

const S: DataType = DataType::Utf8;
const B: DataType = DataType::Binary;

pub(super) const TABLE: &[Function] = &[
    scalar("crc32", |call| {
        strict(call, &[B], (DataType::Int64, false), |row| {
            Ok(i64::from(crc32fast::hash(row[0].bytes())).into())
        })
    }),
    scalar("hash", |call| hashed(call, Algorithm::Murmur3)),
    scalar("md5", |call| {
        strict(call, &[B], (S, false), |row| {
            Ok(hex(&md5::Md5::digest(row[0].bytes())).into())
        })
    }),
    scalar("sha", sha1),
    scalar("sha1", sha1),
    scalar("sha2", |call| {
        strict(call, &[B, DataType::Int32], (S, true), |row| {
            let bytes = row[0].bytes();
            Ok(match row[1].whole() {
                0 | 256 => hex(&sha2::Sha256::digest(bytes)).into(),
                224 => hex(&sha2::Sha224::digest(bytes)).into(),
                384 => hex(&sha2::Sha384::digest(bytes)).into(),
                512 => hex(&sha2::Sha512::digest(bytes)).into(),
                _ => Value::Null,
            })
        })
    }),
    scalar("xxhash64", |call| hashed(call, Algorithm::XxHash64)),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha1(call: &Call<'_>) -> Result<Typed> {
    strict(call, &[B], (S, false), |row| {
        use sha1::Digest as _;
        Ok(hex(&sha1::Sha1::digest(row[0].bytes())).into())
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Murmur3,
    XxHash64,
}

fn hashed(call: &Call<'_>, algorithm: Algorithm) -> Result<Typed> {
    call.arity(1..=usize::MAX)?;
    if call.args.iter().any(|arg| has_variant(&arg.data_type)) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.HASH_VARIANT_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{}`", call.name)),
            ],
        )
        .at(call.origin.clone()));
    }
    if call.args.iter().any(|arg| has_map(&arg.data_type)) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.HASH_MAP_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{}`", call.name)),
            ],
        )
        .at(call.origin.clone()));
    }
    let result = match algorithm {
        Algorithm::Murmur3 => DataType::Int32,
        Algorithm::XxHash64 => DataType::Int64,
    };
    let exprs = call.args.iter().map(|arg| arg.expr.clone()).collect();
    let name = call.default_name();
    Ok(Kernel::typed(
        call.name,
        "",
        (result, false),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let hashes = (0..args.rows)
                .map(|row| {
                    arrays
                        .iter()
                        .try_fold(42_u64, |seed, array| value(algorithm, array, row, seed))
                })
                .collect::<Result<Vec<u64>>>()?;
            Ok(match algorithm {
                Algorithm::Murmur3 => Arc::new(
                    hashes
                        .into_iter()
                        .map(|h| Some(low(h).cast_signed()))
                        .collect::<Int32Array>(),
                ) as ArrayRef,
                Algorithm::XxHash64 => Arc::new(
                    hashes
                        .into_iter()
                        .map(|h| Some(h.cast_signed()))
                        .collect::<Int64Array>(),
                ),
            })
        },
    ))
}

fn has_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) => true,
        DataType::List(item) => has_map(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_map(field.data_type())),
        _ => false,
    }
}

/// The low 32 bits.
fn low(value: u64) -> u32 {
    u32::try_from(value & 0xFFFF_FFFF).unwrap_or(0)
}

/// The hash of one value over the hash so far; null leaves it as it is.
fn value(algorithm: Algorithm, array: &ArrayRef, row: usize, seed: u64) -> Result<u64> {
    if array.is_null(row) {
        return Ok(seed);
    }
    let int = |number: i32| match algorithm {
        Algorithm::Murmur3 => u64::from(murmur_words(&[number.cast_unsigned()], low(seed), 4)),
        Algorithm::XxHash64 => XxHash64::oneshot(seed, &number.to_le_bytes()),
    };
    let long = |number: i64| match algorithm {
        Algorithm::Murmur3 => {
            let bits = number.cast_unsigned();
            u64::from(murmur_words(&[low(bits), low(bits >> 32)], low(seed), 8))
        }
        Algorithm::XxHash64 => XxHash64::oneshot(seed, &number.to_le_bytes()),
    };
    let bytes = |bytes: &[u8]| match algorithm {
        Algorithm::Murmur3 => u64::from(murmur_bytes(bytes, low(seed))),
        Algorithm::XxHash64 => XxHash64::oneshot(seed, bytes),
    };
    Ok(match array.data_type() {
        DataType::Null => seed,
        DataType::Boolean => int(i32::from(array.as_boolean().value(row))),
        DataType::Int8 => int(i32::from(array.as_primitive::<Int8Type>().value(row))),
        DataType::Int16 => int(i32::from(array.as_primitive::<Int16Type>().value(row))),
        DataType::Int32 => int(array.as_primitive::<Int32Type>().value(row)),
        DataType::Date32 => int(array.as_primitive::<Date32Type>().value(row)),
        DataType::Interval(IntervalUnit::YearMonth) => {
            int(array.as_primitive::<IntervalYearMonthType>().value(row))
        }
        DataType::Int64 => long(array.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(..) => {
            long(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Duration(_) => long(array.as_primitive::<DurationMicrosecondType>().value(row)),
        // Both zeros hash alike.
        DataType::Float32 => int((array.as_primitive::<Float32Type>().value(row) + 0.0)
            .to_bits()
            .cast_signed()),
        DataType::Float64 => long(
            (array.as_primitive::<Float64Type>().value(row) + 0.0)
                .to_bits()
                .cast_signed(),
        ),
        DataType::Decimal128(precision, _) => {
            let number = array.as_primitive::<Decimal128Type>().value(row);
            if *precision <= 18 {
                long(i64::try_from(number).unwrap_or(0))
            } else {
                bytes(&shortest(number))
            }
        }
        DataType::Utf8 => bytes(array.as_string::<i32>().value(row).as_bytes()),
        DataType::Binary => bytes(array.as_binary::<i32>().value(row)),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).try_fold(seed, |seed, at| value(algorithm, &items, at, seed))?
        }
        DataType::Struct(_) => array
            .as_struct()
            .columns()
            .iter()
            .try_fold(seed, |seed, column| value(algorithm, column, row, seed))?,
        other => return Err(Error::unsupported(format!("a hash of {other}"))),
    })
}

/// `BigInteger.toByteArray`: the fewest big-endian bytes that keep the sign.
fn shortest(number: i128) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let filler = if number < 0 { 0xFF } else { 0 };
    let mut first = 0;
    while first < bytes.len() - 1
        && bytes[first] == filler
        && (bytes[first + 1] & 0x80 != 0) == (number < 0)
    {
        first += 1;
    }
    bytes[first..].to_vec()
}

fn mix_k(k: u32) -> u32 {
    k.wrapping_mul(0xcc9e_2d51)
        .rotate_left(15)
        .wrapping_mul(0x1b87_3593)
}

fn mix_h(h: u32, k: u32) -> u32 {
    (h ^ k)
        .rotate_left(13)
        .wrapping_mul(5)
        .wrapping_add(0xe654_6b64)
}

fn finish(h: u32, length: usize) -> u32 {
    let mut h = h ^ u32::try_from(length).unwrap_or(u32::MAX);
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

/// Murmur3 of whole words.
pub(super) fn murmur_words(words: &[u32], seed: u32, length: usize) -> u32 {
    finish(
        words.iter().fold(seed, |h, word| mix_h(h, mix_k(*word))),
        length,
    )
}

pub(super) fn murmur_bytes(bytes: &[u8], seed: u32) -> u32 {
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    let h = words.fold(seed, |h, word| {
        mix_h(
            h,
            mix_k(u32::from_le_bytes([word[0], word[1], word[2], word[3]])),
        )
    });
    let h = rest.iter().fold(h, |h, byte| {
        mix_h(h, mix_k(i32::from(byte.cast_signed()).cast_unsigned()))
    });
    finish(h, bytes.len())
}
