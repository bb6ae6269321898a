//! Joins of all types: by condition, by USING columns, natural, lateral; self-joins keep the two
//! sides apart.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::JoinType as PlanJoin;
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, LogicalPlanBuilder};
use sparring_proto::Required;
use sparring_proto::connect::expression::ExprType;
use sparring_proto::connect::join::JoinType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::aggregate::column_named;
use super::row;
use crate::error::{Error, Exception, Result};
use crate::functions::equals;
use crate::plan::names::QUALIFIED_ONLY;
use crate::plan::scope::{Column, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::types::names::quote;

impl Planner<'_> {
    /// `Join`.
    pub(super) fn join(&self, node: &proto::Join) -> Result<Planned> {
        let left = self.relation(node.left.as_deref().required("join.left")?)?;
        let right = self.relation(node.right.as_deref().required("join.right")?)?;
        let (left, right) = apart(left, right)?;
        let kind = kind(node.join_type())?;
        if is_natural(node.join_condition.as_ref()) {
            if matches!(kind, PlanJoin::LeftSemi | PlanJoin::LeftAnti) {
                let name = format!("{kind:?}");
                return Err(Error::plain(
                    Exception::IllegalArgument,
                    format!("requirement failed: Unsupported natural join type {name}"),
                )
                .placeless());
            }
            let shared: Vec<String> = left
                .scope
                .columns
                .iter()
                .filter(|ours| {
                    right
                        .scope
                        .columns
                        .iter()
                        .any(|theirs| self.context.same_name(&ours.name, &theirs.name))
                })
                .map(|column| column.name.to_string())
                .collect();
            return self.using(left, right, kind, &shared);
        }
        if !node.using_columns.is_empty() {
            return self.using(left, right, kind, &node.using_columns);
        }
        let scope = left.scope.clone().beside(right.scope.clone());
        let condition = match &node.join_condition {
            Some(condition) => Some(self.join_condition(condition, &scope)?),
            None => None,
        };
        match condition {
            // Where rows are only chosen, the choice may come after the join.
            Some(condition) if kind == PlanJoin::Inner && has_subquery(&condition) => {
                let mut all = joined(left, right, kind, Vec::new())?;
                let filter = Filter::try_new(condition, Arc::new(all.plan))?;
                all.plan = LogicalPlan::Filter(filter);
                Ok(all)
            }
            condition => joined(left, right, kind, condition.into_iter().collect()),
        }
    }

    /// A resolved join condition, which must be boolean.
    pub(super) fn join_condition(
        &self,
        condition: &proto::Expression,
        scope: &Scope,
    ) -> Result<Expr> {
        let value = self.resolve(condition, scope)?;
        if value.data_type != DataType::Boolean {
            return Err(Error::new(
                "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE",
                [
                    ("joinCondition", format!("\"{}\"", value.name)),
                    (
                        "conditionType",
                        format!("\"{}\"", crate::types::sql_name(&value.data_type)),
                    ),
                ],
            ));
        }
        Ok(value.expr)
    }

    /// `USING (…)`: the named columns come first and once; the other side's keep their qualifier.
    fn using(
        &self,
        left: Planned,
        right: Planned,
        kind: PlanJoin,
        names: &[String],
    ) -> Result<Planned> {
        let mut pairs: Vec<(Column, Column)> = Vec::with_capacity(names.len());
        for name in names {
            let side = |planned: &Planned, side: &str| -> Result<Column> {
                column_named(self, planned, name)?.cloned().ok_or_else(|| {
                    let mut known: Vec<String> = planned
                        .scope
                        .columns
                        .iter()
                        .map(|c| quote(&c.name))
                        .collect();
                    known.sort();
                    Error::new(
                        "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                        [
                            ("colName", quote(name)),
                            ("side", side.to_owned()),
                            ("suggestion", known.join(", ")),
                        ],
                    )
                    .placeless()
                })
            };
            pairs.push((side(&left, "left")?, side(&right, "right")?));
        }
        let conditions = pairs
            .iter()
            .map(|(l, r)| Ok(equals(self.context, Typed::column(l), Typed::column(r), None)?.expr))
            .collect::<Result<Vec<_>>>()?;
        let left_rest = rest(&left.scope, pairs.iter().map(|(l, _)| l));
        let right_rest = rest(&right.scope, pairs.iter().map(|(_, r)| r));
        let mut done = joined(left, right, kind, conditions)?;
        if matches!(kind, PlanJoin::LeftSemi | PlanJoin::LeftAnti) {
            let keys = pairs.into_iter().map(|(l, _)| l);
            done.scope.columns = keys.chain(left_rest).collect();
            return Ok(done);
        }
        let current = |column: &Column| done.scope.by_id(column.id).unwrap_or(column).clone();
        let rest: Vec<Column> = left_rest.iter().chain(&right_rest).map(current).collect();
        let keys: Vec<(Column, Column)> = pairs
            .iter()
            .map(|(l, r)| (current(l), current(r)))
            .collect();
        let mut scope = done.scope.clone();
        let marked = |mut column: Column| {
            let name = serde_json::Value::from(column.name.as_ref()).to_string();
            Arc::make_mut(&mut column.metadata).insert(QUALIFIED_ONLY.to_owned(), name);
            column
        };
        match kind {
            PlanJoin::Full => {
                let mut list: Vec<(Column, Typed)> = Vec::new();
                let mut columns = Vec::new();
                for (l, r) in &keys {
                    let both = vec![Typed::column(l), Typed::column(r)];
                    let mut value = crate::functions::call(self.context, "coalesce", both)?;
                    value.name = Arc::clone(&l.name);
                    let column = value.to_column();
                    columns.push(column.clone());
                    list.push((column, value));
                }
                let kept = done.scope.columns.iter().chain(&done.scope.hidden);
                list.extend(kept.map(|column| (column.clone(), Typed::column(column))));
                done.plan = project(done.plan, &list)?;
                scope
                    .hidden
                    .extend(keys.into_iter().flat_map(|(l, r)| [marked(l), marked(r)]));
                scope.columns = columns.into_iter().chain(rest).collect();
            }
            PlanJoin::Right => {
                scope
                    .hidden
                    .extend(keys.iter().map(|(l, _)| marked(l.clone())));
                scope.columns = keys.into_iter().map(|(_, r)| r).chain(rest).collect();
            }
            _ => {
                scope
                    .hidden
                    .extend(keys.iter().map(|(_, r)| marked(r.clone())));
                scope.columns = keys.into_iter().map(|(l, _)| l).chain(rest).collect();
            }
        }
        done.scope = scope;
        Ok(done)
    }
}

