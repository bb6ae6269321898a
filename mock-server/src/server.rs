//! The server as a value: made from a configuration, run until it is told to stop.
//!
//! Composes the surfaces and owns their tasks; knows no protocol.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Serialize;
use sparring_engine::{Options, Workspace};
use sparring_journal::{Event, Journal, JournalError, Salt, ServerStarted};
use sparring_proto::connect::spark_connect_service_server::SparkConnectServiceServer;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codec::CompressionEncoding;
use uuid::Uuid;

use crate::config::{Config, Flavor};
use crate::connect::{Local, Recorded};
use crate::control::{self, Control};
use crate::directory::{Directory, USER};
use crate::gateway::lanes::Lanes;
use crate::gateway::tls::{Authority, TlsError};
use crate::gateway::{Gateway, listener, tunnel};
use crate::seed::{SeedError, Seeder};
use crate::{Clock, workspace};

/// How often abandoned operations and idle sessions are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// How long the end of the last connection is waited for.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address could not be listened on.
    #[error(
        "failed to listen on {address}: {source}; choose another port, or port 0 for a free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The data directory could not be made.
    #[error("failed to make the data directory `{}`: {source}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The engine refused the data directory.
    #[error("failed to open the workspace in `{}`: {message}", path.display())]
    Workspace {
        /// The directory.
        path: PathBuf,
        /// What the engine said.
        message: String,
    },
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The journal's file could not be made.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A seed could not be planted.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The system refused something that it never refuses.
    #[error("the system refused a signal or a socket address: {0}")]
    System(std::io::Error),
}

/// How to reach a server: the ready line of `sparring serve`.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    /// Always `ready`.
    pub event: &'static str,
    /// Process id.
    pub pid: u32,
    /// Connection string for clients on this machine; it holds the token.
    pub spark_remote: RemoteUrl,
    /// The REST surface over TLS.
    pub https: String,
    /// The control surface; absent with `--no-control`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The CONNECT proxy that makes the workspace's host names reachable.
    pub proxy: String,
    /// Certificate of the CA that signs every leaf of this run.
    pub ca_file: PathBuf,
    /// Host of the first profile.
    pub host: String,
    /// Token of the first profile.
    pub token: crate::Token,
    /// Cluster of the first profile.
    pub cluster_id: String,
}

/// A connection string. It holds a token, so it is not shown by `Debug`.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct RemoteUrl(String);

impl RemoteUrl {
    /// The string itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RemoteUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RemoteUrl(…)")
    }
}

/// A server that is ready to run.
pub struct MockServer {
    config: Config,
    clock: Clock,
}

impl MockServer {
    /// A server with this configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            clock: Clock::system(),
        }
    }

    /// The same with a clock that tests can move.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Runs on `listener` until `shutdown` resolves, then drains.
    ///
    /// # Errors
    /// When the server cannot be started.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let running = self.start_on(listener).await?;
        shutdown.await;
        running.stop().await;
        Ok(())
    }

    /// Listens on the configured address and starts.
    ///
    /// # Errors
    /// When the address is taken or the server cannot be started.
    pub async fn start(self) -> Result<Running, ServerError> {
        let listener = bind(self.config.listen).await?;
        self.start_on(listener).await
    }

    /// Starts on a listener that is bound already.
    ///
    /// # Errors
    /// When the server cannot be started.
    pub async fn start_on(self, listener: TcpListener) -> Result<Running, ServerError> {
        let Self { config, clock } = self;
        let proxy_listener = bind(config.proxy_listen).await?;
        let address = listener.local_addr().map_err(ServerError::System)?;
        let proxy_address = proxy_listener.local_addr().map_err(ServerError::System)?;

        let run_dir = temporary_dir()?;
        let data_dir = config
            .data_dir
            .clone()
            .unwrap_or_else(|| run_dir.path().join("data"));
        let authority = Authority::new()?;
        let ca_file = run_dir.path().join("ca.pem");
        authority.write_ca(&ca_file)?;

        let journal = match &config.journal {
            Some(path) => Journal::to_file(path)?,
            None => Journal::in_memory(),
        };
        let directory = Arc::new(Directory::new(&config, clock.clone()));
        let workspace = open_workspace(&config, &data_dir).await?;
        let seeder = Seeder::new(Arc::clone(&workspace));
        for seed in &config.seeds {
            seeder.seed(seed).await?;
        }

        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let local = Arc::new(Local::new(workspace, &config, clock, tasks.clone()));
        let recorded = Recorded::new(
            Arc::clone(&local),
            config.local_relation_limit(),
            config.limits.plan_bytes,
        );
        let ready = Arc::new(ready(&directory, &config, address, proxy_address, ca_file));
        let gateway = Arc::new(Gateway {
            tls: TlsAcceptor::from(authority.server_config()?),
            tls_refused: std::sync::Once::new(),
            http: listener::http(),
            port: address.port(),
            auth: config.auth,
            missing_compute: config.missing_compute_code,
            message_limit_bytes: config.limits.message_bytes,
            connect: connect(recorded, config.limits.message_bytes),
            compression: config.compression,
            workspace: workspace::router(workspace::Shared {
                directory: Arc::clone(&directory),
                journal: journal.clone(),
                auth: config.auth,
            }),
            control: config.control.then(|| {
                control::router(Control {
                    ready: Arc::clone(&ready),
                    journal: journal.clone(),
                    local: Arc::clone(&local),
                    directory: Arc::clone(&directory),
                    seeder,
                })
            }),
            salt: Salt::new(*Uuid::new_v4().as_bytes()),
            directory,
            journal: journal.clone(),
            stop: stop.clone(),
            tasks: tasks.clone(),
            lanes: Lanes::start().map_err(ServerError::System)?,
            connections: AtomicU64::new(0),
            rpcs: AtomicU64::new(0),
        });
        journal.record(Event::ServerStarted(ServerStarted {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            flavor: config.flavor.name().to_owned(),
            hosts: gateway.directory.hosts(),
            message_limit_bytes: config.limits.message_bytes,
            local_relation_limit_bytes: config.local_relation_limit(),
        }));
        let owned = vec![
            tokio::spawn(listener::accept(Arc::clone(&gateway), listener)),
            tokio::spawn(tunnel::accept(gateway, proxy_listener)),
            tokio::spawn(sweep(Arc::clone(&local), stop.clone())),
        ];
        Ok(Running {
            ready,
            journal,
            stop,
            tasks,
            local,
            owned,
            _run_dir: run_dir,
        })
    }
}

