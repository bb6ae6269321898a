//! `ALTER VIEW`, of temporary and persistent views.

use sparring_proto::connect as proto;
use sparring_sql::statement::{AlterView, AlterViewAction, CreateView, ViewKind};

use super::describe;
use super::result::nothing;
use super::statement::{create_view, refused};
use crate::error::{Error, Result};
use crate::plan::context::Context;

/// `ALTER VIEW`: a new query, or a new name.
pub(super) async fn alter_view(context: &Context, node: AlterView) -> Result<proto::Relation> {
    let session = &context.session;
    let temporary = session.temp_view(&node.name);
    match node.action {
        AlterViewAction::Query { query, text } => {
            if temporary.is_none() {
                describe::require(context, &node.name)?;
            }
            let view = CreateView {
                kind: match (&temporary, node.name.len()) {
                    (None, _) => ViewKind::Persistent,
                    (Some(_), 1) => ViewKind::Temporary,
                    (Some(_), _) => ViewKind::GlobalTemporary,
                },
                name: node.name,
                replace: true,
                if_not_exists: false,
                columns: Vec::new(),
                comment: None,
                properties: Vec::new(),
                query: *query,
                query_text: text,
            };
            create_view(context, view).await
        }
        AlterViewAction::Rename(to) if temporary.is_some() => {
            if session.rename_temp_view(&node.name, &to) {
                return nothing();
            }
            Err(Error::new(
                "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
                [("relationName", crate::types::names::quote_parts(&to))],
            ))
        }
        AlterViewAction::Rename(_) => refused("ALTER VIEW RENAME of a persistent view"),
        AlterViewAction::SetProperties(_) | AlterViewAction::UnsetProperties { .. } => {
            refused("ALTER VIEW with properties")
        }
        AlterViewAction::SetOwner(_) => refused("ALTER VIEW OWNER TO"),
    }
}
