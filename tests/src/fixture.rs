//! Reading recorded cases: SQL files (`fixtures/slt`) and plan files (`fixtures/plans`).
//!
//! Both become [`Case`]s of [`Step`]s with an [`Answer`]; the forms are described in
//! `fixtures/README.md`. Knows nothing of how a case is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message as _;
use serde::Deserialize;
use serde_json::Value;
use sparring_proto::connect::{AnalyzePlanRequest, Plan};

/// A fixture file: its cases share nothing but, in SQL files, one session.
pub struct File {
    /// The path below `fixtures/`, such as `slt/functions/string/lpad.slt`.
    pub name: String,
    /// Whether all cases run in one session, in order.
    pub one_session: bool,
    /// The cases.
    pub cases: Vec<Arc<Case>>,
}

/// One case.
pub struct Case {
    /// The SQL text or the plan case's name.
    pub id: String,
    /// What is sent, in order.
    pub steps: Vec<Step>,
}

/// One request with the recorded answer.
pub struct Step {
    /// What is sent.
    pub request: Request,
    /// What Spark answered.
    pub answer: Answer,
}

/// What is sent.
pub enum Request {
    /// Sets (or, without a value, unsets) a configuration key.
    Conf(String, Option<String>),
    /// A SQL text, as a relation when it is a query, else as a command.
    Sql(String),
    /// A plan.
    Execute(Box<Plan>),
    /// A question about a plan.
    Analyze(Box<AnalyzePlanRequest>),
}

/// What Spark answered.
pub enum Answer {
    /// Nothing to compare.
    Nothing,
    /// A command without rows.
    Ok,
    /// A `sql_command` whose result is the query itself.
    Echo,
    /// Columns only: the rows differ at each run.
    Types(Vec<String>),
    /// Columns and rows.
    Rows {
        /// One line per column.
        schema: Vec<String>,
        /// One line per row.
        rows: Vec<String>,
        /// Whether the order of rows counts.
        ordered: bool,
        /// Observed metrics by observation and key.
        observed: BTreeMap<String, BTreeMap<String, String>>,
    },
    /// The lines of the one string of `show` and its kin.
    Text(Vec<String>),
    /// The answer to an analysis.
    Analysis(Value),
    /// An error.
    Error(Failure),
}

/// A recorded error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// Spark's error class, empty if there is none.
    pub class: String,
    /// SQLSTATE, empty if there is none.
    pub sql_state: String,
    /// The Java exception's simple name.
    pub java: String,
    /// Message parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// Fragments of SQL with their place, `[7..9] '1/0'`, or `dataframe 'divide'`.
    pub contexts: Vec<String>,
}

/// All files below `fixtures` whose name contains `filter`, sorted by name.
///
/// # Errors
/// Names the file that cannot be read.
pub fn read_all(fixtures: &Path, filter: &str) -> Result<Vec<File>, String> {
    let mut paths = Vec::new();
    for root in ["slt", "plans"] {
        collect(&fixtures.join(root), &mut paths)
            .map_err(|error| format!("cannot list {}: {error}", fixtures.join(root).display()))?;
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path
            .strip_prefix(fixtures)
            .unwrap_or(&path)
            .display()
            .to_string();
        if !name.contains(filter) {
            continue;
        }
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let is_sql = path.extension().is_some_and(|extension| extension == "slt");
        let cases = if is_sql {
            sql_cases(&text)
        } else {
            plan_cases(&text)
        };
        files.push(File {
            cases: cases
                .map_err(|error| format!("{}: {error}", path.display()))?
                .into_iter()
                .map(Arc::new)
                .collect(),
            one_session: is_sql,
            name,
        });
    }
    Ok(files)
}

