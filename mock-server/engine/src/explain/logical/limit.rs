//! Limits and offsets: DataFusion has one operator for what Spark has three.

use datafusion::logical_expr::{FetchType, Limit, LogicalPlan, SkipType};

use super::node;
use crate::explain::tree::Node;
use crate::explain::writer::Writer;

pub(super) fn limited(plan: &LogicalPlan, fetch: usize, below: Node) -> Node {
    let size = below.size;
    let mut local = Node::above(format!("LocalLimit {fetch}"), vec![below]);
    local.size = size;
    let mut global = Node::above(format!("GlobalLimit {fetch}"), vec![local]);
    global.size = size.map(|size| size.limited(plan, fetch));
    global
}

pub(super) fn limit_node(writer: &Writer, plan: &LogicalPlan, limit: &Limit) -> Node {
    let below = node(writer, &limit.input);
    let skip = match limit.get_skip_type() {
        Ok(SkipType::Literal(skip)) => skip,
        _ => 0,
    };
    let fetch = match limit.get_fetch_type() {
        Ok(FetchType::Literal(fetch)) => fetch,
        _ => None,
    };
    match (fetch, skip) {
        (Some(fetch), 0) => limited(plan, fetch, below),
        (Some(fetch), skip) => {
            let size = below.size;
            let mut local = Node::above(format!("LocalLimit {}", fetch + skip), vec![below]);
            local.size = size;
            let mut offset = Node::above(format!("Offset {skip}"), vec![local]);
            offset.size = size.map(|size| size.skipped(plan, skip));
            let mut global = Node::above(format!("GlobalLimit {fetch}"), vec![offset]);
            global.size = size.map(|size| size.limited(plan, fetch));
            global
        }
        (None, skip) => {
            let size = below.size.map(|size| size.skipped(plan, skip));
            let mut offset = Node::above(format!("Offset {skip}"), vec![below]);
            offset.size = size;
            offset
        }
    }
}
