//! `spark.sql`: a query is given back unexecuted, a statement runs once and answers with its rows.
//!
//! Over 500 lines for the one match over all statements and the short ones; longer families have files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use sparring_proto::connect::execute_plan_response::{ResponseType, SqlCommandResult};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::Statement;
use sparring_sql::statement::{
    ColumnDefinition, Configuration, Constraint, ConstraintKind, CreateTable, DropKind,
};

use super::result::{Table, nothing};
use super::table::{Existing, NewTable, create, distinct, partition_columns, schema_of};
use super::{
    alter_table, alter_view, change, comment, defaults, describe, function, immediate, insert,
    namespace, show, statistics, table_like, upkeep, variable, view,
};
use crate::catalog::QualifiedName;
use crate::catalog::store::{Change, ConstraintEntry, RelationEntry, RelationKind};
use crate::conf::Flavor;
use crate::error::{Error, Exception, Result};
use crate::io::Format;
use crate::io::options::Options;
use crate::io::source::Request;
use crate::plan::context::Context;
use crate::plan::variables::substituted;
use crate::types::names::quote;
use crate::types::proto::{CHAR_VARCHAR, to_arrow};

/// `SqlCommand`.
pub(super) async fn sql(context: &Context, node: &proto::SqlCommand) -> Result<ResponseType> {
    let relation = match &node.input {
        Some(input) => input.clone(),
        None => older(node),
    };
    let inner = match &relation.rel_type {
        Some(RelType::Sql(sql)) => sql.clone(),
        // DataFrames as arguments: the text stands at the top, what it names beside it.
        Some(RelType::WithRelations(with)) => {
            match with.root.as_ref().and_then(|root| root.rel_type.as_ref()) {
                Some(RelType::Sql(sql)) => sql.clone(),
                _ => return Err(Error::invalid_plan("a SQL command has no text")),
            }
        }
        _ => return Err(Error::invalid_plan("a SQL command has no text")),
    };
    let text = substituted(context, &inner.query)?;
    let parameters = crate::plan::relation::read::parameters(context, &inner);
    let statement = sparring_sql::parse_statement_with_params(&text, &parameters)?;
    let answer = match statement {
        Statement::Query(_) => relation,
        other => answer(context, &text, other).await?,
    };
    Ok(ResponseType::SqlCommandResult(SqlCommandResult {
        relation: Some(answer),
    }))
}

/// The answer of a statement that a client sends as a query; none if it is one.
pub(crate) async fn root(context: &Context, node: &proto::Sql) -> Result<Option<proto::Relation>> {
    let first = node.query.trim_start().get(..4).unwrap_or_default();
    // Others that are no statements begin with SELECT, VALUES, TABLE or a parenthesis.
    if !first.eq_ignore_ascii_case("with") && !first.eq_ignore_ascii_case("from") {
        return Ok(None);
    }
    let text = substituted(context, &node.query)?;
    let parameters = crate::plan::relation::read::parameters(context, node);
    match sparring_sql::parse_statement_with_params(&text, &parameters) {
        Ok(Statement::Query(_)) | Err(_) => Ok(None),
        Ok(statement) => Ok(Some(answer(context, &text, statement).await?)),
    }
}

/// Runs a statement where long work runs.
async fn answer(context: &Context, text: &str, statement: Statement) -> Result<proto::Relation> {
    let mut context = context.clone();
    context.sql_text = Some(text.into());
    let workspace = Arc::clone(&context.session.workspace);
    let work = Box::pin(async move {
        let answer = run(&context, statement).await;
        answer.map_err(|error| at_its_table(error, &context))
    });
    Box::pin(workspace.compute().run(work)).await
}

/// A table that is not there is shown where the statement names it.
fn at_its_table(error: Error, context: &Context) -> Error {
    if error.class() != Some("TABLE_OR_VIEW_NOT_FOUND")
        || error.exception() != Exception::ExtendedAnalysis
    {
        return error;
    }
    let name = error.parameters().get("relationName");
    let parts = name.and_then(|name| sparring_sql::parse_multipart_identifier(name).ok());
    let place = parts.and_then(|parts| describe::place_of(context, &parts));
    error.at(place)
}

#[expect(deprecated, reason = "clients up to 3.5 fill these fields")]
fn older(node: &proto::SqlCommand) -> proto::Relation {
    let sql = proto::Sql {
        query: node.sql.clone(),
        args: node.args.clone(),
        pos_args: node.pos_args.clone(),
        named_arguments: node.named_arguments.clone(),
        pos_arguments: node.pos_arguments.clone(),
    };
    proto::Relation {
        common: None,
        rel_type: Some(RelType::Sql(sql)),
    }
}

