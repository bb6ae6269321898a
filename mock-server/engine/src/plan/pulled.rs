//! A query that names columns of the query around it only in filters near its top: those conditions
//! become the conditions of the join, and what is left is read once, whatever the rows around are.
//!
//! The cases that people write. All others are answered with `None`; `correlation.rs` has a way for
//! every query, which reads the values around first.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column as PlanColumn, ScalarValue};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Case, Distinct, Expr, ExprSchemable, Filter, LogicalPlan, Operator,
    Projection,
};

use super::correlation::{Outer, column, fresh};
use crate::error::Result;

/// A query without outer references, and what its rows and a row around must meet together.
pub(super) struct Pulled {
    /// The plan; it may have further columns.
    pub(super) plan: LogicalPlan,
    /// The conditions, over columns of both.
    pub(super) conditions: Vec<Expr>,
}

/// The value of an aggregate over the rows that belong to a row around.
pub(super) struct Grouped {
    /// The aggregates of every combination of keys.
    pub(super) plan: LogicalPlan,
    /// Which combination is that of a row around: there is one, or none.
    pub(super) conditions: Vec<Expr>,
    /// The value over a row around and its combination, which is null where there is none.
    pub(super) value: Expr,
}

/// The query's rows, of which nothing but their existence matters.
pub(super) fn existing(outer: &Outer, query: &LogicalPlan) -> Result<Option<Pulled>> {
    let mut query = query;
    loop {
        query = match query {
            LogicalPlan::Projection(node) => &node.input,
            LogicalPlan::Sort(node) if node.fetch.is_none() => &node.input,
            LogicalPlan::Distinct(Distinct::All(input)) => input,
            _ => break,
        };
    }
    let Some(pulled) = pull(outer, query)? else {
        return Ok(None);
    };
    Ok(renamed(outer, pulled, &[])?.filter(|pulled| !pulled.plan.schema().fields().is_empty()))
}

/// The query's rows with their columns under the given names.
pub(super) fn named(
    outer: &Outer,
    query: &LogicalPlan,
    names: &[String],
) -> Result<Option<Pulled>> {
    let mut query = query;
    loop {
        query = match query {
            LogicalPlan::Sort(node) if node.fetch.is_none() => &node.input,
            LogicalPlan::Distinct(Distinct::All(input)) => input,
            _ => break,
        };
    }
    let items = query.schema().columns();
    let Some(pulled) = pull(outer, query)? else {
        return Ok(None);
    };
    let items: Vec<_> = items.into_iter().zip(names.iter().cloned()).collect();
    renamed(outer, pulled, &items)
}

/// The query's one value, if it is computed from aggregates without keys that are null or zero over
/// no rows, and every outer reference is in an equation with a column of the query.
pub(super) fn grouped(outer: &Outer, query: &LogicalPlan) -> Result<Option<Grouped>> {
    let Some(item) = query.schema().columns().into_iter().next() else {
        return Ok(None);
    };
    let mut value = Expr::Column(item);
    let mut below = query;
    while let LogicalPlan::Projection(node) = below {
        value = substituted(value, &definitions(node))?;
        below = &node.input;
    }
    let LogicalPlan::Aggregate(aggregate) = below else {
        return Ok(None);
    };
    if !aggregate.group_expr.is_empty() || has_subquery(&value)? {
        return Ok(None);
    }
    for expr in &aggregate.aggr_expr {
        if place(outer, expr)? != Place::Inside || empty_value(expr).is_none() {
            return Ok(None);
        }
    }
    let Some(Pulled { plan, conditions }) = pull(outer, &aggregate.input)? else {
        return Ok(None);
    };
    let Some(equations) = conditions
        .iter()
        .map(|condition| equation(outer, condition))
        .collect::<Result<Option<Vec<_>>>>()?
    else {
        return Ok(None);
    };
    if equations.is_empty() {
        return Ok(None);
    }
    // Arrow groups zeros by their signs.
    for (inside, _) in &equations {
        let data_type = inside.get_type(plan.schema())?;
        if matches!(data_type, DataType::Float32 | DataType::Float64) || data_type.is_nested() {
            return Ok(None);
        }
    }
    let keys: Vec<String> = equations.iter().map(|_| fresh()).collect();
    let own = plan.schema().columns().into_iter().map(Expr::Column);
    let computed = equations.iter().zip(&keys);
    let computed = computed.map(|((inside, _), key)| inside.clone().alias(key));
    let list = own.chain(computed).collect();
    let plan = LogicalPlan::Projection(Projection::try_new(list, Arc::new(plan))?);
    let columns = below.schema().columns();
    let names: Vec<String> = columns.iter().map(|_| fresh()).collect();
    let aggregates = aggregate.aggr_expr.iter().zip(&names);
    let aggregates = aggregates.map(|(expr, name)| expr.clone().unalias().alias(name));
    let plan = Aggregate::try_new(
        Arc::new(plan),
        keys.iter().map(|key| column(key)).collect(),
        aggregates.collect(),
    )?;
    let values = columns.into_iter().zip(&names).zip(&aggregate.aggr_expr);
    let values = values
        .map(|((old, name), expr)| {
            let value = match empty_value(expr) {
                Some(Empty::Zero) => or_zero(column(name)),
                _ => column(name),
            };
            (old.name, value)
        })
        .collect();
    let conditions = equations.into_iter().zip(&keys);
    let conditions = conditions
        .map(|((_, outside), key)| Ok(around(outer, outside)?.eq(column(key))))
        .collect::<Result<_>>()?;
    Ok(Some(Grouped {
        plan: LogicalPlan::Aggregate(plan),
        conditions,
        value: around(outer, substituted(value, &values)?)?,
    }))
}

