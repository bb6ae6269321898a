//! Defaults of columns: checked where they are declared, put in where rows leave a column out or say
//! DEFAULT (`ResolveDefaultColumns`).

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field};
use sparring_proto::connect::expression::{ExprType, cast::CastToType, cast::EvalMode};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;
use sparring_sql::statement::{ColumnDefinition, SqlExpression};

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
pub(super) use crate::io::existing::EXISTS;

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
        let planner = Planner::new(context, &sources).without_session();
        // Functions are looked for where the statement has them, values are those of the text alone.
        let found = planner.resolve(&self.default.expression, &Scope::default());
        found.map_err(|error| match error.class() {
            Some(class) if class.starts_with("UNRESOLVED_COLUMN") => {
                let error = self.invalid("INVALID_DEFAULT_VALUE.UNRESOLVED_EXPRESSION");
                // Spark finds a session variable first, and refuses it later.
                let with_session = Planner::new(context, &sources);
                match with_session.resolve(&self.default.expression, &Scope::default()) {
                    Ok(_) => error.thrown_as(Exception::Analysis),
                    Err(_) => error,
                }
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

/// Refuses defaults of tables whose data source takes none.
pub(super) fn allowed(
    context: &Context,
    columns: &[ColumnDefinition],
    provider: &str,
    statement: &str,
) -> Result<()> {
    if columns.iter().all(|column| column.default.is_none()) {
        return Ok(());
    }
    let conf = context.session.conf();
    let given = conf.option("spark.sql.defaultColumn.allowedProviders");
    let given = given.unwrap_or_else(|| "csv,json,orc,parquet".to_owned());
    let mut names = given
        .split(',')
        .map(|name| name.trim().trim_end_matches('*'));
    if names.any(|name| name.eq_ignore_ascii_case(provider)) {
        return Ok(());
    }
    Err(Error::new(
        "DEFAULT_UNSUPPORTED",
        [("statementType", statement), ("dataSource", provider)],
    ))
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
    let planner = Planner::new(context, &sources)
        .without_session()
        .for_sql(text.into());
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
pub(super) fn put_in(query: proto::Relation, fields: &[&Field]) -> Result<proto::Relation> {
    let default = |at: usize| {
        let field = fields
            .get(at)
            .ok_or_else(|| Error::internal("a value has no column"))?;
        Ok(default_of(field))
    };
    put_in_with(query, fields.len(), &default)
}

/// The same with what DEFAULT means at each of `n_targets` places.
pub(super) fn put_in_with(
    mut query: proto::Relation,
    n_targets: usize,
    default: &impl Fn(usize) -> Result<proto::Expression>,
) -> Result<proto::Relation> {
    match &mut query.rel_type {
        Some(RelType::WithRelations(with)) => {
            if let Some(root) = with.root.take() {
                with.root = Some(Box::new(put_in_with(*root, n_targets, default)?));
            }
        }
        Some(RelType::UnresolvedTableValuedFunction(table))
            if table.function_name == internal::INLINE_TABLE =>
        {
            for row in &mut table.arguments {
                if let Some(ExprType::UnresolvedFunction(row)) = &mut row.expr_type {
                    replace(&mut row.arguments, n_targets, default)?;
                }
            }
        }
        Some(RelType::Project(list)) => replace(&mut list.expressions, n_targets, default)?,
        _ => {}
    }
    Ok(query)
}

fn replace(
    values: &mut [proto::Expression],
    n_targets: usize,
    default: &impl Fn(usize) -> Result<proto::Expression>,
) -> Result<()> {
    for (index, value) in values.iter_mut().enumerate() {
        match &value.expr_type {
            Some(kind) if is_default(kind) && index < n_targets => *value = default(index)?,
            // A value too many is complained of with the others.
            Some(kind) if is_default(kind) => {}
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
    cast_to(of(text), field.data_type())
}

/// The expression in the type of what it is the default of.
pub(super) fn cast_to(expression: proto::Expression, data_type: &DataType) -> proto::Expression {
    let mut cast = proto::expression::Cast {
        expr: Some(Box::new(expression)),
        cast_to_type: Some(CastToType::Type(from_arrow(data_type))),
        ..Default::default()
    };
    cast.set_eval_mode(EvalMode::Ansi);
    proto::Expression {
        common: None,
        expr_type: Some(ExprType::Cast(Box::new(cast))),
    }
}
