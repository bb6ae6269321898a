//! `Local`: the service on the engine in this process. Each RPC finds its session, hands over to
//! one neighbour, and puts the answer into its envelope.
//!
//! Knows no headers, no journal and no meaning of a plan.

use std::sync::Arc;
use std::time::Duration;

use sparring_engine::{Error, Exception, Result, Workspace};
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::release_execute_request::Release;
use sparring_proto::connect::spark_connect_service_server::SparkConnectService;
use sparring_proto::connect::{self as proto, UserContext};
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::artifacts::{self, Upload};
use super::envelope::Envelope;
use super::execute::{self, Cutting};
use super::operations::NewOperation;
use super::request::{check_tags, options, which};
use super::sender::{Responses, StreamLimits, send};
use super::sessions::{SessionKey, Sessions, SparkSession, check_uuid};
use super::{conf, local_data, plan};
use crate::config::{Config, Limits, Streams};
use crate::{Clock, status};

/// The service on the engine in this process.
pub(crate) struct Local {
    sessions: Sessions,
    limits: Limits,
    local_relation_limit: Option<u64>,
    streams: Streams,
    tasks: TaskTracker,
}

impl Local {
    pub(crate) fn new(
        workspace: Arc<Workspace>,
        config: &Config,
        clock: Clock,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            sessions: Sessions::new(workspace, clock),
            limits: config.limits.clone(),
            local_relation_limit: config.local_relation_limit(),
            streams: config.streams.clone(),
            tasks,
        }
    }

    /// Forgets every session, as a restarted server would.
    pub(crate) fn reset(&self) {
        self.sessions.reset();
    }

    /// Gives up abandoned operations and idle sessions.
    pub(crate) fn sweep(&self) {
        self.sessions.sweep(
            self.streams.abandoned_after(),
            self.streams.session_timeout(),
        );
    }

    /// The size of local data of a session that was uploaded under this hash.
    pub(super) fn cached_bytes(
        &self,
        user: Option<&UserContext>,
        session_id: &str,
        hash: &str,
    ) -> Option<u64> {
        let key = SessionKey::of(user, session_id).ok()?;
        artifacts::cached_bytes(&self.sessions.peek(&key)?.engine, hash)
    }

    /// The session of a request, made on first use.
    fn session(&self, request: &impl Envelope) -> Result<Arc<SparkSession>, Status> {
        let key = key(request)?;
        self.sessions
            .get_or_create(key.clone(), request.observed())
            .map_err(|error| self.session_error(&key, &error))
    }

    /// The session of a request, which must be there already.
    fn existing(&self, request: &impl Envelope) -> Result<Arc<SparkSession>, Status> {
        let key = key(request)?;
        self.sessions
            .existing(&key, request.observed())
            .map_err(|error| self.session_error(&key, &error))
    }

    /// Details are kept only where there is a session to keep them.
    fn session_error(&self, key: &SessionKey, error: &Error) -> Status {
        match self.sessions.peek(key) {
            Some(session) => session.fail(error),
            None => status::spark_error(error, None),
        }
    }

    fn start(
        &self,
        session: &Arc<SparkSession>,
        request: proto::ExecutePlanRequest,
    ) -> Result<Responses> {
        let options = options(&request.request_options);
        check_tags(&request.tags)?;
        let id = match request.operation_id {
            None => Uuid::new_v4().to_string(),
            Some(id) => {
                check_uuid(&id)?;
                id.to_ascii_lowercase()
            }
        };
        let plan = Arc::new(plan::prepare(request.plan, self.limits.plan_bytes)?);
        self.check_local_data(session, local_data::roots(&plan))?;
        let cutting = Cutting {
            batch_bytes: self.streams.batch_bytes,
            chunk_bytes: options
                .chunking
                .map(|preferred| self.chunk_bytes(preferred)),
        };
        let new = NewOperation {
            id,
            tags: request.tags,
            reattachable: options.reattachable,
            plan: Arc::clone(&plan),
            session_id: session.key.session_id.clone(),
            server_side_id: session.server_side_id.clone(),
            replay_bytes: self.streams.replay_bytes,
        };
        let operation = session.operations.start(new, || {
            execute::run(
                Arc::clone(&session.engine),
                plan,
                options.reattachable,
                cutting,
            )
        })?;
        let position = operation.position_after(None)?;
        Ok(self.send(session, operation, position))
    }

    fn send(
        &self,
        session: &Arc<SparkSession>,
        operation: Arc<super::operations::Operation>,
        position: usize,
    ) -> Responses {
        let limits = StreamLimits {
            duration: Duration::from_millis(self.streams.max_duration_ms),
            bytes: self.streams.max_bytes,
            ahead_bytes: self.streams.ahead_bytes,
        };
        send(
            Arc::clone(session),
            operation,
            position,
            limits,
            self.tasks.clone(),
        )
    }

    /// Refuses more local data than is allowed, whichever way it was uploaded and whatever is to
    /// be done with it.
    fn check_local_data<'a>(
        &self,
        session: &SparkSession,
        relations: impl IntoIterator<Item = &'a proto::Relation>,
    ) -> Result<()> {
        let Some(limit_bytes) = self.local_relation_limit else {
            return Ok(());
        };
        let total = local_data::total_bytes(relations, |hash| {
            artifacts::cached_bytes(&session.engine, hash)
        });
        local_data::check(total, limit_bytes)
    }

    fn chunk_bytes(&self, preferred: Option<i64>) -> u64 {
        preferred
            .and_then(|bytes| u64::try_from(bytes).ok())
            .filter(|bytes| *bytes > 0)
            .map_or(self.streams.chunk_bytes, |bytes| {
                bytes.min(self.streams.chunk_bytes)
            })
    }

    async fn analyze(
        &self,
        session: &SparkSession,
        analyze: Option<Analyze>,
    ) -> Result<proto::analyze_plan_response::Result> {
        let mut analyze = plan::prepare_analyze(analyze, self.limits.plan_bytes)?;
        self.check_local_data(session, plan::relations(&mut analyze))?;
        execute::guarded(session.engine.analyze(analyze)).await
    }
}

