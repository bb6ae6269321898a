//! What is told about a table, a view or a partition beside its columns: names and texts in Spark's order
//! (`CatalogTable.toJsonLinkedHashMap`), for DESCRIBE EXTENDED and SHOW TABLE EXTENDED.

use chrono::{DateTime, Utc};

use crate::catalog::QualifiedName;
use crate::catalog::store::{
    PartitionEntry, RelationEntry, RelationKind, StatisticsEntry, TableEntry,
};
use crate::io::listing::HIVE_NULL;
use crate::plan::context::Context;
use crate::types::names::quote;

/// A name and what it is.
pub(in crate::plan::command) type Fact = (&'static str, String);

/// What made a table: this server is a Spark of that version.
pub(in crate::plan::command) fn created_by() -> String {
    format!("Spark {}", crate::analyze::SPARK_VERSION)
}

/// What is told about a table or view of the catalog.
pub(in crate::plan::command) fn of_relation(
    context: &Context,
    name: &QualifiedName,
    entry: &RelationEntry,
) -> Vec<Fact> {
    let catalog = &context.session.workspace.catalog;
    let mut facts = vec![
        ("Catalog", name.catalog.clone()),
        ("Database", name.schema.clone()),
        ("Table", entry.name.clone()),
    ];
    facts.extend(made(entry.created_ms));
    facts.push(("Created By", created_by()));
    let kind = match &entry.kind {
        RelationKind::View(_) => "VIEW",
        RelationKind::Table(table) if table.location.is_some() => "EXTERNAL",
        RelationKind::Table(_) => "MANAGED",
    };
    facts.push(("Type", kind.to_owned()));
    if let RelationKind::Table(table) = &entry.kind {
        facts.push(("Provider", table.provider.clone()));
    }
    if let Some(comment) = &entry.comment {
        facts.push(("Comment", comment.clone()));
    }
    if let RelationKind::View(view) = &entry.kind {
        let (namespace_catalog, namespace_schema) = &view.namespace;
        let columns: Vec<String> = view.made.iter().map(|(name, _)| quote(name)).collect();
        facts.extend([
            ("View Text", view.text.clone()),
            ("View Original Text", view.text.clone()),
            ("View Schema Mode", view.schema_mode.clone()),
            (
                "View Catalog and Namespace",
                format!("{namespace_catalog}.{namespace_schema}"),
            ),
            (
                "View Query Output Columns",
                format!("[{}]", columns.join(", ")),
            ),
        ]);
    }
    if !entry.properties.is_empty() {
        facts.push(("Table Properties", listed(entry.properties.iter())));
    }
    if let RelationKind::Table(table) = &entry.kind {
        if let Some(statistics) = &table.statistics {
            facts.push(("Statistics", counted(statistics)));
        }
        facts.push(("Location", catalog.shown_location(name, table)));
        if !table.options.is_empty() {
            facts.push(("Storage Properties", listed(table.options.iter())));
        }
        if table.partitions.is_some() {
            facts.push(("Partition Provider", "Catalog".to_owned()));
        }
    }
    facts
}

/// What is told about a partition.
pub(in crate::plan::command) fn of_partition(
    context: &Context,
    name: &QualifiedName,
    table: &TableEntry,
    partition: &PartitionEntry,
) -> Vec<Fact> {
    let values = table.partition_columns.iter().zip(&partition.values);
    let values = values.map(|(name, value)| {
        let value = value.as_deref().unwrap_or(HIVE_NULL);
        format!("{name}={value}")
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let mut facts = vec![
        ("Partition Values", format!("[{values}]")),
        (
            "Location",
            place_of_partition(context, name, table, partition),
        ),
    ];
    facts.extend(made(partition.created_ms));
    if let Some(statistics) = &partition.statistics {
        facts.push(("Partition Statistics", counted(statistics)));
    }
    facts
}

/// The place of a partition's files as users are told.
pub(super) fn place_of_partition(
    context: &Context,
    name: &QualifiedName,
    table: &TableEntry,
    partition: &PartitionEntry,
) -> String {
    let catalog = &context.session.workspace.catalog;
    match (
        &partition.location,
        partition.path.strip_prefix(&table.path),
    ) {
        (None, Ok(below)) => {
            format!(
                "{}/{}",
                catalog.shown_location(name, table),
                below.display()
            )
        }
        (Some(location), _) => location.clone(),
        (None, Err(_)) => partition.path.display().to_string(),
    }
}

/// When a thing was made and read.
pub(in crate::plan::command) fn made(created_ms: i64) -> [Fact; 2] {
    let created = DateTime::<Utc>::from_timestamp_millis(created_ms).unwrap_or_default();
    let created = created.format("%a %b %d %H:%M:%S UTC %Y").to_string();
    [
        ("Created Time", created),
        ("Last Access", "UNKNOWN".to_owned()),
    ]
}

fn counted(statistics: &StatisticsEntry) -> String {
    let bytes = format!("{} bytes", statistics.n_bytes);
    match statistics.n_rows {
        Some(n_rows) => format!("{bytes}, {n_rows} rows"),
        None => bytes,
    }
}

fn listed<'p>(pairs: impl Iterator<Item = (&'p String, &'p String)>) -> String {
    let pairs = pairs.map(|(key, value)| format!("{key}={value}"));
    format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
}
