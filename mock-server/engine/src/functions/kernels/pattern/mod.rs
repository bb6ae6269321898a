//! Datetime patterns: the letters of `java.time.format.DateTimeFormatter` that Spark takes, for
//! writing and for strict reading, and Spark's refusals of the others.
//!
//! Over 500 lines because reading and writing share every letter's rule.

mod read;
mod write;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::zone::Zone;
use parking_lot::Mutex;
use read::{Fields, Reader};
use write::Moment;

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
