//! Options of a reader or writer: names match without regard to case; those of Spark that this
//! server does not honour are refused by name, and names that Spark does not know are ignored as
//! Spark ignores them.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Fields};

use crate::error::{Error, Exception, Result};
use crate::functions::kernels::zone::{self, Zone};
use crate::plan::context::Context;
use crate::types::names::quote;
use crate::types::sql_name;

/// Options by lower-case name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options(BTreeMap<String, String>);

/// The column of malformed records, where no option names it.
pub(crate) fn corrupt_record(context: &Context) -> String {
    context
        .session
        .conf()
        .option("spark.sql.columnNameOfCorruptRecord")
        .unwrap_or_else(|| "_corrupt_record".to_owned())
}

/// Where the column of malformed records stands, if there is one.
pub(crate) fn corrupt_column(name: &str, fields: &Fields) -> Result<Option<usize>> {
    let found = fields.iter().position(|field| field.name() == name);
    match found.map(|index| fields[index].data_type()) {
        None | Some(DataType::Utf8) => Ok(found),
        Some(other) => Err(Error::new(
            "INVALID_CORRUPT_RECORD_TYPE",
            [
                ("columnName", quote(name)),
                ("actualType", format!("\"{}\"", sql_name(other))),
            ],
        )),
    }
}

impl Options {
    /// From pairs; a later one wins.
    pub(crate) fn new<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(key, value)| (key.to_lowercase(), value.clone()))
                .collect(),
        )
    }

    /// The text of an option; `name` in lower case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A boolean option, by the name that Spark writes into its error.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(&name.to_ascii_lowercase()) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Error::new("_LEGACY_ERROR_TEMP_2147", [("paramName", name)])),
        }
    }

    /// A boolean option that Spark leaves to Scala's `toBoolean`.
    pub(crate) fn plain_flag(&self, name: &str, default: bool) -> Result<bool> {
        self.flag(name, default).map_err(|_| {
            let text = self.get(&name.to_ascii_lowercase()).unwrap_or_default();
            Error::plain(
                Exception::Java("java.lang.IllegalArgumentException"),
                format!("For input string: \"{text}\""),
            )
        })
    }

    /// A count of a text format, by the name that Spark writes into its error.
    pub(crate) fn count(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.get(&name.to_ascii_lowercase()) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let named = [("paramName", name), ("value", text)];
            Error::new("_LEGACY_ERROR_TEMP_2146", named)
        })
    }

    /// One character; an empty text is the character zero, as in Java.
    pub(crate) fn character(&self, name: &str) -> Result<Option<char>> {
        let Some(text) = self.get(&name.to_ascii_lowercase()) else {
            return Ok(None);
        };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => Ok(Some('\0')),
            (Some(c), None) => Ok(Some(c)),
            _ => Err(Error::new("_LEGACY_ERROR_TEMP_2145", [("paramName", name)])),
        }
    }

    /// A whole-number option.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>> {
        self.get(name)
            .map(|text| {
                text.trim().parse().map_err(|_| {
                    Error::plain(
                        Exception::IllegalArgument,
                        format!("the option {name} should be a whole number, not {text}"),
                    )
                })
            })
            .transpose()
    }

    /// `timeZone`, or the session's.
    pub(crate) fn zone(&self, context: &Context) -> Result<Zone> {
        match self.get("timezone") {
            None => Ok(context.time_zone.into()),
            Some(name) => zone::parse(name)
                .ok_or_else(|| Error::new("INVALID_TIMEZONE", [("timeZone", name)])),
        }
    }

    /// The column that keeps malformed records.
    pub(crate) fn corrupt_record(&self, context: &Context) -> String {
        self.get("columnnameofcorruptrecord")
            .map_or_else(|| corrupt_record(context), str::to_owned)
    }

    /// Fails if types are to be inferred from some of the records only.
    pub(crate) fn whole_sample(&self, format: &str) -> Result<()> {
        let Some(text) = self.get("samplingratio") else {
            return Ok(());
        };
        match text.trim().parse::<f64>() {
            Ok(ratio) if ratio >= 1.0 => Ok(()),
            Ok(ratio) if ratio > 0.0 => Err(Error::unsupported(format!(
                "a samplingRatio below 1 of the {format} data source, which looks at all records"
            ))),
            Ok(ratio) => Err(requirement(&format!(
                "samplingRatio ({ratio:?}) should be greater than 0"
            ))),
            Err(_) => Err(Error::plain(
                Exception::Java("java.lang.NumberFormatException"),
                format!("For input string: \"{text}\""),
            )),
        }
    }

    /// Fails if one of these is set.
    pub(crate) fn refuse(&self, format: &str, names: &[&str]) -> Result<()> {
        match names.iter().find(|name| self.0.contains_key(**name)) {
            Some(name) => Err(Error::unsupported(format!(
                "the option {name} of the {format} data source"
            ))),
            None => Ok(()),
        }
    }

    /// All of them, for tables that keep their options.
    pub(crate) fn all(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// What Scala's `require` throws.
pub(crate) fn requirement(message: &str) -> Error {
    Error::plain(
        Exception::Java("java.lang.IllegalArgumentException"),
        format!("requirement failed: {message}"),
    )
}
