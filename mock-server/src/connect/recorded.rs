//! `Recorded<S>`: journals every call of a service: what was read, what it asks for, how it
//! ended. It wraps any implementation of the service and changes no answer.
//!
//! Knows nothing of the engine. Calls that never reach the service are journalled by the gateway.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use parking_lot::Mutex;
use prost::Message;
use sparring_journal::{
    Action, Event, RefusalReason, RefusedBy, RpcRead, SessionReleased, SessionStarted,
};
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::spark_connect_service_server::SparkConnectService;
use sparring_proto::connect::{self as proto, UserContext};
use tonic::{Code, Request, Response, Status, Streaming};

use super::compressed::decompress;
use super::describe::{self, Description};
use super::envelope::Envelope;
use super::sender::Responses;
use super::service::Local;
use super::{local_data, plan};
use crate::gateway::call::{Call, Excess, Sent};
use crate::status;

/// Sessions that are remembered as seen. Past this many the oldest knowledge goes, and a
/// session may be journalled as started twice.
const SEEN_SESSIONS: usize = 10_000;

/// What a recorder must know of uploads to tell how much local data a plan brings.
pub(crate) trait Uploads {
    /// The size of local data of a session that was uploaded under this hash.
    fn cached_bytes(&self, user: Option<&UserContext>, session_id: &str, hash: &str)
    -> Option<u64>;
}

impl Uploads for Local {
    fn cached_bytes(
        &self,
        user: Option<&UserContext>,
        session_id: &str,
        hash: &str,
    ) -> Option<u64> {
        Self::cached_bytes(self, user, session_id, hash)
    }
}

/// A service whose calls are journalled.
pub(crate) struct Recorded<S> {
    inner: Arc<S>,
    local_relation_limit: Option<u64>,
    plan_bytes: u64,
    seen: Mutex<HashSet<(String, String)>>,
}

/// A call under way, as far as the journal is concerned.
struct Recording {
    call: Arc<Call>,
    user_id: String,
    session_id: String,
}

impl<S> Recorded<S> {
    pub(crate) fn new(inner: Arc<S>, local_relation_limit: Option<u64>, plan_bytes: u64) -> Self {
        Self {
            inner,
            local_relation_limit,
            plan_bytes,
            seen: Mutex::default(),
        }
    }

    /// Journals that the message of a call was read.
    fn begin<T: Envelope>(&self, request: &Request<T>) -> Option<Recording> {
        self.begin_operation(request, None, &[])
    }

    /// The same for a call about one operation.
    fn begin_operation<T: Envelope>(
        &self,
        request: &Request<T>,
        operation_id: Option<&str>,
        tags: &[String],
    ) -> Option<Recording> {
        let call = Arc::clone(request.extensions().get::<Arc<Call>>()?);
        let message = request.get_ref();
        let user_id = message
            .user()
            .map(|user| user.user_id.clone())
            .unwrap_or_default();
        let session_id = message.session_id().to_owned();
        call.reached_service();
        call.record(Event::RpcRead(RpcRead {
            rpc: call.rpc,
            session_id: Some(session_id.clone()),
            user_id: Some(user_id.clone()),
            client_type: message.client_type().map(str::to_owned),
            operation_id: operation_id.map(str::to_owned),
            tags: tags.to_vec(),
        }));
        Some(Recording {
            call,
            user_id,
            session_id,
        })
    }

    /// Journals that a call was refused for the size of its local data, if it was.
    fn local_data_refused<T>(
        &self,
        recording: Option<&Recording>,
        result: &Result<T, Status>,
        local_bytes: u64,
    ) {
        if let (Some(recording), Err(status), Some(limit_bytes)) =
            (recording, result, self.local_relation_limit)
            && local_bytes > limit_bytes
            && status::error_class(status).as_deref() == Some(local_data::TOO_LARGE)
        {
            let excess = Excess {
                bytes: local_bytes,
                limit_bytes,
            };
            let reason = RefusalReason::LocalRelationTooLarge;
            recording
                .call
                .refuse(RefusedBy::Limit, reason, status, Some(excess));
        }
    }

    /// A unary call of a session has ended.
    fn end<T: Message>(&self, recording: Option<&Recording>, result: &Result<Response<T>, Status>) {
        if let Some(recording) = recording {
            if result.is_ok() {
                self.saw(recording);
            }
            recording.ended(result);
        }
    }

    /// The session of a call that went well exists.
    fn saw(&self, recording: &Recording) {
        let key = (recording.user_id.clone(), recording.session_id.clone());
        let mut seen = self.seen.lock();
        if seen.contains(&key) {
            return;
        }
        if seen.len() == SEEN_SESSIONS {
            seen.clear();
        }
        seen.insert(key);
        drop(seen);
        recording.call.record(Event::SessionStarted(SessionStarted {
            user_id: recording.user_id.clone(),
            session_id: recording.session_id.clone(),
        }));
    }
}

impl Recording {
    fn describe(&self, description: Description) {
        self.call
            .record(Event::PlanDescribed(description.for_call(self.call.rpc)));
    }

