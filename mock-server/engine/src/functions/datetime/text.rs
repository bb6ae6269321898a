//! Functions that read or write dates by a pattern.

use arrow::datatypes::DataType;

use super::clock;
use crate::error::{Error, QueryContext, Result};
use crate::functions::kernels::calendar::{self, SECOND};
use crate::functions::kernels::longs::{compute, number_of_text, text_of};
use crate::functions::kernels::pattern::{MONTHS, Patterns, WEEKDAYS};
use crate::functions::kernels::zone::Zone;
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

const DEFAULT: &str = "yyyy-MM-dd HH:mm:ss";

fn default_pattern() -> Typed {
    let value = datafusion::common::ScalarValue::Utf8(Some(DEFAULT.to_owned()));
    Typed::literal(value, DataType::Utf8, DEFAULT)
}

pub(super) fn date_format(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (value, pattern) = (
        call.implicit(0, &timestamp())?,
        call.implicit(1, &DataType::Utf8)?,
    );
    let nullable = value.nullable || pattern.nullable;
    let zone = clock(call, &value.data_type);
    let patterns = Patterns::new(false);
    Ok(text_of(
        "date_format",
        format!("{zone:?}"),
        nullable,
        vec![value, pattern],
        call.default_name(),
        move |micros, words| {
            let pattern = patterns.get(words.first().copied().unwrap_or_default())?;
            pattern.format(micros, zone)
        },
    ))
}

pub(super) fn from_unixtime(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let seconds = call.implicit(0, &DataType::Int64)?;
    let pattern = match call.args.len() {
        1 => default_pattern(),
        _ => call.implicit(1, &DataType::Utf8)?,
    };
    let zone = Zone::Region(call.context.time_zone);
    let first = call.arg(0)?.name.to_string();
    let name = format!("from_unixtime({first}, {})", pattern.name);
    let patterns = Patterns::new(false);
    Ok(text_of(
        "from_unixtime",
        format!("{zone:?}"),
        true,
        vec![seconds, pattern],
        name,
        move |seconds, words| {
            let pattern = patterns.get(words.first().copied().unwrap_or_default())?;
            pattern.format(seconds.saturating_mul(SECOND), zone)
        },
    ))
}

/// What a text that does not fit its pattern becomes.
fn unparsed(
    message: String,
    fails: bool,
    function: &str,
    origin: &Option<QueryContext>,
) -> Result<Option<i64>> {
    let _ = origin;
    if !fails {
        return Ok(None);
    }
    Err(Error::new(
        "CANNOT_PARSE_TIMESTAMP",
        [("func", format!("`{function}`")), ("message", message)],
    ))
}

/// Text read by a pattern as a timestamp of the given type, divided into `unit`s.
fn read(
    call: &Call<'_>,
    pattern: Typed,
    (to, unit): (DataType, i64),
    (fails, function): (bool, &'static str),
    name: impl Into<std::sync::Arc<str>>,
) -> Result<Typed> {
    let value = call.implicit(0, &DataType::Utf8)?;
    let nullable = !fails || value.nullable || pattern.nullable;
    let zone = match to {
        TIMESTAMP_NTZ => Zone::Fixed(0),
        _ => Zone::Region(call.context.time_zone),
    };
    let to_date = to == DataType::Date32;
    let origin = call.origin.clone();
    let patterns = Patterns::new(true);
    Ok(number_of_text(
        "read_by_pattern",
        format!("{zone:?} {unit} {to_date} {fails} {function} {origin:?}"),
        (to, nullable),
        vec![value, pattern],
        name,
        move |words| {
            let [text, pattern] = words else {
                return Err(Error::internal("a pattern is read with its text"));
            };
            let pattern = patterns.get(pattern)?;
            match pattern.read(text, zone) {
                Ok(micros) if to_date => Ok(Some(zone.local(micros).div_euclid(calendar::DAY))),
                Ok(micros) => Ok(Some(micros.div_euclid(unit))),
                Err(message) => unparsed(message, fails, function, &origin),
            }
        },
    ))
}

/// A plain cast under the function's name: what these functions are without a pattern.
fn cast_only(call: &Call<'_>, to: &DataType, tries: bool) -> Result<Typed> {
    let mode = if tries {
        CastMode::Try
    } else {
        CastMode::implicit(call.context)
    };
    let name = call.default_name();
    let value = call.arg(0)?.clone();
    let found = cast(call.context, value, to, mode, call.origin.clone())?;
    Ok(Typed {
        id: None,
        alias: None,
        ..found
    }
    .named(name))
}

pub(super) fn to_date(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=2)?;
    let of_text = matches!(call.arg(0)?.data_type, DataType::Utf8 | DataType::Null);
    if call.args.len() == 1 || !of_text {
        return cast_only(call, &DataType::Date32, tries);
    }
    let pattern = call.implicit(1, &DataType::Utf8)?;
    let fails = call.context.ansi && !tries;
    read(
        call,
        pattern,
        (DataType::Date32, 1),
        (fails, "try_to_date"),
        call.default_name(),
    )
}

