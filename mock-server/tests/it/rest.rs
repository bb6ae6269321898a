//! The REST surface over HTTP/1.1, plaintext and by hand, so that every byte is known.

use expect_test::{Expect, expect};
use sparring_journal::Event;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Server;

/// Status line and body of one request.
pub(crate) async fn request(
    server: &Server,
    head: &str,
    token: Option<&str>,
    body: &str,
) -> String {
    let stream = TcpStream::connect(server.address).await.unwrap();
    request_on(stream, "localhost", head, token, body).await
}

pub(crate) async fn request_on<S>(
    mut stream: S,
    host: &str,
    head: &str,
    token: Option<&str>,
    body: &str,
) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let token = token.map_or_else(String::new, |token| {
        format!("authorization: Bearer {token}\r\n")
    });
    let text = format!(
        "{head} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{token}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // TLS peers may close without a goodbye once everything is sent.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    format!("{status} {body}")
}

async fn check(server: &Server, head: &str, body: &str, expected: &Expect) {
    let answer = request(server, head, Some("token-of-default"), body).await;
    expected.assert_eq(&answer);
}

#[tokio::test]
async fn a_client_starts_and_reads_its_cluster() {
    let server = Server::start().await;
    let server = &server;
    check(
        server,
        "GET /.well-known/databricks-config",
        "",
        &expect![[r#"200 {"workspace_id":"1111111111111111","cloud":"azure","oidc_endpoint":"https://adb-1.2.azuredatabricks.test/oidc"}"#]],
    )
    .await;
    check(
        server,
        "GET /api/2.0/preview/scim/v2/Me",
        "",
        &expect![[r#"200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"dev@example.com","displayName":"dev@example.com","active":true,"emails":[{"type":"work","value":"dev@example.com","primary":true}],"groups":[{"display":"users","type":"direct","value":"1"}]}"#]],
    )
    .await;
    check(
        server,
        "GET /api/2.1/clusters/get?cluster_id=cluster-of-default",
        "",
        &expect![[r#"200 {"cluster_id":"cluster-of-default","cluster_name":"cluster-of-default","state":"RUNNING","state_message":"","spark_version":"15.4.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":0,"data_security_mode":"SINGLE_USER","creator_user_name":"dev@example.com"}"#]],
    )
    .await;
    check(
        server,
        "GET /api/2.0/clusters/get?cluster_id=nope",
        "",
        &expect![[r#"400 {"error_code":"INVALID_PARAMETER_VALUE","message":"Cluster nope does not exist"}"#]],
    )
    .await;
    check(server, "GET /api/2.0/clusters/get", "", &expect![[r#"400 {"error_code":"INVALID_PARAMETER_VALUE","message":"Missing required field: cluster_id"}"#]]).await;
    check(
        server,
        "POST /api/2.1/clusters/start",
        r#"{"cluster_id":"off"}"#,
        &expect!["200 {}"],
    )
    .await;
    check(
        server,
        "POST /api/2.1/clusters/start",
        r#"{"cluster_id":"off"}"#,
        &expect![[r#"400 {"error_code":"INVALID_STATE","message":"Cluster off is in unexpected state PENDING."}"#]],
    )
    .await;
    check(
        server,
        "POST /api/2.1/clusters/start",
        r#"{"cluster_id":"nope"}"#,
        &expect![[r#"400 {"error_code":"INVALID_PARAMETER_VALUE","message":"Cluster nope does not exist"}"#]],
    )
    .await;
    check(
        server,
        "POST /api/2.1/clusters/start",
        "{",
        &expect![[r#"400 {"error_code":"INVALID_PARAMETER_VALUE","message":"Missing required field: cluster_id"}"#]],
    )
    .await;
    let list = request(
        server,
        "GET /api/2.0/clusters/list",
        Some("token-of-default"),
        "",
    )
    .await;
    assert!(
        list.contains("PENDING") && list.contains("cluster-of-staging"),
        "{list}"
    );
}

#[tokio::test]
async fn strangers_are_refused_and_what_is_missing_is_named() {
    let server = Server::start().await;
    let me = "GET /api/2.0/preview/scim/v2/Me";
    expect![[r#"401 {"error_code":401,"message":"Credential was not sent or was of an unsupported type for this API."}"#]].assert_eq(&request(&server, me, None, "").await);
    expect![[r#"403 {"error_code":403,"message":"Invalid access token."}"#]]
        .assert_eq(&request(&server, me, Some("wrong"), "").await);
    // Discovery comes before the token.
    assert!(
        request(&server, "GET /.well-known/databricks-config", None, "")
            .await
            .starts_with("200")
    );
    check(
        &server,
        "GET /api/2.0/jobs/list?secret=1",
        "",
        &expect![[r#"404 {"error_code":"ENDPOINT_NOT_FOUND","message":"No API found for 'GET /api/2.0/jobs/list'"}"#]],
    )
    .await;
    check(
        &server,
        "DELETE /api/2.0/clusters/list",
        "",
        &expect![[r#"404 {"error_code":"ENDPOINT_NOT_FOUND","message":"No API found for 'DELETE /api/2.0/clusters/list'"}"#]],
    )
    .await;
    check(
        &server,
        "GET /",
        "",
        &expect![[
            r#"404 {"error_code":"ENDPOINT_NOT_FOUND","message":"No API found for 'GET /'"}"#
        ]],
    )
    .await;
    let missing = server.journalled(|event| match event {
        Event::RestUnimplemented(missing) => Some(format!("{} {}", missing.method, missing.path)),
        _ => None,
    });
    assert_eq!(
        missing,
        [
            "GET /api/2.0/jobs/list",
            "DELETE /api/2.0/clusters/list",
            "GET /"
        ]
    );
    let requests = server.journalled(|event| match event {
        Event::RestRequest(request) => Some((request.status, request.credential.profile.clone())),
        _ => None,
    });
    let default = || Some("DEFAULT".to_owned());
    assert_eq!(
        requests,
        [
            (401, None),
            (403, None),
            (200, None),
            (404, default()),
            (404, default()),
            (404, default())
        ]
    );
}

#[tokio::test]
async fn without_auth_nobody_is_a_stranger() {
    let server = Server::with("auth = false").await;
    assert!(
        request(&server, "GET /api/2.0/preview/scim/v2/Me", None, "")
            .await
            .starts_with("200")
    );
}
