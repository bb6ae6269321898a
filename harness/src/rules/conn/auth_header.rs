//! CONN005 auth-header
//!
//! ## What it checks
//! The workspace refused a call for its headers: no token or one it does not know, neither a
//! cluster nor a serverless session or both of them, a cluster it does not have. Scenarios in
//! which that is expected do not count.
//!
//! ## Why it matters
//! A real workspace refuses the same call, usually minutes into a run, after other nodes have
//! already written their results.
//!
//! ## Example
//! ```python
//! url = f"sc://{host}:443/;token={token}"  # which cluster?
//! ```
//!
//! ## Instead
//! Add `;x-databricks-cluster-id={cluster_id}`, take all three values from one profile, and ask
//! `spark.version` in the hook so that a refusal comes before the first node.

use std::collections::BTreeMap;

use sparring_journal::{RefusalReason, RefusedBy};

use super::super::{Finding, Rule, Severity, counted};
use crate::{
    Run,
    run::{Call, ScenarioRun},
    scenario::{Expect, Scenario},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "CONN005",
    name: "auth-header",
    severity: Severity::Error,
    hint: "send `token` and `x-databricks-cluster-id` of one profile, and ask `spark.version` in the hook",
    check,
    source: include_str!("auth_header.rs"),
};

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let mut by_reason: BTreeMap<&'static str, Vec<&Call>> = BTreeMap::new();
    for call in &scenario.calls {
        let Some(refused) = &call.refused else {
            continue;
        };
        if refused.by == RefusedBy::Auth && !is_expected(scenario.scenario, refused.reason) {
            by_reason
                .entry(sentence(refused.reason))
                .or_default()
                .push(call);
        }
    }
    by_reason
        .into_iter()
        .filter_map(|(sentence, calls)| {
            let first = calls.first()?;
            let refused = first.refused.as_ref()?;
            let evidence = format!(
                "scenario {}: {} refused, first {} with {}: {}",
                scenario.scenario.name,
                counted(calls.len() as u64, "call"),
                first.received.method,
                refused.code,
                refused.message,
            );
            Some(rule.finding(sentence, evidence).of(first.attribution()))
        })
        .collect()
}

fn is_expected(scenario: &Scenario, reason: RefusalReason) -> bool {
    matches!(scenario.expect, Expect::Refused(reasons) if reasons.contains(&reason))
}

const fn sentence(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::MissingToken => "calls carry no token",
        RefusalReason::UnknownToken => "calls carry a token that the workspace does not know",
        RefusalReason::MissingCompute => "calls name neither a cluster nor a serverless session",
        RefusalReason::TwoComputes => "calls name both a cluster and a serverless session",
        RefusalReason::UnknownCluster => "calls name a cluster that the workspace does not have",
        RefusalReason::ClusterNotRunning => "calls name a cluster that does not run",
        RefusalReason::AccessMode => "calls name a cluster whose access mode forbids Spark Connect",
        RefusalReason::UnknownHost => "calls are addressed to a host that is not the workspace",
        RefusalReason::MessageTooLarge
        | RefusalReason::LocalRelationTooLarge
        | RefusalReason::Malformed
        | RefusalReason::Fault => "calls were refused for their headers",
    }
}
