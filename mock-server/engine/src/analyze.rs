//! Questions about a plan: its schema, how it would run, whether it is another's equal.

use std::sync::Arc;

use arrow::datatypes::DataType;
use sparring_proto::Required;
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::analyze_plan_response::{self as answer, Result as Answer};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto, plan::OpType};

use crate::cache::NO_LEVEL;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::fingerprint::fingerprint;
use crate::plan::sources::Sources;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::session::Session;
use crate::types::json::from_json as parse_json;
use crate::types::proto::{from_arrow, parse, told_row};
use crate::types::tree;

/// The Spark version that clients are told; they switch features on it.
pub(crate) const SPARK_VERSION: &str = "4.1.4";

pub(crate) async fn analyze(session: &Arc<Session>, request: &Analyze) -> Result<Answer> {
    let context = Context::of(session);
    match request {
        Analyze::Schema(node) => {
            let planned = plan(&context, root(node.plan.as_ref())?).await?;
            let schema = told_row(&crate::execution::row_type(&planned));
            Ok(Answer::Schema(answer::Schema {
                schema: Some(schema),
            }))
        }
        Analyze::SparkVersion(_) => Ok(Answer::SparkVersion(answer::SparkVersion {
            version: SPARK_VERSION.to_owned(),
        })),
        Analyze::DdlParse(node) => {
            // No text at all is a row without columns.
            let parsed = match node.ddl_string.trim() {
                "" => DataType::Struct(arrow::datatypes::Fields::empty()),
                text => parse(text)?,
            };
            let parsed = from_arrow(&parsed);
            Ok(Answer::DdlParse(answer::DdlParse {
                parsed: Some(parsed),
            }))
        }
        Analyze::Explain(node) => {
            let relation = root(node.plan.as_ref())?;
            let explain_string =
                crate::explain::explain(&context, relation, node.explain_mode()).await?;
            Ok(Answer::Explain(answer::Explain { explain_string }))
        }
        Analyze::TreeString(node) => {
            let planned = plan(&context, root(node.plan.as_ref())?).await?;
            let level = node.level.and_then(|level| usize::try_from(level).ok());
            let tree_string = tree::tree_string(
                &crate::execution::row_type(&planned),
                level.filter(|level| *level > 0),
            );
            Ok(Answer::TreeString(answer::TreeString { tree_string }))
        }
        Analyze::IsLocal(node) => {
            let relation = root(node.plan.as_ref())?;
            plan(&context, relation).await?;
            let is_local = matches!(
                relation.rel_type,
                Some(
                    RelType::LocalRelation(_)
                        | RelType::CachedLocalRelation(_)
                        | RelType::ChunkedCachedLocalRelation(_)
                )
            );
            Ok(Answer::IsLocal(answer::IsLocal { is_local }))
        }
        Analyze::IsStreaming(node) => {
            // Reading a stream is refused at planning, so that what can be planned is none.
            plan(&context, root(node.plan.as_ref())?).await?;
            Ok(Answer::IsStreaming(answer::IsStreaming {
                is_streaming: false,
            }))
        }
        Analyze::InputFiles(node) => {
            let (_, sources) = plan_with_sources(&context, root(node.plan.as_ref())?).await?;
            Ok(Answer::InputFiles(answer::InputFiles {
                files: sources.files(),
            }))
        }
        Analyze::SameSemantics(node) => {
            let target = plan(&context, root(node.target_plan.as_ref())?).await?;
            let target = fingerprint(&context, &target)?;
            let other = plan(&context, root(node.other_plan.as_ref())?).await?;
            let other = fingerprint(&context, &other)?;
            Ok(Answer::SameSemantics(answer::SameSemantics {
                result: target == other,
            }))
        }
        Analyze::SemanticHash(node) => {
            let planned = plan(&context, root(node.plan.as_ref())?).await?;
            let text = fingerprint(&context, &planned)?;
            let hash = twox_hash::XxHash64::oneshot(42, text.as_bytes());
            let [a, b, c, d, ..] = hash.to_le_bytes();
            Ok(Answer::SemanticHash(answer::SemanticHash {
                result: i32::from_le_bytes([a, b, c, d]),
            }))
        }
        Analyze::Persist(node) => {
            let relation = node.relation.as_ref().required("persist.relation")?;
            let (mut planned, fingerprint) = uncached(&context, relation).await?;
            let operator = relation.rel_type.as_ref().required("relation.rel_type")?;
            // Columns that only a qualified name finds are kept with the visible ones.
            let hidden = std::mem::take(&mut planned.scope.hidden);
            planned.scope.columns.extend(hidden);
            let list: Vec<_> = planned
                .scope
                .columns
                .iter()
                .map(|column| (column.clone(), Typed::column(column)))
                .collect();
            let rows = project(planned.plan, &list)?;
            let columns = planned.scope.columns;
            session
                .cache
                .persist(fingerprint, operator, rows, columns, node.storage_level);
            Ok(Answer::Persist(answer::Persist {}))
        }
        Analyze::Unpersist(node) => {
            let relation = node.relation.as_ref().required("unpersist.relation")?;
            let (_, fingerprint) = uncached(&context, relation).await?;
            session.cache.unpersist(&fingerprint);
            Ok(Answer::Unpersist(answer::Unpersist {}))
        }
        Analyze::GetStorageLevel(node) => {
            let relation = node
                .relation
                .as_ref()
                .required("get_storage_level.relation")?;
            let (_, fingerprint) = uncached(&context, relation).await?;
            let level = session.cache.level(&fingerprint).unwrap_or(NO_LEVEL);
            Ok(Answer::GetStorageLevel(answer::GetStorageLevel {
                storage_level: Some(level),
            }))
        }
        Analyze::JsonToDdl(node) => match parse_json(&node.json_string).map_err(|_| {
            Error::new(
                "INVALID_JSON_DATA_TYPE",
                [("invalidType", node.json_string.as_str())],
            )
        })? {
            DataType::Struct(fields) => Ok(Answer::JsonToDdl(answer::JsonToDdl {
                ddl_string: tree::to_ddl(&fields),
            })),
            other => Err(Error::invalid_plan(format!(
                "{} is no row type, so it has no DDL",
                crate::types::sql_name(&other)
            ))),
        },
    }
}

