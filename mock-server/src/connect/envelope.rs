//! The fields that nearly every request has: who asks, in which session, and which server the
//! client saw there before.
//!
//! Knows nothing of what a request asks for.

use sparring_proto::connect::{self as proto, UserContext};

/// A request with the usual fields.
pub(super) trait Envelope {
    fn user(&self) -> Option<&UserContext>;
    fn session_id(&self) -> &str;
    /// The server-side id of the session that the client saw last.
    fn observed(&self) -> Option<&str>;
    fn client_type(&self) -> Option<&str>;
}

macro_rules! envelopes {
    ($($request:ident),+ $(,)?) => {$(
        impl Envelope for proto::$request {
            fn user(&self) -> Option<&UserContext> {
                self.user_context.as_ref()
            }

            fn session_id(&self) -> &str {
                &self.session_id
            }

            fn observed(&self) -> Option<&str> {
                self.client_observed_server_side_session_id.as_deref()
            }

            fn client_type(&self) -> Option<&str> {
                self.client_type.as_deref()
            }
        }
    )+};
}

envelopes!(
    ExecutePlanRequest,
    AnalyzePlanRequest,
    ConfigRequest,
    AddArtifactsRequest,
    ArtifactStatusesRequest,
    InterruptRequest,
    ReattachExecuteRequest,
    ReleaseExecuteRequest,
    FetchErrorDetailsRequest,
    CloneSessionRequest,
    GetStatusRequest,
);

/// The one request that tells nothing of the server: it ends the session whichever it was.
impl Envelope for proto::ReleaseSessionRequest {
    fn user(&self) -> Option<&UserContext> {
        self.user_context.as_ref()
    }

    fn session_id(&self) -> &str {
        &self.session_id
    }

    fn observed(&self) -> Option<&str> {
        None
    }

    fn client_type(&self) -> Option<&str> {
        self.client_type.as_deref()
    }
}
