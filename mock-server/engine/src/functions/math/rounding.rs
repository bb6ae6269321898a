//! Rounding, which keeps decimals exact.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DataType, Decimal128Type, i256};
use datafusion::common::ScalarValue;

use super::{number, shown};
use crate::error::{ANSI, Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::decimal;
use crate::functions::rows::{lift, with_defaults};
use crate::functions::{Call, CastMode, cast};
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

const I: DataType = DataType::Int32;
const L: DataType = DataType::Int64;
const D: DataType = DataType::Float64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    HalfUp,
    HalfEven,
    Ceiling,
    Floor,
}

/// The whole quotient under a rounding rule.
fn divide(numerator: i256, denominator: i256, rounding: Rounding) -> i256 {
    let quotient = numerator.wrapping_div(denominator);
    let rest = numerator.wrapping_rem(denominator);
    if rest == i256::ZERO {
        return quotient;
    }
    match rounding {
        Rounding::HalfUp => decimal::half_up(numerator, denominator),
        Rounding::HalfEven => {
            let twice = rest.wrapping_abs().wrapping_add(rest.wrapping_abs());
            let even = quotient.wrapping_rem(i256::from_i128(2)) == i256::ZERO;
            if twice == denominator && even {
                quotient
            } else {
                decimal::half_up(numerator, denominator)
            }
        }
        Rounding::Ceiling if rest > i256::ZERO => quotient.wrapping_add(i256::ONE),
        Rounding::Floor if rest < i256::ZERO => quotient.wrapping_sub(i256::ONE),
        Rounding::Ceiling | Rounding::Floor => quotient,
    }
}

/// A double rounded through its shortest decimal text, as `BigDecimal(x).setScale` does.
fn round_double(value: f64, digits: i64, rounding: Rounding) -> f64 {
    if !value.is_finite() || digits > 330 {
        return value;
    }
    let text = format!("{value:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return value;
    };
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let unscaled: String = mantissa.chars().filter(|c| *c != '.').collect();
    let behind = i64::try_from(mantissa.split_once('.').map_or(0, |(_, f)| f.len())).unwrap_or(0);
    // The value is `unscaled` with `scale` digits behind the point.
    let scale = behind - exponent;
    if scale <= digits {
        return value;
    }
    let drop = scale - digits;
    let Ok(unscaled) = unscaled.parse::<i128>() else {
        return value;
    };
    let kept = if drop > 40 {
        i256::ZERO
    } else {
        let power = decimal::power(i32::try_from(drop).unwrap_or(0));
        divide(i256::from_i128(unscaled), power, rounding)
    };
    format!("{kept}e{}", -digits).parse().unwrap_or(value)
}

fn places(call: &Call<'_>, index: usize) -> Result<i64> {
    let arg = call.implicit(index, &I)?;
    if !arg.is_foldable() {
        if matches!(call.name, "ceil" | "ceiling" | "floor") {
            return Err(Error::new(
                "NON_FOLDABLE_ARGUMENT",
                [
                    ("funcName", format!("`{}`", call.name)),
                    ("paramName", "`scale`".to_owned()),
                    ("paramType", "\"INT\"".to_owned()),
                ],
            )
            .at(call.origin.clone()));
        }
        return Err(Error::new(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("inputName", "`scale`".to_owned()),
                ("inputType", "\"INT\"".to_owned()),
                ("inputExpr", format!("\"{}\"", arg.name)),
            ],
        )
        .at(call.origin.clone()));
    }
    match crate::plan::expression::evaluate(&arg.expr)? {
        ScalarValue::Int32(Some(n)) => Ok(i64::from(n)),
        _ => Err(Error::unsupported(format!(
            "`{}` to a null scale",
            call.name
        ))),
    }
}

/// `round` and `bround`.
pub(super) fn round(call: &Call<'_>, rounding: Rounding) -> Result<Typed> {
    call.arity(1..=2)?;
    let zero = Typed::literal(ScalarValue::Int32(Some(0)), I, "0");
    let call = &with_defaults(call, 2, &[zero]);
    let digits = places(call, 1)?;
    let arg = number(call, "NUMERIC")?;
    rounded(call, arg, digits, rounding)
}

