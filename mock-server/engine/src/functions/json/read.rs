//! Parsed JSON as columns of a type, and how far it fits: Spark keeps what fits of a record that does
//! not and calls the record malformed.
//!
//! Knows nothing of what is done about malformed records.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Int64Array, ListArray, MapArray, StringArray,
    StructArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::compiled;
use crate::error::{Error, Result};
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::{string, temporal};
use crate::functions::kernels::json::Value;
use crate::functions::kernels::longs::labelled;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::variant::build::Builder;
use crate::functions::kernels::variant::columns::Writer as VariantWriter;
use crate::functions::kernels::zone::Zone;
use crate::io::options::Options as FileOptions;
use crate::plan::context::Context;
use crate::types::coerce::is_integral;
use crate::types::sql_name;
use crate::types::variant::is_variant;

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
    pub(super) zone: Zone,
    pub(super) now: i64,
    pub(super) timestamp: Option<Pattern>,
    pub(super) date: Option<Pattern>,
    /// Whether a number that is read as text stays as it was written.
    pub(super) exact_numbers: bool,
}

/// How far a value fits a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// It does, or there is none.
    Whole,
    /// Some member deep in it does not and is null.
    Partial,
    /// It does not and is null.
    Not,
}

/// The columns of records.
pub(crate) struct Records {
    pub(crate) columns: Vec<ArrayRef>,
    /// Which of them is for the texts of malformed records.
    pub(crate) corrupt: Option<usize>,
    /// How far each record fitted.
    pub(crate) fits: Vec<Fit>,
}

/// A column, and how far each of its values fitted.
pub(crate) type Column = (ArrayRef, Vec<Fit>);

impl Reader {
    /// A column of a type.
    pub(crate) fn build(&self, rows: &[Option<&Value>], to: &DataType) -> Result<Column> {
        match to {
            found if is_variant(found) => {}
            DataType::Struct(fields) => return self.structs(rows, fields),
            DataType::List(item) => return self.lists(rows, item),
            DataType::Map(entries, sorted) => return self.maps(rows, entries, *sorted),
            _ => {}
        }
        let found = self.leaves(rows, to)?;
        let fit = |(row, value): (usize, &Option<&Value>)| match value {
            None | Some(Value::Null) => Fit::Whole,
            Some(_) if found.is_null(row) && *to != DataType::Null => Fit::Not,
            Some(_) => Fit::Whole,
        };
        let fits = rows.iter().enumerate().map(fit).collect();
        Ok((found, fits))
    }

    /// The columns of records, with nulls for the column `corrupt` of malformed ones, which is for
    /// the caller to fill.
    pub(crate) fn records(
        &self,
        rows: &[Option<&Value>],
        fields: &Fields,
        corrupt: Option<&str>,
    ) -> Result<Records> {
        let mut fits: Vec<Fit> = rows.iter().map(|row| fit(*row, is_object)).collect();
        let mut columns = Vec::with_capacity(fields.len());
        for field in fields {
            if Some(field.name().as_str()) == corrupt {
                columns.push(new_null_array(field.data_type(), rows.len()));
                continue;
            }
            let members: Vec<Option<&Value>> = rows
                .iter()
                .map(|row| row.and_then(|value| value.last_member(field.name())))
                .collect();
            let (column, inner) = self.build(&members, field.data_type())?;
            for (fit, inner) in fits.iter_mut().zip(inner) {
                *fit = (*fit).max(inner.min(Fit::Partial));
            }
            columns.push(column);
        }
        Ok(Records {
            columns,
            corrupt: fields
                .iter()
                .position(|field| Some(field.name().as_str()) == corrupt),
            fits,
        })
    }

    fn structs(&self, rows: &[Option<&Value>], fields: &Fields) -> Result<Column> {
        let Records { columns, fits, .. } = self.records(rows, fields, None)?;
        let valid: NullBuffer = rows.iter().map(|row| row.is_some_and(is_object)).collect();
        let found =
            StructArray::try_new_with_length(fields.clone(), columns, Some(valid), rows.len())?;
        Ok((Arc::new(found), fits))
    }

