//! Operations of a session: numbered responses, kept until the client releases them, so that a
//! client whose connection broke can go on where it was.
//!
//! Knows neither how responses are made (`execute.rs`) nor how they are sent (`sender.rs`). Over 500 lines
//! because an operation's state and its responses change together.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use prost::Message;
use sparring_engine::{Error, Result};
use sparring_proto::connect::get_status_response::operation_status::OperationState;
use sparring_proto::connect::{ExecutePlanResponse, Plan};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::sessions::handle_error;
use crate::Clock;

/// Removed operations whose ids are remembered, as many as Spark remembers.
const REMEMBERED_GONE: usize = 10_000;

/// The responses of an operation as they come into being; ids are added here.
pub(super) type Source = BoxStream<'static, Result<ExecutePlanResponse>>;

/// All operations of one session.
pub(super) struct Operations {
    clock: Clock,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    live: HashMap<String, Arc<Operation>>,
    gone: HashMap<String, Gone>,
    gone_order: VecDeque<String>,
}

#[derive(Debug, Clone, Copy)]
struct Gone {
    state: OperationState,
    abandoned: bool,
}

/// What an operation is started with.
pub(super) struct NewOperation {
    pub(super) id: String,
    pub(super) tags: Vec<String>,
    pub(super) reattachable: bool,
    pub(super) plan: Arc<Plan>,
    pub(super) session_id: String,
    pub(super) server_side_id: String,
    /// How many bytes of sent responses are kept for reattaching.
    pub(super) replay_bytes: u64,
}

/// Which operations an interrupt means.
pub(super) enum Which<'a> {
    All,
    Tag(&'a str),
    Id(&'a str),
}

impl Operations {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            table: Mutex::default(),
        }
    }

    /// Starts an operation, or answers the one that runs under this id already: a client sends
    /// the same request again when it does not know whether the first one arrived.
    pub(super) fn start(
        &self,
        new: NewOperation,
        source: impl FnOnce() -> Source,
    ) -> Result<Arc<Operation>> {
        let mut table = self.table.lock();
        if let Some(running) = table.live.get(&new.id) {
            if running.reattachable && new.reattachable && running.new.plan == new.plan {
                return Ok(Arc::clone(running));
            }
            return Err(handle_error(
                "INVALID_HANDLE.OPERATION_ALREADY_EXISTS",
                &new.id,
            ));
        }
        if table.gone.contains_key(&new.id) {
            return Err(handle_error("INVALID_HANDLE.OPERATION_ABANDONED", &new.id));
        }
        let operation = Arc::new(Operation {
            reattachable: new.reattachable,
            cancelled: CancellationToken::new(),
            state: Mutex::new(State::new(self.clock.now())),
            source: tokio::sync::Mutex::new(Some(source())),
            clock: self.clock.clone(),
            new,
        });
        table
            .live
            .insert(operation.new.id.clone(), Arc::clone(&operation));
        Ok(operation)
    }

    /// The operation, to be reattached to.
    pub(super) fn get(&self, id: &str) -> Result<Arc<Operation>> {
        let table = self.table.lock();
        match (table.live.get(id), table.gone.get(id)) {
            (Some(operation), _) => Ok(Arc::clone(operation)),
            (None, Some(gone)) if gone.abandoned => {
                Err(handle_error("INVALID_HANDLE.OPERATION_ABANDONED", id))
            }
            (None, _) => Err(handle_error("INVALID_HANDLE.OPERATION_NOT_FOUND", id)),
        }
    }

    /// The operation if it is there.
    pub(super) fn peek(&self, id: &str) -> Option<Arc<Operation>> {
        self.table.lock().live.get(id).map(Arc::clone)
    }

    /// Ends and forgets an operation. Nothing when it is not there.
    pub(super) fn remove(&self, id: &str) -> Option<Arc<Operation>> {
        let operation = self.table.lock().remove(id, false)?;
        operation.close();
        Some(operation)
    }

    /// Cancels what still runs of the operations meant, and answers their ids.
    pub(super) fn interrupt(&self, which: &Which<'_>) -> Vec<String> {
        let live: Vec<_> = self.table.lock().live.values().map(Arc::clone).collect();
        live.into_iter()
            .filter(|operation| match which {
                Which::All => true,
                Which::Tag(tag) => operation.new.tags.iter().any(|own| own == tag),
                Which::Id(id) => operation.new.id == *id,
            })
            .filter(|operation| operation.interrupt())
            .map(|operation| operation.new.id.clone())
            .collect()
    }

    /// The state of an operation, for `GetStatus`.
    pub(super) fn state(&self, id: &str) -> OperationState {
        let table = self.table.lock();
        match (table.live.get(id), table.gone.get(id)) {
            (Some(operation), _) => operation.state(),
            (None, Some(gone)) => gone.state,
            (None, None) => OperationState::Unknown,
        }
    }

    /// The ids of all operations that are or were.
    pub(super) fn ids(&self) -> Vec<String> {
        let table = self.table.lock();
        table
            .gone_order
            .iter()
            .chain(table.live.keys())
            .cloned()
            .collect()
    }

    /// Ends every operation.
    pub(super) fn close_all(&self) {
        let ids: Vec<String> = self.table.lock().live.keys().cloned().collect();
        for id in ids {
            self.remove(&id);
        }
    }

    /// Gives up operations that nobody has listened to for long. Answers whether any is left.
    pub(super) fn sweep(&self, now: Duration, abandoned_after: Duration) -> bool {
        let mut table = self.table.lock();
        let abandoned: Vec<String> = table
            .live
            .values()
            .filter(|operation| {
                let idle_since = operation.state.lock().idle_since;
                idle_since.is_some_and(|since| now.saturating_sub(since) > abandoned_after)
            })
            .map(|operation| operation.new.id.clone())
            .collect();
        let closed: Vec<_> = abandoned
            .iter()
            .filter_map(|id| table.remove(id, true))
            .collect();
        let busy = !table.live.is_empty();
        drop(table);
        for operation in closed {
            operation.close();
        }
        busy
    }
}

