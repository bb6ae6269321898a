//! ALTER TABLE: which table, what kind of table, and what its catalog entry alone decides.
//!
//! Tables of files keep everything in the catalog; a Delta table's log is `change/alter.rs`'s affair.

mod columns;
pub(super) mod partitions;

use sparring_proto::connect as proto;
use sparring_sql::statement::{AlterTable, AlterTableAction as Action};

use super::object::{Kept, Object, object, only_table, table_or};
use super::result::nothing;
use super::{alter_view, change};
use crate::catalog::store::{Change, RelationEntry, TableEntry};
use crate::catalog::{Catalog, QualifiedName};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::names::quote_parts;

/// `ALTER TABLE`.
pub(super) async fn alter(context: &Context, node: AlterTable) -> Result<proto::Relation> {
    if let Action::Rename(to) = &node.action {
        return rename_any(context, &node.name, to);
    }
    let (class, operation) = operation(&node.action);
    let table = table_or(context, &node.name, class, operation)?;
    if table.kind.provider == Format::Delta.name() {
        return change::alter(context, node).await;
    }
    match node.action {
        Action::Rename(_) => {}
        Action::AddColumns(columns) => columns::add(context, &table, &columns)?,
        Action::AlterColumns(changes) => columns::change(context, &table, &changes)?,
        Action::DropColumns { columns, if_exists } => {
            if !if_exists {
                columns::all_there(context, &table, &columns)?;
            }
            return Err(not_offered(&table, "DROP COLUMN"));
        }
        Action::RenameColumn { column, .. } => {
            columns::all_there(context, &table, &[column])?;
            return Err(not_offered(&table, "RENAME COLUMN"));
        }
        Action::ReplaceColumns(_) => return Err(not_offered(&table, "REPLACE COLUMNS")),
        Action::AddConstraint(_) => return Err(not_offered(&table, "ADD CONSTRAINT")),
        Action::DropConstraint { .. } => return Err(not_offered(&table, "DROP CONSTRAINT")),
        Action::SetProperties(properties) => {
            change_entry(context, &table, |entry| set_properties(entry, properties))?;
        }
        Action::UnsetProperties { keys, .. } => {
            change_entry(context, &table, |entry| unset_properties(entry, &keys))?;
        }
        Action::SetSerdeProperties(properties) => {
            let catalog = &context.session.workspace.catalog;
            catalog.change_table(&table.name, |table| table.options.extend(properties))?;
        }
        Action::SetLocation {
            partition,
            location,
        } if partition.is_empty() => {
            let catalog = &context.session.workspace.catalog;
            let place = catalog.location(&location)?;
            catalog.change_table(&table.name, |table| {
                table.path = place.path;
                table.location = Some(place.uri);
                table.statistics = None;
            })?;
        }
        Action::SetLocation {
            partition,
            location,
        } => partitions::set_location(context, &table, &partition, &location)?,
        Action::AddPartitions {
            if_not_exists,
            partitions,
        } => partitions::add(context, &table, &partitions, if_not_exists)?,
        Action::DropPartitions {
            if_exists,
            partitions,
        } => partitions::drop(context, &table, &partitions, if_exists)?,
        Action::RenamePartition { from, to } => {
            partitions::rename(context, &table, &from, &to)?;
        }
        Action::RecoverPartitions => {
            let found = partitions::Repair {
                add: true,
                drop: false,
                operation: "ALTER TABLE RECOVER PARTITIONS",
            };
            found.run(context, &table)?;
        }
        Action::SetTags(_) | Action::UnsetTags(_) => return Err(Error::unsupported("tags")),
        Action::SetOwner(_) => return Err(Error::unsupported("owners")),
        Action::ClusterBy(_) => return Err(Error::unsupported("ALTER TABLE CLUSTER BY")),
        Action::DropFeature { .. } => {
            return Err(Error::unsupported("ALTER TABLE DROP FEATURE"));
        }
        Action::SetCollation(_) => return Err(Error::unsupported("DEFAULT COLLATION")),
    }
    nothing()
}

/// How an error names the statement, and which error it is, where a view stands in place of a table.
fn operation(action: &Action) -> (&'static str, &'static str) {
    const PLAIN: &str = "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE";
    const ALTER_VIEW: &str = "EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW";
    match action {
        Action::AddColumns(columns) if columns.len() == 1 => (PLAIN, "ALTER TABLE ... ADD COLUMN"),
        Action::AddColumns(_) => (PLAIN, "ALTER TABLE ... ADD COLUMNS"),
        Action::ReplaceColumns(_) => (PLAIN, "ALTER TABLE ... REPLACE COLUMNS"),
        Action::DropColumns { columns, .. } if columns.len() == 1 => {
            (PLAIN, "ALTER TABLE ... DROP COLUMN")
        }
        Action::DropColumns { .. } => (PLAIN, "ALTER TABLE ... DROP COLUMNS"),
        Action::RenameColumn { .. } => (PLAIN, "ALTER TABLE ... RENAME COLUMN"),
        Action::AlterColumns(_) => (PLAIN, "ALTER TABLE ... ALTER COLUMN"),
        Action::AddConstraint(_) => (PLAIN, "ALTER TABLE ... ADD CONSTRAINT"),
        Action::DropConstraint { .. } => (PLAIN, "ALTER TABLE ... DROP CONSTRAINT"),
        Action::SetProperties(_) => (ALTER_VIEW, "ALTER TABLE ... SET TBLPROPERTIES"),
        Action::UnsetProperties { .. } => (ALTER_VIEW, "ALTER TABLE ... UNSET TBLPROPERTIES"),
        Action::SetSerdeProperties(_) => (PLAIN, "ALTER TABLE ... SET [SERDE|SERDEPROPERTIES]"),
        Action::SetLocation { .. } => (PLAIN, "ALTER TABLE ... SET LOCATION ..."),
        Action::AddPartitions { .. } => (PLAIN, "ALTER TABLE ... ADD PARTITION ..."),
        Action::DropPartitions { .. } => (PLAIN, "ALTER TABLE ... DROP PARTITION ..."),
        Action::RenamePartition { .. } => (PLAIN, "ALTER TABLE ... RENAME TO PARTITION"),
        Action::RecoverPartitions => (PLAIN, "ALTER TABLE ... RECOVER PARTITIONS"),
        Action::ClusterBy(_) => (PLAIN, "ALTER TABLE ... CLUSTER BY"),
        Action::SetCollation(_) => (PLAIN, "ALTER TABLE ... DEFAULT COLLATION"),
        Action::Rename(_)
        | Action::SetTags(_)
        | Action::UnsetTags(_)
        | Action::SetOwner(_)
        | Action::DropFeature { .. } => (PLAIN, "ALTER TABLE"),
    }
}

