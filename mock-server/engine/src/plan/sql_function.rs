//! Calls of SQL functions: finding one, giving its parameters values, and its body in their terms.
//!
//! A call is its body with the arguments in place of the parameters (`ResolveSQLFunctions`). The body is
//! read under the settings of the session that made the function, and sees tables as the caller does.

mod arguments;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::Expr;
use sparring_proto::connect::subquery_expression::SubqueryType;
use sparring_proto::connect::{self as proto, expression::ExprType};
use sparring_sql::Statement;

use super::context::Context;
use super::expression::inner::inner;
use super::names::{Names, nested_fields};
use super::scope::Scope;
use super::typed::Typed;
use super::{Planned, Planner, project};
use crate::catalog::functions::{FunctionEntry, ReturnsEntry};
use crate::error::{Error, QueryContext, Result};
use crate::functions::{self, CastMode, cast};
use crate::types::json::from_json;
use crate::types::names::quote_parts;

/// How deep functions may call each other: a function that was replaced by one that calls it calls itself.
const MAX_DEPTH: usize = 100;

/// The values of a function's parameters, in its body.
pub(crate) struct Arguments {
    function: String,
    values: Vec<(String, Typed)>,
    /// The types of the columns that the values read.
    columns: HashMap<String, DataType>,
    depth: usize,
}

/// A function that a name means.
pub(crate) struct Found {
    /// The function.
    pub(crate) entry: Arc<FunctionEntry>,
    /// Its name as Spark shows it: one of the session has one part, one of the catalog three.
    pub(crate) name: Vec<String>,
}

/// The body of a function, read.
pub(crate) struct Body {
    /// The value, or the query of the rows as a scalar subquery.
    pub(crate) expression: proto::Expression,
    /// The queries that the expression names.
    pub(crate) queries: Vec<proto::Relation>,
}

/// The plan id of a body that is a query: parsed subqueries count down from -1.
const BODY: i64 = i64::MIN;

impl Body {
    /// Reads a body.
    pub(crate) fn read(text: &str) -> Result<Self> {
        if let Ok(Statement::Query(mut query)) = sparring_sql::parse_statement(text) {
            query.common.get_or_insert_default().plan_id = Some(BODY);
            let subquery = proto::SubqueryExpression {
                plan_id: BODY,
                subquery_type: SubqueryType::Scalar.into(),
                ..Default::default()
            };
            return Ok(Self {
                expression: proto::Expression {
                    common: None,
                    expr_type: Some(ExprType::SubqueryExpression(subquery)),
                },
                queries: vec![query],
            });
        }
        let parsed = sparring_sql::parse_expression_and_subqueries(text)?;
        Ok(Self {
            expression: parsed.expression,
            queries: parsed.subqueries,
        })
    }

    /// The query, if the body is one.
    pub(crate) fn query(&self) -> Option<&proto::Relation> {
        let is_body = |query: &&proto::Relation| {
            query.common.as_ref().and_then(|common| common.plan_id) == Some(BODY)
        };
        self.queries.iter().find(is_body)
    }

    /// The queries by the ids that expressions name them by.
    pub(crate) fn by_plan_id(&self) -> HashMap<i64, &proto::Relation> {
        let queries = self.queries.iter();
        queries
            .filter_map(|query| Some((query.common.as_ref()?.plan_id?, query)))
            .collect()
    }
}

/// The SQL function that a name means, if no function of Spark's has the name.
pub(crate) fn find(context: &Context, sees_session: bool, parts: &[String]) -> Option<Found> {
    if let [name] = parts {
        if functions::find(name).is_some() {
            return None;
        }
        let temporary = context.session.temp_function(name).filter(|_| sees_session);
        if let Some(entry) = temporary {
            context.names_temporary("FUNCTION", parts);
            let name = vec![entry.name.clone()];
            return Some(Found { entry, name });
        }
    }
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.namespace(), parts).ok()?;
    let entry = catalog.function(&name)?;
    let name = vec![
        name.catalog.to_lowercase(),
        name.schema.to_lowercase(),
        entry.name.clone(),
    ];
    Some(Found {
        entry: Arc::new(entry),
        name,
    })
}

