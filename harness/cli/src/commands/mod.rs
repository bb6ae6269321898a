//! One function per command. Each answers an exit status; errors are printed here, once.

mod check;
mod doctor;
mod explain;
mod judge;
mod report;
mod serve;

use std::{future::Future, io};

use sparring_harness::{Error, exit};

use crate::{
    args::{Arguments, Command},
    printer::Printer,
};

/// Does what the command line asks and answers the exit status.
pub(crate) fn dispatch(arguments: Arguments) -> u8 {
    let printer = Printer::new();
    let result = match arguments.command {
        Command::Check(arguments) => wait(check::check(arguments, printer)),
        Command::Run(arguments) => wait(check::run(arguments, printer)),
        Command::Serve(arguments) => return serve::serve(arguments, printer),
        Command::Report(arguments) => report::report(&arguments, printer),
        Command::Explain(arguments) => explain::explain(&arguments, printer),
        Command::Doctor(arguments) => wait(doctor::doctor(arguments, printer)),
    };
    result.unwrap_or_else(|error| {
        printer.error(&error);
        exit::of_error(&error)
    })
}

/// The harness waits for processes and files only, so one thread is enough for it.
fn wait<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source: io::Error| Error::Sandbox { source })?
        .block_on(work)
}
