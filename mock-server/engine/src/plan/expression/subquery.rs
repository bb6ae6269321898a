//! Subqueries in expressions: a scalar, `EXISTS`, `IN`. Correlated columns become DataFusion's outer
//! references; its optimiser turns them into joins.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery};
use sparring_proto::connect::subquery_expression::SubqueryType;
use sparring_proto::connect::{self as proto};

use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast};
use crate::plan::names::{Names, Outer};
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
        match node.subquery_type() {
            SubqueryType::Scalar => self.scalar_subquery(planned, origin),
            SubqueryType::Exists => {
                let subquery = subquery(planned.plan);
                let expr = Expr::Exists(Exists::new(subquery, false));
                Ok(Typed::new(expr, DataType::Boolean, false, "exists()"))
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
        if !column.nullable && plan.all_out_ref_exprs().is_empty() {
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

    fn in_subquery(
        &self,
        node: &proto::SubqueryExpression,
        planned: Planned,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let [value] = node.in_subquery_values.as_slice() else {
            return Err(Error::unsupported("IN (subquery) with several columns").at(origin));
        };
        let value = self.expression(value, names)?;
        let [column] = planned.scope.columns.as_slice() else {
            return Err(Error::new(
                "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH",
                [
                    ("sqlExpr", format!("\"({} IN (listquery()))\"", value.name)),
                    ("leftLength", "1".to_owned()),
                    ("rightLength", planned.scope.columns.len().to_string()),
                    ("leftColumns", value.name.to_string()),
                    ("rightColumns", String::new()),
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
        let name = format!("({} IN (listquery()))", value.name);
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

fn subquery(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery {
        subquery: Arc::new(plan),
        outer_ref_columns,
        spans: datafusion::common::Spans::new(),
    }
}
