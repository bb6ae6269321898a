//! What a statement answers: rows as a local relation that can be collected any number of times.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, ListBuilder, RecordBatch, RecordBatchOptions, StringArray,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::writer::StreamWriter;
use sparring_proto::connect::{self as proto, relation::RelType};

use crate::error::Result;

/// A table of results being made.
#[derive(Default)]
pub(super) struct Table {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Table {
    /// A column of texts that are always there.
    pub(super) fn text<T: AsRef<str>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values: StringArray = values
            .into_iter()
            .map(|v| Some(v.as_ref().to_owned()))
            .collect();
        self.fields.push(Field::new(name, DataType::Utf8, false));
        self.columns.push(Arc::new(values));
        self
    }

    /// A column of texts that may be missing.
    pub(super) fn maybe<T: AsRef<str>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        let values: StringArray = values
            .into_iter()
            .map(|v| v.map(|v| v.as_ref().to_owned()))
            .collect();
        self.fields.push(Field::new(name, DataType::Utf8, true));
        self.columns.push(Arc::new(values));
        self
    }

    /// A column of lists of names.
    pub(super) fn names<'n>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = &'n [String]>,
    ) -> Self {
        let element = Field::new("element", DataType::Utf8, true);
        let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element.clone());
        for value in values {
            for part in value {
                builder.values().append_value(part);
            }
            builder.append(true);
        }
        let list = crate::types::arrow::list(DataType::Utf8, true);
        self.fields.push(Field::new(name, list, true));
        self.columns.push(Arc::new(builder.finish()));
        self
    }

    /// A column of any type, whose values may be missing.
    pub(super) fn column(mut self, name: &str, values: ArrayRef) -> Self {
        self.fields
            .push(Field::new(name, values.data_type().clone(), true));
        self.columns.push(values);
        self
    }

    /// A column of truths.
    pub(super) fn flag(mut self, name: &str, values: impl IntoIterator<Item = bool>) -> Self {
        let values: BooleanArray = values.into_iter().map(Some).collect();
        self.fields.push(Field::new(name, DataType::Boolean, false));
        self.columns.push(Arc::new(values));
        self
    }

    /// A column of numbers.
    pub(super) fn number(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<i64>>,
    ) -> Self {
        let values: Int64Array = values.into_iter().collect();
        self.fields.push(Field::new(name, DataType::Int64, true));
        self.columns.push(Arc::new(values));
        self
    }

    /// The relation; without columns it is the answer of a statement that has nothing to say.
    pub(super) fn relation(self) -> Result<proto::Relation> {
        let schema = Arc::new(Schema::new(self.fields));
        let n_rows = self.columns.first().map_or(0, |column| column.len());
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), self.columns, &options)?;
        let mut data = Vec::new();
        let mut writer = StreamWriter::try_new(&mut data, &schema)?;
        writer.write(&batch)?;
        writer.finish()?;
        drop(writer);
        Ok(proto::Relation {
            common: None,
            rel_type: Some(RelType::LocalRelation(proto::LocalRelation {
                data: Some(data.into()),
                schema: None,
            })),
        })
    }
}

/// The answer of a statement without rows.
pub(super) fn nothing() -> Result<proto::Relation> {
    Table::default().relation()
}
