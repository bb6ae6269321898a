//! Delta tables in directories: snapshots kept between queries, files written, versions committed.
//!
//! On delta-rs. Knows no names: a table is its directory. One process owns the data directory, but a
//! table may have been written by another program, so a snapshot is used again only while no newer
//! version lies in the log; that costs one look at the file system. Over 500 lines because what a snapshot
//! is and how the next one is made from it change together.

mod faults;
mod log;
mod metadata;
pub(crate) mod partition;
mod store;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::{
    CommitBuilder, CommitProperties, TableReference, TransactionError,
};
use deltalake_core::kernel::{Action, Add, CommitInfo};
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::writer::{DeltaWriter, RecordBatchWriter};
use futures::StreamExt;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use serde_json::Value;

use crate::error::{Error, Exception, Result};
use crate::types;
use log::{commits, earliest_version};

pub(crate) use log::{Operation, history};
pub(crate) use metadata::{TableMetadata, metadata};

/// Table features that a reader may meet; whether deletion vectors or column mapping are in use is
/// seen at the files and the properties.
const READER_FEATURES: [&str; 3] = ["timestampNtz", "columnMapping", "deletionVectors"];

/// All Delta tables that were opened.
#[derive(Default)]
pub(crate) struct DeltaTables {
    open: Mutex<HashMap<PathBuf, Arc<Handle>>>,
}

/// One directory.
struct Handle {
    root: PathBuf,
    log: LogStoreRef,
    latest: Mutex<Option<Arc<Snapshot>>>,
    /// Held while a version is made from another, so that our own writers never conflict.
    writing: Arc<tokio::sync::Mutex<()>>,
}

/// A version of a table.
pub(crate) struct Snapshot {
    state: DeltaTableState,
    /// The columns in Spark's types.
    pub(crate) schema: SchemaRef,
    /// Its columns that partition it.
    pub(crate) partition_columns: Vec<String>,
    /// The table's directory.
    pub(crate) root: PathBuf,
}

/// A file of a version.
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) partition_values: HashMap<String, Option<String>>,
}

