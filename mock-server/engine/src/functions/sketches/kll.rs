//! KLL sketches: ranks and quantiles of a column, of longs, floats or doubles.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, ListArray, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast as arrow_cast, concat};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datasketches::common::SearchCriteria;
use datasketches::kll::{KllFloat, KllSketch, KllValue};

use super::{B, constant_int, exactly, foldable, folded, hinted, of_function, unexpected_null};
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::rows::lift;
use crate::functions::{Call, CastMode, cast};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::list;

/// Doubles in a sketch.
pub(super) type Double = KllFloat<f64>;
/// Floats in a sketch.
pub(super) type Float = KllFloat<f32>;

const BAD: &str = "KLL_INVALID_INPUT_SKETCH_BUFFER";
const DEFAULT_K: u16 = 200;

/// What a sketch can hold, and how Spark has it in columns.
pub(super) trait Held: KllValue + Ord + Clone + Debug + Send + Sync + 'static {
    /// The type of a column of them.
    const TYPE: DataType;
    /// What a column may have for it to be summed up, and how that is said.
    const FEEDS: (&'static [DataType], &'static str);
    /// How Java calls the sketch, and how many bytes an item takes.
    const JAVA: (&'static str, usize);

    /// The values of a column of [`Held::TYPE`], not-a-numbers left out.
    fn read(column: &ArrayRef) -> Vec<Self>;

    /// A column of values.
    fn column(values: Vec<Self>) -> ArrayRef;

    /// The value as Java writes it.
    fn text(&self) -> String;
}

