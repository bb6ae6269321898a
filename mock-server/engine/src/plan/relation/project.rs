//! Select lists and what changes columns: `select`, `withColumn`, `drop`, `toDF`, renames, aliases.

use std::collections::{HashMap, HashSet};

use datafusion::common::DFSchema;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan};
use sparring_proto::Required;
use sparring_proto::connect::{self as proto, expression::ExprType};
use std::sync::Arc;

use super::windows;
use crate::error::{Error, Result};
use crate::plan::expression::Item;
use crate::plan::scope::{Column, ColumnId, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Below, Planned, Planner, project};
use crate::types::names::quote;
use sparring_proto::connect::relation::RelType;

impl Planner<'_> {
    /// `Project`: a select list. One with aggregates and no grouping is an aggregate.
    pub(super) fn project(&self, node: &proto::Project) -> Result<Planned> {
        let input = match node.input.as_deref() {
            Some(input) => self.relation(input)?,
            None => one_row(),
        };
        let items = self.select_list(&node.expressions, &input.scope)?;
        self.select(input, items)
    }

    /// A resolved select list over its input.
    pub(super) fn select(&self, input: Planned, items: Vec<Item>) -> Result<Planned> {
        let (input, values) = self.generate(input, items)?;
        if values.iter().any(Typed::has_aggregate) {
            return self.global_aggregate(input, values);
        }
        self.select_values(input, values)
    }

    /// A select list without aggregates: windows are put below it.
    pub(super) fn select_values(&self, input: Planned, values: Vec<Typed>) -> Result<Planned> {
        let (input, values) = windows::extract(input, values)?;
        let list: Vec<(Column, Typed)> = values
            .into_iter()
            .map(|value| (value.to_column(), value))
            .collect();
        let plan = if unchanged(&input.plan, &list) {
            input.plan.clone()
        } else {
            project(input.plan.clone(), &list)?
        };
        let columns = with_qualifiers(&list, &input.scope);
        let scope = input.scope.replaced(columns);
        Ok(Planned {
            plan,
            scope,
            below: Some(Arc::new(Below {
                input,
                list,
                aggregate: None,
                kept: Vec::new(),
            })),
        })
    }

    /// `WithColumns`: replaces columns of the same name in place, adds the others at the end.
    pub(super) fn with_columns(&self, node: &proto::WithColumns) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("with_columns.input")?)?;
        let mut seen: Vec<&str> = Vec::new();
        for alias in &node.aliases {
            let name = alias.name.first().map(String::as_str).unwrap_or_default();
            if seen.iter().any(|other| self.context.same_name(other, name)) {
                return Err(Error::new(
                    "COLUMN_ALREADY_EXISTS",
                    [("columnName", quote(&name.to_lowercase()))],
                ));
            }
            seen.push(name);
        }
        let expressions: Vec<proto::Expression> = node
            .aliases
            .iter()
            .map(|alias| proto::Expression {
                common: None,
                expr_type: Some(ExprType::Alias(Box::new(alias.clone()))),
            })
            .collect();
        let new = self.select_list(&expressions, &input.scope)?;
        let mut items: Vec<Item> = Vec::new();
        let mut placed: HashSet<usize> = HashSet::new();
        let position = |name: &str| {
            node.aliases.iter().position(|alias| {
                alias
                    .name
                    .first()
                    .is_some_and(|known| self.context.same_name(known, name))
            })
        };
        let mut new: Vec<Option<Item>> = new.into_iter().map(Some).collect();
        for column in &input.scope.columns {
            match position(&column.name) {
                None => items.push(Item::Value(Typed::column(column))),
                Some(index) => {
                    // Duplicate names are each replaced by the same value.
                    match new.get_mut(index).and_then(Option::take) {
                        Some(item) => {
                            placed.insert(index);
                            if let Item::Value(value) = &item {
                                new[index] = Some(Item::Value(value.clone()));
                            }
                            items.push(item);
                        }
                        None => items.push(Item::Value(Typed::column(column))),
                    }
                }
            }
        }
        for (index, item) in new.into_iter().enumerate() {
            if !placed.contains(&index) {
                items.extend(item);
            }
        }
        self.select(input, items)
    }

    /// `WithColumnsRenamed`: names that are not there are ignored, as in Spark.
    pub(super) fn with_columns_renamed(&self, node: &proto::WithColumnsRenamed) -> Result<Planned> {
        let mut input = self.relation(
            node.input
                .as_deref()
                .required("with_columns_renamed.input")?,
        )?;
        let old: Vec<(String, String)> = node
            .rename_columns_map
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let renames = node
            .renames
            .iter()
            .map(|rename| (rename.col_name.clone(), rename.new_col_name.clone()))
            .chain(old);
        let mut columns = input.scope.columns.clone();
        for (from, to) in renames {
            for column in &mut columns {
                if self.context.same_name(&column.name, &from) {
                    column.name = to.as_str().into();
                    column.qualifier = Arc::from([]);
                }
            }
        }
        input.scope.columns = columns;
        input.below = None;
        Ok(input)
    }

    /// `ToDF`: new names for all columns.
    pub(super) fn to_df(&self, node: &proto::ToDf) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("to_df.input")?);
        let mut input = input.map_err(|error| under_new_names(error, &node.column_names))?;
        if node.column_names.len() != input.scope.columns.len() {
            let below = node
                .input
                .as_deref()
                .and_then(|input| input.rel_type.as_ref());
            if let Some(RelType::UnresolvedTableValuedFunction(function)) = below {
                let common = node
                    .input
                    .as_deref()
                    .and_then(|input| input.common.as_ref());
                let origin = common.and_then(|common| common.origin.as_ref());
                return Err(Error::new(
                    "NUM_TABLE_VALUE_ALIASES_MISMATCH",
                    [
                        ("funcName", format!("`{}`", function.function_name)),
                        ("aliasesNum", node.column_names.len().to_string()),
                        ("outColsNum", input.scope.columns.len().to_string()),
                    ],
                )
                .at(self.origin(origin)));
            }
            return Err(Error::new(
                "ASSIGNMENT_ARITY_MISMATCH",
                [
                    ("numExpr", node.column_names.len().to_string()),
                    ("numTarget", input.scope.columns.len().to_string()),
                ],
            ));
        }
        for (column, name) in input.scope.columns.iter_mut().zip(&node.column_names) {
            column.name = name.as_str().into();
            column.qualifier = Arc::from([]);
        }
        input.below = None;
        Ok(input)
    }

    /// `Drop`: by name or by column; what is not there is ignored.
    pub(super) fn drop_columns(&self, node: &proto::Drop) -> Result<Planned> {
        let mut input = self.relation(node.input.as_deref().required("drop.input")?)?;
        let mut gone = HashSet::new();
        for expression in &node.columns {
            match self.resolve(expression, &input.scope) {
                Ok(value) => gone.extend(value.id),
                // A column that does not exist is no reason to fail, an ambiguous one is.
                Err(error)
                    if error
                        .class()
                        .is_some_and(|c| c.starts_with("UNRESOLVED_COLUMN")) => {}
                Err(error) if error.class() == Some("CANNOT_RESOLVE_DATAFRAME_COLUMN") => {}
                Err(error) => return Err(error),
            }
        }
        let context = self.context;
        input.scope.columns.retain(|column| {
            !gone.contains(&column.id)
                && !node
                    .column_names
                    .iter()
                    .any(|name| context.same_name(name, &column.name))
        });
        Ok(input)
    }

    /// `SubqueryAlias`: the columns are known under the alias alone.
    pub(super) fn subquery_alias(&self, node: &proto::SubqueryAlias) -> Result<Planned> {
        let mut input = self.relation(node.input.as_deref().required("subquery_alias.input")?)?;
        let mut qualifier = node.qualifier.clone();
        qualifier.push(node.alias.clone());
        input.scope = input.scope.qualified(qualifier);
        input.scope.hidden.clear();
        input.below = None;
        Ok(input)
    }

    /// `Hint`: advice to Spark's optimiser.
    pub(super) fn hint(&self, node: &proto::Hint) -> Result<Planned> {
        self.relation(node.input.as_deref().required("hint.input")?)
    }
}

