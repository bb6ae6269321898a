//! CAT003 transcode-hybrid
//!
//! ## What it checks
//! The halves of a transcoded dataset (`table@spark`, `table@pandas`) disagree on where the data
//! lies, or a dataset that is not Spark's uses a path that exists on a cluster only (`/dbfs/…`,
//! `/Volumes/…`).
//!
//! ## Why it matters
//! Transcoding means one piece of data with two ways to read it. When one half lies on the
//! cluster and the other on the client, the second half reads an old file or none.
//!
//! ## Example
//! ```yaml
//! model_input@spark:
//!   type: spark.SparkDatasetV2
//!   filepath: /Volumes/main/model/input.parquet
//! model_input@pandas:
//!   type: pandas.ParquetDataset
//!   filepath: data/05_model_input/input.parquet
//! ```
//!
//! ## Instead
//! One managed table, and `dataframe_type: pandas` for the half that needs pandas.

use std::collections::BTreeMap;

use sparring_journal::DatasetDescribed;

use super::super::{Finding, Rule, Severity};
use crate::{
    Run,
    datasets::{Verdict, verdict},
    run::ScenarioRun,
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CAT003",
    name: "transcode-hybrid",
    severity: Severity::Error,
    hint: "use one managed table, with `dataframe_type: pandas` where pandas is needed",
    check,
    source: include_str!("transcode_hybrid.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    halves(rule, scenario)
        .into_iter()
        .chain(mounts(rule, scenario))
        .collect()
}

fn halves(rule: &Rule, scenario: &ScenarioRun) -> Vec<Finding> {
    let mut by_base: BTreeMap<&str, Vec<&DatasetDescribed>> = BTreeMap::new();
    for dataset in scenario.datasets().filter(|dataset| dataset.used) {
        if let Some((base, _)) = dataset.dataset.split_once('@') {
            by_base.entry(base).or_default().push(dataset);
        }
    }
    by_base
        .into_iter()
        .filter_map(|(base, halves)| {
            let remote = |dataset: &&&DatasetDescribed| verdict(dataset).is_remote();
            let near = halves.iter().find(|half| !remote(half))?;
            halves.iter().find(remote)?;
            let evidence = halves
                .iter()
                .map(|half| format!("{} is {}", half.dataset, verdict(half).name()))
                .collect::<Vec<_>>()
                .join(", ");
            let mut finding = rule
                .finding(
                    "the halves of a transcoded dataset lie in different places",
                    evidence,
                )
                .at(near.site.as_ref());
            finding.dataset = Some(base.to_owned());
            Some(finding)
        })
        .collect()
}

fn mounts<'a>(rule: &'a Rule, scenario: &'a ScenarioRun) -> impl Iterator<Item = Finding> + 'a {
    scenario
        .datasets()
        .filter(|dataset| dataset.used && verdict(dataset) == Verdict::LocalHybrid)
        .map(|dataset| {
            let location = dataset.location.as_deref().unwrap_or("no location");
            let message = "the path exists on a cluster only and is read by the client";
            let evidence = format!("{} at {location}", dataset.dataset_type);
            let mut finding = rule.finding(message, evidence).at(dataset.site.as_ref());
            finding.dataset = Some(dataset.dataset.clone());
            finding
        })
}
