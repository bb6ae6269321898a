//! What requests ask for beside a plan: options of an execution, tags, what an interrupt means.
//!
//! Knows no session; whether what is asked for exists is not decided here.

use sparring_engine::{Error, Exception, Result};
use sparring_proto::connect as proto;
use sparring_proto::connect::execute_plan_request::request_option::RequestOption;
use sparring_proto::connect::interrupt_request::{Interrupt, InterruptType};

use super::operations::Which;

/// What an `ExecutePlan` asks for beside its plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) reattachable: bool,
    /// The client puts chunks together; with the size it prefers.
    pub(super) chunking: Option<Option<i64>>,
}

pub(super) fn options(requested: &[proto::execute_plan_request::RequestOption]) -> Options {
    let mut options = Options::default();
    for option in requested
        .iter()
        .filter_map(|option| option.request_option.as_ref())
    {
        match option {
            RequestOption::ReattachOptions(reattach) => {
                options.reattachable = reattach.reattachable
            }
            RequestOption::ResultChunkingOptions(chunking) => {
                options.chunking = chunking
                    .allow_arrow_batch_chunking
                    .then_some(chunking.preferred_arrow_chunk_size);
            }
            // Options of other people's extensions change nothing here, as in Apache Spark.
            RequestOption::Extension(_) => {}
        }
    }
    options
}

pub(super) fn check_tags(tags: &[String]) -> Result<()> {
    let refused = |what: &str| {
        Err(Error::plain(
            Exception::IllegalArgument,
            format!("Spark Connect tag cannot {what}."),
        ))
    };
    for tag in tags {
        if tag.is_empty() {
            return refused("be an empty string");
        }
        if tag.contains(',') {
            return refused("contain ','");
        }
    }
    Ok(())
}

/// Which operations an `Interrupt` means.
pub(super) fn which(request: &proto::InterruptRequest) -> Result<Which<'_>> {
    let missing = |class, parameter: &str| {
        Err(Error::new(
            class,
            [("parameter", parameter), ("functionName", "interrupt")],
        ))
    };
    match (request.interrupt_type(), &request.interrupt) {
        (InterruptType::All, _) => Ok(Which::All),
        (InterruptType::Tag, Some(Interrupt::OperationTag(tag))) => Ok(Which::Tag(tag)),
        (InterruptType::Tag, Some(Interrupt::OperationId(_)) | None) => missing(
            "INVALID_PARAMETER_VALUE.INTERRUPT_TYPE_TAG_REQUIRES_TAG",
            "operation_tag",
        ),
        (InterruptType::OperationId, Some(Interrupt::OperationId(id))) => Ok(Which::Id(id)),
        (InterruptType::OperationId, Some(Interrupt::OperationTag(_)) | None) => missing(
            "INVALID_PARAMETER_VALUE.INTERRUPT_TYPE_OPERATION_ID_REQUIRES_ID",
            "operation_id",
        ),
        (InterruptType::Unspecified, _) => Err(Error::new(
            "UNSUPPORTED_FEATURE.INTERRUPT_TYPE",
            [("interruptType", "INTERRUPT_TYPE_UNSPECIFIED")],
        )),
    }
}