/// VALUES is complained of under the names that an alias gives its columns.
fn under_new_names(error: Error, names: &[String]) -> Error {
    const CLASS: &str = "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE";
    if error.class() != Some(CLASS) {
        return error;
    }
    let column = error.parameters().get("colName").cloned();
    let place = column.and_then(|name| {
        let number = name.trim_matches('`').strip_prefix("col")?;
        number.parse::<usize>().ok()?.checked_sub(1)
    });
    match place.and_then(|place| names.get(place)) {
        Some(name) => error.with("colName", quote(name)),
        None => error,
    }
}

/// A relation of one row and no columns: `SELECT` without FROM.
pub(crate) fn one_row() -> Planned {
    let plan = LogicalPlan::EmptyRelation(EmptyRelation {
        produce_one_row: true,
        schema: Arc::new(DFSchema::empty()),
    });
    Planned::new(plan, Scope::default())
}

/// Whether a select list is exactly the columns of its input, in order.
fn unchanged(plan: &LogicalPlan, list: &[(Column, Typed)]) -> bool {
    let fields = plan.schema().fields();
    fields.len() == list.len()
        && fields.iter().zip(list).all(|(field, (column, value))| {
            value.id == Some(column.id) && *field.name() == column.id.internal_name()
        })
}

/// [`with_qualifier`] for a whole select list.
fn with_qualifiers(list: &[(Column, Typed)], scope: &Scope) -> Vec<Column> {
    let mut sources: HashMap<ColumnId, &Column> = HashMap::with_capacity(scope.columns.len());
    for column in scope.columns.iter().chain(&scope.hidden) {
        sources.entry(column.id).or_insert(column);
    }
    let list = list.iter();
    list.map(|(column, _)| qualified_as(column, sources.get(&column.id).copied()))
        .collect()
}

/// A plain reference keeps the qualifier it had.
pub(super) fn with_qualifier(column: &Column, scope: &Scope) -> Column {
    qualified_as(column, scope.by_id(column.id))
}

fn qualified_as(column: &Column, source: Option<&Column>) -> Column {
    let mut column = column.clone();
    if let Some(source) = source
        && source.name.eq_ignore_ascii_case(&column.name)
    {
        column.qualifier = Arc::clone(&source.qualifier);
    }
    column
}
