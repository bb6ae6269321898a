//! JSON lines as Spark reads them: inference, and values under a schema.
//!
//! After `JsonInferSchema` and `JacksonParser`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, SchemaRef};
use serde_json::Value;

use super::csv::Mode;
use super::files::{RowReader, content, unreadable};
use super::options::Options;
use super::text::TextRules;
use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::plan::context::Context;
use crate::types::arrow::{list, structure};

/// Rows of one batch.
const BATCH_ROWS: usize = 8192;

/// How JSON is read.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    multi_line: bool,
    primitives_as_string: bool,
    prefers_decimal: bool,
    mode: Mode,
    corrupt: String,
    rules: TextRules,
}

impl Dialect {
    /// The dialect of options.
    pub(crate) fn new(options: &Options, context: &Context) -> Result<Self> {
        options.refuse(
            "JSON",
            &[
                "allowcomments",
                "allowunquotedfieldnames",
                "allowsinglequotes",
                "linesep",
                "allownumericleadingzeros",
                "allowbackslashescapinganycharacter",
                "allowunquotedcontrolchars",
                "encoding",
                "charset",
                "dropfieldifallnull",
                "locale",
                "allownonnumericnumbers",
                "infertimestamp",
                "singlevariantcolumn",
            ],
        )?;
        Ok(Self {
            multi_line: options.flag("multiLine", false)?,
            primitives_as_string: options.flag("primitivesAsString", false)?,
            prefers_decimal: options.flag("prefersDecimal", false)?,
            mode: Mode::new(options),
            corrupt: options
                .get("columnnameofcorruptrecord")
                .unwrap_or("_corrupt_record")
                .to_owned(),
            rules: TextRules::new(options, context)?,
        })
    }

    /// What sets this dialect apart from others.
    pub(crate) fn identity(&self) -> String {
        let Self {
            multi_line,
            primitives_as_string,
            prefers_decimal,
            mode,
            corrupt,
            rules,
        } = self;
        let flags = (multi_line, primitives_as_string, prefers_decimal);
        format!("{flags:?} {mode:?} {corrupt:?} {}", rules.identity())
    }

    /// The records of a file: one a line, or one value; an array is a record an item.
    fn records(&self, text: &str) -> Vec<Result<Value, String>> {
        let mut records = Vec::new();
        // What follows the first value is not looked at, as Spark's parser does not.
        let first = |text: &str| {
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            values.next()
        };
        let mut add = |text: &str| match first(text).unwrap_or(Ok(Value::Null)) {
            Ok(Value::Array(items)) => records.extend(items.into_iter().map(|item| match item {
                Value::Object(_) => Ok(item),
                other => Err(other.to_string()),
            })),
            Ok(value @ Value::Object(_)) => records.push(Ok(value)),
            Ok(_) | Err(_) => records.push(Err(text.to_owned())),
        };
        if self.multi_line {
            add(text);
        } else {
            text.lines()
                .filter(|line| !line.trim().is_empty())
                .for_each(add);
        }
        records
    }

    fn type_of(&self, value: &Value) -> DataType {
        match value {
            Value::Null => DataType::Null,
            Value::Array(items) => {
                let element = items
                    .iter()
                    .map(|item| self.type_of(item))
                    .reduce(|a, b| merged(&a, &b));
                list(element.unwrap_or(DataType::Null), true)
            }
            Value::Object(members) => structure(
                members
                    .iter()
                    .map(|(name, value)| Field::new(name, self.type_of(value), true)),
            ),
            _ if self.primitives_as_string => DataType::Utf8,
            Value::Bool(_) => DataType::Boolean,
            Value::String(_) => DataType::Utf8,
            Value::Number(number) if number.is_i64() => DataType::Int64,
            Value::Number(number) => {
                let text = number.to_string();
                let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                match u8::try_from(digits) {
                    Ok(precision @ 1..=38) if whole || self.prefers_decimal => {
                        let scale = text.split_once('.').map_or(0, |(_, f)| f.len());
                        DataType::Decimal128(precision, i8::try_from(scale).unwrap_or(0))
                    }
                    _ => DataType::Float64,
                }
            }
        }
    }
}

