//! The inputs of every relation, and the reads below one.
//!
//! Exhaustive over the protocol, so that a new relation cannot hide what it reads.

use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use crate::error::Result;
use crate::plan::context::Context;

/// Whether files are read somewhere below a relation. What SQL text reads is not looked for.
pub(crate) fn reads_files(relation: &proto::Relation) -> bool {
    let is_file = match &relation.rel_type {
        Some(RelType::Read(read)) => matches!(read.read_type, Some(ReadType::DataSource(_))),
        _ => false,
    };
    is_file || inputs(relation).into_iter().any(reads_files)
}

/// The relations directly below one.
pub(crate) fn inputs(relation: &proto::Relation) -> Vec<&proto::Relation> {
    fn one(input: &Option<Box<proto::Relation>>) -> Vec<&proto::Relation> {
        input.as_deref().into_iter().collect()
    }
    fn two<'a>(
        left: &'a Option<Box<proto::Relation>>,
        right: &'a Option<Box<proto::Relation>>,
    ) -> Vec<&'a proto::Relation> {
        left.as_deref()
            .into_iter()
            .chain(right.as_deref())
            .collect()
    }
    let Some(operator) = &relation.rel_type else {
        return Vec::new();
    };
    match operator {
        RelType::Project(n) => one(&n.input),
        RelType::Filter(n) => one(&n.input),
        RelType::Join(n) => two(&n.left, &n.right),
        RelType::SetOp(n) => two(&n.left_input, &n.right_input),
        RelType::Sort(n) => one(&n.input),
        RelType::Limit(n) => one(&n.input),
        RelType::Aggregate(n) => one(&n.input),
        RelType::Sample(n) => one(&n.input),
        RelType::Offset(n) => one(&n.input),
        RelType::Deduplicate(n) => one(&n.input),
        RelType::SubqueryAlias(n) => one(&n.input),
        RelType::Repartition(n) => one(&n.input),
        RelType::ToDf(n) => one(&n.input),
        RelType::WithColumnsRenamed(n) => one(&n.input),
        RelType::ShowString(n) => one(&n.input),
        RelType::Drop(n) => one(&n.input),
        RelType::Tail(n) => one(&n.input),
        RelType::WithColumns(n) => one(&n.input),
        RelType::Hint(n) => one(&n.input),
        RelType::Unpivot(n) => one(&n.input),
        RelType::ToSchema(n) => one(&n.input),
        RelType::RepartitionByExpression(n) => one(&n.input),
        RelType::MapPartitions(n) => one(&n.input),
        RelType::CollectMetrics(n) => one(&n.input),
        RelType::Parse(n) => one(&n.input),
        RelType::GroupMap(n) => two(&n.input, &n.initial_input),
        RelType::CoGroupMap(n) => two(&n.input, &n.other),
        RelType::WithWatermark(n) => one(&n.input),
        RelType::ApplyInPandasWithState(n) => one(&n.input),
        RelType::HtmlString(n) => one(&n.input),
        RelType::AsOfJoin(n) => two(&n.left, &n.right),
        RelType::WithRelations(n) => n.root.as_deref().into_iter().chain(&n.references).collect(),
        RelType::Transpose(n) => one(&n.input),
        RelType::LateralJoin(n) => two(&n.left, &n.right),
        RelType::NearestByJoin(n) => two(&n.left, &n.right),
        RelType::Zip(n) => two(&n.left, &n.right),
        RelType::FillNa(n) => one(&n.input),
        RelType::DropNa(n) => one(&n.input),
        RelType::Replace(n) => one(&n.input),
        RelType::Summary(n) => one(&n.input),
        RelType::Crosstab(n) => one(&n.input),
        RelType::Describe(n) => one(&n.input),
        RelType::Cov(n) => one(&n.input),
        RelType::Corr(n) => one(&n.input),
        RelType::ApproxQuantile(n) => one(&n.input),
        RelType::FreqItems(n) => one(&n.input),
        RelType::SampleBy(n) => one(&n.input),
        RelType::Read(_)
        | RelType::Sql(_)
        | RelType::LocalRelation(_)
        | RelType::Range(_)
        | RelType::CachedLocalRelation(_)
        | RelType::CachedRemoteRelation(_)
        | RelType::CommonInlineUserDefinedTableFunction(_)
        | RelType::CommonInlineUserDefinedDataSource(_)
        | RelType::UnresolvedTableValuedFunction(_)
        | RelType::ChunkedCachedLocalRelation(_)
        | RelType::RelationChanges(_)
        | RelType::Catalog(_)
        | RelType::MlRelation(_)
        | RelType::Extension(_)
        | RelType::Unknown(_) => Vec::new(),
    }
}

/// Every read in the tree, those inside SQL texts included.
pub(crate) fn reads(
    context: &Context,
    relation: &proto::Relation,
    found: &mut Vec<proto::Read>,
) -> Result<()> {
    let mut pending = vec![relation];
    let mut parsed: Vec<proto::Relation> = Vec::new();
    while let Some(next) = pending.pop() {
        match &next.rel_type {
            Some(RelType::Read(read)) => found.push(read.clone()),
            Some(RelType::Sql(sql)) => parsed.push(super::read::parse_query(context, sql)?),
            _ => pending.extend(inputs(next)),
        }
    }
    parsed
        .iter()
        .try_for_each(|query| reads(context, query, found))
}
