//! CSV as Spark reads it.
//!
//! After `UnivocityParser` and `CSVDataSource`: quotes are escaped by a backslash, a quote inside that
//! is not escaped makes the value a plain one, lines of another length are filled with nulls.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use chrono_tz::Tz;

use super::files::{RowReader, content};
use super::options::Options;
use super::text::{Inferred, TextRules};
use crate::error::{Error, Exception, Result};
use crate::functions::kernels;

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

/// What to do with a malformed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Permissive,
    DropMalformed,
    FailFast,
}

impl Mode {
    /// The option `mode`.
    pub(crate) fn new(options: &Options) -> Self {
        match options.get("mode").map(str::to_uppercase).as_deref() {
            Some("DROPMALFORMED") => Self::DropMalformed,
            Some("FAILFAST") => Self::FailFast,
            // Spark takes an unknown mode for PERMISSIVE and logs it.
            _ => Self::Permissive,
        }
    }
}

/// How lines are cut into values.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    separator: String,
    quote: Option<char>,
    escape: Option<char>,
    comment: Option<char>,
    header: bool,
    multi_line: bool,
    trim_start: bool,
    trim_end: bool,
    null_value: String,
    mode: Mode,
    corrupt: String,
    rules: TextRules,
}

impl Dialect {
    /// The dialect of options.
    pub(crate) fn new(options: &Options, time_zone: Tz) -> Result<Self> {
        options.refuse(
            "CSV",
            &[
                "linesep",
                "emptyvalue",
                "unescapedquotehandling",
                "chartoescapequoteescaping",
                "maxcolumns",
                "locale",
                "columnpruning",
                "timestampntzformat",
                "singlevariantcolumn",
            ],
        )?;
        let encoding = options.get("encoding").or(options.get("charset"));
        if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
            return Err(Error::unsupported("CSV in another encoding than UTF-8"));
        }
        let character = |name: &str, default: char| -> Result<Option<char>> {
            let Some(text) = options.get(name) else {
                return Ok(Some(default));
            };
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => Ok(None),
                (Some(c), None) => Ok(Some(c)),
                _ => Err(Error::plain(
                    Exception::Runtime,
                    format!("{name} cannot be more than one character."),
                )),
            }
        };
        let separator = options
            .get("sep")
            .or(options.get("delimiter"))
            .unwrap_or(",")
            .replace("\\t", "\t");
        if separator.is_empty() {
            return Err(Error::plain(
                Exception::IllegalArgument,
                "Delimiter cannot be empty string",
            ));
        }
        Ok(Self {
            separator,
            quote: character("quote", '"')?,
            escape: character("escape", '\\')?,
            comment: options.get("comment").and_then(|text| text.chars().next()),
            header: options.flag("header", false)?,
            multi_line: options.flag("multiline", false)?,
            trim_start: options.flag("ignoreleadingwhitespace", false)?,
            trim_end: options.flag("ignoretrailingwhitespace", false)?,
            null_value: options.get("nullvalue").unwrap_or("").to_owned(),
            mode: Mode::new(options),
            corrupt: options
                .get("columnnameofcorruptrecord")
                .unwrap_or("_corrupt_record")
                .to_owned(),
            rules: TextRules::new(options, time_zone)?,
        })
    }

    /// The records of a text; empty lines and comments are none.
    fn records<'t>(&'t self, text: &'t str) -> Records<'t> {
        Records {
            dialect: self,
            rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        }
    }

    fn null_or<'v>(&self, value: &'v Option<String>) -> Option<&'v str> {
        value
            .as_deref()
            .filter(|text| !text.is_empty() && *text != self.null_value)
    }
}

/// Cuts a text into records.
struct Records<'t> {
    dialect: &'t Dialect,
    rest: &'t str,
}

/// One record: its text and its values; an absent or empty one is none.
struct Record<'t> {
    text: &'t str,
    values: Vec<Option<String>>,
}

impl<'t> Iterator for Records<'t> {
    type Item = Record<'t>;

