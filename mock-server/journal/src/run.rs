//! Events that the harness writes round the run, so that a record can be judged without the
//! machine it was made on.

use serde::{Deserialize, Serialize};

/// A profile of the generated `.databrickscfg`, without its token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Section name.
    pub name: String,
    /// Host name, no scheme, no slash.
    pub host: String,
    /// Cluster id; absent when the section has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
}

/// How much is too much, from the configuration of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// Rows that one node or dataset may bring to the client.
    pub download_rows: u64,
    /// Bytes that one node or dataset may bring to the client.
    pub download_bytes: u64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            download_rows: 10_000,
            download_bytes: 16 << 20,
        }
    }
}

/// A record begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunStarted {
    /// Version of the harness.
    pub version: String,
    /// Project name for reports.
    pub project: String,
    /// Project directory.
    pub project_dir: String,
    /// What rules compare with.
    pub budgets: Budgets,
    /// The scenarios that follow, so that a record that was cut can be told from a short one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
}

/// A scenario begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioStarted {
    /// Scenario name.
    pub scenario: String,
    /// Command line that is run.
    pub command: Vec<String>,
    /// Profiles that the sandbox's `.databrickscfg` offers.
    pub profiles: Vec<Profile>,
    /// The profile that the environment selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_profile: Option<String>,
    /// HOME of the sandbox.
    pub home: String,
}

/// A scenario ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioFinished {
    /// Scenario name.
    pub scenario: String,
}

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of output, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutputLine {
    /// Where it was written.
    pub stream: OutputStream,
    /// The line without its end.
    pub text: String,
}

/// A planted token was found where it must not be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenSeen {
    /// The profile whose token it is.
    pub profile: String,
    /// `stdout`, `stderr` or the file's path relative to the project.
    pub place: String,
    /// Line number there, from 1.
    pub line: u64,
    /// The line with the token replaced.
    pub text: String,
}

/// The project's process ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProcessExited {
    /// Exit code; absent when a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// Signal number, when one ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why the harness ended it, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// How long it ran.
    pub seconds: f64,
}
