//! DESCRIBE, and what is told about a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use sparring_proto::connect as proto;
use sparring_sql::statement::{Describe, DescribeTarget};

use super::result::Table;
use super::{defaults, delta_log};
use crate::catalog::store::{RelationEntry, RelationKind, TableEntry};
use crate::catalog::{QualifiedName, comment_of};
use crate::error::{Error, QueryContext, Result, SqlContext};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::names::quote_if_needed;
use crate::types::{field_type, sql_name};

/// The table or view of a name.
pub(super) fn require(
    context: &Context,
    parts: &[String],
) -> Result<(QualifiedName, RelationEntry)> {
    let session = &context.session;
    let catalog = &session.workspace.catalog;
    let name = catalog.qualify(&session.current_namespace(), parts)?;
    let entry = catalog.require_relation(&name, parts)?;
    Ok((name, entry))
}

/// The files of a table, by name or as `delta.`/path``.
pub(super) fn table(
    context: &Context,
    parts: &[String],
    operation: &str,
) -> Result<(QualifiedName, TableEntry)> {
    let session = &context.session;
    let catalog = &session.workspace.catalog;
    if let Some((format, path)) = crate::io::file_name(context, parts) {
        let place = catalog.location(&path)?;
        let name = QualifiedName {
            catalog: session.current_namespace().0,
            schema: format.name().to_owned(),
            name: path,
        };
        let entry = TableEntry {
            provider: format.name().to_owned(),
            path: place.path,
            location: Some(place.uri),
            schema: None,
            partition_columns: Vec::new(),
            options: BTreeMap::new(),
            constraints: Vec::new(),
            partitions: None,
            statistics: None,
        };
        return Ok((name, entry));
    }
    if session.temp_view(parts).is_some() {
        return Err(Error::new(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            [
                ("viewName", crate::types::names::quote_parts(parts)),
                ("operation", operation.to_owned()),
            ],
        )
        .at(place_of(context, parts)));
    }
    let name = catalog.qualify(&session.current_namespace(), parts)?;
    let (_, entry) = catalog
        .require_table(&name, parts, operation)
        .map_err(|error| error.at(place_of(context, parts)))?;
    Ok((name, entry))
}

/// Where the statement names a table.
pub(super) fn place_of(context: &Context, parts: &[String]) -> Option<QueryContext> {
    let text = context.sql_text.as_ref()?;
    let place = sparring_sql::locate_name(text, parts)?;
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    Some(QueryContext::Sql(SqlContext {
        start_index: number(place.start),
        stop_index: number(place.stop),
        line: number(place.line),
        start_position: number(place.position),
        sql_text: Arc::clone(text),
    }))
}

/// The columns of a table, view or temporary view.
pub(super) async fn columns(
    context: &Context,
    parts: &[String],
) -> Result<(Vec<String>, SchemaRef)> {
    let read = proto::Relation {
        common: None,
        rel_type: Some(proto::relation::RelType::Read(proto::Read {
            read_type: Some(proto::read::ReadType::NamedTable(proto::read::NamedTable {
                unparsed_identifier: crate::types::names::quote_parts(parts),
                ..Default::default()
            })),
            is_streaming: false,
        })),
    };
    let planned = crate::analyze::plan(context, &read).await?;
    let schema: SchemaRef = match crate::execution::row_type(&planned) {
        arrow::datatypes::DataType::Struct(fields) => Arc::new(Schema::new(fields)),
        _ => return Err(Error::internal("a row type is no struct")),
    };
    let partition = match table(context, parts, "DESCRIBE") {
        Ok((_, entry)) if entry.provider == Format::Delta.name() => {
            let catalog = &context.session.workspace.catalog;
            catalog
                .delta
                .latest(&entry.path)
                .await?
                .partition_columns
                .clone()
        }
        Ok((_, entry)) => entry.partition_columns,
        Err(_) => Vec::new(),
    };
    Ok((partition, schema))
}

