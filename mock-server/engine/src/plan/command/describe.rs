//! DESCRIBE, and looking up what it is about.

pub(super) mod column;
pub(super) mod create_text;
pub(super) mod facts;
mod json;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use sparring_proto::connect as proto;
use sparring_sql::statement::{Describe, DescribeTarget, PartitionValue};

use super::alter_table::partitions::{Spec, known};
use super::object::{Kept, Object, object};
use super::result::Table;
use super::{defaults, delta_log, function, namespace};
use crate::catalog::store::{RelationEntry, RelationKind, TableEntry};
use crate::catalog::{QualifiedName, comment_of};
use crate::error::{Error, QueryContext, Result, SqlContext};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::field_type;
use crate::types::names::quote_parts;
use facts::Fact;

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
    match node.target {
        DescribeTarget::Table {
            table,
            column: Some(column),
            ..
        } => column::describe(context, &table, &column, node.extended).await,
        DescribeTarget::Table {
            table, partition, ..
        } if node.as_json => describe_json(context, &table, &partition).await,
        DescribeTarget::Table {
            table, partition, ..
        } => describe_table(context, &table, &partition, node.extended).await,
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
        DescribeTarget::Schema(name) => namespace::describe_schema(context, &name, node.extended),
        DescribeTarget::Catalog(name) => namespace::describe_catalog(context, &name),
        DescribeTarget::History { table, limit } => delta_log::history(context, &table, limit),
        DescribeTarget::Detail(name) => delta_log::detail(context, &name).await,
        DescribeTarget::Volume(_) => Err(Error::unsupported("DESCRIBE VOLUME")),
        DescribeTarget::Function(name) => {
            function::found(context, &name)?;
            Err(Error::unsupported("DESCRIBE FUNCTION"))
        }
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

/// Rows that tell of more than columns: headings, and facts below them.
fn add(rows: &mut Vec<Row>, name: &str, value: &str) {
    rows.push((name.to_owned(), value.to_owned(), Some(String::new())));
}

async fn describe_table(
    context: &Context,
    parts: &[String],
    of: &[PartitionValue],
    extended: bool,
) -> Result<proto::Relation> {
    let found = object(context, parts)?;
    let (partition, schema) = columns(context, parts).await?;
    let row = |f: &arrow::datatypes::Field| (f.name().clone(), column::type_of(f), comment_of(f));
    let mut rows: Vec<Row> = schema.fields().iter().map(|f| row(f)).collect();
    if !partition.is_empty() {
        add(&mut rows, "# Partition Information", "");
        rows.push((
            "# col_name".into(),
            "data_type".into(),
            Some("comment".into()),
        ));
        let fields = partition.iter();
        rows.extend(fields.filter_map(|name| schema.field_with_name(name).ok().map(row)));
    }
    let told = |rows: &mut Vec<Row>, heading: &str, facts: Vec<Fact>| {
        add(rows, "", "");
        add(rows, heading, "");
        for (name, value) in facts {
            add(rows, name, &value);
        }
    };
    if !of.is_empty() {
        let table = partitioned(&found, parts)?;
        known(table, "DESC PARTITION")?;
        let spec = Spec::whole(context, table, of)?;
        let mut facts = vec![
            ("Database", table.name.schema.clone()),
            ("Table", table.entry.name.clone()),
        ];
        facts.extend(facts::of_partition(
            context,
            &table.name,
            &table.kind,
            spec.find(table)?,
        ));
        if extended {
            told(&mut rows, "# Detailed Partition Information", facts);
            let catalog = &context.session.workspace.catalog;
            let location = catalog.shown_location(&table.name, &table.kind);
            told(
                &mut rows,
                "# Storage Information",
                vec![("Location", location)],
            );
        }
        return rows_of(rows);
    }
    if extended {
        let facts = match &found {
            Object::Table(table) => facts::of_relation(context, &table.name, &table.entry),
            Object::View(view) => facts::of_relation(context, &view.name, &view.entry),
            Object::Temporary => Vec::new(),
        };
        if !facts.is_empty() {
            told(&mut rows, "# Detailed Table Information", facts);
        }
    }
    let fields = schema.fields().iter();
    let defaults: Vec<Row> = fields
        .filter_map(|f| {
            Some((
                f.name().clone(),
                column::type_of(f),
                Some(defaults::text_of(f)?),
            ))
        })
        .collect();
    if !defaults.is_empty() {
        told(&mut rows, "# Column Default Values", Vec::new());
        rows.extend(defaults);
    }
    rows_of(rows)
}

/// The table of a description of a partition, which no view has.
fn partitioned<'o>(found: &'o Object, parts: &[String]) -> Result<&'o Kept<TableEntry>> {
    let kind = match found {
        Object::Table(table) => return Ok(table),
        Object::View(_) => "VIEW",
        Object::Temporary => "TEMPORARY VIEW",
    };
    Err(Error::new(
        "FORBIDDEN_OPERATION",
        [
            ("statement", "DESC PARTITION".to_owned()),
            ("objectType", kind.to_owned()),
            ("objectName", quote_parts(parts)),
        ],
    ))
}

async fn describe_json(
    context: &Context,
    parts: &[String],
    of: &[PartitionValue],
) -> Result<proto::Relation> {
    let found = object(context, parts)?;
    let Object::Table(table) = &found else {
        return Err(Error::unsupported("DESCRIBE AS JSON of a view"));
    };
    let (_, schema) = columns(context, parts).await?;
    if of.is_empty() {
        return json::describe(context, table, schema.fields(), None);
    }
    known(table, "DESC PARTITION")?;
    let spec = Spec::whole(context, table, of)?;
    json::describe(context, table, schema.fields(), Some(spec.find(table)?))
}

/// The properties of a table; those of its data source begin with `option.`.
pub(super) async fn properties(
    context: &Context,
    entry: &RelationEntry,
) -> Result<BTreeMap<String, String>> {
    let mut all = entry.properties.clone();
    let RelationKind::Table(table) = &entry.kind else {
        return Ok(all);
    };
    if table.provider != Format::Delta.name() {
        let options = table.options.iter();
        all.extend(options.map(|(key, value)| (format!("option.{key}"), value.clone())));
        return Ok(all);
    }
    let catalog = &context.session.workspace.catalog;
    let snapshot = catalog.delta.latest(&table.path).await?;
    all = snapshot.properties().clone().into_iter().collect();
    let (reader, writer) = snapshot.protocol();
    all.insert("delta.minReaderVersion".to_owned(), reader.to_string());
    all.insert("delta.minWriterVersion".to_owned(), writer.to_string());
    Ok(all)
}
