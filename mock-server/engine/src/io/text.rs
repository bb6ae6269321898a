//! Values in text files: the ladder of types that Spark's CSV reader climbs, and how texts become
//! values.
//!
//! After Spark's `CSVInferSchema`, `UnivocityParser` and `JacksonParser`. Knows no files.

use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    Float32Builder, Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder,
    StringArray, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::DataType;

use super::options::Options;
use crate::error::{Error, Result};
use crate::functions::CastMode;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::string::big_decimal;
use crate::functions::kernels::cast::{Cast, temporal};
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::zone::Zone;
use crate::plan::context::Context;
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

/// What a file's options say about texts.
#[derive(Debug, Clone)]
pub(crate) struct TextRules {
    date: Format,
    timestamp: Format,
    timestamp_ntz: Format,
    nan_value: String,
    positive_inf: String,
    negative_inf: String,
    prefers_date: bool,
    /// `spark.sql.timestampType`: whether a moment without a zone is inferred to have none.
    infers_ntz: bool,
    zone: Zone,
    /// What texts are cast by where Spark casts them.
    cast: Cast,
}

/// How a moment is written.
#[derive(Debug, Clone)]
enum Format {
    /// As a cast takes it.
    Cast,
    /// After a pattern, and if `lenient` also as a cast takes it.
    Pattern { pattern: Pattern, lenient: bool },
    /// After a pattern that is none: Spark finds no value that fits it.
    Broken,
}

impl Format {
    fn new(options: &Options, name: &str, lenient: bool) -> Self {
        match options.get(name).map(|text| Pattern::parse(text, true)) {
            None => Self::Cast,
            Some(Ok(pattern)) => Self::Pattern { pattern, lenient },
            Some(Err(_)) => Self::Broken,
        }
    }

    /// Microseconds of a text under the pattern or, where that is enough, under `cast`.
    fn read(&self, text: &str, zone: Zone, cast: impl FnOnce() -> Option<i64>) -> Option<i64> {
        match self {
            Self::Cast => cast(),
            Self::Broken => None,
            Self::Pattern { pattern, lenient } => pattern
                .read(text, zone)
                .ok()
                .or_else(|| if *lenient { cast() } else { None }),
        }
    }
}

/// The type of a column so far; `None` while only nulls were seen.
pub(crate) type Inferred = Option<DataType>;

impl TextRules {
    /// The rules of options in a session.
    pub(crate) fn new(options: &Options, context: &Context) -> Result<Self> {
        let lenient = options.flag("enableDateTimeParsingFallback", false)?;
        let text = |name: &str, default: &str| options.get(name).unwrap_or(default).to_owned();
        let ntz = context.session.conf().option("spark.sql.timestampType");
        Ok(Self {
            date: Format::new(options, "dateformat", lenient),
            timestamp: Format::new(options, "timestampformat", lenient),
            timestamp_ntz: Format::new(options, "timestampntzformat", false),
            nan_value: text("nanvalue", "NaN"),
            positive_inf: text("positiveinf", "Inf"),
            negative_inf: text("negativeinf", "-Inf"),
            prefers_date: options.flag("preferDate", true)?,
            infers_ntz: ntz.is_some_and(|ntz| ntz.eq_ignore_ascii_case("TIMESTAMP_NTZ")),
            zone: options.zone(context)?,
            cast: Cast {
                from: DataType::Utf8,
                to: DataType::Utf8,
                mode: CastMode::Try,
                time_zone: context.time_zone,
                now_us: context.now_us,
                origin: None,
                fields: None,
            },
        })
    }

    /// What sets these rules apart from others, but for the moment of the query.
    pub(crate) fn identity(&self) -> String {
        let rules = Self {
            cast: Cast {
                now_us: 0,
                ..self.cast.clone()
            },
            ..self.clone()
        };
        format!("{rules:?}")
    }

