//! Reads: named tables, temporary views, common table expressions, files; and queries as text.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlanBuilder, TableSource};
use sparring_proto::Required;
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::{self as proto};
use sparring_sql::{Parameters, Statement};

use crate::error::{Error, Result};
use crate::functions::kernels::cast::up_castable;
use crate::functions::{CastMode, cast};
use crate::plan::context::Context;
use crate::plan::scope::{Column, ColumnId, Scope};
use crate::plan::sources::View;
use crate::plan::typed::Typed;
use crate::plan::variables::substituted;
use crate::plan::{Planned, Planner, project};
use crate::types::names::quote_parts;
use crate::types::sql_name;

impl<'a> Planner<'a> {
    /// `Read`.
    pub(super) fn read(&self, node: &proto::Read) -> Result<Planned> {
        if node.is_streaming {
            return Err(Error::unsupported("reading a stream"));
        }
        match node.read_type.as_ref().required("read.read_type")? {
            ReadType::NamedTable(table) => self.named_table(node, table),
            ReadType::DataSource(_) => self
                .opened(node)?
                .ok_or_else(|| Error::internal("a data source was not opened before planning")),
        }
    }

    fn named_table(&self, node: &proto::Read, table: &proto::read::NamedTable) -> Result<Planned> {
        let parts = sparring_sql::parse_multipart_identifier(&table.unparsed_identifier)?;
        if let [name] = parts.as_slice()
            && let Some(found) = self.common_table(name)
        {
            let mut planned = found?;
            planned.scope = planned.scope.qualified(vec![name.clone()]);
            if let Some(trace) = &self.context.trace {
                trace.common_table(name);
            }
            return Ok(planned);
        }
        let kept = match self.sees_session {
            true => self.context.session.temp_view(&parts),
            false => None,
        };
        if kept.is_some() {
            self.context.names_temporary("VIEW", &parts);
        }
        if let Some(view) = kept
            && view.view().is_none()
        {
            let mut planned = Planned {
                below: None,
                ..view.planned().fresh()?
            };
            planned.scope.plans.clear();
            let name = parts.last().cloned().unwrap_or_default();
            planned.scope = planned.scope.qualified(vec![name]);
            return Ok(planned);
        }
        if let Some((view, context)) = self.sources.view(self.context, node) {
            if let Some(trace) = &self.context.trace {
                trace.view(view);
            }
            let mut inner = Planner::new(context, self.sources);
            inner.sql_text.clone_from(&view.text);
            inner.sees_session = view.is_temporary;
            let mut planned = inner.relation(&view.query)?.fresh()?;
            planned.scope.plans.clear();
            if let Some(columns) = &view.columns {
                planned = self.as_made(planned, columns, view)?;
            }
            planned.scope = planned.scope.qualified(view.qualifier.clone());
            return Ok(planned);
        }
        self.opened(node)?.ok_or_else(|| {
            let session = &self.context.session;
            let catalog = &session.workspace.catalog;
            if let Err(error) = catalog.qualify(&self.context.namespace(), &parts) {
                return error;
            }
            Error::new(
                "TABLE_OR_VIEW_NOT_FOUND",
                [("relationName", quote_parts(&parts))],
            )
        })
    }

    /// The query of a view with the columns that the view had when it was made, found by name.
    fn as_made(
        &self,
        planned: Planned,
        columns: &[(String, Column)],
        view: &View,
    ) -> Result<Planned> {
        let mut list = Vec::with_capacity(columns.len());
        let mut used: HashSet<ColumnId> = HashSet::new();
        for (name, made) in columns {
            let found = planned.scope.columns.iter().find(|column| {
                self.context.same_name(&column.name, name) && !used.contains(&column.id)
            });
            let Some(found) = found else {
                return Err(Error::new(
                    "INCOMPATIBLE_VIEW_SCHEMA_CHANGE",
                    [
                        ("viewName", quote_parts(&view.qualifier)),
                        ("colName", name.clone()),
                        ("expectedNum", "1".to_owned()),
                        ("actualCols", "[]".to_owned()),
                        ("suggestion", "CREATE OR REPLACE TEMPORARY VIEW".to_owned()),
                    ],
                )
                .placeless());
            };
            used.insert(found.id);
            let value = Typed::column(found);
            // Spark casts the columns of the catalog's views, and widens those of the session's.
            if view.is_temporary && !up_castable(&value.data_type, &made.data_type) {
                let shown = |found| format!("\"{}\"", sql_name(found));
                return Err(Error::new(
                    "CANNOT_UP_CAST_DATATYPE",
                    [
                        ("expression", name.clone()),
                        ("sourceType", shown(&value.data_type)),
                        ("targetType", shown(&made.data_type)),
                        ("details", UP_CAST.to_owned()),
                    ],
                ));
            }
            let mode = CastMode::implicit(self.context);
            let value = cast(self.context, value, &made.data_type, mode, None)?;
            let mut column = Column::new(
                Arc::clone(&made.name),
                value.data_type.clone(),
                value.nullable,
            );
            column.metadata = Arc::clone(&made.metadata);
            list.push((column, Typed { id: None, ..value }));
        }
        let plan = project(planned.plan, &list)?;
        let columns = list.into_iter().map(|(column, _)| column).collect();
        Ok(Planned::new(plan, Scope::of(columns)))
    }

