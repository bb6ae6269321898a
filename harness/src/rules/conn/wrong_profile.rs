//! CONN006 wrong-profile
//!
//! ## What it checks
//! Host, token and cluster of a call belong to different profiles of `.databrickscfg`, or all
//! belong to a profile other than the one that the environment names with
//! `DATABRICKS_CONFIG_PROFILE` and `DATABRICKS_PROFILE`.
//!
//! ## Why it matters
//! A run that is meant for staging works on production data. Python's `configparser` lets every
//! section inherit from `[DEFAULT]`, which Databricks' own tools do not: a section without a
//! `cluster_id` silently gets the default one.
//!
//! ## Example
//! ```python
//! config = configparser.ConfigParser()
//! config.read(path)
//! profile = config["DEFAULT"]  # whatever the environment says
//! ```
//!
//! ## Instead
//! Read the section that the environment names, with
//! `configparser.ConfigParser(default_section="__none__", interpolation=None)`.

use super::super::{Finding, Rule, Severity};
use crate::{
    Run,
    run::{Call, ScenarioRun},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN006",
    name: "wrong-profile",
    severity: Severity::Error,
    hint: "take host, token and cluster from the one section that the environment names, without inheritance",
    check,
    source: include_str!("wrong_profile.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    scenario
        .calls
        .iter()
        .find_map(|call| mixed(rule, scenario, call))
        .into_iter()
        .collect()
}

fn mixed(rule: &Rule, scenario: &ScenarioRun, call: &Call) -> Option<Finding> {
    let profiles = &scenario.started.profiles;
    let authority = &call.received.authority;
    let host = authority
        .rsplit_once(':')
        .map_or(authority.as_str(), |(host, _port)| host);
    let of_host = profiles
        .iter()
        .find(|profile| profile.host == host)
        .map(|profile| &profile.name);
    let of_token = call.received.credential.profile.as_ref();
    let of_cluster = call.received.cluster_id.as_ref().and_then(|id| {
        profiles
            .iter()
            .find(|profile| profile.cluster_id.as_ref() == Some(id))
            .map(|profile| &profile.name)
    });
    let parts = [
        ("host", of_host),
        ("token", of_token),
        ("cluster", of_cluster),
    ];
    let known: Vec<(&str, &String)> = parts
        .iter()
        .filter_map(|(part, name)| Some((*part, (*name)?)))
        .collect();
    let (_, first) = *known.first()?;
    let wanted = scenario.started.selected_profile.as_ref().unwrap_or(first);
    let message = if known.iter().any(|(_, name)| *name != first) {
        let parts: Vec<String> = known
            .iter()
            .map(|(part, name)| format!("{part} of `{name}`"))
            .collect();
        format!("one call uses the {}", parts.join(", the "))
    } else if first != wanted {
        format!("the environment names profile `{wanted}`, the project uses `{first}`")
    } else {
        return None;
    };
    let evidence = format!(
        "scenario {}: {} to {host}",
        scenario.scenario.name, call.received.method
    );
    let site = scenario.remotes().find_map(|remote| remote.site.as_ref());
    Some(rule.finding(message, evidence).at(site))
}
