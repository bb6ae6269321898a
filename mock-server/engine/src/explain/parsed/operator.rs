//! Calls that Spark's SQL parser makes operators of. They are no calls by name, so that their
//! arguments alone decide whether they are resolved.

use super::expression::Text;
use crate::explain::notation;

/// The operator of a name that SQL lowers to; none for a call that the analyzer looks up.
pub(super) fn written(name: &str, args: &[Text], most: usize) -> Option<String> {
    let texts: Vec<String> = args.iter().map(|arg| arg.text.clone()).collect();
    let name = match (name, args.len()) {
        ("isNull", 1) => "isnull",
        ("isNotNull", 1) => "isnotnull",
        ("||", 2..) => "concat",
        ("positive" | "negative" | "~" | "not" | "-", 1) => name,
        ("in" | "when" | "like" | "rlike", 2..) => name,
        (symbol, 2) if notation::infix(symbol).is_some_and(|_| is_symbol(symbol)) => symbol,
        _ => return None,
    };
    Some(notation::call(name, &texts, most))
}

fn is_symbol(name: &str) -> bool {
    matches!(name, "and" | "or" | "div") || !name.chars().any(char::is_alphanumeric)
}
