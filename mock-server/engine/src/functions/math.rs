//! Functions on numbers: doubles in and out for most, with Java's results at the edges; rounding
//! keeps decimals exact.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMicrosecondType, IntervalUnit, IntervalYearMonthType, i256,
};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::conditional::unify;
use super::kernel::Kernel;
use super::kernels::decimal;
use super::rows::{Cell, Value, lift, strict, with_defaults};
use super::{Call, CastMode, Function, cast, planned, scalar};
use crate::error::{ANSI, Error, Result};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_atomic, is_integral, is_numeric, is_orderable};
use crate::types::sql_name;

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;
const L: DataType = DataType::Int64;
const D: DataType = DataType::Float64;

pub(super) const TABLE: &[Function] = &[
    scalar("abs", abs),
    scalar("acos", |call| unary(call, "ACOS", f64::acos)),
    scalar("acosh", |call| unary(call, "ACOSH", acosh)),
    scalar("asin", |call| unary(call, "ASIN", f64::asin)),
    scalar("asinh", |call| unary(call, "ASINH", f64::asinh)),
    scalar("atan", |call| unary(call, "ATAN", f64::atan)),
    scalar("atan2", |call| {
        binary(call, "ATAN2", |y, x| (y + 0.0).atan2(x + 0.0))
    }),
    scalar("atanh", |call| {
        unary(call, "ATANH", |x| 0.5 * (x.ln_1p() - (-x).ln_1p()))
    }),
    scalar("bin", |call| {
        strict(call, &[L], (S, false), |row| {
            Ok(format!("{:b}", row[0].whole()).into())
        })
    }),
    planned("bit_count"),
    planned("bit_get"),
    scalar("bround", |call| round(call, Rounding::HalfEven)),
    scalar("cbrt", |call| unary(call, "CBRT", f64::cbrt)),
    scalar("ceil", |call| whole(call, Rounding::Ceiling)),
    scalar("ceiling", |call| whole(call, Rounding::Ceiling)),
    planned("conv"),
    scalar("cos", |call| unary(call, "COS", f64::cos)),
    scalar("cosh", |call| unary(call, "COSH", f64::cosh)),
    scalar("cot", |call| unary(call, "COT", |x| 1.0 / x.tan())),
    scalar("csc", |call| unary(call, "CSC", |x| 1.0 / x.sin())),
    scalar("degrees", |call| unary(call, "DEGREES", f64::to_degrees)),
    scalar("e", |call| constant(call, "E()", std::f64::consts::E)),
    scalar("exp", |call| unary(call, "EXP", f64::exp)),
    scalar("expm1", |call| unary(call, "EXPM1", f64::exp_m1)),
    scalar("factorial", |call| {
        strict(call, &[I], (L, true), |row| {
            let n = row[0].whole();
            Ok((0..=20)
                .contains(&n)
                .then(|| (1..=n).product::<i64>())
                .into())
        })
    }),
    scalar("floor", |call| whole(call, Rounding::Floor)),
    planned("getbit"),
    scalar("greatest", |call| extreme(call, true)),
    scalar("hex", hex),
    scalar("hypot", |call| binary(call, "HYPOT", f64::hypot)),
    scalar("isnan", isnan),
    scalar("least", |call| extreme(call, false)),
    scalar("ln", |call| logarithm(call, "ln", f64::ln, 0.0)),
    scalar("log", log),
    scalar("log10", |call| logarithm(call, "LOG10", f64::log10, 0.0)),
    scalar("log1p", |call| logarithm(call, "LOG1P", f64::ln_1p, -1.0)),
    scalar("log2", |call| logarithm(call, "LOG2", f64::log2, 0.0)),
    scalar("nanvl", nanvl),
    scalar("pi", |call| constant(call, "PI()", std::f64::consts::PI)),
    scalar("pow", |call| binary(call, "pow", f64::powf)),
    scalar("power", |call| binary(call, "POWER", f64::powf)),
    scalar("radians", |call| unary(call, "RADIANS", f64::to_radians)),
    scalar("rint", |call| unary(call, "rint", f64::round_ties_even)),
    scalar("round", |call| round(call, Rounding::HalfUp)),
    scalar("sec", |call| unary(call, "SEC", |x| 1.0 / x.cos())),
    scalar("shiftleft", |call| shift(call, Shift::Left)),
    scalar("shiftright", |call| shift(call, Shift::Right)),
    scalar("shiftrightunsigned", |call| {
        shift(call, Shift::RightUnsigned)
    }),
    scalar("sign", |call| sign(call, "sign")),
    scalar("signum", |call| sign(call, "SIGNUM")),
    scalar("sin", |call| unary(call, "SIN", f64::sin)),
    scalar("sinh", |call| unary(call, "SINH", f64::sinh)),
    scalar("sqrt", |call| unary(call, "SQRT", f64::sqrt)),
    scalar("tan", |call| unary(call, "TAN", f64::tan)),
    scalar("tanh", |call| unary(call, "TANH", f64::tanh)),
    scalar("unhex", |call| {
        strict(call, &[S], (DataType::Binary, true), |row| {
            Ok(unhex(row[0].text()).into())
        })
    }),
    planned("width_bucket"),
];

