//! Questions about a plan: its schema, how it would run, whether it is another's equal.

use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::analyze_plan_response::{self as answer, Result as Answer};
use sparring_proto::connect::{self as proto, plan::OpType};

use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::sources::Sources;
use crate::plan::{Planned, Planner};
use crate::session::Session;
use crate::types::proto::{from_arrow, parse};

/// The Spark version that clients are told; they switch features on it.
const SPARK_VERSION: &str = "4.1.4";

pub(crate) async fn analyze(session: &Arc<Session>, request: &Analyze) -> Result<Answer> {
    let context = Context::of(session);
    match request {
        Analyze::Schema(node) => {
            let planned = plan(&context, root(node.plan.as_ref())?).await?;
            let schema = from_arrow(&crate::execution::row_type(&planned));
            Ok(Answer::Schema(answer::Schema {
                schema: Some(schema),
            }))
        }
        Analyze::SparkVersion(_) => Ok(Answer::SparkVersion(answer::SparkVersion {
            version: SPARK_VERSION.to_owned(),
        })),
        Analyze::DdlParse(node) => {
            let parsed = from_arrow(&parse(&node.ddl_string)?);
            Ok(Answer::DdlParse(answer::DdlParse {
                parsed: Some(parsed),
            }))
        }
        Analyze::Explain(_) => Err(Error::unsupported("explain")),
        Analyze::TreeString(_) => Err(Error::unsupported("tree_string")),
        Analyze::IsLocal(_) => Err(Error::unsupported("is_local")),
        Analyze::IsStreaming(_) => Err(Error::unsupported("is_streaming")),
        Analyze::InputFiles(_) => Err(Error::unsupported("input_files")),
        Analyze::SameSemantics(_) => Err(Error::unsupported("same_semantics")),
        Analyze::SemanticHash(_) => Err(Error::unsupported("semantic_hash")),
        Analyze::Persist(_) => Err(Error::unsupported("persist")),
        Analyze::Unpersist(_) => Err(Error::unsupported("unpersist")),
        Analyze::GetStorageLevel(_) => Err(Error::unsupported("get_storage_level")),
        Analyze::JsonToDdl(_) => Err(Error::unsupported("json_to_ddl")),
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
    let sources = Sources::open(context, relation).await?;
    Planner::new(context, &sources).relation(relation)
}
