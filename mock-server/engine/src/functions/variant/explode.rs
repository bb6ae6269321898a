//! `variant_explode`: a row for each item of an array or member of an object.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, ListArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use super::variant_at;
use crate::error::Result;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::variant::Kind;
use crate::functions::kernels::variant::columns::{Reader, Writer};
use crate::functions::{Call, Generator};
use crate::plan::scope::Column;
use crate::types::variant::variant;

pub(super) fn variant_explode(call: &Call<'_>, outer: bool) -> Result<Generator> {
    call.arity(1..=1)?;
    let arg = variant_at(call, 0)?;
    let fields = Fields::from(vec![
        Field::new("pos", DataType::Int32, false),
        Field::new("key", DataType::Utf8, true),
        Field::new("value", variant(), false),
    ]);
    let columns = fields
        .iter()
        .map(|field| {
            let nullable = outer || field.is_nullable();
            Column::new(field.name().as_str(), field.data_type().clone(), nullable)
        })
        .collect();
    let element = Arc::new(Field::new(
        "element",
        DataType::Struct(fields.clone()),
        false,
    ));
    let result = DataType::List(Arc::clone(&element));
    let list = Kernel::call(
        "variant_explode",
        "",
        (result, true),
        vec![arg.expr],
        move |args| {
            let column = args.array(0)?;
            let reader = Reader::of(&column)?;
            let (mut places, mut names, mut values) = (Vec::new(), Vec::new(), Writer::default());
            let mut lengths = Vec::with_capacity(args.rows);
            for row in 0..args.rows {
                let members: Vec<_> = match reader.get(row).map(|value| value.kind()).transpose()? {
                    Some(Kind::Array(items)) => {
                        items.into_iter().map(|item| (None, item)).collect()
                    }
                    Some(Kind::Object(members)) => members
                        .into_iter()
                        .map(|(name, member)| (Some(name), member))
                        .collect(),
                    _ => Vec::new(),
                };
                lengths.push(members.len());
                for (place, (name, member)) in members.into_iter().enumerate() {
                    places.push(i32::try_from(place).unwrap_or(i32::MAX));
                    names.push(name);
                    values.push_part(member)?;
                }
            }
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int32Array::from(places)),
                Arc::new(StringArray::from(names)),
                values.finish()?,
            ];
            let rows = StructArray::try_new(fields.clone(), columns, None)?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(&element),
                OffsetBuffer::from_lengths(lengths),
                Arc::new(rows),
                column.nulls().cloned(),
            )?))
        },
    );
    Ok(Generator {
        list,
        columns,
        is_struct: true,
        outer,
    })
}
