//! Tables made, filled and replaced.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef, Schema};
use deltalake_core::kernel::Action;
use serde_json::json;

use super::align::{By, align};
use crate::catalog::delta::{DeltaTables, Operation, Snapshot, TableMetadata, metadata};
use crate::catalog::store::{ConstraintEntry, RelationEntry, RelationKind, TableEntry};
use crate::catalog::{QualifiedName, now_ms};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::io::listing::{HIVE_NULL, escape};
use crate::io::options::Options;
use crate::io::write::FileWrite;
use crate::plan::Planned;
use crate::plan::context::Context;
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
    if !wanted.is_empty() && wanted.len() == schema.fields().len() {
        return Err(Error::of("ALL_PARTITION_COLUMNS_NOT_ALLOWED"));
    }
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

/// Makes a table, with rows if there are any.
pub(super) async fn create(context: &Context, new: NewTable, rows: Option<Planned>) -> Result<()> {
    let catalog = &context.session.workspace.catalog;
    catalog.require_schema(&new.name.catalog, &new.name.schema)?;
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
    let schema = Arc::new(new.schema);
    let rows = match rows {
        Some(planned) => Some(align(
            context,
            planned,
            &schema,
            &new.name.quoted(),
            By::Place,
        )?),
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
            write.run(batches).await?;
        }
    }
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

/// What rows do to a table that is there.
pub(super) struct Fill {
    pub(super) by: By,
    /// The rows that were there go; those of these partitions only, if there are any.
    pub(super) overwrite: bool,
    pub(super) dynamic: bool,
    /// An overwrite replaces only what lies in the partitions with these values.
    pub(super) within: Vec<(String, Option<String>)>,
    pub(super) merge_schema: bool,
    pub(super) operation: &'static str,
}

/// Puts rows into a Delta table.
pub(super) async fn fill_delta(
    context: &Context,
    root: &std::path::Path,
    shown: &str,
    planned: Planned,
    fill: &Fill,
) -> Result<Arc<Snapshot>> {
    let catalog = &context.session.workspace.catalog;
    let writing = catalog.delta.write(root).await?;
    let base = writing
        .current()
        .await?
        .ok_or_else(|| crate::catalog::delta::not_a_table(shown))?;
    let (schema, mut actions) = evolved(&base, &planned, fill)?;
    let planned = align(context, planned, &schema, shown, fill.by)?;
    let batches = crate::execution::engine_stream(context, planned, &schema).await?;
    let (added, n_rows) = writing
        .add_files(&schema, &base.partition_columns, batches)
        .await?;
    if fill.overwrite {
        let written: Vec<HashMap<String, Option<String>>> = added
            .iter()
            .filter_map(|action| match action {
                Action::Add(add) => Some(add.partition_values.clone()),
                _ => None,
            })
            .collect();
        actions.extend(base.remove_some(|partition| {
            (fill.dynamic && !written.contains(partition)) || !lies_within(partition, &fill.within)
        }));
    }
    actions.extend(added);
    let operation = Operation::new(fill.operation)
        .with(
            "mode",
            if fill.overwrite {
                "Overwrite"
            } else {
                "Append"
            },
        )
        .with("partitionBy", json!(base.partition_columns).to_string());
    let metrics = json!({"numOutputRows": n_rows.to_string()});
    writing
        .commit(Some(&base), actions, operation, metrics)
        .await
}

/// The schema after the write, and the actions that change it.
fn evolved(base: &Snapshot, planned: &Planned, fill: &Fill) -> Result<(Arc<Schema>, Vec<Action>)> {
    if fill.by == By::Place {
        return Ok((Arc::clone(&base.schema), Vec::new()));
    }
    let extra: Vec<Field> = planned
        .scope
        .columns
        .iter()
        .filter(|c| {
            !base
                .schema
                .fields()
                .iter()
                .any(|f| f.name().eq_ignore_ascii_case(&c.name))
        })
        .map(|c| {
            Field::new(
                c.name.as_ref(),
                crate::types::arrow::nullable(&c.data_type),
                true,
            )
        })
        .collect();
    for column in &planned.scope.columns {
        let found = base
            .schema
            .fields()
            .iter()
            .find(|f| f.name().eq_ignore_ascii_case(&column.name));
        if let Some(field) = found {
            let text = |t: &arrow::datatypes::DataType| *t == arrow::datatypes::DataType::Utf8;
            if text(field.data_type()) != text(&column.data_type)
                && column.data_type != arrow::datatypes::DataType::Null
            {
                return Err(Error::new(
                    "DELTA_FAILED_TO_MERGE_FIELDS",
                    [
                        ("currentField", field.name().clone()),
                        ("updateField", column.name.to_string()),
                    ],
                ));
            }
        }
    }
    if extra.is_empty() {
        return Ok((Arc::clone(&base.schema), Vec::new()));
    }
    if !fill.merge_schema {
        let data = schema_of(planned)?;
        return Err(Error::new(
            "DELTA_METADATA_MISMATCH",
            [
                ("id", base.id().to_owned()),
                ("tableSchema", tree(&base.schema)),
                ("dataSchema", tree(&data)),
            ],
        ));
    }
    let fields: Vec<Field> = base
        .schema
        .fields()
        .iter()
        .map(|f| f.as_ref().clone())
        .chain(extra)
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let actions = metadata(&TableMetadata {
        schema: &schema,
        partition_columns: &base.partition_columns,
        properties: base.properties().clone(),
        description: base.description(),
        of: Some(base),
    })?;
    Ok((schema, actions))
}

