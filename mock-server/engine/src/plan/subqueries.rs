//! Subqueries in expressions, made joins: what DataFusion's own rules do not take (existence tests
//! outside of a filter, correlation through anything but a filter) is joined here before.
//!
//! Works on finished plans and knows no names; `correlation.rs` frees a query of outer references.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column as PlanColumn, JoinType, Spans};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, InSubquery};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Aggregate, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Projection, Subquery, SubqueryAlias,
    lit,
};

use super::correlation::{Independent, Outer, column, fresh};
use super::expression::IN_ROW;
use super::pulled::{self, Grouped, Pulled};
use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;

/// The plan with every subquery a join that DataFusion could not make one of.
pub(crate) fn joined(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_down_with_subqueries(|node| {
        let needs = needs_join(&node)?;
        Ok(if needs {
            Transformed::yes(joined_node(node)?)
        } else {
            Transformed::no(node)
        })
    })?;
    Ok(done.data)
}

/// A query on the right of a join that sees the columns of the left.
pub(super) fn lateral(
    left: LogicalPlan,
    right: LogicalPlan,
    kind: JoinType,
    condition: Option<Expr>,
) -> Result<LogicalPlan> {
    let outer = Outer::of(&right, &left)?;
    let (right, mut conditions) = if outer.columns.is_empty() {
        (right, Vec::new())
    } else {
        let Independent { plan, values } = outer.independent(right)?;
        (plan, outer.matches(&values))
    };
    conditions.extend(condition);
    if conditions.is_empty() {
        conditions.push(lit(true));
    }
    Ok(LogicalPlanBuilder::from(left)
        .join_on(right, kind, conditions)?
        .build()?)
}

