//! The flat items below lists: where a row's items stand, how they compare, lists gathered anew.
//!
//! Knows no names of functions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::logical_expr::Expr;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::arrow::{list, relabel};

/// Rows that compare as Spark compares values.
pub(in crate::functions) fn keys(values: &ArrayRef) -> Result<Rows> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    Ok(converter.convert_columns(&[one_zero(values)?])?)
}

/// [`keys`] of two arrays of one type that are compared with each other.
pub(super) fn keys_of_both(left: &ArrayRef, right: &ArrayRef) -> Result<(Rows, Rows)> {
    let converter = RowConverter::new(vec![SortField::new(left.data_type().clone())])?;
    Ok((
        converter.convert_columns(&[one_zero(left)?])?,
        converter.convert_columns(&[one_zero(right)?])?,
    ))
}

/// A sort or grouping key that Arrow compares as Spark does.
pub(crate) fn comparable(value: Typed) -> Expr {
    if !has_spellings(&value.data_type) {
        return value.expr;
    }
    let result = (value.data_type, value.nullable);
    Kernel::call("one_zero", "", result, vec![value.expr], |args| {
        one_zero(&args.array(0)?)
    })
}

/// Whether equal values may differ: zeros have signs, NaNs have bits, maps an order.
fn has_spellings(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float32 | DataType::Float64 | DataType::Map(..) => true,
        DataType::List(element) => has_spellings(element.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_spellings(field.data_type())),
        _ => false,
    }
}

/// The entries of every map in the order of its keys.
fn ordered_map(values: &ArrayRef) -> Result<ArrayRef> {
    let (entries, offsets, pairs, nulls, sorted) = values.as_map().clone().into_parts();
    let (fields, columns, _) = pairs.into_parts();
    let columns = columns.iter().map(one_zero).collect::<Result<Vec<_>>>()?;
    let first = columns
        .first()
        .ok_or_else(|| Error::internal("a map without keys"))?;
    let order = keys(first)?;
    let mut places = Vec::with_capacity(order.num_rows());
    let mut lengths = Vec::with_capacity(offsets.len());
    for row in 0..offsets.len().saturating_sub(1) {
        let mut within: Vec<usize> = range(&offsets, row).collect();
        within.sort_by(|a, b| order.row(*a).cmp(&order.row(*b)));
        lengths.push(within.len());
        for at in within {
            places.push(place(at)?);
        }
    }
    let places = UInt32Array::from(places);
    let columns = columns
        .iter()
        .map(|column| Ok(take(column, &places, None)?))
        .collect::<Result<Vec<_>>>()?;
    let pairs = StructArray::try_new(fields, columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(
        entries, offsets, pairs, nulls, sorted,
    )?))
}

/// The values with minus zero made zero and every NaN the same, as Spark compares them.
pub(in crate::functions) fn one_zero(values: &ArrayRef) -> Result<ArrayRef> {
    Ok(match values.data_type() {
        DataType::Float32 => {
            let floats = values.as_primitive::<Float32Type>();
            let same =
                floats.unary::<_, Float32Type>(|v| if v.is_nan() { f32::NAN } else { v + 0.0 });
            Arc::new(same)
        }
        DataType::Float64 => {
            let doubles = values.as_primitive::<Float64Type>();
            let same =
                doubles.unary::<_, Float64Type>(|v| if v.is_nan() { f64::NAN } else { v + 0.0 });
            Arc::new(same)
        }
        DataType::List(element) => {
            let (_, offsets, items, nulls) = values.as_list::<i32>().clone().into_parts();
            let items = one_zero(&items)?;
            Arc::new(ListArray::try_new(
                Arc::clone(element),
                offsets,
                items,
                nulls,
            )?)
        }
        DataType::Struct(fields) => {
            let (_, columns, nulls) = values.as_struct().clone().into_parts();
            let columns = columns.iter().map(one_zero).collect::<Result<_>>()?;
            let n_rows = values.len();
            Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                nulls,
                n_rows,
            )?)
        }
        DataType::Map(..) => ordered_map(values)?,
        _ => Arc::clone(values),
    })
}

