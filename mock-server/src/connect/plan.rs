//! The envelope of a plan: that there is one, and that it is decompressed once, at the edge.
//!
//! Knows nothing of what a plan means.

use std::io::Read;

use bytes::Bytes;
use prost::Message;
use sparring_engine::{Error, Exception, Result};
use sparring_proto::check_nesting;
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::plan::compressed_operation::OpType as Operation;
use sparring_proto::connect::plan::{CompressedOperation, OpType};
use sparring_proto::connect::{Command, CompressionCodec, Plan, Relation};

use super::local_data;

/// The plan of an `ExecutePlan`, ready for the engine.
pub(super) fn prepare(plan: Option<Plan>, limit_bytes: u64) -> Result<Plan> {
    let mut plan = plan.unwrap_or_default();
    if plan.op_type.is_none() {
        return Err(Error::plain(
            Exception::UnsupportedOperation,
            "OPTYPE_NOT_SET not supported.",
        ));
    }
    decompress(&mut plan, limit_bytes)?;
    Ok(plan)
}

/// The question of an `AnalyzePlan`, ready for the engine.
pub(super) fn prepare_analyze(analyze: Option<Analyze>, limit_bytes: u64) -> Result<Analyze> {
    let Some(mut analyze) = analyze else {
        return Err(Error::invalid_plan(
            "Unknown Analyze Method ANALYZE_NOT_SET!",
        ));
    };
    for plan in plans(&mut analyze).into_iter().flatten() {
        decompress(plan, limit_bytes)?;
    }
    Ok(analyze)
}

/// The plans that a question carries. Those that carry a bare relation have none.
pub(super) fn plans(analyze: &mut Analyze) -> [Option<&mut Plan>; 2] {
    let one = |plan| [plan, None];
    match analyze {
        Analyze::Schema(request) => one(request.plan.as_mut()),
        Analyze::Explain(request) => one(request.plan.as_mut()),
        Analyze::TreeString(request) => one(request.plan.as_mut()),
        Analyze::IsLocal(request) => one(request.plan.as_mut()),
        Analyze::IsStreaming(request) => one(request.plan.as_mut()),
        Analyze::InputFiles(request) => one(request.plan.as_mut()),
        Analyze::SemanticHash(request) => one(request.plan.as_mut()),
        Analyze::SameSemantics(request) => {
            [request.target_plan.as_mut(), request.other_plan.as_mut()]
        }
        Analyze::SparkVersion(_)
        | Analyze::DdlParse(_)
        | Analyze::JsonToDdl(_)
        | Analyze::Persist(_)
        | Analyze::Unpersist(_)
        | Analyze::GetStorageLevel(_) => [None, None],
    }
}

/// The relation of a question that carries no plan.
pub(super) fn bare_relation(analyze: &Analyze) -> Option<&Relation> {
    match analyze {
        Analyze::Persist(request) => request.relation.as_ref(),
        Analyze::Unpersist(request) => request.relation.as_ref(),
        Analyze::GetStorageLevel(request) => request.relation.as_ref(),
        Analyze::Schema(_)
        | Analyze::Explain(_)
        | Analyze::TreeString(_)
        | Analyze::IsLocal(_)
        | Analyze::IsStreaming(_)
        | Analyze::InputFiles(_)
        | Analyze::SparkVersion(_)
        | Analyze::DdlParse(_)
        | Analyze::SameSemantics(_)
        | Analyze::SemanticHash(_)
        | Analyze::JsonToDdl(_) => None,
    }
}

/// The relations that a question is about.
pub(super) fn relations(analyze: &mut Analyze) -> Vec<&Relation> {
    // Asked twice, because the borrow checker does not see that the plans are another case.
    if bare_relation(analyze).is_some() {
        return bare_relation(analyze).into_iter().collect();
    }
    plans(analyze)
        .into_iter()
        .flatten()
        .filter_map(|plan| local_data::roots(plan))
        .collect()
}

/// Decompresses in place; nothing to do for a plan that is not compressed.
pub(super) fn decompress(plan: &mut Plan, limit_bytes: u64) -> Result<()> {
    let Some(OpType::CompressedOperation(compressed)) = &plan.op_type else {
        return Ok(());
    };
    match compressed.compression_codec() {
        CompressionCodec::Zstd => {}
        CompressionCodec::Unspecified => {
            return Err(Error::invalid_plan(format!(
                "This enum value of spark.connect.CompressionCodec is invalid: COMPRESSION_CODEC_UNSPECIFIED({})",
                compressed.compression_codec
            )));
        }
    }
    let data = unpack(&compressed.data, limit_bytes)?;
    plan.op_type = Some(parse(compressed, data)?);
    Ok(())
}

