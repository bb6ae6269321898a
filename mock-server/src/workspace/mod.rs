//! The workspace's REST surface: a table of endpoints, the token check in front of it, and an
//! honest 404 for everything that is not in the table.
//!
//! Knows nothing of Spark Connect; the two meet in the directory of profiles and clusters.

mod clusters;
mod discovery;
mod scim;

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Method, StatusCode};
use sparring_journal::{Event, Journal, RefusalReason, RestUnimplemented};

use crate::directory::Directory;
use crate::gateway::auth::{Claims, authority, check_token};
use crate::status::rest_error;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) directory: Arc<Directory>,
    pub(crate) journal: Journal,
    /// Whether callers need a token.
    pub(crate) auth: bool,
}

/// One row of the table.
struct Endpoint {
    method: MethodFilter,
    path: &'static str,
    /// Discovery is read before a client knows how to log in.
    needs_token: bool,
    handler: fn(MethodFilter) -> MethodRouter<Shared>,
}

const fn get(path: &'static str, handler: fn(MethodFilter) -> MethodRouter<Shared>) -> Endpoint {
    Endpoint {
        method: MethodFilter::GET,
        path,
        needs_token: true,
        handler,
    }
}

const fn post(path: &'static str, handler: fn(MethodFilter) -> MethodRouter<Shared>) -> Endpoint {
    Endpoint {
        method: MethodFilter::POST,
        path,
        needs_token: true,
        handler,
    }
}

/// Every endpoint there is.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: MethodFilter::GET,
        path: "/.well-known/databricks-config",
        needs_token: false,
        handler: |method| on(method, discovery::config),
    },
    get("/api/2.0/preview/scim/v2/Me", |method| on(method, scim::me)),
    get("/api/2.0/clusters/get", |method| on(method, clusters::get)),
    get("/api/2.1/clusters/get", |method| on(method, clusters::get)),
    get("/api/2.0/clusters/list", |method| {
        on(method, clusters::list)
    }),
    get("/api/2.1/clusters/list", |method| {
        on(method, clusters::list)
    }),
    post("/api/2.0/clusters/start", |method| {
        on(method, clusters::start)
    }),
    post("/api/2.1/clusters/start", |method| {
        on(method, clusters::start)
    }),
];

/// The surface as a router.
pub(crate) fn router(shared: Shared) -> Router {
    let mut open = Router::new();
    let mut closed = Router::new();
    for endpoint in ENDPOINTS {
        let handler = (endpoint.handler)(endpoint.method);
        if endpoint.needs_token {
            closed = closed.route(endpoint.path, handler);
        } else {
            open = open.route(endpoint.path, handler);
        }
    }
    closed
        .route_layer(middleware::from_fn_with_state(
            shared.clone(),
            require_token,
        ))
        .merge(open)
        .fallback(unimplemented)
        .method_not_allowed_fallback(unimplemented)
        .with_state(shared)
}

/// Lets through who has a token of this workspace. The texts are those that public sources quote.
async fn require_token(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if !shared.auth {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match check_token(
        &Claims::of(&parts.headers, authority(&parts)),
        &shared.directory,
    ) {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) if refusal.reason == RefusalReason::MissingToken => rest_error(
            StatusCode::UNAUTHORIZED,
            401,
            "Credential was not sent or was of an unsupported type for this API.",
        ),
        Err(_) => rest_error(StatusCode::FORBIDDEN, 403, "Invalid access token."),
    }
}

async fn unimplemented(
    State(shared): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
) -> Response {
    shared
        .journal
        .record(Event::RestUnimplemented(RestUnimplemented {
            method: method.to_string(),
            path: uri.path().to_owned(),
        }));
    let message = format!("No API found for '{method} {}'", uri.path());
    rest_error(StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND", &message)
}
