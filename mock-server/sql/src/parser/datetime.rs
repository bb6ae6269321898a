//! Dates, times and timestamps in literals, in the forms that Spark accepts.
//!
//! Knows no session time zone: a timestamp is its local time and, if the text names one, a zone.

/// A timestamp as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ParsedTimestamp {
    /// Local time in microseconds since 1970-01-01.
    pub(crate) micros: i64,
    pub(crate) zone: Option<Zone>,
}

/// A zone as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    Region(String),
}

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Days since 1970-01-01: `yyyy`, `yyyy-[m]m`, `yyyy-[m]m-[d]d`, then perhaps a `T` or space and anything.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let text = text.trim();
    let end = text.find(['T', ' ']).unwrap_or(text.len());
    let (days, rest) = take_date(&text[..end])?;
    if !rest.is_empty() {
        return None;
    }
    i32::try_from(days).ok()
}

/// `[+-]yyyy[-[m]m[-[d]d]]` and what follows it.
fn take_date(text: &str) -> Option<(i64, &str)> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (year, n_year_digits, mut rest) = take_number(digits)?;
    if !(4..=7).contains(&n_year_digits) {
        return None;
    }
    let (mut month, mut day) = (1, 1);
    if let Some(after) = rest.strip_prefix('-') {
        let (value, n_digits, after) = take_number(after)?;
        (month, rest) = (value, after);
        if n_digits > 2 {
            return None;
        }
        if let Some(after) = rest.strip_prefix('-') {
            let (value, n_digits, after) = take_number(after)?;
            (day, rest) = (value, after);
            if n_digits > 2 {
                return None;
            }
        }
    }
    days_from_civil(sign * year, month, day).map(|days| (days, rest))
}

fn take_number(text: &str) -> Option<(i64, usize, &str)> {
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text[..n_digits].parse().ok()?;
    Some((value, n_digits, &text[n_digits..]))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; none if there is no such day.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let n_days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day < 1 || day > n_days {
        return None;
    }
    // Years that begin in March put the leap day at their end.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// A date, perhaps a time of day behind `T` or a space, perhaps a zone.
pub(crate) fn parse_timestamp(text: &str) -> Option<ParsedTimestamp> {
    let text = text.trim();
    let (days, rest) = take_date(text)?;
    let (nanos, zone_text) = match rest.strip_prefix(['T', ' ']) {
        Some(time) => take_time(time.trim_start())?,
        None => (0, rest),
    };
    let zone = match zone_text.trim() {
        "" => None,
        name => Some(parse_zone(name)?),
    };
    let micros = days
        .checked_mul(SECONDS_PER_DAY * MICROS_PER_SECOND)?
        .checked_add(nanos / 1000)?;
    Some(ParsedTimestamp { micros, zone })
}

/// Nanoseconds since midnight of `[h]h:[m]m[:[s]s[.fraction]]`.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    match take_time(text.trim())? {
        // TIME has microseconds.
        (nanos, "") => Some(nanos / 1000 * 1000),
        _ => None,
    }
}

fn take_time(text: &str) -> Option<(i64, &str)> {
    let mut fields = [0i64; 3];
    let mut rest = text;
    for (index, field) in fields.iter_mut().enumerate() {
        if index > 0 {
            match rest.strip_prefix(':') {
                Some(after) => rest = after,
                // Seconds may be left out, minutes may not.
                None if index == 2 => break,
                None => return None,
            }
        }
        let (value, n_digits, after) = take_number(rest)?;
        if n_digits > 2 || value > [23, 59, 59][index] {
            return None;
        }
        (*field, rest) = (value, after);
    }
    let mut nanos = ((fields[0] * 60 + fields[1]) * 60 + fields[2]) * 1_000_000_000;
    if let Some(after) = rest.strip_prefix('.') {
        let n_digits = after.bytes().take_while(u8::is_ascii_digit).count();
        // What is finer than a nanosecond is cut.
        let digits = &after[..n_digits.min(9)];
        nanos += format!("{digits:0<9}").parse::<i64>().ok()?;
        rest = &after[n_digits..];
    }
    Some((nanos, rest))
}

/// `Z`, `UTC`, `+01:00`, `UTC+1`, `Europe/Berlin`. Whether a region exists is for the reader to find out.
fn parse_zone(name: &str) -> Option<Zone> {
    if name == "Z" {
        return Some(Zone::Offset(0));
    }
    let offset = ["UTC", "GMT", "UT"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    if offset.is_empty() {
        return Some(Zone::Offset(0));
    }
    if let Some(digits) = offset.strip_prefix('+') {
        return parse_offset(digits).map(Zone::Offset);
    }
    if let Some(digits) = offset.strip_prefix('-') {
        return parse_offset(digits).map(|seconds| Zone::Offset(-seconds));
    }
    let region = offset == name && name.bytes().next()?.is_ascii_alphabetic();
    region.then(|| Zone::Region(name.to_string()))
}

fn parse_offset(text: &str) -> Option<i32> {
    let mut seconds = 0;
    for (field, scale) in text.split(':').zip([3600, 60, 1]) {
        if field.is_empty() || field.len() > 2 {
            return None;
        }
        seconds += field.parse::<i32>().ok()? * scale;
    }
    (text.split(':').count() <= 3 && seconds <= 18 * 3600).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_the_epoch() {
        assert_eq!(parse_date("1970-01-01"), Some(0));
        assert_eq!(parse_date("2020-2-29"), Some(18321));
        assert_eq!(parse_date("2020"), Some(18262));
        assert_eq!(parse_date("0001-01-01"), Some(-719_162));
        assert_eq!(parse_date("2021-02-29"), None);
        assert_eq!(parse_date("abc"), None);
    }

    #[test]
    fn timestamps_keep_their_zone_apart() {
        let parsed = parse_timestamp("2020-01-01 01:02:03.5+02:00").expect("a timestamp");
        assert_eq!(parsed.micros, 1_577_840_523_500_000);
        assert_eq!(parsed.zone, Some(Zone::Offset(7200)));
        let berlin = parse_timestamp("2020-01-01T01:02:03 Europe/Berlin").expect("a timestamp");
        assert_eq!(berlin.zone, Some(Zone::Region("Europe/Berlin".to_string())));
        assert_eq!(parse_timestamp("2020-01-01 25:00:00"), None);
    }
}
