//! Text files: one column `value`, a row a line or a row a file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::files::{RowReader, content};
use super::options::Options;
use crate::error::Result;

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

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
        Ok(Self {
            whole: options.flag("wholetext", false)?,
            separator: options.get("linesep").map(str::to_owned),
            schema: Arc::new(Schema::new(vec![Field::new("value", DataType::Utf8, true)])),
        })
    }
}

impl RowReader for LineReader {
    fn read(&self, path: &Path, emit: &mut dyn FnMut(RecordBatch) -> bool) -> Result<()> {
        let bytes = content(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = match &self.separator {
            _ if self.whole => vec![text.as_ref()],
            Some(separator) => text
                .strip_suffix(separator.as_str())
                .unwrap_or(&text)
                .split(separator.as_str())
                .collect(),
            None => text.lines().collect(),
        };
        for chunk in lines.chunks(BATCH_ROWS) {
            let column = StringArray::from_iter_values(chunk);
            if !emit(RecordBatch::try_new(
                Arc::clone(&self.schema),
                vec![Arc::new(column)],
            )?) {
                break;
            }
        }
        Ok(())
    }
}
