//! JSON files as Spark reads them: a record a line, or a value a file.
//!
//! What JSON means is known in `functions/json`, which `from_json` uses too.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};

use super::blocks::{self, Blocks};
use super::charset::Charset;
use super::csv::Mode;
use super::csv::read::malformed_record;
use super::existing::Existing;
use super::files::{RowReader, not_alone, unreadable};
use super::options::{Options, corrupt_column};
use crate::error::Result;
use crate::functions::json::{Fit, Inference, Reader, Records, both, reader};
use crate::functions::kernels;
use crate::functions::kernels::json::{Value, parse_with};
use crate::plan::context::Context;
use crate::types::arrow::structure;

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

/// How JSON is read.
#[derive(Debug)]
pub(crate) struct Dialect {
    multi_line: bool,
    unquoted_names: bool,
    single_quotes: bool,
    line_separator: Option<String>,
    mode: Mode,
    corrupt: String,
    inference: Inference,
    reader: Reader,
}

/// One record.
struct Record {
    /// An object; none where the text is malformed.
    value: Option<Value>,
    /// The text it is in, where somebody wants to know.
    text: Option<Arc<str>>,
    /// Whether it is the first in its text: an array is a record an item.
    first: bool,
}

impl Dialect {
    /// The dialect of options in a session.
    pub(crate) fn new(options: &Options, context: &Context) -> Result<Self> {
        options.refuse(
            "JSON",
            &[
                "allowcomments",
                "allownumericleadingzeros",
                "allowbackslashescapinganycharacter",
                "allowunquotedcontrolchars",
                "encoding",
                "charset",
                "locale",
                "allownonnumericnumbers",
                "infertimestamp",
                "timestampntzformat",
                "singlevariantcolumn",
            ],
        )?;
        options.whole_sample("JSON")?;
        Ok(Self {
            multi_line: options.plain_flag("multiLine", false)?,
            unquoted_names: options.plain_flag("allowUnquotedFieldNames", false)?,
            single_quotes: options.plain_flag("allowSingleQuotes", true)?,
            line_separator: options.get("linesep").map(str::to_owned),
            mode: Mode::new(options),
            corrupt: options.corrupt_record(context),
            inference: Inference {
                primitives_as_string: options.plain_flag("primitivesAsString", false)?,
                prefers_decimal: options.plain_flag("prefersDecimal", false)?,
                drops_nulls: options.plain_flag("dropFieldIfAllNull", false)?,
            },
            reader: reader(options, context)?,
        })
    }

    /// What sets the types that this dialect infers apart from others.
    pub(crate) fn identity(&self) -> String {
        let Self {
            multi_line,
            unquoted_names,
            single_quotes,
            line_separator,
            mode,
            corrupt,
            inference,
            reader: _,
        } = self;
        let flags = (multi_line, unquoted_names, single_quotes);
        format!("{flags:?} {line_separator:?} {mode:?} {corrupt:?} {inference:?}")
    }

    /// Adds the records of a text; an array is a record an item. What follows the first value is
    /// not looked at, as Spark's parser does not.
    fn add(&self, text: &str, keeps_text: bool, out: &mut Vec<Record>) {
        let kept: Option<Arc<str>> = keeps_text.then(|| text.into());
        let mut push = |value, first| {
            let text = kept.clone();
            out.push(Record { value, text, first });
        };
        match parse_with(text, self.unquoted_names, self.single_quotes) {
            Some(value @ Value::Object(_)) => push(Some(value), true),
            Some(Value::Array(items))
                if items.iter().all(|item| matches!(item, Value::Object(_))) =>
            {
                for (index, item) in items.into_iter().enumerate() {
                    push(Some(item), index == 0);
                }
            }
            _ => push(None, true),
        }
    }

    /// Hands out the records of a file until nobody wants more.
    fn records(
        &self,
        path: &Path,
        keeps_text: bool,
        each: &mut dyn FnMut(&[Record]) -> Result<bool>,
    ) -> Result<()> {
        let mut records = Vec::new();
        if self.multi_line {
            let text = blocks::whole(path, Charset::Utf8)?;
            if !text.trim().is_empty() {
                self.add(&text, keeps_text, &mut records);
            }
            each(&records)?;
            return Ok(());
        }
        let separator = self.line_separator.as_deref().map(str::as_bytes);
        let mut blocks = Blocks::open(path, Charset::Utf8, separator)?;
        while let Some(block) = blocks.next()? {
            records.clear();
            for line in block.lines().filter(|line| !line.trim().is_empty()) {
                self.add(line, keeps_text, &mut records);
            }
            if !each(&records)? {
                break;
            }
        }
        Ok(())
    }
}