/// `DESCRIBE …`.
pub(super) async fn describe(context: &Context, node: Describe) -> Result<proto::Relation> {
    if node.as_json {
        return Err(Error::unsupported("DESCRIBE AS JSON"));
    }
    match node.target {
        DescribeTarget::Table {
            table,
            partition,
            column,
        } => {
            if !partition.is_empty() || column.is_some() {
                return Err(Error::unsupported("DESCRIBE of a partition or column"));
            }
            describe_table(context, &table, node.extended).await
        }
        DescribeTarget::Query(query) => {
            let planned = crate::analyze::plan(context, &query).await?;
            let columns = &planned.scope.columns;
            let rows = columns
                .iter()
                .map(|c| {
                    (
                        c.name.to_string(),
                        field_type(&c.field()),
                        comment_of(&c.field()),
                    )
                })
                .collect();
            rows_of(rows)
        }
        DescribeTarget::Schema(name) => {
            let catalog = &context.session.workspace.catalog;
            let (of, schema) =
                catalog.qualify_schema(&context.session.current_namespace(), &name)?;
            catalog.require_schema(&of, &schema)?;
            let key = (of.to_lowercase(), schema.to_lowercase());
            let entry = catalog.read(|e| e.schemas.get(&key).cloned());
            let mut rows = vec![
                ("Catalog Name", of.clone()),
                ("Namespace Name", schema.clone()),
                (
                    "Comment",
                    entry
                        .as_ref()
                        .and_then(|s| s.comment.clone())
                        .unwrap_or_default(),
                ),
                ("Location", catalog.schema_location(&of, &schema)),
                ("Owner", context.session.workspace.options.user.clone()),
            ];
            if node.extended {
                let properties = entry.map(|s| s.properties).unwrap_or_default();
                let pairs = properties
                    .iter()
                    .map(|(key, value)| format!("({key},{value})"));
                let pairs = pairs.collect::<Vec<_>>().join(", ");
                let shown = match pairs.as_str() {
                    "" => String::new(),
                    pairs => format!("({pairs})"),
                };
                rows.push(("Properties", shown));
            }
            Table::default()
                .text("info_name", rows.iter().map(|(name, _)| *name))
                .maybe("info_value", rows.iter().map(|(_, value)| Some(value)))
                .relation()
        }
        DescribeTarget::Catalog(name) => {
            let catalog = &context.session.workspace.catalog;
            let shown = name.join(".");
            catalog.require_catalog(&shown)?;
            let comment = catalog.read(|e| {
                e.catalogs
                    .get(&shown.to_lowercase())
                    .and_then(|c| c.comment.clone())
            });
            Table::default()
                .text("info_name", ["Catalog Name", "Comment", "Owner"])
                .maybe(
                    "info_value",
                    [
                        Some(shown),
                        Some(comment.unwrap_or_default()),
                        Some("sparring".to_owned()),
                    ],
                )
                .relation()
        }
        DescribeTarget::History { table, limit } => delta_log::history(context, &table, limit),
        DescribeTarget::Detail(name) => delta_log::detail(context, &name).await,
        DescribeTarget::Volume(_) => Err(Error::unsupported("DESCRIBE VOLUME")),
        DescribeTarget::Function(_) => Err(Error::unsupported("DESCRIBE FUNCTION")),
    }
}

type Row = (String, String, Option<String>);

fn rows_of(rows: Vec<Row>) -> Result<proto::Relation> {
    Table::default()
        .text("col_name", rows.iter().map(|(name, _, _)| name))
        .text("data_type", rows.iter().map(|(_, data_type, _)| data_type))
        .maybe(
            "comment",
            rows.iter().map(|(_, _, comment)| comment.as_ref()),
        )
        .relation()
}

