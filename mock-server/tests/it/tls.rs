//! TLS: the CA of the run, a leaf for every name, both protocols behind it.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{Server, client_for, good_headers};
use crate::rest::request_on;

/// A client that trusts the CA of this run and nothing else.
pub(crate) async fn connect<S>(
    server: &Server,
    stream: S,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(&server.running.ready().ca_file).unwrap();
    for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn connected(server: &Server, name: &str, alpn: &[&str]) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    connect(server, stream, name, alpn).await.unwrap()
}

#[tokio::test]
async fn every_name_gets_a_leaf_that_the_ca_vouches_for() {
    let server = Server::start().await;
    for name in [
        "adb-1.2.azuredatabricks.test",
        "localhost",
        "127.0.0.1",
        "anything.example",
    ] {
        let stream = connected(&server, name, &["h2"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let origin = format!(
            "https://{}",
            if name == "anything.example" {
                "localhost"
            } else {
                name
            }
        );
        let mut client = client_for(stream, &good_headers(), &origin).await;
        client.get_config("spark.sql.ansi.enabled").await.unwrap();
    }
    let names = server.journalled(|event| match event {
        sparring_journal::Event::ConnectionAccepted(accepted) => {
            Some((accepted.tls, accepted.sni.clone()))
        }
        _ => None,
    });
    assert_eq!(
        names[0],
        (true, Some("adb-1.2.azuredatabricks.test".to_owned()))
    );
    // Addresses are not sent as names.
    assert_eq!(names[2], (true, None));
}

#[tokio::test]
async fn rest_is_served_over_tls_as_http_1_1() {
    let server = Server::start().await;
    for alpn in [&["http/1.1"][..], &[]] {
        let stream = connected(&server, "adb-1.2.azuredatabricks.test", alpn).await;
        let answer = request_on(
            stream,
            "adb-1.2.azuredatabricks.test",
            "GET /api/2.0/preview/scim/v2/Me",
            Some("token-of-default"),
            "",
        )
        .await;
        assert!(answer.starts_with("200"), "{answer}");
    }
}

#[tokio::test]
async fn a_token_is_good_on_its_own_host_only() {
    let server = Server::start().await;
    let stream = connected(&server, "adb-3.4.azuredatabricks.test", &["h2"]).await;
    let mut client = client_for(
        stream,
        &good_headers(),
        "https://adb-3.4.azuredatabricks.test",
    )
    .await;
    let status = client
        .get_config("spark.sql.ansi.enabled")
        .await
        .unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
    assert!(
        status
            .message()
            .contains("It is the token of profile `DEFAULT`"),
        "{}",
        status.message()
    );
}
