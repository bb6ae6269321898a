//! Arrays one after another: `concat` and `flatten`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::items::{array_arg, gathered, place, range};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::arrow::relabel;

/// `concat`: of arrays, of bytes, else of everything as strings.
pub(super) fn concatenated(call: &Call<'_>) -> Result<Typed> {
    let name = call.default_name();
    if call.args.is_empty() {
        let empty = ScalarValue::Utf8(Some(String::new()));
        return Ok(Typed::literal(empty, DataType::Utf8, name));
    }
    if call
        .args
        .iter()
        .any(|arg| matches!(arg.data_type, DataType::List(_)))
    {
        return concatenated_arrays(call);
    }
    let binary = call
        .args
        .iter()
        .all(|arg| arg.data_type == DataType::Binary);
    let to = if binary {
        DataType::Binary
    } else {
        DataType::Utf8
    };
    let args = (0..call.args.len())
        .map(|index| call.implicit(index, &to))
        .collect::<Result<Vec<_>>>()?;
    Ok(crate::functions::rows::lift(
        call,
        "",
        args,
        (to, false),
        move |row| {
            Ok(if binary {
                row.iter()
                    .flat_map(|cell| cell.bytes().to_vec())
                    .collect::<Vec<u8>>()
                    .into()
            } else {
                row.iter()
                    .map(|cell| cell.text())
                    .collect::<String>()
                    .into()
            })
        },
    ))
}

fn concatenated_arrays(call: &Call<'_>) -> Result<Typed> {
    let name = call.default_name();
    let args = unify(call, &call.args, &name)?;
    let nullable = args.iter().any(|arg| arg.nullable);
    let data_type = args
        .first()
        .map_or(DataType::Null, |arg| arg.data_type.clone());
    let DataType::List(element) = data_type.clone() else {
        return Err(Error::internal("arrays have no common array type"));
    };
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Kernel::typed(
        "concat_arrays",
        "",
        (data_type, nullable),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let items: Vec<ArrayRef> = arrays
                .iter()
                .map(|array| relabel(array.as_list::<i32>().values(), element.data_type()))
                .collect::<Result<_>>()?;
            let parts: Vec<&dyn Array> = items.iter().map(AsRef::as_ref).collect();
            let all = concat(&parts)?;
            let nulls = arrays.iter().fold(None, |nulls, array| {
                NullBuffer::union(nulls.as_ref(), array.nulls())
            });
            let rows = (0..args.rows)
                .map(|row| {
                    let mut places = Vec::new();
                    let mut shift = 0;
                    for array in &arrays {
                        let lists = array.as_list::<i32>();
                        for at in range(lists.offsets(), row) {
                            places.push(Some(place(shift + at)?));
                        }
                        shift += lists.values().len();
                    }
                    Ok(places)
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(&all, rows, nulls, &element)
        },
    ))
}

pub(super) fn flatten(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, outer) = array_arg(call)?;
    let DataType::List(element) = outer.data_type().clone() else {
        return Err(call.unexpected_type(0, "\"ARRAY\" of \"ARRAY\""));
    };
    let result = (
        DataType::List(Arc::clone(&element)),
        arg.nullable || outer.is_nullable(),
    );
    let name = call.default_name();
    Ok(Kernel::typed(
        "flatten",
        "",
        result,
        vec![arg.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            let lists = array.as_list::<i32>();
            let inner = lists.values().as_list::<i32>();
            let mut valid = Vec::with_capacity(args.rows);
            let rows = (0..args.rows)
                .map(|row| {
                    let within = range(lists.offsets(), row);
                    valid.push(lists.is_valid(row) && within.clone().all(|at| inner.is_valid(at)));
                    within
                        .flat_map(|at| range(inner.offsets(), at))
                        .map(|at| place(at).map(Some))
                        .collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(
                inner.values(),
                rows,
                Some(NullBuffer::from(valid)),
                &element,
            )
        },
    ))
}
