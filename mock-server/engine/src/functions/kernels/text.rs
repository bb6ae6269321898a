//! How Spark writes values as text: Java's floating-point form, dates, times, intervals, and the
//! form a constant has in a column name.

use arrow::datatypes::i256;
use chrono_tz::Tz;
use datafusion::common::ScalarValue;

use super::calendar::{self, DAY, SECOND};
use super::decimal;
use super::zone::Zone;

/// `Double.toString`: the shortest digits that read back the same, in scientific form outside of
/// 1e-3 … 1e7.
pub(crate) fn double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        };
    }
    // Of a single digit Java writes the nearest two where they read back the same (`4.9E-324`).
    let two = format!("{value:.1e}");
    let text = match two.parse::<f64>() {
        Ok(same) if value == same => two,
        _ => format!("{value:e}"),
    };
    java_form(&text, value == 0.0, value.is_sign_negative(), value.abs())
}

/// `Float.toString`.
pub(crate) fn float(value: f32) -> String {
    if value.is_nan() || value.is_infinite() {
        return double(f64::from(value));
    }
    let two = format!("{value:.1e}");
    let text = match two.parse::<f32>() {
        Ok(same) if value == same => two,
        _ => format!("{value:e}"),
    };
    let magnitude = f64::from(value).abs();
    java_form(&text, value == 0.0, value.is_sign_negative(), magnitude)
}

fn java_form(scientific: &str, zero: bool, negative: bool, magnitude: f64) -> String {
    if zero {
        return if negative {
            "-0.0".into()
        } else {
            "0.0".into()
        };
    }
    let unsigned = scientific.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let sign = if negative { "-" } else { "" };
    if !(1e-3..1e7).contains(&magnitude) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent}");
    }
    if exponent >= 0 {
        let point = usize::try_from(exponent).unwrap_or(0) + 1;
        let padded = format!("{digits:0<point$}");
        let (whole, fraction) = padded.split_at(point);
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        return format!("{sign}{whole}.{fraction}");
    }
    let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
    format!("{sign}0.{}{digits}", "0".repeat(zeros))
}

/// A date as `yyyy-MM-dd`; years beyond four digits carry a sign, as in Java.
pub(crate) fn date(days: i32) -> String {
    ymd(i64::from(days))
}

fn ymd(days: i64) -> String {
    let (year, month, day) = calendar::civil(days);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        10_000.. => format!("+{year}"),
        _ => format!("-{:04}", -year),
    };
    format!("{year}-{month:02}-{day:02}")
}

/// A time without zone: fractions without trailing zeros.
pub(crate) fn timestamp_ntz(micros: i64) -> String {
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (seconds, fraction) = (of_day / SECOND, of_day % SECOND);
    format!(
        "{} {:02}:{:02}:{:02}{}",
        ymd(days),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        fraction_text(fraction.unsigned_abs())
    )
}

/// A moment in the session's zone.
pub(crate) fn timestamp(micros: i64, zone: Tz) -> String {
    timestamp_ntz(Zone::Region(zone).local(micros))
}

/// Microseconds as `.5`, or nothing.
fn fraction_text(micros: u64) -> String {
    if micros == 0 {
        String::new()
    } else {
        format!(".{}", format!("{micros:06}").trim_end_matches('0'))
    }
}

/// A decimal without exponent.
pub(crate) fn decimal_plain(value: i128, scale: i8) -> String {
    decimal::plain(i256::from_i128(value), i32::from(scale))
}

/// `BigDecimal.toString`: scientific where the first digit is far behind the point.
pub(crate) fn decimal_java(value: i128, scale: i8) -> String {
    let digits = value.unsigned_abs().to_string();
    let exponent = i64::try_from(digits.len()).unwrap_or(0) - 1 - i64::from(scale);
    if exponent >= -6 {
        return decimal_plain(value, scale);
    }
    let sign = if value < 0 { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{exponent}")
}

/// A calendar interval as `1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds`.
pub(crate) fn calendar_interval(months: i32, days: i32, micros: i64) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut part = |count: i64, unit: &str| {
        if count != 0 {
            parts.push(format!("{count} {unit}"));
        }
    };
    part(i64::from(months / 12), "years");
    part(i64::from(months % 12), "months");
    part(i64::from(days), "days");
    part(micros / (3600 * SECOND), "hours");
    part(micros / (60 * SECOND) % 60, "minutes");
    let rest = micros % (60 * SECOND);
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        let rest = rest.unsigned_abs();
        let fraction = fraction_text(rest % SECOND.unsigned_abs());
        parts.push(format!(
            "{sign}{}{fraction} seconds",
            rest / SECOND.unsigned_abs()
        ));
    }
    if parts.is_empty() {
        "0 seconds".to_owned()
    } else {
        parts.join(" ")
    }
}

