//! Operators over one input, and unions.

use std::sync::Arc;

use datafusion::physical_expr::Partitioning;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::union::{InterleaveExec, UnionExec};
use datafusion::physical_plan::unnest::UnnestExec;

use super::{Physical, aggregate, unary};
use crate::explain::analyzed::project_line;
use crate::explain::tree::{Details, Node};
use crate::physical::InOrder;

/// Operators that Spark has none for: they let go of the thread now and then, or collect rows.
pub(super) fn passing(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    let input = match plan.downcast_ref::<CooperativeExec>() {
        Some(plan) => plan.input(),
        // What is collected is in order to Spark without an operator.
        None => plan.downcast_ref::<InOrder>().filter(|_| is_root)?.input(),
    };
    Some(of.node(input, is_root))
}

pub(super) fn project(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    let plan = plan.downcast_ref::<ProjectionExec>()?;
    let mut below = of.node(plan.input(), is_root);
    let input = below.details.output.clone();
    let (mut items, mut output) = (Vec::new(), Vec::new());
    for item in plan.expr() {
        let value = of.expr(&item.expr, &input);
        let (text, shown) = of.aliased(&value, &item.alias);
        items.push(text);
        output.push(shown);
    }
    if aggregate::is_bare(&below) {
        aggregate::finish(of, &mut below, items, output);
        return Some(below);
    }
    if items == input {
        // Only the numbers of columns inside of our plans differ.
        return Some(below);
    }
    let is_renaming = plan.expr().len() == input.len()
        && plan.expr().iter().enumerate().all(|(place, item)| {
            let column = item.expr.downcast_ref::<Column>();
            column.is_some_and(|column| column.index() == place)
        });
    if let Some(arguments) = below.line.strip_prefix(COLLECT_LIMIT) {
        // What is collected last is not this.
        below.line = format!("GlobalLimit{arguments}");
    }
    let mut node = projected(of, below, items, output);
    node.details.is_renaming = is_renaming;
    Some(node)
}

const TAKE_ORDERED: &str = "TakeOrderedAndProject";
const COLLECT_LIMIT: &str = "CollectLimit";

/// A sort that only serves the operator above it is one of each partition.
pub(super) fn local_sort(node: &mut Node) {
    if node.line.starts_with("Sort ") {
        let local = |text: &str| text.replace(", true, 0", ", false, 0");
        node.line = local(&node.line);
        node.details.fields = node
            .details
            .fields
            .iter()
            .map(|field| local(field))
            .collect();
    }
}

/// A list of values above a node.
pub(super) fn projected(
    of: &Physical<'_>,
    below: Node,
    items: Vec<String>,
    output: Vec<String>,
) -> Node {
    let list = of.writer.list(&items);
    let mut node = Node::above(project_line(list, items.is_empty()), Vec::new());
    node.details = Details {
        fields: vec![
            of.counted("Output", &items),
            of.counted("Input", &below.details.output),
        ],
        output,
        ..Details::default()
    };
    node.children.push(below);
    node
}

/// The columns of a node that an operator chooses by their place.
pub(super) fn chosen(of: &Physical<'_>, below: Node, places: Option<&[usize]>) -> Node {
    let Some(places) = places else { return below };
    let output: Vec<String> = places
        .iter()
        .filter_map(|place| below.details.output.get(*place).cloned())
        .collect();
    if output == below.details.output {
        return below;
    }
    projected(of, below, output.clone(), output)
}

pub(super) fn filter(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    let fetch = plan.fetch();
    let plan = plan.downcast_ref::<FilterExec>()?;
    let below = of.input(plan.input());
    let output = below.details.output.clone();
    let condition = of.expr(plan.predicate(), &output);
    let mut node = Node::above(format!("Filter {condition}"), Vec::new());
    node.details = Details {
        fields: vec![
            of.counted("Input", &output),
            format!("Condition : {condition}"),
        ],
        output,
        ..Details::default()
    };
    node.children.push(below);
    let node = chosen(of, node, plan.projection().as_deref());
    Some(match fetch {
        Some(fetch) => limited(of, node, 0, Some(fetch), is_root),
        None => node,
    })
}

pub(super) fn sort(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let plan = plan.downcast_ref::<SortExec>()?;
    let below = of.input(plan.input());
    let output = below.details.output.clone();
    let keys: Vec<String> = plan
        .expr()
        .iter()
        .map(|key| of.sort_key(key, &output))
        .collect();
    let keys = of.writer.list(&keys);
    let Some(fetch) = plan.fetch() else {
        return Some(unary(of, "Sort", format!("{keys}, true, 0"), below, output));
    };
    let columns = crate::explain::tree::list(&output, ("[", ",", "]"), of.writer.most);
    let mut node = Node::above(
        format!("{TAKE_ORDERED}(limit={fetch}, orderBy={keys}, output={columns})"),
        Vec::new(),
    );
    node.details = Details {
        name: Some(TAKE_ORDERED.to_owned()),
        fields: vec![
            of.counted("Input", &output),
            format!("Arguments: {fetch}, {keys}, {}", of.writer.list(&output)),
        ],
        output,
        ..Details::default()
    };
    node.children.push(below);
    Some(node)
}

