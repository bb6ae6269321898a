//! The one binary: reads the command line, composes the parts, answers with an exit status.
//! No decision about projects or workspaces is made here.

mod args;
mod commands;
mod printer;

use std::process::ExitCode;

use clap::Parser;

// The engine allocates many short-lived buffers from many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    ExitCode::from(commands::dispatch(arguments))
}
