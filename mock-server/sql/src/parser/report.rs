//! How the parser says what is wrong and where.

use std::collections::BTreeMap;

use super::{Parsed, Parser};
use crate::error::{ParseError, ParseErrorDetail, RaisedBy, Showing};
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// Moves a syntax error of a rule to where Spark reports it: its parser had another way to read the
    /// first words of the rule (as names), falls back on that and stumbles behind it. Seen only outside
    /// of nested queries.
    pub(crate) fn reported_at<T>(&self, index: usize, parsed: Parsed<T>) -> Parsed<T> {
        match parsed {
            Err(error) if error.class == "PARSE_SYNTAX_ERROR" && self.query_depth <= 1 => {
                Err(self.syntax_error_at(index, ""))
            }
            parsed => parsed,
        }
    }

    /// Runs a rule inside of which no alias can end the expression.
    pub(crate) fn inside<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let alias_may_follow = std::mem::replace(&mut self.alias_may_follow, false);
        let parsed = rule(self);
        self.alias_may_follow = alias_may_follow;
        parsed
    }

    /// The token under the cursor is not what the grammar wants.
    pub(crate) fn syntax_error(&self) -> ParseError {
        self.syntax_error_at(self.at, "")
    }

    pub(crate) fn syntax_error_at(&self, index: usize, hint: &str) -> ParseError {
        let near = self.quoted_token(index);
        let mut error = self.detail(
            index,
            index + 1,
            "PARSE_SYNTAX_ERROR",
            Some("42601"),
            format!("Syntax error at or near {near}{hint}."),
            &[("error", &near), ("hint", hint)],
        );
        error.showing = Showing::Place;
        ParseError::new(error)
    }

    pub(super) fn quoted_token(&self, index: usize) -> String {
        if self
            .tokens
            .get(index)
            .is_none_or(|token| token.kind == TokenKind::End)
        {
            return "end of input".to_string();
        }
        let text = self
            .text_of(index)
            .replace('\n', "\\n")
            .replace('\r', "\\r")
            .replace('\t', "\\t");
        format!("'{text}'")
    }

    /// An error about what lies between two tokens, the last one excluded.
    pub(crate) fn error(
        &self,
        start: usize,
        end: usize,
        class: &'static str,
        sql_state: Option<&'static str>,
        reason: impl Into<String>,
        parameters: &[(&str, &str)],
    ) -> ParseError {
        ParseError::new(self.detail(start, end, class, sql_state, reason.into(), parameters))
    }

    /// The same about what lies between a token and the cursor.
    pub(crate) fn error_from(
        &self,
        start: usize,
        class: &'static str,
        sql_state: Option<&'static str>,
        reason: impl Into<String>,
        parameters: &[(&str, &str)],
    ) -> ParseError {
        self.error(start, self.at, class, sql_state, reason, parameters)
    }

    fn detail(
        &self,
        start: usize,
        end: usize,
        class: &'static str,
        sql_state: Option<&'static str>,
        reason: String,
        parameters: &[(&str, &str)],
    ) -> ParseErrorDetail {
        let start = start.min(self.tokens.len() - 1);
        let first = self.tokens[start].start;
        let end = end.clamp(start + 1, self.tokens.len());
        let last = self.tokens[end - 1].end.saturating_sub(1).max(first);
        let (line, position) = self.places.line_and_position(first);
        ParseErrorDetail {
            class,
            sql_state,
            parameters: parameters
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect::<BTreeMap<_, _>>(),
            line,
            position,
            start: self.places.char_index(first),
            stop: self.places.char_index(last),
            sql_text: self.text.to_string(),
            raised_by: RaisedBy::of_class(class),
            showing: Showing::Context,
            reason,
        }
    }
}

/// Whether a token could stand behind an expression or a name.
pub(super) fn may_follow_expression(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Integer
            | TokenKind::Decimal
            | TokenKind::Exponent
            | TokenKind::Suffixed
            | TokenKind::String
            | TokenKind::LeftParen
            | TokenKind::Unrecognized
    )
}
