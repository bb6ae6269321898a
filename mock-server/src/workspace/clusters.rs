//! `clusters/{get,list,start}`: the clusters of the directory in the words of the clusters API.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::config::ClusterState;
use crate::directory::{ClusterView, USER};
use crate::status::rest_error;

#[derive(Deserialize)]
pub(super) struct ClusterId {
    cluster_id: String,
}

pub(super) async fn get(
    State(shared): State<Shared>,
    query: Result<Query<ClusterId>, QueryRejection>,
) -> Response {
    let Ok(Query(ClusterId { cluster_id })) = query else {
        return missing_id();
    };
    match shared.directory.cluster(&cluster_id) {
        Some(cluster) => Json(describe(&cluster)).into_response(),
        None => unknown(&cluster_id),
    }
}

pub(super) async fn list(State(shared): State<Shared>) -> Json<Value> {
    let clusters: Vec<Value> = shared.directory.clusters().iter().map(describe).collect();
    Json(json!({ "clusters": clusters }))
}

/// The body is read whatever its content type says, as the real API does.
pub(super) async fn start(State(shared): State<Shared>, body: Bytes) -> Response {
    let Ok(ClusterId { cluster_id }) = serde_json::from_slice(&body) else {
        return missing_id();
    };
    match shared.directory.start_cluster(&cluster_id) {
        None => unknown(&cluster_id),
        Some(ClusterState::Terminated) => Json(json!({})).into_response(),
        Some(state @ (ClusterState::Running | ClusterState::Pending)) => rest_error(
            StatusCode::BAD_REQUEST,
            "INVALID_STATE",
            &format!(
                "Cluster {cluster_id} is in unexpected state {}.",
                state_name(state)
            ),
        ),
    }
}

fn describe(cluster: &ClusterView) -> Value {
    json!({
        "cluster_id": cluster.id,
        "cluster_name": cluster.name,
        "state": state_name(cluster.state),
        "state_message": match cluster.state {
            ClusterState::Pending => "Starting Spark",
            ClusterState::Running | ClusterState::Terminated => "",
        },
        "spark_version": "15.4.x-scala2.12",
        "node_type_id": "Standard_DS3_v2",
        "num_workers": 0,
        "data_security_mode": cluster.data_security_mode,
        "creator_user_name": USER,
    })
}

const fn state_name(state: ClusterState) -> &'static str {
    match state {
        ClusterState::Running => "RUNNING",
        ClusterState::Terminated => "TERMINATED",
        ClusterState::Pending => "PENDING",
    }
}

fn unknown(cluster_id: &str) -> Response {
    let message = format!("Cluster {cluster_id} does not exist");
    rest_error(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", &message)
}

fn missing_id() -> Response {
    let message = "Missing required field: cluster_id";
    rest_error(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)
}
