//! Maps: building them and asking them.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StructArray, UInt32Array,
    new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{interleave, take};
use arrow::datatypes::{DataType, Field, FieldRef};

use datafusion::common::ScalarValue;

use super::items::{concrete, is_set, keys, keys_of_both, place, range};
use super::search::{different_from, null_type, plain_common};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::arrow::{list, map, relabel};
use crate::types::sql_name;
use crate::types::variant::is_variant;

fn duplicate_key(key: &ScalarValue) -> Error {
    Error::new(
        "DUPLICATED_MAP_KEY",
        [
            ("key", key.to_string()),
            (
                "mapKeyDedupPolicy",
                "\"spark.sql.mapKeyDedupPolicy\"".to_owned(),
            ),
        ],
    )
}

/// A map array; null and repeated keys are errors, as with Spark's default policy.
pub(in crate::functions) fn checked_map(
    entries: &FieldRef,
    offsets: OffsetBuffer<i32>,
    columns: [ArrayRef; 2],
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(Error::internal("a map without entries"));
    };
    let [map_keys, values] = columns;
    let (rows, is_set) = (keys(&map_keys)?, is_set(&map_keys));
    for row in 0..offsets.len().saturating_sub(1) {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            continue;
        }
        let mut seen = HashSet::new();
        for at in range(&offsets, row) {
            if !is_set(at) {
                return Err(Error::of("NULL_MAP_KEY"));
            }
            if !seen.insert(rows.row(at).data().to_vec()) {
                let key = ScalarValue::try_from_array(&map_keys, at)?;
                return Err(duplicate_key(&key));
            }
        }
    }
    let columns = crate::types::arrow::relabel_all(&[map_keys, values], fields)?;
    let structs = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries),
        offsets,
        structs,
        nulls,
        false,
    )?))
}

pub(in crate::functions) fn entries_of(data_type: &DataType) -> Result<FieldRef> {
    match data_type {
        DataType::Map(entries, _) => Ok(Arc::clone(entries)),
        _ => Err(Error::internal("a map type is no map")),
    }
}

pub(super) fn map_of(call: &Call<'_>) -> Result<Typed> {
    if call.args.len() % 2 == 1 {
        return Err(Error::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            [
                ("functionName", "`map`".to_owned()),
                ("expectedNum", "2n (n > 0)".to_owned()),
                ("actualNum", call.args.len().to_string()),
                ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
            ],
        )
        .placeless());
    }
    let name = call.default_name();
    let every =
        |from: usize| -> Vec<Typed> { call.args.iter().skip(from).step_by(2).cloned().collect() };
    let map_keys = unify(call, &every(0), &name)?;
    let values = unify(call, &every(1), &name)?;
    let first = |all: &[Typed]| all.first().map_or(DataType::Null, |v| v.data_type.clone());
    let (key_type, value_type) = (first(&map_keys), first(&values));
    if matches!(key_type, DataType::Map(..)) || is_variant(&key_type) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("keyType", format!("\"{}\"", sql_name(&key_type))),
            ],
        )
        .at(call.origin.clone()));
    }
    let data_type = map(key_type, value_type, values.iter().any(|v| v.nullable));
    let entries = entries_of(&data_type)?;
    let n = map_keys.len();
    if n == 0 {
        let columns = [
            new_empty_array(&DataType::Null),
            new_empty_array(&DataType::Null),
        ];
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(Error::internal("a map without entries"));
        };
        let structs = StructArray::try_new(fields.clone(), columns.to_vec(), None)?;
        let empty = MapArray::try_new(
            Arc::clone(&entries),
            OffsetBuffer::from_lengths([0]),
            structs,
            None,
            false,
        )?;
        let empty = ScalarValue::Map(Arc::new(empty));
        return Ok(Typed::literal(empty, data_type, name));
    }
    let exprs = map_keys.into_iter().chain(values).map(|v| v.expr).collect();
    Ok(Kernel::typed(
        "map",
        "",
        (data_type, false),
        exprs,
        name,
        move |args| {
            let columns = args.arrays()?;
            let woven = |from: &[ArrayRef]| -> Result<ArrayRef> {
                let parts: Vec<&dyn Array> = from.iter().map(AsRef::as_ref).collect();
                let places: Vec<(usize, usize)> = (0..args.rows)
                    .flat_map(|row| (0..n).map(move |column| (column, row)))
                    .collect();
                Ok(interleave(&parts, &places)?)
            };
            let (map_keys, values) = columns.split_at(n);
            let both = [woven(map_keys)?, woven(values)?];
            checked_map(
                &entries,
                OffsetBuffer::from_repeated_length(n, args.rows),
                both,
                None,
            )
        },
    ))
}

