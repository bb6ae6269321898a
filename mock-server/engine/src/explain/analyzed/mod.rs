//! The analyzed plan: Spark's operator for every relation of the protocol, with the columns and
//! expressions that ours resolved to. One exhaustive match; a short file per family does the work.
//!
//! Shows nothing that was not resolved: each line is written from what the planner kept of its
//! relation (`plan/trace.rs`).

mod above;
mod grouping;
mod join;
mod rows;
mod select;
mod sources;
mod windows;

pub(super) use join::{condition_of, is_natural, kind as join_kind, with_all};
pub(super) use rows::sample_line;
pub(super) use select::{is_inline_table, project_line};
pub(super) use windows::keys as window_keys;

use std::sync::Arc;

use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use super::index::Index;
use super::logical;
use super::parsed::Parsed;
use super::tree::Node;
use super::writer::{Query, Writer};
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::plan::relation;
use crate::plan::trace::Resolved;

/// Writes analyzed plans.
#[derive(Clone, Copy)]
pub(super) struct Analyzed<'a> {
    pub(super) context: &'a Context,
    pub(super) writer: &'a Writer,
    pub(super) index: &'a Index<'a>,
    /// Whether the relation was said in SQL.
    pub(super) sql: bool,
}

impl<'a> Analyzed<'a> {
    /// The same for what a SQL text says.
    pub(super) fn in_sql(self) -> Self {
        Self { sql: true, ..self }
    }

    /// A relation and what is below it.
    pub(super) fn node(self, relation: &'a proto::Relation, resolved: &'a Resolved) -> Node {
        stacker::maybe_grow(relation::RED_ZONE, relation::STACK, || {
            let Some(planned) = &resolved.planned else {
                return Parsed::failed(self).broken(relation, resolved);
            };
            let Some(operator) = &relation.rel_type else {
                return self.other(planned);
            };
            let node = self.operator(operator, resolved, planned);
            self.writer.names.borrow_mut().learn_all(&planned.scope);
            node
        })
    }

    fn operator(self, operator: &'a RelType, resolved: &'a Resolved, planned: &Planned) -> Node {
        match operator {
            RelType::Sql(_) => match &resolved.query {
                Some(query) => self.in_sql().below(resolved, query),
                None => self.other(planned),
            },
            RelType::Read(node) => self.read(node, resolved, planned),
            RelType::LocalRelation(_)
            | RelType::CachedLocalRelation(_)
            | RelType::ChunkedCachedLocalRelation(_) => self.local(planned),
            RelType::Range(_) => self.range(planned),
            RelType::UnresolvedTableValuedFunction(node) => self.table_function(node, planned),
            RelType::WithRelations(node) => self.with_relations(node, resolved, planned),
            RelType::Project(node) => self.project(node, resolved, planned),
            RelType::Aggregate(node) => self.aggregate(node, resolved, planned),
            RelType::WithColumns(node) => self.with_columns(node, resolved, planned),
            RelType::ToSchema(node) => self.to_schema(node, resolved, planned),
            RelType::FillNa(node) => self.fill_na(node, resolved, planned),
            RelType::Replace(node) => self.selected(&node.input, resolved, planned),
            RelType::WithColumnsRenamed(node) => {
                self.renamed(&node.input, resolved, planned, false)
            }
            RelType::ToDf(node) => self.to_df(node, resolved, planned),
            RelType::Drop(node) => self.dropped(&node.input, resolved, planned),
            RelType::Filter(node) => self.filter(node, resolved, planned),
            RelType::DropNa(node) => self.condition(&node.input, resolved, planned),
            RelType::Sort(node) => self.sort(node, resolved, planned),
            RelType::Limit(node) => self.limit(node, resolved, planned),
            RelType::Offset(node) => self.offset(node, resolved, planned),
            RelType::Deduplicate(node) => self.deduplicate(node, resolved, planned),
            RelType::Sample(node) => self.sample(node, resolved, planned),
            RelType::Repartition(node) => self.repartition(node, resolved, planned),
            RelType::RepartitionByExpression(node) => {
                self.repartition_by_expression(node, resolved, planned)
            }
            RelType::SubqueryAlias(node) => self.subquery_alias(node, resolved, planned),
            RelType::Hint(node) => self.hint(node, resolved, planned),
            RelType::Unpivot(node) => self.unpivot(node, resolved, planned),
            RelType::Join(node) => self.join(node, resolved, planned),
            RelType::SetOp(node) => self.set_operation(node, resolved, planned),
            RelType::LateralJoin(node) => self.lateral_join(node, resolved, planned),
            // Spark computes these with operators of its own, which ours does not run: what ours
            // resolved them to is shown instead.
            RelType::ShowString(_)
            | RelType::HtmlString(_)
            | RelType::Tail(_)
            | RelType::MapPartitions(_)
            | RelType::CollectMetrics(_)
            | RelType::Parse(_)
            | RelType::GroupMap(_)
            | RelType::CoGroupMap(_)
            | RelType::WithWatermark(_)
            | RelType::ApplyInPandasWithState(_)
            | RelType::CachedRemoteRelation(_)
            | RelType::CommonInlineUserDefinedTableFunction(_)
            | RelType::AsOfJoin(_)
            | RelType::CommonInlineUserDefinedDataSource(_)
            | RelType::Transpose(_)
            | RelType::RelationChanges(_)
            | RelType::NearestByJoin(_)
            | RelType::Zip(_)
            | RelType::Summary(_)
            | RelType::Crosstab(_)
            | RelType::Describe(_)
            | RelType::Cov(_)
            | RelType::Corr(_)
            | RelType::ApproxQuantile(_)
            | RelType::FreqItems(_)
            | RelType::SampleBy(_)
            | RelType::Catalog(_)
            | RelType::MlRelation(_)
            | RelType::Extension(_)
            | RelType::Unknown(_) => self.other(planned),
        }
    }

