//! A record of CSV cut into its values.
//!
//! The univocity parser's behaviour under Spark's settings, asked of Spark line by line (see
//! `fixtures/plans/files/csv_tokens.json`): a value is quoted only if its quote comes first, what
//! follows a closing quote but blanks makes all of it a plain value, and a quote that is left open
//! takes what is left.

use std::borrow::Cow;

use super::Dialect;
use crate::error::{Error, Exception, Result};

/// A value as it was written; none where nothing was.
pub(super) type Token<'t> = Option<Cow<'t, str>>;

/// What the last character of a quoted value was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Text,
    Quote,
    Escape,
    EscapesEscape,
}

impl Dialect {
    /// Cuts the record that begins `text`, and answers what follows it. Without a line end all of
    /// the text is one record.
    pub(super) fn cut<'t>(
        &self,
        text: &'t str,
        line_end: Option<&str>,
        out: &mut Vec<Token<'t>>,
    ) -> Result<&'t str> {
        let first = out.len();
        let trims = self.trim_start == Some(true);
        let mut rest = text;
        loop {
            if trims {
                rest = self.without_blanks(rest, line_end);
            }
            if ends(rest, line_end) && out.len() == first {
                break;
            }
            let (token, after) = self.token(rest, line_end);
            if out.len() - first >= self.max_columns {
                let max = self.max_columns;
                return Err(unparsed(format!(
                    "java.lang.ArrayIndexOutOfBoundsException - Index {max} out of bounds for length {max}"
                )));
            }
            if let (Some(max), Some(token)) = (self.max_characters, &token)
                && token.len() > max
                && token.chars().count() > max
            {
                return Err(unparsed(format!(
                    "Length of parsed input ({}) exceeds the maximum number of characters defined in your parser settings ({max}). ",
                    max + 1
                )));
            }
            out.push(token);
            match after.strip_prefix(self.separator.as_str()) {
                Some(next) => rest = next,
                None => {
                    rest = after;
                    break;
                }
            }
        }
        Ok(line_end
            .and_then(|end| rest.strip_prefix(end))
            .unwrap_or(rest))
    }

    /// The value of a token, unless it is null.
    pub(super) fn value<'v, 't>(&self, token: &'v Token<'t>) -> Option<&'v Cow<'t, str>> {
        token.as_ref().filter(|text| ***text != self.null_value)
    }

    fn token<'t>(&self, text: &'t str, line_end: Option<&str>) -> (Token<'t>, &'t str) {
        if text.starts_with(self.quote) {
            let (value, rest) = self.quoted(text, line_end);
            let value = match &self.empty_value {
                Some(empty) if value.is_empty() => Cow::Owned(empty.clone()),
                _ => value,
            };
            return (Some(value), rest);
        }
        let (value, rest) = self.plain(text, line_end);
        ((!value.is_empty()).then_some(value.into()), rest)
    }

    /// The text up to the next separator or line end.
    fn plain<'t>(&self, text: &'t str, line_end: Option<&str>) -> (&'t str, &'t str) {
        let end = match (self.separator.as_bytes(), line_end) {
            ([one], None) => memchr::memchr(*one, text.as_bytes()),
            (_, None) => text.find(self.separator.as_str()),
            ([one], Some("\n")) => memchr::memchr2(*one, b'\n', text.as_bytes()),
            (_, Some(end)) => {
                let line = text.find(end).unwrap_or(text.len());
                text[..line].find(self.separator.as_str()).or(Some(line))
            }
        };
        let (value, rest) = text.split_at(end.unwrap_or(text.len()));
        if self.trim_end == Some(true) {
            return (value.trim_end_matches(|c| c <= ' '), rest);
        }
        (value, rest)
    }

    /// The value that begins with a quote.
    fn quoted<'t>(&self, text: &'t str, line_end: Option<&str>) -> (Cow<'t, str>, &'t str) {
        let body = &text[self.quote.len_utf8()..];
        if body.is_empty() {
            return (text.into(), body);
        }
        let special = [
            self.quote,
            self.escape,
            self.escapes_escape.unwrap_or(self.quote),
        ];
        if let Some(at) = body.find(special)
            && body[at..].starts_with(self.quote)
            && let Some(rest) = self.closed(&body[at + self.quote.len_utf8()..], line_end)
        {
            return (body[..at].into(), rest);
        }
        let mut value = String::new();
        let mut before = Before::Text;
        for (at, c) in body.char_indices() {
            let (is_quote, is_escape) = (c == self.quote, c == self.escape);
            match before {
                Before::Quote => {
                    if let Some(rest) = self.closed(&body[at..], line_end) {
                        return (value.into(), rest);
                    }
                    if !is_quote {
                        let (raw, rest) = self.plain(&body[at..], line_end);
                        let quote = self.quote;
                        let mut whole = format!("{quote}{value}{quote}{raw}");
                        // After blanks, one character and a quote the parser waits for another
                        // one, and adds it where the text ends before.
                        let word = raw.trim_start_matches(|c| c <= ' ');
                        let mut first = word.chars();
                        let reopened = raw.len() > word.len()
                            && first.next().is_some_and(|c| c != quote)
                            && first.next() == Some(quote);
                        if reopened && rest.is_empty() {
                            whole.push(quote);
                        }
                        return (whole.into(), rest);
                    }
                    value.push(c);
                    if self.escape == self.quote {
                        before = Before::Text;
                    }
                    continue;
                }
                Before::EscapesEscape if is_escape => {
                    value.push(c);
                    before = Before::Text;
                    continue;
                }
                Before::Escape if is_quote => {
                    value.push(c);
                    before = Before::Text;
                    continue;
                }
                Before::Escape if is_escape => {
                    value.push(c);
                    before = if self.escapes_escape == Some(c) {
                        Before::Text
                    } else {
                        Before::Escape
                    };
                    continue;
                }
                Before::Escape => value.push(self.escape),
                Before::EscapesEscape => value.extend(self.escapes_escape),
                Before::Text => {}
            }
            before = if is_quote {
                Before::Quote
            } else if is_escape {
                Before::Escape
            } else if Some(c) == self.escapes_escape {
                Before::EscapesEscape
            } else {
                value.push(c);
                Before::Text
            };
        }
        (value.into(), "")
    }

    /// What follows a value whose closing quote was before `text`; none if it was no closing one.
    fn closed<'t>(&self, text: &'t str, line_end: Option<&str>) -> Option<&'t str> {
        let rest = self.without_blanks(text, line_end);
        (ends(rest, line_end) || rest.starts_with(self.separator.as_str())).then_some(rest)
    }

    /// The text without leading blanks, which separators and line ends are not.
    fn without_blanks<'t>(&self, text: &'t str, line_end: Option<&str>) -> &'t str {
        let is_stop = |c: char| {
            self.separator.starts_with(c) || line_end.is_some_and(|end| end.starts_with(c))
        };
        text.trim_start_matches(|c: char| c <= ' ' && !is_stop(c))
    }
}

fn ends(text: &str, line_end: Option<&str>) -> bool {
    text.is_empty() || line_end.is_some_and(|end| text.starts_with(end))
}

fn unparsed(message: String) -> Error {
    let exception = "com.univocity.parsers.common.TextParsingException";
    Error::plain(Exception::Java(exception), message)
}
