//! Columns of tables of files: added behind the others, described, given defaults. Spark's session
//! catalog changes nothing else of a column.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use sparring_sql::statement::{ColumnChange, ColumnDefinition, Name};

use super::not_offered;
use crate::catalog::store::TableEntry;
use crate::error::{Error, Exception, Result};
use crate::io::Format;
use crate::plan::command::object::{Kept, statement as whole};
use crate::plan::command::{defaults, statement, table};
use crate::plan::context::Context;
use crate::types::json::{from_json, to_json};
use crate::types::names::{quote, quote_parts};
use crate::types::proto::to_arrow;
use crate::types::sql_name;

/// `ADD COLUMNS`. Where a column is to stand is passed over, as in Spark.
pub(super) fn add(
    context: &Context,
    table: &Kept<TableEntry>,
    columns: &[ColumnDefinition],
) -> Result<()> {
    let mut fields = fields(table)?;
    for column in columns {
        if let [parent, _, ..] = column.name.as_slice() {
            return Err(unknown(std::slice::from_ref(parent), &fields));
        }
        if !column.nullable {
            return Err(Error::of("_LEGACY_ERROR_TEMP_1052"));
        }
    }
    if table.kind.provider == Format::Text.name() {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1260",
            [
                ("tableType", table.kind.provider.clone()),
                ("table", table.name.quoted()),
            ],
        ));
    }
    const STATEMENT: &str = "ALTER TABLE ADD COLUMNS";
    defaults::allowed(context, columns, &table.kind.provider, STATEMENT)?;
    let n_partition = table.kind.partition_columns.len();
    let at = fields.len().saturating_sub(n_partition);
    let added = columns
        .iter()
        .map(|column| statement::field(context, column, STATEMENT).map(Arc::new))
        .collect::<Result<Vec<FieldRef>>>()?;
    fields.splice(at..at, added);
    let plain: Vec<Field> = fields.iter().map(|field| field.as_ref().clone()).collect();
    table::distinct(&plain)?;
    keep(context, table, fields)
}

/// `ALTER COLUMN`.
pub(super) fn change(
    context: &Context,
    table: &Kept<TableEntry>,
    changes: &[(Name, ColumnChange)],
) -> Result<()> {
    let names: Vec<Name> = changes.iter().map(|(name, _)| name.clone()).collect();
    all_there(context, table, &names)?;
    let Some(first) = names.first() else {
        return Ok(());
    };
    if names.iter().any(|name| name != first) {
        return Err(not_offered(table, "ALTER COLUMN in bulk"));
    }
    let [column] = first.as_slice() else {
        return Err(not_offered(table, "ALTER COLUMN with qualified column"));
    };
    for (_, change) in changes {
        match change {
            ColumnChange::SetNotNull | ColumnChange::DropNotNull => {
                return Err(not_offered(table, "ALTER COLUMN ... SET NOT NULL"));
            }
            ColumnChange::SetPosition(_) => {
                return Err(not_offered(table, "ALTER COLUMN ... FIRST | AFTER"));
            }
            ColumnChange::SyncIdentity => {
                return Err(Error::unsupported("ALTER COLUMN SYNC IDENTITY"));
            }
            ColumnChange::SetTags(_) | ColumnChange::UnsetTags(_) => {
                return Err(Error::unsupported("tags"));
            }
            ColumnChange::SetType(_)
            | ColumnChange::SetComment(_)
            | ColumnChange::SetDefault(_)
            | ColumnChange::DropDefault => {}
        }
    }
    let mut partition = table.kind.partition_columns.iter();
    if let Some(name) = partition.find(|name| context.same_name(name, column)) {
        return Err(Error::new(
            "CANNOT_ALTER_PARTITION_COLUMN",
            [
                ("tableName", table.name.quoted()),
                ("columnName", quote(name)),
            ],
        ));
    }
    let mut fields = fields(table)?;
    for field in &mut fields {
        if context.same_name(field.name(), column) {
            let mut changed = field.as_ref().clone();
            for (_, change) in changes {
                changed = with_change(context, table, changed, change)?;
            }
            *field = Arc::new(changed);
        }
    }
    keep(context, table, fields)
}

fn with_change(
    context: &Context,
    table: &Kept<TableEntry>,
    field: Field,
    change: &ColumnChange,
) -> Result<Field> {
    let mut metadata = field.metadata().clone();
    match change {
        ColumnChange::SetType(wanted) => {
            let wanted = to_arrow(wanted)?;
            if wanted != *field.data_type() {
                let shown = |found: &DataType| format!("\"{}\"", sql_name(found));
                let error = Error::new(
                    "NOT_SUPPORTED_CHANGE_COLUMN",
                    [
                        ("table", table.name.quoted()),
                        ("originName", quote(field.name())),
                        ("originType", shown(field.data_type())),
                        ("newName", quote(field.name())),
                        ("newType", shown(&wanted)),
                    ],
                );
                return Err(error.at(whole(context)));
            }
        }
        ColumnChange::SetComment(comment) => defaults::note(&mut metadata, "comment", comment),
        ColumnChange::SetDefault(default) => {
            let declared = defaults::Declared {
                column: field.name(),
                data_type: field.data_type(),
                default,
                statement: "ALTER TABLE ALTER COLUMN",
            };
            declared.value(context)?;
            defaults::note(&mut metadata, defaults::CURRENT, &default.text);
        }
        ColumnChange::DropDefault => {
            metadata.remove(defaults::CURRENT);
        }
        ColumnChange::SetNotNull
        | ColumnChange::DropNotNull
        | ColumnChange::SetPosition(_)
        | ColumnChange::SyncIdentity
        | ColumnChange::SetTags(_)
        | ColumnChange::UnsetTags(_) => {
            return Err(Error::internal("a change of a column that was refused"));
        }
    }
    Ok(field.with_metadata(metadata))
}

/// Fails unless the table has all of these columns.
pub(super) fn all_there(
    context: &Context,
    table: &Kept<TableEntry>,
    columns: &[Name],
) -> Result<()> {
    let fields = fields(table)?;
    for column in columns {
        let Some(first) = column.first() else {
            continue;
        };
        if !fields
            .iter()
            .any(|field| context.same_name(field.name(), first))
        {
            return Err(unknown(column, &fields).at(whole(context)));
        }
    }
    Ok(())
}

fn unknown(column: &[String], fields: &[FieldRef]) -> Error {
    let names: Vec<String> = fields.iter().map(|field| quote(field.name())).collect();
    Error::new(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        [
            ("objectName", quote_parts(column)),
            ("proposal", names.join(", ")),
        ],
    )
    .thrown_as(Exception::Analysis)
}

/// The columns as the catalog has them, the partition's behind the others.
fn fields(table: &Kept<TableEntry>) -> Result<Vec<FieldRef>> {
    let schema = table.kind.schema.as_deref().map(from_json).transpose()?;
    match schema {
        Some(DataType::Struct(fields)) => Ok(fields.iter().cloned().collect()),
        _ => Err(Error::unsupported(
            "ALTER TABLE of columns that are found in the table's files",
        )),
    }
}

fn keep(context: &Context, table: &Kept<TableEntry>, fields: Vec<FieldRef>) -> Result<()> {
    let schema = to_json(&DataType::Struct(fields.into())).to_string();
    let catalog = &context.session.workspace.catalog;
    catalog.change_table(&table.name, |table| {
        table.schema = Some(schema);
        table.statistics = None;
    })
}
