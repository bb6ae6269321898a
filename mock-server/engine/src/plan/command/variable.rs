//! DECLARE, SET VARIABLE and DROP TEMPORARY VARIABLE.

use datafusion::common::ScalarValue;
use sparring_proto::connect::expression::{ExprType, ExpressionString};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::{DeclareVariable, DropVariable, Name, SetVariable, SqlExpression};

use super::defaults;
use super::result::nothing;
use crate::error::{Error, Exception, QueryContext, Result};
use crate::functions::{CastMode, cast};
use crate::plan::context::Context;
use crate::plan::expression::{evaluate, misplaced, variable_name};
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;
use crate::plan::typed::{Typed, scalar_of};
use crate::plan::{Planned, Planner, project};
use crate::session_variables::Variable;
use crate::types::names::{quote, quote_parts};
use crate::types::proto::to_arrow;

/// `DECLARE VARIABLE`.
pub(super) async fn declare(context: &Context, node: DeclareVariable) -> Result<proto::Relation> {
    let names = node
        .names
        .iter()
        .map(|parts| {
            variable_name(context, parts).ok_or_else(|| unknown(parts, "`system`.`session`"))
        })
        .collect::<Result<Vec<_>>>()?;
    let data_type = match &node.data_type {
        Some(declared) => {
            if super::statement::char_varchar(declared).is_some() {
                return Err(Error::unsupported("variables of type CHAR and VARCHAR"));
            }
            Some(to_arrow(declared)?)
        }
        None => None,
    };
    let value = match &node.default {
        Some(default) => declared_value(context, &node, default, &names).await?,
        None => Typed::null(arrow::datatypes::DataType::Null),
    };
    let value = match &data_type {
        Some(to) => {
            let place = place(context, &node.place);
            let shown = format!("\"{}\"", value.name);
            let cast = cast(context, value, to, CastMode::implicit(context), place);
            cast.map_err(|error| of_value(error, shown))?
        }
        None => value,
    };
    let variable = Variable {
        value: scalar_of(&evaluate(&value.expr)?, &value.data_type)?,
        data_type: value.data_type,
        default: node.default,
    };
    for name in names {
        let shown = full_name(&name);
        if !context
            .session
            .variables
            .put(name, variable.clone(), node.replace)
        {
            return Err(Error::new(
                "VARIABLE_ALREADY_EXISTS",
                [("variableName", shown)],
            ));
        }
    }
    nothing()
}

/// The default of a declaration, which must stand on its own.
async fn declared_value(
    context: &Context,
    node: &DeclareVariable,
    default: &SqlExpression,
    names: &[String],
) -> Result<Typed> {
    let first = names.first().map_or("", String::as_str);
    if !node.subqueries.is_empty() {
        // Spark resolves it before it refuses it.
        let row = RelType::Project(Box::new(proto::Project {
            input: None,
            expressions: vec![default.expression.as_ref().clone()],
        }));
        let with = RelType::WithRelations(Box::new(proto::WithRelations {
            root: Some(Box::new(relation(row))),
            references: node.subqueries.clone(),
        }));
        crate::analyze::plan(context, &relation(with)).await?;
        let error = Error::new(
            "INVALID_DEFAULT_VALUE.SUBQUERY_EXPRESSION",
            [
                ("statement", "DECLARE VARIABLE".to_owned()),
                ("colName", full_name(first)),
                ("defaultValue", default.text.clone()),
            ],
        );
        return Err(error.thrown_as(Exception::ExtendedAnalysis));
    }
    let sources = Sources::default();
    let value = Planner::new(context, &sources).resolve(&default.expression, &Scope::default())?;
    if misplaced::has_generator(&value) {
        return Err(misplaced::outside_select(format!(
            "CreateVariable defaultvalueexpression({}, {}), {}",
            value.name, default.text, node.replace
        )));
    }
    let stands_alone = |value: &Typed| !value.has_aggregate() && !value.has_window();
    if !stands_alone(&value) {
        let error = Error::new(
            "UNSUPPORTED_EXPR_FOR_OPERATOR",
            [("invalidExprSqls", format!("\"{}\"", value.name))],
        );
        return Err(error.at(place(context, &node.place)));
    }
    Ok(value)
}

/// `SET VARIABLE`.
pub(super) async fn set(context: &Context, node: SetVariable) -> Result<proto::Relation> {
    let place = place(context, &node.place);
    let targets = targets(context, &node.targets)?;
    let query = defaults::put_in_with(node.query, targets.len(), &|at| match targets.get(at) {
        Some((name, variable)) => default_of(context, name, variable),
        None => Err(Error::internal("a value has no variable")),
    })?;
    assign(context, context, &targets, &query, place).await
}

/// A variable that is to change: its name among the session's, and what it is.
pub(super) type Target = (String, std::sync::Arc<Variable>);

/// The variables that a statement names, each once.
pub(super) fn targets(context: &Context, names: &[Name]) -> Result<Vec<Target>> {
    let mut found: Vec<Target> = Vec::with_capacity(names.len());
    for parts in names {
        let name = variable_name(context, parts);
        let variable = name
            .as_ref()
            .and_then(|name| context.session.variables.get(name));
        match (name, variable) {
            (Some(name), Some(variable)) => found.push((name, variable)),
            _ => return Err(unknown(parts, "`SYSTEM`.`SESSION`")),
        }
    }
    let twice = found.iter().enumerate().find(|(at, (name, _))| {
        let before = found.iter().take(*at);
        before.clone().any(|(other, _)| other == name)
    });
    match twice {
        Some((_, (name, _))) => Err(Error::new(
            "DUPLICATE_ASSIGNMENTS",
            [("nameList", quote(name))],
        )),
        None => Ok(found),
    }
}

