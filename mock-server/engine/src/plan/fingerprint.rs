//! When two plans are the same: a text of the resolved plan in which identities are numbered by
//! appearance and users' names do not occur, as Spark's canonicalized plans compare.
//!
//! Sources take part under the name of their scan, which `scan` makes from what they read.

use std::collections::HashMap;
use std::fmt::Write;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;

use super::Planned;
use crate::error::Result;
use crate::plan::context::Context;

/// The canonical text of a relation: its plan and the order of its columns.
pub(crate) fn fingerprint(context: &Context, planned: &Planned) -> Result<String> {
    let mut text = plan_text(&planned.plan)?;
    for column in &planned.scope.columns {
        let _ = write!(text, "{};", column.id.internal_name());
    }
    // The moment of the query stands in the plan as a constant; two runs are still the same query.
    let text = text.replace(&context.now_us.to_string(), "now");
    Ok(renumbered(&text))
}

fn plan_text(plan: &LogicalPlan) -> Result<String> {
    let mut text = String::new();
    plan.apply_with_subqueries(|node| {
        let _ = write!(text, "({}:{};", node.inputs().len(), node.display());
        node.apply_expressions(|expr| {
            let _ = write!(text, "{expr:?};");
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(text)
}

/// The text with `#17`, `#4` … numbered anew in order of appearance.
fn renumbered(text: &str) -> String {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('#') {
        let (before, after) = rest.split_at(place + 1);
        out.push_str(before);
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, tail) = after.split_at(length);
        if !digits.is_empty() {
            let next = numbers.len();
            let number = *numbers.entry(digits).or_insert(next);
            let _ = write!(out, "{number}");
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
