//! Between moments and counts since 1970-01-01.

use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, i256};

use crate::error::{ANSI, Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::decimal;
use crate::functions::kernels::longs::{compute, labelled};
use crate::plan::typed::Typed;
use crate::types::arrow::timestamp;
use crate::types::coerce::is_integral;

pub(super) fn date_from_unix_date(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let days = call.implicit(0, &DataType::Int32)?;
    let nullable = days.nullable;
    let name = call.default_name();
    Ok(compute(
        "date_from_unix_date",
        "",
        (DataType::Date32, nullable),
        vec![days],
        name,
        |v| Ok(Some(v[0])),
    ))
}

/// `unix_date`, `unix_seconds` and their kin: whole units, rounded down.
pub(super) fn unix(call: &Call<'_>, of: &DataType, unit: i64) -> Result<Typed> {
    call.arity(1..=1)?;
    let moment = call.implicit(0, of)?;
    let nullable = moment.nullable;
    let to = if *of == DataType::Date32 {
        DataType::Int32
    } else {
        DataType::Int64
    };
    let name = call.default_name();
    Ok(compute(
        "unix",
        unit.to_string(),
        (to, nullable),
        vec![moment],
        name,
        move |v| Ok(Some(v[0].div_euclid(unit))),
    ))
}

/// `timestamp_seconds`, `timestamp_millis`, `timestamp_micros`.
pub(super) fn timestamp_from(call: &Call<'_>, unit: i64) -> Result<Typed> {
    call.arity(1..=1)?;
    let fractions = unit == 1_000_000;
    let wanted = if fractions { "NUMERIC" } else { "INTEGRAL" };
    let value = match &call.arg(0)?.data_type {
        DataType::Null => call.implicit(0, &DataType::Int64)?,
        t if is_integral(t) => call.implicit(0, &DataType::Int64)?,
        DataType::Float32 | DataType::Float64 if fractions => {
            call.implicit(0, &DataType::Float64)?
        }
        DataType::Decimal128(..) if fractions => call.arg(0)?.clone(),
        _ => return Err(call.unexpected_type(0, wanted)),
    };
    let nullable = value.nullable || value.data_type == DataType::Float64;
    let from = value.data_type.clone();
    let overflow = || {
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [
                ("message", "long overflow"),
                ("alternative", ""),
                ("config", ANSI),
            ],
        )
    };
    Ok(Kernel::typed(
        "timestamp_from",
        format!("{unit} {from}"),
        (timestamp(), nullable),
        vec![value.expr],
        call.default_name(),
        move |args| {
            let array = args.array(0)?;
            let micros: Int64Array = match &from {
                DataType::Float64 => array.as_primitive::<Float64Type>().unary_opt(|v| {
                    #[expect(clippy::cast_possible_truncation, reason = "Java saturates, too")]
                    let micros = (v * 1e6) as i64;
                    v.is_finite().then_some(micros)
                }),
                DataType::Decimal128(_, scale) => {
                    let scale = i32::from(*scale);
                    array.as_primitive::<Decimal128Type>().try_unary(|v| {
                        decimal::rescale(i256::from_i128(v), scale, 6)
                            .and_then(i256::to_i128)
                            .and_then(|v| i64::try_from(v).ok())
                            .ok_or_else(overflow)
                    })?
                }
                _ => array
                    .as_primitive::<Int64Type>()
                    .try_unary(|v| v.checked_mul(unit).ok_or_else(overflow))?,
            };
            debug_assert_eq!(micros.len(), array.len(), "one result a row");
            labelled(micros, &timestamp())
        },
    ))
}
