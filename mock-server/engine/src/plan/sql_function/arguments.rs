//! What a call of a SQL function gives its parameters: by place, by name, or by default.

use std::collections::HashMap;

use sparring_proto::connect::{self as proto, expression::ExprType};

use super::{Arguments, Found, MAX_DEPTH};
use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast};
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::names::Names;
use crate::plan::scope::{ColumnId, Scope};
use crate::plan::typed::Typed;
use crate::types::json::from_json;
use crate::types::names::{quote, quote_parts};

/// What a call binds.
pub(super) struct Bound {
    pub(super) arguments: Arguments,
    /// The arguments as Spark shows them in the call's name.
    pub(super) shown: Vec<String>,
}

/// A default: an expression that stands on its own.
fn default(context: &Context, around: &Planner<'_>, text: &str) -> Result<Typed> {
    let parsed = sparring_sql::parse_expression(text)?;
    let planner = Planner::new(context, around.sources).for_sql(text.into());
    planner.resolve(&parsed, &Scope::default())
}

impl Planner<'_> {
    /// The parameters with the values that a call gives them.
    pub(super) fn bind(
        &self,
        found: &Found,
        inner: &Context,
        arguments: &[proto::Expression],
        names: &Names<'_>,
        origin: &Option<QueryContext>,
        is_value: bool,
    ) -> Result<Bound> {
        let depth = self.arguments.as_ref().map_or(0, |around| around.depth) + 1;
        if depth > MAX_DEPTH {
            return Err(Error::unsupported("a SQL function that calls itself"));
        }
        let parameters = &found.entry.parameters;
        let given = self
            .arranged(found, self.given(arguments, names)?)
            .map_err(|error| error.at(origin.clone()))?;
        let n_required = parameters.iter().filter(|p| p.default.is_none()).count();
        if given.len() > parameters.len() || given.len() < n_required {
            let error = Error::new(
                "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                [
                    ("functionName", quote_parts(&found.name)),
                    ("expectedNum", parameters.len().to_string()),
                    ("actualNum", given.len().to_string()),
                    ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
                ],
            );
            return Err(match is_value {
                true => error.at(origin.clone()),
                false => error.placeless(),
            });
        }
        let shown = given.iter().map(|value| value.name.to_string()).collect();
        let mut values = Vec::with_capacity(parameters.len());
        let mut columns = HashMap::new();
        let mut given = given.into_iter();
        for parameter in parameters {
            let value = match (given.next(), &parameter.default) {
                (Some(value), _) => value,
                (None, Some(text)) => default(inner, self, text)?,
                (None, None) => return Err(Error::internal("a parameter has no value")),
            };
            if value.expr.is_volatile() {
                let what = "an argument of a SQL function that differs at each use";
                return Err(Error::unsupported(what).at(origin.clone()));
            }
            for reference in value.expr.column_refs() {
                let column = ColumnId::named(&reference.name).and_then(|id| names.scope.by_id(id));
                let Some(column) = column else {
                    let what = "a SQL function of a variable of a lambda";
                    return Err(Error::unsupported(what).at(origin.clone()));
                };
                columns.insert(reference.name.clone(), column.data_type.clone());
            }
            let shown = format!("\"{}\"", value.name);
            let to = from_json(&parameter.data_type)?;
            // A value that does not fit has no place in Spark; for rows it is the call's.
            let place = match is_value {
                true => Some(QueryContext::nowhere()),
                false => origin.clone(),
            };
            let value = cast(inner, value, &to, CastMode::implicit(inner), place);
            let value = value.map_err(|error| {
                error
                    .without_place()
                    .with("sqlExpr", shown)
                    .at(origin.clone())
            })?;
            let value = Typed {
                id: None,
                alias: Some(parameter.name.as_str().into()),
                ..value.named(parameter.name.as_str())
            };
            values.push((parameter.name.clone(), value));
        }
        let arguments = Arguments {
            function: found.entry.name.clone(),
            values,
            columns,
            depth,
        };
        Ok(Bound { arguments, shown })
    }

    /// The arguments as they are given, with their names.
    fn given(
        &self,
        arguments: &[proto::Expression],
        names: &Names<'_>,
    ) -> Result<Vec<(Option<String>, Typed)>> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let Some(ExprType::NamedArgumentExpression(named)) = &argument.expr_type {
                let value = named.value.as_deref();
                let value =
                    value.ok_or_else(|| Error::invalid_plan("a named argument has no value"))?;
                given.push((Some(named.key.clone()), self.expression(value, names)?));
            } else if let Some(ExprType::UnresolvedStar(star)) = &argument.expr_type {
                let values = self.star(star, names)?;
                given.extend(values.into_iter().map(|value| (None, value)));
            } else {
                given.push((None, self.expression(argument, names)?));
            }
        }
        Ok(given)
    }

    /// The arguments in the order of the parameters (`NamedParametersSupport`). With names, what is
    /// left out is filled; else the last may be missing.
    fn arranged(&self, found: &Found, given: Vec<(Option<String>, Typed)>) -> Result<Vec<Typed>> {
        let parameters = &found.entry.parameters;
        let routine = || ("routineName", quote_parts(&found.name));
        let n_positional = given.iter().take_while(|(name, _)| name.is_none()).count();
        if n_positional == given.len() {
            return Ok(given.into_iter().map(|(_, value)| value).collect());
        }
        let (mut positional, mut named) = (Vec::new(), Vec::<(String, Typed)>::new());
        for (name, value) in given {
            let Some(name) = name else {
                if let Some((before, _)) = named.last() {
                    let class = "UNEXPECTED_POSITIONAL_ARGUMENT";
                    return Err(Error::new(
                        class,
                        [routine(), ("parameterName", quote(before))],
                    ));
                }
                positional.push(value);
                continue;
            };
            if named
                .iter()
                .any(|(known, _)| self.context.same_name(known, &name))
            {
                let class =
                    "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE";
                return Err(Error::new(
                    class,
                    [routine(), ("parameterName", quote(&name))],
                ));
            }
            named.push((name, value));
        }
        for (name, _) in &named {
            let place = parameters
                .iter()
                .position(|parameter| self.context.same_name(&parameter.name, name));
            match place {
                Some(place) if place < positional.len() => {
                    let class = "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED";
                    return Err(Error::new(
                        class,
                        [routine(), ("parameterName", quote(name))],
                    ));
                }
                Some(_) => {}
                None => {
                    let known: Vec<String> = parameters.iter().map(|p| quote(&p.name)).collect();
                    return Err(Error::new(
                        "UNRECOGNIZED_PARAMETER_NAME",
                        [
                            routine(),
                            ("argumentName", quote(name)),
                            ("proposal", known.join(" ")),
                        ],
                    ));
                }
            }
        }
        let mut values = positional;
        for (index, parameter) in parameters.iter().enumerate().skip(values.len()) {
            let place = named
                .iter()
                .position(|(name, _)| self.context.same_name(&parameter.name, name));
            values.push(match (place, &parameter.default) {
                (Some(place), _) => named.swap_remove(place).1,
                (None, Some(text)) => default(self.context, self, text)?,
                (None, None) => {
                    return Err(Error::new(
                        "REQUIRED_PARAMETER_NOT_FOUND",
                        [
                            routine(),
                            ("parameterName", quote(&parameter.name)),
                            ("index", index.to_string()),
                        ],
                    ));
                }
            });
        }
        Ok(values)
    }
}
