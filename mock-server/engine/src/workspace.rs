//! The state that all sessions share: catalog, storage, memory pool.
//!
//! Knows nothing of a single session's configuration or views.

use std::fs::{File, TryLockError};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;

use crate::catalog::Catalog;
use crate::compute::Compute;
use crate::conf::Flavor;
use crate::error::{Error, Exception, Result};
use crate::io::inferred::Inferred;
use crate::physical::Physical;
use crate::session::Session;

/// How many of the largest holders of memory an error about it names.
const REPORTED_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// How a workspace is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where tables, files and the catalog database live; made if it does not exist.
    pub data_dir: PathBuf,
    /// Whose configuration rules hold.
    pub flavor: Flavor,
    /// What queries may hold in memory before they spill, in bytes.
    pub memory_limit_bytes: usize,
    /// From how many bytes on a query that joins, groups or sorts is run by all processors. Below,
    /// rows keep the order that small inputs have in Spark.
    pub parallel_bytes: u64,
    /// What `current_user()` answers.
    pub user: String,
    /// The interpreter for Python workers.
    pub python: Option<PathBuf>,
}

/// One fake workspace: everything that outlives a session.
pub struct Workspace {
    pub(crate) options: Options,
    pub(crate) catalog: Catalog,
    physical: Arc<Physical>,
    compute: Compute,
    inferred: Inferred,
    /// Held while this is the one process in the data directory.
    _lock: File,
}

impl Workspace {
    /// Opens the data directory, making what a new workspace has: catalog `main` with schema
    /// `default`, and `hive_metastore.default`. Work that may take long will run on the runtime that
    /// this is called on.
    pub async fn open(options: Options) -> Result<Arc<Self>> {
        let config = SessionConfig::new()
            // More where it is worth it (`physical/`).
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
            // Each operator that can spill gets its share: with one pot for all, the first takes
            // everything and the others fail.
            .with_memory_pool(Arc::new(TrackConsumersPool::new(
                FairSpillPool::new(options.memory_limit_bytes),
                REPORTED_CONSUMERS,
            )))
            .build_arc()?;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        let lock = locked(&options.data_dir)?;
        let catalog = Catalog::open(&options.data_dir, options.flavor)?;
        Ok(Arc::new(Self {
            _lock: lock,
            physical: Arc::new(Physical::new(state, options.parallel_bytes)),
            options,
            catalog,
            compute: Compute::here(),
            inferred: Inferred::default(),
        }))
    }

    /// The engine's rules, configuration and memory pool; the same for all sessions.
    pub(crate) fn physical(&self) -> &Arc<Physical> {
        &self.physical
    }

    /// The threads for what may take long.
    pub(crate) fn compute(&self) -> &Compute {
        &self.compute
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

/// Takes the data directory for this process; it is given back with the file, whatever ends us.
fn locked(data_dir: &Path) -> Result<File> {
    let failed = |error: std::io::Error| {
        let shown = data_dir.display();
        Error::plain(
            Exception::IllegalArgument,
            format!(
                "the data directory {shown} cannot be locked: {error}; it has to be writable for the user that runs Sparring, or another named"
            ),
        )
    };
    let file = File::create(data_dir.join(".lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(failed(error)),
        Err(TryLockError::WouldBlock) => Err(Error::plain(
            Exception::IllegalArgument,
            format!(
                "the data directory {} is in use by another Sparring; give each its own, or stop the other",
                data_dir.display()
            ),
        )),
    }
}
