//! Which fields an interval type has: `INTERVAL DAY`, `INTERVAL HOUR TO SECOND`.
//!
//! Arrow has one type for all of them, so that a column of fewer fields carries a note in its
//! metadata, as one of `char(n)` does; without it the type has all fields. So do the fields that
//! Arrow has inside of types, for elements of arrays and maps and fields of structs.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit};

use super::arrow::with_type;

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

/// The fields of the intervals inside of types: of days, and of months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Inside {
    days: Option<Fields>,
    months: Option<Fields>,
}

impl Inside {
    /// The same with the intervals of one more type.
    #[must_use]
    pub(crate) fn and(mut self, data_type: &DataType, metadata: &HashMap<String, String>) -> Self {
        match data_type {
            DataType::List(item) => self.and(item.data_type(), item.metadata()),
            DataType::Map(entries, _) => self.and(entries.data_type(), entries.metadata()),
            DataType::Struct(fields) => fields.iter().fold(self, |all, field| {
                all.and(field.data_type(), field.metadata())
            }),
            leaf => {
                let kind = match leaf {
                    DataType::Duration(_) => &mut self.days,
                    _ => &mut self.months,
                };
                if let Some(fields) = Fields::of(leaf, metadata) {
                    *kind = Some(kind.map_or(fields, |known| known.with(fields)));
                }
                self
            }
        }
    }

    /// The fields of an interval type.
    pub(crate) fn of(&self, data_type: &DataType) -> Option<Fields> {
        match data_type {
            DataType::Duration(_) => self.days,
            DataType::Interval(IntervalUnit::YearMonth) => self.months,
            _ => None,
        }
    }

    /// The type with these notes on the intervals inside of it that have none.
    pub(crate) fn noted(&self, data_type: &DataType) -> DataType {
        if *self == Self::default() {
            return data_type.clone();
        }
        let field = |field: &Arc<Field>| {
            let mut noted = with_type(field, self.noted(field.data_type()));
            if let Some(fields) = self.of(field.data_type())
                && !field.metadata().contains_key(NOTE)
            {
                let mut metadata = Arc::new(field.metadata().clone());
                fields.note(field.data_type(), &mut metadata);
                noted = noted.with_metadata(Arc::unwrap_or_clone(metadata));
            }
            Arc::new(noted)
        };
        match data_type {
            DataType::List(item) => DataType::List(field(item)),
            DataType::Map(entries, sorted) => DataType::Map(field(entries), *sorted),
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
            leaf => leaf.clone(),
        }
    }
}

/// The type without notes inside of it.
pub(crate) fn plain(data_type: &DataType) -> DataType {
    let field = |field: &Arc<Field>| {
        let mut metadata = field.metadata().clone();
        metadata.remove(NOTE);
        Arc::new(with_type(field, plain(field.data_type())).with_metadata(metadata))
    };
    match data_type {
        DataType::List(item) => DataType::List(field(item)),
        DataType::Map(entries, sorted) => DataType::Map(field(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        leaf => leaf.clone(),
    }
}
