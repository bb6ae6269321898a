//! Our own aggregates inside DataFusion plans: gather a group's rows, then fold them into one value.
//!
//! Most of Spark's rarer aggregates need the rows in order anyway (ranks, moments, collected lists),
//! so one accumulator serves all of them, in groups and in windows of any frame. Knows no names and
//! no coercion; the builders in `aggregates/` decide both. Sums and means have `total.rs`.

use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, StructArray, new_empty_array,
};
use arrow::compute::{concat, filter};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::row::{RowConverter, SortField};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};

use super::collections::one_zero;
use crate::error::{Error, Result};
use crate::types::arrow::{list, relabel};

type Finish = dyn Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync;

/// What becomes of the rows before they are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    /// Rows in which one of the first so many arguments is null are left out.
    pub(crate) not_null: usize,
    /// Equal rows count once.
    pub(crate) distinct: bool,
}

/// One aggregate of ours.
pub(crate) struct Fold {
    name: &'static str,
    /// What the closure captured, spelled out: plans compare functions by it.
    options: String,
    field: FieldRef,
    inputs: Fields,
    rows: Rows,
    signature: Signature,
    finish: Arc<Finish>,
}

impl Fold {
    /// An aggregate that folds its gathered arguments with `finish`, which yields one row of the
    /// result's type. `options` spells out everything that `finish` captured.
    pub(crate) fn udaf(
        name: &'static str,
        options: impl Into<String>,
        (data_type, nullable): (DataType, bool),
        inputs: &[DataType],
        rows: Rows,
        finish: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
    ) -> Arc<AggregateUDF> {
        let inputs = inputs
            .iter()
            .enumerate()
            .map(|(index, data_type)| Field::new(index.to_string(), data_type.clone(), true))
            .collect();
        Arc::new(AggregateUDF::from(Self {
            name,
            options: options.into(),
            field: Arc::new(Field::new(name, data_type, nullable)),
            inputs,
            rows,
            signature: Signature::variadic_any(Volatility::Immutable),
            finish: Arc::new(finish),
        }))
    }

    fn gathered(&self) -> Gathered {
        Gathered {
            inputs: self.inputs.clone(),
            rows: self.rows,
            result: self.field.data_type().clone(),
            finish: Arc::clone(&self.finish),
            chunks: Vec::new(),
        }
    }
}

impl fmt::Debug for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fold")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.options == other.options
            && self.rows == other.rows
            && self.field == other.field
            && self.inputs == other.inputs
    }
}

impl Eq for Fold {}

impl Hash for Fold {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.options.hash(state);
        self.rows.hash(state);
    }
}

