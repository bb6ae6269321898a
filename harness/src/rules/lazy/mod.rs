//! Rules about queries that run earlier than they need to.

pub(super) mod eager_in_hook;
pub(super) mod eager_in_node;
