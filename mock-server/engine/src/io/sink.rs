//! One data file being written: Parquet, or lines of text packed by the codec of the options.
//!
//! Knows no directories and no modes.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{Field, Schema, SchemaRef};
use flate2::Compression as Level;
use flate2::write::{GzEncoder, ZlibEncoder};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Format;
use super::charset::Charset;
use super::csv::write::CsvWriter;
use super::options::Options;
use crate::error::{Error, Result};
use crate::functions::json;
use crate::functions::kernels;
use crate::plan::context::Context;

/// How files of one format and one set of options are written.
pub(super) struct FileFormat<'a> {
    pub(super) format: Format,
    pub(super) options: &'a Options,
    pub(super) context: &'a Context,
}

/// How text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    None,
    Deflate,
    Gzip,
}

impl Codec {
    fn named(name: Option<&str>) -> Result<Self> {
        match name.map(str::to_lowercase).as_deref() {
            None | Some("none" | "uncompressed") => Ok(Self::None),
            Some("gzip") => Ok(Self::Gzip),
            Some("deflate") => Ok(Self::Deflate),
            Some(other @ ("bzip2" | "lz4" | "snappy")) => {
                Err(Error::unsupported(format!("the text compression {other}")))
            }
            Some(_) => Err(Error::new(
                "CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION",
                [
                    ("codecName", name.unwrap_or_default()),
                    (
                        "availableCodecs",
                        "bzip2, deflate, uncompressed, snappy, none, lz4, gzip",
                    ),
                ],
            )),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Deflate => ".deflate",
            Self::Gzip => ".gz",
        }
    }
}

impl FileFormat<'_> {
    /// Begins a file; `stem` is its path without the ending.
    pub(super) fn begin(&self, stem: &Path, schema: &SchemaRef) -> Result<Sink> {
        let codec = self
            .options
            .get("compression")
            .or(self.options.get("codec"));
        let path = |ending: &str| PathBuf::from(format!("{}{ending}", stem.display()));
        match self.format {
            Format::Parquet | Format::Delta => {
                let (compression, ending) = parquet_codec(codec)?;
                let path = path(ending);
                let file = create(&path)?;
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .build();
                // Notes in the metadata are ours; the file has Spark's columns.
                let fields = schema.fields().iter().map(|field| {
                    Field::new(field.name(), field.data_type().clone(), field.is_nullable())
                });
                let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
                let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
                    .map_err(|error| write_failed(&path, &error))?;
                Ok(Sink::Parquet {
                    writer: Box::new(writer),
                    schema,
                    path,
                })
            }
            Format::Csv | Format::Json | Format::Text => {
                let codec = Codec::named(codec)?;
                let ending = match self.format {
                    Format::Csv => ".csv",
                    Format::Json => ".json",
                    Format::Text | Format::Parquet | Format::Delta => ".txt",
                };
                let path = path(&format!("{ending}{}", codec.ending()));
                let lines = self.lines(schema)?;
                let schema = Arc::clone(schema);
                let charset = match &lines {
                    Lines::Csv(writer) => writer.charset(),
                    Lines::Json(_) | Lines::Text => Charset::Utf8,
                };
                let separator = self.options.get("linesep").unwrap_or("\n").to_owned();
                let file = BufWriter::new(create(&path)?);
                let mut sink = TextSink {
                    out: match codec {
                        Codec::None => Packed::Plain(file),
                        Codec::Deflate => Packed::Deflate(ZlibEncoder::new(file, Level::default())),
                        Codec::Gzip => Packed::Gzip(GzEncoder::new(file, Level::default())),
                    },
                    path,
                    schema: Arc::clone(&schema),
                    lines,
                    separator,
                    charset,
                    begins: true,
                };
                if let Lines::Csv(writer) = &sink.lines
                    && self.options.flag("header", false)?
                {
                    let names = schema.fields().iter().map(|field| field.name().as_str());
                    let line = format!("{}{}", writer.header(names), sink.separator);
                    sink.put(&line)?;
                }
                Ok(Sink::Text(Box::new(sink)))
            }
        }
    }

    fn lines(&self, schema: &SchemaRef) -> Result<Lines> {
        Ok(match self.format {
            Format::Csv => Lines::Csv(Box::new(CsvWriter::new(
                self.options,
                schema.fields(),
                self.context,
            )?)),
            Format::Json => {
                self.options
                    .refuse("JSON", &["encoding", "charset", "timestampntzformat"])?;
                Lines::Json(Box::new(json::writer(self.options, self.context)?))
            }
            Format::Text | Format::Parquet | Format::Delta => {
                self.options.refuse("Text", &["encoding"])?;
                Lines::Text
            }
        })
    }
}

