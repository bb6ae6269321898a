//! What is known while plans are written: the log of resolution, the names of columns, the files that
//! are read, the scans that two plans share.
//!
//! Knows how nothing is written.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::common::Column as PlanColumn;
use datafusion::logical_expr::{Expr, TableSource};

use super::names::Names;
use super::physical::{Files, Leaf};
use super::tree::Node;
use crate::cache::Kept;
use crate::plan::context::Context;
use crate::plan::trace::{Resolved, Trace};

/// Writes expressions, with what is known of their columns.
pub(super) struct Writer {
    /// What the plan was resolved to.
    pub(super) trace: Arc<Trace>,
    /// What columns are called.
    pub(super) names: RefCell<Names>,
    /// Items that a list shows at most: `spark.sql.debug.maxToStringFields`.
    pub(super) most: usize,
    /// The session's time zone.
    pub(super) zone: Tz,
    /// Whether casts are written that say nothing, as the analyzer leaves them.
    pub(super) analyzed: Cell<bool>,
    /// Queries met in expressions since they were last asked for.
    pub(super) queries: RefCell<Vec<Query>>,
    /// The files that are read.
    files: Vec<Files>,
    /// Scans of the logical plan that the physical one has not met.
    leaves: RefCell<Vec<Leaf>>,
    /// What kept rows were made by, by where they lie.
    kept: RefCell<HashMap<usize, Node>>,
    /// Columns that are unsigned numbers in our plans alone.
    unsigned: RefCell<HashSet<String>>,
    /// The scans before the optimizer: the table, and its columns by their names and ours.
    scans: RefCell<Vec<NamedScan>>,
}

/// A table that is scanned, and its columns by their names and ours.
pub(super) type NamedScan = (String, Vec<(String, String)>);

/// A query met in an expression.
pub(super) struct Query {
    /// The plan it became.
    pub(super) plan: Arc<datafusion::logical_expr::LogicalPlan>,
    /// How it was resolved.
    pub(super) resolved: Option<Arc<Resolved>>,
}

const DEFAULT_MOST: usize = 25;

impl Writer {
    /// A writer for a plan that was resolved under this log.
    pub(super) fn new(context: &Context, trace: Arc<Trace>, files: Vec<Files>) -> Self {
        let most = context
            .session
            .conf()
            .option("spark.sql.debug.maxToStringFields")
            .and_then(|text| text.parse().ok());
        Self {
            trace,
            names: RefCell::default(),
            most: most.unwrap_or(DEFAULT_MOST),
            zone: context.time_zone,
            analyzed: Cell::new(true),
            queries: RefCell::default(),
            files,
            leaves: RefCell::default(),
            kept: RefCell::default(),
            unsigned: RefCell::default(),
            scans: RefCell::default(),
        }
    }

    /// A writer for another plan, with nothing known of its columns.
    pub(super) fn inside(around: &Self) -> Self {
        Self {
            trace: Arc::clone(&around.trace),
            names: RefCell::default(),
            most: around.most,
            zone: around.zone,
            analyzed: Cell::new(false),
            queries: RefCell::default(),
            files: around.files.clone(),
            leaves: RefCell::default(),
            kept: RefCell::default(),
            unsigned: RefCell::default(),
            scans: RefCell::default(),
        }
    }

    /// The files behind a scan.
    pub(super) fn files(&self, table: &Arc<dyn TableSource>) -> Option<&Files> {
        super::files::find(&self.files, table)
    }

    /// A scan of the logical plan, which the physical plan has too.
    pub(super) fn put_leaf(&self, leaf: Leaf) {
        self.leaves.borrow_mut().push(leaf);
    }

    /// The scan of these columns that comes next.
    pub(super) fn take_leaf(&self, fields: &[String]) -> Option<Leaf> {
        let mut leaves = self.leaves.borrow_mut();
        let same = leaves.iter().position(|leaf| leaf.fields == fields);
        let within = || {
            let has = |leaf: &Leaf| fields.iter().all(|field| leaf.fields.contains(field));
            leaves.iter().position(has)
        };
        let place = same.or_else(within).or((!leaves.is_empty()).then_some(0))?;
        Some(leaves.remove(place))
    }

    /// Remembers the plan that kept rows are made by.
    pub(super) fn keep(&self, kept: &Kept, rows: Node) {
        self.kept
            .borrow_mut()
            .insert(std::ptr::from_ref(kept).addr(), rows);
    }

    /// The plan that kept rows are made by.
    pub(super) fn kept(&self, kept: &Kept) -> Option<Node> {
        self.kept
            .borrow()
            .get(&std::ptr::from_ref(kept).addr())
            .cloned()
    }

    /// Items in square brackets.
    pub(super) fn list(&self, items: &[String]) -> String {
        super::tree::bracketed(items, self.most)
    }

    /// The queries met since the last call.
    pub(super) fn take_queries(&self) -> Vec<Query> {
        std::mem::take(&mut self.queries.borrow_mut())
    }

    /// Under what a column is known: a source's under its qualified name.
    pub(super) fn key(&self, column: &PlanColumn) -> String {
        let flat = column.flat_name();
        match self.names.borrow().is_known(&flat) {
            true => flat,
            false => column.name.clone(),
        }
    }

    /// A column that a window function yields as an unsigned number.
    pub(super) fn unsigned(&self, internal: &str) {
        self.unsigned.borrow_mut().insert(internal.to_owned());
    }

    /// Whether a value is such a column.
    pub(super) fn is_unsigned(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Column(column) => self.is_unsigned_column(&column.name),
            _ => false,
        }
    }

    /// Whether a column is an unsigned number.
    pub(super) fn is_unsigned_column(&self, internal: &str) -> bool {
        self.unsigned.borrow().contains(internal)
    }

    /// The scans of a plan before the optimizer, which say whose columns they are.
    pub(super) fn scans(&self, scans: Vec<NamedScan>) {
        *self.scans.borrow_mut() = scans;
    }

    /// The columns of the next scan of a table: the source's name of each, and ours.
    pub(super) fn take_scan(&self, table: &str) -> Option<Vec<(String, String)>> {
        let mut scans = self.scans.borrow_mut();
        let place = scans.iter().position(|(known, _)| known == table)?;
        Some(scans.remove(place).1)
    }
}
