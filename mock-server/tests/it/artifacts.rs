//! Uploads, as recorded from Apache Spark 4.1.4, and the local data that plans take from them.

use expect_test::{Expect, expect};
use sparring_journal::{Event, RefusalReason};
use sparring_proto::connect::add_artifacts_request::{
    ArtifactChunk, Batch, BeginChunkedArtifact, Payload, SingleChunkArtifact,
};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{
    AddArtifactsRequest, AnalyzePlanRequest, ArtifactStatusesRequest, CachedLocalRelation,
    ChunkedCachedLocalRelation, LocalRelation, analyze_plan_request,
};

use crate::client::{Client, Server, class, operation_id, plan, user};

fn chunk(data: &[u8]) -> ArtifactChunk {
    ArtifactChunk {
        data: data.to_vec().into(),
        crc: i64::from(crc32fast::hash(data)),
    }
}

fn broken(data: &[u8]) -> ArtifactChunk {
    ArtifactChunk {
        crc: 1,
        ..chunk(data)
    }
}

fn batch(name: &str, data: ArtifactChunk) -> Payload {
    let artifact = SingleChunkArtifact {
        name: name.to_owned(),
        data: Some(data),
    };
    Payload::Batch(Batch {
        artifacts: vec![artifact],
    })
}

fn begin(name: &str, total_bytes: i64, num_chunks: i64, initial: ArtifactChunk) -> Payload {
    Payload::BeginChunk(BeginChunkedArtifact {
        name: name.to_owned(),
        total_bytes,
        num_chunks,
        initial_chunk: Some(initial),
    })
}

async fn upload(client: &mut Client, payloads: Vec<Option<Payload>>) -> String {
    let session_id = client.session_id.clone();
    let messages: Vec<_> = payloads
        .into_iter()
        .map(|payload| AddArtifactsRequest {
            session_id: session_id.clone(),
            user_context: user(),
            payload,
            ..Default::default()
        })
        .collect();
    match client
        .rpc
        .add_artifacts(futures::stream::iter(messages))
        .await
    {
        Ok(response) => {
            let artifacts = response.into_inner().artifacts;
            let summaries: Vec<_> = artifacts
                .iter()
                .map(|artifact| format!("{} {}", artifact.name, artifact.is_crc_successful))
                .collect();
            summaries.join(", ")
        }
        Err(status) => status.message().to_owned(),
    }
}

async fn check(client: &mut Client, payloads: Vec<Payload>, expected: &Expect) {
    let answer = upload(client, payloads.into_iter().map(Some).collect()).await;
    expected.assert_eq(&answer);
}

async fn exists(client: &mut Client, names: &[&str]) -> Vec<bool> {
    let request = ArtifactStatusesRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    };
    let statuses = client
        .rpc
        .artifact_status(request)
        .await
        .unwrap()
        .into_inner()
        .statuses;
    assert_eq!(statuses.len(), names.len());
    names.iter().map(|name| statuses[*name].exists).collect()
}

#[tokio::test]
async fn whole_artifacts_are_kept_and_broken_ones_told() {
    let server = Server::start().await;
    let client = &mut server.client().await;
    check(
        client,
        vec![batch("cache/aa", chunk(b"x"))],
        &expect!["cache/aa true"],
    )
    .await;
    check(
        client,
        vec![batch("cache/bb", broken(b"x"))],
        &expect!["cache/bb false"],
    )
    .await;
    check(
        client,
        vec![
            begin("cache/cc", 4, 2, chunk(b"ab")),
            Payload::Chunk(chunk(b"cd")),
        ],
        &expect!["cache/cc true"],
    )
    .await;
    check(
        client,
        vec![
            begin("cache/dd", 4, 2, chunk(b"ab")),
            Payload::Chunk(broken(b"cd")),
        ],
        &expect!["cache/dd false"],
    )
    .await;
    assert_eq!(
        exists(
            client,
            &["cache/aa", "cache/bb", "cache/cc", "cache/dd", "nope"]
        )
        .await,
        [true, false, true, false, false]
    );
}

