//! Files written as Spark names them: `part-00000-….csv` in a directory, partition directories,
//! `_SUCCESS` at the end.
//!
//! Knows no modes and no tables. As in Spark, files lie below `_temporary`, where no reader looks,
//! until all of them are whole; what an interrupted write leaves there is never read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, IntervalUnit, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::Format;
use super::listing::{HIVE_NULL, escape};
use super::options::Options;
use super::sink::{FileFormat, Sink, write_failed};
use crate::error::{Error, Result};
use crate::plan::context::Context;

/// What is written, and how.
pub(crate) struct FileWrite<'a> {
    pub(crate) format: Format,
    pub(crate) options: &'a Options,
    pub(crate) root: &'a Path,
    pub(crate) schema: SchemaRef,
    pub(crate) partition_columns: Vec<String>,
    pub(crate) context: &'a Context,
}

impl FileWrite<'_> {
    /// Writes all rows, and answers with the directories of the partitions that it wrote.
    pub(crate) async fn run(
        &self,
        mut batches: BoxStream<'static, Result<RecordBatch>>,
    ) -> Result<Vec<PathBuf>> {
        self.check()?;
        let job = uuid::Uuid::new_v4();
        let pending = self.root.join("_temporary");
        let staged = pending.join(job.to_string());
        let written = self.stage(&mut batches, job, &staged).await;
        let io = |error: std::io::Error| write_failed(self.root, &error);
        let published = written.and_then(|directories| {
            publish(&staged, self.root).map_err(io)?;
            Ok(directories)
        });
        crate::catalog::remove_tree(&staged);
        // Another write may still be at it.
        let _ = std::fs::remove_dir(&pending);
        let directories = published?;
        std::fs::write(self.root.join("_SUCCESS"), b"").map_err(io)?;
        Ok(directories)
    }

    /// Writes all rows below a directory of their own.
    async fn stage(
        &self,
        batches: &mut BoxStream<'static, Result<RecordBatch>>,
        job: uuid::Uuid,
        staged: &Path,
    ) -> Result<Vec<PathBuf>> {
        let io = |error: std::io::Error| write_failed(self.root, &error);
        std::fs::create_dir_all(staged).map_err(io)?;
        let partition: Vec<usize> = self
            .partition_columns
            .iter()
            .map(|name| self.schema.index_of(name).map_err(Error::from))
            .collect::<Result<_>>()?;
        let kept: Vec<usize> = (0..self.schema.fields().len())
            .filter(|index| !partition.contains(index))
            .collect();
        let schema = Arc::new(self.schema.project(&kept)?);
        let files = Files {
            write: self,
            format: FileFormat {
                format: self.format,
                options: self.options,
                context: self.context,
            },
            schema,
            job,
            staged,
            max_rows: self.max_rows()?,
        };
        let mut open: HashMap<PathBuf, Open> = HashMap::new();
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            for (directory, rows) in split(&batch, &self.schema, &partition)? {
                let part = match rows {
                    Some(rows) => arrow::compute::take_record_batch(&batch, &rows)?,
                    None => batch.clone(),
                };
                let part = part.project(&kept)?;
                match open.get_mut(&directory) {
                    Some(file) => files.add(file, &directory, &part)?,
                    None => {
                        let mut file = files.open(&directory, 0)?;
                        files.add(&mut file, &directory, &part)?;
                        open.insert(directory, file);
                    }
                }
            }
        }
        // Spark writes one file without rows, so that the schema is not lost.
        let empty_file = open.is_empty() && partition.is_empty();
        if empty_file && matches!(self.format, Format::Parquet | Format::Csv) {
            let directory = PathBuf::new();
            let file = files.open(&directory, 0)?;
            open.insert(directory, file);
        }
        let mut directories = Vec::with_capacity(open.len());
        for (directory, file) in open {
            file.sink.finish()?;
            directories.push(directory);
        }
        directories.sort();
        Ok(directories)
    }

    /// `maxRecordsPerFile`; none is no limit.
    fn max_rows(&self) -> Result<Option<usize>> {
        let conf = || {
            let conf = self.context.session.conf();
            conf.number("spark.sql.files.maxRecordsPerFile")
        };
        let given = self.options.number("maxrecordsperfile")?.or_else(conf);
        Ok(given
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0))
    }

    fn check(&self) -> Result<()> {
        check(self.format, &self.schema, &self.partition_columns)
    }
}

