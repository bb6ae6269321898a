//! Files of text formats as tables of DataFusion, read by our readers, with partition columns that
//! come from directory names.
//!
//! Knows no options and no paths as users write them.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::{TableType, source_as_provider};
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableScan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::stream::{
    RecordBatchReceiverStreamBuilder, RecordBatchStreamAdapter,
};
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{TryStreamExt, stream};

use super::parquet_files::ParquetFiles;
use crate::error::{Error, Result};
use crate::functions::kernels;

/// A file that is read through sooner than another thread would have begun with it.
const SMALL_BYTES: u64 = 256 << 10;

/// One file and the values of its partition columns.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    pub(crate) path: PathBuf,
    /// What users call it.
    pub(crate) uri: String,
    pub(crate) size: u64,
    pub(crate) partition: Vec<ScalarValue>,
}

/// The files that a scan reads; nothing for a scan of something else.
pub(crate) fn scanned(scan: &TableScan) -> Option<Vec<FilePart>> {
    let provider = source_as_provider(&scan.source).ok()?;
    let parquet = provider.downcast_ref::<ParquetFiles>();
    let files = parquet.map(ParquetFiles::files);
    let text = || provider.downcast_ref::<TextFiles>().map(TextFiles::files);
    files.or_else(text).map(<[FilePart]>::to_vec)
}

/// How one file of a text format becomes batches; called on a blocking thread.
pub(crate) trait RowReader: std::fmt::Debug + Send + Sync {
    /// Fails where Spark reads no such selection of columns.
    fn check(&self, _columns: &[usize]) -> Result<()> {
        Ok(())
    }

    /// Reads these columns of a file; `emit` answers false when nobody wants more.
    fn read(
        &self,
        path: &Path,
        columns: &[usize],
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<()>;
}

/// Fails where nothing is wanted but the text of malformed records, as in Spark.
pub(crate) fn not_alone(corrupt: Option<usize>, columns: &[usize]) -> Result<()> {
    match (columns, corrupt) {
        ([only], Some(corrupt)) if *only == corrupt => Err(Error::of(
            "UNSUPPORTED_FEATURE.QUERY_ONLY_CORRUPT_RECORD_COLUMN",
        )),
        _ => Ok(()),
    }
}

/// Text files under one schema: the reader's columns, then the partition's.
#[derive(Debug)]
pub(crate) struct TextFiles {
    schema: SchemaRef,
    reader: Arc<dyn RowReader>,
    files: Vec<FilePart>,
}

impl TextFiles {
    /// Files that `reader` reads into the columns before the partition's.
    pub(crate) fn new(schema: SchemaRef, reader: Arc<dyn RowReader>, files: Vec<FilePart>) -> Self {
        Self {
            schema,
            reader,
            files,
        }
    }

    /// What is read.
    pub(crate) fn files(&self) -> &[FilePart] {
        &self.files
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
        let columns: Vec<usize> = match projection {
            Some(projection) => projection.clone(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let schema = Arc::new(self.schema.project(&columns)?);
        let Some(first) = self.files.first() else {
            return Ok(Arc::new(EmptyExec::new(schema)));
        };
        let n_partition = first.partition.len();
        let selection = Arc::new(Selection::new(
            &columns,
            self.schema.fields().len() - n_partition,
        ));
        self.reader.check(&selection.in_files)?;
        let parts = self.files.iter().map(|file| {
            Arc::new(TextPart {
                schema: Arc::clone(&schema),
                reader: Arc::clone(&self.reader),
                selection: Arc::clone(&selection),
                file: file.clone(),
            }) as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&schema),
            parts.collect(),
            None,
            None,
            false,
            limit,
        )?))
    }
}

/// Which columns are wanted, and where each is found.
#[derive(Debug)]
struct Selection {
    /// Columns of the files.
    in_files: Vec<usize>,
    /// For each wanted column its place among those of the files, or among the partition's.
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    File(usize),
    Partition(usize),
}

impl Selection {
    fn new(columns: &[usize], n_in_files: usize) -> Self {
        let mut in_files = Vec::new();
        let places = columns
            .iter()
            .map(|column| match column.checked_sub(n_in_files) {
                Some(place) => Place::Partition(place),
                None => {
                    in_files.push(*column);
                    Place::File(in_files.len() - 1)
                }
            })
            .collect();
        Self { in_files, places }
    }
}

#[derive(Debug, Clone)]
struct TextPart {
    schema: SchemaRef,
    reader: Arc<dyn RowReader>,
    selection: Arc<Selection>,
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
        let mut each = |batch: RecordBatch| match self.whole(&batch) {
            Ok(whole) => emit(whole),
            Err(error) => {
                failure = Some(error);
                false
            }
        };
        let in_files = &self.selection.in_files;
        let outcome = self.reader.read(&self.file.path, in_files, &mut each);
        match failure {
            Some(error) => Err(error.into()),
            None => {
                let file = [(self.file.path.as_path(), self.file.uri.as_str())];
                Ok(outcome.map_err(|error| as_users_say(error, file))?)
            }
        }
    }

    /// The columns of the file with its partition's values in their places.
    fn whole(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.selection.places.iter().map(|place| match place {
            Place::File(index) => Ok(Arc::clone(batch.column(*index))),
            Place::Partition(index) => {
                let value = &self.file.partition[*index];
                Ok(value.to_array_of_size(batch.num_rows())?)
            }
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        kernels::batch(Arc::clone(&self.schema), columns, batch.num_rows())
    }
}

/// A file, unpacked after its name's ending.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let failed = |error: std::io::Error| unreadable(path, &error.to_string());
    let file = std::fs::File::open(path).map_err(failed)?;
    Ok(match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("deflate") => Box::new(flate2::read::ZlibDecoder::new(file)),
        Some("zst" | "zstd") => Box::new(zstd::stream::Decoder::new(file).map_err(failed)?),
        Some(packed @ ("bz2" | "lz4" | "snappy" | "xz")) => {
            return Err(Error::unsupported(format!(
                "reading files packed as {packed}"
            )));
        }
        _ => Box::new(file),
    })
}

/// The bytes of a file, unpacked after its name's ending.
pub(crate) fn content(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error.to_string()))?;
    Ok(bytes)
}

/// A file that cannot be read, and why.
pub(crate) fn unreadable(path: &Path, reason: &str) -> Error {
    Error::new(
        "FAILED_READ_FILE.NO_HINT",
        [("path", path.display().to_string())],
    )
    .hint(reason)
}

/// A place as Spark writes it where a file cannot be read: with an authority, which is empty.
pub(crate) fn with_authority(uri: &str) -> String {
    match uri.strip_prefix("file:/") {
        Some(rest) => format!("file:///{}", rest.trim_start_matches('/')),
        None => uri.to_owned(),
    }
}

/// The error with a file's place on this machine put as users call it.
pub(crate) fn as_users_say<'f>(
    error: Error,
    files: impl IntoIterator<Item = (&'f Path, &'f str)>,
) -> Error {
    if error.class() != Some("FAILED_READ_FILE.NO_HINT") {
        return error;
    }
    let named = error.parameters().get("path").and_then(|path| {
        let mut files = files.into_iter();
        files.find(|(known, _)| known.display().to_string() == *path)
    });
    match named {
        Some((_, uri)) => error.with("path", with_authority(uri)),
        None => error,
    }
}
