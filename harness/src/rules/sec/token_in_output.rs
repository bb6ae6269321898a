//! SEC001 token-in-output
//!
//! ## What it checks
//! A planted token appears in what the project printed, in a log or in any file it wrote during
//! the run. Every profile of the sandbox has a token that exists nowhere else.
//!
//! ## Why it matters
//! Logs are kept, searched and shared by people who must not have the token. CI systems hide only
//! the secrets that they were told about.
//!
//! ## Example
//! ```python
//! logger.info("connecting to %s", os.environ["SPARK_REMOTE"])
//! ```
//!
//! ## Instead
//! Log host and cluster. Percent-encode the token in the address: an address that the client
//! cannot read is repeated in its error message, token and all.

use std::collections::BTreeMap;

use sparring_journal::{Event, TokenSeen};

use super::super::{Finding, Rule, Severity, counted};
use crate::{Run, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "SEC001",
    name: "token-in-output",
    severity: Severity::Error,
    hint: "log the host and the cluster, never the address with its token",
    check,
    source: include_str!("token_in_output.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let mut by_place: BTreeMap<&str, Vec<&TokenSeen>> = BTreeMap::new();
    for event in &scenario.events {
        if let Event::TokenSeen(seen) = event {
            by_place.entry(&seen.place).or_default().push(seen);
        }
    }
    by_place
        .into_iter()
        .filter_map(|(place, seen)| {
            let first = seen.first()?;
            let evidence = format!(
                "scenario {}: {}, first at line {}: {}",
                scenario.scenario.name,
                counted(seen.len() as u64, "line"),
                first.line,
                first.text.split_whitespace().collect::<Vec<_>>().join(" "),
            );
            let mut finding = rule.finding(format!("a token is written to {place}"), evidence);
            if !matches!(place, "stdout" | "stderr") {
                finding.file = Some(place.to_owned());
                finding.line = u32::try_from(first.line).ok();
            }
            Some(finding)
        })
        .collect()
}
