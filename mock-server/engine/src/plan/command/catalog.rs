//! `spark.catalog`: each call answers with rows, also those that only do something.

use sparring_proto::Required;
use sparring_proto::connect::analyze_plan_request as ask;
use sparring_proto::connect::analyze_plan_response::Result as Answer;
use sparring_proto::connect::catalog::CatType;
use sparring_proto::connect::{self as proto};
use sparring_sql::Statement;
use sparring_sql::statement::{CreateSchema, Drop, DropKind, Use, UseKind};

use super::result::Table;
use super::{describe, namespace, show, statement};
use crate::catalog::comment_of;
use crate::catalog::store::RelationKind;
use crate::error::{Error, Result};
use crate::plan::context::Context;

/// Runs one call.
pub(super) async fn run(context: &Context, node: &proto::Catalog) -> Result<proto::Relation> {
    let session = &context.session;
    match node.cat_type.as_ref().required("catalog.cat_type")? {
        CatType::CurrentDatabase(_) => value(&session.current_namespace().1),
        CatType::CurrentCatalog(_) => value(&session.current_namespace().0),
        CatType::SetCurrentDatabase(call) => {
            let name = parts(&call.db_name)?;
            namespace::choose(
                context,
                &Use {
                    kind: UseKind::Schema,
                    name,
                },
            )?;
            done()
        }
        CatType::SetCurrentCatalog(call) => {
            let name = vec![call.catalog_name.clone()];
            namespace::choose(
                context,
                &Use {
                    kind: UseKind::Catalog,
                    name,
                },
            )?;
            done()
        }
        CatType::ListCatalogs(call) => {
            let names = show::catalogs(context, call.pattern.as_deref());
            Table::default()
                .maybe("name", names.iter().map(Some))
                .maybe("description", names.iter().map(|_| None::<&str>))
                .relation()
        }
        CatType::ListDatabases(call) => {
            let names = show::schemas(context, None, call.pattern.as_deref())?;
            databases(context, &session.current_namespace().0, &names)
        }
        CatType::GetDatabase(call) => {
            let catalog = &session.workspace.catalog;
            let (of, name) =
                catalog.qualify_schema(&session.current_namespace(), &parts(&call.db_name)?)?;
            catalog.require_schema(&of, &name)?;
            databases(context, &of, &[name])
        }
        CatType::DatabaseExists(call) => {
            let catalog = &session.workspace.catalog;
            let (of, name) =
                catalog.qualify_schema(&session.current_namespace(), &parts(&call.db_name)?)?;
            truth(catalog.require_schema(&of, &name).is_ok())
        }
        CatType::ListTables(call) => list(
            context,
            call.db_name.as_deref(),
            call.pattern.as_deref(),
            false,
        ),
        CatType::ListViews(call) => list(
            context,
            call.db_name.as_deref(),
            call.pattern.as_deref(),
            true,
        ),
        CatType::GetTable(call) => {
            let name = within(&call.table_name, call.db_name.as_deref())?;
            one_table(context, &name)
        }
        CatType::TableExists(call) => {
            let name = within(&call.table_name, call.db_name.as_deref())?;
            let known =
                session.temp_view(&name).is_some() || describe::require(context, &name).is_ok();
            truth(known)
        }
        CatType::ListColumns(call) => {
            let name = within(&call.table_name, call.db_name.as_deref())?;
            let (partition, schema) = describe::columns(context, &name).await?;
            let fields = schema.fields();
            Table::default()
                .maybe("name", fields.iter().map(|f| Some(f.name().clone())))
                .maybe("description", fields.iter().map(|f| comment_of(f)))
                .maybe(
                    "dataType",
                    fields.iter().map(|f| Some(crate::types::field_type(f))),
                )
                .flag("nullable", fields.iter().map(|f| f.is_nullable()))
                .flag(
                    "isPartition",
                    fields.iter().map(|f| partition.contains(f.name())),
                )
                .flag("isBucket", fields.iter().map(|_| false))
                .flag("isCluster", fields.iter().map(|_| false))
                .relation()
        }
        CatType::DropTempView(call) => {
            truth(session.drop_temp_view(std::slice::from_ref(&call.view_name)))
        }
        CatType::DropGlobalTempView(call) => {
            let name = ["global_temp".to_owned(), call.view_name.clone()];
            truth(session.drop_temp_view(&name))
        }
        CatType::IsCached(call) => {
            let relation = Some(read(&call.table_name));
            let question = ask::Analyze::GetStorageLevel(ask::GetStorageLevel { relation });
            let level = match Box::pin(crate::analyze::analyze(session, &question)).await? {
                Answer::GetStorageLevel(answer) => answer.storage_level,
                _ => None,
            };
            truth(level.is_some_and(|level| level.use_memory || level.use_disk))
        }
        CatType::CacheTable(call) => {
            persist(context, &call.table_name, call.storage_level).await?;
            done()
        }
        CatType::UncacheTable(call) => {
            unpersist(context, &call.table_name).await?;
            done()
        }
        CatType::ClearCache(_) => {
            session.cache.clear();
            done()
        }
        CatType::RefreshTable(call) => {
            let name = parts(&call.table_name)?;
            if session.temp_view(&name).is_none() {
                describe::require(context, &name)?;
            }
            done()
        }
        // Files are listed at every read.
        CatType::RefreshByPath(_) => done(),
        CatType::DropTable(call) => {
            dropped(
                context,
                DropKind::Table,
                &call.table_name,
                call.if_exists,
                false,
            )
            .await
        }
        CatType::DropView(call) => {
            dropped(
                context,
                DropKind::View,
                &call.view_name,
                call.if_exists,
                false,
            )
            .await
        }
        CatType::DropDatabase(call) => {
            dropped(
                context,
                DropKind::Schema,
                &call.db_name,
                call.if_exists,
                call.cascade,
            )
            .await
        }
        CatType::CreateDatabase(call) => {
            let schema = CreateSchema {
                name: parts(&call.db_name)?,
                if_not_exists: call.if_not_exists,
                properties: call.properties.clone().into_iter().collect(),
                ..CreateSchema::default()
            };
            namespace::create_schema(context, schema)?;
            done()
        }
        CatType::TruncateTable(call) => {
            super::upkeep::truncated(context, parts(&call.table_name)?).await?;
            done()
        }
        CatType::GetTableProperties(call) => {
            let (_, entry) = describe::require(context, &parts(&call.table_name)?)?;
            let all = describe::properties(context, &entry).await?;
            Table::default()
                .text("key", all.keys())
                .text("value", all.values())
                .relation()
        }
        CatType::GetCreateTableString(call) => {
            let name = parts(&call.table_name)?;
            let text = describe::create_text::create_statement(context, &name, false).await?;
            value(&text)
        }
        CatType::ListFunctions(_) => Err(Error::unsupported("spark.catalog.listFunctions")),
        CatType::GetFunction(_) => Err(Error::unsupported("spark.catalog.getFunction")),
        CatType::FunctionExists(_) => Err(Error::unsupported("spark.catalog.functionExists")),
        CatType::CreateExternalTable(_) | CatType::CreateTable(_) => {
            Err(Error::unsupported("spark.catalog.createTable").hint("`CREATE TABLE` makes tables"))
        }
        CatType::RecoverPartitions(call) => {
            super::upkeep::recover(context, &parts(&call.table_name)?)?;
            done()
        }
        CatType::ListPartitions(_) => Err(Error::unsupported("spark.catalog.listPartitions")),
        CatType::AnalyzeTable(_) => Err(Error::unsupported("spark.catalog.analyzeTable")),
    }
}

