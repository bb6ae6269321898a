//! Rules about the data catalog.

pub(super) mod client_path;
pub(super) mod local_path;
pub(super) mod transcode_hybrid;
