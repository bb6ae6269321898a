//! The command line. Names and meanings are part of the contract; defaults that a configuration
//! file may change are left open here.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A sparring partner for a Databricks connection: a fake workspace, and a harness that runs
/// unmodified Kedro projects against it.
#[derive(Debug, Parser)]
#[command(
    name = "sparring",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a project's connection scenarios and its pipeline, judge, report.
    Check(CheckArguments),
    /// Give any command the same sandbox and judgement.
    Run(RunArguments),
    /// The fake workspace alone, for offline development.
    Serve(ServeArguments),
    /// Judge a recorded run again, or print it in another format.
    Report(ReportArguments),
    /// What a rule checks, why, an example, what to do instead.
    Explain(ExplainArguments),
    /// What is missing on this machine or in this project, and how to mend it.
    Doctor(DoctorArguments),
}

/// What rules are applied and where reports go.
#[derive(Debug, Args)]
pub(crate) struct JudgeArguments {
    /// Rules or families to apply, `LAZY001,CONN`; all unless given.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Rules or families to leave out.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// `terminal` or `json`, or `json=FILE`; may be given several times.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub(crate) format: Vec<String>,
}

/// Which Python runs the project.
#[derive(Debug, Args)]
pub(crate) struct PythonArguments {
    /// Python interpreter of the project's environment.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// Make a virtualenv from the project's own requirements, once.
    #[arg(long)]
    pub(crate) install: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The project's folder.
    #[arg(default_value = ".")]
    pub(crate) project: PathBuf,
    /// Kedro environment.
    #[arg(long)]
    pub(crate) env: Option<String>,
    /// Pipeline to run.
    #[arg(long, value_name = "NAME")]
    pub(crate) pipeline: Option<String>,
    #[command(flatten)]
    pub(crate) python: PythonArguments,
    /// Scenarios besides the pipeline: names, `all` or `none`. The project stands before them.
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub(crate) scenario: Vec<String>,
    #[command(flatten)]
    pub(crate) judge: JudgeArguments,
    /// Write the record of the run to a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Further arguments of `kedro run`.
    #[arg(last = true, value_name = "KEDRO ARGUMENTS")]
    pub(crate) extra: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) python: PythonArguments,
    #[command(flatten)]
    pub(crate) judge: JudgeArguments,
    /// Write the record of the run to a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The command and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Whose rules hold where Apache Spark and Databricks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlavorArgument {
    /// A Databricks workspace.
    Databricks,
    /// Apache Spark Connect on its own.
    Oss,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address to answer on; port 0 picks a free one [default: 127.0.0.1:15002].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Keep tables and files in this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Keep tables and files in a temporary folder that is removed at the end.
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Accept calls without token and cluster.
    #[arg(long)]
    pub(crate) no_auth: bool,
    /// Do not answer on /_sparring, the door for tests.
    #[arg(long)]
    pub(crate) no_control: bool,
    /// Whose rules hold where Apache Spark and Databricks differ.
    #[arg(long, value_enum)]
    pub(crate) flavor: Option<FlavorArgument>,
    /// Write the journal to a file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// A record written by `sparring check --record`.
    pub(crate) record: PathBuf,
    #[command(flatten)]
    pub(crate) judge: JudgeArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// Rule id or name; all rules are listed when it is left out.
    pub(crate) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The project's folder.
    #[arg(default_value = ".")]
    pub(crate) project: PathBuf,
    /// Python interpreter of the project's environment.
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
}
