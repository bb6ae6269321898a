//! Arrays, maps and structs: the cast of what is inside, the shape untouched.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::DataType;

use super::Cast;
use crate::error::{Error, Result};
use crate::functions::kernels::nested::struct_field;

pub(super) fn cast(job: &Cast, array: &ArrayRef) -> Result<ArrayRef> {
    match (&job.from, &job.to) {
        (DataType::List(from), DataType::List(to)) => {
            let (_, offsets, values, nulls) = array.as_list::<i32>().clone().into_parts();
            let values = inner(job, from.data_type(), to.data_type()).run(&values)?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(to),
                offsets,
                values,
                nulls,
            )?))
        }
        (DataType::Map(from, _), DataType::Map(to, sorted)) => {
            let (_, offsets, entries, nulls, _) = array.as_map().clone().into_parts();
            let entries: ArrayRef = Arc::new(entries);
            let entries = inner(job, from.data_type(), to.data_type()).run(&entries)?;
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(to),
                offsets,
                entries.as_struct().clone(),
                nulls,
                *sorted,
            )?))
        }
        (DataType::Struct(from), DataType::Struct(to)) => {
            let nulls = array.as_struct().nulls().cloned();
            let columns = from
                .iter()
                .zip(to.iter())
                .enumerate()
                .map(|(index, (a, b))| {
                    // Nulls of the struct hide whatever lies below; it must not fail the cast.
                    let column = struct_field(array, index)?;
                    inner(job, a.data_type(), b.data_type()).run(&column)
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                to.clone(),
                columns,
                nulls,
                array.len(),
            )?))
        }
        (from, to) => Err(Error::internal(format!("cast of {from} to {to}"))),
    }
}

fn inner(job: &Cast, from: &DataType, to: &DataType) -> Cast {
    Cast {
        from: from.clone(),
        to: to.clone(),
        ..job.clone()
    }
}
