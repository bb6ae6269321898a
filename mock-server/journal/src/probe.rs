//! Events that the probe writes from inside the client's Python process.
//!
//! The probe is `harness/python/probe/sparring_probe.py`. It writes what it saw and judges
//! nothing. Urls and values are redacted before they are written.

use serde::{Deserialize, Serialize};

use crate::{CallSite, Phase};

/// The probe was loaded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProbeStarted {
    /// Process id.
    pub pid: u32,
    /// Python version.
    pub python: String,
    /// Kedro version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kedro: Option<String>,
    /// PySpark version, when it is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pyspark: Option<String>,
}

/// A Kedro hook point was reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HookCalled {
    /// The hook point, `after_context_created`.
    pub hook: String,
    /// Process id.
    pub pid: u32,
    /// Thread name.
    pub thread: String,
}

/// A project's hook raised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HookFailed {
    /// The hook point.
    pub hook: String,
    /// Exception class.
    pub error: String,
    /// Exception text, redacted.
    pub message: String,
    /// The deepest frame inside the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// A node began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeStarted {
    /// Node name.
    pub node: String,
    /// Process id.
    pub pid: u32,
    /// Thread name.
    pub thread: String,
}

/// A node ended. Loads and saves are outside of `seconds`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeFinished {
    /// Node name.
    pub node: String,
    /// How long the node's function ran.
    pub seconds: f64,
    /// Exception class, when it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Exception text, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The deepest frame inside the project, when it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// Direction of a dataset operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DatasetOperation {
    /// Load.
    Load,
    /// Save.
    Save,
    /// Existence check.
    Exists,
}

/// A dataset's load or save began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatasetStarted {
    /// Dataset name.
    pub dataset: String,
    /// Load, save or exists.
    pub operation: DatasetOperation,
    /// Node it is done for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Thread name.
    pub thread: String,
}

/// A dataset's load or save ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatasetFinished {
    /// Dataset name.
    pub dataset: String,
    /// Load, save or exists.
    pub operation: DatasetOperation,
    /// Node it is done for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Exception class, when it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A dataset as the live catalog resolved it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatasetDescribed {
    /// Name in the pipeline, with the transcoding suffix.
    pub dataset: String,
    /// Type as the catalog spells it, `spark.SparkDatasetV2`, or the class's dotted name.
    #[serde(rename = "type")]
    pub dataset_type: String,
    /// Path or table; absent for data that stays in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `dataframe_type` of a managed table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataframe_type: Option<String>,
    /// Whether it is a parameter.
    #[serde(default)]
    pub parameter: bool,
    /// Whether the pipeline to be run uses it.
    #[serde(default)]
    pub used: bool,
    /// Catalog file and line where it is defined, when they could be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// A Spark Connect address was resolved by the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoteResolved {
    /// The address with every secret replaced.
    pub url_redacted: String,
    /// Host as the client understands it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port as the client understands it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether the client will speak TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// Whether a token is in the address.
    #[serde(default)]
    pub has_token: bool,
    /// The profile whose planted token is in the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// `x-databricks-cluster-id` in the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// The client's own error, redacted, when it could not read the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where in the project the session was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// Kind of Spark session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// Spark Connect.
    Connect,
    /// A JVM on the client's machine.
    Classic,
}

/// The client made a Spark session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionCreated {
    /// Kind of session.
    pub session: SessionKind,
    /// Spark Connect session id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What the process was doing.
    pub phase: Phase,
    /// Where in the project it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// The client reached for something that only a JVM session has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JvmApiUsed {
    /// The attribute, `sparkContext`.
    pub attribute: String,
    /// Node that was running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Where in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<CallSite>,
}

/// A watched environment variable changed inside the process. Values are redacted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvironmentChanged {
    /// The variable.
    pub variable: String,
    /// Value before; absent when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Value after; absent when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The hook point after which the change was seen.
    pub hook: String,
}

/// A context was built without running a pipeline, and the workspace was asked once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContextChecked {
    /// Whether the project's hooks left anything to connect with.
    pub connected_to_something: bool,
    /// Spark version that the workspace answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark_version: Option<String>,
    /// Exception class, when building the context or asking failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Exception text, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The pipeline ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PipelineFinished {
    /// Pipeline name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Exception class, when it raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Exception text, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
