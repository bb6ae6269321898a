//! Rules about the connection: address, transport, credentials.

pub(super) mod auth_header;
pub(super) mod host_mangled;
pub(super) mod insecure_channel;
pub(super) mod remote_not_used;
pub(super) mod url_malformed;
pub(super) mod wrong_profile;
