//! What a plan, an analysis or a command asks for, in the words of the journal. Only names,
//! paths and sizes are taken, never rows or whole SQL texts.
//!
//! Describing never fails and changes nothing: what cannot be read is described as little as it
//! is understood, and the engine reports what is wrong with it.

mod command;
mod fingerprint;
mod names;
mod sources;
mod statement;

use sparring_journal::{Action, PlanDescribed};
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::{Plan, Relation, config_request};

use super::{local_data, plan};
pub(super) use sources::Sources;

/// A description without the number of its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) action: Action,
    pub(super) detail: String,
    pub(super) fingerprint: Option<String>,
    pub(super) sources: Sources,
    pub(super) local_relation_bytes: u64,
    pub(super) artifact_bytes: u64,
}

impl Description {
    pub(super) fn of(action: Action, detail: impl Into<String>) -> Self {
        Self {
            action,
            detail: detail.into(),
            fingerprint: None,
            sources: Sources::default(),
            local_relation_bytes: 0,
            artifact_bytes: 0,
        }
    }

    pub(super) fn for_call(self, rpc: u64) -> PlanDescribed {
        let Sources {
            tables_read,
            tables_written,
            paths_read,
            paths_written,
        } = self.sources;
        PlanDescribed {
            rpc,
            action: self.action,
            detail: self.detail,
            fingerprint: self.fingerprint,
            tables_read: tables_read.into_iter().collect(),
            tables_written: tables_written.into_iter().collect(),
            paths_read: paths_read.into_iter().collect(),
            paths_written: paths_written.into_iter().collect(),
            local_relation_bytes: self.local_relation_bytes,
            artifact_bytes: self.artifact_bytes,
        }
    }
}

/// Describes the plan of an `ExecutePlan`, which is decompressed already.
pub(super) fn execute(plan: &Plan, artifact_bytes: impl Fn(&str) -> Option<u64>) -> Description {
    let mut description = match &plan.op_type {
        Some(OpType::Root(root)) => root_relation(root),
        Some(OpType::Command(command)) => command::describe(command),
        // A compressed plan that could not be decompressed will be refused.
        Some(OpType::CompressedOperation(_)) | None => {
            Description::of(Action::Other, "unreadable plan")
        }
    };
    description.fingerprint = fingerprint::of(plan);
    description.local_relation_bytes =
        local_data::total_bytes(local_data::roots(plan), artifact_bytes);
    description
}

fn root_relation(root: &Relation) -> Description {
    if let Some(operation) = names::catalog_operation(root) {
        let mut description = Description::of(Action::Catalog, operation);
        description.sources.catalog(root);
        return description;
    }
    let mut description = Description::of(Action::Execute, names::relation(root));
    description.sources.relation(root);
    description
}

/// Describes the question of an `AnalyzePlan`.
pub(super) fn analyze(analyze: &mut Analyze) -> Description {
    let detail = match analyze {
        Analyze::Schema(_) => "schema",
        Analyze::Explain(_) => "explain",
        Analyze::TreeString(_) => "tree_string",
        Analyze::IsLocal(_) => "is_local",
        Analyze::IsStreaming(_) => "is_streaming",
        Analyze::InputFiles(_) => "input_files",
        Analyze::SparkVersion(_) => "spark_version",
        Analyze::DdlParse(_) => "ddl_parse",
        Analyze::SameSemantics(_) => "same_semantics",
        Analyze::SemanticHash(_) => "semantic_hash",
        Analyze::Persist(_) => "persist",
        Analyze::Unpersist(_) => "unpersist",
        Analyze::GetStorageLevel(_) => "get_storage_level",
        Analyze::JsonToDdl(_) => "json_to_ddl",
    };
    let mut description = Description::of(Action::Analyze, detail);
    for relation in plan::relations(analyze) {
        description.sources.relation(relation);
    }
    if let Some(relation) = plan::bare_relation(analyze) {
        let root = Plan {
            op_type: Some(OpType::Root(relation.clone())),
        };
        description.fingerprint = fingerprint::of(&root);
    }
    description
}

/// Describes the operation of a `Config`. Keys are told, values are not: they may be secrets.
pub(super) fn config(operation: Option<&config_request::Operation>) -> Description {
    use config_request::operation::OpType;
    let joined = |keys: &mut dyn Iterator<Item = &str>| keys.collect::<Vec<_>>().join(",");
    let detail = match operation.and_then(|operation| operation.op_type.as_ref()) {
        Some(OpType::Set(set)) => {
            format!(
                "set {}",
                joined(&mut set.pairs.iter().map(|pair| pair.key.as_str()))
            )
        }
        Some(OpType::Get(get)) => {
            format!("get {}", joined(&mut get.keys.iter().map(String::as_str)))
        }
        Some(OpType::GetWithDefault(get)) => format!(
            "get_with_default {}",
            joined(&mut get.pairs.iter().map(|pair| pair.key.as_str()))
        ),
        Some(OpType::GetOption(get)) => {
            format!(
                "get_option {}",
                joined(&mut get.keys.iter().map(String::as_str))
            )
        }
        Some(OpType::GetAll(all)) => {
            format!("get_all {}", all.prefix.as_deref().unwrap_or_default())
        }
        Some(OpType::Unset(unset)) => {
            format!(
                "unset {}",
                joined(&mut unset.keys.iter().map(String::as_str))
            )
        }
        Some(OpType::IsModifiable(asked)) => {
            format!(
                "is_modifiable {}",
                joined(&mut asked.keys.iter().map(String::as_str))
            )
        }
        None => "unset operation".to_owned(),
    };
    Description::of(Action::Config, detail.trim_end())
}
