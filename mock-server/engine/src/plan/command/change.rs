//! DELETE, UPDATE, MERGE and ALTER TABLE on Delta tables.
//!
//! The new rows are computed by the same resolver as every query, so that expressions mean what they
//! mean in Spark; all files of the table are then replaced in one version. Tables here are small.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use futures::StreamExt;
use serde_json::json;
use sparring_proto::Required;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::merge_action::ActionType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::{AlterTable, AlterTableAction, ColumnChange, Delete, Update};

use super::align::{By, align};
use super::result::{Table, nothing};
use super::{describe, statement};
use crate::catalog::delta::{Operation, Snapshot, TableMetadata, metadata};
use crate::catalog::store::{Change, RelationKind};
use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::io::Format;
use crate::plan::context::Context;
use crate::session::TempView;
use crate::types::names::quote;

const ID: &str = "__sparring_row";
const MATCHED: &str = "__sparring_matched";
const ACTION: &str = "__sparring_action";

fn expression(expr_type: ExprType) -> proto::Expression {
    proto::Expression {
        common: None,
        expr_type: Some(expr_type),
    }
}

fn column(parts: &[&str]) -> proto::Expression {
    expression(ExprType::UnresolvedAttribute(
        proto::expression::UnresolvedAttribute {
            unparsed_identifier: crate::types::names::quote_parts(parts),
            ..Default::default()
        },
    ))
}

fn literal(value: LiteralType) -> proto::Expression {
    expression(ExprType::Literal(proto::expression::Literal {
        literal_type: Some(value),
        ..Default::default()
    }))
}

fn call(name: &str, arguments: Vec<proto::Expression>) -> proto::Expression {
    expression(ExprType::UnresolvedFunction(
        proto::expression::UnresolvedFunction {
            function_name: name.to_owned(),
            arguments,
            ..Default::default()
        },
    ))
}

fn named(value: proto::Expression, name: &str) -> proto::Expression {
    expression(ExprType::Alias(Box::new(proto::expression::Alias {
        expr: Some(Box::new(value)),
        name: vec![name.to_owned()],
        metadata: None,
    })))
}

fn relation(rel_type: RelType) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}

fn aliased(input: proto::Relation, alias: &str) -> proto::Relation {
    relation(RelType::SubqueryAlias(Box::new(proto::SubqueryAlias {
        input: Some(Box::new(input)),
        alias: alias.to_owned(),
        qualifier: Vec::new(),
    })))
}

fn with_column(input: proto::Relation, name: &str, value: proto::Expression) -> proto::Relation {
    relation(RelType::WithColumns(Box::new(proto::WithColumns {
        input: Some(Box::new(input)),
        aliases: vec![proto::expression::Alias {
            expr: Some(Box::new(value)),
            name: vec![name.to_owned()],
            metadata: None,
        }],
    })))
}

fn select(input: proto::Relation, expressions: Vec<proto::Expression>) -> proto::Relation {
    relation(RelType::Project(Box::new(proto::Project {
        input: Some(Box::new(input)),
        expressions,
    })))
}

fn with_subqueries(root: proto::Relation, subqueries: &[proto::Relation]) -> proto::Relation {
    if subqueries.is_empty() {
        return root;
    }
    relation(RelType::WithRelations(Box::new(proto::WithRelations {
        root: Some(Box::new(root)),
        references: subqueries.to_vec(),
    })))
}

/// The rows of a version under an alias, each with its number, as a relation that plans can read;
/// dropped with the value.
struct Target<'c> {
    context: &'c Context,
    id: String,
}

impl<'c> Target<'c> {
    async fn of(context: &'c Context, snapshot: &Snapshot) -> Result<Self> {
        let source = crate::io::source::delta(snapshot, Vec::new())?;
        let planned = crate::plan::relation::read::scan(
            &format!("target-{}", uuid::Uuid::new_v4()),
            datafusion::datasource::provider_as_source(Arc::clone(&source.provider)),
            &snapshot.schema,
            &[],
        )?;
        let ready = crate::execution::collect(context, planned).await?;
        let mut fields: Vec<Field> = snapshot
            .schema
            .fields()
            .iter()
            .map(|f| f.as_ref().clone())
            .collect();
        fields.push(Field::new(ID, DataType::Int64, false));
        let schema = Arc::new(Schema::new(fields));
        let mut next = 0;
        let mut batches = Vec::new();
        for batch in ready.batches {
            let n_rows = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(Int64Array::from_iter_values(next..next + n_rows)) as ArrayRef);
            next += n_rows;
            batches.push(kernels::batch(
                Arc::clone(&schema),
                columns,
                batch.num_rows(),
            )?);
        }
        let kept = crate::plan::relation::local::table(schema, batches)?;
        let id = uuid::Uuid::new_v4().to_string();
        context
            .session
            .keep_checkpoint(id.clone(), TempView::new(kept));
        Ok(Self { context, id })
    }

    fn relation(&self, alias: &str) -> proto::Relation {
        let rows = relation(RelType::CachedRemoteRelation(proto::CachedRemoteRelation {
            relation_id: self.id.clone(),
        }));
        aliased(rows, alias)
    }
}

