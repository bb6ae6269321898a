//! Exit statuses: documented constants and the one mapping onto them. They are part of the
//! contract; CI scripts branch on them.

use crate::{Error, Severity, judge::Judgement};

/// Nothing at or above the failing severity.
pub const CLEAN: u8 = 0;
/// Findings at or above the failing severity.
pub const FINDINGS: u8 = 1;
/// Wrong use or configuration.
pub const WRONG_USE: u8 = 2;
/// The project itself failed for a reason that no rule explains.
pub const PROJECT_FAILED: u8 = 3;
/// The tool failed.
pub const TOOL_FAILED: u8 = 4;
/// Interrupted from outside, as shells report SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Status of a judged run.
#[must_use]
pub fn of_judgement(judgement: &Judgement, fail_on: Severity) -> u8 {
    if judgement
        .findings
        .iter()
        .any(|finding| finding.severity >= fail_on)
    {
        FINDINGS
    } else if judgement
        .scenarios
        .iter()
        .any(|scenario| !scenario.explained)
    {
        PROJECT_FAILED
    } else {
        CLEAN
    }
}

/// Status of an error that stopped the tool.
#[must_use]
pub fn of_error(error: &Error) -> u8 {
    match error {
        Error::NoProject { .. }
        | Error::ConfigUnreadable { .. }
        | Error::ConfigInvalid { .. }
        | Error::UnknownName { .. }
        | Error::PlannedFormat { .. }
        | Error::NoPython { .. }
        | Error::PythonBroken { .. }
        | Error::NoKedro { .. }
        | Error::NoKedroRequired { .. }
        | Error::NoRequirements { .. }
        | Error::Install { .. }
        | Error::ServerRefused { .. }
        | Error::NotWritable { .. }
        | Error::RecordInvalid { .. }
        | Error::RecordIncomplete { .. }
        | Error::RecordUnreadable { .. }
        | Error::CommandMissing
        | Error::CommandNotFound { .. } => WRONG_USE,
        Error::CaUnreadable { .. }
        | Error::ServerFailed { .. }
        | Error::Spawn { .. }
        | Error::Write { .. }
        | Error::Sandbox { .. }
        | Error::Encode { .. } => TOOL_FAILED,
        Error::Interrupted => INTERRUPTED,
    }
}
