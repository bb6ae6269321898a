//! `from_json`: parsed text as a value of a type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, ListArray, MapArray, StringArray,
    StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::{compiled, options};
use super::write::wrong_schema;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::{string, temporal};
use crate::functions::kernels::json::{Value, parse};
use crate::functions::kernels::longs::labelled;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::variant::build::Builder;
use crate::functions::kernels::variant::columns::Writer as VariantWriter;
use crate::functions::kernels::zone::Zone;
use crate::io::options::Options as FileOptions;
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::arrow::nullable;
use crate::types::coerce::is_integral;
use crate::types::sql_name;
use crate::types::variant::is_variant;

pub(super) fn from_json(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    let name = format!("from_json({})", text.name);
    let schema = call.arg(1)?.constant_str().ok_or_else(|| {
        Error::new(
            "INVALID_SCHEMA.NON_STRING_LITERAL",
            [("inputSchema", format!("\"{}\"", call.args[1].name))],
        )
        .at(call.origin.clone())
    })?;
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
    let reader = Reader {
        zone: Zone::Region(call.context.time_zone),
        now: call.context.now_us,
        timestamp: compiled(&options.timestamp_format)?,
        date: compiled(&options.date_format)?,
        exact_numbers: false,
    };
    let to = data_type.clone();
    Ok(Kernel::typed(
        "from_json",
        format!("{options:?} {reader:?}"),
        (data_type, true),
        vec![text.expr],
        name,
        move |args| {
            let texts = args.array(0)?;
            let mut rows = Vec::with_capacity(args.rows);
            for text in texts.as_string::<i32>() {
                let text = text.filter(|text| !text.trim().is_empty());
                let value = text.and_then(|text| parse(text, options.unquoted_names));
                let value = value.filter(|value| fits(value, &to));
                if value.is_none() && text.is_some() && options.fails_fast {
                    return Err(Error::new(
                        "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
                        [("badRecord", "[null]"), ("failFastMode", "FAILFAST")],
                    ));
                }
                // A malformed record still is one, with nothing in it.
                rows.push(match (value, text, &to) {
                    (None, Some(_), DataType::Struct(_)) if !is_variant(&to) => {
                        Some(Value::Object(Vec::new()))
                    }
                    (value, ..) => value,
                });
            }
            let rows: Vec<Option<&Value>> = rows.iter().map(Option::as_ref).collect();
            reader.build(&rows, &to)
        },
    ))
}

fn fits(value: &Value, to: &DataType) -> bool {
    is_variant(to)
        || matches!(
            (value, to),
            (Value::Object(_), DataType::Struct(_) | DataType::Map(..))
                | (Value::Array(_), DataType::List(_))
        )
}

/// A reader for files with these options.
pub(crate) fn reader(options: &FileOptions, context: &Context) -> Result<Reader> {
    let pattern = |name: &str| compiled(&options.get(name).map(str::to_owned));
    Ok(Reader {
        zone: options.zone(context)?,
        now: context.now_us,
        timestamp: pattern("timestampformat")?,
        date: pattern("dateformat")?,
        exact_numbers: true,
    })
}

/// Makes columns of values.
#[derive(Debug)]
pub(crate) struct Reader {
    zone: Zone,
    now: i64,
    timestamp: Option<Pattern>,
    date: Option<Pattern>,
    /// Whether a number that is read as text stays as it was written.
    exact_numbers: bool,
}

