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

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun};

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
            let message = format!("Spark is asked to {verb} a path {where_}");
            let finding = rule.finding(message, path.as_str()).of(call.attribution());
            // A load asks for the schema and then for the rows of the same path.
            if !findings
                .iter()
                .any(|known| known.evidence == finding.evidence && known.message == finding.message)
            {
                findings.push(finding);
            }
        }
    }
    findings
}

fn place_on_client(path: &str, run: &Run, scenario: &ScenarioRun) -> Option<&'static str> {
    let is_file_url = path.starts_with("file:");
    let local = path.trim_start_matches("file:").trim_start_matches("//");
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
