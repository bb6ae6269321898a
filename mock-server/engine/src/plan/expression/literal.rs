//! Constants: value, Spark type, and how Spark writes them in column names.

use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalMonthDayNanoType};
use datafusion::common::ScalarValue;
use datafusion::common::scalar::ScalarStructBuilder;
use sparring_proto::Required;
use sparring_proto::connect::expression::literal::{LiteralType, specialized_array::ValueType};
use sparring_proto::connect::{self as proto, expression::Literal};

use crate::error::{Error, Result};
use crate::functions::kernels::text;
use crate::plan::context::Context;
use crate::plan::typed::{Typed, scalar_of};
use crate::types::arrow::{DAY_TIME, TIMESTAMP_NTZ, list, map, timestamp};
use crate::types::coerce::common_of_all;
use crate::types::proto::{declared_fields, to_arrow};

/// A constant as a resolved expression.
pub(crate) fn literal(context: &Context, literal: &Literal) -> Result<Typed> {
    let (value, data_type) = scalar(context, literal)?;
    let name = interval_name(literal, &value)
        .unwrap_or_else(|| text::literal_name(&value, context.time_zone));
    let mut found = Typed::literal(value, data_type, name);
    if let Some(fields) = literal.data_type.as_ref().and_then(declared_fields) {
        fields.note(&found.data_type, &mut found.metadata);
    }
    Ok(found)
}

/// Intervals are named by the fields that the text of the literal had.
fn interval_name(literal: &Literal, value: &ScalarValue) -> Option<String> {
    use sparring_proto::connect::data_type::Kind;
    match (literal.data_type.as_ref()?.kind.as_ref()?, value) {
        (Kind::DayTimeInterval(kind), ScalarValue::DurationMicrosecond(Some(micros))) => {
            let fields = (kind.start_field.unwrap_or(0), kind.end_field.unwrap_or(3));
            Some(text::day_time_fields(*micros, fields))
        }
        (Kind::YearMonthInterval(kind), ScalarValue::IntervalYearMonth(Some(months))) => {
            let fields = (kind.start_field.unwrap_or(0), kind.end_field.unwrap_or(1));
            Some(text::year_month_fields(*months, fields))
        }
        _ => None,
    }
}

/// A constant's value and type.
pub(crate) fn scalar(context: &Context, literal: &Literal) -> Result<(ScalarValue, DataType)> {
    let kind = literal
        .literal_type
        .as_ref()
        .required("literal.literal_type")?;
    Ok(match kind {
        LiteralType::Null(data_type) => {
            let data_type = match &literal.data_type {
                Some(declared) => to_arrow(declared)?,
                None if data_type.kind.is_none() => DataType::Null,
                None => to_arrow(data_type)?,
            };
            (ScalarValue::try_from(&data_type)?, data_type)
        }
        LiteralType::Binary(bytes) => (ScalarValue::Binary(Some(bytes.to_vec())), DataType::Binary),
        LiteralType::Boolean(value) => (ScalarValue::Boolean(Some(*value)), DataType::Boolean),
        LiteralType::Byte(value) => (ScalarValue::Int8(Some(narrow(*value)?)), DataType::Int8),
        LiteralType::Short(value) => (ScalarValue::Int16(Some(narrow(*value)?)), DataType::Int16),
        LiteralType::Integer(value) => (ScalarValue::Int32(Some(*value)), DataType::Int32),
        LiteralType::Long(value) => (ScalarValue::Int64(Some(*value)), DataType::Int64),
        LiteralType::Float(value) => (ScalarValue::Float32(Some(*value)), DataType::Float32),
        LiteralType::Double(value) => (ScalarValue::Float64(Some(*value)), DataType::Float64),
        LiteralType::Decimal(decimal) => decimal_scalar(decimal)?,
        LiteralType::String(text) => (ScalarValue::Utf8(Some(text.clone())), DataType::Utf8),
        LiteralType::Date(days) => (ScalarValue::Date32(Some(*days)), DataType::Date32),
        LiteralType::Timestamp(micros) => (
            ScalarValue::TimestampMicrosecond(Some(*micros), Some("UTC".into())),
            timestamp(),
        ),
        LiteralType::TimestampNtz(micros) => (
            ScalarValue::TimestampMicrosecond(Some(*micros), None),
            TIMESTAMP_NTZ,
        ),
        LiteralType::CalendarInterval(interval) => {
            let nanos = interval.microseconds.checked_mul(1000).ok_or_else(|| {
                Error::unsupported("calendar intervals of more than 292 years of microseconds")
            })?;
            let value = IntervalMonthDayNanoType::make_value(interval.months, interval.days, nanos);
            (
                ScalarValue::IntervalMonthDayNano(Some(value)),
                DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
            )
        }
        LiteralType::YearMonthInterval(months) => (
            ScalarValue::IntervalYearMonth(Some(*months)),
            DataType::Interval(arrow::datatypes::IntervalUnit::YearMonth),
        ),
        LiteralType::DayTimeInterval(micros) => {
            (ScalarValue::DurationMicrosecond(Some(*micros)), DAY_TIME)
        }
        LiteralType::Array(array) => {
            let declared = declared(literal)?;
            #[expect(deprecated, reason = "clients up to 4.0 say the element type here")]
            let element = match (&declared, &array.element_type) {
                (Some(DataType::List(item)), _) => Some(item.data_type().clone()),
                (_, Some(element)) => Some(to_arrow(element)?),
                _ => None,
            };
            let items = scalars(context, &array.elements)?;
            array_scalar(context, items, element)?
        }
        LiteralType::SpecializedArray(array) => specialized(array)?,
        LiteralType::Map(pairs) => {
            #[expect(deprecated, reason = "clients up to 4.0 say the types here")]
            let (key, value) = match (declared(literal)?, &pairs.key_type, &pairs.value_type) {
                (Some(DataType::Map(entries, _)), _, _) => match entries.data_type() {
                    DataType::Struct(pair) if pair.len() == 2 => (
                        Some(pair[0].data_type().clone()),
                        Some(pair[1].data_type().clone()),
                    ),
                    _ => (None, None),
                },
                (_, Some(key), Some(value)) => (Some(to_arrow(key)?), Some(to_arrow(value)?)),
                _ => (None, None),
            };
            map_scalar(context, pairs, key, value)?
        }
        LiteralType::Struct(structure) => {
            #[expect(deprecated, reason = "clients up to 4.0 say the type here")]
            let declared = match (declared(literal)?, &structure.struct_type) {
                (Some(declared), _) => Some(declared),
                (None, Some(data_type)) => Some(to_arrow(data_type)?),
                (None, None) => None,
            };
            struct_scalar(context, structure, declared)?
        }
        LiteralType::Time(_) => return Err(Error::unsupported("the type TIME")),
        LiteralType::TimestampNtzNanos(_) | LiteralType::TimestampLtzNanos(_) => {
            return Err(Error::unsupported("timestamps with nanoseconds"));
        }
    })
}

