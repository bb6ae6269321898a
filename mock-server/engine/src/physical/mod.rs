//! From a resolved plan to what is executed.
//!
//! Most requests of interactive clients are tiny: a range, a literal, a view over local rows. For
//! those DataFusion's some forty optimiser rules find nothing to do and cost a good part of the answer's
//! time, so plans in which they cannot find anything go past them. Small inputs are read by one
//! partition, which keeps the order that their rows have in Spark, large ones by as many as there
//! are processors. Two rules of ours keep what DataFusion leaves open and Spark does not: which rows
//! a limit keeps (`limits.rs`) and in which order a union's sides come (`in_order.rs`).
//! Knows nothing of names and sessions.

mod direct;
mod in_order;
mod limits;
mod volume;

use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::ensure_coop::EnsureCooperative;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use crate::error::Result;
use crate::plan::subqueries;

pub(crate) use direct::is_short;
pub(crate) use in_order::InOrder;

/// The ways to plan, and what plans run in.
pub(crate) struct Physical {
    /// All rules, one partition.
    full: SessionState,
    /// No rules.
    direct: SessionState,
    /// All rules, a partition for each processor; made when it is first needed.
    parallel: OnceLock<SessionState>,
    /// The same with joins that sort, which spill where a hash table must fit.
    sorting: OnceLock<SessionState>,
    /// From how many bytes on a query that gathers rows is run in parallel.
    parallel_bytes: u64,
    /// Made once: DataFusion's own copies its function tables for every query, and our plans hold
    /// their functions themselves.
    task: Arc<TaskContext>,
}

/// A plan after the optimiser, and what it is executed by.
pub(crate) struct Optimized<'a> {
    /// The plan.
    pub(crate) plan: LogicalPlan,
    state: &'a SessionState,
    task: Arc<TaskContext>,
}

impl Optimized<'_> {
    /// The plan changed without harm to what the optimiser did.
    pub(crate) fn with(
        self,
        change: impl FnOnce(LogicalPlan) -> Result<LogicalPlan>,
    ) -> Result<Self> {
        Ok(Self {
            plan: change(self.plan)?,
            ..self
        })
    }

    /// What is executed.
    pub(crate) async fn planned(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = self.state.query_planner();
        Ok(planner.create_physical_plan(&self.plan, self.state).await?)
    }
}

impl Physical {
    /// Plans as this state does, which has one partition.
    pub(crate) fn new(full: SessionState, parallel_bytes: u64) -> Self {
        let mut rules = limits::kept(full.physical_optimizers());
        rules.push(Arc::new(in_order::KeepOrder));
        let full = SessionStateBuilder::new_from_existing(full)
            .with_physical_optimizer_rules(rules)
            .build();
        let direct = SessionStateBuilder::new_from_existing(full.clone())
            .with_analyzer_rules(Vec::new())
            .with_optimizer_rules(Vec::new())
            // Not for speed: a scan that never yields could not be interrupted.
            .with_physical_optimizer_rules(vec![Arc::new(EnsureCooperative::new())])
            .build();
        let task = full.task_ctx();
        Self {
            full,
            direct,
            parallel: OnceLock::new(),
            sorting: OnceLock::new(),
            parallel_bytes,
            task,
        }
    }

    /// Runs a plan.
    ///
    /// A hash join needs its smaller side in memory. When that does not fit, the plan is made again
    /// with joins that sort: nothing has been answered by then.
    pub(crate) async fn run(
        self: &Arc<Self>,
        plan: LogicalPlan,
    ) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let optimized = self.optimized(plan.clone())?;
        let planned = optimized.planned().await?;
        let may_retry = joins_by_hash(planned.as_ref());
        let mut batches = execute_stream(planned, optimized.task)?;
        if !may_retry {
            return Ok(batches.map(|batch| Ok(batch?)).boxed());
        }
        let first = match batches.next().await {
            None => return Ok(stream::empty().boxed()),
            Some(first) => first,
        };
        match first {
            Err(error) if is_out_of_memory(&error) => {
                drop(batches);
                let plan = subqueries::joined(plan)?;
                let state = self.sorting();
                // Some joins, such as that of NOT IN, have no other way than to hash.
                let Ok(plan) = state.create_physical_plan(&plan).await else {
                    return Err(error.into());
                };
                let batches = execute_stream(plan, state.task_ctx())?;
                Ok(batches.map(|batch| Ok(batch?)).boxed())
            }
            first => Ok(stream::iter([first])
                .chain(batches)
                .map(|batch| Ok(batch?))
                .boxed()),
        }
    }

    fn parallel(&self) -> &SessionState {
        self.parallel.get_or_init(|| self.with(|config| config))
    }

    fn sorting(&self) -> &SessionState {
        let prefer_hash = "datafusion.optimizer.prefer_hash_join";
        self.sorting
            .get_or_init(|| self.with(|config| config.set_bool(prefer_hash, false)))
    }

    fn with(&self, change: impl FnOnce(SessionConfig) -> SessionConfig) -> SessionState {
        let n_partitions = available_parallelism().map_or(1, usize::from).max(2);
        let config = self
            .full
            .config()
            .clone()
            .with_target_partitions(n_partitions);
        SessionStateBuilder::new_from_existing(self.full.clone())
            .with_config(change(config))
            .build()
    }

    /// The plan after the optimiser.
    pub(crate) fn optimized(&self, plan: LogicalPlan) -> Result<Optimized<'_>> {
        if direct::direct_rows(&plan).is_some() {
            return Ok(Optimized {
                plan: direct::without_constant_casts(plan)?,
                state: &self.direct,
                task: Arc::clone(&self.task),
            });
        }
        let (state, task) = if volume::gathered_bytes(&plan) >= self.parallel_bytes {
            let state = self.parallel();
            (state, state.task_ctx())
        } else {
            (&self.full, Arc::clone(&self.task))
        };
        Ok(Optimized {
            plan: state.optimize(&subqueries::joined(plan)?)?,
            state,
            task,
        })
    }
}

fn joins_by_hash(plan: &dyn ExecutionPlan) -> bool {
    plan.name() == "HashJoinExec"
        || plan
            .children()
            .iter()
            .any(|child| joins_by_hash(child.as_ref()))
}

fn is_out_of_memory(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}
