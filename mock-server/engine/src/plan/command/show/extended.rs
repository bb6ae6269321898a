//! SHOW TABLE EXTENDED: what is told about each table, as one text.

use std::fmt::Write as _;

use arrow::datatypes::DataType;
use sparring_proto::connect as proto;
use sparring_sql::statement::PartitionValue;

use super::relations;
use crate::catalog::now_ms;
use crate::error::Result;
use crate::plan::command::alter_table::partitions::{Spec, known};
use crate::plan::command::describe::columns;
use crate::plan::command::describe::facts::{self, Fact, created_by};
use crate::plan::command::object::{Object, object, only_table};
use crate::plan::command::result::Table;
use crate::plan::context::Context;
use crate::types::names::{quote, quote_if_needed};
use crate::types::tree::tree_string;

/// `SHOW TABLE EXTENDED [IN schema] LIKE pattern [PARTITION (…)]`.
pub(super) async fn extended(
    context: &Context,
    namespace: &[String],
    pattern: &str,
    partition: &[PartitionValue],
) -> Result<proto::Relation> {
    let mut rows = Vec::new();
    if partition.is_empty() {
        for (schema, name, is_temporary) in relations(context, namespace, Some(pattern), false)? {
            let parts: Vec<String> = match (is_temporary, schema.as_str()) {
                (true, "") => vec![name.clone()],
                (true, schema) => vec![schema.to_owned(), name.clone()],
                (false, _) => namespace.iter().cloned().chain([name.clone()]).collect(),
            };
            let text = of_relation(context, &parts).await?;
            rows.push((schema, name, is_temporary, text));
        }
    } else {
        // With a partition the pattern is a table's name.
        let parts: Vec<String> = namespace
            .iter()
            .cloned()
            .chain([pattern.to_owned()])
            .collect();
        let table = only_table(context, &parts, "SHOW TABLE EXTENDED")?;
        known(&table, "SHOW TABLE EXTENDED")?;
        let spec = Spec::whole(context, &table, partition)?;
        let facts = facts::of_partition(context, &table.name, &table.kind, spec.find(&table)?);
        let schema = quote_if_needed(&table.name.schema);
        rows.push((schema, table.entry.name.clone(), false, told(&facts)));
    }
    let name = if context.databricks() {
        "database"
    } else {
        "namespace"
    };
    Table::default()
        .text(name, rows.iter().map(|(schema, ..)| schema))
        .text("tableName", rows.iter().map(|(_, name, ..)| name))
        .flag(
            "isTemporary",
            rows.iter().map(|(_, _, temporary, _)| *temporary),
        )
        .text("information", rows.iter().map(|(.., text)| text))
        .relation()
}

async fn of_relation(context: &Context, parts: &[String]) -> Result<String> {
    let (partition, schema) = columns(context, parts).await?;
    let mut facts = match object(context, parts)? {
        Object::Table(table) => facts::of_relation(context, &table.name, &table.entry),
        Object::View(view) => facts::of_relation(context, &view.name, &view.entry),
        Object::Temporary => of_temporary(context, parts),
    };
    if !partition.is_empty() {
        let names: Vec<String> = partition.iter().map(|name| quote(name)).collect();
        facts.push(("Partition Columns", format!("[{}]", names.join(", "))));
    }
    let mut text = told(&facts);
    let tree = tree_string(&DataType::Struct(schema.fields().clone()), None);
    let _ = writeln!(text, "Schema: {tree}");
    Ok(text)
}

/// A view of the session is as old as the question: nobody notes when it was made.
fn of_temporary(context: &Context, parts: &[String]) -> Vec<Fact> {
    let name = parts.last().cloned().unwrap_or_default();
    let mut told = vec![("Table", name)];
    told.extend(facts::made(now_ms()));
    told.push(("Created By", created_by()));
    told.push(("Type", "VIEW".to_owned()));
    let kept = context.session.temp_view(parts);
    let Some(view) = kept.as_ref().and_then(|kept| kept.view()) else {
        return told;
    };
    if let Some(text) = &view.text {
        told.push(("View Text", text.to_string()));
        told.push(("View Schema Mode", "BINDING".to_owned()));
    }
    if let Some((catalog, schema)) = &view.namespace {
        told.push(("View Catalog and Namespace", format!("{catalog}.{schema}")));
    }
    if let Some(columns) = &view.columns {
        let names: Vec<String> = columns.iter().map(|(name, _)| quote(name)).collect();
        told.push((
            "View Query Output Columns",
            format!("[{}]", names.join(", ")),
        ));
    }
    told
}

fn told(facts: &[Fact]) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}
