//! `show()`: the text tables that Spark prints, and the text of each value in them.
//!
//! After Spark's `Dataset.showString`, `htmlString` and `ToPrettyString`. Knows no plans: rows come
//! in, one string goes out.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use chrono_tz::Tz;

use crate::error::{Error, Result};
use crate::functions::kernels::text;
use crate::functions::kernels::variant::columns::Reader;
use crate::functions::kernels::variant::json::to_json;
use crate::types::variant::is_variant;

/// How a table is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Rows shown at most.
    pub(crate) rows: usize,
    /// The width that longer cells are cut to; 0 keeps them and aligns left.
    pub(crate) truncate: usize,
    /// One line for each value instead of one for each row.
    pub(crate) vertical: bool,
}

/// The narrowest column.
const MINIMUM_WIDTH: usize = 3;

/// The table as `show` prints it; `batches` hold one row more than shown when there is more.
pub(crate) fn text_table(
    names: &[&str],
    batches: &[RecordBatch],
    style: Style,
    zone: Tz,
) -> Result<String> {
    let (header, rows, more) = cells(names, batches, style, zone)?;
    let mut out = String::new();
    if style.vertical {
        vertical(&mut out, &header, &rows);
        if rows.is_empty() {
            out.push_str("(0 rows)");
            return Ok(out);
        }
    } else {
        horizontal(&mut out, &header, &rows, style.truncate > 0);
    }
    footer(&mut out, more, style.rows);
    Ok(out)
}

/// The table as notebooks show it.
pub(crate) fn html_table(
    names: &[&str],
    batches: &[RecordBatch],
    style: Style,
    zone: Tz,
) -> Result<String> {
    let (header, rows, more) = cells(names, batches, style, zone)?;
    let mut out = String::from("<table border='1'>\n");
    let mut line = |cells: &[String], tag: &str| {
        out.push_str("<tr>");
        for cell in cells {
            out.push_str(&format!("<{tag}>{}</{tag}>", escape_html(cell)));
        }
        out.push_str("</tr>\n");
    };
    line(&header, "th");
    rows.iter().for_each(|row| line(row, "td"));
    out.push_str("</table>\n");
    footer(&mut out, more, style.rows);
    Ok(out)
}

fn footer(out: &mut String, more: bool, rows: usize) {
    if more {
        let word = if rows == 1 { "row" } else { "rows" };
        out.push_str(&format!("only showing top {rows} {word}"));
    }
}

type Cells = (Vec<String>, Vec<Vec<String>>, bool);

/// Header, rows, and whether there are more rows than may be shown.
fn cells(names: &[&str], batches: &[RecordBatch], style: Style, zone: Tz) -> Result<Cells> {
    let header = names.iter().map(|name| escape(name)).collect();
    let mut rows = Vec::new();
    let mut more = false;
    for batch in batches {
        for row in 0..batch.num_rows() {
            if rows.len() == style.rows {
                more = true;
                break;
            }
            let cells = batch
                .columns()
                .iter()
                .map(|column| Ok(cut(escape(&pretty(column, row, zone)?), style.truncate)))
                .collect::<Result<Vec<_>>>()?;
            rows.push(cells);
        }
    }
    Ok((header, rows, more))
}

/// A long cell ends in dots, unless there is no room for them.
fn cut(cell: String, truncate: usize) -> String {
    if truncate == 0 || cell.encode_utf16().count() <= truncate {
        return cell;
    }
    // Java counts and cuts in UTF-16 units.
    let units: Vec<u16> = cell.encode_utf16().collect();
    if truncate < 4 {
        return String::from_utf16_lossy(&units[..truncate]);
    }
    format!("{}...", String::from_utf16_lossy(&units[..truncate - 3]))
}

/// Columns on a terminal: East Asian wide characters take two.
fn width(cell: &str) -> usize {
    cell.chars()
        .map(|c| c.len_utf16() + usize::from(is_wide(c)))
        .sum()
}

fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE10}'..='\u{FE19}' | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}')
}

