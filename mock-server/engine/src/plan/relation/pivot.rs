//! Pivots: a column for each value and aggregate, over the aggregates of `aggregate.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Expr, LogicalPlan};
use sparring_proto::Required;
use sparring_proto::connect::aggregate::GroupType;
use sparring_proto::connect::expression::ExprType;
use sparring_proto::connect::{self as proto};

use super::aggregate::prepare;
use super::row;
use crate::error::{Error, Exception, Result};
use crate::functions::{self, Call, CastMode, cast};
use crate::plan::expression::{Item, evaluate};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};

impl Planner<'_> {
    /// `groupBy(…).pivot(column, values).agg(…)`: one column for each value and aggregate.
    pub(super) fn pivot(
        &self,
        node: &proto::Aggregate,
        pivot: &proto::aggregate::Pivot,
        input: Planned,
    ) -> Result<Planned> {
        let from_sql = node.group_type() == GroupType::Unspecified;
        let by = pivot.col.as_ref().required("pivot.col")?;
        let by = self.resolve(by, &input.scope).map_err(|error| {
            if from_sql && row::missing(&error) {
                error.without_place()
            } else {
                error
            }
        })?;
        if !from_sql && node.aggregate_expressions.iter().any(counts_star) {
            return Err(Error::new(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                [("elem", "'*'"), ("prettyName", "Pivot")],
            )
            .thrown_as(Exception::ExtendedAnalysis));
        }
        let mut aggregates = Vec::new();
        for item in self.select_list(&node.aggregate_expressions, &input.scope)? {
            if let Item::Value(value) = item {
                if !value.has_aggregate() {
                    return Err(Error::new(
                        "_LEGACY_ERROR_TEMP_1006",
                        [("sql", qualified(&value, &input))],
                    )
                    .placeless());
                }
                aggregates.push(value);
            }
        }
        let mut values: Vec<Typed> = Vec::new();
        let mut keys: Vec<Typed> = Vec::new();
        if from_sql {
            for value in &node.grouping_expressions {
                values.push(self.resolve(value, &input.scope)?);
            }
            let used: HashSet<String> = aggregates
                .iter()
                .chain([&by])
                .flat_map(|value| value.expr.column_refs())
                .map(|column| column.name.clone())
                .collect();
            keys.extend(
                input
                    .scope
                    .columns
                    .iter()
                    .filter(|column| !used.contains(&column.id.internal_name()))
                    .map(Typed::column),
            );
        } else {
            for literal in &pivot.values {
                values.push(crate::plan::expression::literal::literal(
                    self.context,
                    literal,
                )?);
            }
            for expression in &node.grouping_expressions {
                keys.push(self.resolve(expression, &input.scope)?);
            }
            if values.is_empty() {
                values = self.pivot_values(node, &input, &by)?;
            }
        }
        let (input, grouped) = prepare(input, keys, None)?;
        let mut list: Vec<Typed> = grouped.keys.iter().map(|(key, _)| key.clone()).collect();
        let as_first = aggregates
            .iter()
            .all(|value| fits_pivot_first(&value.data_type));
        for value in &values {
            let same = functions::equals(self.context, by.clone(), self.beside(value, &by)?, None)?;
            let condition = if as_first && is_nan(value) {
                // Spark looks the rows' values up in a table in which no NaN is another's equal.
                Expr::Literal(ScalarValue::Boolean(Some(false)), None)
            } else if value.expr == Typed::null(value.data_type.clone()).expr {
                Expr::IsNull(Box::new(by.expr.clone()))
            } else {
                same.expr
            };
            for aggregate in &aggregates {
                let shown = self.pivot_name(value)?;
                let name = if aggregates.len() == 1 {
                    shown
                } else {
                    format!("{shown}_{}", aggregate.output_name())
                };
                let found = if as_first {
                    self.only_where(aggregate, &condition)?
                } else {
                    over_matching(aggregate, &condition)?
                };
                list.push(Typed {
                    metadata: Arc::default(),
                    ..found.aliased(name)
                });
            }
        }
        self.grouped(input, grouped, list)
    }

    /// A pivot's value in the type of its column: fields of rows are told by their places.
    fn beside(&self, value: &Typed, by: &Typed) -> Result<Typed> {
        match (&value.data_type, &by.data_type) {
            (DataType::Struct(a), DataType::Struct(b)) if a.len() == b.len() => {
                let mode = CastMode::implicit(self.context);
                cast(self.context, value.clone(), &by.data_type, mode, None)
            }
            _ => Ok(value.clone()),
        }
    }

    /// How a pivot's value names its column: its alias, or the value as text.
    fn pivot_name(&self, value: &Typed) -> Result<String> {
        if let Some(alias) = &value.alias {
            return Ok(alias.to_string());
        }
        match value.constant() {
            Some(ScalarValue::Utf8(Some(text))) => Ok(text.clone()),
            Some(constant) if constant.is_null() => Ok("null".to_owned()),
            Some(_) => Ok(value.name.to_string()),
            None if value.is_foldable() => {
                let array = self.fold(value)?.to_array()?;
                crate::show::pretty(&array, 0, self.context.time_zone)
            }
            None => Err(Error::new(
                "NON_LITERAL_PIVOT_VALUES",
                [("expression", format!("\"{}\"", value.name))],
            )
            .placeless()),
        }
    }

    /// The distinct values of a pivot that does not name them, in order, as Spark collects them.
    fn pivot_values(
        &self,
        node: &proto::Aggregate,
        input: &Planned,
        by: &Typed,
    ) -> Result<Vec<Typed>> {
        use prost::Message;
        let most = self
            .context
            .session
            .conf()
            .number("spark.sql.pivotMaxValues")
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(10_000);
        let column = Typed {
            id: None,
            ..by.clone()
        }
        .to_column();
        let plan = project(input.plan.clone(), &[(column.clone(), by.clone())])?;
        let scope = crate::plan::scope::Scope::of(vec![column.clone()]);
        let distinct = row::distinct(Planned::new(plan, scope.clone()))?;
        let plan = LogicalPlan::Sort(datafusion::logical_expr::Sort {
            expr: vec![datafusion::logical_expr::SortExpr::new(
                column.expr(),
                true,
                true,
            )],
            input: Arc::new(distinct.plan),
            fetch: Some(most + 1),
        });
        let rows = self.rows(b"pivot", node.encode_to_vec(), Planned::new(plan, scope))?;
        let mut values = Vec::new();
        for batch in &rows.batches {
            let array = batch.column(0);
            for row in 0..array.len() {
                let value = ScalarValue::try_from_array(array, row)?;
                let name = crate::show::pretty(array, row, self.context.time_zone)?;
                values.push(Typed::literal(value, by.data_type.clone(), name));
            }
        }
        if values.len() > most {
            return Err(Error::plain(
                crate::error::Exception::Analysis,
                format!(
                    "The pivot column {} has more than {most} distinct values, this could indicate an error. If this was intended, set spark.sql.pivotMaxValues to at least the number of distinct values of the pivot column.",
                    by.name
                ),
            ));
        }
        Ok(values)
    }

    /// The aggregate over the rows that meet a condition; null when there is none, as Spark's pivot
    /// gives null and not zero for a count.
    fn only_where(&self, aggregate: &Typed, condition: &Expr) -> Result<Typed> {
        let expr = aggregate.expr.clone().transform(|node| {
            Ok(match node {
                Expr::AggregateFunction(mut function) => {
                    let filter = match function.params.filter.take() {
                        Some(filter) => functions::and(*filter, condition.clone()),
                        None => condition.clone(),
                    };
                    function.params.filter = Some(Box::new(filter));
                    Transformed::yes(Expr::AggregateFunction(function))
                }
                other => Transformed::no(other),
            })
        })?;
        let one = Typed::literal(ScalarValue::Int32(Some(1)), DataType::Int32, "1");
        let call = Call {
            context: self.context,
            name: "count",
            args: vec![one],
            distinct: false,
            filter: Some(Typed::new(condition.clone(), DataType::Boolean, true, "")),
            ignore_nulls: false,
            origin: None,
        };
        let rows = functions::aggregate_call(call)?;
        let zero = Expr::Literal(ScalarValue::Int64(Some(0)), None);
        let some = Expr::BinaryExpr(datafusion::logical_expr::BinaryExpr::new(
            Box::new(rows.expr),
            datafusion::logical_expr::Operator::Gt,
            Box::new(zero),
        ));
        let case = datafusion::logical_expr::Case::new(
            None,
            vec![(Box::new(some), Box::new(expr.data))],
            None,
        );
        Ok(Typed::new(
            Expr::Case(case),
            aggregate.data_type.clone(),
            true,
            aggregate.name.clone(),
        ))
    }
}

