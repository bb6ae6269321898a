//! `+ - * / % div` and signs: Spark's result types, overflow and division by zero as errors with
//! ANSI on, wrapped or null with ANSI off.
//!
//! Dates, times and intervals have their own file; it is asked first when one is involved.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Datum, Scalar};
use arrow::compute::kernels::{numeric, zip::zip};
use arrow::compute::{cast_with_options, nullif};
use arrow::datatypes::{DataType, Decimal128Type, DecimalType};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ColumnarValue;

use super::kernel::{Args, Kernel};
use super::{Call, CastMode, Function, cast, scalar, temporal};
use crate::error::{ANSI, Error, QueryContext, Result};
use crate::plan::typed::Typed;
use crate::types::coerce::{decimal_for, decimal_result, is_integral, is_numeric, tightest};
use crate::types::sql_name;

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
        return Ok(found);
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
    let result = result_type(operator, (&left.data_type, &right.data_type), decimals)
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

/// Both operands as numbers: a string becomes what ANSI or the old rules say.
fn numbers(call: &Call<'_>, operator: Operator, name: &str) -> Result<(Typed, Typed)> {
    let one = |this: &Typed, other: &Typed| -> Result<Typed> {
        let to = match (&this.data_type, &other.data_type) {
            (DataType::Null, DataType::Null) if operator == Operator::IntegralDivide => {
                DataType::Int64
            }
            (DataType::Null, DataType::Null) => DataType::Float64,
            // With ANSI on two texts are no numbers, nor is one beside nothing.
            (DataType::Utf8, DataType::Utf8 | DataType::Null)
            | (DataType::Null, DataType::Utf8)
                if call.context.ansi =>
            {
                return Err(wrong_type(call, operator, name, &DataType::Utf8));
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
    Ok((one(left, right)?, one(right, left)?))
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
        call.args
            .get(i)
            .map(|a| sql_name(&a.data_type))
            .unwrap_or_default()
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
        _ => tightest(left, right, true),
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
fn literal_decimal(value: &Typed) -> Option<(u8, i8)> {
    let digits = value.constant_i64()?.unsigned_abs().to_string().len();
    Some((u8::try_from(digits).ok()?, 0))
}

#[derive(Debug, Clone)]
struct Job {
    operator: Operator,
    on_failure: OnFailure,
    result: DataType,
    origin: Option<QueryContext>,
}

impl Job {
    fn run(&self, args: &Args) -> Result<ArrayRef> {
        let left = datum(args.value(0)?)?;
        let right = datum(args.value(1)?)?;
        if let DataType::Decimal128(precision, scale) = self.result {
            return self.decimal(args, precision, scale);
        }
        if self.operator == Operator::IntegralDivide
            && matches!(left.as_ref().get().0.data_type(), DataType::Decimal128(..))
        {
            return self.decimal(args, 38, 0);
        }
        let (left, right) = (left.as_ref(), right.as_ref());
        match self.on_failure {
            OnFailure::Error => self
                .checked(left, right)
                .map_err(|error| self.failed(error)),
            OnFailure::Wrap => self.wrapping(args),
            OnFailure::Null => match self.checked(left, right) {
                Ok(array) => Ok(array),
                Err(_) => self.one_by_one(args),
            },
        }
    }

    fn checked(
        &self,
        left: &dyn Datum,
        right: &dyn Datum,
    ) -> Result<ArrayRef, arrow::error::ArrowError> {
        match self.operator {
            Operator::Add => numeric::add(left, right),
            Operator::Subtract => numeric::sub(left, right),
            Operator::Multiply => numeric::mul(left, right),
            Operator::Divide | Operator::IntegralDivide => {
                zero_check(right)?;
                numeric::div(left, right)
            }
            Operator::Remainder => {
                zero_check(right)?;
                numeric::rem(left, right)
            }
            Operator::PositiveModulus => {
                zero_check(right)?;
                let rem = numeric::rem(left, right)?;
                let shifted = numeric::rem(&numeric::add(&rem, right)?, right)?;
                let zero = ScalarValue::new_zero(rem.data_type())?.to_scalar()?;
                let negative = arrow::compute::kernels::cmp::lt(&rem, &zero)?;
                zip(&negative, &shifted, &rem)
            }
        }
    }

    /// ANSI off: divisors of zero become null first, sums wrap round.
    fn wrapping(&self, args: &Args) -> Result<ArrayRef> {
        let left = args.array(0)?;
        let mut right = args.array(1)?;
        if self.operator.divides() {
            let zero = ScalarValue::new_zero(right.data_type())?.to_scalar()?;
            let is_zero = arrow::compute::kernels::cmp::eq(&right, &zero)?;
            right = nullif(&right, &is_zero)?;
        }
        Ok(match self.operator {
            Operator::Add => numeric::add_wrapping(&left, &right)?,
            Operator::Subtract => numeric::sub_wrapping(&left, &right)?,
            Operator::Multiply => numeric::mul_wrapping(&left, &right)?,
            _ => self
                .checked(&left, &right)
                .map_err(|error| self.failed(error))?,
        })
    }

    /// The slow way of `try_`: every row on its own, a failed one is null.
    fn one_by_one(&self, args: &Args) -> Result<ArrayRef> {
        let (left, right) = (args.array(0)?, args.array(1)?);
        let rows = (0..args.rows)
            .map(|row| {
                let (l, r) = (left.slice(row, 1), right.slice(row, 1));
                match self.checked(&l, &r) {
                    Ok(value) => Ok(ScalarValue::try_from_array(&value, 0)?),
                    Err(_) => Ok(ScalarValue::try_from(&self.result)?),
                }
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(ScalarValue::iter_to_array(rows)?)
    }

    /// Decimals: the exact result in 256 bits, rounded half up to the result's scale.
    fn decimal(&self, args: &Args, precision: u8, scale: i8) -> Result<ArrayRef> {
        let (left, right) = (args.array(0)?, args.array(1)?);
        let found = super::kernels::decimal::binary(
            self.operator.symbol(),
            left.as_primitive::<Decimal128Type>(),
            right.as_primitive::<Decimal128Type>(),
            (precision, scale),
            |failure| match (self.on_failure, failure) {
                (OnFailure::Error, super::kernels::decimal::Failure::ZeroDivisor) => {
                    Err(self.zero_divisor())
                }
                (OnFailure::Error, super::kernels::decimal::Failure::Overflow(text)) => {
                    Err(Error::new(
                        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
                        [
                            ("value", text),
                            ("precision", precision.to_string()),
                            ("scale", scale.to_string()),
                            ("config", ANSI.to_owned()),
                        ],
                    )
                    .at(self.origin.clone()))
                }
                _ => Ok(()),
            },
        )?;
        debug_assert!(
            precision <= Decimal128Type::MAX_PRECISION,
            "Spark's limit is Arrow's"
        );
        if self.result == DataType::Int64 {
            let options = arrow::compute::CastOptions {
                safe: false,
                ..Default::default()
            };
            return Ok(cast_with_options(&found, &DataType::Int64, &options)?);
        }
        Ok(Arc::new(found))
    }

    fn zero_divisor(&self) -> Error {
        let class = if matches!(
            self.operator,
            Operator::Remainder | Operator::PositiveModulus
        ) {
            "REMAINDER_BY_ZERO"
        } else {
            "DIVIDE_BY_ZERO"
        };
        Error::new(class, [("config", ANSI)]).at(self.origin.clone())
    }

    fn failed(&self, error: arrow::error::ArrowError) -> Error {
        use arrow::error::ArrowError;
        match error {
            ArrowError::DivideByZero => self.zero_divisor(),
            ArrowError::ArithmeticOverflow(_) => self.overflow(),
            other => Error::from(other),
        }
    }

    /// Spark's negation names the type of what does not fit, small ones too.
    fn failed_to_negate(&self, error: arrow::error::ArrowError) -> Error {
        let what = match self.result {
            DataType::Int8 => "byte overflow",
            DataType::Int16 => "short overflow",
            _ => return self.failed(error),
        };
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [("message", what), ("alternative", ""), ("config", ANSI)],
        )
        .at(self.origin.clone())
    }

    fn overflow(&self) -> Error {
        let (what, hint) = match (&self.result, self.operator) {
            (DataType::Int8 | DataType::Int16, operator) => {
                return Error::new(
                    "BINARY_ARITHMETIC_OVERFLOW",
                    [
                        ("value1", String::new()),
                        ("symbol", operator.symbol().to_owned()),
                        ("value2", String::new()),
                        ("functionName", String::new()),
                    ],
                )
                .at(self.origin.clone());
            }
            (DataType::Int32, _) => ("integer overflow", self.try_function()),
            (DataType::Int64, _) => ("long overflow", self.try_function()),
            _ => ("overflow", None),
        };
        let message = if self.operator == Operator::IntegralDivide {
            "Overflow in integral divide"
        } else {
            what
        };
        let alternative = hint
            .map(|name| format!(" Use '{name}' to tolerate overflow and return NULL instead."))
            .unwrap_or_default();
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [
                ("message", message.to_owned()),
                ("alternative", alternative),
                ("config", ANSI.to_owned()),
            ],
        )
        .at(self.origin.clone())
    }

    fn try_function(&self) -> Option<&'static str> {
        match self.operator {
            Operator::Add => Some("try_add"),
            Operator::Subtract => Some("try_subtract"),
            Operator::Multiply => Some("try_multiply"),
            Operator::IntegralDivide => Some("try_divide"),
            _ => None,
        }
    }
}

fn datum(value: &ColumnarValue) -> Result<Box<dyn Datum>> {
    Ok(match value {
        ColumnarValue::Array(array) => Box::new(Arc::clone(array)),
        ColumnarValue::Scalar(scalar) => Box::new(Scalar::new(scalar.to_array()?)),
    })
}

/// Floating-point division by zero is an error in Spark's ANSI mode; Arrow would say infinity.
fn zero_check(divisor: &dyn Datum) -> Result<(), arrow::error::ArrowError> {
    let (array, _) = divisor.get();
    if !matches!(array.data_type(), DataType::Float32 | DataType::Float64) {
        return Ok(());
    }
    let zero = ScalarValue::new_zero(array.data_type())
        .and_then(|zero| zero.to_scalar())
        .map_err(|error| arrow::error::ArrowError::ComputeError(error.to_string()))?;
    let is_zero = arrow::compute::kernels::cmp::eq(&array, &zero)?;
    if is_zero.true_count() > 0 {
        Err(arrow::error::ArrowError::DivideByZero)
    } else {
        Ok(())
    }
}

fn negative(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let name: Arc<str> = if call.name == "negative" {
        call.default_name()
    } else {
        format!("(- {})", call.arg(0)?.name).into()
    };
    // A negated constant is that constant, so that `-2147483648` is an int as in Spark's parser.
    let arg = match call.arg(0)? {
        text if matches!(text.data_type, DataType::Utf8 | DataType::Null) => {
            call.implicit(0, &DataType::Float64)?
        }
        other => other.clone(),
    };
    let wraps = !call.context.ansi;
    let (data_type, nullable) = (arg.data_type.clone(), arg.nullable);
    if !is_signed(&data_type) {
        return Err(signed(call, &name));
    }
    let origin = call.origin.clone();
    let job = Job {
        operator: Operator::Subtract,
        on_failure: if wraps {
            OnFailure::Wrap
        } else {
            OnFailure::Error
        },
        result: data_type.clone(),
        origin,
    };
    Ok(Kernel::typed(
        "negative",
        format!("{job:?}"),
        (data_type, nullable),
        vec![arg.expr],
        name,
        move |args| {
            let array = args.array(0)?;
            if wraps {
                Ok(numeric::neg_wrapping(&array)?)
            } else {
                numeric::neg(&array).map_err(|error| job.failed_to_negate(error))
            }
        },
    ))
}

/// Whether a sign may stand before values of the type.
fn is_signed(data_type: &DataType) -> bool {
    is_numeric(data_type) || matches!(data_type, DataType::Duration(_) | DataType::Interval(_))
}

fn signed(call: &Call<'_>, name: &str) -> Error {
    let error = call.unexpected_type(
        0,
        "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL\")",
    );
    error.with("sqlExpr", format!("\"{name}\""))
}

fn positive(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let name = format!("(+ {})", call.arg(0)?.name);
    let arg = match call.arg(0)? {
        text if matches!(text.data_type, DataType::Utf8 | DataType::Null) => {
            call.implicit(0, &DataType::Float64)?
        }
        other if is_signed(&other.data_type) => other.clone(),
        _ => return Err(signed(call, &name)),
    };
    Ok(Typed { id: None, ..arg }.named(name))
}
