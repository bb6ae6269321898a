//! One exhaustive match over the relations of the protocol; a short file per family does the work.

pub(crate) mod aggregate;
pub(crate) mod children;
mod eager;
mod generate;
mod grouping_keys;
mod having;
mod join;
pub(crate) mod local;
mod missing;
mod observe;
mod pivot;
mod places;
mod project;
mod quantiles;
pub(crate) mod read;
mod recursive;
mod reshape;
mod row;
mod sample;
mod set;
mod sort;
mod statistics;
mod time_windows;
mod windows;

use std::sync::Arc;

use datafusion::common::Column as PlanColumn;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
pub(crate) use project::one_row;
use sparring_proto::Required;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use super::fingerprint::fingerprint;
use super::{Planned, Planner};
use crate::error::{Error, Exception, Result};

/// Stack that must be left before recursing, and what is added when it is not: plans of a thousand
/// operators are normal, and each level of translation costs a few kilobytes.
pub(crate) const RED_ZONE: usize = 256 * 1024;
pub(crate) const STACK: usize = 4 * 1024 * 1024;

impl<'a> Planner<'a> {
    /// Resolves a relation.
    pub(crate) fn relation(&self, relation: &proto::Relation) -> Result<Planned> {
        stacker::maybe_grow(RED_ZONE, STACK, || {
            let planned = self.logged(relation)?;
            let planned = self.read_from_cache(relation, planned)?;
            Ok(marked(relation, planned))
        })
    }

    /// Resolves a relation whose own rows are not taken from the cache; those below may be.
    pub(crate) fn uncached(&self, relation: &proto::Relation) -> Result<Planned> {
        Ok(marked(relation, self.operator(relation)?))
    }

    fn logged(&self, relation: &proto::Relation) -> Result<Planned> {
        let Some(trace) = &self.context.trace else {
            return self.operator(relation);
        };
        trace.enter(relation);
        let planned = self.operator(relation);
        trace.leave(planned.as_ref().ok());
        planned
    }

    /// The relation with its rows read from the session's cache, if it is persisted.
    fn read_from_cache(&self, relation: &proto::Relation, mut planned: Planned) -> Result<Planned> {
        let cache = &self.context.session.cache;
        let Some(operator) = &relation.rel_type else {
            return Ok(planned);
        };
        if !cache.may_hold(operator) {
            return Ok(planned);
        }
        let Some(rows) = cache.rows(&fingerprint(self.context, &planned)?) else {
            return Ok(planned);
        };
        // The identities stay, so that whatever names mean above is untouched.
        let kept = datafusion::catalog::TableProvider::schema(rows.as_ref());
        let builder = LogicalPlanBuilder::scan("persisted", provider_as_source(rows), None)?;
        let mut seen = std::collections::HashSet::new();
        let columns = planned.scope.columns.iter().chain(&planned.scope.hidden);
        let exprs: Vec<Expr> = columns
            .filter(|column| seen.insert(column.id))
            .zip(kept.fields())
            .map(|(column, field)| {
                let source = PlanColumn::new(Some("persisted"), field.name());
                Expr::Column(source).alias(column.id.internal_name())
            })
            .collect();
        planned.plan = builder.project(exprs)?.build()?;
        Ok(planned)
    }

    fn operator(&self, relation: &proto::Relation) -> Result<Planned> {
        let plan_id = relation.common.as_ref().and_then(|common| common.plan_id);
        let operator = relation.rel_type.as_ref().required("relation.rel_type")?;
        let origin = relation
            .common
            .as_ref()
            .and_then(|common| common.origin.as_ref());
        let planned = self.operator_of(operator, plan_id, origin);
        planned.map_err(|error| {
            let error = match places::of(&error, operator) {
                Some(place) => error.at(self.origin(Some(place))),
                None => error,
            };
            match origin {
                Some(_) if !is_placeless(&error) => error.at(self.origin(origin)),
                _ => error,
            }
        })
    }

