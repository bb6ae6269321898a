//! `schema_of_xml`: the type of a document, as Spark's `XmlInferSchema` infers it.

use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;

use super::options::Options;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::cast::temporal;
use crate::functions::kernels::xml::dom::{Content, Document};
use crate::functions::kernels::zone::Zone;
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::{list, structure, timestamp};
use crate::types::sql_name;

pub(super) fn schema_of_xml(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    if !matches!(call.arg(0)?.data_type, DataType::Utf8 | DataType::Null) {
        return Err(call.unexpected_type(0, "STRING"));
    }
    let text = call.implicit(0, &DataType::Utf8)?;
    let options = Options::of(call, 1)?;
    call.foldable(0, "xml")?;
    let name = format!("schema_of_xml({})", text.name);
    let ScalarValue::Utf8(Some(xml)) = evaluate(&text.expr)? else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_NULL",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "xml".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    };
    let inference = Inference {
        options: &options,
        now: call.context.now_us,
        zone: Zone::Region(call.context.time_zone),
    };
    let schema = match Document::parse_first(&xml) {
        Some(document) => inference.root(&document),
        None => structure([Field::new(&options.corrupt, DataType::Utf8, true)]),
    };
    let schema = sql_name(&canonical(schema, true));
    let schema = ScalarValue::Utf8(Some(schema));
    Ok(Typed::literal(schema, DataType::Utf8, name))
}

struct Inference<'a> {
    options: &'a Options,
    now: i64,
    zone: Zone,
}

impl Inference<'_> {
    fn root(&self, document: &Document) -> DataType {
        let found = document
            .root_element()
            .map_or(DataType::Null, |root| self.element(document, root));
        match found {
            DataType::Struct(_) => found,
            DataType::Null => structure([]),
            leaf => structure([Field::new(&self.options.value_tag, leaf, true)]),
        }
    }

    /// Elements with nothing but text are what the text is; all others are structs.
    fn element(&self, document: &Document, node: usize) -> DataType {
        let node = &document.nodes[node];
        let mut members: Vec<(String, DataType, bool)> = Vec::new();
        let mut add = |name: String, found: DataType| match members
            .iter_mut()
            .find(|(known, _, _)| *known == name)
        {
            Some((_, known, several)) => {
                let before = std::mem::replace(known, DataType::Null);
                *known = self.both(before, found);
                *several = true;
            }
            None => members.push((name, found, false)),
        };
        if !self.options.excludes_attributes {
            for attribute in &node.attributes {
                if let Content::Attribute(name, value) = &document.nodes[*attribute].content {
                    let name = format!(
                        "{}{}",
                        self.options.attribute_prefix,
                        self.options.name(name)
                    );
                    add(name, self.text(value));
                }
            }
        }
        for child in &node.children {
            match &document.nodes[*child].content {
                Content::Element(name) => {
                    add(
                        self.options.name(name).to_owned(),
                        self.element(document, *child),
                    );
                }
                Content::Text(text) if !text.trim().is_empty() => {
                    add(self.options.value_tag.clone(), self.text(text));
                }
                _ => {}
            }
        }
        match members.as_slice() {
            [] => DataType::Null,
            [(name, leaf, false)] if *name == self.options.value_tag => leaf.clone(),
            _ => {
                let mut fields: Vec<Field> = members
                    .into_iter()
                    .map(|(name, found, several)| {
                        let found = if several { list(found, true) } else { found };
                        Field::new(name, found, true)
                    })
                    .collect();
                fields.sort_by(|a, b| a.name().cmp(b.name()));
                structure(fields)
            }
        }
    }

    fn text(&self, text: &str) -> DataType {
        let text = if self.options.trims {
            text.trim()
        } else {
            text
        };
        if text.is_empty() || self.options.null_value.as_deref() == Some(text) {
            return DataType::Null;
        }
        if !self.options.infers {
            return DataType::Utf8;
        }
        let is_number = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        if text.parse::<i64>().is_ok() {
            DataType::Int64
        } else if is_number && text.parse::<f64>().is_ok() {
            DataType::Float64
        } else if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") {
            DataType::Boolean
        } else if text.len() == 10 && temporal::date(text).is_some() {
            DataType::Date32
        } else if text.len() > 10 && temporal::timestamp(text, self.zone, self.now).is_some() {
            timestamp()
        } else {
            DataType::Utf8
        }
    }

    fn both(&self, left: DataType, right: DataType) -> DataType {
        match (left, right) {
            (DataType::Null, other) | (other, DataType::Null) => other,
            (a, b) if a == b => a,
            (DataType::Int64, DataType::Float64) | (DataType::Float64, DataType::Int64) => {
                DataType::Float64
            }
            (DataType::Date32, DataType::Timestamp(..))
            | (DataType::Timestamp(..), DataType::Date32) => timestamp(),
            (DataType::List(a), DataType::List(b)) => list(
                self.both(a.data_type().clone(), b.data_type().clone()),
                true,
            ),
            (DataType::List(a), other) | (other, DataType::List(a)) => {
                list(self.both(a.data_type().clone(), other), true)
            }
            (DataType::Struct(a), DataType::Struct(b)) => {
                let mut fields: Vec<Field> = a.iter().map(|field| field.as_ref().clone()).collect();
                for field in &b {
                    match fields.iter_mut().find(|known| known.name() == field.name()) {
                        Some(known) => {
                            let merged =
                                self.both(known.data_type().clone(), field.data_type().clone());
                            *known = Field::new(known.name(), merged, true);
                        }
                        None => fields.push(field.as_ref().clone()),
                    }
                }
                fields.sort_by(|a, b| a.name().cmp(b.name()));
                structure(fields)
            }
            // Text beside a struct is the struct's text.
            (DataType::Struct(fields), leaf) | (leaf, DataType::Struct(fields)) => {
                let text = structure([Field::new(&self.options.value_tag, leaf, true)]);
                self.both(DataType::Struct(fields), text)
            }
            _ => DataType::Utf8,
        }
    }
}

/// What was only ever empty is text.
fn canonical(data_type: DataType, is_root: bool) -> DataType {
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => list(canonical(item.data_type().clone(), false), true),
        DataType::Struct(fields) if fields.is_empty() && !is_root => DataType::Utf8,
        DataType::Struct(fields) => structure(fields.iter().map(|field| {
            Field::new(
                field.name(),
                canonical(field.data_type().clone(), false),
                true,
            )
        })),
        other => other,
    }
}
