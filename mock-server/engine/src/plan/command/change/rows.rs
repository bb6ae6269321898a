//! DELETE and UPDATE.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::Schema;
use serde_json::json;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::{Delete, Update};

use super::plans::{call, column, literal, named, select, with_subqueries};
use super::{ACTION, Target, affected, alias_of, kept, open, replace, rows};
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
    let target = Target::of(context, &base).await?;
    let alias = alias_of(node.alias.as_deref(), &node.table);
    let condition = node
        .condition
        .unwrap_or_else(|| literal(LiteralType::Boolean(true)));
    let mut list = vec![named(
        call(
            "coalesce",
            vec![condition, literal(LiteralType::Boolean(false))],
        ),
        ACTION,
    )];
    list.extend(
        base.schema
            .fields()
            .iter()
            .map(|f| column(&[alias, f.name()])),
    );
    let query = with_subqueries(select(target.relation(alias), list), &node.subqueries);
    let found = rows(context, &query, &base.schema, &shown, 1).await?;
    let mut n_deleted = 0;
    let mut left = Vec::new();
    for batch in &found {
        let gone = batch.column(0).as_boolean();
        n_deleted += i64::try_from(gone.true_count()).unwrap_or(0);
        left.push(kept(batch, &arrow::compute::not(gone)?, 1)?);
    }
    if n_deleted > 0 {
        let metrics = json!({"numDeletedRows": n_deleted.to_string()});
        replace(&writing, &base, left, Operation::new("DELETE"), metrics).await?;
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
    let applies = call(
        "coalesce",
        vec![condition, literal(LiteralType::Boolean(false))],
    );
    let mut values: HashMap<String, proto::Expression> = HashMap::new();
    for assignment in &node.assignments {
        let name = assigned(&assignment.column, &base.schema, &shown)?;
        values.insert(name, assignment.value.clone());
    }
    let mut list = vec![named(applies.clone(), ACTION)];
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
    let found = rows(context, &query, &base.schema, &shown, 1).await?;
    let mut n_updated = 0;
    let mut all = Vec::new();
    for batch in &found {
        n_updated += i64::try_from(batch.column(0).as_boolean().true_count()).unwrap_or(0);
        let keep = BooleanArray::from(vec![true; batch.num_rows()]);
        all.push(kept(batch, &keep, 1)?);
    }
    if n_updated > 0 {
        let metrics = json!({"numUpdatedRows": n_updated.to_string()});
        replace(&writing, &base, all, Operation::new("UPDATE"), metrics).await?;
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