impl Held for i64 {
    const TYPE: DataType = DataType::Int64;
    const FEEDS: (&'static [DataType], &'static str) = (
        &[
            DataType::Int64,
            DataType::Int32,
            DataType::Int16,
            DataType::Int8,
        ],
        "(\"TINYINT\" or \"INT\" or \"BIGINT\" or \"SMALLINT\")",
    );
    const JAVA: (&'static str, usize) = ("KllLongsSketch", 8);

    fn read(column: &ArrayRef) -> Vec<Self> {
        column
            .as_primitive::<Int64Type>()
            .iter()
            .flatten()
            .collect()
    }

    fn column(values: Vec<Self>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Held for Double {
    const TYPE: DataType = DataType::Float64;
    const FEEDS: (&'static [DataType], &'static str) = (
        &[DataType::Float64, DataType::Float32],
        "(\"FLOAT\" or \"DOUBLE\")",
    );
    const JAVA: (&'static str, usize) = ("KllDoublesSketch", 8);

    fn read(column: &ArrayRef) -> Vec<Self> {
        let numbers = column.as_primitive::<Float64Type>().iter().flatten();
        numbers
            .filter_map(|number| KllFloat::<f64>::new(number).ok())
            .collect()
    }

    fn column(values: Vec<Self>) -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(values.iter().map(|v| **v)))
    }

    fn text(&self) -> String {
        crate::functions::kernels::text::double(**self)
    }
}

impl Held for Float {
    const TYPE: DataType = DataType::Float32;
    const FEEDS: (&'static [DataType], &'static str) = (&[DataType::Float32], "FLOAT");
    const JAVA: (&'static str, usize) = ("KllFloatsSketch", 4);

    fn read(column: &ArrayRef) -> Vec<Self> {
        let numbers = column.as_primitive::<Float32Type>().iter().flatten();
        numbers
            .filter_map(|number| KllFloat::<f32>::new(number).ok())
            .collect()
    }

    fn column(values: Vec<Self>) -> ArrayRef {
        Arc::new(Float32Array::from_iter_values(values.iter().map(|v| **v)))
    }

    fn text(&self) -> String {
        crate::functions::kernels::text::float(**self)
    }
}

fn ours(error: datasketches::error::Error) -> Error {
    Error::internal(error.to_string())
}

pub(super) fn read<T: Held>(bytes: &[u8], function: &str) -> Result<KllSketch<T>> {
    KllSketch::deserialize(bytes).map_err(|_| of_function(BAD, function))
}

/// The size that was asked for.
fn size(call: &Call<'_>) -> Result<Option<u16>> {
    let Some(arg) = call.args.get(1) else {
        return Ok(None);
    };
    let is_null = arg.data_type == DataType::Null;
    let Some(k) = constant_int(call, 1)? else {
        let shown = |error: Error| {
            error
                .with("inputName", "k")
                .with("inputType", "int")
                .with("inputExpr", arg.name.to_string())
        };
        return call.foldable(1, "k").map_err(shown).map(|()| None);
    };
    if is_null {
        return Err(unexpected_null(call, "k"));
    }
    match u16::try_from(k) {
        Ok(found) if found >= 8 => Ok(Some(found)),
        _ => Err(hinted(
            call,
            format!(
                "[KLL_SKETCH_K_OUT_OF_RANGE] For function `{}`, the k parameter must be between 8 and 65535 (inclusive), but got {k}. SQLSTATE: 22003",
                call.name
            ),
        )),
    }
}

fn summed<T: Held>(k: u16, values: impl Iterator<Item = T>) -> Result<KllSketch<T>> {
    let mut sketch = KllSketch::new(k).map_err(ours)?;
    values.for_each(|value| sketch.update(value));
    Ok(sketch)
}

pub(super) fn sketch_agg<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let (types, required) = T::FEEDS;
    let arg = exactly(call, 0, types, required)?;
    let mode = CastMode::implicit(call.context);
    let arg = cast(call.context, arg, &T::TYPE, mode, None)?;
    let k = size(call)?.unwrap_or(DEFAULT_K);
    let finish = move |column: &ArrayRef| {
        let values = T::read(column);
        let sketch = summed(k, values.iter().cloned())?;
        if sketch.is_estimation_mode() {
            return Ok(sketch.serialize());
        }
        // Spark merges what was summed up into a new sketch, which turns the order round.
        Ok(summed(k, values.into_iter().rev())?.serialize())
    };
    Ok(folded(call, (arg, 1), k.to_string(), finish))
}

pub(super) fn merge_agg<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let arg = exactly(call, 0, &[B], "BINARY")?;
    let k = size(call)?;
    let name = call.name;
    let finish = move |column: &ArrayRef| {
        let mut all: Option<KllSketch<T>> = k.map(KllSketch::new).transpose().map_err(ours)?;
        for bytes in column.as_binary::<i32>().iter().flatten() {
            let sketch = read(bytes, name)?;
            match all.as_mut() {
                Some(all) => all.merge(&sketch).map_err(ours)?,
                None => all = Some(sketch),
            }
        }
        let all = match all {
            Some(all) => all,
            None => KllSketch::new(DEFAULT_K).map_err(ours)?,
        };
        Ok(all.serialize())
    };
    Ok(folded(call, (arg, 1), format!("{k:?}"), finish))
}

pub(super) fn n<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    exactly(call, 0, &[B], "BINARY")?;
    let name = call.name;
    let arg = call.implicit(0, &B)?;
    Ok(lift(
        call,
        "",
        vec![arg],
        (DataType::Int64, false),
        move |row| {
            let n = read::<T>(row[0].bytes(), name)?.n();
            Ok(i64::try_from(n).unwrap_or(i64::MAX).into())
        },
    ))
}

pub(super) fn merge<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let args = vec![
        exactly(call, 0, &[B], "BINARY")?,
        exactly(call, 1, &[B], "BINARY")?,
    ];
    let name = call.name;
    Ok(lift(call, "", args, (B, false), move |row| {
        let mut left = read::<T>(row[0].bytes(), name)?;
        left.merge(&read(row[1].bytes(), name)?).map_err(ours)?;
        Ok(left.serialize().into())
    }))
}

