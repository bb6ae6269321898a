//! DELETE and UPDATE.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use serde_json::json;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::{Delete, Update};

use super::plans::{call, column, literal, named, select, with_subqueries};
use super::removal::{Removal, is_true, lies_in, marked};
use super::{ACTION, FILE, Target, affected, alias_of, commit, kept, open, replacement, rows};
use crate::catalog::delta::Operation;
use crate::error::{Error, Result};
use crate::plan::command::statement;
use crate::plan::context::Context;

/// `DELETE FROM`.
pub(in crate::plan::command) async fn delete(
    context: &Context,
    node: Delete,
) -> Result<proto::Relation> {
    let (shown, writing, base) = open(context, &node.table, "DELETE").await?;
    let names = (alias_of(node.alias.as_deref(), &node.table), shown.as_str());
    let condition = node
        .condition
        .unwrap_or_else(|| literal(LiteralType::Boolean(true)));
    let removal = Removal::of(context, &base, names, condition, &node.subqueries).await?;
    let n_deleted = removal.n_deleted;
    if n_deleted > 0 {
        let metrics = json!({
            "numRemovedFiles": removal.files.len().to_string(),
            "numDeletedRows": n_deleted.to_string(),
            "numCopiedRows": removal.n_copied().to_string(),
        });
        let actions = removal.actions(&writing, &base).await?;
        let operation = Operation::new("DELETE");
        commit(&writing, &base, actions, operation, metrics).await?;
    }
    affected(n_deleted)
}

/// `UPDATE`.
pub(in crate::plan::command) async fn update(
    context: &Context,
    node: Update,
) -> Result<proto::Relation> {
    let (shown, writing, base) = open(context, &node.table, "UPDATE").await?;
    let target = Target::of(context, &base).await?;
    let alias = alias_of(node.alias.as_deref(), &node.table);
    let condition = node
        .condition
        .unwrap_or_else(|| literal(LiteralType::Boolean(true)));
    let applies = is_true(condition);
    let mut values: HashMap<String, proto::Expression> = HashMap::new();
    for assignment in &node.assignments {
        let name = assigned(&assignment.column, &base.schema, &shown)?;
        values.insert(name, assignment.value.clone());
    }
    let mut list = vec![
        named(applies.clone(), ACTION),
        named(column(&[alias, FILE]), FILE),
    ];
    for field in base.schema.fields() {
        let old = column(&[alias, field.name()]);
        list.push(match values.remove(field.name()) {
            Some(value) => named(
                call("when", vec![applies.clone(), value, old]),
                field.name(),
            ),
            None => old,
        });
    }
    let query = with_subqueries(select(target.relation(alias), list), &node.subqueries);
    let found = rows(context, &query, &base.schema, &shown, 2).await?;
    let (files, n_updated) = marked(&found);
    if n_updated > 0 {
        let all: Vec<RecordBatch> = found
            .iter()
            .map(|batch| kept(batch, &lies_in(batch, &files), 2))
            .collect::<Result<_>>()?;
        let n_rows: usize = all.iter().map(RecordBatch::num_rows).sum();
        let metrics = json!({
            "numRemovedFiles": files.len().to_string(),
            "numUpdatedRows": n_updated.to_string(),
            "numCopiedRows": (n_rows - n_updated).to_string(),
        });
        let operation = Operation::new("UPDATE");
        let actions = replacement(&writing, &base, &files, all).await?;
        commit(&writing, &base, actions, operation, metrics).await?;
    }
    affected(n_updated)
}

/// The table's column that an assignment names; a qualifier is the table's.
pub(super) fn assigned(
    target: &proto::Expression,
    schema: &Arc<Schema>,
    shown: &str,
) -> Result<String> {
    let name = match target.expr_type.as_ref() {
        Some(ExprType::UnresolvedAttribute(attribute)) => {
            let parts = sparring_sql::parse_attribute_name(&attribute.unparsed_identifier)?;
            parts.last().cloned().unwrap_or_default()
        }
        _ => return Err(Error::unsupported("assigning to anything but a column")),
    };
    schema
        .fields()
        .iter()
        .find(|f| f.name().eq_ignore_ascii_case(&name))
        .map(|f| f.name().clone())
        .ok_or_else(|| statement::no_column(shown, &name, schema))
}
