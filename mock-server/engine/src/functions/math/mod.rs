//! Functions on numbers: doubles in and out for most, with Java's results at the edges; rounding
//! keeps decimals exact.

mod bits;
mod digits;
mod doubles;
mod extreme;
mod rounding;

use std::sync::Arc;

use arrow::datatypes::DataType;

use crate::error::Result;
use crate::functions::rows::strict;
use crate::functions::{Call, Function, scalar};
use crate::plan::typed::Typed;
use crate::types::coerce::is_numeric;
use bits::{Shift, hex, shift};
use digits::{bit_count, bit_get, conv, width_bucket};

pub(super) use bits::unhex;
use doubles::{abs, acosh, asinh, binary, constant, isnan, log, logarithm, nanvl, sign, unary};
use extreme::extreme;
use rounding::{Rounding, round, whole};

const S: DataType = DataType::Utf8;
const I: DataType = DataType::Int32;
const L: DataType = DataType::Int64;
const D: DataType = DataType::Float64;

pub(super) const TABLE: &[Function] = &[
    scalar("<<", |call| shift(call, Shift::Left)),
    scalar(">>", |call| shift(call, Shift::Right)),
    scalar(">>>", |call| shift(call, Shift::RightUnsigned)),
    scalar("abs", abs),
    scalar("acos", |call| unary(call, "ACOS", f64::acos)),
    scalar("acosh", |call| unary(call, "ACOSH", acosh)),
    scalar("asin", |call| unary(call, "ASIN", f64::asin)),
    scalar("asinh", |call| unary(call, "ASINH", asinh)),
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
    scalar("bit_count", bit_count),
    scalar("bit_get", bit_get),
    scalar("bround", |call| round(call, Rounding::HalfEven)),
    scalar("cbrt", |call| unary(call, "CBRT", f64::cbrt)),
    scalar("ceil", |call| whole(call, Rounding::Ceiling)),
    scalar("ceiling", |call| whole(call, Rounding::Ceiling)),
    scalar("conv", conv),
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
    scalar("getbit", bit_get),
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
    scalar("width_bucket", width_bucket),
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

fn number(call: &Call<'_>, required: &str) -> Result<Typed> {
    match &call.arg(0)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(0, &D),
        number if is_numeric(number) => Ok(call.arg(0)?.clone()),
        _ => Err(call.unexpected_type(0, required)),
    }
}
