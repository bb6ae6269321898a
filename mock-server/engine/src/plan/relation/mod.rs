//! One exhaustive match over the relations of the protocol; a short file per family does the work.

pub(crate) mod aggregate;
pub(crate) mod children;
mod generate;
mod join;
pub(crate) mod local;
mod project;
pub(crate) mod read;
mod row;
mod set;
mod sort;
mod windows;

pub(crate) use project::one_row;
use sparring_proto::Required;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use super::{Planned, Planner};
use crate::error::{Error, Result};

/// Stack that must be left before recursing, and what is added when it is not: plans of a thousand
/// operators are normal, and each level of translation costs a few kilobytes.
pub(crate) const RED_ZONE: usize = 256 * 1024;
pub(crate) const STACK: usize = 4 * 1024 * 1024;

impl<'a> Planner<'a> {
    /// Resolves a relation.
    pub(crate) fn relation(&self, relation: &proto::Relation) -> Result<Planned> {
        stacker::maybe_grow(RED_ZONE, STACK, || {
            let mut planned = self.operator(relation)?;
            if let Some(plan_id) = relation.common.as_ref().and_then(|common| common.plan_id) {
                planned.scope.mark(plan_id);
            }
            Ok(planned)
        })
    }

    fn operator(&self, relation: &proto::Relation) -> Result<Planned> {
        let planned = self.operator_of(relation.rel_type.as_ref().required("relation.rel_type")?);
        planned.map_err(|error| {
            let origin = relation
                .common
                .as_ref()
                .and_then(|common| common.origin.as_ref());
            match origin {
                Some(_) => error.at(self.origin(origin)),
                None => error,
            }
        })
    }

    fn operator_of(&self, operator: &RelType) -> Result<Planned> {
        match operator {
            RelType::Read(node) => self.read(node),
            RelType::Project(node) => self.project(node),
            RelType::Filter(node) => self.filter(node),
            RelType::Join(node) => self.join(node),
            RelType::SetOp(node) => self.set_operation(node),
            RelType::Sort(node) => self.sort(node),
            RelType::Limit(node) => self.limit(node),
            RelType::Aggregate(node) => self.aggregate(node),
            RelType::Sql(node) => self.sql(node),
            RelType::LocalRelation(node) => self.local_relation(node),
            RelType::Sample(_) => Err(not_yet("sample")),
            RelType::Offset(node) => self.offset(node),
            RelType::Deduplicate(node) => self.deduplicate(node),
            RelType::Range(node) => self.range(node),
            RelType::SubqueryAlias(node) => self.subquery_alias(node),
            RelType::Repartition(node) => {
                self.relation(node.input.as_deref().required("repartition.input")?)
            }
            RelType::ToDf(node) => self.to_df(node),
            RelType::WithColumnsRenamed(node) => self.with_columns_renamed(node),
            RelType::ShowString(_) => Err(not_yet("show_string below another operator")),
            RelType::Drop(node) => self.drop_columns(node),
            RelType::Tail(_) => Err(not_yet("tail below another operator")),
            RelType::WithColumns(node) => self.with_columns(node),
            RelType::Hint(node) => self.hint(node),
            RelType::Unpivot(_) => Err(not_yet("unpivot")),
            RelType::ToSchema(_) => Err(not_yet("to_schema")),
            RelType::RepartitionByExpression(node) => self.relation(
                node.input
                    .as_deref()
                    .required("repartition_by_expression.input")?,
            ),
            RelType::MapPartitions(_) => Err(not_yet("mapInPandas and mapInArrow")),
            RelType::CollectMetrics(_) => Err(not_yet("observe")),
            RelType::Parse(_) => Err(not_yet("parse")),
            RelType::GroupMap(_) => Err(not_yet("applyInPandas")),
            RelType::CoGroupMap(_) => Err(not_yet("cogrouped applyInPandas")),
            RelType::WithWatermark(_) => Err(not_yet("withWatermark")),
            RelType::ApplyInPandasWithState(_) => Err(not_yet("applyInPandasWithState")),
            RelType::HtmlString(_) => Err(not_yet("html_string below another operator")),
            RelType::CachedLocalRelation(node) => self.cached_local_relation(node),
            RelType::CachedRemoteRelation(node) => self.cached_remote_relation(node),
            RelType::CommonInlineUserDefinedTableFunction(_) => {
                Err(not_yet("Python table functions"))
            }
            RelType::AsOfJoin(_) => Err(not_yet("asOfJoin")),
            RelType::CommonInlineUserDefinedDataSource(_) => Err(not_yet("Python data sources")),
            RelType::WithRelations(node) => self.with_relations(node),
            RelType::Transpose(_) => Err(not_yet("transpose")),
            RelType::UnresolvedTableValuedFunction(node) => self.table_valued_function(node),
            RelType::LateralJoin(node) => self.lateral_join(node),
            RelType::ChunkedCachedLocalRelation(node) => self.chunked_local_relation(node),
            RelType::RelationChanges(_) => Err(not_yet("change data feeds")),
            RelType::NearestByJoin(_) => Err(not_yet("nearest-by joins")),
            RelType::Zip(_) => Err(not_yet("zip")),
            RelType::FillNa(_) => Err(not_yet("fillna")),
            RelType::DropNa(_) => Err(not_yet("dropna")),
            RelType::Replace(_) => Err(not_yet("replace")),
            RelType::Summary(_) => Err(not_yet("summary")),
            RelType::Crosstab(_) => Err(not_yet("crosstab")),
            RelType::Describe(_) => Err(not_yet("describe")),
            RelType::Cov(_) => Err(not_yet("cov")),
            RelType::Corr(_) => Err(not_yet("corr")),
            RelType::ApproxQuantile(_) => Err(not_yet("approxQuantile")),
            RelType::FreqItems(_) => Err(not_yet("freqItems")),
            RelType::SampleBy(_) => Err(not_yet("sampleBy")),
            RelType::Catalog(_) => Err(not_yet("a catalog call below another operator")),
            RelType::MlRelation(_) => Err(not_yet("pyspark.ml over Spark Connect")),
            RelType::Extension(any) => Err(Error::unsupported(format!(
                "the relation extension {}",
                any.type_url
            ))),
            RelType::Unknown(_) => Err(Error::invalid_plan("the plan holds an unknown relation")),
        }
    }

    /// `spark.sql(…)` inside a plan: a query, never a statement with effects.
    fn sql(&self, node: &proto::Sql) -> Result<Planned> {
        let query = read::parse_query(node)?;
        self.for_sql(node.query.as_str().into()).relation(&query)
    }
}

fn not_yet(what: &str) -> Error {
    Error::unsupported(what)
}
