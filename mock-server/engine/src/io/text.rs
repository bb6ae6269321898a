//! Values in text files: the ladder of types that Spark's CSV reader climbs, and how texts become
//! values.
//!
//! After Spark's `CSVInferSchema`, `UnivocityParser` and `JacksonParser`. Knows no files.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::error::{Error, Result};
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

/// What a file's options say about texts.
#[derive(Debug, Clone)]
pub(crate) struct TextRules {
    pub(crate) time_zone: Tz,
    /// `dateFormat`, translated.
    pub(crate) date_format: Option<String>,
    /// `timestampFormat`, translated.
    pub(crate) timestamp_format: Option<String>,
    pub(crate) nan_value: String,
    pub(crate) positive_inf: String,
    pub(crate) negative_inf: String,
}

impl TextRules {
    /// The rules of options.
    pub(crate) fn new(options: &super::options::Options, time_zone: Tz) -> Result<Self> {
        let pattern = |name: &str| {
            options
                .get(name)
                .map(|text| strftime(name, text))
                .transpose()
        };
        Ok(Self {
            time_zone,
            date_format: pattern("dateformat")?,
            timestamp_format: pattern("timestampformat")?,
            nan_value: options.get("nanvalue").unwrap_or("NaN").to_owned(),
            positive_inf: options.get("positiveinf").unwrap_or("Inf").to_owned(),
            negative_inf: options.get("negativeinf").unwrap_or("-Inf").to_owned(),
        })
    }
}

/// Spark's date pattern in chrono's notation; what has no equal there is refused.
fn strftime(option: &str, pattern: &str) -> Result<String> {
    let refused = || Error::unsupported(format!("the pattern {pattern} in the option {option}"));
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == '\'' {
            let end = chars[at + 1..]
                .iter()
                .position(|c| *c == '\'')
                .ok_or_else(refused)?;
            let literal: String = chars[at + 1..at + 1 + end].iter().collect();
            out.push_str(&literal.replace('%', "%%"));
            at += end + 2;
            continue;
        }
        let n = chars[at..].iter().take_while(|next| **next == c).count();
        let code = match (c, n) {
            ('y' | 'u', 4) => "%Y",
            ('y' | 'u', 2) => "%y",
            ('M', 2) => "%m",
            ('M', 1) => "%-m",
            ('M', 3) => "%b",
            ('M', 4) => "%B",
            ('d', 2) => "%d",
            ('d', 1) => "%-d",
            ('H', 2) => "%H",
            ('H', 1) => "%-H",
            ('h', 2) => "%I",
            ('h', 1) => "%-I",
            ('m', 2) => "%M",
            ('s', 2) => "%S",
            ('S', 3) => "%3f",
            ('S', 6) => "%6f",
            ('a', 1) => "%p",
            ('E', 1..=3) => "%a",
            ('X' | 'x', 3) => "%:z",
            (c, _) if c.is_ascii_alphabetic() => return Err(refused()),
            ('%', _) => "%%",
            (c, n) => {
                out.extend(std::iter::repeat_n(c, n));
                at += n;
                continue;
            }
        };
        out.push_str(code);
        at += n;
    }
    Ok(out)
}

/// Days since 1970 of `2020-01-31`, strictly.
pub(crate) fn date(text: &str) -> Option<i32> {
    let shape = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| shape)?;
    days(day)
}