    /// A unary call has ended.
    fn ended<T: Message>(&self, result: &Result<Response<T>, Status>) {
        match result {
            Ok(response) => {
                let bytes = response.get_ref().encoded_len() as u64;
                self.call.finish(Code::Ok, None, Sent { rows: 0, bytes });
            }
            Err(status) => self.failed(status, Sent::default()),
        }
    }

    fn failed(&self, status: &Status, sent: Sent) {
        self.call
            .finish(status.code(), status::error_class(status), sent);
    }
}

/// Follows the responses of one stream.
pub(crate) struct RecordedResponses {
    inner: Responses,
    call: Option<Arc<Call>>,
    sent: Sent,
}

impl RecordedResponses {
    fn add(&mut self, response: &proto::ExecutePlanResponse) {
        self.sent.bytes += response.encoded_len() as u64;
        if let Some(ResponseType::ArrowBatch(batch)) = &response.response_type
            // Every chunk of a batch carries the row count of the whole.
            && batch.chunk_index.unwrap_or(0) == 0
        {
            self.sent.rows += u64::try_from(batch.row_count).unwrap_or(0);
        }
    }
}

impl Stream for RecordedResponses {
    type Item = Result<proto::ExecutePlanResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inner.poll_next_unpin(context));
        match &item {
            Some(Ok(response)) => self.add(response),
            Some(Err(status)) => {
                if let Some(call) = &self.call {
                    call.finish(status.code(), status::error_class(status), self.sent);
                }
            }
            None => {
                if let Some(call) = &self.call {
                    call.finish(Code::Ok, None, self.sent);
                }
            }
        }
        Poll::Ready(item)
    }
}

impl Drop for RecordedResponses {
    fn drop(&mut self) {
        if let Some(call) = &self.call {
            // Nothing is written for a stream that came to its end.
            call.finish(Code::Cancelled, None, self.sent);
        }
    }
}

