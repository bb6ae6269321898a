//! `to_json`: a value as text.

use std::sync::Arc;

use arrow::array::builder::StringBuilder;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, IntervalUnit};

use super::options::{Options, options};
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::Cast;
use crate::functions::kernels::json::quote;
use crate::functions::kernels::longs::longs;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::variant::columns::Reader as VariantReader;
use crate::functions::kernels::variant::json::to_json as variant_json;
use crate::functions::kernels::zone::Zone;
use crate::functions::{Call, CastMode};
use crate::io::existing::EXISTS;
use crate::io::options::Options as FileOptions;
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::arrow::relabel;
use crate::types::coerce::is_integral;
use crate::types::interval::Fields;
use crate::types::sql_name;
use crate::types::variant::is_variant;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) fn to_json(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let value = call.arg(0)?.clone();
    let name = format!("to_json({})", value.name);
    if value.data_type == DataType::Null {
        return Ok(Typed::null(DataType::Utf8).named(name));
    }
    if !matches!(
        value.data_type,
        DataType::Struct(_) | DataType::List(_) | DataType::Map(..)
    ) {
        return Err(wrong_schema(call, &value.data_type, &name));
    }
    let writer = Writer::new(options(call, 1)?, call.context)?;
    // Says which fields intervals have; plans do not know.
    let data_type = value.data_type.clone();
    Ok(Kernel::typed(
        "to_json",
        format!("{writer:?} {data_type:?}"),
        (DataType::Utf8, true),
        vec![value.expr],
        name,
        move |args| {
            let array = relabel(&args.array(0)?, &data_type)?;
            let mut out = StringBuilder::new();
            let mut text = String::new();
            for row in 0..array.len() {
                if array.is_null(row) {
                    out.append_null();
                    continue;
                }
                text.clear();
                writer.write(&array, row, None, &mut text)?;
                out.append_value(&text);
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

pub(super) fn wrong_schema(call: &Call<'_>, data_type: &DataType, name: &str) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
        [
            ("schema", format!("\"{}\"", sql_name(data_type))),
            ("sqlExpr", format!("\"{name}\"")),
        ],
    )
    .at(call.origin.clone())
}

/// A writer for files with these options.
pub(crate) fn writer(file: &FileOptions, context: &Context) -> Result<Writer> {
    let text = |name: &str| file.get(name).map(str::to_owned);
    let options = Options {
        timestamp_format: text("timestampformat"),
        date_format: text("dateformat"),
        keeps_nulls: !file.flag("ignoreNullFields", true)?,
        ..Options::default()
    };
    Ok(Writer {
        zone: file.zone(context)?,
        ..Writer::new(options, context)?
    })
}

/// Writes values as JSON.
#[derive(Debug)]
pub(crate) struct Writer {
    keeps_nulls: bool,
    zone: Zone,
    timestamp: Pattern,
    timestamp_ntz: Pattern,
    date: Pattern,
    plain: Cast,
}

impl Writer {
    fn new(options: Options, context: &Context) -> Result<Self> {
        let pattern = |given: &Option<String>, default: &str| {
            Pattern::parse(given.as_deref().unwrap_or(default), false)
        };
        Ok(Self {
            keeps_nulls: options.keeps_nulls,
            zone: Zone::Region(context.time_zone),
            timestamp: pattern(
                &options.timestamp_format,
                "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXXXX]",
            )?,
            timestamp_ntz: pattern(&None, "yyyy-MM-dd'T'HH:mm:ss[.SSS]")?,
            date: pattern(&options.date_format, "yyyy-MM-dd")?,
            plain: Cast {
                from: DataType::Null,
                to: DataType::Utf8,
                mode: CastMode::Ansi,
                time_zone: context.time_zone,
                now_us: context.now_us,
                origin: None,
                fields: None,
            },
        })
    }

    /// The text that a cast to string gives.
    fn text(&self, array: &ArrayRef, row: usize, fields: Option<Fields>) -> Result<String> {
        let job = Cast {
            from: array.data_type().clone(),
            fields,
            ..self.plain.clone()
        };
        let one = job.run(&array.slice(row, 1))?;
        Ok(one.as_string::<i32>().value(0).to_owned())
    }

    /// The text of a value that is a key: Java's `toString` of what Spark keeps.
    fn key(&self, array: &ArrayRef, row: usize) -> Result<String> {
        if array.is_null(row) {
            return Ok("null".to_owned());
        }
        let joined = |columns: &[(ArrayRef, usize)]| -> Result<String> {
            let parts = columns.iter().map(|(array, row)| self.key(array, *row));
            Ok(format!(
                "[{}]",
                parts.collect::<Result<Vec<_>>>()?.join(",")
            ))
        };
        match array.data_type() {
            DataType::Struct(_) => {
                let columns = array.as_struct().columns().iter();
                joined(&columns.map(|c| (Arc::clone(c), row)).collect::<Vec<_>>())
            }
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                let items = (0..items.len()).map(|at| (Arc::clone(&items), at));
                joined(&items.collect::<Vec<_>>())
            }
            DataType::Date32
            | DataType::Timestamp(..)
            | DataType::Duration(_)
            | DataType::Interval(IntervalUnit::YearMonth) => {
                Ok(longs(&array.slice(row, 1))?.value(0).to_string())
            }
            _ => self.text(array, row, None),
        }
    }

    /// Adds a value; `fields` are those of an interval, where the value is one.
    pub(crate) fn write(
        &self,
        array: &ArrayRef,
        row: usize,
        fields: Option<Fields>,
        out: &mut String,
    ) -> Result<()> {
        if array.is_null(row) {
            out.push_str("null");
            return Ok(());
        }
        match array.data_type() {
            found if is_variant(found) => {
                if let Some(value) = VariantReader::of(array)?.get(row) {
                    out.push_str(&variant_json(value, self.plain.time_zone)?);
                }
            }
            DataType::Struct(members) => {
                out.push('{');
                let mut first = true;
                for (field, column) in members.iter().zip(array.as_struct().columns()) {
                    let is_null = column.is_null(row) || *column.data_type() == DataType::Null;
                    // Where a member is missing its column's default would be read.
                    if is_null && !self.keeps_nulls && !field.metadata().contains_key(EXISTS) {
                        continue;
                    }
                    if !std::mem::take(&mut first) {
                        out.push(',');
                    }
                    quote(field.name(), out);
                    out.push(':');
                    if is_null {
                        out.push_str("null");
                    } else {
                        self.write(column, row, noted(field), out)?;
                    }
                }
                out.push('}');
            }
            DataType::List(item) => {
                out.push('[');
                let items = array.as_list::<i32>().value(row);
                for index in 0..items.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.write(&items, index, noted(item), out)?;
                }
                out.push(']');
            }
            DataType::Map(..) => {
                out.push('{');
                let entries = array.as_map().value(row);
                let value = entries.fields().get(1).and_then(|field| noted(field));
                for index in 0..entries.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    quote(&self.key(entries.column(0), index)?, out);
                    out.push(':');
                    self.write(entries.column(1), index, value, out)?;
                }
                out.push('}');
            }
            DataType::Timestamp(_, zone) => {
                let micros = array
                    .as_primitive::<arrow::datatypes::TimestampMicrosecondType>()
                    .value(row);
                let text = match zone {
                    Some(_) => self.timestamp.format(micros, self.zone)?,
                    None => self.timestamp_ntz.format(micros, Zone::Fixed(0))?,
                };
                quote(&text, out);
            }
            DataType::Date32 => {
                let days = array
                    .as_primitive::<arrow::datatypes::Date32Type>()
                    .value(row);
                let text = self.date.format(i64::from(days) * DAY, Zone::Fixed(0))?;
                quote(&text, out);
            }
            DataType::Binary => quote(&STANDARD.encode(array.as_binary::<i32>().value(row)), out),
            DataType::Boolean | DataType::Decimal128(..) => {
                out.push_str(&self.text(array, row, fields)?)
            }
            DataType::Float32 | DataType::Float64 => {
                let text = self.text(array, row, fields)?;
                // JSON has no NaN and no infinity; Spark writes their names.
                if text.ends_with(['N', 'y']) {
                    quote(&text, out);
                } else {
                    out.push_str(&text);
                }
            }
            t if is_integral(t) => out.push_str(&self.text(array, row, fields)?),
            _ => quote(&self.text(array, row, fields)?, out),
        }
        Ok(())
    }
}

fn noted(field: &Field) -> Option<Fields> {
    Fields::of(field.data_type(), field.metadata())
}
