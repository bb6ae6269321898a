//! Commands: what kind of work each is, and what it writes.

use sparring_journal::Action;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::ml_command::Command as MlCommand;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::write_operation::{SaveType, save_table::TableSaveMethod};
use sparring_proto::connect::write_operation_v2::Mode;
use sparring_proto::connect::write_stream_operation_start::SinkDestination;
use sparring_proto::connect::{Command, SqlCommand, WriteOperation, WriteOperationV2};

use super::{Description, statement};

pub(super) fn describe(command: &Command) -> Description {
    let Some(command) = &command.command_type else {
        return Description::of(Action::Other, "unset command");
    };
    match command {
        CommandType::WriteOperation(write) => write_operation(write),
        CommandType::WriteOperationV2(write) => write_operation_v2(write),
        CommandType::SqlCommand(sql) => sql_command(sql),
        CommandType::CreateDataframeView(view) => {
            let mut description = Description::of(
                Action::TempView,
                match (view.is_global, view.replace) {
                    (false, true) => "createOrReplaceTempView",
                    (false, false) => "createTempView",
                    (true, true) => "createOrReplaceGlobalTempView",
                    (true, false) => "createGlobalTempView",
                },
            );
            if let Some(input) = &view.input {
                description.sources.relation(input);
            }
            description
        }
        CommandType::MergeIntoTableCommand(merge) => {
            let mut description = Description::of(Action::Write, "mergeInto");
            description
                .sources
                .tables_written
                .insert(merge.target_table_name.clone());
            if let Some(source) = &merge.source_table_plan {
                description.sources.relation(source);
            }
            description
        }
        CommandType::CheckpointCommand(checkpoint) => {
            let detail = if checkpoint.local {
                "localCheckpoint"
            } else {
                "checkpoint"
            };
            let mut description = Description::of(Action::Checkpoint, detail);
            if let Some(relation) = &checkpoint.relation {
                description.sources.relation(relation);
            }
            description
        }
        CommandType::RemoveCachedRemoteRelationCommand(_) => {
            Description::of(Action::Checkpoint, "remove_cached_remote_relation")
        }
        CommandType::RegisterFunction(function) => Description::of(
            Action::Register,
            format!("function {}", function.function_name),
        ),
        CommandType::RegisterTableFunction(function) => Description::of(
            Action::Register,
            format!("table function {}", function.function_name),
        ),
        CommandType::RegisterDataSource(source) => {
            Description::of(Action::Register, format!("data source {}", source.name))
        }
        CommandType::MlCommand(ml) => match &ml.command {
            Some(MlCommand::CleanCache(_)) => Description::of(Action::MlCleanCache, "clean_cache"),
            Some(MlCommand::Fit(_)) => Description::of(Action::Ml, "fit"),
            Some(MlCommand::Fetch(_)) => Description::of(Action::Ml, "fetch"),
            Some(MlCommand::Delete(_)) => Description::of(Action::Ml, "delete"),
            Some(MlCommand::Write(_)) => Description::of(Action::Ml, "write"),
            Some(MlCommand::Read(_)) => Description::of(Action::Ml, "read"),
            Some(MlCommand::Evaluate(_)) => Description::of(Action::Ml, "evaluate"),
            Some(MlCommand::GetCacheInfo(_)) => Description::of(Action::Ml, "get_cache_info"),
            Some(MlCommand::CreateSummary(_)) => Description::of(Action::Ml, "create_summary"),
            Some(MlCommand::GetModelSize(_)) => Description::of(Action::Ml, "get_model_size"),
            None => Description::of(Action::Ml, "unset command"),
        },
        CommandType::WriteStreamOperationStart(start) => {
            let mut description = Description::of(Action::Streaming, "writeStream");
            match &start.sink_destination {
                Some(SinkDestination::Path(path)) => {
                    description.sources.paths_written.insert(path.clone());
                }
                Some(SinkDestination::TableName(table)) => {
                    description.sources.tables_written.insert(table.clone());
                }
                None => {}
            }
            if let Some(input) = &start.input {
                description.sources.relation(input);
            }
            description
        }
        CommandType::StreamingQueryCommand(_) => {
            Description::of(Action::Streaming, "streaming_query_command")
        }
        CommandType::StreamingQueryManagerCommand(_) => {
            Description::of(Action::Streaming, "streaming_query_manager_command")
        }
        CommandType::StreamingQueryListenerBusCommand(_) => {
            Description::of(Action::Streaming, "streaming_query_listener_bus_command")
        }
        CommandType::GetResourcesCommand(_) => Description::of(Action::Other, "get_resources"),
        CommandType::CreateResourceProfileCommand(_) => {
            Description::of(Action::Other, "create_resource_profile")
        }
        CommandType::ExecuteExternalCommand(_) => {
            Description::of(Action::Other, "execute_external_command")
        }
        CommandType::PipelineCommand(_) => Description::of(Action::Other, "pipeline_command"),
        CommandType::Extension(any) => {
            Description::of(Action::Other, format!("extension {}", any.type_url))
        }
    }
}

fn write_operation(write: &WriteOperation) -> Description {
    let detail = match &write.save_type {
        Some(SaveType::Table(table)) => match table.save_method() {
            TableSaveMethod::InsertInto => "insertInto",
            TableSaveMethod::SaveAsTable | TableSaveMethod::Unspecified => "saveAsTable",
        },
        Some(SaveType::Path(_)) | None => "save",
    };
    let mut description = Description::of(Action::Write, detail);
    match &write.save_type {
        Some(SaveType::Table(table)) => {
            description
                .sources
                .tables_written
                .insert(table.table_name.clone());
        }
        Some(SaveType::Path(path)) => {
            description.sources.paths_written.insert(path.clone());
        }
        None => description
            .sources
            .paths_written
            .extend(write.options.get("path").cloned()),
    }
    if let Some(input) = &write.input {
        description.sources.relation(input);
    }
    description
}

fn write_operation_v2(write: &WriteOperationV2) -> Description {
    let detail = match write.mode() {
        Mode::Create => "writeTo.create",
        Mode::Overwrite => "writeTo.overwrite",
        Mode::OverwritePartitions => "writeTo.overwritePartitions",
        Mode::Append => "writeTo.append",
        Mode::Replace => "writeTo.replace",
        Mode::CreateOrReplace => "writeTo.createOrReplace",
        Mode::Unspecified => "writeTo",
    };
    let mut description = Description::of(Action::Write, detail);
    description
        .sources
        .tables_written
        .insert(write.table_name.clone());
    if let Some(input) = &write.input {
        description.sources.relation(input);
    }
    description
}

/// `spark.sql`: clients from 4.0 on send a relation, older ones the bare text.
fn sql_command(command: &SqlCommand) -> Description {
    let mut extra = super::Sources::default();
    let mut text = None;
    if let Some(input) = &command.input {
        // `spark.sql(…, df=…)` brings DataFrames along.
        super::super::relations::walk(input, &mut |relation| {
            if let Some(RelType::Sql(sql)) = &relation.rel_type
                && text.is_none()
            {
                text = Some(sql.query.as_str());
            }
        });
        extra.relation(input);
    }
    #[expect(deprecated, reason = "3.4 and 3.5 clients send the text here")]
    let text = text.unwrap_or(&command.sql);
    let mut description = statement::describe(text);
    description.sources.tables_read.extend(extra.tables_read);
    description.sources.paths_read.extend(extra.paths_read);
    description
}