fn is_nan(value: &Typed) -> bool {
    let found = value.is_foldable().then(|| evaluate(&value.expr).ok());
    match found.flatten() {
        Some(ScalarValue::Float64(Some(value))) => value.is_nan(),
        Some(ScalarValue::Float32(Some(value))) => value.is_nan(),
        _ => false,
    }
}

/// The SQL of a value, a column with the relation it is from.
fn qualified(value: &Typed, input: &Planned) -> String {
    let Some(column) = value.id.and_then(|id| input.scope.by_id(id)) else {
        return value.name.to_string();
    };
    // What comes out of a select list has no other relation than the subquery it is.
    let relation = match &input.below {
        Some(_) => None,
        None => column.qualifier.last(),
    };
    match relation {
        Some(relation) => format!("{relation}.{}", column.name),
        // What Spark calls a subquery without an alias.
        None => format!("__auto_generated_subquery_name.{}", column.name),
    }
}

/// Types that Spark's `PivotFirst` holds; with any other it pivots inside of the aggregates.
fn fits_pivot_first(data_type: &DataType) -> bool {
    *data_type == DataType::Boolean || crate::types::coerce::is_numeric(data_type)
}

/// The aggregate over its arguments where the condition holds and nulls elsewhere.
fn over_matching(aggregate: &Typed, condition: &Expr) -> Result<Typed> {
    let expr = aggregate.expr.clone().transform(|node| {
        Ok(match node {
            Expr::AggregateFunction(mut function) => {
                for arg in &mut function.params.args {
                    let kept = (Box::new(condition.clone()), Box::new(arg.clone()));
                    let case = datafusion::logical_expr::Case::new(None, vec![kept], None);
                    *arg = Expr::Case(case);
                }
                Transformed::yes(Expr::AggregateFunction(function))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(Typed {
        expr: expr.data,
        ..aggregate.clone()
    })
}

/// Whether a call of a DataFrame counts `*`, which Spark leaves unresolved in a pivot.
fn counts_star(expression: &proto::Expression) -> bool {
    match &expression.expr_type {
        Some(ExprType::Alias(alias)) => alias.expr.as_deref().is_some_and(counts_star),
        Some(ExprType::UnresolvedFunction(call)) => call
            .arguments
            .iter()
            .any(|argument| matches!(argument.expr_type, Some(ExprType::UnresolvedStar(_)))),
        _ => false,
    }
}