impl AggregateUDFImpl for Fold {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(self.field.data_type().clone())
    }

    fn return_field(&self, _: &[FieldRef]) -> PlanResult<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn is_nullable(&self) -> bool {
        self.field.is_nullable()
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> PlanResult<Box<dyn Accumulator>> {
        Ok(Box::new(self.gathered()))
    }

    fn create_sliding_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> PlanResult<Box<dyn Accumulator>> {
        Ok(Box::new(self.gathered()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> PlanResult<Vec<FieldRef>> {
        let rows = list(DataType::Struct(self.inputs.clone()), true);
        Ok(vec![Arc::new(Field::new(
            format!("{}[rows]", args.name),
            rows,
            true,
        ))])
    }

    fn default_value(&self, _: &DataType) -> PlanResult<ScalarValue> {
        self.gathered().evaluate()
    }
}

/// The rows of one group as they came.
struct Gathered {
    inputs: Fields,
    rows: Rows,
    result: DataType,
    finish: Arc<Finish>,
    chunks: Vec<Vec<ArrayRef>>,
}

impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered")
            .field("chunks", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

impl Gathered {
    fn push(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let columns = columns
            .iter()
            .zip(&self.inputs)
            .map(|(column, field)| relabel(column, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        if columns.first().is_some_and(|column| !column.is_empty()) {
            self.chunks.push(columns);
        }
        Ok(())
    }

    /// All rows, column by column.
    fn columns(&self) -> Result<Vec<ArrayRef>> {
        (0..self.inputs.len())
            .map(|index| {
                let parts: Vec<&dyn Array> = self
                    .chunks
                    .iter()
                    .filter_map(|chunk| chunk.get(index).map(AsRef::as_ref))
                    .collect();
                match parts.as_slice() {
                    [] => Ok(new_empty_array(self.inputs[index].data_type())),
                    parts => Ok(concat(parts)?),
                }
            })
            .collect()
    }

    fn fold(&self) -> Result<ScalarValue> {
        let mut columns = self.columns()?;
        if self.rows.not_null > 0 {
            columns = not_null(&columns, self.rows.not_null)?;
        }
        if self.rows.distinct {
            columns = distinct(&columns)?;
        }
        let value = relabel(&(self.finish)(&columns)?, &self.result)?;
        Ok(ScalarValue::try_from_array(&value, 0)?)
    }
}

/// Rows whose first `n` columns are all set.
fn not_null(columns: &[ArrayRef], n: usize) -> Result<Vec<ArrayRef>> {
    if columns.iter().take(n).all(|c| c.logical_null_count() == 0) {
        return Ok(columns.to_vec());
    }
    let rows = columns.first().map_or(0, |c| c.len());
    let nulls: Vec<_> = columns.iter().take(n).map(|c| c.logical_nulls()).collect();
    let keep: BooleanArray = (0..rows)
        .map(|row| {
            Some(
                nulls
                    .iter()
                    .all(|nulls| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))),
            )
        })
        .collect();
    columns.iter().map(|c| Ok(filter(c, &keep)?)).collect()
}

/// The first of every set of equal rows.
pub(crate) fn distinct(columns: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    let fields = columns
        .iter()
        .map(|column| SortField::new(column.data_type().clone()))
        .collect();
    let same = columns.iter().map(one_zero).collect::<Result<Vec<_>>>()?;
    let rows = RowConverter::new(fields)?.convert_columns(&same)?;
    let mut seen = HashSet::new();
    let keep: BooleanArray = rows
        .iter()
        .map(|row| Some(seen.insert(row.as_ref().to_vec())))
        .collect();
    columns.iter().map(|c| Ok(filter(c, &keep)?)).collect()
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        Ok(self.push(values)?)
    }

    fn evaluate(&mut self) -> PlanResult<ScalarValue> {
        Ok(self.fold()?)
    }

    fn size(&self) -> usize {
        let held: usize = self
            .chunks
            .iter()
            .flatten()
            .map(|column| column.get_array_memory_size())
            .sum();
        size_of_val(self) + held
    }

    fn state(&mut self) -> PlanResult<Vec<ScalarValue>> {
        let columns = self.columns()?;
        let rows = columns.first().map_or(0, |column| column.len());
        let rows_array =
            StructArray::try_new_with_length(self.inputs.clone(), columns, None, rows)?;
        let element = Field::new("element", DataType::Struct(self.inputs.clone()), true);
        let offsets = arrow::buffer::OffsetBuffer::from_lengths([rows]);
        let array = ListArray::try_new(Arc::new(element), offsets, Arc::new(rows_array), None)?;
        Ok(vec![ScalarValue::List(Arc::new(array))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> PlanResult<()> {
        let state = states
            .first()
            .ok_or_else(|| Error::internal("an aggregate's state was lost"))?;
        let lists = state.as_list::<i32>();
        for row in 0..lists.len() {
            if lists.is_valid(row) {
                let rows = lists.value(row);
                self.push(rows.as_struct().columns())?;
            }
        }
        Ok(())
    }

    /// A frame slides by losing its oldest rows.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> PlanResult<()> {
        let mut gone = values.first().map_or(0, |column| column.len());
        while gone > 0 {
            let Some(chunk) = self.chunks.first_mut() else {
                return Ok(());
            };
            let length = chunk.first().map_or(0, |column| column.len());
            if length <= gone {
                self.chunks.remove(0);
                gone -= length;
            } else {
                for column in chunk.iter_mut() {
                    *column = column.slice(gone, length - gone);
                }
                gone = 0;
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}
