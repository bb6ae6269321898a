//! `GROUP BY`: grouping keys, aggregates anywhere inside the select list, rollups and cubes.
//!
//! Over 500 lines because finding the keys and replacing them in the select list are one algorithm;
//! what stands above an aggregate is in `having.rs`, pivots are in `pivot.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Aggregate, Expr, GroupingSet, LogicalPlan};
use sparring_proto::Required;
use sparring_proto::connect::aggregate::GroupType;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::grouping_keys::{grouping_key, grouping_of_keys};
use super::{row, time_windows, windows};
use crate::error::{Error, Exception, Result};
use crate::plan::expression::Item;
use crate::plan::names;
use crate::plan::scope::{Column, ColumnId};
use crate::plan::typed::Typed;
use crate::plan::{Below, Planned, Planner, project};
use crate::types::names::quote;
use crate::types::variant::is_variant;

/// Sets of keys, each by place.
type GroupingSets = Vec<Vec<usize>>;

/// The keys of an aggregate.
#[derive(Clone)]
pub(crate) struct Grouped {
    /// Each key as it was resolved, and the column that holds it.
    pub(crate) keys: Vec<(Typed, Column)>,
    /// The sets of keys of a rollup, cube or grouping sets; `None` groups by all keys.
    pub(crate) sets: Option<Vec<Vec<usize>>>,
}

