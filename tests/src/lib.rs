//! What the end-to-end and replay tests share: reading recorded cases, writing values in the
//! recorder's one canonical text, comparing answers.
//!
//! Knows no engine and no particular case; `tests/it` holds the tests, `fixtures/` the data, `tests/record` the
//! Python that records it from a real Spark.

pub mod compare;
pub mod explained;
pub mod fixture;
pub mod known;
pub mod machine;
pub mod render;
