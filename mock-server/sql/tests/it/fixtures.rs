//! SQL texts and what they become, as data: `fixtures/sql/*.txt`.
//!
//! A case is a SQL text, a line `----` and the tree or the error; a line `====` ends it. `UPDATE=1` rewrites the
//! files with today's answers, except `errors*.txt`, which real Spark answered (`tests/record/sql_errors.py`).
//! `deviations.txt` holds the errors that Spark words or places otherwise, because ANTLR looks ahead in other ways.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{compact, render};
use sparring_sql::{
    ParseError, Statement, parse_data_type, parse_expression, parse_statement, parse_table_schema,
};

const CASE_END: &str = "\n====\n";
const ANSWER_START: &str = "\n----\n";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sql")
}

fn answer(file: &str, sql: &str) -> String {
    let rendered = match file.split(['-', '.']).next().expect("a name") {
        "expressions" => parse_expression(sql).map(|parsed| render::expression(&parsed)),
        "types" => parse_data_type(sql).map(|parsed| render::data_type(&parsed)),
        "schemas" => parse_table_schema(sql).map(|parsed| render::data_type(&parsed)),
        _ => parse_statement(sql).map(|parsed| statement(&parsed)),
    };
    rendered
        .unwrap_or_else(|error| error_text(&error))
        .trim_end()
        .to_string()
}

fn statement(parsed: &Statement) -> String {
    match parsed {
        Statement::Query(relation) => render::relation(relation),
        other => compact::compact(other),
    }
}

/// Without the line feed that Spark puts first.
fn error_text(error: &ParseError) -> String {
    error.message().trim_start_matches('\n').to_string()
}

#[test]
fn parse_fixtures() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut differences = String::new();
    let mut n_cases = 0;
    let mut files: Vec<_> = fs::read_dir(fixtures())
        .expect("fixtures/sql exists")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    for path in files {
        let file = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a readable fixture");
        let mut updated = String::new();
        for case in text.split(CASE_END).filter(|case| !case.trim().is_empty()) {
            n_cases += 1;
            let (sql, expected) = case.split_once(ANSWER_START).unwrap_or((case, ""));
            let found = answer(&file, sql);
            if found != expected.trim_end() {
                differences.push_str(&format!(
                    "{file}: {sql}\n--- expected\n{expected}\n--- found\n{found}\n\n"
                ));
            }
            updated.push_str(&format!("{sql}{ANSWER_START}{found}{CASE_END}"));
        }
        if update && !file.starts_with("errors") {
            fs::write(&path, updated).expect("a writable fixture");
        }
    }
    assert!(n_cases > 0, "no fixtures found");
    assert!(update || differences.is_empty(), "{differences}");
}
