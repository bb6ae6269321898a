//! Finding what a name means: columns by qualifier and name, fields inside them, DataFrames by plan
//! id, aliases of the same select list, columns of an outer query.
//!
//! After Spark's `AttributeSeq.resolve` and `ColumnResolutionHelper`. Knows no other expressions.
//! Over 500 lines because the places where a name is looked for are one order of search.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::logical_expr::Expr;

use super::context::Context;
use super::scope::{Column, ColumnId, Occurrence, Scope};
use super::typed::Typed;
use crate::error::{Error, QueryContext, Result};
use crate::functions::kernels::nested;
use crate::plan::expression::is_variable;
use crate::types::names::{quote, quote_if_needed, quote_parts};

/// What names can mean at one place.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The columns of the input.
    pub(crate) scope: &'a Scope,
    /// Values already in the same select list, for lateral column aliases.
    pub(crate) lateral: &'a [Typed],
    /// Variables of the lambdas around, innermost last.
    pub(crate) lambda: &'a [LambdaVariable],
    /// The query around, for correlated subqueries.
    pub(crate) outer: Option<&'a Outer<'a>>,
    /// Where the visible columns of a name are, if many names are looked up.
    pub(crate) index: Option<&'a NameIndex>,
}

/// The places of columns by their names.
pub(crate) struct NameIndex(HashMap<String, Vec<usize>>);

impl NameIndex {
    /// The places of the visible columns of a scope.
    pub(crate) fn of(context: &Context, scope: &Scope) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(scope.columns.len());
        for (place, column) in scope.columns.iter().enumerate() {
            let name = context.folded_name(&column.name);
            match places.get_mut(name.as_ref()) {
                Some(known) => known.push(place),
                None => {
                    places.insert(name.into_owned(), vec![place]);
                }
            }
        }
        Self(places)
    }
}

/// A variable of a lambda.
#[derive(Clone)]
pub(crate) struct LambdaVariable {
    /// Its name, type and place.
    pub(crate) column: Column,
    /// Whether Spark knows its type already and so writes it without its name.
    pub(crate) bound: bool,
}

/// The scopes of the queries around, nearest first.
#[derive(Clone, Copy)]
pub(crate) struct Outer<'a> {
    /// The columns of the query around.
    pub(crate) scope: &'a Scope,
    /// The one around that.
    pub(crate) parent: Option<&'a Outer<'a>>,
}

impl<'a> Names<'a> {
    /// Names of one scope alone.
    pub(crate) fn of(scope: &'a Scope, outer: Option<&'a Outer<'a>>) -> Self {
        Self {
            scope,
            lateral: &[],
            lambda: &[],
            outer,
            index: None,
        }
    }
}

/// Resolves a name, or says with suggestions that it cannot be.
pub(crate) fn resolve(
    context: &Context,
    names: &Names<'_>,
    parts: &[String],
    origin: Option<&QueryContext>,
) -> Result<Typed> {
    resolve_optional(context, names, parts)
        .map_err(|error| error.at(origin.cloned()))?
        .ok_or_else(|| unresolved(names.scope, parts).at(origin.cloned()))
}

/// Resolves a name if it means anything.
pub(crate) fn resolve_optional(
    context: &Context,
    names: &Names<'_>,
    parts: &[String],
) -> Result<Option<Typed>> {
    if let Some(found) = lambda_variable(context, names.lambda, parts)? {
        return Ok(Some(found));
    }
    if let Some(found) = in_columns(context, names.scope.into(), names.index, parts)? {
        return Ok(Some(found));
    }
    if let Some(found) = lateral_alias(context, names.lateral, parts)? {
        return Ok(Some(found));
    }
    let mut around = names.outer;
    while let Some(outer) = around {
        if let Some(found) = in_scope(context, outer.scope, parts)? {
            return Ok(Some(outer_reference(found)));
        }
        around = outer.parent;
    }
    Ok(None)
}

fn lambda_variable(
    context: &Context,
    lambda: &[LambdaVariable],
    parts: &[String],
) -> Result<Option<Typed>> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(None);
    };
    let found = lambda
        .iter()
        .rev()
        .find(|variable| context.same_name(&variable.column.name, first));
    let Some(variable) = found else {
        return Ok(None);
    };
    let mut value = Typed::column(&variable.column);
    if variable.bound {
        // A field made of it keeps its name (`struct(x)`).
        value.alias = Some(Arc::clone(&value.name));
        value.name = "namedlambdavariable()".into();
    }
    nested_fields(context, value, rest).map(Some)
}

