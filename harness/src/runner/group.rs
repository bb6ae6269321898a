//! A process group that ends with its owner, so that a dropped run leaves no process behind.

use std::time::Duration;

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::Child;

/// The group that a child leads. Dropping it kills what is left of the group.
#[derive(Debug)]
#[must_use = "the group is killed when this is dropped"]
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// The group of a child that was started with `process_group(0)`.
    pub(crate) fn of(child: &Child) -> Self {
        Self(
            child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .map(Pid::from_raw),
        )
    }

    /// Asks the group to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends the group.
    pub(crate) fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Asks the group to end and ends it after `grace`.
    pub(crate) fn terminate_then_kill(&self, grace: Duration) {
        self.terminate();
        let group = Self(self.0);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            drop(group);
        });
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // ESRCH means that nothing is left of it, which is what was wanted.
            let _ = killpg(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