fn double(call: &Call<'_>, index: usize) -> Result<Typed> {
    match &call.arg(index)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(index, &D),
        number if is_numeric(number) => call.implicit(index, &D),
        _ => Err(call.unexpected_type(index, "DOUBLE")),
    }
}

fn shown(call: &Call<'_>, name: &str) -> Arc<str> {
    call.name_as(name)
}

fn unary(call: &Call<'_>, name: &str, function: fn(f64) -> f64) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![double(call, 0)?];
    let found = lift(call, call.name, args, (D, true), move |row| {
        Ok(function(row[0].double()).into())
    });
    // Spark calls every one of these nullable, whatever its argument is.
    Ok(found.named(shown(call, name)))
}

fn binary(call: &Call<'_>, name: &str, function: fn(f64, f64) -> f64) -> Result<Typed> {
    call.arity(2..=2)?;
    let args = vec![double(call, 0)?, double(call, 1)?];
    let found = lift(call, call.name, args, (D, false), move |row| {
        Ok(function(row[0].double(), row[1].double()).into())
    });
    Ok(found.named(shown(call, name)))
}

/// Null at and below the point where the logarithm ends.
fn logarithm(call: &Call<'_>, name: &str, function: fn(f64) -> f64, end: f64) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![double(call, 0)?];
    let found = lift(call, call.name, args, (D, true), move |row| {
        let value = row[0].double();
        Ok(if value <= end {
            Value::Null
        } else {
            function(value).into()
        })
    });
    Ok(found.named(shown(call, name)))
}

fn log(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    if call.args.len() == 1 {
        let name = format!("LOG(E(), {})", call.arg(0)?.name);
        return Ok(logarithm(call, "LOG", f64::ln, 0.0)?.named(name));
    }
    let args = vec![double(call, 0)?, double(call, 1)?];
    let found = lift(call, "2", args, (D, true), |row| {
        let (base, value) = (row[0].double(), row[1].double());
        Ok(if base <= 0.0 || value <= 0.0 {
            Value::Null
        } else {
            (value.ln() / base.ln()).into()
        })
    });
    Ok(found.named(shown(call, "LOG")))
}

fn constant(call: &Call<'_>, name: &str, value: f64) -> Result<Typed> {
    call.arity(0..=0)?;
    Ok(Typed::literal(ScalarValue::Float64(Some(value)), D, name))
}

/// `StrictMath`-like: where the square overflows the logarithm is taken of twice the value.
fn acosh(x: f64) -> f64 {
    let square = x * x;
    if square.is_infinite() && x.is_finite() {
        x.ln() + std::f64::consts::LN_2
    } else {
        (x + (square - 1.0).sqrt()).ln()
    }
}

/// Intervals have a sign too.
fn sign(call: &Call<'_>, name: &str) -> Result<Typed> {
    call.arity(1..=1)?;
    let interval = matches!(
        call.arg(0)?.data_type,
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth)
    );
    if !interval {
        return unary(call, name, signum);
    }
    let value = call.arg(0)?;
    let is_months = matches!(value.data_type, DataType::Interval(_));
    let exprs = vec![value.expr.clone()];
    Ok(Kernel::typed(
        "sign_of_interval",
        "",
        (D, true),
        exprs,
        shown(call, name),
        move |args| {
            let array = args.array(0)?;
            #[expect(clippy::cast_precision_loss, reason = "a sign is -1, 0 or 1")]
            let sign = |value: i64| value.signum() as f64;
            let found: Float64Array = if is_months {
                let months = array.as_primitive::<IntervalYearMonthType>();
                months.unary(|value| sign(i64::from(value)))
            } else {
                array.as_primitive::<DurationMicrosecondType>().unary(sign)
            };
            Ok(Arc::new(found))
        },
    ))
}

fn signum(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() {
        value
    } else {
        value.signum()
    }
}