impl Planner<'_> {
    /// `Aggregate`.
    pub(super) fn aggregate(&self, node: &proto::Aggregate) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("aggregate.input")?)?;
        if let Some(pivot) = &node.pivot {
            return self.pivot(node, pivot, input);
        }
        let is_select = node.group_type() == GroupType::Unspecified;
        let (mut keys, mut sets) = self.groups(node, &input, is_select)?;
        let nulling;
        let mut above = self;
        if sets.is_some() {
            // Once more, since keys may be computed of other keys.
            (keys, sets) = self.nulling(&keys).groups(node, &input, is_select)?;
            nulling = self.nulling(&keys);
            above = &nulling;
        }
        let (input, keys, held) = time_windows::grouped(input, keys)?;
        let (input, grouped) = prepare(input, keys, sets)?;
        let mut values: Vec<Typed> = Vec::new();
        if !is_select {
            values.extend(grouped.keys.iter().map(|(key, _)| key.clone()));
        }
        for item in above.select_list(&node.aggregate_expressions, &input.scope)? {
            match item {
                Item::Value(value) => values.push(time_windows::replaced(value, &held)?),
                Item::Generator(_) => {
                    return Err(Error::unsupported("a generator beside aggregates"));
                }
            }
        }
        self.grouped(input, grouped, values)
    }

    /// Aggregates without keys: one row.
    pub(super) fn global_aggregate(&self, input: Planned, values: Vec<Typed>) -> Result<Planned> {
        self.grouped(
            input,
            Grouped {
                keys: Vec::new(),
                sets: None,
            },
            values,
        )
    }

    pub(super) fn grouped(
        &self,
        input: Planned,
        grouped: Grouped,
        values: Vec<Typed>,
    ) -> Result<Planned> {
        let list = values
            .into_iter()
            .map(|value| (value.to_column(), value))
            .collect();
        build(input, grouped, list)
    }

    /// The keys, and the sets of them.
    fn groups(
        &self,
        node: &proto::Aggregate,
        input: &Planned,
        is_select: bool,
    ) -> Result<(Vec<Typed>, Option<GroupingSets>)> {
        if is_select {
            let mut keys = Vec::new();
            let sets = self.sql_groups(node, input, &mut keys)?;
            Ok((keys, sets))
        } else {
            self.dataframe_groups(node, input)
        }
    }

    /// The keys of a DataFrame's `groupBy`, `rollup`, `cube` or `groupingSets`.
    fn dataframe_groups(
        &self,
        node: &proto::Aggregate,
        input: &Planned,
    ) -> Result<(Vec<Typed>, Option<GroupingSets>)> {
        let mut keys = Vec::new();
        for expression in &node.grouping_expressions {
            // Clients turn `groupBy(1)` into a column themselves; a constant is one.
            keys.push(self.resolve(expression, &input.scope)?);
        }
        let n = keys.len();
        let sets = match node.group_type() {
            GroupType::Rollup => Some((0..=n).rev().map(|length| (0..length).collect()).collect()),
            GroupType::Cube => Some(cube(n)),
            GroupType::GroupingSets => {
                let mut sets = Vec::new();
                for set in &node.grouping_sets {
                    let mut members = Vec::new();
                    for expression in &set.grouping_set {
                        let key = self.resolve(expression, &input.scope)?;
                        members.push(index_of(&mut keys, key));
                    }
                    sets.push(members);
                }
                Some(sets)
            }
            GroupType::Groupby | GroupType::Unspecified | GroupType::Pivot => None,
        };
        Ok((keys, sets))
    }

    /// The keys of a SQL `GROUP BY`: ordinals and aliases of the select list, ALL, and sets.
    fn sql_groups(
        &self,
        node: &proto::Aggregate,
        input: &Planned,
        keys: &mut Vec<Typed>,
    ) -> Result<Option<Vec<Vec<usize>>>> {
        let mut sets: Option<Vec<Vec<usize>>> = None;
        for expression in &node.grouping_expressions {
            match internal_call(expression) {
                Some((internal::GROUP_BY_ALL, _)) => {
                    for item in self.select_list(&node.aggregate_expressions, &input.scope)? {
                        if let Item::Value(value) = item
                            && !value.has_aggregate()
                            && !value.is_foldable()
                        {
                            index_of(
                                keys,
                                Typed {
                                    alias: None,
                                    ..value
                                },
                            );
                        }
                    }
                }
                Some((name, arguments))
                    if matches!(
                        name,
                        internal::ROLLUP | internal::CUBE | internal::GROUPING_SETS
                    ) =>
                {
                    let more = self.sets(name, arguments, node, input, keys)?;
                    sets = Some(cross(sets, more));
                }
                _ => {
                    let key = self.sql_key(expression, node, input)?;
                    let index = index_of(keys, key);
                    if let Some(sets) = &mut sets {
                        sets.iter_mut().for_each(|set| set.push(index));
                    } else if node
                        .grouping_expressions
                        .iter()
                        .any(|e| internal_call(e).is_some_and(|(n, _)| n != internal::GROUP_BY_ALL))
                    {
                        sets = Some(vec![keys_so_far(keys)]);
                    }
                }
            }
        }
        Ok(sets)
    }

    fn sets(
        &self,
        name: &str,
        arguments: &[proto::Expression],
        node: &proto::Aggregate,
        input: &Planned,
        keys: &mut Vec<Typed>,
    ) -> Result<Vec<Vec<usize>>> {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut nested: Vec<Vec<usize>> = Vec::new();
        for argument in arguments {
            match internal_call(argument) {
                Some((internal::GROUPING_SET, members)) => {
                    let mut part = Vec::new();
                    for member in members {
                        let key = self.sql_key(member, node, input)?;
                        part.push(index_of(keys, key));
                    }
                    parts.push(part.clone());
                    nested.push(part);
                }
                Some((inner, members)) if name == internal::GROUPING_SETS => {
                    nested.extend(self.sets(inner, members, node, input, keys)?);
                }
                _ => {
                    let key = self.sql_key(argument, node, input)?;
                    let part = vec![index_of(keys, key)];
                    parts.push(part.clone());
                    nested.push(part);
                }
            }
        }
        Ok(match name {
            internal::ROLLUP => (0..=parts.len())
                .rev()
                .map(|length| parts[..length].concat())
                .collect(),
            internal::CUBE => cube(parts.len())
                .into_iter()
                .map(|set| {
                    set.into_iter()
                        .flat_map(|index| parts[index].clone())
                        .collect()
                })
                .collect(),
            _ => nested,
        })
    }

    fn sql_key(
        &self,
        expression: &proto::Expression,
        node: &proto::Aggregate,
        input: &Planned,
    ) -> Result<Typed> {
        if let Some(place) = integer(expression) {
            let origin = self.origin(expression.common.as_ref().and_then(|c| c.origin.as_ref()));
            return self
                .select_item(place, node, input)
                .map_err(|error| error.at(origin));
        }
        match self.resolve(expression, &input.scope) {
            Ok(key) if key.has_aggregate() => {
                let shown = names::qualified_text(&key.name, &key, &input.scope);
                let common = expression.common.as_ref();
                let place = self.origin(common.and_then(|common| common.origin.as_ref()));
                Err(Error::new("GROUP_BY_AGGREGATE", [("sqlExpr", shown)]).at(place))
            }
            Ok(key) => Ok(key),
            Err(error) if row::missing(&error) => {
                // An alias of the select list.
                let Some(name) = plain_name(expression) else {
                    return Err(error);
                };
                for item in self.select_list(&node.aggregate_expressions, &input.scope)? {
                    if let Item::Value(value) = item
                        && value
                            .alias
                            .as_ref()
                            .is_some_and(|alias| self.context.same_name(alias, &name))
                    {
                        if value.has_aggregate() {
                            let shown = names::qualified_text(&value.name, &value, &input.scope);
                            return Err(Error::new("GROUP_BY_AGGREGATE", [("sqlExpr", shown)]));
                        }
                        return Ok(value);
                    }
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    fn select_item(&self, place: i32, node: &proto::Aggregate, input: &Planned) -> Result<Typed> {
        let items = self.select_list(&node.aggregate_expressions, &input.scope)?;
        let size = items.len();
        let index = usize::try_from(place)
            .ok()
            .filter(|p| *p >= 1 && *p <= size);
        let item = index.and_then(|p| items.into_iter().nth(p - 1));
        match item {
            Some(Item::Value(value)) if value.has_aggregate() => Err(Error::new(
                "GROUP_BY_POS_AGGREGATE",
                [
                    ("index", place.to_string()),
                    (
                        "aggExpr",
                        format!(
                            "{} AS `{}`",
                            names::qualified_text(&value.name, &value, &input.scope),
                            value.output_name()
                        ),
                    ),
                ],
            )),
            Some(Item::Value(value)) => Ok(value),
            _ => Err(Error::new(
                "GROUP_BY_POS_OUT_OF_RANGE",
                [("index", place.to_string()), ("size", size.to_string())],
            )),
        }
    }
}

/// Keys that are not plain columns are computed below the aggregate.
pub(super) fn prepare(
    input: Planned,
    keys: Vec<Typed>,
    sets: Option<Vec<Vec<usize>>>,
) -> Result<(Planned, Grouped)> {
    let (input, keys) = windows::extract(input, keys)?;
    for key in &keys {
        if is_variant(&key.data_type) {
            return Err(Error::new(
                "GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE",
                [
                    ("sqlExpr", format!("\"{}\"", key.name)),
                    (
                        "dataType",
                        format!("\"{}\"", crate::types::sql_name(&key.data_type)),
                    ),
                ],
            )
            .thrown_as(Exception::ExtendedAnalysis));
        }
    }
    let keys: Vec<(Typed, Column)> = keys
        .into_iter()
        .map(|key| {
            let mut column = windows::helper(&key);
            if grouping_key(&key).expr != key.expr {
                column.id = ColumnId::fresh();
            }
            (key, column)
        })
        .collect();
    Ok((input, Grouped { keys, sets }))
}

/// The aggregate node with the select list over it.
pub(super) fn build(
    input: Planned,
    grouped: Grouped,
    list: Vec<(Column, Typed)>,
) -> Result<Planned> {
    let computed: Vec<(Column, Typed)> = grouped
        .keys
        .iter()
        .filter(|(key, column)| key.id != Some(column.id))
        .map(|(key, column)| (column.clone(), grouping_key(key)))
        .collect();
    if grouped.sets.is_some() {
        grouping_of_keys(&grouped, &list, &input)?;
    }
    if grouped.sets.is_none() && list.iter().any(|(_, value)| has_grouping(value)) {
        return Err(Error::of("UNSUPPORTED_GROUPING_EXPRESSION"));
    }
    let mut below = input.plan.clone();
    if !computed.is_empty() {
        let mut wider: Vec<(Column, Typed)> = input
            .scope
            .columns
            .iter()
            .chain(&input.scope.hidden)
            .map(|column| (column.clone(), Typed::column(column)))
            .collect();
        wider.extend(computed);
        below = project(below, &wider)?;
    }
    let mut aggregates: Vec<(Expr, ColumnId)> = Vec::new();
    let nulled = grouped.sets.is_some();
    let values = list
        .iter()
        .map(|(_, value)| {
            let mut value = value.clone();
            // A key that a set leaves out is null.
            let is_key = grouped.keys.iter().any(|(key, _)| key.expr == value.expr);
            value.expr = replace(&value, &grouped, &input, &mut aggregates)?;
            if nulled && (is_key || value.id.is_some()) {
                value.nullable = true;
            }
            Ok(value)
        })
        .collect::<Result<Vec<Typed>>>()?;
    let keys: Vec<Expr> = grouped
        .keys
        .iter()
        .map(|(_, column)| column.expr())
        .collect();
    let keys = match &grouped.sets {
        None => dedup(keys),
        Some(sets) => vec![Expr::GroupingSet(GroupingSet::GroupingSets(
            sets.iter()
                .map(|set| {
                    dedup(
                        set.iter()
                            .filter_map(|index| keys.get(*index).cloned())
                            .collect(),
                    )
                })
                .collect(),
        ))],
    };
    let calls: Vec<Expr> = aggregates
        .into_iter()
        .map(|(call, id)| call.alias(id.internal_name()))
        .collect();
    let plan = if keys.is_empty() && calls.is_empty() {
        // `SELECT 1 … HAVING true`, or `groupBy().agg()` of constants: one row.
        super::project::one_row().plan
    } else {
        LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(below), keys, calls)?)
    };
    let (planned, values) =
        windows::extract(Planned::new(plan, input.scope.replaced(Vec::new())), values)?;
    let chosen: Vec<(Column, Typed)> = list
        .iter()
        .zip(values)
        .map(|((column, _), value)| {
            let mut column = column.clone();
            column.nullable = value.nullable;
            (super::project::with_qualifier(&column, &input.scope), value)
        })
        .collect();
    let plan = project(planned.plan, &chosen)?;
    let columns = chosen.into_iter().map(|(column, _)| column).collect();
    let scope = input.scope.replaced(columns);
    let below = Below {
        input,
        list,
        aggregate: Some(grouped),
        kept: Vec::new(),
    };
    Ok(Planned {
        plan,
        scope,
        below: Some(Arc::new(below)),
    })
}

/// Whether `grouping` or `grouping_id` is in a value.
fn has_grouping(value: &Typed) -> bool {
    let is_grouping = |expr: &Expr| match expr {
        Expr::AggregateFunction(call) => call.func.name() == "grouping",
        _ => false,
    };
    value
        .expr
        .exists(|expr| Ok(is_grouping(expr)))
        .unwrap_or(false)
}

fn dedup(exprs: Vec<Expr>) -> Vec<Expr> {
    let mut seen = HashSet::new();
    exprs
        .into_iter()
        .filter(|expr| seen.insert(expr.clone()))
        .collect()
}

/// The value in terms of the aggregate's output: keys and aggregates become columns; any other
/// column is Spark's MISSING_AGGREGATION.
fn replace(
    value: &Typed,
    grouped: &Grouped,
    input: &Planned,
    aggregates: &mut Vec<(Expr, ColumnId)>,
) -> Result<Expr> {
    let mut stray: Option<String> = None;
    let replaced = value.expr.clone().transform_down(|node| {
        if let Some((_, column)) = grouped.keys.iter().find(|(key, _)| key.expr == node) {
            return Ok(Transformed::new(
                column.expr(),
                true,
                TreeNodeRecursion::Jump,
            ));
        }
        match &node {
            Expr::AggregateFunction(call) => {
                if call.params.args.iter().any(|arg| {
                    arg.exists(|e| Ok(matches!(e, Expr::AggregateFunction(_))))
                        .unwrap_or(false)
                }) {
                    return Err(Error::of("NESTED_AGGREGATE_FUNCTION").into());
                }
                let mut node = node;
                if let Expr::AggregateFunction(call) = &mut node
                    && call.func.name() == "grouping"
                {
                    // Keys are columns below the aggregate; without arguments all keys are meant.
                    if call.params.args.is_empty() {
                        call.params.args = grouped
                            .keys
                            .iter()
                            .map(|(_, column)| column.expr())
                            .collect();
                    } else {
                        for arg in &mut call.params.args {
                            if let Some((_, column)) =
                                grouped.keys.iter().find(|(key, _)| key.expr == *arg)
                            {
                                *arg = column.expr();
                            }
                        }
                    }
                }
                let id = match aggregates.iter().find(|(known, _)| *known == node) {
                    Some((_, id)) => *id,
                    None => {
                        let id = ColumnId::fresh();
                        aggregates.push((node.clone(), id));
                        id
                    }
                };
                Ok(Transformed::new(id.expr(), true, TreeNodeRecursion::Jump))
            }
            Expr::Column(column) => {
                stray.get_or_insert_with(|| column.name.clone());
                Ok(Transformed::no(node))
            }
            _ => Ok(Transformed::no(node)),
        }
    })?;
    match stray {
        None => Ok(replaced.data),
        Some(internal_name) => {
            let column = input
                .scope
                .columns
                .iter()
                .chain(&input.scope.hidden)
                .find(|column| column.id.internal_name() == internal_name);
            let name = column.map_or_else(|| value.name.to_string(), |c| c.name.to_string());
            if grouped.keys.is_empty() && grouped.sets.is_none() {
                return Err(Error::of("MISSING_GROUP_BY"));
            }
            Err(Error::new(
                "MISSING_AGGREGATION",
                [
                    ("expression", format!("\"{name}\"")),
                    ("expressionAnyValue", format!("\"any_value({name})\"")),
                ],
            ))
        }
    }
}

/// The place of a key, which is added if it is new.
fn index_of(keys: &mut Vec<Typed>, key: Typed) -> usize {
    match keys.iter().position(|known| known.expr == key.expr) {
        Some(index) => index,
        None => {
            keys.push(key);
            keys.len() - 1
        }
    }
}

fn keys_so_far(keys: &[Typed]) -> Vec<usize> {
    (0..keys.len()).collect()
}

/// `GROUP BY a, ROLLUP(b), CUBE(c)`: every set of one with every set of the other.
fn cross(left: Option<Vec<Vec<usize>>>, right: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    match left {
        None => right,
        Some(left) => left
            .iter()
            .flat_map(|l| {
                right
                    .iter()
                    .map(move |r| l.iter().chain(r).copied().collect())
            })
            .collect(),
    }
}

/// All subsets, the full one first, in Spark's order.
fn cube(n: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new()];
    for index in (0..n).rev() {
        let with: Vec<Vec<usize>> = sets
            .iter()
            .map(|set: &Vec<usize>| std::iter::once(index).chain(set.iter().copied()).collect())
            .collect();
        sets = with.into_iter().chain(sets).collect();
    }
    sets
}

