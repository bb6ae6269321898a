//! Arrays one after another: `concat` and `flatten`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ColumnarValue;

use super::items::{array_arg, gathered, place, range};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::{Args, Kernel};
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
    let nullable = args.iter().any(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Kernel::typed(
        call.name,
        "",
        (to, nullable),
        exprs,
        name,
        move |args| match binary {
            true => joined_bytes(args),
            false => joined_texts(args),
        },
    ))
}

/// Texts written behind each other, row by row, without one of their own for each row.
fn joined_texts(args: &Args) -> Result<ArrayRef> {
    use std::fmt::Write;
    enum Part<'a> {
        Same(&'a str),
        Column(&'a StringArray),
    }
    let mut nulls = None;
    let mut n_bytes = 0;
    let mut parts = Vec::with_capacity(args.len());
    for index in 0..args.len() {
        match args.value(index)? {
            ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) => {
                n_bytes += text.len() * args.rows;
                parts.push(Part::Same(text));
            }
            ColumnarValue::Scalar(_) => return Ok(new_null_array(&DataType::Utf8, args.rows)),
            ColumnarValue::Array(array) => {
                nulls = NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref());
                let Some(texts) = array.as_string_opt::<i32>() else {
                    return Ok(new_null_array(&DataType::Utf8, args.rows));
                };
                n_bytes += texts.value_data().len();
                parts.push(Part::Column(texts));
            }
        }
    }
    let mut builder = StringBuilder::with_capacity(args.rows, n_bytes);
    for row in 0..args.rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            builder.append_null();
            continue;
        }
        for part in &parts {
            // Writing into memory cannot fail.
            let _ = builder.write_str(match part {
                Part::Same(text) => text,
                Part::Column(texts) => texts.value(row),
            });
        }
        builder.append_value("");
    }
    Ok(Arc::new(builder.finish()))
}

fn joined_bytes(args: &Args) -> Result<ArrayRef> {
    crate::functions::rows::each(args, &DataType::Binary, |row| {
        let bytes = row.iter().flat_map(|cell| cell.bytes().iter().copied());
        Ok(bytes.collect::<Vec<u8>>().into())
    })
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
