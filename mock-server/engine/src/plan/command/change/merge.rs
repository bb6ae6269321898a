//! MERGE: every target row is met with the source, and a number says what becomes of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use serde_json::json;
use sparring_proto::Required;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::merge_action::ActionType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use super::plans::{
    aliased, call, column, literal, named, relation, select, with_column, with_subqueries,
};
use super::rows::assigned;
use super::{ACTION, FILE, ID, Target, alias_of, commit, kept, open, replacement, rows};
use crate::catalog::delta::Operation;
use crate::error::{Error, Result};
use crate::plan::command::result::Table;
use crate::plan::context::Context;
use crate::types::names::quote;

/// Whether a source row is there.
const MATCHED: &str = "__sparring_matched";

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
pub(in crate::plan::command) async fn merge(
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
        named(column(&[alias, FILE]), FILE),
    ];
    for (field, branches) in base.schema.fields().iter().zip(values) {
        list.push(named(call("when", branches), field.name()));
    }
    let query = with_subqueries(select(joined, list), subqueries);
    let found = rows(context, &query, &base.schema, &shown, 3).await?;
    let Settled {
        files,
        left,
        counts: [updated, deleted, inserted],
    } = settle(&found)?;
    if updated + deleted + inserted > 0 {
        let metrics = json!({
            "numTargetRowsUpdated": updated.to_string(),
            "numTargetRowsDeleted": deleted.to_string(),
            "numTargetRowsInserted": inserted.to_string(),
        });
        let operation = Operation::new("MERGE");
        let actions = replacement(&writing, &base, &files, left).await?;
        commit(&writing, &base, actions, operation, metrics).await?;
    }
    Table::default()
        .number("num_affected_rows", [Some(updated + deleted + inserted)])
        .number("num_updated_rows", [Some(updated)])
        .number("num_deleted_rows", [Some(deleted)])
        .number("num_inserted_rows", [Some(inserted)])
        .relation()
}

/// What a MERGE makes of the table.
struct Settled {
    /// The files with a row that was updated or deleted.
    files: BTreeSet<i32>,
    /// The rows that these files leave, and the new ones.
    left: Vec<RecordBatch>,
    /// How many rows were updated, deleted, inserted.
    counts: [i64; 3],
}

/// Decides what becomes of every row. A target row that two source rows would change is Delta's
/// error; one that several source rows only meet stays once.
fn settle(batches: &[RecordBatch]) -> Result<Settled> {
    let mut files = BTreeSet::new();
    let mut changed: HashMap<i64, i32> = HashMap::new();
    let mut counts = [0; 3];
    for batch in batches {
        let actions = batch.column(0).as_primitive::<Int32Type>();
        let ids = batch.column(1).as_primitive::<Int64Type>();
        let places = batch.column(2).as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            let action = actions.value(row);
            match action {
                UPDATED | DELETED => {
                    files.insert(places.value(row));
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
    let mut seen = HashSet::new();
    let mut left = Vec::new();
    for batch in batches {
        let actions = batch.column(0).as_primitive::<Int32Type>();
        let ids = batch.column(1).as_primitive::<Int64Type>();
        let places = batch.column(2).as_primitive::<Int32Type>();
        let keep: BooleanArray = (0..batch.num_rows())
            .map(|row| {
                Some(match actions.value(row) {
                    UPDATED | INSERTED => true,
                    KEEP => {
                        let id = ids.value(row);
                        files.contains(&places.value(row))
                            && !changed.contains_key(&id)
                            && seen.insert(id)
                    }
                    _ => false,
                })
            })
            .collect();
        left.push(kept(batch, &keep, 3)?);
    }
    Ok(Settled {
        files,
        left,
        counts,
    })
}
