//! What chooses, orders and counts rows, and leaves columns alone.

use datafusion::logical_expr::LogicalPlan;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::{self as proto};

use super::Analyzed;
use crate::explain::parsed::hint_numbers;
use crate::explain::tree::Node;
use crate::plan::Planned;
use crate::plan::trace::Resolved;

impl<'a> Analyzed<'a> {
    pub(super) fn filter(
        self,
        node: &'a proto::Filter,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let below = self
            .planned(resolved, &node.input)
            .and_then(|input| input.below.clone());
        if let Some(below) = below
            && let Some(kept) = planned.below.as_ref().and_then(|b| b.kept.last())
            && below.aggregate.is_some()
            && kept.inside
        {
            let input = self.input(resolved, &node.input);
            return self.having(&kept.condition.expr, &below, input, planned);
        }
        self.condition(&node.input, resolved, planned)
    }

    /// A filter by the condition that stands in the plan.
    pub(super) fn condition(
        self,
        input: &'a Option<Box<proto::Relation>>,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        match &planned.plan {
            LogicalPlan::Filter(filter) => {
                let input = self.input(resolved, input);
                let condition = self.writer.expr(&filter.predicate);
                self.operator_above(format!("Filter {condition}"), vec![input])
            }
            LogicalPlan::Projection(list) => match list.input.as_ref() {
                LogicalPlan::Filter(filter) => self.through(input, resolved, planned, &|this| {
                    format!("Filter {}", this.writer.expr(&filter.predicate))
                }),
                _ => self.other(planned),
            },
            _ => self.other(planned),
        }
    }

    /// An operator that uses columns which the select list below it has not: the list is made wider,
    /// and cut back above.
    fn through(
        self,
        input: &'a Option<Box<proto::Relation>>,
        resolved: &'a Resolved,
        planned: &Planned,
        line: &dyn Fn(Self) -> String,
    ) -> Node {
        let mut list = self.input(resolved, input);
        let below = self
            .planned(resolved, input)
            .and_then(|input| input.below.clone());
        let Some(below) = below else {
            return self.other(planned);
        };
        self.writer.names.borrow_mut().learn_all(&below.input.scope);
        let line = line(self);
        let mut items: Vec<String> = below
            .list
            .iter()
            .map(|(column, value)| self.writer.named(column, value))
            .collect();
        for column in &below.input.scope.columns {
            let shown = self.writer.names.borrow_mut().of(column);
            if line.contains(&shown) && !items.contains(&shown) {
                items.push(shown);
            }
        }
        list.line = format!("Project {}", self.writer.list(&items));
        let work = self.operator_above(line, vec![list]);
        let columns = self.columns(planned);
        Node::above(
            format!("Project {}", self.writer.list(&columns)),
            vec![work],
        )
    }

    pub(super) fn sort(
        self,
        node: &'a proto::Sort,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let is_global = node.is_global();
        let keys = |this: Self, sort: &datafusion::logical_expr::Sort| -> String {
            let keys: Vec<String> = sort.expr.iter().map(|key| this.writer.sort(key)).collect();
            format!("Sort {}, {is_global}", this.writer.list(&keys))
        };
        match &planned.plan {
            LogicalPlan::Sort(sort) => {
                let input = self.input(resolved, &node.input);
                self.operator_above(keys(self, sort), vec![input])
            }
            LogicalPlan::Projection(list) => {
                let LogicalPlan::Sort(sort) = list.input.as_ref() else {
                    return self.other(planned);
                };
                let below = self
                    .planned(resolved, &node.input)
                    .and_then(|input| input.below.clone())
                    .filter(|below| below.aggregate.is_some());
                let Some(below) = below else {
                    return self.through(&node.input, resolved, planned, &|this| keys(this, sort));
                };
                let input = self.input(resolved, &node.input);
                self.ordered(sort, is_global, &below, input, planned)
                    .unwrap_or_else(|| self.other(planned))
            }
            _ => self.other(planned),
        }
    }

    pub(super) fn limit(self, node: &'a proto::Limit, resolved: &'a Resolved, _: &Planned) -> Node {
        let input = self.input(resolved, &node.input);
        let local = Node::above(format!("LocalLimit {}", node.limit), vec![input]);
        Node::above(format!("GlobalLimit {}", node.limit), vec![local])
    }

    pub(super) fn offset(
        self,
        node: &'a proto::Offset,
        resolved: &'a Resolved,
        _: &Planned,
    ) -> Node {
        let input = self.input(resolved, &node.input);
        Node::above(format!("Offset {}", node.offset), vec![input])
    }

    pub(super) fn deduplicate(
        self,
        node: &'a proto::Deduplicate,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let input = self.input(resolved, &node.input);
        if self.sql {
            return Node::above("Distinct", vec![input]);
        }
        let keys: Vec<String> = planned
            .scope
            .columns
            .iter()
            .filter(|column| {
                let is_named = |name: &String| self.context.same_name(name, &column.name);
                node.all_columns_as_keys()
                    || node.column_names.is_empty()
                    || node.column_names.iter().any(is_named)
            })
            .map(|column| self.writer.names.borrow_mut().of(column))
            .collect();
        Node::above(
            format!("Deduplicate {}", self.writer.list(&keys)),
            vec![input],
        )
    }

    pub(super) fn sample(
        self,
        node: &'a proto::Sample,
        resolved: &'a Resolved,
        _: &Planned,
    ) -> Node {
        let input = self.input(resolved, &node.input);
        Node::above(sample_line(node), vec![input])
    }

    pub(super) fn repartition(
        self,
        node: &'a proto::Repartition,
        resolved: &'a Resolved,
        _: &Planned,
    ) -> Node {
        let input = self.input(resolved, &node.input);
        let line = format!("Repartition {}, {}", node.num_partitions, node.shuffle());
        Node::above(line, vec![input])
    }

    pub(super) fn repartition_by_expression(
        self,
        node: &'a proto::RepartitionByExpression,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let input = self.input(resolved, &node.input);
        let keys: Vec<String> = node
            .partition_exprs
            .iter()
            .map(|key| self.column_named(key, planned))
            .collect();
        let keys = self.writer.list(&keys);
        let line = match node.num_partitions {
            Some(n) => format!("RepartitionByExpression {keys}, {n}"),
            None => format!("RepartitionByExpression {keys}"),
        };
        Node::above(line, vec![input])
    }

    /// The column of a plain name; our engine moves no rows and so resolves no such expression.
    fn column_named(self, key: &proto::Expression, planned: &Planned) -> String {
        let name = match &key.expr_type {
            Some(ExprType::UnresolvedAttribute(attribute)) => &attribute.unparsed_identifier,
            Some(ExprType::SortOrder(order)) => match order.child.as_deref() {
                Some(child) => return self.column_named(child, planned),
                None => return String::new(),
            },
            _ => return crate::explain::parsed::expression_text(self, key),
        };
        let last = name.rsplit('.').next().unwrap_or(name);
        let found = planned
            .scope
            .columns
            .iter()
            .find(|c| self.context.same_name(&c.name, last));
        match found {
            Some(column) => self.writer.names.borrow_mut().of(column),
            None => format!("'{name}"),
        }
    }

    pub(super) fn hint(
        self,
        node: &'a proto::Hint,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let mut input = self.input(resolved, &node.input);
        let strategy = match node.name.to_lowercase().as_str() {
            "broadcast" | "broadcastjoin" | "mapjoin" => "broadcast",
            "merge" | "shuffle_merge" | "mergejoin" => "merge",
            "shuffle_hash" => "shuffle_hash",
            "shuffle_replicate_nl" => "shuffle_replicate_nl",
            "repartition" | "coalesce" => {
                let is_shuffled = node.name.eq_ignore_ascii_case("repartition");
                return match hint_numbers(node).as_slice() {
                    [n] => Node::above(format!("Repartition {n}, {is_shuffled}"), vec![input]),
                    _ => input,
                };
            }
            // What Spark does not know it leaves out, and so do we.
            _ => return input,
        };
        let resolved_hint = format!("ResolvedHint (strategy={strategy})");
        if node.parameters.is_empty() {
            return Node::above(resolved_hint, vec![input]);
        }
        let _ = planned;
        for parameter in &node.parameters {
            let name = match &parameter.expr_type {
                Some(ExprType::UnresolvedAttribute(attribute)) => &attribute.unparsed_identifier,
                Some(ExprType::Literal(literal)) => match &literal.literal_type {
                    Some(LiteralType::String(name)) => name,
                    _ => continue,
                },
                _ => continue,
            };
            hinted(&mut input, &format!("SubqueryAlias {name}"), &resolved_hint);
        }
        input
    }
}

/// Puts a hint above every operator of this line.
fn hinted(node: &mut Node, line: &str, hint: &str) {
    if node.line.eq_ignore_ascii_case(line) {
        let below = std::mem::take(node);
        *node = Node::above(hint, vec![below]);
        return;
    }
    node.children
        .iter_mut()
        .for_each(|child| hinted(child, line, hint));
}

/// A sample's bounds, whether rows come again, and its seed.
pub(in crate::explain) fn sample_line(node: &proto::Sample) -> String {
    let number = crate::functions::kernels::text::double;
    format!(
        "Sample {}, {}, {}, {}",
        number(node.lower_bound),
        number(node.upper_bound),
        node.with_replacement(),
        node.seed()
    )
}
