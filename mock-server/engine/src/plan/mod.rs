//! From the unresolved proto tree to DataFusion's logical plan: one translator for SQL and
//! DataFrames.
//!
//! Translation is synchronous and touches no storage: what a plan reads is opened before
//! (`sources.rs`).

pub(crate) mod command;
pub(crate) mod context;
mod correlation;
pub(crate) mod expression;
pub(crate) mod fingerprint;
pub(crate) mod names;
mod pulled;
pub(crate) mod relation;
pub(crate) mod scope;
pub(crate) mod sources;
pub(crate) mod sql_function;
pub(crate) mod subqueries;
pub(crate) mod trace;
pub(crate) mod typed;
pub(crate) mod variables;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::common::{DFSchema, DFSchemaRef};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Projection};
use sparring_proto::connect as proto;

use crate::error::{DataFrameContext, QueryContext, Result, SqlContext};
use context::Context;
use names::Outer;
use scope::{Column, ColumnId, Scope};
use sources::Sources;
use typed::Typed;

/// A relation resolved: the plan, and what its columns are called.
#[derive(Clone)]
pub(crate) struct Planned {
    /// The plan; its columns are the scope's, by internal name.
    pub(crate) plan: LogicalPlan,
    /// The names.
    pub(crate) scope: Scope,
    /// The select list's input, so that a sort or filter above may still use its columns.
    pub(crate) below: Option<Arc<Below>>,
}

/// What a select list was made from.
pub(crate) struct Below {
    /// The input of the select list, windows and aggregates already in it.
    pub(crate) input: Planned,
    /// The select list.
    pub(crate) list: Vec<(Column, Typed)>,
    /// For an aggregate: how expressions above it may still name its aggregates.
    pub(crate) aggregate: Option<relation::aggregate::Grouped>,
    /// Conditions that rows above the select list have met since.
    pub(crate) kept: Vec<Kept>,
}

/// A condition above a select list: HAVING, QUALIFY, a DataFrame's filter.
#[derive(Clone)]
pub(crate) struct Kept {
    /// The condition.
    pub(crate) condition: Typed,
    /// Whether it speaks of the aggregate's input and not of the select list.
    pub(crate) inside: bool,
    /// Whether window functions may stand in it.
    pub(crate) windows_allowed: bool,
}

impl Below {
    /// The same with one more condition.
    pub(crate) fn with(&self, kept: Kept) -> Self {
        Self {
            input: self.input.clone(),
            list: self.list.clone(),
            aggregate: self.aggregate.clone(),
            kept: self.kept.iter().cloned().chain([kept]).collect(),
        }
    }
}

impl Planned {
    /// A plan with its names.
    pub(crate) fn new(plan: LogicalPlan, scope: Scope) -> Self {
        Self {
            plan,
            scope,
            below: None,
        }
    }

    /// The relation under fresh identities, so that it can stand beside itself.
    pub(crate) fn fresh(self) -> Result<Self> {
        let mut renamed: HashMap<ColumnId, ColumnId> = HashMap::new();
        let mut exprs = Vec::new();
        let mut rename = |column: &Column| {
            *renamed.entry(column.id).or_insert_with(|| {
                let id = ColumnId::fresh();
                exprs.push(column.expr().alias(id.internal_name()));
                id
            })
        };
        let mut scope = self.scope;
        for column in scope.columns.iter_mut().chain(&mut scope.hidden) {
            column.id = rename(column);
        }
        let present = |column: &Column| {
            let mut column = column.clone();
            if let Some(id) = renamed.get(&column.id) {
                column.id = *id;
            }
            column
        };
        for output in scope.plans.values_mut() {
            for occurrence in &mut output.occurrences {
                occurrence.columns = occurrence.columns.iter().map(present).collect();
                occurrence.hidden = occurrence.hidden.iter().map(present).collect();
            }
        }
        let plan = if exprs.is_empty() {
            self.plan
        } else {
            LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(self.plan))?)
        };
        Ok(Self::new(plan, scope))
    }
}

/// The translator for one request.
#[derive(Clone)]
pub(crate) struct Planner<'a> {
    /// The session's settings.
    pub(crate) context: &'a Context,
    /// What the plan reads, already opened.
    pub(crate) sources: &'a Sources,
    /// The SQL text that origins point into.
    pub(crate) sql_text: Option<Arc<str>>,
    /// DataFrames and CTEs that subqueries and names may mean, nearest first.
    references: Option<Rc<References<'a>>>,
    /// The queries around.
    outer: Option<Outer<'a>>,
    /// Whether names may mean what only the session has: its variables, temporary views and functions.
    sees_session: bool,
    /// The parameters of the SQL function whose body this is.
    arguments: Option<Rc<sql_function::Arguments>>,
    /// Whether the body is around, so that what its parameters read lies outside.
    arguments_outside: bool,
    /// Keys that some grouping set leaves out: null there, whatever they are in the input.
    nulled: Option<Rc<Vec<Expr>>>,
}

/// One `WithRelations`.
struct References<'a> {
    by_plan_id: HashMap<i64, &'a proto::Relation>,
    by_name: Vec<(String, Planned)>,
    parent: Option<Rc<References<'a>>>,
}

impl<'a> Planner<'a> {
    /// A translator with nothing around.
    pub(crate) fn new(context: &'a Context, sources: &'a Sources) -> Self {
        Self {
            context,
            sources,
            sql_text: context.sql_text.clone(),
            references: None,
            outer: None,
            sees_session: true,
            arguments: None,
            arguments_outside: false,
            nulled: None,
        }
    }

