//! A query that names columns of the query around it, made one that does not: its rows for every
//! combination of those columns' values at once.
//!
//! After Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015): the distinct values of the
//! outer columns are joined to the leaves of the query, and every operator above carries them along.
//! Over 500 lines because it has a case for every operator.
//! Knows nothing of where the query stands; `subqueries.rs` joins the result to the query around.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column as PlanColumn, JoinType, NullEquality};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, DistinctOn, Expr, FetchType, Filter, GroupingSet, Join,
    LogicalPlan, LogicalPlanBuilder, Operator, Projection, SkipType, Sort, Subquery, Union, Window,
    WindowFrame, WindowFunctionDefinition, lit,
};

use super::scope::ColumnId;
use crate::error::{Error, Result};
use crate::functions::and;

/// The outer columns that a query names, and the plan they come from.
pub(super) struct Outer {
    /// Their names in the plan around.
    pub(super) columns: Vec<String>,
    around: LogicalPlan,
}

/// A query without outer references: its own columns, and the outer columns' values of each row.
pub(super) struct Independent {
    /// The plan; it may have further columns.
    pub(super) plan: LogicalPlan,
    /// The columns with the outer values, in the order of [`Outer::columns`].
    pub(super) values: Vec<String>,
}

impl Outer {
    /// The columns of `around` that `query` names.
    pub(super) fn of(query: &LogicalPlan, around: &LogicalPlan) -> Result<Self> {
        let mut columns = Vec::new();
        let schema = around.schema();
        visit_references(query, &mut |column| {
            if !columns.contains(&column.name)
                && schema.has_column_with_unqualified_name(&column.name)
            {
                columns.push(column.name.clone());
            }
        })?;
        Ok(Self {
            columns,
            around: around.clone(),
        })
    }

    /// The query for all values of the outer columns.
    pub(super) fn independent(&self, query: LogicalPlan) -> Result<Independent> {
        stacker::maybe_grow(super::relation::RED_ZONE, super::relation::STACK, || {
            self.push(query)
        })
    }

    /// That the values are those of a row of the plan around.
    pub(super) fn matches(&self, values: &[String]) -> Vec<Expr> {
        self.columns
            .iter()
            .zip(values)
            .map(|(outer, value)| same(column(outer), column(value)))
            .collect()
    }

    /// The distinct values, under new names.
    fn values(&self) -> Result<Independent> {
        let values: Vec<String> = self.columns.iter().map(|_| fresh()).collect();
        let list = self
            .columns
            .iter()
            .zip(&values)
            .map(|(outer, value)| column(outer).alias(value))
            .collect();
        let plan = Projection::try_new(list, Arc::new(self.around.clone()))?;
        let plan = LogicalPlan::Distinct(Distinct::All(Arc::new(LogicalPlan::Projection(plan))));
        Ok(Independent { plan, values })
    }

    /// Whether a query names the outer columns.
    pub(super) fn is_in(&self, plan: &LogicalPlan) -> Result<bool> {
        let mut found = false;
        visit_references(plan, &mut |column| {
            found |= self.columns.contains(&column.name);
        })?;
        Ok(found)
    }

