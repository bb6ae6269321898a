//! The server under test and a gRPC client for it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use sparring_journal::{Entry, Event};
use sparring_proto::connect::execute_plan_request::{RequestOption, request_option};
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::spark_connect_service_client::SparkConnectServiceClient;
use sparring_proto::connect::{
    ExecutePlanRequest, ExecutePlanResponse, Plan, Range, ReattachOptions, Relation, UserContext,
    config_request,
};
use sparring_server::{Clock, Config, MockServer, Running};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::{Status, Streaming};
use tower::Service;

pub(crate) const CLUSTER_HEADER: &str = "x-databricks-cluster-id";

const TABLES: &str = "
    [[profile]]
    name = 'DEFAULT'
    host = 'adb-1.2.azuredatabricks.test'
    token = 'token-of-default'
    cluster_id = 'cluster-of-default'
    [[profile]]
    name = 'STAGING'
    host = 'adb-3.4.azuredatabricks.test'
    token = 'token-of-staging'
    cluster_id = 'cluster-of-staging'
    [[cluster]]
    id = 'off'
    state = 'TERMINATED'
";

pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    pub(crate) proxy: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With more configuration; keys of the top level come first, tables after them.
    pub(crate) async fn with(more: &str) -> Self {
        Self::with_clock(more, Clock::system()).await
    }

    /// The same with a clock that the test moves.
    pub(crate) async fn with_clock(more: &str, clock: Clock) -> Self {
        let config = Config::parse(
            &format!("listen = '127.0.0.1:0'\n{more}\n{TABLES}"),
            Path::new("test.toml"),
        )
        .unwrap();
        let server = MockServer::new(config).with_clock(clock);
        let running = server.start().await.unwrap();
        let address = |url: &str| url.rsplit("//").next().unwrap().parse().unwrap();
        Self {
            address: address(&running.ready().https),
            proxy: address(&running.ready().proxy),
            running,
        }
    }

    /// A client with the right headers over plaintext.
    pub(crate) async fn client(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        client(stream, &good_headers()).await
    }

    pub(crate) async fn client_with(&self, headers: &[(&'static str, &str)]) -> Client {
        client(TcpStream::connect(self.address).await.unwrap(), headers).await
    }

    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.running.journal().since(0).entries
    }

    /// What `pick` takes out of the journal.
    pub(crate) fn journalled<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.entries()
            .iter()
            .filter_map(|entry| pick(&entry.event))
            .collect()
    }

    /// The server answers still: what every test of wrong input ends with.
    pub(crate) async fn check_alive(&self) {
        let mut client = self.client().await;
        client.get_config("spark.sql.ansi.enabled").await.unwrap();
    }
}

pub(crate) fn good_headers() -> Vec<(&'static str, &'static str)> {
    vec![
        ("authorization", "Bearer token-of-default"),
        (CLUSTER_HEADER, "cluster-of-default"),
    ]
}

/// HTTP/2 on a stream, with headers for every request.
#[derive(Clone)]
pub(crate) struct Channel {
    pub(crate) sender: http2::SendRequest<Body>,
    pub(crate) headers: HeaderMap,
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.sender.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        request.headers_mut().extend(self.headers.clone());
        Box::pin(self.sender.send_request(request))
    }
}

pub(crate) struct Client {
    pub(crate) rpc: SparkConnectServiceClient<Channel>,
    pub(crate) channel: Channel,
    pub(crate) session_id: String,
}