    /// The same translator for what the catalog keeps: what only the session has is not seen.
    pub(crate) fn without_session(self) -> Self {
        Self {
            sees_session: false,
            ..self
        }
    }

    /// The same translator for a SQL text, which origins then point into.
    pub(crate) fn for_sql(&self, text: Arc<str>) -> Self {
        Self {
            sql_text: Some(text),
            ..self.clone()
        }
    }

    /// The same translator above grouping sets of these keys.
    fn nulling<'k>(&self, keys: impl IntoIterator<Item = &'k Typed>) -> Self {
        let keys = keys.into_iter().map(|key| key.expr.clone()).collect();
        Self {
            nulled: Some(Rc::new(keys)),
            ..self.clone()
        }
    }

    /// The same translator within an aggregate function, which reads the keys of the input.
    fn inside_aggregate(&self) -> Self {
        Self {
            nulled: None,
            ..self.clone()
        }
    }

    /// Where a node came from: a place in the SQL text, or a line of the client's program.
    pub(crate) fn origin(&self, origin: Option<&proto::Origin>) -> Option<QueryContext> {
        use proto::origin::Function;
        let place = match origin?.function.as_ref()? {
            Function::JvmOrigin(place) => place,
            Function::PythonOrigin(call) => {
                return Some(QueryContext::DataFrame(DataFrameContext {
                    fragment: call.fragment.as_str().into(),
                    call_site: call.call_site.as_str().into(),
                }));
            }
        };
        let sql_text: Arc<str> = match (&place.sql_text, &self.sql_text) {
            (Some(text), _) if !text.is_empty() => text.as_str().into(),
            (_, Some(text)) => Arc::clone(text),
            _ => return None,
        };
        Some(QueryContext::Sql(SqlContext {
            start_index: place.start_index?,
            stop_index: place.stop_index?,
            line: place.line.unwrap_or(1),
            start_position: place.start_position.unwrap_or(0),
            sql_text,
        }))
    }

    /// Steps into a `WithRelations`.
    pub(crate) fn enter(
        &mut self,
        by_plan_id: HashMap<i64, &'a proto::Relation>,
        by_name: Vec<(String, Planned)>,
    ) {
        let parent = self.references.take();
        self.references = Some(Rc::new(References {
            by_plan_id,
            by_name,
            parent,
        }));
    }

    /// Makes the tables of the innermost `WithRelations` known by name, as far as they are planned.
    pub(crate) fn name_last(&mut self, named: &[(String, Planned)]) {
        if let Some(innermost) = self.references.take() {
            self.references = Some(Rc::new(References {
                by_plan_id: innermost.by_plan_id.clone(),
                by_name: named.to_vec(),
                parent: innermost.parent.clone(),
            }));
        }
    }

    fn reference(&self, plan_id: i64) -> Option<&'a proto::Relation> {
        let mut around = self.references.as_ref();
        while let Some(references) = around {
            if let Some(found) = references.by_plan_id.get(&plan_id) {
                return Some(found);
            }
            around = references.parent.as_ref();
        }
        None
    }

    /// The CTE of a name, under fresh identities.
    pub(crate) fn common_table(&self, name: &str) -> Option<Result<Planned>> {
        let mut around = self.references.as_ref();
        while let Some(references) = around {
            let found = references
                .by_name
                .iter()
                .rev()
                .find(|(known, _)| self.context.same_name(known, name));
            if let Some((_, planned)) = found {
                return Some(planned.clone().fresh());
            }
            around = references.parent.as_ref();
        }
        None
    }
}

/// A projection of expressions under internal names; identical identities are kept once.
pub(crate) fn project(input: LogicalPlan, list: &[(Column, Typed)]) -> Result<LogicalPlan> {
    let mut seen = std::collections::HashSet::new();
    let exprs: Vec<Expr> = list
        .iter()
        .filter(|(column, _)| seen.insert(column.id))
        .map(|(column, value)| match &value.expr {
            Expr::Column(reference) if reference.name == column.id.internal_name() => column.expr(),
            other => other.clone().alias(column.id.internal_name()),
        })
        .collect();
    let plan = match projected_schema(&exprs, &input)? {
        Some(schema) => Projection::try_new_with_schema(exprs, Arc::new(input), schema)?,
        None => Projection::try_new(exprs, Arc::new(input))?,
    };
    Ok(LogicalPlan::Projection(plan))
}

/// From how many columns on an index pays.
const MANY: usize = 16;

/// The schema that DataFusion gives a wide projection, which searches the whole input for every
/// column: nearly all of a wide projection are plain references, and those are found by an index.
fn projected_schema(exprs: &[Expr], input: &LogicalPlan) -> Result<Option<DFSchemaRef>> {
    let schema = input.schema();
    if exprs.len() < MANY || !schema.functional_dependencies().is_empty() {
        return Ok(None);
    }
    let fields: HashMap<&str, &FieldRef> = schema
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), field))
        .collect();
    if fields.len() < schema.fields().len() {
        return Ok(None);
    }
    let fields = exprs
        .iter()
        .map(|expr| match expr {
            Expr::Column(column) if column.relation.is_none() => {
                match fields.get(column.name.as_str()) {
                    Some(field) => Ok((None, Arc::clone(field))),
                    None => expr.to_field(schema),
                }
            }
            other => other.to_field(schema),
        })
        .collect::<datafusion::error::Result<_>>()?;
    let schema = DFSchema::new_with_metadata(fields, schema.metadata().clone())?;
    Ok(Some(Arc::new(schema)))
}
