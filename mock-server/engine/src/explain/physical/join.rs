//! Joins. Ours build the left side, which Spark calls `BuildLeft`; all of it is collected first, as
//! Spark's broadcasts are, but nothing is sent anywhere.

use std::sync::Arc;

use datafusion::common::{JoinSide, NullEquality};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::utils::{JoinFilter, JoinOnRef};
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PartitionMode, SortMergeJoinExec,
};

use super::{Physical, rows};
use crate::explain::logical::plan_kind;
use crate::explain::tree::{Details, Node};

struct Sides {
    left: Node,
    right: Node,
}

impl Sides {
    fn of(
        of: &Physical<'_>,
        left: &Arc<dyn ExecutionPlan>,
        right: &Arc<dyn ExecutionPlan>,
    ) -> Self {
        Self {
            left: of.input(left),
            right: of.input(right),
        }
    }

    /// The condition beyond equal keys.
    fn condition(&self, of: &Physical<'_>, filter: Option<&JoinFilter>) -> Option<String> {
        let filter = filter?;
        let columns: Vec<String> = filter
            .column_indices()
            .iter()
            .map(|column| {
                let side = match column.side {
                    JoinSide::Left => &self.left,
                    JoinSide::Right | JoinSide::None => &self.right,
                };
                side.details
                    .output
                    .get(column.index)
                    .cloned()
                    .unwrap_or_default()
            })
            .collect();
        Some(of.expr(filter.expression(), &columns))
    }

    fn keys(&self, of: &Physical<'_>, on: JoinOnRef<'_>) -> (Vec<String>, Vec<String>) {
        on.iter()
            .map(|(left, right)| {
                (
                    of.expr(left, &self.left.details.output),
                    of.expr(right, &self.right.details.output),
                )
            })
            .unzip()
    }

    /// The join; its columns are those of both sides, or of the one that is chosen from.
    fn join(
        self,
        of: &Physical<'_>,
        said: Said,
        plan: &Arc<dyn ExecutionPlan>,
        places: Option<&[usize]>,
    ) -> Node {
        let mut output = match said.kind {
            "RightSemi" | "RightAnti" => Vec::new(),
            _ => self.left.details.output.clone(),
        };
        if !matches!(said.kind, "LeftSemi" | "LeftAnti") {
            output.extend(self.right.details.output.clone());
        }
        if places.is_none() {
            let n_fields = plan.schema().fields().len();
            output.truncate(n_fields);
            let names = of.writer.names.borrow();
            for field in plan.schema().fields().iter().skip(output.len()) {
                output.push(names.shown(field.name()));
            }
        }
        let mut node = Node::above(said.line, vec![self.left, self.right]);
        node.details = Details {
            name: Some(said.name),
            note: Some(said.note),
            fields: said.fields,
            output,
            ..Details::default()
        };
        rows::chosen(of, node, places)
    }
}

/// What is said of a join.
struct Said {
    kind: &'static str,
    line: String,
    name: String,
    note: String,
    fields: Vec<String>,
}

fn condition_field(condition: Option<&String>) -> String {
    format!(
        "Join condition: {}",
        condition.map_or("None", String::as_str)
    )
}

pub(super) fn hash(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let own = plan.downcast_ref::<HashJoinExec>()?;
    let sides = Sides::of(of, own.left(), own.right());
    let (left, right) = sides.keys(of, own.on());
    let condition = sides.condition(of, own.filter());
    let kind = plan_kind(*own.join_type());
    let name = match own.partition_mode() {
        PartitionMode::CollectLeft => "BroadcastHashJoin",
        PartitionMode::Partitioned | PartitionMode::Auto => "ShuffledHashJoin",
    };
    let mut parts = vec![
        of.writer.list(&left),
        of.writer.list(&right),
        kind.to_owned(),
        "BuildLeft".to_owned(),
    ];
    parts.extend(condition.clone());
    if name == "BroadcastHashJoin" {
        // Whether nulls of an anti join decide, as in NOT IN.
        parts.push("false".to_owned());
    }
    if own.null_equality() == NullEquality::NullEqualsNull {
        parts.push("nullsAreEqual".to_owned());
    }
    let said = Said {
        kind,
        line: format!("{name} {}", parts.join(", ")),
        name: name.to_owned(),
        note: format!("{kind} BuildLeft"),
        fields: vec![
            of.counted("Left keys", &left),
            of.counted("Right keys", &right),
            format!("Join type: {kind}"),
            condition_field(condition.as_ref()),
        ],
    };
    Some(sides.join(of, said, plan, own.projection.as_deref()))
}

pub(super) fn nested_loop(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    _: bool,
) -> Option<Node> {
    let own = plan.downcast_ref::<NestedLoopJoinExec>()?;
    let sides = Sides::of(of, own.left(), own.right());
    let condition = sides.condition(of, own.filter());
    let kind = plan_kind(*own.join_type());
    let said = nested(kind, condition);
    Some(sides.join(of, said, plan, own.projection().as_deref()))
}

pub(super) fn cross(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let own = plan.downcast_ref::<CrossJoinExec>()?;
    let sides = Sides::of(of, own.left(), own.right());
    Some(sides.join(of, nested("Cross", None), plan, None))
}

fn nested(kind: &'static str, condition: Option<String>) -> Said {
    let shown = condition
        .as_ref()
        .map_or(String::new(), |text| format!(", {text}"));
    Said {
        kind,
        line: format!("BroadcastNestedLoopJoin BuildLeft, {kind}{shown}"),
        name: "BroadcastNestedLoopJoin".to_owned(),
        note: format!("{kind} BuildLeft"),
        fields: vec![
            format!("Join type: {kind}"),
            condition_field(condition.as_ref()),
        ],
    }
}

pub(super) fn sort_merge(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    _: bool,
) -> Option<Node> {
    let own = plan.downcast_ref::<SortMergeJoinExec>()?;
    let mut sides = Sides::of(of, own.left(), own.right());
    rows::local_sort(&mut sides.left);
    rows::local_sort(&mut sides.right);
    let (left, right) = sides.keys(of, own.on());
    let condition = sides.condition(of, own.filter().as_ref());
    let kind = plan_kind(own.join_type());
    let mut parts = vec![
        of.writer.list(&left),
        of.writer.list(&right),
        kind.to_owned(),
    ];
    parts.extend(condition.clone());
    let said = Said {
        kind,
        line: format!("SortMergeJoin {}", parts.join(", ")),
        name: "SortMergeJoin".to_owned(),
        note: kind.to_owned(),
        fields: vec![
            of.counted("Left keys", &left),
            of.counted("Right keys", &right),
            format!("Join type: {kind}"),
            condition_field(condition.as_ref()),
        ],
    };
    Some(sides.join(of, said, plan, None))
}