/// Whether a subquery of the node is left to us.
fn needs_join(node: &LogicalPlan) -> Result<bool> {
    let is_filter = matches!(node, LogicalPlan::Filter(_));
    let mut found = false;
    node.apply_expressions(|expr| {
        found |= subqueries_of(expr, is_filter)?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn subqueries_of(expr: &Expr, is_filter: bool) -> datafusion::error::Result<bool> {
    if is_filter
        && let Expr::BinaryExpr(both) = expr
        && is_and(both)
    {
        return Ok(subqueries_of(&both.left, true)? || subqueries_of(&both.right, true)?);
    }
    if is_filter && is_plain_test(expr) {
        return Ok(false);
    }
    expr.exists(|part| Ok(is_ours(part)))
}

fn is_and(both: &datafusion::logical_expr::BinaryExpr) -> bool {
    both.op == datafusion::logical_expr::Operator::And
}

/// An existence test that a filter makes a semi or anti join of: uncorrelated, alone or negated.
fn is_plain_test(expr: &Expr) -> bool {
    match expr {
        Expr::Not(inner) => is_plain_test(inner),
        Expr::Exists(exists) => exists.subquery.outer_ref_columns.is_empty(),
        Expr::InSubquery(node) => {
            node.subquery.outer_ref_columns.is_empty() && row_values(&node.expr).is_none()
        }
        _ => false,
    }
}

/// The values of `(a, b) IN (query)`.
fn row_values(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::ScalarFunction(call) if call.func.name() == IN_ROW => Some(&call.args),
        _ => None,
    }
}

/// Scalar queries without outer references are computed once, which DataFusion does itself.
fn is_ours(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarSubquery(subquery) => !subquery.outer_ref_columns.is_empty(),
        Expr::Exists(_) | Expr::InSubquery(_) => true,
        _ => false,
    }
}

/// The node over an input that holds the subqueries' values.
fn joined_node(node: LogicalPlan) -> Result<LogicalPlan> {
    let own = node.schema().columns();
    let inputs = node.inputs();
    let [input] = inputs.as_slice() else {
        return Err(Error::unsupported("a subquery in the condition of a join"));
    };
    let mut input = (*input).clone();
    if let LogicalPlan::Filter(filter) = node {
        return filtered(filter, own);
    }
    let exprs = node
        .expressions()
        .into_iter()
        .map(|expr| {
            let name = expr.schema_name().to_string();
            let replaced = replace(expr, &mut input)?;
            Ok(if replaced.schema_name().to_string() == name {
                replaced
            } else {
                replaced.alias(name)
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let keeps_columns = matches!(node, LogicalPlan::Sort(_) | LogicalPlan::Window(_));
    let done = node.with_new_exprs(exprs, vec![input])?;
    if !keeps_columns {
        return Ok(done);
    }
    cut(done, own)
}

/// The plan with no further columns.
fn cut(plan: LogicalPlan, own: Vec<PlanColumn>) -> Result<LogicalPlan> {
    let list = own.into_iter().map(Expr::Column).collect();
    let plan = Projection::try_new(list, Arc::new(plan))?;
    Ok(LogicalPlan::Projection(plan))
}

/// A filter: plain conditions first, then joins that keep or drop rows, then conditions with values
/// from other joins, which have the fewest rows left to look up.
fn filtered(filter: Filter, own: Vec<PlanColumn>) -> Result<LogicalPlan> {
    let mut input = Arc::unwrap_or_clone(filter.input);
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    for condition in split_conjunction_owned(filter.predicate) {
        match subqueries_of(&condition, true)? {
            true => others.push(condition),
            false => plain.push(condition),
        }
    }
    if let Some(predicate) = conjunction(plain) {
        input = LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?);
    }
    let mut conditions = Vec::new();
    for condition in others {
        let Some((test, kind)) = alone(&condition, &input, false)? else {
            conditions.push(condition);
            continue;
        };
        let tested = match test {
            Test::Exists(subquery) => existing(&input, subquery)?,
            Test::In(node) => equal_rows(&input, node, kind == JoinType::LeftAnti)?,
        };
        input = LogicalPlanBuilder::from(input)
            .join_on(tested.plan, kind, tested.conditions)?
            .build()?;
    }
    let conditions = conditions
        .into_iter()
        .map(|condition| replace(condition, &mut input))
        .collect::<Result<Vec<_>>>()?;
    let Some(predicate) = conjunction(conditions) else {
        return cut(input, own);
    };
    let filter = Filter::try_new(predicate, Arc::new(input))?;
    cut(LogicalPlan::Filter(filter), own)
}

/// A test of rows that a filter consists of.
enum Test<'a> {
    Exists(&'a Subquery),
    In(&'a InSubquery),
}

/// The test, and the join that keeps the rows that pass; nothing for an uncorrelated `EXISTS`, which
/// is the same for every row.
fn alone<'a>(
    expr: &'a Expr,
    input: &LogicalPlan,
    negated: bool,
) -> Result<Option<(Test<'a>, JoinType)>> {
    let kind = |negated| match negated {
        true => JoinType::LeftAnti,
        false => JoinType::LeftSemi,
    };
    Ok(match expr {
        Expr::Not(inner) => return alone(inner, input, !negated),
        Expr::Exists(node) => {
            let outer = Outer::of(&node.subquery.subquery, input)?;
            let test = Test::Exists(&node.subquery);
            (!outer.columns.is_empty()).then(|| (test, kind(negated != node.negated)))
        }
        Expr::InSubquery(node) => Some((Test::In(node), kind(negated != node.negated))),
        _ => None,
    })
}

fn replace(expr: Expr, input: &mut LogicalPlan) -> Result<Expr> {
    let replaced = expr.transform_down(|part| {
        let found = match part {
            Expr::Not(inner) => match *inner {
                Expr::InSubquery(node) => is_in(input, &node, true)?,
                other => return Ok(Transformed::no(Expr::Not(Box::new(other)))),
            },
            Expr::InSubquery(node) => is_in(input, &node, false)?,
            Expr::Exists(node) => exists(input, node.subquery, node.negated)?,
            Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty() => {
                scalar(input, subquery)?
            }
            other => return Ok(Transformed::no(other)),
        };
        Ok(Transformed::new(found, true, TreeNodeRecursion::Jump))
    })?;
    Ok(replaced.data)
}

/// `EXISTS`: a mark on every row.
fn exists(input: &mut LogicalPlan, subquery: Subquery, negated: bool) -> Result<Expr> {
    let found = if Outer::of(&subquery.subquery, input)?.columns.is_empty() {
        any_row(Arc::unwrap_or_clone(subquery.subquery))?
    } else {
        let tested = existing(input, &subquery)?;
        marked(input, tested)?
    };
    Ok(if negated {
        Expr::Not(Box::new(found))
    } else {
        found
    })
}

/// The rows of a correlated query, and which of them belong to a row around.
fn existing(input: &LogicalPlan, subquery: &Subquery) -> Result<Pulled> {
    let query = subquery.subquery.as_ref();
    let outer = Outer::of(query, input)?;
    if let Some(pulled) = pulled::existing(&outer, query)? {
        return Ok(pulled);
    }
    let Independent { plan, values } = outer.independent(query.clone())?;
    let conditions = outer.matches(&values);
    let columns = values.iter().map(|value| column(value)).collect();
    let plan = LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan))?);
    Ok(Pulled { plan, conditions })
}

/// Whether a query without outer references has a row: it is counted once.
fn any_row(query: LogicalPlan) -> Result<Expr> {
    let count = fresh();
    let plan = LogicalPlanBuilder::from(query)
        .limit(0, Some(1))?
        .aggregate(
            Vec::<Expr>::new(),
            vec![call(count_udaf(), vec![lit(1_i64)]).alias(&count)],
        )?
        .project(vec![column(&count).gt(lit(0_i64)).alias(fresh())])?
        .build()?;
    Ok(Expr::ScalarSubquery(Subquery {
        subquery: Arc::new(plan),
        outer_ref_columns: Vec::new(),
        spans: Spans::new(),
    }))
}

/// `IN` as a value is true or false, never null: Spark tests the existence of an equal row, and for
/// `NOT IN` of one that is equal or may be (`RewritePredicateSubquery`).
fn is_in(input: &mut LogicalPlan, node: &InSubquery, negated: bool) -> Result<Expr> {
    let negated = negated != node.negated;
    let tested = equal_rows(input, node, negated)?;
    let found = marked(input, tested)?;
    Ok(if negated {
        Expr::Not(Box::new(found))
    } else {
        found
    })
}

/// The rows of a query that are equal to a row around; with `or_unknown` those that may be, too.
fn equal_rows(input: &LogicalPlan, node: &InSubquery, or_unknown: bool) -> Result<Pulled> {
    let query = node.subquery.subquery.as_ref();
    let names: Vec<String> = query.schema().fields().iter().map(|_| fresh()).collect();
    let Pulled {
        plan,
        mut conditions,
    } = named(input, query, &names)?;
    let values = row_values(&node.expr).unwrap_or(std::slice::from_ref(node.expr.as_ref()));
    let pairs = values.iter().zip(&names);
    let equal = pairs
        .map(|(value, name)| value.clone().eq(column(name)))
        .reduce(crate::functions::and)
        .ok_or_else(|| Error::internal("IN with a query without columns"))?;
    conditions.push(if or_unknown {
        let unknown = Expr::IsNull(Box::new(equal.clone()));
        equal.or(unknown)
    } else {
        equal
    });
    Ok(Pulled { plan, conditions })
}

/// The rows of a query with its columns under other names, and which of them belong to a row around.
fn named(input: &LogicalPlan, query: &LogicalPlan, names: &[String]) -> Result<Pulled> {
    let items = query.schema().columns();
    let outer = Outer::of(query, input)?;
    let (plan, conditions) = if outer.columns.is_empty() {
        (query.clone(), Vec::new())
    } else if let Some(pulled) = pulled::named(&outer, query, names)? {
        return Ok(pulled);
    } else {
        let Independent { plan, values } = outer.independent(query.clone())?;
        (plan, outer.matches(&values))
    };
    // The value may have the same column inside: the items get names of their own.
    let others = plan.schema().columns().into_iter();
    let others: Vec<PlanColumn> = others.filter(|column| !items.contains(column)).collect();
    let list = items
        .into_iter()
        .zip(names)
        .map(|(item, name)| Expr::Column(item).alias(name))
        .chain(others.into_iter().map(Expr::Column))
        .collect();
    let plan = LogicalPlan::Projection(Projection::try_new(list, Arc::new(plan))?);
    Ok(Pulled { plan, conditions })
}

/// The input with a mark on every row that meets one of the plan's: a column of true and false.
fn marked(input: &mut LogicalPlan, Pulled { plan, conditions }: Pulled) -> Result<Expr> {
    let (alias, name) = (fresh(), fresh());
    let own = input.schema().columns();
    // Conditions name columns without a relation, which stays true under an alias.
    let plan = LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(plan), alias.as_str())?);
    let joined = LogicalPlanBuilder::from(input.clone())
        .join_on(plan, JoinType::LeftMark, conditions)?
        .build()?;
    let mark = Expr::Column(PlanColumn::new(Some(alias), "mark"));
    let list = own
        .into_iter()
        .map(Expr::Column)
        .chain([mark.alias(&name)])
        .collect();
    *input = LogicalPlan::Projection(Projection::try_new(list, Arc::new(joined))?);
    Ok(column(&name))
}

