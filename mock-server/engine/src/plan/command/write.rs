//! `DataFrame.write` and `writeTo`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect::write_operation::save_table::TableSaveMethod;
use sparring_proto::connect::write_operation::{SaveMode, SaveType};
use sparring_proto::connect::{self as proto, write_operation_v2::Mode};

use super::align::By;
use super::fill::{Fill, fill, fill_delta};
use super::overwritten;
use super::replace_where::ReplaceWhere;
use super::table::{Existing, NewTable, create, partition_columns, schema_of};
use crate::catalog::delta::{Operation, TableMetadata, metadata};
use crate::error::{Error, Exception, Result};
use crate::io::Format;
use crate::io::options::Options;
use crate::io::write::FileWrite;
use crate::plan::Planned;
use crate::plan::context::Context;

/// `WriteOperation`.
pub(super) async fn write(context: &Context, node: &proto::WriteOperation) -> Result<()> {
    let input = node.input.as_ref().required("write_operation.input")?;
    let planned = crate::analyze::plan(context, input).await?;
    if node.bucket_by.is_some() || !node.sort_column_names.is_empty() {
        return Err(Error::plain(
            Exception::Analysis,
            "'save' does not support bucketBy right now.",
        ));
    }
    if !node.clustering_columns.is_empty() {
        return Err(Error::unsupported("clusterBy"));
    }
    let options = Options::new(&node.options);
    refuse_unhonoured(&options)?;
    match node.save_type.as_ref() {
        Some(SaveType::Table(table)) => save_table(context, node, table, planned, &options).await,
        Some(SaveType::Path(path)) => save_path(context, node, path, planned, &options).await,
        None => match options.get("path") {
            Some(path) => save_path(context, node, path, planned, &options).await,
            None => Err(Error::plain(
                Exception::IllegalArgument,
                "'path' is not specified.",
            )),
        },
    }
}

/// Options that decide what is replaced or committed; a write that passed over one would lose rows.
fn refuse_unhonoured(options: &Options) -> Result<()> {
    options.refuse(
        "Delta",
        &[
            "replaceon",
            "replaceusing",
            "txnappid",
            "txnversion",
            "usermetadata",
            "datachange",
        ],
    )
}

fn dynamic(context: &Context, options: &Options) -> bool {
    let mode = options
        .get("partitionoverwritemode")
        .map(str::to_owned)
        .or_else(|| {
            context
                .session
                .conf()
                .option("spark.sql.sources.partitionOverwriteMode")
        });
    mode.is_some_and(|mode| mode.eq_ignore_ascii_case("dynamic"))
}

