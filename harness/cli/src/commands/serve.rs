//! `sparring serve`: the fake workspace alone. Flags come after the configuration's other
//! sources; one line on standard output says how to reach it, and nothing else is printed there.

use std::{env, io};

use sparring_harness::exit;
use sparring_server::{Config, Flavor, MockServer, STACK_BYTES, ServerError};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    args::{FlavorArgument, ServeArguments},
    printer::Printer,
};

/// What log lines are shown, in the syntax of `tracing`'s filter.
const LOG_VARIABLE: &str = "SPARRING_LOG";

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
    let stopped = stopped().map_err(ServerError::System)?;
    let running = MockServer::new(config).start().await?;
    match serde_json::to_string(running.ready()) {
        Ok(line) => printer.data(&(line + "\n")),
        Err(error) => printer.failure(&format!("failed to write the ready line: {error}"), None),
    }
    stopped.await;
    running.stop().await;
    Ok(())
}

/// Resolves at SIGTERM or SIGINT.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
