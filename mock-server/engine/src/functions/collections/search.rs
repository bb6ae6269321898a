//! An array and a value of its kind: looking it up, adding it, removing it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type};

use super::items::{array_arg, gathered, keys_of_both, place, range};
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::arrow::{list, relabel};
use crate::types::coerce::{common, is_integral};
use crate::types::sql_name;

/// An array and a value of its item type, both widened to what holds both.
fn with_value(call: &Call<'_>) -> Result<(Typed, Typed, FieldRef)> {
    call.arity(2..=2)?;
    let (arg, value) = (call.arg(0)?, call.arg(1)?);
    let DataType::List(element) = &arg.data_type else {
        return Err(match call.name {
            "array_append" | "array_prepend" => call.unexpected_type(0, "ARRAY"),
            "array_contains" | "array_position" if arg.data_type == DataType::Null => {
                null_type(call)
            }
            _ => different(call, "ARRAY"),
        });
    };
    if value.data_type == DataType::Null && call.name == "array_contains" {
        return Err(null_type(call));
    }
    let item = plain_common(element.data_type(), &value.data_type, call.context.ansi)
        .ok_or_else(|| different(call, "ARRAY"))?;
    let mode = CastMode::implicit(call.context);
    let widened = list(item.clone(), element.is_nullable());
    let DataType::List(element) = widened.clone() else {
        return Err(Error::internal("an array type is no list"));
    };
    Ok((
        cast(call.context, arg.clone(), &widened, mode, None)?,
        cast(call.context, value.clone(), &item, mode, None)?,
        element,
    ))
}

pub(super) fn null_type(call: &Call<'_>) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.NULL_TYPE",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("functionName", format!("`{}`", call.name)),
        ],
    )
    .at(call.origin.clone())
}

/// The common type of two where strings are not read as something else
/// (`findWiderTypeWithoutStringPromotion`).
pub(super) fn plain_common(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
    if mixes_strings(left, right) {
        return None;
    }
    common(left, right, ansi)
}

fn mixes_strings(left: &DataType, right: &DataType) -> bool {
    match (left, right) {
        (DataType::Null, _) | (_, DataType::Null) => false,
        (DataType::List(a), DataType::List(b)) => mixes_strings(a.data_type(), b.data_type()),
        (DataType::Map(a, _), DataType::Map(b, _)) => mixes_strings(a.data_type(), b.data_type()),
        (DataType::Struct(a), DataType::Struct(b)) => a
            .iter()
            .zip(b.iter())
            .any(|(x, y)| mixes_strings(x.data_type(), y.data_type())),
        (a, b) => (*a == DataType::Utf8) != (*b == DataType::Utf8),
    }
}

fn different(call: &Call<'_>, wanted: &str) -> Error {
    different_from(call, "ARRAY_FUNCTION_DIFF_TYPES", wanted)
}

pub(super) fn different_from(call: &Call<'_>, class: &str, wanted: &str) -> Error {
    let class = match class {
        "MAP_FUNCTION_DIFF_TYPES" => "DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES",
        _ => "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES",
    };
    let type_of = |i: usize| {
        call.args
            .get(i)
            .map(|a| sql_name(&a.data_type))
            .unwrap_or_default()
    };
    Error::new(
        class,
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("functionName", format!("`{}`", call.name)),
            ("dataType", format!("\"{wanted}\"")),
            ("leftType", format!("\"{}\"", type_of(0))),
            ("rightType", format!("\"{}\"", type_of(1))),
        ],
    )
    .at(call.origin.clone())
}

/// For every row the place of the value in its list, and whether the list holds a null.
fn search(lists: &ListArray, value: &ArrayRef) -> Result<Vec<(Option<usize>, bool)>> {
    let value = relabel(value, lists.values().data_type()).unwrap_or_else(|_| Arc::clone(value));
    let (items, asked) = keys_of_both(lists.values(), &value)?;
    Ok((0..lists.len())
        .map(|row| {
            let mut range = range(lists.offsets(), row);
            let has_null = range.clone().any(|at| lists.values().is_null(at));
            let start = range.start;
            let found = range.find(|at| items.row(*at) == asked.row(row));
            (found.map(|at| at - start), has_null)
        })
        .collect())
}

