//! In which order Java's and Spark's hash tables give back what was put in: where Spark answers with
//! "any" of several, it answers with the one that comes first there.
//!
//! Knows only types whose hash is that of their value; for others the order of insertion stays.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType,
    TimestampMicrosecondType,
};

use crate::functions::hashes::{murmur_bytes, murmur_words};

/// `Object.hashCode` of the value as Spark keeps it.
fn hash_code(array: &ArrayRef, row: usize) -> Option<i32> {
    let long = long_hash;
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
        DataType::Decimal128(_, scale) => {
            let decimals = array.as_primitive::<Decimal128Type>();
            decimal_hash(decimals.value(row), *scale)?
        }
        DataType::Utf8 => {
            murmur_bytes(array.as_string::<i32>().value(row).as_bytes(), 42).cast_signed()
        }
        DataType::List(_) => murmur_bytes(&unsafe_array(array, row)?, 42).cast_signed(),
        DataType::Struct(_) => murmur_bytes(&unsafe_row(array, row)?, 42).cast_signed(),
        _ => return None,
    })
}

/// `##` of the value in Scala, by which its own collections know it: numbers that are equal have
/// one, whatever their type.
fn scala_hash(array: &ArrayRef, row: usize) -> Option<i32> {
    let of_long = |value: i64| i32::try_from(value).ok();
    let whole = match array.data_type() {
        DataType::Int64 => of_long(array.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(..) => {
            of_long(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Duration(_) => {
            of_long(array.as_primitive::<DurationMicrosecondType>().value(row))
        }
        DataType::Float32 => {
            let value = f64::from(array.as_primitive::<Float32Type>().value(row));
            return double_hash(value).or_else(|| hash_code(array, row));
        }
        DataType::Float64 => {
            return double_hash(array.as_primitive::<Float64Type>().value(row))
                .or_else(|| hash_code(array, row));
        }
        _ => None,
    };
    whole.or_else(|| hash_code(array, row))
}

/// `##` of a double that is an integer or a float.
fn double_hash(value: f64) -> Option<i32> {
    // A cast saturates, as in Java.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "what Java does too"
    )]
    let (int, long, float, back) = (
        value as i32,
        value as i64,
        value as f32,
        value as i64 as f64,
    );
    if f64::from(int) == value {
        return Some(int);
    }
    if back == value {
        return Some(long_hash(long));
    }
    (f64::from(float) == value).then(|| float.to_bits().cast_signed())
}

fn long_hash(value: i64) -> i32 {
    let bits = value.cast_unsigned();
    low(bits ^ (bits >> 32))
}

/// `BigDecimal.##`; nothing for digits that no double holds.
fn decimal_hash(value: i128, scale: i8) -> Option<i32> {
    let power = 10_i128.checked_pow(u32::try_from(scale).ok()?)?;
    if value % power == 0 {
        let whole = i64::try_from(value / power).ok()?;
        return Some(i32::try_from(whole).unwrap_or_else(|_| long_hash(whole)));
    }
    if value.unsigned_abs() >= 10_u128.pow(15) {
        return None;
    }
    let double: f64 = super::text::decimal_plain(value, scale).parse().ok()?;
    let bits = double.to_bits();
    Some(double_hash(double).unwrap_or_else(|| low(bits ^ (bits >> 32))))
}

/// The bytes of a value of fixed width in `UnsafeRow` and `UnsafeArrayData`.
fn fixed(array: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    if array.is_null(row) {
        return Some(Vec::new());
    }
    Some(match array.data_type() {
        DataType::Boolean => vec![u8::from(array.as_boolean().value(row))],
        DataType::Int8 => array
            .as_primitive::<Int8Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Int16 => array
            .as_primitive::<Int16Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Int32 => array
            .as_primitive::<Int32Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Int64 => array
            .as_primitive::<Int64Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Date32 => array
            .as_primitive::<Date32Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Float32 => array
            .as_primitive::<Float32Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .value(row)
            .to_le_bytes()
            .to_vec(),
        DataType::Timestamp(..) => {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            times.value(row).to_le_bytes().to_vec()
        }
        _ => return None,
    })
}

fn padded(mut bytes: Vec<u8>, to: usize) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(to).max(to), 0);
    bytes
}

/// Which of the values are null, a bit each, in words of eight bytes.
fn null_words(nulls: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bits = Vec::new();
    for (at, is_null) in nulls.enumerate() {
        if at % 64 == 0 {
            bits.extend([0; 8]);
        }
        if is_null && let Some(byte) = bits.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
    }
    bits
}

/// An array of values of fixed width as Spark keeps it: length, nulls, values.
fn unsafe_array(array: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    let items = array.as_list::<i32>().value(row);
    let width = items
        .data_type()
        .primitive_width()
        .or_else(|| matches!(items.data_type(), DataType::Boolean).then_some(1))?;
    let mut bytes = u64::try_from(items.len()).ok()?.to_le_bytes().to_vec();
    bytes.extend(null_words((0..items.len()).map(|at| items.is_null(at))));
    let mut values = Vec::new();
    for at in 0..items.len() {
        values.extend(padded(fixed(&items, at)?, width));
    }
    values.resize(values.len().next_multiple_of(8), 0);
    bytes.extend(values);
    Some(bytes)
}

/// A row of values of fixed width as Spark keeps it: nulls, then a word a value.
fn unsafe_row(array: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    let columns = array.as_struct().columns();
    let mut bytes = null_words(columns.iter().map(|column| column.is_null(row)));
    for column in columns {
        bytes.extend(padded(fixed(column, row)?, 8));
    }
    Some(bytes)
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
        .map(|row| scala_hash(values, row))
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
