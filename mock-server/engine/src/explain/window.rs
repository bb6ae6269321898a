//! Windows in Spark's notation: `windowspecdefinition(…)`, frames, and functions whose arguments
//! Spark writes out.
//!
//! Knows texts of keys and no expressions.

use chrono_tz::Tz;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};

use super::notation;

/// The specification of a window.
pub(super) fn specification(partition: Vec<String>, order: Vec<String>, frame: &str) -> String {
    let parts: Vec<String> = partition
        .into_iter()
        .chain(order)
        .chain([frame.to_owned()])
        .collect();
    format!("windowspecdefinition({})", parts.join(", "))
}

/// The frame of a function; ranking functions have their own, whatever is said.
pub(super) fn frame(function: &str, frame: &WindowFrame, zone: Tz) -> String {
    let (kind, lower, upper) = match function {
        "row_number" | "rank" | "dense_rank" | "ntile" | "percent_rank" => (
            "RowFrame",
            "unboundedpreceding$()".to_owned(),
            "currentrow$()".to_owned(),
        ),
        "cume_dist" => (
            "RangeFrame",
            "unboundedpreceding$()".to_owned(),
            "currentrow$()".to_owned(),
        ),
        "lag" => ("RowFrame", "-1".to_owned(), "-1".to_owned()),
        "lead" => ("RowFrame", "1".to_owned(), "1".to_owned()),
        _ => (
            match frame.units {
                WindowFrameUnits::Rows => "RowFrame",
                WindowFrameUnits::Range | WindowFrameUnits::Groups => "RangeFrame",
            },
            bound(&frame.start_bound, zone),
            bound(&frame.end_bound, zone),
        ),
    };
    format!("specifiedwindowframe({kind}, {lower}, {upper})")
}

fn bound(bound: &WindowFrameBound, zone: Tz) -> String {
    match bound {
        WindowFrameBound::CurrentRow => "currentrow$()".to_owned(),
        WindowFrameBound::Preceding(value) if value.is_null() => "unboundedpreceding$()".to_owned(),
        WindowFrameBound::Following(value) if value.is_null() => "unboundedfollowing$()".to_owned(),
        WindowFrameBound::Preceding(value) => format!("-{}", offset(value, zone)),
        WindowFrameBound::Following(value) => offset(value, zone),
    }
}

fn offset(value: &ScalarValue, zone: Tz) -> String {
    match value {
        ScalarValue::UInt64(Some(rows)) => rows.to_string(),
        other => notation::literal(other, zone),
    }
}

/// A window function with the arguments that Spark gives it.
pub(super) fn call(
    function: &str,
    mut args: Vec<String>,
    order: Vec<String>,
    most: usize,
) -> String {
    match (function, args.len()) {
        ("lag" | "lead", n) => {
            if n < 2 {
                args.push("1".to_owned());
            }
            if n < 3 {
                args.push("null".to_owned());
            }
            if let ("lag", Some(offset)) = (function, args.get_mut(1)) {
                *offset = match offset.strip_prefix('-') {
                    Some(positive) => positive.to_owned(),
                    None => format!("-{offset}"),
                };
            }
        }
        // To Spark what rows are ranked by is the argument.
        ("rank" | "dense_rank" | "percent_rank", _) => args = order,
        ("cume_dist" | "row_number", _) => args.clear(),
        _ => {}
    }
    super::tree::list(&args, (&format!("{function}("), ", ", ")"), most)
}
