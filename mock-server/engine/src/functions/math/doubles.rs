//! Functions of doubles, with Java's results at the edges.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array};
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMicrosecondType, IntervalUnit, IntervalYearMonthType,
};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::{double, number, shown};
use crate::error::{ANSI, Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::decimal;
use crate::functions::rows::{Value, lift};
use crate::plan::typed::Typed;
use crate::types::coerce::is_integral;

const D: DataType = DataType::Float64;
const SIGNED: &str = "(\"DOUBLE\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")";

/// A double; what is wrong with it is said of the call as Spark names it.
fn double_of(call: &Call<'_>, index: usize, name: &str) -> Result<Typed> {
    double(call, index).map_err(|error| error.with("sqlExpr", format!("\"{}\"", shown(call, name))))
}

pub(super) fn unary(call: &Call<'_>, name: &str, function: fn(f64) -> f64) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![double_of(call, 0, name)?];
    let found = lift(call, call.name, args, (D, true), move |row| {
        Ok(function(row[0].double()).into())
    });
    // Spark calls every one of these nullable, whatever its argument is.
    Ok(found.named(shown(call, name)))
}

pub(super) fn binary(call: &Call<'_>, name: &str, function: fn(f64, f64) -> f64) -> Result<Typed> {
    call.arity(2..=2)?;
    let args = vec![double_of(call, 0, name)?, double_of(call, 1, name)?];
    let found = lift(call, call.name, args, (D, false), move |row| {
        Ok(function(row[0].double(), row[1].double()).into())
    });
    Ok(found.named(shown(call, name)))
}

/// Null at and below the point where the logarithm ends.
pub(super) fn logarithm(
    call: &Call<'_>,
    name: &str,
    function: fn(f64) -> f64,
    end: f64,
) -> Result<Typed> {
    call.arity(1..=1)?;
    let args = vec![double_of(call, 0, name)?];
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

pub(super) fn log(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    if call.args.len() == 1 {
        let name = format!("LOG(E(), {})", call.arg(0)?.name);
        let whole = |error: Error| {
            let error = error.with("sqlExpr", format!("\"{name}\""));
            error.with("paramIndex", "second")
        };
        let found = logarithm(call, "LOG", f64::ln, 0.0).map_err(whole)?;
        return Ok(found.named(name));
    }
    let args = vec![double_of(call, 0, "LOG")?, double_of(call, 1, "LOG")?];
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

pub(super) fn constant(call: &Call<'_>, name: &str, value: f64) -> Result<Typed> {
    call.arity(0..=0)?;
    Ok(Typed::literal(ScalarValue::Float64(Some(value)), D, name))
}

/// `StrictMath`-like: where the square overflows the logarithm is taken of twice the value.
pub(super) fn acosh(x: f64) -> f64 {
    if x < 1.0 {
        return f64::NAN;
    }
    let square = x * x;
    if square.is_infinite() && x.is_finite() {
        x.ln() + std::f64::consts::LN_2
    } else {
        (x + (square - 1.0).sqrt()).ln()
    }
}

/// The same of the inverse hyperbolic sine, which loses what is small beside one.
pub(super) fn asinh(x: f64) -> f64 {
    let square = x * x;
    if x == f64::NEG_INFINITY {
        x
    } else if square.is_infinite() && x.is_finite() {
        (x.abs().ln() + std::f64::consts::LN_2).copysign(x)
    } else {
        (x + (square + 1.0).sqrt()).ln()
    }
}

/// Intervals have a sign too.
pub(super) fn sign(call: &Call<'_>, name: &str) -> Result<Typed> {
    call.arity(1..=1)?;
    let interval = matches!(
        call.arg(0)?.data_type,
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth)
    );
    if !interval {
        return unary(call, name, signum).map_err(|error| match error.class() {
            Some("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE") => error.with("requiredType", SIGNED),
            _ => error,
        });
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

pub(super) fn signum(value: f64) -> f64 {
    if value == 0.0 || value.is_nan() {
        value
    } else {
        value.signum()
    }
}

pub(super) fn isnan(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg =
        double(call, 0).map_err(|error| error.with("requiredType", "(\"DOUBLE\" or \"FLOAT\")"))?;
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

pub(super) fn nanvl(call: &Call<'_>) -> Result<Typed> {
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

fn abs_of_interval(call: &Call<'_>) -> Result<Typed> {
    let arg = call.arg(0)?.clone();
    let is_months = matches!(arg.data_type, DataType::Interval(_));
    let result = (arg.data_type, arg.nullable);
    let overflow = || {
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [
                (
                    "message",
                    if is_months {
                        "integer overflow"
                    } else {
                        "long overflow"
                    },
                ),
                ("alternative", ""),
                ("config", ANSI),
            ],
        )
    };
    let overflow = overflow();
    Ok(Kernel::typed(
        "abs_of_interval",
        "",
        result,
        vec![arg.expr],
        call.default_name(),
        move |args| {
            let array = args.array(0)?;
            let failed = || overflow.clone();
            Ok(if is_months {
                let months = array.as_primitive::<IntervalYearMonthType>();
                Arc::new(
                    months.try_unary::<_, IntervalYearMonthType, Error>(|value| {
                        value.checked_abs().ok_or_else(failed)
                    })?,
                )
            } else {
                let spans = array.as_primitive::<DurationMicrosecondType>();
                Arc::new(
                    spans.try_unary::<_, DurationMicrosecondType, Error>(|value| {
                        value.checked_abs().ok_or_else(failed)
                    })?,
                )
            })
        },
    ))
}

pub(super) fn abs(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match &call.arg(0)?.data_type {
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth) => {
            return abs_of_interval(call);
        }
        _ => number(
            call,
            "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\")",
        )?,
    };
    let (data_type, nullable) = (arg.data_type.clone(), arg.nullable);
    let ansi = call.context.ansi;
    let name = call.default_name();
    Ok(Kernel::typed(
        "abs",
        ansi.to_string(),
        (data_type, nullable),
        vec![arg.expr],
        name,
        move |args| {
            let values = args.array(0)?;
            if let Some(decimals) = values.as_primitive_opt::<Decimal128Type>() {
                return Ok(Arc::new(decimal::negated(decimals, |value| value < 0)?));
            }
            let zero = ScalarValue::new_zero(values.data_type())?.to_scalar()?;
            // Minus zero becomes zero too, as `Math.abs` has it.
            let negative = arrow::compute::kernels::cmp::lt(&values, &zero)?;
            let negated = arrow::compute::kernels::numeric::neg_wrapping(&values)?;
            let found = arrow::compute::kernels::zip::zip(&negative, &negated, &values)?;
            if ansi && is_integral(found.data_type()) {
                let still = arrow::compute::kernels::cmp::lt(&found, &zero)?;
                if still.true_count() > 0 {
                    let what = match found.data_type() {
                        DataType::Int8 => "byte overflow",
                        DataType::Int16 => "short overflow",
                        DataType::Int32 => "integer overflow",
                        _ => "long overflow",
                    };
                    return Err(Error::new(
                        "ARITHMETIC_OVERFLOW",
                        [("message", what), ("alternative", ""), ("config", ANSI)],
                    ));
                }
            }
            Ok(found)
        },
    ))
}
