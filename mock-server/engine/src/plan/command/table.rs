//! Tables made and replaced.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef, Schema};
use serde_json::json;

use super::align::{By, align};
use crate::catalog::delta::{DeltaTables, Operation, TableMetadata, metadata};
use crate::catalog::store::{
    ConstraintEntry, PartitionEntry, RelationEntry, RelationKind, TableEntry,
};
use crate::catalog::{QualifiedName, now_ms};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::io::listing::values_of;
use crate::io::options::Options;
use crate::io::write::FileWrite;
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::plan::scope::Scope;
use crate::types::names::quote;

/// What happens to a table that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Fail,
    Keep,
    Replace,
}

/// A table to be made.
pub(super) struct NewTable {
    pub(super) name: QualifiedName,
    pub(super) format: Format,
    pub(super) schema: Schema,
    pub(super) partition_columns: Vec<String>,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) options: BTreeMap<String, String>,
    pub(super) comment: Option<String>,
    pub(super) location: Option<String>,
    pub(super) constraints: Vec<ConstraintEntry>,
    pub(super) existing: Existing,
    pub(super) operation: &'static str,
}

/// The schema of rows as a new table keeps it: every column may be null.
pub(super) fn schema_of(planned: &Planned) -> Result<Schema> {
    let fields: Vec<Field> = planned
        .scope
        .columns
        .iter()
        .map(|column| {
            let data_type = crate::types::arrow::nullable(&column.data_type);
            Field::new(column.name.as_ref(), data_type, true)
                .with_metadata(column.metadata.as_ref().clone())
        })
        .collect();
    distinct(&fields)?;
    Ok(Schema::new(fields))
}

/// Fails if two columns have the same name.
pub(super) fn distinct(fields: &[Field]) -> Result<()> {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index]
            .iter()
            .any(|f| f.name().eq_ignore_ascii_case(field.name()))
        {
            return Err(Error::new(
                "COLUMN_ALREADY_EXISTS",
                [("columnName", quote(&field.name().to_lowercase()))],
            ));
        }
    }
    Ok(())
}

/// The partition columns as the schema spells them.
pub(super) fn partition_columns(schema: &Schema, wanted: &[String]) -> Result<Vec<String>> {
    let found = in_schema(schema, wanted)?;
    for (place, name) in found.iter().enumerate() {
        if found.iter().take(place).any(|other| other == name) {
            return Err(Error::new(
                "COLUMN_ALREADY_EXISTS",
                [("columnName", quote(&name.to_lowercase()))],
            ));
        }
    }
    if !found.is_empty() && found.len() == schema.fields().len() {
        return Err(Error::of("ALL_PARTITION_COLUMNS_NOT_ALLOWED"));
    }
    Ok(found)
}

fn in_schema(schema: &Schema, wanted: &[String]) -> Result<Vec<String>> {
    wanted
        .iter()
        .map(|name| {
            let found = schema
                .fields()
                .iter()
                .find(|f| f.name().eq_ignore_ascii_case(name));
            found.map(|f| f.name().clone()).ok_or_else(|| {
                let shown: Vec<String> = schema
                    .fields()
                    .iter()
                    .map(|f: &FieldRef| f.name().clone())
                    .collect();
                Error::new(
                    "DELTA_PARTITION_COLUMN_NOT_FOUND",
                    [
                        ("columnName", name.clone()),
                        ("schemaMap", shown.join(", ")),
                    ],
                )
            })
        })
        .collect()
}

/// The schema with the partition columns behind the others.
fn partitions_last(schema: &Schema, partition: &[String]) -> Schema {
    let field = |name: &String| schema.fields().iter().find(|f| f.name() == name);
    let kept = schema.fields().iter();
    let kept = kept.filter(|field| !partition.contains(field.name()));
    let fields: Vec<FieldRef> = kept
        .chain(partition.iter().filter_map(field))
        .cloned()
        .collect();
    Schema::new(fields)
}

