//! Types in the protocol: Arrow to `proto::DataType` and back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit};
use sparring_proto::Required;
use sparring_proto::connect::{self as proto, data_type as kind, data_type::Kind};

use super::arrow::{DAY_TIME, TIMESTAMP_NTZ, list, map, timestamp};
use super::interval;
use super::variant::{is_variant, variant};
use crate::error::{Error, Result};

/// The metadata key under which Spark keeps `char(n)` and `varchar(n)` of a string column.
pub(crate) const CHAR_VARCHAR: &str = "__CHAR_VARCHAR_TYPE_STRING";

/// The type that a client named.
pub(crate) fn to_arrow(data_type: &proto::DataType) -> Result<DataType> {
    Ok(match data_type.kind.as_ref().required("data_type.kind")? {
        Kind::Null(_) => DataType::Null,
        Kind::Binary(_) => DataType::Binary,
        Kind::Boolean(_) => DataType::Boolean,
        Kind::Byte(_) => DataType::Int8,
        Kind::Short(_) => DataType::Int16,
        Kind::Integer(_) => DataType::Int32,
        Kind::Long(_) => DataType::Int64,
        Kind::Float(_) => DataType::Float32,
        Kind::Double(_) => DataType::Float64,
        Kind::Decimal(decimal) => decimal_type(decimal)?,
        Kind::String(string) => {
            if !string.collation.is_empty() && string.collation != "UTF8_BINARY" {
                return Err(Error::unsupported(format!(
                    "collation {}",
                    string.collation
                )));
            }
            DataType::Utf8
        }
        Kind::Char(_) | Kind::VarChar(_) => DataType::Utf8,
        Kind::Date(_) => DataType::Date32,
        Kind::Timestamp(_) => timestamp(),
        Kind::TimestampNtz(_) => TIMESTAMP_NTZ,
        Kind::CalendarInterval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        Kind::YearMonthInterval(_) => DataType::Interval(IntervalUnit::YearMonth),
        Kind::DayTimeInterval(_) => DAY_TIME,
        Kind::Array(array) => {
            let element = array.element_type.as_ref().required("array.element_type")?;
            noted(list(to_arrow(element)?, array.contains_null), &[element])
        }
        Kind::Struct(structure) => DataType::Struct(fields(structure)?),
        Kind::Map(pair) => {
            let key = pair.key_type.as_ref().required("map.key_type")?;
            let value = pair.value_type.as_ref().required("map.value_type")?;
            let inner = map(to_arrow(key)?, to_arrow(value)?, pair.value_contains_null);
            noted(inner, &[key, value])
        }
        Kind::Udt(udt) => to_arrow(udt.sql_type.as_ref().required("udt.sql_type")?)?,
        // Spark 4.1 has the type switched off.
        Kind::Time(_) => return Err(Error::of("UNSUPPORTED_TIME_TYPE")),
        Kind::Unparsed(text) => parse(&text.data_type_string)?,
        Kind::Variant(_) => variant(),
        Kind::Geometry(_) | Kind::Geography(_) => {
            return Err(Error::of("UNSUPPORTED_FEATURE.GEOSPATIAL_DISABLED"));
        }
        Kind::TimestampNtzNanos(_) | Kind::TimestampLtzNanos(_) => {
            return Err(Error::unsupported("timestamps with nanoseconds"));
        }
    })
}

/// A type, or the columns of a row, as functions name them. What is neither is no type.
pub(crate) fn type_or_row(text: &str) -> Result<DataType> {
    match sparring_sql::parse_data_type(text) {
        Ok(found) => to_arrow(&found),
        Err(error) => parse(text).map_err(|_| {
            let error = Error::from(error).without_place();
            error.thrown_as(crate::error::Exception::Analysis)
        }),
    }
}

/// An array or map with the fields of the intervals that are its elements.
fn noted(data_type: DataType, elements: &[&proto::DataType]) -> DataType {
    let fields: Vec<_> = elements
        .iter()
        .map(|element| declared_fields(element))
        .collect();
    let noted = |field: &Arc<Field>, fields: Option<interval::Fields>| {
        let mut metadata = Arc::new(field.metadata().clone());
        if let Some(fields) = fields {
            fields.note(field.data_type(), &mut metadata);
        }
        Arc::new(
            field
                .as_ref()
                .clone()
                .with_metadata(Arc::unwrap_or_clone(metadata)),
        )
    };
    match (data_type, fields.as_slice()) {
        (DataType::List(item), [fields]) => DataType::List(noted(&item, *fields)),
        (DataType::Map(entries, sorted), [key, value]) => {
            let inner = match entries.data_type() {
                DataType::Struct(pair) if pair.len() == 2 => {
                    DataType::Struct(vec![noted(&pair[0], *key), noted(&pair[1], *value)].into())
                }
                other => other.clone(),
            };
            DataType::Map(Arc::new(super::arrow::with_type(&entries, inner)), sorted)
        }
        (other, _) => other,
    }
}

