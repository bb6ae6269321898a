//! Datetime patterns: the letters of `java.time.format.DateTimeFormatter` that Spark takes, for
//! writing and for strict reading, and Spark's refusals of the others.
//!
//! Over 500 lines because reading and writing share every letter's rule.

use std::sync::Arc;

use parking_lot::Mutex;

use super::calendar::{self, DAY, SECOND};
use super::zone::{self, Zone, offset_text};
use crate::error::{Error, Result};

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(String),
    Field { letter: char, count: usize },
    Optional(Vec<Item>),
}

/// A pattern ready for use.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    items: Vec<Item>,
    /// With an era the year counts from one on both sides.
    has_era: bool,
}

/// The pattern used last, since a column of patterns is nearly always one pattern.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    last: Mutex<Option<(String, Arc<Pattern>)>>,
    reading: bool,
}

impl Patterns {
    /// For reading or for writing; the letters differ.
    pub(crate) fn new(reading: bool) -> Self {
        Self {
            last: Mutex::default(),
            reading,
        }
    }

    /// The pattern of a text.
    pub(crate) fn get(&self, text: &str) -> Result<Arc<Pattern>> {
        let mut last = self.last.lock();
        if let Some((known, pattern)) = last.as_ref()
            && known == text
        {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::parse(text, self.reading)?);
        *last = Some((text.to_owned(), Arc::clone(&pattern)));
        Ok(pattern)
    }
}

/// Refuses what Spark refuses; a pattern that its old formatter knew is told apart.
fn refused(text: &str, error: Error) -> Error {
    let mut quoted = false;
    let known_before = text.chars().all(|c| {
        if c == '\'' {
            quoted = !quoted;
        }
        quoted || !c.is_ascii_alphabetic() || "GyYMLwWDdFEuaHkKhmsSzZX".contains(c)
    });
    if !known_before || quoted {
        return error;
    }
    Error::new(
        "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION",
        [
            ("pattern", format!("'{text}'")),
            ("config", "\"spark.sql.legacy.timeParserPolicy\"".to_owned()),
            ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
        ],
    )
}

fn illegal(text: &str, c: char) -> Error {
    Error::new(
        "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
        [("c", c.to_string()), ("pattern", text.to_owned())],
    )
}

fn too_long(text: &str) -> Error {
    Error::new("INVALID_DATETIME_PATTERN.LENGTH", [("pattern", text)])
}

impl Pattern {
    /// Compiles a pattern as `DateTimeFormatterHelper` does.
    pub(crate) fn parse(text: &str, reading: bool) -> Result<Self> {
        let unquoted: Vec<&str> = text.split('\'').step_by(2).collect();
        for part in &unquoted {
            if let Some(c) = part.chars().find(|c| "YWwuec".contains(*c)) {
                let error = Error::new(
                    "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN",
                    [("c", c.to_string())],
                );
                return Err(refused(text, error));
            }
            let unsupported = |c: &char| "ABnNp".contains(*c) || (reading && "EFqQ".contains(*c));
            if let Some(c) = part.chars().find(unsupported) {
                return Err(refused(text, illegal(text, c)));
            }
            for style in [
                "GGGGG", "MMMMM", "LLLLL", "EEEEE", "QQQQQ", "qqqqq", "yyyyyyy",
            ] {
                if part.contains(style) {
                    return Err(refused(text, too_long(style)));
                }
            }
        }
        let has_era = unquoted.iter().any(|part| part.contains('G'));
        let mut stack: Vec<Vec<Item>> = vec![Vec::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\'' => {
                    let mut literal = String::new();
                    loop {
                        match chars.next() {
                            Some('\'') if chars.peek() == Some(&'\'') => {
                                chars.next();
                                literal.push('\'');
                            }
                            Some('\'') => break,
                            Some(other) => literal.push(other),
                            None => return Err(refused(text, illegal(text, '\''))),
                        }
                    }
                    if literal.is_empty() {
                        literal.push('\'');
                    }
                    push(&mut stack, Item::Literal(literal));
                }
                '[' => stack.push(Vec::new()),
                ']' => match stack.pop() {
                    Some(inner) if !stack.is_empty() => push(&mut stack, Item::Optional(inner)),
                    _ => return Err(refused(text, illegal(text, ']'))),
                },
                '{' | '}' | '#' => return Err(refused(text, illegal(text, c))),
                letter if letter.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while chars.next_if_eq(&letter).is_some() {
                        count += 1;
                    }
                    if !is_legal(letter, count) {
                        return Err(refused(text, illegal(text, letter)));
                    }
                    push(&mut stack, Item::Field { letter, count });
                }
                other => push(&mut stack, Item::Literal(other.to_string())),
            }
        }
        // Optional parts may be left open.
        while stack.len() > 1 {
            if let Some(inner) = stack.pop() {
                push(&mut stack, Item::Optional(inner));
            }
        }
        Ok(Self {
            items: stack.pop().unwrap_or_default(),
            has_era,
        })
    }

    /// A moment as text, its clock read in a zone.
    pub(crate) fn format(&self, micros: i64, zone: Zone) -> Result<String> {
        let offset = zone.offset_at(micros);
        let local = zone.local(micros);
        let mut out = String::with_capacity(24);
        let moment = Moment {
            date: local.div_euclid(DAY),
            of_day: local.rem_euclid(DAY),
            micros,
            offset,
            zone,
            has_era: self.has_era,
        };
        for item in &self.items {
            moment.write(item, &mut out)?;
        }
        Ok(out)
    }

    /// Reads a text strictly; the error is Java's sentence about it.
    pub(crate) fn read(&self, text: &str, session: Zone) -> Result<i64, String> {
        let mut reader = Reader {
            text,
            at: 0,
            fields: Fields::default(),
        };
        if let Err(at) = reader.items(&self.items, 0) {
            return Err(format!("Text '{text}' could not be parsed at index {at}"));
        }
        if reader.at < text.len() {
            return Err(format!(
                "Text '{text}' could not be parsed, unparsed text found at index {}",
                reader.at
            ));
        }
        reader
            .fields
            .resolve(session, self.has_era)
            .map_err(|reason| format!("Text '{text}' could not be parsed: {reason}"))
    }
}

fn push(stack: &mut [Vec<Item>], item: Item) {
    if let Some(top) = stack.last_mut() {
        top.push(item);
    }
}

/// Whether Java takes the letter that often.
fn is_legal(letter: char, count: usize) -> bool {
    match letter {
        'G' | 'M' | 'L' | 'E' | 'Q' | 'q' | 'z' | 'y' => true,
        'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' => count <= 2,
        'D' => count <= 3,
        'a' | 'F' => count == 1,
        'S' => count <= 9,
        'V' => count == 2,
        'O' => matches!(count, 1 | 4),
        'X' | 'x' | 'Z' => count <= 5,
        _ => false,
    }
}

struct Moment {
    date: i64,
    of_day: i64,
    micros: i64,
    offset: i64,
    zone: Zone,
    has_era: bool,
}

impl Moment {
    fn write(&self, item: &Item, out: &mut String) -> Result<()> {
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
        Ok(region
            .from_utc_datetime(&moment.naive_utc())
            .format("%Z")
            .to_string())
    }
}

fn styled(names: &[&str], index: i64, count: usize) -> String {
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
    if minutes == 0 {
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

/// What was read so far.
#[derive(Debug, Default, Clone)]
struct Fields {
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
    fields: Fields,
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
    fn items(&mut self, items: &[Item], after: usize) -> Result<(), usize> {
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
    fn resolve(&self, session: Zone, has_era: bool) -> Result<i64, String> {
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
