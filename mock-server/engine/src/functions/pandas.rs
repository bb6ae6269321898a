//! What only the pandas API on Spark calls and is no aggregate: row numbers, weighted averages over
//! windows, places in arrays.
//!
//! Aggregates of its own are in `aggregates/pandas.rs`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, TimestampMicrosecondType};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    Cast, Expr, PartitionEvaluator, Signature, Volatility, WindowFunctionDefinition, WindowUDF,
    WindowUDFImpl,
};

use super::collections::keys;
use super::kernel::Kernel;
use super::{Call, CastMode, Function, WindowCall, cast, scalar, window};
use crate::error::{Error, Result};
use crate::functions::kernels::calendar::SECOND;
use crate::plan::typed::Typed;

pub(super) const TABLE: &[Function] = &[
    scalar("array_binary_search", array_binary_search),
    scalar("distributed_id", |call| {
        super::misc::ids(call).map(|found| found.named("distributed_id()"))
    }),
    scalar("distributed_sequence_id", sequence),
    window("ewm", weighted),
    window("null_index", null_index),
    scalar("timestamp_ntz_to_long", seconds),
];

/// The place of each row, from 0. Spark puts an operator below that numbers rows; here a window does.
fn sequence(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let number = WindowFunctionDefinition::WindowUDF(row_number_udwf());
    let number = Expr::WindowFunction(Box::new(WindowFunction::new(number, Vec::new())));
    let number = Expr::Cast(Cast::new(Box::new(number), DataType::Int64));
    let one = Expr::Literal(ScalarValue::Int64(Some(1)), None);
    Ok(Typed::new(
        number - one,
        DataType::Int64,
        false,
        call.default_name(),
    ))
}

/// `Arrays.binarySearch`: the place of a value in a sorted array, or where it would be, from -1 down.
fn array_binary_search(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let DataType::List(item) = &call.arg(0)?.data_type else {
        return Err(call.unexpected_type(0, "ARRAY"));
    };
    let value = call.implicit(1, item.data_type())?;
    Ok(Kernel::typed(
        "array_binary_search",
        "",
        (DataType::Int32, true),
        vec![call.arg(0)?.expr.clone(), value.expr],
        call.default_name(),
        |args| {
            let (lists, values) = (args.array(0)?, args.array(1)?);
            let lists = lists.as_list::<i32>();
            let (items, wanted) = (keys(lists.values())?, keys(&values)?);
            let places: Int32Array = (0..args.rows)
                .map(|row| {
                    if lists.is_null(row) || values.is_null(row) {
                        return None;
                    }
                    let offsets = lists.value_offsets();
                    let start = usize::try_from(*offsets.get(row)?).ok()?;
                    let end = usize::try_from(*offsets.get(row + 1)?).ok()?;
                    let (mut low, mut high) = (start, end);
                    while low < high {
                        let middle = low.midpoint(high);
                        match items.row(middle).cmp(&wanted.row(row)) {
                            std::cmp::Ordering::Equal => {
                                return i32::try_from(middle - start).ok();
                            }
                            std::cmp::Ordering::Less => low = middle + 1,
                            std::cmp::Ordering::Greater => high = middle,
                        }
                    }
                    i32::try_from(low - start).ok().map(|place| -place - 1)
                })
                .collect();
            Ok(Arc::new(places))
        },
    ))
}

/// Whole seconds since 1970 of a local time.
fn seconds(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    if !matches!(arg.data_type, DataType::Timestamp(_, None)) {
        return Err(call.unexpected_type(0, "TIMESTAMP_NTZ"));
    }
    Ok(Kernel::typed(
        "timestamp_ntz_to_long",
        "",
        (DataType::Int64, true),
        vec![arg.expr.clone()],
        format!("cast_timestamp_ntz_to_long({})", arg.name),
        |args| {
            let times = args.array(0)?;
            let times = times.as_primitive::<TimestampMicrosecondType>();
            let found: Int64Array = times.unary(|micros| micros.div_euclid(SECOND));
            Ok(Arc::new(found))
        },
    ))
}