    /// The type of a column after one more value, as `CSVInferSchema.inferField`.
    pub(crate) fn infer(&self, so_far: Inferred, text: &str) -> Inferred {
        let first = match &so_far {
            None | Some(DataType::Int32) => Rung::Int,
            Some(DataType::Int64) => Rung::Long,
            Some(DataType::Decimal128(_, _)) => Rung::Decimal,
            Some(DataType::Float64) => Rung::Double,
            Some(DataType::Date32) => Rung::Date,
            Some(DataType::Timestamp(_, None)) => Rung::TimestampNtz,
            Some(DataType::Timestamp(_, Some(_))) => Rung::Timestamp,
            Some(DataType::Boolean) => Rung::Boolean,
            Some(_) => return so_far,
        };
        let seen = LADDER
            .iter()
            .skip_while(|rung| **rung != first)
            .find_map(|rung| self.fits(*rung, text))
            .unwrap_or(DataType::Utf8);
        Some(match so_far {
            None => seen,
            Some(before) => wider(before, seen),
        })
    }

    fn fits(&self, rung: Rung, text: &str) -> Option<DataType> {
        match rung {
            Rung::Int => text.parse::<i32>().ok().map(|_| DataType::Int32),
            Rung::Long => text.parse::<i64>().ok().map(|_| DataType::Int64),
            Rung::Decimal => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let precision = digits.trim_start_matches('0').len().max(1);
                let precision = u8::try_from(precision).ok().filter(|p| *p <= 38)?;
                whole.then_some(DataType::Decimal128(precision, 0))
            }
            Rung::Double => self.float::<f64>(text).map(|_| DataType::Float64),
            Rung::Date if !self.prefers_date => None,
            Rung::Date => {
                let strict = || strict_date(text).map(i64::from);
                let day = self.date.read(text, Zone::Fixed(0), strict);
                day.map(|_| DataType::Date32)
            }
            Rung::TimestampNtz if !self.infers_ntz => None,
            Rung::TimestampNtz => self.timestamp_ntz(text).map(|_| TIMESTAMP_NTZ),
            Rung::Timestamp => self.timestamp(text).map(|_| timestamp()),
            Rung::Boolean => boolean(text).map(|_| DataType::Boolean),
        }
    }

    /// A number of Java's, or one of the names that the options give to those that are none.
    fn float<F: FromStr + From<f32>>(&self, text: &str) -> Option<F> {
        if text == self.nan_value {
            return Some(F::from(f32::NAN));
        }
        if text == self.positive_inf {
            return Some(F::from(f32::INFINITY));
        }
        if text == self.negative_inf {
            return Some(F::from(f32::NEG_INFINITY));
        }
        java_float(text)
    }

    fn date(&self, text: &str) -> Option<i32> {
        let cast = || temporal::date(text).map(|days| i64::from(days) * DAY);
        let micros = self.date.read(text, Zone::Fixed(0), cast)?;
        i32::try_from(micros.div_euclid(DAY)).ok()
    }

    fn timestamp(&self, text: &str) -> Option<i64> {
        let cast = || temporal::timestamp(text, self.zone, self.cast.now_us);
        self.timestamp.read(text, self.zone, cast)
    }

    fn timestamp_ntz(&self, text: &str) -> Option<i64> {
        let cast = || temporal::timestamp_without_zone(text);
        self.timestamp_ntz.read(text, Zone::Fixed(0), cast)
    }

    /// Texts as a column; what does not fit is null and reported by its row.
    pub(crate) fn column<'t, T: Deref<Target = str> + 't>(
        &self,
        texts: impl ExactSizeIterator<Item = Option<&'t T>>,
        data_type: &DataType,
        mut bad: impl FnMut(usize),
    ) -> Result<ArrayRef> {
        let n = texts.len();
        let texts = texts.map(|text| text.map(Deref::deref));
        macro_rules! build {
            ($builder:expr, $parse:expr) => {{
                let mut builder = $builder;
                for (row, text) in texts.enumerate() {
                    let value = text.and_then($parse);
                    if text.is_some() && value.is_none() {
                        bad(row);
                    }
                    builder.append_option(value);
                }
                Ok(Arc::new(builder.finish()) as ArrayRef)
            }};
        }
        match data_type {
            DataType::Utf8 => {
                let mut builder = StringBuilder::with_capacity(n, n * 8);
                for text in texts {
                    builder.append_option(text);
                }
                Ok(Arc::new(builder.finish()))
            }
            DataType::Binary => build!(BinaryBuilder::new(), |t: &'t str| Some(t.as_bytes())),
            DataType::Boolean => build!(BooleanBuilder::with_capacity(n), boolean),
            DataType::Int8 => build!(Int8Builder::with_capacity(n), |t: &str| t.parse().ok()),
            DataType::Int16 => build!(Int16Builder::with_capacity(n), |t: &str| t.parse().ok()),
            DataType::Int32 => build!(Int32Builder::with_capacity(n), |t: &str| t.parse().ok()),
            DataType::Int64 => build!(Int64Builder::with_capacity(n), |t: &str| t.parse().ok()),
            DataType::Float32 => build!(Float32Builder::with_capacity(n), |t: &str| self.float(t)),
            DataType::Float64 => build!(Float64Builder::with_capacity(n), |t: &str| self.float(t)),
            DataType::Date32 => build!(Date32Builder::with_capacity(n), |t: &str| self.date(t)),
            DataType::Timestamp(_, Some(_)) => build!(
                TimestampMicrosecondBuilder::with_capacity(n).with_timezone("UTC"),
                |t: &str| self.timestamp(t)
            ),
            DataType::Timestamp(_, None) => build!(
                TimestampMicrosecondBuilder::with_capacity(n).with_data_type(TIMESTAMP_NTZ),
                |t: &str| self.timestamp_ntz(t)
            ),
            DataType::Decimal128(precision, scale) => build!(
                Decimal128Builder::with_capacity(n).with_precision_and_scale(*precision, *scale)?,
                |t: &str| big_decimal(t)?.unscaled((*precision, *scale))
            ),
            DataType::Duration(_) | DataType::Interval(_) => {
                let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
                let job = Cast {
                    to: data_type.clone(),
                    ..self.cast.clone()
                };
                let found = job.run(&texts)?;
                (0..n)
                    .filter(|row| texts.is_valid(*row) && found.is_null(*row))
                    .for_each(bad);
                Ok(found)
            }
            other => Err(Error::unsupported(format!(
                "reading {} from text",
                crate::types::simple_string(other)
            ))),
        }
    }
}

