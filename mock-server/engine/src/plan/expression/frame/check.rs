//! What Spark checks of a window frame before it runs, and how it complains.

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::logical_expr::{WindowFrameUnits, WindowFunctionDefinition};
use std::cmp::Ordering;

use super::{Bound, Key, as_i64, offset};
use crate::error::{Error, Result};
use crate::functions::{WindowCall, shown_type};
use crate::plan::typed::Typed;
use crate::types::coerce::{is_integral, is_numeric};

const RANGE_TYPES: &str =
    "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL\")";

/// What Spark's `SpecifiedWindowFrame` wants of its two ends.
pub(super) fn check_types(
    units: WindowFrameUnits,
    lower: &Bound,
    upper: &Bound,
    text: &str,
) -> Result<()> {
    let frame = ("sqlExpr", format!("\"{text}\""));
    for (bound, location) in [(lower, "lower"), (upper, "upper")] {
        let Some(offset) = bound.value() else {
            continue;
        };
        let found = &offset.value.data_type;
        let (is_accepted, expected) = match units {
            WindowFrameUnits::Rows => (*found == DataType::Int32, "\"INT\""),
            _ => {
                let is_interval = matches!(found, DataType::Duration(_) | DataType::Interval(_));
                (is_numeric(found) || is_interval, RANGE_TYPES)
            }
        };
        if !is_accepted {
            return Err(Error::new(
                "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
                [
                    frame,
                    ("location", location.to_owned()),
                    ("exprType", format!("\"{}\"", shown_type(&offset.value))),
                    ("expectedType", expected.to_owned()),
                ],
            ));
        }
    }
    let (Some(low), Some(high)) = (lower.value(), upper.value()) else {
        return Ok(());
    };
    let types = (shown_type(&low.value), shown_type(&high.value));
    if types.0 != types.1 {
        return Err(Error::new(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_DIFF_TYPES",
            [
                frame,
                ("lower", format!("\"{}\"", low.value.name)),
                ("upper", format!("\"{}\"", high.value.name)),
                ("lowerType", format!("\"{}\"", types.0)),
                ("upperType", format!("\"{}\"", types.1)),
            ],
        ));
    }
    Ok(())
}

/// A frame must not start behind its end, as far as constants tell.
pub(super) fn check_order(lower: &Bound, upper: &Bound, text: &str) -> Result<()> {
    let (Some(low), Some(high)) = (lower.value(), upper.value()) else {
        return Ok(());
    };
    let frame = ("sqlExpr", format!("\"{text}\""));
    if low.folded.partial_cmp(&high.folded) == Some(Ordering::Greater) && !high.folded.is_null() {
        let comparison = ("comparison", "less than or equal".to_owned());
        return Err(Error::new(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON",
            [frame, comparison],
        ));
    }
    Ok(())
}

/// What Spark's `WindowSpecDefinition` wants of a RANGE frame's order.
pub(super) fn check_range(
    keys: &[Key],
    lower: &Bound,
    upper: &Bound,
    spec: &[String],
    text: &str,
) -> Result<()> {
    let shown = [spec.join(" "), text.to_owned()].join(" ");
    let frame = ("sqlExpr", format!("\"({})\"", shown.trim_start()));
    let is_unbounded = matches!((lower, upper), (Bound::Unbounded, Bound::Unbounded));
    let value = lower.value().or(upper.value());
    match (keys, value) {
        ([], _) if !is_unbounded => Err(Error::new(
            "DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER",
            [frame],
        )),
        ([key], Some(offset)) if !fits(&key.value, &offset.value) => Err(Error::new(
            "DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE",
            [
                frame,
                ("orderSpecType", format!("\"{}\"", shown_type(&key.value))),
                (
                    "valueBoundaryType",
                    format!("\"{}\"", shown_type(&offset.value)),
                ),
            ],
        )),
        ([_, _, ..], Some(_)) => {
            let order: Vec<String> = keys.iter().map(numbered).collect();
            Err(Error::new(
                "DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER",
                [frame, ("orderSpec", order.join(","))],
            ))
        }
        _ => Ok(()),
    }
}

/// The key with the number of its column, as Spark's plans show it: `o#12 ASC NULLS FIRST`.
fn numbered(key: &Key) -> String {
    match key.value.id {
        Some(id) => {
            let rest = key.text.strip_prefix(key.value.name.as_ref());
            format!(
                "{}{}{}",
                key.value.name,
                id.internal_name(),
                rest.unwrap_or_default()
            )
        }
        None => key.text.clone(),
    }
}

fn fits(key: &Typed, offset: &Typed) -> bool {
    let year_month = DataType::Interval(IntervalUnit::YearMonth);
    let to = &offset.data_type;
    match &key.data_type {
        DataType::Date32 => {
            *to == DataType::Int32 || *to == year_month || shown_type(offset) == "INTERVAL DAY"
        }
        DataType::Timestamp(..) => matches!(to, DataType::Duration(_)) || *to == year_month,
        other if is_integral(other) => other == to,
        other => other == to && shown_type(key) == shown_type(offset),
    }
}

/// Ranks and their kin have one frame each, and may say no other.
pub(super) fn required_frame(
    call: &WindowCall,
    units: WindowFrameUnits,
    lower: &Bound,
    upper: &Bound,
) -> Result<()> {
    let WindowFunctionDefinition::WindowUDF(function) = &call.function else {
        return Ok(());
    };
    let name = function.name();
    if matches!(name, "lag" | "lead") {
        let looked_at = Some(offset(call, name == "lag"));
        let is_it = |bound: &Bound| bound.value().and_then(|o| as_i64(&o.folded)) == looked_at;
        if units == WindowFrameUnits::Rows && is_it(lower) && is_it(upper) {
            return Ok(());
        }
        return Err(Error::new("_LEGACY_ERROR_TEMP_1035", [("prettyName", name)]).placeless());
    }
    let required = if name == "cume_dist" {
        WindowFrameUnits::Range
    } else {
        WindowFrameUnits::Rows
    };
    if units == required && matches!((lower, upper), (Bound::Unbounded, Bound::CurrentRow)) {
        return Ok(());
    }
    let shown = |units: WindowFrameUnits, lower: &Bound, upper: &Bound| {
        let kind = match units {
            WindowFrameUnits::Rows => "RowFrame",
            WindowFrameUnits::Range | WindowFrameUnits::Groups => "RangeFrame",
        };
        let (lower, upper) = (lower.shown("preceding"), upper.shown("following"));
        format!("specifiedwindowframe({kind}, {lower}, {upper})")
    };
    Err(Error::new(
        "_LEGACY_ERROR_TEMP_1036",
        [
            ("wf", shown(units, lower, upper)),
            (
                "required",
                shown(required, &Bound::Unbounded, &Bound::CurrentRow),
            ),
        ],
    )
    .placeless())
}
