//! `from_xml`: a document as a value of a type, as Spark's `StaxXmlParser` reads it.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, MapArray, StringArray, StructArray,
    new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, Fields, Int64Type};

use super::options::{Options, compiled};
use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::{Cast, pair};
use crate::functions::kernels::longs::labelled;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::xml::dom::{Content, Document};
use crate::functions::kernels::zone::Zone;
use crate::functions::{Call, CastMode};
use crate::plan::typed::Typed;
use crate::types::arrow::nullable;
use crate::types::sql_name;
use crate::types::variant::has_variant;

pub(super) fn from_xml(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let name = format!("from_xml({})", call.arg(0)?.name);
    if !matches!(call.arg(0)?.data_type, DataType::Utf8 | DataType::Null) {
        let shown = format!("\"{name}\"");
        return Err(call.unexpected_type(0, "STRING").with("sqlExpr", shown));
    }
    let text = call.implicit(0, &DataType::Utf8)?;
    let schema = call.schema_text(1)?;
    let placed = |error: Error| {
        let error = error.at(call.origin.clone());
        error.thrown_as(Exception::Analysis)
    };
    let data_type = match sparring_sql::parse_data_type(schema) {
        Ok(found) => crate::types::proto::to_arrow(&found)?,
        Err(error) => {
            let error = Error::from(error).without_place();
            let is_unknown = error.class() == Some("UNSUPPORTED_DATATYPE");
            let table = crate::types::proto::parse(schema);
            table.map_err(|other| placed(if is_unknown { error } else { other }))?
        }
    };
    let options = Options::of(call, 2)?;
    if has_variant(&data_type) {
        return Err(Error::unsupported("`from_xml` to VARIANT").at(call.origin.clone()));
    }
    let DataType::Struct(fields) = nullable(&data_type) else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.INVALID_XML_SCHEMA",
            [
                ("schema", format!("\"{}\"", sql_name(&data_type))),
                ("sqlExpr", format!("\"{name}\"")),
            ],
        )
        .at(call.origin.clone()));
    };
    let corrupt = fields
        .iter()
        .position(|field| *field.name() == options.corrupt);
    if let Some(corrupt) = corrupt {
        // Spark takes the columns behind it from one place too early.
        let behind = fields.iter().skip(corrupt + 1);
        let types: Vec<&DataType> = behind.map(|field| field.data_type()).collect();
        if types.windows(2).any(|pair| pair[0] != pair[1]) {
            let what = "`from_xml` with columns of several types behind the corrupt record's";
            return Err(Error::unsupported(what).at(call.origin.clone()));
        }
    }
    let reader = Reader {
        corrupt,
        timestamp: compiled(&options.timestamp_format)?,
        date: compiled(&options.date_format)?,
        case_sensitive: call.context.case_sensitive,
        plain: Cast {
            from: DataType::Utf8,
            to: DataType::Null,
            mode: CastMode::Try,
            time_zone: call.context.time_zone,
            now_us: call.context.now_us,
            origin: None,
            fields: None,
        },
        options,
    };
    let result = DataType::Struct(fields.clone());
    Ok(Kernel::typed(
        "from_xml",
        format!("{reader:?}"),
        (result.clone(), true),
        vec![text.expr],
        name,
        move |args| {
            let texts = args.array(0)?;
            let mut rows = Vec::with_capacity(args.rows);
            for text in texts.as_string::<i32>() {
                rows.push(match text {
                    Some(text) => reader.row(text, &fields)?,
                    None => new_null_array(&result, 1),
                });
            }
            joined(&rows, &result)
        },
    ))
}

fn joined(rows: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    if rows.is_empty() {
        return Ok(new_null_array(to, 0));
    }
    let parts: Vec<&dyn Array> = rows.iter().map(AsRef::as_ref).collect();
    Ok(concat(&parts)?)
}

#[derive(Debug)]
struct Reader {
    options: Options,
    timestamp: Option<Pattern>,
    date: Option<Pattern>,
    case_sensitive: bool,
    plain: Cast,
    /// The place of the column for a record that is not what it should be.
    corrupt: Option<usize>,
}

/// One document being read.
struct Record<'a> {
    document: &'a Document,
    /// Whether a value did not fit its type.
    is_bad: bool,
}

/// What comes of an element.
enum Found {
    Value(ArrayRef),
    /// It does not fit; its text goes on as text of what is around it.
    Misfit(String),
}

