//! Tables, files and statements, driven as a client drives them: SQL text and write commands in,
//! rows out. Every workspace is a temporary directory.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are tests, which lints do not see"
)]

mod catalog;
mod client;
mod files;
mod kedro;
mod statements;
