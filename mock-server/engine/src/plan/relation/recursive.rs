//! `WITH RECURSIVE`: an anchor, and a step that reads the rows of the step before.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use arrow::array::BooleanArray;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, RecursiveQuery};
use sparring_proto::Required;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::set_operation::SetOpType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::read;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{CastMode, cast};
use crate::plan::scope::{Column, ColumnId, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};

/// A common table expression that may name itself.
struct Recursive<'a> {
    columns: &'a [String],
    anchor: &'a proto::Relation,
    step: &'a proto::Relation,
    all: bool,
    limit: i32,
}

impl Planner<'_> {
    /// The relation of a `WITH RECURSIVE`, if it is a union whose second part may name it. `known`
    /// are the tables before it.
    pub(super) fn recursive(
        &self,
        alias: &proto::SubqueryAlias,
        known: &[(String, Planned)],
    ) -> Result<Option<Planned>> {
        let input = alias.input.as_deref().required("subquery_alias.input")?;
        let Some(found) = self.as_recursive(input) else {
            return Ok(None);
        };
        let mut anchor = self.relation(found.anchor)?;
        if !found.columns.is_empty() {
            let node = proto::ToDf {
                input: Some(Box::new(found.anchor.clone())),
                column_names: found.columns.to_vec(),
            };
            anchor = self.to_df(&node)?;
        }
        let columns: Vec<Column> = anchor
            .scope
            .columns
            .iter()
            .cloned()
            .map(|mut column| {
                column.id = ColumnId::fresh();
                column.qualifier = Arc::from([]);
                // What a step makes of a value may always be null to Spark.
                column.nullable = true;
                column
            })
            .collect();
        let list: Vec<(Column, Typed)> = columns
            .iter()
            .cloned()
            .zip(anchor.scope.columns.iter().map(Typed::column))
            .collect();
        let first = project(anchor.plan, &list)?;

        let name = format!("{} {}", alias.alias, ColumnId::fresh().internal_name());
        let before = work_table(&name, &columns, found.limit)?;
        let mut inner = self.clone();
        let named = known.iter().cloned().chain([(alias.alias.clone(), before)]);
        inner.name_last(&named.collect::<Vec<_>>());
        let step = inner.relation(found.step)?;
        if step.scope.columns.len() != columns.len() {
            return Err(Error::new(
                "NUM_COLUMNS_MISMATCH",
                [
                    ("operator", "UNION".to_owned()),
                    ("firstNumColumns", columns.len().to_string()),
                    ("invalidOrdinalNum", "second".to_owned()),
                    ("invalidNumColumns", step.scope.columns.len().to_string()),
                ],
            ));
        }
        let mode = CastMode::implicit(self.context);
        let next = columns
            .iter()
            .zip(&step.scope.columns)
            .map(|(column, value)| {
                let value = Typed::column(value);
                let value = cast(self.context, value, &column.data_type, mode, None)?;
                Ok((column.clone(), value))
            })
            .collect::<Result<Vec<_>>>()?;
        let rest = project(step.plan, &next)?;
        let plan = RecursiveQuery::try_new(name, Arc::new(first), Arc::new(rest), !found.all)?;
        Ok(Some(Planned::new(
            LogicalPlan::RecursiveQuery(plan),
            Scope::of(columns).qualified(vec![alias.alias.clone()]),
        )))
    }

    fn as_recursive<'r>(&self, input: &'r proto::Relation) -> Option<Recursive<'r>> {
        let (input, columns) = match &input.rel_type {
            Some(RelType::ToDf(node)) => (node.input.as_deref()?, node.column_names.as_slice()),
            _ => (input, &[][..]),
        };
        let Some(RelType::Hint(hint)) = &input.rel_type else {
            return None;
        };
        if hint.name != internal::RECURSIVE_CTE {
            return None;
        }
        let Some(RelType::SetOp(union)) = &hint.input.as_deref()?.rel_type else {
            return None;
        };
        if union.set_op_type() != SetOpType::Union {
            return None;
        }
        let conf = self.context.session.conf();
        let limit = hint
            .parameters
            .first()
            .and_then(super::aggregate::integer)
            .or_else(|| {
                let number = conf.number("spark.sql.cteRecursionLevelLimit")?;
                i32::try_from(number).ok()
            });
        Some(Recursive {
            columns,
            anchor: union.left_input.as_deref()?,
            step: union.right_input.as_deref()?,
            all: union.is_all(),
            limit: limit.unwrap_or(DEFAULT_LEVELS),
        })
    }
}

/// Spark's default of `spark.sql.cteRecursionLevelLimit`.
const DEFAULT_LEVELS: i32 = 100;

/// The rows of the step before under the table's own names.
fn work_table(name: &str, columns: &[Column], limit: i32) -> Result<Planned> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|c| Field::new(c.id.internal_name(), c.data_type.clone(), c.nullable))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let table = CteWorkTable::new(name, Arc::clone(&schema));
    let source = provider_as_source(Arc::new(table));
    let mut planned = read::scan(name, source, &schema, &[])?;
    for (found, column) in planned.scope.columns.iter_mut().zip(columns) {
        found.name = Arc::clone(&column.name);
        found.metadata = Arc::clone(&column.metadata);
    }
    let counted = Filter::try_new(another_step(limit), Arc::new(planned.plan))?;
    planned.plan = LogicalPlan::Filter(counted);
    Ok(planned)
}

/// True, unless there have been too many steps. The rows of a step come as one batch until they are
/// thousands, so batches are counted; Spark ends such queries too, at a million rows.
fn another_step(limit: i32) -> Expr {
    let steps = AtomicI32::new(0);
    Kernel::volatile(
        "another_step",
        limit.to_string(),
        (DataType::Boolean, false),
        Vec::new(),
        move |args| {
            if args.rows > 0 && steps.fetch_add(1, Ordering::Relaxed) > limit {
                return Err(Error::new(
                    "RECURSION_LEVEL_LIMIT_EXCEEDED",
                    [("levelLimit", limit.to_string())],
                ));
            }
            Ok(Arc::new(BooleanArray::from(vec![true; args.rows])))
        },
    )
}
