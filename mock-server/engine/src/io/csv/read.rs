//! Records of CSV under a schema: values are matched by place.
//!
//! After Spark's `UnivocityParser`: with some of the columns wanted the others are not looked at, so
//! that a record is malformed only by what is wanted of it.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Fields, SchemaRef};

use super::tokens::Token;
use super::{Dialect, Mode};
use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::io::blocks::{self, Blocks};
use crate::io::existing::Existing;
use crate::io::files::{RowReader, not_alone, unreadable};
use crate::io::options::corrupt_column;
use crate::types::sql_name;

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

impl Dialect {
    /// Whether a line is a record: neither blank nor a comment.
    pub(super) fn is_record(&self, line: &str) -> bool {
        let comment = self.comment.is_some_and(|mark| line.starts_with(mark));
        !comment && line.bytes().any(|b| b > b' ')
    }

    /// What ends a line of a file that is read line by line.
    pub(super) fn line_separator_bytes(&self) -> Option<Vec<u8>> {
        let separator = self.line_separator.as_deref()?;
        Some(self.charset.encode(separator, true).into_owned())
    }

    /// The records of a text in which one can go over lines.
    pub(super) fn records<'r>(&'r self, text: &'r str) -> Records<'r> {
        let first_end = || {
            let at = text.find(['\n', '\r'])?;
            let end = &text[at..];
            Some(if end.starts_with("\r\n") {
                "\r\n"
            } else {
                &end[..1]
            })
        };
        let given = self.line_separator.as_deref();
        Records {
            dialect: self,
            line_end: given.or_else(first_end).unwrap_or("\n"),
            rest: text,
        }
    }
}

/// A text being cut into records.
pub(super) struct Records<'t> {
    dialect: &'t Dialect,
    line_end: &'t str,
    rest: &'t str,
}

impl<'t> Records<'t> {
    /// Adds the values of the next record and answers its text; none at the end.
    pub(super) fn next(&mut self, out: &mut Vec<Token<'t>>) -> Result<Option<&'t str>> {
        let first = out.len();
        while !self.rest.is_empty() {
            let text = self.rest;
            let comment = self.dialect.comment;
            if comment.is_some_and(|mark| text.starts_with(mark)) {
                let after = text.split_once(self.line_end);
                self.rest = after.map_or("", |(_, after)| after);
                continue;
            }
            self.rest = self.dialect.cut(text, Some(self.line_end), out)?;
            if out.len() > first {
                let record = &text[..text.len() - self.rest.len()];
                return Ok(Some(record.trim_end_matches(['\n', '\r'])));
            }
        }
        Ok(None)
    }
}

/// Reads CSV under a schema.
#[derive(Debug)]
pub(crate) struct CsvReader {
    dialect: Dialect,
    schema: SchemaRef,
    /// Where the schema has the text of malformed records.
    corrupt: Option<usize>,
    existing: Existing,
}

impl CsvReader {
    /// A reader for the columns of `schema`.
    pub(crate) fn new(dialect: Dialect, schema: SchemaRef) -> Result<Self> {
        for field in schema.fields() {
            let data_type = field.data_type();
            if data_type.is_nested() || *data_type == DataType::Null {
                return Err(Error::new(
                    "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                    [
                        ("format", "CSV".to_owned()),
                        ("columnName", crate::types::names::quote(field.name())),
                        ("columnType", format!("\"{}\"", sql_name(data_type))),
                    ],
                ));
            }
        }
        let corrupt = corrupt_column(&dialect.corrupt, schema.fields())?;
        Ok(Self {
            dialect,
            schema,
            corrupt,
            existing: Existing::default(),
        })
    }

    /// The same with values for records that are older than a column.
    pub(crate) fn with_existing(self, existing: Existing) -> Self {
        Self { existing, ..self }
    }

    fn wanted<'r>(&'r self, columns: &'r [usize]) -> Result<Wanted<'r>> {
        let required = columns.iter().filter(|c| Some(**c) != self.corrupt).count();
        let in_record = self.schema.fields().len() - usize::from(self.corrupt.is_some());
        Ok(Wanted {
            reader: self,
            columns,
            schema: Arc::new(self.schema.project(columns)?),
            in_record,
            prunes: self.dialect.prunes && !self.dialect.multi_line && required < in_record,
            required,
        })
    }