/// DDL or JSON text, as `createDataFrame(…, "a int")` and `from_json` send it.
pub(crate) fn parse(text: &str) -> Result<DataType> {
    if text.trim_start().starts_with(['{', '"']) {
        return super::json::from_json(text);
    }
    let parsed = sparring_sql::parse_table_schema(text);
    to_arrow(&parsed.map_err(|error| Error::from(error).without_place())?)
}

fn decimal_type(decimal: &kind::Decimal) -> Result<DataType> {
    let precision = decimal.precision.unwrap_or(10);
    let scale = decimal.scale.unwrap_or(0);
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(p @ 1..=38), Ok(s)) if scale <= precision => Ok(DataType::Decimal128(p, s)),
        // To Spark a type, which nothing can be cast to and no client can read.
        (Ok(0), Ok(0)) => Err(Error::unsupported("DECIMAL(0,0)")),
        _ => Err(Error::invalid_plan(format!(
            "decimal({precision},{scale}) is outside of Spark's decimal(38,38)"
        ))),
    }
}

/// The fields of a struct type, with Spark's metadata kept on them.
pub(crate) fn fields(structure: &kind::Struct) -> Result<Fields> {
    structure
        .fields
        .iter()
        .map(|f| Ok(Arc::new(field(f)?)))
        .collect()
}

fn field(field: &kind::StructField) -> Result<Field> {
    let declared = field
        .data_type
        .as_ref()
        .required("struct_field.data_type")?;
    let mut metadata = field
        .metadata
        .as_deref()
        .map(metadata_of)
        .transpose()?
        .unwrap_or_default();
    match &declared.kind {
        Some(Kind::Char(char)) => {
            metadata.insert(CHAR_VARCHAR.into(), format!("\"char({})\"", char.length));
        }
        Some(Kind::VarChar(varchar)) => {
            metadata.insert(
                CHAR_VARCHAR.into(),
                format!("\"varchar({})\"", varchar.length),
            );
        }
        _ => {}
    }
    let data_type = to_arrow(declared)?;
    let mut metadata = Arc::new(metadata);
    if let Some(fields) = declared_fields(declared) {
        fields.note(&data_type, &mut metadata);
    }
    let metadata = Arc::unwrap_or_clone(metadata);
    Ok(Field::new(&field.name, data_type, field.nullable).with_metadata(metadata))
}

/// Spark's metadata is one JSON object; each member becomes an Arrow entry holding its JSON text.
pub(crate) fn metadata_of(json: &str) -> Result<HashMap<String, String>> {
    if json.is_empty() {
        return Ok(HashMap::new());
    }
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).map_err(|error| {
            Error::invalid_plan(format!("column metadata is no JSON object: {error}"))
        })?;
    Ok(members
        .into_iter()
        .map(|(k, v)| (k, v.to_string()))
        .collect())
}

/// The reverse of [`metadata_of`]; `None` when there is nothing to say.
pub(crate) fn metadata_json(metadata: &HashMap<String, String>) -> Option<String> {
    let sorted: std::collections::BTreeMap<_, _> = metadata
        .iter()
        .filter(|(key, _)| ![CHAR_VARCHAR, interval::NOTE].contains(&key.as_str()))
        .collect();
    if sorted.is_empty() {
        return None;
    }
    let members: Vec<String> = sorted
        .into_iter()
        .map(|(k, v)| format!("{}:{v}", serde_json::Value::from(k.as_str())))
        .collect();
    Some(format!("{{{}}}", members.join(",")))
}

/// The type as clients are told it.
pub(crate) fn from_arrow(data_type: &DataType) -> proto::DataType {
    let kind = match data_type {
        DataType::Null => Kind::Null(kind::Null::default()),
        DataType::Boolean => Kind::Boolean(kind::Boolean::default()),
        DataType::Int8 => Kind::Byte(kind::Byte::default()),
        DataType::Int16 => Kind::Short(kind::Short::default()),
        DataType::Int32 => Kind::Integer(kind::Integer::default()),
        DataType::Int64 => Kind::Long(kind::Long::default()),
        DataType::Float32 => Kind::Float(kind::Float::default()),
        DataType::Float64 => Kind::Double(kind::Double::default()),
        DataType::Decimal128(precision, scale) => Kind::Decimal(kind::Decimal {
            precision: Some(i32::from(*precision)),
            scale: Some(i32::from(*scale)),
            ..Default::default()
        }),
        DataType::Binary => Kind::Binary(kind::Binary::default()),
        DataType::Date32 => Kind::Date(kind::Date::default()),
        DataType::Timestamp(_, Some(_)) => Kind::Timestamp(kind::Timestamp::default()),
        DataType::Timestamp(_, None) => Kind::TimestampNtz(kind::TimestampNtz::default()),
        DataType::Duration(_) => Kind::DayTimeInterval(kind::DayTimeInterval {
            start_field: Some(0),
            end_field: Some(3),
            ..Default::default()
        }),
        DataType::Interval(IntervalUnit::YearMonth) => {
            Kind::YearMonthInterval(kind::YearMonthInterval {
                start_field: Some(0),
                end_field: Some(1),
                ..Default::default()
            })
        }
        DataType::Interval(_) => Kind::CalendarInterval(kind::CalendarInterval::default()),
        DataType::Time64(_) => Kind::Time(kind::Time {
            precision: Some(6),
            ..Default::default()
        }),
        DataType::List(item) => Kind::Array(Box::new(kind::Array {
            element_type: Some(Box::new(field_type(item))),
            contains_null: item.is_nullable(),
            ..Default::default()
        })),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => Kind::Map(Box::new(kind::Map {
                key_type: Some(Box::new(field_type(&pair[0]))),
                value_type: Some(Box::new(field_type(&pair[1]))),
                value_contains_null: pair[1].is_nullable(),
                ..Default::default()
            })),
            _ => Kind::Null(kind::Null::default()),
        },
        found if is_variant(found) => Kind::Variant(kind::Variant::default()),
        DataType::Struct(fields) => Kind::Struct(kind::Struct {
            fields: fields.iter().map(|f| struct_field(f)).collect(),
            ..Default::default()
        }),
        // Every other Arrow type is normalised away before it reaches a plan.
        _ => Kind::String(kind::String::default()),
    };
    proto::DataType { kind: Some(kind) }
}

