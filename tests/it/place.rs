//! An empty workspace for the cases of one file, and a runtime to run them on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sparring_engine::{Flavor, Options, Session, Workspace};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const STACK_BYTES: usize = 16 << 20;

/// How many bytes a query must read to be run by several partitions; a default workspace's number,
/// which no case reaches.
pub(crate) const RARELY_PARALLEL: u64 = 8 << 20;

/// The recorded answers and what they were asked about.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

pub(crate) struct Place {
    directory: TempDir,
    workspace: Arc<Workspace>,
    runtime: Option<Runtime>,
}

impl Place {
    /// For the cases of the file of that name.
    pub(crate) fn new(file: &str, parallel_bytes: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let workspace = runtime
            .block_on(Workspace::open(Options {
                data_dir: directory.path().to_path_buf(),
                flavor: Flavor::Oss,
                memory_limit_bytes: 1 << 30,
                parallel_bytes,
                user: "dev@example.com".to_owned(),
                python: None,
            }))
            .expect("a workspace");
        if file.starts_with("plans/files/") {
            // Where a path without a scheme lies in this flavor; the link of `tests/record/record.py`.
            let target = directory.path().join("driver/tmp/sparring-fixtures/files");
            copy(&fixtures().join("files"), &target);
        }
        Self {
            directory,
            workspace,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn session(&self) -> Arc<Session> {
        let session = self.workspace.session();
        let set = session.conf().set("spark.sql.session.timeZone", "UTC");
        set.expect("the session's zone can be set");
        session
    }

    /// The recorder begins every case without what the one before it wrote.
    pub(crate) fn clear_scratch(&self) {
        let scratch = self.directory.path().join("driver/tmp/sparring-scratch");
        if scratch.exists() {
            std::fs::remove_dir_all(&scratch).expect("an empty scratch directory");
        }
    }

    /// Runs `work` to its end on a thread with a large stack.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let runtime = self.runtime.as_ref().expect("a runtime until the end");
        runtime.block_on(runtime.spawn(work))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("the files of fixtures") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copied file");
        }
    }
}