/// What Spark's own catalog does to no table.
fn not_offered(table: &Kept<TableEntry>, operation: &str) -> Error {
    Error::new(
        "UNSUPPORTED_FEATURE.TABLE_OPERATION",
        [
            ("tableName", table.name.quoted()),
            ("operation", operation.to_owned()),
        ],
    )
}

fn change_entry(
    context: &Context,
    table: &Kept<TableEntry>,
    change: impl FnOnce(&mut RelationEntry),
) -> Result<()> {
    let catalog = &context.session.workspace.catalog;
    catalog.change_relation(&table.name, change)
}

/// The comment is a property too.
pub(super) fn set_properties(entry: &mut RelationEntry, properties: Vec<(String, String)>) {
    for (key, value) in properties {
        match key.as_str() {
            "comment" => entry.comment = Some(value),
            _ => {
                entry.properties.insert(key, value);
            }
        }
    }
}

/// Takes properties away; those that are not there are no error.
pub(super) fn unset_properties(entry: &mut RelationEntry, keys: &[String]) {
    entry.properties.retain(|key, _| !keys.contains(key));
    if keys.iter().any(|key| key == "comment") {
        entry.comment = None;
    }
}

/// `ALTER TABLE … RENAME TO`, which also renames a session's view.
fn rename_any(context: &Context, from: &[String], to: &[String]) -> Result<proto::Relation> {
    match object(context, from)? {
        Object::Temporary => alter_view::rename_temporary(context, from, to),
        Object::Table(table) => rename(context, &table.name, &table.entry, to),
        Object::View(view) if context.databricks() => {
            only_table(context, &view.name.parts(), "ALTER TABLE")?;
            nothing()
        }
        Object::View(_) => Err(Error::new(
            "EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW",
            [
                ("viewName", quote_parts(from)),
                ("operation", "ALTER TABLE".to_owned()),
            ],
        )),
    }
}

/// Puts a table or view under another name.
pub(super) fn rename(
    context: &Context,
    from: &QualifiedName,
    entry: &RelationEntry,
    to: &[String],
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let to = catalog.qualify(&(from.catalog.clone(), from.schema.clone()), to)?;
    if !context.databricks() && !to.schema.eq_ignore_ascii_case(&from.schema) {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1073",
            [("db", &from.schema), ("newDb", &to.schema)],
        ));
    }
    catalog.require_schema(&to.catalog, &to.schema)?;
    let mut moved = entry.clone();
    moved.name.clone_from(&to.name);
    move_own(catalog, from, &to, &mut moved)?;
    catalog.change(|entries| {
        if entries.relations.contains_key(&to.key()) {
            let shown = match context.databricks() {
                true => to.quoted(),
                false => quote_parts([&to.schema, &to.name]),
            };
            return Err(Error::new(
                "TABLE_OR_VIEW_ALREADY_EXISTS",
                [("relationName", shown)],
            ));
        }
        let (c, s, _) = to.key();
        let changes = vec![
            Change::DropRelation(from.key()),
            Change::PutRelation((c, s), moved),
        ];
        Ok((changes, ()))
    })?;
    nothing()
}

/// In a schema with a place of its own a table's directory has the table's name.
fn move_own(
    catalog: &Catalog,
    from: &QualifiedName,
    to: &QualifiedName,
    moved: &mut RelationEntry,
) -> Result<()> {
    use crate::catalog::store::RelationKind;
    let RelationKind::Table(table) = &mut moved.kind else {
        return Ok(());
    };
    let is_own = catalog.managed_path(from) == table.path;
    if table.location.is_some() || !is_own || catalog.relation(to).is_some() {
        return Ok(());
    }
    let path = catalog.managed_path(to);
    if table.path.exists() {
        std::fs::rename(&table.path, &path)
            .map_err(|error| Error::internal(format!("moving {}: {error}", from.quoted())))?;
    }
    for partition in table.partitions.iter_mut().flatten() {
        if let Ok(below) = partition.path.strip_prefix(&table.path) {
            partition.path = path.join(below);
        }
    }
    catalog.delta.forget(&table.path);
    table.path = path;
    Ok(())
}
