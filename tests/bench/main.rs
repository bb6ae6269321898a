//! `sparring-bench`: how fast a Spark Connect server answers one client, side by side with others.
//!
//! ```text
//! sparring-bench --sparring target/release/sparring [--pysail PYTHON] [--remote NAME=HOST:PORT]… [--rounds N] [--only NAME]
//! ```
//! Prints medians in milliseconds over bare gRPC, without PySpark's own time. It measures and does
//! not judge: `docs/benchmark.md` holds the targets and the last figures.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is its output"
)]

mod client;
mod operations;
mod server;

use std::error::Error;
use std::time::{Duration, Instant};

use client::Client;
use operations::{OPERATIONS, Paths};
use server::Server;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Arguments {
    sparring: Option<String>,
    pysail: Option<String>,
    remotes: Vec<(String, String)>,
    rounds: usize,
    /// Part of the name of what is measured; all when empty.
    only: String,
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
    };
    let mut all = std::env::args().skip(1);
    while let Some(flag) = all.next() {
        let mut value = || all.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--sparring" => found.sparring = Some(value()?),
            "--pysail" => found.pysail = Some(value()?),
            "--only" => found.only = value()?,
            "--rounds" => found.rounds = value()?.parse()?,
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
    let mut all = Vec::new();
    if let Some(program) = &arguments.sparring {
        all.push(measure(Server::sparring(program), &arguments).await?);
    }
    if let Some(python) = &arguments.pysail {
        all.push(measure(Server::pysail(python), &arguments).await?);
    }
    for (name, address) in &arguments.remotes {
        all.push(measure(Server::remote(name, address), &arguments).await?);
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
    let header: String = all
        .iter()
        .map(|one| format!(" {:>12} |", one.name))
        .collect();
    println!("| {:34} |{header}", "median, ms");
    println!(
        "|{}|{}",
        "-".repeat(36),
        "-------------:|".repeat(all.len())
    );
    let line = |name: &str, cell: &dyn Fn(&Measured) -> Option<f64>| {
        let cells: String = all
            .iter()
            .map(|one| match cell(one) {
                Some(value) => format!(" {value:>12.2} |"),
                None => format!(" {:>12} |", "–"),
            })
            .collect();
        println!("| {name:34} |{cells}");
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
