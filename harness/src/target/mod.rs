//! Where a fake workspace comes from. The harness speaks to it through its ready line and its
//! journal only, so that a process, a container or a remote workspace look the same to it.

mod process;

use std::path::PathBuf;

use async_trait::async_trait;
pub use process::ProcessTarget;
use serde::Deserialize;
use sparring_journal::Entry;

use crate::{Error, sandbox::Sandbox};

/// The one line that a workspace prints when it answers requests. Keys that are added later are
/// skipped, so that a newer workspace can be used.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    /// Always `ready`.
    pub event: String,
    /// Proxy that tunnels to the workspace's hosts and nowhere else.
    pub proxy: String,
    /// Certificate authority of the workspace.
    pub ca_file: PathBuf,
}

/// Makes workspaces.
#[async_trait]
pub trait Target: Send + Sync {
    /// Starts a workspace that reads `sandbox.server_config_file()`.
    ///
    /// # Errors
    /// When it refuses the configuration or does not get ready.
    async fn start(&self, sandbox: &Sandbox) -> Result<Box<dyn Workspace>, Error>;
}

/// A running workspace. Dropping it ends it at once; [`Workspace::stop`] ends it in order.
#[async_trait]
pub trait Workspace: Send {
    /// How to reach it.
    fn ready(&self) -> &Ready;

    /// What it has journalled since the last call.
    fn new_entries(&mut self) -> Vec<Entry>;

    /// Ends it and answers the whole journal.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn stop(self: Box<Self>) -> Result<Vec<Entry>, Error>;
}
