//! Subqueries in expressions: a scalar, `EXISTS`, `IN`. Correlated columns become DataFusion's outer
//! references; its optimiser turns them into joins.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Subquery};
use sparring_proto::connect::subquery_expression::SubqueryType;
use sparring_proto::connect::{self as proto};

use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast, only_value};
use crate::plan::names::{Names, Outer};
use crate::plan::scope::ColumnId;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::types::coerce;

impl<'a> Planner<'a> {
    pub(super) fn subquery(
        &self,
        node: &proto::SubqueryExpression,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let relation = self.reference(node.plan_id).ok_or_else(|| {
            Error::invalid_plan(format!(
                "the subquery {} is not among the references",
                node.plan_id
            ))
        })?;
        let around = Outer {
            scope: names.scope,
            parent: names.outer,
        };
        let planned = self.inside(&around).relation(relation)?;
        let found = self.of_type(node, planned, names, origin)?;
        if let Some(trace) = &self.context.trace {
            trace.subquery(&found.expr);
        }
        Ok(found)
    }

    fn of_type(
        &self,
        node: &proto::SubqueryExpression,
        planned: Planned,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        match node.subquery_type() {
            SubqueryType::Scalar => {
                let outer = outer_names(&planned.plan, names);
                let found = self.scalar_subquery(planned, origin)?;
                Ok(found.named(format!("scalarsubquery({outer})")))
            }
            SubqueryType::Exists => {
                let name = format!("exists({})", outer_names(&planned.plan, names));
                let subquery = subquery(planned.plan);
                let expr = Expr::Exists(Exists::new(subquery, false));
                Ok(Typed::new(expr, DataType::Boolean, false, name))
            }
            SubqueryType::In => self.in_subquery(node, planned, names, origin),
            SubqueryType::TableArg => {
                Err(Error::unsupported("a table as an argument of a function").at(origin))
            }
            SubqueryType::Unknown => Err(Error::invalid_plan("a subquery does not say its type")),
        }
    }

    /// The same translator inside a query whose columns subqueries may use.
    pub(crate) fn inside<'b>(&self, around: &'b Outer<'b>) -> Planner<'b>
    where
        'a: 'b,
    {
        let mut inner: Planner<'b> = self.clone();
        inner.outer = Some(*around);
        inner.arguments_outside = true;
        inner
    }