/// Spark's `JsonInferSchema.compatibleType`.
fn merged(left: &DataType, right: &DataType) -> DataType {
    use DataType::{Decimal128, Float64, Int64, List, Null, Struct};
    match (left, right) {
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int64 | Float64 | Decimal128(_, _), Float64) | (Float64, Int64 | Decimal128(_, _)) => {
            Float64
        }
        (Int64, Decimal128(p, s)) | (Decimal128(p, s), Int64) => {
            Decimal128((*p).max(20u8.saturating_add_signed(*s)), *s)
        }
        (Decimal128(p, s), Decimal128(q, t)) => {
            let scale = *s.max(t);
            let whole = (i16::from(*p) - i16::from(*s)).max(i16::from(*q) - i16::from(*t));
            match u8::try_from(whole + i16::from(scale)) {
                Ok(precision @ 1..=38) => Decimal128(precision, scale),
                _ => Float64,
            }
        }
        (List(a), List(b)) => list(merged(a.data_type(), b.data_type()), true),
        (Struct(a), Struct(b)) => {
            let mut fields: BTreeMap<String, DataType> = BTreeMap::new();
            for field in a.iter().chain(b) {
                let data_type = match fields.get(field.name()) {
                    Some(known) => merged(known, field.data_type()),
                    None => field.data_type().clone(),
                };
                fields.insert(field.name().clone(), data_type);
            }
            structure(
                fields
                    .into_iter()
                    .map(|(name, t)| Field::new(name, t, true)),
            )
        }
        _ => DataType::Utf8,
    }
}

/// The inferred type with names in order and nothing but nulls as strings.
fn settled(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => list(settled(item.data_type()), true),
        DataType::Struct(fields) => {
            // A structure that was always empty is no column.
            let mut sorted: Vec<Field> = fields
                .iter()
                .filter(|f| !is_empty(f.data_type()))
                .map(|f| Field::new(f.name(), settled(f.data_type()), true))
                .collect();
            sorted.sort_by(|a, b| a.name().cmp(b.name()));
            structure(sorted)
        }
        other => other.clone(),
    }
}

fn is_empty(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) => is_empty(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| is_empty(f.data_type())),
        _ => false,
    }
}

