//! The physical plan: the operators that will run, under the names of Spark's that do the same.
//!
//! What runs is what is shown: no exchange that does not happen, no code generation, no adaptive
//! wrapper. A table of families; the first that knows an operator writes it.

mod aggregate;
mod expression;
mod join;
mod leaf;
mod rows;

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;

pub(super) use leaf::{Files, Leaf, Scan};

use super::tree::{Details, Node};
use super::writer::Writer;
use crate::plan::relation;

/// Writes physical plans.
pub(super) struct Physical<'a> {
    pub(super) writer: &'a Writer,
}

/// A family: writes the operators that it knows.
type Family = fn(&Physical<'_>, &Arc<dyn ExecutionPlan>, bool) -> Option<Node>;

const FAMILIES: &[Family] = &[
    rows::passing,
    rows::project,
    rows::filter,
    rows::sort,
    rows::limit,
    rows::union,
    rows::unnest,
    rows::exchange,
    rows::subqueries,
    aggregate::aggregate,
    aggregate::window,
    join::hash,
    join::nested_loop,
    join::cross,
    join::sort_merge,
    leaf::leaf,
];

impl Physical<'_> {
    /// The whole plan; its rows go to the client.
    pub(super) fn root(&self, plan: &Arc<dyn ExecutionPlan>) -> Node {
        self.finished(self.node(plan, true))
    }

    fn input(&self, plan: &Arc<dyn ExecutionPlan>) -> Node {
        self.finished(self.node(plan, false))
    }

    /// The node with its results named.
    fn finished(&self, mut node: Node) -> Node {
        if aggregate::is_bare(&node) {
            let output = node.details.output.clone();
            aggregate::finish(self, &mut node, output.clone(), output);
        }
        node
    }

    fn node(&self, plan: &Arc<dyn ExecutionPlan>, is_root: bool) -> Node {
        stacker::maybe_grow(relation::RED_ZONE, relation::STACK, || {
            FAMILIES
                .iter()
                .find_map(|family| family(self, plan, is_root))
                .unwrap_or_else(|| self.other(plan))
        })
    }

    /// An operator that Spark has nothing like: under its own name.
    fn other(&self, plan: &Arc<dyn ExecutionPlan>) -> Node {
        let children: Vec<Node> = plan
            .children()
            .into_iter()
            .map(|child| self.input(child))
            .collect();
        let output = self.named(plan);
        let name = plan.name().trim_end_matches("Exec").to_owned();
        let mut node = Node::above(format!("{name} {}", self.writer.list(&output)), children);
        node.details = Details {
            fields: fields_of_unary(self, &node, ""),
            name: Some(name),
            output,
            ..Details::default()
        };
        node
    }

    /// The columns of an operator, by the names of its schema.
    fn named(&self, plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
        let names = self.writer.names.borrow();
        plan.schema()
            .fields()
            .iter()
            .map(|field| names.shown(field.name()))
            .collect()
    }

    /// `Input [2]: [a#1, b#2]`.
    fn counted(&self, what: &str, items: &[String]) -> String {
        match items.len() {
            0 => format!("{what}: []"),
            n => format!("{what} [{n}]: [{}]", items.join(", ")),
        }
    }
}

/// An operator whose description is its input and its arguments.
fn unary(
    of: &Physical<'_>,
    name: &str,
    arguments: String,
    below: Node,
    output: Vec<String>,
) -> Node {
    let line = match arguments.is_empty() {
        true => name.to_owned(),
        false => format!("{name} {arguments}"),
    };
    let mut node = Node::above(line, vec![below]);
    node.details = Details {
        fields: fields_of_unary(of, &node, &arguments),
        output,
        ..Details::default()
    };
    node
}

fn fields_of_unary(of: &Physical<'_>, node: &Node, arguments: &str) -> Vec<String> {
    let mut fields = Vec::new();
    if let [child] = node.children.as_slice() {
        fields.push(of.counted("Input", &child.details.output));
    }
    if !arguments.is_empty() {
        fields.push(format!("Arguments: {arguments}"));
    }
    fields
}
