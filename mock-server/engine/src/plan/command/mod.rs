//! Commands: one exhaustive match over the command types of the protocol; a short file per family
//! does the work.

mod align;
mod alter_table;
mod alter_view;
mod assign;
mod catalog;
mod change;
mod comment;
mod defaults;
mod delta_log;
mod describe;
mod fill;
mod function;
mod immediate;
mod insert;
mod namespace;
mod object;
mod overwritten;
mod replace_where;
mod result;
mod show;
mod statement;
mod statistics;
mod table;
mod table_like;
mod upkeep;
mod variable;
mod view;
mod write;

use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::{self as proto};

use super::context::Context;
use crate::error::{Error, Result};
use crate::execution::Execution;
use crate::session::TempView;

pub(crate) use statement::root;

/// Runs a call of `spark.catalog`; its answer is a relation like any other.
pub(crate) async fn catalog(context: &Context, node: &proto::Catalog) -> Result<proto::Relation> {
    catalog::run(context, node).await
}

/// Makes a Delta table of rows unless there is one of the name.
pub(crate) async fn seed_table(
    context: &Context,
    name: crate::catalog::QualifiedName,
    rows: super::Planned,
) -> Result<()> {
    let new = table::NewTable {
        name,
        format: crate::io::Format::Delta,
        schema: table::schema_of(&rows)?,
        partition_columns: Vec::new(),
        properties: Default::default(),
        options: Default::default(),
        comment: None,
        location: None,
        constraints: Vec::new(),
        existing: table::Existing::Keep,
        operation: "CREATE TABLE AS SELECT",
    };
    table::create(context, new, Some(rows)).await
}

/// Whether a command only notes something, or hands its work over itself (`statement.rs`).
pub(crate) fn is_short(command: &proto::Command) -> bool {
    match command.command_type.as_ref() {
        Some(
            CommandType::CreateDataframeView(_)
            | CommandType::SqlCommand(_)
            | CommandType::RemoveCachedRemoteRelationCommand(_)
            | CommandType::GetResourcesCommand(_)
            | CommandType::MlCommand(_)
            | CommandType::RegisterFunction(_)
            | CommandType::RegisterTableFunction(_)
            | CommandType::RegisterDataSource(_)
            | CommandType::WriteStreamOperationStart(_)
            | CommandType::StreamingQueryCommand(_)
            | CommandType::StreamingQueryManagerCommand(_)
            | CommandType::StreamingQueryListenerBusCommand(_)
            | CommandType::CreateResourceProfileCommand(_)
            | CommandType::ExecuteExternalCommand(_)
            | CommandType::PipelineCommand(_)
            | CommandType::Extension(_),
        )
        | None => true,
        Some(
            CommandType::WriteOperation(_)
            | CommandType::WriteOperationV2(_)
            | CommandType::MergeIntoTableCommand(_)
            | CommandType::CheckpointCommand(_),
        ) => false,
    }
}

/// Runs a command to its end.
pub(crate) async fn run(context: &Context, command: &proto::Command) -> Result<Execution> {
    let response = match command
        .command_type
        .as_ref()
        .required("command.command_type")?
    {
        CommandType::CreateDataframeView(node) => {
            Box::pin(view::create(context, node)).await?;
            None
        }
        CommandType::WriteOperation(node) => {
            Box::pin(write::write(context, node)).await?;
            None
        }
        CommandType::WriteOperationV2(node) => {
            Box::pin(write::write_v2(context, node)).await?;
            None
        }
        CommandType::SqlCommand(node) => Some(Box::pin(statement::sql(context, node)).await?),
        CommandType::MergeIntoTableCommand(node) => {
            Box::pin(change::merge(context, node, None, &[])).await?;
            None
        }
        CommandType::CheckpointCommand(node) => Some(Box::pin(checkpoint(context, node)).await?),
        CommandType::RemoveCachedRemoteRelationCommand(node) => {
            let relation = node.relation.as_ref().required("relation")?;
            context.session.remove_checkpoint(&relation.relation_id);
            None
        }
        CommandType::GetResourcesCommand(_) => Some(ResponseType::GetResourcesCommandResult(
            proto::GetResourcesCommandResult::default(),
        )),
        CommandType::MlCommand(node) => Some(ml(node)?),
        CommandType::RegisterFunction(_) => {
            return Err(Error::unsupported("registering a Python function"));
        }
        CommandType::RegisterTableFunction(_) => {
            return Err(Error::unsupported("registering a Python table function"));
        }
        CommandType::RegisterDataSource(_) => {
            return Err(Error::unsupported("registering a Python data source"));
        }
        CommandType::WriteStreamOperationStart(_)
        | CommandType::StreamingQueryCommand(_)
        | CommandType::StreamingQueryManagerCommand(_)
        | CommandType::StreamingQueryListenerBusCommand(_) => {
            return Err(Error::unsupported("structured streaming"));
        }
        CommandType::CreateResourceProfileCommand(_) => {
            return Err(Error::unsupported("resource profiles"));
        }
        CommandType::ExecuteExternalCommand(_) => {
            return Err(Error::unsupported("external commands"));
        }
        CommandType::PipelineCommand(_) => return Err(Error::unsupported("declarative pipelines")),
        CommandType::Extension(any) => {
            return Err(Error::unsupported(format!(
                "the command extension {}",
                any.type_url
            )));
        }
    };
    Ok(Execution {
        rows: None,
        responses: response.into_iter().collect(),
        observed: Arc::clone(&context.observed),
        metrics: Arc::default(),
    })
}

/// `checkpoint`: rows are kept under an id that the client gives back; a lazy one keeps the plan.
async fn checkpoint(context: &Context, node: &proto::CheckpointCommand) -> Result<ResponseType> {
    let relation = node.relation.as_ref().required("checkpoint.relation")?;
    let planned = crate::analyze::plan(context, relation).await?;
    let kept = if node.eager {
        let ready = crate::execution::collect(context, planned).await?;
        super::relation::local::table(ready.schema, ready.batches)?
    } else {
        planned
    };
    let relation_id = uuid::Uuid::new_v4().to_string();
    context
        .session
        .keep_checkpoint(relation_id.clone(), TempView::new(kept));
    Ok(ResponseType::CheckpointCommandResult(
        proto::CheckpointCommandResult {
            relation: Some(proto::CachedRemoteRelation { relation_id }),
        },
    ))
}

/// Clients clean the ML cache when they exit, whether or not they used it.
fn ml(node: &proto::MlCommand) -> Result<ResponseType> {
    use proto::ml_command::Command;
    match node.command.as_ref().required("ml_command.command")? {
        Command::CleanCache(_) | Command::Delete(_) => Ok(ResponseType::MlCommandResult(
            proto::MlCommandResult::default(),
        )),
        _other => Err(Error::unsupported("pyspark.ml over Spark Connect")),
    }
}
