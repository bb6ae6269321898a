//! Functions of JSON text: taking values out of it, reading it as Spark types, writing it.

mod from_json;
mod infer;
mod options;
mod read;
mod write;

use std::sync::Arc;

use arrow::array::builder::{Int32Builder, ListBuilder, StringBuilder};
use arrow::array::{AsArray, StringArray};
use arrow::datatypes::DataType;

use crate::error::Result;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::json::{Value, at_path, parse, path};
use crate::functions::{Call, Function, scalar};
use crate::plan::typed::Typed;
use crate::types::arrow::list;
use from_json::from_json;
use infer::schema_of_json;
use write::to_json;

pub(crate) use infer::{Inference, both};
pub(super) use options::constant_pairs;
pub(crate) use read::{Fit, Reader, Records, reader};
pub(crate) use write::{Writer, writer};

pub(super) const TABLE: &[Function] = &[
    scalar("from_json", from_json),
    scalar("get_json_object", get_json_object),
    scalar("json_array_length", json_array_length),
    scalar("json_object_keys", json_object_keys),
    scalar("schema_of_json", schema_of_json),
    scalar("to_json", to_json),
];

fn get_json_object(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=2)?;
    let (text, steps) = (
        call.implicit(0, &DataType::Utf8)?,
        call.implicit(1, &DataType::Utf8)?,
    );
    Ok(Kernel::typed(
        "get_json_object",
        "",
        (DataType::Utf8, true),
        vec![text.expr, steps.expr],
        call.default_name(),
        |args| {
            let (texts, paths) = (args.array(0)?, args.array(1)?);
            let mut last: Option<(String, Option<Vec<_>>)> = None;
            let found: StringArray = texts
                .as_string::<i32>()
                .iter()
                .zip(paths.as_string::<i32>())
                .map(|(text, wanted)| {
                    let (text, wanted) = (text?, wanted?);
                    if last.as_ref().is_none_or(|(known, _)| known != wanted) {
                        last = Some((wanted.to_owned(), path(wanted)));
                    }
                    let steps = last.as_ref()?.1.as_ref()?;
                    at_path(&parse(text, false)?, steps)
                })
                .collect();
            Ok(Arc::new(found))
        },
    ))
}

fn json_array_length(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    Ok(Kernel::typed(
        "json_array_length",
        "",
        (DataType::Int32, true),
        vec![text.expr],
        call.default_name(),
        |args| {
            let texts = args.array(0)?;
            let mut out = Int32Builder::with_capacity(args.rows);
            for text in texts.as_string::<i32>() {
                out.append_option(match text.and_then(|text| parse(text, false)) {
                    Some(Value::Array(items)) => i32::try_from(items.len()).ok(),
                    _ => None,
                });
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

fn json_object_keys(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    Ok(Kernel::typed(
        "json_object_keys",
        "",
        (list(DataType::Utf8, true), true),
        vec![text.expr],
        call.default_name(),
        |args| {
            let texts = args.array(0)?;
            let mut out = ListBuilder::new(StringBuilder::new());
            for text in texts.as_string::<i32>() {
                match text.and_then(|text| parse(text, false)) {
                    Some(Value::Object(members)) => {
                        for (name, _) in members {
                            out.values().append_value(name);
                        }
                        out.append(true);
                    }
                    _ => out.append(false),
                }
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}