/// The recorded explain texts (`fixtures/explain`), in the form of plan cases.
///
/// # Errors
/// Names the file that cannot be read.
pub fn read_explained(fixtures: &Path) -> Result<Vec<File>, String> {
    let mut paths = Vec::new();
    let root = fixtures.join("explain");
    collect(&root, &mut paths)
        .map_err(|error| format!("cannot list {}: {error}", root.display()))?;
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let said = |error: String| format!("{}: {error}", path.display());
            let text = fs::read_to_string(&path).map_err(|error| said(error.to_string()))?;
            let cases = plan_cases(&text).map_err(said)?;
            let name = path.strip_prefix(fixtures).unwrap_or(&path);
            Ok(File {
                name: name.display().to_string(),
                one_session: false,
                cases: cases.into_iter().map(Arc::new).collect(),
            })
        })
        .collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|e| e == "slt" || e == "json") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The cases of a SQL file; settings become steps of the query after them.
fn sql_cases(text: &str) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    let mut settings = Vec::new();
    for block in text.split("\n\n") {
        let mut lines = block
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .skip_while(|line| line.starts_with('#'))
            .peekable();
        while let Some(setting) = lines.next_if(|line| line.starts_with("conf ")) {
            let setting = setting.trim_start_matches("conf ").trim();
            let (key, value) = match setting.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (setting, None),
            };
            settings.push(Step {
                request: Request::Conf(key.to_owned(), value),
                answer: Answer::Nothing,
            });
        }
        let Some(head) = lines.next() else { continue };
        let mut words = head.split_whitespace();
        if words.next() != Some("query") {
            return Err(format!(
                "{head:?} has no recorded answer: run `make record`"
            ));
        }
        let flags: Vec<&str> = words.collect();
        let sql: Vec<&str> = lines.by_ref().take_while(|line| *line != "----").collect();
        let answer: Vec<&str> = lines.collect();
        let sql = sql.join("\n");
        let mut steps = std::mem::take(&mut settings);
        steps.push(Step {
            answer: sql_answer(&answer, &flags).map_err(|error| format!("{sql}: {error}"))?,
            request: Request::Sql(sql.clone()),
        });
        cases.push(Case { id: sql, steps });
    }
    Ok(cases)
}

fn sql_answer(lines: &[&str], flags: &[&str]) -> Result<Answer, String> {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    match lines {
        [] => Err("has no recorded answer: run `make record`".to_owned()),
        ["ok"] => Ok(Answer::Ok),
        [head, details @ ..] if head.starts_with("error ") => {
            let mut failure = Failure::default();
            let mut words = head.split_whitespace().skip(1).map(|word| {
                if word == "-" {
                    String::new()
                } else {
                    word.to_owned()
                }
            });
            failure.class = words.next().unwrap_or_default();
            failure.sql_state = words.next().unwrap_or_default();
            failure.java = words.next().unwrap_or_default();
            for detail in details {
                if let Some(context) = detail.strip_prefix("context ") {
                    failure.contexts.push(context.to_owned());
                } else if detail.starts_with("message '") {
                    // A bare Java exception has a text and no parameters; the text is its own.
                } else if let Some((key, value)) = detail.split_once(" = ") {
                    failure.parameters.insert(key.to_owned(), unquoted(value));
                }
            }
            Ok(Answer::Error(failure))
        }
        _ if flags.contains(&"types") => Ok(Answer::Types(owned(lines))),
        _ => {
            let cut = lines
                .iter()
                .position(|line| *line == "----")
                .unwrap_or(lines.len());
            Ok(Answer::Rows {
                schema: owned(lines.get(..cut).unwrap_or_default()),
                rows: owned(lines.get(cut + 1..).unwrap_or_default()),
                ordered: flags.contains(&"ordered"),
                observed: BTreeMap::new(),
            })
        }
    }
}

