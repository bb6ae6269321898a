//! Maps out of other things: several maps, arrays of pairs, text.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, MapArray, StringBuilder, StructArray, UInt32Array, new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;

use super::items::{place, range};
use super::maps::{checked_map, entries_of};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::nested::struct_field;
use crate::functions::regex::parted;
use crate::functions::rows::with_defaults;
use crate::plan::typed::Typed;
use crate::types::arrow::{map, relabel};
use crate::types::sql_name;

const S: DataType = DataType::Utf8;

/// `map_concat(…)`: a key that is in two maps is an error.
pub(super) fn map_concat(call: &Call<'_>) -> Result<Typed> {
    let name = call.default_name();
    if call.args.is_empty() {
        let data_type = map(S, S, true);
        let empty = empty_map(&data_type)?;
        return Ok(Typed::literal(empty, map(S, S, true), name));
    }
    if call
        .args
        .iter()
        .any(|arg| !matches!(arg.data_type, DataType::Map(..)))
    {
        let types: Vec<String> = call
            .args
            .iter()
            .map(|arg| format!("\"{}\"", sql_name(&arg.data_type)))
            .collect();
        return Err(Error::new(
            "DATATYPE_MISMATCH.MAP_CONCAT_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", "`map_concat`".to_owned()),
                ("dataType", format!("[{}]", types.join(", "))),
            ],
        )
        .at(call.origin.clone()));
    }
    let texts = |arg: &Typed| -> Option<[bool; 2]> {
        let DataType::Map(entries, _) = &arg.data_type else {
            return None;
        };
        let DataType::Struct(pair) = entries.data_type() else {
            return None;
        };
        let is_text = |field: &FieldRef| *field.data_type() == S;
        Some([is_text(pair.first()?), is_text(pair.get(1)?)])
    };
    // Strings are not silently read as other keys and values here.
    let mixed = call
        .args
        .windows(2)
        .any(|pair| texts(&pair[0]) != texts(&pair[1]));
    if mixed {
        let types: Vec<String> = call
            .args
            .iter()
            .map(|arg| format!("\"{}\"", sql_name(&arg.data_type)))
            .collect();
        return Err(Error::new(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", "`map_concat`".to_owned()),
                ("dataType", format!("({})", types.join(" or "))),
            ],
        )
        .at(call.origin.clone()));
    }
    let args = unify(call, &call.args, &name)?;
    let nullable = args.iter().any(|arg| arg.nullable);
    let data_type = args
        .first()
        .map_or(DataType::Null, |arg| arg.data_type.clone());
    let entries = entries_of(&data_type)?;
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Kernel::typed(
        "map_concat",
        "",
        (data_type, nullable),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let nulls = arrays.iter().fold(None, |nulls, array| {
                NullBuffer::union(nulls.as_ref(), array.nulls())
            });
            let part = |of: fn(&MapArray) -> &ArrayRef| -> Result<ArrayRef> {
                let parts: Vec<&dyn Array> = arrays
                    .iter()
                    .map(|array| of(array.as_map()).as_ref())
                    .collect();
                Ok(concat(&parts)?)
            };
            let (map_keys, values) = (part(MapArray::keys)?, part(MapArray::values)?);
            let (mut places, mut lengths) = (Vec::new(), Vec::with_capacity(args.rows));
            for row in 0..args.rows {
                let before = places.len();
                let mut shift = 0;
                for array in &arrays {
                    let maps = array.as_map();
                    if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                        for at in range(maps.offsets(), row) {
                            places.push(place(shift + at)?);
                        }
                    }
                    shift += maps.keys().len();
                }
                lengths.push(places.len() - before);
            }
            let places = UInt32Array::from(places);
            let both = [
                take(&map_keys, &places, None)?,
                take(&values, &places, None)?,
            ];
            checked_map(&entries, OffsetBuffer::from_lengths(lengths), both, nulls)
        },
    ))
}

