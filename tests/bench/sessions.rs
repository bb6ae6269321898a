//! Many sessions at once, each with a connection of its own: throughput, latency, errors, memory.
//!
//! All clients live on one thread. It spends some microseconds on a request, the server
//! hundreds: the client is not what is measured.

use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::Result;
use crate::client::Client;
use crate::operations::{OPERATIONS, Operation, Paths};
use crate::server::Server;

/// What ten requests are, by the names of [`OPERATIONS`]. Each session begins at another one, so
/// that they do not march in step.
const MIX: [&str; 10] = [
    "config get",
    "schema of range(1)",
    "sql(select 1), collect",
    "range(1)",
    "temp view, select from it",
    "schema of range(1)",
    "1,000 rows of CSV, inferred",
    "sql(select 1), collect",
    "range(1)",
    "small Delta table, write and read",
];

/// How long after the last session was released memory is read once more.
const REST: Duration = Duration::from_secs(1);

pub(crate) struct Load {
    pub(crate) n_sessions: usize,
    pub(crate) n_requests: usize,
    /// Part of the name of the requests that are sent; all when empty.
    pub(crate) only: String,
}

/// What one server showed under load.
pub(crate) struct Loaded {
    pub(crate) name: String,
    /// Wall clock from the first request to the last answer.
    elapsed: Duration,
    /// Of all requests that were answered, in ascending order.
    latencies: Vec<Duration>,
    errors: Vec<String>,
    idle_mib: Option<f64>,
    peak_mib: Option<f64>,
    released_mib: Option<f64>,
}

/// The latencies and errors of one session.
type Session = (Vec<Duration>, Vec<String>);

pub(crate) async fn measure(server: Result<Server>, load: &Load) -> Result<Loaded> {
    let mut server = server?;
    server.first_answer().await?;
    let idle_mib = server.memory_mib("VmRSS");
    let shared = Paths::new(server.local)?;
    let mix = load.mix()?;
    let mut sessions = Vec::with_capacity(load.n_sessions);
    for number in 0..load.n_sessions {
        let mut client = server.connect().await?;
        let paths = shared.below(&format!("session-{number}"));
        // What the first round of an operation prepares is not part of the load.
        for operation in &mix {
            operation.run(&mut client, &paths, 0).await?;
        }
        sessions.push((number, client, paths));
    }
    eprintln!("{}: {} sessions are open", server.name, load.n_sessions);
    let began = Instant::now();
    let finished = run_all(sessions, &mix, load.n_requests).await?;
    let elapsed = began.elapsed();
    let peak_mib = server.memory_mib("VmHWM");
    let mut latencies = Vec::new();
    let mut errors = Vec::new();
    for (mut client, (times, failed)) in finished {
        latencies.extend(times);
        errors.extend(failed);
        client.release().await?;
    }
    latencies.sort_unstable();
    tokio::time::sleep(REST).await;
    let released_mib = server.memory_mib("VmRSS");
    server.stop();
    Ok(Loaded {
        name: server.name.clone(),
        elapsed,
        latencies,
        errors,
        idle_mib,
        peak_mib,
        released_mib,
    })
}

async fn run_all(
    sessions: Vec<(usize, Client, Paths)>,
    mix: &[&'static Operation],
    n_requests: usize,
) -> Result<Vec<(Client, Session)>> {
    let local = LocalSet::new();
    let tasks: Vec<_> = sessions
        .into_iter()
        .map(|(number, mut client, paths)| {
            let mix = mix.to_vec();
            local.spawn_local(async move {
                let session = run_one(&mut client, &paths, &mix, number, n_requests).await;
                (client, session)
            })
        })
        .collect();
    local
        .run_until(async {
            let mut finished = Vec::with_capacity(tasks.len());
            for task in tasks {
                finished.push(task.await?);
            }
            Ok(finished)
        })
        .await
}

async fn run_one(
    client: &mut Client,
    paths: &Paths,
    mix: &[&Operation],
    number: usize,
    n_requests: usize,
) -> Session {
    let mut latencies = Vec::with_capacity(n_requests);
    let mut errors = Vec::new();
    let requests = mix.iter().cycle().skip(number % mix.len());
    for (round, operation) in requests.take(n_requests).enumerate() {
        let began = Instant::now();
        match operation.run(client, paths, round + 1).await {
            Ok(()) => latencies.push(began.elapsed()),
            Err(error) => errors.push(format!("{}: {error}", operation.name)),
        }
    }
    (latencies, errors)
}

impl Load {
    fn mix(&self) -> Result<Vec<&'static Operation>> {
        let mix = MIX
            .iter()
            .filter(|name| name.contains(&self.only))
            .map(|name| {
                let found = OPERATIONS.iter().find(|one| one.name == *name);
                found.ok_or_else(|| format!("no operation is called `{name}`"))
            })
            .collect::<std::result::Result<Vec<_>, _>>()?;
        if mix.is_empty() {
            return Err(format!("no request's name contains `{}`", self.only).into());
        }
        Ok(mix)
    }
}

impl Loaded {
    /// The lines of the table: what it says and the value, where there is one.
    pub(crate) fn lines(&self) -> Vec<(&'static str, Option<f64>)> {
        let seconds = self.elapsed.as_secs_f64();
        let answered = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        let failed = u32::try_from(self.errors.len()).unwrap_or(u32::MAX);
        let quantile = |per_cent: usize| {
            let last = self.latencies.len().checked_sub(1)?;
            let found = self.latencies.get(last * per_cent / 100)?;
            Some(found.as_secs_f64() * 1e3)
        };
        vec![
            ("requests a second", Some(f64::from(answered) / seconds)),
            ("median, ms", quantile(50)),
            ("p95, ms", quantile(95)),
            ("p99, ms", quantile(99)),
            ("slowest, ms", quantile(100)),
            ("errors", Some(f64::from(failed))),
            ("idle memory, MiB", self.idle_mib),
            ("peak memory, MiB", self.peak_mib),
            ("memory 1 s after release, MiB", self.released_mib),
        ]
    }

    pub(crate) fn first_error(&self) -> Option<&str> {
        self.errors.first().map(String::as_str)
    }
}
