//! Functions with lambdas over maps.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, FieldRef};

use super::arrays::kept_places;
use super::higher::{Items, Variable};
use crate::error::{Error, Result};
use crate::functions::Higher;
use crate::functions::collections::{checked_map, entries_of, keys, place, range};
use crate::plan::typed::Typed;
use crate::types::arrow::map;
use crate::types::coerce::common;
use crate::types::sql_name;

fn pair(key: &FieldRef, value: &FieldRef) -> [Variable; 2] {
    [
        (key.data_type().clone(), false),
        (value.data_type().clone(), value.is_nullable()),
    ]
}

pub(super) fn map_filter(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let (key, value) = higher.map(0)?;
    let mut bound = higher.bind(0, &pair(&key, &value))?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let arg = higher.call.arg(0)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let entries = entries_of(&arg.data_type)?;
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let maps = rows.values[0].as_map();
            let items = Items::of(maps.offsets(), maps.nulls())?;
            let variables = vec![items.take(maps.keys())?, items.take(maps.values())?];
            let kept = rows.ask(0, variables, &items.rows)?;
            let chosen = kept_places(&items, kept.as_boolean());
            let offsets = OffsetBuffer::from_lengths(chosen.iter().map(Vec::len));
            let places: UInt32Array = chosen.into_iter().flatten().collect();
            let both = [
                take(maps.keys(), &places, None)?,
                take(maps.values(), &places, None)?,
            ];
            checked_map(&entries, offsets, both, maps.nulls().cloned())
        }),
    )
}

/// `transform_keys` and `transform_values`.
pub(super) fn map_transform(higher: &Higher<'_, '_>, of_keys: bool) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let (key, value) = higher.map(0)?;
    let bound = higher.bind(0, &pair(&key, &value))?;
    let data_type = if of_keys {
        map(
            bound.body.data_type.clone(),
            value.data_type().clone(),
            value.is_nullable(),
        )
    } else {
        map(
            key.data_type().clone(),
            bound.body.data_type.clone(),
            bound.body.nullable,
        )
    };
    let entries = entries_of(&data_type)?;
    let result = (data_type, higher.call.arg(0)?.nullable);
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let maps = rows.values[0].as_map();
            let items = Items::of(maps.offsets(), maps.nulls())?;
            let (of, to) = (items.take(maps.keys())?, items.take(maps.values())?);
            let answers = rows.ask(0, vec![Arc::clone(&of), Arc::clone(&to)], &items.rows)?;
            let both = if of_keys {
                [answers, to]
            } else {
                [of, answers]
            };
            checked_map(&entries, items.offsets, both, items.nulls)
        }),
    )
}

pub(super) fn map_zip_with(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=1)?;
    let ((left_key, left), (right_key, right)) = (higher.map(0)?, higher.map(1)?);
    let ansi = higher.call.context.ansi;
    let Some(key) = common(left_key.data_type(), right_key.data_type(), ansi) else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{}\"", higher.call.default_name())),
                ("functionName", format!("`{}`", higher.call.name)),
                (
                    "leftType",
                    format!("\"{}\"", sql_name(left_key.data_type())),
                ),
                (
                    "rightType",
                    format!("\"{}\"", sql_name(right_key.data_type())),
                ),
            ],
        )
        .at(higher.call.origin.clone()));
    };
    let variables = [
        (key.clone(), false),
        (left.data_type().clone(), true),
        (right.data_type().clone(), true),
    ];
    let bound = higher.bind(0, &variables)?;
    let data_type = map(
        key.clone(),
        bound.body.data_type.clone(),
        bound.body.nullable,
    );
    let entries = entries_of(&data_type)?;
    let result = (data_type, higher.call.any_nullable());
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let (left, right) = (rows.values[0].as_map(), rows.values[1].as_map());
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let as_key = |keys: &ArrayRef| arrow::compute::cast(keys, &key);
            let all_keys = concat(&[&as_key(left.keys())?, &as_key(right.keys())?])?;
            let compared = keys(&all_keys)?;
            let (mut of, mut lengths) = (Vec::new(), Vec::new());
            let (mut at_key, mut at_left, mut at_right) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..rows.n_rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let before = of.len();
                let theirs = range(right.offsets(), row);
                let shift = left.keys().len();
                let mut seen = vec![false; theirs.len()];
                for mine in range(left.offsets(), row) {
                    let same = theirs
                        .clone()
                        .position(|at| compared.row(shift + at) == compared.row(mine));
                    at_key.push(place(mine)?);
                    at_left.push(Some(place(mine)?));
                    at_right.push(same.map(|n| place(theirs.start + n)).transpose()?);
                    if let Some(slot) = same.and_then(|n| seen.get_mut(n)) {
                        *slot = true;
                    }
                    of.push(place(row)?);
                }
                for (at, _) in theirs.zip(seen).filter(|(_, seen)| !seen) {
                    at_key.push(place(shift + at)?);
                    at_left.push(None);
                    at_right.push(Some(place(at)?));
                    of.push(place(row)?);
                }
                lengths.push(of.len() - before);
            }
            let found = take(&all_keys, &UInt32Array::from(at_key), None)?;
            let variables = vec![
                Arc::clone(&found),
                take(left.values(), &UInt32Array::from(at_left), None)?,
                take(right.values(), &UInt32Array::from(at_right), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            checked_map(
                &entries,
                OffsetBuffer::from_lengths(lengths),
                [found, answers],
                nulls,
            )
        }),
    )
}
