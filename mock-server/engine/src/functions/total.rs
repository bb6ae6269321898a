//! Sums and means of whole numbers, decimals and intervals with Spark's overflow: added in 128 bits,
//! held against the result's range at the end. Sums of doubles are DataFusion's own.
//!
//! Knows no names and no coercion; the builders in `aggregates/` decide both.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DurationMicrosecondArray, Int64Array,
    IntervalYearMonthArray,
};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMicrosecondType, Field, FieldRef, Int64Type, IntervalUnit,
    IntervalYearMonthType, i256,
};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use super::kernels::decimal;
use crate::error::{ANSI, Error, QueryContext, Result};

/// What a result that does not fit becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Overflow {
    /// ANSI: an error.
    Error,
    /// `try_sum`, and decimals with ANSI off.
    Null,
    /// Whole numbers with ANSI off.
    Wrap,
}

/// A sum or a mean. Two are equal that compute the same, wherever their calls stand.
#[derive(Debug, Clone)]
pub(crate) struct Total {
    /// Whether the sum is divided by the number of values.
    pub(crate) mean: bool,
    /// Whether equal values count once.
    pub(crate) distinct: bool,
    /// What a result that does not fit becomes.
    pub(crate) overflow: Overflow,
    /// The type of the values: bigint, decimal or an interval.
    pub(crate) input: DataType,
    /// The type of the result.
    pub(crate) result: DataType,
    /// Where the call stands.
    pub(crate) origin: Option<QueryContext>,
}

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.mean == other.mean
            && self.distinct == other.distinct
            && self.overflow == other.overflow
            && self.input == other.input
            && self.result == other.result
    }
}

impl Eq for Total {}

impl Total {
    /// The aggregate function.
    pub(crate) fn udaf(self) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Function {
            signature: Signature::any(1, Volatility::Immutable),
            total: self,
        }))
    }

    fn scale(data_type: &DataType) -> i32 {
        match data_type {
            DataType::Decimal128(_, scale) => i32::from(*scale),
            _ => 0,
        }
    }

    /// The result for a sum of so many values.
    fn finish(&self, sum: i128, n: i64) -> Result<Option<i128>> {
        if n == 0 {
            return Ok(None);
        }
        let value = if self.mean {
            let (from, to) = (Self::scale(&self.input), Self::scale(&self.result));
            let shifted = i256::from_i128(sum)
                .checked_mul(decimal::power(to - from))
                .ok_or_else(|| self.overflowed())?;
            decimal::half_up(shifted, i256::from_i128(i128::from(n)))
        } else {
            i256::from_i128(sum)
        };
        let fits = match &self.result {
            DataType::Decimal128(precision, _) => {
                value.wrapping_abs() < decimal::power(i32::from(*precision))
            }
            DataType::Interval(_) => value.to_i128().is_some_and(|v| i32::try_from(v).is_ok()),
            _ => value.to_i128().is_some_and(|v| i64::try_from(v).is_ok()),
        };
        match (fits, self.overflow) {
            (true, _) => Ok(value.to_i128()),
            (false, Overflow::Error) => Err(self.overflowed()),
            (false, Overflow::Null) => Ok(None),
            (false, Overflow::Wrap) => Ok(Some(value.as_i128())),
        }
    }

    fn overflowed(&self) -> Error {
        let (message, alternative) = match (&self.result, self.mean) {
            (DataType::Decimal128(..), false) => ("Overflow in sum of decimals", "try_sum"),
            (DataType::Decimal128(..), true) => ("Overflow in average of decimals", "try_avg"),
            (DataType::Int64, _) => ("long overflow", "try_add"),
            _ => {
                return Error::new(
                    "INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION",
                    std::iter::empty::<(String, String)>(),
                )
                .at(self.origin.clone());
            }
        };
        // Spark shows a place outside of the text where whole numbers overflow.
        let place = match self.result {
            DataType::Int64 => Some(QueryContext::nowhere()),
            _ => self.origin.clone(),
        };
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [
                ("message", message.to_owned()),
                (
                    "alternative",
                    format!(" Use '{alternative}' to tolerate overflow and return NULL instead."),
                ),
                ("config", ANSI.to_owned()),
            ],
        )
        .at(place)
    }

    /// Results as an array of the result's type; a wrapped bigint keeps its low bits.
    fn array(&self, values: Vec<Option<i128>>) -> Result<ArrayRef> {
        Ok(match &self.result {
            DataType::Decimal128(precision, scale) => Arc::new(
                Decimal128Array::from(values).with_precision_and_scale(*precision, *scale)?,
            ),
            DataType::Duration(_) => Arc::new(
                values
                    .into_iter()
                    .map(|v| v.map(low_bits))
                    .collect::<DurationMicrosecondArray>(),
            ),
            DataType::Interval(IntervalUnit::YearMonth) => Arc::new(
                values
                    .into_iter()
                    .map(|v| v.and_then(|v| i32::try_from(v).ok()))
                    .collect::<IntervalYearMonthArray>(),
            ),
            DataType::Int64 => Arc::new(
                values
                    .into_iter()
                    .map(|v| v.map(low_bits))
                    .collect::<Int64Array>(),
            ),
            other => return Err(Error::internal(format!("a sum of type {other}"))),
        })
    }
}