    fn opened(&self, node: &proto::Read) -> Result<Option<Planned>> {
        let Some(source) = self.sources.source(self.context, node) else {
            return Ok(None);
        };
        let schema = source.provider.schema();
        scan(
            &self.sources.identity(self.context, node),
            provider_as_source(Arc::clone(&source.provider)),
            &schema,
            &source.qualifier,
        )
        .map(Some)
    }

    /// The result of an earlier checkpoint.
    pub(super) fn cached_remote_relation(
        &self,
        node: &proto::CachedRemoteRelation,
    ) -> Result<Planned> {
        let found = self
            .context
            .session
            .checkpoint(&node.relation_id)
            .ok_or_else(|| {
                Error::invalid_plan(format!("there is no cached DataFrame {}", node.relation_id))
            })?;
        found.planned().fresh()
    }

    /// `WithRelations`: CTEs by name, DataFrames and subqueries by plan id.
    pub(super) fn with_relations(&self, node: &proto::WithRelations) -> Result<Planned> {
        let root = node.root.as_deref().required("with_relations.root")?;
        let mut inner = self.clone();
        let by_plan_id = node
            .references
            .iter()
            .filter_map(|r| Some((r.common.as_ref()?.plan_id?, r)))
            .collect::<std::collections::HashMap<_, _>>();
        // Plan ids first: a CTE may hold a subquery.
        inner.enter(by_plan_id, Vec::new());
        let mut named = Vec::new();
        for reference in &node.references {
            if let Some(proto::relation::RelType::SubqueryAlias(alias)) = &reference.rel_type {
                let planned = match inner.recursive(alias, &named)? {
                    Some(planned) => planned,
                    None => inner.relation(reference)?,
                };
                named.push((alias.alias.clone(), planned));
                inner.name_last(&named);
            }
        }
        let mut planned = inner.relation(root)?;
        planned.below = None;
        Ok(planned)
    }
}

/// What Spark advises where a view's column is of another type than it was.
const UP_CAST: &str = "The type path of the target object is:\n\nYou can either add an explicit cast to the \
                       input data or choose a higher precision type of the field in the target object";

/// A scan with its columns under internal names. `identity` says what is read: scans with the same
/// identity have the same rows.
pub(crate) fn scan(
    identity: &str,
    source: Arc<dyn TableSource>,
    schema: &Schema,
    qualifier: &[String],
) -> Result<Planned> {
    let builder = LogicalPlanBuilder::scan(TableReference::bare(identity), source, None)?;
    super::local::renamed(builder, schema, qualifier)
}

/// A text that must be a query, with its parameters put in.
pub(crate) fn parse_query(context: &Context, node: &proto::Sql) -> Result<proto::Relation> {
    let parameters = parameters(context, node);
    let text = substituted(context, &node.query)?;
    match sparring_sql::parse_statement_with_params(&text, &parameters)? {
        Statement::Query(query) => Ok(query),
        // A statement with effects runs once, before its result becomes a relation.
        _ => Err(Error::invalid_plan(
            "a statement that is no query stands inside a plan",
        )),
    }
}

/// The parameters of a text; clients up to 3.5 send literals, later ones expressions.
pub(crate) fn parameters(context: &Context, node: &proto::Sql) -> Parameters {
    let value = |literal: &proto::expression::Literal| proto::Expression {
        common: None,
        expr_type: Some(proto::expression::ExprType::Literal(literal.clone())),
    };
    let mut found = Parameters {
        variables: context.session.variables.literals(),
        refuse_defaults: {
            let conf = context.session.conf();
            let enabled = conf.option("spark.sql.defaultColumn.enabled");
            enabled.is_some_and(|value| value.eq_ignore_ascii_case("false"))
        },
        ..Parameters::default()
    };
    #[expect(deprecated, reason = "clients up to 3.5 send literals")]
    {
        found
            .named
            .extend(node.args.iter().map(|(k, v)| (k.clone(), value(v))));
        found.positional.extend(node.pos_args.iter().map(value));
    }
    found.named.extend(
        node.named_arguments
            .iter()
            .map(|(k, v)| (k.clone(), v.clone())),
    );
    found.positional.extend(node.pos_arguments.iter().cloned());
    found
}
