//! Where work runs. Short work stays on the thread that asks for it, which for a client's small
//! request is the thread that reads its socket: waking another one costs more than the answer.
//! Everything that may take long, or waits for files, goes to the threads the workspace was opened on.
//!
//! Knows nothing of plans; callers decide what is short.

use std::panic::resume_unwind;

use futures::FutureExt;
use futures::stream::{BoxStream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::error::{Error, Result};

/// Finished items that may wait for the one who reads them.
const AHEAD: usize = 2;

/// What work yields piece by piece.
pub(crate) type Items<T> = BoxStream<'static, Result<T>>;

/// The threads for work that may take long.
pub(crate) struct Compute {
    runtime: Handle,
}

impl Compute {
    /// The runtime that this is called on.
    pub(crate) fn here() -> Self {
        Self {
            runtime: Handle::current(),
        }
    }

    fn is_here(&self) -> bool {
        Handle::try_current().is_ok_and(|current| current.id() == self.runtime.id())
    }

    /// Runs `work` to its end; dropping the future cancels it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if self.is_here() {
            return work.await;
        }
        // A set, because it cancels what it holds when it is dropped.
        let mut task = JoinSet::new();
        task.spawn_on(work, &self.runtime);
        match task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(failed)) if failed.is_panic() => resume_unwind(failed.into_panic()),
            Some(Err(_)) | None => Err(cancelled()),
        }
    }

    /// The same items, made over there; dropping the stream cancels the work.
    pub(crate) fn stream<T: Send + 'static>(&self, items: Items<T>) -> Items<T> {
        if self.is_here() {
            return items;
        }
        let (sender, receiver) = mpsc::channel(AHEAD);
        let mut task = JoinSet::new();
        task.spawn_on(hand_over(items, sender), &self.runtime);
        received(receiver, task)
    }

    /// Runs `work` over there and goes on there with the items that it begins.
    pub(crate) async fn start<T: Send + 'static, U: Send + 'static>(
        &self,
        work: impl Future<Output = Result<(T, Option<Items<U>>)>> + Send + 'static,
    ) -> Result<(T, Option<Items<U>>)> {
        if self.is_here() {
            return work.await;
        }
        let (sender, receiver) = mpsc::channel(AHEAD);
        let (begun, has_begun) = oneshot::channel();
        let mut task = JoinSet::new();
        let all = async move {
            let (value, items) = match work.await {
                Ok(begun) => begun,
                Err(error) => return drop(begun.send(Err(error))),
            };
            let Some(mut items) = items else {
                return drop(begun.send(Ok((value, false))));
            };
            // What is there already goes along, so that the other thread is woken once.
            let first = items.next().now_or_never();
            let is_over = matches!(first, Some(None));
            if let Some(Some(item)) = first {
                drop(sender.try_send(item));
            }
            if begun.send(Ok((value, true))).is_ok() && !is_over {
                hand_over(items, sender).await;
            }
        };
        task.spawn_on(all, &self.runtime);
        match has_begun.await {
            Ok(Ok((value, has_items))) => Ok((value, has_items.then(|| received(receiver, task)))),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ended(&mut task).await.unwrap_or_else(cancelled)),
        }
    }
}

async fn hand_over<T>(mut items: Items<T>, sender: mpsc::Sender<Result<T>>) {
    while let Some(item) = items.next().await {
        // Nobody reads any more: the stream was dropped.
        if sender.send(item).await.is_err() {
            return;
        }
    }
}

fn received<T: Send + 'static>(receiver: mpsc::Receiver<Result<T>>, task: JoinSet<()>) -> Items<T> {
    let state = Some((receiver, task));
    futures::stream::unfold(state, |state| async move {
        let (mut receiver, mut task) = state?;
        if let Some(item) = receiver.recv().await {
            return Some((item, Some((receiver, task))));
        }
        // The end, or that of the work, which must not look like the end.
        ended(&mut task).await.map(|error| (Err(error), None))
    })
    .boxed()
}

/// Why the work ended, if not by itself. Whoever guards against panics of the engine guards here.
async fn ended(task: &mut JoinSet<()>) -> Option<Error> {
    match task.join_next().await {
        Some(Err(failed)) if failed.is_panic() => resume_unwind(failed.into_panic()),
        Some(Err(_)) => Some(cancelled()),
        Some(Ok(())) | None => None,
    }
}

fn cancelled() -> Error {
    Error::of("OPERATION_CANCELED")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_another_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(work)
    }

    fn thread_name() -> Option<String> {
        std::thread::current().name().map(str::to_owned)
    }

    #[test]
    fn work_and_streams_run_on_the_runtime_they_were_made_for() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("compute")
            .build()
            .unwrap();
        let compute = runtime.block_on(async { Compute::here() });
        let names = on_another_thread(async move {
            let once = compute.run(async { Ok(thread_name()) }).await.unwrap();
            let items = || {
                let items = futures::stream::iter(0..3).map(|_| Ok(thread_name()));
                items.boxed()
            };
            let mut all = vec![once];
            let mut streams = vec![compute.stream(items())];
            let (begun, rest) = compute
                .start(async move { Ok((thread_name(), Some(items()))) })
                .await
                .unwrap();
            all.push(begun);
            streams.extend(rest);
            for stream in streams {
                all.extend(stream.map(Result::unwrap).collect::<Vec<_>>().await);
            }
            all
        });
        assert_eq!(names, vec![Some("compute".to_owned()); 8]);
    }

    #[test]
    fn dropped_work_is_cancelled() {
        struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                let _ = self.0.take().map(|sender| sender.send(()));
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let compute = runtime.block_on(async { Compute::here() });
        on_another_thread(async move {
            let (sender, dropped) = tokio::sync::oneshot::channel();
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let guard = Dropped(Some(sender));
            let mut work = Box::pin(compute.run(async move {
                let _guard = guard;
                let _ = begun.send(());
                futures::future::pending::<Result<()>>().await
            }));
            drop(futures::future::select(&mut work, has_begun).await);
            drop(work);
            dropped.await.unwrap();
        });
    }
}