pub(super) fn array_contains(call: &Call<'_>) -> Result<Typed> {
    let (array, value, element) = with_value(call)?;
    let nullable = array.nullable || value.nullable || element.is_nullable();
    let name = call.default_name();
    let result = (DataType::Boolean, nullable);
    Ok(Kernel::typed(
        "array_contains",
        "",
        result,
        vec![array.expr, value.expr],
        name,
        |args| {
            let (array, value) = (args.array(0)?, args.array(1)?);
            let flags: BooleanArray = search(array.as_list::<i32>(), &value)?
                .into_iter()
                .enumerate()
                .map(|(row, (found, has_null))| {
                    if array.is_null(row) || value.is_null(row) {
                        return None;
                    }
                    match found {
                        Some(_) => Some(true),
                        None if has_null => None,
                        None => Some(false),
                    }
                })
                .collect();
            Ok(Arc::new(flags))
        },
    ))
}

pub(super) fn array_position(call: &Call<'_>) -> Result<Typed> {
    let (array, value, _) = with_value(call)?;
    let nullable = array.nullable || value.nullable;
    let name = call.default_name();
    let result = (DataType::Int64, nullable);
    Ok(Kernel::typed(
        "array_position",
        "",
        result,
        vec![array.expr, value.expr],
        name,
        |args| {
            let (array, value) = (args.array(0)?, args.array(1)?);
            let places: Int64Array = search(array.as_list::<i32>(), &value)?
                .into_iter()
                .enumerate()
                .map(|(row, (found, _))| {
                    (array.is_valid(row) && value.is_valid(row))
                        .then(|| found.map_or(0, |at| i64::try_from(at + 1).unwrap_or(0)))
                })
                .collect();
            Ok(Arc::new(places))
        },
    ))
}

pub(super) fn array_remove(call: &Call<'_>) -> Result<Typed> {
    let (array, value, element) = with_value(call)?;
    let nullable = array.nullable || value.nullable;
    let name = call.default_name();
    let result = (array.data_type.clone(), nullable);
    Ok(Kernel::typed(
        "array_remove",
        "",
        result,
        vec![array.expr, value.expr],
        name,
        move |args| {
            let (array, value) = (args.array(0)?, args.array(1)?);
            let lists = array.as_list::<i32>();
            let value = relabel(&value, element.data_type())?;
            let (items, asked) = keys_of_both(lists.values(), &value)?;
            let rows = (0..args.rows)
                .map(|row| {
                    range(lists.offsets(), row)
                        .filter(|at| items.row(*at) != asked.row(row))
                        .map(|at| place(at).map(Some))
                        .collect()
                })
                .collect::<Result<Vec<_>>>()?;
            let nulls = NullBuffer::union(lists.nulls(), value.logical_nulls().as_ref());
            gathered(lists.values(), rows, nulls, &element)
        },
    ))
}

