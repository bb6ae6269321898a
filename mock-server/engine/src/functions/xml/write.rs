//! `to_xml`: a struct as an element, as Spark's `StaxXmlGenerator` writes it.

use std::sync::Arc;

use arrow::array::builder::StringBuilder;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, IntervalUnit, TimestampMicrosecondType};

use super::options::Options;
use crate::error::{Error, Exception, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::Cast;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::variant::columns::Reader as VariantReader;
use crate::functions::kernels::variant::{Kind, Variant};
use crate::functions::kernels::zone::Zone;
use crate::functions::{Call, CastMode};
use crate::plan::typed::Typed;
use crate::types::variant::is_variant;

pub(super) fn to_xml(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let value = call.arg(0)?.clone();
    let name = format!("to_xml({})", value.name);
    let options = Options::of(call, 1)?;
    if value.data_type == DataType::Null {
        return Ok(Typed::null(DataType::Utf8).named(name));
    }
    if !matches!(value.data_type, DataType::Struct(_)) {
        let shown = format!("\"{name}\"");
        return Err(call.unexpected_type(0, "STRUCT").with("sqlExpr", shown));
    }
    if has_interval(&value.data_type) {
        return Err(Error::unsupported("`to_xml` of intervals").at(call.origin.clone()));
    }
    let pattern = |given: &Option<String>, default: &str| {
        Pattern::parse(given.as_deref().unwrap_or(default), false)
    };
    let writer = Writer {
        zone: Zone::Region(call.context.time_zone),
        timestamp: pattern(
            &options.timestamp_format,
            "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]",
        )?,
        timestamp_ntz: pattern(&None, "yyyy-MM-dd'T'HH:mm:ss[.SSS]")?,
        date: pattern(&options.date_format, "yyyy-MM-dd")?,
        plain: Cast {
            from: DataType::Null,
            to: DataType::Utf8,
            mode: CastMode::Ansi,
            time_zone: call.context.time_zone,
            now_us: call.context.now_us,
            origin: None,
            fields: None,
        },
        options,
    };
    Ok(Kernel::typed(
        "to_xml",
        format!("{writer:?}"),
        (DataType::Utf8, true),
        vec![value.expr],
        name,
        move |args| {
            let rows = args.array(0)?;
            let mut out = StringBuilder::new();
            for row in 0..args.rows {
                if rows.is_null(row) {
                    out.append_null();
                    continue;
                }
                let mut text = String::new();
                let tag = writer.options.row_tag.as_str();
                writer.element(tag, Value::Cell(&rows, row), 0, &mut text)?;
                if writer.options.indent.is_empty() {
                    text.push('\n');
                }
                out.append_value(text);
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

fn has_interval(data_type: &DataType) -> bool {
    match data_type {
        DataType::Duration(_) | DataType::Interval(IntervalUnit::YearMonth) => true,
        DataType::List(item) | DataType::Map(item, _) => has_interval(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_interval(field.data_type())),
        _ => false,
    }
}

#[derive(Debug)]
struct Writer {
    options: Options,
    zone: Zone,
    timestamp: Pattern,
    timestamp_ntz: Pattern,
    date: Pattern,
    plain: Cast,
}

/// A value on its way: a cell of a column, or a part of a variant.
#[derive(Clone, Copy)]
enum Value<'a> {
    Cell(&'a ArrayRef, usize),
    Part(Variant<'a>),
}

/// The shape of a value.
enum Shape<'a> {
    Null,
    Leaf(String),
    Items(ArrayRef),
    Parts(Vec<Variant<'a>>),
    Members(Vec<(String, Member<'a>)>),
}

/// A member of a struct, a map's entry or an object's.
enum Member<'a> {
    Cell(ArrayRef, usize),
    Part(Variant<'a>),
}

impl Member<'_> {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Cell(column, row) => Value::Cell(column, *row),
            Self::Part(part) => Value::Part(*part),
        }
    }
}

impl Writer {
    fn shape<'a>(&self, value: Value<'a>) -> Result<Shape<'a>> {
        let (column, row) = match value {
            Value::Part(part) => return self.variant(part),
            Value::Cell(column, row) => (column, row),
        };
        if column.is_null(row) || *column.data_type() == DataType::Null {
            return Ok(Shape::Null);
        }
        if is_variant(column.data_type()) {
            return match VariantReader::of(column)?.get(row) {
                Some(part) => self.variant(part),
                None => Ok(Shape::Null),
            };
        }
        Ok(match column.data_type() {
            DataType::Struct(fields) => {
                let columns = column.as_struct().columns().iter();
                let members = fields.iter().zip(columns).map(|(field, column)| {
                    (field.name().clone(), Member::Cell(Arc::clone(column), row))
                });
                Shape::Members(members.collect())
            }
            DataType::Map(..) => {
                let entries = column.as_map().value(row);
                let mut members = Vec::with_capacity(entries.len());
                for index in 0..entries.len() {
                    let name = self.text(entries.column(0), index)?;
                    members.push((name, Member::Cell(Arc::clone(entries.column(1)), index)));
                }
                Shape::Members(members)
            }
            DataType::List(_) => Shape::Items(column.as_list::<i32>().value(row)),
            DataType::Timestamp(_, zone) => {
                let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
                Shape::Leaf(match zone {
                    Some(_) => self.timestamp.format(micros, self.zone)?,
                    None => self.timestamp_ntz.format(micros, Zone::Fixed(0))?,
                })
            }
            DataType::Date32 => {
                let days = column.as_primitive::<Date32Type>().value(row);
                Shape::Leaf(self.date.format(i64::from(days) * DAY, Zone::Fixed(0))?)
            }
            DataType::Binary => {
                let bytes = column.as_binary::<i32>().value(row).iter();
                let digits: Vec<String> = bytes.map(|byte| format!("{byte:02X}")).collect();
                Shape::Leaf(format!("[{}]", digits.join(" ")))
            }
            _ => Shape::Leaf(self.text(column, row)?),
        })
    }

    fn variant<'a>(&self, part: Variant<'a>) -> Result<Shape<'a>> {
        Ok(match part.kind()? {
            Kind::Null => Shape::Null,
            Kind::Array(items) => Shape::Parts(items),
            Kind::Object(members) => Shape::Members(
                members
                    .into_iter()
                    .map(|(name, part)| (name.to_owned(), Member::Part(part)))
                    .collect(),
            ),
            Kind::Text(text) => Shape::Leaf(text.to_owned()),
            _ => {
                let json = crate::functions::kernels::variant::json::to_json;
                let text = json(part, self.plain.time_zone)?;
                Shape::Leaf(text.trim_matches('"').to_owned())
            }
        })
    }

    /// The text that a cast to string gives.
    fn text(&self, column: &ArrayRef, row: usize) -> Result<String> {
        let job = Cast {
            from: column.data_type().clone(),
            ..self.plain.clone()
        };
        let one = job.run(&column.slice(row, 1))?;
        Ok(one.as_string::<i32>().value(0).to_owned())
    }

    fn line(&self, depth: usize, out: &mut String) {
        if depth > 0 && !self.options.indent.is_empty() {
            out.push('\n');
            out.push_str(&self.options.indent.repeat(depth));
        }
    }

    /// An element; arrays become one after the other.
    fn element(&self, tag: &str, value: Value<'_>, depth: usize, out: &mut String) -> Result<()> {
        checked_name(tag)?;
        match self.shape(value)? {
            Shape::Null => {
                if let Some(text) = &self.options.null_value {
                    self.leaf(tag, text, depth, out);
                }
            }
            Shape::Leaf(text) => self.leaf(tag, &text, depth, out),
            Shape::Items(items) => {
                for index in 0..items.len() {
                    self.item(tag, Value::Cell(&items, index), depth, out)?;
                }
            }
            Shape::Parts(items) => {
                for item in items {
                    self.item(tag, Value::Part(item), depth, out)?;
                }
            }
            Shape::Members(members) => self.members(tag, &members, depth, out)?,
        }
        Ok(())
    }

    /// An array in an array is wrapped, its items under a name of their own.
    fn item(&self, tag: &str, value: Value<'_>, depth: usize, out: &mut String) -> Result<()> {
        let inner: Vec<Member<'_>> = match self.shape(value)? {
            Shape::Items(items) => (0..items.len())
                .map(|index| Member::Cell(Arc::clone(&items), index))
                .collect(),
            Shape::Parts(items) => items.into_iter().map(Member::Part).collect(),
            _ => return self.element(tag, value, depth, out),
        };
        let wrapped = inner
            .into_iter()
            .map(|member| (self.options.item_tag.clone(), member));
        self.members(tag, &wrapped.collect::<Vec<_>>(), depth, out)
    }

    fn leaf(&self, tag: &str, text: &str, depth: usize, out: &mut String) {
        self.line(depth, out);
        out.push_str(&format!("<{tag}>"));
        escape(text, false, out);
        out.push_str(&format!("</{tag}>"));
    }

    fn members(
        &self,
        tag: &str,
        members: &[(String, Member<'_>)],
        depth: usize,
        out: &mut String,
    ) -> Result<()> {
        checked_name(tag)?;
        self.line(depth, out);
        out.push_str(&format!("<{tag}"));
        let (mut text, mut inside) = (String::new(), Vec::new());
        for (name, member) in members {
            let attribute = name
                .strip_prefix(&self.options.attribute_prefix)
                .filter(|rest| !rest.is_empty() && *name != self.options.value_tag);
            match (attribute, self.shape(member.value())?) {
                (_, Shape::Leaf(leaf)) if *name == self.options.value_tag => text.push_str(&leaf),
                (Some(attribute), Shape::Leaf(leaf)) => {
                    checked_name(attribute)?;
                    out.push_str(&format!(" {attribute}=\""));
                    escape(&leaf, true, out);
                    out.push('"');
                }
                (Some(_), Shape::Null) => {}
                _ => inside.push((name, member)),
            }
        }
        let head = out.len();
        out.push('>');
        escape(&text, false, out);
        let before = out.len();
        for (name, member) in inside {
            self.element(name, member.value(), depth + 1, out)?;
        }
        if out.len() == head + 1 {
            out.truncate(head);
            out.push_str("/>");
            return Ok(());
        }
        if out.len() > before && !self.options.indent.is_empty() {
            out.push('\n');
            out.push_str(&self.options.indent.repeat(depth));
        }
        out.push_str(&format!("</{tag}>"));
        Ok(())
    }
}

/// Java's writer refuses names that are none.
fn checked_name(name: &str) -> Result<()> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    match name.chars().find(|c| !is_name(*c)) {
        Some(c) => Err(Error::plain(
            Exception::Java("javax.xml.stream.XMLStreamException"),
            format!("Illegal name character '{c}' (code {})", u32::from(c)),
        )),
        None => Ok(()),
    }
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '"' if in_attribute => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