/// A constant argument of one value or an array of them, as a column of a type.
fn wanted(call: &Call<'_>, what: &str, to: &DataType) -> Result<Option<(ArrayRef, bool)>> {
    let arg = call.arg(1)?;
    let is_array = matches!(arg.data_type, DataType::List(_));
    let target = if is_array {
        list(to.clone(), true)
    } else {
        to.clone()
    };
    let arg = call.implicit(1, &target)?;
    foldable(call, 1, what, &target)?;
    let value = evaluate(&arg.expr)?.to_array()?;
    if value.is_null(0) {
        return Ok(None);
    }
    let values = if is_array {
        value.as_list::<i32>().value(0)
    } else {
        value
    };
    Ok(Some((arrow_cast(&values, to)?, is_array)))
}

/// A value, or an array of values, for each sketch.
fn answered<T: Held>(
    call: &Call<'_>,
    (values, is_array): (ArrayRef, bool),
    item: DataType,
    answer: impl Fn(&KllSketch<T>, &ArrayRef) -> Result<ArrayRef> + Send + Sync + 'static,
) -> Result<Typed> {
    let bytes = exactly(call, 0, &[B], "BINARY")?;
    let result = if is_array {
        list(item.clone(), false)
    } else {
        item.clone()
    };
    let name = call.name;
    let options = format!("{values:?}");
    Ok(Kernel::typed(
        name,
        options,
        (result, bytes.nullable),
        vec![bytes.expr],
        call.default_name(),
        move |args| {
            let sketches = args.array(0)?;
            let mut columns = Vec::with_capacity(args.rows);
            for bytes in sketches.as_binary::<i32>() {
                columns.push(match bytes {
                    Some(bytes) => answer(&read(bytes, name)?, &values)?,
                    None if is_array => new_null_array(&item, 0),
                    None => new_null_array(&item, 1),
                });
            }
            if columns.is_empty() {
                columns.push(new_null_array(&item, 0));
            }
            let parts: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
            let flat = concat(&parts)?;
            if !is_array {
                return Ok(flat);
            }
            let lengths = columns.iter().take(args.rows).map(|column| column.len());
            let DataType::List(element) = list(item.clone(), false) else {
                return Err(Error::internal("a list is no list"));
            };
            Ok(Arc::new(ListArray::try_new(
                element,
                OffsetBuffer::from_lengths(lengths),
                flat,
                sketches.nulls().cloned(),
            )?))
        },
    ))
}

pub(super) fn quantile<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let Some(ranks) = wanted(call, "rank", &DataType::Float64)? else {
        exactly(call, 0, &[B], "BINARY")?;
        return Ok(Typed::null(T::TYPE).named(call.default_name()));
    };
    let name = call.name;
    answered::<T>(call, ranks, T::TYPE, move |sketch, ranks| {
        let ranks = ranks.as_primitive::<Float64Type>().iter();
        let found = ranks
            .map(|rank| {
                let rank = rank.unwrap_or(0.0);
                let found = sketch
                    .quantile(rank, SearchCriteria::Inclusive)
                    .map_err(|_| {
                        Error::new(
                            "KLL_SKETCH_INVALID_QUANTILE_RANGE",
                            [("functionName", format!("`{name}`"))],
                        )
                    })?;
                // Spark cannot tell an empty sketch from a broken one here.
                found.ok_or_else(|| of_function(BAD, name))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(T::column(found))
    })
}

pub(super) fn rank<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let Some(values) = wanted(call, "quantile", &T::TYPE)? else {
        exactly(call, 0, &[B], "BINARY")?;
        return Ok(Typed::null(DataType::Float64).named(call.default_name()));
    };
    let name = call.name;
    answered::<T>(call, values, DataType::Float64, move |sketch, values| {
        let found = T::read(values)
            .iter()
            .map(|value| {
                let rank = sketch.rank(value, SearchCriteria::Inclusive);
                rank.ok_or_else(|| of_function(BAD, name))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Float64Array::from(found)))
    })
}
