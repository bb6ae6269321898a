//! `+ - * / % div` and signs: Spark's result types, overflow and division by zero as errors with
//! ANSI on, wrapped or null with ANSI off.
//!
//! Dates, times and intervals have their own file; it is asked first when one is involved.

mod job;
mod sign;

use std::sync::Arc;

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{Call, CastMode, Function, cast, scalar, shown_type, temporal};
use crate::plan::typed::Typed;
use crate::types::coerce::{decimal_for, decimal_result, is_integral, is_numeric, tightest};
use crate::types::sql_name;
use job::Job;
use sign::{negative, positive};

pub(super) const TABLE: &[Function] = &[
    scalar("%", |call| {
        binary(call, Operator::Remainder, Failure::Session)
    }),
    scalar("*", |call| {
        binary(call, Operator::Multiply, Failure::Session)
    }),
    scalar("+", |call| binary(call, Operator::Add, Failure::Session)),
    scalar("-", minus),
    scalar("/", |call| binary(call, Operator::Divide, Failure::Session)),
    scalar("div", |call| {
        binary(call, Operator::IntegralDivide, Failure::Session)
    }),
    scalar("mod", |call| {
        binary(call, Operator::Remainder, Failure::Session)
    }),
    scalar("negative", negative),
    scalar("pmod", |call| {
        binary(call, Operator::PositiveModulus, Failure::Session)
    }),
    scalar("positive", positive),
    scalar("try_add", |call| binary(call, Operator::Add, Failure::Null)),
    scalar("try_divide", |call| {
        binary(call, Operator::Divide, Failure::Null)
    }),
    scalar("try_mod", |call| {
        binary(call, Operator::Remainder, Failure::Null)
    }),
    scalar("try_multiply", |call| {
        binary(call, Operator::Multiply, Failure::Null)
    }),
    scalar("try_subtract", |call| {
        binary(call, Operator::Subtract, Failure::Null)
    }),
];

/// The binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegralDivide,
    Remainder,
    PositiveModulus,
}

/// What a result that does not fit becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// What the session's ANSI switch says.
    Session,
    /// Null: the `try_` functions.
    Null,
}

/// How a failure is treated once the session has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    Error,
    /// Overflow wraps, division by zero is null: ANSI off.
    Wrap,
    Null,
}

impl Operator {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::IntegralDivide => "div",
            Self::Remainder => "%",
            Self::PositiveModulus => "pmod",
        }
    }

    fn divides(self) -> bool {
        matches!(
            self,
            Self::Divide | Self::IntegralDivide | Self::Remainder | Self::PositiveModulus
        )
    }
}

fn minus(call: &Call<'_>) -> Result<Typed> {
    if call.args.len() == 1 {
        return negative(call);
    }
    binary(call, Operator::Subtract, Failure::Session)
}

fn operator_name(call: &Call<'_>, operator: Operator) -> Arc<str> {
    match (call.name, call.args.as_slice()) {
        ("pmod" | "mod", _) => call.default_name(),
        (name, _) if name.starts_with("try_") => call.default_name(),
        (_, [left, right]) => {
            format!("({} {} {})", left.name, operator.symbol(), right.name).into()
        }
        _ => call.default_name(),
    }
}

fn binary(call: &Call<'_>, operator: Operator, failure: Failure) -> Result<Typed> {
    call.arity(2..=2)?;
    let name = operator_name(call, operator);
    if let Some(found) = temporal::arithmetic(call, operator, failure, &name)? {
        // What only tries may answer null, and is named after itself.
        return Ok(match failure {
            Failure::Session => found,
            Failure::Null => Typed {
                nullable: true,
                ..found
            }
            .named(name),
        });
    }
    if let Some(error) = misplaced_time(call, operator, &name)? {
        return Err(error);
    }
    let (left, right) = numbers(call, operator, &name)?;
    if operator == Operator::IntegralDivide {
        whole_operands(call, &name, (&left.data_type, &right.data_type))?;
    }
    let on_failure = match failure {
        Failure::Null => OnFailure::Null,
        Failure::Session if call.context.ansi => OnFailure::Error,
        Failure::Session => OnFailure::Wrap,
    };
    let decimals = (as_decimal(&left, &right), as_decimal(&right, &left));
    let result = result_type(
        operator,
        (&left.data_type, &right.data_type),
        decimals,
        call.context.ansi,
    )
    .ok_or_else(|| mismatch(call, operator, &name))?;
    let (left, right) = operands(call, operator, left, right, &result)?;
    let may_fail_to_null = match on_failure {
        // Spark calls every quotient nullable, ANSI or not.
        OnFailure::Error => operator.divides(),
        OnFailure::Null => true,
        OnFailure::Wrap => operator.divides() || matches!(result, DataType::Decimal128(..)),
    };
    let nullable = left.nullable || right.nullable || may_fail_to_null;
    let origin = call.origin.clone();
    let job = Job {
        operator,
        on_failure,
        result: result.clone(),
        origin,
    };
    let options = format!("{job:?}");
    Ok(Kernel::typed(
        operator.symbol(),
        options,
        (result, nullable),
        vec![left.expr, right.expr],
        name,
        move |args| job.run(args),
    ))
}