pub(super) fn to_timestamp(call: &Call<'_>, to: DataType, tries: bool) -> Result<Typed> {
    call.arity(1..=2)?;
    let of_text = matches!(call.arg(0)?.data_type, DataType::Utf8 | DataType::Null);
    if call.args.len() == 1 || !of_text {
        return cast_only(call, &to, tries);
    }
    let pattern = call.implicit(1, &DataType::Utf8)?;
    let fails = call.context.ansi && !tries;
    read(
        call,
        pattern,
        (to, 1),
        (fails, "try_to_timestamp"),
        call.default_name(),
    )
}

/// `unix_timestamp([value[, pattern]])`: whole seconds.
pub(super) fn unix_timestamp(call: &Call<'_>) -> Result<Typed> {
    let least = usize::from(call.name == "to_unix_timestamp");
    call.arity(least..=2)?;
    if call.args.is_empty() {
        let seconds = call.context.now_us.div_euclid(SECOND);
        let value = datafusion::common::ScalarValue::Int64(Some(seconds));
        let name = format!("unix_timestamp(current_timestamp(), {DEFAULT})");
        return Ok(Typed::literal(value, DataType::Int64, name));
    }
    let pattern = match call.args.len() {
        1 => default_pattern(),
        _ => call.implicit(1, &DataType::Utf8)?,
    };
    let first = call.arg(0)?.name.to_string();
    let name = format!("{}({first}, {})", call.name, pattern.name);
    let fails = call.context.ansi;
    match &call.arg(0)?.data_type {
        DataType::Date32 | DataType::Timestamp(..) => {
            let value = call.implicit(0, &timestamp())?;
            let nullable = !fails || value.nullable || pattern.nullable;
            Ok(compute(
                "unix_timestamp",
                "",
                (DataType::Int64, nullable),
                vec![value],
                name,
                // Unlike a cast this cuts towards zero.
                |v| Ok(Some(v[0] / SECOND)),
            ))
        }
        DataType::Utf8 | DataType::Null => read(
            call,
            pattern,
            (DataType::Int64, SECOND),
            (fails, "try_to_timestamp"),
            name,
        ),
        _ => Err(call.unexpected_type(
            0,
            "(\"STRING\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP_NTZ\")",
        )),
    }
}

pub(super) fn monthname(call: &Call<'_>) -> Result<Typed> {
    short_name(call, "monthname", |date| {
        let (_, month, _) = calendar::civil(date);
        MONTHS.get(usize::try_from(month).unwrap_or(1) - 1)
    })
}

pub(super) fn dayname(call: &Call<'_>) -> Result<Typed> {
    short_name(call, "dayname", |date| {
        WEEKDAYS.get(usize::try_from(calendar::weekday(date)).unwrap_or(0))
    })
}

fn short_name(
    call: &Call<'_>,
    kernel: &'static str,
    name: impl Fn(i64) -> Option<&'static &'static str> + Send + Sync + 'static,
) -> Result<Typed> {
    call.arity(1..=1)?;
    let date = call.implicit(0, &DataType::Date32)?;
    let nullable = date.nullable;
    Ok(text_of(
        kernel,
        "",
        nullable,
        vec![date],
        call.default_name(),
        move |date, _| {
            Ok(name(date)
                .and_then(|name| name.get(..3))
                .unwrap_or_default()
                .to_owned())
        },
    ))
}
