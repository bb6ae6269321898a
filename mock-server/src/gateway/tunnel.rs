//! The CONNECT proxy: tunnels to the workspace's own hosts, straight into the gateway, and to
//! nowhere else. It opens no connection to anybody, so nothing can leave through it.
//!
//! Knows nothing of what travels in a tunnel.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sparring_journal::{ConnectRefused, ConnectTunnelled, ConnectionFailed, Event};
use tokio::net::{TcpListener, TcpStream};

use super::Gateway;
use super::listener::{Origin, next_connection};
use crate::directory::Host;

/// The port that a workspace answers on.
const HTTPS_PORT: u16 = 443;

/// Accepts until the gateway is told to stop.
pub(crate) async fn accept(gateway: Arc<Gateway>, listener: TcpListener) {
    while let Some((stream, peer)) = next_connection(&gateway, &listener).await {
        let task = serve(Arc::clone(&gateway), stream, peer);
        gateway.lanes.serve(&gateway.tasks, task);
    }
}

async fn serve(gateway: Arc<Gateway>, stream: std::net::TcpStream, peer: SocketAddr) {
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::warn!("failed to serve a connection: {error}"),
    };
    let service = service_fn({
        let gateway = Arc::clone(&gateway);
        move |request| {
            let answer = answer(&gateway, request, peer);
            async move { Ok::<_, Infallible>(answer) }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = gateway.stop.cancelled() => return,
    };
    if let Err(error) = result
        && error.is_parse()
    {
        gateway
            .journal
            .record(Event::ConnectionFailed(ConnectionFailed {
                connection: gateway.next_connection(),
                reason: format!("what was sent to the proxy is not HTTP: {error}"),
            }));
    }
}

fn answer(
    gateway: &Arc<Gateway>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<String> {
    let (host, port) = target(request.uri());
    if let Err(refusal) = check(gateway, request.method(), &host, port) {
        tracing::info!("proxy refused {host}:{port}: {}", refusal.message);
        let message = refusal.message.clone();
        gateway.journal.record(Event::ConnectRefused(refusal));
        let mut response = Response::new(format!("{message}\n"));
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    }
    gateway
        .journal
        .record(Event::ConnectTunnelled(ConnectTunnelled { host, port }));
    let origin = Origin {
        peer,
        via_proxy: true,
    };
    let gateway = Arc::clone(gateway);
    gateway.tasks.clone().spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(tunnel) => gateway.serve(TokioIo::new(tunnel), origin).await,
            Err(error) => tracing::debug!("the tunnel was not used: {error}"),
        }
    });
    Response::new(String::new())
}

fn check(gateway: &Gateway, method: &Method, host: &str, port: u16) -> Result<(), ConnectRefused> {
    let known = gateway.directory.host(host);
    let refused = |nearest: Option<&str>, message: String| {
        Err(ConnectRefused {
            host: host.to_owned(),
            port,
            nearest: nearest.map(str::to_owned),
            message,
        })
    };
    match known {
        _ if method != Method::CONNECT => refused(
            None,
            format!(
                "this proxy only opens tunnels (CONNECT) to the fake workspace; {method} for `{host}` is refused"
            ),
        ),
        Host::Workspace(_) if port == HTTPS_PORT => Ok(()),
        Host::Workspace(known) => refused(
            Some(known),
            format!("`{known}` answers on port {HTTPS_PORT} only, not on {port}"),
        ),
        // Clients send localhost through the proxy, too; our own port there is the workspace.
        Host::Alias if is_loopback(host) && port == gateway.port => Ok(()),
        Host::Alias => refused(
            None,
            format!(
                "`{host}` is no host of the fake workspace (it has {}); nothing is forwarded to the network",
                gateway.directory.hosts().join(", ")
            ),
        ),
        Host::Mistaken(near) => refused(Some(near), mistake(host, near)),
    }
}

/// Says how `host` was probably made from `known`.
fn mistake(host: &str, known: &str) -> String {
    let mut shortened = known.chars();
    shortened.next_back();
    if shortened.as_str() == host {
        return format!(
            "`{host}` is no host of the fake workspace: it is `{known}` without its last character. The code that builds the address cuts one character off the end (such as `host[:-1]`), which is right only for a host that ends with a slash; use `rstrip(\"/\")`"
        );
    }
    format!("`{host}` is no host of the fake workspace; did you mean `{known}`?")
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn target(uri: &Uri) -> (String, u16) {
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => HTTPS_PORT,
        _ => 0,
    });
    (host, port)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_likely_mistake_is_named() {
        expect!["`adb-1.azuredatabricks.tes` is no host of the fake workspace: it is `adb-1.azuredatabricks.test` without its last character. The code that builds the address cuts one character off the end (such as `host[:-1]`), which is right only for a host that ends with a slash; use `rstrip(\"/\")`"]
            .assert_eq(&mistake("adb-1.azuredatabricks.tes", "adb-1.azuredatabricks.test"));
        expect!["`adb-2.azuredatabricks.test` is no host of the fake workspace; did you mean `adb-1.azuredatabricks.test`?"]
            .assert_eq(&mistake("adb-2.azuredatabricks.test", "adb-1.azuredatabricks.test"));
    }

    #[test]
    fn targets_are_read_from_both_forms() {
        let read = |text: &str| target(&text.parse().unwrap());
        assert_eq!(read("Host.test:443"), ("host.test".to_owned(), 443));
        assert_eq!(read("http://host.test/x"), ("host.test".to_owned(), 80));
        assert_eq!(read("/x"), (String::new(), 0));
    }
}