pub(crate) async fn client<S>(stream: S, headers: &[(&'static str, &str)]) -> Client
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    client_for(stream, headers, "http://localhost").await
}

pub(crate) async fn client_for<S>(
    stream: S,
    headers: &[(&'static str, &str)],
    origin: &str,
) -> Client
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(8 << 20)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect();
    let channel = Channel { sender, headers };
    Client {
        rpc: SparkConnectServiceClient::with_origin(
            channel.clone(),
            origin.parse::<Uri>().unwrap(),
        )
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX),
        channel,
        session_id: uuid::Uuid::new_v4().to_string(),
    }
}

pub(crate) fn user() -> Option<UserContext> {
    Some(UserContext {
        user_id: "u".to_owned(),
        ..UserContext::default()
    })
}

pub(crate) fn range(end: i64) -> Plan {
    plan(RelType::Range(Range {
        start: Some(0),
        end,
        step: 1,
        num_partitions: Some(1),
    }))
}

pub(crate) fn plan(rel_type: RelType) -> Plan {
    Plan {
        op_type: Some(OpType::Root(Relation {
            common: None,
            rel_type: Some(rel_type),
        })),
    }
}

pub(crate) fn operation_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Client {
    pub(crate) async fn config(
        &mut self,
        op: config_request::operation::OpType,
    ) -> Result<sparring_proto::connect::ConfigResponse, Status> {
        let request = sparring_proto::connect::ConfigRequest {
            session_id: self.session_id.clone(),
            user_context: user(),
            operation: Some(config_request::Operation { op_type: Some(op) }),
            ..Default::default()
        };
        self.rpc
            .config(request)
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn get_config(&mut self, key: &str) -> Result<Option<String>, Status> {
        let get = config_request::Get {
            keys: vec![key.to_owned()],
        };
        let answer = self
            .config(config_request::operation::OpType::Get(get))
            .await?;
        Ok(answer.pairs.into_iter().next().and_then(|pair| pair.value))
    }

    pub(crate) fn request(&self, operation_id: &str, plan: Plan) -> ExecutePlanRequest {
        let reattach = ReattachOptions { reattachable: true };
        ExecutePlanRequest {
            session_id: self.session_id.clone(),
            user_context: user(),
            operation_id: Some(operation_id.to_owned()),
            plan: Some(plan),
            request_options: vec![RequestOption {
                request_option: Some(request_option::RequestOption::ReattachOptions(reattach)),
            }],
            ..Default::default()
        }
    }

    pub(crate) async fn stream(
        &mut self,
        request: ExecutePlanRequest,
    ) -> Result<Streaming<ExecutePlanResponse>, Status> {
        self.rpc
            .execute_plan(request)
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn execute(
        &mut self,
        request: ExecutePlanRequest,
    ) -> (Vec<ExecutePlanResponse>, Option<Status>) {
        match self.stream(request).await {
            Ok(stream) => drain(stream).await,
            Err(status) => (Vec::new(), Some(status)),
        }
    }

    pub(crate) async fn reattach(
        &mut self,
        operation_id: &str,
        last_response_id: Option<&str>,
    ) -> Result<Streaming<ExecutePlanResponse>, Status> {
        let request = sparring_proto::connect::ReattachExecuteRequest {
            session_id: self.session_id.clone(),
            user_context: user(),
            operation_id: operation_id.to_owned(),
            last_response_id: last_response_id.map(str::to_owned),
            ..Default::default()
        };
        self.rpc
            .reattach_execute(request)
            .await
            .map(tonic::Response::into_inner)
    }

    /// Sends bytes as the body of a call and answers code and message.
    pub(crate) async fn raw(
        &mut self,
        method: &str,
        body: impl Into<Bytes>,
        headers: &[(&'static str, &str)],
    ) -> (i32, String) {
        let body = http_body_util::Full::new(body.into());
        let mut request = Request::post(format!(
            "http://localhost/spark.connect.SparkConnectService/{method}"
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(body))
        .unwrap();
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let response = self.channel.clone().call(request).await.unwrap();
        status_of(response).await
    }
}

/// Code and message of a response, from its headers or from its trailers.
pub(crate) async fn status_of(response: Response<Incoming>) -> (i32, String) {
    use http_body_util::BodyExt;
    let (parts, body) = response.into_parts();
    let read = |headers: &HeaderMap| {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        text("grpc-status").map(|code| {
            let message = text("grpc-message").unwrap_or_default();
            (code.parse().unwrap(), percent_decoded(&message))
        })
    };
    if let Some(status) = read(&parts.headers) {
        return status;
    }
    let collected = body.collect().await.unwrap();
    collected
        .trailers()
        .and_then(read)
        .unwrap_or((-1, "no status".to_owned()))
}

pub(crate) async fn drain(
    mut stream: Streaming<ExecutePlanResponse>,
) -> (Vec<ExecutePlanResponse>, Option<Status>) {
    let mut responses = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(response) => responses.push(response),
            Err(status) => return (responses, Some(status)),
        }
    }
    (responses, None)
}

/// The kinds of responses in order: `schema`, `batch 3`, `complete`.
pub(crate) fn kinds(responses: &[ExecutePlanResponse]) -> Vec<String> {
    responses
        .iter()
        .map(|response| match &response.response_type {
            Some(ResponseType::ArrowBatch(batch)) => format!("batch {}", batch.row_count),
            Some(ResponseType::ResultComplete(_)) => "complete".to_owned(),
            Some(other) => format!("{other:?}"),
            None if response.schema.is_some() => "schema".to_owned(),
            None if response.metrics.is_some() => "metrics".to_owned(),
            None => "other".to_owned(),
        })
        // The engine may or may not have metrics.
        .filter(|kind| kind != "metrics")
        .collect()
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

/// The metadata of the `ErrorInfo` in a status.
pub(crate) fn error_info(status: &Status) -> HashMap<String, String> {
    let details = RpcStatus::decode(status.details()).unwrap().details;
    let info = details
        .iter()
        .find(|any| any.type_url.ends_with("ErrorInfo"))
        .expect("an ErrorInfo");
    ErrorInfo::decode(info.value.as_slice()).unwrap().metadata
}

/// The Spark error class of a status.
pub(crate) fn class(status: &Status) -> String {
    assert_eq!(status.code(), tonic::Code::Internal, "{status:?}");
    error_info(status)
        .remove("errorClass")
        .unwrap_or_else(|| status.message().to_owned())
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
