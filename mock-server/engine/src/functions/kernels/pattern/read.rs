//! Reading a moment by a pattern.

use super::write::styled;
use super::{Item, MONTHS};
use crate::error::Result;
use crate::functions::kernels::calendar::{self, SECOND};
use crate::functions::kernels::zone::{self, Zone};

/// What was read so far.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    year: Option<i64>,
    era: Option<bool>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    clock_hour: Option<i64>,
    half_hour: Option<i64>,
    clock_half_hour: Option<i64>,
    afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    micros: Option<i64>,
    zone: Option<Zone>,
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) fields: Fields,
}

/// Whether an item is a number of a fixed width, which a number before it must leave room for.
fn fixed_width(item: &Item) -> Option<usize> {
    match item {
        Item::Field { letter, count } => match letter {
            'y' | 'M' | 'L' | 'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' if *count == 2 => Some(2),
            'D' if *count == 3 => Some(3),
            _ => None,
        },
        _ => None,
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads items in order; `Err` is the place of the first that did not fit.
    pub(super) fn items(&mut self, items: &[Item], after: usize) -> Result<(), usize> {
        for (index, item) in items.iter().enumerate() {
            match item {
                Item::Literal(text) => {
                    let matches = self
                        .rest()
                        .get(..text.len())
                        .is_some_and(|found| found.eq_ignore_ascii_case(text));
                    if !matches {
                        return Err(self.at);
                    }
                    self.at += text.len();
                }
                Item::Optional(inner) => {
                    let before = (self.at, self.fields.clone());
                    if self.items(inner, 0).is_err() {
                        (self.at, self.fields) = before;
                    }
                }
                Item::Field { letter, count } => {
                    let following = items.get(index + 1..).unwrap_or_default();
                    let mut reserve = 0;
                    let mut adjacent = true;
                    for next in following {
                        match fixed_width(next) {
                            Some(width) => reserve += width,
                            None => {
                                adjacent = false;
                                break;
                            }
                        }
                    }
                    if adjacent {
                        reserve += after;
                    }
                    self.field(*letter, *count, reserve)?;
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, letter: char, count: usize, reserve: usize) -> Result<(), usize> {
        let start = self.at;
        match letter {
            'y' => {
                self.fields.year = Some(if count == 2 {
                    2000 + self.number(2, 2)?
                } else {
                    self.year(count, reserve)?
                });
            }
            'M' | 'L' if count >= 3 => {
                self.fields.month = Some(self.name(&MONTHS, count)? + 1);
            }
            'M' | 'L' => self.fields.month = Some(self.value(count, reserve)?),
            'd' => self.fields.day = Some(self.value(count, reserve)?),
            'D' => {
                let (low, high) = if count == 3 { (3, 3) } else { (count, 3) };
                self.fields.day_of_year = Some(self.number(low, high)?);
            }
            'H' => self.fields.hour = Some(self.value(count, reserve)?),
            'k' => self.fields.clock_hour = Some(self.value(count, reserve)?),
            'K' => self.fields.half_hour = Some(self.value(count, reserve)?),
            'h' => self.fields.clock_half_hour = Some(self.value(count, reserve)?),
            'm' => self.fields.minute = Some(self.value(count, reserve)?),
            's' => self.fields.second = Some(self.value(count, reserve)?),
            'S' => {
                let digits = self.digits(count);
                if digits == 0 {
                    return Err(start);
                }
                let text = self.text.get(start..start + digits).unwrap_or_default();
                let padded = format!("{text:0<9}");
                self.fields.micros = Some(padded.parse::<i64>().map_err(|_| start)? / 1000);
                self.at += digits;
            }
            'a' => self.fields.afternoon = Some(self.name(&["AM", "PM"], 4)? == 1),
            'G' => {
                let names = if count == 4 {
                    ["Before Christ", "Anno Domini"]
                } else {
                    ["BC", "AD"]
                };
                self.fields.era = Some(self.name(&names, 4)? == 1);
            }
            'V' | 'z' => self.fields.zone = Some(self.zone_id()?),
            'O' => {
                let matches = self
                    .rest()
                    .get(..3)
                    .is_some_and(|word| word.eq_ignore_ascii_case("GMT"));
                if !matches {
                    return Err(start);
                }
                self.fields.zone = Some(self.zone_id()?);
            }
            'X' | 'x' | 'Z' => {
                let zulu = letter == 'X' || (letter == 'Z' && count == 5);
                if zulu && self.rest().starts_with(['Z', 'z']) {
                    self.at += 1;
                    self.fields.zone = Some(Zone::Fixed(0));
                    return Ok(());
                }
                let shape = match (letter, count) {
                    ('Z', 1..=3) => 2,
                    ('Z', 4) => {
                        self.fields.zone = Some(self.zone_id()?);
                        return Ok(());
                    }
                    _ => count,
                };
                self.fields.zone = Some(Zone::Fixed(self.offset(shape)?));
            }
            _ => return Err(start),
        }
        Ok(())
    }

    /// How many digits stand here, at most `most`.
    fn digits(&self, most: usize) -> usize {
        self.rest()
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count()
    }

    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Result<i64, usize> {
        let digits = self.digits(most);
        if digits < least {
            return Err(self.at);
        }
        let found = self.rest().get(..digits).and_then(|text| text.parse().ok());
        let start = self.at;
        self.at += digits;
        found.ok_or(start)
    }

    /// A field of one letter (any width) or two (exactly two digits).
    fn value(&mut self, count: usize, reserve: usize) -> Result<i64, usize> {
        if count == 2 {
            return self.number(2, 2);
        }
        let digits = self.digits(18).saturating_sub(reserve).max(1);
        self.number(1, digits)
    }

    fn year(&mut self, count: usize, reserve: usize) -> Result<i64, usize> {
        let start = self.at;
        let sign = match self.rest().bytes().next() {
            Some(b'-') => Some(-1),
            Some(b'+') if count >= 4 => Some(1),
            _ => None,
        };
        if sign.is_some() {
            self.at += 1;
        }
        let digits = self.digits(18).saturating_sub(reserve).max(count);
        let year = self.number(count, digits).map_err(|_| start)?;
        // More digits than letters need a sign, and a plus sign needs them.
        let exceeds = digits > count;
        if count >= 4 && ((exceeds && sign.is_none()) || (!exceeds && sign == Some(1))) {
            self.at = start;
            return Err(start);
        }
        Ok(year * sign.unwrap_or(1))
    }

    fn name(&mut self, names: &[&str], count: usize) -> Result<i64, usize> {
        for (index, name) in names.iter().enumerate() {
            let shown = if count >= 4 {
                name
            } else {
                name.get(..3).unwrap_or(name)
            };
            let matches = self
                .rest()
                .get(..shown.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(shown));
            if matches {
                self.at += shown.len();
                return Ok(i64::try_from(index).unwrap_or(0));
            }
        }
        Err(self.at)
    }

    /// The longest zone name that begins here.
    fn zone_id(&mut self) -> Result<Zone, usize> {
        let rest = self.rest();
        let longest = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || b"/_+-:".contains(b))
            .count();
        let found = (1..=longest)
            .rev()
            .find_map(|length| Some((zone::parse(rest.get(..length)?)?, length)));
        match found {
            Some((zone, length)) => {
                self.at += length;
                Ok(zone)
            }
            None => Err(self.at),
        }
    }

    fn offset(&mut self, count: usize) -> Result<i64, usize> {
        let start = self.at;
        let sign = match self.rest().bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(start),
        };
        self.at += 1;
        let hours = self.number(2, 2).map_err(|_| start)?;
        let colon = matches!(count, 3 | 5);
        let part = |reader: &mut Self, required: bool| -> Result<i64, usize> {
            let before = reader.at;
            if colon && reader.rest().starts_with(':') {
                reader.at += 1;
            } else if colon {
                return if required { Err(start) } else { Ok(0) };
            }
            match reader.number(2, 2) {
                Ok(found) => Ok(found),
                Err(_) if required => Err(start),
                Err(_) => {
                    reader.at = before;
                    Ok(0)
                }
            }
        };
        let minutes = part(self, count > 1)?;
        let seconds = if count >= 4 { part(self, false)? } else { 0 };
        if hours > 18 || minutes > 59 || seconds > 59 {
            return Err(start);
        }
        Ok(sign * (hours * 3600 + minutes * 60 + seconds))
    }
}

fn ranged(name: &str, value: Option<i64>, (low, high): (i64, i64)) -> Result<Option<i64>, String> {
    match value {
        Some(value) if !(low..=high).contains(&value) => Err(format!(
            "Invalid value for {name} (valid values {low} - {high}): {value}"
        )),
        other => Ok(other),
    }
}

impl Fields {
    /// The instant, what is missing taken from 1970-01-01 00:00:00.
    pub(super) fn resolve(&self, session: Zone, has_era: bool) -> Result<i64, String> {
        let date = self.date(has_era)?;
        let of_day = self.time()?;
        let zone = self.zone.unwrap_or(session);
        calendar::micros(date, of_day)
            .map(|local| zone.instant(local))
            .ok_or_else(|| "long overflow".to_owned())
    }

    fn date(&self, has_era: bool) -> Result<i64, String> {
        let mut year = self.year.unwrap_or(1970);
        if has_era && self.era == Some(false) {
            year = 1 - year;
        }
        let month = ranged("MonthOfYear", self.month, (1, 12))?.unwrap_or(1);
        let day = match self.day {
            Some(day) if !(1..=31).contains(&day) => {
                return Err(format!(
                    "Invalid value for DayOfMonth (valid values 1 - 28/31): {day}"
                ));
            }
            other => other.unwrap_or(1),
        };
        if let (Some(of_year), None) = (self.day_of_year, self.month) {
            let length = if calendar::is_leap(year) { 366 } else { 365 };
            if !(1..=length).contains(&of_year) {
                return Err(format!(
                    "Invalid date 'DayOfYear {of_year}' as '{year}' is not a leap year"
                ));
            }
            return Ok(calendar::days(year, 1, 1) + of_year - 1);
        }
        let (month, day) = (
            u32::try_from(month).unwrap_or(1),
            u32::try_from(day).unwrap_or(1),
        );
        match calendar::checked_days(year, month, day) {
            Some(days) => Ok(i64::from(days)),
            None if (month, day) == (2, 29) => Err(format!(
                "Invalid date 'February 29' as '{year}' is not a leap year"
            )),
            None => {
                let name = styled(&MONTHS, i64::from(month) - 1, 4).to_uppercase();
                Err(format!("Invalid date '{name} {day}'"))
            }
        }
    }

    fn time(&self) -> Result<i64, String> {
        let hour = ranged("HourOfDay", self.hour, (0, 23))?;
        let clock = ranged("ClockHourOfDay", self.clock_hour, (1, 24))?.map(|h| h % 24);
        let half = ranged("HourOfAmPm", self.half_hour, (0, 11))?;
        let clock_half = ranged("ClockHourOfAmPm", self.clock_half_hour, (1, 12))?.map(|h| h % 12);
        let afternoon = if self.afternoon == Some(true) { 12 } else { 0 };
        let hour = hour
            .or(clock)
            .or_else(|| half.or(clock_half).map(|h| h + afternoon))
            .unwrap_or(afternoon);
        let minute = ranged("MinuteOfHour", self.minute, (0, 59))?.unwrap_or(0);
        let second = ranged("SecondOfMinute", self.second, (0, 59))?.unwrap_or(0);
        Ok((hour * 3600 + minute * 60 + second) * SECOND + self.micros.unwrap_or(0))
    }
}