/// Decompresses with a bound: a few kilobytes can stand for many gigabytes.
fn unpack(data: &[u8], limit_bytes: u64) -> Result<Bytes> {
    // Most clients say how much it will be. Without, growing would copy what is there already.
    let announced = zstd::zstd_safe::get_frame_content_size(data)
        .ok()
        .flatten()
        .unwrap_or(0);
    let room = announced.min(limit_bytes + 1);
    let mut unpacked = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    let read = zstd::stream::read::Decoder::new(data)
        .and_then(|decoder| decoder.take(limit_bytes + 1).read_to_end(&mut unpacked));
    if let Err(error) = read {
        return Err(cannot_parse(error));
    }
    if unpacked.len() as u64 > limit_bytes {
        return Err(Error::new(
            "CONNECT_INVALID_PLAN.PLAN_SIZE_LARGER_THAN_MAX",
            [
                ("planSize", format!("more than {limit_bytes}")),
                ("maxPlanSize", limit_bytes.to_string()),
            ],
        ));
    }
    Ok(unpacked.into())
}

fn parse(compressed: &CompressedOperation, data: Bytes) -> Result<OpType> {
    check_nesting(&data).map_err(cannot_parse)?;
    match compressed.op_type() {
        Operation::Relation => Relation::decode(data)
            .map(OpType::Root)
            .map_err(cannot_parse),
        Operation::Command => Command::decode(data)
            .map(OpType::Command)
            .map_err(cannot_parse),
        Operation::Unspecified => Err(cannot_parse(
            Error::invalid_plan("This oneOf field in spark.connect.Plan.CompressedOperation is not set: OP_TYPE_UNSPECIFIED").message(),
        )),
    }
}

fn cannot_parse(reason: impl ToString) -> Error {
    Error::new(
        "CONNECT_INVALID_PLAN.CANNOT_PARSE",
        [("errorMsg", reason.to_string())],
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use sparring_proto::connect::{Range, relation::RelType};

    use super::*;

    fn check(data: Vec<u8>, op_type: i32, codec: i32, expected: &Expect) {
        let compressed = CompressedOperation {
            data: data.into(),
            op_type,
            compression_codec: codec,
        };
        let plan = Plan {
            op_type: Some(OpType::CompressedOperation(compressed)),
        };
        let answer = match prepare(Some(plan), 1000) {
            Ok(plan) => format!("{:?}", plan.op_type.map(|op| matches!(op, OpType::Root(_)))),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&answer);
    }

    fn zstd(data: &[u8]) -> Vec<u8> {
        zstd::encode_all(data, 1).unwrap()
    }

    #[test]
    fn plans_are_decompressed_within_bounds() {
        let relation = Relation {
            rel_type: Some(RelType::Range(Range {
                end: 3,
                step: 1,
                ..Range::default()
            })),
            ..Relation::default()
        };
        let good = zstd(&relation.encode_to_vec());
        check(good.clone(), 1, 1, &expect!["Some(true)"]);
        check(
            good.clone(),
            1,
            0,
            &expect![
                "[INTERNAL_ERROR] This enum value of spark.connect.CompressionCodec is invalid: COMPRESSION_CODEC_UNSPECIFIED(0) SQLSTATE: XX000"
            ],
        );
        check(
            good,
            0,
            1,
            &expect![[r#"
            [CONNECT_INVALID_PLAN.CANNOT_PARSE] The Spark Connect plan is invalid. Cannot decompress or parse the input plan ([INTERNAL_ERROR] This oneOf field in spark.connect.Plan.CompressedOperation is not set: OP_TYPE_UNSPECIFIED SQLSTATE: XX000)
            This may be caused by a corrupted compressed plan.
            To disable plan compression, set 'spark.connect.session.planCompression.threshold' to -1. SQLSTATE: 56K00"#]],
        );
        check(
            zstd(&[0; 2000]),
            1,
            1,
            &expect![[r#"
            [CONNECT_INVALID_PLAN.PLAN_SIZE_LARGER_THAN_MAX] The Spark Connect plan is invalid. The plan size is larger than max (more than 1000 vs. 1000)
            This typically occurs when building very complex queries with many operations, large literals, or deeply nested expressions.
            Consider splitting the query into smaller parts using temporary views for intermediate results or reducing the number of operations. SQLSTATE: 56K00"#]],
        );
        check(
            b"garbage".to_vec(),
            1,
            1,
            &expect![[r#"
            [CONNECT_INVALID_PLAN.CANNOT_PARSE] The Spark Connect plan is invalid. Cannot decompress or parse the input plan (Unknown frame descriptor)
            This may be caused by a corrupted compressed plan.
            To disable plan compression, set 'spark.connect.session.planCompression.threshold' to -1. SQLSTATE: 56K00"#]],
        );
        check(
            zstd(&[0xff; 3]),
            1,
            1,
            &expect![[r#"
            [CONNECT_INVALID_PLAN.CANNOT_PARSE] The Spark Connect plan is invalid. Cannot decompress or parse the input plan (failed to decode Protobuf message: invalid varint)
            This may be caused by a corrupted compressed plan.
            To disable plan compression, set 'spark.connect.session.planCompression.threshold' to -1. SQLSTATE: 56K00"#]],
        );
        expect!["OPTYPE_NOT_SET not supported."]
            .assert_eq(&prepare(None, 1).unwrap_err().to_string());
    }
}
