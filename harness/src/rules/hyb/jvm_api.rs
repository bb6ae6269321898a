//! HYB002 jvm-api
//!
//! ## What it checks
//! The project reached for something that exists only where the driver's JVM is in the same
//! process: `sparkContext`, `_jvm`, `_jsparkSession`, `.rdd`, `setCheckpointDir`, `.master()`.
//!
//! ## Why it matters
//! Over Spark Connect there is no JVM on the client. The call raises an attribute error, or is
//! swallowed by a `try` and something else happens than was meant.
//!
//! ## Example
//! ```python
//! spark.sparkContext.setLogLevel("WARN")
//! if frame.rdd.isEmpty(): ...
//! ```
//!
//! ## Instead
//! Leave the log level to the cluster, use `frame.isEmpty()`, and settings that are allowed
//! there with `spark.conf.set`.

use sparring_journal::Event;

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "HYB002",
    name: "jvm-api",
    severity: Severity::Error,
    hint: "remove it or use the DataFrame API: there is no JVM behind a remote session",
    check,
    source: include_str!("jvm_api.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    scenario
        .events
        .iter()
        .filter_map(|event| match event {
            Event::JvmApiUsed(used) => {
                let message = format!("`{}` does not exist in a remote session", used.attribute);
                let evidence = format!("scenario {}", scenario.scenario.name);
                let mut finding = rule.finding(message, evidence).at(used.site.as_ref());
                finding.node.clone_from(&used.node);
                Some(finding)
            }
            _ => None,
        })
        .collect()
}