    fn scalar_subquery(&self, planned: Planned, origin: Option<QueryContext>) -> Result<Typed> {
        let [column] = planned.scope.columns.as_slice() else {
            return Err(Error::new(
                "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                [("number", planned.scope.columns.len().to_string())],
            )
            .at(origin));
        };
        let column = column.clone();
        let mut plan = planned.plan;
        let is_alone = plan.all_out_ref_exprs().is_empty();
        if is_alone && plan.max_rows().is_none_or(|most| most > 1) {
            // One value, or the error with the query's place, which DataFusion does not know.
            let only = only_value(Typed::column(&column), origin);
            let id = ColumnId::fresh();
            let call = only.expr.alias(id.internal_name());
            let plan =
                LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(plan), Vec::new(), vec![call])?);
            let expr = Expr::ScalarSubquery(subquery(plan));
            return Ok(Typed::new(expr, column.data_type, true, "scalarsubquery()"));
        }
        if is_alone && !column.nullable {
            // A query without rows is null, which a column that is never null could not be.
            let nullable = crate::functions::kernel::Kernel::typed(
                "as_nullable",
                "",
                (column.data_type.clone(), true),
                vec![column.expr()],
                Arc::clone(&column.name),
                |args| args.array(0),
            );
            plan = project(plan, &[(nullable.to_column(), nullable)])?;
        }
        let expr = Expr::ScalarSubquery(subquery(plan));
        // A query without rows is null, whatever its column says.
        Ok(Typed::new(expr, column.data_type, true, "scalarsubquery()"))
    }

    /// `(a, b) IN (query)`: every value is compared with the column at its place.
    fn in_rows(
        &self,
        node: &proto::SubqueryExpression,
        planned: Planned,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let values = node
            .in_subquery_values
            .iter()
            .map(|value| self.expression(value, names))
            .collect::<Result<Vec<_>>>()?;
        let columns = &planned.scope.columns;
        let row = values
            .iter()
            .enumerate()
            .map(|(place, value)| {
                let name = match value.id {
                    Some(_) => value.name.to_string(),
                    None => format!("col{}", place + 1),
                };
                format!("{name}, {}", value.name)
            })
            .collect::<Vec<_>>()
            .join(", ");
        let outer = outer_names(&planned.plan, names);
        let name = format!("(named_struct({row}) IN (listquery({outer})))");
        if values.len() != columns.len() {
            return Err(Error::new(
                "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH",
                [
                    ("sqlExpr", format!("\"{name}\"")),
                    ("leftLength", values.len().to_string()),
                    ("rightLength", columns.len().to_string()),
                    (
                        "leftColumns",
                        values
                            .iter()
                            .map(|value| format!("\"{}\"", value.name))
                            .collect::<Vec<_>>()
                            .join(", "),
                    ),
                    ("rightColumns", quoted(columns)),
                ],
            )
            .at(origin));
        }
        let mode = CastMode::implicit(self.context);
        let nullable = values.iter().any(|v| v.nullable) || columns.iter().any(|c| c.nullable);
        let mut args = Vec::with_capacity(values.len());
        let mut list = Vec::with_capacity(values.len());
        for (value, column) in values.into_iter().zip(columns) {
            let common = coerce::comparison(&value.data_type, &column.data_type, self.context.ansi);
            let common = common.unwrap_or_else(|| column.data_type.clone());
            args.push(cast(self.context, value, &common, mode, origin.clone())?.expr);
            let inner = Typed::column(column);
            let inner = cast(self.context, inner, &common, mode, None)?;
            // The query's columns may repeat, those that are compared may not.
            let inner = Typed { id: None, ..inner };
            list.push((inner.to_column(), inner));
        }
        let plan = project(planned.plan, &list)?;
        let row = crate::functions::kernel::Kernel::call(
            IN_ROW,
            "",
            (DataType::Boolean, true),
            args,
            |_| Err(Error::internal("a row before IN was evaluated")),
        );
        let expr = Expr::InSubquery(InSubquery::new(Box::new(row), subquery(plan), false));
        Ok(Typed::new(expr, DataType::Boolean, nullable, name))
    }

    fn in_subquery(
        &self,
        node: &proto::SubqueryExpression,
        planned: Planned,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let [value] = node.in_subquery_values.as_slice() else {
            return self.in_rows(node, planned, names, origin);
        };
        let value = self.expression(value, names)?;
        let [column] = planned.scope.columns.as_slice() else {
            return Err(Error::new(
                "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH",
                [
                    ("sqlExpr", format!("\"({} IN (listquery()))\"", value.name)),
                    ("leftLength", "1".to_owned()),
                    ("rightLength", planned.scope.columns.len().to_string()),
                    ("leftColumns", format!("\"{}\"", value.name)),
                    ("rightColumns", quoted(&planned.scope.columns)),
                ],
            )
            .at(origin));
        };
        let common = coerce::comparison(&value.data_type, &column.data_type, self.context.ansi)
            .ok_or_else(|| {
                Error::new(
                    "DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH",
                    [
                        ("sqlExpr", format!("\"({} IN (listquery()))\"", value.name)),
                        ("mismatchedColumns", String::new()),
                        ("leftType", crate::types::sql_name(&value.data_type)),
                        ("rightType", crate::types::sql_name(&column.data_type)),
                    ],
                )
                .at(origin.clone())
            })?;
        let mode = CastMode::implicit(self.context);
        let nullable = value.nullable || column.nullable;
        let outer = outer_names(&planned.plan, names);
        let name = format!("({} IN (listquery({outer})))", value.name);
        let value = cast(self.context, value, &common, mode, origin)?;
        let inner = Typed::column(column);
        let plan = if column.data_type == common {
            planned.plan
        } else {
            let inner = cast(self.context, inner, &common, mode, None)?;
            project(planned.plan, &[(inner.to_column(), inner)])?
        };
        let expr = Expr::InSubquery(InSubquery::new(Box::new(value.expr), subquery(plan), false));
        Ok(Typed::new(expr, DataType::Boolean, nullable, name))
    }
}

/// The marker of several values before IN: its arguments are compared with the query's columns.
pub(crate) const IN_ROW: &str = "in_row";

/// The columns of the query around that a query reads, as Spark lists them in a subquery's name.
fn outer_names(plan: &LogicalPlan, names: &Names<'_>) -> String {
    let columns = names.scope.columns.iter().chain(&names.scope.hidden);
    let columns: Vec<_> = columns.collect();
    let read = plan.all_out_ref_exprs();
    let found: Vec<&str> = read
        .iter()
        .filter_map(|expr| match expr {
            Expr::OuterReferenceColumn(_, column) => columns
                .iter()
                .find(|known| known.id.internal_name() == column.name)
                .map(|known| known.name.as_ref()),
            _ => None,
        })
        .collect();
    found.join(", ")
}

fn quoted(columns: &[crate::plan::scope::Column]) -> String {
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    names.join(", ")
}

fn subquery(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery {
        subquery: Arc::new(plan),
        outer_ref_columns,
        spans: datafusion::common::Spans::new(),
    }
}
