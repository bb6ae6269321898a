//! The CONNECT proxy: the way in for unmodified clients, and no way out.

use expect_test::expect;
use sparring_journal::Event;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Server, client, client_for, good_headers};
use crate::tls;

/// The proxy's answer, and the stream for what follows.
async fn ask(server: &Server, request: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(server.proxy).await.unwrap();
    stream
        .write_all(format!("{request} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (
        format!("{status} {}", String::from_utf8(body).unwrap().trim_end()),
        stream,
    )
}

#[tokio::test]
async fn a_tunnel_leads_to_the_workspace() {
    let server = Server::start().await;
    let host = "adb-1.2.azuredatabricks.test";
    let (answer, stream) = ask(&server, &format!("CONNECT {host}:443")).await;
    assert!(answer.starts_with("200"), "{answer}");
    let stream = tls::connect(&server, stream, host, &["h2"]).await.unwrap();
    let mut client = client_for(stream, &good_headers(), &format!("https://{host}")).await;
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
    let events = server.journalled(|event| match event {
        Event::ConnectTunnelled(tunnel) => Some(format!("tunnel {}:{}", tunnel.host, tunnel.port)),
        Event::ConnectionAccepted(accepted) => {
            Some(format!("accepted {} {}", accepted.tls, accepted.via_proxy))
        }
        _ => None,
    });
    assert_eq!(
        events,
        [
            format!("tunnel {host}:443"),
            "accepted true true".to_owned()
        ]
    );
}

#[tokio::test]
async fn localhost_is_tunnelled_to_our_own_port_in_plaintext_too() {
    let server = Server::start().await;
    let (answer, stream) = ask(
        &server,
        &format!("CONNECT localhost:{}", server.address.port()),
    )
    .await;
    assert!(answer.starts_with("200"), "{answer}");
    let mut client = client(stream, &good_headers()).await;
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
}

#[tokio::test]
async fn every_other_host_is_refused_with_the_likely_mistake() {
    let server = Server::start().await;
    let check = async |request: &str, expected: expect_test::Expect| {
        expected.assert_eq(&ask(&server, request).await.0);
    };
    check("CONNECT adb-1.2.azuredatabricks.tes:443", expect![[r#"403 `adb-1.2.azuredatabricks.tes` is no host of the fake workspace: it is `adb-1.2.azuredatabricks.test` without its last character. The code that builds the address cuts one character off the end (such as `host[:-1]`), which is right only for a host that ends with a slash; use `rstrip("/")`"#]]).await;
    check("CONNECT adb-1.2.azuredatabrick.test:443", expect!["403 `adb-1.2.azuredatabrick.test` is no host of the fake workspace; did you mean `adb-1.2.azuredatabricks.test`?"]).await;
    check(
        "CONNECT adb-1.2.azuredatabricks.test:15002",
        expect!["403 `adb-1.2.azuredatabricks.test` answers on port 443 only, not on 15002"],
    )
    .await;
    check("CONNECT pypi.org:443", expect!["403 `pypi.org` is no host of the fake workspace (it has adb-1.2.azuredatabricks.test, adb-3.4.azuredatabricks.test); nothing is forwarded to the network"]).await;
    check("CONNECT localhost:1", expect!["403 `localhost` is no host of the fake workspace (it has adb-1.2.azuredatabricks.test, adb-3.4.azuredatabricks.test); nothing is forwarded to the network"]).await;
    check("GET http://adb-1.2.azuredatabricks.test/", expect!["403 this proxy only opens tunnels (CONNECT) to the fake workspace; GET for `adb-1.2.azuredatabricks.test` is refused"]).await;
    let refused = server.journalled(|event| match event {
        Event::ConnectRefused(refused) => {
            Some((refused.host.clone(), refused.port, refused.nearest.clone()))
        }
        _ => None,
    });
    let known = "adb-1.2.azuredatabricks.test";
    let row = |host: &str, port, nearest: Option<&str>| {
        (host.to_owned(), port, nearest.map(str::to_owned))
    };
    assert_eq!(
        refused,
        [
            row("adb-1.2.azuredatabricks.tes", 443, Some(known)),
            row("adb-1.2.azuredatabrick.test", 443, Some(known)),
            row(known, 15002, Some(known)),
            row("pypi.org", 443, None),
            row("localhost", 1, None),
            row(known, 80, None),
        ]
    );
}

#[tokio::test]
async fn garbage_on_the_proxy_harms_nothing() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.proxy).await.unwrap();
    stream
        .write_all(&[0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5])
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    server.check_alive().await;
}