fn isnan(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = double(call, 0)?;
    let name = call.default_name();
    Ok(Kernel::typed(
        "isnan",
        "",
        (DataType::Boolean, false),
        vec![arg.expr],
        name,
        |args| {
            let values = args.array(0)?;
            let values = values.as_primitive::<arrow::datatypes::Float64Type>();
            let flags: arrow::array::BooleanArray = values
                .iter()
                .map(|value| Some(value.is_some_and(f64::is_nan)))
                .collect();
            Ok(Arc::new(flags))
        },
    ))
}

fn nanvl(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (left, right) = (double(call, 0)?, double(call, 1)?);
    let test = Call {
        context: call.context,
        name: "isnan",
        args: vec![left.clone()],
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: None,
    };
    let test = isnan(&test)?;
    let nullable = left.nullable || right.nullable;
    let branch = (Box::new(test.expr), Box::new(right.expr));
    let case = datafusion::logical_expr::Case::new(None, vec![branch], Some(Box::new(left.expr)));
    Ok(Typed::new(
        Expr::Case(case),
        D,
        nullable,
        call.default_name(),
    ))
}

fn number(call: &Call<'_>, required: &str) -> Result<Typed> {
    match &call.arg(0)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(0, &D),
        number if is_numeric(number) => Ok(call.arg(0)?.clone()),
        _ => Err(call.unexpected_type(0, required)),
    }
}

fn abs(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Duration(_) | DataType::Interval(_) => {
            return Err(Error::unsupported("`abs` of an interval"));
        }
        _ => number(
            call,
            "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\")",
        )?,
    };
    let (data_type, nullable) = (arg.data_type.clone(), arg.nullable);
    let (ansi, origin) = (call.context.ansi, call.origin.clone());
    let options = format!("{ansi} {origin:?}");
    let name = call.default_name();
    Ok(Kernel::typed(
        "abs",
        options,
        (data_type, nullable),
        vec![arg.expr],
        name,
        move |args| {
            let values = args.array(0)?;
            let zero = ScalarValue::new_zero(values.data_type())?.to_scalar()?;
            // Minus zero becomes zero too, as `Math.abs` has it.
            let negative = arrow::compute::kernels::cmp::lt(&values, &zero)?;
            let negated = arrow::compute::kernels::numeric::neg_wrapping(&values)?;
            let found = arrow::compute::kernels::zip::zip(&negative, &negated, &values)?;
            if ansi && is_integral(found.data_type()) {
                let still = arrow::compute::kernels::cmp::lt(&found, &zero)?;
                if still.true_count() > 0 {
                    let what = match found.data_type() {
                        DataType::Int32 => "integer overflow",
                        DataType::Int64 => "long overflow",
                        _ => "overflow",
                    };
                    return Err(Error::new(
                        "ARITHMETIC_OVERFLOW",
                        [("message", what), ("alternative", ""), ("config", ANSI)],
                    )
                    .at(origin.clone()));
                }
            }
            Ok(found)
        },
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounding {
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
fn round(call: &Call<'_>, rounding: Rounding) -> Result<Typed> {
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
                    let options = arrow::compute::CastOptions {
                        safe: !ansi,
                        ..Default::default()
                    };
                    arrow::compute::cast_with_options(&found, &integral, &options).map_err(|_| {
                        let what = if integral == I {
                            "integer overflow"
                        } else {
                            "long overflow"
                        };
                        Error::new(
                            "ARITHMETIC_OVERFLOW",
                            [("message", what), ("alternative", ""), ("config", ANSI)],
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

/// Decimals with so many digits kept, then under the result's scale; what does not fit is null.
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
    let found: Decimal128Array = values
        .iter()
        .map(|value| {
            let value = i256::from_i128(value?);
            // More than 76 digits dropped leave nothing.
            let kept = if drop > 76 {
                i256::ZERO
            } else {
                divide(value, decimal::power(drop), rounding)
            };
            let here = i32::try_from(scale).unwrap_or(0) - drop;
            let value = decimal::rescale(kept, here, i32::from(target))?;
            (value.wrapping_abs() < limit)
                .then(|| value.to_i128())
                .flatten()
        })
        .collect();
    Ok(Arc::new(found.with_precision_and_scale(precision, target)?))
}

/// `ceil` and `floor`: a bigint, or a decimal without fraction; with a scale, a decimal.
fn whole(call: &Call<'_>, rounding: Rounding) -> Result<Typed> {
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
    let arg = number(call, "(\"DOUBLE\" or \"DECIMAL\" or \"BIGINT\")")?;
    let name = shown(call, upper);
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

/// `greatest` and `least` skip nulls.
fn extreme(call: &Call<'_>, max: bool) -> Result<Typed> {
    call.arity(2..=usize::MAX)?;
    let name = call.default_name();
    let known: Vec<&DataType> = call
        .args
        .iter()
        .map(|a| &a.data_type)
        .filter(|t| **t != DataType::Null)
        .collect();
    let texts = known.iter().filter(|t| ***t == DataType::Utf8).count();
    if texts != 0 && texts != known.len() {
        // Strings are not silently read as numbers here.
        let types: Vec<String> = call
            .args
            .iter()
            .map(|a| format!("\"{}\"", sql_name(&a.data_type)))
            .collect();
        return Err(Error::new(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", format!("`{}`", call.name)),
                ("dataType", format!("[{}]", types.join(", "))),
            ],
        )
        .at(call.origin.clone()));
    }
    let args = unify(call, &call.args, &name)?;
    let data_type = args
        .first()
        .map_or(DataType::Null, |arg| arg.data_type.clone());
    if !is_orderable(&data_type) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", format!("`{}`", call.name)),
                ("dataType", format!("\"{}\"", sql_name(&data_type))),
            ],
        )
        .at(call.origin.clone()));
    }
    let nullable = args.iter().all(|arg| arg.nullable);
    let exprs = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Kernel::typed(
        "extreme",
        max.to_string(),
        (data_type, nullable),
        exprs,
        name,
        move |args| {
            let arrays = args.arrays()?;
            let Some(first) = arrays.first() else {
                return Err(Error::internal("greatest without values"));
            };
            let field = arrow::row::SortField::new(first.data_type().clone());
            let converter = arrow::row::RowConverter::new(vec![field])?;
            let keys = arrays
                .iter()
                .map(|array| Ok(converter.convert_columns(&[Arc::clone(array)])?))
                .collect::<Result<Vec<_>>>()?;
            let chosen: Vec<(usize, usize)> = (0..args.rows)
                .map(|row| {
                    let mut best: Option<usize> = None;
                    for (index, array) in arrays.iter().enumerate() {
                        if array.is_null(row) {
                            continue;
                        }
                        let better = best.is_none_or(|best| {
                            let (new, old) = (keys[index].row(row), keys[best].row(row));
                            if max { new > old } else { new < old }
                        });
                        if better {
                            best = Some(index);
                        }
                    }
                    (best.unwrap_or(0), row)
                })
                .collect();
            let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            Ok(arrow::compute::interleave(&parts, &chosen)?)
        },
    ))
}

fn hex(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Binary | DataType::Utf8 => call.arg(0)?.clone(),
        number if is_numeric(number) || *number == DataType::Null => call.implicit(0, &L)?,
        other if is_atomic(other) => call.implicit(0, &S)?,
        _ => return Err(call.unexpected_type(0, "(\"BIGINT\" or \"BINARY\" or \"STRING\")")),
    };
    Ok(lift(call, "", vec![arg], (S, false), |row| {
        Ok(match row[0] {
            Cell::Whole(number) => format!("{number:X}"),
            other => other
                .bytes()
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect(),
        }
        .into())
    }))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (head, rest) = digits.split_at(digits.len() % 2);
    let pairs = rest.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]);
    Some(head.iter().copied().chain(pairs).collect())
}

