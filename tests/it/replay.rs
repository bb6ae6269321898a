//! Runs recorded cases against the engine in this process.
//!
//! Knows the engine's interface and nothing of gRPC, Java or Python.

use std::sync::Arc;

use futures::StreamExt as _;
use serde_json::{Value, json};
use sparring_engine::{Error, Exception, Execution, QueryContext, Session};
use sparring_proto::connect::analyze_plan_response::Result as AnalyzeResult;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{Command, Plan, Relation, Sql, SqlCommand, command};

use sparring_tests::compare::{self, Verdict};
use sparring_tests::fixture::{Answer, Case, Failure, Request, Step};
use sparring_tests::machine::machine_free;
use sparring_tests::render;

/// What an execution answered.
struct Answered {
    schema: Vec<String>,
    rows: Vec<String>,
    observed: Vec<(String, String, String)>,
    responses: Vec<ResponseType>,
}

/// Something that ended a step before its answer could be compared.
enum Stop {
    Engine(Error),
    Wrong(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// The worst verdict over the steps of a case.
pub(crate) async fn case(session: &Arc<Session>, case: &Case) -> Verdict {
    let mut worst = Verdict::Pass;
    for (index, step) in case.steps.iter().enumerate() {
        let verdict = run(session, step).await;
        let at = |text: String| {
            if case.steps.len() > 1 {
                format!("step {}: {text}", index + 1)
            } else {
                text
            }
        };
        match verdict {
            Verdict::Pass => {}
            Verdict::Inexact(text) => worst = Verdict::Inexact(at(text)),
            Verdict::Refused(text) => return Verdict::Refused(at(text)),
            Verdict::Fail(text) => return Verdict::Fail(at(text)),
        }
    }
    worst
}

async fn run(session: &Arc<Session>, step: &Step) -> Verdict {
    match &step.request {
        Request::Conf(key, value) => {
            let changed = match value {
                Some(value) => session.conf().set(key, value),
                None => session.conf().unset(key),
            };
            match changed {
                Ok(()) => Verdict::Pass,
                Err(error) => Verdict::Fail(format!("cannot set {key}: {error:?}")),
            }
        }
        Request::Sql(text) => match sql(session, text).await {
            Ok(answered) => rows_verdict(&step.answer, &answered),
            Err(stop) => stop_verdict(&step.answer, stop),
        },
        Request::Execute(plan) => match plan_answer(session, plan).await {
            Ok(answered) => rows_verdict(&step.answer, &answered),
            Err(stop) => stop_verdict(&step.answer, stop),
        },
        Request::Analyze(request) => {
            let Some(question) = &request.analyze else {
                return Verdict::Fail("the recorded question is empty".to_owned());
            };
            match session.analyze(question.clone()).await {
                Ok(result) => analysis_verdict(&step.answer, &result),
                Err(error) => stop_verdict(&step.answer, Stop::Engine(error)),
            }
        }
    }
}

/// Runs one step, whatever it answers.
pub(crate) async fn step(session: &Arc<Session>, step: &Step) -> Verdict {
    run(session, step).await
}

/// The rows of a plan, as the fixtures write them.
pub(crate) async fn rows(session: &Arc<Session>, plan: &Plan) -> Result<Vec<String>, String> {
    match plan_answer(session, plan).await {
        Ok(answered) => Ok(answered.rows),
        Err(Stop::Engine(error)) => Err(error.to_string()),
        Err(Stop::Wrong(text)) => Err(text),
    }
}

/// Whether a statement is a query, by its first word; as the recorder decides.
fn is_query(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches('(').trim_start();
    let word = text.split_whitespace().next().unwrap_or_default();
    ["select", "with", "values", "from", "table"]
        .iter()
        .any(|query| word.eq_ignore_ascii_case(query))
}

async fn sql(session: &Arc<Session>, text: &str) -> Result<Answered, Stop> {
    let relation = Relation {
        rel_type: Some(RelType::Sql(Sql {
            query: text.to_owned(),
            ..Sql::default()
        })),
        ..Relation::default()
    };
    if is_query(text) {
        return execute(session, &root(relation)).await;
    }
    let plan = Plan {
        op_type: Some(OpType::Command(Command {
            command_type: Some(command::CommandType::SqlCommand(SqlCommand {
                input: Some(relation),
                ..SqlCommand::default()
            })),
        })),
    };
    let answered = execute(session, &plan).await?;
    match sql_result(&answered.responses) {
        Some(relation) => execute(session, &root(relation)).await,
        None => Ok(answered),
    }
}

fn root(relation: Relation) -> Plan {
    Plan {
        op_type: Some(OpType::Root(relation)),
    }
}

fn sql_result(responses: &[ResponseType]) -> Option<Relation> {
    responses.iter().find_map(|response| match response {
        ResponseType::SqlCommandResult(result) => result.relation.clone(),
        _other => None,
    })
}

/// A plan's answer; a SQL command's is the rows of the relation it answers with, unless that is
/// the query itself.
async fn plan_answer(session: &Arc<Session>, plan: &Plan) -> Result<Answered, Stop> {
    let answered = execute(session, plan).await?;
    match sql_result(&answered.responses) {
        Some(relation) if matches!(relation.rel_type, Some(RelType::LocalRelation(_))) => {
            let rows = execute(session, &root(relation)).await?;
            Ok(Answered {
                responses: answered.responses,
                ..rows
            })
        }
        _ => Ok(answered),
    }
}

async fn execute(session: &Arc<Session>, plan: &Plan) -> Result<Answered, Stop> {
    let Execution {
        rows,
        responses,
        observed,
        ..
    } = session.execute(&Arc::new(plan.clone())).await?;
    let mut answered = Answered {
        schema: Vec::new(),
        rows: Vec::new(),
        observed: Vec::new(),
        responses,
    };
    if let Some(mut found) = rows {
        answered.schema = render::schema_lines(&found.schema);
        while let Some(batch) = found.batches.next().await {
            let lines = render::row_lines(&batch?, &found.schema).map_err(Stop::Wrong)?;
            answered.rows.extend(lines);
        }
    }
    for metrics in observed.lock().iter() {
        for (key, value) in metrics.keys.iter().zip(&metrics.values) {
            answered.observed.push((
                metrics.name.clone(),
                key.clone(),
                render::literal_text(value),
            ));
        }
    }
    Ok(answered)
}

fn found_failure(error: &Error) -> Failure {
    Failure {
        class: error.class().unwrap_or_default().to_owned(),
        sql_state: error.sql_state().unwrap_or_default().to_owned(),
        java: java(error).to_owned(),
        parameters: error
            .parameters()
            .iter()
            .map(|(key, value)| (key.clone(), stable(value)))
            .collect(),
        contexts: error
            .context()
            .map(|context| {
                let fragment = render::quoted(&context.fragment());
                match context {
                    QueryContext::Sql(place) => {
                        format!("[{}..{}] {fragment}", place.start_index, place.stop_index)
                    }
                    QueryContext::DataFrame(_) => format!("dataframe {fragment}"),
                }
            })
            .into_iter()
            .collect(),
    }
}

/// Expression ids differ at each run, and the machine; the recorder writes them `#n` and so on.
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
    machine_free(&out)
}

/// The exception's class, as the server names it to clients: Java's own where Spark's has no error
/// class to carry.
fn java(error: &Error) -> &'static str {
    match error.exception() {
        Exception::IllegalArgument if error.class().is_none() => "IllegalArgumentException",
        Exception::Analysis => "AnalysisException",
        Exception::ExtendedAnalysis => "ExtendedAnalysisException",
        Exception::NoSuchNamespace => "NoSuchNamespaceException",
        Exception::NoSuchTable => "NoSuchTableException",
        Exception::TempTableAlreadyExists => "TempTableAlreadyExistsException",
        Exception::Catalog(class) => class,
        Exception::ClassNotFound => "SparkClassNotFoundException",
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
        Exception::Java(class) => class.rsplit('.').next().unwrap_or(class),
        Exception::NoSuchFunction => "NoSuchFunctionException",
        Exception::NoSuchTempFunction => "NoSuchTempFunctionException",
        Exception::FunctionAlreadyExists => "FunctionAlreadyExistsException",
        Exception::Delta => "DeltaAnalysisException",
    }
}

