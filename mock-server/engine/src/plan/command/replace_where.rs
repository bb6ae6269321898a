//! `replaceWhere` and its like: the rows for which a condition is true give way to new ones, all of
//! which have to satisfy it.
//!
//! After Delta's `WriteIntoDelta`. Knows no modes and commits nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::StreamExt;
use futures::stream::BoxStream;
use sparring_proto::connect as proto;
use sparring_proto::connect::expression::ExprType;

use super::align::made;
use super::change::Removal;
use crate::catalog::delta::Snapshot;
use crate::error::{Error, QueryContext, Result};
use crate::io::options::Options;
use crate::plan::context::Context;
use crate::plan::scope::{Column, Scope};
use crate::plan::sources::Sources;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};
use crate::types::sql_name;

const CHECK: &str = "spark.databricks.delta.replaceWhere.constraintCheck.enabled";
const ANY_COLUMN: &str = "spark.databricks.delta.replaceWhere.dataColumns.enabled";

/// What stands for the table in a condition that names columns alone.
const NAMELESS: &str = "__sparring_target";

/// The condition of a partial overwrite.
#[derive(Clone)]
pub(super) struct ReplaceWhere {
    condition: proto::Expression,
    /// What the condition may call the table.
    alias: String,
    /// The option's text; a condition that came as an expression is shown as Spark writes it.
    text: Option<String>,
    /// Whether the writer's own options ask for a dynamic overwrite too.
    pub(super) is_dynamic: bool,
}

/// What every new row has to satisfy.
struct Check {
    text: String,
    conjuncts: Vec<Conjunct>,
    /// The names of the table's columns, which come before the conjuncts' values.
    columns: Vec<String>,
}

/// One part of the condition.
struct Conjunct {
    text: String,
    /// The columns in it, by place.
    columns: Vec<usize>,
}

impl ReplaceWhere {
    /// The option of a writer.
    pub(super) fn option(options: &Options) -> Result<Option<Self>> {
        let Some(text) = options.get("replacewhere") else {
            return Ok(None);
        };
        let parsed = sparring_sql::parse_expression_and_subqueries(text)
            .map_err(|_| Error::new("DELTA_FAILED_RECOGNIZE_PREDICATE", [("predicate", text)]))?;
        refuse_subqueries(&parsed.subqueries, text)?;
        let mode = options.get("partitionoverwritemode");
        Ok(Some(Self {
            condition: parsed.expression,
            alias: NAMELESS.to_owned(),
            text: Some(text.to_owned()),
            is_dynamic: mode.is_some_and(|mode| mode.eq_ignore_ascii_case("dynamic")),
        }))
    }

    /// The condition of a statement or of `writeTo(…).overwrite`, which may name the table.
    pub(super) fn condition(
        context: &Context,
        condition: proto::Expression,
        subqueries: &[proto::Relation],
        table: &str,
    ) -> Result<Self> {
        let sources = Sources::default();
        let origin = condition.common.as_ref().and_then(|c| c.origin.as_ref());
        let place = Planner::new(context, &sources).origin(origin);
        let text = place.as_ref().map(QueryContext::fragment);
        refuse_subqueries(subqueries, &text.unwrap_or_default())?;
        Ok(Self {
            condition,
            alias: table.to_owned(),
            text: None,
            is_dynamic: false,
        })
    }

    /// Fails where Delta takes no such condition for this table; answers with the condition as the
    /// history shows it.
    pub(super) fn checked(&self, context: &Context, base: &Snapshot) -> Result<String> {
        if self.is_dynamic && !base.partition_columns.is_empty() {
            return Err(Error::of(
                "DELTA_REPLACE_WHERE_WITH_DYNAMIC_PARTITION_OVERWRITE",
            ));
        }
        if is_off(context, ANY_COLUMN) {
            return Err(Error::unsupported(format!("{ANY_COLUMN}=false")));
        }
        let columns = base.schema.fields().iter().map(|field| {
            let (data_type, nullable) = (field.data_type().clone(), field.is_nullable());
            Column::new(field.name().as_str(), data_type, nullable)
        });
        let scope = Scope::of(columns.collect());
        let condition = self.resolve(context, &self.condition, scope)?;
        let shown = format!("\"{}\"", condition.name);
        if condition.data_type != DataType::Boolean {
            return Err(Error::new(
                "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
                [
                    ("sqlExpr", shown.clone()),
                    ("filter", shown),
                    ("type", format!("\"{}\"", sql_name(&condition.data_type))),
                ],
            ));
        }
        if condition.expr.is_volatile() {
            return Err(Error::new(
                "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED",
                [
                    ("operation", "DELETE".to_owned()),
                    ("expression", format!("(condition = {})", condition.name)),
                ],
            ));
        }
        let text = self.text.clone();
        Ok(text.unwrap_or_else(|| condition.name.to_string()))
    }

    /// The rows that go.
    pub(super) async fn removal(
        &self,
        context: &Context,
        base: &Snapshot,
        shown: &str,
    ) -> Result<Removal> {
        let condition = self.condition.clone();
        Removal::of(context, base, (&self.alias, shown), condition, &[]).await
    }

