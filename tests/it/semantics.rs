//! Replays what real Spark answered (`fixtures/slt`) against our engine, in process.
//!
//! Every case is a pass, a refusal that names what is not offered, a known difference with its
//! reason (`fixtures/known-differences.md`), or still open (`fixtures/open-cases.txt`). The list of
//! open cases only shrinks: a case that fails and is not on it fails the suite, and so does one
//! that is on it and passes. `UPDATE=1` rewrites the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use sparring_engine::{Error, Exception, Flavor, Options, Session, Workspace};
use sparring_proto::connect::{self as proto, plan::OpType, relation::RelType};
use sparring_tests::render;
use sparring_tests::slt::{self, Case};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Environment: `AREA=functions/string` replays only files whose path contains it, `SHOW=20`
/// prints that many differences.
#[test]
fn recorded_sql_cases_get_sparks_answers() {
    let area = std::env::var("AREA").unwrap_or_default();
    let show: usize = std::env::var("SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut outcome = Outcome::default();
    for file in files(&root().join("slt")) {
        let name = file.strip_prefix(root().join("slt")).expect("below slt").display().to_string();
        if name.contains(&area) {
            runtime.block_on(replay(&file, &name, &mut outcome));
        }
    }
    outcome.judge(&area, show);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the fixtures") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "slt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[derive(Default)]
struct Outcome {
    passed: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    failed: BTreeMap<String, String>,
    ids: BTreeSet<String>,
}

async fn replay(file: &Path, name: &str, outcome: &mut Outcome) {
    let directory = tempfile::tempdir().expect("a directory");
    let workspace = Workspace::open(Options {
        data_dir: directory.path().to_path_buf(),
        flavor: Flavor::Oss,
        memory_limit_bytes: 1 << 30,
        python: None,
    })
    .await
    .expect("a workspace");
    let session = workspace.session();
    let content = std::fs::read_to_string(file).expect("a readable fixture");
    for case in slt::parse(&content) {
        for (key, value) in &case.confs {
            let _ = match value {
                Some(value) => session.conf().set(key, value),
                None => session.conf().unset(key),
            };
        }
        let id = format!("{name} {}", case.sql.replace('\n', "\\n"));
        outcome.ids.insert(id.clone());
        let task = {
            let (session, case) = (Arc::clone(&session), case.clone());
            tokio::spawn(async move { answer(&session, &case).await })
        };
        let area = name.split('/').next().unwrap_or_default().to_owned();
        match task.await {
            Err(panic) => {
                outcome.failed.insert(id, format!("panicked: {panic}"));
            }
            Ok(Answer::Refused(_)) if !case.answer.first().is_some_and(|l| l.starts_with("error ")) => {
                *outcome.refused.entry(area).or_default() += 1;
            }
            Ok(Answer::Refused(lines) | Answer::Lines(lines)) => {
                if lines == case.answer {
                    *outcome.passed.entry(area).or_default() += 1;
                } else {
                    outcome.failed.insert(id, difference(&case, &lines));
                }
            }
        }
    }
}

enum Answer {
    Lines(Vec<String>),
    Refused(Vec<String>),
}

async fn answer(session: &Arc<Session>, case: &Case) -> Answer {
    match run(session, case).await {
        Ok(lines) => Answer::Lines(lines),
        Err(error) if error.class().is_some_and(|c| c == "UNSUPPORTED_FEATURE.NOT_OFFERED") => {
            Answer::Refused(error_lines(&error))
        }
        Err(error) => Answer::Lines(error_lines(&error)),
    }
}

async fn run(session: &Arc<Session>, case: &Case) -> Result<Vec<String>, Error> {
    let relation = proto::Relation {
        common: None,
        rel_type: Some(RelType::Sql(proto::Sql { query: case.sql.clone(), ..Default::default() })),
    };
    let command = proto::Command {
        command_type: Some(proto::command::CommandType::SqlCommand(proto::SqlCommand {
            input: Some(relation),
            ..Default::default()
        })),
    };
    let plan = |op_type| proto::Plan { op_type: Some(op_type) };
    let execution = session.execute(&plan(OpType::Command(command))).await?;
    let mut result = None;
    for response in execution.responses {
        if let proto::execute_plan_response::ResponseType::SqlCommandResult(found) = response {
            result = found.relation;
        }
    }
    let Some(relation) = result else { return Ok(vec!["ok".into()]) };
    let execution = session.execute(&plan(OpType::Root(relation))).await?;
    let Some(rows) = execution.rows else { return Ok(vec!["ok".into()]) };
    let schema = rows.schema.clone();
    let batches: Vec<_> = rows.batches.try_collect().await?;
    let mut lines = render::schema_lines(&schema);
    if lines.is_empty() && batches.iter().all(|batch| batch.num_rows() == 0) {
        return Ok(vec!["ok".into()]);
    }
    if !case.types_only {
        let mut rows = render::row_lines(&batches, &schema);
        if !case.ordered {
            rows.sort();
        }
        lines.push("----".into());
        lines.extend(rows);
    }
    Ok(lines)
}

fn error_lines(error: &Error) -> Vec<String> {
    let mut lines = vec![format!(
        "error {} {} {}",
        error.class().unwrap_or("-"),
        error.sql_state().unwrap_or("-"),
        java(error.exception())
    )];
    if error.class().is_none() {
        lines.push(format!("message {}", render::quoted(&stable(&error.message()))));
    }
    for (key, value) in error.parameters() {
        lines.push(format!("{key} = {}", render::quoted(&stable(value))));
    }
    if let Some(context) = error.context() {
        lines.push(format!(
            "context [{}..{}] {}",
            context.start_index,
            context.stop_index,
            render::quoted(&context.fragment())
        ));
    }
    lines
}

/// Expression ids differ at each run; the recorder writes them `#n`.
fn stable(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        out.push(char);
        if char == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.next_if(char::is_ascii_digit).is_some() {}
            let _ = chars.next_if_eq(&'L');
            out.push('n');
        }
    }
    out
}