/// The call of an internal form of the SQL crate: its name and arguments.
pub(super) fn internal_call(
    expression: &proto::Expression,
) -> Option<(&str, &[proto::Expression])> {
    match &expression.expr_type {
        Some(ExprType::UnresolvedFunction(function)) if function.is_internal() => {
            Some((function.function_name.as_str(), &function.arguments))
        }
        _ => None,
    }
}

/// The whole number that an expression is, if it is a constant.
pub(super) fn integer(expression: &proto::Expression) -> Option<i32> {
    match &expression.expr_type {
        Some(ExprType::Literal(literal)) => match literal.literal_type {
            Some(LiteralType::Integer(place)) => Some(place),
            _ => None,
        },
        _ => None,
    }
}

fn plain_name(expression: &proto::Expression) -> Option<String> {
    match &expression.expr_type {
        Some(ExprType::UnresolvedAttribute(attribute)) => {
            let parts = sparring_sql::parse_attribute_name(&attribute.unparsed_identifier).ok()?;
            <[String; 1]>::try_from(parts).ok().map(|[name]| name)
        }
        _ => None,
    }
}

/// The column of a name that a USING or NATURAL join, a pivot or a deduplication refers to.
pub(super) fn column_named<'s>(
    planner: &Planner<'_>,
    planned: &'s Planned,
    name: &str,
) -> Result<Option<&'s Column>> {
    let found = names::in_scope(planner.context, &planned.scope, &[name.to_owned()])
        .map_err(|error| error.hint(format!("the column {} must be unique", quote(name))))?;
    Ok(found
        .and_then(|value| value.id)
        .and_then(|id| planned.scope.by_id(id)))
}
