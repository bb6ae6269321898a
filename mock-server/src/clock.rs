//! Time as a value that is passed in, so that tests can move it.
//!
//! Only durations between two readings mean anything; wall time is the journal's.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// A clock. Cheap to clone; clones tell the same time.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System(Instant),
    Given(Arc<dyn Fn() -> Duration + Send + Sync>),
}

impl Clock {
    /// The machine's monotonic clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// A clock that somebody else moves.
    #[must_use]
    pub fn given(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Source::Given(Arc::new(now)))
    }

    /// Time since this clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.0 {
            Source::System(start) => start.elapsed(),
            Source::Given(now) => now(),
        }
    }
}