/// Runs a statement to its end.
pub(super) async fn run(context: &Context, statement: Statement) -> Result<proto::Relation> {
    match statement {
        Statement::Query(query) => Ok(query),
        Statement::CreateCatalog(node) => namespace::create_catalog(context, node),
        Statement::CreateSchema(node) => namespace::create_schema(context, node),
        Statement::CreateVolume(node) => namespace::create_volume(context, node),
        Statement::CreateTable(node) => create_table(context, node).await,
        Statement::CreateTableLike(node) => table_like::create_like(context, node).await,
        Statement::CloneTable(_) => refused("CREATE TABLE CLONE"),
        Statement::CreateView(node) => view::create_view(context, node).await,
        Statement::CreateTempViewUsing(_) => refused("CREATE TEMPORARY VIEW USING"),
        Statement::CreateFunction(node) => function::create(context, node).await,
        Statement::Drop(node) => match node.kind {
            DropKind::Table | DropKind::View => drop_relation(context, &node),
            DropKind::Function | DropKind::TemporaryFunction => function::drop(context, &node),
            _ => namespace::drop(context, &node),
        },
        Statement::Undrop(_) => refused("UNDROP TABLE"),
        Statement::AlterTable(node) => alter_table::alter(context, node).await,
        Statement::AlterView(node) => alter_view::alter_view(context, node).await,
        Statement::AlterSchema(node) => namespace::alter_schema(context, node),
        Statement::AlterCatalog(_) => refused("ALTER CATALOG"),
        Statement::AlterVolume(_) => refused("ALTER VOLUME"),
        Statement::Insert(node) => insert::insert(context, node).await,
        Statement::InsertSeveral(inserts) => {
            for insert in inserts {
                Box::pin(run(context, insert)).await?;
            }
            nothing()
        }
        Statement::InsertDirectory(node) => insert::directory(context, node).await,
        Statement::Update(node) => change::update(context, node).await,
        Statement::Delete(node) => change::delete(context, node).await,
        Statement::Merge(node) => {
            change::merge(
                context,
                &node.command,
                node.target_alias.as_deref(),
                &node.subqueries,
            )
            .await
        }
        Statement::Truncate(node) => upkeep::truncate(context, node).await,
        Statement::CopyInto(_) => refused("COPY INTO"),
        Statement::Use(node) => namespace::choose(context, &node),
        Statement::Show(node) => show::show(context, node).await,
        Statement::Describe(node) => describe::describe(context, node).await,
        Statement::Configuration(node) => configuration(context, node),
        Statement::DeclareVariable(node) => variable::declare(context, node).await,
        Statement::SetVariable(node) => variable::set(context, node).await,
        Statement::DropVariable(node) => variable::drop(context, &node),
        Statement::ExecuteImmediate(node) => immediate::execute(context, node).await,
        Statement::Explain(node) => explain(context, node).await,
        Statement::Cache(node) => cache(context, node).await,
        Statement::Uncache(node) => {
            let name = crate::types::names::quote_parts(&node.name);
            match super::catalog::unpersist(context, &name).await {
                Err(error) if !node.if_exists => Err(error),
                _ => nothing(),
            }
        }
        Statement::ClearCache => {
            context.session.cache.clear();
            nothing()
        }
        // Every read looks for new versions and files, so there is nothing to refresh.
        Statement::RefreshTable(name) => {
            if context.session.temp_view(&name).is_none() {
                describe::require(context, &name)?;
            }
            nothing()
        }
        Statement::RefreshPath(_) => nothing(),
        Statement::RefreshFunction(name) => upkeep::refresh_function(context, &name),
        Statement::Optimize(_) => refused("OPTIMIZE"),
        Statement::Vacuum(_) => refused("VACUUM"),
        Statement::Restore(_) => refused("RESTORE TABLE"),
        Statement::Analyze(node) => statistics::analyze(context, node).await,
        Statement::RepairTable(node) => upkeep::repair(context, &node),
        Statement::CommentOn(node) => comment::comment_on(context, node).await,
        Statement::Grant(_) => refused("GRANT and REVOKE"),
    }
}

/// The answer to a statement that is not offered.
pub(super) fn refused(what: &str) -> Result<proto::Relation> {
    Err(Error::unsupported(what))
}