fn parquet_codec(name: Option<&str>) -> Result<(Compression, &'static str)> {
    Ok(match name.map(str::to_lowercase).as_deref() {
        None | Some("snappy") => (Compression::SNAPPY, ".snappy.parquet"),
        Some("none" | "uncompressed") => (Compression::UNCOMPRESSED, ".parquet"),
        Some("gzip") => (Compression::GZIP(Default::default()), ".gz.parquet"),
        Some("zstd") => (Compression::ZSTD(ZstdLevel::default()), ".zstd.parquet"),
        Some(other) => {
            return Err(Error::unsupported(format!(
                "the Parquet compression {other}"
            )));
        }
    })
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| write_failed(path, &error))
}

/// A file that cannot be written, and why.
pub(crate) fn write_failed(path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut hint = error.to_string();
    if let Some(remedy) = error.downcast_ref::<std::io::Error>().and_then(remedy) {
        hint = format!("{hint}; {remedy}");
    }
    Error::new("TASK_WRITE_FAILED", [("path", path.display().to_string())]).hint(hint)
}

/// What helps.
fn remedy(error: &std::io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Some("the user that runs Sparring has to be allowed to write there")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Some("make room and write again")
        }
        _ => None,
    }
}

/// A file being written.
pub(super) enum Sink {
    Parquet {
        writer: Box<ArrowWriter<File>>,
        schema: SchemaRef,
        path: PathBuf,
    },
    Text(Box<TextSink>),
}

impl Sink {
    /// Adds rows.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Parquet {
                writer,
                schema,
                path,
            } => {
                let columns = batch.columns().to_vec();
                let batch = kernels::batch(Arc::clone(schema), columns, batch.num_rows())?;
                writer
                    .write(&batch)
                    .map_err(|error| write_failed(path, &error))
            }
            Self::Text(sink) => sink.rows(batch),
        }
    }

    /// Ends the file; what is not written by then is an error.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Parquet { writer, path, .. } => match writer.close() {
                Ok(_) => Ok(()),
                Err(error) => Err(write_failed(&path, &error)),
            },
            Self::Text(sink) => {
                let finished = match sink.out {
                    Packed::Plain(mut file) => file.flush(),
                    Packed::Deflate(encoder) => encoder.finish().and_then(|mut file| file.flush()),
                    Packed::Gzip(encoder) => encoder.finish().and_then(|mut file| file.flush()),
                };
                finished.map_err(|error| write_failed(&sink.path, &error))
            }
        }
    }
}

/// A file of lines.
pub(super) struct TextSink {
    out: Packed,
    path: PathBuf,
    schema: SchemaRef,
    lines: Lines,
    separator: String,
    charset: Charset,
    begins: bool,
}

enum Packed {
    Plain(BufWriter<File>),
    Deflate(ZlibEncoder<BufWriter<File>>),
    Gzip(GzEncoder<BufWriter<File>>),
}

/// How rows become lines.
enum Lines {
    Csv(Box<CsvWriter>),
    Json(Box<json::Writer>),
    Text,
}

impl TextSink {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut text = String::new();
        let separator = self.separator.as_str();
        match &self.lines {
            Lines::Csv(writer) => writer.lines(batch.columns(), batch.num_rows(), |line| {
                // A row of which nothing is left is no line.
                if !line.is_empty() {
                    text.push_str(line);
                    text.push_str(separator);
                }
            })?,
            Lines::Json(writer) => {
                let (schema, columns) = (Arc::clone(&self.schema), batch.columns().to_vec());
                let noted = kernels::batch(schema, columns, batch.num_rows())?;
                let rows: ArrayRef = Arc::new(StructArray::from(noted));
                for row in 0..batch.num_rows() {
                    writer.write(&rows, row, None, &mut text)?;
                    text.push_str(separator);
                }
            }
            Lines::Text => {
                for value in batch.column(0).as_string::<i32>() {
                    text.push_str(value.unwrap_or_default());
                    text.push_str(separator);
                }
            }
        }
        self.put(&text)
    }

    fn put(&mut self, text: &str) -> Result<()> {
        let bytes = self.charset.encode(text, std::mem::take(&mut self.begins));
        let written = match &mut self.out {
            Packed::Plain(file) => file.write_all(&bytes),
            Packed::Deflate(encoder) => encoder.write_all(&bytes),
            Packed::Gzip(encoder) => encoder.write_all(&bytes),
        };
        written.map_err(|error| write_failed(&self.path, &error))
    }
}
