//! The state that all sessions share: catalog, storage, memory pool.
//!
//! Knows nothing of a single session's configuration or views.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;

use crate::catalog::Catalog;
use crate::conf::Flavor;
use crate::error::Result;
use crate::io::inferred::Inferred;
use crate::physical::Physical;
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
    /// What `current_user()` answers.
    pub user: String,
    /// The interpreter for Python workers.
    pub python: Option<PathBuf>,
}

/// One fake workspace: everything that outlives a session.
pub struct Workspace {
    pub(crate) options: Options,
    pub(crate) catalog: Catalog,
    physical: Physical,
    inferred: Inferred,
}

impl Workspace {
    /// Opens the data directory, making what a new workspace has: catalog `main` with schema
    /// `default`, and `hive_metastore.default`.
    pub async fn open(options: Options) -> Result<Arc<Self>> {
        let config = SessionConfig::new()
            // One partition: rows keep the order that Spark's small inputs have, and plans of small
            // data need no exchange. Sessions run beside each other, not one query in parallel.
            .with_target_partitions(1)
            .with_information_schema(false)
            .set_bool(
                "datafusion.execution.parquet.schema_force_view_types",
                false,
            )
            .set_bool(
                "datafusion.execution.skip_physical_aggregate_schema_check",
                true,
            );
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_limit(options.memory_limit_bytes, 1.0)
            .build_arc()?;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        let catalog = Catalog::open(&options.data_dir, options.flavor)?;
        Ok(Arc::new(Self {
            options,
            catalog,
            physical: Physical::new(state),
            inferred: Inferred::default(),
        }))
    }

    /// The engine's rules, configuration and memory pool; the same for all sessions.
    pub(crate) fn physical(&self) -> &Physical {
        &self.physical
    }

    /// Schemas inferred from files.
    pub(crate) fn inferred(&self) -> &Inferred {
        &self.inferred
    }

    /// A fresh session with default configuration.
    pub fn session(self: &Arc<Self>) -> Arc<Session> {
        Session::new(Arc::clone(self))
    }
}
