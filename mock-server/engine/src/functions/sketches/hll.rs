//! HyperLogLog: how many different values there are, in a few kilobytes.

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{HllSketch, HllType, HllUnion};

use super::{B, Item, constant_int, each, exactly, folded, of_function, out_of_range};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::rows::{lift, strict, with_defaults};
use crate::plan::typed::Typed;

/// The sizes that Spark allows, as logarithms.
const SIZES: (i32, i32) = (4, 21);
const DEFAULT_SIZE: i32 = 12;
const COMPACT: u8 = 8;

pub(super) fn sketch_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let size = Typed::literal(
        ScalarValue::Int32(Some(DEFAULT_SIZE)),
        DataType::Int32,
        DEFAULT_SIZE.to_string(),
    );
    let options = Call {
        filter: call.filter.clone(),
        distinct: call.distinct,
        ..with_defaults(call, 2, &[size])
    };
    let types = [DataType::Int32, DataType::Int64, DataType::Utf8, B];
    let required = "(\"INT\" or \"BIGINT\" or \"STRING\" or \"BINARY\")";
    let arg = exactly(&options, 0, &types, required)?;
    let size = constant_int(&options, 1)?
        .ok_or_else(|| of_function("HLL_K_MUST_BE_CONSTANT", call.name))?;
    if !(SIZES.0..=SIZES.1).contains(&size) {
        return Err(out_of_range("HLL_INVALID_LG_K", call.name, SIZES, size));
    }
    let size = u8::try_from(size).unwrap_or(u8::MAX);
    let finish = move |column: &_| {
        let mut sketch = HllSketch::new(size, HllType::Hll8).map_err(ours)?;
        each(column, |item| match item {
            Item::Whole(number) => sketch.update(number),
            Item::Bytes(bytes) if !bytes.is_empty() => {
                sketch.update(raw_bytes::from_slice(bytes));
            }
            _ => {}
        })?;
        Ok(updatable(sketch.serialize()))
    };
    Ok(folded(&options, (arg, 1), size.to_string(), finish))
}

fn ours(error: datasketches::error::Error) -> Error {
    Error::internal(error.to_string())
}

fn read(bytes: &[u8], function: &'static str) -> Result<HllSketch> {
    HllSketch::deserialize(bytes)
        .map_err(|_| of_function("HLL_INVALID_INPUT_SKETCH_BUFFER", function))
}

pub(super) fn estimate(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    exactly(call, 0, &[B], "BINARY")?;
    strict(call, &[B], (DataType::Int64, false), |row| {
        let sketch = read(row[0].bytes(), "hll_sketch_estimate")?;
        Ok(super::rounded(sketch.estimate()).into())
    })
}

fn different_sizes(function: &str, left: u8, right: u8) -> Error {
    Error::new(
        "HLL_UNION_DIFFERENT_LG_K",
        [
            ("left", left.to_string()),
            ("right", right.to_string()),
            ("function", format!("`{function}`")),
        ],
    )
}

fn no() -> Typed {
    Typed::literal(
        ScalarValue::Boolean(Some(false)),
        DataType::Boolean,
        "false",
    )
}

pub(super) fn union(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = with_defaults(call, 3, &[no()]);
    let args = vec![
        exactly(&call, 0, &[B], "BINARY")?,
        exactly(&call, 1, &[B], "BINARY")?,
        exactly(&call, 2, &[DataType::Boolean], "BOOLEAN")?,
    ];
    let [left, right, any_size] =
        <[Typed; 3]>::try_from(args).map_err(|_| Error::internal("hll_union lost an argument"))?;
    let any_size = flag(&any_size)?;
    let Some(any_size) = any_size else {
        return Ok(Typed::null(B).named(call.default_name()));
    };
    let options = any_size.to_string();
    Ok(lift(
        &call,
        options,
        vec![left, right],
        (B, false),
        move |row| {
            let left = read(row[0].bytes(), "hll_union")?;
            let right = read(row[1].bytes(), "hll_union")?;
            let sizes = (left.lg_config_k(), right.lg_config_k());
            if !any_size && sizes.0 != sizes.1 {
                return Err(different_sizes("hll_union", sizes.0, sizes.1));
            }
            let mut union = HllUnion::new(sizes.0.min(sizes.1)).map_err(ours)?;
            union.update(&left);
            union.update(&right);
            Ok(updatable(union.to_sketch(HllType::Hll8).serialize()).into())
        },
    ))
}

/// A constant boolean; none if it is null.
fn flag(value: &Typed) -> Result<Option<bool>> {
    if !value.is_foldable() {
        return Err(Error::unsupported(
            "`hll_union` with a computed third argument",
        ));
    }
    match crate::plan::expression::evaluate(&value.expr)? {
        ScalarValue::Boolean(flag) => Ok(flag),
        _ => Ok(None),
    }
}

pub(super) fn union_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let options = Call {
        filter: call.filter.clone(),
        distinct: call.distinct,
        ..with_defaults(call, 2, &[no()])
    };
    let arg = exactly(&options, 0, &[B], "BINARY")?;
    let any_size = flag(&exactly(&options, 1, &[DataType::Boolean], "BOOLEAN")?)?.unwrap_or(false);
    let finish = move |column: &arrow::array::ArrayRef| {
        let mut union: Option<HllUnion> = None;
        for bytes in column.as_binary::<i32>().iter().flatten() {
            let sketch = read(bytes, "hll_union_agg")?;
            let size = sketch.lg_config_k();
            let known = match union.as_mut() {
                Some(known) => known,
                None => union.insert(HllUnion::new(size).map_err(ours)?),
            };
            if !any_size && known.lg_config_k() != size {
                return Err(different_sizes("hll_union_agg", known.lg_config_k(), size));
            }
            known.update(&sketch);
        }
        let found = match union {
            Some(union) => union.to_sketch(HllType::Hll8),
            None => HllSketch::new(12, HllType::Hll8).map_err(ours)?,
        };
        Ok(updatable(found.serialize()))
    };
    Ok(folded(&options, (arg, 1), any_size.to_string(), finish))
}

/// The bytes as Java's `toUpdatableByteArray` has them: coupons in a whole table, not packed.
fn updatable(mut bytes: Vec<u8>) -> Vec<u8> {
    let (Some(&mode), Some(&log), Some(&flags)) = (bytes.get(7), bytes.get(4), bytes.get(5)) else {
        return bytes;
    };
    if flags & COMPACT == 0 {
        return bytes;
    }
    if let Some(flags) = bytes.get_mut(5) {
        *flags &= !COMPACT;
    }
    let slots = 1_usize << log;
    match mode & 3 {
        // A list.
        0 => bytes.resize(8 + 4 * slots, 0),
        // A hash table; the coupons go where Java's probing puts them.
        1 => {
            let packed = bytes.split_off(12);
            let mut table = vec![0_u32; slots];
            for coupon in packed.chunks_exact(4) {
                let coupon = u32::from_le_bytes([coupon[0], coupon[1], coupon[2], coupon[3]]);
                let at = |place: u32| usize::try_from(place).unwrap_or(0) & (slots - 1);
                let stride = ((coupon & 0x03FF_FFFF) >> log) | 1;
                let mut place = coupon;
                while table[at(place)] != 0 {
                    place = place.wrapping_add(stride);
                }
                table[at(place)] = coupon;
            }
            bytes.extend(table.into_iter().flat_map(u32::to_le_bytes));
        }
        _ => {}
    }
    bytes
}