    fn push(&self, plan: LogicalPlan) -> Result<Independent> {
        if !self.is_in(&plan)? {
            let Independent {
                plan: outer,
                values,
            } = self.values()?;
            let plan = LogicalPlanBuilder::from(plan).cross_join(outer)?.build()?;
            return Ok(Independent { plan, values });
        }
        match plan {
            LogicalPlan::Projection(node) => {
                let below = self.independent(Arc::unwrap_or_clone(node.input))?;
                let mut list = self.rewrite_all(node.expr, &below.values)?;
                list.extend(below.values.iter().map(|value| column(value)));
                Ok(Independent {
                    plan: LogicalPlan::Projection(Projection::try_new(list, Arc::new(below.plan))?),
                    values: below.values,
                })
            }
            LogicalPlan::Filter(node) => {
                let below = self.independent(Arc::unwrap_or_clone(node.input))?;
                let predicate = self.rewrite(node.predicate, &below.values)?;
                Ok(Independent {
                    plan: LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(below.plan))?),
                    values: below.values,
                })
            }
            LogicalPlan::Sort(node) => {
                let below = self.independent(Arc::unwrap_or_clone(node.input))?;
                self.sorted(below, node.expr)
            }
            LogicalPlan::Limit(_) => self.limited(plan),
            LogicalPlan::Aggregate(node) if node.group_expr.is_empty() => self.global(node),
            LogicalPlan::Aggregate(node) => self.grouped(node),
            LogicalPlan::Distinct(node) => self.distinct(node),
            LogicalPlan::Window(node) => self.windowed(node),
            LogicalPlan::Join(node) => self.joined(node),
            LogicalPlan::Union(node) => self.united(node),
            LogicalPlan::Unnest(node) => {
                let below = self.independent(Arc::unwrap_or_clone(node.input))?;
                let plan = LogicalPlanBuilder::from(below.plan)
                    .unnest_columns_with_options(node.exec_columns, node.options)?
                    .build()?;
                Ok(Independent { plan, ..below })
            }
            other => Err(Error::unsupported(format!(
                "a correlated subquery with the operator {}",
                other.display()
            ))),
        }
    }

    fn sorted(
        &self,
        below: Independent,
        keys: Vec<datafusion::logical_expr::SortExpr>,
    ) -> Result<Independent> {
        let keys = keys
            .into_iter()
            .map(|mut key| {
                key.expr = self.rewrite(key.expr, &below.values)?;
                Ok(key)
            })
            .collect::<Result<_>>()?;
        Ok(Independent {
            plan: LogicalPlan::Sort(Sort {
                expr: keys,
                input: Arc::new(below.plan),
                fetch: None,
            }),
            values: below.values,
        })
    }

    /// So many rows for each combination of outer values: rows are numbered.
    fn limited(&self, plan: LogicalPlan) -> Result<Independent> {
        let LogicalPlan::Limit(node) = plan else {
            return Err(Error::internal("a limit was expected"));
        };
        let (SkipType::Literal(skip), FetchType::Literal(fetch)) =
            (node.get_skip_type()?, node.get_fetch_type()?)
        else {
            return Err(Error::unsupported(
                "a computed limit in a correlated subquery",
            ));
        };
        let (below, order) = match Arc::unwrap_or_clone(node.input) {
            LogicalPlan::Sort(sort) => {
                let below = self.independent(Arc::unwrap_or_clone(sort.input))?;
                match self.sorted(below, sort.expr)? {
                    Independent {
                        plan: LogicalPlan::Sort(sort),
                        values,
                    } => (
                        Independent {
                            plan: Arc::unwrap_or_clone(sort.input),
                            values,
                        },
                        sort.expr,
                    ),
                    other => (other, Vec::new()),
                }
            }
            other => (self.independent(other)?, Vec::new()),
        };
        let number = fresh();
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun: WindowFunctionDefinition::WindowUDF(row_number_udwf()),
            params: WindowFunctionParams {
                args: Vec::new(),
                partition_by: below.values.iter().map(|value| column(value)).collect(),
                window_frame: WindowFrame::new(Some(!order.is_empty())),
                order_by: order,
                filter: None,
                null_treatment: None,
                distinct: false,
            },
        }));
        let window = Window::try_new(vec![expr.alias(&number)], Arc::new(below.plan))?;
        let skip = u64::try_from(skip).unwrap_or(u64::MAX);
        let mut condition = column(&number).gt(lit(skip));
        if let Some(fetch) = fetch {
            let last = skip.saturating_add(u64::try_from(fetch).unwrap_or(u64::MAX));
            condition = and(condition, column(&number).lt_eq(lit(last)));
        }
        let plan = Filter::try_new(condition, Arc::new(LogicalPlan::Window(window)))?;
        Ok(Independent {
            plan: LogicalPlan::Filter(plan),
            values: below.values,
        })
    }

    fn grouped(&self, node: Aggregate) -> Result<Independent> {
        let below = self.independent(Arc::unwrap_or_clone(node.input))?;
        let keys = || below.values.iter().map(|value| column(value));
        let groups = self.rewrite_all(node.group_expr, &below.values)?;
        let groups = match groups.as_slice() {
            [Expr::GroupingSet(GroupingSet::GroupingSets(sets))] => {
                let sets = sets
                    .iter()
                    .map(|set| set.iter().cloned().chain(keys()).collect())
                    .collect();
                vec![Expr::GroupingSet(GroupingSet::GroupingSets(sets))]
            }
            _ => groups.into_iter().chain(keys()).collect(),
        };
        let aggregates = self.rewrite_all(node.aggr_expr, &below.values)?;
        let plan = Aggregate::try_new(Arc::new(below.plan), groups, aggregates)?;
        Ok(Independent {
            plan: LogicalPlan::Aggregate(plan),
            values: below.values,
        })
    }

    /// An aggregate without keys has a row even where it has no input: every combination of outer
    /// values is kept, and aggregates see only rows that are there.
    fn global(&self, node: Aggregate) -> Result<Independent> {
        let below = self.independent(Arc::unwrap_or_clone(node.input))?;
        let Independent {
            plan: outer,
            values,
        } = self.values()?;
        let marker = fresh();
        let mut list: Vec<Expr> = below
            .plan
            .schema()
            .columns()
            .into_iter()
            .map(Expr::Column)
            .collect();
        list.push(lit(true).alias(&marker));
        let marked = LogicalPlan::Projection(Projection::try_new(list, Arc::new(below.plan))?);
        let conditions: Vec<Expr> = values
            .iter()
            .zip(&below.values)
            .map(|(left, right)| same(column(left), column(right)))
            .collect();
        let joined = LogicalPlanBuilder::from(outer)
            .join_on(marked, JoinType::Left, conditions)?
            .build()?;
        let is_there = Expr::IsNotNull(Box::new(column(&marker)));
        let aggregates = self
            .rewrite_all(node.aggr_expr, &below.values)?
            .into_iter()
            .map(|expr| only_where(expr, &is_there))
            .collect::<Result<_>>()?;
        let keys = values.iter().map(|value| column(value)).collect();
        let plan = Aggregate::try_new(Arc::new(joined), keys, aggregates)?;
        Ok(Independent {
            plan: LogicalPlan::Aggregate(plan),
            values,
        })
    }

    fn distinct(&self, node: Distinct) -> Result<Independent> {
        match node {
            Distinct::All(input) => {
                let own = input.schema().columns();
                let below = self.independent(Arc::unwrap_or_clone(input))?;
                let list = own
                    .into_iter()
                    .map(Expr::Column)
                    .chain(below.values.iter().map(|value| column(value)))
                    .collect();
                let plan =
                    LogicalPlan::Projection(Projection::try_new(list, Arc::new(below.plan))?);
                Ok(Independent {
                    plan: LogicalPlan::Distinct(Distinct::All(Arc::new(plan))),
                    values: below.values,
                })
            }
            Distinct::On(node) => {
                let below = self.independent(Arc::unwrap_or_clone(node.input))?;
                let with = |list: Vec<Expr>| -> Result<Vec<Expr>> {
                    let mut list = self.rewrite_all(list, &below.values)?;
                    list.extend(below.values.iter().map(|value| column(value)));
                    Ok(list)
                };
                let plan = DistinctOn::try_new(
                    with(node.on_expr)?,
                    with(node.select_expr)?,
                    None,
                    Arc::new(below.plan),
                )?;
                Ok(Independent {
                    plan: LogicalPlan::Distinct(Distinct::On(plan)),
                    values: below.values,
                })
            }
        }
    }

    fn windowed(&self, node: Window) -> Result<Independent> {
        let below = self.independent(Arc::unwrap_or_clone(node.input))?;
        let list = self
            .rewrite_all(node.window_expr, &below.values)?
            .into_iter()
            .map(|expr| {
                let apart = expr.transform(|node| {
                    Ok(match node {
                        Expr::WindowFunction(mut function) => {
                            let keys = below.values.iter().map(|value| column(value));
                            function.params.partition_by.extend(keys);
                            Transformed::yes(Expr::WindowFunction(function))
                        }
                        other => Transformed::no(other),
                    })
                })?;
                Ok(apart.data)
            })
            .collect::<Result<_>>()?;
        Ok(Independent {
            plan: LogicalPlan::Window(Window::try_new(list, Arc::new(below.plan))?),
            values: below.values,
        })
    }

    fn joined(&self, node: Join) -> Result<Independent> {
        let (left_has, right_has) = (self.is_in(&node.left)?, self.is_in(&node.right)?);
        let keeps_left = matches!(
            node.join_type,
            JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark
        );
        let keeps_right = matches!(
            node.join_type,
            JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark
        );
        if node.join_type == JoinType::Full {
            return Err(Error::unsupported("a full join in a correlated subquery"));
        }
        // The side whose rows survive must know their outer values; so must one side at least.
        let on_left = left_has || keeps_left || (!right_has && !keeps_right);
        let on_right = right_has || keeps_right;
        let plain = |plan: &Arc<LogicalPlan>| Independent {
            plan: plan.as_ref().clone(),
            values: Vec::new(),
        };
        let left = match on_left {
            true => self.independent(node.left.as_ref().clone())?,
            false => plain(&node.left),
        };
        let right = match on_right {
            true => self.independent(node.right.as_ref().clone())?,
            false => plain(&node.right),
        };
        let values = match on_left && !keeps_right {
            true => left.values.clone(),
            false => right.values.clone(),
        };
        let equal = |(l, r): (Expr, Expr)| match node.null_equality {
            NullEquality::NullEqualsNull => same(l, r),
            NullEquality::NullEqualsNothing => l.eq(r),
        };
        let conditions = node.on.into_iter().map(equal).chain(node.filter);
        let mut conditions = self.rewrite_all(conditions.collect(), &values)?;
        if on_left && on_right {
            let pairs = left.values.iter().zip(&right.values);
            conditions.extend(pairs.map(|(l, r)| same(column(l), column(r))));
        }
        if conditions.is_empty() {
            conditions.push(lit(true));
        }
        let plan = LogicalPlanBuilder::from(left.plan)
            .join_on(right.plan, node.join_type, conditions)?
            .build()?;
        Ok(Independent { plan, values })
    }

    fn united(&self, node: Union) -> Result<Independent> {
        let names = node.schema.columns();
        let values: Vec<String> = self.columns.iter().map(|_| fresh()).collect();
        let inputs = node
            .inputs
            .into_iter()
            .map(|input| {
                let own = input.schema().columns();
                let below = self.independent(Arc::unwrap_or_clone(input))?;
                let columns = own
                    .into_iter()
                    .zip(&names)
                    .map(|(own, name)| Expr::Column(own).alias(&name.name));
                let carried = below.values.iter().zip(&values);
                let carried = carried.map(|(value, name)| column(value).alias(name));
                let list = columns.chain(carried).collect();
                let plan = Projection::try_new(list, Arc::new(below.plan))?;
                Ok(Arc::new(LogicalPlan::Projection(plan)))
            })
            .collect::<Result<Vec<_>>>()?;
        let plan = LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?);
        Ok(Independent { plan, values })
    }

    fn rewrite_all(&self, list: Vec<Expr>, values: &[String]) -> Result<Vec<Expr>> {
        list.into_iter()
            .map(|expr| self.rewrite(expr, values))
            .collect()
    }

    /// The expression with the carried values in place of outer references; its name stays.
    fn rewrite(&self, expr: Expr, values: &[String]) -> Result<Expr> {
        let names: HashMap<&str, &str> = self
            .columns
            .iter()
            .map(String::as_str)
            .zip(values.iter().map(String::as_str))
            .collect();
        let name = expr.schema_name().to_string();
        let rewritten = replace(expr, &names, false)?;
        Ok(if rewritten.schema_name().to_string() == name {
            rewritten
        } else {
            rewritten.alias(name)
        })
    }
}