impl Reader {
    /// A column of a type; a value that does not fit is null.
    pub(crate) fn build(&self, rows: &[Option<&Value>], to: &DataType) -> Result<ArrayRef> {
        let each = |f: &dyn Fn(&Value) -> Option<i64>| -> Int64Array {
            rows.iter().map(|row| row.and_then(f)).collect()
        };
        let text_of = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        Ok(match to {
            found if is_variant(found) => {
                let mut out = VariantWriter::default();
                for row in rows {
                    let mut built = Builder::default();
                    match row.map(|value| built.json(value)) {
                        Some(Ok(())) => out.push(built),
                        _ => out.push_null(),
                    }
                }
                out.finish()?
            }
            DataType::Struct(fields) => {
                let columns = fields
                    .iter()
                    .map(|field| {
                        let members: Vec<Option<&Value>> = rows
                            .iter()
                            .map(|row| row.and_then(|value| value.member(field.name())))
                            .collect();
                        self.build(&members, field.data_type())
                    })
                    .collect::<Result<Vec<_>>>()?;
                let valid: NullBuffer = rows
                    .iter()
                    .map(|row| matches!(row, Some(Value::Object(_))))
                    .collect();
                Arc::new(StructArray::try_new_with_length(
                    fields.clone(),
                    columns,
                    Some(valid),
                    rows.len(),
                )?)
            }
            DataType::List(item) => {
                let items: Vec<Option<&[Value]>> = rows
                    .iter()
                    .map(|row| match row {
                        Some(Value::Array(items)) => Some(items.as_slice()),
                        _ => None,
                    })
                    .collect();
                let flat: Vec<Option<&Value>> = items
                    .iter()
                    .flat_map(|items| items.unwrap_or_default().iter().map(Some))
                    .collect();
                let lengths = items.iter().map(|items| items.map_or(0, <[Value]>::len));
                let valid: NullBuffer = items.iter().map(Option::is_some).collect();
                Arc::new(ListArray::try_new(
                    Arc::clone(item),
                    OffsetBuffer::from_lengths(lengths),
                    self.build(&flat, item.data_type())?,
                    Some(valid),
                )?)
            }
            DataType::Map(entries, sorted) => self.map(rows, entries, *sorted)?,
            DataType::Utf8 => {
                let text = |value: &Value| match value {
                    Value::Number(digits) if self.exact_numbers => Some(digits.clone()),
                    other => other.text(),
                };
                let found: StringArray = rows.iter().map(|row| row.and_then(text)).collect();
                Arc::new(found)
            }
            DataType::Boolean => {
                let found: BooleanArray = rows
                    .iter()
                    .map(|row| match row {
                        Some(Value::Bool(value)) => Some(*value),
                        _ => None,
                    })
                    .collect();
                Arc::new(found)
            }
            DataType::Binary => {
                let found: BinaryArray = rows
                    .iter()
                    .map(|row| STANDARD.decode(text_of((*row)?)?).ok())
                    .collect();
                Arc::new(found)
            }
            DataType::Float32 | DataType::Float64 => {
                let found: arrow::array::Float64Array = rows
                    .iter()
                    .map(|row| match row {
                        Some(Value::Number(digits)) => digits.parse().ok(),
                        Some(Value::Text(name)) => match name.as_str() {
                            "NaN" | "Infinity" | "+INF" | "-INF" | "INF" | "-Infinity" => {
                                string::double(name)
                            }
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect();
                arrow::compute::cast(&found, to)?
            }
            DataType::Decimal128(precision, scale) => {
                let found: arrow::array::Decimal128Array = rows
                    .iter()
                    .map(|row| match row {
                        Some(Value::Number(digits) | Value::Text(digits)) => {
                            string::big_decimal(digits)?.unscaled((*precision, *scale))
                        }
                        _ => None,
                    })
                    .collect();
                Arc::new(found.with_precision_and_scale(*precision, *scale)?)
            }
            DataType::Date32 => {
                let days = each(&|value| {
                    let text = text_of(value)?;
                    match &self.date {
                        Some(pattern) => {
                            let micros = pattern.read(&text, Zone::Fixed(0)).ok()?;
                            Some(micros.div_euclid(DAY))
                        }
                        None => temporal::date(&text).map(i64::from),
                    }
                });
                labelled(days, to)?
            }
            DataType::Timestamp(_, zone) => {
                let micros = each(&|value| {
                    let text = text_of(value)?;
                    match (zone, &self.timestamp) {
                        (Some(_), Some(pattern)) => pattern.read(&text, self.zone).ok(),
                        (Some(_), None) => temporal::timestamp(&text, self.zone, self.now),
                        (None, _) => temporal::timestamp_without_zone(&text),
                    }
                });
                labelled(micros, to)?
            }
            t if is_integral(t) => {
                let (low, high) = match t {
                    DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
                    DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
                    DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
                    _ => (i64::MIN, i64::MAX),
                };
                let whole = each(&|value| match value {
                    Value::Number(digits) => {
                        digits.parse().ok().filter(|v| (low..=high).contains(v))
                    }
                    _ => None,
                });
                labelled(whole, to)?
            }
            DataType::Null => new_null_array(to, rows.len()),
            other => {
                return Err(Error::unsupported(format!(
                    "reading JSON as {}",
                    sql_name(other)
                )));
            }
        })
    }

    fn map(&self, rows: &[Option<&Value>], entries: &Arc<Field>, sorted: bool) -> Result<ArrayRef> {
        let DataType::Struct(pair) = entries.data_type() else {
            return Err(Error::internal("a map without entries"));
        };
        let [key, value] = pair.as_ref() else {
            return Err(Error::internal("a map without key and value"));
        };
        if *key.data_type() != DataType::Utf8 {
            return Err(Error::unsupported(
                "JSON maps with keys that are no strings",
            ));
        }
        let members: Vec<Option<&[(String, Value)]>> = rows
            .iter()
            .map(|row| match row {
                Some(Value::Object(members)) => Some(members.as_slice()),
                _ => None,
            })
            .collect();
        let flat = || members.iter().flat_map(|m| m.unwrap_or_default().iter());
        let keys: StringArray = flat().map(|(name, _)| Some(name.as_str())).collect();
        let values: Vec<Option<&Value>> = flat().map(|(_, value)| Some(value)).collect();
        let columns: Vec<ArrayRef> = vec![Arc::new(keys), self.build(&values, value.data_type())?];
        let lengths = members.iter().map(|m| m.map_or(0, <[_]>::len));
        let valid: NullBuffer = members.iter().map(Option::is_some).collect();
        let inner = StructArray::try_new(pair.clone(), columns, None)?;
        Ok(Arc::new(MapArray::try_new(
            Arc::clone(entries),
            OffsetBuffer::from_lengths(lengths),
            inner,
            Some(valid),
            sorted,
        )?))
    }
}
