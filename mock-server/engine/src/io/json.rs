//! JSON files as Spark reads them: a record a line, or a value a file.
//!
//! What JSON means is known in `functions/json`, which `from_json` uses too.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};

use super::blocks::{self, Blocks};
use super::charset::Charset;
use super::csv::Mode;
use super::csv::read::malformed_record;
use super::files::{RowReader, not_alone, unreadable};
use super::options::Options;
use crate::error::Result;
use crate::functions::json::{Inference, Reader, both, reader};
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

/// One record: an object, or text that is none.
type Record = Result<Value, String>;

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
    fn add(&self, text: &str, out: &mut Vec<Record>) {
        match parse_with(text, self.unquoted_names, self.single_quotes) {
            Some(value @ Value::Object(_)) => out.push(Ok(value)),
            Some(Value::Array(items)) => {
                if items.iter().all(|item| matches!(item, Value::Object(_))) {
                    out.extend(items.into_iter().map(Ok));
                } else {
                    out.push(Err(text.to_owned()));
                }
            }
            _ => out.push(Err(text.to_owned())),
        }
    }

    /// Hands out the records of a file until nobody wants more.
    fn records(
        &self,
        path: &Path,
        each: &mut dyn FnMut(&mut Vec<Record>) -> Result<bool>,
    ) -> Result<()> {
        let mut records = Vec::new();
        if self.multi_line {
            let text = blocks::whole(path, Charset::Utf8)?;
            if !text.trim().is_empty() {
                self.add(&text, &mut records);
            }
            each(&mut records)?;
            return Ok(());
        }
        let separator = self.line_separator.as_deref().map(str::as_bytes);
        let mut blocks = Blocks::open(path, Charset::Utf8, separator)?;
        while let Some(block) = blocks.next()? {
            records.clear();
            for line in block.lines().filter(|line| !line.trim().is_empty()) {
                self.add(line, &mut records);
            }
            if !each(&mut records)? {
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
        dialect.records(path, &mut |records| {
            for record in records.iter() {
                match record {
                    Ok(value) => {
                        let seen = dialect.inference.of(value)?;
                        let before = std::mem::replace(&mut found, DataType::Null);
                        found = both(before, seen);
                    }
                    Err(_) => broken = true,
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
}

impl JsonReader {
    /// A reader for the columns of `schema`.
    pub(crate) fn new(dialect: Dialect, schema: SchemaRef) -> Self {
        Self { dialect, schema }
    }

    fn batch(&self, records: &[Record], schema: &SchemaRef) -> Result<RecordBatch> {
        let columns = schema.fields().iter().map(|field| {
            if *field.name() == self.dialect.corrupt {
                let texts: StringArray = records
                    .iter()
                    .map(|record| record.as_ref().err().map(String::as_str))
                    .collect();
                return Ok(Arc::new(texts) as ArrayRef);
            }
            let values: Vec<Option<&Value>> = records
                .iter()
                .map(|record| record.as_ref().ok()?.member(field.name()))
                .collect();
            self.dialect.reader.build(&values, field.data_type())
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        kernels::batch(Arc::clone(schema), columns, records.len())
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
        self.dialect.records(path, &mut |records| {
            match self.dialect.mode {
                Mode::DropMalformed => records.retain(Result::is_ok),
                Mode::FailFast => {
                    if let Some(Err(text)) = records.iter().find(|record| record.is_err()) {
                        let reason = malformed_record(text, Mode::FailFast).to_string();
                        return Err(unreadable(path, &reason));
                    }
                }
                Mode::Permissive => {}
            }
            for chunk in records.chunks(BATCH_ROWS) {
                if !emit(self.batch(chunk, &schema)?) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}
