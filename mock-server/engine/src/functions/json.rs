//! Functions of JSON text: taking values out of it, reading it as Spark types, writing it.

use std::sync::Arc;

use arrow::array::builder::{Int32Builder, ListBuilder, StringBuilder};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, ListArray, MapArray,
    StringArray, StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::kernel::Kernel;
use super::kernels::calendar::DAY;
use super::kernels::cast::{Cast, string, temporal};
use super::kernels::json::{Value, at_path, parse, path, quote};
use super::kernels::longs::labelled;
use super::kernels::pattern::Pattern;
use super::kernels::zone::Zone;
use super::{Call, CastMode, Function, planned, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::arrow::{list, nullable};
use crate::types::coerce::is_integral;
use crate::types::sql_name;

pub(super) const TABLE: &[Function] = &[
    planned("from_csv"),
    scalar("from_json", from_json),
    scalar("get_json_object", get_json_object),
    scalar("json_array_length", json_array_length),
    scalar("json_object_keys", json_object_keys),
    planned("json_tuple"),
    planned("parse_json"),
    planned("schema_of_csv"),
    planned("schema_of_json"),
    planned("to_csv"),
    scalar("to_json", to_json),
    planned("try_parse_json"),
    planned("variant_get"),
];

fn get_json_object(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (text, steps) = (
        call.implicit(0, &DataType::Utf8)?,
        call.implicit(1, &DataType::Utf8)?,
    );
    Ok(Kernel::typed(
        "get_json_object",
        "",
        (DataType::Utf8, true),
        vec![text.expr, steps.expr],
        call.default_name(),
        |args| {
            let (texts, paths) = (args.array(0)?, args.array(1)?);
            let mut last: Option<(String, Option<Vec<_>>)> = None;
            let found: StringArray = texts
                .as_string::<i32>()
                .iter()
                .zip(paths.as_string::<i32>())
                .map(|(text, wanted)| {
                    let (text, wanted) = (text?, wanted?);
                    if last.as_ref().is_none_or(|(known, _)| known != wanted) {
                        last = Some((wanted.to_owned(), path(wanted)));
                    }
                    let steps = last.as_ref()?.1.as_ref()?;
                    at_path(&parse(text, false)?, steps)
                })
                .collect();
            Ok(Arc::new(found))
        },
    ))
}

fn json_array_length(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    Ok(Kernel::typed(
        "json_array_length",
        "",
        (DataType::Int32, true),
        vec![text.expr],
        call.default_name(),
        |args| {
            let texts = args.array(0)?;
            let mut out = Int32Builder::with_capacity(args.rows);
            for text in texts.as_string::<i32>() {
                out.append_option(match text.and_then(|text| parse(text, false)) {
                    Some(Value::Array(items)) => i32::try_from(items.len()).ok(),
                    _ => None,
                });
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

fn json_object_keys(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    Ok(Kernel::typed(
        "json_object_keys",
        "",
        (list(DataType::Utf8, true), true),
        vec![text.expr],
        call.default_name(),
        |args| {
            let texts = args.array(0)?;
            let mut out = ListBuilder::new(StringBuilder::new());
            for text in texts.as_string::<i32>() {
                match text.and_then(|text| parse(text, false)) {
                    Some(Value::Object(members)) => {
                        for (name, _) in members {
                            out.values().append_value(name);
                        }
                        out.append(true);
                    }
                    _ => out.append(false),
                }
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

/// The options of `from_json` and `to_json` that are honoured.
#[derive(Debug, Clone, Default)]
struct Options {
    timestamp_format: Option<String>,
    date_format: Option<String>,
    keeps_nulls: bool,
    unquoted_names: bool,
    fails_fast: bool,
}

/// A constant map of texts, as a literal or as a call of `map`.
fn constant_pairs(value: &Typed) -> Option<Vec<(String, String)>> {
    let texts = |array: &ArrayRef| -> Option<Vec<String>> {
        let strings = array.as_string_opt::<i32>()?;
        strings.iter().map(|s| s.map(str::to_owned)).collect()
    };
    match &value.expr {
        Expr::Literal(ScalarValue::Map(map), _) => {
            let entries = map.entries();
            let keys = texts(entries.column(0))?;
            Some(keys.into_iter().zip(texts(entries.column(1))?).collect())
        }
        Expr::ScalarFunction(function) => function
            .args
            .chunks(2)
            .map(|pair| match pair {
                [
                    Expr::Literal(ScalarValue::Utf8(Some(key)), _),
                    Expr::Literal(ScalarValue::Utf8(Some(value)), _),
                ] => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn options(call: &Call<'_>, index: usize) -> Result<Options> {
    let mut found = Options::default();
    let Some(value) = call.args.get(index) else {
        return Ok(found);
    };
    let pairs = constant_pairs(value).ok_or_else(|| {
        Error::new(
            "INVALID_OPTIONS.NON_MAP_FUNCTION",
            std::iter::empty::<(String, String)>(),
        )
        .at(call.origin.clone())
    })?;
    for (key, value) in pairs {
        let is_true = value.eq_ignore_ascii_case("true");
        match key.to_ascii_lowercase().as_str() {
            "timestampformat" => found.timestamp_format = Some(value),
            "dateformat" => found.date_format = Some(value),
            "ignorenullfields" => found.keeps_nulls = !is_true,
            "allowunquotedfieldnames" => found.unquoted_names = is_true,
            "mode" => found.fails_fast = value.eq_ignore_ascii_case("FAILFAST"),
            _ => return Err(Error::unsupported(format!("the JSON option {key}"))),
        }
    }
    Ok(found)
}

fn to_json(call: &Call<'_>) -> Result<Typed> {
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
    let writer = Writer::new(options(call, 1)?, call)?;
    Ok(Kernel::typed(
        "to_json",
        format!("{writer:?}"),
        (DataType::Utf8, true),
        vec![value.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            let mut out = StringBuilder::new();
            let mut text = String::new();
            for row in 0..array.len() {
                if array.is_null(row) {
                    out.append_null();
                    continue;
                }
                text.clear();
                writer.write(&array, row, &mut text)?;
                out.append_value(&text);
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

fn wrong_schema(call: &Call<'_>, data_type: &DataType, name: &str) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA",
        [
            ("schema", format!("\"{}\"", sql_name(data_type))),
            ("sqlExpr", format!("\"{name}\"")),
        ],
    )
    .at(call.origin.clone())
}

#[derive(Debug)]
struct Writer {
    keeps_nulls: bool,
    zone: Zone,
    timestamp: Pattern,
    timestamp_ntz: Pattern,
    date: Pattern,
    plain: Cast,
}

impl Writer {
    fn new(options: Options, call: &Call<'_>) -> Result<Self> {
        let pattern = |given: &Option<String>, default: &str| {
            Pattern::parse(given.as_deref().unwrap_or(default), false)
        };
        Ok(Self {
            keeps_nulls: options.keeps_nulls,
            zone: Zone::Region(call.context.time_zone),
            timestamp: pattern(
                &options.timestamp_format,
                "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]",
            )?,
            timestamp_ntz: pattern(&None, "yyyy-MM-dd'T'HH:mm:ss[.SSS]")?,
            date: pattern(&options.date_format, "yyyy-MM-dd")?,
            plain: Cast {
                from: DataType::Null,
                to: DataType::Utf8,
                mode: CastMode::Ansi,
                time_zone: call.context.time_zone,
                now_us: call.context.now_us,
                origin: None,
            },
        })
    }

    /// The text that a cast to string gives.
    fn text(&self, array: &ArrayRef, row: usize) -> Result<String> {
        let job = Cast {
            from: array.data_type().clone(),
            ..self.plain.clone()
        };
        let one = job.run(&array.slice(row, 1))?;
        Ok(one.as_string::<i32>().value(0).to_owned())
    }

    fn write(&self, array: &ArrayRef, row: usize, out: &mut String) -> Result<()> {
        if array.is_null(row) {
            out.push_str("null");
            return Ok(());
        }
        match array.data_type() {
            DataType::Struct(fields) => {
                out.push('{');
                let mut first = true;
                for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                    let is_null = column.is_null(row) || *column.data_type() == DataType::Null;
                    if is_null && !self.keeps_nulls {
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
                        self.write(column, row, out)?;
                    }
                }
                out.push('}');
            }
            DataType::List(_) => {
                out.push('[');
                let items = array.as_list::<i32>().value(row);
                for index in 0..items.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.write(&items, index, out)?;
                }
                out.push(']');
            }
            DataType::Map(..) => {
                out.push('{');
                let entries = array.as_map().value(row);
                for index in 0..entries.len() {
                    if index > 0 {
                        out.push(',');
                    }
                    quote(&self.text(entries.column(0), index)?, out);
                    out.push(':');
                    self.write(entries.column(1), index, out)?;
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
            DataType::Binary => quote(&base64(array.as_binary::<i32>().value(row)), out),
            DataType::Boolean | DataType::Decimal128(..) => out.push_str(&self.text(array, row)?),
            DataType::Float32 | DataType::Float64 => {
                let text = self.text(array, row)?;
                // JSON has no NaN and no infinity; Spark writes their names.
                if text.ends_with(['N', 'y']) {
                    quote(&text, out);
                } else {
                    out.push_str(&text);
                }
            }
            t if is_integral(t) => out.push_str(&self.text(array, row)?),
            _ => quote(&self.text(array, row)?, out),
        }
        Ok(())
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| chunk.get(index).copied().map_or(0, u32::from);
        let group = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4 {
            if place <= chunk.len() {
                let index = usize::try_from((group >> (18 - 6 * place)) & 63).unwrap_or(0);
                out.push(char::from(ALPHABET[index]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .trim_end_matches('=')
        .bytes()
        .map(|byte| {
            let index = ALPHABET.iter().position(|known| *known == byte)?;
            u32::try_from(index).ok()
        })
        .collect::<Option<_>>()?;
    let mut out = Vec::new();
    for chunk in digits.chunks(4) {
        let group = chunk
            .iter()
            .enumerate()
            .fold(0, |acc, (place, digit)| acc | (digit << (18 - 6 * place)));
        let bytes = group.to_be_bytes();
        out.extend(bytes.iter().skip(1).take(chunk.len().saturating_sub(1)));
    }
    Some(out)
}

fn from_json(call: &Call<'_>) -> Result<Typed> {
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
    let data_type = match sparring_sql::parse_data_type(schema) {
        Ok(found) => crate::types::proto::to_arrow(&found)?,
        Err(_) => crate::types::proto::parse(schema)?,
    };
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
                    (None, Some(_), DataType::Struct(_)) => Some(Value::Object(Vec::new())),
                    (value, ..) => value,
                });
            }
            let rows: Vec<Option<&Value>> = rows.iter().map(Option::as_ref).collect();
            reader.build(&rows, &to)
        },
    ))
}

fn compiled(pattern: &Option<String>) -> Result<Option<Pattern>> {
    pattern
        .as_deref()
        .map(|text| Pattern::parse(text, true))
        .transpose()
}

fn fits(value: &Value, to: &DataType) -> bool {
    matches!(
        (value, to),
        (Value::Object(_), DataType::Struct(_) | DataType::Map(..))
            | (Value::Array(_), DataType::List(_))
    )
}

#[derive(Debug)]
struct Reader {
    zone: Zone,
    now: i64,
    timestamp: Option<Pattern>,
    date: Option<Pattern>,
}

impl Reader {
    /// A column of a type; a value that does not fit is null.
    fn build(&self, rows: &[Option<&Value>], to: &DataType) -> Result<ArrayRef> {
        let each = |f: &dyn Fn(&Value) -> Option<i64>| -> Int64Array {
            rows.iter().map(|row| row.and_then(f)).collect()
        };
        let text_of = |value: &Value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        Ok(match to {
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
                let found: StringArray = rows.iter().map(|row| row.and_then(Value::text)).collect();
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
                    .map(|row| from_base64(&text_of((*row)?)?))
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
                        (None, _) => temporal::timestamp_ntz(&text),
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
