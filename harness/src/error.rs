//! What can stop the tool before there is a judgement. Findings are not errors.

use std::{io, path::PathBuf};

/// Something that stopped the tool.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is no Kedro project.
    #[error("no Kedro project in `{dir}`: {reason}")]
    NoProject {
        /// The folder.
        dir: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A configuration file cannot be read.
    #[error("failed to read `{path}`: {source}")]
    ConfigUnreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A configuration file says something that is not understood.
    #[error("`{path}`: {message}")]
    ConfigInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the remedy.
        message: String,
    },
    /// A scenario, rule or format that does not exist.
    #[error("unknown {what} `{name}`; {remedy}")]
    UnknownName {
        /// `scenario`, `rule` or `format`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest known name or the list of them.
        remedy: String,
    },
    /// A report format that is known and not written yet.
    #[error("report format `{name}` is not supported yet; use terminal or json")]
    PlannedFormat {
        /// The format.
        name: &'static str,
    },
    /// There is no Python to run the project with.
    #[error("no Python environment for `{dir}`")]
    NoPython {
        /// The project.
        dir: PathBuf,
    },
    /// The Python interpreter cannot be run.
    #[error("failed to run the Python interpreter `{python}`: {reason}")]
    PythonBroken {
        /// The interpreter.
        python: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The environment has no Kedro.
    #[error("kedro is not installed in the environment of `{python}`")]
    NoKedro {
        /// The interpreter.
        python: PathBuf,
    },
    /// `--install` made an environment, and the project's requirements put no Kedro into it.
    #[error("`--install` installed no kedro: `{requirements}` does not ask for it")]
    NoKedroRequired {
        /// The requirements file.
        requirements: PathBuf,
    },
    /// `--install` has nothing to install from.
    #[error(
        "`--install` found neither requirements.txt nor a pyproject.toml with dependencies in `{dir}`"
    )]
    NoRequirements {
        /// The project.
        dir: PathBuf,
    },
    /// Installing the project's requirements failed.
    #[error("failed to install the project's requirements from `{requirements}`: {reason}")]
    Install {
        /// The requirements file.
        requirements: PathBuf,
        /// The last lines that the installer said.
        reason: String,
    },
    /// The fake workspace did not accept its configuration.
    #[error("the fake workspace refused its configuration: {message}")]
    ServerRefused {
        /// What it said.
        message: String,
    },
    /// The fake workspace did not start.
    #[error("failed to start the fake workspace: {message}")]
    ServerFailed {
        /// What it said.
        message: String,
    },
    /// The certificate file that clients must trust cannot be read.
    #[error(
        "failed to read the CA file `{path}`: {source}; without it clients would fall back to the system's certificates, so nothing was run"
    )]
    CaUnreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A command cannot be started.
    #[error("failed to start `{command}`: {source}")]
    Spawn {
        /// The command.
        command: String,
        /// The cause.
        source: io::Error,
    },
    /// `sparring run` was given a command that is not there or is no program.
    #[error("failed to start `{command}`: {source}")]
    CommandNotFound {
        /// The command.
        command: String,
        /// The cause.
        source: io::Error,
    },
    /// `sparring run` was given no command.
    #[error("no command given")]
    CommandMissing,
    /// A file cannot be written.
    #[error("failed to write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file that the caller named for a report or a record cannot be written.
    #[error("`{path}` cannot be written: {source}")]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The sandbox cannot be made.
    #[error("failed to make the sandbox: {source}")]
    Sandbox {
        /// The cause.
        source: io::Error,
    },
    /// A record cannot be opened.
    #[error("failed to read the record `{path}`: {source}")]
    RecordUnreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A record is not one.
    #[error("`{path}` is not a record of this version: {reason}")]
    RecordInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A record was cut. Judging it would blame the project for what is missing.
    #[error("the record `{path}` is incomplete: {missing}")]
    RecordIncomplete {
        /// The file.
        path: PathBuf,
        /// What is missing.
        missing: String,
    },
    /// A report or a record cannot be written as JSON.
    #[error("failed to encode {what} as JSON: {source}; this is a mistake in sparring")]
    Encode {
        /// What was to be encoded.
        what: &'static str,
        /// The cause.
        source: serde_json::Error,
    },
    /// SIGINT or SIGTERM arrived.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What to do about it, when the message does not say so already.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject { .. } => Some(
                "give the folder that holds the project's pyproject.toml with a [tool.kedro] table"
                    .to_owned(),
            ),
            Self::UnknownName {
                what: "scenario", ..
            } => Some(
                "scenarios are separated by commas, and the project stands before them: `sparring check PROJECT --scenario a,b`"
                    .to_owned(),
            ),
            Self::NoPython { .. } => Some(
                "add `--install` to make an environment from the project's requirements, or name an interpreter with `--python`, or activate a virtualenv, or make one in `.venv`"
                    .to_owned(),
            ),
            Self::NoKedro { .. } => Some(
                "add `--install` to make an environment from the project's requirements, or install kedro there"
                    .to_owned(),
            ),
            Self::NoKedroRequired { requirements } => {
                Some(format!("add kedro to `{}`", requirements.display()))
            }
            Self::PythonBroken { .. } => {
                Some("name a working interpreter with `--python`".to_owned())
            }
            Self::NoRequirements { .. } => Some(
                "write the project's requirements into requirements.txt, or use `--python`".to_owned(),
            ),
            Self::CommandNotFound { .. } => Some(
                "give a program that is on the PATH, or the path of one; the words after `--` are not a shell's"
                    .to_owned(),
            ),
            Self::CommandMissing => {
                Some("put the command after two dashes: `sparring run -- kedro run`".to_owned())
            }
            Self::Install { .. } => Some(
                "run `pip install -r` with that file by hand to see all of it, or use `--python`"
                    .to_owned(),
            ),
            Self::RecordInvalid { .. } => {
                Some("records are written by `sparring check --record FILE`".to_owned())
            }
            Self::NotWritable { .. } => Some(
                "give `--format FORMAT=FILE` and `--record` a file in a folder that is there and yours to write"
                    .to_owned(),
            ),
            Self::RecordIncomplete { .. } => Some(
                "copy the file again, or write it again with `sparring check --record FILE`"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// An unknown name with the nearest known one, or all of them when none is near.
    pub(crate) fn unknown<'a>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let remedy = nearest(name, known.iter().copied()).map_or_else(
            || format!("known are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Self::UnknownName {
            what,
            name: name.to_owned(),
            remedy,
        }
    }
}

/// The known name that a mistyped one most likely means.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}
