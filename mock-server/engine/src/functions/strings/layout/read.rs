//! Text as a number under a layout.

use super::tokens::{Group, Layout, Token};
use crate::error::{ANSI, Error, Result};

/// What has been read of a text.
#[derive(Default)]
struct Found {
    before: String,
    behind: String,
    negative: bool,
    behind_point: bool,
    /// `<` without its `>` yet.
    open: bool,
}

impl Layout {
    /// The unscaled number; none if the text does not fit the layout.
    pub(super) fn read(&self, text: &str) -> Result<Option<i128>> {
        let chars: Vec<char> = text.chars().collect();
        let mut found = Found::default();
        let mut at = 0;
        let mut has_brackets = false;
        for token in &self.tokens {
            let c = chars.get(at).copied();
            match (token, c) {
                (Token::Digits(groups), _) => match digits(groups, &chars, at, &mut found) {
                    Some(end) => at = end,
                    None => return Ok(None),
                },
                (Token::Point, Some('.')) => {
                    found.behind_point = true;
                    at += 1;
                }
                (Token::Dollar, Some('$')) | (Token::Sign, Some('+')) => at += 1,
                (Token::Dollar, Some(_)) => return Ok(None),
                (Token::Sign | Token::Minus, Some('-')) => {
                    found.negative = !found.negative;
                    at += 1;
                }
                (Token::Open, Some('<')) => {
                    has_brackets = true;
                    found.open = true;
                    at += 1;
                }
                (Token::Close, Some('>')) => {
                    if !has_brackets {
                        return Ok(None);
                    }
                    found.open = false;
                    found.negative = !found.negative;
                    at += 1;
                }
                _ => {}
            }
        }
        if at < chars.len() || found.open || (found.before.is_empty() && found.behind.is_empty()) {
            return Ok(None);
        }
        self.number(&found).map(Some)
    }

    fn number(&self, found: &Found) -> Result<i128> {
        let (precision, scale) = self.decimal();
        let zeros = usize::try_from(scale)
            .unwrap_or(0)
            .saturating_sub(found.behind.len());
        let digits = format!("{}{}{}", found.before, found.behind, "0".repeat(zeros));
        let significant = digits.trim_start_matches('0').len();
        let too_many = || {
            // Spark shows the value before it was set.
            Error::new(
                "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
                [
                    ("value", "0".to_owned()),
                    ("precision", precision.to_string()),
                    ("scale", scale.to_string()),
                    ("config", ANSI.to_owned()),
                ],
            )
        };
        if significant > usize::from(precision) {
            return Err(too_many());
        }
        let number: i128 = digits.parse().map_err(|_| too_many())?;
        Ok(if found.negative { -number } else { number })
    }
}

/// Reads digits, blanks and separators as far as they go; none if their groups do not fit. Groups
/// are compared from the right, so that the leading ones may be missing.
fn digits(groups: &[Group], chars: &[char], start: usize, found: &mut Found) -> Option<usize> {
    let mut sizes = vec![0];
    let mut at = start;
    while let Some(c) = chars.get(at) {
        if let Some(digit) = decimal_digit(*c) {
            if let Some(size) = sizes.last_mut() {
                *size += 1;
            }
            if found.behind_point {
                found.behind.push(digit);
            } else {
                found.before.push(digit);
            }
        } else if *c == ',' {
            sizes.push(0);
        } else if !c.is_whitespace() {
            break;
        }
        at += 1;
    }
    let expected: Vec<Group> = groups
        .iter()
        .rev()
        .copied()
        .filter(|group| *group != Group::Separator)
        .collect();
    if sizes.len() > expected.len() {
        return None;
    }
    let mut sizes = sizes.into_iter().rev();
    let fits = expected.iter().all(|group| {
        let size = sizes.next().unwrap_or(0);
        match group {
            Group::Exactly(n) => size == *n,
            Group::AtMost(n) => size <= *n,
            Group::Separator => true,
        }
    });
    fits.then_some(at)
}

/// The Latin digit of any script's decimal digit, as Java's `Character.isDigit` knows them. Every
/// script has its ten in a row, beginning with zero.
fn decimal_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let is_digit = |code: u32| {
        char::from_u32(code).is_some_and(|c| {
            let mut buffer = [0; 4];
            is_decimal_digit(c.encode_utf8(&mut buffer))
        })
    };
    let code = u32::from(c);
    if !is_digit(code) {
        return None;
    }
    let run = (1..50).take_while(|back| is_digit(code - back)).count();
    char::from_digit(u32::try_from(run % 10).ok()?, 10)
}

fn is_decimal_digit(text: &str) -> bool {
    static DIGIT: std::sync::LazyLock<Option<regex::Regex>> =
        std::sync::LazyLock::new(|| regex::Regex::new(r"\A\p{Nd}\z").ok());
    DIGIT.as_ref().is_some_and(|digit| digit.is_match(text))
}