/// The precision and scale of a decimal rounded to so many digits (`RoundBase.dataType`).
fn rounded_decimal(precision: u8, scale: i8, digits: i64) -> (u8, i8) {
    let (p, s) = (i64::from(precision), i64::from(scale));
    let whole = p - s + 1;
    let (p, s) = if digits < 0 {
        (whole.max(-digits + 1), 0)
    } else {
        let s = s.min(digits);
        (whole + s, s)
    };
    (
        u8::try_from(p.min(38)).unwrap_or(38),
        i8::try_from(s).unwrap_or(0),
    )
}

fn rounded(call: &Call<'_>, arg: Typed, digits: i64, rounding: Rounding) -> Result<Typed> {
    let name = call.default_name();
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    match arg.data_type.clone() {
        DataType::Decimal128(precision, scale) => {
            let (p, s) = rounded_decimal(precision, scale, digits);
            let options = format!("{digits} {rounding:?} {p} {s}");
            let result = (DataType::Decimal128(p, s), true);
            Ok(Kernel::typed(
                "round_decimal",
                options,
                result,
                vec![arg.expr],
                name,
                move |args| decimals(&args.array(0)?, i64::from(scale), digits, (p, s), rounding),
            ))
        }
        integral if is_integral(&integral) => {
            if digits >= 0 {
                return Ok(Typed {
                    id: None,
                    nullable: true,
                    ..arg
                }
                .named(name));
            }
            let wide = cast(
                call.context,
                arg,
                &DataType::Decimal128(20, 0),
                CastMode::Ansi,
                None,
            )?;
            let options = format!("{digits} {rounding:?} {ansi} {integral} {origin:?}");
            let result = (integral.clone(), true);
            Ok(Kernel::typed(
                "round_whole",
                options,
                result,
                vec![wide.expr],
                name,
                move |args| {
                    let found = decimals(&args.array(0)?, 0, digits, (38, 0), rounding)?;
                    if !ansi {
                        return wrapped(&found, &integral);
                    }
                    let options = arrow::compute::CastOptions {
                        safe: false,
                        ..Default::default()
                    };
                    arrow::compute::cast_with_options(&found, &integral, &options).map_err(|_| {
                        Error::new(
                            "ARITHMETIC_OVERFLOW",
                            [
                                ("message", "Overflow"),
                                ("alternative", ""),
                                ("config", ANSI),
                            ],
                        )
                        .at(origin.clone())
                    })
                },
            ))
        }
        DataType::Float32 => {
            let options = format!("{digits} {rounding:?}");
            let result = (DataType::Float32, true);
            Ok(Kernel::typed(
                "round_float",
                options,
                result,
                vec![arg.expr],
                name,
                move |args| {
                    let values = args.array(0)?;
                    let values = values.as_primitive::<arrow::datatypes::Float32Type>();
                    let found: arrow::array::Float32Array = values.unary(|value| {
                        // The shortest text of a float is not that of the same number as a double.
                        let wide: f64 = value.to_string().parse().unwrap_or(f64::from(value));
                        round_double(wide, digits, rounding)
                            .to_string()
                            .parse()
                            .unwrap_or(value)
                    });
                    Ok(Arc::new(found) as ArrayRef)
                },
            ))
        }
        _ => {
            let options = format!("{digits} {rounding:?}");
            let found = lift(call, options, vec![arg], (D, true), move |row| {
                Ok(round_double(row[0].double(), digits, rounding).into())
            });
            Ok(found.named(name))
        }
    }
}

/// Whole decimals as integers of the type: their low bits.
fn wrapped(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let width = to.primitive_width().unwrap_or(8) * 8;
    let spare = u32::try_from(128 - width).unwrap_or(0);
    let low: Decimal128Array = values
        .as_primitive::<Decimal128Type>()
        .unary(|value| value.wrapping_shl(spare) >> spare);
    let low = low.with_precision_and_scale(38, 0)?;
    Ok(arrow::compute::cast(&low, to)?)
}