pub(super) fn map_from_arrays(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let call = &concrete(call, &list(DataType::Null, true));
    let (DataType::List(key), DataType::List(value)) =
        (&call.arg(0)?.data_type, &call.arg(1)?.data_type)
    else {
        let wrong = usize::from(matches!(call.arg(0)?.data_type, DataType::List(_)));
        return Err(call.unexpected_type(wrong, "ARRAY"));
    };
    let data_type = map(
        key.data_type().clone(),
        value.data_type().clone(),
        value.is_nullable(),
    );
    let entries = entries_of(&data_type)?;
    let result = (data_type, call.any_nullable());
    let exprs = call.args.iter().map(|arg| arg.expr.clone()).collect();
    let name = call.default_name();
    Ok(Kernel::typed(
        "map_from_arrays",
        "",
        result,
        exprs,
        name,
        move |args| {
            let (left, right) = (args.array(0)?, args.array(1)?);
            let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let (mut lengths, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
            let mut uneven = None;
            for row in 0..args.rows {
                let (l, r) = (range(left.offsets(), row), range(right.offsets(), row));
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                if l.len() != r.len() {
                    // Rows before this one may hold keys twice; that is reported first.
                    uneven = Some(Error::of("_LEGACY_ERROR_TEMP_2128"));
                    break;
                }
                lengths.push(l.len());
                for at in l {
                    from.push(place(at)?);
                }
                for at in r {
                    to.push(place(at)?);
                }
            }
            let both = [
                take(left.values(), &UInt32Array::from(from), None)?,
                take(right.values(), &UInt32Array::from(to), None)?,
            ];
            if let Some(error) = uneven {
                let nulls = nulls.map(|nulls| nulls.slice(0, lengths.len()));
                checked_map(&entries, OffsetBuffer::from_lengths(lengths), both, nulls)?;
                return Err(error);
            }
            checked_map(&entries, OffsetBuffer::from_lengths(lengths), both, nulls)
        },
    ))
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Keys,
    Values,
    Entries,
}

pub(in crate::functions) fn map_fields(
    call: &Call<'_>,
    index: usize,
) -> Result<(FieldRef, FieldRef)> {
    if let DataType::Map(entries, _) = &call.arg(index)?.data_type
        && let DataType::Struct(pair) = entries.data_type()
        && let [key, value] = pair.as_ref()
    {
        return Ok((Arc::clone(key), Arc::clone(value)));
    }
    Err(call.unexpected_type(index, "MAP"))
}

pub(super) fn map_part(call: &Call<'_>, part: Part) -> Result<Typed> {
    call.arity(1..=1)?;
    let call = &concrete(call, &map(DataType::Null, DataType::Null, true));
    let (key, value) = map_fields(call, 0)?;
    let element = match part {
        // Spark does not say of these lists that they hold no null.
        Part::Keys => Field::new("element", key.data_type().clone(), true),
        Part::Values => Field::new("element", value.data_type().clone(), true),
        Part::Entries => Field::new("element", DataType::Struct(vec![key, value].into()), false),
    };
    let element = Arc::new(element);
    let arg = call.arg(0)?;
    let result = (DataType::List(Arc::clone(&element)), arg.nullable);
    let name = call.default_name();
    Ok(Kernel::typed(
        call.name,
        "",
        result,
        vec![arg.expr.clone()],
        name,
        move |args| {
            let array = args.array(0)?;
            let maps = array.as_map();
            let values: ArrayRef = match part {
                Part::Keys => Arc::clone(maps.keys()),
                Part::Values => Arc::clone(maps.values()),
                Part::Entries => Arc::new(maps.entries().clone()),
            };
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(&element),
                maps.offsets().clone(),
                relabel(&values, element.data_type())?,
                maps.nulls().cloned(),
            )?))
        },
    ))
}

/// Places of values in maps; null where the key is not.
fn looked_up(maps: &MapArray, wanted: &ArrayRef) -> Result<Vec<Option<usize>>> {
    let wanted = relabel(wanted, maps.keys().data_type()).unwrap_or_else(|_| Arc::clone(wanted));
    let (known, asked) = keys_of_both(maps.keys(), &wanted)?;
    Ok((0..maps.len())
        .map(|row| {
            if maps.is_null(row) || wanted.is_null(row) {
                return None;
            }
            range(maps.offsets(), row).find(|at| known.row(*at) == asked.row(row))
        })
        .collect())
}

/// The second argument as a key of the first, which must be a map with keys of its kind.
pub(super) fn key_of(call: &Call<'_>) -> Result<Typed> {
    let asked = call.arg(1)?;
    if asked.data_type == DataType::Null && call.name == "map_contains_key" {
        return Err(null_type(call));
    }
    let (key, _) =
        map_fields(call, 0).map_err(|_| different_from(call, "MAP_FUNCTION_DIFF_TYPES", "MAP"))?;
    let common = plain_common(key.data_type(), &asked.data_type, call.context.ansi);
    if common.as_ref() != Some(key.data_type()) {
        return Err(different_from(call, "MAP_FUNCTION_DIFF_TYPES", "MAP"));
    }
    call.implicit(1, key.data_type())
}

/// `m[k]`: null where the key is not.
pub(super) fn map_value(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (key, value) = map_fields(call, 0)?;
    let asked = call.implicit(1, key.data_type())?;
    let name = if call.name == "get_map_value" {
        format!("{}[{}]", call.arg(0)?.name, call.arg(1)?.name).into()
    } else {
        call.default_name()
    };
    let result = (value.data_type().clone(), true);
    let exprs = vec![call.arg(0)?.expr.clone(), asked.expr];
    Ok(Kernel::typed(
        "get_map_value",
        "",
        result,
        exprs,
        name,
        |args| {
            let maps = args.array(0)?;
            let maps = maps.as_map();
            let places: UInt32Array = looked_up(maps, &args.array(1)?)?
                .into_iter()
                .map(|at| at.and_then(|at| u32::try_from(at).ok()))
                .collect();
            Ok(take(maps.values(), &places, None)?)
        },
    ))
}

pub(super) fn map_contains_key(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let asked = key_of(call)?;
    let result = (DataType::Boolean, true);
    let exprs = vec![call.arg(0)?.expr.clone(), asked.expr];
    let name = call.default_name();
    Ok(Kernel::typed(
        "map_contains_key",
        "",
        result,
        exprs,
        name,
        |args| {
            let (maps, asked) = (args.array(0)?, args.array(1)?);
            let found = looked_up(maps.as_map(), &asked)?;
            let flags: BooleanArray = found
                .into_iter()
                .enumerate()
                .map(|(row, at)| {
                    (maps.is_valid(row) && asked.is_valid(row)).then_some(at.is_some())
                })
                .collect();
            Ok(Arc::new(flags))
        },
    ))
}
