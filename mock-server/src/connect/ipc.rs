//! Arrow record batches as the bytes of a response: whole IPC streams of one batch each.
//!
//! Knows no message. Clients read each response on its own, so each carries the schema; two
//! batches in one stream make PySpark fail with "Expected N rows in arrow batch but got M".

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::Schema;
use arrow::ipc::MetadataVersion;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use bytes::Bytes;
use sparring_engine::{Error, Result};

/// Room for schema, padding and framing beside the data of one column.
const FRAMING_BYTES_PER_COLUMN: usize = 256;

/// Arrow's own minimum; the default of 64 pads small replies to several times their size.
const ALIGNMENT_BYTES: usize = 8;

/// One batch as a complete IPC stream.
pub(super) fn encode(schema: &Schema, batch: &RecordBatch) -> Result<Bytes> {
    let internal = |error| Error::internal(format!("failed to write an Arrow stream: {error}"));
    let options =
        IpcWriteOptions::try_new(ALIGNMENT_BYTES, false, MetadataVersion::V5).map_err(internal)?;
    let capacity = data_bytes(batch) + FRAMING_BYTES_PER_COLUMN * (1 + batch.num_columns());
    let buffer = Vec::with_capacity(capacity);
    let mut writer =
        StreamWriter::try_new_with_options(buffer, schema, options).map_err(internal)?;
    writer.write(batch).map_err(internal)?;
    Ok(writer.into_inner().map_err(internal)?.into())
}

/// How many rows of the batch make about `bytes`; at least one.
pub(super) fn rows_per(batch: &RecordBatch, bytes: u64) -> usize {
    let total = data_bytes(batch);
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if total <= bytes {
        return batch.num_rows().max(1);
    }
    let per_row = total.div_ceil(batch.num_rows().max(1));
    (bytes / per_row.max(1)).max(1)
}

/// The bytes of the rows themselves: a slice of a large buffer counts only its part.
fn data_bytes(batch: &RecordBatch) -> usize {
    batch
        .columns()
        .iter()
        .map(|column| {
            let data = column.to_data();
            data.get_slice_memory_size()
                .unwrap_or_else(|_| column.get_array_memory_size())
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field};
    use arrow::ipc::reader::StreamReader;

    use super::*;

    fn batch(rows: usize) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("a", DataType::Int64, false),
            // Duplicate names are legal in Spark.
            Field::new("a", DataType::Utf8, true),
        ]);
        let numbers = Int64Array::from_iter_values((0..rows).map(|row| row as i64));
        let texts = StringArray::from_iter_values((0..rows).map(|_| "x".repeat(92)));
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
    }

    #[test]
    fn every_stream_stands_alone() {
        let whole = batch(10);
        for (slice, rows) in [
            (whole.slice(0, 10), 10),
            (whole.slice(7, 2), 2),
            (whole.slice(0, 0), 0),
        ] {
            let bytes = encode(&whole.schema(), &slice).unwrap();
            let read: Vec<_> = StreamReader::try_new(bytes.as_ref(), None)
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(read.len(), 1);
            assert_eq!((read[0].num_rows(), &read[0]), (rows, &slice));
        }
    }

    #[test]
    fn batches_are_cut_by_the_bytes_of_their_rows() {
        let whole = batch(1000);
        assert_eq!(rows_per(&whole, 1 << 20), 1000);
        let rows = rows_per(&whole, 10_000);
        assert!((80..=100).contains(&rows), "{rows}");
        assert_eq!(rows_per(&whole, 1), 1);
        // A slice is not charged for the buffer it lies in.
        assert_eq!(rows_per(&whole.slice(5, 10), 10_000), 10);
        assert_eq!(rows_per(&whole.slice(0, 0), 1), 1);
    }
}
