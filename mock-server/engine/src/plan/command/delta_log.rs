//! What the log of a Delta table tells: DESCRIBE HISTORY and DESCRIBE DETAIL.
//!
//! The columns are those of Delta's documentation; what only a Databricks job has is null.

use std::sync::Arc;

use arrow::array::builder::{MapBuilder, MapFieldNames, StringBuilder};
use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Field};
use serde_json::Value;
use sparring_proto::connect as proto;

use super::describe::table;
use super::result::Table;
use crate::catalog::delta;
use crate::error::{Error, Result};
use crate::io::Format;
use crate::io::options::Options;
use crate::plan::context::Context;
use crate::types::arrow::structure;

/// DESCRIBE HISTORY: a row a version, newest first.
pub(super) fn history(
    context: &Context,
    parts: &[String],
    limit: Option<i32>,
) -> Result<proto::Relation> {
    let (name, entry) = table(context, parts, "DESCRIBE HISTORY")?;
    if entry.provider != Format::Delta.name() {
        return Err(Error::new(
            "DELTA_MISSING_DELTA_TABLE",
            [("tableName", name.quoted())],
        ));
    }
    let mut commits = delta::history(&entry.path)?;
    if let Some(limit) = limit {
        commits.truncate(usize::try_from(limit).unwrap_or(0));
    }
    let texts = |key: &str| -> ArrayRef {
        let all = commits.iter().map(|(_, info)| text(&info[key]));
        Arc::new(all.collect::<StringArray>())
    };
    let numbers = |key: &str| -> ArrayRef {
        let all = commits.iter().map(|(_, info)| info[key].as_i64());
        Arc::new(all.collect::<Int64Array>())
    };
    let none = |data_type: DataType| new_null_array(&data_type, commits.len());
    let versions = commits.iter().map(|(v, _)| i64::try_from(*v).ok());
    let blind = commits
        .iter()
        .map(|(_, info)| info["isBlindAppend"].as_bool());
    let job = [
        "jobId",
        "jobName",
        "jobRunId",
        "runId",
        "jobOwnerId",
        "triggerType",
    ];
    let text_fields = |names: &[&str]| {
        structure(
            names
                .iter()
                .map(|name| Field::new(*name, DataType::Utf8, true)),
        )
    };
    Table::default()
        .column("version", Arc::new(versions.collect::<Int64Array>()))
        .column(
            "timestamp",
            moments(commits.iter().map(|(_, info)| info["timestamp"].as_i64())),
        )
        .column("userId", texts("userId"))
        .column("userName", texts("userName"))
        .column("operation", texts("operation"))
        .column(
            "operationParameters",
            maps(commits.iter().map(|(_, info)| &info["operationParameters"]))?,
        )
        .column("job", none(text_fields(&job)))
        .column("notebook", none(text_fields(&["notebookId"])))
        .column("clusterId", texts("clusterId"))
        .column("readVersion", numbers("readVersion"))
        .column("isolationLevel", texts("isolationLevel"))
        .column("isBlindAppend", Arc::new(blind.collect::<BooleanArray>()))
        .column(
            "operationMetrics",
            maps(commits.iter().map(|(_, info)| &info["operationMetrics"]))?,
        )
        .column("userMetadata", texts("userMetadata"))
        .column("engineInfo", texts("engineInfo"))
        .relation()
}

/// DESCRIBE DETAIL: one row.
pub(super) async fn detail(context: &Context, parts: &[String]) -> Result<proto::Relation> {
    let (name, entry) = table(context, parts, "DESCRIBE DETAIL")?;
    let opened =
        crate::io::source::table(context, &entry, &Options::default(), name.parts()).await?;
    let snapshot = if entry.provider == Format::Delta.name() {
        let catalog = &context.session.workspace.catalog;
        Some(catalog.delta.latest(&entry.path).await?)
    } else {
        None
    };
    let snapshot = snapshot.as_deref();
    let history = match snapshot {
        Some(_) => delta::history(&entry.path)?,
        None => Vec::new(),
    };
    let modified = history
        .first()
        .and_then(|(_, info)| info["timestamp"].as_i64());
    let properties: serde_json::Map<String, Value> = snapshot
        .into_iter()
        .flat_map(|snapshot| snapshot.properties())
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect();
    let partition = match snapshot {
        Some(snapshot) => snapshot.partition_columns.clone(),
        None => entry.partition_columns.clone(),
    };
    let protocol = snapshot.map(delta::Snapshot::protocol);
    let version = |version: Option<i32>| -> ArrayRef { Arc::new(Int32Array::from(vec![version])) };
    let features = snapshot.map(delta::Snapshot::features).unwrap_or_default();
    let location = entry.location.clone();
    let location = location.unwrap_or_else(|| entry.path.display().to_string());
    Table::default()
        .maybe("format", [Some(entry.provider.as_str())])
        .maybe("id", [snapshot.map(delta::Snapshot::id)])
        .maybe("name", [Some(name.parts().join("."))])
        .maybe(
            "description",
            [snapshot.and_then(delta::Snapshot::description)],
        )
        .maybe("location", [Some(location)])
        .column(
            "createdAt",
            moments([snapshot.and_then(delta::Snapshot::created_ms)]),
        )
        .column("lastModified", moments([modified]))
        .names("partitionColumns", [partition.as_slice()])
        .names("clusteringColumns", [&[][..]])
        .number("numFiles", [i64::try_from(opened.files.len()).ok()])
        .number("sizeInBytes", [i64::try_from(opened.n_bytes).ok()])
        .column("properties", maps([&Value::Object(properties)])?)
        .column("minReaderVersion", version(protocol.map(|found| found.0)))
        .column("minWriterVersion", version(protocol.map(|found| found.1)))
        .names("tableFeatures", [features.as_slice()])
        .relation()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Milliseconds as moments.
fn moments(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    let micros = values.into_iter().map(|ms| ms.map(|ms| ms * 1000));
    let moments: TimestampMicrosecondArray = micros.collect();
    Arc::new(moments.with_timezone("UTC"))
}

/// Objects as maps of texts; no object is null.
fn maps<'v>(objects: impl IntoIterator<Item = &'v Value>) -> Result<ArrayRef> {
    let mut builder = MapBuilder::new(
        Some(MapFieldNames {
            entry: "entries".to_owned(),
            key: "key".to_owned(),
            value: "value".to_owned(),
        }),
        StringBuilder::new(),
        StringBuilder::new(),
    );
    for object in objects {
        let members = object.as_object();
        for (key, value) in members.into_iter().flatten() {
            builder.keys().append_value(key);
            builder.values().append_option(text(value));
        }
        builder.append(members.is_some())?;
    }
    Ok(Arc::new(builder.finish()))
}