fn stop_verdict(answer: &Answer, stop: Stop) -> Verdict {
    let error = match stop {
        Stop::Engine(error) => error,
        Stop::Wrong(text) => return Verdict::Fail(text),
    };
    let found = found_failure(&error);
    if let Answer::Error(recorded) = answer {
        let verdict = compare::failure(recorded, &found);
        if !matches!(verdict, Verdict::Fail(_)) {
            return verdict;
        }
        if found.class.starts_with("UNSUPPORTED_") {
            return Verdict::Refused(error.message());
        }
        return verdict;
    }
    if found.class.starts_with("UNSUPPORTED_") {
        Verdict::Refused(error.message())
    } else {
        Verdict::Fail(format!("Spark answers, ours fails: {}", error.message()))
    }
}

fn rows_verdict(answer: &Answer, found: &Answered) -> Verdict {
    match answer {
        Answer::Nothing => Verdict::Pass,
        Answer::Ok if found.schema.is_empty() && found.rows.is_empty() => Verdict::Pass,
        Answer::Ok => Verdict::Fail(format!("Spark answers nothing, ours {:?}", found.schema)),
        Answer::Echo if sql_result(&found.responses).is_some() => Verdict::Pass,
        Answer::Echo => Verdict::Fail("no sql_command_result".to_owned()),
        Answer::Types(recorded) => compare::schema(recorded, &found.schema),
        Answer::Rows {
            schema,
            rows,
            ordered,
            observed,
        } => {
            let mut metrics: Vec<(String, String, String)> = observed
                .iter()
                .flat_map(|(name, values)| {
                    values
                        .iter()
                        .map(|(key, value)| (name.clone(), key.clone(), value.clone()))
                })
                .collect();
            let mut found_metrics = found.observed.clone();
            metrics.sort();
            found_metrics.sort();
            let columns = compare::schema(schema, &found.schema);
            if let Verdict::Fail(_) = columns {
                return columns;
            }
            match compare::rows(schema, rows, &found.rows, *ordered) {
                Verdict::Pass if metrics != found_metrics => Verdict::Fail(format!(
                    "observed: Spark {metrics:?}, ours {found_metrics:?}"
                )),
                Verdict::Pass => columns,
                other => other,
            }
        }
        Answer::Text(recorded) => {
            // One row with one string; rendering quoted it, so the recorded text is quoted too.
            let expected = render::quoted(&recorded.join("\n"));
            match found.rows.as_slice() {
                [text] if *text == expected => Verdict::Pass,
                _ => Verdict::Fail(format!(
                    "text: {}",
                    compare::difference(&[expected], &found.rows)
                )),
            }
        }
        Answer::Analysis(_) => Verdict::Fail("an analysis was recorded for a plan".to_owned()),
        Answer::Error(recorded) => Verdict::Fail(format!(
            "Spark fails with {} {:?}, ours answers {:?} {:?}",
            recorded.class,
            recorded.parameters,
            found.schema,
            found.rows.iter().take(3).collect::<Vec<_>>()
        )),
    }
}

