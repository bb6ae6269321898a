//! One line of CSV as a struct and back: `from_csv`, `to_csv`, `schema_of_csv`.
//!
//! Files of CSV are read in `io/csv.rs`; options that are not honoured here are refused by name.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;

use super::json::constant_pairs;
use super::kernel::Kernel;
use super::kernels::calendar::DAY;
use super::kernels::cast::{self as casts, temporal};
use super::kernels::longs::{labelled, longs};
use super::kernels::pattern::Pattern;
use super::kernels::zone::Zone;
use super::{Call, CastMode, Function, scalar};
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::{nullable, structure};
use crate::types::{coerce, sql_name};

const S: DataType = DataType::Utf8;

pub(super) const TABLE: &[Function] = &[
    scalar("from_csv", from_csv),
    scalar("schema_of_csv", schema_of_csv),
    scalar("to_csv", to_csv),
];

#[derive(Debug, Clone)]
struct Dialect {
    separator: String,
    quote: char,
    escape: char,
    null: String,
    date: Option<String>,
    timestamp: Option<String>,
}

impl Dialect {
    fn of(call: &Call<'_>, index: usize) -> Result<Self> {
        let mut found = Self {
            separator: ",".to_owned(),
            quote: '"',
            escape: '\\',
            null: String::new(),
            date: None,
            timestamp: None,
        };
        let Some(value) = call.args.get(index) else {
            return Ok(found);
        };
        let pairs = constant_pairs(value)
            .ok_or_else(|| Error::of("INVALID_OPTIONS.NON_MAP_FUNCTION").at(call.origin.clone()))?;
        let one = |value: &str, default: char| value.chars().next().unwrap_or(default);
        for (key, value) in pairs {
            match key.to_ascii_lowercase().as_str() {
                "sep" | "delimiter" => found.separator = value.replace("\\t", "\t"),
                "quote" => found.quote = one(&value, '\0'),
                "escape" => found.escape = one(&value, '\0'),
                "nullvalue" => found.null = value,
                "dateformat" => found.date = Some(value),
                "timestampformat" => found.timestamp = Some(value),
                _ => return Err(Error::unsupported(format!("the CSV option {key}"))),
            }
        }
        Ok(found)
    }

    /// The tokens of a line; an empty one that was not quoted is none.
    fn tokens(&self, line: &str) -> Vec<Option<String>> {
        let mut all = Vec::new();
        let mut rest = line;
        loop {
            let quoted = rest.starts_with(self.quote);
            let mut token = String::new();
            if quoted {
                let mut chars = rest.char_indices().skip(1).peekable();
                let mut end = rest.len();
                while let Some((at, c)) = chars.next() {
                    let next = chars.peek().map(|(_, next)| *next);
                    if c == self.escape && next.is_some_and(|n| n == self.quote || n == self.escape)
                    {
                        token.extend(next);
                        chars.next();
                    } else if c == self.quote {
                        end = at + c.len_utf8();
                        break;
                    } else {
                        token.push(c);
                    }
                }
                if rest[end..].is_empty() || rest[end..].starts_with(&self.separator) {
                    rest = &rest[end..];
                } else {
                    // A quote within: everything up to the separator stays as it was written.
                    let more = rest[end..].find(&self.separator);
                    let end = more.map_or(rest.len(), |more| end + more);
                    token = rest[..end].to_owned();
                    rest = &rest[end..];
                }
            }
            let end = rest.find(&self.separator);
            token.push_str(&rest[..end.unwrap_or(rest.len())]);
            all.push((quoted || token != self.null).then_some(token));
            match end {
                Some(end) => rest = &rest[end + self.separator.len()..],
                None => return all,
            }
        }
    }

    fn written(&self, token: &str) -> String {
        // Spark's writer ignores blanks at both ends unless told otherwise.
        let token = token.trim_matches(|c| c <= ' ');
        let special = [self.quote, '\n', '\r'];
        if token.is_empty() {
            return format!("{0}{0}", self.quote);
        }
        if !token.contains(special) && !token.contains(&self.separator) {
            return token.to_owned();
        }
        let escaped: String = token
            .chars()
            .flat_map(|c| {
                (c == self.quote)
                    .then_some(self.escape)
                    .into_iter()
                    .chain([c])
            })
            .collect();
        format!("{0}{escaped}{0}", self.quote)
    }
}

fn cast_of(context: &Context, from: DataType, to: DataType, mode: CastMode) -> casts::Cast {
    casts::Cast {
        from,
        to,
        mode,
        time_zone: context.time_zone,
        now_us: context.now_us,
        origin: None,
        fields: None,
    }
}

