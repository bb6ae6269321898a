//! `sparring check` and `sparring run`: prepare, play, record, judge.

use std::{env, fs, path::Path, sync::Arc};

use sparring_harness::{
    CONFIG_FILE_NAME, CheckOptions, CommandOptions, Error, ProcessTarget, Progress, Project,
    ProjectConfig, PythonChoice, Record, check as play, ensure_writable, run_command, scenario,
};
use sparring_server::Config;

use super::judge::Plan;
use crate::{
    args::{CheckArguments, PythonArguments, RunArguments},
    printer::Printer,
};

/// `sparring check`.
pub(crate) async fn check(arguments: CheckArguments, printer: Printer) -> Result<u8, Error> {
    // First: a project after `--scenario` is taken for one, and then no project is named.
    scenario::select(&arguments.scenario)?;
    let project = Project::find(&arguments.project)?;
    let mut config = configuration(&project.dir)?;
    if !arguments.scenario.is_empty() {
        config.check.scenarios = arguments.scenario;
    }
    let plan = Plan::new(&arguments.judge, &config.check)?;
    if let Some(file) = &arguments.record {
        ensure_writable(file)?;
    }
    let options = CheckOptions {
        project,
        config,
        python: choice(arguments.python),
        env: arguments.env,
        pipeline: arguments.pipeline,
        extra: arguments.extra,
    };
    let record = play(options, target()?, progress(printer)).await?;
    finish(&record, arguments.record.as_deref(), &plan, printer)
}

/// `sparring run -- COMMAND`.
pub(crate) async fn run(arguments: RunArguments, printer: Printer) -> Result<u8, Error> {
    let project = Project::any_folder(Path::new("."))?;
    let config = configuration(&project.dir)?;
    let plan = Plan::new(&arguments.judge, &config.check)?;
    if let Some(file) = &arguments.record {
        ensure_writable(file)?;
    }
    let options = CommandOptions {
        project,
        config,
        python: choice(arguments.python),
        command: arguments.command,
    };
    let record = run_command(options, target()?, progress(printer)).await?;
    finish(&record, arguments.record.as_deref(), &plan, printer)
}

/// The project's `sparring.toml`, read by both of its owners: here a mistake can be named with its
/// place in the project's own file, which the workspace's process never sees.
fn configuration(dir: &Path) -> Result<ProjectConfig, Error> {
    let config = ProjectConfig::read(dir)?;
    let path = dir.join(CONFIG_FILE_NAME);
    if let Ok(text) = fs::read_to_string(&path) {
        Config::parse(&text, &path).map_err(|error| Error::ServerRefused {
            message: error.to_string(),
        })?;
    }
    Ok(config)
}

fn choice(arguments: PythonArguments) -> PythonChoice {
    PythonChoice {
        python: arguments.python,
        install: arguments.install,
    }
}

/// The workspace is this very program, so both sides are always of one version.
fn target() -> Result<Arc<ProcessTarget>, Error> {
    let program = env::current_exe().map_err(|source| Error::Spawn {
        command: "sparring serve".to_owned(),
        source,
    })?;
    Ok(Arc::new(ProcessTarget { program }))
}

fn progress(printer: Printer) -> Arc<dyn Progress> {
    Arc::new(printer)
}

fn finish(
    record: &Record,
    file: Option<&Path>,
    plan: &Plan,
    printer: Printer,
) -> Result<u8, Error> {
    if let Some(file) = file {
        record.write(file)?;
    }
    plan.carry_out(record, printer)
}
