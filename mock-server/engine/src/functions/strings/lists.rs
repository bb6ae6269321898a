//! Strings out of several values.

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;

/// `concat_ws(separator, …)`: nulls are left out, arrays spread.
pub(super) fn concat_ws(call: &Call<'_>) -> Result<Typed> {
    use arrow::array::{Array, AsArray, StringArray};
    call.arity(1..=usize::MAX)?;
    let mut args = vec![call.implicit(0, &S)?];
    for index in 1..call.args.len() {
        let to = match call.arg(index)?.data_type {
            DataType::List(_) => crate::types::arrow::list(S, true),
            _ => S,
        };
        args.push(call.implicit(index, &to)?);
    }
    let nullable = args.first().is_some_and(|separator| separator.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    let name = call.default_name();
    Ok(Kernel::typed(
        "concat_ws",
        "",
        (S, nullable),
        exprs,
        name,
        |args| {
            let arrays = args.arrays()?;
            let (separators, values) = arrays
                .split_first()
                .ok_or_else(|| Error::internal("concat_ws without a separator"))?;
            let separators = separators.as_string::<i32>();
            let joined: StringArray = (0..args.rows)
                .map(|row| {
                    separators.is_valid(row).then(|| {
                        let mut parts: Vec<String> = Vec::new();
                        for value in values.iter().filter(|value| value.is_valid(row)) {
                            match value.data_type() {
                                DataType::List(_) => {
                                    let items = value.as_list::<i32>().value(row);
                                    let items = items.as_string::<i32>();
                                    parts.extend(items.iter().flatten().map(str::to_owned));
                                }
                                _ => parts.push(value.as_string::<i32>().value(row).to_owned()),
                            }
                        }
                        parts.join(separators.value(row))
                    })
                })
                .collect();
            Ok(std::sync::Arc::new(joined))
        },
    ))
}

pub(super) fn elt(call: &Call<'_>) -> Result<Typed> {
    use arrow::array::{Array, AsArray, StringArray};
    call.arity(2..=usize::MAX)?;
    let mut exprs = vec![call.implicit(0, &I)?.expr];
    for index in 1..call.args.len() {
        exprs.push(call.implicit(index, &S)?.expr);
    }
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    let name = call.default_name();
    let options = format!("{ansi} {origin:?}");
    Ok(Kernel::typed(
        "elt",
        options,
        (S, true),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let places = arrays[0].as_primitive::<arrow::datatypes::Int32Type>();
            let found = (0..args.rows)
                .map(|row| {
                    if places.is_null(row) {
                        return Ok(None);
                    }
                    let place = places.value(row);
                    let value = usize::try_from(place)
                        .ok()
                        .filter(|p| *p > 0)
                        .and_then(|p| arrays.get(p));
                    match value {
                        Some(value) if value.is_null(row) => Ok(None),
                        Some(value) => Ok(Some(value.as_string::<i32>().value(row).to_owned())),
                        None if ansi => Err(Error::new(
                            "INVALID_ARRAY_INDEX",
                            [
                                ("indexValue", place.to_string()),
                                ("arraySize", (arrays.len() - 1).to_string()),
                            ],
                        )
                        .at(origin.clone())),
                        None => Ok(None),
                    }
                })
                .collect::<Result<Vec<Option<String>>>>()?;
            Ok(std::sync::Arc::new(StringArray::from(found)))
        },
    ))
}
