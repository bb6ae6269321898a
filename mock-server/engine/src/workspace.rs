//! The state that all sessions share: catalog, storage, memory pool.
//!
//! Knows nothing of a single session's configuration or views.

use std::path::PathBuf;
use std::sync::Arc;

use crate::conf::Flavor;
use crate::error::Result;
use crate::session::Session;

/// How a workspace is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where tables, files and the catalog database live; made if it does not exist.
    pub data_dir: PathBuf,
    /// Whose configuration rules hold.
    pub flavor: Flavor,
    /// What queries may hold in memory before they spill, in bytes.
    pub memory_limit_bytes: usize,
    /// The interpreter for Python workers.
    pub python: Option<PathBuf>,
}

/// One fake workspace: everything that outlives a session.
pub struct Workspace {
    pub(crate) options: Options,
}

impl Workspace {
    /// Opens the data directory, making what a new workspace has: catalog `main` with schema
    /// `default`, and `hive_metastore.default`.
    pub async fn open(options: Options) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { options }))
    }

    /// A fresh session with default configuration.
    pub fn session(self: &Arc<Self>) -> Arc<Session> {
        Session::new(Arc::clone(self))
    }
}