fn from_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let text = call.implicit(0, &S)?;
    let name = format!("from_csv({})", text.name);
    let schema = call.arg(1)?.constant_str().ok_or_else(|| {
        Error::new(
            "INVALID_SCHEMA.NON_STRING_LITERAL",
            [("inputSchema", format!("\"{}\"", call.args[1].name))],
        )
        .at(call.origin.clone())
    })?;
    let data_type =
        crate::types::proto::type_or_row(schema).map_err(|error| error.at(call.origin.clone()))?;
    let DataType::Struct(fields) = nullable(&data_type) else {
        return Err(Error::new(
            "INVALID_SCHEMA.NON_STRUCT_TYPE",
            [
                ("inputSchema", format!("\"{schema}\"")),
                ("dataType", format!("\"{}\"", sql_name(&data_type))),
            ],
        )
        .at(call.origin.clone()));
    };
    let dialect = Dialect::of(call, 2)?;
    let readers = fields
        .iter()
        .map(|field| Reader::of(call.context, &dialect, field.data_type()))
        .collect::<Result<Vec<_>>>()?;
    let result = (DataType::Struct(fields.clone()), text.nullable);
    let options = format!("{dialect:?} {}", call.context.time_zone);
    Ok(Kernel::typed(
        "from_csv",
        options,
        result,
        vec![text.expr],
        name,
        move |args| {
            let lines = args.array(0)?;
            let rows: Vec<Vec<Option<String>>> = lines
                .as_string::<i32>()
                .iter()
                .map(|line| line.map(|line| dialect.tokens(line)).unwrap_or_default())
                .collect();
            let columns = readers
                .iter()
                .enumerate()
                .map(|(index, reader)| {
                    let tokens: StringArray = rows
                        .iter()
                        .map(|row| row.get(index).cloned().flatten())
                        .collect();
                    reader.read(&tokens)
                })
                .collect::<Result<Vec<_>>>()?;
            let nulls = lines.nulls().cloned();
            let found =
                StructArray::try_new_with_length(fields.clone(), columns, nulls, args.rows)?;
            Ok(Arc::new(found) as ArrayRef)
        },
    ))
}

/// How a column of tokens becomes values; what is none of them becomes null.
enum Reader {
    Cast(casts::Cast),
    Formatted(Pattern, Zone, DataType),
}

impl Reader {
    fn of(context: &Context, dialect: &Dialect, to: &DataType) -> Result<Self> {
        let zone = Zone::Region(context.time_zone);
        let format = match to {
            DataType::Date32 => dialect.date.as_ref().map(|format| (format, Zone::Fixed(0))),
            DataType::Timestamp(..) => dialect.timestamp.as_ref().map(|format| (format, zone)),
            _ => None,
        };
        if !coerce::is_atomic(to) {
            return Err(Error::unsupported(format!(
                "reading CSV as {}",
                sql_name(to)
            )));
        }
        Ok(match format {
            Some((format, zone)) => {
                Self::Formatted(Pattern::parse(format, true)?, zone, to.clone())
            }
            None => Self::Cast(cast_of(context, S, to.clone(), CastMode::Try)),
        })
    }

    fn read(&self, tokens: &StringArray) -> Result<ArrayRef> {
        match self {
            Self::Cast(job) => {
                // Java's parsers of whole numbers, decimals and flags take no blanks.
                let strict = coerce::is_integral(&job.to)
                    || matches!(job.to, DataType::Boolean | DataType::Decimal128(..));
                let tokens: StringArray = tokens
                    .iter()
                    .map(|token| token.filter(|token| !strict || token.trim() == *token))
                    .collect();
                job.run(&(Arc::new(tokens) as ArrayRef))
            }
            Self::Formatted(pattern, zone, to) => {
                let unit = if *to == DataType::Date32 { DAY } else { 1 };
                let found: Int64Array = tokens
                    .iter()
                    .map(|token| Some(pattern.read(token?, *zone).ok()?.div_euclid(unit)))
                    .collect();
                labelled(found, to)
            }
        }
    }
}

