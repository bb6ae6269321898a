//! How much local data a plan brings, however it was uploaded: inline, cached, or in chunks; and
//! the limit on it.
//!
//! Knows nothing of how the data is read.

use std::collections::HashSet;

use bytes::Bytes;
use sparring_engine::{Error, Result};
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::ml_command::Command as MlCommand;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{Plan, Relation};

use super::relations::walk;

/// Spark's class for more local data than is allowed.
pub(super) const TOO_LARGE: &str = "LOCAL_RELATION_SIZE_LIMIT_EXCEEDED";

/// The bytes of all local data under `roots`. `artifact_bytes` answers how large an uploaded
/// artifact is; one that is used twice was uploaded once and counts once.
pub(super) fn total_bytes<'a>(
    roots: impl IntoIterator<Item = &'a Relation>,
    artifact_bytes: impl Fn(&str) -> Option<u64>,
) -> u64 {
    let mut total = 0;
    let mut counted = HashSet::new();
    for root in roots {
        walk(root, &mut |relation| {
            if let Some(RelType::LocalRelation(local)) = &relation.rel_type {
                total += local.data.as_ref().map_or(0, |data| data.len() as u64);
            }
            for hash in hashes(relation) {
                if counted.insert(hash) {
                    total += artifact_bytes(hash).unwrap_or(0);
                }
            }
        });
    }
    total
}

/// The largest data that lies in the plan itself.
pub(super) fn largest(root: &Relation) -> Option<&Bytes> {
    let mut largest: Option<&Bytes> = None;
    walk(root, &mut |relation| {
        if let Some(RelType::LocalRelation(local)) = &relation.rel_type {
            let both = largest.into_iter().chain(&local.data);
            largest = both.max_by_key(|data| data.len());
        }
    });
    largest
}

/// The relations that a plan consists of, or that its command works on.
pub(super) fn roots(plan: &Plan) -> Option<&Relation> {
    match plan.op_type.as_ref()? {
        OpType::Root(root) => Some(root),
        OpType::Command(command) => match command.command_type.as_ref()? {
            CommandType::WriteOperation(write) => write.input.as_ref(),
            CommandType::WriteOperationV2(write) => write.input.as_ref(),
            CommandType::CreateDataframeView(view) => view.input.as_ref(),
            CommandType::SqlCommand(sql) => sql.input.as_ref(),
            CommandType::WriteStreamOperationStart(write) => write.input.as_ref(),
            CommandType::CheckpointCommand(checkpoint) => checkpoint.relation.as_ref(),
            CommandType::MergeIntoTableCommand(merge) => merge.source_table_plan.as_ref(),
            CommandType::MlCommand(ml) => match ml.command.as_ref()? {
                MlCommand::Fit(fit) => fit.dataset.as_ref(),
                MlCommand::Evaluate(evaluate) => evaluate.dataset.as_ref(),
                MlCommand::CreateSummary(summary) => summary.dataset.as_ref(),
                MlCommand::Fetch(_)
                | MlCommand::Delete(_)
                | MlCommand::Write(_)
                | MlCommand::Read(_)
                | MlCommand::CleanCache(_)
                | MlCommand::GetCacheInfo(_)
                | MlCommand::GetModelSize(_) => None,
            },
            CommandType::RegisterFunction(_)
            | CommandType::StreamingQueryCommand(_)
            | CommandType::GetResourcesCommand(_)
            | CommandType::StreamingQueryManagerCommand(_)
            | CommandType::RegisterTableFunction(_)
            | CommandType::StreamingQueryListenerBusCommand(_)
            | CommandType::RegisterDataSource(_)
            | CommandType::CreateResourceProfileCommand(_)
            | CommandType::RemoveCachedRemoteRelationCommand(_)
            | CommandType::ExecuteExternalCommand(_)
            | CommandType::PipelineCommand(_)
            | CommandType::Extension(_) => None,
        },
        // Plans are decompressed before they get here.
        OpType::CompressedOperation(_) => None,
    }
}

/// The hashes of the artifacts that a relation's data lies in.
fn hashes(relation: &Relation) -> &[String] {
    if let Some(RelType::CachedLocalRelation(cached)) = &relation.rel_type {
        std::slice::from_ref(&cached.hash)
    } else if let Some(RelType::ChunkedCachedLocalRelation(cached)) = &relation.rel_type {
        &cached.data_hashes
    } else {
        &[]
    }
}

/// Refuses a plan with more local data than is allowed.
pub(super) fn check(total: u64, limit_bytes: u64) -> Result<()> {
    if total <= limit_bytes {
        return Ok(());
    }
    Err(Error::new(
        TOO_LARGE,
        [
            ("actualSize", total.to_string()),
            ("sizeLimit", limit_bytes.to_string()),
        ],
    )
    .hint("upload the data as a file and read it, or write it to a table in parts"))
}
