//! DataFusion's logical plans in Spark's words: what the optimizer made of a plan.
//!
//! A projection that only names the columns of a scan is part of the scan, and one above an aggregate
//! part of the aggregate, as in Spark. Operators that Spark lacks get the nearest name.

mod aggregate;
mod limit;
mod scan;

use datafusion::common::JoinType as PlanJoin;
use datafusion::logical_expr::{Distinct, Expr, Join, LogicalPlan, Partitioning, Projection};

pub(super) use scan::scans;

use super::analyzed::{condition_of, project_line, window_keys};
use super::tree::Node;
use super::writer::{Query, Writer};
use super::{source, statistics};
use crate::plan::relation;
use aggregate::{aggregate_line, aggregated, inlined, key_texts, learn};
use limit::{limit_node, limited};
use scan::{scan_columns, scanned};

/// A plan.
pub(super) fn node(writer: &Writer, plan: &LogicalPlan) -> Node {
    stacker::maybe_grow(relation::RED_ZONE, relation::STACK, || {
        let mut node = operator(writer, plan);
        node.size = node.size.or_else(|| statistics::size(plan, &node.children));
        node
    })
}

fn operator(writer: &Writer, plan: &LogicalPlan) -> Node {
    match plan {
        LogicalPlan::Projection(project) => projection(writer, project),
        LogicalPlan::Filter(filter) => {
            let input = node(writer, &filter.input);
            above(
                writer,
                format!("Filter {}", writer.expr(&filter.predicate)),
                vec![input],
            )
        }
        LogicalPlan::Window(window) => {
            let input = node(writer, &window.input);
            for expr in &window.window_expr {
                learn(writer, expr, window.input.schema());
            }
            let mut parts = vec![writer.list(&writer.all(&window.window_expr))];
            if let Some((partition, order)) = window_keys(window) {
                let order: Vec<String> = order.iter().map(|key| writer.sort(key)).collect();
                for keys in [writer.all(partition), order] {
                    if !keys.is_empty() {
                        parts.push(writer.list(&keys));
                    }
                }
            }
            above(writer, format!("Window {}", parts.join(", ")), vec![input])
        }
        LogicalPlan::Aggregate(aggregate) => {
            let output = outputs(plan);
            aggregated(writer, aggregate, &output)
        }
        LogicalPlan::Sort(sort) => {
            let input = node(writer, &sort.input);
            let keys: Vec<String> = sort.expr.iter().map(|key| writer.sort(key)).collect();
            let sorted = above(
                writer,
                format!("Sort {}, true", writer.list(&keys)),
                vec![input],
            );
            match sort.fetch {
                Some(fetch) => {
                    let size = sorted.children.first().and_then(|below| below.size);
                    limited(plan, fetch, Node { size, ..sorted })
                }
                None => sorted,
            }
        }
        LogicalPlan::Join(join) => joined(writer, join),
        LogicalPlan::Repartition(repartition) => {
            let input = node(writer, &repartition.input);
            let line = match &repartition.partitioning_scheme {
                Partitioning::RoundRobinBatch(n) => format!("Repartition {n}, true"),
                Partitioning::Hash(keys, n) => {
                    format!(
                        "RepartitionByExpression {}, {n}",
                        writer.list(&writer.all(keys))
                    )
                }
                Partitioning::Range(range) => format!("RepartitionByExpression {range:?}"),
                Partitioning::DistributeBy(keys) => {
                    format!("RepartitionByExpression {}", writer.list(&writer.all(keys)))
                }
            };
            above(writer, line, vec![input])
        }
        LogicalPlan::Union(union) => {
            let inputs: Vec<Node> = union
                .inputs
                .iter()
                .map(|input| match input.as_ref() {
                    // To Spark the columns of both sides are one without being renamed.
                    LogicalPlan::Projection(project) if is_renaming(project) => {
                        node(writer, &project.input)
                    }
                    input => node(writer, input),
                })
                .collect();
            if let Some(first) = union.inputs.first() {
                show_alike(writer, plan, first);
            }
            above(writer, "Union false, false".to_owned(), inputs)
        }
        LogicalPlan::TableScan(scan) => scanned(writer, scan, &scan_columns(writer, scan)),
        LogicalPlan::EmptyRelation(empty) => match empty.produce_one_row {
            true => Node::leaf("OneRowRelation"),
            false => Node::leaf(source::local(
                "LocalRelation",
                &columns(writer, plan),
                true,
                writer.most,
            )),
        },
        LogicalPlan::Subquery(subquery) => node(writer, &subquery.subquery),
        // A name inside of our plans is no alias of the user's.
        LogicalPlan::SubqueryAlias(alias) => node(writer, &alias.input),
        LogicalPlan::Limit(limit) => limit_node(writer, plan, limit),
        LogicalPlan::Values(_) => Node::leaf(source::local(
            "LocalRelation",
            &columns(writer, plan),
            false,
            writer.most,
        )),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let below = node(writer, input);
            let columns = writer.list(&columns(writer, input));
            above(
                writer,
                format!("Aggregate {columns}, {columns}"),
                vec![below],
            )
        }
        LogicalPlan::Distinct(Distinct::On(distinct)) => {
            let below = node(writer, &distinct.input);
            let keys = writer.list(&writer.all(&distinct.on_expr));
            above(writer, format!("Deduplicate {keys}"), vec![below])
        }
        LogicalPlan::Unnest(unnest) => {
            let below = node(writer, &unnest.input);
            let lists: Vec<String> = unnest
                .exec_columns
                .iter()
                .map(|column| writer.expr(&Expr::Column(column.clone())))
                .collect();
            above(
                writer,
                format!("Generate explode({}), false", lists.join(", ")),
                vec![below],
            )
        }
        LogicalPlan::RecursiveQuery(query) => {
            let sides = vec![
                node(writer, &query.static_term),
                node(writer, &query.recursive_term),
            ];
            above(writer, "UnionLoop".to_owned(), sides)
        }
        LogicalPlan::Extension(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::Statement(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::DescribeTable(_) => {
            let inputs = plan
                .inputs()
                .into_iter()
                .map(|input| node(writer, input))
                .collect();
            above(writer, plan.display().to_string(), inputs)
        }
    }
}

/// A line above its inputs, with the queries in its expressions.
fn above(writer: &Writer, line: String, children: Vec<Node>) -> Node {
    let queries: Vec<Query> = writer.take_queries();
    let inner = queries
        .iter()
        .map(|query| node(writer, &query.plan))
        .collect();
    Node::above(line, children).with_inner(inner)
}

/// The columns of a plan.
fn columns(writer: &Writer, plan: &LogicalPlan) -> Vec<String> {
    texts(writer, plan)
}

fn texts(writer: &Writer, plan: &LogicalPlan) -> Vec<String> {
    plan.schema()
        .iter()
        .map(|(table, field)| {
            let column = datafusion::common::Column::new(table.cloned(), field.name());
            let key = writer.key(&column);
            writer.names.borrow().shown(&key)
        })
        .collect()
}

fn outputs(plan: &LogicalPlan) -> Vec<String> {
    plan.schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn projection(writer: &Writer, project: &Projection) -> Node {
    match project.input.as_ref() {
        LogicalPlan::Aggregate(aggregate) => {
            let mut node = aggregated(writer, aggregate, &[]);
            let keys = key_texts(writer, aggregate);
            let items: Vec<String> = project
                .expr
                .iter()
                .map(|expr| inlined(writer, aggregate, expr))
                .collect();
            node.line = aggregate_line(writer, &keys, &items);
            node
        }
        input => {
            let below = node(writer, input);
            let items = writer.all(&project.expr);
            if items == texts(writer, input) {
                // Only numbers of ours differ.
                return below;
            }
            let line = project_line(writer.list(&items), items.is_empty());
            above(writer, line, vec![below])
        }
    }
}

/// Whether a projection does nothing but give every column of its input another number.
fn is_renaming(project: &Projection) -> bool {
    project.expr.len() == project.input.schema().fields().len()
        && project
            .expr
            .iter()
            .zip(project.input.schema().iter())
            .all(|(expr, (_, field))| {
                let inner = match expr {
                    Expr::Alias(alias) => alias.expr.as_ref(),
                    other => other,
                };
                matches!(inner, Expr::Column(column) if column.name == *field.name())
            })
}

/// Where one plan's columns are another's under other numbers, they are shown under the first.
fn show_alike(writer: &Writer, plan: &LogicalPlan, first: &LogicalPlan) {
    let mut names = writer.names.borrow_mut();
    for (own, theirs) in outputs(plan).iter().zip(outputs(first)) {
        if !names.is_known(own) {
            names.show_as(own, &theirs);
        }
    }
}

fn joined(writer: &Writer, join: &Join) -> Node {
    let sides = vec![node(writer, &join.left), node(writer, &join.right)];
    let condition = condition_of(join, &|expr| writer.expr(expr));
    let kind = plan_kind(join.join_type);
    let line = match condition.as_str() {
        "" if join.join_type == PlanJoin::Inner => "Join Cross".to_owned(),
        "" => format!("Join {kind}"),
        condition => format!("Join {kind}, {condition}"),
    };
    above(writer, line, sides)
}

/// Spark's name of a join type of DataFusion's.
pub(super) fn plan_kind(kind: PlanJoin) -> &'static str {
    match kind {
        PlanJoin::Inner => "Inner",
        PlanJoin::Left => "LeftOuter",
        PlanJoin::Right => "RightOuter",
        PlanJoin::Full => "FullOuter",
        PlanJoin::LeftSemi => "LeftSemi",
        PlanJoin::LeftAnti => "LeftAnti",
        // Spark has these for the left side only.
        PlanJoin::RightSemi => "RightSemi",
        PlanJoin::RightAnti => "RightAnti",
        PlanJoin::LeftMark => "ExistenceJoin",
        PlanJoin::RightMark => "RightExistenceJoin",
    }
}