/// The types that a value is tried as, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rung {
    Int,
    Long,
    Decimal,
    Double,
    Date,
    TimestampNtz,
    Timestamp,
    Boolean,
}

const LADDER: [Rung; 8] = [
    Rung::Int,
    Rung::Long,
    Rung::Decimal,
    Rung::Double,
    Rung::Date,
    Rung::TimestampNtz,
    Rung::Timestamp,
    Rung::Boolean,
];

/// Days since 1970 of `2020-01-31` and nothing else.
pub(crate) fn strict_date(text: &str) -> Option<i32> {
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    shape.then(|| temporal::date(text)).flatten()
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Java's `parseDouble` and `parseFloat`: blanks around and a type suffix are allowed.
fn java_float<F: FromStr + From<f32>>(text: &str) -> Option<F> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let body = trimmed
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(trimmed);
    match trimmed {
        "NaN" | "+NaN" | "-NaN" => return Some(F::from(f32::NAN)),
        "Infinity" | "+Infinity" => return Some(F::from(f32::INFINITY)),
        "-Infinity" => return Some(F::from(f32::NEG_INFINITY)),
        _ => {}
    }
    let numeric = body
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    numeric.then(|| body.parse().ok()).flatten()
}

/// Spark's `CSVInferSchema.compatibleType`.
fn wider(before: DataType, seen: DataType) -> DataType {
    use DataType::{Date32, Decimal128, Float64, Int32, Int64, Timestamp};
    match (before, seen) {
        (a, b) if a == b => a,
        (Int32, Int64) | (Int64, Int32) => Int64,
        (Int32 | Int64 | Decimal128(_, _), Float64)
        | (Float64, Int32 | Int64 | Decimal128(_, _)) => Float64,
        (Decimal128(a, _), Decimal128(b, _)) => Decimal128(a.max(b), 0),
        (Int32, Decimal128(p, _)) | (Decimal128(p, _), Int32) => Decimal128(p.max(10), 0),
        (Int64, Decimal128(p, _)) | (Decimal128(p, _), Int64) => Decimal128(p.max(20), 0),
        (Date32, Timestamp(u, z)) | (Timestamp(u, z), Date32) => Timestamp(u, z),
        (Timestamp(..), Timestamp(..)) => timestamp(),
        _ => DataType::Utf8,
    }
}