async fn save_path(
    context: &Context,
    node: &proto::WriteOperation,
    path: &str,
    planned: Planned,
    options: &Options,
) -> Result<()> {
    let format = Format::named(context, node.source.as_deref())?;
    let catalog = &context.session.workspace.catalog;
    let location = catalog.location(path)?;
    let exists = location.path.exists();
    match node.mode() {
        SaveMode::Ignore if exists => return Ok(()),
        SaveMode::ErrorIfExists | SaveMode::Unspecified if exists => {
            return Err(Error::new(
                "PATH_ALREADY_EXISTS",
                [("outputPath", location.uri)],
            ));
        }
        _ => {}
    }
    let schema = Arc::new(schema_of(&planned)?);
    let partition = partition_columns(&schema, &node.partitioning_columns)?;
    let overwrite = node.mode() == SaveMode::Overwrite;
    if format == Format::Delta {
        let replace = ReplaceWhere::option(options)?;
        // A partial overwrite keeps rows, and with them the schema.
        let replaces_all = overwrite && replaces(options)? && replace.is_none();
        if exists && super::table::is_delta(&location.path) && !replaces_all {
            let how = Fill {
                by: By::Name,
                overwrite,
                dynamic: dynamic(context, options),
                within: Vec::new(),
                replace,
                merge_schema: options.flag("mergeSchema", false)?,
                keeps_types: true,
                operation: "WRITE",
            };
            fill_delta(context, &location.path, &location.uri, planned, &how).await?;
            return Ok(());
        }
        let writing = catalog.delta.write(&location.path).await?;
        let base = writing.current().await?;
        let mut actions = metadata(&TableMetadata {
            schema: &schema,
            partition_columns: &partition,
            properties: Default::default(),
            description: None,
            of: base.as_deref(),
        })?;
        let batches = crate::execution::engine_stream(context, planned, &schema).await?;
        let (added, n_rows) = writing.add_files(&schema, &partition, batches).await?;
        actions.extend(added);
        if let Some(base) = &base {
            actions.extend(base.remove_all());
        }
        let mut operation = Operation::new("WRITE").with("mode", "Overwrite");
        if let Some(text) = options.get("replacewhere") {
            operation = operation.with("predicate", text);
        }
        let metrics = serde_json::json!({"numOutputRows": n_rows.to_string()});
        writing
            .commit(base.as_deref(), actions, operation, metrics)
            .await?;
        return Ok(());
    }
    options.refuse(format.title(), &["replacewhere"])?;
    let by_partition = !partition.is_empty() && dynamic(context, options);
    if overwrite && !by_partition {
        overwritten::no_files_read(&planned.plan, &location.path)?;
    }
    // A partition may be made of its own rows, and a write that fails must leave what was there.
    let beside = location.path.with_file_name(format!(
        ".{}-{}",
        location
            .path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or("write"),
        uuid::Uuid::new_v4().simple()
    ));
    let root = if overwrite && exists {
        &beside
    } else {
        &location.path
    };
    let batches = crate::execution::engine_stream(context, planned, &schema).await?;
    let write = FileWrite {
        format,
        options,
        root,
        schema: Arc::clone(&schema),
        partition_columns: partition,
        context,
    };
    let n_levels = write.partition_columns.len();
    let outcome = write.run(batches).await.map(|_| ());
    if root == &beside {
        if outcome.is_err() {
            crate::catalog::remove_tree(&beside);
            return outcome;
        }
        let moved = |error: std::io::Error| {
            Error::new("TASK_WRITE_FAILED", [("path", location.uri.clone())])
                .hint(error.to_string())
        };
        if by_partition && location.path.is_dir() {
            let replaced = super::fill::move_partitions(&beside, &location.path, n_levels);
            crate::catalog::remove_tree(&beside);
            return replaced.map_err(moved);
        }
        if location.path.is_dir() {
            std::fs::remove_dir_all(&location.path).map_err(moved)?;
        } else {
            std::fs::remove_file(&location.path).map_err(moved)?;
        }
        std::fs::rename(&beside, &location.path).map_err(moved)?;
    }
    outcome
}

/// Whether an overwrite also replaces the schema.
fn replaces(options: &Options) -> Result<bool> {
    options.flag("overwriteSchema", false)
}

async fn save_table(
    context: &Context,
    node: &proto::WriteOperation,
    table: &proto::write_operation::SaveTable,
    planned: Planned,
    options: &Options,
) -> Result<()> {
    let parts = sparring_sql::parse_multipart_identifier(&table.table_name)?;
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.session.current_namespace(), &parts)?;
    let overwrite = node.mode() == SaveMode::Overwrite;
    let input = node.input.as_ref().required("write_operation.input")?;
    let replace = ReplaceWhere::option(options)?;
    if table.save_method() == TableSaveMethod::InsertInto {
        let (_, entry) = catalog.require_table(&name, &parts, "insertInto")?;
        if overwrite && !dynamic(context, options) && entry.provider != Format::Delta.name() {
            overwritten::not_read(context, input, &name)?;
        }
        let how = Fill {
            by: By::Place,
            overwrite,
            dynamic: dynamic(context, options),
            within: Vec::new(),
            replace,
            merge_schema: false,
            keeps_types: false,
            operation: "WRITE",
        };
        return fill(context, &name, &entry, planned, &how).await;
    }
    let existing = catalog.relation(&name);
    let present = existing.is_some();
    if overwrite
        && let Ok((_, entry)) = catalog.require_table(&name, &parts, "saveAsTable")
        && entry.provider != Format::Delta.name()
    {
        overwritten::not_read(context, input, &name)?;
    }
    let append = node.mode() == SaveMode::Append
        || (overwrite && (!replaces(options)? || replace.is_some()));
    if present && append {
        let (_, entry) = catalog.require_table(&name, &parts, "saveAsTable")?;
        let how = Fill {
            by: By::Name,
            overwrite,
            dynamic: dynamic(context, options),
            within: Vec::new(),
            replace,
            merge_schema: options.flag("mergeSchema", false)?,
            keeps_types: overwrite,
            operation: "WRITE",
        };
        return fill(context, &name, &entry, planned, &how).await;
    }
    let schema = schema_of(&planned)?;
    let partition = partition_columns(&schema, &node.partitioning_columns)?;
    let mut kept: BTreeMap<String, String> = options.all().clone();
    let location = kept.remove("path");
    for own in [
        "overwriteschema",
        "mergeschema",
        "partitionoverwritemode",
        "replacewhere",
    ] {
        kept.remove(own);
    }
    let new = NewTable {
        name,
        format: Format::named(context, node.source.as_deref())?,
        schema,
        partition_columns: partition,
        properties: BTreeMap::new(),
        options: kept,
        comment: None,
        location,
        constraints: Vec::new(),
        existing: match node.mode() {
            SaveMode::Overwrite | SaveMode::Append => Existing::Replace,
            SaveMode::Ignore => Existing::Keep,
            SaveMode::ErrorIfExists | SaveMode::Unspecified => Existing::Fail,
        },
        operation: if present {
            "WRITE"
        } else {
            "CREATE TABLE AS SELECT"
        },
    };
    create(context, new, Some(planned)).await
}

