//! Joins and set operations: what has two inputs.

use datafusion::logical_expr::{Join, LogicalPlan};
use sparring_proto::connect::join::JoinType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::set_operation::SetOpType;
use sparring_proto::connect::{self as proto};

use super::Analyzed;
use crate::explain::notation;
use crate::explain::tree::Node;
use crate::plan::Planned;
use crate::plan::scope::{Column, ColumnId};
use crate::plan::trace::Resolved;

impl<'a> Analyzed<'a> {
    pub(super) fn join(
        self,
        node: &'a proto::Join,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let left = self.input(resolved, &node.left);
        let right = self.input(resolved, &node.right);
        self.writer.names.borrow_mut().learn_all(&planned.scope);
        let kind = kind(node.join_type());
        let by_name = !node.using_columns.is_empty() || is_natural(node);
        let Some(condition) = self.join_condition(&planned.plan) else {
            return self.other(planned);
        };
        let line = match condition.as_str() {
            "" => format!("Join {kind}"),
            condition => format!("Join {kind}, {condition}"),
        };
        let join = self.operator_above(line, vec![left, right]);
        if !by_name {
            return join;
        }
        let columns = match &planned.plan {
            LogicalPlan::Projection(list) if node.join_type() == JoinType::FullOuter => {
                let n = planned.scope.columns.len();
                let mut items = self.writer.all(list.expr.iter().take(n));
                items.truncate(node.using_columns.len());
                items.extend(self.columns(planned).into_iter().skip(items.len()));
                items
            }
            _ => self.columns(planned),
        };
        Node::above(
            format!("Project {}", self.writer.list(&columns)),
            vec![join],
        )
    }

    /// The condition of the join that a plan begins with; empty when it has none.
    fn join_condition(self, plan: &LogicalPlan) -> Option<String> {
        match plan {
            LogicalPlan::Join(join) => Some(condition_of(join, &|expr| self.writer.expr(expr))),
            LogicalPlan::Filter(filter) => Some(self.writer.expr(&filter.predicate)),
            LogicalPlan::Projection(list) => self.join_condition(&list.input),
            _ => None,
        }
    }

    pub(super) fn set_operation(
        self,
        node: &'a proto::SetOperation,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let left = self.side(resolved, &node.left_input, planned, node, true);
        let right = self.side(resolved, &node.right_input, planned, node, false);
        let (Some(left), Some(right)) = (left, right) else {
            return self.other(planned);
        };
        let node_above = Node::above(set_line(node), vec![left, right]);
        match node.set_op_type() {
            SetOpType::Union if !node.is_all() => Node::above("Distinct", vec![node_above]),
            _ => node_above,
        }
    }

    /// One side: its columns in the order of the result, cast to the result's types.
    fn side(
        self,
        resolved: &'a Resolved,
        input: &'a Option<Box<proto::Relation>>,
        planned: &Planned,
        node: &proto::SetOperation,
        is_left: bool,
    ) -> Option<Node> {
        let rows = self.input(resolved, input);
        let own = &self.planned(resolved, input)?.scope.columns;
        let mut names = self.writer.names.borrow_mut();
        let mut items = Vec::new();
        let mut is_changed = false;
        for (place, result) in planned.scope.columns.iter().enumerate() {
            let found = match node.by_name() {
                true => own
                    .iter()
                    .enumerate()
                    .find(|(_, column)| self.context.same_name(&column.name, &result.name)),
                false => own.get(place).map(|column| (place, column)),
            };
            let Some((at, column)) = found else {
                is_changed = true;
                let null = Column::new(
                    std::sync::Arc::clone(&result.name),
                    result.data_type.clone(),
                    true,
                );
                let shown = names.of(&null);
                items.push(notation::alias("null", &shown));
                continue;
            };
            is_changed |= at != place;
            let text = names.of(column);
            if column.data_type == result.data_type {
                if is_left {
                    names.show_as(&result.id.internal_name(), &column.id.internal_name());
                }
                items.push(text);
                continue;
            }
            is_changed = true;
            let mut widened = result.clone();
            widened.name = std::sync::Arc::clone(&column.name);
            if !is_left {
                widened.id = ColumnId::fresh();
            }
            let cast = notation::cast(&text, &result.data_type, false);
            items.push(notation::alias(&cast, &names.of(&widened)));
        }
        drop(names);
        if !is_changed {
            return Some(rows);
        }
        Some(Node::above(
            format!("Project {}", self.writer.list(&items)),
            vec![rows],
        ))
    }

    pub(super) fn lateral_join(
        self,
        node: &'a proto::LateralJoin,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let left = self.input(resolved, &node.left);
        self.writer.names.borrow_mut().learn_all(&planned.scope);
        let start = self
            .planned(resolved, &node.left)
            .map(|planned| &planned.plan);
        let alias = match node
            .right
            .as_deref()
            .and_then(|right| right.rel_type.as_ref())
        {
            Some(RelType::SubqueryAlias(alias)) => Some(alias.alias.as_str()),
            _ => None,
        };
        match self.generated(&planned.plan, start, alias) {
            Some(line) => Node::above(line, vec![left]),
            None => self.other(planned),
        }
    }
}

/// The condition of a join of DataFusion's, whose equalities stand apart.
pub(in crate::explain) fn condition_of(
    join: &Join,
    text: &dyn Fn(&datafusion::logical_expr::Expr) -> String,
) -> String {
    let equal = match join.null_equality {
        datafusion::common::NullEquality::NullEqualsNull => "<=>",
        datafusion::common::NullEquality::NullEqualsNothing => "=",
    };
    let pairs = join.on.iter().map(|(left, right)| {
        let pair = format!("({} {equal} {})", text(left), text(right));
        match join.null_aware {
            true => format!("({pair} OR isnull({pair}))"),
            false => pair,
        }
    });
    let filter = join.filter.iter().map(text);
    let all = pairs.chain(filter).filter(|condition| condition != "true");
    all.reduce(|left, right| format!("({left} AND {right})"))
        .unwrap_or_default()
}

/// Spark's name of a join type.
pub(in crate::explain) fn kind(join_type: JoinType) -> &'static str {
    match join_type {
        JoinType::Unspecified | JoinType::Inner => "Inner",
        JoinType::Cross => "Cross",
        JoinType::FullOuter => "FullOuter",
        JoinType::LeftOuter => "LeftOuter",
        JoinType::RightOuter => "RightOuter",
        JoinType::LeftAnti => "LeftAnti",
        JoinType::LeftSemi => "LeftSemi",
    }
}

/// Whether the join is by all common names.
pub(in crate::explain) fn is_natural(node: &proto::Join) -> bool {
    let condition = node
        .join_condition
        .as_ref()
        .and_then(|c| c.expr_type.as_ref());
    matches!(condition, Some(proto::expression::ExprType::UnresolvedFunction(function))
        if function.is_internal()
            && function.function_name == sparring_sql::lower::internal::NATURAL_JOIN)
}

/// The line of a resolved set operation.
fn set_line(node: &proto::SetOperation) -> String {
    let all = node.is_all();
    match node.set_op_type() {
        SetOpType::Union | SetOpType::Unspecified => "Union false, false".to_owned(),
        SetOpType::Intersect => with_all("Intersect", all),
        SetOpType::Except => with_all("Except", all),
    }
}

/// `Intersect false`, `Except All true`.
pub(in crate::explain) fn with_all(name: &str, all: bool) -> String {
    if all {
        format!("{name} All true")
    } else {
        format!("{name} false")
    }
}
