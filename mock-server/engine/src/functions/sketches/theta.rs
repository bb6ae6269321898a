//! Theta sketches: distinct counts with which sets can be united, intersected and subtracted.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datasketches::hash::value::{canonical_float, raw_bytes};
use datasketches::theta::{
    CompactThetaSketch, ThetaANotB, ThetaIntersection, ThetaSketchBuilder, ThetaUnionBuilder,
};

use super::{B, Item, constant_int, each, exactly, folded, of_function, out_of_range};
use crate::error::{Error, Exception, Result};
use crate::functions::Call;
use crate::functions::rows::{lift, strict, with_defaults};
use crate::plan::typed::Typed;
use crate::types::arrow::list;

/// The sizes that Spark allows, as logarithms.
const SIZES: (i32, i32) = (4, 26);
const DEFAULT_SIZE: i32 = 12;
const BAD: &str = "THETA_INVALID_LG_NOM_ENTRIES";

fn ours(error: datasketches::error::Error) -> Error {
    Error::internal(error.to_string())
}

fn read(bytes: &[u8], function: &str) -> Result<CompactThetaSketch> {
    CompactThetaSketch::deserialize(bytes)
        .map_err(|_| of_function("THETA_INVALID_INPUT_SKETCH_BUFFER", function))
}

/// The smallest size that the library takes; smaller ones are cut from it.
const SMALLEST: u8 = 5;
/// A sketch of one hash says so; the library does not.
const SINGLE: u8 = 0x20;

/// The sketch's bytes with at most so many hashes: the next one becomes the bound, as Java's union
/// does it, through which every result of Spark goes.
fn bytes(sketch: &CompactThetaSketch, size: Option<u8>) -> Result<Vec<u8>> {
    let limit = size.map_or(usize::MAX, |size| 1_usize << size);
    let mut hashes: Vec<u64> = sketch.iter().map(|entry| entry.hash()).collect();
    let mut bytes = if hashes.len() > limit {
        hashes.sort_unstable();
        let bound = hashes.get(limit).copied().unwrap_or(u64::MAX);
        hashes.truncate(limit);
        uncompressed(sketch.seed_hash(), bound, &hashes)?.serialize_compressed()
    } else {
        sketch.serialize_compressed()
    };
    if let [1, 3, _, _, _, flags, ..] = bytes.as_mut_slice()
        && hashes.len() == 1
    {
        *flags |= SINGLE;
    }
    Ok(bytes)
}

/// A sketch of sorted hashes below a bound: three longs of preamble, then the hashes.
fn uncompressed(seed: u16, bound: u64, hashes: &[u64]) -> Result<CompactThetaSketch> {
    // Version 3 of family 3; read-only, compact and ordered.
    let mut bytes = vec![3, 3, 3, 0, 0, 0x1A];
    bytes.extend(seed.to_le_bytes());
    bytes.extend(
        u32::try_from(hashes.len())
            .unwrap_or(u32::MAX)
            .to_le_bytes(),
    );
    bytes.extend(1.0_f32.to_le_bytes());
    bytes.extend(bound.to_le_bytes());
    bytes.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    CompactThetaSketch::deserialize(&bytes).map_err(ours)
}

fn default_size() -> Typed {
    let value = ScalarValue::Int32(Some(DEFAULT_SIZE));
    Typed::literal(value, DataType::Int32, DEFAULT_SIZE.to_string())
}

/// The call of an aggregate with its size, and that size.
fn sized<'a>(call: &Call<'a>) -> Call<'a> {
    Call {
        filter: call.filter.clone(),
        distinct: call.distinct,
        ..with_defaults(call, 2, &[default_size()])
    }
}

fn size(call: &Call<'_>) -> Result<u8> {
    let size = constant_int(call, 1)?
        .ok_or_else(|| of_function("THETA_LG_NOM_ENTRIES_MUST_BE_CONSTANT", call.name))?;
    checked(size, call.name)
}

fn checked(size: i32, function: &str) -> Result<u8> {
    match u8::try_from(size) {
        Ok(found) if (SIZES.0..=SIZES.1).contains(&size) => Ok(found),
        _ => Err(out_of_range(BAD, function, SIZES, size)),
    }
}

