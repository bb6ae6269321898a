//! `scim/v2/Me`: who the token belongs to.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// One user owns every token of the fake workspace.
pub(super) async fn me() -> Response {
    let body = Json(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1",
        "userName": "dev@example.com",
        "displayName": "dev@example.com",
        "active": true,
        "emails": [{ "type": "work", "value": "dev@example.com", "primary": true }],
        "groups": [{ "display": "users", "type": "direct", "value": "1" }],
    }));
    ([(CONTENT_TYPE, "application/scim+json")], body).into_response()
}