/// `INTERVAL '1 02:03:04.5' DAY TO SECOND`.
pub(crate) fn day_time_interval(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs();
    let (days, rest) = (total / 86_400_000_000, total % 86_400_000_000);
    let (hours, rest) = (rest / 3_600_000_000, rest % 3_600_000_000);
    let (minutes, rest) = (rest / 60_000_000, rest % 60_000_000);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let fraction = fraction_text(fraction);
    format!("INTERVAL '{sign}{days} {hours:02}:{minutes:02}:{seconds:02}{fraction}' DAY TO SECOND")
}

/// `INTERVAL '1-2' YEAR TO MONTH`.
pub(crate) fn year_month_interval(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let total = months.unsigned_abs();
    format!(
        "INTERVAL '{sign}{}-{}' YEAR TO MONTH",
        total / 12,
        total % 12
    )
}

/// A day-time interval cut to the fields from `start` to `end` (day 0 … second 3).
pub(crate) fn day_time_fields(micros: i64, (start, end): (i32, i32)) -> String {
    const NAMES: [&str; 4] = ["DAY", "HOUR", "MINUTE", "SECOND"];
    let sign = if micros < 0 { "-" } else { "" };
    let total = micros.unsigned_abs();
    let sizes: [u64; 4] = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000];
    let wraps: [u64; 4] = [u64::MAX, 24, 60, 60];
    let mut body = String::new();
    for (index, (size, wrap)) in sizes.iter().zip(wraps).enumerate() {
        let field = i32::try_from(index).unwrap_or(0);
        if field < start || field > end {
            continue;
        }
        let whole = total / size;
        let value = if field == start { whole } else { whole % wrap };
        match (field == start, field) {
            (false, 1) => body.push(' '),
            (false, _) => body.push(':'),
            (true, _) => {}
        }
        if field == 0 {
            body.push_str(&value.to_string());
        } else {
            body.push_str(&format!("{value:02}"));
        }
        if field == 3 {
            body.push_str(&fraction_text(total % 1_000_000));
        }
    }
    let name = |field: i32| {
        usize::try_from(field)
            .ok()
            .and_then(|index| NAMES.get(index))
            .copied()
            .unwrap_or("SECOND")
    };
    if start == end {
        format!("INTERVAL '{sign}{body}' {}", name(start))
    } else {
        format!("INTERVAL '{sign}{body}' {} TO {}", name(start), name(end))
    }
}

/// A year-month interval as the fields from `start` to `end` (year 0, month 1).
pub(crate) fn year_month_fields(months: i32, fields: (i32, i32)) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let total = months.unsigned_abs();
    match fields {
        (0, 0) => format!("INTERVAL '{sign}{}' YEAR", total / 12),
        (1, 1) => format!("INTERVAL '{sign}{total}' MONTH"),
        _ => year_month_interval(months),
    }
}

/// How a constant is written in the name of a column.
pub(crate) fn literal_name(value: &ScalarValue, zone: Tz) -> String {
    match value {
        other if other.is_null() => "NULL".into(),
        ScalarValue::Utf8(Some(text)) => text.clone(),
        ScalarValue::Float32(Some(number)) => float(*number),
        ScalarValue::Float64(Some(number)) => double(*number),
        ScalarValue::Decimal128(Some(number), _, scale) => decimal_java(*number, *scale),
        ScalarValue::Date32(Some(days)) => format!("DATE '{}'", date(*days)),
        ScalarValue::TimestampMicrosecond(Some(micros), Some(_)) => {
            format!("TIMESTAMP '{}'", timestamp(*micros, zone))
        }
        ScalarValue::TimestampMicrosecond(Some(micros), None) => {
            format!("TIMESTAMP_NTZ '{}'", timestamp_ntz(*micros))
        }
        ScalarValue::Binary(Some(bytes)) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{hex}'")
        }
        ScalarValue::DurationMicrosecond(Some(micros)) => day_time_interval(*micros),
        ScalarValue::IntervalYearMonth(Some(months)) => year_month_interval(*months),
        ScalarValue::IntervalMonthDayNano(Some(value)) => {
            let text = calendar_interval(value.months, value.days, value.nanoseconds / 1000);
            format!("INTERVAL '{text}'")
        }
        other => other.to_string(),
    }
}
