//! XFER001 upload-limit
//!
//! ## What it checks
//! Data of the client was uploaded with a plan (`createDataFrame`, saving a pandas frame through
//! a Spark dataset) and was refused for its size, or took more than half of what is allowed. The
//! limit is that of the fake workspace, 128 MiB unless `sparring.toml` says otherwise.
//!
//! ## Why it matters
//! Databricks refuses messages and local data above 128 MB. Half of it today is all of it when
//! the data has doubled.
//!
//! ## Example
//! ```python
//! def load(orders: pandas.DataFrame) -> DataFrame:
//!     return spark.createDataFrame(orders)
//! ```
//!
//! ## Instead
//! Put files into a Volume and read them there: `spark.read.parquet("/Volumes/…")`.

use sparring_journal::RefusalReason;

use super::super::{Finding, Rule, Severity};
use crate::{
    Run,
    report::bytes,
    run::{Call, ScenarioRun},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "XFER001",
    name: "upload-limit",
    severity: Severity::Error,
    hint: "put the data into a Volume or a table and read it there",
    check,
    source: include_str!("upload_limit.rs"),
};

/// Limit of gRPC messages at Databricks and in PySpark's own channel options.
const USUAL_LIMIT: u64 = 128 << 20;

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let limit = limit(scenario);
    let by_server = scenario
        .calls
        .iter()
        .filter_map(|call| refused(rule, call).or_else(|| near(rule, call, limit)));
    by_server.chain(refused_by_client(rule, scenario)).collect()
}

fn limit(scenario: &ScenarioRun) -> u64 {
    scenario
        .server()
        .and_then(|server| server.local_relation_limit_bytes)
        .filter(|limit| *limit > 0)
        .unwrap_or(USUAL_LIMIT)
}

fn refused(rule: &Rule, call: &Call) -> Option<Finding> {
    let refused = call.refused.as_ref()?;
    let what = match refused.reason {
        RefusalReason::MessageTooLarge => "a message was refused for its size",
        RefusalReason::LocalRelationTooLarge => "local data was refused for its size",
        _ => return None,
    };
    Some(
        rule.finding(what, format!("{}: {}", refused.code, refused.message))
            .of(call.attribution()),
    )
}

fn near(rule: &Rule, call: &Call, limit: u64) -> Option<Finding> {
    let size = call.plan.as_ref()?.local_relation_bytes;
    (size >= limit / 2).then(|| {
        let evidence = format!("{} of {} allowed", bytes(size), bytes(limit));
        rule.finding(
            "local data takes more than half of what may be uploaded",
            evidence,
        )
        .of(call.attribution())
        .with_severity(Severity::Warning)
    })
}

/// PySpark refuses to send what is larger than its own limit, so the workspace never sees it.
fn refused_by_client<'a>(
    rule: &'a Rule,
    scenario: &'a ScenarioRun,
) -> impl Iterator<Item = Finding> + 'a {
    scenario.finished_nodes().filter_map(|node| {
        let message = node.message.as_deref()?;
        let at = message.find("Sent message larger than max")?;
        let evidence: String = message.chars().skip(at).take(80).collect();
        let mut finding = rule.finding("a message was refused for its size", evidence);
        finding.node = Some(node.node.clone());
        Some(finding)
    })
}
