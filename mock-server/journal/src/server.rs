//! Events that the server writes: connections, calls, plans, sessions, REST.
//!
//! `rpc` numbers a call within one server process and joins the events of that call. Texts that
//! come from a client (SQL, options) are not kept; names, paths and sizes are.

use serde::{Deserialize, Serialize};

use crate::Attribution;

/// The server answers requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerStarted {
    /// Version of the server program.
    pub version: String,
    /// `databricks` or `oss`.
    pub flavor: String,
    /// The workspace's own host names.
    pub hosts: Vec<String>,
    /// Largest gRPC message that is accepted.
    #[serde(default)]
    pub message_limit_bytes: u64,
    /// Largest local relation that is accepted, however it is uploaded; absent when not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_relation_limit_bytes: Option<u64>,
}

/// A TCP connection whose first bytes were understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectionAccepted {
    /// Number of the connection within this server process.
    pub connection: u64,
    /// Whether the client speaks TLS.
    pub tls: bool,
    /// The name the client asked for in the TLS handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sni: Option<String>,
    /// Whether it came through the CONNECT proxy.
    pub via_proxy: bool,
}

/// A connection that ended before a request could be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectionFailed {
    /// Number of the connection within this server process.
    pub connection: u64,
    /// What went wrong, for people.
    pub reason: String,
}

/// The proxy opened a tunnel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectTunnelled {
    /// Host in the CONNECT request.
    pub host: String,
    /// Port in the CONNECT request.
    pub port: u16,
}

/// The proxy refused a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConnectRefused {
    /// Host in the CONNECT request.
    pub host: String,
    /// Port in the CONNECT request; 0 when it could not be read.
    pub port: u16,
    /// The known host that the refused one looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// A sentence that names the likely mistake.
    pub message: String,
}

/// Who a caller is, as far as the fake workspace can tell. Never the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The profile whose planted token was sent; absent for no token or an unknown one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Salted digest of the token that was sent; absent when none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The headers of an RPC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RpcReceived {
    /// Number of the call.
    pub rpc: u64,
    /// Number of the connection it came on.
    pub connection: u64,
    /// Method name, `ExecutePlan`.
    pub method: String,
    /// `:authority` as the client sent it.
    pub authority: String,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Who calls.
    pub credential: Credential,
    /// `x-databricks-cluster-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// `x-databricks-session-id`, the serverless way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serverless_session_id: Option<String>,
    /// What the probe says the client was doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
}

/// The envelope of an RPC's message.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RpcRead {
    /// Number of the call.
    pub rpc: u64,
    /// Spark session the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// User the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `client_type` field, the client's own description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_type: Option<String>,
    /// Operation the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Operation tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What kind of work a call asks for. `PlanDescribed::detail` says which of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `AnalyzePlan`: schema, explain, persist, … Nothing is executed.
    Analyze,
    /// `ExecutePlan` of a relation: rows go to the client (collect, toPandas, count, show).
    Execute,
    /// `save`, `saveAsTable`, `insertInto`, `writeTo`, and SQL that changes rows (INSERT, MERGE,
    /// UPDATE, DELETE, CREATE TABLE AS SELECT).
    Write,
    /// SQL that changes definitions or settings: CREATE, ALTER, DROP, USE, SET.
    Ddl,
    /// A temporary view is made or replaced.
    TempView,
    /// `spark.sql` of a query: the server only echoes the relation.
    SqlQuery,
    /// `spark.sql` of a statement that answers with rows: SHOW, DESCRIBE, EXPLAIN.
    SqlCommand,
    /// A `spark.catalog` call, which travels as a relation.
    Catalog,
    /// `Config` RPC.
    Config,
    /// `AddArtifacts` or `ArtifactStatus`.
    Artifacts,
    /// Registration of a function, a table function or a data source.
    Register,
    /// Checkpoint, or removal of a cached remote relation.
    Checkpoint,
    /// Machine learning command other than the clean-up below.
    Ml,
    /// `ml_command.clean_cache`, which 4.x clients send when the process ends.
    MlCleanCache,
    /// Streaming query commands.
    Streaming,
    /// Anything else; `detail` names it.
    Other,
}

