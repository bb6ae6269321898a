//! Partitions that the catalog knows: named in statements, added, dropped, renamed, found again.

use std::path::Path;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::ScalarValue;
use sparring_sql::statement::PartitionValue;

use crate::catalog::paths::Location;
use crate::catalog::store::{PartitionEntry, TableEntry};
use crate::catalog::{now_ms, remove_tree};
use crate::error::{Error, Exception, Result};
use crate::functions::{CastMode, cast};
use crate::io::listing::{self, HIVE_NULL, directory_of};
use crate::plan::Planner;
use crate::plan::command::object::{Kept, statement};
use crate::plan::context::Context;
use crate::plan::expression::evaluate;
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;
use crate::types::json::from_json;
use crate::types::names::quote;

/// Values of some partition columns, in the order of the statement.
pub(in crate::plan::command) struct Spec(Vec<(String, Option<String>)>);

impl Spec {
    /// The values as partitions have them, checked against the table's columns.
    pub(in crate::plan::command) fn of(
        context: &Context,
        table: &Kept<TableEntry>,
        values: &[PartitionValue],
    ) -> Result<Self> {
        let fields = match table.kind.schema.as_deref().map(from_json).transpose()? {
            Some(DataType::Struct(fields)) => fields.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            let mut names = table.kind.partition_columns.iter();
            let Some(name) = names.find(|name| context.same_name(name, &value.column)) else {
                return Err(Error::new(
                    "PARTITIONS_NOT_FOUND",
                    [
                        ("partitionList", quote(&value.column)),
                        ("tableName", table.name.quoted()),
                    ],
                ));
            };
            let field = fields.iter().find(|field: &&FieldRef| field.name() == name);
            let data_type = field.map_or(&DataType::Utf8, |field| field.data_type());
            found.push((name.clone(), text(context, value, data_type)?));
        }
        Ok(Self(found))
    }

    /// The same where every partition column has to be named.
    pub(in crate::plan::command) fn whole(
        context: &Context,
        table: &Kept<TableEntry>,
        values: &[PartitionValue],
    ) -> Result<Self> {
        let spec = Self::of(context, table, values)?;
        let columns = &table.kind.partition_columns;
        if spec.0.len() == columns.len() {
            return Ok(spec);
        }
        let keys: Vec<&str> = spec.0.iter().map(|(name, _)| name.as_str()).collect();
        Err(Error::new(
            "_LEGACY_ERROR_TEMP_1232",
            [
                ("specKeys", keys.join(", ")),
                ("partitionColumnNames", columns.join(", ")),
                ("tableName", table.name.quoted()),
            ],
        ))
    }

    /// Whether every partition column is named.
    pub(in crate::plan::command) fn is_whole(&self, table: &TableEntry) -> bool {
        self.0.len() == table.partition_columns.len()
    }

    /// The values in the order of the partition columns.
    fn values(&self, table: &TableEntry) -> Vec<Option<String>> {
        let value = |name: &String| {
            let found = self.0.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| value.clone())
        };
        table.partition_columns.iter().map(value).collect()
    }

    /// Whether a partition has these values.
    pub(in crate::plan::command) fn covers(
        &self,
        table: &TableEntry,
        partition: &PartitionEntry,
    ) -> bool {
        self.0.iter().all(|(name, value)| {
            let at = table.partition_columns.iter().position(|key| key == name);
            at.and_then(|at| partition.values.get(at)) == Some(value)
        })
    }

    /// As errors show it.
    fn shown(&self) -> String {
        let values = self.0.iter().map(|(name, value)| {
            let value = value.as_deref().unwrap_or("null");
            format!("{} = {value}", quote(name))
        });
        format!("PARTITION ({})", values.collect::<Vec<_>>().join(", "))
    }

    /// Spark's complaint that there is no such partition.
    pub(in crate::plan::command) fn not_found(
        &self,
        table: &Kept<TableEntry>,
        exception: &'static str,
    ) -> Error {
        Error::new(
            "PARTITIONS_NOT_FOUND",
            [
                ("partitionList", self.shown()),
                ("tableName", table.short()),
            ],
        )
        .thrown_as(Exception::Catalog(exception))
    }

    /// The partition of these values.
    pub(in crate::plan::command) fn find<'t>(
        &self,
        table: &'t Kept<TableEntry>,
    ) -> Result<&'t PartitionEntry> {
        let mut known = table.kind.partitions.iter().flatten();
        let found = known.find(|partition| self.covers(&table.kind, partition));
        found.ok_or_else(|| self.not_found(table, ONE))
    }
}

