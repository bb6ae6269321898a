//! `variant_get(variant, path[, type])`.

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use super::{text_at, variant_at};
use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::cast::Cast;
use crate::functions::kernels::variant::cast::{from_variant_allowed, from_variants};
use crate::functions::kernels::variant::columns::Reader;
use crate::functions::kernels::variant::path::{Step, Wrong, parse, walk};
use crate::functions::{Call, CastMode};
use crate::plan::typed::Typed;
use crate::types::arrow::nullable;
use crate::types::sql_name;
use crate::types::variant::variant;

pub(super) fn variant_get(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(2..=3)?;
    let to = target(call)?;
    let value = variant_at(call, 0)?;
    let path = text_at(call, 1)?;
    let args: Vec<&str> = call
        .args
        .iter()
        .take(2)
        .map(|arg| arg.name.as_ref())
        .collect();
    let name = format!("{}({})", call.name, args.join(", "));
    if !from_variant_allowed(&to) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("srcType", "\"VARIANT\"".to_owned()),
                ("targetType", format!("\"{}\"", sql_name(&to))),
            ],
        )
        .at(call.origin.clone()));
    }
    let job = Cast {
        from: variant(),
        to: to.clone(),
        mode: if tries { CastMode::Try } else { CastMode::Ansi },
        time_zone: call.context.time_zone,
        now_us: call.context.now_us,
        origin: None,
        fields: None,
    };
    let function = call.name;
    Ok(Kernel::typed(
        "variant_get",
        format!("{function} {}", job.identity()),
        (to, true),
        vec![value.expr, path.expr],
        name,
        move |args| {
            let (column, paths) = (args.array(0)?, args.array(1)?);
            let reader = Reader::of(&column)?;
            let paths = paths.as_string::<i32>();
            let mut last: Option<(&str, Vec<Step>)> = None;
            let mut found = Vec::with_capacity(args.rows);
            for row in 0..args.rows {
                if paths.is_null(row) {
                    found.push(None);
                    continue;
                }
                let text = paths.value(row);
                if last.as_ref().is_none_or(|(known, _)| *known != text) {
                    let steps = parse(text).map_err(|wrong| no_path(wrong, text, function))?;
                    last = Some((text, steps));
                }
                let steps = last.as_ref().map(|(_, steps)| steps.as_slice());
                let value = reader
                    .get(row)
                    .map(|value| walk(value, steps.unwrap_or_default()));
                found.push(value.transpose()?.flatten());
            }
            from_variants(found, &job)
        },
    ))
}

/// The type that was asked for; a variant without one.
fn target(call: &Call<'_>) -> Result<DataType> {
    let Some(arg) = call.args.get(2) else {
        return Ok(variant());
    };
    let text = arg.constant_str().ok_or_else(|| {
        Error::new(
            "INVALID_SCHEMA.NON_STRING_LITERAL",
            [("inputSchema", format!("\"{}\"", arg.name))],
        )
        .at(call.origin.clone())
    })?;
    let parsed = sparring_sql::parse_data_type(text);
    let placed = |error: Error| {
        let error = error.without_place().at(call.origin.clone());
        error.thrown_as(Exception::Analysis)
    };
    let parsed = parsed.map_err(|error| placed(error.into()))?;
    Ok(nullable(&crate::types::proto::to_arrow(&parsed)?))
}

fn no_path(wrong: Wrong, path: &str, function: &str) -> Error {
    match wrong {
        Wrong::Path => Error::new(
            "INVALID_VARIANT_GET_PATH",
            [
                ("path", path.to_owned()),
                ("functionName", format!("`{function}`")),
            ],
        ),
        Wrong::Index(index) => Error::plain(
            Exception::Java("java.lang.NumberFormatException"),
            format!("For input string: \"{index}\""),
        ),
    }
}