fn empty_map(data_type: &DataType) -> Result<ScalarValue> {
    let entries = entries_of(data_type)?;
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(Error::internal("a map without entries"));
    };
    let columns = fields
        .iter()
        .map(|field| new_empty_array(field.data_type()))
        .collect();
    let structs = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths([0]);
    let empty = MapArray::try_new(Arc::clone(&entries), offsets, structs, None, false)?;
    Ok(ScalarValue::Map(Arc::new(empty)))
}

/// `map_from_entries(array(struct(k, v), …))`: null if one of the structs is.
pub(super) fn map_from_entries(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let pair = match &arg.data_type {
        DataType::List(element) => match element.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => Some((element, pair)),
            _ => None,
        },
        _ => None,
    };
    let Some((element, pair)) = pair else {
        return Err(call.unexpected_type(0, "\"ARRAY\" of pair \"STRUCT\""));
    };
    let data_type = map(
        pair[0].data_type().clone(),
        pair[1].data_type().clone(),
        pair[1].is_nullable(),
    );
    let entries = entries_of(&data_type)?;
    let result = (data_type, arg.nullable || element.is_nullable());
    let name = call.default_name();
    let exprs = vec![arg.expr.clone()];
    Ok(Kernel::typed(
        "map_from_entries",
        "",
        result,
        exprs,
        name,
        move |args| {
            let array = args.array(0)?;
            let lists = array.as_list::<i32>();
            let structs = lists.values();
            let (mut places, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..args.rows {
                let items = range(lists.offsets(), row);
                let whole = lists.is_valid(row) && items.clone().all(|at| structs.is_valid(at));
                valid.push(whole);
                if !whole {
                    lengths.push(0);
                    continue;
                }
                lengths.push(items.len());
                for at in items {
                    places.push(place(at)?);
                }
            }
            let places = UInt32Array::from(places);
            let both = [
                take(&struct_field(structs, 0)?, &places, None)?,
                take(&struct_field(structs, 1)?, &places, None)?,
            ];
            let nulls = Some(NullBuffer::from(valid));
            checked_map(&entries, OffsetBuffer::from_lengths(lengths), both, nulls)
        },
    ))
}

/// `str_to_map(text, pairs, values)`, whose delimiters are regular expressions.
pub(super) fn str_to_map(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=3)?;
    let text = |c: &str| Typed::literal(ScalarValue::Utf8(Some(c.to_owned())), S, c);
    let call = &with_defaults(call, 3, &[text(","), text(":")]);
    let args = (0..3)
        .map(|index| call.implicit(index, &S))
        .collect::<Result<Vec<_>>>()?;
    let nullable = args.iter().any(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    let data_type = map(S, S, true);
    let entries = entries_of(&data_type)?;
    let name = call.default_name();
    Ok(Kernel::typed(
        "str_to_map",
        "",
        (data_type, nullable),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let nulls = arrays.iter().fold(None, |nulls, array| {
                NullBuffer::union(nulls.as_ref(), array.nulls())
            });
            let text = |index: usize, row: usize| arrays[index].as_string::<i32>().value(row);
            let (mut map_keys, mut values) = (StringBuilder::new(), StringBuilder::new());
            let mut lengths = Vec::with_capacity(args.rows);
            for row in 0..args.rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let pairs = parted(text(0, row), text(1, row), 0)?;
                lengths.push(pairs.len());
                for pair in pairs {
                    let parts = parted(&pair, text(2, row), 2)?;
                    map_keys.append_value(parts.first().map_or("", String::as_str));
                    values.append_option(parts.get(1));
                }
            }
            let map_keys: ArrayRef = Arc::new(map_keys.finish());
            let values: ArrayRef = Arc::new(values.finish());
            let both = [relabel(&map_keys, &S)?, relabel(&values, &S)?];
            checked_map(&entries, OffsetBuffer::from_lengths(lengths), both, nulls)
        },
    ))
}
