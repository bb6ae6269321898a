//! XFER003 download
//!
//! ## What it checks
//! One node or dataset brought more rows or bytes to the client than the budget allows
//! (`download_rows` and `download_bytes` in `sparring.toml`, 10,000 rows and 16 MiB unless set).
//!
//! ## Why it matters
//! Results travel through one connection into the memory of one machine. What is comfortable
//! with test data is slow or impossible with the real tables.
//!
//! ## Example
//! ```yaml
//! model_input_table:
//!   type: databricks.ManagedTableDataset
//!   table: model_input
//!   dataframe_type: pandas
//! ```
//!
//! ## Instead
//! Aggregate or sample on the cluster and bring the small result.

use std::collections::BTreeMap;

use sparring_journal::Action;

use super::super::{Finding, Rule, Severity, counted};
use crate::{
    Run,
    report::bytes,
    run::{Call, ScenarioRun},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "XFER003",
    name: "download",
    severity: Severity::Warning,
    hint: "aggregate or sample on the cluster and bring the small result",
    check,
    source: include_str!("download.rs"),
};

/// Node and dataset.
type Place<'a> = (Option<&'a str>, Option<&'a str>);

fn check(rule: &Rule, run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let budgets = run.started.budgets;
    let allowed = format!(
        "allowed are {} and {}",
        counted(budgets.download_rows, "row"),
        bytes(budgets.download_bytes)
    );
    let mut sums: BTreeMap<Place<'_>, (u64, u64, &Call)> = BTreeMap::new();
    for call in scenario.calls.iter().filter(|call| brings_rows(call)) {
        let place = call.attribution();
        let key = (
            place.and_then(|place| place.node.as_deref()),
            place.and_then(|place| place.dataset.as_deref()),
        );
        let (rows, size) = call.down();
        let sum = sums.entry(key).or_insert((0, 0, call));
        (sum.0, sum.1) = (sum.0 + rows, sum.1 + size);
    }
    sums.into_values()
        .filter(|(rows, size, _)| *rows > budgets.download_rows || *size > budgets.download_bytes)
        .map(|(rows, size, first)| {
            let evidence = format!("{}, {}; {allowed}", counted(rows, "row"), bytes(size));
            rule.finding("a large result was brought to the client", evidence)
                .of(first.attribution())
        })
        .collect()
}

fn brings_rows(call: &Call) -> bool {
    call.plan
        .as_ref()
        .is_some_and(|plan| matches!(plan.action, Action::Execute | Action::SqlCommand))
}