/// Gives the variables the values of the one row of a query; `inside` is how the query is read.
pub(super) async fn assign(
    context: &Context,
    inside: &Context,
    targets: &[Target],
    query: &proto::Relation,
    place: Option<QueryContext>,
) -> Result<proto::Relation> {
    let planned = crate::analyze::plan(inside, query).await?;
    if planned.scope.columns.len() != targets.len() {
        return Err(Error::new(
            "ASSIGNMENT_ARITY_MISMATCH",
            [
                ("numTarget", targets.len().to_string()),
                ("numExpr", planned.scope.columns.len().to_string()),
            ],
        ));
    }
    let mut list = Vec::with_capacity(targets.len());
    for (column, (name, variable)) in planned.scope.columns.iter().zip(targets) {
        let value = Typed::column(column).named(name.as_str());
        let to = &variable.data_type;
        let value = cast(context, value, to, CastMode::Ansi, place.clone());
        let mut value = value.map_err(|error| of_value(error, format!("\"{name}\"")))?;
        value.id = None;
        list.push((value.to_column(), value));
    }
    let plan = project(planned.plan, &list)?;
    let columns = list.into_iter().map(|(column, _)| column).collect();
    let rows = Planned::new(plan, Scope::of(columns));
    let ready = crate::execution::collect(context, rows).await?;
    let n_rows: usize = ready.batches.iter().map(|batch| batch.num_rows()).sum();
    if n_rows > 1 {
        return Err(Error::of("ROW_SUBQUERY_TOO_MANY_ROWS"));
    }
    let row = ready.batches.iter().find(|batch| batch.num_rows() == 1);
    let values = targets.iter().enumerate().map(|(at, (name, variable))| {
        let value = match row {
            Some(row) => ScalarValue::try_from_array(row.column(at), 0)?,
            None => ScalarValue::try_from(&variable.data_type)?,
        };
        Ok((name.clone(), scalar_of(&value, &variable.data_type)?))
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    context.session.variables.set(values);
    nothing()
}

/// A complaint about a cast that nobody wrote: Spark shows what is cast.
fn of_value(error: Error, shown: String) -> Error {
    match error.parameters().contains_key("sqlExpr") {
        true => error.with("sqlExpr", shown),
        false => error,
    }
}

/// What DEFAULT means for a variable. It is read as it would be in a table: other variables are
/// not seen.
fn default_of(context: &Context, name: &str, variable: &Variable) -> Result<proto::Expression> {
    let Some(default) = &variable.default else {
        return Ok(defaults::cast_to(
            text("NULL".to_owned()),
            &variable.data_type,
        ));
    };
    // A default with parameters has no text that could be read again.
    let parsed = match sparring_sql::parse_expression(&default.text) {
        Ok(_) => text(default.text.clone()),
        Err(_) => default.expression.as_ref().clone(),
    };
    let sources = Sources::default();
    let planner = Planner::new(context, &sources).without_session();
    match planner.resolve(&parsed, &Scope::default()) {
        Err(error)
            if error
                .class()
                .is_some_and(|class| class.starts_with("UNRESOLVED_COLUMN")) =>
        {
            Err(Error::new(
                "INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION",
                [
                    ("statement", "INSERT".to_owned()),
                    ("colName", quote(name)),
                    ("defaultValue", default.text.clone()),
                ],
            ))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(defaults::cast_to(parsed, &variable.data_type)),
    }
}

fn text(expression: String) -> proto::Expression {
    proto::Expression {
        common: None,
        expr_type: Some(ExprType::ExpressionString(ExpressionString { expression })),
    }
}

/// `DROP TEMPORARY VARIABLE`.
pub(super) fn drop(context: &Context, node: &DropVariable) -> Result<proto::Relation> {
    let name = variable_name(context, &node.name)
        .ok_or_else(|| unknown(&node.name, "`system`.`session`"))?;
    if context.session.variables.remove(&name) || node.if_exists {
        return nothing();
    }
    Err(Error::new(
        "VARIABLE_NOT_FOUND",
        [("variableName", full_name(&name))],
    ))
}

/// Refuses `SET name = value` where the name is a variable's.
pub(super) fn no_setting(context: &Context, key: &str) -> Result<()> {
    let parts = sparring_sql::parse_multipart_identifier(key).ok();
    let name = parts
        .as_ref()
        .and_then(|parts| variable_name(context, parts));
    match (name, parts) {
        (Some(name), Some(parts)) if context.session.variables.get(&name).is_some() => {
            Err(Error::new(
                "UNSUPPORTED_FEATURE.SET_VARIABLE_USING_SET",
                [("variableName", quote_parts(&parts))],
            ))
        }
        _ => Ok(()),
    }
}

fn unknown(parts: &[String], path: &str) -> Error {
    Error::new(
        "UNRESOLVED_VARIABLE",
        [
            ("variableName", quote_parts(parts)),
            ("searchPath", path.to_owned()),
        ],
    )
}

fn full_name(name: &str) -> String {
    format!("`system`.`session`.{}", quote(name))
}

/// Where a statement stands, in the text that is run.
pub(super) fn place(context: &Context, origin: &proto::Origin) -> Option<QueryContext> {
    let sources = Sources::default();
    Planner::new(context, &sources).origin(Some(origin))
}

fn relation(rel_type: RelType) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}
