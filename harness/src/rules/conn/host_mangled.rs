//! CONN002 host-mangled
//!
//! ## What it checks
//! The host that the project connects to is not the host of any profile and differs from one of
//! them by a character or two, or is one of them with its end cut off.
//!
//! ## Why it matters
//! The mangled name belongs to somebody else. `….azuredatabricks.net` without its last character
//! is `….azuredatabricks.ne`, a name in a real top-level domain: the token would be sent there.
//!
//! ## Example
//! ```python
//! host = config["host"][:-1]  # meant to drop a slash at the end; drops whatever is there
//! ```
//!
//! ## Instead
//! `host = config["host"].rstrip("/")`, or read the host with `urllib.parse.urlsplit(…).hostname`.

use sparring_journal::CallSite;

use super::super::{Finding, Rule, Severity};
use crate::{Run, run::ScenarioRun};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN002",
    name: "host-mangled",
    severity: Severity::Error,
    hint: "drop the slash with `host.rstrip(\"/\")`, never by position",
    check,
    source: include_str!("host_mangled.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let known: Vec<&str> = scenario
        .started
        .profiles
        .iter()
        .map(|profile| profile.host.as_str())
        .collect();
    let resolved = scenario
        .remotes()
        .filter_map(|remote| Some((remote.host.as_deref()?, remote.site.as_ref())));
    let refused = scenario
        .refused_hosts()
        .map(|refused| (refused.host.as_str(), None));
    // The address that was resolved and the host that was refused are one mistake.
    resolved
        .chain(refused)
        .find_map(|(host, site)| Some(finding(rule, scenario, host, meant(host, &known)?, site)))
        .into_iter()
        .collect()
}

fn finding(
    rule: &Rule,
    scenario: &ScenarioRun,
    host: &str,
    meant: &str,
    site: Option<&CallSite>,
) -> Finding {
    let refused = scenario
        .refused_hosts()
        .find(|refused| refused.host == host);
    let evidence = refused.map_or_else(
        || format!("scenario {}: resolved {host}", scenario.scenario.name),
        |refused| {
            format!(
                "scenario {}: CONNECT {}:{} refused",
                scenario.scenario.name, host, refused.port
            )
        },
    );
    rule.finding(
        format!("the project connects to `{host}`, the profile says `{meant}`"),
        evidence,
    )
    .at(site)
}

/// The known host that `host` is a mangled form of.
fn meant<'a>(host: &str, known: &[&'a str]) -> Option<&'a str> {
    if known.contains(&host) {
        return None;
    }
    known.iter().copied().find(|candidate| {
        // A host cut in the middle is still recognisable; a few letters are not.
        let cut = host.len() >= 8 && (candidate.starts_with(host) || candidate.ends_with(host));
        cut || strsim::damerau_levenshtein(host, candidate) <= 2
    })
}
