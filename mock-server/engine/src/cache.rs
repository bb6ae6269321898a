//! `persist`: relations whose rows are kept after they were first computed.
//!
//! An entry is found by the canonical text of a resolved plan, so that a relation built anew in the
//! same way reads the kept rows too, as in Spark's `CacheManager`.

use std::collections::{HashMap, HashSet};
use std::mem::Discriminant;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session as PlanSession, TableProvider};
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result as PlanResult;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::{ExecutionPlan, collect};
use parking_lot::RwLock;
use sparring_proto::connect::StorageLevel;
use sparring_proto::connect::relation::RelType;

use crate::plan::scope::Column;

/// The level that `persist` means when none is given: `MEMORY_AND_DISK_DESER`.
const DEFAULT_LEVEL: StorageLevel = StorageLevel {
    use_disk: true,
    use_memory: true,
    use_off_heap: false,
    deserialized: true,
    replication: 1,
};

/// The level of what is not persisted.
pub(crate) const NO_LEVEL: StorageLevel = StorageLevel {
    use_disk: false,
    use_memory: false,
    use_off_heap: false,
    deserialized: false,
    replication: 1,
};

/// The persisted relations of a session.
#[derive(Default)]
pub(crate) struct Cache {
    entries: RwLock<HashMap<String, Entry>>,
    /// The operators at the top of the entries; others need no comparison.
    kinds: RwLock<HashSet<Discriminant<RelType>>>,
}

struct Entry {
    level: StorageLevel,
    rows: Arc<Kept>,
}

impl Cache {
    /// Whether a relation of this kind may be among the entries at all.
    pub(crate) fn may_hold(&self, operator: &RelType) -> bool {
        let kinds = self.kinds.read();
        !kinds.is_empty() && kinds.contains(&std::mem::discriminant(operator))
    }

    /// The rows of a persisted relation.
    pub(crate) fn rows(&self, fingerprint: &str) -> Option<Arc<Kept>> {
        self.entries
            .read()
            .get(fingerprint)
            .map(|entry| Arc::clone(&entry.rows))
    }

    /// The level of a persisted relation.
    pub(crate) fn level(&self, fingerprint: &str) -> Option<StorageLevel> {
        self.entries
            .read()
            .get(fingerprint)
            .map(|entry| entry.level)
    }

    /// Persists a relation; one that already is keeps its rows and level, as in Spark.
    pub(crate) fn persist(
        &self,
        fingerprint: String,
        operator: &RelType,
        plan: LogicalPlan,
        columns: Vec<Column>,
        level: Option<StorageLevel>,
    ) {
        self.kinds.write().insert(std::mem::discriminant(operator));
        self.entries.write().entry(fingerprint).or_insert_with(|| {
            let level = level.unwrap_or(DEFAULT_LEVEL);
            Entry {
                level,
                rows: Arc::new(Kept::new(plan, columns, level)),
            }
        });
    }

    /// Forgets a relation and frees its rows.
    pub(crate) fn unpersist(&self, fingerprint: &str) {
        if let Some(entry) = self.entries.write().remove(fingerprint) {
            entry.rows.release();
        }
    }

    /// Forgets everything (`clearCache`).
    pub(crate) fn clear(&self) {
        for (_, entry) in self.entries.write().drain() {
            entry.rows.release();
        }
        self.kinds.write().clear();
    }
}

/// A plan whose rows are kept once they were computed.
pub(crate) struct Kept {
    plan: LogicalPlan,
    /// What its columns are called, for whoever shows the plan.
    columns: Vec<Column>,
    level: StorageLevel,
    schema: SchemaRef,
    state: RwLock<State>,
    /// Held while the rows are computed, so that two readers compute them once.
    filling: tokio::sync::Mutex<()>,
}

enum State {
    /// Not computed yet.
    Empty,
    /// Computed, with the memory they take.
    Filled(Vec<RecordBatch>, MemoryReservation),
    /// Not to be kept: unpersisted, or larger than the memory there is.
    Passing,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Kept {
    fn new(plan: LogicalPlan, columns: Vec<Column>, level: StorageLevel) -> Self {
        let schema: SchemaRef = Arc::new(Schema::clone(plan.schema().as_arrow()));
        Self {
            plan,
            columns,
            level,
            schema,
            state: RwLock::new(State::Empty),
            filling: tokio::sync::Mutex::default(),
        }
    }

    /// How much memory the rows take, once they were computed.
    pub(crate) fn bytes(&self) -> u64 {
        match &*self.state.read() {
            State::Filled(_, memory) => memory.size() as u64,
            State::Empty | State::Passing => 0,
        }
    }

    /// What the rows are made by.
    pub(crate) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }

    /// What its columns are called.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where the rows are kept, as the client asked.
    pub(crate) fn level(&self) -> StorageLevel {
        self.level
    }

    fn release(&self) {
        *self.state.write() = State::Passing;
    }

    fn filled(&self) -> Option<Vec<RecordBatch>> {
        match &*self.state.read() {
            State::Filled(batches, _) => Some(batches.clone()),
            State::Empty | State::Passing => None,
        }
    }

    fn is_passing(&self) -> bool {
        matches!(&*self.state.read(), State::Passing)
    }
}

#[async_trait]
impl TableProvider for Kept {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn PlanSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let _filling = self.filling.lock().await;
        let batches = match self.filled() {
            Some(batches) => batches,
            None => {
                let physical = session
                    .create_physical_plan(&crate::plan::subqueries::joined(self.plan.clone())?)
                    .await?;
                let batches = collect(physical, session.task_ctx()).await?;
                let bytes = batches.iter().map(RecordBatch::get_array_memory_size).sum();
                let reservation = MemoryConsumer::new("persisted rows")
                    .register(&session.runtime_env().memory_pool);
                if !self.is_passing() {
                    *self.state.write() = match reservation.try_grow(bytes) {
                        Ok(()) => State::Filled(batches.clone(), reservation),
                        Err(_) => State::Passing,
                    };
                }
                batches
            }
        };
        Ok(MemorySourceConfig::try_new_exec(
            &[batches],
            Arc::clone(&self.schema),
            projection.cloned(),
        )?)
    }
}
