//! `INSERT`: rows into a table by place or by name, or into partitions of it.

use arrow::datatypes::Schema;
use sparring_proto::connect as proto;
use sparring_proto::connect::relation::RelType;
use sparring_sql::statement::{Insert, PartitionValue};

use super::align::By;
use super::describe;
use super::result::nothing;
use super::statement::refused;
use super::table::{Fill, fill};
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::quote;

/// Puts the rows of a query into a table.
pub(super) async fn insert(context: &Context, node: Insert) -> Result<proto::Relation> {
    for (set, what) in [
        (node.with_schema_evolution, "INSERT WITH SCHEMA EVOLUTION"),
        (node.replace_where.is_some(), "INSERT REPLACE WHERE"),
        (!node.replace_using.is_empty(), "INSERT REPLACE USING"),
    ] {
        if set {
            return refused(what);
        }
    }
    let (name, table) = describe::table(context, &node.table, "INSERT")?;
    let mut query = node.query;
    let mut by = if node.by_name { By::Name } else { By::Place };
    let into_partitions = !node.partition.is_empty();
    if into_partitions {
        let (_, schema) = describe::columns(context, &node.table).await?;
        query = with_partition(query, &node.partition, node.columns, &schema)?;
        by = By::Name;
    } else if !node.columns.is_empty() {
        query = crate::io::renamed(query, node.columns);
        by = By::Name;
    }
    let planned = crate::analyze::plan(context, &query).await?;
    let how = Fill {
        by,
        overwrite: node.overwrite,
        // With partitions named, only they are replaced.
        dynamic: into_partitions,
        merge_schema: false,
        operation: "WRITE",
    };
    fill(context, &name, &table, planned, &how).await?;
    nothing()
}

/// The rows of `INSERT … PARTITION (a = 1, b)`: the query's columns are those without a value, the
/// partition's last, and the values are the same in all rows.
fn with_partition(
    query: proto::Relation,
    partition: &[PartitionValue],
    columns: Vec<String>,
    schema: &Schema,
) -> Result<proto::Relation> {
    use proto::expression::{Alias, ExprType, UnresolvedStar};
    let listed = |name: &str| {
        let mut all = partition.iter();
        all.any(|value| value.column.eq_ignore_ascii_case(name))
    };
    if let Some(unknown) = partition
        .iter()
        .find(|value| schema.fields().find(&value.column).is_none())
    {
        return Err(Error::new(
            "NON_PARTITION_COLUMN",
            [("columnName", quote(&unknown.column))],
        ));
    }
    let dynamic = partition.iter().filter(|value| value.value.is_none());
    let names = if columns.is_empty() {
        let fields = schema.fields().iter();
        fields
            .map(|field| field.name().clone())
            .filter(|name| !listed(name))
            .chain(dynamic.map(|value| value.column.clone()))
            .collect()
    } else {
        columns
    };
    let expression = |expr_type| proto::Expression {
        common: None,
        expr_type: Some(expr_type),
    };
    let constants = partition.iter().filter_map(|value| {
        let alias = Alias {
            expr: Some(Box::new(value.value.clone()?)),
            name: vec![value.column.clone()],
            metadata: None,
        };
        Some(expression(ExprType::Alias(Box::new(alias))))
    });
    let all = expression(ExprType::UnresolvedStar(UnresolvedStar::default()));
    let project = proto::Project {
        input: Some(Box::new(crate::io::renamed(query, names))),
        expressions: std::iter::once(all).chain(constants).collect(),
    };
    Ok(proto::Relation {
        common: None,
        rel_type: Some(RelType::Project(Box::new(project))),
    })
}
