//! Puts a run's findings, outcomes and numbers together. The last step that computes anything;
//! reports only print what this holds.

mod reached;

pub use reached::{RefusedHost, Remote};
use serde::Serialize;
use sparring_journal::{Action, Attribution, Event, NodeFinished, OutputStream};

use crate::{
    Finding, Run, Severity,
    datasets::{Verdict, short_type, verdict},
    report::counted,
    rules::{RULES, Selection},
    run::{Call, ScenarioRun},
    scenario::{Expect, Runs},
};

/// A judged run.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Project name.
    pub project: String,
    /// How each scenario went.
    pub scenarios: Vec<ScenarioOutcome>,
    /// What each node cost, in the order in which they ended.
    pub nodes: Vec<NodeCost>,
    /// Where the pipeline's data lies.
    pub datasets: Vec<DatasetPlace>,
    /// What the rules found.
    pub findings: Vec<Finding>,
}

/// How a scenario went.
#[derive(Debug, Clone)]
pub struct ScenarioOutcome {
    /// Scenario name.
    pub name: &'static str,
    /// What a healthy project does.
    pub expected: &'static str,
    /// What this one did.
    pub happened: String,
    /// Exit status of the project's process.
    pub exit_code: Option<i32>,
    /// The address it resolved.
    pub remote: Option<Remote>,
    /// Hosts that the proxy refused, in the order of their first refusal.
    pub refused_hosts: Vec<RefusedHost>,
    /// Whether it did what a healthy project does.
    pub healthy: bool,
    /// Whether it did, or a rule says why not; also one that was left out of the report.
    pub explained: bool,
    /// The rules that say why not and were left out of the report.
    pub left_out: Vec<&'static str>,
    /// What to do about it, where no rule says so.
    pub hint: Option<&'static str>,
}

/// What a node cost, its loads and saves included.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeCost {
    /// Node name.
    pub name: String,
    /// How long its function ran.
    pub seconds: f64,
    /// Analyses.
    pub analyze: u64,
    /// Queries whose rows came to the client.
    pub execute_reads: u64,
    /// Writes.
    pub execute_writes: u64,
    /// Rows brought to the client.
    pub rows_down: u64,
    /// Bytes brought to the client.
    pub bytes_down: u64,
    /// Bytes sent to the workspace.
    pub bytes_up: u64,
    /// What it raised, when it failed.
    pub error: Option<String>,
}

/// Where a dataset's data lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DatasetPlace {
    /// Dataset name.
    pub name: String,
    /// Type as a catalog spells it.
    #[serde(rename = "type")]
    pub dataset_type: String,
    /// Path or table.
    pub location: Option<String>,
    /// Where that is.
    pub verdict: Verdict,
}

/// For a project that leaves the address to its surroundings, as datasets without a hook do.
const CONNECTS_NOWHERE: &str = "no hook of the project connects; with `set_spark_remote = true` under `[check]` in sparring.toml the address is in SPARK_REMOTE";

/// Judges `run` by the selected rules.
#[must_use]
pub fn judge(run: &Run, selection: &Selection) -> Judgement {
    let mut findings: Vec<Finding> = selection.rules().flat_map(|rule| rule.apply(run)).collect();
    // Stable: within a severity the order of the table of rules stays.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Judgement {
        project: run.started.project.clone(),
        scenarios: run
            .scenarios
            .iter()
            .map(|scenario| outcome(run, scenario, selection))
            .collect(),
        nodes: run.pipelines().flat_map(nodes).collect(),
        datasets: run.pipelines().flat_map(datasets).collect(),
        findings,
    }
}

impl Judgement {
    /// How many findings of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

fn outcome(run: &Run, scenario: &ScenarioRun, selection: &Selection) -> ScenarioOutcome {
    // Of all rules: how a scenario went does not depend on what somebody wants to read about it.
    let mut errors: Vec<&str> = RULES
        .iter()
        .filter(|rule| rule.can_fail_a_run())
        .flat_map(|rule| rule.apply_to(run, scenario))
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.rule)
        .collect();
    errors.dedup();
    // A scenario about the connection may end well on the wrong connection.
    let misled = scenario.scenario.runs == Runs::Context
        && errors.iter().any(|rule| rule.starts_with("CONN"));
    let healthy = is_healthy(scenario, run.hooks_connect()) && !misled;
    let explained = healthy || !errors.is_empty();
    if healthy {
        errors.clear();
    }
    errors.retain(|id| selection.rules().all(|rule| rule.id != *id));
    let happened = happened(scenario);
    ScenarioOutcome {
        name: scenario.scenario.name,
        expected: scenario.scenario.expected,
        hint: (happened.contains("[CONNECT_URL_NOT_SET]") && !run.hooks_connect())
            .then_some(CONNECTS_NOWHERE),
        happened,
        exit_code: scenario.exited().and_then(|exited| exited.code),
        remote: reached::remote(scenario),
        refused_hosts: reached::refused_hosts(scenario),
        healthy,
        explained,
        left_out: errors,
    }
}