/// What Spark says of a time beside something that it cannot be moved by. It takes a day-time interval
/// for the second argument of a time's addition, whatever the first is.
fn misplaced_time(call: &Call<'_>, operator: Operator, name: &str) -> Result<Option<Error>> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let is_interval = |value: &Typed| matches!(value.data_type, DataType::Duration(_));
    let is_other = |value: &Typed| {
        is_numeric(&value.data_type)
            || value.data_type == DataType::Interval(arrow::datatypes::IntervalUnit::YearMonth)
    };
    let (moved, shown) = match operator {
        Operator::Add if is_other(left) && is_interval(right) => {
            (left, format!("{} + {}", left.name, right.name))
        }
        Operator::Add if is_interval(left) && is_other(right) => {
            (right, format!("{} + {}", right.name, left.name))
        }
        Operator::Subtract if is_other(left) && is_interval(right) => {
            (left, format!("{} + (- {})", left.name, right.name))
        }
        Operator::Add if call.context.ansi => {
            let time = match (&left.data_type, &right.data_type) {
                (DataType::Utf8, time @ DataType::Timestamp(..))
                | (time @ DataType::Timestamp(..), DataType::Utf8) => time,
                _ => return Ok(None),
            };
            return Ok(Some(wrong_type(call, operator, name, time)));
        }
        _ => return Ok(None),
    };
    let error = Error::new(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        [
            ("sqlExpr", format!("\"{shown}\"")),
            ("paramIndex", "first".to_owned()),
            (
                "requiredType",
                "\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\"".to_owned(),
            ),
            ("inputSql", format!("\"{}\"", moved.name)),
            (
                "inputType",
                format!("\"{}\"", crate::functions::shown_type(moved)),
            ),
        ],
    );
    Ok(Some(error.at(call.origin.clone())))
}

/// Both operands as numbers: a string becomes what ANSI or the old rules say.
fn numbers(call: &Call<'_>, operator: Operator, name: &str) -> Result<(Typed, Typed)> {
    let one = |this: &Typed, other: &Typed, is_left: bool| -> Result<Typed> {
        let to = match (&this.data_type, &other.data_type) {
            (DataType::Null, DataType::Null) if operator == Operator::IntegralDivide => {
                DataType::Int64
            }
            (DataType::Null, DataType::Null) => DataType::Float64,
            // Nothing divided by a decimal is a double to Spark, a decimal by nothing is not.
            (DataType::Null, DataType::Decimal128(..))
                if operator == Operator::Divide && is_left =>
            {
                DataType::Float64
            }
            // With ANSI on two texts are no numbers, nor is one beside nothing.
            (DataType::Utf8, DataType::Utf8 | DataType::Null)
            | (DataType::Null, DataType::Utf8)
                if call.context.ansi =>
            {
                return Err(wrong_type(call, operator, name, &DataType::Utf8));
            }
            // Without ANSI a text is a number beside anything.
            (DataType::Utf8, DataType::Null) | (DataType::Null, DataType::Utf8) => {
                DataType::Float64
            }
            (DataType::Null, number) => number.clone(),
            (DataType::Utf8, _) if !call.context.ansi => DataType::Float64,
            (DataType::Utf8, integral) if is_integral(integral) => DataType::Int64,
            (DataType::Utf8, _) => DataType::Float64,
            (number, _) if is_numeric(number) => number.clone(),
            _ => return Err(mismatch(call, operator, name)),
        };
        cast(
            call.context,
            this.clone(),
            &to,
            CastMode::implicit(call.context),
            call.origin.clone(),
        )
    };
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    Ok((one(left, right, true)?, one(right, left, false)?))
}

/// `div` takes no floats; what it says of them depends on what the other side becomes.
fn whole_operands(
    call: &Call<'_>,
    name: &str,
    (left, right): (&DataType, &DataType),
) -> Result<()> {
    let is_float = |t: &DataType| matches!(t, DataType::Float32 | DataType::Float64);
    if !is_float(left) && !is_float(right) {
        return Ok(());
    }
    let beside = |this: &DataType, raw: Option<&Typed>| match this {
        _ if raw.is_some_and(|raw| raw.data_type == DataType::Null) => DataType::Null,
        t if is_integral(t) => DataType::Int64,
        DataType::Decimal128(..) => DataType::Float64,
        other => other.clone(),
    };
    let (left, right) = (
        beside(left, call.args.first()),
        beside(right, call.args.get(1)),
    );
    // A text beside a float makes doubles of both.
    let has_text = call.args.iter().any(|arg| arg.data_type == DataType::Utf8);
    if has_text && is_float(&left) && is_float(&right) {
        return Err(wrong_type(
            call,
            Operator::IntegralDivide,
            name,
            &DataType::Float64,
        ));
    }
    if left == right {
        return Err(wrong_type(call, Operator::IntegralDivide, name, &left));
    }
    Err(Error::new(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        [
            ("sqlExpr", format!("\"{name}\"")),
            ("left", format!("\"{}\"", sql_name(&left))),
            ("right", format!("\"{}\"", sql_name(&right))),
        ],
    )
    .at(call.origin.clone()))
}