/// Which items are null; an array of nulls knows it by its type only.
pub(super) fn is_set(items: &ArrayRef) -> impl Fn(usize) -> bool + 'static {
    let nulls = items.logical_nulls();
    move |at| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at))
}

pub(in crate::functions) fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| {
        offsets
            .get(index)
            .and_then(|offset| usize::try_from(*offset).ok())
            .unwrap_or(0)
    };
    at(row)..at(row + 1)
}

pub(in crate::functions) fn place(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| Error::internal("an array with over four billion items"))
}

/// Lists whose items are at these places of `items`.
pub(in crate::functions) fn gathered(
    items: &ArrayRef,
    rows: Vec<Vec<Option<u32>>>,
    nulls: Option<NullBuffer>,
    element: &FieldRef,
) -> Result<ArrayRef> {
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(Vec::len));
    let places: UInt32Array = rows.into_iter().flatten().collect();
    let values = relabel(&take(items, &places, None)?, element.data_type())?;
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(element),
        offsets,
        values,
        nulls,
    )?))
}

/// The first argument, which must be an array.
pub(super) fn array_arg(call: &Call<'_>) -> Result<(Typed, FieldRef)> {
    let arg = call.arg(0)?;
    match &arg.data_type {
        DataType::List(element) => Ok((arg.clone(), Arc::clone(element))),
        DataType::Null => {
            let to = list(DataType::Null, true);
            let arg = Typed::null(to).named(Arc::clone(&arg.name));
            let element = Arc::new(Field::new("element", DataType::Null, true));
            Ok((arg, element))
        }
        _ => Err(call.unexpected_type(0, "ARRAY")),
    }
}

/// An array with some of its items, chosen row by row.
pub(super) fn chosen(
    call: &Call<'_>,
    choose: impl Fn(usize, &ArrayRef, std::ops::Range<usize>) -> Vec<usize> + Send + Sync + 'static,
) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, element) = array_arg(call)?;
    let element = if call.name == "array_compact" {
        Arc::new(Field::new("element", element.data_type().clone(), false))
    } else {
        element
    };
    let result = (DataType::List(Arc::clone(&element)), arg.nullable);
    let name = call.default_name();
    Ok(Kernel::typed(
        call.name,
        "",
        result,
        vec![arg.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            let lists = array.as_list::<i32>();
            let rows = (0..lists.len())
                .map(|row| {
                    choose(row, lists.values(), range(lists.offsets(), row))
                        .into_iter()
                        .map(|at| place(at).map(Some))
                        .collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(lists.values(), rows, lists.nulls().cloned(), &element)
        },
    ))
}

pub(super) fn chosen_by_key(
    call: &Call<'_>,
    choose: fn(&Rows, std::ops::Range<usize>) -> Vec<usize>,
) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, element) = array_arg(call)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let name = call.default_name();
    Ok(Kernel::typed(
        call.name,
        "",
        result,
        vec![arg.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            let lists = array.as_list::<i32>();
            let keys = keys(lists.values())?;
            let rows = (0..lists.len())
                .map(|row| {
                    choose(&keys, range(lists.offsets(), row))
                        .into_iter()
                        .map(|at| place(at).map(Some))
                        .collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(lists.values(), rows, lists.nulls().cloned(), &element)
        },
    ))
}

/// The call with its untyped nulls as nulls of a type (`AbstractDataType.defaultConcreteType`).
pub(super) fn concrete<'a>(call: &Call<'a>, to: &DataType) -> Call<'a> {
    let mut call = crate::functions::rows::with_defaults(call, 0, &[]);
    for arg in &mut call.args {
        if arg.data_type == DataType::Null {
            *arg = Typed::null(to.clone()).named(Arc::clone(&arg.name));
        }
    }
    call
}