impl Planner<'_> {
    /// The value of a parameter of the function around.
    pub(crate) fn parameter(&self, parts: &[String]) -> Result<Option<Typed>> {
        let Some(arguments) = &self.arguments else {
            return Ok(None);
        };
        let context = self.context;
        let value = |name: &String| {
            let mut values = arguments.values.iter();
            let found = values.find(|(known, _)| context.same_name(known, name));
            found.map(|(_, value)| value)
        };
        let found = match parts {
            [name, rest @ ..] if value(name).is_some() => value(name).map(|found| (found, rest)),
            [function, name, rest @ ..] if context.same_name(function, &arguments.function) => {
                value(name).map(|found| (found, rest))
            }
            _ => None,
        };
        let Some((value, fields)) = found else {
            return Ok(None);
        };
        let mut value = value.clone();
        if self.arguments_outside {
            value.expr = outside(value.expr, &arguments.columns)?;
            value.id = None;
        }
        nested_fields(context, value, fields).map(Some)
    }

    /// A call of a SQL function that makes a value.
    pub(crate) fn sql_call(
        &self,
        found: &Found,
        call: &proto::expression::UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
        is_filtered: bool,
    ) -> Result<Option<Typed>> {
        let ReturnsEntry::Value(returns) = &found.entry.returns else {
            return not_a("NOT_A_SCALAR_FUNCTION", found, origin);
        };
        let syntax = match (call.is_distinct, is_filtered) {
            (true, _) => Some("DISTINCT"),
            (false, true) => Some("FILTER CLAUSE"),
            (false, false) => None,
        };
        if let Some(syntax) = syntax {
            return Err(Error::new(
                "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                [
                    ("prettyName", quote_parts(&found.name)),
                    ("syntax", syntax.to_owned()),
                ],
            )
            .at(origin));
        }
        let under = self.context.under(&found.entry.conf);
        let bound = self.bind(found, &under, &call.arguments, names, &origin, true)?;
        let body = Body::read(&found.entry.body)?;
        for query in &body.queries {
            self.sources.require(&under, query)?;
        }
        let mut planner = self.body_planner(&under, found, bound.arguments);
        planner.enter(body.by_plan_id(), Vec::new());
        let empty = Scope::default();
        // Spark shows the call for what its body names and is no more.
        let value = planner.resolve(&body.expression, &empty);
        let value = value.map_err(|error| error.without_place().at(origin.clone()))?;
        let place = Some(QueryContext::nowhere());
        let to = from_json(returns)?;
        let value = cast(&under, value, &to, CastMode::implicit(&under), place)?;
        let shown = format!("{}({})", found.name.join("."), bound.shown.join(", "));
        Ok(Some(Typed {
            id: None,
            alias: None,
            metadata: Arc::default(),
            ..value.named(shown)
        }))
    }

    /// A call of a SQL function that makes rows.
    pub(crate) fn sql_table(
        &self,
        found: &Found,
        arguments: &[proto::Expression],
        origin: Option<QueryContext>,
    ) -> Result<Option<Planned>> {
        let ReturnsEntry::Table(returns) = &found.entry.returns else {
            return not_a("NOT_A_TABLE_FUNCTION", found, origin);
        };
        let under = self.context.under(&found.entry.conf);
        let empty = Scope::default();
        let names = Names::of(&empty, self.outer());
        let bound = self.bind(found, &under, arguments, &names, &origin, false)?;
        let body = Body::read(&found.entry.body)?;
        let query = body
            .query()
            .ok_or_else(|| Error::internal("the body of a table function is no query"))?;
        self.sources.require(&under, query)?;
        let planner = self.body_planner(&under, found, bound.arguments);
        let planned = planner.relation(query);
        let planned = planned.map_err(|error| error.without_place().at(origin.clone()))?;
        let planned = planned.fresh()?;
        let mut list = Vec::with_capacity(returns.len());
        for (column, (name, to)) in planned.scope.columns.iter().zip(returns) {
            let value = Typed::column(column).named(name.as_str());
            let to = from_json(to)?;
            let place = Some(QueryContext::nowhere());
            let mut value = cast(&under, value, &to, CastMode::implicit(&under), place)?;
            value.id = None;
            value.metadata = Arc::default();
            list.push((value.to_column(), value));
        }
        let plan = project(planned.plan, &list)?;
        let columns = list.into_iter().map(|(column, _)| column).collect();
        let scope = Scope::of(columns).qualified(vec![found.entry.name.clone()]);
        Ok(Some(Planned::new(plan, scope)))
    }

    /// Refuses a call of a SQL function where Spark has none.
    pub(crate) fn no_sql_function(
        &self,
        expression: &proto::Expression,
        operator: &str,
    ) -> Result<()> {
        match self.sql_call_in(expression) {
            None => Ok(()),
            Some((found, origin)) => Err(Error::new(
                "UNSUPPORTED_SQL_UDF_USAGE",
                [
                    ("functionName", quote_parts(&found.name)),
                    ("nodeName", operator.to_owned()),
                ],
            )
            .at(origin)),
        }
    }

    /// The first call of a SQL function in an expression, and where it stands.
    pub(crate) fn sql_call_in(
        &self,
        expression: &proto::Expression,
    ) -> Option<(Found, Option<QueryContext>)> {
        let kind = expression.expr_type.as_ref()?;
        if let ExprType::UnresolvedFunction(call) = kind
            && !call.is_internal()
            && let Some(found) = self.sql_function(&call.function_name)
        {
            let origin = expression.common.as_ref().and_then(|c| c.origin.as_ref());
            return Some((found, self.origin(origin)));
        }
        inner(kind)
            .into_iter()
            .find_map(|child| self.sql_call_in(child))
    }

    fn body_planner<'b>(
        &'b self,
        inner: &'b Context,
        found: &Found,
        arguments: Arguments,
    ) -> Planner<'b> {
        let mut planner =
            Planner::new(inner, self.sources).for_sql(found.entry.body.as_str().into());
        planner.sees_session = found.name.len() == 1;
        planner.arguments = Some(Rc::new(arguments));
        planner
    }
}

/// A temporary function of the wrong kind is none; one of the catalog is told of.
fn not_a<T>(class: &'static str, found: &Found, origin: Option<QueryContext>) -> Result<Option<T>> {
    match found.name.as_slice() {
        [_] => Ok(None),
        name => Err(Error::new(class, [("functionName", quote_parts(name))]).at(origin)),
    }
}

/// The expression as it is seen from a query inside of the one whose columns it reads.
fn outside(expr: Expr, types: &HashMap<String, DataType>) -> Result<Expr> {
    let marked = expr.transform(|expr| {
        Ok(match expr {
            Expr::Column(column) => match types.get(&column.name) {
                Some(data_type) => {
                    let field = Field::new(column.name.clone(), data_type.clone(), true);
                    Transformed::yes(Expr::OuterReferenceColumn(Arc::new(field), column))
                }
                None => Transformed::no(Expr::Column(column)),
            },
            other => Transformed::no(other),
        })
    })?;
    Ok(marked.data)
}
