//! The server's configuration: defaults ← `sparring.toml` ← environment ← flags. Every key is
//! documented here and nowhere else.
//!
//! Knows neither the command line (the CLI sets fields) nor the harness's `[check]` table.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::Token;

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
        }
    }
}

/// One section of a `.databrickscfg`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Section name.
    pub name: String,
    /// Host name of the workspace, no scheme and no slash.
    #[serde(default = "default_host")]
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

/// Something the workspace holds when it starts: a table from a file, or a volume from a folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
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

/// A configuration that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("failed to read the configuration `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file's text is no configuration.
    #[error("`{}`{}: {message}", path.display(), line.map_or_else(String::new, |line| format!(" line {line}")))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line number, where it is known.
        line: Option<usize>,
        /// What is wrong and the remedy.
        message: String,
    },
    /// A variable or a combination of values is wrong.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Defaults, then the file, then the variables `SPARRING_*` of `environment`.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown key, or a value is wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                    path: path.to_owned(),
                    source,
                })?;
                Self::parse(&text, path)?
            }
        };
        for (name, value) in environment {
            config.set_from_environment(&name, value)?;
        }
        Ok(config)
    }

    /// Reads the text of a `sparring.toml`; relative paths count from its folder. The harness's
    /// table `[check]` is skipped.
    ///
    /// # Errors
    /// When the text is no TOML, or has a key or value that is not known.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        struct Harness {
            #[serde(default)]
            check: Option<toml::Value>,
        }
        let invalid = |error: &toml::de::Error| ConfigError::Invalid {
            path: path.to_owned(),
            line: error.span().map(|span| line_at(text, span.start)),
            message: with_nearest(error.message()),
        };
        let mut table: toml::Table = text.parse().map_err(|error| invalid(&error))?;
        let Harness { check } = toml::from_str(text).map_err(|error| invalid(&error))?;
        let parsed: Result<Self, toml::de::Error> = if check.is_some() {
            // Spans are lost on this path, since the text holds a table of somebody else.
            table.remove("check");
            table.try_into()
        } else {
            toml::from_str(text)
        };
        let mut config = parsed.map_err(|error| invalid(&error))?;
        config.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn resolve_paths(&mut self, base: &Path) {
        let paths = self
            .seeds
            .iter_mut()
            .flat_map(|seed| [&mut seed.file, &mut seed.folder])
            .chain([&mut self.data_dir, &mut self.journal]);
        for path in paths.flatten() {
            *path = base.join(&*path);
        }
    }

    fn set_from_environment(&mut self, name: &str, value: String) -> Result<(), ConfigError> {
        let wrong = |expected: &str| {
            ConfigError::Value(format!(
                "{name}: `{value}` is not {expected}; unset or correct it"
            ))
        };
        match name {
            "SPARRING_LISTEN" => {
                self.listen = value
                    .parse()
                    .map_err(|_| wrong("an address like 127.0.0.1:15002"))?;
            }
            "SPARRING_DATA_DIR" => self.data_dir = Some(value.into()),
            "SPARRING_JOURNAL" => self.journal = Some(value.into()),
            "SPARRING_PYTHON" => self.python = Some(value.into()),
            "SPARRING_FLAVOR" => {
                self.flavor = match value.as_str() {
                    "databricks" => Flavor::Databricks,
                    "oss" => Flavor::Oss,
                    _ => return Err(wrong("`databricks` or `oss`")),
                };
            }
            "SPARRING_MEMORY_LIMIT_BYTES" => {
                self.memory_limit_bytes = value.parse().map_err(|_| wrong("a number of bytes"))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The limit on local relations, if there is one.
    #[must_use]
    pub fn local_relation_limit(&self) -> Option<u64> {
        self.limits
            .local_relation
            .unwrap_or(self.flavor == Flavor::Databricks)
            .then_some(self.limits.local_relation_bytes)
    }
}

/// The line of a position, from 1.
fn line_at(text: &str, position: usize) -> usize {
    1 + text
        .bytes()
        .take(position)
        .filter(|byte| *byte == b'\n')
        .count()
}

/// serde names every known key; people want the one they meant.
fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = match quoted.next() {
        Some(unknown) if message.starts_with("unknown ") => unknown,
        _ => return message.trim_end().to_owned(),
    };
    let known: Vec<&str> = quoted.collect();
    let what = message
        .split('`')
        .next()
        .unwrap_or("unknown field ")
        .replace("field", "key");
    known
        .iter()
        .map(|key| (strsim::damerau_levenshtein(key, unknown), key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 3)
        .min()
        .map_or_else(
            || format!("{what}`{unknown}`; known are {}", known.join(", ")),
            |(_, nearest)| format!("{what}`{unknown}`; did you mean `{nearest}`?"),
        )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let answer = match Config::parse(text, Path::new("/p/sparring.toml")) {
            Ok(config) => format!(
                "{} {} {:?} {:?} {:?}",
                config.listen,
                config.flavor.name(),
                config.profiles,
                config
                    .clusters
                    .iter()
                    .map(|cluster| cluster.state)
                    .collect::<Vec<_>>(),
                config
                    .seeds
                    .iter()
                    .map(|seed| &seed.file)
                    .collect::<Vec<_>>(),
            ),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&answer);
    }

    #[test]
    fn keys_are_read_and_tokens_hidden() {
        check(
            "listen = '127.0.0.1:0'\nflavor = 'oss'\n[check]\nprofile = 'x'\n[[profile]]\nname = 'A'\nhost = 'h'\ntoken = 'secret'\ncluster_id = 'c'\n[[cluster]]\nid = 'c'\nstate = 'TERMINATED'\n[[seed]]\ntable = 'a.b.c'\nfile = 'd/e.csv'",
            &expect![[
                r#"127.0.0.1:0 oss [Profile { name: "A", host: "h", token: Token(…), cluster_id: "c" }] [Terminated] [Some("/p/d/e.csv")]"#
            ]],
        );
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_known_one() {
        check(
            "lisen = '127.0.0.1:0'",
            &expect![[r#"`/p/sparring.toml` line 1: unknown key `lisen`; did you mean `listen`?"#]],
        );
        check(
            "\n[limits]\nmesage_bytes = 1",
            &expect![
                "`/p/sparring.toml` line 3: unknown key `mesage_bytes`; did you mean `message_bytes`?"
            ],
        );
        check(
            "[limits]\nbananas = 1",
            &expect![
                "`/p/sparring.toml` line 2: unknown key `bananas`; known are message_bytes, local_relation, local_relation_bytes, plan_bytes, artifact_bytes"
            ],
        );
        check(
            "[[cluster]]\nid = 'c'\nstate = 'ON'",
            &expect![[
                r#"`/p/sparring.toml` line 3: unknown variant `ON`; known are RUNNING, TERMINATED, PENDING"#
            ]],
        );
        check(
            "[[profile]]\nhost = 'h'",
            &expect![[r#"`/p/sparring.toml` line 1: missing field `name`"#]],
        );
        check(
            "listen = 3",
            &expect![[
                r#"`/p/sparring.toml` line 1: invalid type: integer `3`, expected socket address"#
            ]],
        );
        check(
            "[check",
            &expect!["`/p/sparring.toml` line 1: unclosed table, expected `]`"],
        );
    }

    #[test]
    fn environment_comes_after_the_file() {
        let environment = [("SPARRING_FLAVOR".to_owned(), "oss".to_owned())];
        assert_eq!(Config::load(None, environment).unwrap().flavor, Flavor::Oss);
        let wrong = Config::load(None, [("SPARRING_LISTEN".to_owned(), "here".to_owned())]);
        expect![[
            r#"SPARRING_LISTEN: `here` is not an address like 127.0.0.1:15002; unset or correct it"#
        ]]
        .assert_eq(&wrong.unwrap_err().to_string());
    }

    #[test]
    fn local_relations_are_limited_by_flavor_unless_said_otherwise() {
        let limit = |text: &str| {
            Config::parse(text, Path::new("f"))
                .unwrap()
                .local_relation_limit()
        };
        assert_eq!(limit(""), Some(MESSAGE_LIMIT_BYTES));
        assert_eq!(limit("flavor = 'oss'"), None);
        assert_eq!(limit("[limits]\nlocal_relation = false"), None);
        assert_eq!(
            limit("flavor = 'oss'\n[limits]\nlocal_relation = true\nlocal_relation_bytes = 5"),
            Some(5)
        );
    }
}
