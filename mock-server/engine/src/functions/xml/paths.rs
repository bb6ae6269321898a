//! `xpath` and its kin, as Hive's `UDFXPathUtil` has them.

use std::sync::Arc;

use arrow::array::builder::{ListBuilder, StringBuilder};
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float32Array, Float64Array, Int16Array, Int32Array,
    Int64Array, StringArray,
};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use crate::error::{Error, Exception, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::xml::dom::{Content, Document};
use crate::functions::kernels::xml::xpath::{Path, Value};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::list;

/// What comes of the rows: a document and the path's value, or nothing.
type Found = Vec<Option<(Document, Value)>>;

/// A call whose column is made from what the path found.
fn found(
    call: &Call<'_>,
    result: DataType,
    finish: impl Fn(Found, &str) -> Result<ArrayRef> + Send + Sync + 'static,
) -> Result<Typed> {
    call.arity(2..=2)?;
    for index in [0, 1] {
        if !matches!(call.arg(index)?.data_type, DataType::Utf8 | DataType::Null) {
            return Err(call.unexpected_type(index, "STRING"));
        }
    }
    let (xml, path) = (
        call.implicit(0, &DataType::Utf8)?,
        call.implicit(1, &DataType::Utf8)?,
    );
    call.foldable(1, "path")?;
    let ScalarValue::Utf8(path) = evaluate(&path.expr)? else {
        return Err(Error::internal("a path is no text"));
    };
    let text = path.clone().unwrap_or_default();
    // Blank paths find nothing, and wrong ones are only told of when there is something to search.
    let compiled = path
        .filter(|path| !path.is_empty())
        .map(|path| Path::parse(&path));
    Ok(Kernel::typed(
        "xpath",
        format!("{} {text}", call.name),
        (result, true),
        vec![xml.expr],
        call.default_name(),
        move |args| {
            let texts = args.array(0)?;
            let mut rows: Found = Vec::with_capacity(args.rows);
            for xml in texts.as_string::<i32>() {
                let (Some(xml), Some(path)) = (xml.filter(|xml| !xml.is_empty()), &compiled) else {
                    rows.push(None);
                    continue;
                };
                let path = path.as_ref().map_err(|wrong| {
                    java(format!(
                        "Invalid XPath '{text}'javax.xml.transform.TransformerException: {wrong}"
                    ))
                })?;
                let document = Document::parse(xml)
                    .ok_or_else(|| java(format!("Error loading expression '{text}'")))?;
                let value = path
                    .evaluate(&document)
                    .map_err(|wrong| invalid(&wrong, xml))?;
                rows.push(Some((document, value)));
            }
            finish(rows, &text)
        },
    ))
}

fn java(message: String) -> Error {
    Error::plain(Exception::Java("java.lang.RuntimeException"), message)
}

fn invalid(wrong: &str, xml: &str) -> Error {
    java(format!(
        "Invalid XML document: com.sun.org.apache.xpath.internal.XPathException: {wrong}\n{xml}"
    ))
}

/// The values of the nodes; elements have none.
pub(super) fn xpath(call: &Call<'_>) -> Result<Typed> {
    found(call, list(DataType::Utf8, true), |rows, _| {
        let mut out = ListBuilder::new(StringBuilder::new());
        for row in rows {
            let Some((document, value)) = row else {
                out.append(false);
                continue;
            };
            let Value::Nodes(nodes) = value else {
                let wrong = format!("Can not convert {} to a NodeList!", value.kind());
                return Err(invalid(&wrong, ""));
            };
            for node in nodes {
                match &document.nodes[node].content {
                    Content::Root | Content::Element(_) => out.values().append_null(),
                    _ => out.values().append_value(document.text_of(node)),
                }
            }
            out.append(true);
        }
        Ok(Arc::new(out.finish()))
    })
}

pub(super) fn string(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Utf8, |rows, _| {
        let texts: StringArray = rows
            .into_iter()
            .map(|row| row.map(|(document, value)| value.text(&document)))
            .collect();
        Ok(Arc::new(texts))
    })
}

pub(super) fn boolean(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Boolean, |rows, _| {
        let flags: BooleanArray = rows
            .into_iter()
            .map(|row| row.map(|(_, value)| value.boolean()))
            .collect();
        Ok(Arc::new(flags))
    })
}

fn numbers(rows: Found) -> impl Iterator<Item = Option<f64>> {
    rows.into_iter()
        .map(|row| row.map(|(document, value)| value.number(&document)))
}

pub(super) fn double(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Float64, |rows, _| {
        Ok(Arc::new(numbers(rows).collect::<Float64Array>()))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as Java's conversions of doubles do"
)]
pub(super) fn float(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Float32, |rows, _| {
        let floats = numbers(rows).map(|number| number.map(|number| number as f32));
        Ok(Arc::new(floats.collect::<Float32Array>()))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as Java's conversions of doubles do"
)]
pub(super) fn int(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Int32, |rows, _| {
        let ints = numbers(rows).map(|number| number.map(|number| number as i32));
        Ok(Arc::new(ints.collect::<Int32Array>()))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as Java's conversions of doubles do"
)]
pub(super) fn long(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Int64, |rows, _| {
        let longs = numbers(rows).map(|number| number.map(|number| number as i64));
        Ok(Arc::new(longs.collect::<Int64Array>()))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as Java's conversions of doubles do"
)]
pub(super) fn short(call: &Call<'_>) -> Result<Typed> {
    found(call, DataType::Int16, |rows, _| {
        let shorts = numbers(rows).map(|number| number.map(|number| number as i32 as i16));
        Ok(Arc::new(shorts.collect::<Int16Array>()))
    })
}
