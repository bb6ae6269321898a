//! Rows put into tables that are there: appended, or in place of all rows or of some partitions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use deltalake_core::kernel::Action;
use serde_json::json;

use super::align::{By, align};
use super::replace_where::ReplaceWhere;
use super::table::schema_of;
use crate::catalog::delta::{Operation, Snapshot, TableMetadata, metadata};
use crate::catalog::store::{PartitionEntry, TableEntry};
use crate::catalog::{QualifiedName, now_ms};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::io::listing::{directory_of, values_of};
use crate::io::options::Options;
use crate::io::write::FileWrite;
use crate::plan::Planned;
use crate::plan::context::Context;

/// What rows do to a table that is there.
pub(super) struct Fill {
    pub(super) by: By,
    /// The rows that were there go; those of these partitions only, if there are any.
    pub(super) overwrite: bool,
    pub(super) dynamic: bool,
    /// An overwrite replaces only what lies in the partitions with these values.
    pub(super) within: Vec<(String, Option<String>)>,
    /// An overwrite replaces only the rows that satisfy this, by rows that do.
    pub(super) replace: Option<ReplaceWhere>,
    pub(super) merge_schema: bool,
    /// Types must be those of a Delta table, as they must where Delta's own writer is reached; else
    /// values are assigned to the table's types.
    pub(super) keeps_types: bool,
    pub(super) operation: &'static str,
}

