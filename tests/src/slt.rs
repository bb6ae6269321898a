//! SQL case files: the same format that `tests/record/slt.py` writes.

/// One query of a file with the configuration in force and the recorded answer.
#[derive(Debug, Clone)]
pub struct Case {
    /// Configuration set (or unset, `None`) before this query, in order.
    pub confs: Vec<(String, Option<String>)>,
    /// The SQL text.
    pub sql: String,
    /// Rows are compared in order.
    pub ordered: bool,
    /// Only the schema is compared.
    pub types_only: bool,
    /// The recorded answer, line by line.
    pub answer: Vec<String>,
}

/// The cases of a file.
pub fn parse(content: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut confs = Vec::new();
    for chunk in chunks(content) {
        let mut lines = chunk.into_iter().skip_while(|line| line.starts_with('#')).peekable();
        while let Some(conf) = lines.next_if(|line| line.starts_with("conf ")) {
            let text = conf.trim_start_matches("conf ").trim();
            confs.push(match text.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (text.to_owned(), None),
            });
        }
        let Some(head) = lines.peek().cloned() else { continue };
        let mut flags: Vec<&str> = Vec::new();
        if head == "query" || head.starts_with("query ") {
            lines.next();
            flags = head.split_whitespace().skip(1).collect();
        }
        let rest: Vec<String> = lines.collect();
        let cut = rest.iter().position(|line| line == "----").unwrap_or(rest.len());
        cases.push(Case {
            confs: std::mem::take(&mut confs),
            sql: rest[..cut].join("\n"),
            ordered: flags.contains(&"ordered"),
            types_only: flags.contains(&"types"),
            answer: rest.get(cut + 1..).unwrap_or_default().to_vec(),
        });
    }
    cases
}

/// Runs of lines between blank ones.
fn chunks(content: &str) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    for line in content.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            found.push(Vec::new());
        } else if let Some(last) = found.last_mut() {
            last.push(line.to_owned());
        }
    }
    found.retain(|chunk| !chunk.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_file_is_cases_with_the_configuration_before_them() {
        let cases = parse("# note\nconf a=b\nquery ordered\nSELECT 1\n----\n`1` int\n----\n1\n");
        assert_eq!(cases.len(), 1);
        assert_eq!(cases[0].confs, [("a".to_owned(), Some("b".to_owned()))]);
        assert_eq!(cases[0].sql, "SELECT 1");
        assert!(cases[0].ordered);
        assert_eq!(cases[0].answer, ["`1` int", "----", "1"]);
    }
}
