//! `withField` and `dropFields`: a struct with one field set or taken away.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};

use super::nested;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::sql_name;

/// The struct with the field at `path` replaced, added, or dropped when there is no value.
pub(crate) fn update_field(
    context: &Context,
    structure: Typed,
    path: &[String],
    value: Option<Typed>,
) -> Result<Typed> {
    let DataType::Struct(fields) = structure.data_type.clone() else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            [
                ("sqlExpr", format!("\"update_fields({})\"", structure.name)),
                ("paramIndex", "first".to_owned()),
                ("requiredType", "\"STRUCT\"".to_owned()),
                ("inputSql", format!("\"{}\"", structure.name)),
                (
                    "inputType",
                    format!("\"{}\"", sql_name(&structure.data_type)),
                ),
            ],
        ));
    };
    let Some((name, rest)) = path.split_first() else {
        return Err(Error::invalid_plan("update_fields names no field"));
    };
    let value = if rest.is_empty() {
        value
    } else {
        let inner = nested::field(context, structure.clone(), name)?;
        Some(update_field(context, inner, rest, value)?)
    };
    let is_it = |field: &Field| context.same_name(field.name(), name);
    let display: Arc<str> = match &value {
        Some(value) => format!(
            "update_fields({}, WithField({}))",
            structure.name, value.name
        )
        .into(),
        None => format!("update_fields({}, dropfield())", structure.name).into(),
    };
    let mut args = vec![structure.expr.clone()];
    // Each new field is either an old one, by its place, or the new value.
    let mut plan: Vec<(Arc<Field>, Option<usize>)> = Vec::new();
    let mut replaced = false;
    for (index, field) in fields.iter().enumerate() {
        match &value {
            Some(value) if is_it(field) => {
                replaced = true;
                let new = Field::new(field.name(), value.data_type.clone(), value.nullable);
                plan.push((Arc::new(new), None));
            }
            None if is_it(field) => {}
            _ => plan.push((Arc::clone(field), Some(index))),
        }
    }
    if let Some(value) = &value {
        if !replaced {
            let new = Field::new(name, value.data_type.clone(), value.nullable);
            plan.push((Arc::new(new), None));
        }
        args.push(value.expr.clone());
    }
    if plan.is_empty() {
        return Err(Error::new(
            "DATATYPE_MISMATCH.CANNOT_DROP_ALL_FIELDS",
            [("sqlExpr", format!("\"{display}\""))],
        ));
    }
    let new_fields: Fields = plan.iter().map(|(field, _)| Arc::clone(field)).collect();
    let data_type = DataType::Struct(new_fields.clone());
    let options = format!("{plan:?}");
    Ok(Kernel::typed(
        "update_fields",
        options,
        (data_type, structure.nullable),
        args,
        display,
        move |args| {
            let old = args.array(0)?;
            let old = old.as_struct();
            let columns = plan
                .iter()
                .map(|(_, from)| match from {
                    Some(index) => Ok(Arc::clone(old.column(*index))),
                    None => args.array(1),
                })
                .collect::<Result<Vec<ArrayRef>>>()?;
            let nulls = old.nulls().cloned();
            Ok(Arc::new(StructArray::try_new(
                new_fields.clone(),
                columns,
                nulls,
            )?))
        },
    ))
}
