//! `sparring serve` in a process of its own, and a gRPC client for it.

use std::{
    fs,
    io::{BufRead, BufReader},
    pin::Pin,
    process::{Child, Stdio},
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response, Uri};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use sparring_proto::connect::{
    AddArtifactsRequest, ExecutePlanRequest, Plan, UserContext, add_artifacts_request::Payload,
    execute_plan_response::ResponseType, plan::OpType,
    spark_connect_service_client::SparkConnectServiceClient,
};
use tokio::net::TcpStream;
use tonic::{Status, body::Body};
use tower::Service;

use crate::support::Place;

/// A fake workspace that ends with this value.
pub(crate) struct Served {
    process: Child,
    pub(crate) ready: Value,
    _place: Place,
}

impl Served {
    pub(crate) fn start() -> Self {
        let place = Place::new();
        let mut process = place
            .command(&["serve", "--listen", "127.0.0.1:0", "--ephemeral"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self {
            process,
            ready: serde_json::from_str(&line).unwrap(),
            _place: place,
        }
    }

    /// The most memory that it ever had at once, in bytes.
    pub(crate) fn peak_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib: u64 = line
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap()
            .parse()
            .unwrap();
        kib << 10
    }

    pub(crate) async fn client(&self) -> Client {
        let text = |key: &str| self.ready[key].as_str().unwrap();
        let address = text("https").trim_start_matches("https://");
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut headers = HeaderMap::new();
        let token = format!("Bearer {}", text("token"));
        headers.insert("authorization", token.parse().unwrap());
        let cluster = text("cluster_id").parse().unwrap();
        headers.insert("x-databricks-cluster-id", cluster);
        let channel = Channel { sender, headers };
        let origin = Uri::from_static("http://localhost");
        Client {
            rpc: SparkConnectServiceClient::with_origin(channel, origin)
                .max_encoding_message_size(usize::MAX),
            session_id: uuid::Uuid::new_v4().to_string(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Clone)]
pub(crate) struct Channel {
    sender: http2::SendRequest<Body>,
    headers: HeaderMap,
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
    rpc: SparkConnectServiceClient<Channel>,
    session_id: String,
}

impl Client {
    /// The number of rows of a plan's answer.
    pub(crate) async fn execute(&mut self, op_type: OpType) -> Result<i64, Status> {
        let request = ExecutePlanRequest {
            session_id: self.session_id.clone(),
            user_context: Some(UserContext::default()),
            operation_id: Some(uuid::Uuid::new_v4().to_string()),
            plan: Some(Plan {
                op_type: Some(op_type),
            }),
            ..ExecutePlanRequest::default()
        };
        let mut stream = self.rpc.execute_plan(request).await?.into_inner();
        let mut n_rows = 0;
        while let Some(response) = stream.message().await? {
            if let Some(ResponseType::ArrowBatch(batch)) = response.response_type {
                n_rows += batch.row_count;
            }
        }
        Ok(n_rows)
    }

    pub(crate) async fn upload(
        &mut self,
        payloads: impl Iterator<Item = Payload> + Send + 'static,
    ) {
        let session_id = self.session_id.clone();
        let messages = payloads.map(move |payload| AddArtifactsRequest {
            session_id: session_id.clone(),
            user_context: Some(UserContext::default()),
            payload: Some(payload),
            ..AddArtifactsRequest::default()
        });
        let answer = self.rpc.add_artifacts(futures::stream::iter(messages));
        let artifacts = answer.await.unwrap().into_inner().artifacts;
        assert!(artifacts.iter().all(|artifact| artifact.is_crc_successful));
    }
}
