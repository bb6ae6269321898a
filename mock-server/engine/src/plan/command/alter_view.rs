//! `ALTER VIEW`, of temporary and persistent views.

use sparring_proto::connect as proto;
use sparring_sql::statement::{AlterView, AlterViewAction, CreateView, ViewKind};

use super::alter_table::{rename, set_properties, unset_properties};
use super::describe::place_of;
use super::object::{Object, object, only_view};
use super::result::nothing;
use super::statement::refused;
use super::view;
use crate::catalog::store::RelationKind;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::quote_parts;

/// `ALTER VIEW`: a new query, a new name, other properties.
pub(super) async fn alter_view(context: &Context, node: AlterView) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    match node.action {
        AlterViewAction::Query { query, text } => {
            return requery(context, node.name, *query, text).await;
        }
        AlterViewAction::Rename(to) => {
            return match object(context, &node.name)? {
                Object::Temporary => rename_temporary(context, &node.name, &to),
                Object::View(view) => rename(context, &view.name, &view.entry, &to),
                Object::Table(_) => Err(Error::new(
                    "EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE",
                    [
                        ("tableName", quote_parts(&node.name)),
                        ("operation", "ALTER VIEW".to_owned()),
                    ],
                )),
            };
        }
        AlterViewAction::SetProperties(properties) => {
            let view = only_view(context, &node.name, "ALTER VIEW ... SET TBLPROPERTIES")?;
            catalog.change_relation(&view.name, |entry| set_properties(entry, properties))?;
        }
        AlterViewAction::UnsetProperties { keys, .. } => {
            let view = only_view(context, &node.name, "ALTER VIEW ... UNSET TBLPROPERTIES")?;
            catalog.change_relation(&view.name, |entry| unset_properties(entry, &keys))?;
        }
        AlterViewAction::SetOwner(_) => return refused("ALTER VIEW OWNER TO"),
        AlterViewAction::SetSchemaMode(mode) => {
            let view = only_view(context, &node.name, "ALTER VIEW ... WITH SCHEMA")?;
            catalog.change_relation(&view.name, |entry| {
                if let RelationKind::View(view) = &mut entry.kind {
                    view.schema_mode = mode;
                }
            })?;
        }
    }
    nothing()
}

/// A view with another query; a view of the catalog keeps its comment and properties.
async fn requery(
    context: &Context,
    name: Vec<String>,
    query: proto::Relation,
    query_text: String,
) -> Result<proto::Relation> {
    let mut view = CreateView {
        kind: ViewKind::Persistent,
        name,
        replace: true,
        if_not_exists: false,
        columns: Vec::new(),
        comment: None,
        properties: Vec::new(),
        schema_mode: None,
        query,
        query_text,
    };
    match object(context, &view.name)? {
        Object::Temporary => {
            view.kind = match view.name.len() {
                1 => ViewKind::Temporary,
                _ => ViewKind::GlobalTemporary,
            };
            view::create_view(context, view).await
        }
        Object::Table(table) => Err(Error::new(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
            [
                ("tableName", table.name.quoted()),
                ("operation", "ALTER VIEW ... AS".to_owned()),
            ],
        )
        .at(place_of(context, &view.name))),
        Object::View(kept) => {
            view.comment.clone_from(&kept.entry.comment);
            view.properties = kept.entry.properties.into_iter().collect();
            let planned = crate::analyze::plan(context, &view.query).await?;
            view::nothing_temporary(context, "VIEW", &kept.name.quoted())?;
            view::keep_persistent(context, kept.name, view, &planned)
        }
    }
}

/// Gives a view of the session another name.
pub(super) fn rename_temporary(
    context: &Context,
    from: &[String],
    to: &[String],
) -> Result<proto::Relation> {
    if let [.., database, _] = to
        && from.len() == 1
    {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1074",
            [
                ("oldName", quote_parts(from)),
                ("newName", quote_parts(to)),
                ("db", database.clone()),
            ],
        ));
    }
    if context.session.rename_temp_view(from, to) {
        return nothing();
    }
    Err(Error::new(
        "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
        [("relationName", quote_parts(to))],
    ))
}
