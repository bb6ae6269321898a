//! What `CAST` does to values, by pair of types, as Spark's `Cast` does it.

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use chrono_tz::Tz;

use crate::error::{Error, QueryContext, Result};
use crate::functions::CastMode;
use crate::types::arrow::{relabel, same_shape};
use crate::types::coerce::{is_integral, is_numeric};

/// Whether Spark plans such a cast at all.
pub(crate) fn allowed(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    let _ = mode;
    from == to
        || *from == DataType::Null
        || same_shape(from, to)
        || (is_numeric(from) && is_numeric(to))
        || *to == DataType::Utf8
}

/// Whether the result may be null though the value is not.
pub(crate) fn may_null(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    mode != CastMode::Ansi && !is_plain(from, to)
}

/// Whether Arrow's own cast gives Spark's result for every value, so that DataFusion may see
/// through it.
pub(crate) fn is_plain(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Int8, DataType::Int16 | DataType::Int32 | DataType::Int64)
        | (DataType::Int16, DataType::Int32 | DataType::Int64)
        | (DataType::Int32, DataType::Int64)
        | (DataType::Float32, DataType::Float64) => true,
        (a, DataType::Float32 | DataType::Float64) => is_integral(a),
        _ => false,
    }
}

/// One cast, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) from: DataType,
    pub(crate) to: DataType,
    pub(crate) mode: CastMode,
    pub(crate) time_zone: Tz,
    pub(crate) origin: Option<QueryContext>,
}

impl Cast {
    /// Everything that sets this cast apart from another.
    pub(crate) fn identity(&self) -> String {
        format!("{:?}", self)
    }

    /// Casts every value.
    pub(crate) fn run(&self, array: &ArrayRef) -> Result<ArrayRef> {
        if same_shape(&self.from, &self.to) {
            return relabel(array, &self.to);
        }
        if array.null_count() == array.len() {
            return Ok(new_null_array(&self.to, array.len()));
        }
        let options = CastOptions {
            safe: self.mode != CastMode::Ansi,
            ..Default::default()
        };
        cast_with_options(array, &self.to, &options)
            .map_err(|error| Error::internal(error.to_string()).at(self.origin.clone()))
    }
}
