//! The door: from bytes on a socket to an allowed call of a service. The layers stand top-down
//! in [`Gateway::answer`] and [`Gateway::call`].
//!
//! Knows no message of the service; what a layer may look at is headers and frame prefixes.

pub(crate) mod auth;
pub(crate) mod call;
pub(crate) mod lanes;
mod limits;
pub(crate) mod listener;
mod sniffed;
pub(crate) mod tls;
pub(crate) mod tunnel;

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Instant;

use axum::Router;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use sparring_journal::{
    ATTRIBUTION_HEADER, Attribution, Event, Journal, RefusedBy, RestRequest, RpcReceived, Salt,
};
use sparring_proto::connect::spark_connect_service_server::SparkConnectServiceServer;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::config::MissingComputeCode;
use crate::connect::{Local, Recorded};
use crate::directory::Directory;
use crate::status;
use auth::{Claims, authority, check_call};
use call::{Call, Connection, Sent};
use lanes::Lanes;
use limits::CheckedFrames;

const SERVICE_PATH: &str = "/spark.connect.SparkConnectService/";
const CONTROL_PATH: &str = "/_sparring";

/// The service behind the gateway.
pub(crate) type Connect = SparkConnectServiceServer<Recorded<Local>>;

/// Everything a connection needs. One per server.
pub(crate) struct Gateway {
    pub(crate) directory: Arc<Directory>,
    pub(crate) journal: Journal,
    pub(crate) salt: Salt,
    pub(crate) tls: TlsAcceptor,
    /// Said once: clients that do not trust the CA try again and again.
    pub(crate) tls_refused: Once,
    pub(crate) http: auto::Builder<TokioExecutor>,
    /// The port that it listens on.
    pub(crate) port: u16,
    pub(crate) auth: bool,
    pub(crate) missing_compute: MissingComputeCode,
    pub(crate) message_limit_bytes: u64,
    pub(crate) connect: Connect,
    /// Whether peers that are not on this machine get compressed replies.
    pub(crate) compression: bool,
    pub(crate) workspace: Router,
    /// `/_sparring`; absent with `--no-control`.
    pub(crate) control: Option<Router>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) lanes: Lanes,
    pub(crate) connections: AtomicU64,
    pub(crate) rpcs: AtomicU64,
}

impl Gateway {
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Decides which surface a request is for. gRPC and REST share the port; the path tells.
    async fn answer(
        self: Arc<Self>,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let path = request.uri().path();
        if path.starts_with(SERVICE_PATH) || is_grpc(&request) {
            return Ok(self.call(&connection, request).await);
        }
        // The control surface is not the workspace's: no token, but only for this machine, and
        // where it is switched off it looks like any path that does not exist.
        if let Some(control) = &self.control
            && connection.loopback
            && path.starts_with(CONTROL_PATH)
        {
            return Ok(route(control.clone(), request).await);
        }
        Ok(self.rest(&connection, request).await)
    }

    /// One RPC, layer by layer.
    async fn call(&self, connection: &Connection, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let method = parts.uri.path().rsplit('/').next().unwrap_or_default();
        let authority = authority(&parts);
        let claims = Claims::of(&parts.headers, authority);

        // Number and journal first: a call that is refused below must be in the journal, too.
        let rpc = self.rpcs.fetch_add(1, Ordering::Relaxed) + 1;
        let call = Call::new(rpc, self.journal.clone());
        call.record(Event::RpcReceived(RpcReceived {
            rpc,
            connection: connection.id,
            method: method.to_owned(),
            authority: authority.to_owned(),
            tls: connection.tls,
            credential: claims.credential(&self.directory, &self.salt),
            cluster_id: claims.cluster_id.map(str::to_owned),
            serverless_session_id: claims.serverless_session_id.map(str::to_owned),
            attribution: parts
                .headers
                .get(ATTRIBUTION_HEADER)
                .and_then(|value| value.to_str().ok())
                .and_then(Attribution::parse),
        }));

        // Then who calls, from headers alone and for every method: nothing of the body is read
        // for somebody unknown, and no method is forgotten.
        if self.auth
            && let Err(refusal) = check_call(&claims, &self.directory, self.missing_compute)
        {
            let status = status::refusal(refusal.code, &refusal.message, refusal.retry_after);
            call.refuse(RefusedBy::Auth, refusal.reason, &status, None);
            call.finish(status.code(), None, Sent::default());
            return status.into_http();
        }

        // Only now the shape of the call, so that a stranger cannot probe for methods.
        if let Some(status) = wrong_shape(&parts) {
            call.unreadable(&status);
            return status.into_http();
        }

        // The limit sits below tonic, which would buffer first and answer with another code.
        let body = CheckedFrames::new(body, Arc::clone(&call), self.message_limit_bytes);
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(Arc::clone(&call));

        let mut connect = self.connect.clone();
        if self.compression && !connection.loopback {
            connect = connect.send_compressed(CompressionEncoding::Gzip);
        }
        let response = match connect.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        // An answer without a body that the service never saw is tonic's: the message was no
        // protobuf, its frame broken, its compression unknown.
        if let Some(status) = Status::from_header_map(response.headers())
            && status.code() != Code::Ok
        {
            call.unreadable(&status);
        }
        response
    }

    async fn rest(&self, connection: &Connection, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let credential =
            Claims::of(&parts.headers, authority(&parts)).credential(&self.directory, &self.salt);
        let method = parts.method.to_string();
        let path = parts.uri.path().to_owned();
        let response = route(self.workspace.clone(), Request::from_parts(parts, body)).await;
        self.journal.record(Event::RestRequest(RestRequest {
            connection: connection.id,
            method,
            path,
            status: response.status().as_u16(),
            credential,
            ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }));
        response
    }
}

async fn route(router: Router, request: Request<Incoming>) -> Response<Body> {
    match router.oneshot(request.map(axum::body::Body::new)).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// A call that no gRPC client makes, or for a service that is not here.
fn wrong_shape(parts: &http::request::Parts) -> Option<Status> {
    let path = parts.uri.path();
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map(|value| value.as_bytes());
    if !path.starts_with(SERVICE_PATH) {
        return Some(Status::unimplemented(format!(
            "`{path}` is unknown; this server has the service spark.connect.SparkConnectService"
        )));
    }
    if parts.method != Method::POST
        || !content_type.is_some_and(|t| t.starts_with(b"application/grpc"))
    {
        return Some(Status::internal(format!(
            "`{path}` is called by POST with content-type application/grpc"
        )));
    }
    if !METHODS.contains(&&path[SERVICE_PATH.len()..]) {
        return Some(Status::unimplemented(format!(
            "`{path}` is no method of Spark Connect"
        )));
    }
    None
}

/// The methods of the service.
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
