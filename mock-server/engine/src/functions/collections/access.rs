//! Items of arrays by their place, and how many there are.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType, Int32Type};

use super::items::{array_arg, gathered, place, range};
use super::maps::{key_of, map_value};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

const I: DataType = DataType::Int32;

/// Whether an item may be null (`GetArrayItemUtil.computeNullabilityFromArray`): Spark only knows
/// that it may not for a constant place in an array that is written out.
pub(super) fn item_nullable(array: &Typed, index: &Typed, first: i64) -> bool {
    let Some(items) = Kernel::options_of(&array.expr, "array") else {
        return true;
    };
    let n = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let at = match index.constant_i64() {
        Some(at) if first == 1 && at < 0 => n + at,
        Some(at) => at - first,
        None => return true,
    };
    let item = usize::try_from(at)
        .ok()
        .and_then(|at| items.as_bytes().get(at));
    item.is_none_or(|flag| *flag == b'n')
}

/// `a[i]` and `get(a, i)`, from zero.
pub(super) fn item(call: &Call<'_>, strict: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    if call.arg(0)?.data_type == DataType::Null {
        return Err(call.unexpected_type(0, "ARRAY"));
    }
    let (arg, element) = array_arg(call)?;
    let known = &call.arg(1)?.data_type;
    if !is_integral(known) && *known != DataType::Null {
        let error = call.unexpected_type(1, "INTEGRAL");
        return Err(if call.name == "get_array_item" {
            error.with(
                "sqlExpr",
                format!("\"{}[{}]\"", arg.name, call.arg(1)?.name),
            )
        } else {
            error
        });
    }
    let index = call.implicit(1, &I)?;
    let name = if call.name == "get_array_item" {
        format!("{}[{}]", arg.name, call.arg(1)?.name).into()
    } else {
        call.default_name()
    };
    let nullable = item_nullable(&arg, &index, 0);
    let result = (element.data_type().clone(), nullable);
    let origin = call.origin.clone();
    let options = format!("{strict} {origin:?}");
    Ok(Kernel::typed(
        "get_array_item",
        options,
        result,
        vec![arg.expr, index.expr],
        name,
        move |args| {
            let (array, index) = (args.array(0)?, args.array(1)?);
            let (lists, index) = (array.as_list::<i32>(), index.as_primitive::<Int32Type>());
            let places = (0..args.rows)
                .map(|row| {
                    if lists.is_null(row) || index.is_null(row) {
                        return Ok(None);
                    }
                    let range = range(lists.offsets(), row);
                    let at = usize::try_from(index.value(row))
                        .ok()
                        .filter(|at| *at < range.len());
                    match at {
                        Some(at) => place(range.start + at).map(Some),
                        None if strict => Err(Error::new(
                            "INVALID_ARRAY_INDEX",
                            [
                                ("indexValue", index.value(row).to_string()),
                                ("arraySize", range.len().to_string()),
                            ],
                        )
                        .at(origin.clone())),
                        None => Ok(None),
                    }
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(take(lists.values(), &UInt32Array::from(places), None)?)
        },
    ))
}

/// `element_at`: from one, or from the end; of a map the key's value.
pub(super) fn element_at(call: &Call<'_>, strict: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    if matches!(call.arg(0)?.data_type, DataType::Map(..)) {
        key_of(call)?;
        return map_value(call);
    }
    if !matches!(call.arg(0)?.data_type, DataType::List(_)) {
        return Err(call.unexpected_type(0, "(\"ARRAY\" or \"MAP\")"));
    }
    if !is_integral(&call.arg(1)?.data_type) {
        return Err(call.unexpected_type(1, "INT"));
    }
    let (arg, element) = array_arg(call)?;
    let index = call.implicit(1, &I)?;
    let nullable = item_nullable(&arg, &index, 1);
    let result = (element.data_type().clone(), nullable);
    let origin = call.origin.clone();
    let options = format!("{strict} {origin:?}");
    let name = call.default_name();
    Ok(Kernel::typed(
        "element_at",
        options,
        result,
        vec![arg.expr, index.expr],
        name,
        move |args| {
            let (array, index) = (args.array(0)?, args.array(1)?);
            let (lists, index) = (array.as_list::<i32>(), index.as_primitive::<Int32Type>());
            let places = (0..args.rows)
                .map(|row| {
                    if lists.is_null(row) || index.is_null(row) {
                        return Ok(None);
                    }
                    let range = range(lists.offsets(), row);
                    let asked = index.value(row);
                    if asked == 0 {
                        let error = Error::of("INVALID_INDEX_OF_ZERO");
                        return Err(if strict {
                            error.at(origin.clone())
                        } else {
                            error
                        });
                    }
                    let distance = usize::try_from(asked.unsigned_abs()).unwrap_or(usize::MAX);
                    if distance > range.len() {
                        return if strict {
                            Err(Error::new(
                                "INVALID_ARRAY_INDEX_IN_ELEMENT_AT",
                                [
                                    ("indexValue", asked.to_string()),
                                    ("arraySize", range.len().to_string()),
                                ],
                            )
                            .at(origin.clone()))
                        } else {
                            Ok(None)
                        };
                    }
                    place(if asked > 0 {
                        range.start + distance - 1
                    } else {
                        range.end - distance
                    })
                    .map(Some)
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(take(lists.values(), &UInt32Array::from(places), None)?)
        },
    ))
}

/// Null of null, as with `spark.sql.legacy.sizeOfNull` under ANSI.
pub(super) fn size(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    if !matches!(
        arg.data_type,
        DataType::List(_) | DataType::Map(..) | DataType::Null
    ) {
        return Err(call.unexpected_type(0, "(\"ARRAY\" or \"MAP\")"));
    }
    let legacy = !call.context.ansi && call.name != "array_size";
    let name = call.default_name();
    let result = (I, arg.nullable && !legacy);
    let exprs = vec![arg.expr.clone()];
    Ok(Kernel::typed(
        "size",
        legacy.to_string(),
        result,
        exprs,
        name,
        move |args| {
            let array = args.array(0)?;
            let none = legacy.then_some(-1);
            let sizes: Int32Array = match array.data_type() {
                DataType::Null => (0..args.rows).map(|_| none).collect(),
                DataType::Map(..) => lengths(array.as_map().offsets(), array.nulls(), none),
                _ => lengths(array.as_list::<i32>().offsets(), array.nulls(), none),
            };
            Ok(Arc::new(sizes))
        },
    ))
}

pub(super) fn lengths(
    offsets: &[i32],
    nulls: Option<&NullBuffer>,
    none: Option<i32>,
) -> Int32Array {
    offsets
        .windows(2)
        .enumerate()
        .map(|(row, pair)| {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                none
            } else {
                Some(pair[1] - pair[0])
            }
        })
        .collect()
}

pub(super) fn slice(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let (arg, element) = array_arg(call)?;
    let (start, length) = (call.implicit(1, &I)?, call.implicit(2, &I)?);
    let nullable = arg.nullable || start.nullable || length.nullable;
    let result = (arg.data_type.clone(), nullable);
    let exprs = vec![arg.expr, start.expr, length.expr];
    let name = call.default_name();
    Ok(Kernel::typed(
        "slice",
        "",
        result,
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let lists = arrays[0].as_list::<i32>();
            let (starts, lengths) = (
                arrays[1].as_primitive::<Int32Type>(),
                arrays[2].as_primitive::<Int32Type>(),
            );
            let nulls = arrays.iter().fold(None, |nulls, array| {
                NullBuffer::union(nulls.as_ref(), array.nulls())
            });
            let rows = (0..args.rows)
                .map(|row| {
                    if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                        return Ok(Vec::new());
                    }
                    let (start, length) = (starts.value(row), lengths.value(row));
                    if start == 0 {
                        return Err(Error::new(
                            "INVALID_PARAMETER_VALUE.START",
                            [("functionName", "`slice`"), ("parameter", "`start`")],
                        ));
                    }
                    if length < 0 {
                        return Err(Error::new(
                            "INVALID_PARAMETER_VALUE.LENGTH",
                            [
                                ("functionName", "`slice`".to_owned()),
                                ("parameter", "`length`".to_owned()),
                                ("length", length.to_string()),
                            ],
                        ));
                    }
                    let within = range(lists.offsets(), row);
                    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
                    let first = if start > 0 {
                        within.start.saturating_add(distance - 1)
                    } else if distance > within.len() {
                        return Ok(Vec::new());
                    } else {
                        within.end - distance
                    };
                    let n = usize::try_from(length).unwrap_or(0);
                    (first..within.end.min(first.saturating_add(n)))
                        .map(|at| place(at).map(Some))
                        .collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(lists.values(), rows, nulls, &element)
        },
    ))
}