fn struct_field(field: &Field) -> kind::StructField {
    kind::StructField {
        name: field.name().clone(),
        data_type: Some(char_varchar(field).unwrap_or_else(|| field_type(field))),
        nullable: field.is_nullable(),
        metadata: metadata_json(field.metadata()),
    }
}

/// The type of a field, which may have a note.
fn field_type(field: &Field) -> proto::DataType {
    interval_fields(field).unwrap_or_else(|| from_arrow(field.data_type()))
}

/// An interval whose note says that it has fewer fields.
fn interval_fields(field: &Field) -> Option<proto::DataType> {
    let fields = interval::Fields::of(field.data_type(), field.metadata())?;
    let kind = match field.data_type() {
        DataType::Duration(_) => Kind::DayTimeInterval(kind::DayTimeInterval {
            start_field: Some(fields.start),
            end_field: Some(fields.end),
            ..Default::default()
        }),
        _ => Kind::YearMonthInterval(kind::YearMonthInterval {
            start_field: Some(fields.start),
            end_field: Some(fields.end),
            ..Default::default()
        }),
    };
    Some(proto::DataType { kind: Some(kind) })
}

/// The fields that a client named for an interval.
pub(crate) fn declared_fields(data_type: &proto::DataType) -> Option<interval::Fields> {
    let (start, end) = match data_type.kind.as_ref()? {
        Kind::DayTimeInterval(kind) => (kind.start_field, kind.end_field),
        Kind::YearMonthInterval(kind) => (kind.start_field, kind.end_field),
        _ => return None,
    };
    let start = start?;
    Some(interval::Fields {
        start,
        end: end.unwrap_or(start),
    })
}

/// Whether a type has `char(n)` or `varchar(n)` anywhere.
pub(crate) fn has_char_varchar(data_type: &DataType) -> bool {
    let noted = |field: &Field| {
        field.metadata().contains_key(CHAR_VARCHAR) || has_char_varchar(field.data_type())
    };
    match data_type {
        DataType::Struct(fields) => fields.iter().any(|field| noted(field)),
        DataType::List(item) | DataType::Map(item, _) => noted(item),
        _ => false,
    }
}

/// `char(n)` or `varchar(n)` of a column that is declared so.
pub(crate) fn declared_limit(field: &Field) -> Option<&str> {
    Some(field.metadata().get(CHAR_VARCHAR)?.trim_matches('"'))
}

/// A row as clients are told it: a column that is declared `char(n)` or `varchar(n)` is a string whose
/// metadata say so (`CharVarcharUtils.replaceCharVarcharWithStringInSchema`).
pub(crate) fn told_row(row: &DataType) -> proto::DataType {
    let mut told = from_arrow(row);
    let Some(Kind::Struct(columns)) = &mut told.kind else {
        return told;
    };
    for column in &mut columns.fields {
        let declared = match column
            .data_type
            .as_ref()
            .and_then(|found| found.kind.as_ref())
        {
            Some(Kind::Char(char)) => format!("char({})", char.length),
            Some(Kind::VarChar(char)) => format!("varchar({})", char.length),
            _ => continue,
        };
        let notes = column.metadata.as_deref();
        let mut notes: serde_json::Map<String, serde_json::Value> = notes
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        notes.insert(CHAR_VARCHAR.to_owned(), declared.into());
        column.metadata = Some(serde_json::Value::Object(notes).to_string());
        column.data_type = Some(from_arrow(&DataType::Utf8));
    }
    told
}

/// `char(n)` and `varchar(n)` are strings with a note; clients are told the note.
fn char_varchar(field: &Field) -> Option<proto::DataType> {
    let text = declared_limit(field)?.strip_suffix(')')?;
    let (name, length) = text.split_once('(')?;
    let length = length.parse().ok()?;
    let kind = match name {
        "char" => Kind::Char(kind::Char {
            length,
            ..Default::default()
        }),
        "varchar" => Kind::VarChar(kind::VarChar {
            length,
            ..Default::default()
        }),
        _ => return None,
    };
    Some(proto::DataType { kind: Some(kind) })
}
