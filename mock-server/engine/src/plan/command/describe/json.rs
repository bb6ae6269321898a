//! `DESCRIBE … AS JSON` (`DescribeRelationJsonCommand`): one text that tells everything of a table.

use arrow::datatypes::{DataType, Field, Fields};
use serde_json::{Map, Value, json};
use sparring_proto::connect as proto;

use super::facts::{created_by, place_of_partition};
use crate::catalog::comment_of;
use crate::catalog::store::{PartitionEntry, StatisticsEntry, TableEntry};
use crate::error::Result;
use crate::io::listing::HIVE_NULL;
use crate::plan::command::defaults;
use crate::plan::command::object::Kept;
use crate::plan::command::result::Table;
use crate::plan::context::Context;
use crate::types::simple_string;
use crate::types::variant::is_variant;

/// The text for a table, or for one of its partitions.
pub(super) fn describe(
    context: &Context,
    table: &Kept<TableEntry>,
    fields: &Fields,
    partition: Option<&PartitionEntry>,
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let name = &table.name;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    put("table_name", json!(table.entry.name));
    put("catalog_name", json!(name.catalog));
    put("namespace", json!([name.schema]));
    put("schema_name", json!(name.schema));
    put(
        "columns",
        fields.iter().map(|field| column(field)).collect(),
    );
    if let Some(partition) = partition {
        let values = table.kind.partition_columns.iter().zip(&partition.values);
        let values = values.map(|(name, value)| {
            let value = value.as_deref().unwrap_or(HIVE_NULL);
            (name.clone(), json!(value))
        });
        put("partition_values", Value::Object(values.collect()));
        if let Some(statistics) = &partition.statistics {
            put("partition_statistics", counted(statistics));
        }
    }
    let location = match partition {
        Some(partition) => place_of_partition(context, name, &table.kind, partition),
        None => catalog.shown_location(name, &table.kind),
    };
    put("location", json!(location));
    if !table.kind.options.is_empty() {
        put("storage_properties", json!(table.kind.options));
    }
    let created = partition.map_or(table.entry.created_ms, |partition| partition.created_ms);
    let created = chrono::DateTime::from_timestamp_millis(created).unwrap_or_default();
    put(
        "created_time",
        json!(created.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
    );
    put("last_access", json!("UNKNOWN"));
    put("created_by", json!(created_by()));
    let kind = match table.kind.location {
        Some(_) => "EXTERNAL",
        None => "MANAGED",
    };
    put("type", json!(kind));
    put("provider", json!(table.kind.provider));
    if let Some(comment) = &table.entry.comment {
        put("comment", json!(comment));
    }
    if !table.entry.properties.is_empty() {
        put("table_properties", json!(table.entry.properties));
    }
    if let (Some(statistics), None) = (&table.kind.statistics, partition) {
        put("statistics", counted(statistics));
    }
    if table.kind.partitions.is_some() {
        put("partition_provider", json!("Catalog"));
    }
    if !table.kind.partition_columns.is_empty() {
        put("partition_columns", json!(table.kind.partition_columns));
    }
    put("collation", json!("UTF8_BINARY"));
    let text = Value::Object(out).to_string();
    Table::default().text("json_metadata", [text]).relation()
}

fn counted(statistics: &StatisticsEntry) -> Value {
    match statistics.n_rows {
        Some(n_rows) => json!({"size_in_bytes": statistics.n_bytes, "num_rows": n_rows}),
        None => json!({"size_in_bytes": statistics.n_bytes}),
    }
}

fn column(field: &Field) -> Value {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(field.name()));
    out.insert("type".to_owned(), type_of(field.data_type()));
    out.insert("nullable".to_owned(), json!(field.is_nullable()));
    if let Some(comment) = comment_of(field) {
        out.insert("comment".to_owned(), json!(comment));
    }
    if let Some(default) = defaults::text_of(field) {
        out.insert("default".to_owned(), json!(default));
    }
    Value::Object(out)
}

fn type_of(data_type: &DataType) -> Value {
    match data_type {
        found if is_variant(found) => json!({"name": "variant"}),
        DataType::Utf8 => json!({"name": "string", "collation": "UTF8_BINARY"}),
        DataType::Decimal128(precision, scale) => {
            json!({"name": "decimal", "precision": precision, "scale": scale})
        }
        DataType::List(item) => json!({
            "name": "array",
            "element_type": type_of(item.data_type()),
            "element_nullable": item.is_nullable(),
        }),
        DataType::Struct(fields) => {
            let fields: Vec<Value> = fields.iter().map(|field| column(field)).collect();
            json!({"name": "struct", "fields": fields})
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => json!({
                "name": "map",
                "key_type": type_of(pair[0].data_type()),
                "value_type": type_of(pair[1].data_type()),
                "value_nullable": pair[1].is_nullable(),
            }),
            other => json!({"name": simple_string(other)}),
        },
        DataType::Timestamp(_, Some(_)) => json!({"name": "timestamp_ltz"}),
        other => json!({"name": simple_string(other)}),
    }
}
