//! `min` and `max` of floating-point numbers as Java compares them: NaN is greater than all, both zeros
//! are equal, and of equals the first stays. DataFusion's leave NaN out where rows are grouped.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::error::{Error, Result};

#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    max: bool,
    /// Float or double.
    data_type: DataType,
    signature: Signature,
}

/// The greatest or least of floats or doubles.
pub(super) fn udaf(max: bool, data_type: DataType) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Extreme {
        max,
        data_type,
        signature: Signature::any(1, Volatility::Immutable),
    }))
}

/// The one of two that stays.
fn better(max: bool, known: Option<f64>, next: f64) -> Option<f64> {
    let Some(known) = known else {
        return Some(next);
    };
    let replaces = if known == next || (known.is_nan() && next.is_nan()) {
        false
    } else if max {
        next.is_nan() || next > known
    } else {
        known.is_nan() || next < known
    };
    Some(if replaces { next } else { known })
}

fn doubles(values: &[ArrayRef]) -> Result<Float64Array> {
    let values = values
        .first()
        .ok_or_else(|| Error::internal("an aggregate without values"))?;
    let doubles = arrow::compute::cast(values, &DataType::Float64)?;
    Ok(doubles.as_primitive::<Float64Type>().clone())
}

fn narrowed(values: Float64Array, to: &DataType) -> Result<ArrayRef> {
    let values: ArrayRef = Arc::new(values);
    Ok(arrow::compute::cast(&values, to)?)
}

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        if self.max {
            "greatest_float"
        } else {
            "least_float"
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(self.data_type.clone())
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> PlanResult<Box<dyn Accumulator>> {
        Ok(Box::new(One {
            max: self.max,
            data_type: self.data_type.clone(),
            best: None,
        }))
    }

    fn create_sliding_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> PlanResult<Box<dyn Accumulator>> {
        Ok(Box::new(Frame {
            max: self.max,
            data_type: self.data_type.clone(),
            values: VecDeque::new(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> PlanResult<Vec<FieldRef>> {
        let name = format!("{}[best]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Float64, true))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> PlanResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Many {
            max: self.max,
            data_type: self.data_type.clone(),
            best: Vec::new(),
        }))
    }
}

/// The best value of one group.
#[derive(Debug)]
struct One {
    max: bool,
    data_type: DataType,
    best: Option<f64>,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        for value in doubles(values)?.iter().flatten() {
            self.best = better(self.max, self.best, value);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> PlanResult<ScalarValue> {
        let value = narrowed(Float64Array::from(vec![self.best]), &self.data_type)?;
        ScalarValue::try_from_array(&value, 0)
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> PlanResult<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Float64(self.best)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> PlanResult<()> {
        self.update_batch(states)
    }
}

/// The values of a frame that slides.
#[derive(Debug)]
struct Frame {
    max: bool,
    data_type: DataType,
    values: VecDeque<Option<f64>>,
}

impl Accumulator for Frame {
    fn update_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        self.values.extend(doubles(values)?.iter());
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        let gone = values.first().map_or(0, |values| values.len());
        self.values.drain(..gone.min(self.values.len()));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> PlanResult<ScalarValue> {
        let values = self.values.iter().flatten();
        let best = values.fold(None, |best, value| better(self.max, best, *value));
        let value = narrowed(Float64Array::from(vec![best]), &self.data_type)?;
        ScalarValue::try_from_array(&value, 0)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<Option<f64>>()
    }

    fn state(&mut self) -> PlanResult<Vec<ScalarValue>> {
        Err(Error::internal("a frame has no state to merge").into())
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> PlanResult<()> {
        Err(Error::internal("frames are not merged").into())
    }
}

/// The best values of many groups.
#[derive(Debug)]
struct Many {
    max: bool,
    data_type: DataType,
    best: Vec<Option<f64>>,
}

impl GroupsAccumulator for Many {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> PlanResult<()> {
        self.best.resize(total_num_groups, None);
        for (row, (value, group)) in doubles(values)?.iter().zip(group_indices).enumerate() {
            let kept = opt_filter.is_none_or(|f| f.is_valid(row) && f.value(row));
            if let (Some(value), true) = (value, kept) {
                self.best[*group] = better(self.max, self.best[*group], value);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> PlanResult<ArrayRef> {
        let best = emit_to.take_needed(&mut self.best);
        Ok(narrowed(Float64Array::from(best), &self.data_type)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> PlanResult<Vec<ArrayRef>> {
        let best = emit_to.take_needed(&mut self.best);
        Ok(vec![Arc::new(Float64Array::from(best))])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> PlanResult<()> {
        self.update_batch(values, group_indices, None, total_num_groups)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> PlanResult<Vec<ArrayRef>> {
        let kept: Float64Array = doubles(values)?
            .iter()
            .enumerate()
            .map(|(row, value)| {
                value.filter(|_| opt_filter.is_none_or(|f| f.is_valid(row) && f.value(row)))
            })
            .collect();
        Ok(vec![Arc::new(kept)])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.best.capacity() * size_of::<Option<f64>>()
    }
}