/// A column as Arrow keeps it, with its comment and its default.
pub(super) fn field(
    context: &Context,
    column: &ColumnDefinition,
    statement: &'static str,
) -> Result<Field> {
    if column.generated.is_some() || column.identity.is_some() {
        return Err(Error::unsupported("columns with GENERATED or IDENTITY"));
    }
    let mut metadata = std::collections::HashMap::new();
    if let Some(comment) = &column.comment {
        defaults::note(&mut metadata, "comment", comment);
    }
    let (name, data_type) = (column.name.join("."), to_arrow(&column.data_type)?);
    if let Some(limit) = char_varchar(&column.data_type) {
        defaults::note(&mut metadata, CHAR_VARCHAR, &limit);
    }
    if let Some(default) = &column.default {
        let declared = defaults::Declared {
            column: &name,
            data_type: &data_type,
            default,
            statement,
        };
        let value = declared.value(context)?;
        defaults::note(&mut metadata, defaults::CURRENT, &default.text);
        defaults::note(&mut metadata, defaults::EXISTS, &value);
    }
    Ok(Field::new(name, data_type, column.nullable).with_metadata(metadata))
}

/// Refuses defaults in a Delta table: its log would have to declare the feature `allowColumnDefaults`,
/// or other writers leave them out.
pub(super) fn no_defaults(columns: &[ColumnDefinition]) -> Result<()> {
    match columns.iter().any(|column| column.default.is_some()) {
        true => Err(Error::unsupported("columns with DEFAULT in Delta tables")),
        false => Ok(()),
    }
}

/// `char(n)` or `varchar(n)`, which Arrow has no type for.
pub(super) fn char_varchar(data_type: &proto::DataType) -> Option<String> {
    use proto::data_type::Kind;
    match data_type.kind.as_ref()? {
        Kind::Char(char) => Some(format!("char({})", char.length)),
        Kind::VarChar(char) => Some(format!("varchar({})", char.length)),
        _ => None,
    }
}

/// A key as the catalog keeps it.
pub(super) fn constraint(
    context: &Context,
    table: &str,
    node: &Constraint,
) -> Result<ConstraintEntry> {
    let default_name = |columns: &[String], kind: &str| {
        node.name
            .clone()
            .unwrap_or_else(|| format!("{table}_{}_{kind}", columns.join("_")))
    };
    match &node.kind {
        ConstraintKind::PrimaryKey(columns) => Ok(ConstraintEntry {
            name: node.name.clone().unwrap_or_else(|| format!("{table}_pk")),
            columns: columns.clone(),
            references: None,
        }),
        ConstraintKind::ForeignKey {
            columns,
            references,
            referenced_columns,
        } => {
            let catalog = &context.session.workspace.catalog;
            let other = catalog.qualify(&context.session.current_namespace(), references)?;
            catalog.require_table(&other, references, "FOREIGN KEY")?;
            Ok(ConstraintEntry {
                name: default_name(columns, "fk"),
                columns: columns.clone(),
                references: Some((
                    [other.catalog, other.schema, other.name],
                    referenced_columns.clone(),
                )),
            })
        }
        ConstraintKind::Unique(_) => Err(Error::unsupported("UNIQUE constraints")),
        ConstraintKind::Check(_) => Err(Error::unsupported("CHECK constraints")),
    }
}

