//! One operation over arrays, with what it does where the result does not fit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Datum, Decimal128Array, Int64Array, Scalar};
use arrow::compute::kernels::{numeric, zip::zip};
use arrow::compute::{cast_with_options, nullif};
use arrow::datatypes::{DataType, Decimal128Type, DecimalType, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::ColumnarValue;

use super::{OnFailure, Operator};
use crate::error::{ANSI, Error, QueryContext, Result};
use crate::functions::kernel::Args;
use crate::functions::kernels::decimal;
use crate::functions::kernels::narrow::{self, Operand};

#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) operator: Operator,
    pub(super) on_failure: OnFailure,
    pub(super) result: DataType,
    pub(super) origin: Option<QueryContext>,
}

impl Job {
    pub(super) fn run(&self, args: &Args) -> Result<ArrayRef> {
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
                .map_err(|error| self.with_values(self.failed(error), args)),
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
                zero_check(left, right)?;
                numeric::div(left, right)
            }
            Operator::Remainder => {
                zero_check(left, right)?;
                numeric::rem(left, right)
            }
            Operator::PositiveModulus => {
                zero_check(left, right)?;
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
            Operator::IntegralDivide if *left.data_type() == DataType::Int64 => {
                let (left, right) = (
                    left.as_primitive::<Int64Type>(),
                    right.as_primitive::<Int64Type>(),
                );
                let quotients: Int64Array = arrow::compute::binary(left, right, |l, r| {
                    // Under a null stands any number.
                    l.wrapping_div(if r == 0 { 1 } else { r })
                })?;
                Arc::new(quotients)
            }
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
        if let (Some(left), Some(right)) = (operand(args.value(0)?), operand(args.value(1)?))
            && let Some(found) = narrow::binary(
                self.operator.symbol(),
                left,
                right,
                args.rows,
                (precision, scale),
            )
        {
            return self.of_decimals(found);
        }
        let (left, right) = (args.array(0)?, args.array(1)?);
        let found = decimal::binary(
            self.operator.symbol(),
            left.as_primitive::<Decimal128Type>(),
            right.as_primitive::<Decimal128Type>(),
            (precision, scale),
            |failure| match (self.on_failure, failure) {
                (OnFailure::Error, decimal::Failure::ZeroDivisor) => Err(self.zero_divisor()),
                (OnFailure::Error, decimal::Failure::Overflow(text)) => {
                    let text = match self.operator {
                        Operator::Multiply => in_39_digits(text),
                        _ => text,
                    };
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
        self.of_decimals(found)
    }

    /// The decimals in the result's type.
    fn of_decimals(&self, found: Decimal128Array) -> Result<ArrayRef> {
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
    pub(super) fn failed_to_negate(&self, error: arrow::error::ArrowError) -> Error {
        let what = match self.result {
            DataType::Int8 => "byte overflow",
            DataType::Int16 => "short overflow",
            DataType::Int32 => "integer overflow",
            DataType::Int64 => "long overflow",
            _ => return self.failed(error),
        };
        Error::new(
            "ARITHMETIC_OVERFLOW",
            [("message", what), ("alternative", ""), ("config", ANSI)],
        )
    }

    /// Spark shows the values of bytes and shorts that do not fit, both as shorts.
    fn with_values(&self, error: Error, args: &Args) -> Error {
        if error.class() != Some("BINARY_ARITHMETIC_OVERFLOW") {
            return error;
        }
        let whole = |index: usize| -> Result<ArrayRef> {
            Ok(arrow::compute::cast(&args.array(index)?, &DataType::Int64)?)
        };
        let (Ok(left), Ok(right)) = (whole(0), whole(1)) else {
            return error;
        };
        let most = match self.result {
            DataType::Int8 => i64::from(i8::MAX),
            _ => i64::from(i16::MAX),
        };
        let pairs = left
            .as_primitive::<Int64Type>()
            .iter()
            .zip(right.as_primitive::<Int64Type>());
        let overflowing = pairs
            .flat_map(|(left, right)| left.zip(right))
            .find(|(l, r)| {
                let exact = match self.operator {
                    Operator::Add => l + r,
                    Operator::Subtract => l - r,
                    Operator::Multiply => l * r,
                    _ => return false,
                };
                exact > most || exact < -most - 1
            });
        match overflowing {
            Some((left, right)) => error
                .with("value1", format!("{left}S"))
                .with("value2", format!("{right}S")),
            None => error,
        }
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
                        (
                            "functionName",
                            self.try_function()
                                .map(|name| format!("`{name}`"))
                                .unwrap_or_default(),
                        ),
                    ],
                )
                .placeless();
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

/// A product as Spark has it before it is fitted: 39 digits, what is behind them cut off.
fn in_39_digits(text: String) -> String {
    let mut digits = 0;
    let kept = text.chars().take_while(|c| {
        digits += usize::from(c.is_ascii_digit());
        digits <= 39
    });
    let kept: String = kept.collect();
    match text.split_once('.') {
        Some((whole, _)) if kept.len() > whole.len() + 1 => kept,
        Some((whole, _)) => {
            let kept = kept.trim_end_matches('.');
            format!(
                "{kept}{}",
                "0".repeat(whole.len().saturating_sub(kept.len()))
            )
        }
        None => format!(
            "{kept}{}",
            "0".repeat(text.len().saturating_sub(kept.len()))
        ),
    }
}

/// The argument as decimals that are taken as they came; nothing for a null.
fn operand(value: &ColumnarValue) -> Option<Operand<'_>> {
    match value {
        ColumnarValue::Array(array) => array
            .as_primitive_opt::<Decimal128Type>()
            .map(Operand::Column),
        ColumnarValue::Scalar(ScalarValue::Decimal128(Some(value), _, scale)) => {
            Some(Operand::Constant(*value, *scale))
        }
        ColumnarValue::Scalar(_) => None,
    }
}

fn datum(value: &ColumnarValue) -> Result<Box<dyn Datum>> {
    Ok(match value {
        ColumnarValue::Array(array) => Box::new(Arc::clone(array)),
        ColumnarValue::Scalar(scalar) => Box::new(Scalar::new(scalar.to_array()?)),
    })
}

/// Floating-point division by zero is an error in Spark's ANSI mode, where Arrow would say infinity;
/// nothing divided by zero is nothing.
fn zero_check(dividend: &dyn Datum, divisor: &dyn Datum) -> Result<(), arrow::error::ArrowError> {
    let (array, _) = divisor.get();
    if !matches!(array.data_type(), DataType::Float32 | DataType::Float64) {
        return Ok(());
    }
    let zero = ScalarValue::new_zero(array.data_type())
        .and_then(|zero| zero.to_scalar())
        .map_err(|error| arrow::error::ArrowError::ComputeError(error.to_string()))?;
    let is_zero = arrow::compute::kernels::cmp::eq(&array, &zero)?;
    if is_zero.true_count() == 0 {
        return Ok(());
    }
    let (left, _) = dividend.get();
    let fails = match (left.len(), is_zero.len()) {
        (n, m) if n == m => is_zero
            .iter()
            .enumerate()
            .any(|(row, zero)| zero == Some(true) && left.is_valid(row)),
        // One side is a constant.
        _ => left.null_count() < left.len(),
    };
    if fails {
        Err(arrow::error::ArrowError::DivideByZero)
    } else {
        Ok(())
    }
}
