//! Arrays and structs from values.

use std::sync::Arc;

use arrow::array::{Array, AsArray, ListArray, StructArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int32Type};
use datafusion::common::ScalarValue;

use super::items::{gathered, place};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::conditional::unify;
use crate::functions::kernel::Kernel;
use crate::plan::expression::is_variable;
use crate::plan::typed::Typed;
use crate::types::arrow::{list, relabel};

const I: DataType = DataType::Int32;

/// `array(…)`: the values of one common type.
pub(super) fn array(call: &Call<'_>) -> Result<Typed> {
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
pub(super) fn structure(call: &Call<'_>) -> Result<Typed> {
    let mut shown = Vec::with_capacity(call.args.len());
    let fields = call
        .args
        .iter()
        .enumerate()
        .map(|(index, arg)| {
            let alias = arg.alias.as_ref();
            shown.push(match alias {
                Some(alias) if arg.id.is_none() && *alias != arg.name && !is_variable(arg) => {
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

pub(super) fn named_struct(call: &Call<'_>) -> Result<Typed> {
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
        .placeless());
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
                .filter(|arg| arg.constant_str().is_none())
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

pub(super) fn array_repeat(call: &Call<'_>) -> Result<Typed> {
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
