//! Protocol tests: a real server on a real socket, and a client of our own that can also speak
//! wrongly. What Spark means by a plan is tested in the engine; `range` is enough here.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests are tests, which lints do not see"
)]

mod artifacts;
mod client;
mod config;
mod control;
mod errors;
mod gateway;
mod habits;
mod operations;
mod rest;
mod sessions;
mod tls;
mod tunnel;
mod unset;
