//! Which fields an interval type has: `INTERVAL DAY`, `INTERVAL HOUR TO SECOND`.
//!
//! Arrow has one type for all of them, so that a column of fewer fields carries a note in its
//! metadata, as one of `char(n)` does; without it the type has all fields. Elements of arrays and
//! maps have all fields.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalUnit};

/// The metadata key of the note, which clients never see.
pub(crate) const NOTE: &str = "__SPARRING_INTERVAL_FIELDS";

/// The first and last field: day 0 to second 3, or year 0 and month 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    /// The largest unit.
    pub(crate) start: i32,
    /// The smallest unit.
    pub(crate) end: i32,
}

impl Fields {
    /// One unit alone.
    pub(crate) const DAY: Self = Self { start: 0, end: 0 };

    /// All fields of an interval type; `None` for other types.
    pub(crate) fn all(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Duration(_) => Some(Self { start: 0, end: 3 }),
            DataType::Interval(IntervalUnit::YearMonth) => Some(Self { start: 0, end: 1 }),
            _ => None,
        }
    }

    /// The fields of a type and its note.
    pub(crate) fn of(data_type: &DataType, metadata: &HashMap<String, String>) -> Option<Self> {
        let all = Self::all(data_type)?;
        let noted = metadata.get(NOTE).and_then(|text| {
            let (start, end) = text.split_once(',')?;
            Some(Self {
                start: start.parse().ok()?,
                end: end.parse().ok()?,
            })
        });
        Some(noted.unwrap_or(all))
    }

    /// The fields of both, as their common type has them.
    #[must_use]
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The note of these fields, in place of any that was there.
    pub(crate) fn note(self, data_type: &DataType, metadata: &mut Arc<HashMap<String, String>>) {
        let is_all = Self::all(data_type).is_none_or(|all| all == self);
        if !is_all {
            Arc::make_mut(metadata).insert(NOTE.to_owned(), format!("{},{}", self.start, self.end));
        } else if metadata.contains_key(NOTE) {
            Arc::make_mut(metadata).remove(NOTE);
        }
    }

    /// Spark's name of the type: `interval day to hour`.
    pub(crate) fn name(self, data_type: &DataType) -> String {
        let units: &[&str] = match data_type {
            DataType::Duration(_) => &["day", "hour", "minute", "second"],
            _ => &["year", "month"],
        };
        let unit = |field: i32| {
            let place = usize::try_from(field).unwrap_or(0);
            units.get(place).copied().unwrap_or_default()
        };
        if self.start == self.end {
            format!("interval {}", unit(self.start))
        } else {
            format!("interval {} to {}", unit(self.start), unit(self.end))
        }
    }
}