/// Caches a table or view by name.
pub(super) async fn persist(
    context: &Context,
    name: &str,
    storage_level: Option<proto::StorageLevel>,
) -> Result<()> {
    let relation = Some(read(name));
    let question = ask::Analyze::Persist(ask::Persist {
        relation,
        storage_level,
    });
    Box::pin(crate::analyze::analyze(&context.session, &question))
        .await
        .map(|_| ())
}

/// Forgets the rows of a cached table or view.
pub(super) async fn unpersist(context: &Context, name: &str) -> Result<()> {
    let relation = Some(read(name));
    let question = ask::Analyze::Unpersist(ask::Unpersist {
        relation,
        blocking: None,
    });
    Box::pin(crate::analyze::analyze(&context.session, &question))
        .await
        .map(|_| ())
}

fn read(name: &str) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(proto::relation::RelType::Read(proto::Read {
            read_type: Some(proto::read::ReadType::NamedTable(proto::read::NamedTable {
                unparsed_identifier: name.to_owned(),
                ..Default::default()
            })),
            is_streaming: false,
        })),
    }
}

fn parts(name: &str) -> Result<Vec<String>> {
    Ok(sparring_sql::parse_multipart_identifier(name)?)
}

/// A table's name with the schema that the call names beside it.
fn within(table: &str, schema: Option<&str>) -> Result<Vec<String>> {
    let mut name = schema.map(parts).transpose()?.unwrap_or_default();
    name.extend(parts(table)?);
    Ok(name)
}

