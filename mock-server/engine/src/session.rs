//! One Spark session: configuration, temporary views, cached relations, artifacts.
//!
//! Knows nothing of who owns it; the server keys sessions by user and id.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{StreamExt, empty};
use parking_lot::RwLock;
use prost::Message;
use sparring_proto::connect::{
    Plan, analyze_plan_request::Analyze, analyze_plan_response::Result as AnalyzeResult,
    plan::OpType, relation::RelType,
};

use crate::cache::Cache;
use crate::catalog::Catalog;
use crate::catalog::functions::FunctionEntry;
use crate::conf::Conf;
use crate::error::{Error, Exception, Result};
use crate::execution::Execution;
use crate::plan::context::Context;
use crate::plan::relation::children::reads_files;
use crate::plan::sources::View;
use crate::plan::{Planned, command};
use crate::session_variables::Variables;
use crate::workspace::Workspace;

/// The size of a request up to which it is resolved on the thread that read it: some hundred
/// nodes, a few milliseconds at the most.
const SHORT_BYTES: usize = 16 << 10;

/// One Spark session.
pub struct Session {
    pub(crate) workspace: Arc<Workspace>,
    conf: Conf,
    artifacts: RwLock<HashMap<String, Bytes>>,
    views: RwLock<HashMap<String, Arc<TempView>>>,
    functions: RwLock<BTreeMap<String, Arc<FunctionEntry>>>,
    checkpoints: RwLock<HashMap<String, Arc<TempView>>>,
    pub(crate) cache: Cache,
    pub(crate) variables: Variables,
    namespace: RwLock<(String, String)>,
}

/// A relation kept under a name: a temporary view, a checkpoint.
pub(crate) struct TempView {
    plan: datafusion::logical_expr::LogicalPlan,
    scope: crate::plan::scope::Scope,
    /// What it was made from, where it is resolved anew at each use.
    view: Option<Arc<View>>,
}

impl TempView {
    /// Keeps a relation.
    pub(crate) fn new(planned: Planned) -> Self {
        Self {
            plan: planned.plan,
            scope: planned.scope,
            view: None,
        }
    }

    /// Keeps a relation that is resolved anew at each use, so that it sees tables as they are then.
    pub(crate) fn resolved_at_use(planned: Planned, view: View) -> Self {
        Self {
            view: Some(Arc::new(view)),
            ..Self::new(planned)
        }
    }

    /// What is to be resolved anew, if anything is.
    pub(crate) fn view(&self) -> Option<&Arc<View>> {
        self.view.as_ref()
    }

    /// The relation again.
    pub(crate) fn planned(&self) -> Planned {
        Planned::new(self.plan.clone(), self.scope.clone())
    }
}

impl Session {
    pub(crate) fn new(workspace: Arc<Workspace>) -> Arc<Self> {
        let conf = Conf::new(workspace.options.flavor);
        let catalog = Catalog::default_catalog(workspace.options.flavor);
        Arc::new(Self {
            workspace,
            conf,
            artifacts: RwLock::default(),
            views: RwLock::default(),
            functions: RwLock::default(),
            checkpoints: RwLock::default(),
            cache: Cache::default(),
            variables: Variables::default(),
            namespace: RwLock::new((catalog.to_owned(), "default".to_owned())),
        })
    }