#[tokio::test]
async fn sequences_that_make_no_sense_are_refused() {
    let server = Server::start().await;
    let client = &mut server.client().await;
    check(
        client,
        vec![begin("files/a", 4, 2, chunk(b"ab"))],
        &expect!["requirement failed: the stream ended in the middle of a chunked artifact"],
    )
    .await;
    check(client, vec![begin("files/a", 9, 2, chunk(b"ab")), Payload::Chunk(chunk(b"cd"))], &expect!["Missing data chunks for artifact: files/a. Expected 2 chunks and received 2 chunks. Processed 4 bytes out of 9 bytes."]).await;
    check(
        client,
        vec![Payload::Chunk(chunk(b"cd"))],
        &expect!["requirement failed: a chunk without a chunked artifact"],
    )
    .await;
    check(
        client,
        vec![
            begin("files/a", 4, 2, chunk(b"ab")),
            begin("files/b", 4, 2, chunk(b"ab")),
        ],
        &expect!["requirement failed: a chunked artifact began within another"],
    )
    .await;
    check(
        client,
        vec![begin("files/a", i64::MAX, i64::MAX, chunk(b"ab"))],
        &expect!["requirement failed: the stream ended in the middle of a chunked artifact"],
    )
    .await;
    check(client, vec![batch("../x", chunk(b"x"))], &expect!["[INVALID_ARTIFACT_PATH] Artifact with name ../x is invalid. The name must be a relative path and cannot reference parent/sibling/nephew directories. SQLSTATE: 22023"]).await;
    check(client, vec![batch("/abs", chunk(b"x"))], &expect!["[INVALID_ARTIFACT_PATH] Artifact with name /abs is invalid. The name must be a relative path and cannot reference parent/sibling/nephew directories. SQLSTATE: 22023"]).await;
    assert_eq!(
        upload(client, vec![None]).await,
        "Unsupported data transfer request: PAYLOAD_NOT_SET"
    );
    assert_eq!(
        upload(client, vec![]).await,
        "an AddArtifacts stream without a message"
    );
    server.check_alive().await;
}

#[tokio::test]
async fn a_name_is_not_given_to_another_content() {
    let server = Server::start().await;
    let client = &mut server.client().await;
    check(
        client,
        vec![batch("files/a", chunk(b"x"))],
        &expect!["files/a true"],
    )
    .await;
    check(
        client,
        vec![batch("files/a", chunk(b"x"))],
        &expect!["files/a true"],
    )
    .await;
    check(client, vec![batch("files/a", chunk(b"y"))], &expect!["[ARTIFACT_ALREADY_EXISTS] The artifact files/a already exists. Please choose a different name for the new artifact because it cannot be overwritten. SQLSTATE: 42713"]).await;
}

#[tokio::test]
async fn local_data_is_limited_however_it_is_uploaded() {
    let limit = "[limits]\nlocal_relation_bytes = 1000\n";
    let server = Server::with(limit).await;
    let client = &mut server.client().await;
    upload(
        client,
        vec![
            Some(batch("cache/one", chunk(&[0; 600]))),
            Some(batch("cache/two", chunk(&[1; 600]))),
        ],
    )
    .await;
    let inline = RelType::LocalRelation(LocalRelation {
        data: Some(vec![0; 1001].into()),
        schema: Some("a int".to_owned()),
    });
    let chunked = |hashes: &[&str]| {
        RelType::ChunkedCachedLocalRelation(ChunkedCachedLocalRelation {
            data_hashes: hashes.iter().map(|hash| (*hash).to_owned()).collect(),
            schema_hash: None,
        })
    };
    for relation in [inline, chunked(&["one", "two"])] {
        let plan = plan(relation);
        let request = client.request(&operation_id(), plan.clone());
        let (_, error) = client.execute(request).await;
        assert_eq!(class(&error.unwrap()), "LOCAL_RELATION_SIZE_LIMIT_EXCEEDED");
        // Asking for its schema brings as much.
        let schema = analyze_plan_request::Schema { plan: Some(plan) };
        let request = AnalyzePlanRequest {
            session_id: client.session_id.clone(),
            user_context: user(),
            analyze: Some(analyze_plan_request::Analyze::Schema(schema)),
            ..AnalyzePlanRequest::default()
        };
        let error = client.rpc.analyze_plan(request).await.unwrap_err();
        assert_eq!(class(&error), "LOCAL_RELATION_SIZE_LIMIT_EXCEEDED");
    }
    let refused = server.journalled(|event| match event {
        Event::RpcRefused(refused) => Some((refused.reason, refused.bytes, refused.limit_bytes)),
        _ => None,
    });
    let too_large = RefusalReason::LocalRelationTooLarge;
    assert_eq!(
        refused,
        [
            (too_large, Some(1001), Some(1000)),
            (too_large, Some(1001), Some(1000)),
            (too_large, Some(1200), Some(1000)),
            (too_large, Some(1200), Some(1000))
        ]
    );
    let described = server.journalled(|event| match event {
        Event::PlanDescribed(plan) if plan.local_relation_bytes > 0 => {
            Some(plan.local_relation_bytes)
        }
        _ => None,
    });
    assert_eq!(described, [1001, 1200]);
    // Each of them alone is small enough; that it is no Arrow data is another matter.
    for relation in [
        chunked(&["one"]),
        RelType::CachedLocalRelation(CachedLocalRelation {
            hash: "two".to_owned(),
        }),
    ] {
        let request = client.request(&operation_id(), plan(relation));
        let (_, error) = client.execute(request).await;
        assert_ne!(class(&error.unwrap()), "LOCAL_RELATION_SIZE_LIMIT_EXCEEDED");
    }
}