/// The low 64 bits, as Java's addition of longs keeps them.
fn low_bits(value: i128) -> i64 {
    let bytes = value.to_le_bytes();
    let mut low = [0_u8; 8];
    low.copy_from_slice(&bytes[..8]);
    i64::from_le_bytes(low)
}

/// Calls `add` with the row and the value of every row that is set.
fn each(values: &ArrayRef, mut add: impl FnMut(usize, i128)) -> Result<()> {
    macro_rules! walk {
        ($type:ty) => {{
            let values = values.as_primitive::<$type>();
            if values.null_count() == 0 {
                for (row, value) in values.values().iter().enumerate() {
                    add(row, i128::from(*value));
                }
            } else {
                for (row, value) in values.iter().enumerate() {
                    if let Some(value) = value {
                        add(row, i128::from(value));
                    }
                }
            }
        }};
    }
    match values.data_type() {
        DataType::Int64 => walk!(Int64Type),
        DataType::Decimal128(..) => walk!(Decimal128Type),
        DataType::Duration(_) => walk!(DurationMicrosecondType),
        DataType::Interval(IntervalUnit::YearMonth) => walk!(IntervalYearMonthType),
        other => return Err(Error::internal(format!("a sum of values of type {other}"))),
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Function {
    signature: Signature,
    total: Total,
}

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.total.mean.hash(state);
        self.total.distinct.hash(state);
        self.total.overflow.hash(state);
        self.total.result.hash(state);
    }
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        if self.total.mean { "mean" } else { "total" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(self.total.result.clone())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> PlanResult<Box<dyn Accumulator>> {
        Ok(Box::new(One {
            total: self.total.clone(),
            sum: 0,
            n: 0,
            seen: std::collections::HashSet::new(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> PlanResult<Vec<FieldRef>> {
        let name = args.name;
        if self.total.distinct {
            return Ok(vec![Arc::new(Field::new(
                format!("{name}[values]"),
                crate::types::arrow::list(DataType::Decimal128(38, 0), true),
                true,
            ))]);
        }
        Ok(vec![
            Arc::new(Field::new(
                format!("{name}[sum]"),
                DataType::Decimal128(38, 0),
                true,
            )),
            Arc::new(Field::new(format!("{name}[n]"), DataType::Int64, true)),
        ])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        !self.total.distinct
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> PlanResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Many {
            total: self.total.clone(),
            sums: Vec::new(),
            n: Vec::new(),
        }))
    }
}

/// The sum of one group or frame.
#[derive(Debug)]
struct One {
    total: Total,
    sum: i128,
    n: i64,
    /// The values so far, for DISTINCT only.
    seen: std::collections::HashSet<i128>,
}

fn state_sums(states: &[ArrayRef]) -> Result<(&Decimal128Array, &Int64Array)> {
    match states {
        [sums, n] => Ok((
            sums.as_primitive::<Decimal128Type>(),
            n.as_primitive::<Int64Type>(),
        )),
        _ => Err(Error::internal("the state of a sum was lost")),
    }
}

impl One {
    fn add(&mut self, value: i128) {
        if !self.total.distinct || self.seen.insert(value) {
            self.sum = self.sum.saturating_add(value);
            self.n += 1;
        }
    }
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        let values = values
            .first()
            .ok_or_else(|| Error::internal("a sum without values"))?;
        Ok(each(values, |_, value| self.add(value))?)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        let values = values
            .first()
            .ok_or_else(|| Error::internal("a sum without values"))?;
        Ok(each(values, |_, value| {
            self.sum = self.sum.saturating_sub(value);
            self.n -= 1;
        })?)
    }

    fn supports_retract_batch(&self) -> bool {
        !self.total.distinct
    }

    fn evaluate(&mut self) -> PlanResult<ScalarValue> {
        let value = self.total.finish(self.sum, self.n)?;
        ScalarValue::try_from_array(&self.total.array(vec![value])?, 0)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.seen.capacity() * size_of::<i128>()
    }

    fn state(&mut self) -> PlanResult<Vec<ScalarValue>> {
        if self.total.distinct {
            let values: Vec<ScalarValue> = self
                .seen
                .iter()
                .map(|value| ScalarValue::Decimal128(Some(*value), 38, 0))
                .collect();
            let list = ScalarValue::new_list(&values, &DataType::Decimal128(38, 0), true);
            let label = crate::types::arrow::list(DataType::Decimal128(38, 0), true);
            let list = crate::types::arrow::relabel(&(list as ArrayRef), &label)?;
            return Ok(vec![ScalarValue::try_from_array(&list, 0)?]);
        }
        Ok(vec![
            ScalarValue::Decimal128(Some(self.sum), 38, 0),
            ScalarValue::Int64(Some(self.n)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> PlanResult<()> {
        if self.total.distinct {
            let state = states
                .first()
                .ok_or_else(|| Error::internal("the state of a sum was lost"))?;
            // Row by row: the state of one group is a slice of what the partition sent.
            for values in state.as_list::<i32>().iter().flatten() {
                each(&values, |_, value| self.add(value))?;
            }
            return Ok(());
        }
        let (sums, n) = state_sums(states)?;
        for row in 0..sums.len() {
            if sums.is_valid(row) && n.is_valid(row) {
                self.sum = self.sum.saturating_add(sums.value(row));
                self.n += n.value(row);
            }
        }
        Ok(())
    }
}

/// The sums of many groups.
#[derive(Debug)]
struct Many {
    total: Total,
    sums: Vec<i128>,
    n: Vec<i64>,
}

impl GroupsAccumulator for Many {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> PlanResult<()> {
        let values = values
            .first()
            .ok_or_else(|| Error::internal("a sum without values"))?;
        self.sums.resize(total_num_groups, 0);
        self.n.resize(total_num_groups, 0);
        each(values, |row, value| {
            let kept = opt_filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            if kept {
                let group = group_indices[row];
                self.sums[group] = self.sums[group].saturating_add(value);
                self.n[group] += 1;
            }
        })?;
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> PlanResult<ArrayRef> {
        let sums = emit_to.take_needed(&mut self.sums);
        let n = emit_to.take_needed(&mut self.n);
        let values = sums
            .into_iter()
            .zip(n)
            .map(|(sum, n)| self.total.finish(sum, n))
            .collect::<Result<Vec<_>>>()?;
        Ok(self.total.array(values)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> PlanResult<Vec<ArrayRef>> {
        let sums = emit_to.take_needed(&mut self.sums);
        let n = emit_to.take_needed(&mut self.n);
        let sums = Decimal128Array::from(sums).with_precision_and_scale(38, 0)?;
        Ok(vec![Arc::new(sums), Arc::new(Int64Array::from(n))])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> PlanResult<()> {
        let (sums, n) = state_sums(values)?;
        self.sums.resize(total_num_groups, 0);
        self.n.resize(total_num_groups, 0);
        for (row, group) in group_indices.iter().copied().enumerate() {
            if sums.is_valid(row) && n.is_valid(row) {
                self.sums[group] = self.sums[group].saturating_add(sums.value(row));
                self.n[group] += n.value(row);
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> PlanResult<Vec<ArrayRef>> {
        let values = values
            .first()
            .ok_or_else(|| Error::internal("a sum without values"))?;
        let mut sums = vec![0_i128; values.len()];
        let mut n = vec![0_i64; values.len()];
        each(values, |row, value| {
            if opt_filter.is_none_or(|f| f.is_valid(row) && f.value(row)) {
                sums[row] = value;
                n[row] = 1;
            }
        })?;
        let sums = Decimal128Array::from(sums).with_precision_and_scale(38, 0)?;
        Ok(vec![Arc::new(sums), Arc::new(Int64Array::from(n))])
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self.sums.capacity() * size_of::<i128>()
            + self.n.capacity() * size_of::<i64>()
    }
}
