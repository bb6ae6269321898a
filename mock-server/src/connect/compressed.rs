//! Compressed plans: unpacked within bounds, into memory in which local data can be read in place.
//!
//! Knows nothing of what a plan means.

use std::io::Read;

use bytes::{Buf, Bytes};
use prost::Message;
use sparring_engine::{Error, Result};
use sparring_proto::check_nesting;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::plan::compressed_operation::OpType as Operation;
use sparring_proto::connect::{Command, CompressionCodec, Plan, Relation};

use super::local_data;

/// Arrow copies a column whose numbers do not lie at a multiple of their size.
const ALIGNMENT: usize = 8;

/// From this size on a copy costs more than moving everything and reading it again.
const MOVED_BYTES: usize = 1 << 20;

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
    check_nesting(&data).map_err(cannot_parse)?;
    let op_type = compressed.op_type();
    plan.op_type = Some(parse(op_type, data.clone())?);
    // The compressed plan is gone by now; so will be the other reading of the data.
    let distance = distance_to_alignment(plan);
    if distance > 0 {
        plan.op_type = None;
        plan.op_type = Some(parse(op_type, moved(data, distance))?);
    }
    Ok(())
}

/// How much further the largest local data of a plan would have to lie for its columns to be read
/// in place. Nothing for small data, which is sooner copied.
fn distance_to_alignment(plan: &Plan) -> usize {
    local_data::roots(plan)
        .and_then(local_data::largest)
        .filter(|data| data.len() >= MOVED_BYTES)
        .map_or(0, |data| data.as_ptr().align_offset(ALIGNMENT))
}

/// The same bytes, a little further on in the same memory.
fn moved(data: Bytes, distance: usize) -> Bytes {
    match data.try_into_mut() {
        Ok(mut data) => {
            let length = data.len();
            data.resize(length + distance, 0);
            data.copy_within(..length, distance);
            data.advance(distance);
            data.freeze()
        }
        Err(shared) => shared,
    }
}

/// Decompresses with a bound: a few kilobytes can stand for many gigabytes.
fn unpack(data: &[u8], limit_bytes: u64) -> Result<Bytes> {
    // Most clients say how much it will be. Without, growing would copy what is there already.
    let announced = zstd::zstd_safe::get_frame_content_size(data)
        .ok()
        .flatten()
        .unwrap_or(0);
    let room = usize::try_from(announced.min(limit_bytes + 1)).unwrap_or(0);
    let mut unpacked = Vec::with_capacity(room + ALIGNMENT);
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

fn parse(op_type: Operation, data: Bytes) -> Result<OpType> {
    match op_type {
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
    use sparring_proto::connect::plan::CompressedOperation;
    use sparring_proto::connect::relation::RelType;
    use sparring_proto::connect::{LocalRelation, Range, RelationCommon, SubqueryAlias};

    use super::*;

    fn check(data: Vec<u8>, op_type: i32, codec: i32, expected: &Expect) {
        let compressed = CompressedOperation {
            data: data.into(),
            op_type,
            compression_codec: codec,
        };
        let mut plan = Plan {
            op_type: Some(OpType::CompressedOperation(compressed)),
        };
        let answer = match decompress(&mut plan, 1000) {
            Ok(()) => format!("{:?}", plan.op_type.map(|op| matches!(op, OpType::Root(_)))),
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
    }

    #[test]
    fn large_local_data_is_aligned_whatever_stands_before_it() {
        for before in 0..ALIGNMENT {
            let local = LocalRelation {
                data: Some(vec![7; MOVED_BYTES].into()),
                schema: None,
            };
            let input = Relation {
                common: None,
                rel_type: Some(RelType::LocalRelation(local)),
            };
            let alias = SubqueryAlias {
                alias: "a".repeat(before),
                input: Some(Box::new(input)),
                ..SubqueryAlias::default()
            };
            // Its length varies, and with it the place of what follows.
            let alias = Relation {
                common: Some(RelationCommon {
                    plan_id: Some(1 << (7 * before)),
                    ..RelationCommon::default()
                }),
                rel_type: Some(RelType::SubqueryAlias(Box::new(alias))),
            };
            let mut plan = Plan {
                op_type: Some(OpType::CompressedOperation(CompressedOperation {
                    data: zstd(&alias.encode_to_vec()).into(),
                    op_type: Operation::Relation.into(),
                    compression_codec: CompressionCodec::Zstd.into(),
                })),
            };
            decompress(&mut plan, u64::MAX - 1).unwrap();
            assert_eq!(plan.op_type, Some(OpType::Root(alias)));
            let data = local_data::largest(local_data::roots(&plan).unwrap()).unwrap();
            assert_eq!(data.as_ptr().align_offset(ALIGNMENT), 0);
        }
    }
}