impl Table {
    fn remove(&mut self, id: &str, abandoned: bool) -> Option<Arc<Operation>> {
        let operation = self.live.remove(id)?;
        if self.gone_order.len() == REMEMBERED_GONE
            && let Some(oldest) = self.gone_order.pop_front()
        {
            self.gone.remove(&oldest);
        }
        let state = match operation.state() {
            OperationState::Running => OperationState::Cancelled,
            ended => ended,
        };
        self.gone.insert(id.to_owned(), Gone { state, abandoned });
        self.gone_order.push_back(id.to_owned());
        Some(operation)
    }
}

/// One operation.
pub(super) struct Operation {
    new: NewOperation,
    pub(super) reattachable: bool,
    cancelled: CancellationToken,
    state: Mutex<State>,
    /// Held by whoever drives the operation: a stream to a client, or nobody's task.
    source: tokio::sync::Mutex<Option<Source>>,
    clock: Clock,
}

struct State {
    /// The id of every response there ever was, in order.
    ids: Vec<Uuid>,
    /// The last of them.
    kept: VecDeque<Kept>,
    kept_bytes: u64,
    /// How many were handed to a client at least once.
    sent: usize,
    unsent_bytes: u64,
    outcome: Option<Outcome>,
    /// Cancelled when somebody else takes over.
    listener: CancellationToken,
    idle_since: Option<Duration>,
}

struct Kept {
    response: ExecutePlanResponse,
    bytes: u64,
}

/// How an operation ended.
#[derive(Clone)]
pub(super) enum Outcome {
    /// All responses are there.
    Complete,
    /// It failed; responses before the failure are still sent.
    Failed(Error),
}

/// What there is at a position of the stream of responses.
pub(super) enum Taken {
    Response {
        response: Box<ExecutePlanResponse>,
        bytes: u64,
    },
    End(Outcome),
    /// It was released or pushed out.
    NotAvailable(Error),
    /// It does not exist yet.
    NotYet,
}

impl State {
    fn new(now: Duration) -> Self {
        Self {
            ids: Vec::new(),
            kept: VecDeque::new(),
            kept_bytes: 0,
            sent: 0,
            unsent_bytes: 0,
            outcome: None,
            listener: CancellationToken::new(),
            idle_since: Some(now),
        }
    }

    fn first_kept(&self) -> usize {
        self.ids.len() - self.kept.len()
    }

    fn drop_front(&mut self) {
        if let Some(kept) = self.kept.pop_front() {
            self.kept_bytes -= kept.bytes;
        }
    }

    fn check_kept(&self, position: usize) -> Result<()> {
        match self.ids.get(position) {
            Some(id) if position < self.first_kept() => Err(Error::new(
                "INVALID_CURSOR.POSITION_NOT_AVAILABLE",
                [
                    ("responseId", id.to_string()),
                    ("index", (position + 1).to_string()),
                ],
            )),
            _ => Ok(()),
        }
    }

    fn index_of(&self, response_id: &str) -> Result<usize> {
        Uuid::try_parse(response_id)
            .ok()
            .and_then(|id| self.ids.iter().rposition(|own| *own == id))
            .ok_or_else(|| {
                Error::new(
                    "INVALID_CURSOR.POSITION_NOT_FOUND",
                    [("responseId", response_id)],
                )
            })
    }
}

impl Operation {
    pub(super) fn id(&self) -> &str {
        &self.new.id
    }

    /// Takes over as the one who drives and sends. Whoever did before is told by its token.
    pub(super) fn attach(&self) -> CancellationToken {
        let mut state = self.state.lock();
        state.idle_since = None;
        take_over(&mut state)
    }

    /// Nobody sends any more; answers a token for the task that drives on, unless somebody else
    /// has taken over or there is nothing left to drive.
    pub(super) fn detach(&self, listener: &CancellationToken) -> Option<CancellationToken> {
        let mut state = self.state.lock();
        if listener.is_cancelled() {
            return None;
        }
        state.idle_since = Some(self.clock.now());
        state.outcome.is_none().then(|| take_over(&mut state))
    }

