//! Arrays, maps and structs: building them and asking them. Most answers are places in the flat
//! items, gathered with one `take`.
//!
//! Functions with lambdas have a file of their own.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, ListArray, MapArray,
    StringArray, StructArray, UInt32Array, new_empty_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, interleave, take};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float32Type, Float64Type, Int32Type};
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::ScalarValue;

use super::conditional::unify;
use super::kernel::Kernel;
use super::{Call, CastMode, Function, cast, planned, scalar};
use crate::error::{ANSI, Error, Result};
use crate::plan::typed::Typed;
use crate::types::arrow::{list, map, relabel};
use crate::types::coerce::{common, is_integral, is_orderable};
use crate::types::sql_name;

const I: DataType = DataType::Int32;

pub(super) const TABLE: &[Function] = &[
    scalar("array", array),
    scalar("array_append", |call| added(call, false)),
    scalar("array_compact", |call| {
        chosen(call, |_, items, range| {
            let is_set = is_set(items);
            range.filter(|place| is_set(*place)).collect()
        })
    }),
    scalar("array_contains", array_contains),
    scalar("array_distinct", |call| chosen_by_key(call, distinct)),
    scalar("array_except", |call| of_two(call, Two::Except)),
    planned("array_insert"),
    scalar("array_intersect", |call| of_two(call, Two::Intersect)),
    scalar("array_join", array_join),
    scalar("array_max", |call| array_extreme(call, true)),
    scalar("array_min", |call| array_extreme(call, false)),
    scalar("array_position", array_position),
    scalar("array_prepend", |call| added(call, true)),
    scalar("array_remove", array_remove),
    scalar("array_repeat", array_repeat),
    scalar("array_size", |call| {
        array_arg(call)?;
        size(call)
    }),
    scalar("array_union", |call| of_two(call, Two::Union)),
    scalar("arrays_overlap", |call| of_two(call, Two::Overlap)),
    planned("arrays_zip"),
    scalar("cardinality", size),
    scalar("concat", concatenated),
    scalar("element_at", |call| element_at(call, call.context.ansi)),
    scalar("flatten", flatten),
    scalar("get", |call| item(call, false)),
    scalar("get_array_item", |call| item(call, call.context.ansi)),
    scalar("get_map_value", map_value),
    scalar("map", map_of),
    planned("map_concat"),
    scalar("map_contains_key", map_contains_key),
    scalar("map_entries", |call| map_part(call, Part::Entries)),
    scalar("map_from_arrays", map_from_arrays),
    planned("map_from_entries"),
    scalar("map_keys", |call| map_part(call, Part::Keys)),
    scalar("map_values", |call| map_part(call, Part::Values)),
    scalar("named_struct", named_struct),
    scalar("reverse", reverse),
    planned("sequence"),
    planned("shuffle"),
    scalar("size", size),
    scalar("slice", slice),
    scalar("sort_array", sort_array),
    planned("str_to_map"),
    scalar("struct", structure),
    scalar("try_element_at", |call| element_at(call, false)),
];

/// Rows that compare as Spark compares values.
pub(super) fn keys(values: &ArrayRef) -> Result<Rows> {
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    Ok(converter.convert_columns(&[one_zero(values)?])?)
}

/// The values with minus zero made zero and every NaN the same, as Spark compares them.
fn one_zero(values: &ArrayRef) -> Result<ArrayRef> {
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
        _ => Arc::clone(values),
    })
}

/// Which items are null; an array of nulls knows it by its type only.
fn is_set(items: &ArrayRef) -> impl Fn(usize) -> bool + 'static {
    let nulls = items.logical_nulls();
    move |at| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at))
}

pub(super) fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| {
        offsets
            .get(index)
            .and_then(|offset| usize::try_from(*offset).ok())
            .unwrap_or(0)
    };
    at(row)..at(row + 1)
}

