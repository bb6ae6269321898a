//! `explain`: our plans under the headings that Spark uses.
//!
//! The trees are DataFusion's, since that is what runs; columns carry the users' names.

use std::collections::BTreeMap;

use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::displayable;
use sparring_proto::connect::analyze_plan_request::explain::ExplainMode;

use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::plan::{Planned, project};
use crate::types::simple_string;

/// The text of `explain` in a mode.
pub(crate) async fn explain(
    context: &Context,
    planned: Planned,
    mode: ExplainMode,
) -> Result<String> {
    let names = names(&planned);
    let schema: Vec<String> = planned
        .scope
        .columns
        .iter()
        .map(|column| format!("{}: {}", column.name, simple_string(&column.data_type)))
        .collect();
    let list: Vec<_> = planned
        .scope
        .columns
        .iter()
        .map(|column| (column.clone(), Typed::column(column)))
        .collect();
    let analyzed = project(planned.plan, &list)?;
    let joined = crate::plan::subqueries::joined(analyzed.clone())?;
    let state = context.session.workspace.physical().full();
    let optimized = state.optimize(&joined)?;
    let physical = state
        .query_planner()
        .create_physical_plan(&optimized, state)
        .await?;
    let physical = named(
        &displayable(physical.as_ref()).indent(false).to_string(),
        &names,
    );
    let tree = |plan: &LogicalPlan| named(&plan.display_indent().to_string(), &names);
    let physical = format!("== Physical Plan ==\n{}\n", physical.trim_end());
    Ok(match mode {
        ExplainMode::Unspecified => {
            return Err(Error::invalid_plan("the explain mode is not set"));
        }
        ExplainMode::Simple | ExplainMode::Formatted => format!("{physical}\n"),
        ExplainMode::Extended => format!(
            "== Parsed Logical Plan ==\n{0}\n\n== Analyzed Logical Plan ==\n{1}\n{0}\n\n\
             == Optimized Logical Plan ==\n{2}\n\n{physical}",
            tree(&analyzed),
            schema.join(", "),
            tree(&optimized),
        ),
        // Nothing here compiles plans to Java; Spark says the same of plans it does not compile.
        ExplainMode::Codegen => "Found 0 WholeStageCodegen subtrees.\n".to_owned(),
        ExplainMode::Cost => {
            format!(
                "== Optimized Logical Plan ==\n{}\n\n{physical}\n",
                tree(&optimized)
            )
        }
    })
}

fn names(planned: &Planned) -> BTreeMap<String, String> {
    planned
        .scope
        .plans
        .values()
        .flat_map(|output| output.occurrences.iter().flat_map(|columns| columns.iter()))
        .chain(&planned.scope.hidden)
        .chain(&planned.scope.columns)
        .map(|column| {
            let internal = column.id.internal_name();
            (
                internal.trim_start_matches('#').to_owned(),
                column.name.to_string(),
            )
        })
        .collect()
}

/// `#7` as `price#7`, where the name is known.
fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('#') {
        let (before, after) = rest.split_at(place);
        out.push_str(before);
        let digits: String = after[1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if let Some(name) = names.get(&digits) {
            out.push_str(name);
        }
        out.push('#');
        rest = &after[1..];
    }
    out.push_str(rest);
    out
}
