//! Names of unresolved attributes, which DataFrames give as text: `a.b`, `` `a.b`.c ``.

use crate::error::{ParseError, ParseErrorDetail, RaisedBy, Showing};

/// The parts of a name; dots divide them, backticks around a whole part hide its dots.
pub(crate) fn attribute_name(text: &str) -> Result<Vec<String>, ParseError> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut in_backticks = false;
    let mut chars = text.chars().peekable();
    let mut is_part_start = true;
    while let Some(c) = chars.next() {
        if in_backticks {
            if c != '`' {
                part.push(c);
            } else if chars.peek() == Some(&'`') {
                chars.next();
                part.push('`');
            } else {
                in_backticks = false;
                if chars.peek().is_some_and(|next| *next != '.') {
                    return Err(invalid(text));
                }
            }
        } else if c == '`' {
            if !is_part_start {
                return Err(invalid(text));
            }
            in_backticks = true;
        } else if c == '.' {
            if chars.peek().is_none() || is_part_start {
                return Err(invalid(text));
            }
            parts.push(std::mem::take(&mut part));
            is_part_start = true;
            continue;
        } else {
            part.push(c);
        }
        is_part_start = false;
    }
    if in_backticks {
        return Err(invalid(text));
    }
    parts.push(part);
    Ok(parts)
}

fn invalid(text: &str) -> ParseError {
    ParseError::new(ParseErrorDetail {
        class: "INVALID_ATTRIBUTE_NAME_SYNTAX",
        sql_state: Some("42601"),
        parameters: [("name".to_string(), text.to_string())].into(),
        line: 1,
        position: 0,
        start: 0,
        stop: text.chars().count().saturating_sub(1) as u32,
        sql_text: text.to_string(),
        raised_by: RaisedBy::Analyzer,
        showing: Showing::Text,
        reason: format!(
            "Syntax error in the attribute name: {text}. Check that backticks appear in pairs, a quoted string is \
             a complete name part and use a backtick only inside quoted name parts."
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_divide_and_backticks_hide_them() {
        let parts = |text: &str| attribute_name(text).map_err(|error| error.class);
        assert_eq!(parts("a.b"), Ok(vec!["a".to_string(), "b".to_string()]));
        assert_eq!(
            parts("`a.b`.c d"),
            Ok(vec!["a.b".to_string(), "c d".to_string()])
        );
        assert_eq!(parts("a-b"), Ok(vec!["a-b".to_string()]));
        for wrong in ["a.", ".a", "a`b", "`a", "`a`b", "a..b"] {
            assert_eq!(
                parts(wrong),
                Err("INVALID_ATTRIBUTE_NAME_SYNTAX"),
                "{wrong}"
            );
        }
    }
}