/// A relation planned as if it were not persisted itself (what lies below may be), with the key
/// under which it is.
async fn uncached(context: &Context, relation: &proto::Relation) -> Result<(Planned, String)> {
    let mut sources = Sources::open(context, relation).await?;
    loop {
        let planned = Planner::new(context, &sources).uncached(relation);
        let Some(wanted) = sources.take_wanted() else {
            let planned = planned?;
            let fingerprint = fingerprint(context, &planned)?;
            return Ok((planned, fingerprint));
        };
        drop(planned);
        sources.supply(context, wanted).await?;
    }
}

/// The relation of a plan that must be one.
fn root(plan: Option<&proto::Plan>) -> Result<&proto::Relation> {
    match plan.required("plan")?.op_type.as_ref() {
        Some(OpType::Root(relation)) => Ok(relation),
        Some(OpType::Command(_)) => Err(Error::invalid_plan("a command cannot be analysed")),
        Some(OpType::CompressedOperation(_)) => Err(Error::invalid_plan(
            "a compressed plan must be decompressed before analysis",
        )),
        None => Err(Error::plain(
            crate::error::Exception::UnsupportedOperation,
            "OPTYPE_NOT_SET not supported.",
        )),
    }
}

/// Opens what a relation reads and resolves it.
pub(crate) async fn plan(context: &Context, relation: &proto::Relation) -> Result<Planned> {
    Ok(Box::pin(plan_with_sources(context, relation)).await?.0)
}

/// [`plan`], with what was opened for it.
pub(crate) async fn plan_with_sources(
    context: &Context,
    relation: &proto::Relation,
) -> Result<(Planned, Sources)> {
    let mut sources = Sources::open(context, relation).await?;
    loop {
        let planned = Planner::new(context, &sources).relation(relation);
        let Some(wanted) = sources.take_wanted() else {
            return Ok((planned?, sources));
        };
        drop(planned);
        sources.supply(context, wanted).await?;
    }
}
