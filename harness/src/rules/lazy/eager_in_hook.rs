//! LAZY002 eager-in-hook
//!
//! ## What it checks
//! A query was executed or something was written before the pipeline began: while modules were
//! imported, in a hook, or while the catalog was built. Asking `spark.version` is no query.
//!
//! ## Why it matters
//! It runs for every command, `kedro registry list` included, before anyone chose a pipeline. At
//! import it may even run before the hook has set up the connection, on another session.
//!
//! ## Example
//! ```python
//! spark = SparkSession.builder.getOrCreate()
//! CATEGORIES = [row[0] for row in spark.table("main.raw.categories").collect()]
//! ```
//!
//! ## Instead
//! Make it a dataset and an input of the node that needs it.

use sparring_journal::{Action, Phase};

use super::{
    super::{Finding, Rule, Severity},
    eager_in_node::{by_site, cost, is_execution, method},
};
use crate::{
    Run,
    run::{Call, ScenarioRun},
};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "LAZY002",
    name: "eager-in-hook",
    severity: Severity::Warning,
    hint: "make it a dataset and an input of the node that needs it",
    check,
    source: include_str!("eager_in_hook.rs"),
};

/// Hook points that are reached before the first node.
const BEFORE_THE_PIPELINE: &[&str] = &[
    "after_context_created",
    "after_catalog_created",
    "before_pipeline_run",
];

fn check(rule: &Rule, _run: &Run, scenario: &ScenarioRun) -> Vec<Finding> {
    let early = scenario
        .calls
        .iter()
        .filter(|call| is_work(call) && is_early(call));
    by_site(early)
        .into_iter()
        .map(|calls| finding(rule, &calls))
        .collect()
}

fn is_work(call: &Call) -> bool {
    is_execution(call)
        || call
            .plan
            .as_ref()
            .is_some_and(|plan| plan.action == Action::Write)
}

fn is_early(call: &Call) -> bool {
    call.attribution().is_some_and(|place| match place.phase {
        Phase::Import | Phase::Catalog => true,
        Phase::Hook => place
            .hook
            .as_deref()
            .is_some_and(|hook| BEFORE_THE_PIPELINE.contains(&hook)),
        Phase::Load | Phase::Save | Phase::Exists | Phase::Node | Phase::Pipeline | Phase::Exit => {
            false
        }
    })
}

fn finding(rule: &Rule, calls: &[&Call]) -> Finding {
    let place = calls.first().and_then(|call| call.attribution());
    let moment = match place.map(|place| (place.phase, place.hook.as_deref())) {
        Some((Phase::Hook, Some(hook))) => format!("in the hook {hook}"),
        Some((Phase::Catalog, _)) => "while the catalog is built".to_owned(),
        _ => "at import".to_owned(),
    };
    rule.finding(
        format!("{} executes a query {moment}", method(place)),
        cost(calls),
    )
    .of(place)
}
