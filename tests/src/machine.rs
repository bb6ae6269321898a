//! What a catalog tells of the machine, of the moment and of the files, taken out of texts: places in the
//! warehouse, times, sizes in bytes, owners.
//!
//! The recorder does the same (`machine_free` in `tests/record/slt.py`); change both together.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Patterns and what stands in their place.
static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r#"(file|dbfs):/[^ '"`|]*?/warehouse\b"#, "#warehouse"),
        (
            r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}",
            "#time",
        ),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "#time"),
        (r"\b\d+ bytes", "#n bytes"),
        (r#"("size_in_bytes":)\d+"#, "$1#n"),
        (r#"(Owner(?:' \| '|: )|"owner":")[^'"\\]+"#, "${1}#user"),
    ]
    .into_iter()
    .filter_map(|(pattern, put)| Some((Regex::new(pattern).ok()?, put)))
    .collect()
});

/// The text without them.
pub fn machine_free(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    for (pattern, put) in RULES.iter() {
        if pattern.is_match(&text) {
            text = pattern.replace_all(&text, *put).into_owned().into();
        }
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_times_sizes_and_owners_are_taken_out() {
        for (text, free) in [
            (
                "'Location' | 'file:/home/me/warehouse/d.db/t'",
                "'Location' | '#warehouse/d.db/t'",
            ),
            ("Sun Nov 29 10:00:00 UTC 2026 ", "#time "),
            ("'1234 bytes, 2 rows'", "'#n bytes, 2 rows'"),
            ("'Owner' | 'root'", "'Owner' | '#user'"),
            ("'file:/tmp/x'", "'file:/tmp/x'"),
        ] {
            assert_eq!(machine_free(text), free);
        }
    }
}
