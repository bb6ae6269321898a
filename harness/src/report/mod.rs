//! The table of report formats. A report is a pure function of a judgement.

mod json;
mod terminal;

use std::{path::PathBuf, str::FromStr};

use crate::{Error, judge::Judgement};

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people at a terminal.
    Terminal,
    /// For programs; version 1 of the contract.
    Json,
}

/// Formats that the contract names and this version does not write.
const PLANNED: &[&str] = &["junit", "sarif", "html", "markdown", "github"];

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "terminal" => Ok(Self::Terminal),
            "json" => Ok(Self::Json),
            name => match PLANNED.iter().find(|planned| **planned == name) {
                Some(name) => Err(Error::PlannedFormat { name }),
                None => Err(Error::unknown("format", name, ["terminal", "json"])),
            },
        }
    }
}

/// A format and where it goes: `json` or `json=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What is written.
    pub format: Format,
    /// Where to; standard output when absent.
    pub file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (format, file) = match text.split_once('=') {
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        Ok(Self {
            format: format.parse()?,
            file,
        })
    }
}

/// Whether a report may use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// It may.
    Yes,
    /// It may not.
    No,
}

/// The report as text.
///
/// # Errors
/// Only when JSON cannot be made of it, which would be a mistake of ours.
pub fn render(format: Format, judgement: &Judgement, colour: Colour) -> Result<String, Error> {
    match format {
        Format::Terminal => Ok(terminal::render(judgement, colour)),
        Format::Json => json::render(judgement),
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `1,200 rows`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

/// A size for people: `512 B`, `1.5 KiB`, `64.0 MiB`.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: &[(&str, u64)] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    UNITS.iter().find(|(_, unit)| size >= *unit).map_or_else(
        || format!("{size} B"),
        |(name, unit)| {
            let tenths = u128::from(size) * 10 / u128::from(*unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(128 << 20), "128.0 MiB");
    }

    #[test]
    fn formats_are_known_planned_or_refused() {
        assert_eq!(
            "json=a/b.json".parse::<Output>().unwrap(),
            Output {
                format: Format::Json,
                file: Some("a/b.json".into())
            }
        );
        let error = |text: &str| text.parse::<Output>().unwrap_err().to_string();
        assert_eq!(
            error("sarif"),
            "report format `sarif` is not supported yet; use terminal or json"
        );
        assert_eq!(error("jsn"), "unknown format `jsn`; did you mean `json`?");
        assert_eq!(
            error("pdf=x"),
            "unknown format `pdf`; known are terminal, json"
        );
    }
}