/// A scalar query: its one row joined to every row, null where it has none.
fn scalar(input: &mut LogicalPlan, subquery: Subquery) -> Result<Expr> {
    let query = Arc::unwrap_or_clone(subquery.subquery);
    let Some(item) = query.schema().columns().into_iter().next() else {
        return Err(Error::internal("a scalar subquery without columns"));
    };
    let data_type = query.schema().field(0).data_type().clone();
    let outer = Outer::of(&query, input)?;
    if let Some(grouped) = pulled::grouped(&outer, &query)? {
        let Grouped {
            plan,
            conditions,
            value,
        } = grouped;
        *input = LogicalPlanBuilder::from(input.clone())
            .join_on(plan, JoinType::Left, conditions)?
            .build()?;
        return Ok(value);
    }
    let Independent { plan, values } = outer.independent(query)?;
    let (first, count, name) = (fresh(), fresh(), fresh());
    let keys: Vec<Expr> = values.iter().map(|value| column(value)).collect();
    let aggregates = vec![
        call(first_value_udaf(), vec![Expr::Column(item)]).alias(&first),
        call(count_udaf(), vec![lit(1_i64)]).alias(&count),
    ];
    let single = Aggregate::try_new(Arc::new(plan), keys.clone(), aggregates)?;
    let only = Kernel::call(
        "only_row",
        "",
        (data_type, true),
        vec![column(&first), column(&count)],
        |args| {
            use arrow::array::AsArray;
            use arrow::datatypes::Int64Type;
            let counts = args.array(1)?;
            let counts = counts.as_primitive::<Int64Type>();
            if counts.iter().flatten().any(|count| count > 1) {
                return Err(Error::of("SCALAR_SUBQUERY_TOO_MANY_ROWS")
                    .thrown_as(Exception::Runtime)
                    .placeless());
            }
            args.array(0)
        },
    );
    let list = keys.into_iter().chain([only.alias(&name)]).collect();
    let single = Projection::try_new(list, Arc::new(LogicalPlan::Aggregate(single)))?;
    *input = LogicalPlanBuilder::from(input.clone())
        .join_on(
            LogicalPlan::Projection(single),
            JoinType::Left,
            outer.matches(&values),
        )?
        .build()?;
    Ok(column(&name))
}

fn call(function: Arc<datafusion::logical_expr::AggregateUDF>, args: Vec<Expr>) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(
        function,
        args,
        false,
        None,
        Vec::new(),
        None,
    ))
}
