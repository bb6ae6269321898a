//! Runs projects against a fake workspace, judges their records, reports.
//!
//! The harness knows the journal's vocabulary and how to start a workspace; it never links the
//! engine. Nothing here prints or exits: that is the command line's part.

mod check;
mod config;
mod datasets;
mod doctor;
mod error;
pub mod exit;
mod install;
mod judge;
mod probe;
mod project;
mod python;
mod record;
pub mod report;
mod rules;
mod run;
mod runner;
mod sandbox;
pub mod scenario;
mod target;
mod writable;

pub use check::{CheckOptions, CommandOptions, check, run_command};
pub use config::{CheckConfig, FILE_NAME as CONFIG_FILE_NAME, ProjectConfig};
pub use datasets::Verdict;
pub use doctor::{Examination, examine};
pub use error::Error;
pub use judge::{DatasetPlace, Judgement, NodeCost, RefusedHost, Remote, ScenarioOutcome, judge};
pub use project::Project;
pub use python::PythonChoice;
pub use record::Record;
pub use rules::{Finding, RULES, Rule, Selection, Severity, named as rule_named};
pub use run::{Call, Run, ScenarioRun};
pub use sandbox::Sandbox;
pub use target::{ProcessTarget, Ready, Target, Workspace};
pub use writable::ensure_writable;

/// Is told what goes on, for people who wait.
pub trait Progress: Send + Sync {
    /// A step begins or ended.
    fn step(&self, text: &str);

    /// A line of the output of what is run, redacted.
    fn output(&self, label: &str, line: &str);
}