fn is_healthy(scenario: &ScenarioRun, hooks_connect: bool) -> bool {
    if matches!(scenario.scenario.runs, Runs::Pipeline | Runs::Command) {
        return scenario.succeeded();
    }
    let Some(context) = scenario.context() else {
        return false;
    };
    let connected = context.spark_version.is_some();
    let nothing_sent = scenario.calls.is_empty() && scenario.refused_hosts().next().is_none();
    // A project whose datasets connect has nothing to show here, and nothing to hide.
    let silent = !context.connected_to_something && context.error.is_none();
    let stopped = context.error.is_some() && nothing_sent;
    match scenario.scenario.expect {
        Expect::StaysAway => silent && nothing_sent,
        _ if silent => !hooks_connect,
        Expect::Connects => connected,
        Expect::ConnectsOrStops => connected || stopped,
        Expect::Refused(reasons) => {
            let refused = scenario.calls.iter().any(|call| {
                call.refused
                    .as_ref()
                    .is_some_and(|refused| reasons.contains(&refused.reason))
            });
            !connected && (refused || stopped)
        }
    }
}

fn happened(scenario: &ScenarioRun) -> String {
    if let Some(exited) = scenario.exited() {
        if let Some(stopped) = &exited.stopped {
            return format!("ended by sparring: {stopped}");
        }
        if let Some(signal) = exited.signal {
            return format!("ended by signal {signal}");
        }
    }
    match scenario.scenario.runs {
        Runs::Pipeline | Runs::Command => pipeline_happened(scenario),
        Runs::Context => context_happened(scenario),
    }
}

fn pipeline_happened(scenario: &ScenarioRun) -> String {
    let code = scenario.exited().and_then(|exited| exited.code);
    if code == Some(0) {
        let calls = counted(scenario.calls.len() as u64, "call");
        let seconds = scenario.exited().map_or(0.0, |exited| exited.seconds);
        let Some(to) = answered_by(scenario) else {
            return format!("no call to the workspace in {seconds:.1} s");
        };
        if scenario.scenario.runs == Runs::Command {
            return format!("{calls} to {to} in {seconds:.1} s");
        }
        let nodes = counted(scenario.finished_nodes().count() as u64, "node");
        return format!("{nodes}, {calls} to {to} in {seconds:.1} s");
    }
    let status = code.map_or_else(
        || "no exit status".to_owned(),
        |code| format!("exit status {code}"),
    );
    let pipeline = scenario
        .pipeline()
        .and_then(|pipeline| reason(pipeline.error.as_ref(), pipeline.message.as_ref()));
    let hook = || {
        scenario.failed_hooks().last().map(|failed| {
            let reason = reason(Some(&failed.error), Some(&failed.message)).unwrap_or_default();
            format!("the hook {} failed: {reason}", failed.hook)
        })
    };
    let node = scenario.finished_nodes().find_map(node_failed);
    let pipeline = node.or(pipeline);
    match pipeline.or_else(hook).or_else(|| last_words(scenario)) {
        Some(reason) => format!("{status}: {reason}"),
        None => status,
    }
}

/// What a node says that failed: where in the project, and why.
fn node_failed(node: &NodeFinished) -> Option<String> {
    let reason = reason(node.error.as_ref(), node.message.as_ref())?;
    let place = node.site.as_ref();
    let place = place.map_or_else(String::new, |site| {
        format!(" at {}:{}", site.file, site.line)
    });
    Some(format!("the node {} failed{place}: {reason}", node.node))
}

/// What a process said last before it failed: a traceback ends with its error.
fn last_words(scenario: &ScenarioRun) -> Option<String> {
    scenario
        .all(|event| match event {
            Event::OutputLine(line) if line.stream == OutputStream::Stderr => Some(line),
            _ => None,
        })
        .filter(|line| line.text.contains(char::is_alphanumeric))
        .last()
        .map(|line| first_line(&line.text))
}

fn context_happened(scenario: &ScenarioRun) -> String {
    let Some(context) = scenario.context() else {
        return match scenario.failed_hooks().last() {
            Some(failed) => format!("the hook {} failed: {}", failed.hook, failed.error),
            None => "the project's context could not be built".to_owned(),
        };
    };
    if context.spark_version.is_some() {
        return answered_by(scenario)
            .map_or_else(|| "connected".to_owned(), |to| format!("connected to {to}"));
    }
    if let Some(refused) = scenario.calls.iter().find_map(|call| call.refused.as_ref()) {
        return format!(
            "refused with {}: {}",
            refused.code,
            first_line(&refused.message)
        );
    }
    if let Some(refused) = scenario.refused_hosts().next() {
        return format!(
            "tried {}:{}; {}",
            refused.host, refused.port, refused.message
        );
    }
    match reason(context.error.as_ref(), context.message.as_ref()) {
        Some(reason) => format!("stopped: {reason}"),
        None => "made no connection".to_owned(),
    }
}