pub(super) fn sketch_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let call = sized(call);
    let types = [
        DataType::Int32,
        DataType::Int64,
        DataType::Utf8,
        B,
        DataType::Float32,
        DataType::Float64,
        list(DataType::Int32, true),
        list(DataType::Int64, true),
    ];
    let required = "(\"ARRAY<INT>\" or \"ARRAY<BIGINT>\" or \"BINARY\" or \"DOUBLE\" or \"FLOAT\" or \"INT\" or \"BIGINT\" or \"STRING\")";
    let arg = exactly(&call, 0, &types, required)?;
    let size = size(&call)?;
    let ints =
        matches!(&arg.data_type, DataType::List(item) if *item.data_type() == DataType::Int32);
    let finish = move |column: &ArrayRef| {
        let builder = ThetaSketchBuilder::default().lg_k(size.max(SMALLEST));
        let mut sketch = builder.build().map_err(ours)?;
        each(column, |item| match item {
            Item::Whole(number) => sketch.update(number),
            Item::Double(number) => sketch.update(canonical_float::from_f64(number)),
            Item::Bytes(bytes) if !bytes.is_empty() => {
                sketch.update(raw_bytes::from_slice(bytes));
            }
            Item::Wholes(numbers) if !numbers.is_empty() => {
                let bytes: Vec<u8> = if ints {
                    let ints = numbers
                        .iter()
                        .filter_map(|number| i32::try_from(*number).ok());
                    ints.flat_map(i32::to_le_bytes).collect()
                } else {
                    numbers
                        .iter()
                        .flat_map(|number| number.to_le_bytes())
                        .collect()
                };
                sketch.update(raw_bytes::from_slice(&bytes));
            }
            _ => {}
        })?;
        bytes(&sketch.compact(true), Some(size))
    };
    Ok(folded(&call, (arg, 1), size.to_string(), finish))
}

pub(super) fn estimate(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    exactly(call, 0, &[B], "BINARY")?;
    strict(call, &[B], (DataType::Int64, false), |row| {
        let sketch = read(row[0].bytes(), "theta_sketch_estimate")?;
        Ok(super::rounded(sketch.estimate()).into())
    })
}

pub(super) fn union(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let call = with_defaults(call, 3, &[default_size()]);
    let args = vec![
        exactly(&call, 0, &[B], "BINARY")?,
        exactly(&call, 1, &[B], "BINARY")?,
        exactly(&call, 2, &[DataType::Int32], "INT")?,
    ];
    Ok(lift(&call, "", args, (B, false), |row| {
        let size = i32::try_from(row[2].whole()).unwrap_or(i32::MAX);
        let size = checked(size, "theta_union")?;
        let mut union = ThetaUnionBuilder::default()
            .lg_k(size.max(SMALLEST))
            .build()
            .map_err(ours)?;
        for part in [row[0].bytes(), row[1].bytes()] {
            union.update(&read(part, "theta_union")?).map_err(ours)?;
        }
        Ok(bytes(&union.to_sketch(true), Some(size))?.into())
    }))
}

fn pair(call: &Call<'_>) -> Result<Vec<Typed>> {
    call.arity(2..=2)?;
    Ok(vec![
        exactly(call, 0, &[B], "BINARY")?,
        exactly(call, 1, &[B], "BINARY")?,
    ])
}

pub(super) fn intersection(call: &Call<'_>) -> Result<Typed> {
    let args = pair(call)?;
    Ok(lift(call, "", args, (B, false), |row| {
        let mut both = ThetaIntersection::default();
        for part in [row[0].bytes(), row[1].bytes()] {
            both.update(&read(part, "theta_intersection")?)
                .map_err(ours)?;
        }
        let found = both.to_sketch(true);
        Ok(found.map(|found| bytes(&found, None)).transpose()?.into())
    }))
}

pub(super) fn difference(call: &Call<'_>) -> Result<Typed> {
    let args = pair(call)?;
    Ok(lift(call, "", args, (B, false), |row| {
        let left = read(row[0].bytes(), "theta_difference")?;
        let right = read(row[1].bytes(), "theta_difference")?;
        let found = ThetaANotB::default().compute(&left, &right, true);
        Ok(bytes(&found.map_err(ours)?, None)?.into())
    }))
}

pub(super) fn union_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let call = sized(call);
    let arg = exactly(&call, 0, &[B], "BINARY")?;
    let size = size(&call)?;
    let finish = move |column: &ArrayRef| {
        let mut union = ThetaUnionBuilder::default()
            .lg_k(size.max(SMALLEST))
            .build()
            .map_err(ours)?;
        for part in column.as_binary::<i32>().iter().flatten() {
            union
                .update(&read(part, "theta_union_agg")?)
                .map_err(ours)?;
        }
        bytes(&union.to_sketch(true), Some(size))
    };
    Ok(folded(&call, (arg, 1), size.to_string(), finish))
}

pub(super) fn intersection_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = exactly(call, 0, &[B], "BINARY")?;
    let finish = |column: &ArrayRef| {
        let mut all = ThetaIntersection::default();
        for part in column.as_binary::<i32>().iter().flatten() {
            all.update(&read(part, "theta_intersection_agg")?)
                .map_err(ours)?;
        }
        let found = all.to_sketch(true).ok_or_else(|| {
            Error::plain(
                Exception::Spark,
                "Calling getResult() with no intervening intersections would represent the infinite set, which is not a legal result",
            )
        })?;
        bytes(&found, None)
    };
    Ok(folded(call, (arg, 1), String::new(), finish))
}