fn analysis_verdict(answer: &Answer, result: &AnalyzeResult) -> Verdict {
    let found = analysis(result);
    match answer {
        Answer::Analysis(recorded) => {
            if let AnalyzeResult::Explain(_) = result {
                // Plans are the engine's own; only the heading must be Spark's.
                let heading = |value: &Value| value.get(0).cloned();
                if heading(recorded) == heading(&found) {
                    return Verdict::Pass;
                }
            }
            if *recorded == found {
                Verdict::Pass
            } else {
                Verdict::Fail(format!("analysis: Spark {recorded}, ours {found}"))
            }
        }
        Answer::Error(recorded) => Verdict::Fail(format!(
            "Spark fails with {} {:?}, ours answers {found}",
            recorded.class, recorded.parameters
        )),
        _other => Verdict::Fail("no analysis was recorded".to_owned()),
    }
}

/// The answer of an analysis in the form of the fixtures.
fn analysis(result: &AnalyzeResult) -> Value {
    let type_value = |data_type: &sparring_proto::connect::DataType| {
        if render::fields(data_type).is_empty() && render::type_text(data_type) != "struct<>" {
            json!(render::type_text(data_type))
        } else {
            json!(render::schema_lines(data_type))
        }
    };
    let lines = |text: &str| json!(text.split('\n').collect::<Vec<_>>());
    match result {
        AnalyzeResult::Schema(value) => value.schema.as_ref().map(type_value).unwrap_or_default(),
        AnalyzeResult::Explain(value) => lines(&value.explain_string),
        AnalyzeResult::TreeString(value) => lines(&value.tree_string),
        AnalyzeResult::IsLocal(value) => json!(value.is_local),
        AnalyzeResult::IsStreaming(value) => json!(value.is_streaming),
        AnalyzeResult::InputFiles(value) => json!(value.files),
        AnalyzeResult::SparkVersion(value) => json!(value.version),
        AnalyzeResult::DdlParse(value) => value.parsed.as_ref().map(type_value).unwrap_or_default(),
        AnalyzeResult::SameSemantics(value) => json!(value.result),
        AnalyzeResult::SemanticHash(_) => json!("an int"),
        AnalyzeResult::Persist(_) => json!("persist"),
        AnalyzeResult::Unpersist(_) => json!("unpersist"),
        AnalyzeResult::GetStorageLevel(value) => {
            let level = value.storage_level.unwrap_or_default();
            json!({
                "use_disk": level.use_disk,
                "use_memory": level.use_memory,
                "use_off_heap": level.use_off_heap,
                "deserialized": level.deserialized,
                "replication": level.replication,
            })
        }
        AnalyzeResult::JsonToDdl(value) => json!(value.ddl_string),
    }
}
