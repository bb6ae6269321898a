//! Defaults of columns: checked where they are declared, put in where rows leave a column out or say
//! DEFAULT (`ResolveDefaultColumns`).

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field};
use sparring_proto::connect::expression::{ExprType, cast::CastToType, cast::EvalMode};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;
use sparring_sql::statement::SqlExpression;

use crate::error::{Error, Exception, Result};
use crate::functions::kernels::cast::up_castable;
use crate::functions::kernels::sql_text::sql_text;
use crate::functions::{CastMode, cast};
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::expression::{evaluate, inner};
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;
use crate::plan::typed::Typed;
use crate::types::names::quote;
use crate::types::proto::from_arrow;
use crate::types::sql_name;

/// The keys of a column's metadata: its default as written, and the value that rows have which are
/// older than the column.
pub(crate) const CURRENT: &str = "CURRENT_DEFAULT";
pub(super) const EXISTS: &str = "EXISTS_DEFAULT";

/// A default in the places where it is declared.
pub(super) struct Declared<'a> {
    pub(super) column: &'a str,
    pub(super) data_type: &'a DataType,
    pub(super) default: &'a SqlExpression,
    /// The statement, as messages name it.
    pub(super) statement: &'static str,
}

impl Declared<'_> {
    /// The default's value in SQL, if it is one that the column takes.
    pub(super) fn value(&self, context: &Context) -> Result<String> {
        let is_subquery = |kind: &ExprType| matches!(kind, ExprType::SubqueryExpression(_));
        if inner::any(&self.default.expression, &is_subquery) {
            return Err(self.invalid("INVALID_DEFAULT_VALUE.SUBQUERY_EXPRESSION"));
        }
        let sources = Sources::default();
        let planner = Planner::new(context, &sources);
        // Functions are looked for where the statement has them, values are those of the text alone.
        let found = planner.resolve(&self.default.expression, &Scope::default());
        found.map_err(|error| match error.class() {
            Some(class) if class.starts_with("UNRESOLVED_COLUMN") => {
                self.invalid("INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION")
            }
            _ => error,
        })?;
        let value = resolved(context, &self.default.text)?;
        let value = self.fitted(context, value)?;
        if value.expr.is_volatile() {
            return Err(self.invalid("INVALID_DEFAULT_VALUE.NON_DETERMINISTIC"));
        }
        if !value.is_foldable() {
            return Err(self.invalid("INVALID_DEFAULT_VALUE.NOT_CONSTANT"));
        }
        sql_text(&evaluate(&value.expr)?, self.data_type, context.time_zone)
    }

    fn fitted(&self, context: &Context, value: Typed) -> Result<Typed> {
        let (from, to) = (value.data_type.clone(), self.data_type);
        if from == DataType::Null || up_castable(&from, to) {
            return cast(context, value, to, CastMode::Ansi, None);
        }
        let is_plain = |found: &DataType| !found.is_nested() && *found != DataType::Boolean;
        if is_plain(&from) && is_plain(to) && value.is_foldable() {
            let tried = cast(context, value, to, CastMode::Try, None);
            if let Ok(tried) = tried
                && !evaluate(&tried.expr)?.is_null()
            {
                return Ok(tried);
            }
        }
        let shown = |found: &DataType| format!("\"{}\"", sql_name(found));
        Err(self
            .invalid("INVALID_DEFAULT_VALUE.DATA_TYPE")
            .thrown_as(Exception::Analysis)
            .with("expectedType", shown(to))
            .with("actualType", shown(&from)))
    }

    fn invalid(&self, class: &'static str) -> Error {
        let error = Error::new(
            class,
            [
                ("statement", self.statement.to_owned()),
                ("colName", quote(self.column)),
                ("defaultValue", self.default.text.clone()),
            ],
        );
        match self.statement {
            "CREATE TABLE" => error.thrown_as(Exception::ExtendedAnalysis),
            _ => error,
        }
    }
}

/// A default as the metadata of its column.
pub(super) fn note(metadata: &mut HashMap<String, String>, key: &str, text: &str) {
    metadata.insert(key.to_owned(), serde_json::Value::from(text).to_string());
}

/// The default of a column as it was written.
pub(super) fn text_of(field: &Field) -> Option<String> {
    serde_json::from_str(field.metadata().get(CURRENT)?).ok()
}

fn resolved(context: &Context, text: &str) -> Result<Typed> {
    let sources = Sources::default();
    let planner = Planner::new(context, &sources).for_sql(text.into());
    let parsed = sparring_sql::parse_expression(text)?;
    planner.resolve(&parsed, &Scope::default())
}

/// What a row has in a column that it leaves out.
pub(super) fn missing(context: &Context, field: &Field, table: &str) -> Result<Typed> {
    if let Some(text) = text_of(field) {
        let value = resolved(context, &text)?;
        return cast(context, value, field.data_type(), CastMode::Ansi, None);
    }
    let conf = context.session.conf();
    let key = "spark.sql.defaultColumn.useNullsForMissingDefaultValues";
    if conf
        .option(key)
        .is_some_and(|value| value.eq_ignore_ascii_case("false"))
    {
        return Err(Error::new(
            "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA",
            [
                ("tableName", table.to_owned()),
                ("colName", quote(field.name())),
            ],
        ));
    }
    Ok(Typed::null(field.data_type().clone()))
}

/// The query with the defaults of these columns where it says DEFAULT: in a row of VALUES or as an
/// item of the select list, alone.
pub(super) fn put_in(mut query: proto::Relation, fields: &[&Field]) -> Result<proto::Relation> {
    match &mut query.rel_type {
        Some(RelType::WithRelations(with)) => {
            if let Some(root) = with.root.take() {
                with.root = Some(Box::new(put_in(*root, fields)?));
            }
        }
        Some(RelType::UnresolvedTableValuedFunction(table))
            if table.function_name == internal::INLINE_TABLE =>
        {
            for row in &mut table.arguments {
                if let Some(ExprType::UnresolvedFunction(row)) = &mut row.expr_type {
                    replace(&mut row.arguments, fields)?;
                }
            }
        }
        Some(RelType::Project(list)) => replace(&mut list.expressions, fields)?,
        _ => {}
    }
    Ok(query)
}

fn replace(values: &mut [proto::Expression], fields: &[&Field]) -> Result<()> {
    for (index, value) in values.iter_mut().enumerate() {
        match (&value.expr_type, fields.get(index)) {
            (Some(kind), Some(field)) if is_default(kind) => *value = default_of(field),
            (Some(kind), None) if is_default(kind) => {}
            _ if inner::any(value, &is_default) => {
                return Err(Error::of("DEFAULT_PLACEMENT_INVALID"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an expression is the word DEFAULT.
pub(super) fn is_default(kind: &ExprType) -> bool {
    let ExprType::UnresolvedAttribute(attribute) = kind else {
        return false;
    };
    let name = attribute.unparsed_identifier.trim_matches('`');
    name.eq_ignore_ascii_case("default")
}

fn default_of(field: &Field) -> proto::Expression {
    let of = |kind| proto::Expression {
        common: None,
        expr_type: Some(kind),
    };
    let expression = text_of(field).unwrap_or_else(|| "NULL".to_owned());
    let text = ExprType::ExpressionString(proto::expression::ExpressionString { expression });
    let mut cast = proto::expression::Cast {
        expr: Some(Box::new(of(text))),
        cast_to_type: Some(CastToType::Type(from_arrow(field.data_type()))),
        ..Default::default()
    };
    cast.set_eval_mode(EvalMode::Ansi);
    of(ExprType::Cast(Box::new(cast)))
}