#[tonic::async_trait]
impl<S> SparkConnectService for Recorded<S>
where
    S: SparkConnectService<ExecutePlanStream = Responses, ReattachExecuteStream = Responses>
        + Uploads,
{
    type ExecutePlanStream = RecordedResponses;
    type ReattachExecuteStream = RecordedResponses;

    async fn execute_plan(
        &self,
        mut request: Request<proto::ExecutePlanRequest>,
    ) -> Result<Response<RecordedResponses>, Status> {
        let recording = self.begin_operation(
            &request,
            request.get_ref().operation_id.as_deref(),
            &request.get_ref().tags,
        );
        let mut local_bytes = 0;
        if let Some(recording) = &recording {
            let message = request.get_mut();
            // Decompressed once, here; a plan that cannot be is left for the service to refuse.
            if let Some(asked) = &mut message.plan
                && decompress(asked, self.plan_bytes).is_ok()
            {
                let description = describe::execute(asked, |hash| {
                    self.inner.cached_bytes(
                        message.user_context.as_ref(),
                        &message.session_id,
                        hash,
                    )
                });
                local_bytes = description.local_relation_bytes;
                recording.describe(description);
            }
        }
        let result = self.inner.execute_plan(request).await;
        self.local_data_refused(recording.as_ref(), &result, local_bytes);
        self.stream(recording, result)
    }

    async fn analyze_plan(
        &self,
        mut request: Request<proto::AnalyzePlanRequest>,
    ) -> Result<Response<proto::AnalyzePlanResponse>, Status> {
        let recording = self.begin(&request);
        let mut local_bytes = 0;
        let message = request.get_mut();
        if let (Some(recording), Some(analyze)) = (&recording, &mut message.analyze) {
            for asked in plan::plans(analyze).into_iter().flatten() {
                // As above: what cannot be decompressed is left for the service to refuse.
                let _ = decompress(asked, self.plan_bytes);
            }
            recording.describe(describe::analyze(analyze));
            // Not part of the description: nothing is uploaded to be analysed only.
            local_bytes = local_data::total_bytes(plan::relations(analyze), |hash| {
                self.inner
                    .cached_bytes(message.user_context.as_ref(), &message.session_id, hash)
            });
        }
        let result = self.inner.analyze_plan(request).await;
        self.local_data_refused(recording.as_ref(), &result, local_bytes);
        self.end(recording.as_ref(), &result);
        result
    }

    async fn config(
        &self,
        request: Request<proto::ConfigRequest>,
    ) -> Result<Response<proto::ConfigResponse>, Status> {
        let recording = self.begin(&request);
        if let Some(recording) = &recording {
            recording.describe(describe::config(request.get_ref().operation.as_ref()));
        }
        let result = self.inner.config(request).await;
        self.end(recording.as_ref(), &result);
        result
    }

    async fn add_artifacts(
        &self,
        request: Request<Streaming<proto::AddArtifactsRequest>>,
    ) -> Result<Response<proto::AddArtifactsResponse>, Status> {
        // The messages belong to the service; what is known of the call is counted below it, and
        // the session is told by the answer.
        let call = request.extensions().get::<Arc<Call>>().map(Arc::clone);
        if let Some(call) = &call {
            call.reached_service();
        }
        let result = self.inner.add_artifacts(request).await;
        let Some(call) = call else { return result };
        let recording = Recording {
            user_id: String::new(),
            session_id: result
                .as_ref()
                .map(|response| response.get_ref().session_id.clone())
                .unwrap_or_default(),
            call,
        };
        let names = result.as_ref().map_or_else(
            |_| String::new(),
            |response| {
                let names = response.get_ref().artifacts.iter();
                names
                    .map(|artifact| artifact.name.as_str())
                    .collect::<Vec<_>>()
                    .join(",")
            },
        );
        let mut description = Description::of(Action::Artifacts, format!("add {names}").trim_end());
        description.artifact_bytes = recording.call.bytes_up();
        recording.describe(description);
        recording.ended(&result);
        result
    }

    async fn artifact_status(
        &self,
        request: Request<proto::ArtifactStatusesRequest>,
    ) -> Result<Response<proto::ArtifactStatusesResponse>, Status> {
        let recording = self.begin(&request);
        if let Some(recording) = &recording {
            let detail = format!("status {}", request.get_ref().names.join(","));
            recording.describe(Description::of(Action::Artifacts, detail));
        }
        let result = self.inner.artifact_status(request).await;
        self.end(recording.as_ref(), &result);
        result
    }

    async fn interrupt(
        &self,
        request: Request<proto::InterruptRequest>,
    ) -> Result<Response<proto::InterruptResponse>, Status> {
        let recording = self.begin(&request);
        let result = self.inner.interrupt(request).await;
        self.end(recording.as_ref(), &result);
        result
    }

    async fn reattach_execute(
        &self,
        request: Request<proto::ReattachExecuteRequest>,
    ) -> Result<Response<RecordedResponses>, Status> {
        let recording = self.begin_operation(&request, Some(&request.get_ref().operation_id), &[]);
        let result = self.inner.reattach_execute(request).await;
        self.stream(recording, result)
    }

    async fn release_execute(
        &self,
        request: Request<proto::ReleaseExecuteRequest>,
    ) -> Result<Response<proto::ReleaseExecuteResponse>, Status> {
        let recording = self.begin_operation(&request, Some(&request.get_ref().operation_id), &[]);
        let result = self.inner.release_execute(request).await;
        self.end(recording.as_ref(), &result);
        result
    }

    async fn release_session(
        &self,
        request: Request<proto::ReleaseSessionRequest>,
    ) -> Result<Response<proto::ReleaseSessionResponse>, Status> {
        let recording = self.begin(&request);
        let result = self.inner.release_session(request).await;
        if let (Some(recording), Ok(response)) = (&recording, &result)
            // Empty for a session that was not open.
            && !response.get_ref().server_side_session_id.is_empty()
        {
            let key = (recording.user_id.clone(), recording.session_id.clone());
            self.seen.lock().remove(&key);
            let (user_id, session_id) = key;
            let released = SessionReleased {
                user_id,
                session_id,
            };
            recording.call.record(Event::SessionReleased(released));
        }
        if let Some(recording) = &recording {
            recording.ended(&result);
        }
        result
    }

    async fn fetch_error_details(
        &self,
        request: Request<proto::FetchErrorDetailsRequest>,
    ) -> Result<Response<proto::FetchErrorDetailsResponse>, Status> {
        let recording = self.begin(&request);
        let result = self.inner.fetch_error_details(request).await;
        if let Some(recording) = &recording {
            recording.ended(&result);
        }
        result
    }

    async fn clone_session(
        &self,
        request: Request<proto::CloneSessionRequest>,
    ) -> Result<Response<proto::CloneSessionResponse>, Status> {
        let recording = self.begin(&request);
        let result = self.inner.clone_session(request).await;
        if let (Some(recording), Ok(response)) = (&recording, &result) {
            self.saw(&Recording {
                call: Arc::clone(&recording.call),
                user_id: recording.user_id.clone(),
                session_id: response.get_ref().new_session_id.clone(),
            });
        }
        self.end(recording.as_ref(), &result);
        result
    }

    async fn get_status(
        &self,
        request: Request<proto::GetStatusRequest>,
    ) -> Result<Response<proto::GetStatusResponse>, Status> {
        let recording = self.begin(&request);
        let result = self.inner.get_status(request).await;
        self.end(recording.as_ref(), &result);
        result
    }
}

impl<S> Recorded<S> {
    fn stream(
        &self,
        recording: Option<Recording>,
        result: Result<Response<Responses>, Status>,
    ) -> Result<Response<RecordedResponses>, Status> {
        match (result, recording) {
            (Ok(response), Some(recording)) => {
                self.saw(&recording);
                let call = Some(recording.call);
                Ok(response.map(|inner| RecordedResponses {
                    inner,
                    call,
                    sent: Sent::default(),
                }))
            }
            (Ok(response), None) => Ok(response.map(|inner| RecordedResponses {
                inner,
                call: None,
                sent: Sent::default(),
            })),
            (Err(status), recording) => {
                if let Some(recording) = recording {
                    recording.failed(&status, Sent::default());
                }
                Err(status)
            }
        }
    }
}