/// What Spark throws where one partition is missing, and where one of several is.
pub(in crate::plan::command) const ONE: &str = "NoSuchPartitionException";
const SEVERAL: &str = "NoSuchPartitionsException";

/// A value in the type of its column, as a partition's directory has it.
fn text(context: &Context, value: &PartitionValue, data_type: &DataType) -> Result<Option<String>> {
    let Some(expression) = &value.value else {
        return Ok(None);
    };
    let sources = Sources::default();
    let value = Planner::new(context, &sources).resolve(expression, &Scope::default())?;
    let mode = CastMode::implicit(context);
    let value = cast(context, value, data_type, mode, statement(context))?;
    let value = cast(context, value, &DataType::Utf8, CastMode::Ansi, None)?;
    Ok(match evaluate(&value.expr)? {
        ScalarValue::Utf8(text) => text,
        _ => None,
    })
}

/// The partitions that the catalog knows, or Spark's complaint that it knows none.
pub(in crate::plan::command) fn known<'t>(
    table: &'t Kept<TableEntry>,
    action: &str,
) -> Result<&'t [PartitionEntry]> {
    match &table.kind.partitions {
        Some(partitions) => Ok(partitions),
        None => Err(Error::new(
            "_LEGACY_ERROR_TEMP_1251",
            [
                ("action", action.to_owned()),
                ("tableName", table.name.name.clone()),
            ],
        )),
    }
}

/// A partition's directory as users see it: `k=x/n=1`.
pub(in crate::plan::command) fn shown(table: &TableEntry, partition: &PartitionEntry) -> String {
    let names = table.partition_columns.iter().map(String::as_str);
    let values = partition.values.iter().map(Option::as_deref);
    directory_of(names.zip(values)).display().to_string()
}

/// `ADD PARTITION`.
pub(super) fn add(
    context: &Context,
    table: &Kept<TableEntry>,
    added: &[(Vec<PartitionValue>, Option<String>)],
    if_not_exists: bool,
) -> Result<()> {
    let mut partitions = known(table, "ALTER TABLE ADD PARTITION")?.to_vec();
    let mut taken = Vec::new();
    for (values, location) in added {
        let spec = Spec::whole(context, table, values)?;
        if spec.0.iter().any(|(_, value)| value.as_deref() == Some("")) {
            let values = spec
                .0
                .iter()
                .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or(HIVE_NULL)));
            let values = values.collect::<Vec<_>>().join(", ");
            let details = format!("The spec ([{values}]) contains an empty partition column value");
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1076",
                [("details", details)],
            ));
        }
        let values = spec.values(&table.kind);
        if partitions.iter().any(|known| known.values == values) {
            taken.push(spec.shown());
            continue;
        }
        let place = location.as_deref().map(|text| {
            let catalog = &context.session.workspace.catalog;
            catalog.location(text)
        });
        let mut entry = PartitionEntry {
            values,
            path: table.kind.path.clone(),
            location: None,
            created_ms: now_ms(),
            statistics: None,
        };
        match place.transpose()? {
            Some(place) => {
                entry.path = place.path;
                entry.location = Some(place.uri);
            }
            None => entry.path = table.kind.path.join(shown(&table.kind, &entry)),
        }
        made(&entry.path)?;
        partitions.push(entry);
    }
    if !taken.is_empty() && !if_not_exists {
        return Err(Error::new(
            "PARTITIONS_ALREADY_EXIST",
            [
                ("partitionList", taken.join(", ")),
                ("tableName", table.short()),
            ],
        ));
    }
    keep(context, table, partitions)
}

/// `DROP PARTITION`.
pub(super) fn drop(
    context: &Context,
    table: &Kept<TableEntry>,
    dropped: &[Vec<PartitionValue>],
    if_exists: bool,
) -> Result<()> {
    let mut partitions = known(table, "ALTER TABLE DROP PARTITION")?.to_vec();
    let mut gone = Vec::new();
    for values in dropped {
        let spec = Spec::of(context, table, values)?;
        let is_it = |partition: &PartitionEntry| spec.covers(&table.kind, partition);
        // Apache Spark's own catalog wants every column named; Hive's takes what the values cover.
        let wants_whole = !context.databricks() && !spec.is_whole(&table.kind);
        if wants_whole || !partitions.iter().any(is_it) {
            if if_exists {
                continue;
            }
            return Err(spec.not_found(table, SEVERAL));
        }
        gone.extend(partitions.extract_if(.., |partition| is_it(partition)));
    }
    keep(context, table, partitions)?;
    if table.kind.location.is_none() {
        for partition in gone {
            remove_tree(&partition.path);
        }
    }
    Ok(())
}