pub(super) fn place(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| Error::internal("an array with over four billion items"))
}

/// Lists whose items are at these places of `items`.
pub(super) fn gathered(
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
fn array_arg(call: &Call<'_>) -> Result<(Typed, FieldRef)> {
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
fn chosen(
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

fn chosen_by_key(
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

fn distinct(keys: &Rows, range: std::ops::Range<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    range
        .filter(|at| seen.insert(keys.row(*at).data().to_vec()))
        .collect()
}

fn reverse(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    if matches!(call.arg(0)?.data_type, DataType::List(_)) {
        return chosen(call, |_, _, range| range.rev().collect());
    }
    super::rows::strict(call, &[DataType::Utf8], (DataType::Utf8, false), |row| {
        Ok(row[0].text().chars().rev().collect::<String>().into())
    })
}

/// `array(…)`: the values of one common type.
fn array(call: &Call<'_>) -> Result<Typed> {
    let name = call.default_name();
    let values = unify(call, &call.args, &name)?;
    let item = values
        .first()
        .map_or(DataType::Null, |value| value.data_type.clone());
    let contains_null = values.iter().any(|value| value.nullable);
    // A letter an item says whether it may be null; `item_nullable` reads them.
    let marks: String = values
        .iter()
        .map(|v| if v.nullable { 'n' } else { 'v' })
        .collect();
    let data_type = list(item, contains_null);
    let DataType::List(element) = data_type.clone() else {
        return Err(Error::internal("an array type is no list"));
    };
    let exprs: Vec<_> = values.into_iter().map(|value| value.expr).collect();
    if exprs.is_empty() {
        let items = new_empty_array(&DataType::Null);
        let empty = ListArray::try_new(element, OffsetBuffer::from_lengths([0]), items, None)?;
        return Ok(Typed::literal(
            ScalarValue::List(Arc::new(empty)),
            data_type,
            name,
        ));
    }
    let result = (data_type, false);
    Ok(Kernel::typed(
        "array",
        marks,
        result,
        exprs,
        name,
        move |args| {
            let columns = args
                .arrays()?
                .iter()
                .map(|column| relabel(column, element.data_type()))
                .collect::<Result<Vec<_>>>()?;
            let n = columns.len();
            let places: Vec<(usize, usize)> = (0..args.rows)
                .flat_map(|row| (0..n).map(move |column| (column, row)))
                .collect();
            let parts: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(&element),
                OffsetBuffer::from_repeated_length(n, args.rows),
                interleave(&parts, &places)?,
                None,
            )?))
        },
    ))
}

/// A struct of these fields.
fn structure_of(fields: Fields, values: Vec<Typed>, name: Arc<str>) -> Typed {
    let data_type = DataType::Struct(fields.clone());
    let exprs = values.into_iter().map(|value| value.expr).collect();
    let options = format!("{fields:?}");
    Kernel::typed(
        "struct",
        options,
        (data_type, false),
        exprs,
        name,
        move |args| {
            let columns = crate::types::arrow::relabel_all(&args.arrays()?, &fields)?;
            let array = StructArray::try_new_with_length(fields.clone(), columns, None, args.rows)?;
            Ok(Arc::new(array))
        },
    )
}

/// `struct(…)`: fields are named after columns and aliases, else `col1`, `col2`, ….
fn structure(call: &Call<'_>) -> Result<Typed> {
    let mut shown = Vec::with_capacity(call.args.len());
    let fields = call
        .args
        .iter()
        .enumerate()
        .map(|(index, arg)| {
            let alias = arg.alias.as_ref();
            shown.push(match alias {
                Some(alias) if arg.id.is_none() && *alias != arg.name => {
                    format!("{} AS {alias}", arg.name)
                }
                _ => arg.name.to_string(),
            });
            let named = match alias {
                Some(alias) => alias.to_string(),
                None if arg.id.is_some() => arg.name.to_string(),
                None => format!("col{}", index + 1),
            };
            Field::new(named, arg.data_type.clone(), arg.nullable)
                .with_metadata(arg.metadata.as_ref().clone())
        })
        .collect();
    let name = format!("struct({})", shown.join(", ")).into();
    Ok(structure_of(fields, call.args.clone(), name))
}

fn named_struct(call: &Call<'_>) -> Result<Typed> {
    if call.args.len() % 2 == 1 {
        return Err(Error::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            [
                ("functionName", "`named_struct`".to_owned()),
                ("expectedNum", "2n (n > 0)".to_owned()),
                ("actualNum", call.args.len().to_string()),
                ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    }
    let mut fields: Vec<FieldRef> = Vec::new();
    let mut values = Vec::new();
    for pair in call.args.chunks_exact(2) {
        let [name, value] = pair else { continue };
        let Some(text) = name.constant_str() else {
            let odd: Vec<String> = call
                .args
                .iter()
                .step_by(2)
                .map(|arg| format!("\"{}\"", arg.name))
                .collect();
            return Err(Error::new(
                "DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING",
                [
                    ("sqlExpr", format!("\"{}\"", call.default_name())),
                    ("inputExprs", format!("[{}]", odd.join(", "))),
                ],
            )
            .at(call.origin.clone()));
        };
        let field = Field::new(text, value.data_type.clone(), value.nullable)
            .with_metadata(value.metadata.as_ref().clone());
        fields.push(Arc::new(field));
        values.push(value.clone());
    }
    Ok(structure_of(fields.into(), values, call.default_name()))
}

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
pub(super) fn checked_map(
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

pub(super) fn entries_of(data_type: &DataType) -> Result<FieldRef> {
    match data_type {
        DataType::Map(entries, _) => Ok(Arc::clone(entries)),
        _ => Err(Error::internal("a map type is no map")),
    }
}

fn map_of(call: &Call<'_>) -> Result<Typed> {
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
        .at(call.origin.clone()));
    }
    let name = call.default_name();
    let every =
        |from: usize| -> Vec<Typed> { call.args.iter().skip(from).step_by(2).cloned().collect() };
    let map_keys = unify(call, &every(0), &name)?;
    let values = unify(call, &every(1), &name)?;
    let first = |all: &[Typed]| all.first().map_or(DataType::Null, |v| v.data_type.clone());
    let (key_type, value_type) = (first(&map_keys), first(&values));
    if matches!(key_type, DataType::Map(..)) {
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

fn map_from_arrays(call: &Call<'_>) -> Result<Typed> {
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
enum Part {
    Keys,
    Values,
    Entries,
}

pub(super) fn map_fields(call: &Call<'_>, index: usize) -> Result<(FieldRef, FieldRef)> {
    if let DataType::Map(entries, _) = &call.arg(index)?.data_type
        && let DataType::Struct(pair) = entries.data_type()
        && let [key, value] = pair.as_ref()
    {
        return Ok((Arc::clone(key), Arc::clone(value)));
    }
    Err(call.unexpected_type(index, "MAP"))
}

/// The call with its untyped nulls as nulls of a type (`AbstractDataType.defaultConcreteType`).
fn concrete<'a>(call: &Call<'a>, to: &DataType) -> Call<'a> {
    let mut call = super::rows::with_defaults(call, 0, &[]);
    for arg in &mut call.args {
        if arg.data_type == DataType::Null {
            *arg = Typed::null(to.clone()).named(Arc::clone(&arg.name));
        }
    }
    call
}

fn map_part(call: &Call<'_>, part: Part) -> Result<Typed> {
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
    let converter = RowConverter::new(vec![SortField::new(wanted.data_type().clone())])?;
    let known = converter.convert_columns(&[Arc::clone(maps.keys())])?;
    let asked = converter.convert_columns(&[Arc::clone(&wanted)])?;
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
fn key_of(call: &Call<'_>) -> Result<Typed> {
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
fn map_value(call: &Call<'_>) -> Result<Typed> {
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

fn map_contains_key(call: &Call<'_>) -> Result<Typed> {
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

/// Whether an item may be null (`GetArrayItemUtil.computeNullabilityFromArray`): Spark only knows
/// that it may not for a constant place in an array that is written out.
fn item_nullable(array: &Typed, index: &Typed, first: i64) -> bool {
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
fn item(call: &Call<'_>, strict: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    if call.arg(0)?.data_type == DataType::Null {
        return Err(call.unexpected_type(0, "ARRAY"));
    }
    let (arg, element) = array_arg(call)?;
    let known = &call.arg(1)?.data_type;
    if !is_integral(known) && *known != DataType::Null {
        return Err(call.unexpected_type(1, "INTEGRAL"));
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
                                ("ansiConfig", ANSI.to_owned()),
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
fn element_at(call: &Call<'_>, strict: bool) -> Result<Typed> {
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
                        return Err(Error::of("INVALID_INDEX_OF_ZERO").at(origin.clone()));
                    }
                    let distance = usize::try_from(asked.unsigned_abs()).unwrap_or(usize::MAX);
                    if distance > range.len() {
                        return if strict {
                            Err(Error::new(
                                "INVALID_ARRAY_INDEX_IN_ELEMENT_AT",
                                [
                                    ("indexValue", asked.to_string()),
                                    ("arraySize", range.len().to_string()),
                                    ("ansiConfig", ANSI.to_owned()),
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
fn size(call: &Call<'_>) -> Result<Typed> {
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

fn lengths(offsets: &[i32], nulls: Option<&NullBuffer>, none: Option<i32>) -> Int32Array {
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

fn null_type(call: &Call<'_>) -> Error {
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
fn plain_common(left: &DataType, right: &DataType, ansi: bool) -> Option<DataType> {
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

fn different_from(call: &Call<'_>, class: &str, wanted: &str) -> Error {
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
    let converter = RowConverter::new(vec![SortField::new(value.data_type().clone())])?;
    let items = converter.convert_columns(&[Arc::clone(lists.values())])?;
    let asked = converter.convert_columns(&[value])?;
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

fn array_contains(call: &Call<'_>) -> Result<Typed> {
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

fn array_position(call: &Call<'_>) -> Result<Typed> {
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

fn array_remove(call: &Call<'_>) -> Result<Typed> {
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
            let converter = RowConverter::new(vec![SortField::new(value.data_type().clone())])?;
            let items = converter.convert_columns(&[Arc::clone(lists.values())])?;
            let asked = converter.convert_columns(&[Arc::clone(&value)])?;
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
fn added(call: &Call<'_>, front: bool) -> Result<Typed> {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Two {
    Union,
    Intersect,
    Except,
    Overlap,
}

fn of_two(call: &Call<'_>, two: Two) -> Result<Typed> {
    call.arity(2..=2)?;
    let types: Vec<&DataType> = call.args.iter().map(|arg| &arg.data_type).collect();
    let mismatch = || {
        Error::new(
            "DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{}`", call.name)),
                ("arrayType", "\"ARRAY\"".to_owned()),
                ("leftType", format!("\"{}\"", sql_name(types[0]))),
                ("rightType", format!("\"{}\"", sql_name(types[1]))),
            ],
        )
        .at(call.origin.clone())
    };
    let (DataType::List(a), DataType::List(b)) = (types[0], types[1]) else {
        if types.contains(&&DataType::Null) {
            return Err(mismatch());
        }
        let wrong = usize::from(matches!(types[0], DataType::List(_)));
        return Err(call.unexpected_type(wrong, "ARRAY"));
    };
    let item =
        plain_common(a.data_type(), b.data_type(), call.context.ansi).ok_or_else(mismatch)?;
    let contains_null = match two {
        Two::Union => a.is_nullable() || b.is_nullable(),
        Two::Intersect => a.is_nullable() && b.is_nullable(),
        Two::Except | Two::Overlap => a.is_nullable(),
    };
    let both_null = a.is_nullable() || b.is_nullable();
    let mode = CastMode::implicit(call.context);
    let widened = |nullable: bool| list(item.clone(), nullable);
    let left = cast(
        call.context,
        call.arg(0)?.clone(),
        &widened(a.is_nullable()),
        mode,
        None,
    )?;
    let right = cast(
        call.context,
        call.arg(1)?.clone(),
        &widened(b.is_nullable()),
        mode,
        None,
    )?;
    let nullable = left.nullable || right.nullable;
    let element = Arc::new(Field::new("element", item.clone(), contains_null));
    let result = match two {
        Two::Overlap => (DataType::Boolean, nullable || both_null),
        _ => (DataType::List(Arc::clone(&element)), nullable),
    };
    let name = call.default_name();
    let exprs = vec![left.expr, right.expr];
    Ok(Kernel::typed(
        call.name,
        "",
        result,
        exprs,
        name,
        move |args| {
            let (left, right) = (args.array(0)?, args.array(1)?);
            let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
            let right_items = relabel(right.values(), left.values().data_type())?;
            let all = concat(&[left.values().as_ref(), right_items.as_ref()])?;
            let shift = left.values().len();
            let (keys, is_set) = (keys(&all)?, is_set(&all));
            let key = |at: usize| keys.row(at).data().to_vec();
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let mut flags = Vec::new();
            let mut rows = Vec::new();
            for row in 0..args.rows {
                let l = range(left.offsets(), row);
                let r = range(right.offsets(), row);
                let r = r.start + shift..r.end + shift;
                if two == Two::Overlap {
                    let set: HashSet<_> = r.clone().filter(|at| is_set(*at)).map(key).collect();
                    let hit = l.clone().any(|at| is_set(at) && set.contains(&key(at)));
                    let unsure = !l.is_empty() && !r.is_empty() && l.chain(r).any(|at| !is_set(at));
                    flags.push(if hit {
                        Some(true)
                    } else if unsure {
                        None
                    } else {
                        Some(false)
                    });
                    continue;
                }
                let mut seen = HashSet::new();
                let other: HashSet<_> = match two {
                    Two::Union => HashSet::new(),
                    _ => r.clone().map(key).collect(),
                };
                let from: Vec<usize> = match two {
                    Two::Union => l.chain(r).collect(),
                    _ => l.collect(),
                };
                let places = from
                    .into_iter()
                    .filter(|at| match two {
                        Two::Intersect => other.contains(&key(*at)),
                        Two::Except => !other.contains(&key(*at)),
                        Two::Union | Two::Overlap => true,
                    })
                    .filter(|at| seen.insert(key(*at)))
                    .map(|at| place(at).map(Some))
                    .collect::<Result<Vec<_>>>()?;
                rows.push(places);
            }
            if two == Two::Overlap {
                let flags: BooleanArray = flags
                    .into_iter()
                    .enumerate()
                    .map(|(row, flag)| {
                        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                            None
                        } else {
                            flag
                        }
                    })
                    .collect();
                return Ok(Arc::new(flags) as ArrayRef);
            }
            gathered(&all, rows, nulls, &element)
        },
    ))
}

fn array_join(call: &Call<'_>) -> Result<Typed> {
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

fn array_extreme(call: &Call<'_>, max: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, element) = array_arg(call)?;
    if !is_orderable(element.data_type()) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{}`", call.name)),
                ("dataType", format!("\"{}\"", sql_name(&arg.data_type))),
            ],
        )
        .at(call.origin.clone()));
    }
    let result = (element.data_type().clone(), true);
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
            let places: UInt32Array = (0..args.rows)
                .map(|row| {
                    if lists.is_null(row) {
                        return None;
                    }
                    let set = range(lists.offsets(), row).filter(|at| lists.values().is_valid(*at));
                    let best = if max {
                        set.max_by(|a, b| keys.row(*a).cmp(&keys.row(*b)))
                    } else {
                        set.min_by(|a, b| keys.row(*a).cmp(&keys.row(*b)))
                    };
                    best.and_then(|at| u32::try_from(at).ok())
                })
                .collect();
            Ok(take(lists.values(), &places, None)?)
        },
    ))
}

fn array_repeat(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let value = call.arg(0)?.clone();
    let n = call.implicit(1, &I)?;
    let element = Arc::new(Field::new(
        "element",
        value.data_type.clone(),
        value.nullable,
    ));
    let result = (DataType::List(Arc::clone(&element)), n.nullable);
    let name = call.default_name();
    Ok(Kernel::typed(
        "array_repeat",
        "",
        result,
        vec![value.expr, n.expr],
        name,
        move |args| {
            let (value, n) = (args.array(0)?, args.array(1)?);
            let n = n.as_primitive::<Int32Type>();
            let rows = (0..args.rows)
                .map(|row| {
                    let times = if n.is_null(row) {
                        0
                    } else {
                        usize::try_from(n.value(row)).unwrap_or(0)
                    };
                    Ok(vec![Some(place(row)?); times])
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(&value, rows, n.nulls().cloned(), &element)
        },
    ))
}

/// `concat`: of arrays, of bytes, else of everything as strings.
fn concatenated(call: &Call<'_>) -> Result<Typed> {
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
    Ok(super::rows::lift(call, "", args, (to, false), move |row| {
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
    }))
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

fn flatten(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let (arg, outer) = array_arg(call)?;
    let DataType::List(element) = outer.data_type().clone() else {
        return Err(call.unexpected_type(0, "ARRAY<ARRAY>"));
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

fn slice(call: &Call<'_>) -> Result<Typed> {
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

/// `sort_array`: nulls first when ascending, last when not.
fn sort_array(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let yes = Typed::literal(ScalarValue::Boolean(Some(true)), DataType::Boolean, "true");
    let call = &super::rows::with_defaults(call, 2, &[yes]);
    let order = call.arg(1)?;
    let ascending = match order.constant() {
        Some(ScalarValue::Boolean(Some(flag))) => *flag,
        None if order.data_type == DataType::Boolean => {
            return Err(Error::new(
                "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                [
                    ("sqlExpr", format!("\"{}\"", call.default_name())),
                    ("inputName", "`ascendingOrder`".to_owned()),
                    ("inputType", "\"BOOLEAN\"".to_owned()),
                    ("inputExpr", format!("\"{}\"", order.name)),
                ],
            )
            .at(call.origin.clone()));
        }
        _ => return Err(call.unexpected_type(1, "BOOLEAN")),
    };
    let (arg, element) = array_arg(call)?;
    if !is_orderable(element.data_type()) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", "`sort_array`".to_owned()),
                ("dataType", format!("\"{}\"", sql_name(&arg.data_type))),
            ],
        )
        .at(call.origin.clone()));
    }
    let result = (arg.data_type.clone(), arg.nullable);
    let name = call.default_name();
    Ok(Kernel::typed(
        "sort_array",
        ascending.to_string(),
        result,
        vec![arg.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            let lists = array.as_list::<i32>();
            let keys = keys(lists.values())?;
            let rows = (0..args.rows)
                .map(|row| {
                    let mut places: Vec<usize> = range(lists.offsets(), row).collect();
                    places.sort_by(|a, b| {
                        let order = keys.row(*a).cmp(&keys.row(*b));
                        if ascending { order } else { order.reverse() }
                    });
                    places.into_iter().map(|at| place(at).map(Some)).collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(lists.values(), rows, lists.nulls().cloned(), &element)
        },
    ))
}