/// `WriteOperationV2`.
pub(super) async fn write_v2(context: &Context, node: &proto::WriteOperationV2) -> Result<()> {
    let input = node.input.as_ref().required("write_operation_v2.input")?;
    let planned = crate::analyze::plan(context, input).await?;
    if !node.clustering_columns.is_empty() {
        return Err(Error::unsupported("clusterBy"));
    }
    let parts = sparring_sql::parse_multipart_identifier(&node.table_name)?;
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.session.current_namespace(), &parts)?;
    let options = Options::new(&node.options);
    refuse_unhonoured(&options)?;
    let existing = match node.mode() {
        Mode::Append | Mode::OverwritePartitions | Mode::Overwrite => {
            let (_, entry) = catalog.require_table(&name, &parts, "writeTo")?;
            let dynamic = node.mode() == Mode::OverwritePartitions;
            let mut replace = ReplaceWhere::option(&options)?;
            if let Some(replace) = &mut replace {
                replace.is_dynamic |= dynamic;
            }
            if node.mode() == Mode::Overwrite && !is_true(node.overwrite_condition.as_ref()) {
                if replace.is_some() {
                    return Err(Error::of("DELTA_REPLACE_WHERE_IN_OVERWRITE"));
                }
                let condition = node.overwrite_condition.clone();
                let condition = condition.required("write_operation_v2.overwrite_condition")?;
                let by = ReplaceWhere::condition(context, condition, &[], &name.name)?;
                replace = Some(by);
            }
            let how = Fill {
                by: By::Name,
                overwrite: node.mode() != Mode::Append,
                dynamic,
                within: Vec::new(),
                replace,
                merge_schema: options.flag("mergeSchema", false)?,
                keeps_types: false,
                operation: "WRITE",
            };
            return fill(context, &name, &entry, planned, &how).await;
        }
        Mode::Create => Existing::Fail,
        Mode::CreateOrReplace => Existing::Replace,
        Mode::Replace => {
            catalog.require_table(&name, &parts, "REPLACE TABLE")?;
            Existing::Replace
        }
        Mode::Unspecified => return Err(Error::invalid_plan("the mode of writeTo is not set")),
    };
    options.refuse("Delta", &["replacewhere"])?;
    let schema = schema_of(&planned)?;
    let wanted = node
        .partitioning_columns
        .iter()
        .map(column_name)
        .collect::<Result<Vec<_>>>()?;
    let new = NewTable {
        name,
        format: Format::named(context, node.provider.as_deref())?,
        partition_columns: partition_columns(&schema, &wanted)?,
        schema,
        properties: node.table_properties.clone().into_iter().collect(),
        options: node.options.clone().into_iter().collect(),
        comment: None,
        location: None,
        constraints: Vec::new(),
        existing,
        operation: "CREATE OR REPLACE TABLE AS SELECT",
    };
    create(context, new, Some(planned)).await
}

fn is_true(condition: Option<&proto::Expression>) -> bool {
    use proto::expression::{ExprType, literal::LiteralType};
    match condition.and_then(|c| c.expr_type.as_ref()) {
        Some(ExprType::Literal(literal)) => {
            literal.literal_type == Some(LiteralType::Boolean(true))
        }
        _ => false,
    }
}

/// The column that a partitioning is; transforms are refused.
pub(super) fn column_name(expression: &proto::Expression) -> Result<String> {
    use proto::expression::ExprType;
    match expression.expr_type.as_ref() {
        Some(ExprType::UnresolvedAttribute(attribute)) => {
            let parts = sparring_sql::parse_attribute_name(&attribute.unparsed_identifier)?;
            Ok(parts.join("."))
        }
        _ => Err(Error::unsupported("partitioning by an expression")),
    }
}