fn value(text: &str) -> Result<proto::Relation> {
    Table::default().maybe("value", [Some(text)]).relation()
}

fn truth(value: bool) -> Result<proto::Relation> {
    Table::default().flag("value", [value]).relation()
}

fn done() -> Result<proto::Relation> {
    Table::default()
        .text("value", std::iter::empty::<&str>())
        .relation()
}

fn databases(context: &Context, catalog: &str, names: &[String]) -> Result<proto::Relation> {
    let of = catalog.to_lowercase();
    let comments: Vec<String> = context.session.workspace.catalog.read(|entries| {
        let comment = |name: &String| {
            let found = entries.schemas.get(&(of.clone(), name.to_lowercase()));
            found.and_then(|s| s.comment.clone()).unwrap_or_default()
        };
        names.iter().map(comment).collect()
    });
    let store = &context.session.workspace.catalog;
    let places = names
        .iter()
        .map(|name| store.schema_location(catalog, name));
    Table::default()
        .maybe("name", names.iter().map(Some))
        .maybe("catalog", names.iter().map(|_| Some(catalog)))
        .maybe("description", comments.iter().map(Some))
        .maybe("locationUri", places.map(Some))
        .relation()
}

/// Catalog, schemas, name, comment and kind of a table or view.
type Row = (
    Option<String>,
    Vec<String>,
    String,
    Option<String>,
    &'static str,
);

fn list(
    context: &Context,
    schema: Option<&str>,
    pattern: Option<&str>,
    views_only: bool,
) -> Result<proto::Relation> {
    let schema = schema.map(parts).transpose()?.unwrap_or_default();
    let mut rows = Vec::new();
    for (_, name, temporary) in show::relations(context, &schema, pattern, views_only)? {
        let full: Vec<String> = if temporary {
            vec![name]
        } else {
            schema.iter().cloned().chain([name]).collect()
        };
        rows.push(row(context, &full)?);
    }
    tables(rows)
}

fn one_table(context: &Context, name: &[String]) -> Result<proto::Relation> {
    tables(vec![row(context, name)?])
}

fn row(context: &Context, name: &[String]) -> Result<Row> {
    if context.session.temp_view(name).is_some() {
        let shown = name.last().cloned().unwrap_or_default();
        return Ok((None, Vec::new(), shown, None, "TEMPORARY"));
    }
    let (full, entry) = describe::require(context, name)?;
    let kind = match &entry.kind {
        RelationKind::View(_) => "VIEW",
        RelationKind::Table(table) if table.location.is_some() => "EXTERNAL",
        RelationKind::Table(_) => "MANAGED",
    };
    Ok((
        Some(full.catalog),
        vec![full.schema],
        entry.name,
        entry.comment,
        kind,
    ))
}

fn tables(rows: Vec<Row>) -> Result<proto::Relation> {
    Table::default()
        .maybe("name", rows.iter().map(|row| Some(&row.2)))
        .maybe("catalog", rows.iter().map(|row| row.0.as_ref()))
        .names("namespace", rows.iter().map(|row| row.1.as_slice()))
        .maybe("description", rows.iter().map(|row| row.3.as_ref()))
        .maybe("tableType", rows.iter().map(|row| Some(row.4)))
        .flag("isTemporary", rows.iter().map(|row| row.4 == "TEMPORARY"))
        .relation()
}

async fn dropped(
    context: &Context,
    kind: DropKind,
    name: &str,
    if_exists: bool,
    cascade: bool,
) -> Result<proto::Relation> {
    let node = Drop {
        kind,
        name: parts(name)?,
        if_exists,
        cascade,
        purge: false,
    };
    Box::pin(statement::run(context, Statement::Drop(node))).await?;
    done()
}
