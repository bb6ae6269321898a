//! The barest Spark Connect client: one HTTP/2 connection, headers for every call.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::spark_connect_service_client::SparkConnectServiceClient;
use sparring_proto::connect::{
    AnalyzePlanRequest, Command, ConfigRequest, ExecutePlanRequest, ExecutePlanResponse, Plan,
    Relation, ReleaseSessionRequest, UserContext, analyze_plan_request, command, config_request,
    relation::RelType,
};
use tokio::net::TcpStream;
use tonic::body::Body;
use tower::Service;

use crate::Result;

#[derive(Clone)]
struct Channel {
    sender: http2::SendRequest<Body>,
    headers: HeaderMap,
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), Self::Error>> {
        self.sender.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        request.headers_mut().extend(self.headers.clone());
        Box::pin(self.sender.send_request(request))
    }
}

pub(crate) struct Client {
    rpc: SparkConnectServiceClient<Channel>,
    session_id: String,
}

impl Client {
    pub(crate) async fn connect(address: &str, headers: &[(String, String)]) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(8 << 20)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(connection);
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(
                http::HeaderName::try_from(name)?,
                HeaderValue::from_str(value)?,
            );
        }
        let channel = Channel {
            sender,
            headers: all,
        };
        let rpc =
            SparkConnectServiceClient::with_origin(channel, Uri::try_from("http://localhost")?)
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX);
        Ok(Self {
            rpc,
            session_id: uuid::Uuid::new_v4().to_string(),
        })
    }

    fn user() -> Option<UserContext> {
        Some(UserContext {
            user_id: "bench".to_owned(),
            ..UserContext::default()
        })
    }

    /// Runs a plan to the end of its stream.
    pub(crate) async fn execute(&mut self, op_type: OpType) -> Result<Vec<ExecutePlanResponse>> {
        let request = ExecutePlanRequest {
            session_id: self.session_id.clone(),
            user_context: Self::user(),
            operation_id: Some(uuid::Uuid::new_v4().to_string()),
            plan: Some(Plan {
                op_type: Some(op_type),
            }),
            ..ExecutePlanRequest::default()
        };
        let mut stream = self.rpc.execute_plan(request).await?.into_inner();
        let mut all = Vec::new();
        while let Some(response) = stream.message().await? {
            all.push(response);
        }
        Ok(all)
    }

    /// Runs a relation and counts its rows.
    pub(crate) async fn rows(&mut self, rel_type: RelType) -> Result<i64> {
        let all = self.execute(OpType::Root(relation(rel_type))).await?;
        Ok(all
            .iter()
            .filter_map(|response| match &response.response_type {
                Some(ResponseType::ArrowBatch(batch)) => Some(batch.row_count),
                _ => None,
            })
            .sum())
    }

    pub(crate) async fn command(
        &mut self,
        command_type: command::CommandType,
    ) -> Result<Vec<ExecutePlanResponse>> {
        let command = Command {
            command_type: Some(command_type),
        };
        self.execute(OpType::Command(command)).await
    }

    pub(crate) async fn schema(&mut self, rel_type: RelType) -> Result<()> {
        let plan = Plan {
            op_type: Some(OpType::Root(relation(rel_type))),
        };
        let schema = analyze_plan_request::Schema { plan: Some(plan) };
        let request = AnalyzePlanRequest {
            session_id: self.session_id.clone(),
            user_context: Self::user(),
            analyze: Some(analyze_plan_request::Analyze::Schema(schema)),
            ..AnalyzePlanRequest::default()
        };
        self.rpc.analyze_plan(request).await?;
        Ok(())
    }

    pub(crate) async fn config(&mut self, key: &str) -> Result<()> {
        let get = config_request::Get {
            keys: vec![key.to_owned()],
        };
        let request = ConfigRequest {
            session_id: self.session_id.clone(),
            user_context: Self::user(),
            operation: Some(config_request::Operation {
                op_type: Some(config_request::operation::OpType::Get(get)),
            }),
            ..ConfigRequest::default()
        };
        self.rpc.config(request).await?;
        Ok(())
    }

    /// Says goodbye, so that the server may forget the session.
    pub(crate) async fn release(&mut self) -> Result<()> {
        let request = ReleaseSessionRequest {
            session_id: self.session_id.clone(),
            user_context: Self::user(),
            ..ReleaseSessionRequest::default()
        };
        self.rpc.release_session(request).await?;
        Ok(())
    }
}

pub(crate) fn relation(rel_type: RelType) -> Relation {
    Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}