fn horizontal(out: &mut String, header: &[String], rows: &[Vec<String>], right: bool) {
    let mut widths = vec![MINIMUM_WIDTH; header.len()];
    for row in std::iter::once(header).chain(rows.iter().map(Vec::as_slice)) {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let rule = format!("+{}+\n", dashes.join("+"));
    let line = |out: &mut String, cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, widest)| {
                let space = " ".repeat(widest - width(cell));
                if right {
                    format!("{space}{cell}")
                } else {
                    format!("{cell}{space}")
                }
            })
            .collect();
        out.push_str(&format!("|{}|\n", padded.join("|")));
    };
    out.push_str(&rule);
    line(out, header);
    out.push_str(&rule);
    rows.iter().for_each(|row| line(out, row));
    out.push_str(&rule);
}

fn vertical(out: &mut String, header: &[String], rows: &[Vec<String>]) {
    let widest = |cells: &mut dyn Iterator<Item = &String>| {
        cells
            .map(|cell| width(cell))
            .fold(MINIMUM_WIDTH, usize::max)
    };
    let name_width = widest(&mut header.iter());
    let value_width = widest(&mut rows.iter().flatten());
    let pad = |cell: &str, to: usize| format!("{cell}{}", " ".repeat(to - width(cell)));
    for (index, row) in rows.iter().enumerate() {
        let title = format!("-RECORD {index}");
        let dashes = (name_width + value_width + 5).saturating_sub(title.len());
        out.push_str(&format!("{title}{}\n", "-".repeat(dashes)));
        for (name, cell) in header.iter().zip(row) {
            out.push_str(&format!(
                " {} | {} \n",
                pad(name, name_width),
                pad(cell, value_width)
            ));
        }
        if row.is_empty() {
            out.push('\n');
        }
    }
}

/// Control characters as their escapes, so that a table keeps its lines.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{7}' => out.push_str("\\a"),
            other => out.push(other),
        }
    }
    out
}

/// The entities of HTML 4 that text needs, and Latin-1 by name as commons-text writes it, are cut
/// down to the ones that change meaning: browsers read all others as they stand.
fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One value as `show` writes it.
pub(crate) fn pretty(array: &ArrayRef, row: usize, zone: Tz) -> Result<String> {
    if array.is_null(row) {
        return Ok("NULL".into());
    }
    Ok(match array.data_type() {
        DataType::Null => "NULL".into(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => text::float(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => text::double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            text::decimal_plain(array.as_primitive::<Decimal128Type>().value(row), *scale)
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => {
            let bytes: Vec<String> = array
                .as_binary::<i32>()
                .value(row)
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect();
            format!("[{}]", bytes.join(" "))
        }
        DataType::Date32 => text::date(array.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(_, label) => {
            let micros = array
                .as_primitive_opt::<TimestampMicrosecondType>()
                .ok_or_else(|| unprintable(array))?
                .value(row);
            if label.is_some() {
                text::timestamp(micros, zone)
            } else {
                text::timestamp_ntz(micros)
            }
        }
        DataType::Duration(_) => text::day_time_interval(
            array
                .as_primitive_opt::<DurationMicrosecondType>()
                .ok_or_else(|| unprintable(array))?
                .value(row),
        ),
        DataType::Interval(_) => match array.as_primitive_opt::<IntervalYearMonthType>() {
            Some(months) => text::year_month_interval(months.value(row)),
            None => other(array, row)?,
        },
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            format!("[{}]", sequence(&items, zone)?.join(", "))
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let keys = sequence(entries.column(0), zone)?;
            let values = sequence(entries.column(1), zone)?;
            let pairs: Vec<String> = keys
                .iter()
                .zip(values)
                .map(|(key, value)| format!("{key} -> {value}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        found if is_variant(found) => match Reader::of(array)?.get(row) {
            Some(value) => to_json(value, zone)?,
            None => "NULL".to_owned(),
        },
        DataType::Struct(_) => {
            let fields = array
                .as_struct()
                .columns()
                .iter()
                .map(|field| pretty(field, row, zone))
                .collect::<Result<Vec<_>>>()?;
            format!("{{{}}}", fields.join(", "))
        }
        _ => other(array, row)?,
    })
}

fn sequence(items: &ArrayRef, zone: Tz) -> Result<Vec<String>> {
    (0..items.len())
        .map(|index| pretty(items, index, zone))
        .collect()
}

/// Types without a Spark form of their own here: TIME and calendar intervals.
fn other(array: &ArrayRef, row: usize) -> Result<String> {
    Ok(arrow::util::display::array_value_to_string(array, row)?)
}

fn unprintable(array: &ArrayRef) -> Error {
    Error::internal(format!(
        "a value of type {} cannot be shown",
        array.data_type()
    ))
}
