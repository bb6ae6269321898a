//! Spark types in their notations. Inside the engine a type is an Arrow [`DataType`]:
//!
//! | Spark | Arrow |
//! |---|---|
//! | timestamp | `Timestamp(us, "UTC")`; the session's zone is put on at the edge |
//! | timestamp_ntz | `Timestamp(us)` |
//! | interval day to second | `Duration(us)` |
//! | interval year to month | `Interval(YearMonth)` |
//! | interval | `Interval(MonthDayNano)` |
//! | intervals of fewer fields | the same, with a note on the field (`interval.rs`) |
//! | char(n), varchar(n) | `Utf8`, with Spark's own metadata key on the field |
//! | void | `Null` |
//! | variant | a struct of two binaries with a mark (`variant.rs`) |
//!
//! Nullability of elements, values and fields is Arrow's own. Knows no expressions.

pub(crate) mod arrow;
pub(crate) mod coerce;
pub(crate) mod interval;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod proto;
pub(crate) mod tree;
pub(crate) mod variant;

pub(crate) use names::{field_type, simple_string, sql_name};
