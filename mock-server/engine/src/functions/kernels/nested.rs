//! Taking values out of structs, arrays and maps.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::compute::kernels::nullif::nullif;
use arrow::compute::{is_null, take};
use arrow::datatypes::{DataType, Field};

use datafusion::common::ScalarValue;

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::names::quote;
use crate::types::sql_name;
use crate::types::variant::is_variant;

/// `value.name`: a struct's field, the fields of an array's structs, or a map's value.
pub(crate) fn field(context: &Context, value: Typed, name: &str) -> Result<Typed> {
    match &value.data_type {
        variant if is_variant(variant) => Err(not_extractable(&value)),
        DataType::Struct(fields) => {
            let found = find(context, fields, name)?;
            let inner = &fields[found];
            let nullable = value.nullable || inner.is_nullable();
            Ok(Kernel::typed(
                "get_struct_field",
                format!("{found} {}", inner.name()),
                (inner.data_type().clone(), nullable),
                vec![value.expr.clone()],
                format!("{}.{}", value.name, inner.name()),
                move |args| struct_field(&args.array(0)?, found),
            ))
        }
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) => {
                let found = find(context, fields, name)?;
                let inner = &fields[found];
                let element = Arc::new(Field::new(
                    "element",
                    inner.data_type().clone(),
                    item.is_nullable() || inner.is_nullable(),
                ));
                let result = DataType::List(Arc::clone(&element));
                Ok(Kernel::typed(
                    "get_array_struct_fields",
                    format!("{found} {}", inner.name()),
                    (result, value.nullable),
                    vec![value.expr.clone()],
                    format!("{}.{}", value.name, inner.name()),
                    move |args| {
                        let (_, offsets, values, nulls) =
                            args.array(0)?.as_list::<i32>().clone().into_parts();
                        let values = struct_field(&values, found)?;
                        Ok(Arc::new(ListArray::try_new(
                            Arc::clone(&element),
                            offsets,
                            values,
                            nulls,
                        )?))
                    },
                ))
            }
            // To Spark a name in brackets behind an array is a place that is no number.
            _ => {
                let place = ScalarValue::Utf8(Some(name.to_owned()));
                let place = Typed::literal(place, DataType::Utf8, name);
                crate::functions::call(context, "get_array_item", vec![value, place])
            }
        },
        DataType::Map(..) => {
            let key = Typed::literal(
                ScalarValue::Utf8(Some(name.to_owned())),
                DataType::Utf8,
                name,
            );
            crate::functions::call(context, "get_map_value", vec![value, key])
        }
        _ => Err(not_extractable(&value)),
    }
}

fn not_extractable(value: &Typed) -> Error {
    Error::new(
        "INVALID_EXTRACT_BASE_FIELD_TYPE",
        [
            ("base", format!("\"{}\"", value.name)),
            ("other", format!("\"{}\"", sql_name(&value.data_type))),
        ],
    )
}

fn find(context: &Context, fields: &arrow::datatypes::Fields, name: &str) -> Result<usize> {
    let mut matching = fields
        .iter()
        .enumerate()
        .filter(|(_, f)| context.same_name(f.name(), name))
        .map(|(index, _)| index);
    match (matching.next(), matching.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => Err(Error::new(
            "AMBIGUOUS_REFERENCE_TO_FIELDS",
            [
                ("field", quote(name)),
                ("count", (2 + matching.count()).to_string()),
            ],
        )),
        (None, _) => {
            let known: Vec<String> = fields.iter().map(|f| quote(f.name())).collect();
            Err(Error::new(
                "FIELD_NOT_FOUND",
                [("fieldName", quote(name)), ("fields", known.join(", "))],
            ))
        }
    }
}

/// A struct's column with the struct's own nulls laid over it.
pub(crate) fn struct_field(array: &ArrayRef, index: usize) -> Result<ArrayRef> {
    let structure = array.as_struct();
    let column = structure.column(index);
    if structure.null_count() == 0 {
        return Ok(Arc::clone(column));
    }
    if matches!(column.data_type(), DataType::Null) {
        return Ok(Arc::clone(column));
    }
    match nullif(column, &is_null(structure)?) {
        Ok(masked) => Ok(masked),
        // Types that `nullif` does not know are gathered instead.
        Err(_) => {
            let rows: arrow::array::UInt32Array = (0..structure.len())
                .map(|row| {
                    structure
                        .is_valid(row)
                        .then(|| u32::try_from(row).unwrap_or(u32::MAX))
                })
                .collect();
            Ok(take(column, &rows, None)?)
        }
    }
}
