//! What is wrong with a SQL text, and Spark's words for it.
//!
//! Knows how Spark prints a parse error and a query context; does not know the grammar or the wire.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::Deref;

/// A SQL text that Spark would not parse. Fields are read through [`ParseErrorDetail`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(Box<ParseErrorDetail>);

/// The part of Spark that raises an error; it decides the exception's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaisedBy {
    /// `ParseException`.
    Parser,
    /// `AnalysisException`: Spark's parser lets it pass, but the text alone shows it.
    Analyzer,
    /// `SparkArithmeticException`.
    Arithmetic,
    /// `SparkIllegalArgumentException`.
    Argument,
}

impl RaisedBy {
    /// Who raises an error class (measured on 4.1.4).
    pub(crate) fn of_class(class: &str) -> Self {
        match class {
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND"
            | "USER_DEFINED_FUNCTIONS.NOT_NULL_ON_FUNCTION_PARAMETERS"
            | "MISSING_WINDOW_SPECIFICATION"
            | "UNBOUND_SQL_PARAMETER" => RaisedBy::Analyzer,
            "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION" => RaisedBy::Arithmetic,
            "INVALID_INTERVAL_FORMAT.INVALID_FRACTION"
            | "INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION" => RaisedBy::Argument,
            _ if class.starts_with("INVALID_LIMIT_LIKE_EXPRESSION.") => RaisedBy::Analyzer,
            _ => RaisedBy::Parser,
        }
    }
}

/// What the message of a [`ParseError`] shows of the SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// The piece at fault: the error has a query context.
    Context,
    /// The text with a mark at the place: a syntax error.
    Place,
    /// The text alone.
    Text,
}

/// The parts of a [`ParseError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseErrorDetail {
    /// Spark's error class, such as `PARSE_SYNTAX_ERROR`.
    pub class: &'static str,
    /// The SQLSTATE; legacy classes have none.
    pub sql_state: Option<&'static str>,
    /// The class's message parameters.
    pub parameters: BTreeMap<String, String>,
    /// Line of the error, from 1.
    pub line: u32,
    /// Column of the error in its line, from 0, in characters.
    pub position: u32,
    /// Index of the first character at fault, from 0.
    pub start: u32,
    /// Index of the last character at fault.
    pub stop: u32,
    /// The whole SQL text.
    pub sql_text: String,
    /// The part of Spark that raises it.
    pub raised_by: RaisedBy,
    /// What the message shows of the text.
    pub showing: Showing,
    /// The message without class, place and text.
    pub reason: String,
}

impl Deref for ParseError {
    type Target = ParseErrorDetail;