/// Undoes [`crate::render::quoted`].
fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap_or(text);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let code: String = chars
                    .by_ref()
                    .skip(1)
                    .take_while(|char| *char != '}')
                    .collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedCase {
    name: String,
    #[serde(rename = "snippet")]
    _snippet: Vec<String>,
    steps: Vec<RecordedStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedStep {
    execute: Option<String>,
    analyze: Option<String>,
    conf: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    echo: bool,
    #[serde(default)]
    ordered: bool,
    schema: Option<Vec<String>>,
    #[serde(default)]
    rows: Vec<String>,
    text: Option<Vec<String>>,
    result: Option<Value>,
    error: Option<RecordedError>,
    #[serde(default)]
    observed: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedError {
    class: String,
    sqlstate: String,
    java: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    contexts: Vec<Value>,
    #[serde(rename = "message", default)]
    _message: String,
}

fn plan_cases(text: &str) -> Result<Vec<Case>, String> {
    let cases: Vec<RecordedCase> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    cases
        .into_iter()
        .map(|case| {
            let mut steps = Vec::new();
            for step in case.steps {
                plan_steps(step, &mut steps).map_err(|error| format!("{}: {error}", case.name))?;
            }
            Ok(Case {
                id: case.name,
                steps,
            })
        })
        .collect()
}

fn plan_steps(step: RecordedStep, steps: &mut Vec<Step>) -> Result<(), String> {
    let decode = |text: &str| {
        BASE64_STANDARD
            .decode(text)
            .map_err(|error| error.to_string())
    };
    if let Some(pairs) = step.conf {
        steps.extend(pairs.into_iter().map(|(key, value)| Step {
            request: Request::Conf(key, value),
            answer: Answer::Nothing,
        }));
        return Ok(());
    }
    let request = if let Some(plan) = &step.execute {
        let plan = Plan::decode(decode(plan)?.as_slice()).map_err(|error| error.to_string())?;
        Request::Execute(Box::new(plan))
    } else if let Some(question) = &step.analyze {
        let question = AnalyzePlanRequest::decode(decode(question)?.as_slice())
            .map_err(|error| error.to_string())?;
        Request::Analyze(Box::new(question))
    } else {
        return Err("a step that sends nothing".to_owned());
    };
    let answer = if let Some(error) = step.error {
        Answer::Error(Failure {
            class: error.class,
            sql_state: error.sqlstate,
            java: error.java,
            parameters: error.parameters,
            contexts: error.contexts.iter().map(context_text).collect(),
        })
    } else if let Some(result) = step.result {
        Answer::Analysis(result)
    } else if let Some(text) = step.text {
        Answer::Text(text)
    } else if let Some(schema) = step.schema {
        Answer::Rows {
            schema,
            rows: step.rows,
            ordered: step.ordered,
            observed: step.observed,
        }
    } else if step.echo {
        Answer::Echo
    } else if step.ok {
        Answer::Ok
    } else {
        return Err("a step without an answer".to_owned());
    };
    steps.push(Step { request, answer });
    Ok(())
}

fn context_text(context: &Value) -> String {
    let text = |key: &str| context.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| context.get(key).and_then(Value::as_i64).unwrap_or_default();
    if context.get("dataframe").is_some() {
        return format!("dataframe {}", crate::render::quoted(text("dataframe")));
    }
    format!(
        "[{}..{}] {}",
        number("start"),
        number("stop"),
        crate::render::quoted(text("sql"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sql_file_is_read_as_cases_with_their_settings() {
        let text = "# about\nconf a.b=c\nconf d\n\nquery ordered\nSELECT 1\n  AS x\n----\n`x` int not null\n----\n1\n\n\
                    query\nSELECT 1/0\n----\nerror DIVIDE_BY_ZERO 22012 SparkArithmeticException\nconfig = 'it\\'s'\ncontext [7..9] '1/0'\n";
        let cases = sql_cases(text).unwrap();
        assert_eq!(cases.len(), 2);
        assert_eq!(cases[0].id, "SELECT 1\n  AS x");
        assert_eq!(cases[0].steps.len(), 3);
        let Answer::Rows {
            schema,
            rows,
            ordered,
            ..
        } = &cases[0].steps[2].answer
        else {
            panic!("rows expected");
        };
        assert_eq!(
            (schema.len(), rows.as_slice(), *ordered),
            (1, &["1".to_owned()][..], true)
        );
        let Answer::Error(failure) = &cases[1].steps[0].answer else {
            panic!("an error expected");
        };
        assert_eq!(failure.parameters["config"], "it's");
        assert_eq!(failure.contexts, ["[7..9] '1/0'"]);
    }

    #[test]
    fn quoting_is_undone() {
        for text in ["a'b\\\n\u{1}é", "", "\\u{41}"] {
            assert_eq!(unquoted(&crate::render::quoted(text)), text);
        }
    }
}
