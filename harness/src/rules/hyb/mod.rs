//! Rules about code that must work both on and off a cluster.

pub(super) mod inside_branch;
pub(super) mod jvm_api;