    /// Lines that stand alone as columns of the schema; what is missing is null. Answers also which
    /// of them are malformed.
    pub(crate) fn lines(&self, lines: &StringArray) -> Result<(Vec<ArrayRef>, Vec<bool>)> {
        let columns: Vec<usize> = (0..self.schema.fields().len()).collect();
        let wanted = self.wanted(&columns)?;
        let mut rows = Rows::default();
        for line in lines {
            let text = line.unwrap_or_default();
            self.dialect.cut(text, None, &mut rows.tokens)?;
            rows.end(text);
        }
        wanted.columns(&rows)
    }
}

/// What is wanted of a reader.
struct Wanted<'r> {
    reader: &'r CsvReader,
    columns: &'r [usize],
    schema: SchemaRef,
    /// How many values a record should have.
    in_record: usize,
    /// Whether values that are not wanted are not looked at either.
    prunes: bool,
    /// How many of the wanted columns are values of a record.
    required: usize,
}

/// Records that are cut.
#[derive(Default)]
struct Rows<'t> {
    tokens: Vec<Token<'t>>,
    /// The text of each record and where its tokens end.
    records: Vec<(&'t str, usize)>,
}

impl<'t> Rows<'t> {
    fn end(&mut self, text: &'t str) {
        self.records.push((text, self.tokens.len()));
    }

    /// The tokens of each record.
    fn each(&self) -> impl ExactSizeIterator<Item = &[Token<'t>]> {
        self.records.iter().enumerate().map(|(row, (_, end))| {
            let from = row
                .checked_sub(1)
                .map_or(0, |before| self.records[before].1);
            &self.tokens[from..*end]
        })
    }
}

