//! Files as tables of DataFusion: Parquet by its own reader, text formats by ours, both with
//! partition columns that come from directory names.
//!
//! Knows no options and no paths as users write them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::source::ParquetSource;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use object_store::ObjectMeta;

use crate::error::{Error, Result};
use crate::functions::kernels;

/// One file and the values of its partition columns.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) partition: Vec<ScalarValue>,
}

/// Parquet files under one schema.
#[derive(Debug)]
pub(crate) struct ParquetFiles {
    /// The columns as shown.
    schema: SchemaRef,
    /// The columns in the files.
    in_files: SchemaRef,
    partition: Vec<Field>,
    /// Where each shown column lies among the files' and then the partitions' columns.
    places: Vec<usize>,
    files: Vec<FilePart>,
}

impl ParquetFiles {
    /// Files that have the columns of `schema`, except those in `partition`.
    pub(crate) fn new(schema: SchemaRef, partition: Vec<Field>, files: Vec<FilePart>) -> Self {
        let is_partition = |field: &Field| partition.iter().position(|p| p.name() == field.name());
        let in_files: Vec<_> = schema
            .fields()
            .iter()
            .filter(|field| is_partition(field).is_none())
            .cloned()
            .collect();
        let mut next = 0;
        let places = schema
            .fields()
            .iter()
            .map(|field| match is_partition(field) {
                Some(index) => in_files.len() + index,
                None => {
                    next += 1;
                    next - 1
                }
            })
            .collect();
        Self {
            schema,
            in_files: Arc::new(Schema::new(in_files)),
            partition,
            places,
            files,
        }
    }
}

#[async_trait]
impl TableProvider for ParquetFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let partition: Vec<_> = self.partition.iter().cloned().map(Arc::new).collect();
        let table = TableSchema::builder(Arc::clone(&self.in_files))
            .with_table_partition_cols(partition)
            .build();
        let mut options = state.config_options().execution.parquet.clone();
        // Spark's old 96-bit timestamps hold microseconds.
        options.coerce_int96 = Some("us".to_owned());
        let source = ParquetSource::new(table).with_table_parquet_options(
            datafusion::config::TableParquetOptions {
                global: options,
                ..Default::default()
            },
        );
        let n_groups = state.config().target_partitions().max(1);
        let mut groups: Vec<Vec<PartitionedFile>> = Vec::new();
        let per_group = self.files.len().div_ceil(n_groups).max(1);
        for files in self.files.chunks(per_group) {
            groups.push(files.iter().map(partitioned).collect::<PlanResult<_>>()?);
        }
        let places = match projection {
            Some(wanted) => wanted.iter().map(|index| self.places[*index]).collect(),
            None => self.places.clone(),
        };
        let config =
            FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
                .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
                .with_projection_indices(Some(places))?
                .with_limit(limit)
                .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn partitioned(file: &FilePart) -> PlanResult<PartitionedFile> {
    let location = object_store::path::Path::from_absolute_path(&file.path)
        .map_err(|error| DataFusionError::External(Box::new(error)))?;
    let meta = ObjectMeta {
        location,
        last_modified: chrono::DateTime::UNIX_EPOCH,
        size: file.size,
        e_tag: None,
        version: None,
    };
    Ok(PartitionedFile::new_from_meta(meta).with_partition_values(file.partition.clone()))
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
    parts: Vec<Arc<dyn PartitionStream>>,
}

impl TextFiles {
    /// Files that `reader` reads into the columns before the partition's.
    pub(crate) fn new(schema: SchemaRef, reader: Arc<dyn RowReader>, files: Vec<FilePart>) -> Self {
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
        Self { schema, parts }
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

#[derive(Debug)]
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
        let schema = Arc::clone(&self.schema);
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&schema), 2);
        let sender = builder.tx();
        let reader = Arc::clone(&self.reader);
        let file = self.file.clone();
        builder.spawn_blocking(move || {
            let mut failure = None;
            let outcome = reader.read(&file.path, &mut |batch| {
                let whole = with_partition(&schema, &batch, &file.partition);
                let failed = whole.is_err();
                if let Err(error) = &whole {
                    failure = Some(error.clone());
                }
                !failed
                    && sender
                        .blocking_send(whole.map_err(DataFusionError::from))
                        .is_ok()
            });
            match failure {
                Some(error) => Err(DataFusionError::from(error)),
                None => outcome.map_err(DataFusionError::from),
            }
        });
        builder.build()
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
