//! Columns of variants: reading a row, and building a column row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::Variant;
use super::build::Builder;
use crate::error::{Error, Result};
use crate::types::variant::variant;

/// A column to read from.
pub(crate) struct Reader<'a> {
    column: &'a StructArray,
}

impl<'a> Reader<'a> {
    /// The column as one of variants.
    pub(crate) fn of(column: &'a ArrayRef) -> Result<Self> {
        let column = column
            .as_struct_opt()
            .filter(|column| column.num_columns() == 2)
            .ok_or_else(|| Error::internal("a variant is no struct of two"))?;
        Ok(Self { column })
    }

    /// The value of a row; none for an SQL null.
    pub(crate) fn get(&self, row: usize) -> Option<Variant<'a>> {
        self.column.is_valid(row).then(|| Variant {
            value: self.column.column(0).as_binary::<i32>().value(row),
            metadata: self.column.column(1).as_binary::<i32>().value(row),
        })
    }
}

/// A column under construction.
#[derive(Default)]
pub(crate) struct Writer {
    values: BinaryBuilder,
    dictionaries: BinaryBuilder,
    valid: Vec<bool>,
}

impl Writer {
    /// An SQL null.
    pub(crate) fn push_null(&mut self) {
        self.values.append_value([]);
        self.dictionaries.append_value([]);
        self.valid.push(false);
    }

    /// A value that was built.
    pub(crate) fn push(&mut self, built: Builder) {
        let (value, metadata) = built.finish();
        self.values.append_value(value);
        self.dictionaries.append_value(metadata);
        self.valid.push(true);
    }

    /// A value copied out of another.
    pub(crate) fn push_copy(&mut self, value: Option<Variant<'_>>) -> Result<()> {
        match value {
            Some(value) => {
                let mut builder = Builder::default();
                builder.variant(value)?;
                self.push(builder);
            }
            None => self.push_null(),
        }
        Ok(())
    }

    /// A part of another value as it stands there, its dictionary whole.
    pub(crate) fn push_part(&mut self, part: Variant<'_>) -> Result<()> {
        self.values.append_value(part.bytes()?);
        self.dictionaries.append_value(part.metadata);
        self.valid.push(true);
        Ok(())
    }

    /// The column.
    pub(crate) fn finish(mut self) -> Result<ArrayRef> {
        let DataType::Struct(fields) = variant() else {
            return Err(Error::internal("a variant is no struct"));
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.values.finish()),
            Arc::new(self.dictionaries.finish()),
        ];
        let nulls = NullBuffer::from(self.valid);
        Ok(Arc::new(StructArray::try_new(
            fields,
            columns,
            Some(nulls),
        )?))
    }
}
