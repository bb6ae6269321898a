//! Parquet files, and Delta's, as tables of DataFusion: read by its own reader, with partition
//! columns that come from directory names or Delta's log.
//!
//! Knows no options and no paths as users write them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::parquet::source::ParquetSource;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::{ObjectMeta, ObjectStore};

use super::existing::{EXISTS, Existing};
use super::files::FilePart;
use super::named_reader::{ListedBy, NamedReaders};

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
    existing: Existing,
    listed_by: ListedBy,
}

impl ParquetFiles {
    /// What is read.
    pub(crate) fn files(&self) -> &[FilePart] {
        &self.files
    }

    /// Files that have the columns of `schema`, except those in `partition`.
    pub(crate) fn new(
        schema: SchemaRef,
        partition: Vec<Field>,
        files: Vec<FilePart>,
        listed_by: ListedBy,
    ) -> Self {
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
            listed_by,
            existing: Existing::default(),
        }
    }

    /// The same with values for files that are older than a column.
    pub(crate) fn with_existing(self, existing: Existing) -> Self {
        Self { existing, ..self }
    }

    fn readers(&self, footers: &Footers) -> PlanResult<Arc<NamedReaders>> {
        let names = self
            .files
            .iter()
            .map(|file| Ok((location(file)?, file.uri.clone())))
            .collect::<PlanResult<HashMap<_, _>>>()?;
        Ok(Arc::new(NamedReaders {
            inner: footers.readers(),
            names: Arc::new(names),
            listed_by: self.listed_by,
        }))
    }
}

/// Where a file lies in the store.
fn location(file: &FilePart) -> PlanResult<object_store::path::Path> {
    object_store::path::Path::from_absolute_path(&file.path)
        .map_err(|error| DataFusionError::External(Box::new(error)))
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
        // A scan of no files has no partition, which what sorts its rows needs.
        if self.files.is_empty() {
            let schema = match projection {
                Some(wanted) => Arc::new(self.schema.project(wanted)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let partition: Vec<_> = self.partition.iter().cloned().map(Arc::new).collect();
        let table = TableSchema::builder(Arc::clone(&self.in_files))
            .with_table_partition_cols(partition)
            .build();
        let columns = Arc::clone(table.table_schema());
        let mut options = state.config_options().execution.parquet.clone();
        // Spark's old 96-bit timestamps hold microseconds.
        options.coerce_int96 = Some("us".to_owned());
        let footers = Footers::of(state)?;
        let source = ParquetSource::new(table)
            .with_table_parquet_options(TableParquetOptions {
                global: options,
                ..Default::default()
            })
            .with_parquet_file_reader_factory(self.readers(&footers)?);

        let mut files = Vec::with_capacity(self.files.len());
        for file in &self.files {
            files.push(footers.with_statistics(file, &self.in_files).await?);
        }
        let n_groups = state.config().target_partitions().max(1);
        let per_group = files.len().div_ceil(n_groups).max(1);
        let groups = files
            .chunks(per_group)
            .map(|files| {
                let statistics = merged(files, &columns)?;
                Ok(FileGroup::new(files.to_vec()).with_statistics(Arc::new(statistics)))
            })
            .collect::<PlanResult<Vec<_>>>()?;
        let places = match projection {
            Some(wanted) => wanted.iter().map(|index| self.places[*index]).collect(),
            None => self.places.clone(),
        };
        let config =
            FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
                .with_file_groups(groups)
                .with_statistics(merged(&files, &columns)?)
                .with_projection_indices(Some(places))?
                .with_limit(limit)
                .with_expr_adapter(self.existing.adapter())
                .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// What the files together hold.
fn merged(files: &[PartitionedFile], columns: &SchemaRef) -> PlanResult<Statistics> {
    let all: Option<Vec<&Statistics>> = files
        .iter()
        .map(|file| file.statistics.as_deref())
        .collect();
    match all {
        Some(all) if !all.is_empty() => Statistics::try_merge_iter(all, columns),
        _ => Ok(Statistics::new_unknown(columns)),
    }
}

/// The footers of files, read once: planning needs their row counts, and the scan the rest.
struct Footers {
    store: Arc<dyn ObjectStore>,
    known: Arc<FileMetadataCache>,
}

impl Footers {
    fn of(state: &dyn Session) -> PlanResult<Self> {
        let runtime = state.runtime_env();
        Ok(Self {
            store: runtime.object_store(ObjectStoreUrl::local_filesystem())?,
            known: runtime.cache_manager.get_file_metadata_cache(),
        })
    }

    fn readers(&self) -> CachedParquetFileReaderFactory {
        let (store, known) = (Arc::clone(&self.store), Arc::clone(&self.known));
        CachedParquetFileReaderFactory::new(store, known)
    }

    async fn with_statistics(
        &self,
        file: &FilePart,
        in_files: &SchemaRef,
    ) -> PlanResult<PartitionedFile> {
        let location = location(file)?;
        // What is known of a file is known of this state of it.
        let modified = std::fs::metadata(&file.path).and_then(|found| found.modified());
        let meta = ObjectMeta {
            location,
            last_modified: modified.map_or(chrono::DateTime::UNIX_EPOCH, Into::into),
            size: file.size,
            e_tag: None,
            version: None,
        };
        // A file that cannot be read fails where it is read, with an error that names it.
        let found = DFParquetMetadata::new(self.store.as_ref(), &meta)
            .with_file_metadata_cache(Some(Arc::clone(&self.known)))
            .fetch_statistics(in_files)
            .await;
        let part =
            PartitionedFile::new_from_meta(meta).with_partition_values(file.partition.clone());
        Ok(match found {
            Ok(statistics) => part.with_statistics(Arc::new(counted(statistics, in_files))),
            Err(_) => part,
        })
    }
}

/// The statistics of columns whose values are of the type that is read; a file written under
/// another schema keeps its row count.
fn counted(mut statistics: Statistics, in_files: &SchemaRef) -> Statistics {
    for (column, field) in statistics
        .column_statistics
        .iter_mut()
        .zip(in_files.fields())
    {
        let same_type = |value: &Precision<ScalarValue>| {
            value
                .get_value()
                .is_none_or(|value| value.data_type() == *field.data_type())
        };
        // A file may be older than a column that has a value for such files.
        let may_be_older = field.metadata().contains_key(EXISTS);
        if may_be_older || !same_type(&column.min_value) || !same_type(&column.max_value) {
            *column = ColumnStatistics::new_unknown();
        }
    }
    statistics
}
