//! The server's configuration. Every key is documented here and nowhere else.
//!
//! Knows neither where values come from (`read.rs`; the CLI sets fields after it) nor the
//! harness's `[check]` table, which stands in the same file.

mod read;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Token;
pub use read::ConfigError;

/// gRPC's limit on one message in every PySpark client, inclusive.
pub const MESSAGE_LIMIT_BYTES: u64 = 134_217_728;

/// Whose rules hold where Apache Spark and Databricks differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// A Databricks workspace: configuration allow-list, limit on local relations.
    #[default]
    Databricks,
    /// Apache Spark Connect on its own.
    Oss,
}

impl Flavor {
    /// The name as it is written in files and flags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Databricks => "databricks",
            Self::Oss => "oss",
        }
    }
}

/// The gRPC code for a call that names no compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum MissingComputeCode {
    /// `INVALID_ARGUMENT`.
    #[default]
    #[serde(rename = "INVALID_ARGUMENT")]
    InvalidArgument,
    /// `FAILED_PRECONDITION`.
    #[serde(rename = "FAILED_PRECONDITION")]
    FailedPrecondition,
}

/// Everything that can be configured. The keys of `sparring.toml` are the fields' names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of the one port for gRPC and REST, TLS and plaintext; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Address of the CONNECT proxy.
    pub proxy_listen: SocketAddr,
    /// Where tables and files live. Absent: a temporary directory that is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// `databricks` or `oss`.
    pub flavor: Flavor,
    /// Whether callers need a token and a cluster.
    pub auth: bool,
    /// Whether `/_sparring/*` is served (to loopback peers).
    pub control: bool,
    /// The gRPC code for a call that names no cluster, or two computes. What Databricks answers
    /// is not public.
    pub missing_compute_code: MissingComputeCode,
    /// A file that the journal is also written to.
    pub journal: Option<PathBuf>,
    /// The interpreter for Python workers. Absent: `PYSPARK_PYTHON`, else `python3`.
    pub python: Option<PathBuf>,
    /// What queries may hold in memory before they spill, in bytes.
    pub memory_limit_bytes: u64,
    /// From how many bytes on a query that joins, groups or sorts is run by all processors. Below,
    /// rows keep the order that small inputs have in Spark.
    pub parallel_bytes: u64,
    /// Whether replies are compressed when a client that is not on loopback offers gzip. On
    /// loopback it costs nine to fifteen times the time it saves, so it is never done there.
    pub compression: bool,
    /// The sections of `.databrickscfg` that may connect. None: one named `DEFAULT` is made up.
    #[serde(rename = "profile")]
    pub profiles: Vec<Profile>,
    /// The clusters. Those that profiles name and nobody describes are RUNNING.
    #[serde(rename = "cluster")]
    pub clusters: Vec<Cluster>,
    /// Sizes above which calls are refused.
    pub limits: Limits,
    /// How result streams are sent and kept.
    pub streams: Streams,
    /// What the workspace holds when it starts.
    #[serde(rename = "seed")]
    pub seeds: Vec<Seed>,
    /// The harness's table, which the server does not read.
    pub check: IgnoredAny,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 15002)),
            proxy_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: None,
            flavor: Flavor::Databricks,
            auth: true,
            control: true,
            missing_compute_code: MissingComputeCode::InvalidArgument,
            journal: None,
            python: None,
            memory_limit_bytes: 2 << 30,
            parallel_bytes: 8 << 20,
            compression: false,
            profiles: Vec::new(),
            clusters: Vec::new(),
            limits: Limits::default(),
            streams: Streams::default(),
            seeds: Vec::new(),
            check: IgnoredAny,
        }
    }
}

/// One section of a `.databrickscfg`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Section name.
    pub name: String,
    /// Host name of the workspace. A file may spell it as `.databrickscfg` does, with `https://`
    /// and a slash at its end.
    #[serde(default = "default_host", deserialize_with = "read::host")]
    pub host: String,
    /// The token that is accepted on this host.
    #[serde(default = "Token::random")]
    pub token: Token,
    /// The cluster the section names.
    #[serde(default = "default_cluster_id")]
    pub cluster_id: String,
}

// The reserved top-level domain `test` never resolves: a client that bypasses the proxy cannot
// send its token to somebody's real workspace.
fn default_host() -> String {
    "adb-1111111111111111.11.azuredatabricks.test".to_owned()
}

fn default_cluster_id() -> String {
    "1122-104500-sparring".to_owned()
}