#[derive(Debug, Clone, Copy)]
enum Shift {
    Left,
    Right,
    RightUnsigned,
}

fn shift(call: &Call<'_>, shift: Shift) -> Result<Typed> {
    call.arity(2..=2)?;
    let long = call.arg(0)?.data_type == L;
    let to = if long { L } else { I };
    let args = vec![call.implicit(0, &to)?, call.implicit(1, &I)?];
    let options = format!("{shift:?}");
    Ok(lift(call, options, args, (to, false), move |row| {
        let (value, n) = (row[0].whole(), row[1].whole());
        // Java takes the low bits of the distance only.
        let n = u32::try_from(n & if long { 63 } else { 31 }).unwrap_or(0);
        if long {
            return Ok(match shift {
                Shift::Left => value.wrapping_shl(n),
                Shift::Right => value.wrapping_shr(n),
                Shift::RightUnsigned => value.cast_unsigned().wrapping_shr(n).cast_signed(),
            }
            .into());
        }
        let value = i32::try_from(value).unwrap_or(0);
        Ok(i64::from(match shift {
            Shift::Left => value.wrapping_shl(n),
            Shift::Right => value.wrapping_shr(n),
            Shift::RightUnsigned => value.cast_unsigned().wrapping_shr(n).cast_signed(),
        })
        .into())
    }))
}
