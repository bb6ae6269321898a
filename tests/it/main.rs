//! End-to-end and replay tests, in one binary because each that links the engine is large.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests, which lints do not see"
)]

mod coverage;
mod explain;
mod garbled;
mod place;
mod replay;
mod semantics;
mod unset;
