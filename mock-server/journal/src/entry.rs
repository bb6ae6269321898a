//! The line format: one JSON object a line, versioned, strict on input.

use std::io::BufRead;

use serde::{Deserialize, Serialize};

use crate::Event;

/// Version of the line format.
pub const VERSION: u32 = 1;

/// One line of a journal or a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of the line format, [`VERSION`].
    pub v: u32,
    /// Position, from 1, without gaps within one writer.
    pub seq: u64,
    /// Unix time in milliseconds.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

/// A line that is not an entry of this version.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The source could not be read.
    #[error("failed to read line {line}: {source}")]
    Read {
        /// Line number, from 1.
        line: usize,
        /// The cause.
        source: std::io::Error,
    },
    /// The line is no entry.
    #[error("line {line} is not a journal entry: {source}")]
    Malformed {
        /// Line number, from 1.
        line: usize,
        /// The cause.
        source: serde_json::Error,
    },
    /// The line was written by another version of the program.
    #[error(
        "line {line} has journal version {found}, this program reads version {VERSION}; use the version of sparring that wrote it"
    )]
    Version {
        /// Line number, from 1.
        line: usize,
        /// What was met.
        found: u32,
    },
}

impl Entry {
    /// Reads one line.
    ///
    /// # Errors
    /// When the line is no entry, or one of another version.
    pub fn parse(text: &str, line: usize) -> Result<Self, EntryError> {
        // The version is read first: an entry of another version may have other fields, and
        // "unknown field" would hide the real reason.
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let malformed = |source| EntryError::Malformed { line, source };
        let Version { v } = serde_json::from_str(text).map_err(malformed)?;
        if v != VERSION {
            return Err(EntryError::Version { line, found: v });
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// The entry as one line, without its end.
    ///
    /// # Errors
    /// Only when a number in the event is not finite.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// Reads every line of a journal or record; empty lines are skipped.
///
/// # Errors
/// On the first line that is no entry of this version.
pub fn read_entries(source: impl BufRead) -> Result<Vec<Entry>, EntryError> {
    let mut entries = Vec::new();
    for (index, text) in source.lines().enumerate() {
        let line = index + 1;
        let text = text.map_err(|source| EntryError::Read { line, source })?;
        if !text.trim().is_empty() {
            entries.push(Entry::parse(&text, line)?);
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn error(text: &str) -> String {
        read_entries(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn wrong_lines_are_named_by_number_and_reason() {
        let good = r#"{"v":1,"seq":1,"at_ms":5,"event":{"kind":"hook_called","hook":"h","pid":1,"thread":"t"}}"#;
        assert_eq!(read_entries(good.as_bytes()).unwrap().len(), 1);
        expect![[r#"
            line 2 is not a journal entry: unknown field `colour`, expected one of `hook`, `pid`, `thread` at line 1 column 99
            line 1 has journal version 2, this program reads version 1; use the version of sparring that wrote it
            line 1 is not a journal entry: missing field `v` at line 1 column 2
        "#]]
        .assert_eq(&format!(
            "{}\n{}\n{}\n",
            error(&format!("{good}\n{}", good.replace("\"pid\":1", "\"pid\":1,\"colour\":2"))),
            error(r#"{"v":2,"new":true}"#),
            error("{}"),
        ));
    }

    #[test]
    fn committed_schema_is_that_of_the_types() {
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Entry)).unwrap();
        expect_test::expect_file!["../schema/journal-v1.json"].assert_eq(&(schema + "\n"));
    }
}
