//! Reading optional message fields: what the schema cannot say is required, the reader says.
//!
//! Knows no error class and no status; the caller turns [`MissingField`] into its own error.

/// A field that must be set was not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not set `{0}`, which it must")]
pub struct MissingField(pub &'static str);

/// Turns an optional proto field into its value, or names the field that is missing.
pub trait Required<T> {
    /// The value, or an error with the field's path, such as `filter.input`.
    fn required(self, field: &'static str) -> Result<T, MissingField>;
}

impl<T> Required<T> for Option<T> {
    fn required(self, field: &'static str) -> Result<T, MissingField> {
        self.ok_or(MissingField(field))
    }
}

impl<'a, T> Required<&'a T> for &'a Option<T> {
    fn required(self, field: &'static str) -> Result<&'a T, MissingField> {
        self.as_ref().ok_or(MissingField(field))
    }
}
