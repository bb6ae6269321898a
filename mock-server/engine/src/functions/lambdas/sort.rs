//! `array_sort`: by the items' own order, or by a comparator.

use std::sync::Arc;

use arrow::array::{Array, AsArray, ListArray, UInt32Array};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Int32Type};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::higher::Rows;
use crate::error::{Error, Result};
use crate::functions::Higher;
use crate::functions::collections::{gathered, place, range};
use crate::plan::typed::Typed;
use crate::types::coerce::is_orderable;
use crate::types::sql_name;

/// The comparator that Spark writes when the user gives none: ascending, nulls last.
fn default_comparator(left: &str, right: &str) -> String {
    format!(
        "lambdafunction((IF((({left} IS NULL) AND ({right} IS NULL)), 0, (IF(({left} IS NULL), 1, \
         (IF(({right} IS NULL), -1, (IF(({left} < {right}), -1, (IF(({left} > {right}), 1, \
         0)))))))))), {left}, {right})"
    )
}

pub(super) fn array_sort(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 0..=1)?;
    let arg = higher.call.arg(0)?;
    let DataType::List(element) = arg.data_type.clone() else {
        let error = higher.wrong_argument(0, "ARRAY");
        return Err(if higher.lambdas.is_empty() {
            let lambda = default_comparator("left", "right");
            error.with("sqlExpr", format!("\"array_sort({}, {lambda})\"", arg.name))
        } else {
            error
        });
    };
    let result = (arg.data_type.clone(), arg.nullable);
    if higher.lambdas.is_empty() {
        let variable = "namedlambdavariable()";
        let lambda = default_comparator(variable, variable);
        if !is_orderable(element.data_type()) {
            return Err(higher.wrong_argument(0, "ARRAY"));
        }
        let name: Arc<str> = format!("array_sort({}, {lambda})", arg.name).into();
        return Ok(higher.kernel(Vec::new(), result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let options = SortOptions::new(false, false);
            let field = SortField::new_with_options(list.values().data_type().clone(), options);
            let keys =
                RowConverter::new(vec![field])?.convert_columns(&[Arc::clone(list.values())])?;
            let sorted = (0..rows.n_rows)
                .map(|row| {
                    let mut items: Vec<usize> = range(list.offsets(), row).collect();
                    items.sort_by(|a, b| keys.row(*a).cmp(&keys.row(*b)));
                    items.into_iter().map(|at| place(at).map(Some)).collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(list.values(), sorted, list.nulls().cloned(), &element)
        }));
    }
    let item = (element.data_type().clone(), element.is_nullable());
    let bound = higher.bind(0, &[item.clone(), item])?;
    let name = higher.name(&[&bound]);
    if bound.body.data_type != DataType::Int32 {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", "`lambdafunction`".to_owned()),
                ("expectedType", "\"INT\"".to_owned()),
                (
                    "actualType",
                    format!("\"{}\"", sql_name(&bound.body.data_type)),
                ),
            ],
        )
        .at(higher.call.origin.clone()));
    }
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let sorted = sorted_by_comparator(rows, list)?;
            gathered(list.values(), sorted, list.nulls().cloned(), &element)
        }),
    )
}

/// Two sorted runs of one row on their way into one.
struct Merge {
    row: usize,
    runs: [Vec<u32>; 2],
    taken: [usize; 2],
    merged: Vec<u32>,
}

impl Merge {
    /// The items to be compared next.
    fn heads(&self) -> Option<(u32, u32)> {
        let left = self.runs[0].get(self.taken[0])?;
        let right = self.runs[1].get(self.taken[1])?;
        Some((*left, *right))
    }

    fn take(&mut self, side: usize) {
        if let Some(item) = self.runs[side].get(self.taken[side]) {
            self.merged.push(*item);
            self.taken[side] += 1;
        }
    }

    fn finish(mut self) -> Vec<u32> {
        for side in [0, 1] {
            self.merged.extend(&self.runs[side][self.taken[side]..]);
        }
        self.merged
    }
}

/// A stable merge sort of all rows at once: every merge under way asks for one comparison, and the
/// comparator answers them together.
fn sorted_by_comparator(rows: &Rows<'_>, list: &ListArray) -> Result<Vec<Vec<Option<u32>>>> {
    let mut runs: Vec<Vec<Vec<u32>>> = (0..rows.n_rows)
        .map(|row| {
            let items = if list.is_null(row) {
                0..0
            } else {
                range(list.offsets(), row)
            };
            items.map(|at| place(at).map(|at| vec![at])).collect()
        })
        .collect::<Result<_>>()?;
    while runs.iter().any(|of_row| of_row.len() > 1) {
        let mut merges = Vec::new();
        for (row, of_row) in runs.iter_mut().enumerate() {
            let mut all = std::mem::take(of_row).into_iter();
            while let Some(left) = all.next() {
                let right = all.next().unwrap_or_default();
                merges.push(Merge {
                    row,
                    runs: [left, right],
                    taken: [0, 0],
                    merged: Vec::new(),
                });
            }
        }
        loop {
            let (mut left, mut right, mut of) = (Vec::new(), Vec::new(), Vec::new());
            for merge in &merges {
                if let Some(heads) = merge.heads() {
                    left.push(heads.0);
                    right.push(heads.1);
                    of.push(place(merge.row)?);
                }
            }
            if of.is_empty() {
                break;
            }
            let variables = vec![
                take(list.values(), &UInt32Array::from(left.clone()), None)?,
                take(list.values(), &UInt32Array::from(right.clone()), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            let answers = answers.as_primitive::<Int32Type>();
            if let Some(at) = (0..answers.len()).find(|at| answers.is_null(*at)) {
                return Err(no_answer(list, left[at], right[at]));
            }
            let waiting = merges.iter_mut().filter(|merge| merge.heads().is_some());
            for (merge, answer) in waiting.zip(answers.values()) {
                merge.take(usize::from(*answer > 0));
            }
        }
        for merge in merges {
            let row = merge.row;
            runs[row].push(merge.finish());
        }
    }
    Ok(runs
        .into_iter()
        .map(|of_row| of_row.into_iter().flatten().map(Some).collect())
        .collect())
}

fn no_answer(list: &ListArray, left: u32, right: u32) -> Error {
    let options = FormatOptions::default().with_null("null");
    let text = |at: u32| {
        ArrayFormatter::try_new(list.values().as_ref(), &options)
            .map(|shown| shown.value(at as usize).to_string())
            .unwrap_or_default()
    };
    Error::new(
        "COMPARATOR_RETURNS_NULL",
        [("firstValue", text(left)), ("secondValue", text(right))],
    )
}
