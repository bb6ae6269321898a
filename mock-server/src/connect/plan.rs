//! The envelope of a plan: that there is one, and that it is decompressed once, at the edge.
//!
//! Knows nothing of what a plan means.

use sparring_engine::{Error, Exception, Result};
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::{Plan, Relation};

use super::compressed::decompress;
use super::local_data;

/// The plan of an `ExecutePlan`, ready for the engine.
pub(super) fn prepare(plan: Option<Plan>, limit_bytes: u64) -> Result<Plan> {
    let mut plan = plan.unwrap_or_default();
    if plan.op_type.is_none() {
        return Err(Error::plain(
            Exception::UnsupportedOperation,
            "OPTYPE_NOT_SET not supported.",
        ));
    }
    decompress(&mut plan, limit_bytes)?;
    Ok(plan)
}

/// The question of an `AnalyzePlan`, ready for the engine.
pub(super) fn prepare_analyze(analyze: Option<Analyze>, limit_bytes: u64) -> Result<Analyze> {
    let Some(mut analyze) = analyze else {
        return Err(Error::invalid_plan(
            "Unknown Analyze Method ANALYZE_NOT_SET!",
        ));
    };
    for plan in plans(&mut analyze).into_iter().flatten() {
        decompress(plan, limit_bytes)?;
    }
    Ok(analyze)
}

/// The plans that a question carries. Those that carry a bare relation have none.
pub(super) fn plans(analyze: &mut Analyze) -> [Option<&mut Plan>; 2] {
    let one = |plan| [plan, None];
    match analyze {
        Analyze::Schema(request) => one(request.plan.as_mut()),
        Analyze::Explain(request) => one(request.plan.as_mut()),
        Analyze::TreeString(request) => one(request.plan.as_mut()),
        Analyze::IsLocal(request) => one(request.plan.as_mut()),
        Analyze::IsStreaming(request) => one(request.plan.as_mut()),
        Analyze::InputFiles(request) => one(request.plan.as_mut()),
        Analyze::SemanticHash(request) => one(request.plan.as_mut()),
        Analyze::SameSemantics(request) => {
            [request.target_plan.as_mut(), request.other_plan.as_mut()]
        }
        Analyze::SparkVersion(_)
        | Analyze::DdlParse(_)
        | Analyze::JsonToDdl(_)
        | Analyze::Persist(_)
        | Analyze::Unpersist(_)
        | Analyze::GetStorageLevel(_) => [None, None],
    }
}

/// The relation of a question that carries no plan.
pub(super) fn bare_relation(analyze: &Analyze) -> Option<&Relation> {
    match analyze {
        Analyze::Persist(request) => request.relation.as_ref(),
        Analyze::Unpersist(request) => request.relation.as_ref(),
        Analyze::GetStorageLevel(request) => request.relation.as_ref(),
        Analyze::Schema(_)
        | Analyze::Explain(_)
        | Analyze::TreeString(_)
        | Analyze::IsLocal(_)
        | Analyze::IsStreaming(_)
        | Analyze::InputFiles(_)
        | Analyze::SparkVersion(_)
        | Analyze::DdlParse(_)
        | Analyze::SameSemantics(_)
        | Analyze::SemanticHash(_)
        | Analyze::JsonToDdl(_) => None,
    }
}

/// The relations that a question is about.
pub(super) fn relations(analyze: &mut Analyze) -> Vec<&Relation> {
    // Asked twice, because the borrow checker does not see that the plans are another case.
    if bare_relation(analyze).is_some() {
        return bare_relation(analyze).into_iter().collect();
    }
    plans(analyze)
        .into_iter()
        .flatten()
        .filter_map(|plan| local_data::roots(plan))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_asks_for_nothing_is_refused() {
        for nothing in [None, Some(Plan::default())] {
            let error = prepare(nothing, 1).unwrap_err().to_string();
            assert_eq!(error, "OPTYPE_NOT_SET not supported.");
        }
    }
}