fn lateral_alias(context: &Context, lateral: &[Typed], parts: &[String]) -> Result<Option<Typed>> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(None);
    };
    let mut found = lateral.iter().filter(|value| {
        value
            .alias
            .as_ref()
            .is_some_and(|a| context.same_name(a, first))
            // A variable alone is no alias.
            && !is_variable(value)
    });
    let Some(value) = found.next() else {
        return Ok(None);
    };
    let count = 1 + found.count();
    if count > 1 {
        return Err(Error::new(
            "AMBIGUOUS_LATERAL_COLUMN_ALIAS",
            [("name", quote(first)), ("n", count.to_string())],
        )
        .placeless());
    }
    let mut value = nested_fields(context, value.clone(), rest)?;
    let shown: Vec<String> = parts.iter().map(|part| quote_if_needed(part)).collect();
    value.name = format!("lateralAliasReference({})", shown.join(".")).into();
    value.alias = parts.last().map(|name| name.as_str().into());
    Ok(Some(value))
}

/// A column of the query around: DataFusion is told that it lies outside.
fn outer_reference(mut value: Typed) -> Typed {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let field = Arc::new(value.field());
    let marked = value.expr.clone().transform(|expr| {
        Ok(match expr {
            Expr::Column(column) => {
                let inner = Arc::new(arrow::datatypes::Field::new(
                    column.name.clone(),
                    field.data_type().clone(),
                    true,
                ));
                Transformed::yes(Expr::OuterReferenceColumn(inner, column))
            }
            other => Transformed::no(other),
        })
    });
    if let Ok(marked) = marked {
        value.expr = marked.data;
    }
    value.id = None;
    value
}

/// Columns to look a name up in.
#[derive(Clone, Copy)]
struct Columns<'a> {
    visible: &'a [Column],
    hidden: &'a [Column],
}

impl<'a> From<&'a Scope> for Columns<'a> {
    fn from(scope: &'a Scope) -> Self {
        Self {
            visible: &scope.columns,
            hidden: &scope.hidden,
        }
    }
}

/// Looks a name up among the columns.
pub(crate) fn in_scope(
    context: &Context,
    scope: &Scope,
    parts: &[String],
) -> Result<Option<Typed>> {
    in_columns(context, scope.into(), None, parts)
}

/// Looks a name up; the longest qualifier that matches wins.
fn in_columns(
    context: &Context,
    columns: Columns<'_>,
    index: Option<&NameIndex>,
    parts: &[String],
) -> Result<Option<Typed>> {
    for qualifier_length in (0..=3.min(parts.len().saturating_sub(1))).rev() {
        let (qualifier, rest) = parts.split_at(qualifier_length);
        let Some((name, fields)) = rest.split_first() else {
            continue;
        };
        let is_qualified = |column: &&Column| {
            column.qualifier.len() >= qualifier_length
                && column.qualifier[column.qualifier.len() - qualifier_length..]
                    .iter()
                    .zip(qualifier)
                    .all(|(a, b)| context.same_name(a, b))
        };
        // The other key of a USING join stays one wherever it is shown.
        let is_open = |column: &&Column| {
            is_qualified(column)
                && (qualifier_length > 0 || !column.metadata.contains_key(QUALIFIED_ONLY))
        };
        let matches = |column: &&Column| context.same_name(&column.name, name) && is_open(column);
        let mut found: Vec<&Column> = match index {
            None => columns.visible.iter().filter(matches).collect(),
            Some(NameIndex(places)) => places
                .get(context.folded_name(name).as_ref())
                .into_iter()
                .flatten()
                .filter_map(|place| columns.visible.get(*place))
                .filter(is_open)
                .collect(),
        };
        if found.is_empty() && qualifier_length > 0 {
            found = columns.hidden.iter().filter(matches).collect();
        }
        found.dedup_by_key(|column| column.id);
        match found.as_slice() {
            [] => {}
            [column] => return nested_fields(context, spelt(column, name), fields).map(Some),
            many if many.iter().all(|column| column.id == many[0].id) => {
                return nested_fields(context, spelt(many[0], name), fields).map(Some);
            }
            many => return Err(ambiguous(parts, many)),
        }
    }
    Ok(None)
}

