//! Orders, windows, and the keys of groups.

use sparring_proto::connect::Expression;
use sparring_proto::connect::expression::window::window_frame::{
    FrameType, frame_boundary::Boundary,
};
use sparring_proto::connect::expression::{
    ExprType, SortOrder, Window, literal::LiteralType, sort_order as order,
};

use super::expression::{Text, all, child, one, texts};
use crate::explain::analyzed::Analyzed;
use crate::explain::notation;

/// `rollup(Vector(0), Vector(1), 'a, 'b)`: every set by the places of its members.
pub(super) fn grouping(name: &str, sets: &[Vec<String>]) -> String {
    let mut members: Vec<&String> = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for set in sets {
        let mut places = Vec::new();
        for member in set {
            let known = members.iter().position(|known| *known == member);
            places.push(known.unwrap_or(members.len()).to_string());
            if known.is_none() {
                members.push(member);
            }
        }
        parts.push(format!("Vector({})", places.join(", ")));
    }
    parts.extend(members.into_iter().cloned());
    format!("{name}({})", parts.join(", "))
}

/// The place of a column that a number means in ORDER BY and GROUP BY.
pub(super) fn ordinal(of: Analyzed<'_>, expression: &Expression) -> Option<Text> {
    match &expression.expr_type {
        Some(ExprType::Literal(value)) if of.sql => match value.literal_type {
            Some(LiteralType::Integer(place)) => {
                Some(Text::unresolved(format!("unresolvedordinal({place})")))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A sort key with Spark's default order of nulls.
pub(super) fn sort_order(of: Analyzed<'_>, key: &SortOrder) -> Text {
    let value = key.child.as_deref().and_then(|child| ordinal(of, child));
    let value = value.unwrap_or_else(|| child(of, key.child.as_deref()));
    let ascending = key.direction() != order::SortDirection::Descending;
    let nulls_first = match key.null_ordering() {
        order::NullOrdering::SortNullsFirst => true,
        order::NullOrdering::SortNullsLast => false,
        order::NullOrdering::SortNullsUnspecified => ascending,
    };
    Text::of(
        notation::order(&value.text, ascending, nulls_first),
        &[value],
    )
}

pub(super) fn windowed(of: Analyzed<'_>, window: &Window) -> Text {
    let call = child(of, window.window_function.as_deref());
    let mut parts = texts(all(of, &window.partition_spec));
    parts.extend(
        window
            .order_spec
            .iter()
            .map(|order| sort_order(of, order).text),
    );
    let boundary = |boundary: Option<&Boundary>, lower: bool| match boundary {
        Some(Boundary::CurrentRow(_)) => "currentrow$()".to_owned(),
        Some(Boundary::Unbounded(_)) if lower => "unboundedpreceding$()".to_owned(),
        Some(Boundary::Unbounded(_)) | None => "unboundedfollowing$()".to_owned(),
        Some(Boundary::Value(value)) => one(of, value).text,
    };
    parts.push(match &window.frame_spec {
        Some(frame) if frame.frame_type() != FrameType::Undefined => {
            let kind = match frame.frame_type() {
                FrameType::Row => "RowFrame",
                FrameType::Range | FrameType::Undefined => "RangeFrame",
            };
            let lower = frame
                .lower
                .as_deref()
                .and_then(|bound| bound.boundary.as_ref());
            let upper = frame
                .upper
                .as_deref()
                .and_then(|bound| bound.boundary.as_ref());
            format!(
                "specifiedwindowframe({kind}, {}, {})",
                boundary(lower, true),
                boundary(upper, false)
            )
        }
        _ => "unspecifiedframe$()".to_owned(),
    });
    Text::unresolved(format!(
        "{} windowspecdefinition({})",
        call.text,
        parts.join(", ")
    ))
}
