//! Functions with lambdas over arrays.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, ListArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field};

use super::higher::Items;
use crate::error::Result;
use crate::functions::Higher;
use crate::functions::collections::{gathered, place, range};
use crate::plan::typed::Typed;

pub(super) fn transform(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let bound = higher.bind_item(&element)?;
    let item = Field::new("element", bound.body.data_type.clone(), bound.body.nullable);
    let item = Arc::new(item);
    let result = (
        DataType::List(Arc::clone(&item)),
        higher.call.arg(0)?.nullable,
    );
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let answers = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            items.list(&item, answers)
        }),
    )
}

pub(super) fn filter(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let mut bound = higher.bind_item(&element)?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let arg = higher.call.arg(0)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let kept = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            let chosen = kept_places(&items, kept.as_boolean());
            gathered(list.values(), chosen, list.nulls().cloned(), &element)
        }),
    )
}

/// The places of the items for which the answer is true, row by row.
pub(super) fn kept_places(items: &Items, kept: &BooleanArray) -> Vec<Vec<Option<u32>>> {
    (0..items.offsets.len().saturating_sub(1))
        .map(|row| {
            range(&items.offsets, row)
                .filter(|at| kept.is_valid(*at) && kept.value(*at))
                .map(|at| Some(items.places.value(at)))
                .collect()
        })
        .collect()
}

/// `exists` and `forall`, in three-valued logic.
pub(super) fn quantified(higher: &Higher<'_, '_>, any: bool) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let item = (element.data_type().clone(), element.is_nullable());
    let mut bound = higher.bind(0, &[item])?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let nullable = higher.call.arg(0)?.nullable || bound.body.nullable;
    let name = higher.name(&[&bound]);
    let result = (DataType::Boolean, nullable);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let answers = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            let answers = answers.as_boolean();
            let mut result = BooleanBuilder::with_capacity(rows.n_rows);
            for row in 0..rows.n_rows {
                let mut all = range(&items.offsets, row);
                if list.is_null(row) {
                    result.append_null();
                } else if all
                    .clone()
                    .any(|at| answers.is_valid(at) && answers.value(at) == any)
                {
                    result.append_value(any);
                } else if all.any(|at| answers.is_null(at)) {
                    result.append_null();
                } else {
                    result.append_value(!any);
                }
            }
            Ok(Arc::new(result.finish()))
        }),
    )
}

/// `aggregate(items, zero, merge[, finish])`: the first items of all rows together, then the second
/// items, and so on.
pub(super) fn aggregate(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=2)?;
    let element = higher.array(0)?;
    let zero = higher.call.arg(1)?.data_type.clone();
    let item = (element.data_type().clone(), element.is_nullable());
    let mut merge = higher.bind(0, &[(zero.clone(), true), item])?;
    let (mut bodies, finish) = if higher.lambdas.len() == 2 {
        let finish = higher.bind(1, &[(zero.clone(), true)])?;
        (vec![finish.compiled()?], Some(finish))
    } else {
        (Vec::new(), None)
    };
    let name = match &finish {
        Some(finish) => higher.name(&[&merge, finish]),
        None => {
            // Spark's own last lambda gives back what it gets.
            let text = higher.name(&[&merge]);
            let text = text.strip_suffix(')').unwrap_or(&text);
            format!("{text}, lambdafunction(namedlambdavariable(), namedlambdavariable()))").into()
        }
    };
    higher
        .answer(&mut merge, "third", &zero)
        .map_err(|error| error.with("sqlExpr", format!("\"{name}\"")))?;
    let finished = finish.as_ref().map_or(zero, |f| f.body.data_type.clone());
    let nullable = higher.call.arg(0)?.nullable || finish.as_ref().is_none_or(|f| f.body.nullable);
    bodies.insert(0, merge.compiled()?);
    Ok(higher.kernel(bodies, (finished, nullable), name, |rows| {
        let list = rows.values[0].as_list::<i32>();
        let mut states = Arc::clone(&rows.values[1]);
        let longest = (0..rows.n_rows)
            .filter(|row| list.is_valid(*row))
            .map(|row| range(list.offsets(), row).len())
            .max()
            .unwrap_or(0);
        for step in 0..longest {
            let (mut going, mut items) = (Vec::new(), Vec::new());
            for row in (0..rows.n_rows).filter(|row| list.is_valid(*row)) {
                if let Some(at) = range(list.offsets(), row).nth(step) {
                    going.push(place(row)?);
                    items.push(place(at)?);
                }
            }
            let going = UInt32Array::from(going);
            let variables = vec![
                take(&states, &going, None)?,
                take(list.values(), &UInt32Array::from(items), None)?,
            ];
            let merged = rows.ask(0, variables, &going)?;
            states = replaced(&states, &going, &merged)?;
        }
        let alive: UInt32Array = (0..rows.n_rows)
            .map(|row| u32::try_from(row).ok().filter(|_| list.is_valid(row)))
            .collect();
        if rows.bodies.len() == 1 {
            return Ok(take(&states, &alive, None)?);
        }
        let living: UInt32Array = alive.iter().flatten().collect();
        let finished = rows.ask(1, vec![take(&states, &living, None)?], &living)?;
        let mut next = 0;
        let back: UInt32Array = alive
            .iter()
            .map(|row| {
                row.map(|_| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Ok(take(&finished, &back, None)?)
    }))
}

/// The array with the values at these rows replaced.
fn replaced(values: &ArrayRef, rows: &UInt32Array, by: &ArrayRef) -> Result<ArrayRef> {
    let mut places: Vec<u32> = (0..values.len()).map(place).collect::<Result<_>>()?;
    for (at, row) in rows.values().iter().enumerate() {
        if let Some(slot) = places.get_mut(*row as usize) {
            *slot = place(values.len() + at)?;
        }
    }
    let both = concat(&[values.as_ref(), by.as_ref()])?;
    Ok(take(&both, &UInt32Array::from(places), None)?)
}

pub(super) fn zip_with(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=1)?;
    let (left, right) = (higher.array(0)?, higher.array(1)?);
    let variables = [
        (left.data_type().clone(), true),
        (right.data_type().clone(), true),
    ];
    let bound = higher.bind(0, &variables)?;
    let item = Field::new("element", bound.body.data_type.clone(), bound.body.nullable);
    let item = Arc::new(item);
    let result = (
        DataType::List(Arc::clone(&item)),
        higher.call.any_nullable(),
    );
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let left = rows.values[0].as_list::<i32>();
            let right = rows.values[1].as_list::<i32>();
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
            let (mut of, mut lengths) = (Vec::new(), Vec::new());
            for row in 0..rows.n_rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let (l, r) = (range(left.offsets(), row), range(right.offsets(), row));
                let n = l.len().max(r.len());
                lengths.push(n);
                for at in 0..n {
                    from_left.push(l.clone().nth(at).map(place).transpose()?);
                    from_right.push(r.clone().nth(at).map(place).transpose()?);
                    of.push(place(row)?);
                }
            }
            let variables = vec![
                take(left.values(), &UInt32Array::from(from_left), None)?,
                take(right.values(), &UInt32Array::from(from_right), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            let list = ListArray::try_new(Arc::clone(&item), offsets, answers, nulls)?;
            Ok(Arc::new(list))
        }),
    )
}