/// Outer references under other names: columns here, outer references still inside of subqueries.
fn replace(expr: Expr, names: &HashMap<&str, &str>, inside: bool) -> Result<Expr> {
    let inner = |subquery: Subquery| -> datafusion::error::Result<Subquery> {
        let plan = subquery
            .subquery
            .as_ref()
            .clone()
            .transform_down(|node| {
                node.map_expressions(|expr| Ok(Transformed::yes(replace(expr, names, true)?)))
            })?
            .data;
        Ok(Subquery {
            outer_ref_columns: plan.all_out_ref_exprs(),
            subquery: Arc::new(plan),
            spans: subquery.spans,
        })
    };
    let replaced = expr.transform_down(|node| {
        Ok(match node {
            Expr::OuterReferenceColumn(field, found) => match names.get(found.name.as_str()) {
                Some(name) if inside => {
                    let renamed = Arc::new(field.as_ref().clone().with_name(*name));
                    Transformed::yes(Expr::OuterReferenceColumn(
                        renamed,
                        PlanColumn::new_unqualified(*name),
                    ))
                }
                Some(name) => Transformed::yes(column(name)),
                None => Transformed::no(Expr::OuterReferenceColumn(field, found)),
            },
            Expr::ScalarSubquery(subquery) => {
                Transformed::yes(Expr::ScalarSubquery(inner(subquery)?))
            }
            Expr::Exists(mut exists) => {
                exists.subquery = inner(exists.subquery)?;
                Transformed::yes(Expr::Exists(exists))
            }
            Expr::InSubquery(mut node) => {
                node.subquery = inner(node.subquery)?;
                Transformed::yes(Expr::InSubquery(node))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(replaced.data)
}

/// The aggregate over the rows that meet a condition.
fn only_where(expr: Expr, condition: &Expr) -> Result<Expr> {
    let filtered = expr.transform_down(|node| {
        Ok(match node {
            Expr::AggregateFunction(mut function) => {
                let filter = match function.params.filter.take() {
                    Some(filter) => and(*filter, condition.clone()),
                    None => condition.clone(),
                };
                function.params.filter = Some(Box::new(filter));
                Transformed::new(
                    Expr::AggregateFunction(function),
                    true,
                    TreeNodeRecursion::Jump,
                )
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(filtered.data)
}

/// Every outer reference in a plan and in the subqueries in it.
pub(super) fn visit_references(
    plan: &LogicalPlan,
    visit: &mut dyn FnMut(&PlanColumn),
) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::OuterReferenceColumn(_, column) = part {
                    visit(column);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// A column of a plan by its internal name.
pub(super) fn column(name: &str) -> Expr {
    Expr::Column(PlanColumn::new_unqualified(name))
}

/// An internal name that no other column has.
pub(super) fn fresh() -> String {
    ColumnId::fresh().internal_name()
}

fn same(left: Expr, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(
        Box::new(left),
        Operator::IsNotDistinctFrom,
        Box::new(right),
    ))
}