/// The columns of JSON files.
pub(crate) fn infer(dialect: &Dialect, paths: &[&Path]) -> Result<Vec<Field>> {
    let mut found = structure([]);
    let mut broken = false;
    for path in paths {
        let bytes = content(path)?;
        for record in dialect.records(&String::from_utf8_lossy(&bytes)) {
            match record {
                Ok(value) => found = merged(&found, &dialect.type_of(&value)),
                Err(_) => broken = true,
            }
        }
    }
    if broken && dialect.mode == Mode::FailFast {
        return Err(Error::new(
            "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
            [
                ("badRecord", dialect.corrupt.clone()),
                ("failFastMode", "FAILFAST".to_owned()),
            ],
        ));
    }
    let DataType::Struct(fields) = settled(&found) else {
        return Ok(Vec::new());
    };
    let mut fields: Vec<Field> = fields.iter().map(|f| f.as_ref().clone()).collect();
    if broken && dialect.mode == Mode::Permissive {
        fields.insert(0, Field::new(&dialect.corrupt, DataType::Utf8, true));
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
}

impl RowReader for JsonReader {
    fn read(
        &self,
        path: &Path,
        wanted: &[usize],
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<()> {
        let schema = Arc::new(self.schema.project(wanted)?);
        let bytes = content(path)?;
        let mut records = self.dialect.records(&String::from_utf8_lossy(&bytes));
        match self.dialect.mode {
            Mode::DropMalformed => records.retain(Result::is_ok),
            Mode::FailFast if records.iter().any(Result::is_err) => {
                return Err(unreadable(
                    path,
                    "a record is malformed and the mode is FAILFAST",
                ));
            }
            Mode::FailFast | Mode::Permissive => {}
        }
        for chunk in records.chunks(BATCH_ROWS) {
            let mut columns = Vec::new();
            for field in schema.fields() {
                if *field.name() == self.dialect.corrupt {
                    let texts: StringArray = chunk
                        .iter()
                        .map(|record| record.as_ref().err().map(String::as_str))
                        .collect();
                    columns.push(Arc::new(texts) as ArrayRef);
                    continue;
                }
                let values: Vec<Option<&Value>> = chunk
                    .iter()
                    .map(|record| record.as_ref().ok()?.get(field.name()))
                    .collect();
                columns.push(column(&self.dialect.rules, &values, field.data_type())?);
            }
            let batch = kernels::batch(Arc::clone(&schema), columns, chunk.len())?;
            if !emit(batch) {
                break;
            }
        }
        Ok(())
    }
}

/// Values as a column; what does not fit is null.
fn column(rules: &TextRules, values: &[Option<&Value>], data_type: &DataType) -> Result<ArrayRef> {
    match data_type {
        DataType::List(item) => {
            let mut inner = Vec::new();
            let mut lengths = Vec::with_capacity(values.len());
            let mut valid = Vec::with_capacity(values.len());
            for value in values {
                let items = value.and_then(Value::as_array);
                valid.push(items.is_some());
                lengths.push(items.map_or(0, Vec::len));
                inner.extend(items.into_iter().flatten().map(Some));
            }
            let inner = column(rules, &inner, item.data_type())?;
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(item),
                OffsetBuffer::from_lengths(lengths),
                inner,
                Some(NullBuffer::from(valid)),
            )?))
        }
        DataType::Struct(fields) => {
            let valid: Vec<bool> = values
                .iter()
                .map(|value| value.is_some_and(Value::is_object))
                .collect();
            let columns = fields
                .iter()
                .map(|field| {
                    let inner: Vec<Option<&Value>> = values
                        .iter()
                        .map(|value| value.and_then(|value| value.get(field.name())))
                        .collect();
                    column(rules, &inner, field.data_type())
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                Some(NullBuffer::from(valid)),
                values.len(),
            )?))
        }
        DataType::Map(entries, sorted) => {
            let DataType::Struct(pair) = entries.data_type() else {
                return Err(Error::internal("a map without entries"));
            };
            let mut keys = Vec::new();
            let mut inner = Vec::new();
            let mut lengths = Vec::with_capacity(values.len());
            let mut valid = Vec::with_capacity(values.len());
            for value in values {
                let members = value.and_then(Value::as_object);
                valid.push(members.is_some());
                lengths.push(members.map_or(0, serde_json::Map::len));
                for (key, value) in members.into_iter().flatten() {
                    keys.push(Some(key.clone()));
                    inner.push(Some(value));
                }
            }
            let keys =
                rules.column(keys.iter().map(Option::as_ref), pair[0].data_type(), |_| {})?;
            let inner = column(rules, &inner, pair[1].data_type())?;
            let rows = StructArray::try_new(pair.clone(), vec![keys, inner], None)?;
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(entries),
                OffsetBuffer::from_lengths(lengths),
                rows,
                Some(NullBuffer::from(valid)),
                *sorted,
            )?))
        }
        leaf => {
            let texts: Vec<Option<String>> = values
                .iter()
                .map(|value| value.and_then(|value| scalar_text(value, leaf)))
                .collect();
            rules.column(texts.iter().map(Option::as_ref), leaf, |_| {})
        }
    }
}

/// The text of a value where the type takes it: numbers are not taken for times, nor texts for
/// numbers.
fn scalar_text(value: &Value, data_type: &DataType) -> Option<String> {
    match (value, data_type) {
        (Value::Null, _) => None,
        (Value::String(text), DataType::Float32 | DataType::Float64) => matches!(
            text.as_str(),
            "NaN" | "Infinity" | "-Infinity" | "+INF" | "INF" | "-INF"
        )
        .then(|| text.replace("INF", "Infinity")),
        (
            Value::String(_),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Boolean,
        ) => None,
        (Value::String(text), _) => Some(text.clone()),
        (Value::Bool(_), DataType::Utf8 | DataType::Boolean) => Some(value.to_string()),
        (Value::Bool(_), _) => None,
        (Value::Number(_), DataType::Date32 | DataType::Timestamp(_, _) | DataType::Boolean) => {
            None
        }
        (Value::Number(number), _) => Some(number.to_string()),
        (Value::Array(_) | Value::Object(_), DataType::Utf8) => Some(value.to_string()),
        (Value::Array(_) | Value::Object(_), _) => None,
    }
}