fn tree(schema: &Schema) -> String {
    let lines: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| {
            format!(
                "-- {}: {} (nullable = {})",
                f.name(),
                crate::types::simple_string(f.data_type()),
                f.is_nullable()
            )
        })
        .collect();
    format!("root\n{}\n", lines.join("\n"))
}

/// Puts rows into a table of the catalog.
pub(super) async fn fill(
    context: &Context,
    name: &QualifiedName,
    table: &TableEntry,
    planned: Planned,
    fill: &Fill,
) -> Result<()> {
    if table.provider == Format::Delta.name() {
        fill_delta(context, &table.path, &name.quoted(), planned, fill).await?;
        return Ok(());
    }
    let format = Format::named(context, Some(&table.provider))?;
    let options = Options::new(&table.options);
    let opened = crate::io::source::table(context, table, &options, name.parts()).await?;
    let schema = opened.provider.schema();
    let planned = align(context, planned, &schema, &name.quoted(), fill.by)?;
    // Partitions that are written replace theirs only, so they are written beside the table first.
    let staged = (fill.overwrite && fill.dynamic && !table.partition_columns.is_empty())
        .then(|| table.path.with_extension("staged"));
    if let Some(staged) = &staged {
        crate::catalog::remove_tree(staged);
    } else if fill.overwrite {
        crate::catalog::remove_tree(&partition_directory(&table.path, &fill.within));
    }
    let batches = crate::execution::engine_stream(context, planned, &schema).await?;
    let write = FileWrite {
        format,
        options: &options,
        root: staged.as_ref().unwrap_or(&table.path),
        schema,
        partition_columns: table.partition_columns.clone(),
        context,
    };
    write.run(batches).await?;
    if let Some(staged) = staged {
        let moved = move_partitions(&staged, &table.path, table.partition_columns.len());
        crate::catalog::remove_tree(&staged);
        moved.map_err(|error| {
            Error::internal(format!(
                "the partitions written for {} cannot be moved into it: {error}",
                name.quoted()
            ))
        })?;
    }
    Ok(())
}

/// Whether a file with these partition values lies in the partitions with those.
fn lies_within(
    partition: &HashMap<String, Option<String>>,
    within: &[(String, Option<String>)],
) -> bool {
    let mut all = within.iter();
    all.all(|(name, value)| partition.get(name).is_none_or(|found| found == value))
}

/// The directory of the partitions whose first columns have these values.
pub(super) fn partition_directory(
    root: &std::path::Path,
    within: &[(String, Option<String>)],
) -> PathBuf {
    let mut path = root.to_owned();
    for (name, value) in within {
        let value = value.as_deref().map(escape);
        let value = value.unwrap_or_else(|| HIVE_NULL.to_owned());
        path.push(format!("{}={value}", escape(name)));
    }
    path
}

/// Whether a table has a partition of these values.
pub(super) async fn has_partition(
    context: &Context,
    table: &TableEntry,
    within: &[(String, Option<String>)],
) -> Result<bool> {
    if within.is_empty() {
        return Ok(false);
    }
    if table.provider != Format::Delta.name() {
        return Ok(partition_directory(&table.path, within).exists());
    }
    let catalog = &context.session.workspace.catalog;
    let files = catalog.delta.latest(&table.path).await?.files()?;
    let mut all = files.iter();
    Ok(all.any(|file| lies_within(&file.partition_values, within)))
}

/// Puts every partition directory of one tree in place of that of another.
pub(super) fn move_partitions(
    from: &std::path::Path,
    to: &std::path::Path,
    levels: usize,
) -> std::io::Result<()> {
    if levels == 0 {
        crate::catalog::remove_tree(to);
        return std::fs::rename(from, to);
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            move_partitions(&entry.path(), &to.join(entry.file_name()), levels - 1)?;
        }
    }
    Ok(())
}

/// Whether a Delta table lies at a path.
pub(super) fn is_delta(path: &std::path::Path) -> bool {
    DeltaTables::exists(path)
}
