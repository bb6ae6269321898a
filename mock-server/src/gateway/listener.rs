//! From an accepted socket to HTTP requests: the first byte tells TLS from plaintext, then both
//! versions of HTTP are served on either.
//!
//! Knows nothing of what a request asks for.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use sparring_journal::{ConnectionAccepted, ConnectionFailed, Event};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::Gateway;
use super::call::Connection;
use super::sniffed::Sniffed;

/// The first byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// How long a client may take to say something, and then for the TLS handshake and the first
/// header of HTTP.
const OPENING_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the open requests of a connection may take after the server was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// HTTP/2 flow-control windows: the default of 64 KiB would make a large upload wait for a
/// window update every two frames.
const STREAM_WINDOW_BYTES: u32 = 8 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// A byte stream: a socket, or a tunnel through the proxy.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where a byte stream comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) peer: SocketAddr,
    pub(crate) via_proxy: bool,
}

/// How HTTP is spoken on every connection.
pub(crate) fn http() -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(OPENING_TIMEOUT);
    http.http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(1 << 20)
        .max_send_buf_size(1 << 20)
        .max_concurrent_streams(1000)
        .max_header_list_size(64 << 10);
    http
}

/// Accepts until the gateway is told to stop; each connection is served by a task of its own.
pub(crate) async fn accept(gateway: Arc<Gateway>, listener: TcpListener) {
    while let Some((stream, peer)) = next_connection(&gateway, &listener).await {
        let origin = Origin {
            peer,
            via_proxy: false,
        };
        let task = Arc::clone(&gateway).serve_socket(stream, origin);
        gateway.lanes.serve(&gateway.tasks, task);
    }
}

/// The next accepted connection, which any thread may serve; none when the gateway is told to stop.
pub(crate) async fn next_connection(
    gateway: &Gateway,
    listener: &TcpListener,
) -> Option<(std::net::TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = gateway.stop.cancelled() => return None,
            accepted = accept_one(listener) => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            // Out of file descriptors, or the client is gone already. The former passes only
            // when others close, so this does not spin.
            Err(error) => {
                tracing::warn!("failed to accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Accepts with Nagle's algorithm off: it makes each small reply wait for the client's delayed
/// acknowledgement, some 40 ms. Everything that is served comes through here.
async fn accept_one(listener: &TcpListener) -> io::Result<(std::net::TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream.into_std()?, peer))
}

impl Gateway {
    /// Serves a socket that was accepted on another thread.
    async fn serve_socket(self: Arc<Self>, stream: std::net::TcpStream, origin: Origin) {
        match TcpStream::from_std(stream) {
            Ok(stream) => self.serve(stream, origin).await,
            Err(error) => tracing::warn!("failed to serve a connection: {error}"),
        }
    }

    /// Serves one byte stream to its end.
    pub(crate) async fn serve(self: Arc<Self>, stream: impl Stream + 'static, origin: Origin) {
        let id = self.next_connection();
        if let Err(reason) = self.serve_numbered(id, stream, origin).await {
            tracing::debug!("connection {id} from {}: {reason}", origin.peer);
            self.journal
                .record(Event::ConnectionFailed(ConnectionFailed {
                    connection: id,
                    reason,
                }));
        }
    }

    async fn serve_numbered(
        self: &Arc<Self>,
        id: u64,
        stream: impl Stream + 'static,
        origin: Origin,
    ) -> Result<(), String> {
        let Some(stream) = self.sniff(stream).await? else {
            return Ok(());
        };
        let tls = stream.first() == TLS_HANDSHAKE;
        let loopback = origin.peer.ip().to_canonical().is_loopback();
        let connection = Arc::new(Connection { id, tls, loopback });
        let accepted = |sni| {
            self.journal
                .record(Event::ConnectionAccepted(ConnectionAccepted {
                    connection: id,
                    tls,
                    sni,
                    via_proxy: origin.via_proxy,
                }));
        };
        if !tls {
            accepted(None);
            return self.serve_http(connection, stream).await;
        }
        match timeout(OPENING_TIMEOUT, self.tls.accept(stream)).await {
            Err(_) => Err("the TLS handshake took longer than 30 seconds".to_owned()),
            Ok(Err(error)) => {
                self.tls_refused.call_once(|| {
                    tracing::warn!(
                        "a TLS handshake failed: {error}; set GRPC_DEFAULT_SSL_ROOTS_FILE_PATH to the `ca_file` of the ready line (PySpark 3.4 and 3.5 speak TLS whenever they have a token)"
                    );
                });
                Err(format!(
                    "the TLS handshake failed: {error}; does the client trust the CA of this run?"
                ))
            }
            Ok(Ok(stream)) => {
                accepted(stream.get_ref().1.server_name().map(str::to_owned));
                match self.sniff(stream).await? {
                    None => Ok(()),
                    Some(stream) => self.serve_http(connection, stream).await,
                }
            }
        }
    }

    /// The stream once its opening bytes are here; nothing when it ends before the first, as with
    /// a port probe or a client that thought better of it, or when the server stops.
    async fn sniff<S: Stream>(&self, stream: S) -> Result<Option<Sniffed<S>>, String> {
        let sniffed = tokio::select! {
            () = self.stop.cancelled() => return Ok(None),
            sniffed = timeout(OPENING_TIMEOUT, Sniffed::read(stream)) => sniffed,
        };
        match sniffed {
            Ok(read) => read.map_err(|error| format!("failed to read: {error}")),
            Err(_) => Err("no request was begun within 30 seconds".to_owned()),
        }
    }

    async fn serve_http(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        stream: impl Stream + 'static,
    ) -> Result<(), String> {
        // One kind of stream for hyper: its connection code is large, and would be compiled once
        // for each of socket, tunnel, and TLS over both.
        let stream: Box<dyn Stream> = Box::new(stream);
        let service = service_fn({
            let gateway = Arc::clone(self);
            move |request| Arc::clone(&gateway).answer(Arc::clone(&connection), request)
        });
        let mut served = pin!(self.http.serve_connection(TokioIo::new(stream), service));
        let result = tokio::select! {
            result = served.as_mut() => result,
            () = self.stop.cancelled() => {
                served.as_mut().graceful_shutdown();
                match timeout(DRAIN_TIMEOUT, served).await {
                    Ok(result) => result,
                    Err(_) => return Err("cut off: still busy 5 seconds after the server was told to stop".to_owned()),
                }
            }
        };
        match result {
            Ok(()) => Ok(()),
            Err(error) => match error.downcast_ref::<hyper::Error>() {
                // The client went away in mid-connection, which is its right.
                Some(error) if !error.is_parse() => {
                    tracing::debug!("connection closed: {error}");
                    Ok(())
                }
                _ => Err(format!("what was sent is neither TLS nor HTTP: {error}")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// Without it each execution takes 40 ms longer (measured), and nothing else shows it.
    #[tokio::test]
    async fn accepted_sockets_do_not_delay_small_replies() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), accept_one(&listener));
        client.unwrap();
        assert!(accepted.unwrap().0.nodelay().unwrap());
    }
}
