//! In which order Java's and Spark's hash tables give back what was put in: where Spark answers with
//! "any" of several, it answers with the one that comes first there.
//!
//! Knows only types whose hash is that of their value; for others the order of insertion stays.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType, TimestampMicrosecondType,
};

use crate::functions::hashes::{murmur_bytes, murmur_words};

/// `Object.hashCode` of the value as Spark keeps it.
fn hash_code(array: &ArrayRef, row: usize) -> Option<i32> {
    let long = |value: i64| {
        let bits = value.cast_unsigned();
        low(bits ^ (bits >> 32))
    };
    Some(match array.data_type() {
        DataType::Boolean if array.as_boolean().value(row) => 1231,
        DataType::Boolean => 1237,
        DataType::Int8 => i32::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => i32::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row),
        DataType::Interval(IntervalUnit::YearMonth) => {
            array.as_primitive::<IntervalYearMonthType>().value(row)
        }
        DataType::Int64 => long(array.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(..) => {
            long(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Duration(_) => long(array.as_primitive::<DurationMicrosecondType>().value(row)),
        DataType::Float32 => {
            let bits = array.as_primitive::<Float32Type>().value(row).to_bits();
            bits.cast_signed()
        }
        DataType::Float64 => {
            let bits = array.as_primitive::<Float64Type>().value(row).to_bits();
            low(bits ^ (bits >> 32))
        }
        DataType::Utf8 => {
            murmur_bytes(array.as_string::<i32>().value(row).as_bytes(), 42).cast_signed()
        }
        _ => return None,
    })
}

fn low(bits: u64) -> i32 {
    u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0).cast_signed()
}

/// The order of Spark's `OpenHashMap`, for distinct values.
pub(crate) fn open_hash_order(values: &ArrayRef) -> Vec<usize> {
    let n = values.len();
    let Some(hashes) = (0..n)
        .map(|row| hash_code(values, row))
        .collect::<Option<Vec<_>>>()
    else {
        return (0..n).collect();
    };
    let mut capacity = 64_usize;
    while n * 10 > capacity * 7 {
        capacity *= 2;
    }
    let mut slots: Vec<Option<usize>> = vec![None; capacity];
    for (row, hash) in hashes.into_iter().enumerate() {
        let mixed = murmur_words(&[hash.cast_unsigned()], 0, 4);
        let mut at = usize::try_from(mixed).unwrap_or(0) & (capacity - 1);
        let mut step = 1;
        while slots.get(at).is_some_and(Option::is_some) {
            at = (at + step) & (capacity - 1);
            step += 1;
        }
        if let Some(slot) = slots.get_mut(at) {
            *slot = Some(row);
        }
    }
    slots.into_iter().flatten().collect()
}

/// The order of Scala's mutable `HashSet`, for distinct values.
pub(crate) fn hash_set_order(values: &ArrayRef) -> Vec<usize> {
    let n = values.len();
    let Some(hashes) = (0..n)
        .map(|row| hash_code(values, row))
        .collect::<Option<Vec<_>>>()
    else {
        return (0..n).collect();
    };
    let mut capacity = 16_u32;
    while n * 4 > usize::try_from(capacity).unwrap_or(usize::MAX) * 3 {
        capacity *= 2;
    }
    let mut order: Vec<(u32, i32, usize)> = hashes
        .into_iter()
        .enumerate()
        .map(|(row, hash)| {
            let bits = hash.cast_unsigned();
            let improved = bits ^ (bits >> 16);
            (improved & (capacity - 1), improved.cast_signed(), row)
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, row)| row).collect()
}