async fn describe_table(
    context: &Context,
    parts: &[String],
    extended: bool,
) -> Result<proto::Relation> {
    let (partition, schema) = columns(context, parts).await?;
    let row = |f: &arrow::datatypes::Field| (f.name().clone(), field_type(f), comment_of(f));
    let mut rows: Vec<Row> = schema.fields().iter().map(|f| row(f)).collect();
    let add = |rows: &mut Vec<Row>, name: &str, value: &str| {
        rows.push((name.to_owned(), value.to_owned(), Some(String::new())));
    };
    if !partition.is_empty() {
        add(&mut rows, "# Partition Information", "");
        rows.push((
            "# col_name".into(),
            "data_type".into(),
            Some("comment".into()),
        ));
        rows.extend(
            partition
                .iter()
                .filter_map(|name| schema.field_with_name(name).ok().map(row)),
        );
    }
    if extended && let Ok((name, entry)) = require(context, parts) {
        add(&mut rows, "", "");
        add(&mut rows, "# Detailed Table Information", "");
        add(&mut rows, "Catalog", &name.catalog);
        add(&mut rows, "Database", &name.schema);
        add(&mut rows, "Table", &entry.name);
        let created = chrono::DateTime::from_timestamp_millis(entry.created_ms).unwrap_or_default();
        add(
            &mut rows,
            "Created Time",
            &created.format("%a %b %d %H:%M:%S UTC %Y").to_string(),
        );
        if let Some(comment) = &entry.comment {
            add(&mut rows, "Comment", comment);
        }
        match &entry.kind {
            RelationKind::Table(table) => {
                add(
                    &mut rows,
                    "Type",
                    if table.location.is_some() {
                        "EXTERNAL"
                    } else {
                        "MANAGED"
                    },
                );
                add(&mut rows, "Provider", &table.provider);
                let catalog = &context.session.workspace.catalog;
                let location = catalog.shown_location(&name, table);
                add(&mut rows, "Location", &location);
            }
            RelationKind::View(view) => {
                add(&mut rows, "Type", "VIEW");
                add(&mut rows, "View Text", &view.text);
            }
        }
    }
    let defaults: Vec<Row> = schema
        .fields()
        .iter()
        .filter_map(|f| Some((f.name().clone(), field_type(f), Some(defaults::text_of(f)?))))
        .collect();
    if !defaults.is_empty() {
        add(&mut rows, "", "");
        add(&mut rows, "# Column Default Values", "");
        rows.extend(defaults);
    }
    rows_of(rows)
}

/// The properties of a table.
pub(super) async fn properties(
    context: &Context,
    parts: &[String],
) -> Result<BTreeMap<String, String>> {
    let (_, entry) = require(context, parts)?;
    let mut all = entry.properties;
    if let RelationKind::Table(table) = &entry.kind
        && table.provider == Format::Delta.name()
    {
        let catalog = &context.session.workspace.catalog;
        let snapshot = catalog.delta.latest(&table.path).await?;
        all = snapshot.properties().clone().into_iter().collect();
        let (reader, writer) = snapshot.protocol();
        all.insert("delta.minReaderVersion".to_owned(), reader.to_string());
        all.insert("delta.minWriterVersion".to_owned(), writer.to_string());
    }
    Ok(all)
}

/// The text of SHOW CREATE TABLE.
pub(super) async fn create_statement(context: &Context, parts: &[String]) -> Result<String> {
    let (name, entry) = require(context, parts)?;
    let shown = name
        .parts()
        .iter()
        .map(|p| quote_if_needed(p))
        .collect::<Vec<_>>()
        .join(".");
    let table = match &entry.kind {
        RelationKind::View(view) => return Ok(format!("CREATE VIEW {shown} AS {}\n", view.text)),
        RelationKind::Table(table) => table,
    };
    let (partition, schema) = columns(context, parts).await?;
    let lines: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| {
            let not_null = if f.is_nullable() { "" } else { " NOT NULL" };
            let comment = comment_of(f).map(|c| format!(" COMMENT '{}'", c.replace('\'', "\\'")));
            format!(
                "  {} {}{not_null}{}",
                quote_if_needed(f.name()),
                sql_name(f.data_type()),
                comment.unwrap_or_default()
            )
        })
        .collect();
    let mut text = format!(
        "CREATE TABLE {shown} (\n{})\nUSING {}\n",
        lines.join(",\n"),
        table.provider
    );
    if !partition.is_empty() {
        text.push_str(&format!("PARTITIONED BY ({})\n", partition.join(", ")));
    }
    if let Some(location) = &table.location {
        text.push_str(&format!("LOCATION '{location}'\n"));
    }
    if let Some(comment) = &entry.comment {
        text.push_str(&format!("COMMENT '{}'\n", comment.replace('\'', "\\'")));
    }
    Ok(text)
}
