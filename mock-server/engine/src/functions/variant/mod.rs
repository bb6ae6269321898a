//! Functions of variants: reading JSON into them, taking values out, telling their types.

mod explode;
mod get;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::fold::{Fold, Rows};
use super::kernel::Kernel;
use super::kernels::json::parse_strictly;
use super::kernels::variant::build::{Builder, Refusal};
use super::kernels::variant::cast::{to_variant, to_variant_allowed};
use super::kernels::variant::columns::{Reader, Writer};
use super::kernels::variant::schema::{self, Schema};
use super::{Call, Function, aggregate, generator, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::variant::{is_variant, variant};

pub(super) const TABLE: &[Function] = &[
    scalar("is_variant_null", is_variant_null),
    scalar("parse_json", |call| parse_json(call, false)),
    scalar("schema_of_variant", schema_of_variant),
    aggregate("schema_of_variant_agg", schema_of_variant_agg),
    scalar("to_variant_object", to_variant_object),
    scalar("try_parse_json", |call| parse_json(call, true)),
    scalar("try_variant_get", |call| get::variant_get(call, true)),
    generator("variant_explode", |call| {
        explode::variant_explode(call, false)
    }),
    generator("variant_explode_outer", |call| {
        explode::variant_explode(call, true)
    }),
    scalar("variant_get", |call| get::variant_get(call, false)),
];

/// The argument, which must be a variant; a bare null is one.
fn variant_at(call: &Call<'_>, index: usize) -> Result<Typed> {
    let arg = call.arg(index)?;
    match &arg.data_type {
        found if is_variant(found) => Ok(arg.clone()),
        DataType::Null => Ok(Typed {
            name: Arc::clone(&arg.name),
            ..Typed::null(variant())
        }),
        _ => Err(call.unexpected_type(index, "VARIANT")),
    }
}

/// The argument, which must be a string: other types are not cast here.
fn text_at(call: &Call<'_>, index: usize) -> Result<Typed> {
    match call.arg(index)?.data_type {
        DataType::Utf8 | DataType::Null => call.implicit(index, &DataType::Utf8),
        _ => Err(call.unexpected_type(index, "STRING")),
    }
}

fn parse_json(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let text = text_at(call, 0)?;
    let name = if tries {
        "try_parse_json"
    } else {
        "parse_json"
    };
    Ok(Kernel::typed(
        name,
        "",
        (variant(), tries || text.nullable),
        vec![text.expr],
        call.default_name(),
        move |args| {
            let texts = args.array(0)?;
            let mut out = Writer::default();
            for text in texts.as_string::<i32>() {
                match text.map(parsed) {
                    Some(Ok(built)) => out.push(built),
                    Some(Err(error)) if !tries => return Err(error),
                    _ => out.push_null(),
                }
            }
            out.finish()
        },
    ))
}

/// A text as a variant.
pub(super) fn parsed(text: &str) -> Result<Builder> {
    let malformed = || {
        Error::new(
            "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
            [("badRecord", text), ("failFastMode", "FAILFAST")],
        )
    };
    let value = parse_strictly(text).ok_or_else(malformed)?;
    let mut builder = Builder::default();
    match builder.json(&value) {
        Ok(()) => Ok(builder),
        Err(Refusal::Duplicate) => Err(malformed()),
        Err(Refusal::TooLarge) => Err(Error::new(
            "VARIANT_SIZE_LIMIT",
            [("sizeLimit", "128.0 MiB"), ("functionName", "`parse_json`")],
        )),
    }
}

fn is_variant_null(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = variant_at(call, 0)?;
    Ok(Kernel::typed(
        "is_variant_null",
        "",
        (DataType::Boolean, false),
        vec![arg.expr],
        call.default_name(),
        |args| {
            let column = args.array(0)?;
            let reader = Reader::of(&column)?;
            let found: BooleanArray = (0..args.rows)
                .map(|row| Some(reader.get(row).is_some_and(|value| value.is_null())))
                .collect();
            Ok(Arc::new(found))
        },
    ))
}

fn schema_of_variant(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = variant_at(call, 0)?;
    Ok(Kernel::typed(
        "schema_of_variant",
        "",
        (DataType::Utf8, arg.nullable),
        vec![arg.expr],
        call.default_name(),
        |args| {
            let column = args.array(0)?;
            let reader = Reader::of(&column)?;
            let found = (0..args.rows)
                .map(|row| {
                    reader
                        .get(row)
                        .map(|value| Ok(schema::of(value)?.text()))
                        .transpose()
                })
                .collect::<Result<StringArray>>()?;
            Ok(Arc::new(found))
        },
    ))
}

fn schema_of_variant_agg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = variant_at(call, 0)?;
    let rows = Rows {
        not_null: 1,
        distinct: call.distinct,
    };
    let result = (DataType::Utf8, false);
    let inputs = [arg.data_type.clone()];
    let function = Fold::udaf(call.name, "", result, &inputs, rows, |columns| {
        let column = columns
            .first()
            .ok_or_else(|| Error::internal("an aggregate without a column"))?;
        let reader = Reader::of(column)?;
        let mut all = Schema::Void;
        for value in (0..column.len()).filter_map(|row| reader.get(row)) {
            all = schema::both(all, schema::of(value)?);
        }
        Ok(Arc::new(StringArray::from(vec![all.text()])) as ArrayRef)
    });
    let filter = call
        .filter
        .as_ref()
        .map(|filter| Box::new(filter.expr.clone()));
    let expr = AggregateFunction::new_udf(
        function,
        vec![arg.expr],
        call.distinct,
        filter,
        Vec::new(),
        None,
    );
    let expr = Expr::AggregateFunction(expr);
    Ok(Typed::new(expr, DataType::Utf8, false, call.default_name()))
}

/// Structs and maps become objects; plain values are refused.
fn to_variant_object(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let is_nested = matches!(
        arg.data_type,
        DataType::List(_) | DataType::Struct(_) | DataType::Map(..)
    );
    let fits = is_nested && !is_variant(&arg.data_type) && to_variant_allowed(&arg.data_type, true);
    if !fits {
        return Err(Error::new(
            "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("srcType", format!("\"{}\"", super::shown_type(arg))),
                ("targetType", "\"VARIANT\"".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    }
    Ok(Kernel::typed(
        "to_variant_object",
        "",
        (variant(), arg.nullable),
        vec![arg.expr.clone()],
        call.default_name(),
        |args| to_variant(&args.array(0)?),
    ))
}