/// The workspace that answered the first call, by host and profile.
fn answered_by(scenario: &ScenarioRun) -> Option<String> {
    let call = scenario.calls.iter().find(|call| call.refused.is_none())?;
    let host = &call.received.authority;
    let host = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(host, _port)| host);
    Some(match &call.received.credential.profile {
        Some(profile) => format!("{host} as {profile}"),
        None => host.to_owned(),
    })
}

fn reason(error: Option<&String>, message: Option<&String>) -> Option<String> {
    let error = error?;
    let message = message.map(|message| cause(message)).unwrap_or_default();
    Some(if message.is_empty() {
        error.clone()
    } else {
        format!("{error}: {message}")
    })
}

/// The line with Spark's error class, when there is one: Kedro puts the dataset's whole
/// description before it.
fn cause(message: &str) -> String {
    let mut lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let classified = lines.clone().find(|line| {
        line.strip_prefix('[')
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    });
    match (classified, lines.next(), lines.next()) {
        (Some(line), ..) => first_line(line),
        // `An exception occurred when parsing config for dataset 'x':` says nothing yet.
        (None, Some(opening), Some(rest)) if opening.ends_with(':') => {
            first_line(&format!("{opening} {rest}"))
        }
        (None, opening, _) => first_line(opening.unwrap_or_default()),
    }
}

fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    // The longest that PySpark says about a connection, CONNECT_URL_NOT_SET, has 233 characters.
    let Some((end, _)) = line.char_indices().nth(240) else {
        return line.to_owned();
    };
    let (short, _) = line.split_at(end);
    let whole_words = short.rsplit_once(' ').map_or(short, |(words, _)| words);
    format!("{whole_words} …")
}

fn nodes(scenario: &ScenarioRun) -> Vec<NodeCost> {
    scenario
        .finished_nodes()
        .map(|node| {
            let mut cost = NodeCost {
                name: node.node.clone(),
                seconds: node.seconds + dataset_seconds(scenario, &node.node),
                analyze: 0,
                execute_reads: 0,
                execute_writes: 0,
                rows_down: 0,
                bytes_down: 0,
                bytes_up: 0,
                error: reason(node.error.as_ref(), node.message.as_ref()),
            };
            let own = scenario.calls.iter().filter(|call| {
                call.attribution()
                    .and_then(|place: &Attribution| place.node.as_ref())
                    == Some(&node.node)
            });
            own.for_each(|call| cost.add(call));
            cost
        })
        .collect()
}

/// Loads and saves of a node. Kedro calls `before_node_run` after the loads and `after_node_run`
/// before the saves, and a lazy node does all its work in the saves.
fn dataset_seconds(scenario: &ScenarioRun, node: &str) -> f64 {
    scenario
        .all(|event| match event {
            Event::DatasetFinished(finished) if finished.node.as_deref() == Some(node) => {
                Some(finished)
            }
            _ => None,
        })
        .map(|finished| finished.seconds)
        .sum()
}

impl NodeCost {
    fn add(&mut self, call: &Call) {
        match call.plan.as_ref().map(|plan| plan.action) {
            Some(Action::Analyze) => self.analyze += 1,
            Some(Action::Execute | Action::SqlCommand | Action::Catalog) => self.execute_reads += 1,
            Some(Action::Write) => self.execute_writes += 1,
            Some(
                Action::Ddl
                | Action::TempView
                | Action::SqlQuery
                | Action::Config
                | Action::Artifacts
                | Action::Register
                | Action::Checkpoint
                | Action::Ml
                | Action::MlCleanCache
                | Action::Streaming
                | Action::Other,
            )
            | None => {}
        }
        let (rows, size) = call.down();
        self.rows_down += rows;
        self.bytes_down += size;
        self.bytes_up += call
            .finished
            .as_ref()
            .map_or(0, |finished| finished.bytes_up);
    }
}

fn datasets(scenario: &ScenarioRun) -> Vec<DatasetPlace> {
    scenario
        .datasets()
        .filter(|dataset| dataset.used && !dataset.parameter)
        .map(|dataset| DatasetPlace {
            name: dataset.dataset.clone(),
            dataset_type: short_type(&dataset.dataset_type),
            location: dataset.location.clone(),
            verdict: verdict(dataset),
        })
        .collect()
}
