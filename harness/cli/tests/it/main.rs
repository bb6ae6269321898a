//! The binary as its callers see it: status, data, talk.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its folder has failed"
)]

mod interrupt;
mod memory;
mod spark;
mod support;
mod wrong_use;
