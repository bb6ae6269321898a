//! `greatest` and `least`.

use std::sync::Arc;

use arrow::array::Array;
use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;
use crate::types::coerce::is_orderable;
use crate::types::sql_name;

/// `greatest` and `least` skip nulls.
pub(super) fn extreme(call: &Call<'_>, max: bool) -> Result<Typed> {
    call.arity(2..=usize::MAX)?;
    let name = call.default_name();
    let known: Vec<&DataType> = call
        .args
        .iter()
        .map(|a| &a.data_type)
        .filter(|t| **t != DataType::Null)
        .collect();
    let texts = known.iter().filter(|t| ***t == DataType::Utf8).count();
    if texts != 0 && texts != known.len() {
        // Strings are not silently read as numbers here.
        let types: Vec<String> = call
            .args
            .iter()
            .map(|a| format!("\"{}\"", sql_name(&a.data_type)))
            .collect();
        return Err(Error::new(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", format!("`{}`", call.name)),
                ("dataType", format!("[{}]", types.join(", "))),
            ],
        )
        .at(call.origin.clone()));
    }
    let args = unify(call, &call.args, &name)?;
    let data_type = args
        .first()
        .map_or(DataType::Null, |arg| arg.data_type.clone());
    if !is_orderable(&data_type) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", format!("`{}`", call.name)),
                ("dataType", format!("\"{}\"", sql_name(&data_type))),
            ],
        )
        .at(call.origin.clone()));
    }
    let nullable = args.iter().all(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Kernel::typed(
        "extreme",
        max.to_string(),
        (data_type, nullable),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let Some(first) = arrays.first() else {
                return Err(Error::internal("greatest without values"));
            };
            let field = arrow::row::SortField::new(first.data_type().clone());
            let converter = arrow::row::RowConverter::new(vec![field])?;
            let keys = arrays
                .iter()
                .map(|array| Ok(converter.convert_columns(&[Arc::clone(array)])?))
                .collect::<Result<Vec<_>>>()?;
            let chosen: Vec<(usize, usize)> = (0..args.rows)
                .map(|row| {
                    let mut best: Option<usize> = None;
                    for (index, array) in arrays.iter().enumerate() {
                        if array.is_null(row) {
                            continue;
                        }
                        let better = best.is_none_or(|best| {
                            let (new, old) = (keys[index].row(row), keys[best].row(row));
                            if max { new > old } else { new < old }
                        });
                        if better {
                            best = Some(index);
                        }
                    }
                    (best.unwrap_or(0), row)
                })
                .collect();
            let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            Ok(arrow::compute::interleave(&parts, &chosen)?)
        },
    ))
}