/// Puts rows into a Delta table.
pub(super) async fn fill_delta(
    context: &Context,
    root: &Path,
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
    let mut operation = Operation::new(fill.operation)
        .with(
            "mode",
            if fill.overwrite {
                "Overwrite"
            } else {
                "Append"
            },
        )
        .with("partitionBy", json!(base.partition_columns).to_string());
    let mut replacing = None;
    if let Some(replace) = &fill.replace {
        let text = replace.checked(context, &base)?;
        operation = operation.with("predicate", text.as_str());
        // Delta reads the condition of an append, and that is all.
        replacing = fill.overwrite.then_some((replace, text));
    }
    let mut removal = None;
    let batches = match replacing {
        None => crate::execution::engine_stream(context, planned, &schema).await?,
        Some((replace, text)) => {
            operation = operation.reading();
            removal = Some(replace.removal(context, &base, shown).await?);
            replace.new_rows(context, &text, planned, &schema).await?
        }
    };
    let (added, n_rows) = writing
        .add_files(&schema, &base.partition_columns, batches)
        .await?;
    let mut metrics = json!({"numOutputRows": n_rows.to_string()});
    if let Some(removal) = removal {
        let n_rows = n_rows + removal.n_copied();
        metrics = json!({
            "numOutputRows": n_rows.to_string(),
            "numCopiedRows": removal.n_copied().to_string(),
            "numDeletedRows": removal.n_deleted.to_string(),
            "numRemovedFiles": removal.files.len().to_string(),
        });
        actions.extend(removal.actions(&writing, &base).await?);
        let adds = |action: &&Action| matches!(action, Action::Add(_));
        let n_files = actions.iter().chain(&added).filter(adds).count();
        metrics["numFiles"] = n_files.to_string().into();
    } else if fill.overwrite {
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
            let text = |t: &DataType| *t == DataType::Utf8;
            let fits = match fill.keeps_types {
                true => merges(field.data_type(), &column.data_type),
                false => {
                    text(field.data_type()) == text(&column.data_type)
                        || column.data_type == DataType::Null
                }
            };
            if !fits {
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

/// Whether Delta writes values of a type into a column of another: small whole numbers into wider
/// ones, and nothing else.
fn merges(table: &DataType, data: &DataType) -> bool {
    use DataType::{Int8, Int16, Int32, List, Map, Null, Struct};
    match (table, data) {
        (_, Null) | (Int16 | Int32, Int8) | (Int32, Int16) => true,
        (List(table), List(data)) => merges(table.data_type(), data.data_type()),
        (Map(table, _), Map(data, _)) => merges(table.data_type(), data.data_type()),
        (Struct(table), Struct(data)) => data.iter().all(|field| {
            let mut same = table
                .iter()
                .filter(|f| f.name().eq_ignore_ascii_case(field.name()));
            same.next()
                .is_none_or(|known| merges(known.data_type(), field.data_type()))
        }),
        (table, data) => table == data,
    }
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
    if fill.replace.is_some() {
        return Err(Error::unsupported(format!(
            "replaceWhere on a {} table",
            table.provider
        )));
    }
    let format = Format::named(context, Some(&table.provider))?;
    let options = Options::new(&table.options);
    let opened = crate::io::source::table(context, table, &options, name.parts()).await?;
    let schema = opened.provider.schema();
    let planned = align(context, planned, &schema, &name.quoted(), fill.by)?;
    // Partitions that are written replace theirs only, and may lie elsewhere, so they are written
    // beside the table first.
    let is_beside = table.partitions.is_some() || (fill.overwrite && fill.dynamic);
    let staged = (is_beside && !table.partition_columns.is_empty()).then(|| beside(&table.path));
    if staged.is_none() && fill.overwrite {
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
    let written = write.run(batches).await;
    if let (Some(staged), Err(_)) = (&staged, &written) {
        crate::catalog::remove_tree(staged);
    }
    let directories = written?;
    if let Some(staged) = staged {
        let moved = match &table.partitions {
            Some(known) => {
                let placed = Placing {
                    table,
                    staged: &staged,
                    fill,
                };
                placed.place(known, &directories).and_then(|placed| {
                    let catalog = &context.session.workspace.catalog;
                    let kept = catalog.change_table(name, |table| placed.note(table));
                    kept.map_err(std::io::Error::other)
                })
            }
            None => move_partitions(&staged, &table.path, table.partition_columns.len()),
        };
        crate::catalog::remove_tree(&staged);
        moved.map_err(|error| {
            Error::internal(format!(
                "the partitions written for {} cannot be moved into it: {error}",
                name.quoted()
            ))
        })?;
    }
    if table.statistics.is_some() {
        let catalog = &context.session.workspace.catalog;
        catalog.change_table(name, |table| table.statistics = None)?;
    }
    Ok(())
}

/// A directory beside a table's for what one write makes.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unique = uuid::Uuid::new_v4().simple().to_string();
    path.with_file_name(format!(".{name}-{unique}"))
}

/// Partitions written beside a table whose partitions the catalog knows.
struct Placing<'f> {
    table: &'f TableEntry,
    staged: &'f Path,
    fill: &'f Fill,
}

/// What the catalog has to forget and to know after that.
struct Placed {
    gone: Vec<Vec<Option<String>>>,
    written: Vec<PartitionEntry>,
}

impl Placing<'_> {
    /// Moves what was written to where it belongs.
    fn place(&self, known: &[PartitionEntry], directories: &[PathBuf]) -> std::io::Result<Placed> {
        let is_written = |partition: &PartitionEntry| {
            let mut all = directories.iter();
            all.any(|directory| values_of(directory) == partition.values)
        };
        let mut gone = Vec::new();
        for partition in known {
            let replaced = self.fill.overwrite
                && match self.fill.dynamic {
                    true => is_written(partition),
                    false => self.is_within(partition),
                };
            if replaced {
                crate::catalog::remove_tree(&partition.path);
                if !is_written(partition) {
                    gone.push(partition.values.clone());
                }
            }
        }
        let mut written = Vec::with_capacity(directories.len());
        for directory in directories {
            let values = values_of(directory);
            let entry = match known.iter().find(|partition| partition.values == values) {
                Some(partition) => PartitionEntry {
                    statistics: None,
                    ..partition.clone()
                },
                None => PartitionEntry {
                    values,
                    path: self.table.path.join(directory),
                    location: None,
                    created_ms: now_ms(),
                    statistics: None,
                },
            };
            move_files(&self.staged.join(directory), &entry.path)?;
            written.push(entry);
        }
        Ok(Placed { gone, written })
    }

    /// Whether a partition is one of those that the statement names.
    fn is_within(&self, partition: &PartitionEntry) -> bool {
        let names = self.table.partition_columns.iter();
        let values = names.cloned().zip(partition.values.iter().cloned());
        lies_within(&values.collect(), &self.fill.within)
    }
}

impl Placed {
    /// Tells the catalog, which may know of other writers' partitions by now.
    fn note(self, table: &mut TableEntry) {
        let partitions = table.partitions.get_or_insert_default();
        partitions.retain(|partition| !self.gone.contains(&partition.values));
        for entry in self.written {
            partitions.retain(|partition| partition.values != entry.values);
            partitions.push(entry);
        }
    }
}

/// Moves the files of one directory into another.
fn move_files(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::rename(entry.path(), to.join(entry.file_name()))?;
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
pub(super) fn partition_directory(root: &Path, within: &[(String, Option<String>)]) -> PathBuf {
    let values = within.iter();
    root.join(directory_of(
        values.map(|(name, value)| (name.as_str(), value.as_deref())),
    ))
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
    if let Some(known) = &table.partitions {
        let names = table.partition_columns.iter();
        let is_within = |partition: &PartitionEntry| {
            let values = names.clone().cloned().zip(partition.values.iter().cloned());
            lies_within(&values.collect(), within)
        };
        return Ok(known.iter().any(is_within));
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
pub(super) fn move_partitions(from: &Path, to: &Path, levels: usize) -> std::io::Result<()> {
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