/// The columns of JSON files.
pub(crate) fn infer(dialect: &Dialect, paths: &[&Path]) -> Result<Vec<Field>> {
    let mut found = structure([]);
    let mut broken = false;
    for path in paths {
        dialect.records(path, false, &mut |records| {
            for record in records {
                match &record.value {
                    Some(value) => {
                        let seen = dialect.inference.of(value)?;
                        let before = std::mem::replace(&mut found, DataType::Null);
                        found = both(before, seen);
                    }
                    None => broken = true,
                }
            }
            Ok(true)
        })?;
    }
    if broken && dialect.mode == Mode::FailFast {
        return Err(malformed_record(&dialect.corrupt, dialect.mode));
    }
    let mut fields: Vec<Field> = match dialect.inference.settled(found) {
        Some(DataType::Struct(fields)) => fields.iter().map(|f| f.as_ref().clone()).collect(),
        _ => Vec::new(),
    };
    if broken && dialect.mode == Mode::Permissive {
        fields.push(Field::new(&dialect.corrupt, DataType::Utf8, true));
        fields.sort_by(|a, b| a.name().cmp(b.name()));
    }
    Ok(fields)
}

/// Reads JSON files under a schema; values are matched by name.
#[derive(Debug)]
pub(crate) struct JsonReader {
    dialect: Dialect,
    schema: SchemaRef,
    existing: Existing,
}

impl JsonReader {
    /// A reader for the columns of `schema`.
    ///
    /// # Errors
    /// When the column of malformed records has no text.
    pub(crate) fn new(dialect: Dialect, schema: SchemaRef) -> Result<Self> {
        corrupt_column(&dialect.corrupt, schema.fields())?;
        Ok(Self {
            dialect,
            schema,
            existing: Existing::default(),
        })
    }

    /// The same with values for records that are older than a column.
    pub(crate) fn with_existing(self, existing: Existing) -> Self {
        Self { existing, ..self }
    }

    /// The rows of records, as far as the mode lets them through. What is not read of a record
    /// cannot make it malformed.
    fn batch(&self, records: &[Record], schema: &SchemaRef, path: &Path) -> Result<RecordBatch> {
        let values: Vec<Option<&Value>> = records.iter().map(|it| it.value.as_ref()).collect();
        let corrupt = Some(self.dialect.corrupt.as_str());
        let reader = &self.dialect.reader;
        let Records {
            mut columns,
            corrupt,
            fits,
        } = reader.records(&values, schema.fields(), corrupt)?;
        for (column, field) in columns.iter_mut().zip(schema.fields()) {
            let member = |value: &Value| value.member(field.name()).is_some();
            let is_there = || {
                values
                    .iter()
                    .map(|it| Some(it.is_none_or(member)))
                    .collect()
            };
            let filled = self
                .existing
                .put_in(field.name(), Arc::clone(column), is_there);
            *column = filled?;
        }
        let mut malformed: Vec<bool> = values
            .iter()
            .zip(fits)
            .map(|(value, fit)| value.is_none() || fit != Fit::Whole)
            .collect();
        together(&mut malformed, records);
        let batch = |columns| kernels::batch(Arc::clone(schema), columns, records.len());
        match self.dialect.mode {
            Mode::DropMalformed if malformed.contains(&true) => {
                let kept: BooleanArray = malformed.iter().map(|it| Some(!it)).collect();
                Ok(filter_record_batch(&batch(columns)?, &kept)?)
            }
            Mode::FailFast if malformed.contains(&true) => {
                let reason = malformed_record("", Mode::FailFast).to_string();
                Err(unreadable(path, &reason))
            }
            Mode::Permissive => {
                if let Some(index) = corrupt {
                    let texts = records.iter().zip(&malformed);
                    let texts = texts.map(|(it, is)| it.text.as_deref().filter(|_| *is));
                    columns[index] = Arc::new(texts.collect::<StringArray>());
                }
                batch(columns)
            }
            Mode::DropMalformed | Mode::FailFast => batch(columns),
        }
    }
}

/// A text is malformed with each of its records.
fn together(malformed: &mut [bool], records: &[Record]) {
    let mut start = 0;
    while start < records.len() {
        let more = records[start + 1..].iter().take_while(|it| !it.first);
        let end = start + 1 + more.count();
        let any = malformed[start..end].contains(&true);
        malformed[start..end].fill(any);
        start = end;
    }
}

impl RowReader for JsonReader {
    fn check(&self, columns: &[usize]) -> Result<()> {
        let is_corrupt = |field: &FieldRef| *field.name() == self.dialect.corrupt;
        not_alone(self.schema.fields().iter().position(is_corrupt), columns)
    }

    fn read(
        &self,
        path: &Path,
        columns: &[usize],
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<()> {
        let schema = Arc::new(self.schema.project(columns)?);
        let keeps_text = schema.index_of(&self.dialect.corrupt).is_ok();
        self.dialect.records(path, keeps_text, &mut |records| {
            let batch = self.batch(records, &schema, path)?;
            for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
                let n = BATCH_ROWS.min(batch.num_rows() - start);
                if !emit(batch.slice(start, n)) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}