    fn next(&mut self) -> Option<Record<'t>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let line = self.rest.split(['\n', '\r']).next().unwrap_or_default();
            let blank = line.trim().is_empty();
            let comment = self
                .dialect
                .comment
                .is_some_and(|mark| line.trim_start().starts_with(mark));
            if blank || comment {
                self.rest = after_line(&self.rest[line.len()..]);
                continue;
            }
            let limit = if self.dialect.multi_line {
                self.rest.len()
            } else {
                line.len()
            };
            let (values, used) = self.values(&self.rest[..limit]);
            let text = &self.rest[..used];
            self.rest = after_line(&self.rest[used..]);
            return Some(Record { text, values });
        }
    }
}

/// The text behind one line's end.
fn after_line(text: &str) -> &str {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix(['\n', '\r']))
        .unwrap_or(text)
}

impl Records<'_> {
    /// The values of the record that begins `text`, and how much of it they take.
    fn values(&self, text: &str) -> (Vec<Option<String>>, usize) {
        let dialect = self.dialect;
        let mut values = Vec::new();
        let mut at = 0;
        loop {
            let rest = &text[at..];
            let skipped = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let skipped = if dialect.trim_start { skipped } else { 0 };
            let quoted = dialect
                .quote
                .filter(|quote| rest[skipped..].starts_with(*quote))
                .and_then(|quote| self.quoted(&rest[skipped..], quote));
            let (value, used) = match quoted {
                Some((value, used)) => (value, skipped + used),
                None => {
                    let used = [rest.find(&dialect.separator), rest.find(['\n', '\r'])]
                        .into_iter()
                        .flatten()
                        .min()
                        .unwrap_or(rest.len());
                    let mut value = &rest[..used];
                    if dialect.trim_start {
                        value = value.trim_start_matches([' ', '\t']);
                    }
                    if dialect.trim_end {
                        value = value.trim_end_matches([' ', '\t']);
                    }
                    (value.to_owned(), used)
                }
            };
            values.push((!value.is_empty()).then_some(value));
            at += used;
            match text[at..].strip_prefix(dialect.separator.as_str()) {
                Some(_) => at += dialect.separator.len(),
                None => return (values, at),
            }
        }
    }

    /// A quoted value and its length; none if its end is not before a separator or the line's end.
    fn quoted(&self, text: &str, quote: char) -> Option<(String, usize)> {
        let dialect = self.dialect;
        let mut value = String::new();
        let mut chars = text.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if Some(c) == dialect.escape && next == Some(quote) {
                value.push(quote);
                chars.next();
            } else if Some(c) == dialect.escape && next == Some(c) && c != quote {
                value.push(c);
                chars.next();
            } else if c == quote {
                let after = &text[at + c.len_utf8()..];
                let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
                let rest = &after[blank..];
                let ends = rest.is_empty()
                    || rest.starts_with(dialect.separator.as_str())
                    || rest.starts_with(['\n', '\r']);
                return ends.then_some((value, at + c.len_utf8() + blank));
            } else {
                value.push(c);
            }
        }
        // Each line is a text of its own: a quote left open takes all that is left of it.
        (!dialect.multi_line).then_some((value, text.len()))
    }
}