/// Spark's complaint about operands of one type that the operator does not take.
fn wrong_type(call: &Call<'_>, operator: Operator, name: &str, actual: &DataType) -> Error {
    let wanted = match operator {
        Operator::IntegralDivide => {
            "(\"BIGINT\" or \"DECIMAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\")"
        }
        Operator::Divide => "(\"DOUBLE\" or \"DECIMAL\")",
        Operator::Add | Operator::Subtract => {
            "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL\")"
        }
        Operator::Multiply | Operator::Remainder | Operator::PositiveModulus => "\"NUMERIC\"",
    };
    Error::new(
        "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
        [
            ("sqlExpr", format!("\"{name}\"")),
            ("inputType", wanted.to_owned()),
            ("actualDataType", format!("\"{}\"", sql_name(actual))),
        ],
    )
    .at(call.origin.clone())
}

fn mismatch(call: &Call<'_>, operator: Operator, name: &str) -> Error {
    let type_of = |i: usize| {
        match call.args.get(i) {
            // Without ANSI a text is taken for a number before all else.
            Some(arg) if arg.data_type == DataType::Utf8 && !call.context.ansi => {
                "DOUBLE".to_owned()
            }
            Some(arg) => shown_type(arg),
            None => String::new(),
        }
    };
    let both = (type_of(0), type_of(1));
    if let (true, Some(arg)) = (both.0 == both.1, call.args.first()) {
        return wrong_type(call, operator, name, &arg.data_type);
    }
    Error::new(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        [
            ("sqlExpr", format!("\"{name}\"")),
            ("left", format!("\"{}\"", both.0)),
            ("right", format!("\"{}\"", both.1)),
        ],
    )
    .at(call.origin.clone())
}

/// Precision and scale of a decimal.
type Digits = (u8, i8);

/// The decimal that an operand beside another becomes: a constant takes only the digits it has.
fn as_decimal(value: &Typed, other: &Typed) -> Option<(u8, i8)> {
    matches!(other.data_type, DataType::Decimal128(..))
        .then(|| literal_decimal(value))
        .flatten()
        .or_else(|| decimal_for(&value.data_type))
}

fn result_type(
    operator: Operator,
    (left, right): (&DataType, &DataType),
    decimals: (Option<Digits>, Option<Digits>),
    ansi: bool,
) -> Option<DataType> {
    let has_decimal =
        matches!(left, DataType::Decimal128(..)) || matches!(right, DataType::Decimal128(..));
    if operator == Operator::IntegralDivide {
        return Some(DataType::Int64);
    }
    if has_decimal {
        return match decimals {
            (Some(l), Some(r)) => Some(decimal_result(operator.symbol(), l, r)),
            _ => Some(DataType::Float64),
        };
    }
    match operator {
        Operator::Divide => Some(DataType::Float64),
        _ => tightest(left, right, ansi),
    }
}

/// Operands as the kernel wants them: of the result's type, or decimals of their own precision.
fn operands(
    call: &Call<'_>,
    operator: Operator,
    left: Typed,
    right: Typed,
    result: &DataType,
) -> Result<(Typed, Typed)> {
    let mode = CastMode::implicit(call.context);
    let has_decimal = matches!(left.data_type, DataType::Decimal128(..))
        || matches!(right.data_type, DataType::Decimal128(..));
    let to_decimal = |value: Typed| -> Result<Typed> {
        let (precision, scale) = literal_decimal(&value)
            .or_else(|| decimal_for(&value.data_type))
            .unwrap_or((38, 18));
        cast(
            call.context,
            value,
            &DataType::Decimal128(precision, scale),
            mode,
            None,
        )
    };
    if has_decimal && *result != DataType::Float64 {
        return Ok((to_decimal(left)?, to_decimal(right)?));
    }
    let wanted = match operator {
        Operator::IntegralDivide if !has_decimal => DataType::Int64,
        _ => result.clone(),
    };
    Ok((
        cast(call.context, left, &wanted, mode, None)?,
        cast(call.context, right, &wanted, mode, None)?,
    ))
}

/// A whole-number constant beside a decimal takes only the digits it has
/// (`DecimalType.fromLiteral`).
pub(super) fn literal_decimal(value: &Typed) -> Option<(u8, i8)> {
    let digits = value.constant_i64()?.unsigned_abs().to_string().len();
    Some((u8::try_from(digits).ok()?, 0))
}