    /// A copy with the same configuration, temporary views and artifacts, as `CloneSession` wants.
    pub fn duplicate(&self) -> Arc<Self> {
        Arc::new(Self {
            workspace: Arc::clone(&self.workspace),
            conf: self.conf.duplicate(),
            artifacts: RwLock::new(self.artifacts.read().clone()),
            views: RwLock::new(self.views.read().clone()),
            functions: RwLock::new(self.functions.read().clone()),
            checkpoints: RwLock::default(),
            cache: Cache::default(),
            // Spark's clones have functions, and no variables.
            variables: Variables::default(),
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

    /// Keeps a temporary view; false if the name is taken and must not be replaced.
    pub(crate) fn put_temp_view(&self, parts: &[String], view: TempView, replace: bool) -> bool {
        let name = parts.join(".").to_lowercase();
        let mut views = self.views.write();
        if !replace && views.contains_key(&name) {
            return false;
        }
        views.insert(name, Arc::new(view));
        true
    }

    /// Takes a temporary view away; false if there is none.
    pub(crate) fn drop_temp_view(&self, parts: &[String]) -> bool {
        let name = parts.join(".").to_lowercase();
        self.views.write().remove(&name).is_some()
    }

    /// Gives a temporary view another name, unless that is taken.
    pub(crate) fn rename_temp_view(&self, from: &[String], to: &[String]) -> bool {
        let name = |parts: &[String]| parts.join(".").to_lowercase();
        let mut views = self.views.write();
        if views.contains_key(&name(to)) {
            return false;
        }
        match views.remove(&name(from)) {
            Some(view) => views.insert(name(to), view).is_none(),
            None => false,
        }
    }

    /// The names of the temporary views, in order; global ones begin with `global_temp.`.
    pub(crate) fn temp_view_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.views.read().keys().cloned().collect();
        names.sort();
        names
    }

    /// The temporary function of a name.
    pub(crate) fn temp_function(&self, name: &str) -> Option<Arc<FunctionEntry>> {
        self.functions.read().get(&name.to_lowercase()).cloned()
    }

    /// Keeps a temporary function; false if the name is taken and must not be replaced.
    pub(crate) fn put_temp_function(&self, entry: FunctionEntry, replace: bool) -> bool {
        let name = entry.name.to_lowercase();
        let mut functions = self.functions.write();
        if !replace && functions.contains_key(&name) {
            return false;
        }
        functions.insert(name, Arc::new(entry));
        true
    }

    /// Takes a temporary function away; false if there is none.
    pub(crate) fn drop_temp_function(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.functions.write().remove(&name).is_some()
    }

    /// The names of the temporary functions, in order.
    pub(crate) fn temp_function_names(&self) -> Vec<String> {
        self.functions.read().keys().cloned().collect()
    }

    /// Chooses the current catalog and schema.
    pub(crate) fn set_namespace(&self, catalog: String, schema: String) {
        *self.namespace.write() = (catalog, schema);
    }

    /// Keeps a checkpoint under the id that the client gets.
    pub(crate) fn keep_checkpoint(&self, id: String, view: TempView) {
        self.checkpoints.write().insert(id, Arc::new(view));
    }

    /// Forgets a checkpoint.
    pub(crate) fn remove_checkpoint(&self, id: &str) {
        self.checkpoints.write().remove(id);
    }

    /// The checkpoint that the client knows under an id.
    pub(crate) fn checkpoint(&self, id: &str) -> Option<Arc<TempView>> {
        self.checkpoints.read().get(id).cloned()
    }

    /// Runs a plan: a relation's rows as a stream, or a command to its end.
    ///
    /// The future may be dropped at any point to interrupt the work.
    pub async fn execute(self: &Arc<Self>, plan: &Arc<Plan>) -> Result<Execution> {
        if is_short(plan) {
            return Box::pin(self.execute_here(plan)).await;
        }
        let (session, plan) = (Arc::clone(self), Arc::clone(plan));
        let work = Box::pin(async move {
            let mut execution = session.execute_here(&plan).await?;
            let rows = execution.rows.as_mut();
            let batches = rows.map(|rows| mem::replace(&mut rows.batches, empty().boxed()));
            Ok((execution, batches))
        });
        let begun = self.workspace.compute().start(work);
        let (mut execution, batches) = Box::pin(begun).await?;
        if let (Some(rows), Some(batches)) = (&mut execution.rows, batches) {
            rows.batches = batches;
        }
        Ok(execution)
    }

    // Futures are boxed where few of several are used: whoever holds them all moves them all.
    async fn execute_here(self: &Arc<Self>, plan: &Plan) -> Result<Execution> {
        match plan.op_type.as_ref() {
            Some(OpType::Root(relation)) => {
                let context = Context::of(self);
                if let Some(RelType::Catalog(node)) = &relation.rel_type {
                    let answer = Box::pin(command::catalog(&context, node)).await?;
                    return Box::pin(crate::execution::run(&context, &answer)).await;
                }
                if let Some(RelType::Sql(node)) = &relation.rel_type
                    && let Some(answer) = Box::pin(command::root(&context, node)).await?
                {
                    return Box::pin(crate::execution::run(&context, &answer)).await;
                }
                Box::pin(crate::execution::run(&context, relation)).await
            }
            Some(OpType::Command(command)) => {
                let context = Context::of(self);
                Box::pin(command::run(&context, command)).await
            }
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
    pub async fn analyze(self: &Arc<Self>, request: Analyze) -> Result<AnalyzeResult> {
        if request.encoded_len() <= SHORT_BYTES {
            return Box::pin(crate::analyze::analyze(self, &request)).await;
        }
        let session = Arc::clone(self);
        let work = Box::pin(async move { crate::analyze::analyze(&session, &request).await });
        Box::pin(self.workspace.compute().run(work)).await
    }
}

/// Whether a plan is resolved sooner than another thread would have begun with it. Tables that SQL
/// names and what is run go elsewhere on their own.
fn is_short(plan: &Plan) -> bool {
    let by_kind = match plan.op_type.as_ref() {
        Some(OpType::Root(relation)) => !reads_files(relation),
        None => true,
        Some(OpType::Command(command)) => command::is_short(command),
        Some(OpType::CompressedOperation(_)) => false,
    };
    by_kind && plan.encoded_len() <= SHORT_BYTES
}