fn pull(outer: &Outer, plan: &LogicalPlan) -> Result<Option<Pulled>> {
    if !outer.is_in(plan)? {
        return Ok(Some(Pulled {
            plan: plan.clone(),
            conditions: Vec::new(),
        }));
    }
    match plan {
        LogicalPlan::Filter(node) => {
            let (mut inside, mut outside) = (Vec::new(), Vec::new());
            for condition in split_conjunction(&node.predicate) {
                match place(outer, condition)? {
                    Place::Inside => inside.push(condition.clone()),
                    Place::Outside => outside.push(condition.clone()),
                    Place::Deeper => return Ok(None),
                }
            }
            let Some(mut below) = pull(outer, &node.input)? else {
                return Ok(None);
            };
            if let Some(predicate) = conjunction(inside) {
                let filter = Filter::try_new(predicate, Arc::new(below.plan))?;
                below.plan = LogicalPlan::Filter(filter);
            }
            below.conditions.extend(outside);
            Ok(Some(below))
        }
        LogicalPlan::Projection(node) => {
            for expr in &node.expr {
                if place(outer, expr)? != Place::Inside {
                    return Ok(None);
                }
            }
            let Some(below) = pull(outer, &node.input)? else {
                return Ok(None);
            };
            // What the conditions name comes along.
            let mut list = node.expr.clone();
            for name in names_in(&below.conditions)? {
                let here = node.schema.index_of_column_by_name(None, &name);
                match here.and_then(|at| node.expr.get(at)) {
                    None => list.push(column(&name)),
                    Some(same) if *same == column(&name) => {}
                    Some(_) => return Ok(None),
                }
            }
            let plan = Projection::try_new(list, Arc::new(below.plan))?;
            Ok(Some(Pulled {
                plan: LogicalPlan::Projection(plan),
                conditions: below.conditions,
            }))
        }
        _ => Ok(None),
    }
}