    /// An item that does not fit makes the whole list null.
    fn lists(&self, rows: &[Option<&Value>], item: &FieldRef) -> Result<Column> {
        let items = |row: &Option<&Value>| match row {
            Some(Value::Array(items)) => Some(items.len()),
            _ => None,
        };
        let flat: Vec<Option<&Value>> = rows
            .iter()
            .flat_map(|row| match row {
                Some(Value::Array(items)) => items.as_slice(),
                _ => &[],
            })
            .map(Some)
            .collect();
        let (values, inner) = self.build(&flat, item.data_type())?;
        let lengths: Vec<Option<usize>> = rows.iter().map(items).collect();
        let fits = fits_of(rows, &lengths, &inner, |value| {
            matches!(value, Value::Array(_))
        });
        if let Some(kept) = without_misfits(rows, &fits) {
            return Ok((self.lists(&kept, item)?.0, fits));
        }
        let valid: NullBuffer = lengths.iter().map(Option::is_some).collect();
        let found = ListArray::try_new(
            Arc::clone(item),
            OffsetBuffer::from_lengths(lengths.into_iter().map(Option::unwrap_or_default)),
            values,
            Some(valid),
        )?;
        Ok((Arc::new(found), fits))
    }

    /// A value that does not fit makes the whole map null.
    fn maps(&self, rows: &[Option<&Value>], entries: &FieldRef, sorted: bool) -> Result<Column> {
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
        let (values, inner) = self.build(&values, value.data_type())?;
        let lengths: Vec<Option<usize>> = members.iter().map(|m| m.map(<[_]>::len)).collect();
        let fits = fits_of(rows, &lengths, &inner, is_object);
        if let Some(kept) = without_misfits(rows, &fits) {
            return Ok((self.maps(&kept, entries, sorted)?.0, fits));
        }
        let valid: NullBuffer = lengths.iter().map(Option::is_some).collect();
        let inner = StructArray::try_new(pair.clone(), vec![Arc::new(keys), values], None)?;
        let found = MapArray::try_new(
            Arc::clone(entries),
            OffsetBuffer::from_lengths(lengths.into_iter().map(Option::unwrap_or_default)),
            inner,
            Some(valid),
            sorted,
        )?;
        Ok((Arc::new(found), fits))
    }

    /// A column of a type without members; a value that does not fit is null.
    fn leaves(&self, rows: &[Option<&Value>], to: &DataType) -> Result<ArrayRef> {
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
}

fn is_object(value: &Value) -> bool {
    matches!(value, Value::Object(_))
}

/// How a value fits a type whose values it must be `one` of.
fn fit(value: Option<&Value>, one: impl Fn(&Value) -> bool) -> Fit {
    match value {
        None | Some(Value::Null) => Fit::Whole,
        Some(value) if one(value) => Fit::Whole,
        Some(_) => Fit::Not,
    }
}

/// How collections fit, from how their items do.
fn fits_of(
    rows: &[Option<&Value>],
    lengths: &[Option<usize>],
    items: &[Fit],
    one: impl Fn(&Value) -> bool,
) -> Vec<Fit> {
    let mut rest = items;
    rows.iter()
        .zip(lengths)
        .map(|(row, length)| {
            let (own, after) = rest.split_at(length.unwrap_or_default().min(rest.len()));
            rest = after;
            let worst = own.iter().max().copied().unwrap_or(Fit::Whole);
            fit(*row, &one).max(worst)
        })
        .collect()
}

/// The rows with null for collections that an item does not fit in; none when all may stay.
fn without_misfits<'v>(rows: &[Option<&'v Value>], fits: &[Fit]) -> Option<Vec<Option<&'v Value>>> {
    let is_misfit = |(row, fit): (&Option<&Value>, &Fit)| {
        *fit == Fit::Not && matches!(row, Some(Value::Array(_) | Value::Object(_)))
    };
    rows.iter().zip(fits).any(is_misfit).then(|| {
        rows.iter()
            .zip(fits)
            .map(|(row, fit)| row.filter(|_| *fit != Fit::Not))
            .collect()
    })
}