fn declared(literal: &Literal) -> Result<Option<DataType>> {
    literal.data_type.as_ref().map(to_arrow).transpose()
}

fn narrow<T: TryFrom<i32>>(value: i32) -> Result<T> {
    T::try_from(value)
        .map_err(|_| Error::invalid_plan(format!("the literal {value} is out of its type's range")))
}

fn scalars(context: &Context, literals: &[Literal]) -> Result<Vec<(ScalarValue, DataType)>> {
    literals.iter().map(|item| scalar(context, item)).collect()
}

fn decimal_scalar(
    decimal: &proto::expression::literal::Decimal,
) -> Result<(ScalarValue, DataType)> {
    let bad = || Error::invalid_plan(format!("`{}` is not a decimal", decimal.value));
    let (mantissa, exponent) = match decimal.value.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
        None => (decimal.value.as_str(), 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut unscaled = format!("{whole}{fraction}");
    let mut own_scale = i32::try_from(fraction.len()).map_err(|_| bad())? - exponent;
    // Clients send their default scale of 0 with any value; digits are not lost for that.
    let wanted_scale = decimal.scale.unwrap_or(0).max(own_scale.max(0));
    while own_scale < wanted_scale {
        unscaled.push('0');
        own_scale += 1;
    }
    while own_scale > wanted_scale && unscaled.ends_with('0') {
        unscaled.pop();
        own_scale -= 1;
    }
    if own_scale != wanted_scale {
        return Err(bad());
    }
    let value: i128 = if unscaled.is_empty() {
        0
    } else {
        unscaled.parse().map_err(|_| bad())?
    };
    let length = i32::try_from(value.unsigned_abs().to_string().len()).unwrap_or(38);
    let precision = decimal.precision.unwrap_or(length.max(wanted_scale));
    let (Ok(precision), Ok(scale)) = (u8::try_from(precision), i8::try_from(wanted_scale)) else {
        return Err(bad());
    };
    if precision > 38 || precision == 0 {
        return Err(bad());
    }
    let value = if negative { -value } else { value };
    Ok((
        ScalarValue::Decimal128(Some(value), precision, scale),
        DataType::Decimal128(precision, scale),
    ))
}

fn array_scalar(
    context: &Context,
    items: Vec<(ScalarValue, DataType)>,
    element: Option<DataType>,
) -> Result<(ScalarValue, DataType)> {
    let element = element
        .or_else(|| common_of_all(items.iter().map(|(_, t)| t), context.ansi))
        .ok_or_else(|| Error::invalid_plan("an array literal mixes types"))?;
    let contains_null = items.iter().any(|(value, _)| value.is_null());
    let data_type = list(element.clone(), contains_null);
    let values = items
        .into_iter()
        .map(|(value, _)| Ok(value.cast_to(&element)?))
        .collect::<Result<Vec<_>>>()?;
    let array = ScalarValue::new_list(&values, &element, true);
    let value = scalar_of(&ScalarValue::List(array), &data_type)?;
    Ok((value, data_type))
}

fn specialized(
    array: &proto::expression::literal::SpecializedArray,
) -> Result<(ScalarValue, DataType)> {
    let (values, element): (Vec<ScalarValue>, DataType) = match array
        .value_type
        .as_ref()
        .required("specialized_array.value_type")?
    {
        ValueType::Bools(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Boolean(Some(*x)))
                .collect(),
            DataType::Boolean,
        ),
        ValueType::Ints(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Int32(Some(*x)))
                .collect(),
            DataType::Int32,
        ),
        ValueType::Longs(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Int64(Some(*x)))
                .collect(),
            DataType::Int64,
        ),
        ValueType::Floats(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Float32(Some(*x)))
                .collect(),
            DataType::Float32,
        ),
        ValueType::Doubles(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Float64(Some(*x)))
                .collect(),
            DataType::Float64,
        ),
        ValueType::Strings(v) => (
            v.values
                .iter()
                .map(|x| ScalarValue::Utf8(Some(x.clone())))
                .collect(),
            DataType::Utf8,
        ),
    };
    let data_type = list(element.clone(), false);
    let value = ScalarValue::List(ScalarValue::new_list(&values, &element, true));
    Ok((scalar_of(&value, &data_type)?, data_type))
}

