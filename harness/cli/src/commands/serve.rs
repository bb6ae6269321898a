//! `sparring serve`: the fake workspace alone. Flags come after the configuration's other
//! sources; one line on standard output says how to reach it, and nothing else is printed there.

use std::time::Duration;
use std::{env, io};

use sparring_harness::{ProjectConfig, exit};
use sparring_server::{Config, Flavor, MockServer, STACK_BYTES, ServerError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    args::{FlavorArgument, ServeArguments},
    printer::Printer,
};

/// What log lines are shown, in the syntax of `tracing`'s filter.
const LOG_VARIABLE: &str = "SPARRING_LOG";

/// A server that has not stopped by then says what it waits for.
const SOON: Duration = Duration::from_secs(1);

/// `sparring serve`.
pub(crate) fn serve(arguments: ServeArguments, printer: Printer) -> u8 {
    let config = match configuration(arguments) {
        Ok(config) => config,
        Err(message) => {
            printer.failure(&message, None);
            return exit::WRONG_USE;
        }
    };
    let mut filter =
        EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new("warn"));
    // Below this level the HTTP/2 library logs headers, and tokens are headers.
    filter = ["h2=info", "hyper=info", "hyper_util=info", "rustls=info"]
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.failure(&format!("failed to start threads: {error}"), None);
            return exit::TOOL_FAILED;
        }
    };
    // As a task, so that it has a thread with a large stack.
    let served = runtime.block_on(runtime.spawn(run(config, printer)));
    // A query that computes cannot be told to stop, and nobody waits for its rows any more.
    runtime.shutdown_timeout(SOON);
    match served {
        Ok(Ok(())) => exit::CLEAN,
        Ok(Err(error)) => {
            printer.failure(&error.to_string(), None);
            match error {
                ServerError::Listen { .. }
                | ServerError::DataDir { .. }
                | ServerError::Journal(_)
                | ServerError::Seed(_) => exit::WRONG_USE,
                ServerError::Workspace { .. } | ServerError::Tls(_) | ServerError::System(_) => {
                    exit::TOOL_FAILED
                }
            }
        }
        Err(error) => {
            printer.failure(
                &format!("the server ended by a fault of its own: {error}"),
                None,
            );
            exit::TOOL_FAILED
        }
    }
}

fn configuration(arguments: ServeArguments) -> Result<Config, String> {
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut config = Config::load(arguments.config.as_deref(), environment)
        .map_err(|error| error.to_string())?;
    if let Some(file) = &arguments.config {
        // A project's own file is served, too: what `check` would refuse in it is refused here.
        ProjectConfig::read_file(file).map_err(|error| error.to_string())?;
    }
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    if arguments.ephemeral {
        config.data_dir = None;
    }
    if arguments.data_dir.is_some() {
        config.data_dir = arguments.data_dir;
    }
    if arguments.journal.is_some() {
        config.journal = arguments.journal;
    }
    if let Some(flavor) = arguments.flavor {
        config.flavor = match flavor {
            FlavorArgument::Databricks => Flavor::Databricks,
            FlavorArgument::Oss => Flavor::Oss,
        };
    }
    config.auth &= !arguments.no_auth;
    config.control &= !arguments.no_control;
    Ok(config)
}

async fn run(config: Config, printer: Printer) -> Result<(), ServerError> {
    // Caught before the ready line is printed: whoever reads it may stop the server at once.
    let mut signals = Signals::new().map_err(ServerError::System)?;
    let running = MockServer::new(config).start().await?;
    match serde_json::to_string(running.ready()) {
        Ok(line) => printer.data(&(line + "\n")),
        Err(error) => printer.failure(&format!("failed to write the ready line: {error}"), None),
    }
    signals.next().await;
    let stopping = running.stop();
    tokio::pin!(stopping);
    tokio::select! {
        () = &mut stopping => return Ok(()),
        () = signals.next() => return Ok(()),
        () = tokio::time::sleep(SOON) => {}
    }
    printer.talk("waiting for calls under way; press Ctrl-C again to cut them off");
    tokio::select! {
        () = &mut stopping => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves at the next of them.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
