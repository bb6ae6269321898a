//! The parsed plan: the unresolved proto tree in Spark's words, `'` before what is not resolved.
//!
//! Spark resolves some relations of a DataFrame while it reads the message (`withColumn`, `drop`,
//! `dropDuplicates`, …); these are written as the analyzed plan has them. A plan that fails its
//! analysis is written likewise: what is below the failure is resolved, the rest is not.

mod expression;
mod grouping;
mod operator;
mod order;
mod relation;
mod several;

pub(super) use expression::text as expression_text;
pub(super) use relation::hint_numbers;

use sparring_proto::connect as proto;
use sparring_proto::connect::relation::RelType;

use super::analyzed::Analyzed;
use super::tree::Node;
use crate::plan::relation::{RED_ZONE, STACK};
use crate::plan::trace::Resolved;

/// A relation drawn, and whether Spark has resolved it.
pub(super) struct Drawn {
    pub(super) node: Node,
    pub(super) resolved: bool,
}

/// Writes parsed plans.
#[derive(Clone, Copy)]
pub(super) struct Parsed<'a> {
    analyzed: Analyzed<'a>,
    /// Whether whatever was resolved is written so.
    failing: bool,
}

impl<'a> Parsed<'a> {
    /// For a plan as it was sent.
    pub(super) fn new(analyzed: Analyzed<'a>) -> Self {
        Self {
            analyzed,
            failing: false,
        }
    }

    /// For a plan that could not be analysed.
    pub(super) fn failed(analyzed: Analyzed<'a>) -> Self {
        Self {
            analyzed,
            failing: true,
        }
    }

    /// A relation whose own resolution failed.
    pub(super) fn broken(self, relation: &'a proto::Relation, resolved: &'a Resolved) -> Node {
        self.of(relation, Some(resolved)).node
    }

    /// A relation and what is below it.
    pub(super) fn node(
        self,
        relation: &'a proto::Relation,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        stacker::maybe_grow(RED_ZONE, STACK, || {
            let is_resolved = resolved.is_some_and(|r| r.planned.is_some());
            if let Some(resolved) = resolved
                && is_resolved
                && (self.failing || is_eager(relation, self.analyzed.sql))
            {
                return Drawn {
                    node: self.analyzed.node(relation, resolved),
                    resolved: true,
                };
            }
            self.of(relation, resolved)
        })
    }

    fn of(self, relation: &'a proto::Relation, resolved: Option<&'a Resolved>) -> Drawn {
        match (&relation.rel_type, resolved) {
            (Some(RelType::Sql(_)), Some(of)) => match &of.query {
                Some(query) => {
                    let inner = Self {
                        analyzed: self.analyzed.in_sql(),
                        ..self
                    };
                    inner.node(query, of.below(query).map(AsRef::as_ref))
                }
                None => unresolved("'Sql"),
            },
            (Some(operator), _) => self.operator(operator, resolved),
            (None, _) => unresolved("'Unknown"),
        }
    }
}

fn unresolved(line: &str) -> Drawn {
    Drawn {
        node: Node::leaf(line),
        resolved: false,
    }
}

/// Whether Spark has analysed a relation by the time its message is read.
fn is_eager(relation: &proto::Relation, sql: bool) -> bool {
    use proto::read::ReadType;
    if let Some(RelType::Read(read)) = &relation.rel_type {
        return matches!(read.read_type, Some(ReadType::DataSource(_)));
    }
    if let Some(RelType::Deduplicate(_)) = &relation.rel_type {
        return !sql;
    }
    matches!(
        &relation.rel_type,
        Some(
            RelType::LocalRelation(_)
                | RelType::CachedLocalRelation(_)
                | RelType::ChunkedCachedLocalRelation(_)
                | RelType::CachedRemoteRelation(_)
                | RelType::Range(_)
                | RelType::WithColumns(_)
                | RelType::WithColumnsRenamed(_)
                | RelType::Drop(_)
                | RelType::ToSchema(_)
                | RelType::FillNa(_)
                | RelType::DropNa(_)
                | RelType::Replace(_)
                | RelType::Summary(_)
                | RelType::Describe(_)
                | RelType::Crosstab(_)
                | RelType::Cov(_)
                | RelType::Corr(_)
                | RelType::ApproxQuantile(_)
                | RelType::FreqItems(_)
                | RelType::SampleBy(_)
                | RelType::Transpose(_)
                | RelType::CollectMetrics(_)
                | RelType::ShowString(_)
                | RelType::HtmlString(_)
                | RelType::Tail(_),
        )
    )
}
