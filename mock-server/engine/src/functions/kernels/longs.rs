//! Dates, times and intervals as plain 64-bit numbers: days, microseconds or months. Functions over
//! them are a few lines of integer arithmetic each. Knows no names.

use std::sync::Arc;

use arrow::array::builder::StringBuilder;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use arrow::datatypes::{
    DataType, DurationMicrosecondType, Int8Type, Int16Type, Int32Type, Int64Type, IntervalUnit,
    IntervalYearMonthType, Time64MicrosecondType, TimestampMicrosecondType,
};

use crate::error::{Error, Result};
use crate::functions::kernel::{Args, Kernel};
use crate::plan::typed::Typed;

/// The values as 64-bit numbers.
pub(crate) fn longs(array: &ArrayRef) -> Result<Int64Array> {
    Ok(match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().clone(),
        DataType::Date32 => array
            .as_primitive::<arrow::datatypes::Date32Type>()
            .unary(i64::from),
        DataType::Int8 => array.as_primitive::<Int8Type>().unary(i64::from),
        DataType::Int16 => array.as_primitive::<Int16Type>().unary(i64::from),
        DataType::Int32 => array.as_primitive::<Int32Type>().unary(i64::from),
        DataType::Timestamp(..) => array
            .as_primitive::<TimestampMicrosecondType>()
            .reinterpret_cast(),
        DataType::Duration(_) => array
            .as_primitive::<DurationMicrosecondType>()
            .reinterpret_cast(),
        DataType::Time64(_) => array
            .as_primitive::<Time64MicrosecondType>()
            .reinterpret_cast(),
        DataType::Interval(IntervalUnit::YearMonth) => array
            .as_primitive::<IntervalYearMonthType>()
            .unary(i64::from),
        DataType::Boolean => array
            .as_boolean()
            .iter()
            .map(|value| value.map(i64::from))
            .collect(),
        other => return Err(Error::internal(format!("{other} is no 64-bit number"))),
    })
}

/// The numbers under a type; one that does not fit is an error of ours.
pub(crate) fn labelled(values: Int64Array, to: &DataType) -> Result<ArrayRef> {
    fn narrow<T: arrow::array::ArrowPrimitiveType>(values: &Int64Array) -> Result<ArrayRef>
    where
        T::Native: TryFrom<i64>,
    {
        let found: PrimitiveArray<T> = values.try_unary(|value| {
            T::Native::try_from(value)
                .map_err(|_| Error::new("ARITHMETIC_OVERFLOW", overflow_parameters()))
        })?;
        Ok(Arc::new(found))
    }
    Ok(match to {
        DataType::Int64 => Arc::new(values),
        DataType::Date32 => narrow::<arrow::datatypes::Date32Type>(&values)?,
        DataType::Int8 => narrow::<Int8Type>(&values)?,
        DataType::Int16 => narrow::<Int16Type>(&values)?,
        DataType::Int32 => narrow::<Int32Type>(&values)?,
        DataType::Timestamp(..) => Arc::new(
            values
                .reinterpret_cast::<TimestampMicrosecondType>()
                .with_data_type(to.clone()),
        ),
        DataType::Duration(_) => Arc::new(values.reinterpret_cast::<DurationMicrosecondType>()),
        DataType::Interval(IntervalUnit::YearMonth) => narrow::<IntervalYearMonthType>(&values)?,
        DataType::Decimal128(precision, scale) => Arc::new(
            values
                .unary::<_, arrow::datatypes::Decimal128Type>(i128::from)
                .with_precision_and_scale(*precision, *scale)?,
        ),
        other => return Err(Error::internal(format!("{other} is no 64-bit number"))),
    })
}

fn overflow_parameters() -> [(&'static str, &'static str); 3] {
    [
        ("message", "integer overflow"),
        ("alternative", ""),
        ("config", crate::error::ANSI),
    ]
}

