//! The door: wrong bytes, too many bytes, callers without leave.

use std::time::Duration;

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::Request;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use sparring_journal::{Event, RefusalReason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;
use tonic::body::Body;
use tower::Service;

use crate::client::{CLUSTER_HEADER, Server, status_of};

const METHODS: [&str; 12] = [
    "ExecutePlan",
    "AnalyzePlan",
    "Config",
    "AddArtifacts",
    "ArtifactStatus",
    "Interrupt",
    "ReattachExecute",
    "ReleaseExecute",
    "ReleaseSession",
    "FetchErrorDetails",
    "CloneSession",
    "GetStatus",
];

fn refusals(server: &Server) -> Vec<RefusalReason> {
    server.journalled(|event| match event {
        Event::RpcRefused(refused) => Some(refused.reason),
        _ => None,
    })
}

async fn check_calls(headers: &[(&'static str, &str)], expected: &Expect) {
    let server = Server::start().await;
    let mut client = server.client_with(headers).await;
    let mut answers = Vec::new();
    for method in METHODS {
        // A body that is never read: it announces a message and does not send it.
        answers.push(client.raw(method, &[0, 0, 0, 0, 9][..], &[]).await);
    }
    answers.dedup();
    assert_eq!(
        answers.len(),
        1,
        "every method answers the same: {answers:?}"
    );
    let (code, message) = &answers[0];
    let reasons = refusals(&server);
    assert_eq!(reasons.len(), METHODS.len());
    expected.assert_eq(&format!("{code} {:?} {message}", reasons[0]));
    let finished = server.journalled(|event| match event {
        Event::RpcFinished(finished) => Some((finished.code.clone(), finished.bytes_up)),
        _ => None,
    });
    assert_eq!(finished.len(), METHODS.len());
    assert!(
        finished.iter().all(|(_, bytes_up)| *bytes_up == 0),
        "nothing was read"
    );
}

#[tokio::test]
async fn every_method_asks_who_calls_before_it_reads() {
    check_calls(&[], &expect!["16 MissingToken no `authorization: Bearer …` header; add `;token=…` to the connection string"]).await;
    check_calls(
        &[("authorization", "Bearer nobody")],
        &expect![
            "16 UnknownToken Invalid access token. It is the token of no profile of this workspace."
        ],
    )
    .await;
    let token = ("authorization", "Bearer token-of-default");
    check_calls(&[token], &expect!["3 MissingCompute neither `x-databricks-cluster-id` nor `x-databricks-session-id` is set; add `;x-databricks-cluster-id=…` to the connection string"]).await;
    check_calls(
        &[token, (CLUSTER_HEADER, "nope")],
        &expect!["9 UnknownCluster Cluster nope does not exist"],
    )
    .await;
    check_calls(
        &[token, (CLUSTER_HEADER, "cluster-of-staging")],
        &expect!["9 UnknownCluster Cluster cluster-of-staging does not exist on `adb-1.2.azuredatabricks.test`, the host of profile `DEFAULT`; it is the cluster of profile `STAGING` on `adb-3.4.azuredatabricks.test`"],
    )
    .await;
    check_calls(
        &[token, (CLUSTER_HEADER, "off")],
        &expect!["9 ClusterNotRunning Cluster off is TERMINATED; start it first"],
    )
    .await;
}

#[tokio::test]
async fn without_auth_a_bare_client_is_served() {
    let server = Server::with("auth = false").await;
    let mut client = server.client_with(&[]).await;
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
}

#[tokio::test]
async fn tokens_are_nowhere_in_the_journal() {
    let server = Server::start().await;
    let mut client = server
        .client_with(&[
            ("authorization", "Bearer some-secret"),
            (CLUSTER_HEADER, "x"),
        ])
        .await;
    client.get_config("a").await.unwrap_err();
    server.check_alive().await;
    let text: String = server
        .entries()
        .iter()
        .map(|entry| entry.to_line().unwrap())
        .collect();
    assert!(
        !text.contains("some-secret") && !text.contains("token-of-default"),
        "{text}"
    );
    let profiles = server.journalled(|event| match event {
        Event::RpcReceived(received) => Some((
            received.credential.profile.clone(),
            received.credential.digest.is_some(),
        )),
        _ => None,
    });
    assert_eq!(profiles, [(None, true), (Some("DEFAULT".to_owned()), true)]);
    assert!(!format!("{:?}", server.running.ready()).contains("token-of-default"));
}

#[tokio::test]
async fn bad_frames_are_named_and_the_connection_lives() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut check =
        async |body: &'static [u8], headers: &[(&'static str, &str)], expected: Expect| {
            let (code, message) = client.raw("Config", body, headers).await;
            expected.assert_eq(&format!("{code} {message}"));
        };
    check(
        &[0, 0, 0, 0, 9, 1, 2],
        &[],
        expect!["13 gRPC frame truncated: the stream ended 7 bytes before the end of the message"],
    )
    .await;
    check(
        &[0, 0],
        &[],
        expect!["13 gRPC frame truncated: the stream ended 3 bytes before the end of the message"],
    )
    .await;
    check(
        &[7, 0, 0, 0, 0],
        &[],
        expect!["13 gRPC frame header malformed: compression flag 7, must be 0 or 1"],
    )
    .await;
    check(&[1, 0, 0, 0, 1, 0], &[], expect!["13 protocol error: received message with compressed-flag but no grpc-encoding was specified"]).await;
    check(
        &[1, 0, 0, 0, 1, 0],
        &[("grpc-encoding", "snappy")],
        expect!["12 Content is compressed with `snappy` which isn't supported"],
    )
    .await;
    check(
        &[0, 0, 0, 0, 2, 0xff, 0xff],
        &[],
        expect![
            "13 the message is no valid protobuf: failed to decode Protobuf message: invalid varint"
        ],
    )
    .await;
    check(&[], &[], expect!["13 Missing request message."]).await;
    let (code, _) = client.raw("Dance", &[][..], &[]).await;
    assert_eq!(code, Code::Unimplemented as i32);
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
    let reasons = refusals(&server);
    assert_eq!(reasons.len(), 8);
    assert!(
        reasons
            .iter()
            .all(|reason| *reason == RefusalReason::Malformed)
    );
}