/// The exponentially weighted mean of the rows so far; nulls count as rows unless they are ignored.
fn weighted(call: &Call<'_>) -> Result<WindowCall> {
    call.arity(3..=3)?;
    let mode = CastMode::implicit(call.context);
    let value = cast(
        call.context,
        call.arg(0)?.clone(),
        &DataType::Float64,
        mode,
        None,
    )?;
    let (Some(ScalarValue::Float64(Some(alpha))), Some(ScalarValue::Boolean(Some(ignores)))) =
        (call.arg(1)?.constant(), call.arg(2)?.constant())
    else {
        return Err(Error::unsupported(
            "`ewm` with arguments that are no constants",
        ));
    };
    let (beta, ignores) = (1.0 - alpha, *ignores);
    let running = Running {
        name: "ewm",
        options: format!("{alpha} {ignores}"),
        result: DataType::Float64,
        signature: Signature::any(1, Volatility::Immutable),
        all: Arc::new(move |values| {
            let (mut above, mut below) = (0.0, 0.0);
            let means: Float64Array = values
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| {
                    match value {
                        Some(value) => {
                            above = value + beta * above;
                            below = 1.0 + beta * below;
                        }
                        None if !ignores => {
                            above *= beta;
                            below *= beta;
                        }
                        None => {}
                    }
                    (below > 0.0).then(|| above / below)
                })
                .collect();
            Arc::new(means)
        }),
    };
    Ok(running.call(call, value))
}

/// How many nulls in a row end here.
fn null_index(call: &Call<'_>) -> Result<WindowCall> {
    call.arity(1..=1)?;
    let running = Running {
        name: "null_index",
        options: String::new(),
        result: DataType::Int32,
        signature: Signature::any(1, Volatility::Immutable),
        all: Arc::new(|values| {
            let mut n = 0;
            let counts: Int32Array = (0..values.len())
                .map(|row| {
                    n = if values.is_null(row) { n + 1 } else { 0 };
                    Some(n)
                })
                .collect();
            Arc::new(counts)
        }),
    };
    Ok(running.call(call, call.arg(0)?.clone()))
}

type All = dyn Fn(&ArrayRef) -> ArrayRef + Send + Sync;

/// A window function that goes through a partition once, from its first row.
struct Running {
    name: &'static str,
    /// What the closure captured, spelled out: plans compare functions by it.
    options: String,
    result: DataType,
    signature: Signature,
    all: Arc<All>,
}

impl Running {
    fn call(self, call: &Call<'_>, value: Typed) -> WindowCall {
        let placeholder = Expr::Literal(ScalarValue::Null, None);
        WindowCall {
            result: Typed::new(placeholder, self.result.clone(), true, call.default_name()),
            function: WindowFunctionDefinition::WindowUDF(Arc::new(WindowUDF::from(self))),
            args: vec![value.expr],
            ignore_nulls: false,
            cast: false,
            distinct: false,
            whole_partition: false,
            aggregate: String::new(),
            shown: None,
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Running {
    fn eq(&self, other: &Self) -> bool {
        (self.name, &self.options) == (other.name, &other.options)
    }
}

impl Eq for Running {}

impl Hash for Running {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name, &self.options).hash(state);
    }
}

impl WindowUDFImpl for Running {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs<'_>,
    ) -> PlanResult<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Partition(self.name, Arc::clone(&self.all))))
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> PlanResult<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.result.clone(), true)))
    }
}

struct Partition(&'static str, Arc<All>);

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Partition").field(&self.0).finish()
    }
}

impl PartitionEvaluator for Partition {
    fn evaluate_all(&mut self, values: &[ArrayRef], _n_rows: usize) -> PlanResult<ArrayRef> {
        values
            .first()
            .map(|values| (self.1)(values))
            .ok_or_else(|| Error::internal("a window function lost its values").into())
    }
}
