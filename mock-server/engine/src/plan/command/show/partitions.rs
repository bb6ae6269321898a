//! SHOW PARTITIONS.

use sparring_proto::connect as proto;
use sparring_sql::statement::PartitionValue;

use crate::catalog::paths::Location;
use crate::catalog::store::{PartitionEntry, TableEntry};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::io::listing;
use crate::plan::command::alter_table::partitions::{Spec, shown};
use crate::plan::command::object::{Kept, only_table};
use crate::plan::command::result::Table;
use crate::plan::context::Context;

/// `SHOW PARTITIONS table [PARTITION (…)]`.
pub(super) async fn partitions(
    context: &Context,
    table: &[String],
    partition: &[PartitionValue],
) -> Result<proto::Relation> {
    let mut table = only_table(context, table, "SHOW PARTITIONS")?;
    let known = match &table.kind.partitions {
        Some(known) => known.clone(),
        None if table.kind.provider == Format::Delta.name() => {
            of_delta(context, &mut table).await?
        }
        None => of_directories(&table),
    };
    if table.kind.partition_columns.is_empty() {
        return Err(Error::new(
            "INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY",
            [("name", table.name.quoted())],
        ));
    }
    let spec = Spec::of(context, &table, partition)?;
    let mut names: Vec<String> = known
        .iter()
        .filter(|partition| spec.covers(&table.kind, partition))
        .map(|partition| shown(&table.kind, partition))
        .collect();
    names.sort();
    names.dedup();
    Table::default().text("partition", names).relation()
}

/// The partitions of a table whose directories are asked at each read.
fn of_directories(table: &Kept<TableEntry>) -> Vec<PartitionEntry> {
    let root = Location {
        uri: String::new(),
        path: table.kind.path.clone(),
    };
    let found = listing::partitions(&root, table.kind.partition_columns.len());
    let found = found.into_iter();
    found
        .map(|(values, place)| entry(values, place.path))
        .collect()
}

/// The partitions that a Delta table's log names; its columns come from there too.
async fn of_delta(context: &Context, table: &mut Kept<TableEntry>) -> Result<Vec<PartitionEntry>> {
    let delta = &context.session.workspace.catalog.delta;
    let snapshot = delta.latest(&table.kind.path).await?;
    table
        .kind
        .partition_columns
        .clone_from(&snapshot.partition_columns);
    let files = snapshot.files()?;
    let found = files.into_iter().map(|file| {
        let value = |name: &String| file.partition_values.get(name).cloned().flatten();
        let values = snapshot.partition_columns.iter().map(value).collect();
        entry(values, table.kind.path.clone())
    });
    Ok(found.collect())
}

fn entry(values: Vec<Option<String>>, path: std::path::PathBuf) -> PartitionEntry {
    PartitionEntry {
        values,
        path,
        location: None,
        created_ms: 0,
        statistics: None,
    }
}
