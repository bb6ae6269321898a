//! Spark's variable substitution: `${key}` in a SQL text is the value of a configuration key, put in
//! before the text is parsed (`VariableSubstitution`, `ConfigReader`).
//!
//! Places of errors count in the text as it is then, and show the text that was sent, as Spark's do.

use std::borrow::Cow;

use crate::conf::Flavor;
use crate::error::{Error, Exception, Result};
use crate::plan::context::Context;

/// The prefixes that all mean the session's configuration.
const CONFIGURATION: [&str; 4] = ["spark", "sparkconf", "hivevar", "hiveconf"];

/// The text with its variables put in. Databricks does not offer them.
pub(crate) fn substituted<'t>(context: &Context, text: &'t str) -> Result<Cow<'t, str>> {
    let session = &context.session;
    if session.workspace.catalog.flavor() == Flavor::Databricks
        || !text.contains("${")
        || !session.conf().flag("spark.sql.variable.substitute")
    {
        return Ok(Cow::Borrowed(text));
    }
    Ok(Cow::Owned(replaced(context, text, &mut Vec::new())?))
}

/// `outer` are the variables in whose values this text stands.
fn replaced(context: &Context, text: &str, outer: &mut Vec<String>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let name = rest[start + 2..].split('}').next().unwrap_or_default();
        let whole = &rest[start..(start + name.len() + 3).min(rest.len())];
        let is_reference =
            whole.ends_with('}') && !name.is_empty() && !name.contains(char::is_whitespace);
        if !is_reference {
            out.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        match value(context, name, outer)? {
            Some(value) => {
                outer.push(name.to_owned());
                out.push_str(&replaced(context, &value, outer)?);
                outer.pop();
            }
            None => out.push_str(whole),
        }
        rest = &rest[start + whole.len()..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What a variable stands for; an unknown key for nothing, an unknown prefix for itself.
fn value(context: &Context, name: &str, outer: &[String]) -> Result<Option<String>> {
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let key = match name.split_once(':') {
        Some((prefix, key)) if is_word(prefix) && !key.is_empty() => {
            if matches!(prefix, "env" | "system") {
                return Err(Error::unsupported(format!(
                    "the variable `${{{name}}}` in SQL: the server's own environment"
                )));
            }
            if !CONFIGURATION.contains(&prefix) {
                return Ok(None);
            }
            key
        }
        _ => name,
    };
    if outer.iter().any(|known| known == name) {
        return Err(Error::plain(
            Exception::Java("java.lang.IllegalArgumentException"),
            format!("requirement failed: Circular reference in ${{{name}}}: {name}"),
        ));
    }
    Ok(Some(context.session.conf().option(key).unwrap_or_default()))
}
