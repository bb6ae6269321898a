//! Lanes: the threads that serve connections. A connection stays on one lane from its first byte to
//! its last, so that a small request is read, answered and written without waking another thread,
//! which takes longer than most answers (some 50 µs each way on an idle virtual machine).
//!
//! Knows nothing of what is served; work that may take long leaves the lane in the engine.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Plans are trees and are handled by recursion; the bound on their depth needs this much.
pub const STACK_BYTES: usize = 64 << 20;

/// How long a lane that has answered stays awake for the next request: clients send several in a
/// row, and a lane that sleeps takes half of a small request's time to wake up.
const AWAKE: Duration = Duration::from_micros(100);

/// With more connections than this there is always something to do, and nothing to wait for.
const CALM_CONNECTIONS: usize = 4;

thread_local! {
    /// Told of every answer on this thread, if it is a lane.
    static ANSWERED: OnceCell<Rc<Notify>> = const { OnceCell::new() };
}

/// The threads. They end when this is dropped, and what they serve with them.
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
    _open: DropGuard,
}

struct Lane {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

impl Lanes {
    /// One lane for each processor.
    pub(crate) fn start() -> io::Result<Self> {
        let closed = CancellationToken::new();
        let n_lanes = thread::available_parallelism().map_or(1, usize::from);
        let lanes = (0..n_lanes).map(|number| Lane::start(number, closed.clone()));
        Ok(Self {
            lanes: lanes.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
            _open: closed.drop_guard(),
        })
    }

    /// Serves a connection on the next lane in turn.
    pub(crate) fn serve(
        &self,
        tasks: &TaskTracker,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let lane = &self.lanes[turn];
        let connections = Arc::clone(&lane.connections);
        connections.fetch_add(1, Ordering::Relaxed);
        let counted = async move {
            connection.await;
            connections.fetch_sub(1, Ordering::Relaxed);
        };
        tasks.spawn_on(counted, &lane.runtime);
    }
}

/// A request was answered on this thread.
pub(crate) fn answered() {
    ANSWERED.with(|told| {
        if let Some(told) = told.get() {
            told.notify_one();
        }
    });
}

impl Lane {
    /// Starts a thread that runs what is spawned on its handle.
    fn start(number: usize, closed: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let lane = Self {
            runtime: runtime.handle().clone(),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&lane.connections);
        // Not joined: it may be closed from within one of its own tasks, and it ends by itself.
        thread::Builder::new()
            .name(format!("lane-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = closed.cancelled() => {}
                        () = stay_awake(&connections) => {}
                    }
                });
            })?;
        Ok(lane)
    }
}

/// Looks for the next request without sleeping, for a while after each answer.
async fn stay_awake(connections: &AtomicUsize) {
    let told = ANSWERED.with(|told| Rc::clone(told.get_or_init(Rc::default)));
    loop {
        told.notified().await;
        let answered = Instant::now();
        while connections.load(Ordering::Relaxed) <= CALM_CONNECTIONS && answered.elapsed() < AWAKE
        {
            // Gives way to whatever there is to do, and has the runtime look at its sockets.
            yield_now().await;
        }
    }
}
