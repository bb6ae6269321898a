//! `scim/v2/Me`: who the token belongs to.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::directory::USER;

/// The one user.
pub(super) async fn me() -> Response {
    let body = Json(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1",
        "userName": USER,
        "displayName": USER,
        "active": true,
        "emails": [{ "type": "work", "value": USER, "primary": true }],
        "groups": [{ "display": "users", "type": "direct", "value": "1" }],
    }));
    ([(CONTENT_TYPE, "application/scim+json")], body).into_response()
}
