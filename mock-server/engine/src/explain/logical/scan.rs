//! Scans: whose columns they are, and what they read.

use datafusion::catalog::MemTable;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};

use crate::cache::Kept;
use crate::explain::physical::{Leaf, Scan};
use crate::explain::tree::Node;
use crate::explain::writer::{NamedScan, Writer};
use crate::explain::{cached as kept_rows, source, statistics};
use crate::io::range::Range;

/// The columns of a scan that no projection names.
pub(super) fn scan_columns(writer: &Writer, scan: &TableScan) -> Vec<String> {
    let known = writer
        .take_scan(&scan.table_name.to_string())
        .unwrap_or_default();
    let mut names = writer.names.borrow_mut();
    scan.projected_schema
        .iter()
        .map(|(qualifier, field)| {
            let column = datafusion::common::Column::new(qualifier.cloned(), field.name());
            let flat = column.flat_name();
            match known.iter().find(|(name, _)| name == field.name()) {
                Some((_, ours)) if names.is_known(ours) => {
                    names.show_as(&flat, ours);
                    names.shown(&flat)
                }
                _ => names.raw(&flat, field),
            }
        })
        .collect()
}

/// The scans of a plan that the optimizer has not seen, with the identities of their columns.
pub(in crate::explain) fn scans(plan: &LogicalPlan) -> Vec<NamedScan> {
    let mut found = Vec::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Projection(project) = node
            && let LogicalPlan::TableScan(scan) = project.input.as_ref()
        {
            let columns = project.expr.iter().filter_map(|expr| match expr {
                Expr::Alias(alias) => match alias.expr.as_ref() {
                    Expr::Column(column) => Some((column.name.clone(), alias.name.clone())),
                    _ => None,
                },
                _ => None,
            });
            found.push((scan.table_name.to_string(), columns.collect()));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

pub(super) fn scanned(writer: &Writer, scan: &TableScan, columns: &[String]) -> Node {
    let Ok(provider) = source_as_provider(&scan.source) else {
        return Node::leaf("LocalRelation");
    };
    let put = |what: Scan| {
        let fields = scan.projected_schema.fields();
        writer.put_leaf(Leaf {
            fields: fields.iter().map(|field| field.name().clone()).collect(),
            columns: columns.to_vec(),
            scan: what,
        });
    };
    if let Some(range) = provider.downcast_ref::<Range>() {
        put(Scan::Range(range.shown()));
        let mut node = Node::leaf(format!("Range ({})", range.shown()));
        node.size = Some(statistics::Size::of_range(range.rows()));
        return node;
    }
    if let Some(rows) = provider.downcast_ref::<MemTable>() {
        let n_rows = source::rows_of(rows);
        put(Scan::Local {
            is_empty: n_rows == Some(0),
        });
        let mut node = Node::leaf(source::local(
            "LocalRelation",
            columns,
            n_rows == Some(0),
            writer.most,
        ));
        node.size = n_rows.map(|rows| statistics::Size::of_rows(&scan.projected_schema, rows));
        return node;
    }
    if let Some(kept) = provider.downcast_ref::<Kept>() {
        return cached(writer, scan, kept, columns, &put);
    }
    let Some(files) = writer.files(&scan.source) else {
        put(Scan::Local { is_empty: false });
        return Node::leaf(source::local("LocalRelation", columns, false, writer.most));
    };
    put(Scan::Files(files.clone()));
    let mut node = Node::leaf(source::relation(
        &files.table,
        columns,
        files.format,
        writer.most,
    ));
    node.size = Some(statistics::Size::of_files(files.n_bytes));
    node
}

/// A persisted relation: its rows are those of the plan inside.
fn cached(
    writer: &Writer,
    scan: &TableScan,
    kept: &Kept,
    columns: &[String],
    put: &dyn Fn(Scan),
) -> Node {
    let level = kept_rows::level(kept);
    let inner = writer.kept(kept).unwrap_or_default();
    let read = |internal: &str| {
        let fields = scan.projected_schema.fields();
        let place = fields.iter().position(|field| field.name() == internal)?;
        columns.get(place).cloned()
    };
    let all: Vec<String> = kept
        .columns()
        .iter()
        .map(|column| {
            let read = read(&column.id.internal_name());
            read.unwrap_or_else(|| writer.names.borrow_mut().of(column))
        })
        .collect();
    put(Scan::Cached(
        all.clone(),
        level.clone(),
        Box::new(inner.clone()),
    ));
    let line = format!("InMemoryRelation {}, {level}", writer.list(&all));
    Node::leaf(line).with_inner(vec![inner])
}
