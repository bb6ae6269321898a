//! `from_json`: a text as a struct, list or map, and what becomes of one that is malformed.
//!
//! How far a value fits is known in `read.rs`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StructArray};
use arrow::datatypes::{DataType, Date32Type, Fields, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::options::{Options, compiled, options};
use super::read::{Column, Fit, Reader, Records};
use super::write::wrong_schema;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::json::{Value, parse};
use crate::functions::kernels::text;
use crate::functions::kernels::zone::Zone;
use crate::io::csv::Mode;
use crate::io::csv::read::malformed_record;
use crate::io::options::corrupt_column;
use crate::plan::typed::Typed;
use crate::types::arrow::nullable;
use crate::types::variant::is_variant;

pub(super) fn from_json(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    let name = format!("from_json({})", text.name);
    let schema = call.schema_text(1)?;
    let data_type =
        crate::types::proto::type_or_row(schema).map_err(|error| error.at(call.origin.clone()))?;
    let data_type = nullable(&data_type);
    if !matches!(
        data_type,
        DataType::Struct(_) | DataType::List(_) | DataType::Map(..)
    ) {
        return Err(wrong_schema(call, &data_type, &name));
    }
    // Spark reads a map through a struct and keeps that struct's name.
    let name = match data_type {
        DataType::Map(..) => "entries".to_owned(),
        _ => name,
    };
    let options = options(call, 2)?;
    let mode = options.mode;
    if mode == Mode::DropMalformed {
        return Err(Error::new(
            "PARSE_MODE_UNSUPPORTED",
            [("funcName", "`from_json`"), ("mode", mode.name())],
        )
        .placeless());
    }
    let corrupt = options.corrupt_record(call.context);
    if let DataType::Struct(fields) = &data_type {
        corrupt_column(&corrupt, fields).map_err(Error::placeless)?;
    }
    let root = Root {
        reader: Reader {
            zone: Zone::Region(call.context.time_zone),
            now: call.context.now_us,
            timestamp: compiled(&options.timestamp_format)?,
            date: compiled(&options.date_format)?,
            exact_numbers: false,
        },
        to: data_type.clone(),
        corrupt,
        options,
    };
    Ok(Kernel::typed(
        "from_json",
        format!("{root:?}"),
        (data_type, true),
        vec![text.expr],
        name,
        move |args| {
            let texts = args.array(0)?;
            root.column(texts.as_string::<i32>())
        },
    ))
}

/// What a text is read as.
#[derive(Debug)]
struct Root {
    reader: Reader,
    to: DataType,
    /// The column of a struct that malformed texts are kept in.
    corrupt: String,
    options: Options,
}

impl Root {
    fn column(&self, texts: &StringArray) -> Result<ArrayRef> {
        let parsed: Vec<Option<Value>> = texts
            .iter()
            .map(|text| {
                let value = parse(text?, self.options.unquoted_names)?;
                Some(match (value, &self.to) {
                    // An object is a list of one.
                    (object @ Value::Object(_), DataType::List(item))
                        if matches!(item.data_type(), DataType::Struct(_))
                            && !is_variant(item.data_type()) =>
                    {
                        Value::Array(vec![object])
                    }
                    (value, _) => value,
                })
            })
            .collect();
        // A blank text is no record, and null is none that fits.
        let misfits: Vec<bool> = texts
            .iter()
            .zip(&parsed)
            .map(|(text, value)| {
                text.is_some_and(|text| !text.trim().is_empty())
                    && matches!(value, None | Some(Value::Null))
            })
            .collect();
        let values: Vec<Option<&Value>> = parsed.iter().map(Option::as_ref).collect();
        let (found, fits) = match &self.to {
            DataType::Struct(fields) if !is_variant(&self.to) => {
                self.record(texts, &values, &misfits, fields)?
            }
            to => self.reader.build(&values, to)?,
        };
        if self.options.mode == Mode::FailFast
            && let Some(row) =
                (0..texts.len()).find(|row| misfits[*row] || fits[*row] != Fit::Whole)
        {
            return Err(self.malformed(&found, row, texts.value(row), values[row]));
        }
        Ok(found)
    }

    /// A struct; of a malformed text it has what fits.
    fn record(
        &self,
        texts: &StringArray,
        values: &[Option<&Value>],
        misfits: &[bool],
        fields: &Fields,
    ) -> Result<Column> {
        let records = self.reader.records(values, fields, Some(&self.corrupt))?;
        let Records {
            mut columns, fits, ..
        } = records;
        if let Some(index) = records.corrupt {
            let kept = texts.iter().enumerate();
            let kept =
                kept.map(|(row, text)| text.filter(|_| misfits[row] || fits[row] != Fit::Whole));
            columns[index] = Arc::new(kept.collect::<StringArray>());
        }
        let valid = texts
            .iter()
            .map(|text| text.is_some_and(|text| !text.trim().is_empty()));
        let found = StructArray::try_new_with_length(
            fields.clone(),
            columns,
            Some(valid.collect()),
            texts.len(),
        )?;
        Ok((Arc::new(found), fits))
    }

    /// What FAILFAST says of a malformed text.
    fn malformed(&self, found: &ArrayRef, row: usize, text: &str, value: Option<&Value>) -> Error {
        let is_struct = matches!(self.to, DataType::Struct(_));
        if is_struct && matches!(value, Some(Value::Array(_))) {
            return Error::new(
                "MALFORMED_RECORD_IN_PARSING.CANNOT_PARSE_JSON_ARRAYS_AS_STRUCTS",
                [("badRecord", text), ("failFastMode", Mode::FailFast.name())],
            );
        }
        let shown = shown(found, row);
        let shown = if is_struct {
            shown
        } else {
            format!("[{shown}]")
        };
        malformed_record(&shown, Mode::FailFast)
    }
}

/// A value as Spark's internal rows show it: dates and times are numbers.
fn shown(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    let all = |items: &ArrayRef| -> String {
        let items: Vec<String> = (0..items.len()).map(|item| shown(items, item)).collect();
        format!("[{}]", items.join(","))
    };
    match column.data_type() {
        DataType::Struct(_) => {
            let members = column.as_struct().columns().iter();
            let members: Vec<String> = members.map(|member| shown(member, row)).collect();
            format!("[{}]", members.join(","))
        }
        DataType::List(_) => all(&column.as_list::<i32>().value(row)),
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let (keys, values) = (all(entries.column(0)), all(entries.column(1)));
            format!("keys: {keys}, values: {values}")
        }
        DataType::Date32 => column.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Timestamp(..) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>();
            micros.value(row).to_string()
        }
        DataType::Float32 => text::float(
            column
                .as_primitive::<arrow::datatypes::Float32Type>()
                .value(row),
        ),
        DataType::Float64 => text::double(
            column
                .as_primitive::<arrow::datatypes::Float64Type>()
                .value(row),
        ),
        _ => ArrayFormatter::try_new(column, &FormatOptions::default())
            .map_or_else(|_| String::new(), |shown| shown.value(row).to_string()),
    }
}
