//! `/.well-known/databricks-config`: what a client asks before it logs in.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Shared;

/// Answered fast and without a token: SDKs retry for minutes when it does not come.
pub(super) async fn config(State(shared): State<Shared>) -> Json<Value> {
    let host = shared
        .directory
        .hosts()
        .into_iter()
        .next()
        .unwrap_or_default();
    Json(json!({
        "workspace_id": "1111111111111111",
        "cloud": "azure",
        "oidc_endpoint": format!("https://{host}/oidc"),
    }))
}
