//! `fixtures/known-differences.md`: cases that differ from Spark on purpose, each with a reason.
//!
//! A case is excused by its id in backticks anywhere in that page, `` `FILE CASE` ``: FILE is the
//! path below `fixtures/`, CASE the SQL text or the plan case's name. `` `FILE *` `` excuses the
//! whole file.

/// The list of known differences.
#[derive(Debug, Default)]
pub struct Known(String);

impl Known {
    /// The page's text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Whether that case may differ.
    pub fn has(&self, file: &str, id: &str) -> bool {
        self.0.contains(&format!("`{id}`")) || self.0.contains(&format!("`{file} *`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_or_a_whole_file_is_excused() {
        let known = Known::new("- `slt/a.slt SELECT 1`: why\n- `slt/b.slt *`: why".to_owned());
        assert!(known.has("slt/a.slt", "slt/a.slt SELECT 1"));
        assert!(!known.has("slt/a.slt", "slt/a.slt SELECT 2"));
        assert!(known.has("slt/b.slt", "slt/b.slt anything"));
    }
}