pub(super) fn limit(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    if let Some(plan) = plan.downcast_ref::<GlobalLimitExec>() {
        let below = of.input(plan.input());
        return Some(limited(of, below, plan.skip(), plan.fetch(), is_root));
    }
    let plan = plan.downcast_ref::<LocalLimitExec>()?;
    let below = of.input(plan.input());
    let output = below.details.output.clone();
    Some(unary(
        of,
        "LocalLimit",
        plan.fetch().to_string(),
        below,
        output,
    ))
}

/// Some rows of a node. To the client they are collected.
pub(super) fn limited(
    of: &Physical<'_>,
    below: Node,
    skip: usize,
    fetch: Option<usize>,
    is_root: bool,
) -> Node {
    let output = below.details.output.clone();
    if let (Some(fetch), true) = (fetch, skip > 0)
        && let Some(rest) = below
            .line
            .strip_prefix(&format!("{TAKE_ORDERED}(limit={}, ", fetch + skip))
    {
        let mut ordered = below.clone();
        ordered.line = format!(
            "{TAKE_ORDERED}(limit={}, offset={skip}, {rest}",
            fetch + skip
        );
        if let Some(arguments) = ordered.details.fields.last_mut() {
            arguments.push_str(&format!(", {skip}"));
        }
        return ordered;
    }
    let total = fetch.map_or("-1".to_owned(), |fetch| (fetch + skip).to_string());
    let arguments = match skip {
        0 => total,
        skip => format!("{total}, {skip}"),
    };
    let name = if is_root {
        COLLECT_LIMIT
    } else {
        "GlobalLimit"
    };
    // A source that stops by itself stops for the same limit.
    let same = format!("Limit {}", fetch.map_or(0, |fetch| fetch + skip));
    let below = match below.children.first() {
        Some(source) if below.line.ends_with(&same) => source.clone(),
        _ => below,
    };
    unary(of, name, arguments, below, output)
}

pub(super) fn union(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    if !plan.is::<UnionExec>() && !plan.is::<InterleaveExec>() {
        return None;
    }
    let inputs: Vec<Node> = plan
        .children()
        .into_iter()
        .map(|child| {
            let mut input = of.input(child);
            // To Spark the columns of both sides are one without being renamed.
            match input.details.is_renaming {
                true => input.children.remove(0),
                false => input,
            }
        })
        .collect();
    let output = inputs.first().map(|input| input.details.output.clone());
    let mut node = Node::above("Union", inputs);
    node.details.output = output.unwrap_or_default();
    Some(node)
}

pub(super) fn unnest(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let own = plan.downcast_ref::<UnnestExec>()?;
    let below = of.input(own.input());
    let input = below.details.output.clone();
    let lists: Vec<String> = own
        .list_column_indices()
        .iter()
        .filter_map(|list| input.get(list.index_in_input_schema).cloned())
        .collect();
    let output: Vec<String> = plan
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(place, field)| match input.get(place) {
            Some(text) if !lists.contains(text) => text.clone(),
            _ => of.writer.names.borrow().shown(field.name()),
        })
        .collect();
    let arguments = format!("explode({}), false", lists.join(", "));
    Some(unary(of, "Generate", arguments, below, output))
}

pub(super) fn exchange(of: &Physical<'_>, plan: &Arc<dyn ExecutionPlan>, _: bool) -> Option<Node> {
    let (input, partitioning) = if let Some(plan) = plan.downcast_ref::<CoalescePartitionsExec>() {
        (plan.input(), None)
    } else if let Some(plan) = plan.downcast_ref::<InOrder>() {
        (plan.input(), None)
    } else if let Some(plan) = plan.downcast_ref::<SortPreservingMergeExec>() {
        (plan.input(), None)
    } else {
        let plan = plan.downcast_ref::<RepartitionExec>()?;
        (plan.input(), Some(plan.partitioning()))
    };
    let below = of.input(input);
    let output = below.details.output.clone();
    let how = match partitioning {
        None => "SinglePartition".to_owned(),
        Some(Partitioning::Hash(keys, n)) => {
            format!(
                "hashpartitioning({}, {n})",
                of.all(keys, &output).join(", ")
            )
        }
        Some(Partitioning::RoundRobinBatch(n) | Partitioning::UnknownPartitioning(n)) => {
            format!("RoundRobinPartitioning({n})")
        }
        Some(Partitioning::Range(range)) => format!("rangepartitioning({range})"),
    };
    let id = crate::plan::scope::ColumnId::fresh().internal_name();
    let arguments = format!(
        "{how}, ENSURE_REQUIREMENTS, [plan_id={}]",
        id.trim_start_matches('#')
    );
    Some(unary(of, "Exchange", arguments, below, output))
}

/// Uncorrelated scalar queries run before what uses them.
pub(super) fn subqueries(
    of: &Physical<'_>,
    plan: &Arc<dyn ExecutionPlan>,
    is_root: bool,
) -> Option<Node> {
    let plan = plan.downcast_ref::<ScalarSubqueryExec>()?;
    let mut node = of.node(plan.input(), is_root);
    for query in plan.subqueries() {
        let inner = of.input(&query.plan);
        let line = format!("Subquery scalar-subquery#{:?}", query.index);
        node.inner.push(Node::above(line, vec![inner]));
    }
    Some(node)
}