/// A function of numbers, null if one of them is null or the function says so.
pub(crate) fn compute(
    name: &'static str,
    options: impl Into<String>,
    (data_type, nullable): (DataType, bool),
    args: Vec<Typed>,
    display: impl Into<Arc<str>>,
    f: impl Fn(&[i64]) -> Result<Option<i64>> + Send + Sync + 'static,
) -> Typed {
    let to = data_type.clone();
    let run = move |args: &Args| {
        let columns = args
            .arrays()?
            .iter()
            .map(longs)
            .collect::<Result<Vec<_>>>()?;
        let mut row_values = vec![0; columns.len()];
        let mut out = Int64Array::builder(args.rows);
        for row in 0..args.rows {
            if columns.iter().any(|column| column.is_null(row)) {
                out.append_null();
                continue;
            }
            for (place, column) in row_values.iter_mut().zip(&columns) {
                *place = column.value(row);
            }
            out.append_option(f(&row_values)?);
        }
        labelled(out.finish(), &to)
    };
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Kernel::typed(name, options, (data_type, nullable), exprs, display, run)
}

/// [`compute`] of one number and texts after it.
pub(crate) fn compute_with_text(
    name: &'static str,
    options: impl Into<String>,
    (data_type, nullable): (DataType, bool),
    args: Vec<Typed>,
    display: impl Into<Arc<str>>,
    f: impl Fn(i64, &[&str]) -> Result<Option<i64>> + Send + Sync + 'static,
) -> Typed {
    let to = data_type.clone();
    let run = move |args: &Args| {
        let arrays = args.arrays()?;
        let Some((first, rest)) = arrays.split_first() else {
            return Err(Error::internal("a kernel without arguments"));
        };
        let first = longs(first)?;
        let texts: Vec<_> = rest.iter().map(|array| array.as_string::<i32>()).collect();
        let mut out = Int64Array::builder(args.rows);
        let mut words = Vec::with_capacity(texts.len());
        for row in 0..args.rows {
            if first.is_null(row) || texts.iter().any(|text| text.is_null(row)) {
                out.append_null();
                continue;
            }
            words.clear();
            words.extend(texts.iter().map(|text| text.value(row)));
            out.append_option(f(first.value(row), &words)?);
        }
        labelled(out.finish(), &to)
    };
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Kernel::typed(name, options, (data_type, nullable), exprs, display, run)
}

/// Text from one number and perhaps texts after it.
pub(crate) fn text_of(
    name: &'static str,
    options: impl Into<String>,
    nullable: bool,
    args: Vec<Typed>,
    display: impl Into<Arc<str>>,
    f: impl Fn(i64, &[&str]) -> Result<String> + Send + Sync + 'static,
) -> Typed {
    let run = move |args: &Args| {
        let arrays = args.arrays()?;
        let Some((first, rest)) = arrays.split_first() else {
            return Err(Error::internal("a kernel without arguments"));
        };
        let first = longs(first)?;
        let texts: Vec<_> = rest.iter().map(|array| array.as_string::<i32>()).collect();
        let mut out = StringBuilder::new();
        let mut words = Vec::with_capacity(texts.len());
        for row in 0..args.rows {
            if first.is_null(row) || texts.iter().any(|text| text.is_null(row)) {
                out.append_null();
                continue;
            }
            words.clear();
            words.extend(texts.iter().map(|text| text.value(row)));
            out.append_value(f(first.value(row), &words)?);
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    };
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Kernel::typed(
        name,
        options,
        (DataType::Utf8, nullable),
        exprs,
        display,
        run,
    )
}

/// A number from texts.
pub(crate) fn number_of_text(
    name: &'static str,
    options: impl Into<String>,
    (data_type, nullable): (DataType, bool),
    args: Vec<Typed>,
    display: impl Into<Arc<str>>,
    f: impl Fn(&[&str]) -> Result<Option<i64>> + Send + Sync + 'static,
) -> Typed {
    let to = data_type.clone();
    let run = move |args: &Args| {
        let arrays = args.arrays()?;
        let texts: Vec<_> = arrays
            .iter()
            .map(|array| array.as_string::<i32>())
            .collect();
        let mut out = Int64Array::builder(args.rows);
        let mut words = Vec::with_capacity(texts.len());
        for row in 0..args.rows {
            if texts.iter().any(|text| text.is_null(row)) {
                out.append_null();
                continue;
            }
            words.clear();
            words.extend(texts.iter().map(|text| text.value(row)));
            out.append_option(f(&words)?);
        }
        labelled(out.finish(), &to)
    };
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Kernel::typed(name, options, (data_type, nullable), exprs, display, run)
}