#[tokio::test]
async fn garbage_on_the_port_is_journalled_and_the_server_lives() {
    let server = Server::start().await;
    for garbage in [
        &b"hello, is this a database?\r\n\r\n"[..],
        &[0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5],
        &[0xff; 300],
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"GET",
        b"",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // The server closes; a reset is as good as an end.
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
            .await
            .unwrap();
    }
    server.check_alive().await;
    let failed = server.journalled(|event| match event {
        Event::ConnectionFailed(failed) => Some(failed.reason.clone()),
        _ => None,
    });
    assert!(
        failed
            .iter()
            .any(|reason| reason.contains("neither TLS nor HTTP")),
        "{failed:?}"
    );
    assert!(
        failed
            .iter()
            .any(|reason| reason.contains("TLS handshake failed")),
        "{failed:?}"
    );
}

fn frame_of(bytes: u32) -> [u8; 5] {
    let mut prefix = [0; 5];
    prefix[1..].copy_from_slice(&bytes.to_be_bytes());
    prefix
}

/// The answer to a large message must come before the message does: the body here is never sent.
#[tokio::test]
async fn a_message_above_the_limit_is_refused_from_its_prefix() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let size = 136_315_076;
    let prefix = Bytes::copy_from_slice(&frame_of(size));
    let endless = futures::StreamExt::chain(
        futures::stream::iter([Ok::<_, std::convert::Infallible>(Frame::data(prefix))]),
        futures::stream::pending(),
    );
    let request = Request::post("http://localhost/spark.connect.SparkConnectService/ExecutePlan")
        .header("content-type", "application/grpc")
        .body(Body::new(StreamBody::new(endless)))
        .unwrap();
    let response = client.channel.call(request).await.unwrap();
    let (code, message) = status_of(response).await;
    assert_eq!(code, Code::ResourceExhausted as i32);
    assert_eq!(
        message,
        "gRPC message exceeds maximum size 134217728: 136315076"
    );
    // The same connection goes on.
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
    let refused = server.journalled(|event| match event {
        Event::RpcRefused(refused) => Some((refused.reason, refused.bytes, refused.limit_bytes)),
        _ => None,
    });
    assert_eq!(
        refused,
        [(
            RefusalReason::MessageTooLarge,
            Some(u64::from(size)),
            Some(134_217_728)
        )]
    );
}

#[tokio::test]
async fn a_message_of_129_mib_is_refused_and_the_connection_lives() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let size = 129 << 20;
    let mut body = Vec::with_capacity(size + 5);
    body.extend_from_slice(&frame_of(u32::try_from(size).unwrap()));
    body.resize(size + 5, 0);
    let (code, message) = client.raw("ExecutePlan", body, &[]).await;
    assert_eq!(code, Code::ResourceExhausted as i32, "{message}");
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
}

#[tokio::test]
async fn the_limit_itself_is_allowed() {
    let server = Server::with("[limits]\nmessage_bytes = 1000").await;
    let mut client = server.client().await;
    let body = |size: usize| {
        let mut body = frame_of(u32::try_from(size).unwrap()).to_vec();
        body.resize(size + 5, 0);
        body
    };
    // Zeros are no message; what matters is that they were read.
    assert_eq!(
        client.raw("Config", body(1000), &[]).await.0,
        Code::Internal as i32
    );
    assert_eq!(
        client.raw("Config", body(1001), &[]).await.0,
        Code::ResourceExhausted as i32
    );
}

/// gzip offered by a client is not taken on loopback, where it only costs time.
#[tokio::test]
async fn replies_to_loopback_peers_are_not_compressed() {
    let server = Server::with("compression = true").await;
    let mut client = server.client().await;
    let request = Request::post("http://localhost/spark.connect.SparkConnectService/Config")
        .header("content-type", "application/grpc")
        .header("grpc-accept-encoding", "gzip")
        .body(Body::new(Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]))))
        .unwrap();
    let response = client.channel.call(request).await.unwrap();
    assert!(response.headers().get("grpc-encoding").is_none());
    let _ = response.into_body().collect().await.unwrap();
}