/// Makes a table, with rows if there are any.
pub(super) async fn create(context: &Context, new: NewTable, rows: Option<Planned>) -> Result<()> {
    let catalog = &context.session.workspace.catalog;
    catalog.require_schema(&new.name.catalog, &new.name.schema)?;
    if !context.databricks() {
        crate::catalog::valid_name(&new.name.name)?;
    }
    let present = catalog.relation(&new.name);
    let already = || {
        Error::new(
            "TABLE_OR_VIEW_ALREADY_EXISTS",
            [("relationName", new.name.quoted())],
        )
    };
    let before = match (&present, new.existing) {
        (None, _) => None,
        (Some(_), Existing::Keep) => return Ok(()),
        (Some(_), Existing::Fail) => return Err(already()),
        (Some(entry), Existing::Replace) => match &entry.kind {
            RelationKind::View(_) => {
                return Err(Error::new(
                    "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                    [
                        ("viewName", new.name.quoted()),
                        ("operation", new.operation.to_owned()),
                    ],
                ));
            }
            RelationKind::Table(table) => Some(table.clone()),
        },
    };
    let path: PathBuf = match (&before, &new.location) {
        (_, Some(location)) => catalog.location(location)?.path,
        (Some(table), None) if table.provider == new.format.name() => table.path.clone(),
        (_, None) => catalog.managed_path(&new.name),
    };
    let location = match (&new.location, &before) {
        (Some(text), _) => Some(catalog.location(text)?.uri),
        (None, Some(table)) if table.path == path => table.location.clone(),
        (None, _) => None,
    };
    let given = Arc::new(new.schema);
    let schema = match new.format {
        Format::Delta => Arc::clone(&given),
        _ => Arc::new(partitions_last(&given, &new.partition_columns)),
    };
    let mut directories = Vec::new();
    let rows = match rows {
        Some(planned) => {
            let mut planned = align(context, planned, &given, &new.name.quoted(), By::Place)?;
            let mut columns = planned.scope.columns.clone();
            columns.sort_by_key(|column| schema.index_of(&column.name).ok());
            planned.scope = Scope::of(columns);
            Some(planned)
        }
        None => None,
    };
    if new.format == Format::Delta {
        let writing = catalog.delta.write(&path).await?;
        let base = writing.current().await?;
        let adopt = base.is_some() && before.is_none() && rows.is_none();
        if !adopt {
            let mut actions = metadata(&TableMetadata {
                schema: &schema,
                partition_columns: &new.partition_columns,
                properties: new
                    .properties
                    .clone()
                    .into_iter()
                    .collect::<HashMap<_, _>>(),
                description: new.comment.as_deref(),
                of: base.as_deref(),
            })?;
            let mut n_rows = 0;
            if let Some(planned) = rows {
                let batches = crate::execution::engine_stream(context, planned, &schema).await?;
                let (added, written) = writing
                    .add_files(&schema, &new.partition_columns, batches)
                    .await?;
                actions.extend(added);
                n_rows = written;
            }
            if let Some(base) = &base {
                actions.extend(base.remove_all());
            }
            let operation = Operation::new(new.operation)
                .with("isManaged", (location.is_none()).to_string())
                .with("partitionBy", json!(new.partition_columns).to_string());
            let metrics = json!({"numOutputRows": n_rows.to_string()});
            writing
                .commit(base.as_deref(), actions, operation, metrics)
                .await?;
        }
    } else {
        if before.is_some() {
            crate::catalog::remove_tree(&path);
        }
        if let Some(planned) = rows {
            let options = Options::new(&new.options);
            let batches = crate::execution::engine_stream(context, planned, &schema).await?;
            let write = FileWrite {
                format: new.format,
                options: &options,
                root: &path,
                schema: Arc::clone(&schema),
                partition_columns: new.partition_columns.clone(),
                context,
            };
            directories = write.run(batches).await?;
        }
    }
    let is_tracked = new.format != Format::Delta
        && !new.partition_columns.is_empty()
        && catalog.is_hive(&new.name.catalog);
    let partitions = is_tracked.then(|| {
        let made = directories.iter().map(|directory| PartitionEntry {
            values: values_of(directory),
            path: path.join(directory),
            location: None,
            created_ms: now_ms(),
            statistics: None,
        });
        made.collect()
    });
    let json =
        crate::types::json::to_json(&arrow::datatypes::DataType::Struct(schema.fields().clone()));
    let constraints = match &before {
        Some(table) if new.constraints.is_empty() && new.operation == "WRITE" => {
            table.constraints.clone()
        }
        _ => new.constraints,
    };
    let entry = RelationEntry {
        name: new.name.name.clone(),
        kind: RelationKind::Table(TableEntry {
            provider: new.format.name().to_owned(),
            path: path.clone(),
            location,
            schema: (new.format != Format::Delta).then(|| json.to_string()),
            partition_columns: new.partition_columns,
            options: new.options,
            constraints,
            partitions,
            statistics: None,
        }),
        comment: new.comment,
        properties: new.properties,
        created_ms: now_ms(),
    };
    catalog.put_relation(&new.name, entry, before.is_some())?;
    match before {
        Some(old) if old.path != path && old.location.is_none() => {
            crate::catalog::remove_tree(&old.path)
        }
        _ => {}
    }
    Ok(())
}

/// Whether a Delta table lies at a path.
pub(super) fn is_delta(path: &std::path::Path) -> bool {
    DeltaTables::exists(path)
}
