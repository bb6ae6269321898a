//! CREATE FUNCTION with a SQL body, and DROP FUNCTION.

use arrow::datatypes::DataType;
use sparring_proto::connect as proto;
use sparring_sql::statement::{CreateFunction, Drop, DropKind, FunctionParameter};

use super::result::nothing;
use super::variable::place;
use super::view;
use crate::catalog::functions::{FunctionEntry, ParameterEntry, ReturnsEntry, already_exists};
use crate::catalog::now_ms;
use crate::error::{Error, Exception, Result};
use crate::functions::{CastMode, cast, find, listed};
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::expression::misplaced;
use crate::plan::names::Outer;
use crate::plan::scope::{Column, Scope};
use crate::plan::sources::Sources;
use crate::plan::sql_function::Body;
use crate::types::json::to_json;
use crate::types::names::{quote, quote_parts};
use crate::types::proto::{has_char_varchar, to_arrow};

/// `CREATE FUNCTION`.
pub(super) async fn create(context: &Context, node: CreateFunction) -> Result<proto::Relation> {
    if node.is_class {
        return Err(Error::unsupported("functions that are Java classes"));
    }
    let name = node.name.last().cloned().unwrap_or_default();
    let catalog = &context.session.workspace.catalog;
    let qualified = match node.temporary {
        true => None,
        false => Some(catalog.qualify(&context.namespace(), &node.name)?),
    };
    if let Some(qualified) = &qualified {
        catalog.require_schema(&qualified.catalog, &qualified.schema)?;
        if node.if_not_exists && catalog.function(qualified).is_some() {
            return nothing();
        }
    } else if find(&name).is_some() {
        return Err(already_exists(&quote(&name)));
    }
    let parameters = parameters(context, &name, &node.parameters)?;
    let body = Body::read(&node.body)?;
    let columns = Scope::of(
        parameters
            .iter()
            .map(|(_, column)| column.clone())
            .collect(),
    );
    let columns = columns.qualified(vec![name.clone()]);
    let returns = match &node.returns_table {
        Some(declared) => rows(context, &node, declared, &body, &columns).await?,
        None => value(context, &node, &body, &columns).await?,
    };
    let entry = FunctionEntry {
        name: name.clone(),
        parameters: parameters.into_iter().map(|(entry, _)| entry).collect(),
        returns,
        body: node.body,
        conf: context.kept(),
        comment: node.comment,
        created_ms: now_ms(),
    };
    match qualified {
        Some(qualified) => {
            let shown = quote_parts([&qualified.schema, &qualified.name]);
            view::nothing_temporary(context, "FUNCTION", &shown)?;
            catalog.put_function(&qualified, entry, node.replace)?;
        }
        None if context.session.put_temp_function(entry, node.replace) => {}
        None => return Err(already_exists(&quote(&name))),
    }
    nothing()
}

/// The parameters, each with a column that stands for it while the body is checked.
fn parameters(
    context: &Context,
    function: &str,
    declared: &[FunctionParameter],
) -> Result<Vec<(ParameterEntry, Column)>> {
    if let Some(name) = repeated(context, declared.iter().map(|p| p.name.as_str())) {
        return Err(Error::new(
            "DUPLICATE_ROUTINE_PARAMETER_NAMES",
            [
                ("routineName", function.to_owned()),
                ("names", quote(&name.to_lowercase())),
            ],
        ));
    }
    let mut found = Vec::with_capacity(declared.len());
    for (index, parameter) in declared.iter().enumerate() {
        let data_type = plain_type(&parameter.data_type)?;
        if let Some(default) = &parameter.default {
            default_value(context, function, &parameter.name, &default.text)?;
            if let Some(next) = declared
                .get(index + 1)
                .filter(|next| next.default.is_none())
            {
                return Err(Error::new(
                    "USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_PARAMETER_POSITION",
                    [
                        ("functionName", function.to_owned()),
                        ("parameterName", parameter.name.clone()),
                        ("nextParameterName", next.name.clone()),
                    ],
                ));
            }
        }
        let column = Column::new(parameter.name.as_str(), data_type.clone(), true);
        let entry = ParameterEntry {
            name: parameter.name.clone(),
            data_type: to_json(&data_type).to_string(),
            default: parameter
                .default
                .as_ref()
                .map(|default| default.text.clone()),
            comment: parameter.comment.clone(),
        };
        found.push((entry, column));
    }
    Ok(found)
}

