//! Arrays as sets: unions, intersections, differences.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field};
use arrow::row::Rows;

use super::items::{gathered, is_set, keys, place, range};
use super::search::plain_common;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::arrow::{list, relabel};
use crate::types::sql_name;

pub(super) fn distinct(keys: &Rows, range: std::ops::Range<usize>) -> Vec<usize> {
    let mut seen = HashSet::new();
    range
        .filter(|at| seen.insert(keys.row(*at).data().to_vec()))
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Two {
    Union,
    Intersect,
    Except,
    Overlap,
}

pub(super) fn of_two(call: &Call<'_>, two: Two) -> Result<Typed> {
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
