//! Options of a reader or writer: names match without regard to case; those of Spark that this
//! server does not honour are refused by name, and names that Spark does not know are ignored as
//! Spark ignores them.

use std::collections::BTreeMap;

use crate::error::{Error, Exception, Result};

/// Options by lower-case name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options(BTreeMap<String, String>);

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

    /// A boolean option.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Error::new("_LEGACY_ERROR_TEMP_2147", [("paramName", name)])),
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
