//! What keeps columns and changes rows: filter, limit, offset, deduplication.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, LogicalPlanBuilder};
use sparring_proto::Required;
use sparring_proto::connect::{self as proto, expression::ExprType};

use super::windows;
use crate::error::{Error, Exception, Result};
use crate::functions::comparable;
use crate::plan::expression::misplaced;
use crate::plan::names;
use crate::plan::scope::Scope;
use crate::plan::typed::Typed;
use crate::plan::{Below, Kept, Planned, Planner, project};
use crate::types::sql_name;

impl Planner<'_> {
    /// `Filter`: keeps rows for which the condition is true (not null).
    pub(super) fn filter(&self, node: &proto::Filter) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("filter.input")?)?;
        let condition = node.condition.as_ref().required("filter.condition")?;
        if let Some(below) = input.below.clone()
            && let Some(grouped) = &below.aggregate
        {
            // HAVING, or a DataFrame filter after `agg`: aggregates may stand in it.
            return self.having(&input, &below, grouped, condition);
        }
        let windows_allowed = is_qualify(condition);
        let below = input.below.clone();
        let remembered = |condition: &Typed| {
            let below = below.as_ref()?;
            Some(Arc::new(below.with(Kept {
                condition: condition.clone(),
                inside: false,
                windows_allowed,
            })))
        };
        match self.resolve(condition, &input.scope) {
            Ok(value) => {
                let below = remembered(&value);
                let kept = self.keep(input, value, windows_allowed)?;
                Ok(Planned { below, ..kept })
            }
            Err(error) => match &input.below {
                Some(below) if missing(&error) => {
                    let value = self
                        .resolve(condition, &beside(&input.scope, below))
                        .map_err(|_| error)?;
                    let after = remembered(&value);
                    let kept = self.through(
                        &input,
                        Arc::clone(below),
                        vec![value],
                        |planner, planned, values| {
                            let value = values.into_iter().next().ok_or_else(no_value)?;
                            planner.keep(planned, value, windows_allowed)
                        },
                    )?;
                    Ok(Planned {
                        below: after,
                        ..kept
                    })
                }
                _ => Err(error),
            },
        }
    }

    /// The rows for which a resolved condition holds.
    pub(super) fn keep(
        &self,
        input: Planned,
        condition: Typed,
        windows_allowed: bool,
    ) -> Result<Planned> {
        if misplaced::has_generator(&condition) {
            let shown = names::numbered_text(&condition.name, &condition, &input.scope);
            return Err(misplaced::outside_select(format!("'Filter {shown}")));
        }
        if condition.has_aggregate() {
            let calls: Vec<String> = names::aggregates_in(&condition.name)
                .into_iter()
                .map(|call| names::qualified_text(call, &condition, &input.scope))
                .collect();
            return Err(Error::new(
                "INVALID_WHERE_CONDITION",
                [
                    ("condition", format!("\"{}\"", condition.name)),
                    ("expressionList", calls.join(", ")),
                ],
            ));
        }
        if !matches!(condition.data_type, DataType::Boolean) {
            return Err(Error::new(
                "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
                [
                    ("sqlExpr", format!("\"{}\"", condition.name)),
                    ("filter", format!("\"{}\"", condition.name)),
                    ("type", format!("\"{}\"", sql_name(&condition.data_type))),
                ],
            ));
        }
        if !windows_allowed && windows::has_window(&condition) {
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1034",
                [("clauseName", "WHERE")],
            ));
        }
        let (mut input, mut values) = if windows_allowed {
            windows::extract(input, vec![condition])?
        } else {
            (input, vec![condition])
        };
        let condition = values.pop().ok_or_else(no_value)?;
        input.plan = LogicalPlan::Filter(Filter::try_new(condition.expr, Arc::new(input.plan))?);
        input.below = None;
        Ok(input)
    }

    /// Does something above a select list that needs columns the list does not have: the list is
    /// made wider, the work done, and the list cut back.
    pub(super) fn through(
        &self,
        outer: &Planned,
        below: Arc<Below>,
        values: Vec<Typed>,
        work: impl FnOnce(&Self, Planned, Vec<Typed>) -> Result<Planned>,
    ) -> Result<Planned> {
        let mut list = below.list.clone();
        let mut wider = outer.scope.clone();
        for column in &below.input.scope.columns {
            if !list.iter().any(|(known, _)| known.id == column.id) {
                list.push((column.clone(), Typed::column(column)));
                wider.hidden.push(column.clone());
            }
        }
        let plan = project(below.input.plan.clone(), &list)?;
        let mut wide = Planned::new(plan, wider);
        for kept in &below.kept {
            wide = self.keep(wide, kept.condition.clone(), kept.windows_allowed)?;
        }
        let done = work(self, wide, values)?;
        let kept: Vec<_> = outer
            .scope
            .columns
            .iter()
            .map(|column| (column.clone(), Typed::column(column)))
            .collect();
        let plan = project(done.plan, &kept)?;
        Ok(Planned::new(plan, outer.scope.clone()))
    }

    /// `Limit`.
    pub(super) fn limit(&self, node: &proto::Limit) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("limit.input")?)?;
        let fetch = usize::try_from(node.limit).map_err(|_| {
            Error::new(
                "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
                [
                    ("name", "limit".to_owned()),
                    ("expr", format!("\"{}\"", node.limit)),
                    ("v", node.limit.to_string()),
                ],
            )
        })?;
        limited(input, 0, Some(fetch))
    }

    /// `Offset`.
    pub(super) fn offset(&self, node: &proto::Offset) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("offset.input")?)?;
        let skip = usize::try_from(node.offset).map_err(|_| {
            Error::new(
                "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
                [
                    ("name", "offset".to_owned()),
                    ("expr", format!("\"{}\"", node.offset)),
                    ("v", node.offset.to_string()),
                ],
            )
        })?;
        limited(input, skip, None)
    }

    /// `Deduplicate`: one row for each distinct key, which is the first one met.
    pub(super) fn deduplicate(&self, node: &proto::Deduplicate) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("deduplicate.input")?)?;
        if node.within_watermark() {
            return Err(Error::unsupported("dropDuplicatesWithinWatermark"));
        }
        if node.all_columns_as_keys() || node.column_names.is_empty() {
            return distinct(input);
        }
        let mut keys = Vec::new();
        for name in &node.column_names {
            let matching: Vec<_> = input
                .scope
                .columns
                .iter()
                .filter(|column| self.context.same_name(&column.name, name))
                .collect();
            if matching.is_empty() {
                return Err(Error::invalid_plan(format!(
                    "Invalid deduplicate column {name}"
                )));
            }
            keys.extend(
                matching
                    .into_iter()
                    .map(|column| comparable(Typed::column(column))),
            );
        }
        let plan = LogicalPlanBuilder::from(input.plan)
            .distinct_on(
                keys,
                input.scope.columns.iter().map(|c| c.expr()).collect(),
                None,
            )?
            .build()?;
        Ok(Planned::new(
            plan,
            Scope {
                hidden: Vec::new(),
                ..input.scope
            },
        ))
    }
}

