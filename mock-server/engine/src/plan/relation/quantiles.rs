//! `approxQuantile` and `freqItems`: answers of `df.stat` that are counted here, row by row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use datafusion::common::ScalarValue;
use prost::Message;
use sparring_proto::Required;
use sparring_proto::connect::{self as proto};

use super::local;
use crate::error::{Error, Exception, Result};
use crate::functions::{CastMode, cast, kernels};
use crate::plan::expression::Item;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};
use crate::types::coerce::is_numeric;

impl Planner<'_> {
    /// `StatApproxQuantile`: exact, which every permitted error allows.
    pub(super) fn approx_quantile(&self, node: &proto::StatApproxQuantile) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("approx_quantile.input")?)?;
        if node.probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::plain(
                Exception::IllegalArgument,
                "requirement failed: percentile should be in the range [0.0, 1.0]",
            ));
        }
        if node.relative_error < 0.0 {
            return Err(Error::plain(
                Exception::IllegalArgument,
                format!(
                    "requirement failed: Relative Error must be non-negative but got {}",
                    node.relative_error
                ),
            ));
        }
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(node.cols.len());
        for id in self.named_columns(&input, &node.cols)? {
            let Some(column) = input.scope.by_id(id) else {
                continue;
            };
            if !is_numeric(&column.data_type) {
                return Err(Error::plain(
                    Exception::IllegalArgument,
                    format!(
                        "requirement failed: Quantile calculation for column {} with data type {} is not supported.",
                        column.name,
                        crate::types::json::to_json(&column.data_type)
                    ),
                ));
            }
            let value = cast(
                self.context,
                Typed::column(column),
                &DataType::Float64,
                mode,
                None,
            )?;
            items.push(Item::Value(value.aliased(Arc::clone(&column.name))));
        }
        let width = items.len();
        let numbers = self.select(input, items)?;
        let rows = self.rows(b"quantile", node.encode_to_vec(), numbers)?;
        let mut lists: Vec<Vec<f64>> = Vec::with_capacity(width);
        for column in 0..width {
            let mut sorted: Vec<f64> = rows
                .batches
                .iter()
                .flat_map(|batch| batch.column(column).as_primitive::<Float64Type>().iter())
                .flatten()
                .filter(|value| !value.is_nan())
                .collect();
            sorted.sort_by(f64::total_cmp);
            lists.push(
                node.probabilities
                    .iter()
                    .filter_map(|p| at_quantile(&sorted, *p))
                    .collect(),
            );
        }
        let lengths: Vec<usize> = lists.iter().map(Vec::len).collect();
        let inner = Field::new("element", DataType::Float64, true);
        let inner = ListArray::try_new(
            Arc::new(inner),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(Float64Array::from_iter_values(lists.into_iter().flatten())),
            None,
        )?;
        let element = Field::new("element", inner.data_type().clone(), true);
        let outer = ListArray::try_new(
            Arc::new(element),
            OffsetBuffer::from_lengths([width]),
            Arc::new(inner),
            None,
        )?;
        let schema = Arc::new(Schema::new(vec![Field::new(
            "approx_quantile",
            outer.data_type().clone(),
            false,
        )]));
        let batch = kernels::batch(Arc::clone(&schema), vec![Arc::new(outer)], 1)?;
        local::table(schema, vec![batch])
    }

    /// `StatFreqItems`: values that may occur in more than a share of the rows.
    pub(super) fn freq_items(&self, node: &proto::StatFreqItems) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("freq_items.input")?)?;
        let support = node.support.unwrap_or(0.01);
        if !(1e-4..=1.0).contains(&support) {
            return Err(Error::plain(
                Exception::IllegalArgument,
                format!("requirement failed: Support must be in [1e-4, 1], but got {support}."),
            ));
        }
        let columns: Vec<Column> = self
            .named_columns(&input, &node.cols)?
            .into_iter()
            .filter_map(|id| input.scope.by_id(id).cloned())
            .collect();
        let items = columns
            .iter()
            .map(|c| Item::Value(Typed::column(c)))
            .collect();
        let chosen = self.select(input, items)?;
        let rows = self.rows(b"frequent", node.encode_to_vec(), chosen)?;
        // The reciprocal is at most ten thousand.
        let size = (1.0 / support) as usize;
        let whole = arrow::compute::concat_batches(&rows.schema, &rows.batches)?;
        let mut fields = Vec::with_capacity(columns.len());
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (array, column) in whole.columns().iter().zip(&columns) {
            let mut counter: Vec<(ScalarValue, usize, i64)> = Vec::new();
            for row in 0..array.len() {
                count(
                    &mut counter,
                    size,
                    ScalarValue::try_from_array(array, row)?,
                    row,
                );
            }
            let places: Vec<u64> = counter
                .iter()
                .map(|(_, row, _)| u64::try_from(*row).unwrap_or(0))
                .collect();
            let places = arrow::array::UInt64Array::from(places);
            let values = arrow::compute::take(array, &places, None)?;
            let element = Field::new("element", column.data_type.clone(), true);
            let found = ListArray::try_new(
                Arc::new(element),
                OffsetBuffer::from_lengths([values.len()]),
                values,
                None,
            )?;
            fields.push(Field::new(
                format!("{}_freqItems", column.name),
                found.data_type().clone(),
                false,
            ));
            arrays.push(Arc::new(found));
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = kernels::batch(Arc::clone(&schema), arrays, 1)?;
        local::table(schema, vec![batch])
    }
}

/// One more value for the counters of Karp, Shenker and Papadimitriou, of which there are at most
/// `size`; each remembers a row that holds its value.
fn count(
    counter: &mut Vec<(ScalarValue, usize, i64)>,
    size: usize,
    value: ScalarValue,
    row: usize,
) {
    if let Some((_, _, known)) = counter.iter_mut().find(|(held, _, _)| *held == value) {
        *known += 1;
        return;
    }
    if counter.len() < size {
        counter.push((value, row, 1));
        return;
    }
    let least = counter
        .iter()
        .map(|(_, _, count)| *count)
        .min()
        .unwrap_or(0);
    if least <= 1 {
        counter.push((value, row, 1));
        counter.retain(|(_, _, count)| *count > least);
        counter.iter_mut().for_each(|(_, _, count)| *count -= least);
    } else {
        counter.iter_mut().for_each(|(_, _, count)| *count -= 1);
    }
}

/// The value below which a share of sorted values lies, by rank.
fn at_quantile(sorted: &[f64], probability: f64) -> Option<f64> {
    let n = sorted.len();
    let rank = (probability * n as f64).ceil() as usize;
    sorted.get(rank.clamp(1, n.max(1)) - 1).copied()
}