fn to_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let arg = call.arg(0)?;
    let name: Arc<str> = format!("to_csv({})", arg.name).into();
    let fields = match &arg.data_type {
        DataType::Struct(fields) => fields.clone(),
        DataType::Null => return Ok(Typed::null(S).named(name)),
        _ => return Err(call.unexpected_type(0, "STRUCT")),
    };
    let dialect = Dialect::of(call, 1)?;
    let writers = fields
        .iter()
        .map(|field| Writer::of(call.context, &dialect, field.data_type()))
        .collect::<Result<Vec<_>>>()?;
    let options = format!("{dialect:?} {}", call.context.time_zone);
    let exprs = vec![arg.expr.clone()];
    Ok(Kernel::typed(
        "to_csv",
        options,
        (S, true),
        exprs,
        name,
        move |args| {
            let rows = args.array(0)?;
            let columns = writers
                .iter()
                .zip(rows.as_struct().columns())
                .map(|(writer, column)| writer.write(column))
                .collect::<Result<Vec<_>>>()?;
            let lines: StringArray = (0..args.rows)
                .map(|row| {
                    let tokens: Vec<String> = columns
                        .iter()
                        .map(|column| match column.is_valid(row) {
                            true => dialect.written(column.value(row)),
                            false => dialect.null.clone(),
                        })
                        .collect();
                    rows.is_valid(row).then(|| tokens.join(&dialect.separator))
                })
                .collect();
            Ok(Arc::new(lines))
        },
    ))
}

/// How values become tokens.
enum Writer {
    Cast(casts::Cast),
    Formatted(Pattern, Zone, i64),
}

impl Writer {
    fn of(context: &Context, dialect: &Dialect, from: &DataType) -> Result<Self> {
        let default = "yyyy-MM-dd'T'HH:mm:ss[.SSS]";
        let zoned = "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXXXX]";
        let zone = Zone::Region(context.time_zone);
        let formatted = |format: &str, zone, unit| {
            Ok(Self::Formatted(Pattern::parse(format, false)?, zone, unit))
        };
        match from {
            DataType::Date32 => match &dialect.date {
                Some(format) => formatted(format, Zone::Fixed(0), DAY),
                None => Ok(Self::Cast(cast_of(
                    context,
                    from.clone(),
                    S,
                    CastMode::Ansi,
                ))),
            },
            DataType::Timestamp(_, zone_of_type) => {
                let (default, zone) = match zone_of_type {
                    Some(_) => (zoned, zone),
                    None => (default, Zone::Fixed(0)),
                };
                formatted(dialect.timestamp.as_deref().unwrap_or(default), zone, 1)
            }
            from if coerce::is_atomic(from) || *from == DataType::Null => Ok(Self::Cast(cast_of(
                context,
                from.clone(),
                S,
                CastMode::Ansi,
            ))),
            other => Err(Error::unsupported(format!(
                "writing {} as CSV",
                sql_name(other)
            ))),
        }
    }

    fn write(&self, column: &ArrayRef) -> Result<StringArray> {
        match self {
            Self::Cast(job) => Ok(job.run(column)?.as_string::<i32>().clone()),
            Self::Formatted(pattern, zone, unit) => longs(column)?
                .iter()
                .map(|value| {
                    value
                        .map(|value| pattern.format(value * unit, *zone))
                        .transpose()
                })
                .collect(),
        }
    }
}

/// The types of one line's tokens; columns are `_c0`, `_c1`, ….
fn schema_of_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let text = call.implicit(0, &S)?;
    let dialect = Dialect::of(call, 1)?;
    call.foldable(0, "csv")?;
    let ScalarValue::Utf8(Some(line)) = evaluate(&text.expr)? else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_NULL",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "csv".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    };
    let zone = Zone::Region(call.context.time_zone);
    let fields: Fields = dialect
        .tokens(&line)
        .into_iter()
        .enumerate()
        .map(|(index, token)| {
            let data_type = token.map_or(S, |token| inferred(&token, zone, call.context.now_us));
            Field::new(format!("_c{index}"), data_type, true)
        })
        .collect();
    let schema = sql_name(&structure(
        fields.iter().map(|field| field.as_ref().clone()),
    ));
    let schema = ScalarValue::Utf8(Some(schema));
    let name = format!("schema_of_csv({})", text.name);
    Ok(Typed::literal(schema, S, name))
}

/// `CSVInferSchema.inferField`.
fn inferred(token: &str, zone: Zone, now: i64) -> DataType {
    if token.parse::<i32>().is_ok() {
        DataType::Int32
    } else if token.parse::<i64>().is_ok() {
        DataType::Int64
    } else if token.parse::<f64>().is_ok() {
        DataType::Float64
    } else if temporal::date(token).is_some() && token.len() == 10 {
        DataType::Date32
    } else if temporal::timestamp(token, zone, now).is_some() {
        crate::types::arrow::timestamp()
    } else if matches!(token.to_ascii_lowercase().as_str(), "true" | "false") {
        DataType::Boolean
    } else {
        S
    }
}