/// The columns of CSV files: names from the header or `_c0`, types by inference or string.
pub(crate) fn infer(dialect: &Dialect, paths: &[&Path], options: &Options) -> Result<Vec<Field>> {
    let infer_types = options.flag("inferschema", false)?;
    let mut names: Option<Vec<String>> = None;
    let mut types: Vec<Inferred> = Vec::new();
    for path in paths {
        let bytes = content(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut records = dialect.records(&text);
        if names.is_none() {
            let Some(first) = records.next() else {
                continue;
            };
            names = Some(column_names(dialect, &first.values));
            types = vec![None; first.values.len()];
            if !dialect.header && infer_types {
                observe(dialect, &mut types, &first);
            }
        } else if dialect.header {
            records.next();
        }
        if !infer_types {
            break;
        }
        for record in records {
            observe(dialect, &mut types, &record);
        }
    }
    Ok(names
        .unwrap_or_default()
        .into_iter()
        .zip(types.into_iter().chain(std::iter::repeat(None)))
        .map(|(name, data_type)| Field::new(name, data_type.unwrap_or(DataType::Utf8), true))
        .collect())
}

fn observe(dialect: &Dialect, types: &mut [Inferred], record: &Record<'_>) {
    for (so_far, value) in types.iter_mut().zip(&record.values) {
        if let Some(text) = dialect.null_or(value) {
            *so_far = dialect.rules.infer(so_far.take(), text);
        }
    }
}

/// Spark's `makeSafeHeader`: repeated names get their place behind them, empty ones are `_c0`.
fn column_names(dialect: &Dialect, first: &[Option<String>]) -> Vec<String> {
    if !dialect.header {
        return (0..first.len()).map(|index| format!("_c{index}")).collect();
    }
    let lower: Vec<String> = first
        .iter()
        .map(|name| name.as_deref().unwrap_or_default().to_lowercase())
        .collect();
    first
        .iter()
        .enumerate()
        .map(|(index, name)| match name {
            Some(name) if !name.is_empty() && *name != dialect.null_value => {
                let repeated = lower.iter().filter(|other| **other == lower[index]).count() > 1;
                if repeated {
                    format!("{name}{index}")
                } else {
                    name.clone()
                }
            }
            _ => format!("_c{index}"),
        })
        .collect()
}

/// Reads CSV files under a schema; values are matched by place.
#[derive(Debug)]
pub(crate) struct CsvReader {
    dialect: Dialect,
    schema: SchemaRef,
}

impl CsvReader {
    /// A reader for the columns of `schema`.
    pub(crate) fn new(dialect: Dialect, schema: SchemaRef) -> Result<Self> {
        for field in schema.fields() {
            if field.data_type().is_nested() {
                return Err(Error::new(
                    "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                    [
                        ("format", "CSV".to_owned()),
                        ("columnName", format!("`{}`", field.name())),
                        (
                            "columnType",
                            format!("\"{}\"", crate::types::sql_name(field.data_type())),
                        ),
                    ],
                ));
            }
        }
        Ok(Self { dialect, schema })
    }

    fn batch(&self, records: &[Record<'_>], path: &Path) -> Result<RecordBatch> {
        let corrupt = self
            .schema
            .fields()
            .iter()
            .position(|field| *field.name() == self.dialect.corrupt);
        let wanted = self.schema.fields().len() - usize::from(corrupt.is_some());
        let mut malformed: Vec<bool> = records
            .iter()
            .map(|record| record.values.len() != wanted)
            .collect();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        let mut place = 0;
        for (index, field) in self.schema.fields().iter().enumerate() {
            if Some(index) == corrupt {
                columns.push(Arc::new(StringArray::new_null(records.len())));
                continue;
            }
            let at = place;
            place += 1;
            let texts = records
                .iter()
                .map(|record| record.values.get(at).and_then(|v| self.dialect.null_or(v)));
            let column = self.dialect.rules.column(texts, field.data_type(), |row| {
                malformed[row] = true;
            })?;
            columns.push(column);
        }
        match self.dialect.mode {
            Mode::FailFast if malformed.iter().any(|bad| *bad) => {
                return Err(Error::new(
                    "FAILED_READ_FILE.NO_HINT",
                    [("path", format!("file://{}", path.display()))],
                )
                .hint("a record is malformed and the mode is FAILFAST"));
            }
            Mode::FailFast | Mode::Permissive => {}
            Mode::DropMalformed => {
                let keep: BooleanArray = malformed.iter().map(|bad| Some(!bad)).collect();
                for column in &mut columns {
                    *column = arrow::compute::filter(column, &keep)?;
                }
                let n_rows = keep.true_count();
                return kernels::batch(Arc::clone(&self.schema), columns, n_rows);
            }
        }
        if let Some(index) = corrupt {
            let texts: StringArray = records
                .iter()
                .zip(&malformed)
                .map(|(record, bad)| bad.then_some(record.text))
                .collect();
            columns[index] = Arc::new(texts);
        }
        kernels::batch(Arc::clone(&self.schema), columns, records.len())
    }
}

impl RowReader for CsvReader {
    fn read(&self, path: &Path, emit: &mut dyn FnMut(RecordBatch) -> bool) -> Result<()> {
        let bytes = content(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut records = self.dialect.records(&text);
        if self.dialect.header {
            records.next();
        }
        loop {
            let chunk: Vec<Record<'_>> = records.by_ref().take(BATCH_ROWS).collect();
            if chunk.is_empty() || !emit(self.batch(&chunk, path)?) {
                return Ok(());
            }
        }
    }
}
