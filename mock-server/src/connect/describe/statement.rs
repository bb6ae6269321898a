//! What a SQL text asks for, from its words: the journal wants to know what is read and written
//! also of statements that will then be refused.
//!
//! Queries go through the real parser; for everything else the words are enough.

use sparring_journal::Action;
use sparring_proto::connect::Relation;
use sparring_sql::{Statement, parse_statement};

use super::Description;

/// The query that the text is, if it is one.
pub(super) fn query(sql: &str) -> Option<Relation> {
    if let Ok(Statement::Query(relation)) = parse_statement(sql) {
        return Some(relation);
    }
    None
}

/// Describes a statement.
pub(super) fn describe(sql: &str) -> Description {
    let words = words(sql);
    let upper: Vec<String> = words.iter().map(|word| word.to_ascii_uppercase()).collect();
    let at = |index: usize| upper.get(index).map_or("", String::as_str);
    let has = |word: &str| upper.iter().any(|other| other == word);
    match at(0) {
        "SELECT" | "WITH" | "VALUES" | "FROM" | "TABLE" | "(" | "MAP" | "REDUCE"
            if !(has("INSERT") && at(0) != "SELECT") =>
        {
            let mut description = Description::of(Action::SqlQuery, "SELECT");
            description.sources.query(sql);
            description
        }
        "INSERT" | "MERGE" | "UPDATE" | "DELETE" | "COPY" | "TRUNCATE" | "WITH" | "FROM" => {
            let verb = ["INSERT", "MERGE", "UPDATE", "DELETE", "COPY", "TRUNCATE"]
                .into_iter()
                .find(|verb| at(0) == *verb)
                // `WITH … INSERT`, `FROM … INSERT`.
                .unwrap_or("INSERT");
            let mut description = Description::of(Action::Write, verb);
            tables(&words, &upper, &mut description);
            description
        }
        "CREATE" | "REPLACE" => create(&words, &upper),
        "SHOW" | "DESCRIBE" | "DESC" | "EXPLAIN" | "LIST" => {
            let verb = if at(0) == "DESC" { "DESCRIBE" } else { at(0) };
            let mut description = Description::of(Action::SqlCommand, two(verb, at(1)));
            if verb == "DESCRIBE" {
                let skip = 1 + usize::from(at(1) == "TABLE");
                let skip = skip
                    + usize::from(matches!(
                        at(skip),
                        "EXTENDED" | "FORMATTED" | "HISTORY" | "DETAIL"
                    ));
                description
                    .sources
                    .tables_read
                    .extend(words.get(skip).map(|word| (*word).to_owned()));
                description.detail = verb.to_owned();
            }
            description
        }
        "" => Description::of(Action::Other, "empty statement"),
        verb => {
            let mut description = Description::of(Action::Ddl, two(verb, at(1)));
            if matches!(verb, "ALTER" | "DROP") && at(1) == "TABLE" {
                let skip = if at(2) == "IF" { 4 } else { 2 };
                description
                    .sources
                    .tables_written
                    .extend(words.get(skip).map(|word| (*word).to_owned()));
            }
            if !matches!(
                at(1),
                "TABLE" | "VIEW" | "SCHEMA" | "DATABASE" | "CATALOG" | "VOLUME" | "FUNCTION"
            ) {
                description.detail = verb.to_owned();
            }
            description
        }
    }
}

/// `CREATE`: a temporary view, a table made from rows, or a definition.
fn create(words: &[&str], upper: &[String]) -> Description {
    let modifiers = [
        "CREATE",
        "OR",
        "REPLACE",
        "TEMP",
        "TEMPORARY",
        "GLOBAL",
        "EXTERNAL",
        "MANAGED",
        "FOREIGN",
    ];
    let kind_at = upper
        .iter()
        .position(|word| !modifiers.contains(&word.as_str()))
        .unwrap_or(0);
    let kind = upper.get(kind_at).map_or("", String::as_str);
    let temporary = upper[..kind_at].iter().any(|word| word.starts_with("TEMP"));
    let skip = kind_at
        + if upper.get(kind_at + 1).is_some_and(|word| word == "IF") {
            4
        } else {
            1
        };
    let name = words.get(skip).map(|word| (*word).to_owned());
    match kind {
        "VIEW" if temporary => Description::of(Action::TempView, "CREATE TEMPORARY VIEW"),
        "TABLE" => {
            let from_rows = upper.windows(2).any(|pair| {
                pair[0] == "AS"
                    && matches!(
                        pair[1].as_str(),
                        "SELECT" | "WITH" | "VALUES" | "FROM" | "TABLE" | "("
                    )
            });
            let mut description = if from_rows {
                Description::of(Action::Write, "CREATE TABLE AS SELECT")
            } else {
                Description::of(Action::Ddl, "CREATE TABLE")
            };
            tables(
                &words[skip.min(words.len())..],
                &upper[skip.min(upper.len())..],
                &mut description,
            );
            description.sources.tables_written.extend(name);
            description
        }
        kind => Description::of(Action::Ddl, two("CREATE", kind)),
    }
}