fn java(exception: Exception) -> &'static str {
    match exception {
        Exception::Analysis => "AnalysisException",
        Exception::ExtendedAnalysis => "ExtendedAnalysisException",
        Exception::Parse => "ParseException",
        Exception::Arithmetic => "SparkArithmeticException",
        Exception::ArrayIndex => "SparkArrayIndexOutOfBoundsException",
        Exception::DateTime => "SparkDateTimeException",
        Exception::NumberFormat => "SparkNumberFormatException",
        Exception::IllegalArgument => "SparkIllegalArgumentException",
        Exception::UnsupportedOperation => "SparkUnsupportedOperationException",
        Exception::Runtime => "SparkRuntimeException",
        Exception::NoSuchElement => "SparkNoSuchElementException",
        Exception::Sql => "SparkSQLException",
        Exception::Spark => "SparkException",
        Exception::Upgrade => "SparkUpgradeException",
        Exception::Python => "PythonException",
        Exception::InvalidPlanInput => "InvalidPlanInput",
        Exception::Delta => "DeltaAnalysisException",
    }
}

fn difference(case: &Case, ours: &[String]) -> String {
    format!("  spark: {}\n  ours:  {}", case.answer.join("\n         "), ours.join("\n         "))
}

impl Outcome {
    fn judge(self, area: &str, show: usize) {
        let total = |map: &BTreeMap<String, usize>| map.values().sum::<usize>();
        println!(
            "{} cases: {} as Spark, {} refused by name, {} differ",
            self.ids.len(),
            total(&self.passed),
            total(&self.refused),
            self.failed.len()
        );
        let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
        for id in self.failed.keys() {
            *by_file.entry(id.split(' ').next().unwrap_or_default()).or_default() += 1;
        }
        for (file, count) in &by_file {
            println!("  {count:5} differ in {file}");
        }
        let path = root().join("open-cases.txt");
        let open: BTreeSet<String> = std::fs::read_to_string(&path)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect();
        let known = std::fs::read_to_string(root().join("known-differences.md")).unwrap_or_default();
        let is_known = |id: &str| known.contains(&format!("`{id}`"));
        let failed: BTreeSet<String> =
            self.failed.keys().filter(|id| !is_known(id)).cloned().collect();
        if std::env::var_os("UPDATE").is_some() && area.is_empty() {
            let text: String = failed.iter().map(|id| format!("{id}\n")).collect();
            std::fs::write(&path, text).expect("the list of open cases can be written");
            return;
        }
        let mut complaint = String::new();
        for id in failed.iter().filter(|id| !open.contains(*id)).take(show) {
            let _ = writeln!(complaint, "{id}\n{}", self.failed[id]);
        }
        let new = failed.iter().filter(|id| !open.contains(*id)).count();
        let mended: Vec<&String> =
            open.iter().filter(|id| self.ids.contains(*id) && !failed.contains(*id)).collect();
        if !mended.is_empty() {
            let _ = writeln!(complaint, "{} open cases pass now: run with UPDATE=1", mended.len());
        }
        assert!(complaint.is_empty(), "{new} cases differ and are not known to:\n{complaint}");
    }
}
