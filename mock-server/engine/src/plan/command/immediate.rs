//! EXECUTE IMMEDIATE: a text from an expression, its parameters, and where its row goes.

use datafusion::common::ScalarValue;
use sparring_proto::connect::expression::ExprType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::Statement;
use sparring_sql::statement::{Argument, ExecuteImmediate};

use super::{statement, variable};
use crate::error::{Error, Exception, QueryContext, Result, SqlContext};
use crate::functions::kernels::sql_text::sql_text;
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::expression::{evaluate, inner};
use crate::plan::relation::read::parameters;
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;
use crate::plan::typed::Typed;
use crate::types::names::quote;
use crate::types::sql_name;

/// `EXECUTE IMMEDIATE`: a query is given back, a statement runs.
pub(super) async fn execute(context: &Context, node: ExecuteImmediate) -> Result<proto::Relation> {
    let text = text(context, &node)?;
    for (_, attribute) in &node.into {
        resolved(context, attribute)?;
    }
    let sql = bound(context, text, &node.using)?;
    let parsed = sparring_sql::parse_statement_with_params(&sql.query, &parameters(context, &sql))
        .map_err(|error| {
            let error = Error::from(error).at(whole(&sql.query));
            match error.class() {
                Some("UNBOUND_SQL_PARAMETER") => error.thrown_as(Exception::Analysis),
                _ => error,
            }
        })?;
    let mut inside = context.clone();
    inside.sql_text = Some(sql.query.as_str().into());
    let is_query = matches!(parsed, Statement::Query(_));
    if node.into.is_empty() {
        return match is_query {
            true => Ok(relation(sql)),
            false => Box::pin(statement::run(&inside, parsed)).await,
        };
    }
    if !is_query {
        return Err(Error::new(
            "INVALID_STATEMENT_FOR_EXECUTE_INTO",
            [("sqlString", sql.query.to_uppercase())],
        ));
    }
    let names: Vec<_> = node.into.into_iter().map(|(name, _)| name).collect();
    let targets = variable::targets(context, &names)?;
    let place = variable::place(context, &node.place);
    variable::assign(context, &inside, &targets, &relation(sql), place).await
}

/// The text to execute.
fn text(context: &Context, node: &ExecuteImmediate) -> Result<String> {
    if inner::any(&node.text, &is_subquery) {
        return Err(Error::unsupported(
            "a subquery as the text of EXECUTE IMMEDIATE",
        ));
    }
    let value = resolved(context, &node.text)?;
    if value.data_type != arrow::datatypes::DataType::Utf8 {
        return Err(Error::new(
            "INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE",
            [("exprType", format!("\"{}\"", sql_name(&value.data_type)))],
        ));
    }
    let text = match evaluate(&value.expr)? {
        ScalarValue::Utf8(Some(text)) => text,
        _ => {
            return Err(Error::new(
                "NULL_QUERY_STRING_EXECUTE_IMMEDIATE",
                [("varName", quote(&value.name))],
            ));
        }
    };
    let first = text.trim_start().get(..5).unwrap_or_default();
    match first.eq_ignore_ascii_case("BEGIN") {
        true => Err(Error::new(
            "SQL_SCRIPT_IN_EXECUTE_IMMEDIATE",
            [("sqlString", text)],
        )),
        false => Ok(text),
    }
}

/// The text with the values of its parameters.
fn bound(context: &Context, query: String, using: &[Argument]) -> Result<proto::Sql> {
    let mut sql = proto::Sql {
        query,
        ..Default::default()
    };
    let mut nameless = Vec::new();
    for argument in using {
        let (value, shown) = constant(context, &argument.value)?;
        match &argument.name {
            Some(name) => {
                sql.named_arguments.insert(name.clone(), value.clone());
            }
            None => nameless.push(format!("\"{shown}\"")),
        }
        sql.pos_arguments.push(value);
    }
    // What cannot be read, or not without its parameters, is complained of when it is read in earnest.
    let Ok(used) = sparring_sql::parameters_used(&sql.query) else {
        return Ok(sql);
    };
    if used.named && used.positional {
        return Err(Error::of("INVALID_QUERY_MIXED_QUERY_PARAMETERS"));
    }
    if used.named && !nameless.is_empty() {
        return Err(Error::new(
            "ALL_PARAMETERS_MUST_BE_NAMED",
            [("exprs", nameless.join(", "))],
        ));
    }
    // A text has one kind of parameters.
    match used.named {
        true => sql.pos_arguments.clear(),
        false => sql.named_arguments.clear(),
    }
    Ok(sql)
}

/// The value of an argument as a literal, and how the argument is shown.
fn constant(
    context: &Context,
    argument: &proto::Expression,
) -> Result<(proto::Expression, String)> {
    let refused = |name: &str| {
        let sources = Sources::default();
        let planner = Planner::new(context, &sources);
        let origin = argument.common.as_ref().and_then(|c| c.origin.as_ref());
        let error = Error::new(
            "UNSUPPORTED_EXPR_FOR_PARAMETER",
            [("invalidExprSql", format!("\"{name}\""))],
        );
        error.at(planner.origin(origin))
    };
    if inner::any(argument, &is_subquery) {
        return Err(refused("scalarsubquery()"));
    }
    let value = resolved(context, argument)?;
    if !value.is_foldable() {
        return Err(refused(&value.name));
    }
    let text = sql_text(&evaluate(&value.expr)?, &value.data_type, context.time_zone)?;
    Ok((
        sparring_sql::parse_expression(&text)?,
        value.name.to_string(),
    ))
}

fn is_subquery(kind: &ExprType) -> bool {
    matches!(kind, ExprType::SubqueryExpression(_))
}

fn resolved(context: &Context, expression: &proto::Expression) -> Result<Typed> {
    let sources = Sources::default();
    Planner::new(context, &sources).resolve(expression, &Scope::default())
}

fn relation(sql: proto::Sql) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(RelType::Sql(sql)),
    }
}

/// All of a text, which is shown where Spark cannot read it.
pub(super) fn whole(text: &str) -> Option<QueryContext> {
    let n_chars = i32::try_from(text.chars().count()).ok()?;
    (n_chars > 0).then(|| {
        QueryContext::Sql(SqlContext {
            start_index: 0,
            stop_index: n_chars - 1,
            line: 1,
            start_position: 0,
            sql_text: text.into(),
        })
    })
}