/// Adds the tables that stand behind INTO, UPDATE, DELETE FROM (written) and FROM, JOIN, USING.
fn tables(words: &[&str], upper: &[String], description: &mut Description) {
    for (index, word) in upper.iter().enumerate() {
        let written = match word.as_str() {
            "INTO" | "OVERWRITE" | "UPDATE" | "TRUNCATE" => true,
            "FROM" => index > 0 && upper[index - 1] == "DELETE",
            "JOIN" | "USING" => false,
            _ => continue,
        };
        let next =
            index + 1 + usize::from(upper.get(index + 1).is_some_and(|word| word == "TABLE"));
        let Some(name) = words.get(next) else {
            continue;
        };
        if !is_name(name) || is_clause(&upper[next]) {
            continue;
        }
        let sources = &mut description.sources;
        let set = if written {
            &mut sources.tables_written
        } else {
            &mut sources.tables_read
        };
        set.insert((*name).to_owned());
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '`')
}

/// Words that follow the ones above without being a table: `WHEN MATCHED THEN UPDATE SET`.
fn is_clause(word: &str) -> bool {
    matches!(
        word,
        "SET" | "SELECT" | "VALUES" | "DELTA" | "PARQUET" | "CSV" | "JSON" | "INTO"
    )
}

fn two(first: &str, second: &str) -> String {
    if second.is_empty() || !is_name(second) {
        first.to_owned()
    } else {
        format!("{first} {second}")
    }
}

/// The words of a text: names with their dots and backticks whole, parentheses, nothing of
/// strings and comments. At most as many as a statement's head and clauses can have.
fn words(sql: &str) -> Vec<&str> {
    const LIMIT: usize = 4096;
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() && words.len() < LIMIT {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'-' if rest.starts_with(b"--") => end_of(rest, b"\n"),
            b'/' if rest.starts_with(b"/*") => end_of(rest, b"*/"),
            quote @ (b'\'' | b'"') => quoted(rest, quote),
            b'(' => {
                words.push("(");
                1
            }
            byte if is_word(byte) => {
                let length = word(rest);
                words.extend(sql.get(at..at + length));
                length
            }
            _ => 1,
        };
    }
    words
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'`') || byte >= 0x80
}

fn word(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() && (is_word(bytes[at]) || matches!(bytes[at], b'.' | b'-')) {
        at += if bytes[at] == b'`' {
            quoted(&bytes[at..], b'`')
        } else {
            1
        };
    }
    at.min(bytes.len())
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote != b'`' => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn end_of(bytes: &[u8], end: &[u8]) -> usize {
    bytes
        .windows(end.len())
        .skip(2)
        .position(|window| window == end)
        .map_or(bytes.len(), |position| position + 2 + end.len())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(sql: &str, expected: &Expect) {
        let description = describe(sql);
        expected.assert_eq(&format!(
            "{:?} {} r{:?} w{:?}",
            description.action,
            description.detail,
            description.sources.tables_read,
            description.sources.tables_written
        ));
    }

    #[test]
    fn statements_are_told_by_their_words() {
        check(
            "-- x\n select * from a.b join `c d`.e on 'from z'",
            &expect![[r#"SqlQuery SELECT r{"`c d`.e", "a.b"} w{}"#]],
        );
        check(
            "with t as (select 1 from real) select * from t",
            &expect![[r#"SqlQuery SELECT r{"real"} w{}"#]],
        );
        check(
            "INSERT INTO main.x.t SELECT * FROM s",
            &expect![[r#"Write INSERT r{"s"} w{"main.x.t"}"#]],
        );
        check(
            "insert overwrite table t select 1",
            &expect![[r#"Write INSERT r{} w{"t"}"#]],
        );
        check(
            "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
            &expect![[r#"Write MERGE r{"s"} w{"t"}"#]],
        );
        check(
            "DELETE FROM t WHERE a IN (SELECT a FROM u)",
            &expect![[r#"Write DELETE r{"u"} w{"t"}"#]],
        );
        check(
            "update t set a = 1",
            &expect![[r#"Write UPDATE r{} w{"t"}"#]],
        );
        check(
            "create table if not exists m.s.t as select * from u",
            &expect![[r#"Write CREATE TABLE AS SELECT r{"u"} w{"m.s.t"}"#]],
        );
        check(
            "CREATE TABLE t (a int) USING delta",
            &expect![[r#"Ddl CREATE TABLE r{} w{"t"}"#]],
        );
        check(
            "create or replace temporary view v as select 1",
            &expect!["TempView CREATE TEMPORARY VIEW r{} w{}"],
        );
        check(
            "CREATE SCHEMA IF NOT EXISTS main.raw",
            &expect!["Ddl CREATE SCHEMA r{} w{}"],
        );
        check(
            "DROP TABLE IF EXISTS t",
            &expect![[r#"Ddl DROP TABLE r{} w{"t"}"#]],
        );
        check("USE CATALOG main", &expect!["Ddl USE CATALOG r{} w{}"]);
        check("SET x = 1", &expect!["Ddl SET r{} w{}"]);
        check(
            "SHOW TABLES IN x",
            &expect!["SqlCommand SHOW TABLES r{} w{}"],
        );
        check(
            "DESCRIBE TABLE EXTENDED a.b",
            &expect![[r#"SqlCommand DESCRIBE r{"a.b"} w{}"#]],
        );
        check("", &expect!["Other empty statement r{} w{}"]);
        check("'unterminated", &expect!["Other empty statement r{} w{}"]);
        check("/* unterminated", &expect!["Other empty statement r{} w{}"]);
        check("`unterminated", &expect!["Ddl `UNTERMINATED r{} w{}"]);
    }
}