/// Both sides with no identity in common: the right one is renamed when they share one.
pub(super) fn apart(left: Planned, right: Planned) -> Result<(Planned, Planned)> {
    let ids: HashSet<_> = left
        .scope
        .columns
        .iter()
        .chain(&left.scope.hidden)
        .map(|column| column.id)
        .collect();
    let shared = right
        .scope
        .columns
        .iter()
        .chain(&right.scope.hidden)
        .any(|c| ids.contains(&c.id))
        || left.plan.schema().fields().iter().any(|field| {
            right
                .plan
                .schema()
                .fields()
                .iter()
                .any(|other| other.name() == field.name())
        });
    if shared {
        Ok((left, right.fresh()?))
    } else {
        Ok((left, right))
    }
}

/// The join itself; columns of an outer side may be null afterwards.
pub(super) fn joined(
    left: Planned,
    right: Planned,
    kind: PlanJoin,
    conditions: Vec<Expr>,
) -> Result<Planned> {
    let optional = |mut scope: Scope, yes: bool| {
        if yes {
            scope
                .columns
                .iter_mut()
                .chain(&mut scope.hidden)
                .for_each(|c| c.nullable = true);
        }
        scope
    };
    let left_scope = optional(left.scope, matches!(kind, PlanJoin::Right | PlanJoin::Full));
    let right_scope = optional(right.scope, matches!(kind, PlanJoin::Left | PlanJoin::Full));
    let builder = LogicalPlanBuilder::from(left.plan);
    let plan: LogicalPlan = match row::all(conditions) {
        None if kind == PlanJoin::Inner => builder.cross_join(right.plan)?.build()?,
        condition => {
            // Every row meets every row where the query says nothing.
            let condition = condition.unwrap_or_else(|| datafusion::logical_expr::lit(true));
            builder.join_on(right.plan, kind, [condition])?.build()?
        }
    };
    let scope = match kind {
        // The right side's DataFrames are known below, and none of their columns is there.
        PlanJoin::LeftSemi | PlanJoin::LeftAnti => {
            let (columns, hidden) = (left_scope.columns.clone(), left_scope.hidden.clone());
            let both = left_scope.beside(right_scope);
            Scope {
                columns,
                hidden,
                ..both
            }
        }
        _ => left_scope.beside(right_scope),
    };
    Ok(Planned::new(plan, scope))
}

fn has_subquery(condition: &Expr) -> bool {
    Typed::new(condition.clone(), DataType::Boolean, true, "").has_subquery()
}

fn kind(join_type: JoinType) -> Result<PlanJoin> {
    Ok(match join_type {
        JoinType::Unspecified => {
            return Err(Error::invalid_plan("the join does not say its type"));
        }
        JoinType::Inner | JoinType::Cross => PlanJoin::Inner,
        JoinType::FullOuter => PlanJoin::Full,
        JoinType::LeftOuter => PlanJoin::Left,
        JoinType::RightOuter => PlanJoin::Right,
        JoinType::LeftAnti => PlanJoin::LeftAnti,
        JoinType::LeftSemi => PlanJoin::LeftSemi,
    })
}

fn is_natural(condition: Option<&proto::Expression>) -> bool {
    matches!(condition.and_then(|c| c.expr_type.as_ref()),
        Some(ExprType::UnresolvedFunction(function))
            if function.is_internal() && function.function_name == internal::NATURAL_JOIN)
}

fn rest<'a>(scope: &Scope, keys: impl Iterator<Item = &'a Column>) -> Vec<Column> {
    let keys: HashSet<_> = keys.map(|column| column.id).collect();
    scope
        .columns
        .iter()
        .filter(|column| !keys.contains(&column.id))
        .cloned()
        .collect()
}
