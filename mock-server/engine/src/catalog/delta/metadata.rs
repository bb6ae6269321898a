//! What a Delta table says of itself in its log: schema, properties, and the protocol that they need.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Fields, Schema};
use deltalake_core::kernel::{Action, Metadata, Protocol, StructType};
use serde_json::json;

use super::{Snapshot, odd_log};
use crate::error::{Error, Result};
use crate::types;
use crate::types::names::quote_if_needed;

/// What a table says of itself, as the log keeps it.
pub(crate) struct TableMetadata<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) partition_columns: &'a [String],
    pub(crate) properties: HashMap<String, String>,
    pub(crate) description: Option<&'a str>,
    /// The table that this changes.
    pub(crate) of: Option<&'a Snapshot>,
}

/// The actions that say so.
pub(crate) fn metadata(table: &TableMetadata<'_>) -> Result<Vec<Action>> {
    for field in table.schema.fields() {
        if let Some(kind) = unsupported(field.data_type()) {
            return Err(Error::new(
                "DELTA_UNSUPPORTED_DATA_TYPES",
                [("dataTypeList", format!("[{}: {kind}]", field.name()))],
            ));
        }
    }
    let mut odd = Vec::new();
    odd_names(table.schema.fields(), &mut Vec::new(), &mut odd);
    if !odd.is_empty() {
        return Err(Error::new(
            "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES",
            [("invalidColumnNames", odd.join(", "))],
        ));
    }
    let schema = types::json::to_json(&DataType::Struct(table.schema.fields().clone()));
    // Checked here, so that a schema which Delta cannot hold never reaches the log.
    let _: StructType = serde_json::from_value(schema.clone()).map_err(odd_log)?;
    let value = json!({
        "id": table.of.map_or_else(|| uuid::Uuid::new_v4().to_string(), |of| of.id().to_owned()),
        "name": null,
        "description": table.description,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema.to_string(),
        "partitionColumns": table.partition_columns,
        "configuration": table.properties,
        "createdTime": table.of.and_then(Snapshot::created_ms).unwrap_or_else(crate::catalog::now_ms),
    });
    let metadata: Metadata = serde_json::from_value(value).map_err(odd_log)?;
    let needs_ntz = table
        .schema
        .fields()
        .iter()
        .any(|field| has_ntz(field.data_type()));
    let protocol = match (needs_ntz, table.of) {
        (false, Some(_)) => None,
        (false, None) => Some(json!({"minReaderVersion": 1, "minWriterVersion": 2})),
        (true, Some(of)) if of.protocol().0 >= 3 => None,
        (true, _) => Some(json!({
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": ["timestampNtz"],
            "writerFeatures": ["appendOnly", "invariants", "timestampNtz"],
        })),
    };
    let mut actions = Vec::new();
    if let Some(protocol) = protocol {
        let protocol: Protocol = serde_json::from_value(protocol).map_err(odd_log)?;
        actions.push(Action::Protocol(protocol));
    }
    actions.push(Action::Metadata(metadata));
    Ok(actions)
}

/// Refuses new rows in a table that says what they have to satisfy: nothing here would look.
pub(super) fn refuse_unchecked(base: Option<&Snapshot>, actions: &[Action]) -> Result<()> {
    if !actions
        .iter()
        .any(|action| matches!(action, Action::Add(_)))
    {
        return Ok(());
    }
    let changed = actions.iter().find_map(|action| match action {
        Action::Metadata(metadata) => Some(metadata.configuration()),
        _ => None,
    });
    let Some(properties) = changed.or(base.map(Snapshot::properties)) else {
        return Ok(());
    };
    let constraint = properties
        .keys()
        .find_map(|key| key.strip_prefix("delta.constraints."));
    if let Some(name) = constraint {
        return Err(Error::unsupported(format!(
            "writing rows to a Delta table with CHECK constraints, here `{name}`"
        )));
    }
    let fields = base.map(|base| base.schema.fields().iter());
    for field in fields.into_iter().flatten() {
        for key in COMPUTED {
            if field.metadata().contains_key(key) {
                return Err(Error::unsupported(format!(
                    "writing rows to a Delta table whose column `{}` has {key}",
                    field.name()
                )));
            }
        }
    }
    Ok(())
}

/// What a column says of itself that decides its values.
const COMPUTED: [&str; 3] = [
    "delta.generationExpression",
    "delta.identity.start",
    "delta.invariants",
];

fn has_ntz(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, None) => true,
        DataType::List(item) => has_ntz(item.data_type()),
        DataType::Map(entries, _) => has_ntz(entries.data_type()),
        DataType::Struct(fields) => fields.iter().any(|f| has_ntz(f.data_type())),
        _ => false,
    }
}

/// What no name of a column may hold without column mapping, which is refused.
const ODD: [char; 10] = [' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='];

/// The columns and fields with such a name, as Spark writes their paths.
fn odd_names<'f>(fields: &'f Fields, path: &mut Vec<&'f str>, found: &mut Vec<String>) {
    for field in fields {
        path.push(field.name());
        if field.name().contains(ODD) {
            let parts: Vec<String> = path.iter().map(|part| quote_if_needed(part)).collect();
            found.push(parts.join("."));
        }
        if let DataType::Struct(inner) = field.data_type() {
            odd_names(inner, path, found);
        }
        path.pop();
    }
}

/// A type inside that Delta cannot store.
fn unsupported(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Duration(_) | DataType::Interval(_) | DataType::Time64(_) => {
            Some(types::simple_string(data_type))
        }
        DataType::List(item) => unsupported(item.data_type()),
        DataType::Map(entries, _) => unsupported(entries.data_type()),
        DataType::Struct(fields) => fields.iter().find_map(|f| unsupported(f.data_type())),
        _ => None,
    }
}