/// What a plan, an analysis or a command asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanDescribed {
    /// Number of the call.
    pub rpc: u64,
    /// What kind of work.
    pub action: Action,
    /// Which of that kind: `schema`, `saveAsTable`, `MERGE`, `tableExists`, `show_string`.
    pub detail: String,
    /// Same for equal plans within one server process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Tables the plan names to read, as the client wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables_read: Vec<String>,
    /// Tables the plan names to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables_written: Vec<String>,
    /// Paths the plan names to read, as the client wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths_read: Vec<String>,
    /// Paths the plan names to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths_written: Vec<String>,
    /// Bytes of local relations in the plan, inline, cached and chunked.
    #[serde(default)]
    pub local_relation_bytes: u64,
    /// Bytes of artifacts in the call.
    #[serde(default)]
    pub artifact_bytes: u64,
}

/// Which part of the gateway refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusedBy {
    /// Token, cluster or host.
    Auth,
    /// A size limit.
    Limit,
    /// A fault that somebody switched on.
    Fault,
    /// The bytes were no valid call.
    Protocol,
}

/// Why the gateway refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// No `authorization: Bearer …`.
    MissingToken,
    /// A token that no profile has.
    UnknownToken,
    /// Neither a cluster nor a serverless session is named.
    MissingCompute,
    /// Both a cluster and a serverless session are named.
    TwoComputes,
    /// A cluster that the workspace does not have.
    UnknownCluster,
    /// The cluster exists and does not run.
    ClusterNotRunning,
    /// The cluster's access mode does not allow Spark Connect.
    AccessMode,
    /// `:authority` is none of the workspace's hosts.
    UnknownHost,
    /// The message is larger than the gRPC limit.
    MessageTooLarge,
    /// A local relation is larger than the policy allows.
    LocalRelationTooLarge,
    /// A frame or a message that cannot be read.
    Malformed,
    /// A fault that somebody switched on.
    Fault,
}

/// The gateway refused a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RpcRefused {
    /// Number of the call.
    pub rpc: u64,
    /// Which part refused.
    pub by: RefusedBy,
    /// Why.
    pub reason: RefusalReason,
    /// gRPC code by name, `UNAUTHENTICATED`.
    pub code: String,
    /// The message that the client got.
    pub message: String,
    /// Size that was met, for limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Size that is allowed, for limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
}

/// A call ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RpcFinished {
    /// Number of the call.
    pub rpc: u64,
    /// gRPC code by name, `OK`.
    pub code: String,
    /// Spark error class, `TABLE_OR_VIEW_NOT_FOUND`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_class: Option<String>,
    /// Rows sent to the client.
    #[serde(default)]
    pub rows_down: u64,
    /// Message bytes sent to the client.
    #[serde(default)]
    pub bytes_down: u64,
    /// Message bytes received from the client.
    #[serde(default)]
    pub bytes_up: u64,
    /// From the headers to the last byte.
    #[serde(default)]
    pub ms: u64,
}

/// A Spark session came into being on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionStarted {
    /// User the client names; may be empty.
    pub user_id: String,
    /// Session the client names.
    pub session_id: String,
}

/// A client released its Spark session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionReleased {
    /// User the client names; may be empty.
    pub user_id: String,
    /// Session the client names.
    pub session_id: String,
}

/// A REST request was answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RestRequest {
    /// Number of the connection it came on.
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path without the query, which may hold anything.
    pub path: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Who calls.
    pub credential: Credential,
    /// From the headers to the answer.
    #[serde(default)]
    pub ms: u64,
}

/// A REST request asked for what the fake workspace does not have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RestUnimplemented {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
}

/// A fault was applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultInjected {
    /// The fault's name in the table of faults.
    pub fault: String,
    /// Number of the call it was applied to, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpc: Option<u64>,
}

/// Entries were lost because the file could not be written fast enough.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JournalOverflowed {
    /// How many entries are missing before this one.
    pub lost: u64,
}
