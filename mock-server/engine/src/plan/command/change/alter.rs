//! ALTER TABLE: names, properties, columns and constraints.

use std::collections::HashMap;

use arrow::array::Array;
use arrow::datatypes::{Field, Schema};
use serde_json::json;
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::{AlterTable, AlterTableAction, ColumnChange};

use super::{all_rows, open};
use crate::catalog::delta::{Operation, Snapshot, TableMetadata, metadata};
use crate::catalog::store::{Change, RelationKind};
use crate::error::{Error, Result};
use crate::plan::command::result::nothing;
use crate::plan::command::{describe, statement};
use crate::plan::context::Context;
use crate::types::names::quote;

/// `ALTER TABLE`.
pub(in crate::plan::command) async fn alter(
    context: &Context,
    node: AlterTable,
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let (name, entry) = describe::require(context, &node.name)?;
    let RelationKind::Table(mut table) = entry.kind.clone() else {
        return Err(Error::new(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            [
                ("viewName", name.quoted()),
                ("operation", "ALTER TABLE".to_owned()),
            ],
        ));
    };
    match node.action {
        AlterTableAction::Rename(to) => {
            let to = catalog.qualify(&(name.catalog.clone(), name.schema.clone()), &to)?;
            catalog.require_schema(&to.catalog, &to.schema)?;
            catalog.change(|entries| {
                if entries.relations.contains_key(&to.key()) {
                    return Err(Error::new(
                        "TABLE_OR_VIEW_ALREADY_EXISTS",
                        [("relationName", to.quoted())],
                    ));
                }
                let mut moved = entry.clone();
                moved.name = to.name.clone();
                let (c, s, _) = to.key();
                Ok((
                    vec![
                        Change::DropRelation(name.key()),
                        Change::PutRelation((c, s), moved),
                    ],
                    (),
                ))
            })?;
        }
        AlterTableAction::AddConstraint(constraint) => {
            let added = statement::constraint(context, &name.name, &constraint)?;
            let (_, writing, base) = open(context, &node.name, "ADD CONSTRAINT").await?;
            drop(writing);
            for column in &added.columns {
                let found = base
                    .schema
                    .fields()
                    .iter()
                    .find(|f| f.name().eq_ignore_ascii_case(column));
                match found {
                    None => return Err(statement::no_column(&name.quoted(), column, &base.schema)),
                    Some(field) if field.is_nullable() && added.references.is_none() => {
                        return Err(Error::plain(
                            crate::error::Exception::Analysis,
                            format!(
                                "Cannot create the primary key `{}` because its child column(s) `{column}` is nullable. \
                                 Please change the column nullability and retry.",
                                added.name
                            ),
                        ));
                    }
                    Some(_) => {}
                }
            }
            let taken = table.constraints.iter().any(|c| {
                c.name.eq_ignore_ascii_case(&added.name)
                    || (c.references.is_none() && added.references.is_none())
            });
            if taken {
                return Err(Error::new(
                    "CONSTRAINT_ALREADY_EXISTS",
                    [("constraintName", quote(&added.name))],
                ));
            }
            table.constraints.push(added);
            let changed = crate::catalog::store::RelationEntry {
                kind: RelationKind::Table(table),
                ..entry
            };
            statement::keep_entry(context, &name, changed)?;
        }
        AlterTableAction::DropConstraint {
            name: wanted,
            if_exists,
            ..
        } => {
            let before = table.constraints.len();
            table.constraints.retain(|c| match &wanted {
                Some(wanted) => !c.name.eq_ignore_ascii_case(wanted),
                None => c.references.is_some(),
            });
            if table.constraints.len() == before && !if_exists {
                return Err(Error::new(
                    "CONSTRAINT_DOES_NOT_EXIST",
                    [
                        (
                            "constraintName",
                            quote(&wanted.unwrap_or_else(|| "PRIMARY KEY".to_owned())),
                        ),
                        ("tableName", name.quoted()),
                    ],
                ));
            }
            let changed = crate::catalog::store::RelationEntry {
                kind: RelationKind::Table(table),
                ..entry
            };
            statement::keep_entry(context, &name, changed)?;
        }
        AlterTableAction::AddColumns(columns) => {
            // Columns are added to Delta tables only.
            statement::no_defaults(&columns)?;
            let added = columns
                .iter()
                .map(|column| statement::field(context, column, "ALTER TABLE ADD COLUMNS"))
                .collect::<Result<Vec<_>>>()?;
            evolve(context, &node.name, "ADD COLUMNS", |fields, _| {
                fields.extend(added.iter().map(|f| f.clone().with_nullable(true)));
                crate::plan::command::table::distinct(fields)
            })
            .await?;
        }
        AlterTableAction::AlterColumns(changes) => {
            evolve(context, &node.name, "CHANGE COLUMN", |fields, _| {
                for (column, change) in &changes {
                    alter_column(fields, &column.join("."), change)?;
                }
                Ok(())
            })
            .await?;
        }
        AlterTableAction::SetProperties(properties) => {
            evolve(context, &node.name, "SET TBLPROPERTIES", |_, known| {
                known.extend(properties.iter().cloned());
                Ok(())
            })
            .await?;
        }
        AlterTableAction::UnsetProperties { keys, .. } => {
            evolve(context, &node.name, "UNSET TBLPROPERTIES", |_, known| {
                known.retain(|key, _| !keys.contains(key));
                Ok(())
            })
            .await?;
        }
        AlterTableAction::ReplaceColumns(_)
        | AlterTableAction::DropColumns { .. }
        | AlterTableAction::RenameColumn { .. } => {
            return Err(Error::unsupported(
                "ALTER TABLE that drops, renames or replaces columns",
            ));
        }
        AlterTableAction::SetTags(_) | AlterTableAction::UnsetTags(_) => {
            return Err(Error::unsupported("tags"));
        }
        AlterTableAction::SetOwner(_) => return Err(Error::unsupported("owners")),
        AlterTableAction::SetLocation { .. } => {
            return Err(Error::unsupported("ALTER TABLE SET LOCATION"));
        }
        AlterTableAction::ClusterBy(_) => return Err(Error::unsupported("ALTER TABLE CLUSTER BY")),
        AlterTableAction::AddPartitions { .. }
        | AlterTableAction::DropPartitions { .. }
        | AlterTableAction::RenamePartition { .. }
        | AlterTableAction::RecoverPartitions => {
            return Err(Error::unsupported("ALTER TABLE of partitions"));
        }
        AlterTableAction::DropFeature { .. } => {
            return Err(Error::unsupported("ALTER TABLE DROP FEATURE"));
        }
        AlterTableAction::SetSerdeProperties(_) => {
            return Err(Error::unsupported("ALTER TABLE SET SERDEPROPERTIES"));
        }
        AlterTableAction::SetCollation(_) => return Err(Error::unsupported("DEFAULT COLLATION")),
    }
    nothing()
}