/// A server that answers requests. Dropping it ends it at once; [`Running::stop`] drains first.
#[must_use = "the server ends when this is dropped"]
pub struct Running {
    ready: Arc<Ready>,
    journal: Journal,
    stop: CancellationToken,
    tasks: TaskTracker,
    local: Arc<Local>,
    owned: Vec<JoinHandle<()>>,
    /// Holds the CA file and the data of an ephemeral workspace; removed at the end.
    _run_dir: TempDir,
}

impl Running {
    /// How to reach it.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// What clients did so far.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Takes no more calls, lets those under way end, and ends. What takes too long is cut off.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for task in self.owned.drain(..) {
            // A task that panicked has said so on its own.
            let _ = task.await;
        }
        self.tasks.close();
        if tokio::time::timeout(STOP_TIMEOUT, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("stopped with calls under way");
        }
        self.local.reset();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        for task in &self.owned {
            task.abort();
        }
        self.local.reset();
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address, source })
}

fn temporary_dir() -> Result<TempDir, ServerError> {
    tempfile::Builder::new()
        .prefix("sparring-serve-")
        .tempdir()
        .map_err(|source| ServerError::DataDir {
            path: std::env::temp_dir(),
            source,
        })
}

async fn open_workspace(config: &Config, data_dir: &Path) -> Result<Arc<Workspace>, ServerError> {
    let unusable = |source| ServerError::DataDir {
        path: data_dir.to_owned(),
        source,
    };
    std::fs::create_dir_all(data_dir).map_err(unusable)?;
    let options = Options {
        // Files are known by their whole path, and the process may change its directory.
        data_dir: data_dir.canonicalize().map_err(unusable)?,
        flavor: match config.flavor {
            Flavor::Databricks => sparring_engine::Flavor::Databricks,
            Flavor::Oss => sparring_engine::Flavor::Oss,
        },
        memory_limit_bytes: usize::try_from(config.memory_limit_bytes).unwrap_or(usize::MAX),
        parallel_bytes: config.parallel_bytes,
        user: USER.to_owned(),
        python: config.python.clone(),
    };
    Workspace::open(options)
        .await
        .map_err(|error| ServerError::Workspace {
            path: data_dir.to_owned(),
            message: error.to_string(),
        })
}

/// The service with its codecs. The limit on messages is checked in front of it; the same number
/// here bounds what a compressed message may become.
fn connect(
    recorded: Recorded<Local>,
    message_limit_bytes: u64,
) -> SparkConnectServiceServer<Recorded<Local>> {
    SparkConnectServiceServer::new(recorded)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(usize::try_from(message_limit_bytes).unwrap_or(usize::MAX))
        .max_encoding_message_size(usize::MAX)
}

fn ready(
    directory: &Directory,
    config: &Config,
    address: SocketAddr,
    proxy_address: SocketAddr,
    ca_file: PathBuf,
) -> Ready {
    let profile = &directory.profiles()[0];
    let (port, reachable) = (address.port(), reachable(address));
    let spark_remote = format!(
        "sc://localhost:{port}/;token={};x-databricks-cluster-id={}",
        percent_encode(profile.token.reveal()),
        percent_encode(&profile.cluster_id)
    );
    Ready {
        event: "ready",
        pid: std::process::id(),
        spark_remote: RemoteUrl(spark_remote),
        https: format!("https://{reachable}"),
        control: config
            .control
            .then(|| format!("http://{reachable}/_sparring")),
        proxy: format!("http://{}", self::reachable(proxy_address)),
        ca_file,
        host: profile.host.clone(),
        token: profile.token.clone(),
        cluster_id: profile.cluster_id.clone(),
    }
}

/// An address that clients on this machine can use, also when all interfaces are listened on.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

/// Parameters of a connection string may hold neither `;` nor `=` as they are.
fn percent_encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
            encoded
        })
}

async fn sweep(local: Arc<Local>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => local.sweep(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_connection_string_are_encoded() {
        assert_eq!(percent_encode("dapi-1_2.3~"), "dapi-1_2.3~");
        assert_eq!(percent_encode("a=b;c/é"), "a%3Db%3Bc%2F%C3%A9");
    }
}
