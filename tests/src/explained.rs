//! Explain texts to be compared: their sections, and what is left out of account.
//!
//! Knows texts only.

use std::collections::HashMap;

use serde_json::Value;
use sparring_proto::connect::analyze_plan_request::explain::ExplainMode;

/// A part of an explain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// As it was sent.
    Parsed,
    /// As it was resolved.
    Analyzed,
    /// What the optimizer made of it.
    Optimized,
    /// What runs.
    Physical,
    /// All of a text.
    Whole,
}

impl Section {
    /// The parts of a text that are compared by themselves.
    pub fn of(mode: ExplainMode) -> &'static [Self] {
        match mode {
            ExplainMode::Extended => &[
                Self::Parsed,
                Self::Analyzed,
                Self::Optimized,
                Self::Physical,
            ],
            ExplainMode::Cost => &[Self::Optimized],
            ExplainMode::Unspecified
            | ExplainMode::Simple
            | ExplainMode::Codegen
            | ExplainMode::Formatted => &[Self::Whole],
        }
    }

    /// The name in the list of differences.
    pub fn name(self, mode: ExplainMode) -> &'static str {
        match (self, mode) {
            (Self::Parsed, _) => "parsed",
            (Self::Analyzed, _) => "analyzed",
            (Self::Optimized, ExplainMode::Cost) => "cost",
            (Self::Optimized, _) => "optimized",
            (Self::Physical, _) => "physical",
            (Self::Whole, ExplainMode::Formatted) => "formatted",
            (Self::Whole, ExplainMode::Codegen) => "codegen",
            (Self::Whole, _) => "simple",
        }
    }

    fn heading(self) -> Option<&'static str> {
        match self {
            Self::Parsed => Some("== Parsed Logical Plan ==\n"),
            Self::Analyzed => Some("== Analyzed Logical Plan ==\n"),
            Self::Optimized => Some("== Optimized Logical Plan ==\n"),
            Self::Physical => Some("== Physical Plan ==\n"),
            Self::Whole => None,
        }
    }

    /// This part of a text, in the form to be compared; its heading and end included.
    pub fn part(self, text: &str) -> String {
        let part = match self.heading() {
            None => text,
            Some(heading) => match text.split_once(heading) {
                None => return format!("without {heading}in\n{text}"),
                Some((_, rest)) => rest.split("\n== ").next().unwrap_or(rest),
            },
        };
        normal(part)
    }
}

/// A recorded text: the fixture holds its lines.
pub fn lines(recorded: &Value) -> String {
    let lines: Vec<&str> = recorded
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    lines.join("\n")
}

/// A text whose ids are numbered in order of appearance and whose plan ids and partitions are `n`.
pub fn normal(text: &str) -> String {
    let text = numbered(text, "#");
    let text = numbered(&text, "CTERelationDef ");
    let text = numbered(&text, "CTERelationRef ");
    let text = unnumbered(&text, "plan_id=");
    let text = unnumbered(&text, "splits=Some(");
    unnumbered(&text, "splits=")
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn numbered(text: &str, before: &str) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    replaced(text, before, |number| {
        let next = seen.len() + 1;
        seen.entry(number.to_owned()).or_insert(next).to_string()
    })
}

fn unnumbered(text: &str, before: &str) -> String {
    replaced(text, before, |_| "n".to_owned())
}

fn replaced(text: &str, before: &str, mut number: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(before) {
        let (head, tail) = rest.split_at(place + before.len());
        out.push_str(head);
        let (found, after) = digits(tail);
        if !found.is_empty() {
            out.push_str(&number(found));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
