//! One Spark session: configuration, temporary views, cached relations, artifacts.
//!
//! Knows nothing of who owns it; the server keys sessions by user and id.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use sparring_proto::connect::{
    Plan, analyze_plan_request::Analyze, analyze_plan_response::Result as AnalyzeResult,
};

use crate::conf::Conf;
use crate::error::{Error, Result};
use crate::execution::Execution;
use crate::workspace::Workspace;

/// One Spark session.
pub struct Session {
    pub(crate) workspace: Arc<Workspace>,
    conf: Conf,
    artifacts: RwLock<HashMap<String, Bytes>>,
}

impl Session {
    pub(crate) fn new(workspace: Arc<Workspace>) -> Arc<Self> {
        let conf = Conf::new(workspace.options.flavor);
        Arc::new(Self {
            workspace,
            conf,
            artifacts: RwLock::default(),
        })
    }

    /// A copy with the same configuration, temporary views and artifacts, as `CloneSession` wants.
    pub fn duplicate(&self) -> Arc<Self> {
        Arc::new(Self {
            workspace: Arc::clone(&self.workspace),
            conf: self.conf.duplicate(),
            artifacts: RwLock::new(self.artifacts.read().clone()),
        })
    }

    /// The session's configuration.
    pub fn conf(&self) -> &Conf {
        &self.conf
    }

    /// Keeps an uploaded artifact under its full name, such as `cache/<sha256>`.
    pub fn add_artifact(&self, name: String, content: Bytes) {
        self.artifacts.write().insert(name, content);
    }

    /// The artifact of that full name.
    pub fn artifact(&self, name: &str) -> Option<Bytes> {
        self.artifacts.read().get(name).cloned()
    }

    /// Runs a plan: a relation's rows as a stream, or a command to its end.
    ///
    /// The future may be dropped at any point to interrupt the work.
    pub async fn execute(self: &Arc<Self>, plan: &Plan) -> Result<Execution> {
        let _ = plan;
        Err(Error::unsupported("execution"))
    }

    /// Answers a question about a plan; never runs it, except for what `persist` asks.
    pub async fn analyze(self: &Arc<Self>, request: &Analyze) -> Result<AnalyzeResult> {
        let _ = request;
        Err(Error::unsupported("analysis"))
    }
}
