//! Files written as Spark names them: `part-00000-….csv` in a directory, partition directories,
//! `_SUCCESS` at the end.
//!
//! Knows no modes and no tables; an interrupted write leaves files without `_SUCCESS`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono_tz::Tz;
use futures::StreamExt;
use futures::stream::BoxStream;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Format;
use super::listing::{HIVE_NULL, escape};
use super::options::Options;
use crate::error::{Error, Result};

/// What is written, and how.
pub(crate) struct FileWrite<'a> {
    pub(crate) format: Format,
    pub(crate) options: &'a Options,
    pub(crate) root: &'a Path,
    pub(crate) schema: SchemaRef,
    pub(crate) partition_columns: Vec<String>,
    pub(crate) time_zone: Tz,
}

impl FileWrite<'_> {
    /// Writes all rows.
    pub(crate) async fn run(
        &self,
        mut batches: BoxStream<'static, Result<RecordBatch>>,
    ) -> Result<()> {
        self.check()?;
        let io = |error: std::io::Error| write_failed(self.root, &error);
        std::fs::create_dir_all(self.root).map_err(io)?;
        let partition: Vec<usize> = self
            .partition_columns
            .iter()
            .map(|name| self.schema.index_of(name).map_err(Error::from))
            .collect::<Result<_>>()?;
        let kept: Vec<usize> = (0..self.schema.fields().len())
            .filter(|index| !partition.contains(index))
            .collect();
        let schema = Arc::new(self.schema.project(&kept)?);
        let job = uuid::Uuid::new_v4();
        let mut open: HashMap<PathBuf, Sink> = HashMap::new();
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
                if !open.contains_key(&directory) {
                    let sink = self.sink(&directory, &schema, &job)?;
                    open.insert(directory.clone(), sink);
                }
                if let Some(sink) = open.get_mut(&directory) {
                    sink.write(&part)?;
                }
            }
        }
        // Spark writes one file without rows, so that the schema is not lost.
        let empty_file = open.is_empty() && partition.is_empty();
        if empty_file && matches!(self.format, Format::Parquet | Format::Csv) {
            let directory = PathBuf::new();
            let sink = self.sink(&directory, &schema, &job)?;
            open.insert(directory, sink);
        }
        for sink in open.into_values() {
            sink.finish()?;
        }
        std::fs::write(self.root.join("_SUCCESS"), b"").map_err(io)
    }

    /// Types that the format cannot hold.
    fn check(&self) -> Result<()> {
        for field in self.schema.fields() {
            if self.partition_columns.contains(field.name()) {
                continue;
            }
            let data_type = field.data_type();
            let fits = match self.format {
                Format::Csv => {
                    !data_type.is_nested()
                        && !matches!(data_type, DataType::Binary | DataType::Null)
                }
                Format::Text => *data_type == DataType::Utf8,
                Format::Json | Format::Parquet | Format::Delta => {
                    *data_type != DataType::Null || self.format == Format::Json
                }
            };
            if !fits {
                return Err(Error::new(
                    "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                    [
                        ("format", self.format.title().to_owned()),
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

    fn sink(&self, directory: &Path, schema: &SchemaRef, job: &uuid::Uuid) -> Result<Sink> {
        let directory = self.root.join(directory);
        let io = |error: std::io::Error| write_failed(&directory, &error);
        std::fs::create_dir_all(&directory).map_err(io)?;
        let codec = self
            .options
            .get("compression")
            .or(self.options.get("codec"))
            .map(str::to_lowercase);
        let partitioned = !self.partition_columns.is_empty();
        let name = |ending: &str| {
            let before = if partitioned { "." } else { "-" };
            directory.join(format!("part-00000-{job}{before}c000{ending}"))
        };
        if self.format == Format::Parquet {
            let (compression, ending) = match codec.as_deref() {
                None | Some("snappy") => (Compression::SNAPPY, ".snappy.parquet"),
                Some("none" | "uncompressed") => (Compression::UNCOMPRESSED, ".parquet"),
                Some("gzip") => (Compression::GZIP(Default::default()), ".gz.parquet"),
                Some("zstd") => (Compression::ZSTD(ZstdLevel::default()), ".zstd.parquet"),
                Some(other) => {
                    return Err(Error::unsupported(format!(
                        "the Parquet compression {other}"
                    )));
                }
            };
            let file = std::fs::File::create(name(ending)).map_err(io)?;
            let properties = WriterProperties::builder()
                .set_compression(compression)
                .build();
            let plain: Vec<Field> = schema
                .fields()
                .iter()
                .map(|f| Field::new(f.name(), f.data_type().clone(), f.is_nullable()))
                .collect();
            let schema = Arc::new(Schema::new(plain));
            let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
                .map_err(|error| Error::internal(error.to_string()))?;
            return Ok(Sink::Parquet(Box::new(writer), schema));
        }
        let ending = match self.format {
            Format::Csv => ".csv",
            Format::Json => ".json",
            Format::Text | Format::Parquet | Format::Delta => ".txt",
        };
        let (packed, path) = match codec.as_deref() {
            None | Some("none" | "uncompressed") => (false, name(ending)),
            Some("gzip") => (true, name(&format!("{ending}.gz"))),
            Some(other) => {
                return Err(Error::unsupported(format!("the text compression {other}")));
            }
        };
        let file = std::io::BufWriter::new(std::fs::File::create(&path).map_err(io)?);
        let out: Box<dyn std::io::Write + Send> = if packed {
            Box::new(flate2::write::GzEncoder::new(
                file,
                flate2::Compression::default(),
            ))
        } else {
            Box::new(file)
        };
        let mut sink = TextSink {
            out,
            path,
            rows: RowText::new(self)?,
        };
        if self.format == Format::Csv && self.options.flag("header", false)? {
            let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            let mut line = String::new();
            sink.rows.header(&names, &mut line);
            sink.put(&line)?;
        }
        Ok(Sink::Text(sink))
    }
}

fn write_failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new("TASK_WRITE_FAILED", [("path", path.display().to_string())]).hint(error.to_string())
}

/// A file being written.
enum Sink {
    Parquet(Box<ArrowWriter<std::fs::File>>, SchemaRef),
    Text(TextSink),
}

struct TextSink {
    out: Box<dyn std::io::Write + Send>,
    path: PathBuf,
    rows: RowText,
}

impl TextSink {
    fn put(&mut self, text: &str) -> Result<()> {
        self.out
            .write_all(text.as_bytes())
            .map_err(|error| write_failed(&self.path, &error))
    }
}

impl Sink {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Parquet(writer, schema) => {
                let batch = crate::functions::kernels::batch(
                    Arc::clone(schema),
                    batch.columns().to_vec(),
                    batch.num_rows(),
                )?;
                writer
                    .write(&batch)
                    .map_err(|error| Error::internal(error.to_string()))
            }
            Self::Text(sink) => {
                let mut text = String::new();
                sink.rows.batch(batch, &mut text)?;
                sink.put(&text)
            }
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Parquet(writer, _) => writer
                .close()
                .map(|_| ())
                .map_err(|error| Error::internal(error.to_string())),
            Self::Text(mut sink) => sink
                .out
                .flush()
                .map_err(|error| write_failed(&sink.path, &error)),
        }
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

/// How rows become text.
struct RowText {
    format: Format,
    separator: String,
    quote: char,
    escape: char,
    quote_all: bool,
    null_value: String,
    empty_value: String,
    keep_nulls: bool,
    trim: bool,
    time_zone: Tz,
}

impl RowText {
    fn new(write: &FileWrite<'_>) -> Result<Self> {
        let options = write.options;
        options.refuse(
            write.format.title(),
            &[
                "dateformat",
                "timestampformat",
                "linesep",
                "encoding",
                "timestampntzformat",
                "escapequotes",
            ],
        )?;
        let character = |name: &str, default: char| {
            options
                .get(name)
                .map_or(default, |text| text.chars().next().unwrap_or('\0'))
        };
        Ok(Self {
            format: write.format,
            separator: options
                .get("sep")
                .or(options.get("delimiter"))
                .unwrap_or(",")
                .replace("\\t", "\t"),
            quote: character("quote", '"'),
            escape: character("escape", '\\'),
            quote_all: options.flag("quoteall", false)?,
            null_value: options.get("nullvalue").unwrap_or("").to_owned(),
            empty_value: options.get("emptyvalue").unwrap_or("\"\"").to_owned(),
            keep_nulls: !options.flag("ignorenullfields", true)?,
            trim: options.flag("ignoreleadingwhitespace", true)?
                && options.flag("ignoretrailingwhitespace", true)?,
            time_zone: write.time_zone,
        })
    }

    fn header(&self, names: &[&str], out: &mut String) {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                out.push_str(&self.separator);
            }
            self.csv_value(name, out);
        }
        out.push('\n');
    }

    fn batch(&self, batch: &RecordBatch, out: &mut String) -> Result<()> {
        for row in 0..batch.num_rows() {
            match self.format {
                Format::Json => {
                    let schema = batch.schema();
                    let fields = schema.fields().iter().zip(batch.columns());
                    self.object(fields.map(|(f, c)| (f.name().as_str(), c)), row, out)?;
                }
                _ => {
                    for (index, column) in batch.columns().iter().enumerate() {
                        if index > 0 {
                            out.push_str(&self.separator);
                        }
                        if column.is_null(row) {
                            out.push_str(&self.null_value);
                        } else if self.format == Format::Text {
                            out.push_str(column.as_string::<i32>().value(row));
                        } else {
                            self.csv_value(&self.plain(column, row)?, out);
                        }
                    }
                }
            }
            out.push('\n');
        }
        Ok(())
    }

    fn csv_value(&self, text: &str, out: &mut String) {
        let text = if self.trim {
            text.trim_matches([' ', '\t'])
        } else {
            text
        };
        if text.is_empty() {
            out.push_str(&self.empty_value);
            return;
        }
        let special = text.contains(&self.separator)
            || text.contains(['\n', '\r'])
            || text.contains(self.quote);
        if !special && !self.quote_all {
            out.push_str(text);
            return;
        }
        out.push(self.quote);
        for c in text.chars() {
            if c == self.quote || (c == self.escape && self.escape != '\\') {
                out.push(self.escape);
            }
            out.push(c);
        }
        out.push(self.quote);
    }

    /// A value without quotes, as Spark's text formats write it.
    fn plain(&self, column: &ArrayRef, row: usize) -> Result<String> {
        use arrow::datatypes::{Float32Type, Float64Type, TimestampMicrosecondType};
        Ok(match column.data_type() {
            DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
            DataType::Float64 => java_text(
                column.as_primitive::<Float64Type>().value(row),
                |d| format!("{d:?}"),
                |d| format!("{d:E}"),
            ),
            DataType::Float32 => {
                let value = column.as_primitive::<Float32Type>().value(row);
                java_text(
                    f64::from(value),
                    |_| format!("{value:?}"),
                    |_| format!("{value:E}"),
                )
            }
            DataType::Timestamp(_, zone) => {
                let us = column.as_primitive::<TimestampMicrosecondType>().value(row);
                let utc = chrono::DateTime::from_timestamp_micros(us).unwrap_or_default();
                let fraction = |us: i64| if us % 1000 == 0 { "%.3f" } else { "%.6f" };
                let pattern = format!("%Y-%m-%dT%H:%M:%S{}", fraction(us));
                match zone {
                    None => utc.format(&pattern).to_string(),
                    Some(_) => {
                        let local = utc.with_timezone(&self.time_zone);
                        local
                            .format(&format!("{pattern}%:z"))
                            .to_string()
                            .replace("+00:00", "Z")
                    }
                }
            }
            DataType::Binary => base64(column.as_binary::<i32>().value(row)),
            _ => ArrayFormatter::try_new(column, &FormatOptions::default())?
                .value(row)
                .to_string(),
        })
    }

    fn object<'c>(
        &self,
        fields: impl Iterator<Item = (&'c str, &'c ArrayRef)>,
        row: usize,
        out: &mut String,
    ) -> Result<()> {
        out.push('{');
        let mut first = true;
        for (name, column) in fields {
            if column.is_null(row) && !self.keep_nulls {
                continue;
            }
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            let _ = write!(out, "{}:", serde_json::Value::from(name));
            self.json_value(column, row, out)?;
        }
        out.push('}');
        Ok(())
    }

    fn json_value(&self, column: &ArrayRef, row: usize, out: &mut String) -> Result<()> {
        if column.is_null(row) || *column.data_type() == DataType::Null {
            out.push_str("null");
            return Ok(());
        }
        match column.data_type() {
            DataType::List(_) => {
                let items = column.as_list::<i32>().value(row);
                out.push('[');
                for index in 0..items.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.json_value(&items, index, out)?;
                }
                out.push(']');
            }
            DataType::Struct(fields) => {
                let columns = column.as_struct().columns();
                let fields = fields.iter().zip(columns);
                self.object(fields.map(|(f, c)| (f.name().as_str(), c)), row, out)?;
            }
            DataType::Map(_, _) => {
                let entries = column.as_map().value(row);
                out.push('{');
                for index in 0..entries.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    let key = self.plain(entries.column(0), index)?;
                    let _ = write!(out, "{}:", serde_json::Value::from(key));
                    self.json_value(entries.column(1), index, out)?;
                }
                out.push('}');
            }
            leaf => {
                let text = self.plain(column, row)?;
                let bare = leaf.is_numeric() || *leaf == DataType::Boolean;
                let odd = matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity");
                if bare && !odd {
                    out.push_str(&text);
                } else {
                    let _ = write!(out, "{}", serde_json::Value::from(text));
                }
            }
        }
        Ok(())
    }
}

/// A double as Java writes it: `1.0`, `1.0E10`, `NaN`.
fn java_text(
    value: f64,
    plain: impl Fn(f64) -> String,
    scientific: impl Fn(f64) -> String,
) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return plain(value);
    }
    let text = scientific(value);
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| (word << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                let digit = usize::try_from((word >> (18 - 6 * place)) & 63).unwrap_or(0);
                out.push(char::from(DIGITS[digit]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