/// The distinct rows of the visible columns.
pub(super) fn distinct(input: Planned) -> Result<Planned> {
    let list: Vec<_> = input
        .scope
        .columns
        .iter()
        .map(|column| {
            let value = Typed::column(column);
            let expr = comparable(value.clone());
            (column.clone(), Typed { expr, ..value })
        })
        .collect();
    if let Some(column) = input
        .scope
        .columns
        .iter()
        .find(|column| matches!(column.data_type, DataType::Map(..)))
    {
        return Err(Error::new(
            "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
            [
                ("colName", crate::types::names::quote(&column.name)),
                ("dataType", format!("\"{}\"", sql_name(&column.data_type))),
            ],
        ));
    }
    let has = |column: &&crate::plan::scope::Column| {
        crate::types::variant::has_variant(&column.data_type)
    };
    if let Some(column) = input.scope.columns.iter().find(has) {
        return Err(Error::new(
            "UNSUPPORTED_FEATURE.SET_OPERATION_ON_VARIANT_TYPE",
            [
                ("colName", crate::types::names::quote(&column.name)),
                ("dataType", format!("\"{}\"", sql_name(&column.data_type))),
            ],
        )
        .thrown_as(Exception::ExtendedAnalysis));
    }
    let plan = project(input.plan, &list)?;
    let plan = LogicalPlanBuilder::from(plan).distinct()?.build()?;
    Ok(Planned::new(
        plan,
        Scope {
            hidden: Vec::new(),
            ..input.scope
        },
    ))
}

/// Some rows from the start.
pub(super) fn limited(input: Planned, skip: usize, fetch: Option<usize>) -> Result<Planned> {
    let plan = LogicalPlanBuilder::from(input.plan)
        .limit(skip, fetch)?
        .build()?;
    Ok(Planned::new(plan, input.scope))
}

/// Whether an error only says that a name is not in the select list.
pub(super) fn missing(error: &Error) -> bool {
    error.class().is_some_and(|class| {
        class.starts_with("UNRESOLVED_COLUMN") || class == "CANNOT_RESOLVE_DATAFRAME_COLUMN"
    })
}

/// The columns of a select list with those of its input behind them.
pub(super) fn beside(scope: &Scope, below: &Below) -> Scope {
    let mut wider = scope.clone();
    for column in &below.input.scope.columns {
        if !wider.columns.iter().any(|known| known.id == column.id) {
            wider.columns.push(column.clone());
        }
    }
    for column in &below.input.scope.hidden {
        if wider.by_id(column.id).is_none() {
            wider.hidden.push(column.clone());
        }
    }
    wider
}

fn is_qualify(condition: &proto::Expression) -> bool {
    matches!(&condition.expr_type, Some(ExprType::UnresolvedFunction(function))
        if function.is_internal() && function.function_name == sparring_sql::lower::internal::QUALIFY)
}

fn no_value() -> Error {
    Error::internal("a value was lost on its way")
}

/// A conjunction of all conditions, or true.
pub(super) fn all(conditions: Vec<Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(crate::functions::and)
}