/// Refuses a default that does not stand on its own.
fn default_value(context: &Context, function: &str, parameter: &str, text: &str) -> Result<()> {
    let parsed = sparring_sql::parse_expression_and_subqueries(text)?;
    if !parsed.subqueries.is_empty() {
        return Err(Error::new(
            "USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_EXPRESSION",
            [("functionName", function), ("parameterName", parameter)],
        ));
    }
    let sources = Sources::default();
    let planner = Planner::new(context, &sources).for_sql(text.into());
    let found = planner.resolve(&parsed.expression, &Scope::default());
    found.map(|_| ()).map_err(|error| match error.exception() {
        Exception::ExtendedAnalysis => error.thrown_as(Exception::Analysis),
        _ => error,
    })
}

/// A function of a value: its type, as declared or as the body has it.
async fn value(
    context: &Context,
    node: &CreateFunction,
    body: &Body,
    parameters: &Scope,
) -> Result<ReturnsEntry> {
    let check = |planner: &Planner<'_>| {
        let mut planner = planner.for_sql(node.body.as_str().into());
        planner.enter(body.by_plan_id(), Vec::new());
        planner.resolve(&body.expression, parameters)
    };
    let value = checked(context, body, check).await?;
    if misplaced::has_generator(&value) {
        return Err(Error::new(
            "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
            [("expression", format!("\"{}\"", value.name))],
        ));
    }
    if value.has_aggregate() || value.has_window() {
        return Err(Error::new(
            "USER_DEFINED_FUNCTIONS.CANNOT_CONTAIN_COMPLEX_FUNCTIONS",
            [("queryText", node.body.as_str())],
        ));
    }
    let data_type = match &node.returns {
        None => value.data_type,
        Some(declared) => {
            let to = plain_type(declared)?;
            let (shown, place) = (format!("\"{}\"", value.name), place(context, &node.place));
            cast(context, value, &to, CastMode::implicit(context), None)
                .map_err(|error| error.with("sqlExpr", shown).at(place))?;
            to
        }
    };
    Ok(ReturnsEntry::Value(to_json(&data_type).to_string()))
}

/// A function of rows: its columns, as declared or as the body has them.
async fn rows(
    context: &Context,
    node: &CreateFunction,
    declared: &proto::DataType,
    body: &Body,
    parameters: &Scope,
) -> Result<ReturnsEntry> {
    let name = node.name.last().cloned().unwrap_or_default();
    let Some(query) = body.query() else {
        return Err(Error::new(
            "USER_DEFINED_FUNCTIONS.SQL_TABLE_UDF_BODY_MUST_BE_A_QUERY",
            [("name", name)],
        ));
    };
    let check = |planner: &Planner<'_>| {
        let around = Outer {
            scope: parameters,
            parent: None,
        };
        let planner = planner.for_sql(node.body.as_str().into());
        planner.inside(&around).relation(query)
    };
    let planned = checked(context, body, check).await?;
    let found = planned.scope.columns.iter();
    let found: Vec<(String, DataType)> = found
        .map(|column| (column.name.to_string(), column.data_type.clone()))
        .collect();
    let declared = match plain_type(declared)? {
        DataType::Struct(fields) if !fields.is_empty() => {
            let fields = fields.iter();
            fields
                .map(|field| (field.name().clone(), field.data_type().clone()))
                .collect()
        }
        _ => found.clone(),
    };
    if let Some(column) = repeated(context, declared.iter().map(|(name, _)| name.as_str())) {
        return Err(Error::new(
            "DUPLICATE_ROUTINE_RETURNS_COLUMNS",
            [
                ("routineName", name),
                ("columns", quote(&column.to_lowercase())),
            ],
        ));
    }
    if declared.len() != found.len() {
        return Err(Error::new(
            "USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH",
            [
                ("name", full_name(context, node)),
                ("outputSize", found.len().to_string()),
                ("returnParamSize", declared.len().to_string()),
            ],
        ));
    }
    let columns = declared.into_iter();
    Ok(ReturnsEntry::Table(
        columns
            .map(|(name, data_type)| (name, to_json(&data_type).to_string()))
            .collect(),
    ))
}

/// The name as messages about bodies have it.
fn full_name(context: &Context, node: &CreateFunction) -> String {
    let catalog = &context.session.workspace.catalog;
    match catalog.qualify(&context.namespace(), &node.name) {
        Ok(name) if !node.temporary => name.parts().join("."),
        _ => node.name.join("."),
    }
}