/// `array_append` and `array_prepend`.
pub(super) fn added(call: &Call<'_>, front: bool) -> Result<Typed> {
    let (array, value, element) = with_value(call)?;
    // Spark says that an extended array may hold null, whatever was added.
    let element = Arc::new(Field::new("element", element.data_type().clone(), true));
    let name = call.default_name();
    let result = (DataType::List(Arc::clone(&element)), array.nullable);
    let exprs = vec![array.expr, value.expr];
    Ok(Kernel::typed(
        call.name,
        "",
        result,
        exprs,
        name,
        move |args| {
            let (array, value) = (args.array(0)?, args.array(1)?);
            let lists = array.as_list::<i32>();
            let items = lists.values();
            let value = relabel(&value, items.data_type())?;
            let all = concat(&[items.as_ref(), value.as_ref()])?;
            let rows = (0..args.rows)
                .map(|row| {
                    let mut places = range(lists.offsets(), row)
                        .map(|at| place(at).map(Some))
                        .collect::<Result<Vec<_>>>()?;
                    let new = Some(place(items.len() + row)?);
                    if front {
                        places.insert(0, new);
                    } else {
                        places.push(new);
                    }
                    Ok(places)
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(&all, rows, lists.nulls().cloned(), &element)
        },
    ))
}

pub(super) fn array_join(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let (arg, element) = array_arg(call)?;
    let mode = CastMode::implicit(call.context);
    let texts = list(DataType::Utf8, element.is_nullable());
    let arg = cast(call.context, arg, &texts, mode, None)?;
    let mut args = vec![arg];
    for index in 1..call.args.len() {
        args.push(call.implicit(index, &DataType::Utf8)?);
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    let name = call.default_name();
    Ok(Kernel::typed(
        "array_join",
        "",
        (DataType::Utf8, nullable),
        exprs,
        name,
        |args| {
            let arrays = args.arrays()?;
            let lists = arrays[0].as_list::<i32>();
            let delimiters = arrays[1].as_string::<i32>();
            let joined: StringArray = (0..args.rows)
                .map(|row| {
                    if arrays.iter().any(|array| array.is_null(row)) {
                        return None;
                    }
                    let items = lists.value(row);
                    let items = items.as_string::<i32>();
                    let parts: Vec<&str> = items
                        .iter()
                        .filter_map(|item| match (item, arrays.get(2)) {
                            (Some(item), _) => Some(item),
                            (None, Some(other)) => Some(other.as_string::<i32>().value(row)),
                            (None, None) => None,
                        })
                        .collect();
                    Some(parts.join(delimiters.value(row)))
                })
                .collect();
            Ok(Arc::new(joined))
        },
    ))
}

/// `array_insert(array, place, item)`: from one, or from the end; the gap is filled with nulls.
pub(super) fn array_insert(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=3)?;
    let (arg, value) = (call.arg(0)?, call.arg(2)?);
    let wrong = || {
        let types = sql_name(&value.data_type);
        different(call, "ARRAY").with("rightType", format!("\"{types}\""))
    };
    let DataType::List(element) = &arg.data_type else {
        return Err(wrong());
    };
    if !is_integral(&call.arg(1)?.data_type) && call.arg(1)?.data_type != DataType::Null {
        return Err(call.unexpected_type(1, "INT"));
    }
    let item =
        plain_common(element.data_type(), &value.data_type, call.context.ansi).ok_or_else(wrong)?;
    let mode = CastMode::implicit(call.context);
    let widened = list(item.clone(), true);
    let array = cast(call.context, arg.clone(), &widened, mode, None)?;
    let at = call.implicit(1, &DataType::Int32)?;
    let value = cast(call.context, value.clone(), &item, mode, None)?;
    let result = (widened, array.nullable || at.nullable);
    let exprs = vec![array.expr, at.expr, value.expr];
    let (name, origin) = (call.default_name(), call.origin.clone());
    let element = Arc::new(Field::new("element", item, true));
    let options = format!("{origin:?}");
    Ok(Kernel::typed(
        "array_insert",
        options,
        result,
        exprs,
        name,
        move |args| {
            let (array, at, value) = (args.array(0)?, args.array(1)?, args.array(2)?);
            let (lists, at) = (array.as_list::<i32>(), at.as_primitive::<Int32Type>());
            let items = lists.values();
            let all = concat(&[items.as_ref(), relabel(&value, items.data_type())?.as_ref()])?;
            let nulls = NullBuffer::union(lists.nulls(), at.nulls());
            let rows = (0..args.rows)
                .map(|row| {
                    if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                        return Ok(Vec::new());
                    }
                    let mut places = range(lists.offsets(), row)
                        .map(|at| place(at).map(Some))
                        .collect::<Result<Vec<_>>>()?;
                    let new = Some(place(items.len() + row)?);
                    let asked = at.value(row);
                    let distance = usize::try_from(asked.unsigned_abs()).unwrap_or(usize::MAX);
                    if asked == 0 {
                        return Err(Error::of("INVALID_INDEX_OF_ZERO").at(origin.clone()));
                    }
                    let n = places.len();
                    if asked > 0 {
                        places.resize(n.max(distance - 1), None);
                        places.insert(distance - 1, new);
                    } else if distance <= n + 1 {
                        places.insert(n + 1 - distance, new);
                    } else {
                        let gap = std::iter::repeat_n(None, distance - n - 1);
                        places = std::iter::once(new).chain(gap).chain(places).collect();
                    }
                    Ok(places)
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(&all, rows, nulls, &element)
        },
    ))
}
