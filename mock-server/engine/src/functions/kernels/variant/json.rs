//! Variants as JSON text, as Spark's `Variant.toJson` writes it.

use super::{Kind, Variant};
use crate::error::Result;
use crate::functions::kernels::json::quote;
use crate::functions::kernels::text;

use base64::Engine as _;
use chrono_tz::Tz;

/// The value as JSON; moments are in the zone.
pub(crate) fn to_json(variant: Variant<'_>, zone: Tz) -> Result<String> {
    let mut out = String::new();
    write(variant, zone, &mut out)?;
    Ok(out)
}

fn write(variant: Variant<'_>, zone: Tz, out: &mut String) -> Result<()> {
    match variant.kind()? {
        Kind::Null => out.push_str("null"),
        Kind::Boolean(value) => out.push_str(&value.to_string()),
        Kind::Long(value) => out.push_str(&value.to_string()),
        Kind::Double(value) => number(&text::double(value), value.is_finite(), out),
        Kind::Float(value) => number(&text::float(value), value.is_finite(), out),
        Kind::Decimal(unscaled, scale) => out.push_str(&text::decimal_plain(unscaled, scale)),
        Kind::Date(days) => quote(&text::date(days), out),
        Kind::Timestamp(micros) => quote(&offset_timestamp(micros, zone), out),
        Kind::TimestampNtz(micros) => quote(&text::timestamp_ntz(micros), out),
        Kind::Binary(bytes) => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
            quote(&encoded, out);
        }
        Kind::Text(text) => quote(text, out),
        Kind::Uuid(id) => quote(&id.to_string(), out),
        Kind::Array(items) => {
            out.push('[');
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, zone, out)?;
            }
            out.push(']');
        }
        Kind::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(name, out);
                out.push(':');
                write(member, zone, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// JSON has no NaN and no infinity; Spark writes their names.
fn number(shown: &str, is_finite: bool, out: &mut String) {
    if is_finite {
        out.push_str(shown);
    } else {
        quote(shown, out);
    }
}

/// A moment with its zone's offset behind: `2020-01-31 10:11:12.5+00:00`.
fn offset_timestamp(micros: i64, zone: Tz) -> String {
    use chrono::{Offset, TimeZone};
    let local = text::timestamp(micros, zone);
    let moment = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let offset = zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
    let seconds = offset.local_minus_utc();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