/// A reference under the name that the query wrote: Spark keeps its upper and lower case.
fn spelt(column: &Column, name: &str) -> Typed {
    let mut value = Typed::column(column);
    if *value.name != *name {
        value.name = name.into();
    }
    value
}

fn ambiguous(parts: &[String], columns: &[&Column]) -> Error {
    let mut options: Vec<String> = columns
        .iter()
        .map(|column| {
            // Spark shows them in the upper and lower case that was asked for.
            let mut column = (*column).clone();
            if let Some(name) = parts
                .last()
                .filter(|name| name.eq_ignore_ascii_case(&column.name))
            {
                column.name = name.as_str().into();
            }
            qualified_name(&column)
        })
        .collect();
    options.sort();
    Error::new(
        "AMBIGUOUS_REFERENCE",
        [
            ("name", quote_parts(parts)),
            ("referenceNames", format!("[{}]", options.join(", "))),
        ],
    )
}

fn qualified_name(column: &Column) -> String {
    quote_parts(
        column
            .qualifier
            .iter()
            .map(String::as_str)
            .chain([column.name.as_ref()]),
    )
}

/// `value.field.field…`; arrays of structs give arrays of the field, maps are asked by key.
pub(crate) fn nested_fields(context: &Context, value: Typed, fields: &[String]) -> Result<Typed> {
    fields.iter().try_fold(value, |value, field| {
        let name: Arc<str> = format!("{}.{field}", value.name).into();
        let mut found = nested::field(context, value, field)?;
        found.name = name;
        found.alias = Some(field.as_str().into());
        Ok(found)
    })
}

/// The column that a DataFrame's `df["name"]` means: `plan_id` names the DataFrame.
pub(crate) fn resolve_in_plan(
    context: &Context,
    names: &Names<'_>,
    plan_id: i64,
    parts: &[String],
    origin: Option<&QueryContext>,
) -> Result<Typed> {
    let Some(output) = names.scope.plans.get(&plan_id) else {
        let mut around = names.outer;
        while let Some(outer) = around {
            let inner = Names::of(outer.scope, None);
            if outer.scope.plans.contains_key(&plan_id) {
                return resolve_in_plan(context, &inner, plan_id, parts, origin)
                    .map(outer_reference);
            }
            around = outer.parent;
        }
        return Err(not_in_dataframe(parts).at(origin.cloned()));
    };
    let mut candidates: Vec<Typed> = Vec::new();
    let mut missing = None;
    for occurrence in &output.occurrences {
        let inside = Columns {
            visible: &occurrence.columns,
            hidden: &occurrence.hidden,
        };
        let Some(found) = in_columns(context, inside, None, parts)? else {
            let columns = occurrence.columns.to_vec();
            missing.get_or_insert_with(|| unresolved(&Scope::of(columns), parts));
            continue;
        };
        // What the DataFrame had must still be there, and may have become nullable since.
        if let Some(found) = still_there(context, names.scope, occurrence, found)
            && !candidates.iter().any(|known| known.expr == found.expr)
        {
            candidates.push(found);
        }
    }
    let mut candidates = candidates.into_iter();
    match (candidates.next(), candidates.next()) {
        (Some(found), None) => return Ok(found),
        (Some(_), Some(_)) => {
            return Err(
                Error::new("AMBIGUOUS_COLUMN_REFERENCE", [("name", spelled(parts))])
                    .at(origin.cloned()),
            );
        }
        (None, _) => {}
    }
    if let Some(missing) = missing {
        return Err(missing.at(origin.cloned()));
    }
    // The DataFrame is below, and the column was dropped, renamed or computed again since.
    Err(unresolved(names.scope, parts).at(origin.cloned()))
}

/// The value in terms of the present columns, if all it reads is still among them; a column that was
/// renamed is another one.
fn still_there(
    context: &Context,
    scope: &Scope,
    of: &Occurrence,
    mut value: Typed,
) -> Option<Typed> {
    for reference in value.expr.column_refs() {
        let id = ColumnId::named(&reference.name)?;
        let present = scope.by_id(id)?;
        let before = of
            .columns
            .iter()
            .chain(&*of.hidden)
            .find(|column| column.id == id)?;
        if !context.same_name(&before.name, &present.name) {
            return None;
        }
        value.nullable |= present.nullable;
    }
    Some(value)
}