/// Decimals with so many digits kept, then under the result's scale. What does not fit is null, but
/// an error where digits before the point were rounded: Spark makes that decimal another way.
fn decimals(
    values: &ArrayRef,
    scale: i64,
    digits: i64,
    (precision, target): (u8, i8),
    rounding: Rounding,
) -> Result<ArrayRef> {
    let drop = i32::try_from((scale - digits).max(0)).unwrap_or(0);
    let limit = decimal::power(i32::from(precision));
    let values = values.as_primitive::<Decimal128Type>();
    let found = values
        .iter()
        .map(|value| {
            let Some(value) = value else { return Ok(None) };
            let value = i256::from_i128(value);
            // More than 76 digits dropped leave nothing.
            let kept = if drop > 76 {
                i256::ZERO
            } else {
                divide(value, decimal::power(drop), rounding)
            };
            let here = i32::try_from(scale).unwrap_or(0) - drop;
            let rescaled = decimal::rescale(kept, here, i32::from(target));
            match rescaled.filter(|value| value.wrapping_abs() < limit) {
                Some(value) => Ok(value.to_i128()),
                None if here < 0 => Err(decimal::out_of_range((kept, here), (precision, target))),
                None => Ok(None),
            }
        })
        .collect::<Result<Decimal128Array>>()?;
    Ok(Arc::new(found.with_precision_and_scale(precision, target)?))
}

/// `ceil` and `floor`: a bigint, or a decimal without fraction; with a scale, a decimal.
pub(super) fn whole(call: &Call<'_>, rounding: Rounding) -> Result<Typed> {
    call.arity(1..=2)?;
    let upper = match call.name {
        "ceil" => "CEIL",
        "floor" => "FLOOR",
        other => other,
    };
    if call.args.len() == 2 {
        let digits = places(call, 1)?;
        let arg = match &call.arg(0)?.data_type {
            DataType::Decimal128(..) => call.arg(0)?.clone(),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => {
                call.implicit(0, &DataType::Decimal128(10, 0))?
            }
            DataType::Int64 => call.implicit(0, &DataType::Decimal128(20, 0))?,
            _ => call.implicit(0, &DataType::Decimal128(30, 15))?,
        };
        return rounded(call, arg, digits, rounding);
    }
    let name = shown(call, upper);
    let arg = number(call, "(\"DOUBLE\" or \"DECIMAL\" or \"BIGINT\")")
        .map_err(|error| error.with("sqlExpr", format!("\"{name}\"")))?;
    match arg.data_type.clone() {
        DataType::Decimal128(precision, scale) => {
            let p = if scale > 0 {
                (i16::from(precision) - i16::from(scale) + 1).clamp(1, 38)
            } else {
                i16::from(precision)
            };
            let p = u8::try_from(p).unwrap_or(38);
            let result = (DataType::Decimal128(p, 0), true);
            let options = format!("{rounding:?} {p}");
            Ok(Kernel::typed(
                "whole_decimal",
                options,
                result,
                vec![arg.expr],
                name,
                move |args| decimals(&args.array(0)?, i64::from(scale), 0, (p, 0), rounding),
            ))
        }
        DataType::Int64 => Ok(Typed {
            id: None,
            nullable: true,
            ..arg
        }
        .named(name)),
        data_type if is_integral(&data_type) => {
            let wide = cast(call.context, arg, &L, CastMode::Ansi, None)?;
            Ok(Typed {
                id: None,
                nullable: true,
                ..wide
            }
            .named(name))
        }
        _ => {
            let arg = cast(call.context, arg, &D, CastMode::Ansi, None)?;
            let found = lift(call, call.name, vec![arg], (L, true), move |row| {
                let value = row[0].double();
                let value = if rounding == Rounding::Ceiling {
                    value.ceil()
                } else {
                    value.floor()
                };
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "Java's d2l saturates likewise"
                )]
                let value = value as i64;
                Ok(value.into())
            });
            Ok(found.named(name))
        }
    }
}
