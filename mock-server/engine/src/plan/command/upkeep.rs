//! What looks after tables: TRUNCATE, REPAIR, REFRESH.

use std::path::Path;

use sparring_proto::connect as proto;
use sparring_sql::statement::{Delete, PartitionValue, RepairTable, Truncate};

use super::alter_table::partitions::{ONE, Repair, Spec};
use super::object::only_table;
use super::result::nothing;
use super::{change, describe, function};
use crate::catalog::remove_tree;
use crate::error::{Error, Result};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::names::quote_parts;

/// `TRUNCATE TABLE`: partitions lose their rows and stay.
pub(super) async fn truncate(context: &Context, node: Truncate) -> Result<proto::Relation> {
    let table = only_table(context, &node.table, "TRUNCATE TABLE")?;
    if table.kind.provider == Format::Delta.name() {
        if !node.partition.is_empty() {
            return Err(Error::unsupported(
                "TRUNCATE TABLE of a Delta table with a partition",
            ));
        }
        let delete = Delete {
            table: node.table,
            ..Default::default()
        };
        change::delete(context, delete).await?;
        return nothing();
    }
    let refused =
        |class: &'static str| Error::new(class, [("tableIdentWithDB", table.name.quoted())]);
    if table.kind.location.is_some() {
        return Err(refused("_LEGACY_ERROR_TEMP_1266"));
    }
    if table.kind.partition_columns.is_empty() && !node.partition.is_empty() {
        return Err(refused("_LEGACY_ERROR_TEMP_1267"));
    }
    let spec = Spec::of(context, &table, &node.partition)?;
    let known = table.kind.partitions.iter().flatten();
    let within: Vec<&Path> = known
        .filter(|partition| spec.covers(&table.kind, partition))
        .map(|partition| partition.path.as_path())
        .collect();
    let names_one = !node.partition.is_empty() && spec.is_whole(&table.kind);
    if table.kind.partitions.is_some() && names_one && within.is_empty() {
        return Err(spec.not_found(&table, ONE));
    }
    if table.kind.partitions.is_none() && !node.partition.is_empty() {
        return Err(Error::unsupported(
            "TRUNCATE TABLE of a partition that the catalog does not know",
        ));
    }
    if node.partition.is_empty() {
        emptied(&table.kind.path)?;
    }
    for path in within {
        emptied(path)?;
    }
    let catalog = &context.session.workspace.catalog;
    catalog.change_table(&table.name, |table| table.statistics = None)?;
    nothing()
}

fn emptied(path: &Path) -> Result<()> {
    remove_tree(path);
    std::fs::create_dir_all(path)
        .map_err(|error| Error::internal(format!("making {}: {error}", path.display())))
}

/// `[MSCK] REPAIR TABLE`.
pub(super) fn repair(context: &Context, node: &RepairTable) -> Result<proto::Relation> {
    let table = only_table(context, &node.table, "MSCK REPAIR TABLE")?;
    if table.kind.provider == Format::Delta.name() {
        return Err(Error::unsupported("REPAIR TABLE of a Delta table"));
    }
    let repair = Repair {
        add: node.add,
        drop: node.drop,
        operation: "MSCK REPAIR TABLE",
    };
    repair.run(context, &table)?;
    nothing()
}

/// `REFRESH FUNCTION`: bodies are read where a function is called, so there is nothing to refresh.
pub(super) fn refresh_function(context: &Context, name: &[String]) -> Result<proto::Relation> {
    match function::found(context, name)? {
        function::Found::BuiltIn | function::Found::Temporary => Err(Error::new(
            "_LEGACY_ERROR_TEMP_1017",
            [
                ("name", name.join(".")),
                ("cmd", "REFRESH FUNCTION".to_owned()),
                ("hintStr", String::new()),
            ],
        )
        .at(describe::place_of(context, name))),
        // Apache Spark loads the class that a function of SQL has not.
        function::Found::Kept(full) if !context.databricks() => Err(Error::new(
            "CANNOT_LOAD_FUNCTION_CLASS",
            [
                ("className", "sqlFunction.".to_owned()),
                ("functionName", quote_parts(&full)),
            ],
        )),
        function::Found::Kept(_) => nothing(),
    }
}

/// `spark.catalog.recoverPartitions`.
pub(super) fn recover(context: &Context, table: &[String]) -> Result<()> {
    let table = only_table(context, table, "recoverPartitions()")?;
    let repair = Repair {
        add: true,
        drop: false,
        operation: "ALTER TABLE RECOVER PARTITIONS",
    };
    repair.run(context, &table)
}

/// `spark.catalog.truncateTable`.
pub(super) async fn truncated(context: &Context, table: Vec<String>) -> Result<()> {
    let node = Truncate {
        table,
        partition: Vec::<PartitionValue>::new(),
    };
    truncate(context, node).await.map(|_| ())
}
