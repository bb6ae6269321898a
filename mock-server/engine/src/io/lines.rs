//! Text files: one column `value`, a row a line or a row a file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::blocks::Blocks;
use super::charset::Charset;
use super::files::{RowReader, content};
use super::options::Options;
use crate::error::Result;
use crate::functions::kernels;

/// Reads lines.
#[derive(Debug)]
pub(crate) struct LineReader {
    whole: bool,
    separator: Option<String>,
    schema: SchemaRef,
}

impl LineReader {
    /// A reader after the options.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        options.refuse("Text", &["encoding", "charset"])?;
        Ok(Self {
            whole: options.flag("wholeText", false)?,
            separator: options.get("linesep").map(str::to_owned),
            schema: Arc::new(Schema::new(vec![Field::new("value", DataType::Utf8, true)])),
        })
    }
}

impl RowReader for LineReader {
    fn read(
        &self,
        path: &Path,
        columns: &[usize],
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<()> {
        let schema = Arc::new(self.schema.project(columns)?);
        let mut rows = |values: StringArray| -> Result<bool> {
            let n_rows = values.len();
            let column: ArrayRef = Arc::new(values);
            let columns = columns.iter().map(|_| Arc::clone(&column)).collect();
            Ok(emit(kernels::batch(Arc::clone(&schema), columns, n_rows)?))
        };
        if self.whole {
            let bytes = content(path)?;
            rows(StringArray::from_iter_values([String::from_utf8_lossy(
                &bytes,
            )]))?;
            return Ok(());
        }
        let separator = self.separator.as_deref().map(str::as_bytes);
        let mut blocks = Blocks::open(path, Charset::Utf8, separator)?;
        while let Some(block) = blocks.next()? {
            if !rows(StringArray::from_iter_values(block.lines()))? {
                break;
            }
        }
        Ok(())
    }
}
