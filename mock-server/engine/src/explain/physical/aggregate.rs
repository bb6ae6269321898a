//! Aggregates and windows. What a function computes is known from the logical plan, by the name of
//! its column.

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use super::{Physical, rows, unary};
use crate::explain::notation;
use crate::explain::tree::{Details, Node};

/// The note that an aggregate's results have not been named yet.
const BARE: &str = "bare";

pub(super) fn aggregate(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let plan = plan.downcast_ref::<AggregateExec>()?;
    let below = of.input(plan.input());
    let input = below.details.output.clone();
    let is_partial = matches!(
        plan.mode(),
        AggregateMode::Partial | AggregateMode::PartialReduce
    );
    let keys: Vec<(String, String)> = plan
        .group_expr()
        .expr()
        .iter()
        .map(|(key, name)| of.aliased(&of.expr(key, &input), name))
        .collect();
    let names = of.writer.names.borrow();
    let mut functions = Vec::new();
    let mut attributes = Vec::new();
    for function in plan.aggr_expr() {
        let text = names.function(function.name()).cloned();
        let text = text.unwrap_or_else(|| {
            let args = of.all(&function.expressions(), &input);
            let name = notation::aggregate(function.fun().name());
            notation::call(name, &args, of.writer.most)
        });
        let long = notation::long(function.field().data_type());
        let id = match function.name().strip_prefix('#') {
            Some(digits) => format!("#{digits}"),
            None => String::new(),
        };
        attributes.push(format!("{text}{id}{long}"));
        functions.push(if is_partial {
            format!("partial_{text}")
        } else {
            text
        });
    }
    drop(names);
    let key_texts: Vec<String> = keys.iter().map(|(_, shown)| shown.clone()).collect();
    let mut output = key_texts.clone();
    if plan.group_expr().has_grouping_set() {
        output.push("spark_grouping_id".to_owned());
    }
    output.extend(attributes.clone());
    let mut node = Node::above(String::new(), vec![below]);
    node.details = Details {
        name: Some("HashAggregate".to_owned()),
        note: Some(BARE.to_owned()),
        fields: vec![
            of.counted("Input", &input),
            of.counted("Keys", &key_texts),
            of.counted("Functions", &functions),
            of.counted("Aggregate Attributes", &attributes),
        ],
        output: output.clone(),
        ..Details::default()
    };
    node.line = format!(
        "HashAggregate(keys={}, functions={}",
        of.writer.list(&key_texts),
        of.writer.list(&functions)
    );
    // Without a list above it the results are what they are; one above it says otherwise.
    Some(node)
}

/// Whether a node is an aggregate whose results have no names yet.
pub(super) fn is_bare(node: &Node) -> bool {
    node.details.note.as_deref() == Some(BARE)
}

/// Names the results of an aggregate.
pub(super) fn finish(of: &Physical<'_>, node: &mut Node, items: Vec<String>, output: Vec<String>) {
    node.details.note = None;
    node.line
        .push_str(&format!(", output={})", of.writer.list(&output)));
    node.details.fields.push(of.counted("Results", &items));
    node.details.output = output;
}

pub(super) fn window(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let (input, functions) = if let Some(plan) = plan.downcast_ref::<WindowAggExec>() {
        (plan.input(), plan.window_expr())
    } else {
        let plan = plan.downcast_ref::<BoundedWindowAggExec>()?;
        (plan.input(), plan.window_expr())
    };
    let mut below = of.input(input);
    rows::local_sort(&mut below);
    let columns = below.details.output.clone();
    let mut output = columns.clone();
    let mut items = Vec::new();
    for function in functions {
        let names = of.writer.names.borrow();
        let text = names.function(function.name()).cloned();
        let text = text.unwrap_or_else(|| function.name().to_owned());
        let shown = match names.is_known(function.name()) {
            true => names.shown(function.name()),
            false => format!(
                "{}{}",
                text.split(' ').next().unwrap_or(&text),
                function.name()
            ),
        };
        items.push(notation::alias(&text, &shown));
        output.push(shown);
    }
    let mut parts = vec![of.writer.list(&items)];
    if let Some(first) = functions.first() {
        let partition = of.all(first.partition_by(), &columns);
        let order: Vec<String> = first
            .order_by()
            .iter()
            .map(|key| of.sort_key(key, &columns))
            .collect();
        for keys in [partition, order] {
            if !keys.is_empty() {
                parts.push(of.writer.list(&keys));
            }
        }
    }
    Some(unary(of, "Window", parts.join(", "), below, output))
}