    /// A relation below another.
    fn below(self, resolved: &'a Resolved, relation: &'a proto::Relation) -> Node {
        match resolved.below(relation) {
            Some(below) => self.node(relation, below),
            None => Node::leaf("'Unresolved"),
        }
    }

    /// The one input of a relation.
    fn input(self, resolved: &'a Resolved, input: &'a Option<Box<proto::Relation>>) -> Node {
        match input {
            Some(input) => self.below(resolved, input),
            None => Node::leaf("OneRowRelation"),
        }
    }

    /// What the one input of a relation was resolved to.
    fn planned(
        self,
        resolved: &'a Resolved,
        input: &'a Option<Box<proto::Relation>>,
    ) -> Option<&'a Planned> {
        resolved.below(input.as_deref()?)?.planned.as_ref()
    }

    /// A relation as DataFusion's plan has it.
    fn other(self, planned: &Planned) -> Node {
        self.writer.names.borrow_mut().learn_all(&planned.scope);
        self.writer.scans(logical::scans(&planned.plan));
        logical::node(self.writer, &planned.plan)
    }

    /// The columns of a relation.
    fn columns(self, planned: &Planned) -> Vec<String> {
        let mut names = self.writer.names.borrow_mut();
        planned.scope.columns.iter().map(|c| names.of(c)).collect()
    }

    /// An operator with the queries that were met in its expressions.
    fn operator_above(self, line: String, children: Vec<Node>) -> Node {
        let inner = self.queries();
        Node::above(line, children).with_inner(inner)
    }

    fn queries(self) -> Vec<Node> {
        let queries = self.writer.take_queries();
        queries.iter().map(|query| self.query(query)).collect()
    }

    fn query(self, query: &Query) -> Node {
        let found: Option<Arc<Resolved>> = query.resolved.clone();
        let known = found.and_then(|found| self.index.same(&found));
        match known {
            Some((relation, resolved)) => self.node(relation, resolved),
            None => logical::node(self.writer, &query.plan),
        }
    }
}