impl Snapshot {
    fn new(root: &Path, state: DeltaTableState) -> Result<Self> {
        let metadata = state.metadata();
        let text = serde_json::to_string(state.schema().as_ref()).map_err(odd_log)?;
        let DataType::Struct(fields) = types::json::from_json(&text)? else {
            return Err(Error::internal("a Delta schema is no struct"));
        };
        let partition_columns = metadata.partition_columns().to_vec();
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            partition_columns,
            root: root.to_owned(),
            state,
        })
    }

    /// The version.
    pub(crate) fn version(&self) -> u64 {
        self.state.version()
    }

    /// `delta.…` and the user's own properties.
    pub(crate) fn properties(&self) -> &HashMap<String, String> {
        self.state.metadata().configuration()
    }

    /// The table's id.
    pub(crate) fn id(&self) -> &str {
        self.state.metadata().id()
    }

    /// The comment.
    pub(crate) fn description(&self) -> Option<&str> {
        self.state.metadata().description()
    }

    /// When the table was made.
    pub(crate) fn created_ms(&self) -> Option<i64> {
        self.state.metadata().created_time()
    }

    /// Protocol versions for readers and writers.
    pub(crate) fn protocol(&self) -> (i32, i32) {
        let protocol = self.state.protocol();
        (protocol.min_reader_version(), protocol.min_writer_version())
    }

    /// What readers and writers of the table must know, by the names of the protocol.
    pub(crate) fn features(&self) -> Vec<String> {
        let protocol = self.state.protocol();
        let readers = protocol.reader_features().unwrap_or_default();
        let writers = protocol.writer_features().unwrap_or_default();
        let mut names: Vec<String> = readers
            .iter()
            .chain(writers)
            .map(|feature| feature.as_ref().to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The live files; tables whose files cannot be read as they lie are refused.
    pub(crate) fn files(&self) -> Result<Vec<DataFile>> {
        self.state
            .log_data()
            .iter()
            .map(|file| {
                if file.deletion_vector_descriptor().is_some() {
                    return Err(Error::unsupported("reading Delta deletion vectors"));
                }
                Ok(DataFile {
                    path: self
                        .root
                        .join(file.object_store_path().as_ref().trim_start_matches('/')),
                    size: u64::try_from(file.size()).unwrap_or(0),
                    partition_values: file.partition_values_map(),
                })
            })
            .collect()
    }

    /// Actions that take all files away.
    pub(crate) fn remove_all(&self) -> Vec<Action> {
        self.state
            .log_data()
            .iter()
            .map(|file| Action::Remove(file.remove_action(true)))
            .collect()
    }

    /// Actions that take files away by their numbers, which are those of `files`.
    pub(crate) fn remove_numbered(&self, numbers: &BTreeSet<i32>) -> Vec<Action> {
        self.state
            .log_data()
            .iter()
            .zip(0_i32..)
            .filter(|(_, number)| numbers.contains(number))
            .map(|(file, _)| Action::Remove(file.remove_action(true)))
            .collect()
    }

    /// Actions that take some files away, by their place.
    pub(crate) fn remove_some(
        &self,
        keep: impl Fn(&HashMap<String, Option<String>>) -> bool,
    ) -> Vec<Action> {
        self.state
            .log_data()
            .iter()
            .filter(|file| !keep(&file.partition_values_map()))
            .map(|file| Action::Remove(file.remove_action(true)))
            .collect()
    }
}

/// The right to make the next version.
pub(crate) struct Writing {
    handle: Arc<Handle>,
    _guard: tokio::sync::OwnedMutexGuard<()>,
}

impl DeltaTables {
    fn handle(&self, root: &Path) -> Result<Arc<Handle>> {
        let mut open = self.open.lock();
        if let Some(handle) = open.get(root) {
            return Ok(Arc::clone(handle));
        }
        let handle = Arc::new(Handle {
            root: root.to_owned(),
            log: store::log_store(root)?,
            latest: Mutex::new(None),
            writing: Arc::default(),
        });
        open.insert(root.to_owned(), Arc::clone(&handle));
        Ok(handle)
    }

    /// Forgets a table that was dropped.
    pub(crate) fn forget(&self, root: &Path) {
        self.open.lock().remove(root);
    }

    /// Whether a Delta table lies there.
    pub(crate) fn exists(root: &Path) -> bool {
        root.join("_delta_log").is_dir()
    }

    /// The newest version.
    pub(crate) async fn latest(&self, root: &Path) -> Result<Arc<Snapshot>> {
        self.handle(root)?.latest().await
    }

    /// An older version.
    pub(crate) async fn at_version(
        &self,
        root: &Path,
        shown: &str,
        version: u64,
    ) -> Result<Arc<Snapshot>> {
        let handle = self.handle(root)?;
        let latest = handle.latest().await?;
        if latest.version() == version {
            return Ok(latest);
        }
        let missing = |_: DeltaTableError| {
            let earliest = earliest_version(root);
            Error::new(
                "DELTA_VERSION_NOT_FOUND",
                [
                    ("userVersion", version.to_string()),
                    ("earliest", earliest.to_string()),
                    ("latest", latest.version().to_string()),
                ],
            )
            .hint(format!("the table is {shown}"))
        };
        if version > latest.version() {
            return Err(missing(DeltaTableError::NotATable(String::new())));
        }
        let state = DeltaTableState::try_new(handle.log.as_ref(), Some(version))
            .await
            .map_err(missing)?;
        Snapshot::new(root, state).map(Arc::new)
    }

    /// The version that was current at a time, in milliseconds.
    pub(crate) async fn at_timestamp(
        &self,
        root: &Path,
        shown: &str,
        text: &str,
        timestamp_ms: i64,
    ) -> Result<Arc<Snapshot>> {
        let commits = commits(root)?;
        let Some((_, last)) = commits.last() else {
            return Err(not_a_table(shown));
        };
        let time = |ms: i64| {
            chrono::DateTime::from_timestamp_millis(ms)
                .map(|t| t.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
                .unwrap_or_default()
        };
        let found = commits.iter().rev().find(|(_, at)| *at <= timestamp_ms);
        let Some((version, _)) = found else {
            let first = time(commits.first().map_or(0, |(_, at)| *at));
            return Err(Error::new(
                "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
                [
                    ("userTimestamp", text.to_owned()),
                    ("commitTs", first.clone()),
                    ("timestampString", first),
                ],
            ));
        };
        if timestamp_ms > *last {
            return Err(Error::new(
                "DELTA_TIMESTAMP_GREATER_THAN_COMMIT",
                [
                    ("providedTimestamp", text.to_owned()),
                    ("tableName", time(*last)),
                    ("maximumTimestamp", time(*last)),
                ],
            ));
        }
        self.at_version(root, shown, *version).await
    }

    /// Takes the right to make the next version of a table that may not exist yet.
    pub(crate) async fn write(&self, root: &Path) -> Result<Writing> {
        let handle = self.handle(root)?;
        let guard = Arc::clone(&handle.writing).lock_owned().await;
        Ok(Writing {
            handle,
            _guard: guard,
        })
    }
}

impl Handle {
    async fn latest(&self) -> Result<Arc<Snapshot>> {
        let known = self.latest.lock().clone();
        let log = self.root.join("_delta_log");
        let snapshot = match known {
            Some(snapshot) => {
                let next = log.join(format!("{:020}.json", snapshot.version() + 1));
                let present = log.join(format!("{:020}.json", snapshot.version()));
                match (next.exists(), present.exists() || log.exists()) {
                    (false, true) => return Ok(snapshot),
                    _ => self.load().await?,
                }
            }
            None => self.load().await?,
        };
        *self.latest.lock() = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    async fn load(&self) -> Result<Arc<Snapshot>> {
        let state = DeltaTableState::try_new(self.log.as_ref(), None)
            .await
            .map_err(|error| faults::unreadable(&self.root, error))?;
        let protocol = state.protocol();
        if let Some(features) = protocol.reader_features() {
            for feature in features {
                let name = feature.to_string();
                if !READER_FEATURES.contains(&name.as_str()) {
                    return Err(Error::unsupported(format!(
                        "the Delta table feature {name}"
                    )));
                }
            }
        }
        let mapping = state
            .metadata()
            .configuration()
            .get("delta.columnMapping.mode");
        if mapping.is_some_and(|mode| mode != "none") {
            return Err(Error::unsupported("Delta column mapping"));
        }
        Snapshot::new(&self.root, state).map(Arc::new)
    }
}

impl Writing {
    /// The version that is there now; none if there is no table yet.
    pub(crate) async fn current(&self) -> Result<Option<Arc<Snapshot>>> {
        if !DeltaTables::exists(&self.handle.root) {
            return Ok(None);
        }
        self.handle.latest().await.map(Some)
    }

    /// Writes rows as new files of the table and answers with the actions that add them.
    pub(crate) async fn add_files(
        &self,
        schema: &SchemaRef,
        partition_columns: &[String],
        mut batches: BoxStream<'static, Result<RecordBatch>>,
    ) -> Result<(Vec<Action>, u64)> {
        let root = self.handle.root.as_path();
        let unwritable = |error| faults::unwritable(root, error);
        std::fs::create_dir_all(root).map_err(|error| unwritable(error.into()))?;
        let (address, options) = store::for_writer(root)?;
        let mut writer = RecordBatchWriter::try_new(
            address,
            Arc::clone(schema),
            Some(partition_columns.to_vec()),
            Some(options),
        )
        .map_err(failed)?;
        let mut n_rows = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            n_rows += u64::try_from(batch.num_rows()).unwrap_or(0);
            let batch = required(&batch, schema)?;
            writer.write(batch).await.map_err(unwritable)?;
        }
        let mut added: Vec<Add> = writer.flush().await.map_err(unwritable)?;
        for add in &mut added {
            partition::as_spark(&mut add.partition_values, schema);
        }
        Ok((added.into_iter().map(Action::Add).collect(), n_rows))
    }

    /// Makes the next version.
    pub(crate) async fn commit(
        &self,
        base: Option<&Snapshot>,
        actions: Vec<Action>,
        operation: Operation,
        metrics: Value,
    ) -> Result<Arc<Snapshot>> {
        metadata::refuse_unchecked(base, &actions)?;
        let parameters = operation
            .parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let removes = |action: &Action| matches!(action, Action::Remove(_));
        let blind = !operation.reads && !actions.iter().any(removes);
        let info = CommitInfo {
            timestamp: Some(super::now_ms()),
            operation: Some(operation.name.to_owned()),
            operation_parameters: Some(parameters),
            read_version: base.map(Snapshot::version),
            is_blind_append: Some(blind),
            engine_info: Some(concat!("Sparring/", env!("CARGO_PKG_VERSION")).to_owned()),
            info: HashMap::from([("operationMetrics".to_owned(), metrics)]),
            ..CommitInfo::default()
        };
        let mut all = vec![Action::CommitInfo(info)];
        all.extend(actions);
        let properties = CommitProperties::default().with_cleanup_expired_logs(Some(false));
        let finished = CommitBuilder::from(properties)
            .with_actions(all)
            .build(
                base.map(|base| &base.state as &dyn TableReference),
                Arc::clone(&self.handle.log),
                DeltaOperation::Write {
                    mode: SaveMode::Append,
                    partition_by: None,
                    predicate: None,
                },
            )
            .await
            .map_err(|error| faults::unwritable(&self.handle.root, error))?;
        let snapshot = Arc::new(Snapshot::new(&self.handle.root, finished.snapshot())?);
        *self.handle.latest.lock() = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }
}

/// The batch under the table's schema; a null where the table forbids it is Delta's error.
fn required(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let forbidden = |(field, column): (&FieldRef, &Arc<dyn Array>)| {
        (!field.is_nullable() && column.null_count() > 0).then(|| field.name().clone())
    };
    if let Some(name) = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .find_map(forbidden)
    {
        return Err(Error::new(
            "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
            [("columnName", name)],
        ));
    }
    let plain: Vec<Field> = schema.fields().iter().map(|f| f.as_ref().clone()).collect();
    crate::functions::kernels::batch(
        Arc::new(Schema::new(plain)),
        batch.columns().to_vec(),
        batch.num_rows(),
    )
}

/// Spark's complaint about a path that holds no Delta table.
pub(crate) fn not_a_table(shown: &str) -> Error {
    Error::new("DELTA_TABLE_NOT_FOUND", [("tableName", shown.to_owned())])
}

fn odd_log(error: serde_json::Error) -> Error {
    Error::internal(format!("a Delta schema or action: {error}"))
}

/// Why delta-rs makes no version.
fn refused(error: &TransactionError) -> Error {
    match error {
        TransactionError::VersionAlreadyExists(_)
        | TransactionError::CommitConflict(_)
        | TransactionError::MaxCommitAttempts(_) => Error::plain(
            Exception::Delta,
            format!("[DELTA_CONCURRENT_WRITE] the commit conflicts with another: {error}"),
        ),
        TransactionError::UnsupportedTableFeatures(features) => {
            let names: Vec<String> = features.iter().map(ToString::to_string).collect();
            Error::unsupported(format!(
                "writing a Delta table with the features {}",
                names.join(", ")
            ))
        }
        other => Error::internal(format!("Delta: {other}")),
    }
}

/// A failure of delta-rs; our own errors come back out of it.
fn failed(error: DeltaTableError) -> Error {
    match error {
        DeltaTableError::Transaction { source } => refused(&source),
        DeltaTableError::Arrow { source } => Error::from(source),
        other => Error::internal(format!("Delta: {other}")),
    }
}
