//! Bitmaps of 32768 numbers each, with which distinct counts are kept: which bit a number is, and
//! bitmaps from numbers and from each other.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::fold::{Fold, Rows};
use super::rows::strict;
use super::{Call, Function, aggregate, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;

const B: DataType = DataType::Binary;
const L: DataType = DataType::Int64;

/// `BitmapExpressionUtils.NUM_BYTES`.
const BYTES: usize = 4096;
/// `BitmapExpressionUtils.NUM_BITS`.
const BITS: i64 = 32_768;

pub(super) const TABLE: &[Function] = &[
    aggregate("bitmap_and_agg", |call| {
        bytes_folded(call, vec![0xFF; BYTES], |a, b| a & b)
    }),
    scalar("bitmap_bit_position", |call| {
        strict(call, &[L], (L, false), |row| {
            let n = row[0].whole();
            Ok(if n > 0 {
                (n - 1) % BITS
            } else {
                n.wrapping_neg() % BITS
            }
            .into())
        })
    }),
    scalar("bitmap_bucket_number", |call| {
        strict(call, &[L], (L, false), |row| {
            let n = row[0].whole();
            Ok(if n > 0 { 1 + (n - 1) / BITS } else { n / BITS }.into())
        })
    }),
    aggregate("bitmap_construct_agg", construct),
    scalar("bitmap_count", count),
    aggregate("bitmap_or_agg", |call| {
        bytes_folded(call, vec![0; BYTES], |a, b| a | b)
    }),
];

fn count(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    if !matches!(call.arg(0)?.data_type, DataType::Binary | DataType::Null) {
        return Err(call.unexpected_type(0, "BINARY"));
    }
    strict(call, &[B], (L, false), |row| {
        let bits = row[0]
            .bytes()
            .iter()
            .map(|byte| i64::from(byte.count_ones()));
        Ok(bits.sum::<i64>().into())
    })
}

/// An aggregate over one column without nulls.
fn folded(
    call: &Call<'_>,
    arg: Typed,
    finish: impl Fn(&ArrayRef) -> Result<Vec<u8>> + Send + Sync + 'static,
) -> Typed {
    let rows = Rows {
        not_null: 1,
        distinct: call.distinct,
    };
    let inputs = [arg.data_type.clone()];
    let function = Fold::udaf(call.name, "", (B, false), &inputs, rows, move |columns| {
        let column = columns
            .first()
            .ok_or_else(|| Error::internal("a bitmap without a column"))?;
        let bitmap = finish(column)?;
        Ok(Arc::new(BinaryArray::from_vec(vec![bitmap.as_slice()])))
    });
    let filter = call
        .filter
        .as_ref()
        .map(|filter| Box::new(filter.expr.clone()));
    let expr = AggregateFunction::new_udf(
        function,
        vec![arg.expr],
        call.distinct,
        filter,
        Vec::new(),
        None,
    );
    Typed::new(Expr::AggregateFunction(expr), B, false, call.default_name())
}

/// The bits at these places set.
fn construct(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.implicit(0, &L)?;
    Ok(folded(call, arg, |places| {
        let mut bitmap = vec![0_u8; BYTES];
        for place in places.as_primitive::<Int64Type>().iter().flatten() {
            let byte = usize::try_from(place / 8)
                .ok()
                .filter(|_| (0..BITS).contains(&place));
            let Some(byte) = byte.and_then(|at| bitmap.get_mut(at)) else {
                return Err(Error::new(
                    "INVALID_BITMAP_POSITION",
                    [
                        ("bitPosition", place.to_string()),
                        ("bitmapNumBytes", BYTES.to_string()),
                        ("bitmapNumBits", BITS.to_string()),
                    ],
                ));
            };
            *byte |= 1 << (place % 8);
        }
        Ok(bitmap)
    }))
}

fn bytes_folded(call: &Call<'_>, start: Vec<u8>, with: fn(u8, u8) -> u8) -> Result<Typed> {
    call.arity(1..=1)?;
    if !matches!(call.arg(0)?.data_type, DataType::Binary | DataType::Null) {
        return Err(call.unexpected_type(0, "BINARY"));
    }
    let arg = call.implicit(0, &B)?;
    Ok(folded(call, arg, move |bitmaps| {
        let mut out = start.clone();
        for bitmap in bitmaps.as_binary::<i32>().iter().flatten() {
            for (at, byte) in out.iter_mut().enumerate() {
                *byte = with(*byte, bitmap.get(at).copied().unwrap_or(0));
            }
        }
        Ok(out)
    }))
}
