//! Java's patterns as Rust's: what they spell differently, and what only Java can do.

use regex::{Regex, RegexBuilder};

use crate::error::{Error, Result};

/// Java's classes `\d`, `\w`, `\s`, `\b` know ASCII only, Rust's know Unicode.
pub(super) fn compile(function: &str, pattern: &str) -> Result<Regex> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = 0_usize;
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next();
                let piece: &str = match next {
                    Some('d') if in_class > 0 => "0-9",
                    Some('d') => "[0-9]",
                    Some('D') => "[^0-9]",
                    Some('w') if in_class > 0 => "a-zA-Z0-9_",
                    Some('w') => "[a-zA-Z0-9_]",
                    Some('W') => "[^a-zA-Z0-9_]",
                    Some('s') if in_class > 0 => r" \t\n\x0B\f\r",
                    Some('s') => r"[ \t\n\x0B\f\r]",
                    Some('S') => r"[^ \t\n\x0B\f\r]",
                    Some('b') => r"(?-u:\b)",
                    Some('h') => r"[ \t\x{A0}]",
                    Some('Z' | 'G' | 'k' | 'R' | 'X' | 'Q') => {
                        return Err(refused(pattern, "an escape that only Java knows"));
                    }
                    Some(digit @ '1'..='9') => {
                        return Err(refused(pattern, &format!("the back reference \\{digit}")));
                    }
                    Some(other) => {
                        if other == 'p' || other == 'P' {
                            out.push('\\');
                            out.push(other);
                            let rest: String = chars.clone().collect();
                            if let Some(java) = posix(&rest) {
                                let upper = other == 'P';
                                out.truncate(out.len() - 2);
                                out.push_str(if upper { "[^" } else { "[" });
                                out.push_str(java.1);
                                out.push(']');
                                for _ in 0..java.0 {
                                    chars.next();
                                }
                            }
                        } else if other.is_ascii_alphanumeric()
                            || !other.is_alphanumeric() && other.is_ascii()
                        {
                            out.push('\\');
                            out.push(other);
                        } else {
                            out.push(other);
                        }
                        previous = other;
                        continue;
                    }
                    None => return Err(refused(pattern, "a trailing backslash")),
                };
                out.push_str(piece);
                previous = ' ';
                continue;
            }
            '[' if in_class > 0 => {
                in_class += 1;
                out.push('[');
                // What looks like a POSIX class is a nested class of these letters in Java.
                if chars.next_if_eq(&':').is_some() {
                    out.push_str("\\:");
                }
            }
            '[' => {
                in_class = 1;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str(r"\]");
                }
            }
            ']' if in_class > 0 => {
                in_class -= 1;
                out.push(']');
            }
            '+' if in_class == 0 && matches!(previous, '*' | '+' | '?' | '}') => {
                return Err(refused(pattern, "a possessive quantifier"));
            }
            _ => out.push(c),
        }
        previous = if in_class > 0 { ' ' } else { c };
    }
    RegexBuilder::new(&out)
        .build()
        .map_err(|error| match error {
            regex::Error::Syntax(message) if message.contains("look-around") => {
                refused(pattern, "look-around")
            }
            _ => Error::new(
                "INVALID_PARAMETER_VALUE.PATTERN",
                [
                    ("functionName", format!("`{function}`")),
                    ("parameter", "`regexp`".to_owned()),
                    ("value", format!("'{pattern}'")),
                ],
            ),
        })
}

/// Java's POSIX classes, which know ASCII only: how long the name is, and what is in it.
fn posix(rest: &str) -> Option<(usize, &'static str)> {
    const CLASSES: [(&str, &str); 8] = [
        ("{Alpha}", "a-zA-Z"),
        ("{Digit}", "0-9"),
        ("{Alnum}", "a-zA-Z0-9"),
        ("{Upper}", "A-Z"),
        ("{Lower}", "a-z"),
        ("{Punct}", r"!-/:-@\[-`{-~"),
        ("{Space}", r" \t\n\x0B\f\r"),
        ("{XDigit}", "0-9a-fA-F"),
    ];
    CLASSES
        .iter()
        .find(|(name, _)| rest.starts_with(name))
        .map(|(name, set)| (name.len(), *set))
}

fn refused(pattern: &str, what: &str) -> Error {
    Error::unsupported(format!("{what} in the regular expression '{pattern}'"))
}