/// Resolves a body, with what it reads opened.
async fn checked<T>(
    context: &Context,
    body: &Body,
    check: impl Fn(&Planner<'_>) -> Result<T>,
) -> Result<T> {
    let mut sources = Sources::default();
    for query in &body.queries {
        sources.open_more(context, query).await?;
    }
    loop {
        let found = check(&Planner::new(context, &sources));
        match sources.take_wanted() {
            None => return found.map_err(|error| unknown_routine(context, error)),
            Some(wanted) => sources.supply(context, wanted).await?,
        }
    }
}

/// While a function is made, Spark looks for unknown ones in the catalog alone.
fn unknown_routine(context: &Context, error: Error) -> Error {
    if error.class() != Some("UNRESOLVED_ROUTINE") {
        return error;
    }
    let name = error.parameters().get("routineName").cloned();
    let name = name.unwrap_or_default();
    let shown = match sparring_sql::parse_multipart_identifier(&name) {
        Ok(parts) if parts.len() == 1 => {
            let (_, schema) = context.namespace();
            quote_parts([&schema].into_iter().chain(&parts))
        }
        _ => name,
    };
    Error::new("ROUTINE_NOT_FOUND", [("routineName", shown)]).thrown_as(Exception::NoSuchFunction)
}

fn plain_type(declared: &proto::DataType) -> Result<DataType> {
    let found = to_arrow(declared)?;
    let is_limited = super::statement::char_varchar(declared).is_some();
    match is_limited || has_char_varchar(&found) {
        true => Err(Error::of("UNSUPPORTED_CHAR_OR_VARCHAR_AS_STRING")),
        false => Ok(found),
    }
}

fn repeated<'a>(context: &Context, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let names: Vec<&str> = names.collect();
    let mut places = names.iter().enumerate();
    let found = places.find(|(at, name)| {
        let before = names.iter().take(*at);
        before.clone().any(|other| context.same_name(other, name))
    });
    found.map(|(_, name)| *name)
}

/// What a function's name means.
pub(super) enum Found {
    BuiltIn,
    Temporary,
    /// The full name of one of the catalog.
    Kept(Vec<String>),
}

/// Finds a function, or fails as a call of it would.
pub(super) fn found(context: &Context, name: &[String]) -> Result<Found> {
    if let [only] = name {
        let lower = only.to_lowercase();
        if find(&lower).is_some() || listed().any(|known| known == lower) {
            return Ok(Found::BuiltIn);
        }
        if context.session.temp_function(&lower).is_some() {
            return Ok(Found::Temporary);
        }
    }
    let catalog = &context.session.workspace.catalog;
    let namespace = context.namespace();
    let qualified = catalog.qualify(&namespace, name);
    if let Ok(qualified) = qualified
        && catalog.function(&qualified).is_some()
    {
        return Ok(Found::Kept(qualified.parts()));
    }
    Err(unresolved(&namespace, name).at(super::describe::place_of(context, name)))
}

fn unresolved(namespace: &(String, String), name: &[String]) -> Error {
    let path = format!(
        "[`system`.`builtin`, `system`.`session`, {}]",
        quote_parts([&namespace.0, &namespace.1])
    );
    let error = Error::new(
        "UNRESOLVED_ROUTINE",
        [("routineName", quote_parts(name)), ("searchPath", path)],
    );
    error.thrown_as(Exception::ExtendedAnalysis)
}

/// `DROP FUNCTION`.
pub(super) fn drop(context: &Context, node: &Drop) -> Result<proto::Relation> {
    let shown = node.name.join(".");
    let is_builtin = node.name.len() == 1 && find(&shown).is_some();
    if node.kind == DropKind::TemporaryFunction {
        if is_builtin {
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1255",
                [("functionName", shown)],
            ));
        }
        if context.session.drop_temp_function(&shown) || node.if_exists {
            return nothing();
        }
        let error = Error::new(
            "ROUTINE_NOT_FOUND",
            [("routineName", quote_parts(&node.name))],
        );
        return Err(error.thrown_as(Exception::NoSuchTempFunction));
    }
    let place = whole(context);
    if is_builtin {
        let hint = " Please use fully qualified identifier to drop the persistent function.";
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1017",
            [
                ("name", shown.as_str()),
                ("cmd", "DROP FUNCTION"),
                ("hintStr", hint),
            ],
        )
        .at(place));
    }
    let catalog = &context.session.workspace.catalog;
    let namespace = context.namespace();
    let name = catalog.qualify(&namespace, &node.name)?;
    if catalog.drop_function(&name)? || node.if_exists {
        return nothing();
    }
    Err(unresolved(&namespace, &node.name).at(place))
}

fn whole(context: &Context) -> Option<crate::error::QueryContext> {
    super::immediate::whole(context.sql_text.as_deref()?)
}