fn days(day: NaiveDate) -> Option<i32> {
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// The civil time of a text and its zone, in the forms that Spark's cast to timestamp takes:
/// `y`, `y-m`, `y-m-d`, then optionally `[ T]h[:m[:s[.f]]][zone]`.
fn civil(text: &str) -> Option<(NaiveDateTime, Option<&str>)> {
    let text = text.trim();
    let (day_text, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = day_text.split('-');
    let number = |part: Option<&str>, lengths: std::ops::RangeInclusive<usize>| -> Option<u32> {
        let part = part?;
        (lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let year = number(parts.next(), 4..=6)?;
    let month = match parts.next() {
        Some(part) => number(Some(part), 1..=2)?,
        None if rest.is_some() => return None,
        None => 1,
    };
    let day = match parts.next() {
        Some(part) => number(Some(part), 1..=2)?,
        None if rest.is_some() => return None,
        None => 1,
    };
    if parts.next().is_some() {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return Some((day.and_time(NaiveTime::MIN), None));
    };
    let clock_end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let mut parts = clock.split(':');
    let hour = number(parts.next(), 1..=2)?;
    let minute = match parts.next() {
        Some(part) => number(Some(part), 1..=2)?,
        None => 0,
    };
    let (second, micros) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            if !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let padded: String = fraction.chars().chain("000000".chars()).take(6).collect();
            (number(Some(whole), 1..=2)?, padded.parse().ok()?)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    let zone = zone.trim();
    Some((day.and_time(time), (!zone.is_empty()).then_some(zone)))
}

/// Microseconds since 1970 of a text; without a zone it is in `zone`.
pub(crate) fn timestamp_us(text: &str, zone: Tz) -> Option<i64> {
    let (civil, written) = civil(text)?;
    match written {
        None => local_us(civil, zone),
        Some("Z" | "z" | "UTC" | "GMT") => Some(civil.and_utc().timestamp_micros()),
        Some(offset) if offset.starts_with(['+', '-']) => {
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = offset[1..].split_once(':').unwrap_or((&offset[1..], "0"));
            let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            Some(civil.and_utc().timestamp_micros() - sign * seconds * 1_000_000)
        }
        Some(name) => local_us(civil, name.parse().ok()?),
    }
}

fn local_us(civil: NaiveDateTime, zone: Tz) -> Option<i64> {
    if zone == Tz::UTC {
        return Some(civil.and_utc().timestamp_micros());
    }
    // In a gap Spark moves the clock forward by the gap's length.
    match zone.from_local_datetime(&civil) {
        chrono::LocalResult::Single(at) | chrono::LocalResult::Ambiguous(at, _) => {
            Some(at.timestamp_micros())
        }
        chrono::LocalResult::None => zone
            .from_local_datetime(&(civil + chrono::Duration::hours(1)))
            .earliest()
            .map(|at| at.timestamp_micros()),
    }
}

/// The type of a column so far; `None` while only nulls were seen.
pub(crate) type Inferred = Option<DataType>;

impl TextRules {
    /// The type of a column after one more value, as `CSVInferSchema.inferField`.
    pub(crate) fn infer(&self, so_far: Inferred, text: &str) -> Inferred {
        let seen = match &so_far {
            None | Some(DataType::Int32) => self.rung(0, text),
            Some(DataType::Int64) => self.rung(1, text),
            Some(DataType::Decimal128(_, _)) => self.rung(2, text),
            Some(DataType::Float64) => self.rung(3, text),
            Some(DataType::Date32) => self.rung(4, text),
            Some(DataType::Timestamp(_, _)) => self.rung(5, text),
            Some(DataType::Boolean) => self.rung(6, text),
            Some(_) => DataType::Utf8,
        };
        Some(match so_far {
            None => seen,
            Some(before) => wider(before, seen),
        })
    }

    fn rung(&self, first: usize, text: &str) -> DataType {
        let fits = |rung: usize| match rung {
            0 => text.parse::<i32>().ok().map(|_| DataType::Int32),
            1 => text.parse::<i64>().ok().map(|_| DataType::Int64),
            2 => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                let precision = digits.trim_start_matches('0').len().max(1);
                (!digits.is_empty()
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && precision <= 38)
                    .then(|| DataType::Decimal128(u8::try_from(precision).unwrap_or(38), 0))
            }
            3 => self.double(text).map(|_| DataType::Float64),
            4 => self.date(text).map(|_| DataType::Date32),
            5 => self.timestamp(text).map(|_| timestamp()),
            _ => boolean(text).map(|_| DataType::Boolean),
        };
        (first..=6).find_map(fits).unwrap_or(DataType::Utf8)
    }

    fn double(&self, text: &str) -> Option<f64> {
        if text == self.nan_value {
            return Some(f64::NAN);
        }
        if text == self.positive_inf {
            return Some(f64::INFINITY);
        }
        if text == self.negative_inf {
            return Some(f64::NEG_INFINITY);
        }
        java_double(text)
    }

    fn date(&self, text: &str) -> Option<i32> {
        match &self.date_format {
            None => date(text),
            Some(format) => days(NaiveDate::parse_from_str(text, format).ok()?),
        }
    }

    fn timestamp(&self, text: &str) -> Option<i64> {
        match &self.timestamp_format {
            None => timestamp_us(text, self.time_zone),
            Some(format) if format.contains("%:z") => {
                chrono::DateTime::parse_from_str(&text.replace('Z', "+00:00"), format)
                    .ok()
                    .map(|at| at.timestamp_micros())
            }
            Some(format) => {
                let civil = NaiveDateTime::parse_from_str(text, format)
                    .ok()
                    .or_else(|| {
                        let day = NaiveDate::parse_from_str(text, format).ok()?;
                        Some(day.and_time(NaiveTime::MIN))
                    })?;
                local_us(civil, self.time_zone)
            }
        }
    }

    /// Texts as a column; what does not fit is null and reported by its row.
    pub(crate) fn column<'t>(
        &self,
        texts: impl ExactSizeIterator<Item = Option<&'t str>>,
        data_type: &DataType,
        mut bad: impl FnMut(usize),
    ) -> Result<ArrayRef> {
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
        let n = texts.len();
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
            #[expect(clippy::cast_possible_truncation, reason = "Spark parses floats so")]
            DataType::Float32 => {
                build!(Float32Builder::with_capacity(n), |t: &str| self
                    .double(t)
                    .map(|d| d as f32))
            }
            DataType::Float64 => {
                build!(Float64Builder::with_capacity(n), |t: &str| self.double(t))
            }
            DataType::Date32 => build!(Date32Builder::with_capacity(n), |t: &str| self
                .date(t)
                .or_else(|| self
                    .date_format
                    .is_none()
                    .then(|| civil(t))
                    .flatten()
                    .and_then(|(at, _)| days(at.date())))),
            DataType::Timestamp(_, Some(_)) => build!(
                TimestampMicrosecondBuilder::with_capacity(n).with_timezone("UTC"),
                |t: &str| self.timestamp(t)
            ),
            DataType::Timestamp(_, None) => build!(
                TimestampMicrosecondBuilder::with_capacity(n).with_data_type(TIMESTAMP_NTZ),
                |t: &str| civil(t).map(|(at, _)| at.and_utc().timestamp_micros())
            ),
            DataType::Decimal128(precision, scale) => build!(
                Decimal128Builder::with_capacity(n).with_precision_and_scale(*precision, *scale)?,
                |t: &str| decimal(t, *precision, *scale)
            ),
            other => Err(Error::unsupported(format!(
                "reading {} from text",
                crate::types::simple_string(other)
            ))),
        }
    }
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

/// Java's `Double.parseDouble`: blanks around and a type suffix are allowed.
pub(crate) fn java_double(text: &str) -> Option<f64> {
    let trimmed = text.trim();
    let body = trimmed
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(trimmed);
    match body {
        "NaN" | "+NaN" | "-NaN" => return Some(f64::NAN),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let numeric = body.bytes().any(|b| b.is_ascii_digit())
        && body
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    numeric.then(|| body.parse().ok()).flatten()
}

/// A decimal text in a precision and scale, rounded half up; none if it does not fit.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    for b in whole.bytes().chain(fraction.bytes()) {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(b - b'0'))?;
    }
    let shift = i32::from(scale) + exponent - i32::try_from(fraction.len()).ok()?;
    for _ in 0..shift.max(0) {
        value = value.checked_mul(10)?;
    }
    if shift < 0 {
        let power = 10i128
            .checked_pow(u32::try_from(-shift).ok()?)
            .unwrap_or(i128::MAX);
        let half_up = (value % power) * 2 >= power;
        value = value / power + i128::from(half_up);
    }
    (value < 10i128.checked_pow(u32::from(precision))?).then_some(if negative {
        -value
    } else {
        value
    })
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
        _ => DataType::Utf8,
    }
}
