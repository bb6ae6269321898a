//! Whether a query is worth all processors: how much it reads, and whether it gathers rows.
//!
//! Knows no statistics, only sizes of files and counts of rows.

use datafusion::catalog::MemTable;
use datafusion::common::Result as PlanResult;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};

use crate::cache::Kept;
use crate::io::files::scanned;
use crate::io::range::Range;

/// A row of numbers, where only rows are counted.
const ROW_BYTES: u64 = 64;

/// How many bytes a query reads before it gathers rows (joins, groups, sorts them). Nothing for a
/// query whose rows pass one by one: they keep the order of their files, as clients expect of
/// `show` and `limit`, and reading is not what takes their time. Nothing either for one that asks
/// for numbers that depend on how rows are divided, such as `rand(seed)`.
pub(super) fn gathered_bytes(plan: &LogicalPlan) -> u64 {
    let mut bytes = 0;
    let mut gathers = false;
    let mut divides = true;
    let walked = plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) => bytes += scanned_bytes(scan),
            LogicalPlan::Aggregate(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Window(_) => gathers = true,
            _passing => {}
        }
        divides &= !node.expressions().iter().any(Expr::is_volatile);
        Ok(if divides {
            TreeNodeRecursion::Continue
        } else {
            TreeNodeRecursion::Stop
        })
    });
    let counts: PlanResult<bool> = walked.map(|_| gathers && divides);
    if counts.unwrap_or(false) { bytes } else { 0 }
}

fn scanned_bytes(scan: &TableScan) -> u64 {
    let Ok(provider) = source_as_provider(&scan.source) else {
        return 0;
    };
    if let Some(files) = scanned(scan) {
        files.iter().map(|file| file.size).sum()
    } else if let Some(range) = provider.downcast_ref::<Range>() {
        range.rows().saturating_mul(ROW_BYTES)
    } else if let Some(kept) = provider.downcast_ref::<Kept>() {
        kept.bytes()
    } else if let Some(table) = provider.downcast_ref::<MemTable>() {
        let rows = table.batches.iter().filter_map(|partition| {
            let batches = partition.try_read().ok()?;
            Some(
                batches
                    .iter()
                    .map(|batch| batch.num_rows() as u64)
                    .sum::<u64>(),
            )
        });
        rows.sum::<u64>().saturating_mul(ROW_BYTES)
    } else {
        0
    }
}