    /// The new rows, which fail where one does not satisfy the condition.
    pub(super) async fn new_rows(
        &self,
        context: &Context,
        text: &str,
        planned: Planned,
        schema: &Schema,
    ) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let (planned, check) = self.with_check(context, text, planned)?;
        let mut fields = schema.fields().to_vec();
        let columns = &planned.scope.columns[fields.len()..];
        fields.extend(columns.iter().map(|column| Arc::new(column.field())));
        let wider = Schema::new(fields);
        let batches = crate::execution::engine_stream(context, planned, &wider).await?;
        Ok(check.applied(batches))
    }

    /// The new rows with one more column for each part of the condition that names a column.
    fn with_check(
        &self,
        context: &Context,
        text: &str,
        planned: Planned,
    ) -> Result<(Planned, Check)> {
        let columns = planned.scope.columns.clone();
        let mut check = Check {
            text: text.to_owned(),
            conjuncts: Vec::new(),
            columns: columns.iter().map(|c| c.name.to_string()).collect(),
        };
        let mut list: Vec<(Column, Typed)> = columns
            .iter()
            .map(|column| (column.clone(), Typed::column(column)))
            .collect();
        let mut parts = Vec::new();
        if !is_off(context, CHECK) {
            conjuncts(self.condition.clone(), &mut parts)?;
        }
        for part in parts {
            let value = self.resolve(context, &part, planned.scope.clone())?;
            let used = value.expr.column_refs();
            let is_used =
                |column: &Column| used.iter().any(|r| r.name == column.id.internal_name());
            let used: Vec<usize> = (0..columns.len())
                .filter(|place| is_used(&columns[*place]))
                .collect();
            if used.is_empty() {
                continue;
            }
            check.conjuncts.push(Conjunct {
                text: value.name.to_string(),
                columns: used,
            });
            let column = Column::new(value.name.as_ref(), DataType::Boolean, true);
            list.push((column, value));
        }
        Ok((made(planned, list)?, check))
    }

    fn resolve(
        &self,
        context: &Context,
        expression: &proto::Expression,
        scope: Scope,
    ) -> Result<Typed> {
        let sources = Sources::default();
        let scope = scope.qualified(vec![self.alias.clone()]);
        Planner::new(context, &sources).resolve(expression, &scope)
    }
}

impl Check {
    /// The rows without the columns that were added; one that does not satisfy the condition is
    /// Delta's error.
    fn applied(
        self,
        batches: BoxStream<'static, Result<RecordBatch>>,
    ) -> BoxStream<'static, Result<RecordBatch>> {
        batches.map(move |batch| self.one(&batch?)).boxed()
    }

    fn one(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let n_columns = self.columns.len();
        for (conjunct, values) in self.conjuncts.iter().zip(&batch.columns()[n_columns..]) {
            let values = values.as_boolean();
            let mut rows = 0..batch.num_rows();
            // One for which it is null does not satisfy it either (`CheckDeltaInvariant`).
            if let Some(row) = rows.find(|row| values.is_null(*row) || !values.value(*row)) {
                return Err(self.violated(conjunct, batch, row));
            }
        }
        let columns: Vec<usize> = (0..n_columns).collect();
        Ok(batch.project(&columns)?)
    }

    fn violated(&self, conjunct: &Conjunct, batch: &RecordBatch, row: usize) -> Error {
        let options = FormatOptions::default().with_null("null");
        let lines: BTreeSet<String> = conjunct
            .columns
            .iter()
            .map(|place| {
                let formatted = ArrayFormatter::try_new(batch.column(*place), &options);
                let value = formatted.map(|values| values.value(row).to_string());
                format!(
                    " - {} : {}",
                    self.columns[*place],
                    value.unwrap_or_default()
                )
            })
            .collect();
        let values: Vec<String> = lines.into_iter().collect();
        let violation = Error::new(
            "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
            [
                ("constraintName", format!("EXPRESSION({})", conjunct.text)),
                ("expression", conjunct.text.clone()),
                ("values", values.join("\n")),
            ],
        );
        Error::new(
            "DELTA_REPLACE_WHERE_MISMATCH",
            [
                ("replaceWhere", self.text.clone()),
                ("message", violation.message()),
            ],
        )
    }
}

fn is_off(context: &Context, name: &str) -> bool {
    let value = context.session.conf().option(name);
    value.is_some_and(|value| value.eq_ignore_ascii_case("false"))
}

fn refuse_subqueries(subqueries: &[proto::Relation], condition: &str) -> Result<()> {
    if subqueries.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        "DELTA_UNSUPPORTED_SUBQUERY",
        [("operation", "DELETE"), ("cond", condition)],
    ))
}

/// The parts of a condition that AND binds.
fn conjuncts(condition: proto::Expression, parts: &mut Vec<proto::Expression>) -> Result<()> {
    match condition.expr_type {
        Some(ExprType::UnresolvedFunction(function))
            if function.function_name.eq_ignore_ascii_case("and")
                && function.arguments.len() == 2 =>
        {
            for argument in function.arguments {
                conjuncts(argument, parts)?;
            }
        }
        Some(ExprType::ExpressionString(text)) => {
            conjuncts(sparring_sql::parse_expression(&text.expression)?, parts)?;
        }
        _ => parts.push(condition),
    }
    Ok(())
}
