//! Rules about data that travels between client and workspace.

pub(super) mod download;
pub(super) mod upload_limit;
