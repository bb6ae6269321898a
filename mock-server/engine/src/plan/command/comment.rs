//! COMMENT ON tables, columns, schemas, catalogs and volumes.

use serde_json::json;
use sparring_proto::connect as proto;
use sparring_sql::statement::{AlterTable, AlterTableAction, ColumnChange, CommentOn, ObjectKind};

use super::namespace::{change_schema, schema_named};
use super::object::only_table;
use super::result::nothing;
use super::{alter_table, change};
use crate::catalog::delta::{Operation, TableMetadata, metadata};
use crate::catalog::store::Change;
use crate::error::{Error, Result};
use crate::io::Format;
use crate::plan::context::Context;

/// `COMMENT ON kind name IS '…'|NULL`.
pub(super) async fn comment_on(context: &Context, node: CommentOn) -> Result<proto::Relation> {
    // Spark takes NULL for a comment without letters.
    let comment = node.comment.unwrap_or_default();
    match node.kind {
        ObjectKind::Table => on_table(context, &node.name, comment).await,
        ObjectKind::Column => {
            let Some((column, table)) = node.name.split_last() else {
                return Err(Error::internal("COMMENT ON COLUMN without a name"));
            };
            let change = (vec![column.clone()], ColumnChange::SetComment(comment));
            let alter = AlterTable {
                name: table.to_vec(),
                action: AlterTableAction::AlterColumns(vec![change]),
            };
            alter_table::alter(context, alter).await
        }
        ObjectKind::Schema => {
            let (catalog, schema) = schema_named(context, &node.name)?;
            change_schema(context, &catalog, &schema, |entry| {
                entry.comment = Some(comment);
            })
        }
        ObjectKind::Catalog => {
            let shown = node.name.join(".");
            let catalog = &context.session.workspace.catalog;
            catalog.require_catalog(&shown)?;
            catalog.change(|entries| {
                let found = entries.catalogs.get(&shown.to_lowercase()).cloned();
                let Some(mut entry) = found else {
                    return Err(Error::unsupported("COMMENT ON the catalog system"));
                };
                entry.comment = Some(comment);
                Ok((vec![Change::PutCatalog(entry)], ()))
            })?;
            nothing()
        }
        ObjectKind::Volume => on_volume(context, &node.name, comment),
        ObjectKind::View => Err(Error::unsupported("COMMENT ON VIEW")),
        ObjectKind::Function => Err(Error::unsupported("COMMENT ON FUNCTION")),
        ObjectKind::Metastore
        | ObjectKind::AnyFile
        | ObjectKind::ExternalLocation
        | ObjectKind::StorageCredential => Err(Error::unsupported("COMMENT ON this kind of thing")),
    }
}

/// The comment of a Delta table lies in its log too.
async fn on_table(context: &Context, parts: &[String], comment: String) -> Result<proto::Relation> {
    const OPERATION: &str = "COMMENT ON TABLE";
    let table = only_table(context, parts, OPERATION)?;
    if table.kind.provider == Format::Delta.name() {
        let (_, writing, base) = change::open(context, parts, OPERATION).await?;
        let actions = metadata(&TableMetadata {
            schema: &base.schema,
            partition_columns: &base.partition_columns,
            properties: base.properties().clone(),
            description: Some(&comment),
            of: Some(&base),
        })?;
        let operation = Operation::new("CHANGE TABLE COMMENT");
        writing
            .commit(Some(&base), actions, operation, json!({}))
            .await?;
    }
    let catalog = &context.session.workspace.catalog;
    catalog.change_relation(&table.name, |entry| entry.comment = Some(comment))?;
    nothing()
}

fn on_volume(context: &Context, parts: &[String], comment: String) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.session.current_namespace(), parts)?;
    let Some(mut entry) = catalog.volume(&name) else {
        return Err(Error::new("UC_VOLUME_NOT_FOUND", [("name", name.quoted())]));
    };
    entry.comment = Some(comment);
    let (c, s, _) = name.key();
    catalog.change(|_| Ok((vec![Change::PutVolume((c, s), entry)], ())))?;
    nothing()
}
