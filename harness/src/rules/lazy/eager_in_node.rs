//! LAZY001 eager-in-node
//!
//! ## What it checks
//! A query was executed and its rows came to the client while a node's function ran: `collect`,
//! `toPandas`, `count`, `show`, `first`, `isEmpty`.
//!
//! ## Why it matters
//! A node is meant to describe a result; the save of its dataset executes it once, on the
//! cluster. Every query inside a node is executed in addition and usually reads everything again.
//!
//! ## Example
//! ```python
//! def preprocess(shuttles):
//!     logger.info("%d rows", shuttles.count())
//!     return shuttles.filter("price > 0")
//! ```
//!
//! ## Instead
//! Return DataFrames and let the catalog write them. Where a number is really needed, make it a
//! node of its own with a dataset of its own.

use sparring_journal::{Action, Attribution, Phase};

use super::super::{Finding, Rule, Severity, counted};
use crate::{
    Run,
    report::bytes,
    run::{Call, ScenarioRun},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "LAZY001",
    name: "eager-in-node",
    severity: Severity::Warning,
    hint: "return the DataFrame and let the catalog write it, or give the result a dataset of its own",
    check,
    source: include_str!("eager_in_node.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let eager = scenario.calls.iter().filter(|call| {
        is_execution(call)
            && call
                .attribution()
                .is_some_and(|place| place.phase == Phase::Node)
    });
    by_site(eager)
        .into_iter()
        .map(|calls| finding(rule, &calls))
        .collect()
}

/// Whether a call executed a query for its rows.
pub(super) fn is_execution(call: &Call) -> bool {
    call.received.method == "ExecutePlan"
        && call
            .plan
            .as_ref()
            .is_some_and(|plan| plan.action == Action::Execute)
}

/// Calls from the same place in the same node, in order of their first.
pub(super) fn by_site<'a>(calls: impl Iterator<Item = &'a Call>) -> Vec<Vec<&'a Call>> {
    let place = |call: &Call| {
        call.attribution()
            .map(|place| (place.node.clone(), place.hook.clone(), place.site.clone()))
    };
    let mut groups: Vec<Vec<&Call>> = Vec::new();
    for call in calls {
        match groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| place(first) == place(call))
        }) {
            Some(group) => group.push(call),
            None => groups.push(vec![call]),
        }
    }
    groups
}

/// `` `toPandas` ``, or words when the method is not known.
pub(super) fn method(place: Option<&Attribution>) -> String {
    place
        .and_then(|place| place.call.as_ref())
        .map_or_else(|| "a call".to_owned(), |call| format!("`{call}`"))
}

/// What a group of calls cost.
pub(super) fn cost(calls: &[&Call]) -> String {
    let (rows, size) = calls
        .iter()
        .map(|call| call.down())
        .fold((0, 0), |sum, down| (sum.0 + down.0, sum.1 + down.1));
    let queries = if calls.len() == 1 {
        "1 query".to_owned()
    } else {
        format!("{} queries", calls.len())
    };
    format!(
        "{queries}, {} and {} to the client",
        counted(rows, "row"),
        bytes(size)
    )
}

fn finding(rule: &Rule, calls: &[&Call]) -> Finding {
    let place = calls.first().and_then(|call| call.attribution());
    rule.finding(
        format!("{} executes a query inside a node", method(place)),
        cost(calls),
    )
    .of(place)
}