impl Wanted<'_> {
    /// The wanted columns, and which records are malformed.
    fn columns(&self, rows: &Rows<'_>) -> Result<(Vec<ArrayRef>, Vec<bool>)> {
        let dialect = &self.reader.dialect;
        let mut malformed: Vec<bool> = rows
            .each()
            .map(|tokens| !self.prunes && tokens.len() != self.in_record)
            .collect();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for index in self.columns {
            if Some(*index) == self.reader.corrupt {
                columns.push(Arc::new(StringArray::new_null(rows.records.len())));
                continue;
            }
            let before = self.reader.corrupt.is_some_and(|corrupt| corrupt < *index);
            let place = index - usize::from(before);
            let texts = rows
                .each()
                .map(|tokens| tokens.get(place).and_then(|token| dialect.value(token)));
            let field = self.reader.schema.field(*index);
            let column = dialect.rules.column(texts, field.data_type(), |row| {
                malformed[row] = true;
            })?;
            let is_there = || {
                rows.each()
                    .map(|tokens| Some(tokens.len() > place))
                    .collect()
            };
            columns.push(
                self.reader
                    .existing
                    .put_in(field.name(), column, is_there)?,
            );
        }
        if let Some(corrupt) = self.reader.corrupt
            && let Some(at) = self.columns.iter().position(|index| *index == corrupt)
        {
            let texts: StringArray = rows
                .records
                .iter()
                .zip(&malformed)
                .map(|((text, _), bad)| bad.then_some(*text))
                .collect();
            columns[at] = Arc::new(texts);
        }
        Ok((columns, malformed))
    }

    fn batch(&self, rows: &Rows<'_>) -> Result<RecordBatch> {
        let (mut columns, malformed) = self.columns(rows)?;
        let mut n_rows = malformed.len();
        match self.reader.dialect.mode {
            Mode::Permissive => {}
            Mode::FailFast => {
                if let Some(row) = malformed.iter().position(|bad| *bad) {
                    let (text, _) = rows.records[row];
                    return Err(malformed_record(text, Mode::FailFast));
                }
            }
            Mode::DropMalformed if malformed.contains(&true) => {
                let keep: BooleanArray = malformed.iter().map(|bad| Some(!bad)).collect();
                for column in &mut columns {
                    *column = arrow::compute::filter(column, &keep)?;
                }
                n_rows = keep.true_count();
            }
            Mode::DropMalformed => {}
        }
        kernels::batch(Arc::clone(&self.schema), columns, n_rows)
    }

    /// The records of a file in which one can go over lines.
    fn read_records(&self, path: &Path, emit: &mut dyn FnMut(RecordBatch) -> bool) -> Result<()> {
        let dialect = &self.reader.dialect;
        let text = blocks::whole(path, dialect.charset)?;
        let mut records = dialect.records(&text);
        if dialect.header {
            let mut names = Vec::new();
            records.next(&mut names)?;
            self.check_header(&names)?;
        }
        loop {
            let mut rows = Rows::default();
            while rows.records.len() < BATCH_ROWS
                && let Some(text) = records.next(&mut rows.tokens)?
            {
                rows.end(text);
            }
            if rows.records.is_empty() || !emit(self.batch(&rows)?) {
                return Ok(());
            }
        }
    }

    /// The records of a file with one a line.
    fn read_lines(&self, path: &Path, emit: &mut dyn FnMut(RecordBatch) -> bool) -> Result<()> {
        let dialect = &self.reader.dialect;
        let separator = dialect.line_separator_bytes();
        let mut blocks = Blocks::open(path, dialect.charset, separator.as_deref())?;
        let mut header = dialect.header;
        // Without a value that is wanted lines are counted and not cut.
        let cuts = !self.prunes || self.required > 0;
        while let Some(block) = blocks.next()? {
            let mut lines = block.lines().filter(|line| dialect.is_record(line));
            if header && let Some(line) = lines.next() {
                header = false;
                let mut names = Vec::new();
                dialect.cut(line, None, &mut names)?;
                self.check_header(&names)?;
            }
            loop {
                let mut rows = Rows::default();
                for line in lines.by_ref().take(BATCH_ROWS) {
                    if cuts {
                        dialect.cut(line, None, &mut rows.tokens)?;
                    }
                    rows.end(line);
                }
                if rows.records.is_empty() {
                    break;
                }
                if !emit(self.batch(&rows)?) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// With `enforceSchema` off the header must have the names of the schema.
    fn check_header(&self, names: &[Token<'_>]) -> Result<()> {
        let dialect = &self.reader.dialect;
        if dialect.enforces_schema {
            return Ok(());
        }
        let fields = self.reader.schema.fields();
        let expected = (0..fields.len()).filter(|index| Some(*index) != self.reader.corrupt);
        let same = |place: usize, name: &str| {
            let written = names.get(place).and_then(|token| token.as_deref());
            let written = written.unwrap_or_default();
            match dialect.case_sensitive {
                true => written == name,
                false => written.to_lowercase() == name.to_lowercase(),
            }
        };
        let fits = expected.enumerate().all(|(place, index)| {
            let looked_at = !self.prunes || self.columns.contains(&index);
            !looked_at || same(place, fields[index].name())
        });
        if fits && (self.prunes || names.len() == self.in_record) {
            return Ok(());
        }
        let written: Vec<&str> = names
            .iter()
            .map(|token| token.as_deref().unwrap_or_default())
            .collect();
        Err(Error::plain(
            crate::error::Exception::IllegalArgument,
            format!(
                "CSV header does not conform to the schema.\n Header: {}\n Schema: {}",
                written.join(", "),
                names_of(fields),
            ),
        ))
    }
}

fn names_of(fields: &Fields) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    names.join(", ")
}

/// What a record that cannot be read says where it may not be passed over.
pub(crate) fn malformed_record(text: &str, mode: Mode) -> Error {
    Error::new(
        "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        [("badRecord", text), ("failFastMode", mode.name())],
    )
}

impl RowReader for CsvReader {
    fn check(&self, columns: &[usize]) -> Result<()> {
        not_alone(self.corrupt, columns)
    }

    fn read(
        &self,
        path: &Path,
        columns: &[usize],
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<()> {
        let wanted = self.wanted(columns)?;
        let outcome = if self.dialect.multi_line {
            wanted.read_records(path, emit)
        } else {
            wanted.read_lines(path, emit)
        };
        // Spark says of records that it cannot read only which file they are in.
        outcome.map_err(|error| match error.class() {
            None | Some("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION") => {
                unreadable(path, &error.to_string())
            }
            Some(_) => error,
        })
    }
}
