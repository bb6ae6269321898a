//! Functions written for one row: a closure over the row's values, lifted to arrays.
//!
//! A null argument makes a null result without asking the closure. Knows no names.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanBuilder, Float64Array,
    Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder, StringArray, StringBuilder,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::Call;
use super::kernel::{Args, Kernel};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;

/// One value of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    /// A string.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An int or a bigint.
    Whole(i64),
    /// A double.
    Double(f64),
}

impl<'a> Cell<'a> {
    /// The string.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The bytes.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
            _ => &[],
        }
    }

    /// The whole number.
    pub(super) fn whole(self) -> i64 {
        match self {
            Self::Whole(number) => number,
            _ => 0,
        }
    }

    /// The double.
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Double(number) => number,
            _ => 0.0,
        }
    }
}

/// A result; `Null` fits every type.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Whole(i64),
    Double(f64),
    Flag(bool),
    Null,
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A column whose type is known.
enum Cells<'a> {
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Int(&'a Int32Array),
    Whole(&'a Int64Array),
    Double(&'a Float64Array),
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::Binary => Self::Bytes(array.as_binary()),
            DataType::Int32 => Self::Int(array.as_primitive()),
            DataType::Int64 => Self::Whole(array.as_primitive()),
            DataType::Float64 => Self::Double(array.as_primitive()),
            other => return Err(Error::internal(format!("a row function got {other}"))),
        })
    }

    fn get(&self, row: usize) -> Cell<'a> {
        match self {
            Self::Text(array) => Cell::Text(array.value(row)),
            Self::Bytes(array) => Cell::Bytes(array.value(row)),
            Self::Int(array) => Cell::Whole(i64::from(array.value(row))),
            Self::Whole(array) => Cell::Whole(array.value(row)),
            Self::Double(array) => Cell::Double(array.value(row)),
        }
    }
}

/// Runs the closure for every row.
pub(super) fn each(
    args: &Args,
    result: &DataType,
    run: impl Fn(&[Cell<'_>]) -> Result<Value>,
) -> Result<ArrayRef> {
    let arrays = args.arrays()?;
    let nulls = arrays.iter().fold(None, |nulls, array| {
        NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref())
    });
    // A column without a single value may be of any type.
    let all_null = nulls
        .as_ref()
        .is_some_and(|nulls| nulls.null_count() == nulls.len());
    if all_null && args.rows > 0 {
        return build((0..args.rows).map(|_| Ok(Value::Null)), args.rows, result);
    }
    let columns = arrays.iter().map(Cells::of).collect::<Result<Vec<_>>>()?;
    let mut cells = Vec::with_capacity(columns.len());
    let values = (0..args.rows).map(|row| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(Value::Null);
        }
        cells.clear();
        cells.extend(columns.iter().map(|column| column.get(row)));
        run(&cells)
    });
    build(values, args.rows, result)
}

/// [`each`] for closures that want to see nulls.
pub(super) fn each_nullable(
    args: &Args,
    result: &DataType,
    run: impl Fn(&[Option<Cell<'_>>]) -> Result<Value>,
) -> Result<ArrayRef> {
    let arrays = args.arrays()?;
    let columns = arrays
        .iter()
        .map(|array| match array.null_count() == array.len() {
            true => Ok(None),
            false => Cells::of(array).map(Some),
        })
        .collect::<Result<Vec<_>>>()?;
    let mut cells = Vec::with_capacity(columns.len());
    let values = (0..args.rows).map(|row| {
        cells.clear();
        cells.extend(arrays.iter().zip(&columns).map(|(array, column)| {
            column
                .as_ref()
                .filter(|_| array.is_valid(row))
                .map(|column| column.get(row))
        }));
        run(&cells)
    });
    build(values, args.rows, result)
}

fn build(
    values: impl Iterator<Item = Result<Value>>,
    rows: usize,
    result: &DataType,
) -> Result<ArrayRef> {
    macro_rules! fill {
        ($builder:expr, $variant:ident, $map:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value? {
                    Value::$variant(value) => builder.append_value($map(value)),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }};
    }
    Ok(match result {
        DataType::Utf8 => fill!(StringBuilder::with_capacity(rows, rows * 8), Text, |v| v),
        DataType::Binary => fill!(BinaryBuilder::with_capacity(rows, rows * 8), Bytes, |v| v),
        DataType::Int32 => fill!(Int32Builder::with_capacity(rows), Whole, |v: i64| {
            i32::try_from(v).unwrap_or(i32::MAX)
        }),
        DataType::Int64 => fill!(Int64Builder::with_capacity(rows), Whole, |v| v),
        DataType::Float64 => fill!(Float64Builder::with_capacity(rows), Double, |v| v),
        DataType::Boolean => fill!(BooleanBuilder::with_capacity(rows), Flag, |v| v),
        other => return Err(Error::internal(format!("a row function yields {other}"))),
    })
}

/// The call with its arguments converted and the closure lifted. `null` says that the closure may
/// answer null though no argument is.
pub(super) fn strict(
    call: &Call<'_>,
    params: &[DataType],
    (result, null): (DataType, bool),
    run: fn(&[Cell<'_>]) -> Result<Value>,
) -> Result<Typed> {
    call.arity(params.len()..=params.len())?;
    let args = params
        .iter()
        .enumerate()
        .map(|(index, to)| call.implicit(index, to))
        .collect::<Result<Vec<_>>>()?;
    Ok(lift(call, call.name, args, (result, null), run))
}

/// [`strict`] with arguments that are converted already; `options` tells closures apart.
pub(super) fn lift(
    call: &Call<'_>,
    options: impl Into<String>,
    args: Vec<Typed>,
    (result, null): (DataType, bool),
    run: impl Fn(&[Cell<'_>]) -> Result<Value> + Send + Sync + 'static,
) -> Typed {
    let nullable = null || args.iter().any(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    let data_type = result.clone();
    Kernel::typed(
        call.name,
        options,
        (result, nullable),
        exprs,
        call.default_name(),
        move |args| each(args, &data_type, &run),
    )
}

/// The call with further arguments, where Spark fills in defaults and shows them in the name.
pub(super) fn with_defaults<'a>(call: &Call<'a>, n: usize, defaults: &[Typed]) -> Call<'a> {
    let mut args = call.args.clone();
    let missing = n.saturating_sub(args.len());
    let skip = defaults.len().saturating_sub(missing);
    args.extend(defaults.iter().skip(skip).cloned());
    Call {
        context: call.context,
        name: call.name,
        args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: call.origin.clone(),
    }
}