fn map_scalar(
    context: &Context,
    pairs: &proto::expression::literal::Map,
    key: Option<DataType>,
    value: Option<DataType>,
) -> Result<(ScalarValue, DataType)> {
    use arrow::array::{MapArray, StructArray};
    use arrow::buffer::OffsetBuffer;
    let keys = scalars(context, &pairs.keys)?;
    let values = scalars(context, &pairs.values)?;
    let mixed = || Error::invalid_plan("a map literal mixes types");
    let key = key
        .or_else(|| common_of_all(keys.iter().map(|(_, t)| t), context.ansi))
        .ok_or_else(mixed)?;
    let value_type = value
        .or_else(|| common_of_all(values.iter().map(|(_, t)| t), context.ansi))
        .ok_or_else(mixed)?;
    let contains_null = values.iter().any(|(value, _)| value.is_null());
    let data_type = map(key.clone(), value_type.clone(), contains_null);
    let column = |items: Vec<(ScalarValue, DataType)>, to: &DataType| -> Result<_> {
        if items.is_empty() {
            return Ok(arrow::array::new_empty_array(to));
        }
        let items = items
            .into_iter()
            .map(|(v, _)| Ok(v.cast_to(to)?))
            .collect::<Result<Vec<_>>>()?;
        Ok(ScalarValue::iter_to_array(items)?)
    };
    let DataType::Map(entries, _) = &data_type else {
        return Err(mixed());
    };
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(mixed());
    };
    let length = keys.len();
    let columns = vec![column(keys, &key)?, column(values, &value_type)?];
    let inner = StructArray::try_new(fields.clone(), columns, None)?;
    let array = MapArray::try_new(
        Arc::clone(entries),
        OffsetBuffer::from_lengths([length]),
        inner,
        None,
        false,
    )?;
    Ok((ScalarValue::Map(Arc::new(array)), data_type))
}

fn struct_scalar(
    context: &Context,
    structure: &proto::expression::literal::Struct,
    declared: Option<DataType>,
) -> Result<(ScalarValue, DataType)> {
    let values = scalars(context, &structure.elements)?;
    let Some(DataType::Struct(fields)) = declared else {
        return Err(Error::invalid_plan(
            "a struct literal does not name its fields",
        ));
    };
    if fields.len() != values.len() {
        return Err(Error::invalid_plan(format!(
            "a struct literal has {} values for {} fields",
            values.len(),
            fields.len()
        )));
    }
    let mut builder = ScalarStructBuilder::new();
    for (field, (value, _)) in fields.iter().zip(values) {
        builder = builder.with_scalar(Arc::clone(field), value.cast_to(field.data_type())?);
    }
    let data_type = DataType::Struct(fields);
    Ok((scalar_of(&builder.build()?, &data_type)?, data_type))
}