impl Reader {
    fn row(&self, text: &str, fields: &Fields) -> Result<ArrayRef> {
        let document = Document::parse_first(text);
        let root = document.as_ref().and_then(Document::root_element);
        let (mut columns, is_bad) = match (&document, root) {
            (Some(document), Some(root)) => {
                let mut record = Record {
                    document,
                    is_bad: false,
                };
                let columns = self.columns(&mut record, root, fields)?;
                (columns, record.is_bad)
            }
            _ => {
                let nulls = fields
                    .iter()
                    .map(|field| new_null_array(field.data_type(), 1));
                (nulls.collect(), true)
            }
        };
        if is_bad && self.options.fails_fast {
            return Err(Error::new(
                "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
                [("badRecord", "[null]"), ("failFastMode", "FAILFAST")],
            ));
        }
        if let Some(corrupt) = self.corrupt {
            let record = is_bad.then_some(text);
            let behind = fields.get(corrupt + 1).map(|field| field.data_type());
            if let Some(first) = behind {
                columns.pop();
                columns.insert(corrupt + 1, new_null_array(first, 1));
            }
            columns[corrupt] = Arc::new(StringArray::from(vec![record]));
        }
        Ok(Arc::new(StructArray::try_new_with_length(
            fields.clone(),
            columns,
            None,
            1,
        )?))
    }

    fn place(&self, fields: &Fields, name: &str) -> Option<usize> {
        fields.iter().position(|field| {
            if self.case_sensitive {
                field.name() == name
            } else {
                field.name().eq_ignore_ascii_case(name)
            }
        })
    }

    /// The members of an element as columns of one row.
    fn columns(
        &self,
        record: &mut Record<'_>,
        node: usize,
        fields: &Fields,
    ) -> Result<Vec<ArrayRef>> {
        let document = record.document;
        let node = &document.nodes[node];
        let mut found: Vec<Vec<ArrayRef>> = vec![Vec::new(); fields.len()];
        if !self.options.excludes_attributes {
            for attribute in &node.attributes {
                let Content::Attribute(name, value) = &document.nodes[*attribute].content else {
                    continue;
                };
                let name = format!(
                    "{}{}",
                    self.options.attribute_prefix,
                    self.options.name(name)
                );
                let Some(place) = self.place(fields, &name) else {
                    continue;
                };
                match self.leaf(value, fields[place].data_type())? {
                    Some(value) => found[place].push(value),
                    None => record.is_bad = true,
                }
            }
        }
        let value_tag = self.place(fields, &self.options.value_tag);
        for child in &node.children {
            let misfit = match &document.nodes[*child].content {
                Content::Element(name) => {
                    let Some(place) = self.place(fields, self.options.name(name)) else {
                        continue;
                    };
                    let to = item_type(fields[place].data_type());
                    match self.element(record, *child, to)? {
                        Found::Value(value) => {
                            found[place].push(value);
                            continue;
                        }
                        Found::Misfit(text) => {
                            record.is_bad = true;
                            text
                        }
                    }
                }
                Content::Text(text) => text.clone(),
                _ => continue,
            };
            if let Some(place) = value_tag.filter(|_| !misfit.trim().is_empty()) {
                match self.leaf(&misfit, item_type(fields[place].data_type()))? {
                    Some(value) => found[place].push(value),
                    None => record.is_bad = true,
                }
            }
        }
        fields
            .iter()
            .zip(found)
            .map(|(field, values)| column(field, values))
            .collect()
    }

    fn element(&self, record: &mut Record<'_>, node: usize, to: &DataType) -> Result<Found> {
        let document = record.document;
        let children = &document.nodes[node].children;
        let is_element =
            |child: &usize| matches!(document.nodes[*child].content, Content::Element(_));
        let has_elements = children.iter().any(is_element);
        let is_empty = children.is_empty();
        Ok(match to {
            DataType::Struct(fields) => {
                if is_empty {
                    return Ok(Found::Value(new_null_array(to, 1)));
                }
                // An element of text alone that does not fit is no struct at all.
                let value_tag = self.place(fields, &self.options.value_tag);
                if let Some(place) = value_tag.filter(|_| !has_elements) {
                    let text = document.text_of(node);
                    if self
                        .leaf(&text, item_type(fields[place].data_type()))?
                        .is_none()
                    {
                        return Ok(Found::Misfit(text));
                    }
                }
                let columns = self.columns(record, node, fields)?;
                let one = StructArray::try_new_with_length(fields.clone(), columns, None, 1)?;
                Found::Value(Arc::new(one))
            }
            DataType::Map(entries, sorted) => {
                Found::Value(self.map(record, node, (entries, *sorted))?)
            }
            DataType::Utf8 if has_elements => {
                let mut out = String::new();
                for child in children {
                    inner_xml(document, *child, &mut out);
                }
                Found::Value(Arc::new(StringArray::from(vec![out])))
            }
            _ => {
                let text = document.text_of(node);
                match self.leaf(&text, to)? {
                    Some(value) => Found::Value(value),
                    None => Found::Misfit(text),
                }
            }
        })
    }