/// `PARTITION (…) RENAME TO PARTITION (…)`.
pub(super) fn rename(
    context: &Context,
    table: &Kept<TableEntry>,
    from: &[PartitionValue],
    to: &[PartitionValue],
) -> Result<()> {
    let mut partitions = known(table, "ALTER TABLE RENAME PARTITION")?.to_vec();
    let from = Spec::whole(context, table, from)?;
    let to = Spec::whole(context, table, to)?;
    let old = from.find(table)?.clone();
    let values = to.values(&table.kind);
    if partitions
        .iter()
        .any(|partition| partition.values == values)
    {
        return Err(Error::new(
            "PARTITIONS_ALREADY_EXIST",
            [("partitionList", to.shown()), ("tableName", table.short())],
        ));
    }
    for partition in &mut partitions {
        if partition.values != old.values {
            continue;
        }
        partition.values.clone_from(&values);
        // A managed table's partition lies where its name says.
        if table.kind.location.is_none() {
            partition.path = table.kind.path.join(shown(&table.kind, partition));
            partition.location = None;
            moved(&old.path, &partition.path)?;
        }
    }
    keep(context, table, partitions)
}

/// `PARTITION (…) SET LOCATION`.
pub(super) fn set_location(
    context: &Context,
    table: &Kept<TableEntry>,
    values: &[PartitionValue],
    location: &str,
) -> Result<()> {
    let mut partitions = known(table, "ALTER TABLE ... SET LOCATION")?.to_vec();
    let spec = Spec::whole(context, table, values)?;
    spec.find(table)?;
    let place = context.session.workspace.catalog.location(location)?;
    for partition in &mut partitions {
        if spec.covers(&table.kind, partition) {
            partition.path.clone_from(&place.path);
            partition.location = Some(place.uri.clone());
        }
    }
    keep(context, table, partitions)
}

/// `RECOVER PARTITIONS`, `MSCK REPAIR TABLE`: what the catalog knows made what the directories say.
pub(in crate::plan::command) struct Repair {
    pub(in crate::plan::command) add: bool,
    pub(in crate::plan::command) drop: bool,
    /// As errors name it.
    pub(in crate::plan::command) operation: &'static str,
}

impl Repair {
    pub(in crate::plan::command) fn run(
        &self,
        context: &Context,
        table: &Kept<TableEntry>,
    ) -> Result<()> {
        let n_levels = table.kind.partition_columns.len();
        if n_levels == 0 {
            return Err(Error::new(
                "NOT_A_PARTITIONED_TABLE",
                [
                    ("operation", self.operation.to_owned()),
                    ("tableIdentWithDB", table.name.quoted()),
                ],
            ));
        }
        // Where directories are asked at each read there is nothing to repair.
        let Some(mut partitions) = table.kind.partitions.clone() else {
            return Ok(());
        };
        if self.drop {
            partitions.retain(|partition| partition.path.exists());
        }
        if self.add {
            let root = Location {
                uri: String::new(),
                path: table.kind.path.clone(),
            };
            for (values, place) in listing::partitions(&root, n_levels) {
                if !partitions.iter().any(|known| known.values == values) {
                    partitions.push(PartitionEntry {
                        values,
                        path: place.path,
                        location: None,
                        created_ms: now_ms(),
                        statistics: None,
                    });
                }
            }
        }
        keep(context, table, partitions)
    }
}

fn keep(
    context: &Context,
    table: &Kept<TableEntry>,
    mut partitions: Vec<PartitionEntry>,
) -> Result<()> {
    partitions.sort_by_key(|partition| shown(&table.kind, partition));
    let catalog = &context.session.workspace.catalog;
    catalog.change_table(&table.name, |table| table.partitions = Some(partitions))
}

fn made(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .map_err(|error| Error::internal(format!("making {}: {error}", path.display())))
}

fn moved(from: &Path, to: &Path) -> Result<()> {
    let parent = to.parent().unwrap_or(to);
    made(parent)?;
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::internal(
            format!("moving {}: {error}", from.display()),
        )),
        _ => Ok(()),
    }
}
