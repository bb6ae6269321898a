//! Where an error arose: in a SQL text, or in a line of a client's program. Clients show it under
//! the message.
//!
//! Knows nothing of errors.

use std::fmt;
use std::sync::Arc;

/// Where an error arose.
#[derive(Clone, PartialEq, Eq)]
pub enum QueryContext {
    /// A fragment of a SQL text.
    Sql(SqlContext),
    /// A call of the DataFrame API.
    DataFrame(DataFrameContext),
}

/// A fragment of a SQL text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SqlContext {
    /// Index of the first character of the fragment.
    pub start_index: i32,
    /// Index of the last character of the fragment, inclusive as in Spark.
    pub stop_index: i32,
    /// One-based line of the fragment's start.
    pub line: i32,
    /// Zero-based column of the fragment's start.
    pub start_position: i32,
    /// The whole SQL text.
    pub sql_text: Arc<str>,
}

/// A call of the DataFrame API, as the client names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataFrameContext {
    /// The function that was called, such as `__truediv__`.
    pub fragment: Arc<str>,
    /// File and line of the call.
    pub call_site: Arc<str>,
}

/// Says nothing of the place: expressions are told apart by what they hold, and two that differ in
/// their places alone are one to Spark, as in `SELECT a % 2 … GROUP BY a % 2`.
impl fmt::Debug for QueryContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryContext")
    }
}

impl QueryContext {
    /// The place of what has none and is said to have one all the same.
    pub(crate) fn nowhere() -> Self {
        Self::Sql(SqlContext {
            start_index: -1,
            stop_index: -1,
            ..SqlContext::default()
        })
    }

    /// Whether there is anything to show.
    pub(super) fn is_nowhere(&self) -> bool {
        matches!(self, Self::Sql(place) if place.sql_text.is_empty())
    }

    /// What failed: a part of the text, or the function that was called.
    pub fn fragment(&self) -> String {
        match self {
            Self::Sql(place) => place.fragment(),
            Self::DataFrame(call) => call.fragment.to_string(),
        }
    }

    /// The fragment in its surroundings, as Spark's `summary` shows it.
    pub fn summary(&self) -> String {
        match self {
            Self::Sql(place) => place.summary(),
            Self::DataFrame(DataFrameContext {
                fragment,
                call_site,
            }) => format!("== DataFrame ==\n\"{fragment}\" was called from\n{call_site}\n"),
        }
    }
}

impl SqlContext {
    /// The part of the text that failed.
    fn fragment(&self) -> String {
        if self.stop_index < 0 {
            return String::new();
        }
        let start = usize::try_from(self.start_index).unwrap_or(0);
        let stop = usize::try_from(self.stop_index).unwrap_or(0);
        // Places count characters, which Spark takes for those of a Java string.
        let units: Vec<u16> = self
            .sql_text
            .encode_utf16()
            .skip(start)
            .take((stop + 1).saturating_sub(start))
            .collect();
        String::from_utf16_lossy(&units)
    }

    /// Spark's `SQLQueryContext.summary`: the position, the line, and carets under the fragment.
    fn summary(&self) -> String {
        let line_text = self
            .sql_text
            .lines()
            .nth(usize::try_from(self.line - 1).unwrap_or(0))
            .unwrap_or_default();
        let start = usize::try_from(self.start_position).unwrap_or(0);
        let length = self
            .fragment()
            .chars()
            .take_while(|c| *c != '\n')
            .count()
            .max(1);
        let carets = "^".repeat(length.min(line_text.chars().count().saturating_sub(start).max(1)));
        format!(
            "== SQL (line {}, position {}) ==\n{}\n{}{}\n",
            self.line,
            self.start_position + 1,
            line_text,
            " ".repeat(start),
            carets
        )
    }
}