impl Drop for Target<'_> {
    fn drop(&mut self) {
        self.context.session.remove_checkpoint(&self.id);
    }
}

/// Runs a select of the action and the table's columns, and answers with its rows.
async fn rows(
    context: &Context,
    query: &proto::Relation,
    schema: &Schema,
    shown: &str,
    n_control: usize,
) -> Result<Vec<RecordBatch>> {
    let planned = crate::analyze::plan(context, query).await?;
    let mut fields: Vec<Field> = planned
        .scope
        .columns
        .iter()
        .take(n_control)
        .map(|c| Field::new(c.name.as_ref(), c.data_type.clone(), true))
        .collect();
    fields.extend(schema.fields().iter().map(|f| f.as_ref().clone()));
    let whole = Schema::new(fields);
    let planned = align(context, planned, &whole, shown, By::Place)?;
    let stream = crate::execution::engine_stream(context, planned, &whole).await?;
    let batches: Vec<Result<RecordBatch>> = stream.collect().await;
    batches.into_iter().collect()
}

/// Replaces all rows of a version.
async fn replace(
    writing: &crate::catalog::delta::Writing,
    base: &Snapshot,
    batches: Vec<RecordBatch>,
    operation: Operation,
    metrics: serde_json::Value,
) -> Result<()> {
    let stream = futures::stream::iter(batches.into_iter().map(Ok)).boxed();
    let (added, _) = writing
        .add_files(&base.schema, &base.partition_columns, stream)
        .await?;
    let mut actions = base.remove_all();
    actions.extend(added);
    writing
        .commit(Some(base), actions, operation, metrics)
        .await?;
    Ok(())
}

/// The table of a change, which must be a Delta table.
async fn open(
    context: &Context,
    parts: &[String],
    operation: &str,
) -> Result<(String, crate::catalog::delta::Writing, Arc<Snapshot>)> {
    let (name, entry) = describe::table(context, parts, operation)?;
    if entry.provider != Format::Delta.name() {
        return Err(Error::unsupported(format!(
            "{operation} on a {} table",
            entry.provider
        )));
    }
    let catalog = &context.session.workspace.catalog;
    let writing = catalog.delta.write(&entry.path).await?;
    let base = writing
        .current()
        .await?
        .ok_or_else(|| crate::catalog::delta::not_a_table(&name.quoted()))?;
    Ok((name.quoted(), writing, base))
}

fn alias_of<'n>(alias: Option<&'n str>, table: &'n [String]) -> &'n str {
    alias.unwrap_or_else(|| table.last().map_or("", String::as_str))
}

fn affected(n_rows: i64) -> Result<proto::Relation> {
    Table::default()
        .number("num_affected_rows", [Some(n_rows)])
        .relation()
}

/// The rows without their control columns, of those that `keep`.
fn kept(batch: &RecordBatch, keep: &BooleanArray, n_control: usize) -> Result<RecordBatch> {
    let columns: Vec<usize> = (n_control..batch.num_columns()).collect();
    let part = batch.project(&columns)?;
    Ok(arrow::compute::filter_record_batch(&part, keep)?)
}

