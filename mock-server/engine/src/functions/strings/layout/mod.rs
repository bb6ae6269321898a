//! `to_char` and `to_number`: numbers as text under a layout such as `$99,999.00PR`, both ways.
//!
//! The layout itself is read and checked in `tokens.rs`.

mod read;
mod tokens;
mod write;

use std::sync::Arc;

use arrow::array::{AsArray, Decimal128Array, StringArray};
use arrow::datatypes::{DataType, Decimal128Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::cast::quoted;
use crate::functions::{Call, CastMode, cast};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::coerce::{MAX_PRECISION, decimal_for};
use crate::types::sql_name;
use tokens::Layout;

/// `to_char` of a number under a layout, of a moment under a pattern, of bytes under a code.
pub(super) fn to_char(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    match &call.arg(0)?.data_type {
        DataType::Date32 | DataType::Timestamp(..) => {
            crate::functions::call(call.context, "date_format", call.args.clone())
        }
        DataType::Binary => bytes_as_text(call),
        _ => number_as_text(call),
    }
}

fn bytes_as_text(call: &Call<'_>) -> Result<Typed> {
    let (bytes, format) = (call.arg(0)?.clone(), call.arg(1)?);
    let Some(code) = format.constant_str() else {
        return Err(Error::new(
            "NON_FOLDABLE_ARGUMENT",
            [
                ("funcName", format!("`{}`", call.name)),
                ("paramName", "`format`".to_owned()),
                ("paramType", format!("\"{}\"", sql_name(&format.data_type))),
            ],
        )
        .at(call.origin.clone()));
    };
    let (name, args) = match code.to_ascii_lowercase().as_str() {
        "base64" => ("base64", vec![bytes]),
        "hex" => ("hex", vec![bytes]),
        "utf-8" => ("decode", vec![bytes, format.clone()]),
        _ => {
            return Err(Error::new(
                "INVALID_PARAMETER_VALUE.BINARY_FORMAT",
                [
                    ("functionName", format!("`{}`", call.name)),
                    ("parameter", "`format`".to_owned()),
                    ("invalidFormat", quoted(code)),
                ],
            )
            .at(call.origin.clone()));
        }
    };
    let shown = match (call.name, name) {
        ("to_varchar", "decode") => Some(call.default_name()),
        ("to_varchar", _) => Some(format!("to_varchar({})", call.arg(0)?.name).into()),
        _ => None,
    };
    let text = crate::functions::call(call.context, name, args)?;
    Ok(match shown {
        Some(shown) => text.named(shown),
        None => text,
    })
}

fn number_as_text(call: &Call<'_>) -> Result<Typed> {
    let arg = call.arg(0)?;
    let to = match &arg.data_type {
        DataType::Utf8 => DataType::Decimal128(38, 18),
        DataType::Null => DataType::Decimal128(10, 0),
        DataType::Float32 => DataType::Decimal128(14, 7),
        DataType::Float64 => DataType::Decimal128(30, 15),
        number => match decimal_for(number) {
            Some((precision, scale)) => DataType::Decimal128(precision, scale),
            None => return Err(as_to_char(call, call.unexpected_type(0, "DECIMAL"))),
        },
    };
    let layout = layout(call).map_err(|error| as_to_char(call, error))?;
    let mode = CastMode::implicit(call.context);
    let number = cast(call.context, arg.clone(), &to, mode, call.origin.clone())?;
    let Some(layout) = layout else {
        return Ok(Typed::null(DataType::Utf8).named(call.name_as("to_char")));
    };
    let scale = match to {
        DataType::Decimal128(_, scale) => usize::try_from(scale).unwrap_or(0),
        _ => 0,
    };
    Ok(Kernel::typed(
        "to_char",
        format!("{layout:?}"),
        (DataType::Utf8, number.nullable),
        vec![number.expr],
        // Its other name is never shown.
        call.name_as("to_char"),
        move |args| {
            let numbers = args.array(0)?;
            let texts: StringArray = numbers
                .as_primitive::<Decimal128Type>()
                .iter()
                .map(|number| number.map(|number| layout.write(number, scale)))
                .collect();
            Ok(Arc::new(texts))
        },
    ))
}

/// The other name is never shown where numbers are written.
fn as_to_char(call: &Call<'_>, error: Error) -> Error {
    if !error.parameters().contains_key("sqlExpr") {
        return error;
    }
    error.with("sqlExpr", format!("\"{}\"", call.name_as("to_char")))
}

/// `to_number`, and `try_to_number` with `tries`.
pub(super) fn to_number(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(2..=2)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    let Some(layout) = layout(call)? else {
        return Ok(Typed::null(DataType::Decimal128(10, 0)).named(call.default_name()));
    };
    let (precision, scale) = layout.decimal();
    if precision > MAX_PRECISION {
        return Err(Error::new(
            "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
            [
                ("precision", precision.to_string()),
                ("maxPrecision", MAX_PRECISION.to_string()),
            ],
        ));
    }
    let result = DataType::Decimal128(precision, scale);
    Ok(Kernel::typed(
        if tries { "try_to_number" } else { "to_number" },
        format!("{layout:?}"),
        (result, tries || text.nullable),
        vec![text.expr],
        call.default_name(),
        move |args| {
            let texts = args.array(0)?;
            let mut numbers = Vec::with_capacity(args.rows);
            for text in texts.as_string::<i32>() {
                let found = text.map(|text| layout.read(text)).transpose()?.flatten();
                match text {
                    Some(text) if found.is_none() && !tries => {
                        return Err(Error::new(
                            "INVALID_FORMAT.MISMATCH_INPUT",
                            [
                                ("inputType", "\"STRING\""),
                                ("input", text),
                                ("format", layout.text()),
                            ],
                        ));
                    }
                    _ => numbers.push(found),
                }
            }
            let numbers = Decimal128Array::from(numbers);
            Ok(Arc::new(
                numbers.with_precision_and_scale(precision, scale)?,
            ))
        },
    ))
}

/// The constant layout of a call; none if it is null.
fn layout(call: &Call<'_>) -> Result<Option<Layout>> {
    let format = call.implicit(1, &DataType::Utf8)?;
    if !format.is_foldable() {
        let kind = match &format.expr {
            Expr::Column(_) => "attributereference",
            _ => format.name.split('(').next().unwrap_or_default(),
        };
        return call.foldable(1, kind).map(|()| None);
    }
    let ScalarValue::Utf8(Some(text)) = evaluate(&format.expr)? else {
        return Ok(None);
    };
    let layout = Layout::parse(&text.to_uppercase());
    layout.check().map_err(|e| e.at(call.origin.clone()))?;
    Ok(Some(layout))
}
