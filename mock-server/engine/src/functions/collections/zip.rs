//! `arrays_zip`: arrays side by side, the short ones filled up with nulls.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;

use super::items::{concrete, place, range};
use crate::error::Result;
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::arrow::list;

/// Fields are named after columns and aliases, else by their place from zero.
pub(super) fn arrays_zip(call: &Call<'_>) -> Result<Typed> {
    let name = call.default_name();
    let call = &concrete(call, &list(DataType::Null, true));
    let mut fields = Vec::with_capacity(call.args.len());
    for (index, arg) in call.args.iter().enumerate() {
        let DataType::List(element) = &arg.data_type else {
            return Err(call.unexpected_type(index, "ARRAY"));
        };
        let named = match &arg.alias {
            Some(alias) => alias.to_string(),
            None if arg.id.is_some() => arg.name.to_string(),
            None => index.to_string(),
        };
        fields.push(Field::new(named, element.data_type().clone(), true));
    }
    let fields = Fields::from(fields);
    let element = Arc::new(Field::new(
        "element",
        DataType::Struct(fields.clone()),
        false,
    ));
    let data_type = DataType::List(Arc::clone(&element));
    if call.args.is_empty() {
        let empty: ArrayRef = Arc::new(StructArray::new_empty_fields(0, None));
        let empty = ListArray::try_new(element, OffsetBuffer::from_lengths([0]), empty, None)?;
        return Ok(Typed::literal(
            ScalarValue::List(Arc::new(empty)),
            data_type,
            name,
        ));
    }
    let result = (data_type, call.any_nullable());
    let exprs = call.args.iter().map(|arg| arg.expr.clone()).collect();
    let options = format!("{fields:?}");
    Ok(Kernel::typed(
        "arrays_zip",
        options,
        result,
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let nulls = arrays.iter().fold(None, |nulls, array| {
                NullBuffer::union(nulls.as_ref(), array.nulls())
            });
            let mut lengths = Vec::with_capacity(args.rows);
            let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); arrays.len()];
            for row in 0..args.rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let ranges: Vec<_> = arrays
                    .iter()
                    .map(|array| range(array.as_list::<i32>().offsets(), row))
                    .collect();
                let longest = ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
                for (range, places) in ranges.into_iter().zip(&mut places) {
                    for at in 0..longest {
                        let at = range.start + at;
                        places.push((at < range.end).then(|| place(at)).transpose()?);
                    }
                }
                lengths.push(longest);
            }
            let columns = arrays
                .iter()
                .zip(places)
                .map(|(array, places)| {
                    let items = array.as_list::<i32>().values();
                    Ok(take(items, &UInt32Array::from(places), None)?)
                })
                .collect::<Result<Vec<_>>>()?;
            let columns = crate::types::arrow::relabel_all(&columns, &fields)?;
            let items = StructArray::try_new(fields.clone(), columns, None)?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            let element = Arc::clone(&element);
            Ok(Arc::new(ListArray::try_new(
                element,
                offsets,
                Arc::new(items),
                nulls,
            )?))
        },
    ))
}
