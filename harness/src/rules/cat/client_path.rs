//! CAT002 client-path
//!
//! ## What it checks
//! The workspace was asked to read or write a path of the client's machine: below the project,
//! below the client's HOME, or with `file:`.
//!
//! ## Why it matters
//! Spark resolves the path on the cluster. Reading fails or finds something else; writing
//! succeeds and the result is lost with the cluster.
//!
//! ## Example
//! ```yaml
//! report:
//!   type: spark.SparkDataset
//!   filepath: data/08_reporting/report.parquet  # made absolute against the project by Kedro
//! ```
//!
//! ## Instead
//! A path that both sides mean alike: `/Volumes/…`, `dbfs:/…`, `s3://…`.

use sparring_journal::DatasetDescribed;

use super::super::{Finding, Rule, Severity};
use crate::{Run, datasets::uses_spark, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CAT002",
    name: "client-path",
    severity: Severity::Error,
    hint: "use a path that the cluster knows: `/Volumes/…`, `dbfs:/…`, `s3://…`",
    check,
    source: include_str!("client_path.rs"),
};

fn check(rule: &Rule, run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for call in &scenario.calls {
        let Some(plan) = &call.plan else { continue };
        let uses = plan
            .paths_read
            .iter()
            .map(|path| (path, "read"))
            .chain(plan.paths_written.iter().map(|path| (path, "write")));
        for (path, verb) in uses {
            let Some(where_) = place_on_client(path, run, scenario) else {
                continue;
            };
            // A load asks for the schema and then for the rows, and what was written is read again:
            // one path is one mistake.
            if findings
                .iter()
                .any(|known| on_client(&known.evidence) == on_client(path))
            {
                continue;
            }
            let message = format!("Spark is asked to {verb} a path {where_}");
            let mut finding = rule.finding(message, path.as_str()).of(call.attribution());
            // Spark reads when something is asked for, which may be the save of another dataset,
            // or a line of a node; the mistake is in the catalog.
            if let Some(dataset) = dataset_at(path, finding.dataset.as_deref(), scenario) {
                finding = Finding {
                    dataset: Some(dataset.to_owned()),
                    file: None,
                    line: None,
                    ..finding
                };
            }
            findings.push(finding);
        }
    }
    findings
}

/// The path as the client's disk knows it.
fn on_client(path: &str) -> &str {
    path.trim_start_matches("file:").trim_start_matches("//")
}

/// The Spark dataset whose location this is, `asked` first. One of another kind that lies there is
/// read by the client, and is no part of the mistake.
fn dataset_at<'a>(path: &str, asked: Option<&str>, scenario: &'a ScenarioRun) -> Option<&'a str> {
    let here = |dataset: &&DatasetDescribed| {
        uses_spark(dataset)
            && dataset
                .location
                .as_ref()
                .is_some_and(|location| on_client(location) == on_client(path))
    };
    let names = || {
        scenario
            .datasets()
            .filter(here)
            .map(|it| it.dataset.as_str())
    };
    names()
        .find(|name| Some(*name) == asked)
        .or_else(|| names().next())
}

fn place_on_client(path: &str, run: &Run, scenario: &ScenarioRun) -> Option<&'static str> {
    let is_file_url = path.starts_with("file:");
    let local = on_client(path);
    let below = |dir: &str| {
        !dir.is_empty()
            && local
                .strip_prefix(dir)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if below(&run.started.project_dir) {
        Some("inside the project on the client")
    } else if below(&scenario.started.home) {
        Some("in the client's HOME")
    } else if is_file_url {
        Some("on a local disk")
    } else {
        None
    }
}
