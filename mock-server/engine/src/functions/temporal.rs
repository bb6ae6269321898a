//! Operators on dates, times and intervals: what `+ - * /` mean when one of them is involved.

use std::sync::Arc;

use super::Call;
use super::arithmetic::{Failure, Operator};
use crate::error::Result;
use crate::plan::typed::Typed;

/// The operator's value if an operand is a date, a time or an interval; `None` leaves it to numbers.
pub(super) fn arithmetic(
    _call: &Call<'_>,
    _operator: Operator,
    _failure: Failure,
    _name: &Arc<str>,
) -> Result<Option<Typed>> {
    Ok(None)
}
