//! The rows for which a condition is true, taken out of a version: which files held them, and what
//! these files leave. DELETE and `replaceWhere` are this.
//!
//! Commits nothing.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int32Type;
use deltalake_core::kernel::Action;
use sparring_proto::connect::expression::literal::LiteralType;
use sparring_proto::connect::{self as proto};

use super::plans::{call, column, literal, named, select, with_subqueries};
use super::{ACTION, FILE, Target, kept, replacement, rows};
use crate::catalog::delta::{Snapshot, Writing};
use crate::error::Result;
use crate::plan::context::Context;

/// What is taken out, and what stays of the same files.
pub(in crate::plan::command) struct Removal {
    /// The files that held a row that goes, by number.
    pub(in crate::plan::command) files: BTreeSet<i32>,
    /// Their other rows.
    pub(in crate::plan::command) left: Vec<RecordBatch>,
    pub(in crate::plan::command) n_deleted: usize,
}

impl Removal {
    /// The rows for which a condition is true; those for which it is null stay.
    pub(in crate::plan::command) async fn of(
        context: &Context,
        base: &Snapshot,
        (alias, shown): (&str, &str),
        condition: proto::Expression,
        subqueries: &[proto::Relation],
    ) -> Result<Self> {
        let target = Target::of(context, base).await?;
        let mut list = vec![
            named(is_true(condition), ACTION),
            named(column(&[alias, FILE]), FILE),
        ];
        let columns = base.schema.fields().iter();
        list.extend(columns.map(|field| column(&[alias, field.name()])));
        let query = with_subqueries(select(target.relation(alias), list), subqueries);
        let found = rows(context, &query, &base.schema, shown, 2).await?;
        let (files, n_deleted) = marked(&found);
        let mut left = Vec::new();
        for batch in &found {
            let stays = arrow::compute::not(batch.column(0).as_boolean())?;
            let stays = arrow::compute::and(&stays, &lies_in(batch, &files))?;
            left.push(kept(batch, &stays, 2)?);
        }
        Ok(Self {
            files,
            left,
            n_deleted,
        })
    }

    /// The actions that leave only the other rows.
    pub(in crate::plan::command) async fn actions(
        self,
        writing: &Writing,
        base: &Snapshot,
    ) -> Result<Vec<Action>> {
        replacement(writing, base, &self.files, self.left).await
    }

    /// How many rows are written again because they lay beside one that goes.
    pub(in crate::plan::command) fn n_copied(&self) -> u64 {
        let n_rows: usize = self.left.iter().map(RecordBatch::num_rows).sum();
        u64::try_from(n_rows).unwrap_or(u64::MAX)
    }
}

/// A condition that is false where it is null.
pub(super) fn is_true(condition: proto::Expression) -> proto::Expression {
    let otherwise = literal(LiteralType::Boolean(false));
    call("coalesce", vec![condition, otherwise])
}

/// The files with a row whose action is true, and how many such rows there are.
pub(super) fn marked(batches: &[RecordBatch]) -> (BTreeSet<i32>, usize) {
    let mut files = BTreeSet::new();
    let mut n_rows = 0;
    for batch in batches {
        let marks = batch.column(0).as_boolean();
        let places = batch.column(1).as_primitive::<Int32Type>();
        n_rows += marks.true_count();
        files.extend(
            marks
                .values()
                .set_indices()
                .filter(|row| marks.is_valid(*row))
                .map(|row| places.value(row)),
        );
    }
    (files, n_rows)
}

/// Which rows lie in one of the files.
pub(super) fn lies_in(batch: &RecordBatch, files: &BTreeSet<i32>) -> BooleanArray {
    let places = batch.column(1).as_primitive::<Int32Type>();
    let places = places.values().iter();
    places.map(|place| Some(files.contains(place))).collect()
}