    fn map(
        &self,
        record: &mut Record<'_>,
        node: usize,
        (entries, sorted): (&Arc<Field>, bool),
    ) -> Result<ArrayRef> {
        let (Some((_, value)), DataType::Struct(fields)) = (pair(entries), entries.data_type())
        else {
            return Err(Error::internal("a map without entries"));
        };
        let document = record.document;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for child in &document.nodes[node].children {
            let Content::Element(name) = &document.nodes[*child].content else {
                continue;
            };
            match self.element(record, *child, value.data_type())? {
                Found::Value(found) => {
                    names.push(self.options.name(name));
                    values.push(found);
                }
                Found::Misfit(_) => record.is_bad = true,
            }
        }
        let n_entries = names.len();
        let columns = vec![
            Arc::new(StringArray::from(names)) as ArrayRef,
            joined(&values, value.data_type())?,
        ];
        let pairs = StructArray::try_new_with_length(fields.clone(), columns, None, n_entries)?;
        let offsets = OffsetBuffer::from_lengths([n_entries]);
        Ok(Arc::new(MapArray::try_new(
            Arc::clone(entries),
            offsets,
            pairs,
            None,
            sorted,
        )?))
    }

    /// A text as a value; none if it does not fit. Empty text is null to all but strings.
    fn leaf(&self, text: &str, to: &DataType) -> Result<Option<ArrayRef>> {
        let text = if self.options.trims {
            text.trim()
        } else {
            text
        };
        let is_null = self.options.null_value.as_deref() == Some(text)
            || (text.trim().is_empty() && *to != DataType::Utf8);
        if is_null {
            return Ok(Some(new_null_array(to, 1)));
        }
        let pattern = match to {
            DataType::Date32 => self.date.as_ref(),
            DataType::Timestamp(..) => self.timestamp.as_ref(),
            _ => None,
        };
        if let Some(pattern) = pattern {
            let zone = Zone::Region(self.plain.time_zone);
            let Ok(micros) = pattern.read(
                text,
                if *to == DataType::Date32 {
                    Zone::Fixed(0)
                } else {
                    zone
                },
            ) else {
                return Ok(None);
            };
            let days = i32::try_from(micros.div_euclid(DAY)).ok();
            return Ok(Some(match to {
                DataType::Date32 => arrow::compute::cast(&Int32Array::from(vec![days]), to)?,
                _ => labelled(
                    arrow::array::PrimitiveArray::<Int64Type>::from(vec![micros]),
                    to,
                )?,
            }));
        }
        let column: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let job = Cast {
            to: to.clone(),
            ..self.plain.clone()
        };
        let found = job.run(&column)?;
        Ok((!found.is_null(0)).then_some(found))
    }
}

/// What one element of a field is: an array takes them one by one.
fn item_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::List(item) => item.data_type(),
        other => other,
    }
}

/// A field's column: all that was found for an array, the last for anything else.
fn column(field: &Field, values: Vec<ArrayRef>) -> Result<ArrayRef> {
    let (DataType::List(item), false) = (field.data_type(), values.is_empty()) else {
        let last = values.into_iter().next_back();
        return Ok(last.unwrap_or_else(|| new_null_array(field.data_type(), 1)));
    };
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    let items = joined(&values, item.data_type())?;
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        offsets,
        items,
        None,
    )?))
}

/// A node as it stood in the text.
fn inner_xml(document: &Document, node: usize, out: &mut String) {
    let node = &document.nodes[node];
    match &node.content {
        Content::Text(text) => out.push_str(text),
        Content::Element(name) => {
            out.push_str(&format!("<{name}"));
            for attribute in &node.attributes {
                if let Content::Attribute(name, value) = &document.nodes[*attribute].content {
                    out.push_str(&format!(" {name}=\"{value}\""));
                }
            }
            out.push('>');
            for child in &node.children {
                inner_xml(document, *child, out);
            }
            out.push_str(&format!("</{name}>"));
        }
        _ => {}
    }
}