    /// The position after a response; from the start when none is named.
    pub(super) fn position_after(&self, response_id: Option<&str>) -> Result<usize> {
        let state = self.state.lock();
        let position = match response_id {
            None | Some("") => 0,
            Some(id) => state.index_of(id)? + 1,
        };
        state.check_kept(position)?;
        Ok(position)
    }

    /// What there is at `position`. What is taken counts as sent; it is kept for reattaching as
    /// long as there is room.
    pub(super) fn take(&self, position: usize) -> Taken {
        let mut state = self.state.lock();
        if let Err(error) = state.check_kept(position) {
            return Taken::NotAvailable(error);
        }
        let offset = position - state.first_kept();
        let Some(kept) = state.kept.get(offset) else {
            return state.outcome.clone().map_or(Taken::NotYet, Taken::End);
        };
        let bytes = kept.bytes;
        if position >= state.sent {
            state.sent = position + 1;
            state.unsent_bytes -= bytes;
        }
        if !self.reattachable {
            state.kept_bytes -= bytes;
            return match state.kept.pop_front() {
                Some(kept) => Taken::Response {
                    response: Box::new(kept.response),
                    bytes,
                },
                None => Taken::NotYet,
            };
        }
        let response = Box::new(state.kept[offset].response.clone());
        while state.kept_bytes > self.new.replay_bytes && state.first_kept() < state.sent {
            state.drop_front();
        }
        Taken::Response { response, bytes }
    }

    /// Makes the next response, or waits for whoever is at it. Dropping the future loses nothing.
    pub(super) async fn produce(&self) {
        let mut source = self.source.lock().await;
        let Some(responses) = source.as_mut() else {
            return;
        };
        match responses.next().await {
            Some(Ok(response)) => self.keep(response),
            Some(Err(error)) => {
                *source = None;
                self.end(Outcome::Failed(error));
            }
            None => {
                *source = None;
                self.end(Outcome::Complete);
            }
        }
    }

    /// Resolves when the operation is interrupted or closed.
    pub(super) async fn until_cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// Bytes that were made and not sent to anybody.
    pub(super) fn unsent_bytes(&self) -> u64 {
        self.state.lock().unsent_bytes
    }

    pub(super) fn is_finished(&self) -> bool {
        self.state.lock().outcome.is_some()
    }

    /// Forgets responses up to and including this one.
    pub(super) fn release_until(&self, response_id: &str) -> Result<()> {
        let mut state = self.state.lock();
        let last = state.index_of(response_id)?;
        while state.first_kept() <= last && !state.kept.is_empty() {
            // What a client releases it has received.
            let position = state.first_kept();
            if position >= state.sent {
                state.sent = position + 1;
                let bytes = state.kept.front().map_or(0, |kept| kept.bytes);
                state.unsent_bytes -= bytes;
            }
            state.drop_front();
        }
        Ok(())
    }

    /// Cancels the work. Answers whether there was any left to cancel.
    fn interrupt(&self) -> bool {
        let running = self.end(Outcome::Failed(Error::of("OPERATION_CANCELED")));
        self.cancelled.cancel();
        self.drop_source();
        running
    }

    /// Ends everything: the work, and the stream to the client.
    fn close(&self) {
        self.state.lock().listener.cancel();
        self.interrupt();
        let mut state = self.state.lock();
        state.kept.clear();
        state.kept_bytes = 0;
    }

    /// Frees what the work holds. Whoever is at it right now does so himself when he notices.
    pub(super) fn drop_source(&self) {
        if let Ok(mut source) = self.source.try_lock() {
            *source = None;
        }
    }

    fn end(&self, outcome: Outcome) -> bool {
        let mut state = self.state.lock();
        let running = state.outcome.is_none();
        if running {
            state.outcome = Some(outcome);
        }
        running
    }

    fn keep(&self, mut response: ExecutePlanResponse) {
        let id = Uuid::new_v4();
        response.session_id.clone_from(&self.new.session_id);
        response
            .server_side_session_id
            .clone_from(&self.new.server_side_id);
        response.operation_id.clone_from(&self.new.id);
        response.response_id = id.to_string();
        let bytes = response.encoded_len() as u64;
        let mut state = self.state.lock();
        // Interrupted in the meantime: what came too late is not sent.
        if state.outcome.is_some() {
            return;
        }
        state.ids.push(id);
        state.kept_bytes += bytes;
        state.unsent_bytes += bytes;
        state.kept.push_back(Kept { response, bytes });
    }

    fn state(&self) -> OperationState {
        match &self.state.lock().outcome {
            None => OperationState::Running,
            Some(Outcome::Complete) => OperationState::Succeeded,
            Some(Outcome::Failed(error)) if error.class() == Some("OPERATION_CANCELED") => {
                OperationState::Cancelled
            }
            Some(Outcome::Failed(_)) => OperationState::Failed,
        }
    }
}

fn take_over(state: &mut State) -> CancellationToken {
    state.listener.cancel();
    state.listener = CancellationToken::new();
    state.listener.clone()
}