/// Refuses types that a format cannot hold.
pub(crate) fn check(format: Format, schema: &Schema, partition_columns: &[String]) -> Result<()> {
    for field in schema.fields() {
        if partition_columns.contains(field.name()) {
            continue;
        }
        let data_type = field.data_type();
        let fits = match format {
            Format::Csv => {
                !data_type.is_nested()
                    && !matches!(
                        data_type,
                        DataType::Null | DataType::Interval(IntervalUnit::MonthDayNano)
                    )
            }
            Format::Text => *data_type == DataType::Utf8,
            Format::Json | Format::Parquet | Format::Delta => match data_type {
                DataType::Null => format == Format::Json,
                DataType::Interval(IntervalUnit::MonthDayNano) => false,
                _ => true,
            },
        };
        if !fits {
            return Err(Error::new(
                "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                [
                    ("format", format.title().to_owned()),
                    ("columnName", crate::types::names::quote(field.name())),
                    (
                        "columnType",
                        format!("\"{}\"", crate::types::sql_name(data_type)),
                    ),
                ],
            ));
        }
    }
    Ok(())
}

/// Puts the files of one tree into another.
fn publish(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&place)?;
            publish(&entry.path(), &place)?;
        } else {
            std::fs::rename(entry.path(), place)?;
        }
    }
    Ok(())
}

/// The files of one write.
struct Files<'w> {
    write: &'w FileWrite<'w>,
    format: FileFormat<'w>,
    schema: SchemaRef,
    job: uuid::Uuid,
    staged: &'w Path,
    max_rows: Option<usize>,
}

/// The file of a directory that rows are added to.
struct Open {
    sink: Sink,
    /// Which file of its directory it is.
    number: usize,
    rows: usize,
}

impl Files<'_> {
    fn open(&self, directory: &Path, number: usize) -> Result<Open> {
        let directory = self.staged.join(directory);
        std::fs::create_dir_all(&directory).map_err(|error| write_failed(&directory, &error))?;
        let partitioned = !self.write.partition_columns.is_empty();
        let before = if partitioned { "." } else { "-" };
        let name = format!("part-00000-{}{before}c{number:03}", self.job);
        Ok(Open {
            sink: self.format.begin(&directory.join(name), &self.schema)?,
            number,
            rows: 0,
        })
    }

    /// Adds rows, and begins another file where one is full.
    fn add(&self, file: &mut Open, directory: &Path, rows: &RecordBatch) -> Result<()> {
        let mut from = 0;
        while from < rows.num_rows() {
            if self.max_rows.is_some_and(|max| file.rows >= max) {
                let next = self.open(directory, file.number + 1)?;
                std::mem::replace(file, next).sink.finish()?;
            }
            let left = rows.num_rows() - from;
            let n_rows = self.max_rows.map_or(left, |max| left.min(max - file.rows));
            file.sink.write(&rows.slice(from, n_rows))?;
            file.rows += n_rows;
            from += n_rows;
        }
        Ok(())
    }
}

/// Which rows go to which partition directory; all of them to the root if there are none.
fn split(
    batch: &RecordBatch,
    schema: &Schema,
    partition: &[usize],
) -> Result<Vec<(PathBuf, Option<UInt32Array>)>> {
    if partition.is_empty() {
        return Ok(vec![(PathBuf::new(), None)]);
    }
    let options = FormatOptions::default();
    let columns = partition
        .iter()
        .map(|index| {
            Ok((
                schema.field(*index).name(),
                ArrayFormatter::try_new(batch.column(*index), &options)?,
                batch.column(*index),
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut order = Vec::new();
    let mut rows: HashMap<PathBuf, Vec<u32>> = HashMap::new();
    for row in 0..batch.num_rows() {
        let directory: PathBuf = columns
            .iter()
            .map(|(name, texts, column)| {
                let value = if column.is_null(row) {
                    HIVE_NULL.to_owned()
                } else {
                    match texts.value(row).to_string() {
                        text if text.is_empty() => HIVE_NULL.to_owned(),
                        text => escape(&text),
                    }
                };
                format!("{}={value}", escape(name))
            })
            .collect();
        let known = rows.entry(directory.clone()).or_insert_with(|| {
            order.push(directory);
            Vec::new()
        });
        known.push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    Ok(order
        .into_iter()
        .map(|directory| {
            let taken = rows.remove(&directory).map(UInt32Array::from);
            (directory, taken)
        })
        .collect())
}
