//! `histogram_numeric`: at most so many bins, the nearest two merged whenever there is one too many,
//! as Hive's `NumericHistogram` does it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray, new_null_array};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{
    DataType, Decimal128Type, Field, Float64Type, Int32Type, Int64Type, IntervalUnit,
    IntervalYearMonthType, TimeUnit,
};
use datafusion::common::ScalarValue;

use super::{fold, one_list};
use crate::error::{Error, Result};
use crate::functions::kernels::java_random::JavaRandom;
use crate::functions::{Call, strings::half_up};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::structure;
use crate::types::coerce::is_numeric;
use crate::types::interval::Fields;

const NB: usize = 1;

pub(super) fn histogram_numeric(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(0, &DataType::Float64)?,
        DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Duration(_)
        | DataType::Interval(IntervalUnit::YearMonth) => call.arg(0)?.clone(),
        number if is_numeric(number) => call.arg(0)?.clone(),
        _ => {
            return Err(call.unexpected_type(
                0,
                "(\"NUMERIC\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")",
            ));
        }
    };
    let n_bins = bins(call)?;
    let mut metadata = Arc::default();
    if let Some(fields) = Fields::of(&arg.data_type, &arg.metadata) {
        fields.note(&arg.data_type, &mut metadata);
    }
    let x = Field::new("x", arg.data_type.clone(), true).with_metadata((*metadata).clone());
    let y = Field::new("y", DataType::Float64, true);
    let bin = structure([x, y]);
    let element = Arc::new(Field::new("element", bin, true));
    let result = DataType::List(Arc::clone(&element));
    let (data_type, value_type) = (result.clone(), arg.data_type.clone());
    Ok(fold(
        call,
        ("histogram_numeric", n_bins.to_string()),
        &[arg],
        (result, true),
        1,
        move |columns| {
            let column = columns
                .first()
                .ok_or_else(|| Error::internal("a histogram without a column"))?;
            let mut histogram = Histogram::new(n_bins);
            for value in as_doubles(column)?.iter().flatten() {
                histogram.add(value);
            }
            let DataType::Struct(fields) = element.data_type() else {
                return Err(Error::internal("a histogram's bin is no struct"));
            };
            if histogram.bins.is_empty() {
                return Ok(new_null_array(&data_type, 1));
            }
            let (xs, ys): (Vec<f64>, Vec<f64>) = histogram.bins.into_iter().unzip();
            let columns = vec![
                from_doubles(&xs, &value_type)?,
                Arc::new(Float64Array::from(ys)) as ArrayRef,
            ];
            let bins = StructArray::try_new(fields.clone(), columns, None)?;
            one_list(Arc::new(bins), &element)
        },
    ))
}

/// How many bins there may be.
fn bins(call: &Call<'_>) -> Result<usize> {
    let arg = call.implicit(NB, &DataType::Int32)?;
    call.foldable(NB, "nb")?;
    let complaint = |class: &'static str| {
        Error::new(
            class,
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "nb".to_owned()),
            ],
        )
        .at(call.origin.clone())
    };
    match evaluate(&arg.expr)? {
        ScalarValue::Int32(Some(n)) if n >= 2 => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
        ScalarValue::Int32(Some(n)) => Err(complaint("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE")
            .with("valueRange", "[2, 2147483647]")
            .with("currentValue", n.to_string())),
        _ => Err(complaint("DATATYPE_MISMATCH.UNEXPECTED_NULL")),
    }
}

fn as_doubles(column: &ArrayRef) -> Result<Float64Array> {
    let whole: ArrayRef = match column.data_type() {
        DataType::Date32 => arrow_cast(column, &DataType::Int32)?,
        DataType::Timestamp(..) | DataType::Duration(_) => arrow_cast(column, &DataType::Int64)?,
        DataType::Interval(_) => Arc::new(
            column
                .as_primitive::<IntervalYearMonthType>()
                .reinterpret_cast::<Int32Type>(),
        ),
        _ => Arc::clone(column),
    };
    let doubles = arrow_cast(&whole, &DataType::Float64)?;
    Ok(doubles.as_primitive::<Float64Type>().clone())
}

/// The places of the bins in the column's type: whole numbers lose what is behind the point.
#[expect(
    clippy::cast_possible_truncation,
    reason = "as Java's conversions of doubles do"
)]
fn from_doubles(values: &[f64], to: &DataType) -> Result<ArrayRef> {
    let ints = || -> ArrayRef {
        Arc::new(arrow::array::Int32Array::from_iter_values(
            values.iter().map(|value| *value as i32),
        ))
    };
    let longs = || -> ArrayRef {
        Arc::new(arrow::array::Int64Array::from_iter_values(
            values.iter().map(|value| *value as i64),
        ))
    };
    Ok(match to {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Date32 => {
            arrow_cast(&ints(), to)?
        }
        DataType::Interval(_) => Arc::new(
            ints()
                .as_primitive::<Int32Type>()
                .reinterpret_cast::<IntervalYearMonthType>(),
        ),
        DataType::Duration(TimeUnit::Microsecond) | DataType::Timestamp(..) | DataType::Int64 => {
            arrow_cast(&longs().as_primitive::<Int64Type>().clone(), to)?
        }
        DataType::Decimal128(_, scale) => {
            let places = usize::try_from(*scale).unwrap_or(0);
            let unscaled: arrow::array::PrimitiveArray<Decimal128Type> = values
                .iter()
                .map(|value| {
                    let text = half_up(value.abs(), places);
                    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                    let number = digits.parse::<i128>().ok()?;
                    Some(if *value < 0.0 { -number } else { number })
                })
                .collect();
            let DataType::Decimal128(precision, scale) = to else {
                return Err(Error::internal("a decimal is none"));
            };
            Arc::new(unscaled.with_precision_and_scale(*precision, *scale)?)
        }
        _ => arrow_cast(&Float64Array::from(values.to_vec()), to)?,
    })
}

/// Bins in order: where they are and how much is in them.
struct Histogram {
    limit: usize,
    bins: Vec<(f64, f64)>,
    random: JavaRandom,
}

impl Histogram {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            bins: Vec::new(),
            // The seed is Hive's.
            random: JavaRandom::new(31183),
        }
    }

    fn add(&mut self, value: f64) {
        match self.bins.binary_search_by(|(x, _)| x.total_cmp(&value)) {
            Ok(at) => {
                if let Some((_, y)) = self.bins.get_mut(at) {
                    *y += 1.0;
                }
            }
            Err(at) => {
                self.bins.insert(at, (value, 1.0));
                if self.bins.len() > self.limit {
                    self.merge_nearest();
                }
            }
        }
    }

    /// The nearest two become one at their weighted mean; dice decide between equals.
    fn merge_nearest(&mut self) {
        let gap = |bins: &[(f64, f64)], at: usize| bins[at + 1].0 - bins[at].0;
        let (mut nearest, mut smallest, mut n_equal) = (0, gap(&self.bins, 0), 1.0);
        for at in 1..self.bins.len() - 1 {
            let found = gap(&self.bins, at);
            if found < smallest {
                (nearest, smallest, n_equal) = (at, found, 1.0);
            } else if found == smallest {
                n_equal += 1.0;
                if self.random.next_double() <= 1.0 / n_equal {
                    nearest = at;
                }
            }
        }
        let (x, y) = self.bins.remove(nearest + 1);
        let bin = &mut self.bins[nearest];
        let weight = bin.1 + y;
        bin.0 = bin.0 * (bin.1 / weight) + x / weight * y;
        bin.1 = weight;
    }
}
