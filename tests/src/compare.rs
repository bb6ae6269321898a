//! Comparing an answer with the recorded one.
//!
//! Doubles inside cells of a column whose type holds one may differ by one part in 10¹⁴: Java's own
//! mathematics promises no last digit. Everything else is compared as text.

use std::collections::BTreeMap;

use crate::fixture::Failure;
use crate::machine::machine_free;

/// How far an answer is from Spark's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same.
    Pass,
    /// The same rows and types or the same error class, but not the same details: the mark of a
    /// made-up name, an error's parameters, its place.
    Inexact(String),
    /// Refused by name where Spark answers.
    Refused(String),
    /// Wrong.
    Fail(String),
}

/// A schema line with the keys of its metadata in order: a JSON object has none, and Spark's is that
/// of its hash maps.
fn keys_sorted(line: &str) -> String {
    const MARK: &str = " metadata {";
    let Some(at) = line.rfind(MARK) else {
        return line.to_owned();
    };
    let (head, json) = line.split_at(at + MARK.len() - 1);
    match serde_json::from_str::<BTreeMap<String, serde_json::Value>>(json) {
        Ok(keys) => format!("{head}{}", serde_json::json!(keys)),
        Err(_) => line.to_owned(),
    }
}

/// Compares schema lines.
pub fn schema(recorded: &[String], found: &[String]) -> Verdict {
    let sorted = |lines: &[String]| {
        lines
            .iter()
            .map(|line| keys_sorted(line))
            .collect::<Vec<_>>()
    };
    let (recorded, found) = (&sorted(recorded)[..], &sorted(found)[..]);
    if recorded == found {
        return Verdict::Pass;
    }
    let bare = |lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .map(|line| line.strip_suffix(" auto").unwrap_or(line).to_owned())
            .collect()
    };
    let difference = difference(recorded, found);
    if bare(recorded) == bare(found) {
        return Verdict::Inexact(format!("mark of made-up names: {difference}"));
    }
    Verdict::Fail(format!("schema: {difference}"))
}

/// Compares rows, as a multiset unless `ordered`.
pub fn rows(schema: &[String], recorded: &[String], found: &[String], ordered: bool) -> Verdict {
    let free = |lines: &[String]| lines.iter().map(|line| machine_free(line)).collect();
    let (mut recorded, mut found): (Vec<String>, Vec<String>) = (free(recorded), free(found));
    if !ordered {
        recorded.sort();
        found.sort();
    }
    let floating = schema
        .iter()
        .any(|line| line.contains("double") || line.contains("float"));
    let is_same = recorded.len() == found.len()
        && recorded
            .iter()
            .zip(&found)
            .all(|(a, b)| a == b || (floating && nearly(schema, a, b)));
    if is_same {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("rows: {}", difference(&recorded, &found)))
    }
}

/// Compares errors.
pub fn failure(recorded: &Failure, found: &Failure) -> Verdict {
    if recorded.class != found.class || recorded.sql_state != found.sql_state {
        return Verdict::Fail(format!(
            "error: Spark {} {} {:?}, ours {} {} {:?}",
            recorded.class,
            recorded.sql_state,
            recorded.parameters,
            found.class,
            found.sql_state,
            found.parameters
        ));
    }
    if recorded.class.is_empty() && recorded.java != found.java {
        return Verdict::Fail(format!(
            "error: Spark {}, ours {}",
            recorded.java, found.java
        ));
    }
    if recorded.parameters != found.parameters {
        return Verdict::Inexact(format!(
            "parameters of {}: Spark {:?}, ours {:?}",
            recorded.class, recorded.parameters, found.parameters
        ));
    }
    if recorded.java != found.java || recorded.contexts != found.contexts {
        return Verdict::Inexact(format!(
            "{}: Spark {} at {:?}, ours {} at {:?}",
            recorded.class, recorded.java, recorded.contexts, found.java, found.contexts
        ));
    }
    Verdict::Pass
}

/// The first lines that differ.
pub fn difference(recorded: &[String], found: &[String]) -> String {
    let differing = (0..recorded.len().max(found.len()))
        .filter(|index| recorded.get(*index) != found.get(*index))
        .take(3)
        .map(|index| {
            let line = |lines: &[String]| {
                lines
                    .get(index)
                    .map_or_else(|| "nothing".to_owned(), |line| format!("⟨{line}⟩"))
            };
            format!("Spark {}, ours {}", line(recorded), line(found))
        })
        .collect::<Vec<_>>();
    differing.join("; ")
}

/// Whether two rows are the same but for the last digits of floating-point numbers.
fn nearly(schema: &[String], recorded: &str, found: &str) -> bool {
    let (left, right) = (cells(recorded), cells(found));
    left.len() == right.len()
        && left.len() == schema.len()
        && schema
            .iter()
            .zip(left.iter().zip(&right))
            .all(|(column, (a, b))| {
                a == b
                    || ((column.contains("double") || column.contains("float"))
                        && numbers_near(a, b))
            })
}

/// Splits a row at ` | ` outside of quotes.
fn cells(row: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for char in row.chars() {
        if char == '\'' && !escaped {
            quoted = !quoted;
        }
        escaped = char == '\\' && !escaped;
        if char == '|' && !quoted {
            out.push(String::new());
        } else if let Some(cell) = out.last_mut() {
            cell.push(char);
        }
    }
    out.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn numbers_near(recorded: &str, found: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let mut tokens = vec![String::new()];
        let mut in_number = false;
        for char in text.chars() {
            let is_number = char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '+');
            if is_number != in_number {
                tokens.push(String::new());
                in_number = is_number;
            }
            if let Some(token) = tokens.last_mut() {
                token.push(char);
            }
        }
        tokens
    };
    let (left, right) = (split(recorded), split(found));
    left.len() == right.len()
        && left.iter().zip(&right).all(|(a, b)| {
            a == b
                || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(x), Ok(y))
                    if a.contains('.') && b.contains('.') && (x - y).abs() <= 1e-14 * x.abs().max(y.abs()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn rows_are_a_multiset_unless_ordered() {
        let schema = lines("`a` int");
        assert_eq!(
            rows(&schema, &lines("1\n2"), &lines("2\n1"), false),
            Verdict::Pass
        );
        assert!(matches!(
            rows(&schema, &lines("1\n2"), &lines("2\n1"), true),
            Verdict::Fail(_)
        ));
    }

    #[test]
    fn only_doubles_may_differ_in_the_last_digit() {
        let schema = lines("`a` double\n`b` string\n`c` decimal(3,1)");
        let near = |a: &str, b: &str| rows(&schema, &lines(a), &lines(b), true) == Verdict::Pass;
        assert!(near(
            "1.0000000000000002 | 'x | 1.0' | 1.0",
            "1.0 | 'x | 1.0' | 1.0"
        ));
        assert!(!near(
            "1.0 | '1.0' | 1.0",
            "1.0 | '1.0000000000000002' | 1.0"
        ));
        assert!(!near("1.1 | 'x' | 1.0", "1.2 | 'x' | 1.0"));
    }
}
