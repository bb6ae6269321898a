//! Time zones by Java's names and offsets, and the way between instants and local time as
//! `java.time` goes it: a local time in a gap moves forward, one in an overlap is the earlier.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::calendar::SECOND;

/// A region with its rules, or a fixed distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    /// A region of the time zone database.
    Region(Tz),
    /// Seconds east of UTC.
    Fixed(i64),
}

impl Zone {
    /// Seconds east of UTC at an instant.
    pub(crate) fn offset_at(self, micros: i64) -> i64 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::Region(Tz::UTC) => 0,
            Self::Region(zone) => {
                // Rules do not change outside of chrono's range.
                let seconds = micros
                    .div_euclid(SECOND)
                    .clamp(-8_000_000_000_000, 8_000_000_000_000);
                DateTime::from_timestamp(seconds, 0).map_or(0, |moment| {
                    let offset = zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
                    i64::from(offset.local_minus_utc())
                })
            }
        }
    }

    /// Local microseconds of an instant.
    pub(crate) fn local(self, micros: i64) -> i64 {
        micros.saturating_add(self.offset_at(micros) * SECOND)
    }

    /// The instant of a local time.
    pub(crate) fn instant(self, local: i64) -> i64 {
        match self {
            Self::Fixed(seconds) => local.saturating_sub(seconds * SECOND),
            Self::Region(Tz::UTC) => local,
            Self::Region(_) => {
                // The offsets a day before and after are those of both sides of any change near by.
                const DAY: i64 = super::calendar::DAY;
                let before = self.offset_at(local.saturating_sub(DAY));
                let after = self.offset_at(local.saturating_add(DAY));
                let early = local.saturating_sub(before * SECOND);
                if before == after && self.offset_at(early) == before {
                    return early;
                }
                if self.offset_at(early) == before {
                    return early;
                }
                let late = local.saturating_sub(after * SECOND);
                if self.offset_at(late) == after {
                    return late;
                }
                // A gap: the offset before it carries the time past it.
                early
            }
        }
    }

    /// How Java names it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Region(zone) => zone.name().to_owned(),
            Self::Fixed(0) => "Z".to_owned(),
            Self::Fixed(seconds) => offset_text(seconds),
        }
    }
}

impl From<Tz> for Zone {
    fn from(zone: Tz) -> Self {
        Self::Region(zone)
    }
}

/// `+01:00`, with seconds only if there are some.
pub(crate) fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let total = seconds.abs();
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

/// The abbreviations of `ZoneId.SHORT_IDS`.
const SHORT_IDS: &[(&str, &str)] = &[
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("EST", "-05:00"),
    ("HST", "-10:00"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("MST", "-07:00"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

/// A zone by what users write, as Spark's `DateTimeUtils.getZoneId`.
pub(crate) fn parse(text: &str) -> Option<Zone> {
    let text = SHORT_IDS
        .iter()
        .find(|(short, _)| *short == text)
        .map_or(text, |(_, long)| long);
    if text == "Z" {
        return Some(Zone::Fixed(0));
    }
    if text.starts_with(['+', '-']) {
        return offset(text).map(Zone::Fixed);
    }
    for prefix in ["UTC", "GMT", "UT"] {
        match text.strip_prefix(prefix) {
            Some("") => return Some(Zone::Region(Tz::UTC)),
            Some(rest) if rest.starts_with(['+', '-']) => return offset(rest).map(Zone::Fixed),
            _ => {}
        }
    }
    text.parse::<Tz>().ok().map(Zone::Region)
}

/// `+h`, `+hh`, `+h:mm`, `+hh:m`, `+hh:mm`, `+hhmm`, `+hh:mm:ss`, `+hhmmss`, at most 18 hours.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.get(1..)?;
    let parts: Vec<&str> = if digits.contains(':') {
        digits.split(':').collect()
    } else {
        match digits.len() {
            1 | 2 => vec![digits],
            4 => vec![digits.get(..2)?, digits.get(2..)?],
            6 => vec![digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?],
            _ => return None,
        }
    };
    if parts.len() > 3 {
        return None;
    }
    let mut numbers = [0i64; 3];
    for (place, part) in numbers.iter_mut().zip(&parts) {
        if part.is_empty() || part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *place = part.parse().ok()?;
    }
    let [hours, minutes, seconds] = numbers;
    let total = hours * 3600 + minutes * 60 + seconds;
    (minutes < 60 && seconds < 60 && total <= 18 * 3600).then_some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::{Zone, parse};

    #[test]
    fn gaps_move_forward_and_overlaps_take_the_earlier_offset() {
        let zone = parse("America/New_York").unwrap_or(Zone::Fixed(0));
        // 2020-03-08 02:30 does not exist; 2020-11-01 01:30 exists twice.
        assert_eq!(zone.instant(1_583_634_600_000_000), 1_583_652_600_000_000);
        assert_eq!(zone.instant(1_604_194_200_000_000), 1_604_208_600_000_000);
        assert_eq!(parse("+5:30"), Some(Zone::Fixed(19_800)));
        assert_eq!(parse("nowhere"), None);
    }
}
