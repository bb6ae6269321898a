//! What no crate offers with Spark's results: computations over arrays.
//!
//! Nothing here knows names, coercion or plans.

pub(crate) mod calendar;
pub(crate) mod cast;
pub(crate) mod decimal;
pub(crate) mod java_hash;
pub(crate) mod java_random;
pub(crate) mod json;
pub(crate) mod longs;
pub(crate) mod narrow;
pub(crate) mod nested;
pub(crate) mod pattern;
pub(crate) mod random;
pub(crate) mod sql_text;
pub(crate) mod statistics;
pub(crate) mod text;
pub(crate) mod update;
pub(crate) mod variant;
pub(crate) mod xml;
pub(crate) mod zone;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use crate::error::Result;
use crate::types::arrow::relabel_all;

/// A batch of columns under a schema; names and nullability are taken from the schema.
pub(crate) fn batch(
    schema: SchemaRef,
    columns: Vec<ArrayRef>,
    n_rows: usize,
) -> Result<RecordBatch> {
    let columns = relabel_all(&columns, schema.fields())?;
    let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}
