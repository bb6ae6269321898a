//! `/_sparring/*`: the test's own door to the server. Served to loopback peers only (the gateway
//! sees to that) and absent with `--no-control`.
//!
//! Not part of the fake workspace: no real one has anything like it.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use sparring_journal::Journal;

use crate::config::Seed;
use crate::connect::Local;
use crate::directory::Directory;
use crate::faults::FAULTS;
use crate::seed::Seeder;
use crate::server::Ready;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) ready: Arc<Ready>,
    pub(crate) journal: Journal,
    pub(crate) local: Arc<Local>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) seeder: Arc<Seeder>,
}

/// The surface as a router.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/_sparring/ready", get(ready))
        .route("/_sparring/journal", get(journal))
        .route("/_sparring/reset", post(reset))
        .route("/_sparring/seed", post(seed))
        .route(
            "/_sparring/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .fallback(unknown)
        .with_state(control)
}

async fn ready(State(control): State<Control>) -> Json<Ready> {
    Json(Ready::clone(&control.ready))
}

#[derive(Deserialize)]
struct SinceQuery {
    #[serde(default)]
    since: u64,
}

/// The journal's lines after `since`, as they would stand in its file.
async fn journal(State(control): State<Control>, Query(query): Query<SinceQuery>) -> Response {
    let since = control.journal.since(query.since);
    let mut lines = String::new();
    for entry in &since.entries {
        match entry.to_line() {
            Ok(line) => {
                lines.push_str(&line);
                lines.push('\n');
            }
            Err(error) => return failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
    let headers = [
        (CONTENT_TYPE.as_str(), "application/x-ndjson".to_owned()),
        ("x-sparring-last", since.last.to_string()),
        ("x-sparring-lost", since.lost.to_string()),
    ];
    (headers, lines).into_response()
}

/// Forgets sessions and the journal and puts clusters back; tables and files stay.
async fn reset(State(control): State<Control>) -> Json<Value> {
    control.local.reset();
    control.directory.reset();
    control.journal.clear();
    Json(json!({ "reset": ["sessions", "operations", "clusters", "journal"] }))
}

/// Seeds tables and volumes: the body is one seed of `sparring.toml`, or a list of them.
async fn seed(
    State(control): State<Control>,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let seeds = match body {
        Err(rejection) => return failed(StatusCode::BAD_REQUEST, &rejection.body_text()),
        Ok(Json(Value::Array(seeds))) => seeds,
        Ok(Json(seed)) => vec![seed],
    };
    for seed in seeds {
        let seed: Seed = match serde_json::from_value(seed) {
            Ok(seed) => seed,
            Err(error) => return failed(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        if let Err(error) = control.seeder.seed(&seed).await {
            return failed(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
        }
    }
    Json(json!({ "seeded": true })).into_response()
}

async fn faults() -> Json<Value> {
    let known: Vec<Value> = FAULTS
        .iter()
        .map(|fault| json!({ "name": fault.name, "summary": fault.summary }))
        .collect();
    Json(json!({ "active": [], "known": known }))
}

#[derive(Deserialize)]
struct FaultRequest {
    name: String,
}

async fn add_fault(body: Result<Json<FaultRequest>, JsonRejection>) -> Response {
    match body {
        Err(rejection) => failed(StatusCode::BAD_REQUEST, &rejection.body_text()),
        Ok(Json(FaultRequest { name })) => failed(
            StatusCode::NOT_FOUND,
            &format!("there is no fault `{name}`; this version of sparring has none"),
        ),
    }
}

async fn clear_faults() -> Json<Value> {
    Json(json!({ "active": [] }))
}

async fn unknown() -> Response {
    failed(
        StatusCode::NOT_FOUND,
        "unknown path; known are ready, journal, reset, seed and faults under /_sparring",
    )
}

fn failed(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
