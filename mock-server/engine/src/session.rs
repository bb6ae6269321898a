//! One Spark session: configuration, temporary views, cached relations, artifacts.
//!
//! Knows nothing of who owns it; the server keys sessions by user and id.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use sparring_proto::connect::{
    Plan, analyze_plan_request::Analyze, analyze_plan_response::Result as AnalyzeResult,
    plan::OpType,
};

use crate::cache::Cache;
use crate::conf::Conf;
use crate::error::{Error, Exception, Result};
use crate::execution::Execution;
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::workspace::Workspace;

/// One Spark session.
pub struct Session {
    pub(crate) workspace: Arc<Workspace>,
    conf: Conf,
    artifacts: RwLock<HashMap<String, Bytes>>,
    views: RwLock<HashMap<String, Arc<TempView>>>,
    checkpoints: RwLock<HashMap<String, Arc<TempView>>>,
    pub(crate) cache: Cache,
    namespace: RwLock<(String, String)>,
}

/// A relation kept under a name: a temporary view, a checkpoint.
pub(crate) struct TempView {
    plan: datafusion::logical_expr::LogicalPlan,
    scope: crate::plan::scope::Scope,
}

impl TempView {
    /// Keeps a relation.
    pub(crate) fn new(planned: Planned) -> Self {
        Self {
            plan: planned.plan,
            scope: planned.scope,
        }
    }

    /// The relation again.
    pub(crate) fn planned(&self) -> Planned {
        Planned::new(self.plan.clone(), self.scope.clone())
    }
}

impl Session {
    pub(crate) fn new(workspace: Arc<Workspace>) -> Arc<Self> {
        let conf = Conf::new(workspace.options.flavor);
        Arc::new(Self {
            workspace,
            conf,
            artifacts: RwLock::default(),
            views: RwLock::default(),
            checkpoints: RwLock::default(),
            cache: Cache::default(),
            namespace: RwLock::new(("main".to_owned(), "default".to_owned())),
        })
    }

    /// A copy with the same configuration, temporary views and artifacts, as `CloneSession` wants.
    pub fn duplicate(&self) -> Arc<Self> {
        Arc::new(Self {
            workspace: Arc::clone(&self.workspace),
            conf: self.conf.duplicate(),
            artifacts: RwLock::new(self.artifacts.read().clone()),
            views: RwLock::new(self.views.read().clone()),
            checkpoints: RwLock::default(),
            cache: Cache::default(),
            namespace: RwLock::new(self.namespace.read().clone()),
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

    /// The current catalog and schema.
    pub(crate) fn current_namespace(&self) -> (String, String) {
        self.namespace.read().clone()
    }

    /// The temporary view of a name: one part, or two for a global one.
    pub(crate) fn temp_view(&self, parts: &[String]) -> Option<Arc<TempView>> {
        let name = match parts {
            [name] => name.to_lowercase(),
            [database, name] if database.eq_ignore_ascii_case("global_temp") => {
                format!("global_temp.{}", name.to_lowercase())
            }
            _ => return None,
        };
        self.views.read().get(&name).cloned()
    }

    /// The checkpoint that the client knows under an id.
    pub(crate) fn checkpoint(&self, id: &str) -> Option<Arc<TempView>> {
        self.checkpoints.read().get(id).cloned()
    }

    /// Runs a plan: a relation's rows as a stream, or a command to its end.
    ///
    /// The future may be dropped at any point to interrupt the work.
    pub async fn execute(self: &Arc<Self>, plan: &Plan) -> Result<Execution> {
        match plan.op_type.as_ref() {
            Some(OpType::Root(relation)) => {
                let context = Context::of(self);
                crate::execution::run(&context, relation).await
            }
            Some(OpType::Command(_)) => Err(Error::unsupported("commands")),
            Some(OpType::CompressedOperation(_)) => Err(Error::invalid_plan(
                "a compressed plan must be decompressed before it runs",
            )),
            None => Err(Error::plain(
                Exception::UnsupportedOperation,
                "OPTYPE_NOT_SET not supported.",
            )),
        }
    }

    /// Answers a question about a plan; never runs it, except for what `persist` asks.
    pub async fn analyze(self: &Arc<Self>, request: &Analyze) -> Result<AnalyzeResult> {
        crate::analyze::analyze(self, request).await
    }
}
