//! `sparring-bench`: how fast a Spark Connect server answers one client, side by side with others.
//!
//! ```text
//! sparring-bench --sparring target/release/sparring [--pysail PYTHON] [--remote NAME=HOST:PORT]… [--rounds N] [--only NAME]
//! sparring-bench --sparring target/release/sparring [--pysail PYTHON] --sessions 100 [--requests 50] [--only NAME]
//! ```
//! Prints medians in milliseconds over bare gRPC, without PySpark's own time; with `--sessions`, what
//! many clients at once see. It measures and does not judge: `docs/benchmark.md` holds the targets and
//! the last figures.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is its output"
)]

mod client;
mod operations;
mod server;
mod sessions;

use std::error::Error;
use std::time::{Duration, Instant};

use client::Client;
use operations::{OPERATIONS, Paths};
use server::Server;
use sessions::{Load, Loaded};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Arguments {
    sparring: Option<String>,
    pysail: Option<String>,
    remotes: Vec<(String, String)>,
    rounds: usize,
    /// Part of the name of what is measured; all when empty.
    only: String,
    /// How many sessions at once; with none the latency of a single client is measured.
    n_sessions: Option<usize>,
    /// How many requests each of them sends.
    n_requests: usize,
}

impl Arguments {
    /// The servers to be measured. Each is started when its turn comes.
    fn servers(&self) -> impl Iterator<Item = Result<Server>> {
        let sparring = self
            .sparring
            .iter()
            .map(|program| Server::sparring(program));
        let pysail = self.pysail.iter().map(|python| Server::pysail(python));
        let remotes = self.remotes.iter();
        let remotes = remotes.map(|(name, address)| Server::remote(name, address));
        sparring.chain(pysail).chain(remotes)
    }
}

/// What one server showed; `None` where it refused.
struct Measured {
    name: String,
    start: Option<Duration>,
    idle_mib: Option<f64>,
    peak_mib: Option<f64>,
    medians: Vec<Option<Duration>>,
}

fn arguments() -> Result<Arguments> {
    let mut found = Arguments {
        sparring: None,
        pysail: None,
        remotes: Vec::new(),
        rounds: 200,
        only: String::new(),
        n_sessions: None,
        n_requests: 50,
    };
    let mut all = std::env::args().skip(1);
    while let Some(flag) = all.next() {
        let mut value = || all.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--sparring" => found.sparring = Some(value()?),
            "--pysail" => found.pysail = Some(value()?),
            "--only" => found.only = value()?,
            "--rounds" => found.rounds = value()?.parse()?,
            "--sessions" => found.n_sessions = Some(value()?.parse()?),
            "--requests" => found.n_requests = value()?.parse()?,
            "--remote" => {
                let value = value()?;
                let (name, address) = value
                    .split_once('=')
                    .ok_or("--remote is written NAME=HOST:PORT")?;
                found.remotes.push((name.to_owned(), address.to_owned()));
            }
            other => return Err(format!("unknown argument `{other}`").into()),
        }
    }
    Ok(found)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = arguments()?;
    if let Some(n_sessions) = arguments.n_sessions {
        let load = Load {
            n_sessions,
            n_requests: arguments.n_requests,
            only: arguments.only.clone(),
        };
        let mut all = Vec::new();
        for server in arguments.servers() {
            all.push(sessions::measure(server, &load).await?);
        }
        print_sessions(&all, &load);
        return Ok(());
    }
    let mut all = Vec::new();
    for server in arguments.servers() {
        all.push(measure(server, &arguments).await?);
    }
    print(&all);
    Ok(())
}

async fn measure(server: Result<Server>, arguments: &Arguments) -> Result<Measured> {
    let began = Instant::now();
    let mut server = server?;
    let mut client = server.first_answer().await?;
    let start = server.is_ours().then(|| began.elapsed() + server.spawning);
    let idle_mib = server.memory_mib("VmRSS");
    eprintln!("{}: started", server.name);
    let paths = Paths::new(server.local)?;
    let mut medians = Vec::new();
    for operation in OPERATIONS {
        if !operation.name.contains(&arguments.only) {
            medians.push(None);
            continue;
        }
        medians.push(
            match median(&mut client, operation, &paths, arguments.rounds).await {
                Ok(median) => Some(median),
                Err(error) => {
                    eprintln!("{}: {}: {error}", server.name, operation.name);
                    None
                }
            },
        );
    }
    if server.is_ours()
        && arguments.only.is_empty()
        && let Err(error) = operations::upload(&mut client).await
    {
        eprintln!("{}: upload: {error}", server.name);
    }
    let peak_mib = server.memory_mib("VmHWM");
    server.stop();
    Ok(Measured {
        name: server.name.clone(),
        start,
        idle_mib,
        peak_mib,
        medians,
    })
}

async fn median(
    client: &mut Client,
    operation: &operations::Operation,
    paths: &Paths,
    rounds: usize,
) -> Result<Duration> {
    let rounds = (rounds / operation.weight).max(5);
    // The first rounds warm what a JVM compiles and a server caches.
    for round in 0..rounds / 4 + 1 {
        operation.run(client, paths, round).await?;
    }
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let began = Instant::now();
        operation.run(client, paths, round).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .copied()
        .ok_or_else(|| "no round was measured".into())
}

fn print(all: &[Measured]) {
    print_head("median, ms", all.iter().map(|one| one.name.as_str()));
    let line = |name: &str, cell: &dyn Fn(&Measured) -> Option<f64>| {
        print_line(name, all.iter().map(cell));
    };
    for (index, operation) in OPERATIONS.iter().enumerate() {
        line(operation.name, &|one| {
            let median = one.medians.get(index).copied().flatten();
            median.map(|median| median.as_secs_f64() * 1e3)
        });
    }
    line("process start → first answer", &|one| {
        one.start.map(|start| start.as_secs_f64() * 1e3)
    });
    line("idle memory, MiB", &|one| one.idle_mib);
    line("peak memory (ours: 120 MiB upload), MiB", &|one| {
        one.peak_mib
    });
}

fn print_sessions(all: &[Loaded], load: &Load) {
    let title = format!(
        "{} sessions × {} requests",
        load.n_sessions, load.n_requests
    );
    print_head(&title, all.iter().map(|one| one.name.as_str()));
    let lines: Vec<_> = all.iter().map(Loaded::lines).collect();
    for (index, (name, _)) in lines.first().into_iter().flatten().enumerate() {
        print_line(name, lines.iter().map(|of_one| of_one.get(index)?.1));
    }
    for one in all {
        if let Some(error) = one.first_error() {
            eprintln!("{}: first error: {error}", one.name);
        }
    }
}

fn print_head<'n>(title: &str, names: impl Iterator<Item = &'n str>) {
    let names: Vec<String> = names.map(|name| format!(" {name:>12} |")).collect();
    println!("| {title:34} |{}", names.concat());
    println!(
        "|{}|{}",
        "-".repeat(36),
        "-------------:|".repeat(names.len())
    );
}

fn print_line(name: &str, values: impl Iterator<Item = Option<f64>>) {
    let cells: String = values
        .map(|value| match value {
            Some(value) => format!(" {value:>12.2} |"),
            None => format!(" {:>12} |", "–"),
        })
        .collect();
    println!("| {name:34} |{cells}");
}
