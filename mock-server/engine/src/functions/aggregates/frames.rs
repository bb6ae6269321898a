//! Aggregates over frames that slide, where DataFusion's cannot lose a row again: not at all, or not one
//! that was NaN. These look at the whole frame anew, as Spark does.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::logical_expr::AggregateUDF;

use crate::error::{Error, Result};
use crate::functions::fold::{Fold, Rows};
use crate::types::coerce::is_integral;

/// The aggregate that takes the place of DataFusion's of this name and result, if one must.
pub(crate) fn framed(name: &str, data_type: &DataType) -> Option<Arc<AggregateUDF>> {
    let finish: fn(&ArrayRef) -> Result<ArrayRef> = match (name, data_type) {
        ("sum", DataType::Float64) => |values| doubles(values, |sum, _| sum),
        ("avg", DataType::Float64) => |values| doubles(values, |sum, n| sum / n),
        ("bool_and", DataType::Boolean) => |values| {
            let values = values.as_boolean();
            Ok(flag(values, !values.iter().flatten().any(|value| !value)))
        },
        ("bool_or", DataType::Boolean) => |values| {
            let values = values.as_boolean();
            Ok(flag(values, values.iter().flatten().any(|value| value)))
        },
        ("bit_and", whole) if is_integral(whole) => |values| bits(values, |a, b| a & b),
        ("bit_or", whole) if is_integral(whole) => |values| bits(values, |a, b| a | b),
        ("bit_xor", whole) if is_integral(whole) => |values| bits(values, |a, b| a ^ b),
        _ => return None,
    };
    let rows = Rows {
        not_null: 1,
        distinct: false,
    };
    let inputs = [data_type.clone()];
    let result = (data_type.clone(), true);
    Some(Fold::udaf(
        "framed",
        name,
        result,
        &inputs,
        rows,
        move |columns| {
            let values = columns
                .first()
                .ok_or_else(|| Error::internal("a frame without values"))?;
            finish(values)
        },
    ))
}

fn doubles(values: &ArrayRef, finish: fn(f64, f64) -> f64) -> Result<ArrayRef> {
    let values = values.as_primitive::<Float64Type>();
    #[expect(clippy::cast_precision_loss, reason = "Spark divides by a double")]
    let n = values.len() as f64;
    let sum = values.values().iter().sum::<f64>();
    let found = (!values.is_empty()).then(|| finish(sum, n));
    Ok(Arc::new(Float64Array::from(vec![found])))
}

fn flag(values: &BooleanArray, found: bool) -> ArrayRef {
    let found = (!values.is_empty()).then_some(found);
    Arc::new(BooleanArray::from(vec![found]))
}

fn bits(values: &ArrayRef, combine: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let longs = arrow::compute::cast(values, &DataType::Int64)?;
    let longs = longs.as_primitive::<Int64Type>();
    let found: ArrayRef = Arc::new(Int64Array::from(vec![
        longs.iter().flatten().reduce(combine),
    ]));
    Ok(arrow::compute::cast(&found, values.data_type())?)
}