/// The metadata of a key that only a qualified name finds, as Spark marks it.
pub(crate) const QUALIFIED_ONLY: &str = "__metadata_col";

fn not_in_dataframe(parts: &[String]) -> Error {
    Error::new(
        "CANNOT_RESOLVE_DATAFRAME_COLUMN",
        [("name", spelled(parts))],
    )
}

/// The name as Spark writes expressions in messages.
fn spelled(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| quote_if_needed(part)).collect();
    format!("\"{}\"", parts.join("."))
}

/// Spark's complaint about an unknown name, with the five most similar columns.
pub(crate) fn unresolved(scope: &Scope, parts: &[String]) -> Error {
    let name = quote_parts(parts);
    let wanted = parts.join(".");
    let single_qualifier = scope
        .columns
        .iter()
        .map(|column| column.qualifier.last())
        .collect::<std::collections::HashSet<_>>()
        .len()
        <= 1;
    let mut options: Vec<(usize, &str, String)> = scope
        .columns
        .iter()
        .map(|column| {
            // Spark leaves the qualifier out where all columns share it and the name has none.
            let shown = if parts.len() <= 1 && single_qualifier {
                quote(&column.name)
            } else {
                qualified_name(column)
            };
            (
                strsim::levenshtein(&shown, &wanted),
                column.name.as_ref(),
                shown,
            )
        })
        .collect();
    options.sort();
    options.truncate(5);
    if options.is_empty() {
        return Error::new(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            [("objectName", name)],
        );
    }
    let proposal = options
        .into_iter()
        .map(|(_, _, shown)| shown)
        .collect::<Vec<_>>()
        .join(", ");
    Error::new(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        [("objectName", name), ("proposal", proposal)],
    )
}

/// The text of an expression with its columns' relations before their names, as `Expression.sql` has
/// it in a few messages.
pub(crate) fn qualified_text(text: &str, value: &Typed, scope: &Scope) -> String {
    with_columns(text, value, scope, |column, is_bare| {
        let relation = column.qualifier.last().filter(|_| is_bare);
        relation.map_or_else(
            || column.name.to_string(),
            |relation| format!("{relation}.{}", column.name),
        )
    })
}

/// The text of an expression with its columns' numbers behind their names, as plans have it.
pub(crate) fn numbered_text(text: &str, value: &Typed, scope: &Scope) -> String {
    with_columns(text, value, scope, |column, _| {
        let id = column.id.internal_name();
        let digits: String = id.chars().filter(char::is_ascii_digit).collect();
        format!("{}#{digits}", column.name)
    })
}

/// The text of an expression with its columns written another way; that is told of each whether its
/// relation does not stand before it.
fn with_columns(
    text: &str,
    value: &Typed,
    scope: &Scope,
    write: impl Fn(&Column, bool) -> String,
) -> String {
    let read = value.expr.column_refs();
    let columns: Vec<&Column> = scope
        .columns
        .iter()
        .filter(|column| {
            read.iter()
                .any(|known| known.name == column.id.internal_name())
        })
        .collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..]
            .find(|c| !is_word(c))
            .map_or(rest.len(), |n| start + n);
        let word = &rest[start..end];
        out.push_str(&rest[..start]);
        match columns.iter().find(|column| *column.name == *word) {
            Some(column) => out.push_str(&write(column, !out.ends_with('.'))),
            None => out.push_str(word),
        }
        rest = &rest[end..];
    }
    out + rest
}

/// The calls of aggregates in the text of an expression, outermost only.
pub(crate) fn aggregates_in(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('(').map(|n| at + n) {
        let start = text[..open].rfind(|c| !is_word(c)).map_or(0, |n| n + 1);
        let row = crate::functions::find(&text[start..open]);
        let is_aggregate =
            row.is_some_and(|row| matches!(row.build, crate::functions::Build::Aggregate(_)));
        at = open + 1;
        if !is_aggregate {
            continue;
        }
        let mut depth = 0_usize;
        let close = text[open..].find(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let end = close.map_or(text.len(), |n| open + n + 1);
        found.push(&text[start..end]);
        at = end;
    }
    found
}
