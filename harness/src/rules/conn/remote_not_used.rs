//! CONN001 remote-not-used
//!
//! ## What it checks
//! The run ended well and the workspace saw no Spark call at all, or a classic Spark session with
//! a JVM on the client was started, or the project's hooks gave up silently where they connect
//! otherwise.
//!
//! ## Why it matters
//! The pipeline is green and nothing of it ran where it is meant to run. Code that falls back to
//! a local session when the connection fails hides every mistake in the connection.
//!
//! ## Example
//! ```python
//! try:
//!     spark = SparkSession.builder.remote(url).getOrCreate()
//! except Exception:
//!     spark = SparkSession.builder.master("local").getOrCreate()
//! ```
//!
//! ## Instead
//! Let the failure end the run. Fall back only when a person asked for it by name.

use sparring_journal::{Event, SessionKind};

use super::super::{Finding, Rule, Severity};
use crate::{
    Run,
    run::ScenarioRun,
    scenario::{Expect, Runs},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN001",
    name: "remote-not-used",
    severity: Severity::Error,
    hint: "let a failed connection end the run instead of falling back",
    check,
    source: include_str!("remote_not_used.rs"),
};

fn check(rule: &Rule, run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let hooks_connect = run.hooks_connect();
    let classic = scenario.events.iter().filter_map(|event| match event {
        Event::SessionCreated(session) if session.session == SessionKind::Classic => {
            let message = "a classic Spark session with a JVM on the client was started";
            let evidence = format!("scenario {}", scenario.scenario.name);
            Some(rule.finding(message, evidence).at(session.site.as_ref()))
        }
        _ => None,
    });
    classic
        .chain(silence(rule, scenario, hooks_connect))
        .collect()
}

fn silence(rule: &Rule, scenario: &ScenarioRun, hooks_connect: bool) -> Option<Finding> {
    let name = scenario.scenario.name;
    if !scenario.calls.is_empty() || scenario.scenario.expect == Expect::StaysAway {
        return None;
    }
    match scenario.scenario.runs {
        Runs::Pipeline | Runs::Command if scenario.succeeded() => Some(rule.finding(
            "the run ended well and the workspace saw no Spark call",
            format!("scenario {name}: 0 calls"),
        )),
        Runs::Context if hooks_connect => {
            let context = scenario.context()?;
            let silent = !context.connected_to_something && context.error.is_none();
            silent.then(|| {
                rule.finding(
                    "the project's hooks gave up without an error and left nothing to connect with",
                    format!("scenario {name}: no address, no session, no exception"),
                )
            })
        }
        Runs::Pipeline | Runs::Command | Runs::Context => None,
    }
}