fn key(request: &impl Envelope) -> Result<SessionKey, Status> {
    SessionKey::of(request.user(), request.session_id())
        .map_err(|error| status::spark_error(&error, None))
}

#[tonic::async_trait]
impl SparkConnectService for Local {
    type ExecutePlanStream = Responses;
    type ReattachExecuteStream = Responses;

    async fn execute_plan(
        &self,
        request: Request<proto::ExecutePlanRequest>,
    ) -> Result<Response<Responses>, Status> {
        let request = request.into_inner();
        let session = self.session(&request)?;
        self.start(&session, request)
            .map(Response::new)
            .map_err(|error| session.fail(&error))
    }

    async fn analyze_plan(
        &self,
        request: Request<proto::AnalyzePlanRequest>,
    ) -> Result<Response<proto::AnalyzePlanResponse>, Status> {
        let request = request.into_inner();
        let session = self.session(&request)?;
        match self.analyze(&session, request.analyze).await {
            Ok(result) => Ok(Response::new(proto::AnalyzePlanResponse {
                session_id: request.session_id,
                server_side_session_id: session.server_side_id.clone(),
                result: Some(result),
            })),
            Err(error) => Err(session.fail(&error)),
        }
    }

    async fn config(
        &self,
        request: Request<proto::ConfigRequest>,
    ) -> Result<Response<proto::ConfigResponse>, Status> {
        let request = request.into_inner();
        let session = self.session(&request)?;
        match conf::operate(session.engine.conf(), request.operation) {
            Ok(answer) => Ok(Response::new(proto::ConfigResponse {
                session_id: request.session_id,
                server_side_session_id: session.server_side_id.clone(),
                pairs: answer.pairs,
                warnings: answer.warnings,
            })),
            Err(error) => Err(session.fail(&error)),
        }
    }

    async fn add_artifacts(
        &self,
        request: Request<Streaming<proto::AddArtifactsRequest>>,
    ) -> Result<Response<proto::AddArtifactsResponse>, Status> {
        let mut messages = request.into_inner();
        // The first message names the session; a stream without any is nobody's.
        let Some(first) = messages.message().await? else {
            return Err(Status::unknown("an AddArtifacts stream without a message"));
        };
        let session = self.session(&first)?;
        let mut upload = Upload::new(self.limits.artifact_bytes);
        upload
            .add(first.payload)
            .map_err(|error| session.fail(&error))?;
        while let Some(message) = messages.message().await? {
            upload
                .add(message.payload)
                .map_err(|error| session.fail(&error))?;
        }
        let artifacts = upload
            .finish(&session.engine)
            .map_err(|error| session.fail(&error))?;
        Ok(Response::new(proto::AddArtifactsResponse {
            session_id: first.session_id,
            server_side_session_id: session.server_side_id.clone(),
            artifacts,
        }))
    }

    async fn artifact_status(
        &self,
        request: Request<proto::ArtifactStatusesRequest>,
    ) -> Result<Response<proto::ArtifactStatusesResponse>, Status> {
        let request = request.into_inner();
        let session = self.session(&request)?;
        let statuses = artifacts::statuses(&session.engine, request.names)
            .into_iter()
            .map(|(name, exists)| {
                (
                    name,
                    proto::artifact_statuses_response::ArtifactStatus { exists },
                )
            })
            .collect();
        Ok(Response::new(proto::ArtifactStatusesResponse {
            session_id: request.session_id,
            server_side_session_id: session.server_side_id.clone(),
            statuses,
        }))
    }

    async fn interrupt(
        &self,
        request: Request<proto::InterruptRequest>,
    ) -> Result<Response<proto::InterruptResponse>, Status> {
        let request = request.into_inner();
        let session = self.session(&request)?;
        let which = which(&request).map_err(|error| session.fail(&error))?;
        Ok(Response::new(proto::InterruptResponse {
            interrupted_ids: session.operations.interrupt(&which),
            server_side_session_id: session.server_side_id.clone(),
            session_id: request.session_id,
        }))
    }

