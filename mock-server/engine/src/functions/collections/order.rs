//! Arrays by the order of their items: extremes, sorting, reversing.

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::items::{array_arg, chosen, gathered, keys, place, range};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::coerce::is_orderable;
use crate::types::sql_name;

pub(super) fn reverse(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    if matches!(call.arg(0)?.data_type, DataType::List(_)) {
        return chosen(call, |_, _, range| range.rev().collect());
    }
    crate::functions::rows::strict(call, &[DataType::Utf8], (DataType::Utf8, false), |row| {
        Ok(row[0].text().chars().rev().collect::<String>().into())
    })
}

pub(super) fn array_extreme(call: &Call<'_>, max: bool) -> Result<Typed> {
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

/// `sort_array`: nulls first when ascending, last when not.
pub(super) fn sort_array(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let yes = Typed::literal(ScalarValue::Boolean(Some(true)), DataType::Boolean, "true");
    let call = &crate::functions::rows::with_defaults(call, 2, &[yes]);
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

/// `shuffle(array)`: any order; nobody can tell one from another, a seed is taken and not used.
pub(super) fn shuffle(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let (arg, element) = array_arg(call)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let identity = uuid::Uuid::new_v4().to_string();
    let exprs = vec![arg.expr];
    let expr = Kernel::volatile("shuffle", identity, result.clone(), exprs, move |args| {
        let array = args.array(0)?;
        let lists = array.as_list::<i32>();
        let rows = (0..args.rows)
            .map(|row| {
                let mut places: Vec<usize> = range(lists.offsets(), row).collect();
                places.sort_by_cached_key(|_| uuid::Uuid::new_v4());
                places.into_iter().map(|at| place(at).map(Some)).collect()
            })
            .collect::<Result<Vec<_>>>()?;
        gathered(lists.values(), rows, lists.nulls().cloned(), &element)
    });
    let name = format!("shuffle({})", call.arg(0)?.name);
    Ok(Typed::new(expr, result.0, result.1, name))
}