impl Profile {
    /// A profile with the default host and cluster and a new token.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            host: default_host(),
            token: Token::random(),
            cluster_id: default_cluster_id(),
        }
    }
}

/// State of a cluster, in the words of the clusters API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ClusterState {
    /// Ready for work.
    #[default]
    Running,
    /// Off; `clusters/start` brings it up.
    Terminated,
    /// On its way to RUNNING.
    Pending,
}

/// One cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Cluster id, as in `x-databricks-cluster-id`.
    pub id: String,
    /// Name for people. Default: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// State at the start.
    #[serde(default)]
    pub state: ClusterState,
    /// How long PENDING lasts.
    #[serde(default = "default_start_seconds")]
    pub start_seconds: u64,
    /// `SINGLE_USER` or `USER_ISOLATION` can be used; `NONE` and `LEGACY_…` are refused.
    #[serde(default = "default_access_mode")]
    pub data_security_mode: String,
}

const fn default_start_seconds() -> u64 {
    3
}

fn default_access_mode() -> String {
    "SINGLE_USER".to_owned()
}

impl Cluster {
    /// A running cluster that nobody described.
    #[must_use]
    pub fn running(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            state: ClusterState::Running,
            start_seconds: default_start_seconds(),
            data_security_mode: default_access_mode(),
        }
    }
}

/// Sizes above which calls are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// One gRPC message, inclusive. Read from the frame's prefix before anything is buffered.
    pub message_bytes: u64,
    /// Whether the total of a local relation is limited. Default: in the `databricks` flavor.
    pub local_relation: Option<bool>,
    /// All local data of one plan, uploaded inline, cached or in chunks.
    pub local_relation_bytes: u64,
    /// A compressed plan after decompression.
    pub plan_bytes: u64,
    /// Artifacts of one session.
    pub artifact_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: MESSAGE_LIMIT_BYTES,
            local_relation: None,
            local_relation_bytes: MESSAGE_LIMIT_BYTES,
            plan_bytes: 512 << 20,
            artifact_bytes: 4 << 30,
        }
    }
}

/// How result streams are sent and kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Streams {
    /// After how long a reattachable stream is ended early, so that the client reattaches.
    pub max_duration_ms: u64,
    /// After how many bytes likewise.
    pub max_bytes: u64,
    /// How much of what was sent is kept for reattaching until the client releases it.
    pub replay_bytes: u64,
    /// How far an operation that nobody listens to may run ahead.
    pub ahead_bytes: u64,
    /// The size that one Arrow batch is cut to.
    pub batch_bytes: u64,
    /// The size that a batch of a single large row is cut to, for clients that allow it.
    pub chunk_bytes: u64,
    /// After how long an operation that nobody listens to is given up.
    pub abandoned_after_ms: u64,
    /// After how long a session that nobody uses is closed.
    pub session_timeout_ms: u64,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            max_duration_ms: 120_000,
            max_bytes: 1 << 30,
            replay_bytes: 64 << 20,
            ahead_bytes: 32 << 20,
            batch_bytes: 4 << 20,
            chunk_bytes: 64 << 20,
            abandoned_after_ms: 300_000,
            session_timeout_ms: 3_600_000,
        }
    }
}

impl Streams {
    pub(crate) const fn abandoned_after(&self) -> Duration {
        Duration::from_millis(self.abandoned_after_ms)
    }

    pub(crate) const fn session_timeout(&self) -> Duration {
        Duration::from_millis(self.session_timeout_ms)
    }
}

/// Something the workspace holds when it starts: a schema, a table from a file, or a volume from a
/// folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// `catalog.schema`, made empty for tables that a project makes itself.
    #[serde(default)]
    pub schema: Option<String>,
    /// `catalog.schema.table`, made from `file`.
    #[serde(default)]
    pub table: Option<String>,
    /// A `.csv`, `.json` or `.parquet` file; relative to the configuration file.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// `catalog.schema.volume`, filled from `folder`.
    #[serde(default)]
    pub volume: Option<String>,
    /// A path of the workspace (`dbfs:/…`), filled from `folder`.
    #[serde(default)]
    pub path: Option<String>,
    /// A folder whose content is copied; relative to the configuration file.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Reader options beside `header` and `inferSchema`, which are true for CSV.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

impl Config {
    /// The limit on local relations, if there is one.
    #[must_use]
    pub fn local_relation_limit(&self) -> Option<u64> {
        self.limits
            .local_relation
            .unwrap_or(self.flavor == Flavor::Databricks)
            .then_some(self.limits.local_relation_bytes)
    }
}
