//! Function calls: finding the row, resolving arguments, and the forms that SQL lowers to and the
//! tables do not know (`lower.rs` of the SQL crate lists them). Over 500 lines for those forms, an arm each.

use arrow::datatypes::DataType;
use sparring_proto::Required;
use sparring_proto::connect::{
    self as proto,
    expression::{ExprType, UnresolvedFunction},
};
use sparring_sql::lower::internal;

use super::interval_note::interval_noted;
use super::{misplaced, select_list};
use crate::error::{Error, QueryContext, Result};
use crate::functions::{self, Build, Call, Function, Higher, Lambda};
use crate::plan::Planner;
use crate::plan::names::{LambdaVariable, Names};
use crate::plan::scope::Column;
use crate::plan::sql_function;
use crate::plan::trace::Written;
use crate::plan::typed::Typed;
use crate::types::names::quote_parts;
use crate::types::variant::is_variant;

/// Functions that SQL lets be written without parentheses.
pub(super) fn without_parentheses(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "current_catalog",
        "current_database",
        "current_date",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "session_user",
        "user",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl Planner<'_> {
    /// A function call.
    pub(super) fn function(
        &self,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        if function.is_internal()
            && let Some(found) = self.internal(function, names, &origin)?
        {
            return Ok(found);
        }
        self.function_with(function, names, origin, None, false)
    }

    fn function_with(
        &self,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
        filter: Option<Typed>,
        ignore_nulls: bool,
    ) -> Result<Typed> {
        if let Some(found) = self.sql_function(&function.function_name) {
            let is_filtered = filter.is_some();
            let value = self.sql_call(&found, function, names, origin.clone(), is_filtered)?;
            if let Some(value) = value {
                return Ok(value);
            }
        }
        let row = self.row(&function.function_name, &origin)?;
        // A unit is no column: what is none makes it another function, which there is not.
        let has_unit = matches!(row.name, "timestampadd" | "timestampdiff");
        let is_name = function.arguments.first().is_some_and(|first| {
            matches!(&first.expr_type, Some(ExprType::UnresolvedAttribute(_)))
        });
        if has_unit && is_name {
            return Err(self.unknown(&function.function_name, true).at(origin));
        }
        let call = self.arguments(row, function, names, origin, filter, ignore_nulls)?;
        match row.build {
            Build::Scalar(build) => {
                self.no_aggregate_options(&call)?;
                self.built(&call, build)
                    .map(|found| interval_noted(&call, found))
            }
            Build::Aggregate(build) => self
                .built(&call, build)
                .map(|found| interval_noted(&call, found)),
            Build::Window(build) => {
                let name = build(&call)?.result.name;
                Err(Error::new(
                    "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE",
                    [("funcName", format!("\"{name}\""))],
                ))
            }
            Build::Generator(build) => {
                let generator = build(&call)?;
                Ok(misplaced::generator(generator, call.default_name()))
            }
            Build::HigherOrder(build) => {
                let lambdas: Vec<Lambda<'_>> = function
                    .arguments
                    .iter()
                    .filter_map(|argument| match &argument.expr_type {
                        Some(ExprType::LambdaFunction(lambda)) => Some(Lambda {
                            function: lambda,
                            origin: self
                                .origin(argument.common.as_ref().and_then(|c| c.origin.as_ref())),
                        }),
                        _ => None,
                    })
                    .collect();
                let higher = Higher {
                    call: &call,
                    lambdas: &lambdas,
                    resolve: &|lambda, variables, bound| {
                        self.lambda_body(lambda, variables, bound, names)
                    },
                };
                build(&higher).map(|found| interval_noted(&call, found))
            }
            Build::Planned => {
                Err(Error::unsupported(format!("the function `{}`", row.name)).at(call.origin))
            }
        }
    }

    fn built(&self, call: &Call<'_>, build: fn(&Call<'_>) -> Result<Typed>) -> Result<Typed> {
        let found = build(call)?;
        if let Some(trace) = &self.context.trace {
            let (name, args) = (call.name, call.args.clone());
            trace.call(&found.expr, Written { name, args });
        }
        Ok(found)
    }

    /// The row of a function, or Spark's complaint.
    pub(super) fn row(
        &self,
        name: &str,
        origin: &Option<QueryContext>,
    ) -> Result<&'static Function> {
        let known = functions::find(name);
        let found = known.filter(|row| {
            let in_sql = matches!(origin, Some(QueryContext::Sql(_)));
            let is_hidden = in_sql && functions::only_dataframes(row.name);
            !is_hidden && !functions::ONLY_TABLES.contains(&row.name)
        });
        found.ok_or_else(|| self.unknown(name, known.is_some()).at(origin.clone()))
    }

    /// The SQL function that a name means.
    pub(crate) fn sql_function(&self, name: &str) -> Option<sql_function::Found> {
        if functions::find(name).is_some() {
            return None;
        }
        let parts = sparring_sql::parse_multipart_identifier(name).ok()?;
        sql_function::find(self.context, self.sees_session, &parts)
    }

    fn unknown(&self, name: &str, is_known: bool) -> Error {
        let session = self.context.namespace();
        let parts = sparring_sql::parse_multipart_identifier(name);
        let parts = parts.unwrap_or_else(|_| vec![name.to_owned()]);
        // A name of many parts names no function, whatever its last part.
        let catalog = &self.context.session.workspace.catalog;
        if parts.len() > 2
            && let Err(error) = catalog.qualify(&session, &parts)
        {
            return error;
        }
        let error = Error::new(
            "UNRESOLVED_ROUTINE",
            [
                ("routineName", quote_parts(&parts)),
                (
                    "searchPath",
                    format!(
                        "[`system`.`builtin`, `system`.`session`, `{}`.`{}`]",
                        session.0, session.1
                    ),
                ),
            ],
        );
        let near = match is_known {
            true => Vec::new(),
            false => functions::nearest_names(name),
        };
        match near.first() {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }

    /// The call with its arguments resolved; lambdas are left for the builder.
    pub(super) fn arguments(
        &self,
        row: &'static Function,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
        filter: Option<Typed>,
        ignore_nulls: bool,
    ) -> Result<Call<'_>> {
        let inside;
        let planner = match row.build {
            Build::Aggregate(_) if self.nulled.is_some() => {
                inside = self.inside_aggregate();
                &inside
            }
            _ => self,
        };
        let mut args = Vec::with_capacity(function.arguments.len());
        for argument in &function.arguments {
            match &argument.expr_type {
                Some(ExprType::LambdaFunction(_)) => {}
                Some(ExprType::UnresolvedStar(star)) => {
                    args.extend(select_list::star_arguments(planner, row.name, star, names)?);
                }
                Some(ExprType::ExpressionString(text)) => {
                    let parsed = sparring_sql::parse_expression(&text.expression)?;
                    match &parsed.expr_type {
                        // `F.count(F.expr('*'))`.
                        Some(ExprType::UnresolvedStar(star)) => {
                            args.extend(select_list::star_arguments(
                                planner, row.name, star, names,
                            )?);
                        }
                        _ => args.push(planner.expression(argument, names)?),
                    }
                }
                _ => args.push(planner.expression(argument, names)?),
            }
        }
        Ok(Call {
            context: self.context,
            name: row.name,
            args,
            distinct: function.is_distinct,
            filter,
            ignore_nulls,
            origin,
        })
    }

    fn no_aggregate_options(&self, call: &Call<'_>) -> Result<()> {
        if call.distinct || call.filter.is_some() {
            let syntax = if call.distinct {
                "DISTINCT"
            } else {
                "FILTER CLAUSE"
            };
            return Err(Error::new(
                "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                [
                    ("prettyName", format!("`{}`", call.name)),
                    ("syntax", syntax.to_owned()),
                ],
            )
            .at(call.origin.clone()));
        }
        Ok(())
    }

    /// A call with resolved arguments.
    pub(super) fn call_by_name(
        &self,
        name: &str,
        args: Vec<Typed>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let row = self.row(name, &origin)?;
        let call = Call {
            context: self.context,
            name: row.name,
            args,
            distinct: false,
            filter: None,
            ignore_nulls: false,
            origin,
        };
        match row.build {
            Build::Scalar(build) | Build::Aggregate(build) => self.built(&call, build),
            _ => Err(Error::internal(format!("{name} cannot be called by name"))),
        }
    }

    fn lambda_body(
        &self,
        lambda: &Lambda<'_>,
        columns: &[Column],
        bound: bool,
        names: &Names<'_>,
    ) -> Result<Typed> {
        let own = &lambda.function.arguments;
        if own.len() != columns.len() {
            return Err(Error::new(
                "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH",
                [
                    ("expectedNumArgs", own.len().to_string()),
                    ("actualNumArgs", columns.len().to_string()),
                ],
            )
            .at(lambda.origin.clone()));
        }
        let mut scoped = names.lambda.to_vec();
        for (variable, column) in own.iter().zip(columns) {
            let mut column = column.clone();
            column.name = variable.name_parts.join(".").into();
            scoped.push(LambdaVariable { column, bound });
        }
        let inner = Names {
            lambda: &scoped,
            ..*names
        };
        let body = lambda.function.function.as_deref();
        self.expression(body.required("lambda.function")?, &inner)
    }

    /// The internal forms of the SQL crate that are expressions.
    fn internal(
        &self,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: &Option<QueryContext>,
    ) -> Result<Option<Typed>> {
        match (
            function.function_name.as_str(),
            function.arguments.as_slice(),
        ) {
            (internal::FILTER_AGGREGATE, [call, condition]) => {
                let condition = self.expression(condition, names)?;
                self.modified(call, names, Some(condition), false).map(Some)
            }
            (internal::IGNORE_NULLS, [call]) => self.modified(call, names, None, true).map(Some),
            (
                name @ ("like_any" | "like_all" | "not_like_any" | "not_like_all"),
                [value, patterns @ ..],
            ) => self.quantified_like(name, value, patterns, names).map(Some),
            (internal::ROW, fields) => self.row_of(fields, names, origin).map(Some),
            (internal::EXTRACT_PATH, [value, path]) => {
                self.extract_path(value, path, names, origin).map(Some)
            }
            (internal::QUALIFY, [condition]) => self.expression(condition, names).map(Some),
            (internal::WITHIN_GROUP, [call, order @ ..]) => self
                .within_group(call, order, names, origin, None)
                .map(Some),
            _ => Ok(None),
        }
    }

    /// `v:a.b`: what lies there in a variant; its column is named after the last step.
    fn extract_path(
        &self,
        value: &proto::Expression,
        path: &proto::Expression,
        names: &Names<'_>,
        origin: &Option<QueryContext>,
    ) -> Result<Typed> {
        let value = self.expression(value, names)?;
        if !is_variant(&value.data_type) {
            let error = Error::unsupported("a path into JSON text by a colon");
            return Err(error.at(origin.clone()));
        }
        let path = self.expression(path, names)?;
        let last = path.constant_str().and_then(|path| {
            let mut names = path.split('[').filter_map(|step| step.strip_suffix("']"));
            names
                .next_back()
                .map(|name| name.trim_start_matches('\'').to_owned())
        });
        let found = self.call_by_name("variant_get", vec![value, path], origin.clone())?;
        Ok(match last {
            Some(last) => found.aliased(last),
            None => found,
        })
    }

    /// `a LIKE ANY ('x%', 'y%')`: one test a pattern. Spark calls it nullable, whatever is.
    fn quantified_like(
        &self,
        name: &str,
        value: &proto::Expression,
        patterns: &[proto::Expression],
        names: &Names<'_>,
    ) -> Result<Typed> {
        let value = self.expression(value, names)?;
        let (is_not, quantifier) = match name.strip_prefix("not_") {
            Some(quantifier) => (true, quantifier),
            None => (false, name),
        };
        let combine = if quantifier == internal::LIKE_ANY {
            "or"
        } else {
            "and"
        };
        let mut all: Option<Typed> = None;
        for pattern in patterns {
            let pattern = self.expression(pattern, names)?;
            let mut test = self.call_by_name("like", vec![value.clone(), pattern], None)?;
            if is_not {
                test = self.call_by_name("not", vec![test], None)?;
            }
            all = Some(match all {
                None => test,
                Some(before) => self.call_by_name(combine, vec![before, test], None)?,
            });
        }
        let all = all.ok_or_else(|| Error::invalid_plan("LIKE with no patterns"))?;
        let shown = format!("{}({})", name.replace('_', ""), value.name);
        Ok(Typed {
            nullable: true,
            ..all.named(shown)
        })
    }

    /// `(a, 1)`: Spark's parser makes it a `named_struct`.
    fn row_of(
        &self,
        fields: &[proto::Expression],
        names: &Names<'_>,
        origin: &Option<QueryContext>,
    ) -> Result<Typed> {
        let mut args = Vec::with_capacity(2 * fields.len());
        for (index, field) in fields.iter().enumerate() {
            let value = self.expression(field, names)?;
            let name = match &field.expr_type {
                Some(
                    ExprType::Alias(_)
                    | ExprType::UnresolvedAttribute(_)
                    | ExprType::UnresolvedNamedLambdaVariable(_),
                ) => value.output_name().to_string(),
                _ => format!("col{}", index + 1),
            };
            let constant = datafusion::common::ScalarValue::Utf8(Some(name.clone()));
            args.push(Typed::literal(constant, DataType::Utf8, name));
            args.push(value);
        }
        self.call_by_name("named_struct", args, origin.clone())
    }

    /// An aggregate with a filter or `IGNORE NULLS` around it.
    fn modified(
        &self,
        call: &proto::Expression,
        names: &Names<'_>,
        filter: Option<Typed>,
        ignore_nulls: bool,
    ) -> Result<Typed> {
        let origin = self.origin(call.common.as_ref().and_then(|c| c.origin.as_ref()));
        match &call.expr_type {
            Some(ExprType::UnresolvedFunction(function))
                if function.is_internal() && function.function_name == internal::WITHIN_GROUP =>
            {
                let Some((inner, order)) = function.arguments.split_first() else {
                    return Err(Error::invalid_plan("WITHIN GROUP without a call"));
                };
                let text = filter
                    .as_ref()
                    .map(|f| format!(" FILTER (WHERE {})", f.name));
                let found = self.within_group(inner, order, names, &origin, filter)?;
                let name = format!("{}{}", found.name, text.unwrap_or_default());
                Ok(found.named(name))
            }
            Some(ExprType::UnresolvedFunction(function)) => {
                let text = filter
                    .as_ref()
                    .map(|f| format!(" FILTER (WHERE {})", f.name));
                let found = self.function_with(function, names, origin, filter, ignore_nulls)?;
                Ok(match text {
                    Some(text) => {
                        let name = format!("{}{text}", found.name);
                        found.named(name)
                    }
                    None => found,
                })
            }
            _ => Err(Error::invalid_plan(
                "FILTER and IGNORE NULLS belong to a function call",
            )),
        }
    }

    /// `percentile_cont(0.5) WITHIN GROUP (ORDER BY a)`: the order's value comes first, then the
    /// call's own arguments; a last argument tells whether the order ascends, and is
    /// called by where the nulls stand.
    fn within_group(
        &self,
        call: &proto::Expression,
        order: &[proto::Expression],
        names: &Names<'_>,
        origin: &Option<QueryContext>,
        filter: Option<Typed>,
    ) -> Result<Typed> {
        let (Some(ExprType::UnresolvedFunction(function)), [order]) = (&call.expr_type, order)
        else {
            return Err(
                Error::unsupported("WITHIN GROUP with several sort keys").at(origin.clone())
            );
        };
        let Some(ExprType::SortOrder(order)) = &order.expr_type else {
            return Err(Error::invalid_plan("WITHIN GROUP without a sort order"));
        };
        let row = self
            .row(&format!("{}_within_group", function.function_name), origin)
            .map_err(|_| {
                Error::unsupported(format!("`{}` WITHIN GROUP", function.function_name))
                    .at(origin.clone())
            })?;
        let mut call = self.arguments(row, function, names, origin.clone(), filter, false)?;
        let (key, _) = self.sort_order(order, names)?;
        let value = self.expression(order.child.as_deref().required("sort_order.child")?, names)?;
        call.args.insert(0, value);
        let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
        call.args.push(Typed::literal(
            datafusion::common::ScalarValue::Boolean(Some(key.asc)),
            DataType::Boolean,
            nulls,
        ));
        match row.build {
            Build::Aggregate(build) => build(&call),
            _ => Err(Error::internal("an ordered-set row is no aggregate")),
        }
    }
}