async fn create_table(context: &Context, node: CreateTable) -> Result<proto::Relation> {
    if node.bucketing.is_some() {
        return refused("CLUSTERED BY … INTO BUCKETS");
    }
    if node.cluster_by.is_some() {
        return refused("CLUSTER BY of a table");
    }
    if node.collation.is_some() {
        return refused("DEFAULT COLLATION");
    }
    let session = &context.session;
    let catalog = &session.workspace.catalog;
    let name = catalog.qualify(&session.current_namespace(), &node.name)?;
    if node.replace && !node.create {
        catalog.require_table(&name, &node.name, "REPLACE TABLE")?;
    }
    if node.external && node.location.is_none() {
        return Err(Error::of("_LEGACY_ERROR_TEMP_1069"));
    }
    let format = Format::named(context, node.provider.as_deref())?;
    if node.replace && format != Format::Delta && !context.databricks() {
        return Err(Error::new(
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
            [
                ("tableName", name.quoted()),
                ("operation", "REPLACE TABLE".to_owned()),
            ],
        ));
    }
    let planned = match &node.query {
        Some(query) => Some(crate::analyze::plan(context, query).await?),
        None => None,
    };
    let mut fields = node
        .columns
        .iter()
        .chain(&node.partition_columns)
        .map(|column| field(context, column, "CREATE TABLE"))
        .collect::<Result<Vec<_>>>()?;
    if let (true, Some(planned)) = (fields.is_empty(), &planned) {
        fields = schema_of(planned)?
            .fields()
            .iter()
            .map(|f| f.as_ref().clone())
            .collect();
    }
    let mut options: BTreeMap<String, String> = node.options.into_iter().collect();
    let location = node.location.or_else(|| options.remove("path"));
    let mut inferred = Vec::new();
    if fields.is_empty() && planned.is_none() && format != Format::Delta {
        (fields, inferred) = found_columns(context, format, &options, location.as_deref()).await?;
    }
    distinct(&fields)?;
    let mut wanted = node
        .partitioning
        .iter()
        .map(super::write::column_name)
        .collect::<Result<Vec<_>>>()?;
    wanted.extend(
        node.partition_columns
            .iter()
            .map(|column| column.name.join(".")),
    );
    if wanted.is_empty() {
        wanted = inferred;
    }
    let constraints = node
        .constraints
        .iter()
        .map(|c| constraint(context, &name.name, c))
        .collect::<Result<Vec<_>>>()?;
    for key in constraints.iter().filter(|key| key.references.is_none()) {
        for column in &key.columns {
            if let Some(field) = fields
                .iter_mut()
                .find(|f| f.name().eq_ignore_ascii_case(column))
            {
                *field = field.clone().with_nullable(false);
            }
        }
    }
    let schema = Schema::new(fields);
    let operation = match (node.replace, planned.is_some()) {
        (false, false) => "CREATE TABLE",
        (false, true) => "CREATE TABLE AS SELECT",
        (true, false) => "CREATE OR REPLACE TABLE",
        (true, true) => "CREATE OR REPLACE TABLE AS SELECT",
    };
    match format {
        Format::Delta => no_defaults(&node.columns)?,
        _ => defaults::allowed(context, &node.columns, format.name(), "CREATE TABLE")?,
    }
    if format != Format::Delta && planned.is_none() {
        crate::io::write::check(format, &schema, &wanted)?;
    }
    let new = NewTable {
        format,
        partition_columns: partition_columns(&schema, &wanted)
            .map_err(|error| no_partition_column(error, format, &name, &schema))?,
        schema,
        properties: node.properties.into_iter().collect(),
        options,
        comment: node.comment,
        location,
        constraints,
        existing: match (node.if_not_exists, node.replace) {
            (true, _) => Existing::Keep,
            (false, true) => Existing::Replace,
            (false, false) => Existing::Fail,
        },
        operation,
        name,
    };
    create(context, new, planned).await?;
    nothing()
}

/// The columns that the files of a new table have, and those of them that directories are named after.
async fn found_columns(
    context: &Context,
    format: Format,
    options: &BTreeMap<String, String>,
    location: Option<&str>,
) -> Result<(Vec<Field>, Vec<String>)> {
    let unknown = || Error::new("UNABLE_TO_INFER_SCHEMA", [("format", format.title())]);
    let Some(location) = location else {
        return Err(unknown());
    };
    let request = Request {
        format,
        options: Options::new(options),
        paths: vec![location.to_owned()],
        schema: None,
        partition: None,
        qualifier: Vec::new(),
    };
    let source = crate::io::source::open(context, request).await;
    let source = source.map_err(|error| match error.class() {
        Some("PATH_NOT_FOUND") => unknown(),
        _ => error,
    })?;
    let schema = source.provider.schema();
    let fields = schema.fields().iter();
    Ok((
        fields.map(|field| field.as_ref().clone()).collect(),
        source.partition,
    ))
}

/// Spark's session catalog complains of partition columns in other words than Delta.
fn no_partition_column(
    error: Error,
    format: Format,
    table: &QualifiedName,
    schema: &Schema,
) -> Error {
    let column = error.parameters().get("columnName");
    match (error.class(), column) {
        (Some("DELTA_PARTITION_COLUMN_NOT_FOUND"), Some(column)) if format != Format::Delta => {
            let names: Vec<String> = schema.fields().iter().map(|f| quote(f.name())).collect();
            Error::new(
                "COLUMN_NOT_DEFINED_IN_TABLE",
                [
                    ("colType", "partition".to_owned()),
                    ("colName", quote(column)),
                    ("tableName", table.quoted()),
                    ("tableCols", names.join(", ")),
                ],
            )
        }
        _ => error,
    }
}