    fn deref(&self) -> &ParseErrorDetail {
        &self.0
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl ParseError {
    pub(crate) fn new(detail: ParseErrorDetail) -> Self {
        Self(Box::new(detail))
    }

    /// Changes what the message shows of the text.
    pub(crate) fn show(&mut self, showing: Showing) {
        self.0.showing = showing;
    }

    /// The message as Spark prints it, with what it shows of the SQL text.
    pub fn message(&self) -> String {
        let mut out = String::new();
        if self.raised_by == RaisedBy::Parser {
            out.push('\n');
        }
        // Legacy classes (`_LEGACY_ERROR_TEMP_…`) print neither class nor SQLSTATE.
        match self.sql_state {
            Some(state) => {
                let _ = write!(out, "[{}] {} SQLSTATE: {state}", self.class, self.reason);
            }
            None => out.push_str(&self.reason),
        }
        match (self.raised_by, self.showing) {
            (RaisedBy::Parser, Showing::Context) => {
                out.push_str(&self.context().summary(&self.sql_text));
            }
            (RaisedBy::Parser, Showing::Place) => self.mark_place(&mut out),
            (RaisedBy::Parser, Showing::Text) => {
                let _ = write!(out, "\n== SQL ==\n{}", self.sql_text);
            }
            (RaisedBy::Analyzer, Showing::Context) => {
                let _ = write!(out, "; line {} pos {}", self.line, self.position);
            }
            (RaisedBy::Analyzer | RaisedBy::Arithmetic | RaisedBy::Argument, _) => {}
        }
        out
    }

    /// The piece of SQL at fault.
    pub fn context(&self) -> QueryContext {
        QueryContext {
            line: self.line,
            position: self.position,
            start: self.start,
            stop: self.stop,
            object_type: String::new(),
            object_name: String::new(),
        }
    }

    fn mark_place(&self, out: &mut String) {
        let _ = write!(
            out,
            " (line {}, pos {})\n\n== SQL ==\n",
            self.line, self.position
        );
        let mut lines: Vec<&str> = self.sql_text.split('\n').collect();
        // Java's `split` drops empty trailing pieces.
        while lines.len() > 1 && lines.last() == Some(&"") {
            lines.pop();
        }
        let above = (self.line as usize).min(lines.len());
        for line in &lines[..above] {
            out.push_str(line);
            out.push('\n');
        }
        out.extend(std::iter::repeat_n('-', self.position as usize));
        out.push_str("^^^\n");
        for line in &lines[above..] {
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// A piece of a SQL text, as Spark's errors show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryContext {
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character in its line, from 0.
    pub position: u32,
    /// Index of the first character in the text, from 0.
    pub start: u32,
    /// Index of the last character.
    pub stop: u32,
    /// `VIEW` for example, or empty for the statement itself.
    pub object_type: String,
    /// The view's name, or empty.
    pub object_name: String,
}

/// More context than this many characters on either side is cut (measured on 4.1.4).
const EXTRA_CONTEXT: usize = 32;

impl QueryContext {
    /// The piece of text itself.
    pub fn fragment<'a>(&self, sql_text: &'a str) -> &'a str {
        let mut indices = sql_text.char_indices().map(|(byte, _)| byte);
        let start = indices.nth(self.start as usize).unwrap_or(sql_text.len());
        let n_more = self.stop.saturating_sub(self.start) as usize;
        let end = indices.nth(n_more).unwrap_or(sql_text.len());
        &sql_text[start..end]
    }

    /// Spark's `== SQL (line 1, position 8) ==` block: the lines of the piece with carets below.
    pub fn summary(&self, sql_text: &str) -> String {
        let mut out = String::from("\n== SQL");
        if !self.object_type.is_empty() && !self.object_name.is_empty() {
            let _ = write!(out, " of {} {}", self.object_type, self.object_name);
        }
        let _ = writeln!(
            out,
            " (line {}, position {}) ==",
            self.line,
            self.position + 1
        );

        let text: Vec<char> = sql_text.chars().collect();
        if text.is_empty() {
            return out;
        }
        let start = (self.start as usize).min(text.len() - 1);
        let stop = (self.stop as usize).clamp(start, text.len() - 1);
        let line_start = text[..=start]
            .iter()
            .rposition(|c| *c == '\n')
            .map_or(0, |at| at + 1);
        let line_end = text[stop..]
            .iter()
            .position(|c| *c == '\n')
            .map_or(text.len(), |at| stop + at);
        let cut_start = start.saturating_sub(line_start) > EXTRA_CONTEXT;
        let cut_end = line_end.saturating_sub(stop + 1) > EXTRA_CONTEXT;
        let from = if cut_start {
            start - EXTRA_CONTEXT
        } else {
            line_start.min(start)
        };
        let until = if cut_end {
            stop + 1 + EXTRA_CONTEXT
        } else {
            line_end.max(stop + 1)
        };

        let mut at = from;
        for (n_line, line) in text[from..until].split(|c| *c == '\n').enumerate() {
            let lead = if n_line == 0 && cut_start { "..." } else { "" };
            let tail = if cut_end && at + line.len() == until {
                "..."
            } else {
                ""
            };
            out.push_str(lead);
            out.extend(line);
            out.push_str(tail);
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', lead.len()));
            out.extend((at..at + line.len()).map(|index| {
                if (start..=stop).contains(&index) {
                    '^'
                } else {
                    ' '
                }
            }));
            // Spark pads the mark line over the cut tail, but not over a whole one.
            out.extend(std::iter::repeat_n(' ', tail.len()));
            while out.ends_with(' ') {
                out.pop();
            }
            out.push('\n');
            at += line.len() + 1;
        }
        out
    }
}
