//! What the end-to-end and replay tests share: reading recorded cases and writing values in the
//! recorder's one canonical text.
//!
//! Knows nothing of how cases were recorded; `tests/record/` does.

pub mod render;
pub mod slt;
