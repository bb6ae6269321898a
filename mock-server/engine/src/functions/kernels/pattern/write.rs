//! Writing a moment by a pattern.

use super::{Item, MONTHS, WEEKDAYS, illegal};
use crate::error::{Error, Result};
use crate::functions::kernels::calendar::{self, SECOND};
use crate::functions::kernels::zone::{Zone, offset_text};

pub(super) struct Moment {
    pub(super) date: i64,
    pub(super) of_day: i64,
    pub(super) micros: i64,
    pub(super) offset: i64,
    pub(super) zone: Zone,
    pub(super) has_era: bool,
}

impl Moment {
    pub(super) fn write(&self, item: &Item, out: &mut String) -> Result<()> {
        let (letter, count) = match item {
            Item::Literal(text) => {
                out.push_str(text);
                return Ok(());
            }
            Item::Optional(items) => return items.iter().try_for_each(|i| self.write(i, out)),
            Item::Field { letter, count } => (*letter, *count),
        };
        let (year, month, day) = calendar::civil(self.date);
        let (month, day) = (i64::from(month), i64::from(day));
        let seconds = self.of_day / SECOND;
        let hour = seconds / 3600;
        let padded = |value: i64| format!("{value:0count$}");
        let text = match letter {
            'y' => self.year(year, count),
            'G' => match (year > 0, count) {
                (true, 4) => "Anno Domini".to_owned(),
                (false, 4) => "Before Christ".to_owned(),
                (true, _) => "AD".to_owned(),
                (false, _) => "BC".to_owned(),
            },
            'M' | 'L' if count >= 3 => styled(&MONTHS, month - 1, count),
            'M' | 'L' => padded(month),
            'd' => padded(day),
            'D' => padded(calendar::day_of_year(self.date)),
            'E' => styled(&WEEKDAYS, calendar::weekday(self.date), count),
            'F' => ((day - 1) % 7 + 1).to_string(),
            'Q' | 'q' => {
                let quarter = (month + 2) / 3;
                match count {
                    1 | 2 => padded(quarter),
                    3 => format!("Q{quarter}"),
                    _ => {
                        let ordinal = ["1st", "2nd", "3rd", "4th"];
                        styled(&ordinal, quarter - 1, 4) + " quarter"
                    }
                }
            }
            'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            'H' => padded(hour),
            'k' => padded(if hour == 0 { 24 } else { hour }),
            'K' => padded(hour % 12),
            'h' => padded((hour + 11) % 12 + 1),
            'm' => padded(seconds / 60 % 60),
            's' => padded(seconds % 60),
            'S' => {
                let nanos = format!("{:09}", self.of_day % SECOND * 1000);
                nanos.get(..count).unwrap_or(&nanos).to_owned()
            }
            'V' => self.zone.name(),
            'z' => self.zone_name(count)?,
            'O' => localized(self.offset, count),
            'Z' if count == 4 => localized(self.offset, 4),
            'Z' if count == 5 => offset_pattern(self.offset, 5, true),
            'Z' => offset_pattern(self.offset, 2, false),
            'X' => offset_pattern(self.offset, count, true),
            'x' => offset_pattern(self.offset, count, false),
            other => return Err(illegal("", other)),
        };
        out.push_str(&text);
        Ok(())
    }

    fn year(&self, year: i64, count: usize) -> String {
        let year = if self.has_era && year <= 0 {
            1 - year
        } else {
            year
        };
        if count == 2 {
            return format!("{:02}", year.rem_euclid(100));
        }
        let sign = if year < 0 {
            "-"
        } else if count >= 4 && year.to_string().len() > count {
            "+"
        } else {
            ""
        };
        format!("{sign}{:0count$}", year.abs())
    }

    fn zone_name(&self, count: usize) -> Result<String> {
        use chrono::TimeZone;
        use chrono_tz::OffsetComponents;
        let region = match self.zone {
            Zone::Fixed(_) => return Ok(self.zone.name()),
            Zone::Region(region) => region,
        };
        if region == chrono_tz::Tz::UTC {
            let name = if count >= 4 {
                "Coordinated Universal Time"
            } else {
                "UTC"
            };
            return Ok(name.to_owned());
        }
        if count >= 4 {
            return Err(Error::unsupported(format!(
                "the full name of the time zone {}",
                region.name()
            )));
        }
        let moment = chrono::DateTime::from_timestamp_micros(self.micros).unwrap_or_default();
        let named = |at: chrono::DateTime<chrono::Utc>| {
            let at = region.from_utc_datetime(&at.naive_utc());
            let saves = at.offset().dst_offset() != chrono::TimeDelta::zero();
            (saves, at.format("%Z").to_string())
        };
        let (saves, then) = named(moment);
        // Java calls the zone's time what it is called today, in winter or in summer.
        let today: Vec<_> = [1_704_067_200, 1_719_792_000]
            .into_iter()
            .filter_map(|second| chrono::DateTime::from_timestamp(second, 0))
            .map(named)
            .collect();
        if let Some((_, name)) = today.iter().find(|(other, _)| *other == saves) {
            return Ok(name.clone());
        }
        // A zone that no longer saves daylight: IDT to today's IST.
        Ok(match today.first() {
            Some((_, name)) if name.len() == 3 && name.ends_with("ST") => name.replace("ST", "DT"),
            _ => then,
        })
    }
}

pub(super) fn styled(names: &[&str], index: i64, count: usize) -> String {
    let name = usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or_default();
    if count >= 4 {
        name.to_owned()
    } else {
        name.chars().take(3).collect()
    }
}

/// `GMT`, `GMT+8`, `GMT+08:00`.
fn localized(offset: i64, count: usize) -> String {
    if offset == 0 {
        return "GMT".to_owned();
    }
    if count == 4 {
        return format!("GMT{}", offset_text(offset));
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    let seconds = offset.abs() % 60;
    if seconds != 0 {
        format!("GMT{sign}{hours}:{minutes:02}:{seconds:02}")
    } else if minutes == 0 {
        format!("GMT{sign}{hours}")
    } else {
        format!("GMT{sign}{hours}:{minutes:02}")
    }
}

/// The offset by the number of letters of `X` and `x`.
fn offset_pattern(offset: i64, count: usize, zulu: bool) -> String {
    if offset == 0 && zulu {
        return "Z".to_owned();
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let total = offset.abs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    match (count, minutes, seconds) {
        (1, 0, _) => format!("{sign}{hours:02}"),
        (1 | 2, ..) | (4, _, 0) => format!("{sign}{hours:02}{minutes:02}"),
        (4, ..) => format!("{sign}{hours:02}{minutes:02}{seconds:02}"),
        (3, ..) | (_, _, 0) => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}