/// `DELETE FROM`.
pub(super) async fn delete(context: &Context, node: Delete) -> Result<proto::Relation> {
    let (shown, writing, base) = open(context, &node.table, "DELETE").await?;
    let target = Target::of(context, &base).await?;
    let alias = alias_of(node.alias.as_deref(), &node.table);
    let condition = node
        .condition
        .unwrap_or_else(|| literal(LiteralType::Boolean(true)));
    let mut list = vec![named(
        call(
            "coalesce",
            vec![condition, literal(LiteralType::Boolean(false))],
        ),
        ACTION,
    )];
    list.extend(
        base.schema
            .fields()
            .iter()
            .map(|f| column(&[alias, f.name()])),
    );
    let query = with_subqueries(select(target.relation(alias), list), &node.subqueries);
    let found = rows(context, &query, &base.schema, &shown, 1).await?;
    let mut n_deleted = 0;
    let mut left = Vec::new();
    for batch in &found {
        let gone = batch.column(0).as_boolean();
        n_deleted += i64::try_from(gone.true_count()).unwrap_or(0);
        left.push(kept(batch, &arrow::compute::not(gone)?, 1)?);
    }
    if n_deleted > 0 {
        let metrics = json!({"numDeletedRows": n_deleted.to_string()});
        replace(&writing, &base, left, Operation::new("DELETE"), metrics).await?;
    }
    affected(n_deleted)
}

/// `UPDATE`.
pub(super) async fn update(context: &Context, node: Update) -> Result<proto::Relation> {
    let (shown, writing, base) = open(context, &node.table, "UPDATE").await?;
    let target = Target::of(context, &base).await?;
    let alias = alias_of(node.alias.as_deref(), &node.table);
    let condition = node
        .condition
        .unwrap_or_else(|| literal(LiteralType::Boolean(true)));
    let applies = call(
        "coalesce",
        vec![condition, literal(LiteralType::Boolean(false))],
    );
    let mut values: HashMap<String, proto::Expression> = HashMap::new();
    for assignment in &node.assignments {
        let name = assigned(&assignment.column, &base.schema, &shown)?;
        values.insert(name, assignment.value.clone());
    }
    let mut list = vec![named(applies.clone(), ACTION)];
    for field in base.schema.fields() {
        let old = column(&[alias, field.name()]);
        list.push(match values.remove(field.name()) {
            Some(value) => named(
                call("when", vec![applies.clone(), value, old]),
                field.name(),
            ),
            None => old,
        });
    }
    let query = with_subqueries(select(target.relation(alias), list), &node.subqueries);
    let found = rows(context, &query, &base.schema, &shown, 1).await?;
    let mut n_updated = 0;
    let mut all = Vec::new();
    for batch in &found {
        n_updated += i64::try_from(batch.column(0).as_boolean().true_count()).unwrap_or(0);
        let keep = BooleanArray::from(vec![true; batch.num_rows()]);
        all.push(kept(batch, &keep, 1)?);
    }
    if n_updated > 0 {
        let metrics = json!({"numUpdatedRows": n_updated.to_string()});
        replace(&writing, &base, all, Operation::new("UPDATE"), metrics).await?;
    }
    affected(n_updated)
}

/// The table's column that an assignment names; a qualifier is the table's.
fn assigned(target: &proto::Expression, schema: &Arc<Schema>, shown: &str) -> Result<String> {
    let name = match target.expr_type.as_ref() {
        Some(ExprType::UnresolvedAttribute(attribute)) => {
            let parts = sparring_sql::parse_attribute_name(&attribute.unparsed_identifier)?;
            parts.last().cloned().unwrap_or_default()
        }
        _ => return Err(Error::unsupported("assigning to anything but a column")),
    };
    schema
        .fields()
        .iter()
        .find(|f| f.name().eq_ignore_ascii_case(&name))
        .map(|f| f.name().clone())
        .ok_or_else(|| statement::no_column(shown, &name, schema))
}

/// One WHEN clause.
struct Clause {
    kind: ActionType,
    condition: Option<proto::Expression>,
    assignments: Vec<proto::merge_action::Assignment>,
}

fn clauses(actions: &[proto::Expression]) -> Result<Vec<Clause>> {
    actions
        .iter()
        .map(|action| match action.expr_type.as_ref() {
            Some(ExprType::MergeAction(action)) => Ok(Clause {
                kind: action.action_type(),
                condition: action.condition.as_deref().cloned(),
                assignments: action.assignments.clone(),
            }),
            _ => Err(Error::invalid_plan("a merge clause is no action")),
        })
        .collect()
}

