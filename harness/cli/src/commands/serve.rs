//! `sparring serve`: the fake workspace alone.

use sparring_harness::exit;

use crate::{args::ServeArguments, printer::Printer};

/// `sparring serve`.
pub(crate) fn serve(_arguments: ServeArguments, printer: Printer) -> u8 {
    printer.failure("this build has no fake workspace yet", None);
    exit::TOOL_FAILED
}
