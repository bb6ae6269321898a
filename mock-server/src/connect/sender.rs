//! One stream of an operation's responses to a client: of `ExecutePlan`, or of a
//! `ReattachExecute` that goes on with it.
//!
//! The stream that is attached drives the operation itself, so that an answer needs no task of
//! its own and a slow client slows the work down. Only when the client goes away does a task
//! drive on, up to a bound.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use sparring_engine::Error;
use sparring_proto::connect::ExecutePlanResponse;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;

use super::operations::{Operation, Outcome, Taken};
use super::sessions::SparkSession;

/// The stream type of both RPCs.
pub(crate) type Responses = BoxStream<'static, Result<ExecutePlanResponse, Status>>;

/// When a reattachable stream is ended early.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamLimits {
    pub(super) duration: Duration,
    pub(super) bytes: u64,
    /// How far the work may run ahead while nobody listens.
    pub(super) ahead_bytes: u64,
}

struct Sender {
    session: Arc<SparkSession>,
    operation: Arc<Operation>,
    listener: CancellationToken,
    tasks: TaskTracker,
    limits: StreamLimits,
    position: usize,
    deadline: Instant,
    sent_bytes: u64,
    ended: bool,
    /// Whether the client knows how the operation ended.
    settled: bool,
}

/// Sends from `position` on.
pub(super) fn send(
    session: Arc<SparkSession>,
    operation: Arc<Operation>,
    position: usize,
    limits: StreamLimits,
    tasks: TaskTracker,
) -> Responses {
    let sender = Sender {
        listener: operation.attach(),
        deadline: Instant::now() + limits.duration,
        session,
        operation,
        tasks,
        limits,
        position,
        sent_bytes: 0,
        ended: false,
        settled: false,
    };
    stream::unfold(sender, |mut sender| async move {
        let response = sender.next().await?;
        Some((response, sender))
    })
    .boxed()
}

impl Sender {
    async fn next(&mut self) -> Option<Result<ExecutePlanResponse, Status>> {
        loop {
            if self.ended {
                return None;
            }
            if self.listener.is_cancelled() {
                return Some(Err(self.fail(&Error::of("INVALID_CURSOR.DISCONNECTED"))));
            }
            // Each stream makes progress, however small the limits are.
            let early = self.operation.reattachable && self.sent_bytes > 0;
            if early && self.sent_bytes >= self.limits.bytes {
                self.ended = true;
                return None;
            }
            match self.operation.take(self.position) {
                Taken::Response { response, bytes } => {
                    self.position += 1;
                    self.sent_bytes += bytes;
                    return Some(Ok(*response));
                }
                Taken::End(Outcome::Complete) => {
                    self.settle();
                    return None;
                }
                Taken::End(Outcome::Failed(error)) => {
                    self.settle();
                    return Some(Err(self.fail(&error)));
                }
                Taken::NotAvailable(error) => return Some(Err(self.fail(&error))),
                Taken::NotYet => {}
            }
            tokio::select! {
                biased;
                () = self.listener.cancelled() => {}
                () = self.operation.until_cancelled() => self.operation.drop_source(),
                () = self.operation.produce() => {}
                () = tokio::time::sleep_until(self.deadline), if self.operation.reattachable => {
                    self.ended = true;
                }
            }
        }
    }

    fn fail(&mut self, error: &Error) -> Status {
        self.ended = true;
        self.session.fail(error)
    }

    fn settle(&mut self) {
        self.ended = true;
        self.settled = true;
        // A client that cannot reattach has nothing to release later.
        if !self.operation.reattachable {
            self.session.operations.remove(self.operation.id());
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if !self.operation.reattachable {
            if !self.settled {
                self.session.operations.remove(self.operation.id());
            }
            return;
        }
        let Some(listener) = self.operation.detach(&self.listener) else {
            return;
        };
        // Outside a runtime the server is going down, and the work with it.
        if tokio::runtime::Handle::try_current().is_ok() {
            let operation = Arc::clone(&self.operation);
            self.tasks
                .spawn(run_ahead(operation, listener, self.limits.ahead_bytes));
        }
    }
}

/// Drives an operation that nobody listens to, until somebody does or it is far enough ahead.
async fn run_ahead(operation: Arc<Operation>, listener: CancellationToken, ahead_bytes: u64) {
    while !operation.is_finished() && operation.unsent_bytes() < ahead_bytes {
        tokio::select! {
            biased;
            () = listener.cancelled() => return,
            () = operation.until_cancelled() => return operation.drop_source(),
            () = operation.produce() => {}
        }
    }
}
