//! Select lists: stars become columns, generators become rows, later items see the aliases of
//! earlier ones.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use sparring_proto::Required;
use sparring_proto::connect::{
    self as proto,
    expression::{ExprType, UnresolvedFunction, UnresolvedStar},
};
use sparring_sql::lower::internal;

use super::misplaced;
use super::session_variable;
use crate::error::{Error, Exception, QueryContext, Result};
use crate::functions::{self, Build, Generator};
use crate::plan::Planner;
use crate::plan::names::QUALIFIED_ONLY;
use crate::plan::names::{NameIndex, Names};
use crate::plan::scope::{Column, Scope};
use crate::plan::trace::Written;
use crate::plan::typed::Typed;
use crate::types::interval::Fields;
use crate::types::names::quote_parts;

/// How many items look their names up column by column; an index for more is soon paid back.
const FEW: usize = 8;

/// One item of a select list.
pub(crate) enum Item {
    /// One column.
    Value(Typed),
    /// Several columns and rows: `explode(a) AS (x, y)`.
    Generator(Generator),
}

impl Planner<'_> {
    /// Resolves a select list.
    pub(crate) fn select_list(
        &self,
        expressions: &[proto::Expression],
        scope: &Scope,
    ) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(expressions.len());
        let mut earlier: Vec<Typed> = Vec::new();
        let index = (expressions.len() > FEW).then(|| NameIndex::of(self.context, scope));
        for expression in expressions {
            let names = Names {
                lateral: &earlier,
                index: index.as_ref(),
                ..Names::of(scope, self.outer())
            };
            let mut found = self.item(expression, &names)?;
            for item in &found {
                match item {
                    Item::Value(value) if misplaced::has_generator(value) => {
                        return Err(misplaced::nested(&value.name));
                    }
                    Item::Value(_) | Item::Generator(_) => {}
                }
            }
            if names_itself(expression) || found.iter().any(is_part_of_variable) {
                found.iter_mut().for_each(mark_generated);
            }
            for item in &found {
                if let Item::Value(value) = item
                    && value.alias.is_some()
                {
                    earlier.push(value.clone());
                }
            }
            items.extend(found);
        }
        Ok(items)
    }

    fn item(&self, expression: &proto::Expression, names: &Names<'_>) -> Result<Vec<Item>> {
        let values = |values: Vec<Typed>| values.into_iter().map(Item::Value).collect();
        match expression
            .expr_type
            .as_ref()
            .required("expression.expr_type")?
        {
            ExprType::UnresolvedStar(star) => {
                let origin = expression.common.as_ref().and_then(|c| c.origin.as_ref());
                let found = expand_star(self, star, names);
                found
                    .map(values)
                    .map_err(|error| error.at(self.origin(origin)))
            }
            ExprType::UnresolvedRegex(regex) => expand_regex(self, regex, names).map(values),
            ExprType::UnresolvedFunction(function)
                if function.is_internal() && function.function_name == internal::STAR_EXCEPT =>
            {
                self.star_except(function, names).map(values)
            }
            ExprType::UnresolvedFunction(function) => match self.generator(
                function,
                names,
                self.origin(expression.common.as_ref().and_then(|c| c.origin.as_ref())),
            )? {
                Some(generator) => Ok(vec![Item::Generator(generator)]),
                None => Ok(vec![Item::Value(self.expression(expression, names)?)]),
            },
            ExprType::ExpressionString(text) => {
                let parsed = sparring_sql::parse_expression(&text.expression)?;
                self.for_sql(text.expression.as_str().into())
                    .item(&parsed, names)
            }
            ExprType::Alias(alias) => {
                let inner = alias.expr.as_deref().required("alias.expr")?;
                let (parsed, planner);
                let (inner, planner) = match &inner.expr_type {
                    Some(ExprType::ExpressionString(text)) => {
                        parsed = sparring_sql::parse_expression(&text.expression)?;
                        planner = self.for_sql(text.expression.as_str().into());
                        (&parsed, &planner)
                    }
                    _ => (inner, self),
                };
                let origin = inner.common.as_ref().and_then(|c| c.origin.as_ref());
                if let Some(ExprType::UnresolvedFunction(function)) = &inner.expr_type
                    && let Some(generator) =
                        planner.generator(function, names, planner.origin(origin))?
                {
                    return Ok(vec![Item::Generator(renamed(generator, &alias.name)?)]);
                }
                if alias.name.len() > 1 {
                    let value = planner.expression(inner, names)?;
                    return Err(Error::new(
                        "MULTI_ALIAS_WITHOUT_GENERATOR",
                        [
                            ("names", alias.name.join(", ")),
                            ("expr", format!("\"{}\"", value.name)),
                        ],
                    )
                    .at(self.origin(expression.common.as_ref().and_then(|c| c.origin.as_ref())))
                    .thrown_as(Exception::ExtendedAnalysis));
                }
                Ok(vec![Item::Value(self.expression(expression, names)?)])
            }
            _ => Ok(vec![Item::Value(self.expression(expression, names)?)]),
        }
    }

    /// The call as a generator, if its row is one.
    pub(crate) fn generator(
        &self,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Option<Generator>> {
        match functions::find(&function.function_name) {
            Some(row) if functions::ONLY_TABLES.contains(&row.name) => Ok(None),
            _ => self.table_generator(function, names, origin),
        }
    }

    /// [`Planner::generator`] where a table stands: some are nothing else.
    pub(crate) fn table_generator(
        &self,
        function: &UnresolvedFunction,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Option<Generator>> {
        let Some(row) = functions::find(&function.function_name) else {
            return Ok(None);
        };
        let Build::Generator(build) = row.build else {
            return Ok(None);
        };
        let call = self.arguments(row, function, names, origin, None, false)?;
        let found = build(&call)?;
        if let Some(trace) = &self.context.trace {
            let (name, args) = (call.name, call.args.clone());
            trace.generator(&found.list, Written { name, args });
        }
        Ok(Some(found))
    }

    /// The columns that a star means.
    pub(crate) fn star(&self, star: &UnresolvedStar, names: &Names<'_>) -> Result<Vec<Typed>> {
        expand_star(self, star, names)
    }

    fn star_except(&self, function: &UnresolvedFunction, names: &Names<'_>) -> Result<Vec<Typed>> {
        let Some((star, excluded)) = function.arguments.split_first() else {
            return Err(Error::invalid_plan("star_except without a star"));
        };
        let Some(ExprType::UnresolvedStar(star)) = &star.expr_type else {
            return Err(Error::invalid_plan("star_except without a star"));
        };
        let mut left = expand_star(self, star, names)?;
        for column in excluded {
            let value = self.expression(column, names)?;
            left.retain(|kept| kept.id.is_none() || kept.id != value.id);
        }
        Ok(left)
    }
}

/// Whether Spark makes up a name for the item and says so in the metadata: not for references,
/// constants and plain access to parts of them.
fn names_itself(expression: &proto::Expression) -> bool {
    match &expression.expr_type {
        Some(
            ExprType::Alias(_)
            | ExprType::UnresolvedAttribute(_)
            | ExprType::UnresolvedStar(_)
            | ExprType::UnresolvedRegex(_)
            | ExprType::Literal(_),
        ) => false,
        Some(ExprType::UnresolvedExtractValue(_)) => !extracts_only(expression),
        // TIMESTAMP'…' is a constant, though the session's zone has a say in it.
        Some(ExprType::UnresolvedFunction(call)) if call.is_internal() => {
            ![internal::TIMESTAMP_LITERAL, internal::TIMESTAMP_LTZ_LITERAL]
                .contains(&call.function_name.as_str())
        }
        Some(ExprType::ExpressionString(text)) => sparring_sql::parse_expression(&text.expression)
            .is_ok_and(|parsed| names_itself(&parsed)),
        _ => true,
    }
}

/// Whether an item is an item of a session variable that holds several.
fn is_part_of_variable(item: &Item) -> bool {
    matches!(item, Item::Value(value)
        if value.alias.is_none() && value.name.starts_with(session_variable::WRITTEN))
}

/// Whether the item is nothing but a column, a constant, or access to a part of one.
fn extracts_only(expression: &proto::Expression) -> bool {
    match &expression.expr_type {
        Some(ExprType::UnresolvedAttribute(_) | ExprType::Literal(_)) => true,
        Some(ExprType::UnresolvedExtractValue(node)) => [&node.child, &node.extraction]
            .into_iter()
            .flatten()
            .all(|part| extracts_only(part)),
        _ => false,
    }
}

fn mark_generated(item: &mut Item) {
    if let Item::Value(value) = item
        && value.alias.is_none()
        && value.id.is_none()
    {
        let fields = Fields::of(&value.data_type, &value.metadata);
        value.metadata = Arc::clone(&GENERATED);
        if let Some(fields) = fields {
            fields.note(&value.data_type, &mut value.metadata);
        }
    }
}

/// The metadata of a name that Spark made up.
static GENERATED: LazyLock<Arc<HashMap<String, String>>> = LazyLock::new(|| {
    Arc::new(HashMap::from([(
        "__autoGeneratedAlias".to_owned(),
        "\"true\"".to_owned(),
    )]))
});

/// Gives a generator's columns the user's names.
pub(crate) fn renamed(mut generator: Generator, names: &[String]) -> Result<Generator> {
    if names.len() != generator.columns.len() {
        return Err(Error::new(
            "UDTF_ALIAS_NUMBER_MISMATCH",
            [
                ("aliasesSize", generator.columns.len().to_string()),
                ("aliasesNames", names.join(",")),
            ],
        ));
    }
    for (column, name) in generator.columns.iter_mut().zip(names) {
        column.name = name.as_str().into();
    }
    Ok(generator)
}

/// The columns that a star means.
fn expand_star(
    planner: &Planner<'_>,
    star: &UnresolvedStar,
    names: &Names<'_>,
) -> Result<Vec<Typed>> {
    if let Some(plan_id) = star.plan_id
        && let Some(output) = names.scope.plans.get(&plan_id)
    {
        let there = |column: &&Column| names.scope.by_id(column.id).is_some();
        return Ok(output
            .occurrences
            .iter()
            .flat_map(|occurrence| occurrence.columns.iter())
            .filter(there)
            .map(Typed::column)
            .collect());
    }
    let Some(target) = star.unparsed_target.as_deref().filter(|t| !t.is_empty()) else {
        return Ok(names.scope.columns.iter().map(Typed::column).collect());
    };
    let target = target.strip_suffix(".*").unwrap_or(target);
    let parts = sparring_sql::parse_multipart_identifier(target)?;
    let context = planner.context;
    let belongs = |column: &&Column| {
        column.qualifier.len() >= parts.len()
            && column.qualifier[column.qualifier.len() - parts.len()..]
                .iter()
                .zip(&parts)
                .all(|(a, b)| context.same_name(a, b))
    };
    // The other key of a USING join is shown where its side is asked for.
    let keys = names.scope.hidden.iter();
    let keys = keys.filter(|column| column.metadata.contains_key(QUALIFIED_ONLY));
    let found: Vec<Typed> = keys
        .chain(&names.scope.columns)
        .filter(belongs)
        .map(Typed::column)
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    // `s.*` spreads a struct.
    if let Some(structure) = crate::plan::names::in_scope(context, names.scope, &parts)?
        && let arrow::datatypes::DataType::Struct(fields) = structure.data_type.clone()
    {
        return fields
            .iter()
            .map(|field| {
                let mut value =
                    functions::kernels::nested::field(context, structure.clone(), field.name())?;
                value.alias = Some(field.name().as_str().into());
                Ok(value)
            })
            .collect();
    }
    let columns: Vec<String> = names
        .scope
        .columns
        .iter()
        .map(|c| quote_parts([c.name.as_ref()]))
        .collect();
    Err(Error::new(
        "CANNOT_RESOLVE_STAR_EXPAND",
        [
            ("targetString", quote_parts(&parts)),
            ("columns", columns.join(", ")),
        ],
    ))
}

/// ``df.colRegex("`a.*`")``: every column whose whole name matches.
fn expand_regex(
    planner: &Planner<'_>,
    regex: &proto::expression::UnresolvedRegex,
    names: &Names<'_>,
) -> Result<Vec<Typed>> {
    let pattern = regex.col_name.trim_matches('`');
    let folded = if planner.context.case_sensitive {
        ""
    } else {
        "(?i)"
    };
    let compiled = regex::Regex::new(&format!("^{folded}(?:{pattern})$"))
        .map_err(|_| Error::unsupported(format!("the regular expression `{pattern}`")))?;
    Ok(names
        .scope
        .columns
        .iter()
        .filter(|column| compiled.is_match(&column.name))
        .map(Typed::column)
        .collect())
}

/// A star among a function's arguments: `count(*)` counts rows, others get every column.
pub(super) fn star_arguments(
    planner: &Planner<'_>,
    function: &str,
    star: &UnresolvedStar,
    names: &Names<'_>,
) -> Result<Vec<Typed>> {
    if function == "count"
        && star
            .unparsed_target
            .as_deref()
            .unwrap_or_default()
            .is_empty()
    {
        let one = datafusion::common::ScalarValue::Int32(Some(1));
        return Ok(vec![Typed::literal(
            one,
            arrow::datatypes::DataType::Int32,
            "1",
        )]);
    }
    expand_star(planner, star, names)
}
