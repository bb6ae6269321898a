//! What a large upload costs: the server holds no more than two copies of it at any moment,
//! whichever way it came. Measured from outside, as the kernel counts it.

use std::sync::Arc;

use arrow::{
    array::{Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
    ipc::writer::StreamWriter,
};
use prost::{Message, bytes::Bytes};
use sparring_proto::connect::{
    Aggregate, CachedLocalRelation, ChunkedCachedLocalRelation, CompressionCodec, Expression,
    LocalRelation, Range, Relation,
    add_artifacts_request::{ArtifactChunk, BeginChunkedArtifact, Payload},
    aggregate::GroupType,
    expression::{ExprType, Literal, UnresolvedFunction, literal::LiteralType},
    plan::{CompressedOperation, OpType, compressed_operation},
    relation::RelType,
};

use crate::spark::{Client, Served};

/// Just below the limit on one message.
const UPLOAD_BYTES: u64 = 127 << 20;

/// Flow-control windows, what the query itself needs, and what the allocator keeps.
const BESIDES_BYTES: u64 = 56 << 20;

/// The size of a message of `AddArtifacts`, as PySpark sends them.
const CHUNK_BYTES: usize = 32 << 10;

const N_COLUMNS: usize = 4;

/// An Arrow stream of one batch that does not compress.
fn arrow_stream(bytes: u64) -> Bytes {
    let n_rows = usize::try_from(bytes).unwrap() / 8 / N_COLUMNS;
    let mut state = 1u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as i64
    };
    let fields = (0..N_COLUMNS).map(|at| Field::new(format!("c{at}"), DataType::Int64, false));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = (0..N_COLUMNS)
        .map(|_| Arc::new(Int64Array::from_iter_values((0..n_rows).map(|_| next()))) as _);
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap().into()
}

fn relation(rel_type: RelType) -> Relation {
    Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}

/// `df.count()`: everything is read and nothing comes back.
fn count(input: Relation) -> Relation {
    let one = Expression {
        expr_type: Some(ExprType::Literal(Literal {
            literal_type: Some(LiteralType::Integer(1)),
            ..Literal::default()
        })),
        ..Expression::default()
    };
    let count = Expression {
        expr_type: Some(ExprType::UnresolvedFunction(UnresolvedFunction {
            function_name: "count".to_owned(),
            arguments: vec![one],
            ..UnresolvedFunction::default()
        })),
        ..Expression::default()
    };
    relation(RelType::Aggregate(Box::new(Aggregate {
        input: Some(Box::new(input)),
        group_type: GroupType::Groupby.into(),
        aggregate_expressions: vec![count],
        ..Aggregate::default()
    })))
}

fn local(data: Bytes) -> LocalRelation {
    LocalRelation {
        data: Some(data),
        schema: None,
    }
}

/// One artifact in chunks, made as they are sent.
fn chunked(name: &str, content: Bytes) -> impl Iterator<Item = Payload> + Send + 'static {
    let n_chunks = content.len().div_ceil(CHUNK_BYTES);
    let name = name.to_owned();
    (0..n_chunks).map(move |index| {
        let end = content.len().min((index + 1) * CHUNK_BYTES);
        let data = content.slice(index * CHUNK_BYTES..end);
        let crc = i64::from(crc32fast::hash(&data));
        let chunk = ArtifactChunk { data, crc };
        if index > 0 {
            return Payload::Chunk(chunk);
        }
        Payload::BeginChunk(BeginChunkedArtifact {
            name: format!("cache/{name}"),
            total_bytes: content.len() as i64,
            num_chunks: n_chunks as i64,
            initial_chunk: Some(chunk),
        })
    })
}

/// A server that has answered once, so that what it needs for any query is not counted.
async fn warm() -> (Served, Client, u64) {
    let served = Served::start();
    let mut client = served.client().await;
    let range = relation(RelType::Range(Range {
        start: Some(0),
        end: 1_000_000,
        step: 1,
        num_partitions: None,
    }));
    let n_rows = client.execute(OpType::Root(count(range))).await.unwrap();
    assert_eq!(n_rows, 1);
    let before = served.peak_bytes();
    (served, client, before)
}

async fn check(served: &Served, client: &mut Client, before: u64, op_type: OpType) {
    assert_eq!(client.execute(op_type).await.unwrap(), 1);
    let more = served.peak_bytes() - before;
    assert!(
        more <= 2 * UPLOAD_BYTES + BESIDES_BYTES,
        "{} MiB for an upload of {} MiB",
        more >> 20,
        UPLOAD_BYTES >> 20
    );
    // The measure itself is right: it was held at least once.
    assert!(more >= UPLOAD_BYTES, "{} MiB", more >> 20);
}

#[tokio::test]
async fn an_inline_upload_is_held_at_most_twice() {
    let (served, mut client, before) = warm().await;
    let data = local(arrow_stream(UPLOAD_BYTES));
    let root = count(relation(RelType::LocalRelation(data)));
    check(&served, &mut client, before, OpType::Root(root)).await;
}

#[tokio::test]
async fn a_compressed_upload_is_held_at_most_twice() {
    let (served, mut client, before) = warm().await;
    let data = local(arrow_stream(UPLOAD_BYTES));
    let plan = count(relation(RelType::LocalRelation(data))).encode_to_vec();
    let compressed = OpType::CompressedOperation(CompressedOperation {
        data: zstd::bulk::compress(&plan, 1).unwrap().into(),
        op_type: compressed_operation::OpType::Relation.into(),
        compression_codec: CompressionCodec::Zstd.into(),
    });
    drop(plan);
    check(&served, &mut client, before, compressed).await;
}

#[tokio::test]
async fn a_cached_upload_is_held_at_most_twice() {
    let (served, mut client, before) = warm().await;
    let content = local(arrow_stream(UPLOAD_BYTES)).encode_to_vec();
    client.upload(chunked("whole", content.into())).await;
    let cached = RelType::CachedLocalRelation(CachedLocalRelation {
        hash: "whole".to_owned(),
    });
    let root = count(relation(cached));
    check(&served, &mut client, before, OpType::Root(root)).await;
}

#[tokio::test]
async fn an_upload_in_chunks_is_held_at_most_twice() {
    let (served, mut client, before) = warm().await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for name in names {
        let part = arrow_stream(UPLOAD_BYTES / names.len() as u64);
        client.upload(chunked(name, part)).await;
    }
    let cached = RelType::ChunkedCachedLocalRelation(ChunkedCachedLocalRelation {
        data_hashes: names.map(str::to_owned).to_vec(),
        schema_hash: None,
    });
    let root = count(relation(cached));
    check(&served, &mut client, before, OpType::Root(root)).await;
}
