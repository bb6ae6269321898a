//! Parquet files read under the names that users know them by: what fails says which file it was.
//!
//! Knows no formats; it hands through what the reader below it answers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetFileReaderFactory,
};
use datafusion::error::Result as PlanResult;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaData;

use crate::error::Error;

/// Where a list of files comes from, which says what a missing one means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListedBy {
    /// A directory, when the plan was made.
    Directory,
    /// The log of a Delta table.
    DeltaLog,
}

/// Readers of files that have names.
#[derive(Debug)]
pub(super) struct NamedReaders {
    pub(super) inner: CachedParquetFileReaderFactory,
    /// By the place in the store.
    pub(super) names: Arc<HashMap<Path, String>>,
    pub(super) listed_by: ListedBy,
}

impl ParquetFileReaderFactory for NamedReaders {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> PlanResult<Box<dyn AsyncFileReader + Send>> {
        let location = &file.object_meta.location;
        let name = self.names.get(location);
        let name = name.map_or_else(|| location.to_string(), String::clone);
        let inner = self
            .inner
            .create_reader(partition_index, file, metadata_size_hint, metrics)?;
        Ok(Box::new(NamedReader {
            inner,
            name,
            listed_by: self.listed_by,
        }))
    }
}

/// One file.
struct NamedReader {
    inner: Box<dyn AsyncFileReader + Send>,
    name: String,
    listed_by: ListedBy,
}

impl NamedReader {
    fn named<T>(name: &str, listed_by: ListedBy, found: ParquetResult<T>) -> ParquetResult<T> {
        found.map_err(|error| ParquetError::External(Box::new(failure(name, listed_by, &error))))
    }
}

impl AsyncFileReader for NamedReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        let (name, listed_by) = (&self.name, self.listed_by);
        let found = self.inner.get_bytes(range);
        found
            .map(move |found| Self::named(name, listed_by, found))
            .boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        let (name, listed_by) = (&self.name, self.listed_by);
        let found = self.inner.get_byte_ranges(ranges);
        found
            .map(move |found| Self::named(name, listed_by, found))
            .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let (name, listed_by) = (&self.name, self.listed_by);
        let found = self.inner.get_metadata(options);
        found
            .map(move |found| Self::named(name, listed_by, found))
            .boxed()
    }
}

/// Spark's error for a file that cannot be read.
fn failure(name: &str, listed_by: ListedBy, error: &ParquetError) -> Error {
    let path = || ("path", name.to_owned());
    if !is_missing(error) {
        return Error::new("FAILED_READ_FILE.NO_HINT", [path()]).hint(error.to_string());
    }
    match listed_by {
        ListedBy::Directory => Error::new("FAILED_READ_FILE.FILE_NOT_EXIST", [path()]),
        ListedBy::DeltaLog => {
            let detail = Error::new("DELTA_FILE_NOT_FOUND_DETAILED", [("filePath", name)]);
            Error::new(
                "FAILED_READ_FILE.DBR_FILE_NOT_EXIST",
                [path(), ("hint", detail.message())],
            )
            .hint("put the file back, or take a version that does not need it with `VERSION AS OF`")
        }
    }
}

/// Whether somewhere below lies the store's word that there is no such file.
fn is_missing(error: &ParquetError) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if matches!(
            error.downcast_ref::<object_store::Error>(),
            Some(object_store::Error::NotFound { .. })
        ) {
            return true;
        }
        next = error.source();
    }
    // Some layers keep nothing but the text.
    error.to_string().contains("No such file or directory")
}