/// The columns that matter under new names, which the query around cannot have; conditions name them
/// and columns of the query around. Nothing if there are no conditions.
fn renamed(
    outer: &Outer,
    pulled: Pulled,
    items: &[(PlanColumn, String)],
) -> Result<Option<Pulled>> {
    let Pulled { plan, conditions } = pulled;
    if conditions.is_empty() {
        return Ok(None);
    }
    let carried: Vec<(String, String)> = names_in(&conditions)?
        .into_iter()
        .map(|name| (name, fresh()))
        .collect();
    let list = items
        .iter()
        .map(|(item, name)| Expr::Column(item.clone()).alias(name))
        .chain(carried.iter().map(|(old, name)| column(old).alias(name)))
        .collect();
    let plan = LogicalPlan::Projection(Projection::try_new(list, Arc::new(plan))?);
    let names: HashMap<String, Expr> = carried
        .into_iter()
        .map(|(old, name)| (old, column(&name)))
        .collect();
    let conditions = conditions
        .into_iter()
        .map(|condition| around(outer, substituted(condition, &names)?))
        .collect::<Result<_>>()?;
    Ok(Some(Pulled { plan, conditions }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Over columns of the query alone.
    Inside,
    /// Over columns of the query around too.
    Outside,
    /// A query within names columns of the query around, or stands beside one.
    Deeper,
}

fn place(outer: &Outer, expr: &Expr) -> Result<Place> {
    let (mut here, mut within, mut queries) = (false, false, false);
    expr.apply(|part| {
        match part {
            // References that belong further out are in the way too.
            Expr::OuterReferenceColumn(..) => here = true,
            Expr::ScalarSubquery(query) => {
                queries = true;
                within |= outer.is_in(&query.subquery)?;
            }
            Expr::Exists(exists) => {
                queries = true;
                within |= outer.is_in(&exists.subquery.subquery)?;
            }
            Expr::InSubquery(node) => {
                queries = true;
                within |= outer.is_in(&node.subquery.subquery)?;
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(match (here, within, queries) {
        (_, true, _) | (true, _, true) => Place::Deeper,
        (true, false, false) => Place::Outside,
        (false, false, _) => Place::Inside,
    })
}

/// The sides of an equation between columns of the query and of the query around.
fn equation(outer: &Outer, condition: &Expr) -> Result<Option<(Expr, Expr)>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else {
        return Ok(None);
    };
    if *op != Operator::Eq {
        return Ok(None);
    }
    let is_outside = |expr: &Expr| -> Result<bool> {
        Ok(place(outer, expr)? == Place::Outside && expr.column_refs().is_empty())
    };
    let is_inside = |expr: &Expr| -> Result<bool> { Ok(place(outer, expr)? == Place::Inside) };
    if is_inside(left)? && is_outside(right)? {
        return Ok(Some((left.as_ref().clone(), right.as_ref().clone())));
    }
    if is_inside(right)? && is_outside(left)? {
        return Ok(Some((right.as_ref().clone(), left.as_ref().clone())));
    }
    Ok(None)
}

/// What an aggregate is over no rows.
enum Empty {
    Null,
    Zero,
}

fn empty_value(expr: &Expr) -> Option<Empty> {
    let expr = match expr {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::AggregateFunction(AggregateFunction { func, .. }) = expr else {
        return None;
    };
    match func.name() {
        "total" | "mean" | "sum" | "avg" | "min" | "max" => Some(Empty::Null),
        "count" => Some(Empty::Zero),
        _ => None,
    }
}

fn or_zero(count: Expr) -> Expr {
    let is_null = Expr::IsNull(Box::new(count.clone()));
    let zero = Expr::Literal(ScalarValue::Int64(Some(0)), None);
    Expr::Case(Case {
        expr: None,
        when_then_expr: vec![(Box::new(is_null), Box::new(zero))],
        else_expr: Some(Box::new(count)),
    })
}

/// What every column of a projection is.
fn definitions(node: &Projection) -> HashMap<String, Expr> {
    let names = node.schema.columns().into_iter().map(|column| column.name);
    let exprs = node.expr.iter().map(|expr| expr.clone().unalias());
    names.zip(exprs).collect()
}

fn substituted(expr: Expr, values: &HashMap<String, Expr>) -> Result<Expr> {
    let changed = expr.transform_down(|part| {
        Ok(match part {
            Expr::Column(found) => match values.get(&found.name) {
                Some(value) => Transformed::new(value.clone(), true, TreeNodeRecursion::Jump),
                None => Transformed::no(Expr::Column(found)),
            },
            other => Transformed::no(other),
        })
    })?;
    Ok(changed.data)
}

/// The expression in the query around, where its outer references are columns.
fn around(outer: &Outer, expr: Expr) -> Result<Expr> {
    let changed = expr.transform_down(|part| {
        Ok(match part {
            Expr::OuterReferenceColumn(_, found) if outer.columns.contains(&found.name) => {
                Transformed::yes(column(&found.name))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(changed.data)
}

fn has_subquery(expr: &Expr) -> Result<bool> {
    Ok(expr.exists(|part| {
        Ok(matches!(
            part,
            Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_)
        ))
    })?)
}

/// The columns in expressions, each once, in order.
fn names_in(exprs: &[Expr]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for expr in exprs {
        expr.apply(|part| {
            if let Expr::Column(found) = part
                && !names.contains(&found.name)
            {
                names.push(found.name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(names)
}