    async fn reattach_execute(
        &self,
        request: Request<proto::ReattachExecuteRequest>,
    ) -> Result<Response<Responses>, Status> {
        let request = request.into_inner();
        let session = self.existing(&request)?;
        let found = session
            .operations
            .get(&request.operation_id)
            .and_then(|operation| {
                if !operation.reattachable {
                    return Err(Error::of("INVALID_CURSOR.NOT_REATTACHABLE"));
                }
                let position = operation.position_after(request.last_response_id.as_deref())?;
                Ok((operation, position))
            });
        match found {
            Ok((operation, position)) => {
                Ok(Response::new(self.send(&session, operation, position)))
            }
            Err(error) => Err(session.fail(&error)),
        }
    }

    async fn release_execute(
        &self,
        request: Request<proto::ReleaseExecuteRequest>,
    ) -> Result<Response<proto::ReleaseExecuteResponse>, Status> {
        let request = request.into_inner();
        let session = self.existing(&request)?;
        // An operation that is gone already is released quietly: the client's own clean-up and
        // ours may come in any order.
        let released = match (
            session.operations.peek(&request.operation_id),
            request.release,
        ) {
            (None, _) => Ok(None),
            (Some(operation), Some(Release::ReleaseAll(_))) => {
                session.operations.remove(operation.id());
                Ok(Some(request.operation_id))
            }
            (Some(operation), Some(Release::ReleaseUntil(until))) => operation
                .release_until(&until.response_id)
                .map(|()| Some(request.operation_id)),
            (Some(_), None) => Err(Error::plain(
                Exception::UnsupportedOperation,
                "Unknown ReleaseExecute type!",
            )),
        };
        match released {
            Ok(operation_id) => Ok(Response::new(proto::ReleaseExecuteResponse {
                session_id: request.session_id,
                server_side_session_id: session.server_side_id.clone(),
                operation_id,
            })),
            Err(error) => Err(session.fail(&error)),
        }
    }

    async fn release_session(
        &self,
        request: Request<proto::ReleaseSessionRequest>,
    ) -> Result<Response<proto::ReleaseSessionResponse>, Status> {
        let request = request.into_inner();
        let key = key(&request)?;
        let closed = self.sessions.close(&key, request.allow_reconnect);
        Ok(Response::new(proto::ReleaseSessionResponse {
            session_id: request.session_id,
            server_side_session_id: closed
                .map(|session| session.server_side_id.clone())
                .unwrap_or_default(),
        }))
    }

    async fn fetch_error_details(
        &self,
        request: Request<proto::FetchErrorDetailsRequest>,
    ) -> Result<Response<proto::FetchErrorDetailsResponse>, Status> {
        let request = request.into_inner();
        let key = key(&request)?;
        // Neither an unknown session nor an unknown error is a failure: the client then shows
        // the short message it has.
        let session = self.sessions.peek(&key);
        let errors: Vec<_> = session
            .as_ref()
            .and_then(|session| session.error(&request.error_id))
            .into_iter()
            .collect();
        Ok(Response::new(proto::FetchErrorDetailsResponse {
            root_error_idx: (!errors.is_empty()).then_some(0),
            errors,
            session_id: request.session_id,
            server_side_session_id: session
                .map(|session| session.server_side_id.clone())
                .unwrap_or_default(),
        }))
    }

    async fn clone_session(
        &self,
        request: Request<proto::CloneSessionRequest>,
    ) -> Result<Response<proto::CloneSessionResponse>, Status> {
        let request = request.into_inner();
        let source = self.existing(&request)?;
        match self
            .sessions
            .duplicate(&source, request.new_session_id.as_deref())
        {
            Ok(new) => Ok(Response::new(proto::CloneSessionResponse {
                session_id: request.session_id,
                server_side_session_id: source.server_side_id.clone(),
                new_session_id: new.key.session_id.clone(),
                new_server_side_session_id: new.server_side_id.clone(),
            })),
            Err(error) => Err(source.fail(&error)),
        }
    }

    async fn get_status(
        &self,
        request: Request<proto::GetStatusRequest>,
    ) -> Result<Response<proto::GetStatusResponse>, Status> {
        let request = request.into_inner();
        let session = self.existing(&request)?;
        let operation_statuses = request.operation_status.map_or_else(Vec::new, |asked| {
            // No ids means all.
            let ids = if asked.operation_ids.is_empty() {
                session.operations.ids()
            } else {
                asked.operation_ids
            };
            ids.into_iter()
                .map(|id| proto::get_status_response::OperationStatus {
                    state: session.operations.state(&id).into(),
                    operation_id: id,
                    extensions: Vec::new(),
                })
                .collect()
        });
        Ok(Response::new(proto::GetStatusResponse {
            session_id: request.session_id,
            server_side_session_id: session.server_side_id.clone(),
            operation_statuses,
            extensions: Vec::new(),
        }))
    }
}
