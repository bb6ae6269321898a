//! Signs before a value.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::kernels::numeric;
use arrow::datatypes::{DataType, Decimal128Type};

use super::job::Job;
use super::{OnFailure, Operator};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::decimal;
use crate::plan::typed::Typed;
use crate::types::coerce::is_numeric;

pub(super) fn negative(call: &Call<'_>) -> Result<Typed> {
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
            if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
                Ok(Arc::new(decimal::negated(decimals, |_| true)?))
            } else if wraps {
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

pub(super) fn positive(call: &Call<'_>) -> Result<Typed> {
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
