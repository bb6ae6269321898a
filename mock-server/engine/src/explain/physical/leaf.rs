//! Where rows come from: ranges, rows in memory, kept rows, files.
//!
//! A physical scan does not say what it scans, so that it is found again among the scans of the
//! logical plan, by its columns and in their order.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::memory::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::streaming::StreamingTableExec;

use super::{Physical, rows};
use crate::explain::source;
use crate::explain::tree::{Details, Node};

/// A scan of the logical plan.
#[derive(Clone)]
pub(in crate::explain) struct Leaf {
    /// Its columns as the source has them.
    pub(in crate::explain) fields: Vec<String>,
    /// Its columns as the user sees them.
    pub(in crate::explain) columns: Vec<String>,
    /// What is scanned.
    pub(in crate::explain) scan: Scan,
}

/// What a scan scans.
#[derive(Clone)]
pub(in crate::explain) enum Scan {
    /// A range: the numbers, and the partitions that the client asked for.
    Range(String),
    /// Rows that came with the plan.
    Local {
        /// Whether there are none.
        is_empty: bool,
    },
    /// Kept rows: all their columns, the level, and the plan they were made by.
    Cached(Vec<String>, String, Box<Node>),
    /// Files.
    Files(Files),
}

/// Files that are scanned.
#[derive(Clone)]
pub(in crate::explain) struct Files {
    /// What reads them.
    pub(in crate::explain) provider: Arc<dyn TableProvider>,
    /// Spark's short name of their format.
    pub(in crate::explain) format: &'static str,
    /// The format's name in messages.
    pub(in crate::explain) title: &'static str,
    /// The table, if they are one.
    pub(in crate::explain) table: String,
    /// The paths that were read.
    pub(in crate::explain) paths: Vec<String>,
    /// Columns that come from the names of directories.
    pub(in crate::explain) partition: Vec<String>,
    /// How large they are.
    pub(in crate::explain) n_bytes: u64,
}

pub(super) fn leaf(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    if plan.is::<PlaceholderRowExec>() {
        let mut node = Node::leaf("Scan OneRowRelation[]");
        node.details = Details {
            name: Some("Scan OneRowRelation".to_owned()),
            fields: vec!["Output: []".to_owned()],
            ..Details::default()
        };
        return Some(node);
    }
    let limit = plan
        .downcast_ref::<StreamingTableExec>()
        .and_then(StreamingTableExec::limit);
    let is_scan =
        plan.is::<StreamingTableExec>() || plan.is::<DataSourceExec>() || plan.is::<EmptyExec>();
    if !is_scan {
        return None;
    }
    let fields: Vec<String> = plan
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    let found = of.writer.take_leaf(&fields);
    let columns: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(place, field)| match &found {
            Some(leaf) => match leaf.fields.iter().position(|known| known == field) {
                Some(at) => leaf.columns.get(at).cloned().unwrap_or_default(),
                None if field.starts_with('#') => of.writer.names.borrow().shown(field),
                None => leaf.columns.get(place).cloned().unwrap_or_default(),
            },
            None => of.writer.names.borrow().shown(field),
        })
        .collect();
    let types = plan.schema();
    let mut node = match found.map(|leaf| leaf.scan) {
        Some(Scan::Range(range)) => range_node(of, &range, columns),
        Some(Scan::Cached(all, level, inner)) => cached(of, columns, &all, &level, *inner),
        Some(Scan::Files(files)) => file_scan(of, &files, columns, &types),
        Some(Scan::Local { is_empty }) => local(of, columns, is_empty),
        None => local(of, columns, plan.is::<EmptyExec>()),
    };
    let fetch = limit.or_else(|| plan.fetch());
    if let Some(fetch) = fetch {
        node = rows::limited(of, node, 0, Some(fetch), is_root);
    }
    Some(node)
}

fn range_node(of: &Physical<'_>, range: &str, columns: Vec<String>) -> Node {
    // Ours is always one partition; what the client asked for is said where the plan was read.
    let (numbers, asked) = match range.split_once(", splits=") {
        Some((numbers, _)) => (numbers, range),
        None => (range, range),
    };
    let mut node = Node::leaf(format!("Range ({numbers}, splits=1)"));
    node.details = Details {
        fields: vec![
            of.counted("Output", &columns),
            format!("Arguments: Range ({asked})"),
        ],
        output: columns,
        ..Details::default()
    };
    node
}

fn local(of: &Physical<'_>, columns: Vec<String>, is_empty: bool) -> Node {
    let line = source::local("LocalTableScan", &columns, is_empty, of.writer.most);
    let arguments = line
        .strip_prefix("LocalTableScan ")
        .unwrap_or_default()
        .to_owned();
    let mut node = Node::leaf(line);
    node.details = Details {
        fields: vec![
            of.counted("Output", &columns),
            format!("Arguments: {arguments}"),
        ],
        output: columns,
        ..Details::default()
    };
    node
}

fn cached(
    of: &Physical<'_>,
    columns: Vec<String>,
    all: &[String],
    level: &str,
    inner: Node,
) -> Node {
    let all = of.writer.list(all);
    let mut relation =
        Node::leaf(format!("InMemoryRelation {all}, {level}")).with_inner(vec![inner]);
    relation.details.fields = vec![format!("Arguments: {all}, {level}")];
    let shown = of.writer.list(&columns);
    let mut node = Node::leaf(format!("InMemoryTableScan {shown}")).with_inner(vec![relation]);
    node.details = Details {
        note: Some("(columnarIn=false, columnarOut=true)".to_owned()),
        fields: vec![
            of.counted("Output", &columns),
            format!("Arguments: {shown}"),
        ],
        output: columns,
        ..Details::default()
    };
    node
}

fn file_scan(
    of: &Physical<'_>,
    files: &Files,
    columns: Vec<String>,
    types: &arrow::datatypes::SchemaRef,
) -> Node {
    let read = types
        .fields()
        .iter()
        .zip(&columns)
        .filter_map(|(field, shown)| {
            let name = shown.split('#').next().unwrap_or(shown);
            let is_partition = files.partition.iter().any(|partition| partition == name);
            let data_type = crate::types::simple_string(field.data_type());
            (!is_partition).then(|| format!("{name}:{data_type}"))
        });
    let schema = format!("struct<{}>", read.collect::<Vec<_>>().join(","));
    let batched = files.format == "parquet";
    let n_paths = files.paths.len();
    let paths = files.paths.join(", ");
    let shown = crate::explain::tree::list(&columns, ("[", ",", "]"), of.writer.most);
    let table = match files.table.is_empty() {
        true => String::new(),
        false => format!(" {}", files.table),
    };
    let line = format!(
        "FileScan {}{table} {shown} Batched: {batched}, DataFilters: [], Format: {}, Location: \
         InMemoryFileIndex({n_paths} paths)[{paths}], PartitionFilters: [], PushedFilters: [], \
         ReadSchema: {schema}",
        files.format, files.title,
    );
    let mut node = Node::leaf(line);
    node.details = Details {
        name: Some(format!("Scan {} {}", files.format, files.table)),
        fields: vec![
            of.counted("Output", &columns),
            format!("Batched: {batched}"),
            format!("Location: InMemoryFileIndex [{paths}]"),
            format!("ReadSchema: {schema}"),
        ],
        output: columns,
        ..Details::default()
    };
    node
}