/// The source with a column that says that it is there; its alias stays outermost.
fn marked(source: proto::Relation) -> proto::Relation {
    let there = || literal(LiteralType::Boolean(true));
    match source.rel_type {
        Some(RelType::SubqueryAlias(mut alias)) => {
            let input = alias.input.take().map(|input| *input).unwrap_or_default();
            alias.input = Some(Box::new(with_column(input, MATCHED, there())));
            relation(RelType::SubqueryAlias(alias))
        }
        Some(RelType::Read(ref read)) => {
            let name = match &read.read_type {
                Some(proto::read::ReadType::NamedTable(table)) => {
                    sparring_sql::parse_multipart_identifier(&table.unparsed_identifier)
                        .ok()
                        .and_then(|parts| parts.last().cloned())
                }
                _ => None,
            };
            let inner = with_column(source, MATCHED, there());
            match name {
                Some(name) => aliased(inner, &name),
                None => inner,
            }
        }
        _ => with_column(source, MATCHED, there()),
    }
}

/// What becomes of a row, by the number in its action column.
const KEEP: i32 = 0;
const DELETED: i32 = 1;
const UPDATED: i32 = 2;
const INSERTED: i32 = 3;
const NOTHING: i32 = 4;

/// `MERGE INTO`.
pub(super) async fn merge(
    context: &Context,
    node: &proto::MergeIntoTableCommand,
    alias: Option<&str>,
    subqueries: &[proto::Relation],
) -> Result<proto::Relation> {
    if node.with_schema_evolution {
        return Err(Error::unsupported("MERGE WITH SCHEMA EVOLUTION"));
    }
    let parts = sparring_sql::parse_multipart_identifier(&node.target_table_name)?;
    let (shown, writing, base) = open(context, &parts, "MERGE INTO").await?;
    let alias = alias_of(alias, &parts);
    let source = node.source_table_plan.clone().required("merge.source")?;
    let planned =
        crate::analyze::plan(context, &with_subqueries(source.clone(), subqueries)).await?;
    let source_columns: Vec<String> = planned
        .scope
        .columns
        .iter()
        .map(|c| c.name.to_string())
        .collect();
    let target = Target::of(context, &base).await?;
    let right = marked(source);
    let source_alias = match &right.rel_type {
        Some(RelType::SubqueryAlias(alias)) => Some(alias.alias.clone()),
        _ => None,
    };
    let of_source = |name: &str| match &source_alias {
        Some(alias) => column(&[alias, name]),
        None => column(&[name]),
    };
    let joined = relation(RelType::Join(Box::new(proto::Join {
        left: Some(Box::new(target.relation(alias))),
        right: Some(Box::new(right)),
        join_condition: node.merge_condition.clone(),
        join_type: proto::join::JoinType::FullOuter.into(),
        ..Default::default()
    })));
    let in_target = call("isnotnull", vec![column(&[alias, ID])]);
    let in_source = call("isnotnull", vec![of_source(MATCHED)]);
    let both = call("and", vec![in_target.clone(), in_source.clone()]);
    let groups = [
        (both, clauses(&node.match_actions)?, KEEP),
        (
            call("not", vec![in_target.clone()]),
            clauses(&node.not_matched_actions)?,
            NOTHING,
        ),
        (
            call("not", vec![in_source]),
            clauses(&node.not_matched_by_source_actions)?,
            KEEP,
        ),
    ];
    // The branches of one CASE a column: condition, then action and values of that clause.
    let mut action: Vec<proto::Expression> = Vec::new();
    let mut values: Vec<Vec<proto::Expression>> = vec![Vec::new(); base.schema.fields().len()];
    for (belongs, clauses, otherwise) in groups {
        for clause in clauses {
            let applies = match clause.condition {
                Some(condition) => call("and", vec![belongs.clone(), condition]),
                None => belongs.clone(),
            };
            let code = match clause.kind {
                ActionType::Delete => DELETED,
                ActionType::Update | ActionType::UpdateStar => UPDATED,
                ActionType::Insert | ActionType::InsertStar => INSERTED,
                ActionType::Invalid => {
                    return Err(Error::invalid_plan("a merge action has no type"));
                }
            };
            action.extend([applies.clone(), literal(LiteralType::Integer(code))]);
            let mut assignments: HashMap<String, proto::Expression> = HashMap::new();
            for assignment in &clause.assignments {
                let key = assignment.key.as_ref().required("assignment.key")?;
                let value = assignment.value.clone().required("assignment.value")?;
                assignments.insert(assigned(key, &base.schema, &shown)?, value);
            }
            for (field, branches) in base.schema.fields().iter().zip(&mut values) {
                let old = column(&[alias, field.name()]);
                let value = match clause.kind {
                    ActionType::UpdateStar | ActionType::InsertStar => {
                        let found = source_columns
                            .iter()
                            .find(|c| c.eq_ignore_ascii_case(field.name()));
                        match found {
                            Some(name) => of_source(name),
                            None => {
                                return Err(Error::new(
                                    "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                                    [
                                        ("objectName", quote(field.name())),
                                        (
                                            "proposal",
                                            source_columns
                                                .iter()
                                                .map(|c| quote(c))
                                                .collect::<Vec<_>>()
                                                .join(", "),
                                        ),
                                    ],
                                ));
                            }
                        }
                    }
                    ActionType::Insert => assignments
                        .remove(field.name())
                        .unwrap_or_else(|| literal(LiteralType::Null(proto::DataType::default()))),
                    _ => assignments.remove(field.name()).unwrap_or(old),
                };
                branches.extend([applies.clone(), value]);
            }
        }
        action.extend([belongs, literal(LiteralType::Integer(otherwise))]);
        for (field, branches) in base.schema.fields().iter().zip(&mut values) {
            let belongs = action[action.len() - 2].clone();
            branches.extend([belongs, column(&[alias, field.name()])]);
        }
    }
    let mut list = vec![
        named(call("when", action), ACTION),
        named(column(&[alias, ID]), ID),
    ];
    for (field, branches) in base.schema.fields().iter().zip(values) {
        list.push(named(call("when", branches), field.name()));
    }
    let query = with_subqueries(select(joined, list), subqueries);
    let found = rows(context, &query, &base.schema, &shown, 2).await?;
    let (left, counts) = settle(&found)?;
    let [updated, deleted, inserted] = counts;
    if updated + deleted + inserted > 0 {
        let metrics = json!({
            "numTargetRowsUpdated": updated.to_string(),
            "numTargetRowsDeleted": deleted.to_string(),
            "numTargetRowsInserted": inserted.to_string(),
        });
        replace(&writing, &base, left, Operation::new("MERGE"), metrics).await?;
    }
    Table::default()
        .number("num_affected_rows", [Some(updated + deleted + inserted)])
        .number("num_updated_rows", [Some(updated)])
        .number("num_deleted_rows", [Some(deleted)])
        .number("num_inserted_rows", [Some(inserted)])
        .relation()
}

