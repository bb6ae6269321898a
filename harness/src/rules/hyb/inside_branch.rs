//! HYB001 inside-branch
//!
//! ## What it checks
//! On a Databricks cluster (`SPARK_HOME` is `/databricks/spark`, there is no `.databrickscfg`)
//! the project's hooks read the profile, set `SPARK_REMOTE`, open a connection, or fail.
//!
//! ## Why it matters
//! The same project is developed outside and scheduled inside. Inside, the session is already
//! there; a hook that looks for a profile fails with `KeyError: 'host'`, one that sets
//! `SPARK_REMOTE` sends the job's work to another cluster.
//!
//! ## Example
//! ```python
//! def after_context_created(self):
//!     os.environ["SPARK_REMOTE"] = remote_from_profile()  # inside as well
//! ```
//!
//! ## Instead
//! ```python
//! if "DATABRICKS_RUNTIME_VERSION" in os.environ:
//!     return
//! ```

use sparring_journal::Event;

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun, scenario::Expect};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "HYB001",
    name: "inside-branch",
    severity: Severity::Error,
    hint: "return from the hook when `DATABRICKS_RUNTIME_VERSION` is set",
    check,
    source: include_str!("inside_branch.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    if scenario.scenario.expect == Expect::StaysAway {
        trespass(rule, scenario).into_iter().collect()
    } else {
        Vec::new()
    }
}

fn trespass(rule: &Rule, scenario: &ScenarioRun) -> Option<Finding> {
    let name = scenario.scenario.name;
    if let Some(failed) = scenario.failed_hooks().next() {
        let evidence = format!(
            "scenario {name}: {} raised {}: {}",
            failed.hook, failed.error, failed.message
        );
        return Some(
            rule.finding("the hook fails on a Databricks cluster", evidence)
                .at(failed.site.as_ref()),
        );
    }
    if let Some(remote) = scenario.remotes().next() {
        let evidence = format!("scenario {name}: {}", remote.url_redacted);
        return Some(
            rule.finding(
                "the hook connects elsewhere on a Databricks cluster",
                evidence,
            )
            .at(remote.site.as_ref()),
        );
    }
    let set = scenario.events.iter().find_map(|event| match event {
        Event::EnvironmentChanged(changed) if changed.variable == "SPARK_REMOTE" => Some(changed),
        _ => None,
    });
    if let Some(changed) = set {
        let evidence = format!("scenario {name}: after {}", changed.hook);
        return Some(rule.finding(
            "the hook sets SPARK_REMOTE on a Databricks cluster",
            evidence,
        ));
    }
    let refused = scenario.refused_hosts().next()?;
    let evidence = format!("scenario {name}: CONNECT {}:{}", refused.host, refused.port);
    Some(rule.finding(
        "the hook opens a connection on a Databricks cluster",
        evidence,
    ))
}
