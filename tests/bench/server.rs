//! Servers to be measured: started here, or already there.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sparring_proto::connect::{Range, relation::RelType};

use crate::Result;
use crate::client::Client;

pub(crate) struct Server {
    pub(crate) name: String,
    /// Whether paths mean this machine's disk to it.
    pub(crate) local: bool,
    /// How long it took until it said that it is ready, where it says so.
    pub(crate) spawning: Duration,
    address: String,
    headers: Vec<(String, String)>,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn sparring(program: &str) -> Result<Self> {
        let began = Instant::now();
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--ephemeral"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let ready: Value = serde_json::from_str(&line)?;
        let text = |key: &str| ready[key].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            name: "sparring".to_owned(),
            local: false,
            spawning: began.elapsed(),
            address: text("https").trim_start_matches("https://").to_owned(),
            headers: vec![
                (
                    "authorization".to_owned(),
                    format!("Bearer {}", text("token")),
                ),
                ("x-databricks-cluster-id".to_owned(), text("cluster_id")),
            ],
            process: Some(process),
        })
    }

    pub(crate) fn pysail(python: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let began = Instant::now();
        let process = Command::new(python)
            .args(["-m", "pysail", "spark", "server", "--ip", "127.0.0.1"])
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{python}: {error}"))?;
        Ok(Self {
            name: "pysail".to_owned(),
            local: true,
            spawning: began.elapsed(),
            address: format!("127.0.0.1:{port}"),
            headers: Vec::new(),
            process: Some(process),
        })
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other two ways to get a server can fail"
    )]
    pub(crate) fn remote(name: &str, address: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            local: true,
            spawning: Duration::ZERO,
            address: address.to_owned(),
            headers: Vec::new(),
            process: None,
        })
    }

    /// Whether it was started here.
    pub(crate) fn is_ours(&self) -> bool {
        self.process.is_some()
    }

    /// Waits until it answers a query.
    pub(crate) async fn first_answer(&mut self) -> Result<Client> {
        let range = || {
            RelType::Range(Range {
                start: Some(0),
                end: 1,
                step: 1,
                num_partitions: Some(1),
            })
        };
        let patience = Instant::now();
        loop {
            let answered = match Client::connect(&self.address, &self.headers).await {
                Ok(mut client) => client.rows(range()).await.map(|_| client),
                Err(error) => Err(error),
            };
            match answered {
                Ok(client) => return Ok(client),
                Err(error) if patience.elapsed() > Duration::from_secs(30) => {
                    return Err(format!("{}: {error}", self.name).into());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }

    /// Another client, with a connection and a session of its own.
    pub(crate) async fn connect(&self) -> Result<Client> {
        Client::connect(&self.address, &self.headers).await
    }

    /// A line of the kernel's account of its memory.
    pub(crate) fn memory_mib(&self, line: &str) -> Option<f64> {
        let pid = self.process.as_ref()?.id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let found = status.lines().find(|text| text.starts_with(line))?;
        let kib: f64 = found.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024.0)
    }

    pub(crate) fn stop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