/// The rows that stay, and how many were updated, deleted, inserted. A target row that two source
/// rows would change is Delta's error; one that several source rows only meet stays once.
fn settle(batches: &[RecordBatch]) -> Result<(Vec<RecordBatch>, [i64; 3])> {
    let mut changed: HashMap<i64, i32> = HashMap::new();
    let mut counts = [0; 3];
    for batch in batches {
        let actions = batch.column(0).as_primitive::<Int32Type>();
        let ids = batch.column(1).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let action = actions.value(row);
            match action {
                UPDATED | DELETED => {
                    let before = changed.insert(ids.value(row), action);
                    if before.is_some() && !(before == Some(DELETED) && action == DELETED) {
                        return Err(Error::of(
                            "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
                        ));
                    }
                    if before.is_none() {
                        counts[if action == UPDATED { 0 } else { 1 }] += 1;
                    }
                }
                INSERTED => counts[2] += 1,
                _ => {}
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    let mut left = Vec::new();
    for batch in batches {
        let actions = batch.column(0).as_primitive::<Int32Type>();
        let ids = batch.column(1).as_primitive::<Int64Type>();
        let keep: BooleanArray = (0..batch.num_rows())
            .map(|row| {
                Some(match actions.value(row) {
                    UPDATED | INSERTED => true,
                    KEEP => {
                        let id = ids.value(row);
                        !changed.contains_key(&id) && seen.insert(id)
                    }
                    _ => false,
                })
            })
            .collect();
        left.push(kept(batch, &keep, 2)?);
    }
    Ok((left, counts))
}

/// `ALTER TABLE`.
pub(super) async fn alter(context: &Context, node: AlterTable) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let (name, entry) = describe::require(context, &node.name)?;
    let RelationKind::Table(mut table) = entry.kind.clone() else {
        return Err(Error::new(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            [
                ("viewName", name.quoted()),
                ("operation", "ALTER TABLE".to_owned()),
            ],
        ));
    };
    match node.action {
        AlterTableAction::Rename(to) => {
            let to = catalog.qualify(&(name.catalog.clone(), name.schema.clone()), &to)?;
            catalog.require_schema(&to.catalog, &to.schema)?;
            catalog.change(|entries| {
                if entries.relations.contains_key(&to.key()) {
                    return Err(Error::new(
                        "TABLE_OR_VIEW_ALREADY_EXISTS",
                        [("relationName", to.quoted())],
                    ));
                }
                let mut moved = entry.clone();
                moved.name = to.name.clone();
                let (c, s, _) = to.key();
                Ok((
                    vec![
                        Change::DropRelation(name.key()),
                        Change::PutRelation((c, s), moved),
                    ],
                    (),
                ))
            })?;
        }
        AlterTableAction::AddConstraint(constraint) => {
            let added = statement::constraint(context, &name.name, &constraint)?;
            let (_, writing, base) = open(context, &node.name, "ADD CONSTRAINT").await?;
            drop(writing);
            for column in &added.columns {
                let found = base
                    .schema
                    .fields()
                    .iter()
                    .find(|f| f.name().eq_ignore_ascii_case(column));
                match found {
                    None => return Err(statement::no_column(&name.quoted(), column, &base.schema)),
                    Some(field) if field.is_nullable() && added.references.is_none() => {
                        return Err(Error::plain(
                            crate::error::Exception::Analysis,
                            format!(
                                "Cannot create the primary key `{}` because its child column(s) `{column}` is nullable. \
                                 Please change the column nullability and retry.",
                                added.name
                            ),
                        ));
                    }
                    Some(_) => {}
                }
            }
            let taken = table.constraints.iter().any(|c| {
                c.name.eq_ignore_ascii_case(&added.name)
                    || (c.references.is_none() && added.references.is_none())
            });
            if taken {
                return Err(Error::new(
                    "CONSTRAINT_ALREADY_EXISTS",
                    [("constraintName", quote(&added.name))],
                ));
            }
            table.constraints.push(added);
            let changed = crate::catalog::store::RelationEntry {
                kind: RelationKind::Table(table),
                ..entry
            };
            statement::keep_entry(context, &name, changed)?;
        }
        AlterTableAction::DropConstraint {
            name: wanted,
            if_exists,
            ..
        } => {
            let before = table.constraints.len();
            table.constraints.retain(|c| match &wanted {
                Some(wanted) => !c.name.eq_ignore_ascii_case(wanted),
                None => c.references.is_some(),
            });
            if table.constraints.len() == before && !if_exists {
                return Err(Error::new(
                    "CONSTRAINT_DOES_NOT_EXIST",
                    [
                        (
                            "constraintName",
                            quote(&wanted.unwrap_or_else(|| "PRIMARY KEY".to_owned())),
                        ),
                        ("tableName", name.quoted()),
                    ],
                ));
            }
            let changed = crate::catalog::store::RelationEntry {
                kind: RelationKind::Table(table),
                ..entry
            };
            statement::keep_entry(context, &name, changed)?;
        }
        AlterTableAction::AddColumns(columns) => {
            // Columns are added to Delta tables only.
            statement::no_defaults(&columns)?;
            let added = columns
                .iter()
                .map(|column| statement::field(context, column, "ALTER TABLE ADD COLUMNS"))
                .collect::<Result<Vec<_>>>()?;
            evolve(context, &node.name, "ADD COLUMNS", |fields, _| {
                fields.extend(added.iter().map(|f| f.clone().with_nullable(true)));
                super::table::distinct(fields)
            })
            .await?;
        }
        AlterTableAction::AlterColumns(changes) => {
            evolve(context, &node.name, "CHANGE COLUMN", |fields, _| {
                for (column, change) in &changes {
                    alter_column(fields, &column.join("."), change)?;
                }
                Ok(())
            })
            .await?;
        }
        AlterTableAction::SetProperties(properties) => {
            evolve(context, &node.name, "SET TBLPROPERTIES", |_, known| {
                known.extend(properties.iter().cloned());
                Ok(())
            })
            .await?;
        }
        AlterTableAction::UnsetProperties { keys, .. } => {
            evolve(context, &node.name, "UNSET TBLPROPERTIES", |_, known| {
                known.retain(|key, _| !keys.contains(key));
                Ok(())
            })
            .await?;
        }
        AlterTableAction::ReplaceColumns(_)
        | AlterTableAction::DropColumns { .. }
        | AlterTableAction::RenameColumn { .. } => {
            return Err(Error::unsupported(
                "ALTER TABLE that drops, renames or replaces columns",
            ));
        }
        AlterTableAction::SetTags(_) | AlterTableAction::UnsetTags(_) => {
            return Err(Error::unsupported("tags"));
        }
        AlterTableAction::SetOwner(_) => return Err(Error::unsupported("owners")),
        AlterTableAction::SetLocation { .. } => {
            return Err(Error::unsupported("ALTER TABLE SET LOCATION"));
        }
        AlterTableAction::ClusterBy(_) => return Err(Error::unsupported("ALTER TABLE CLUSTER BY")),
        AlterTableAction::AddPartitions { .. }
        | AlterTableAction::DropPartitions { .. }
        | AlterTableAction::RecoverPartitions => {
            return Err(Error::unsupported("ALTER TABLE of partitions"));
        }
        AlterTableAction::DropFeature { .. } => {
            return Err(Error::unsupported("ALTER TABLE DROP FEATURE"));
        }
        AlterTableAction::SetCollation(_) => return Err(Error::unsupported("DEFAULT COLLATION")),
    }
    nothing()
}

fn alter_column(fields: &mut [Field], column: &str, change: &ColumnChange) -> Result<()> {
    let Some(field) = fields
        .iter_mut()
        .find(|f| f.name().eq_ignore_ascii_case(column))
    else {
        return Err(Error::new(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            [("objectName", quote(column))],
        ));
    };
    match change {
        ColumnChange::SetNotNull => *field = field.clone().with_nullable(false),
        ColumnChange::DropNotNull => *field = field.clone().with_nullable(true),
        ColumnChange::SetComment(comment) => {
            let mut metadata = field.metadata().clone();
            metadata.insert(
                "comment".to_owned(),
                serde_json::Value::from(comment.as_str()).to_string(),
            );
            *field = field.clone().with_metadata(metadata);
        }
        ColumnChange::SetType(_) => return Err(Error::unsupported("ALTER COLUMN TYPE")),
        ColumnChange::SetDefault(_) | ColumnChange::DropDefault => {
            return Err(Error::unsupported("ALTER COLUMN DEFAULT"));
        }
        ColumnChange::SetPosition(_) => {
            return Err(Error::unsupported("ALTER COLUMN FIRST and AFTER"));
        }
        ColumnChange::SyncIdentity => return Err(Error::unsupported("ALTER COLUMN SYNC IDENTITY")),
        ColumnChange::SetTags(_) | ColumnChange::UnsetTags(_) => {
            return Err(Error::unsupported("tags"));
        }
    }
    Ok(())
}

/// A version with another schema or other properties, and the same files.
async fn evolve(
    context: &Context,
    parts: &[String],
    operation: &'static str,
    change: impl FnOnce(&mut Vec<Field>, &mut HashMap<String, String>) -> Result<()>,
) -> Result<()> {
    let (_, writing, base) = open(context, parts, operation).await?;
    let mut fields: Vec<Field> = base
        .schema
        .fields()
        .iter()
        .map(|f| f.as_ref().clone())
        .collect();
    let mut properties = base.properties().clone();
    change(&mut fields, &mut properties)?;
    for (old, new) in base.schema.fields().iter().zip(&fields) {
        if old.is_nullable() && !new.is_nullable() {
            refuse_nulls(context, &base, new.name()).await?;
        }
    }
    let schema = Schema::new(fields);
    let actions = metadata(&TableMetadata {
        schema: &schema,
        partition_columns: &base.partition_columns,
        properties,
        description: base.description(),
        of: Some(&base),
    })?;
    writing
        .commit(Some(&base), actions, Operation::new(operation), json!({}))
        .await?;
    Ok(())
}

/// A column with nulls cannot forbid them.
async fn refuse_nulls(context: &Context, base: &Snapshot, column: &str) -> Result<()> {
    let source = crate::io::source::delta(base, Vec::new())?;
    let planned = crate::plan::relation::read::scan(
        &format!("nulls-{}", uuid::Uuid::new_v4()),
        datafusion::datasource::provider_as_source(Arc::clone(&source.provider)),
        &base.schema,
        &[],
    )?;
    let ready = crate::execution::collect(context, planned).await?;
    let index = base.schema.index_of(column)?;
    if ready
        .batches
        .iter()
        .any(|batch| batch.column(index).null_count() > 0)
    {
        return Err(Error::new(
            "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
            [("columnName", column)],
        ));
    }
    Ok(())
}
