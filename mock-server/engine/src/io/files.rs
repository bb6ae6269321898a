//! Files of text formats as tables of DataFusion, read by our readers, with partition columns that
//! come from directory names.
//!
//! Knows no options and no paths as users write them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::{
    RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter,
};
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{TryStreamExt, stream};

use crate::error::{Error, Result};
use crate::functions::kernels;

/// A file that is read through sooner than another thread would have begun with it.
const SMALL_BYTES: u64 = 256 << 10;

/// One file and the values of its partition columns.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) partition: Vec<ScalarValue>,
}

/// How one file of a text format becomes batches; called on a blocking thread.
pub(crate) trait RowReader: std::fmt::Debug + Send + Sync {
    /// Reads a file; `emit` answers false when nobody wants more.
    fn read(&self, path: &Path, emit: &mut dyn FnMut(RecordBatch) -> bool) -> Result<()>;
}

/// Text files under one schema: the reader's columns, then the partition's.
#[derive(Debug)]
pub(crate) struct TextFiles {
    schema: SchemaRef,
    bytes: u64,
    parts: Vec<Arc<dyn PartitionStream>>,
}

impl TextFiles {
    /// Files that `reader` reads into the columns before the partition's.
    pub(crate) fn new(schema: SchemaRef, reader: Arc<dyn RowReader>, files: Vec<FilePart>) -> Self {
        let bytes = files.iter().map(|file| file.size).sum();
        let parts = files
            .into_iter()
            .map(|file| {
                Arc::new(TextPart {
                    schema: Arc::clone(&schema),
                    reader: Arc::clone(&reader),
                    file,
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        Self {
            schema,
            bytes,
            parts,
        }
    }

    /// How large the files are together.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[async_trait]
impl TableProvider for TextFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        if self.parts.is_empty() {
            let schema = match projection {
                Some(projection) => Arc::new(self.schema.project(projection)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(datafusion::physical_plan::empty::EmptyExec::new(
                schema,
            )));
        }
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&self.schema),
            self.parts.clone(),
            projection,
            None,
            false,
            limit,
        )?))
    }
}

#[derive(Debug, Clone)]
struct TextPart {
    schema: SchemaRef,
    reader: Arc<dyn RowReader>,
    file: FilePart,
}

impl PartitionStream for TextPart {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let part = self.clone();
        let schema = Arc::clone(&self.schema);
        if self.file.size <= SMALL_BYTES {
            let batches = stream::once(async move {
                let mut batches = Vec::new();
                part.read(&mut |batch| {
                    batches.push(Ok(batch));
                    true
                })?;
                Ok::<_, DataFusionError>(stream::iter(batches))
            });
            return Box::pin(RecordBatchStreamAdapter::new(schema, batches.try_flatten()));
        }
        let mut builder = RecordBatchReceiverStreamBuilder::new(schema, 2);
        let sender = builder.tx();
        builder.spawn_blocking(move || {
            part.read(&mut |batch| sender.blocking_send(Ok(batch)).is_ok())
        });
        builder.build()
    }
}

impl TextPart {
    /// Reads the file; `emit` answers false when nobody wants more.
    fn read(&self, emit: &mut dyn FnMut(RecordBatch) -> bool) -> PlanResult<()> {
        let mut failure = None;
        let outcome = self
            .reader
            .read(&self.file.path, &mut |batch| match with_partition(
                &self.schema,
                &batch,
                &self.file.partition,
            ) {
                Ok(whole) => emit(whole),
                Err(error) => {
                    failure = Some(error);
                    false
                }
            });
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(outcome?),
        }
    }
}

/// The batch with its file's partition values behind its columns.
fn with_partition(
    schema: &SchemaRef,
    batch: &RecordBatch,
    partition: &[ScalarValue],
) -> Result<RecordBatch> {
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for value in partition {
        columns.push(value.to_array_of_size(batch.num_rows())?);
    }
    kernels::batch(Arc::clone(schema), columns, batch.num_rows())
}

/// The bytes of a file, unpacked after its name's ending.
pub(crate) fn content(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| {
        Error::new(
            "FAILED_READ_FILE.NO_HINT",
            [("path", path.display().to_string())],
        )
        .hint(error.to_string())
    };
    let bytes = std::fs::read(path).map_err(unreadable)?;
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut out = Vec::new();
            let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice());
            std::io::Read::read_to_end(&mut decoder, &mut out).map_err(unreadable)?;
            Ok(out)
        }
        Some("zst" | "zstd") => zstd::stream::decode_all(bytes.as_slice()).map_err(unreadable),
        Some(packed @ ("bz2" | "lz4" | "snappy" | "xz")) => Err(Error::unsupported(format!(
            "reading files packed as {packed}"
        ))),
        _ => Ok(bytes),
    }
}
