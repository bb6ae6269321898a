//! CAT001 local-path
//!
//! ## What it checks
//! A pipeline that computes on the cluster has a dataset whose data lies on the client's disk.
//!
//! ## Why it matters
//! The next machine, the CI runner and the scheduled job do not have that file. (A path of the
//! client that Spark is sent to is CAT002.)
//!
//! ## Example
//! ```yaml
//! companies:
//!   type: pandas.CSVDataset
//!   filepath: data/01_raw/companies.csv
//! ```
//!
//! ## Instead
//! A Volume (`/Volumes/main/raw/files/companies.csv`) or a `databricks.ManagedTableDataset`.

use sparring_journal::DatasetDescribed;

use super::super::{Finding, Rule, Severity};
use crate::{
    Run,
    datasets::{Verdict, short_type, uses_spark, verdict},
    run::ScenarioRun,
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CAT001",
    name: "local-path",
    severity: Severity::Warning,
    hint: "keep the data in a Volume or in a managed table",
    check,
    source: include_str!("local_path.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let used = || scenario.datasets().filter(|dataset| dataset.used);
    if !used().any(uses_spark) {
        return Vec::new();
    }
    // What Spark itself is sent to is CAT002's, what disagrees with its other half CAT003's.
    let told_elsewhere = |dataset: &DatasetDescribed| {
        uses_spark(dataset)
            || dataset.dataset.split_once('@').is_some_and(|(base, _)| {
                used().any(|other| {
                    other
                        .dataset
                        .split_once('@')
                        .is_some_and(|(name, _)| name == base)
                        && verdict(other).is_remote()
                })
            })
    };
    used()
        .filter(|dataset| verdict(dataset) == Verdict::Local && !told_elsewhere(dataset))
        .map(|dataset| {
            let kind = short_type(&dataset.dataset_type);
            let location = dataset.location.as_deref().unwrap_or("no location");
            let message =
                "the data lies on the client's disk in a pipeline that runs on the cluster";
            let mut finding = rule
                .finding(message, format!("{kind} at {location}"))
                .at(dataset.site.as_ref());
            finding.dataset = Some(dataset.dataset.clone());
            finding
        })
        .collect()
}