fn alter_column(fields: &mut [Field], column: &str, change: &ColumnChange) -> Result<()> {
    let Some(field) = fields
        .iter_mut()
        .find(|f| f.name().eq_ignore_ascii_case(column))
    else {
        return Err(Error::new(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            [("objectName", quote(column))],
        ));
    };
    match change {
        ColumnChange::SetNotNull => *field = field.clone().with_nullable(false),
        ColumnChange::DropNotNull => *field = field.clone().with_nullable(true),
        ColumnChange::SetComment(comment) => {
            let mut metadata = field.metadata().clone();
            metadata.insert(
                "comment".to_owned(),
                serde_json::Value::from(comment.as_str()).to_string(),
            );
            *field = field.clone().with_metadata(metadata);
        }
        ColumnChange::SetType(_) => return Err(Error::unsupported("ALTER COLUMN TYPE")),
        ColumnChange::SetDefault(_) | ColumnChange::DropDefault => {
            return Err(Error::unsupported("ALTER COLUMN DEFAULT"));
        }
        ColumnChange::SetPosition(_) => {
            return Err(Error::unsupported("ALTER COLUMN FIRST and AFTER"));
        }
        ColumnChange::SyncIdentity => return Err(Error::unsupported("ALTER COLUMN SYNC IDENTITY")),
        ColumnChange::SetTags(_) | ColumnChange::UnsetTags(_) => {
            return Err(Error::unsupported("tags"));
        }
    }
    Ok(())
}

/// A version with another schema or other properties, and the same files.
async fn evolve(
    context: &Context,
    parts: &[String],
    operation: &'static str,
    change: impl FnOnce(&mut Vec<Field>, &mut HashMap<String, String>) -> Result<()>,
) -> Result<()> {
    let (_, writing, base) = open(context, parts, operation).await?;
    let mut fields: Vec<Field> = base
        .schema
        .fields()
        .iter()
        .map(|f| f.as_ref().clone())
        .collect();
    let mut properties = base.properties().clone();
    change(&mut fields, &mut properties)?;
    for (old, new) in base.schema.fields().iter().zip(&fields) {
        if old.is_nullable() && !new.is_nullable() {
            refuse_nulls(context, &base, new.name()).await?;
        }
    }
    let schema = Schema::new(fields);
    let actions = metadata(&TableMetadata {
        schema: &schema,
        partition_columns: &base.partition_columns,
        properties,
        description: base.description(),
        of: Some(&base),
    })?;
    writing
        .commit(Some(&base), actions, Operation::new(operation), json!({}))
        .await?;
    Ok(())
}

/// A column with nulls cannot forbid them.
async fn refuse_nulls(context: &Context, base: &Snapshot, column: &str) -> Result<()> {
    let index = base.schema.index_of(column)?;
    if all_rows(context, base)
        .await?
        .iter()
        .any(|batch| batch.column(index).null_count() > 0)
    {
        return Err(Error::new(
            "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
            [("columnName", column)],
        ));
    }
    Ok(())
}