    fn operator_of(
        &self,
        operator: &RelType,
        plan_id: Option<i64>,
        origin: Option<&proto::Origin>,
    ) -> Result<Planned> {
        match operator {
            RelType::Read(node) => self.read(node),
            RelType::Project(node) => self.project(node),
            RelType::Filter(node) => self.filter(node),
            RelType::Join(node) => self.join(node),
            RelType::SetOp(node) => self.set_operation(node, self.origin(origin)),
            RelType::Sort(node) => self.sort(node),
            RelType::Limit(node) => self.limit(node),
            RelType::Aggregate(node) => self.aggregate(node),
            RelType::Sql(node) => self.sql(node),
            RelType::LocalRelation(node) => self.local_relation(node),
            RelType::Sample(node) => self.sample(node),
            RelType::Offset(node) => self.offset(node),
            RelType::Deduplicate(node) => self.deduplicate(node),
            RelType::Range(node) => self.range(node),
            RelType::SubqueryAlias(node) => self.subquery_alias(node),
            RelType::Repartition(node) => {
                self.relation(node.input.as_deref().required("repartition.input")?)
            }
            RelType::ToDf(node) => self.to_df(node),
            RelType::WithColumnsRenamed(node) => self.with_columns_renamed(node),
            RelType::ShowString(node) => self.show_string(node),
            RelType::Drop(node) => self.drop_columns(node),
            RelType::Tail(node) => self.tail(node),
            RelType::WithColumns(node) => self.with_columns(node),
            RelType::Hint(node) => self.hint(node),
            RelType::Unpivot(node) => self.unpivot(node),
            RelType::ToSchema(node) => self.to_schema(node),
            RelType::RepartitionByExpression(node) => self.relation(
                node.input
                    .as_deref()
                    .required("repartition_by_expression.input")?,
            ),
            RelType::MapPartitions(_) => Err(not_yet("mapInPandas and mapInArrow")),
            RelType::CollectMetrics(node) => self.collect_metrics(node, plan_id),
            RelType::Parse(_) => Err(not_yet("parse")),
            RelType::GroupMap(_) => Err(not_yet("applyInPandas")),
            RelType::CoGroupMap(_) => Err(not_yet("cogrouped applyInPandas")),
            RelType::WithWatermark(node) => self.with_watermark(node),
            RelType::ApplyInPandasWithState(_) => Err(not_yet("applyInPandasWithState")),
            RelType::HtmlString(node) => self.html_string(node),
            RelType::CachedLocalRelation(node) => self.cached_local_relation(node),
            RelType::CachedRemoteRelation(node) => self.cached_remote_relation(node),
            RelType::CommonInlineUserDefinedTableFunction(_) => {
                Err(not_yet("Python table functions"))
            }
            RelType::AsOfJoin(_) => Err(not_yet("asOfJoin")),
            RelType::CommonInlineUserDefinedDataSource(_) => Err(not_yet("Python data sources")),
            RelType::WithRelations(node) => self.with_relations(node),
            RelType::Transpose(node) => self.transpose(node),
            RelType::UnresolvedTableValuedFunction(node) => {
                self.table_valued_function(node, self.origin(origin))
            }
            RelType::LateralJoin(node) => self.lateral_join(node),
            RelType::ChunkedCachedLocalRelation(node) => self.chunked_local_relation(node),
            RelType::RelationChanges(_) => Err(not_yet("change data feeds")),
            RelType::NearestByJoin(_) => Err(not_yet("nearest-by joins")),
            RelType::Zip(_) => Err(not_yet("zip")),
            RelType::FillNa(node) => self.fill_na(node),
            RelType::DropNa(node) => self.drop_na(node),
            RelType::Replace(node) => self.replace(node),
            RelType::Summary(node) => self.summary(node),
            RelType::Crosstab(node) => self.crosstab(node),
            RelType::Describe(node) => self.describe(node),
            RelType::Cov(node) => self.pair_statistic(
                node.input.as_deref(),
                [&node.col1, &node.col2],
                "covar_samp",
                "cov",
            ),
            RelType::Corr(node) => self.pair_statistic(
                node.input.as_deref(),
                [&node.col1, &node.col2],
                "corr",
                "corr",
            ),
            RelType::ApproxQuantile(node) => self.approx_quantile(node),
            RelType::FreqItems(node) => self.freq_items(node),
            RelType::SampleBy(node) => self.sample_by(node),
            RelType::Catalog(_) => Err(not_yet("a catalog call below another operator")),
            RelType::MlRelation(_) => Err(not_yet("pyspark.ml over Spark Connect")),
            RelType::Extension(any) => Err(Error::unsupported(format!(
                "the relation extension {}",
                any.type_url
            ))),
            RelType::Unknown(_) => Err(Error::invalid_plan("the plan holds an unknown relation")),
        }
    }

    /// `WithWatermark`: means nothing to rows that are all there, as in Spark.
    fn with_watermark(&self, node: &proto::WithWatermark) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("with_watermark.input")?)?;
        self.named_columns(&input, std::slice::from_ref(&node.event_time))?;
        Ok(input)
    }

    /// `spark.sql(…)` inside a plan: a query, never a statement with effects.
    fn sql(&self, node: &proto::Sql) -> Result<Planned> {
        let query = Arc::new(read::parse_query(self.context, node)?);
        if let Some(trace) = &self.context.trace {
            trace.query(&query);
        }
        self.for_sql(node.query.as_str().into()).relation(&query)
    }
}

/// Errors that Spark raises about a whole plan, without a place.
fn is_placeless(error: &Error) -> bool {
    // What Spark's runtime refuses while it plans knows no relation.
    if error.exception() == Exception::Runtime {
        return true;
    }
    const CLASSES: [&str; 8] = [
        "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
        "MISSING_AGGREGATION",
        "PARSE_MODE_UNSUPPORTED",
        "UNPIVOT_VALUE_DATA_TYPE_MISMATCH",
        "UNSUPPORTED_FEATURE.GEOSPATIAL_DISABLED",
        "UNSUPPORTED_TIME_TYPE",
        "_LEGACY_ERROR_TEMP_1034",
        "_LEGACY_ERROR_TEMP_1037",
    ];
    error.class().is_some_and(|class| CLASSES.contains(&class))
}

/// Remembers what the plan id of a relation means.
fn marked(relation: &proto::Relation, mut planned: Planned) -> Planned {
    if let Some(plan_id) = relation.common.as_ref().and_then(|common| common.plan_id) {
        planned.scope.mark(plan_id);
    }
    planned
}

fn not_yet(what: &str) -> Error {
    Error::unsupported(what)
}
