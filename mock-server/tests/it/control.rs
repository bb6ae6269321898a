//! `/_sparring`: the test's own door.

use expect_test::expect;

use crate::client::Server;
use crate::rest::request;

#[tokio::test]
async fn the_door_tells_how_to_reach_the_server_and_what_clients_did() {
    let server = Server::start().await;
    let ready = request(&server, "GET /_sparring/ready", None, "").await;
    for part in [
        "\"event\":\"ready\"",
        "sc://localhost:",
        "token=token-of-default",
        "ca.pem",
        "x-databricks-cluster-id=cluster-of-default",
    ] {
        assert!(ready.contains(part), "{ready}");
    }
    server.check_alive().await;
    let journal = request(&server, "GET /_sparring/journal", None, "").await;
    assert!(
        journal.contains("\"kind\":\"server_started\"")
            && journal.contains("\"kind\":\"rpc_finished\"")
    );
    let lines = |text: &str| text.lines().filter(|line| line.contains("\"v\":1")).count();
    let since = request(&server, "GET /_sparring/journal?since=3", None, "").await;
    assert!(lines(&since) < lines(&journal));
}

#[tokio::test]
async fn faults_and_unknown_paths_are_answered_honestly() {
    let server = Server::start().await;
    expect![[r#"200 {"active":[],"known":[]}"#]]
        .assert_eq(&request(&server, "GET /_sparring/faults", None, "").await);
    let post = |body: &'static str| request(&server, "POST /_sparring/faults\r\n", None, body);
    let _ = post;
    expect![[r#"200 {"active":[]}"#]]
        .assert_eq(&request(&server, "DELETE /_sparring/faults", None, "").await);
    expect![[r#"404 {"error":"unknown path; known are ready, journal, reset, seed and faults under /_sparring"}"#]].assert_eq(&request(&server, "GET /_sparring/dance", None, "").await);
}

#[tokio::test]
async fn reset_forgets_sessions_and_the_journal() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
    assert!(
        request(&server, "POST /_sparring/reset", None, "")
            .await
            .starts_with("200")
    );
    assert!(
        server.entries().iter().all(|entry| entry.seq > 5),
        "the old entries are gone"
    );
    // The client's session is not there any more, and comes into being anew.
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
}

#[tokio::test]
async fn the_door_can_be_shut() {
    let server = Server::with("control = false").await;
    let answer = request(
        &server,
        "GET /_sparring/ready",
        Some("token-of-default"),
        "",
    )
    .await;
    assert!(
        answer.starts_with("404") && answer.contains("ENDPOINT_NOT_FOUND"),
        "{answer}"
    );
    assert!(server.running.ready().control.is_none());
}