fn drop_relation(
    context: &Context,
    node: &sparring_sql::statement::Drop,
) -> Result<proto::Relation> {
    let session = &context.session;
    let view = node.kind == DropKind::View;
    if session.drop_temp_view(&node.name) {
        return nothing();
    }
    let catalog = &session.workspace.catalog;
    let name = catalog.qualify(&session.current_namespace(), &node.name)?;
    let Some(entry) = catalog.relation(&name) else {
        if node.if_exists {
            return nothing();
        }
        let error = catalog.not_found(&name, &name.parts());
        return Err(error.thrown_as(Exception::NoSuchTable));
    };
    let is_view = matches!(entry.kind, RelationKind::View(_));
    if is_view != view && catalog.flavor() == Flavor::Oss {
        let managed = matches!(&entry.kind, RelationKind::Table(table) if table.location.is_none());
        let (operation, required, found, alternative) = match view {
            false => ("DROP TABLE", "EXTERNAL or MANAGED", "VIEW", "DROP VIEW"),
            true if managed => ("DROP VIEW", "VIEW", "MANAGED", "DROP TABLE"),
            true => ("DROP VIEW", "VIEW", "EXTERNAL", "DROP TABLE"),
        };
        return Err(Error::new(
            "WRONG_COMMAND_FOR_OBJECT_TYPE",
            [
                ("operation", operation.to_owned()),
                ("requiredType", required.to_owned()),
                ("objectName", name.parts().join(".")),
                ("foundType", found.to_owned()),
                ("alternative", alternative.to_owned()),
            ],
        ));
    }
    match (&entry.kind, view) {
        (RelationKind::View(_), false) => Err(Error::new(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            [
                ("viewName", name.quoted()),
                ("operation", "DROP TABLE".to_owned()),
            ],
        )),
        (RelationKind::Table(_), true) => Err(Error::new(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
            [
                ("tableName", name.quoted()),
                ("operation", "DROP VIEW".to_owned()),
            ],
        )),
        _ => {
            catalog.drop_relation(&name)?;
            nothing()
        }
    }
}

fn configuration(context: &Context, node: Configuration) -> Result<proto::Relation> {
    let conf = context.session.conf();
    let pairs = |pairs: Vec<(String, String)>| {
        Table::default()
            .text("key", pairs.iter().map(|(key, _)| key))
            .text("value", pairs.iter().map(|(_, value)| value))
            .relation()
    };
    match node {
        Configuration::Set { key, value } => {
            variable::no_setting(context, &key)?;
            conf.set(&key, &value)?;
            pairs(vec![(key, value)])
        }
        Configuration::Get(key) => {
            let value = conf
                .option(&key)
                .unwrap_or_else(|| "<undefined>".to_owned());
            pairs(vec![(key, value)])
        }
        Configuration::List => pairs(conf.explicit()),
        Configuration::ListVerbose => refused("SET -v"),
        Configuration::SetTimeZone(zone) => {
            let name = match zone {
                sparring_sql::statement::TimeZone::Name(name) => name,
                sparring_sql::statement::TimeZone::Local => "UTC".to_owned(),
                sparring_sql::statement::TimeZone::Offset(_) => {
                    return refused("SET TIME ZONE with an interval");
                }
            };
            conf.set("spark.sql.session.timeZone", &name)?;
            pairs(vec![("spark.sql.session.timeZone".to_owned(), name)])
        }
        Configuration::Reset(key) => {
            conf.unset(&key)?;
            nothing()
        }
        Configuration::ResetAll => {
            conf.reset();
            nothing()
        }
    }
}

async fn explain(
    context: &Context,
    node: sparring_sql::statement::Explain,
) -> Result<proto::Relation> {
    let rows = crate::explain::explain_statement(context, &node).await?;
    Table::default()
        .maybe("plan", rows.into_iter().map(Some))
        .relation()
}

/// `CACHE TABLE`; rows are kept from their first use on, lazily or not.
async fn cache(context: &Context, node: sparring_sql::statement::Cache) -> Result<proto::Relation> {
    if !node.options.is_empty() {
        return refused("CACHE TABLE with options");
    }
    if let Some(query) = &node.query {
        let planned = crate::analyze::plan(context, query).await?;
        let name = node.name.last().cloned().unwrap_or_default();
        view::keep(context, &name, planned)?;
    }
    let name = crate::types::names::quote_parts(&node.name);
    super::catalog::persist(context, &name, None).await?;
    nothing()
}

/// Puts a changed table back.
pub(super) fn keep_entry(
    context: &Context,
    name: &crate::catalog::QualifiedName,
    entry: RelationEntry,
) -> Result<()> {
    let (catalog, schema, _) = name.key();
    context
        .session
        .workspace
        .catalog
        .change(|_| Ok((vec![Change::PutRelation((catalog, schema), entry)], ())))
}

/// A column that a table must have.
pub(super) fn no_column(table: &str, column: &str, schema: &Arc<Schema>) -> Error {
    let names: Vec<String> = schema.fields().iter().map(|f| quote(f.name())).collect();
    Error::new(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        [
            ("objectName", quote(column)),
            ("proposal", names.join(", ")),
        ],
    )
    .hint(format!("the table is {table}"))
}
