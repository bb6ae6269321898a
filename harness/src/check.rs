//! One check: scenarios are played one by one, each with its own workspace and sandbox, and all
//! that was seen becomes one record. Judging it is somebody else's work.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use sparring_journal::{
    Entry, Event, OutputLine, OutputStream, RunStarted, ScenarioFinished, ScenarioStarted,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    task::JoinSet,
};

use crate::{
    CheckConfig, Error, Progress, Project, ProjectConfig, PythonChoice, Record, Target, Workspace,
    python,
    runner::{self, Job},
    sandbox::{Environment, Profiles, Redactor, Sandbox, write_private},
    scenario::{self, Place, Runs, Scenario},
};

mod hopeless;
mod leaks;

/// What `sparring check` is asked to do.
pub struct CheckOptions {
    /// The project.
    pub project: Project,
    /// Its `sparring.toml`, with the command line already applied.
    pub config: ProjectConfig,
    /// Which Python.
    pub python: PythonChoice,
    /// `--env`.
    pub env: Option<String>,
    /// `--pipeline`.
    pub pipeline: Option<String>,
    /// Further arguments of `kedro run`.
    pub extra: Vec<String>,
}

/// What `sparring run -- COMMAND` is asked to do.
pub struct CommandOptions {
    /// The folder to run in.
    pub project: Project,
    /// Its `sparring.toml`, with the command line already applied.
    pub config: ProjectConfig,
    /// Which Python comes first on the path.
    pub python: PythonChoice,
    /// Program and arguments.
    pub command: Vec<String>,
}

/// Plays the selected scenarios and answers what was seen.
///
/// # Errors
/// When something other than the project goes wrong.
pub async fn check(
    options: CheckOptions,
    target: Arc<dyn Target>,
    progress: Arc<dyn Progress>,
) -> Result<Record, Error> {
    let scenarios = scenario::select(&options.config.check.scenarios)?;
    interruptible(async {
        let dir = &options.project.dir;
        let python = python::with_kedro(dir, &options.python, progress.as_ref()).await?;
        let command = Commands::Kedro {
            env: options.env.clone(),
            pipeline: options.pipeline.clone(),
            extra: options.extra.clone(),
        };
        let stage = Stage {
            project: options.project.clone(),
            config: options.config.clone(),
            python: Some(python),
            commands: command,
            target,
            progress,
        };
        play_all(stage, &scenarios).await
    })
    .await
}

/// Gives a command the sandbox and answers what was seen.
///
/// # Errors
/// When something other than the command goes wrong.
pub async fn run_command(
    options: CommandOptions,
    target: Arc<dyn Target>,
    progress: Arc<dyn Progress>,
) -> Result<Record, Error> {
    if options.command.is_empty() {
        return Err(Error::CommandMissing);
    }
    interruptible(async {
        // A command need not be Python's, so having none is fine.
        let python = python::choose(&options.project.dir, &options.python, progress.as_ref()).await;
        let python = match python {
            Ok(python) => Some(python),
            Err(Error::NoPython { .. }) => None,
            Err(error) => return Err(error),
        };
        let stage = Stage {
            project: options.project,
            config: options.config,
            python,
            commands: Commands::Given(options.command),
            target,
            progress,
        };
        play_all(stage, &[&scenario::COMMAND]).await
    })
    .await
}

/// Ends `work` when SIGINT or SIGTERM arrives. Dropping it ends its processes and removes its
/// folders.
async fn interruptible<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let sandbox = |source| Error::Sandbox { source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(sandbox)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(sandbox)?;
    tokio::select! {
        done = work => done,
        _ = interrupt.recv() => Err(Error::Interrupted),
        _ = terminate.recv() => Err(Error::Interrupted),
    }
}

/// What is the same for all scenarios of a run.
struct Stage {
    project: Project,
    config: ProjectConfig,
    python: Option<PathBuf>,
    commands: Commands,
    target: Arc<dyn Target>,
    progress: Arc<dyn Progress>,
}

enum Commands {
    Kedro {
        env: Option<String>,
        pipeline: Option<String>,
        extra: Vec<String>,
    },
    Given(Vec<String>),
}

async fn play_all(stage: Stage, scenarios: &[&'static Scenario]) -> Result<Record, Error> {
    let mut record = Record::default();
    record.push(Event::RunStarted(RunStarted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        project: stage.project.name.clone(),
        project_dir: stage.project.dir.to_string_lossy().into_owned(),
        budgets: stage.config.check.budgets(),
        scenarios: scenarios
            .iter()
            .map(|scenario| scenario.name.to_owned())
            .collect(),
    }));
    let stage = Arc::new(stage);
    let mut playing = JoinSet::new();
    // The pipeline is played alone, so that its times mean something; the cheap ones share the
    // machine's cores.
    let places = Arc::new(Semaphore::new(
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    ));
    let mut seen: Vec<Option<Vec<(u64, Event)>>> = Vec::new();
    for (index, scenario) in scenarios.iter().copied().enumerate() {
        seen.push(None);
        if scenario.runs == Runs::Context {
            let (stage, places) = (Arc::clone(&stage), Arc::clone(&places));
            playing.spawn(async move {
                let _place = places.acquire_owned().await;
                stage.play(scenario).await.map(|events| (index, events))
            });
        } else {
            seen[index] = Some(stage.play(scenario).await?);
        }
    }
    while let Some(played) = playing.join_next().await {
        let (index, events) = played.map_err(|error| Error::Sandbox {
            source: std::io::Error::other(error),
        })??;
        seen[index] = Some(events);
    }
    for events in seen.into_iter().flatten() {
        record.append_sorted(events);
    }
    Ok(record)
}

impl Stage {
    /// Plays one scenario and answers everything that was seen of it.
    async fn play(&self, scenario: &'static Scenario) -> Result<Vec<(u64, Event)>, Error> {
        self.progress.step(&format!(
            "scenario {}: {}",
            scenario.name, scenario.expected
        ));
        let began = SystemTime::now();
        let begin_ms = runner::now_ms();
        let sandbox = Sandbox::create()?;
        let check = &self.config.check;
        let profiles = Profiles::plant(&check.profile, &check.other_profile);
        let redactor = profiles.redactor();
        write_private(
            &sandbox.server_config_file(),
            &server_config(&self.config.server, &profiles, scenario, &self.project.dir),
        )?;
        let mut workspace = self.target.start(&sandbox).await?;
        let environment =
            self.environment(scenario, &sandbox, &profiles, workspace.as_ref(), check)?;
        let (program, arguments) = self.command(scenario);
        let started = ScenarioStarted {
            scenario: scenario.name.to_owned(),
            command: std::iter::once(program.display().to_string())
                .chain(arguments.iter().cloned())
                .collect(),
            profiles: profiles.described(scenario),
            selected_profile: (scenario.place == Place::Outside)
                .then(|| profiles.selected(scenario).name.clone()),
            home: sandbox.home().to_string_lossy().into_owned(),
        };
        let job = Job {
            program,
            arguments,
            dir: self.project.dir.clone(),
            environment: &environment,
            redactor: &redactor,
            timeout: self.timeout(scenario),
            label: scenario.name,
        };
        let mut watch = hopeless::Watch::new(sandbox.events_file());
        let (collected, exited) = runner::run(job, self.progress.as_ref(), || {
            watch.look(&workspace.new_entries())
        })
        .await
        .map_err(|error| self.blamed(error))?;

        let mut events = vec![(begin_ms, Event::ScenarioStarted(started))];
        events.extend(
            workspace
                .stop()
                .await?
                .into_iter()
                .map(|entry| (entry.at_ms, entry.event)),
        );
        events.extend(probe_events(&sandbox.events_file(), &redactor));
        events.extend(collected.events);
        let end_ms = runner::now_ms();
        let leaks = leaks::in_files_since(&self.project.dir, began, &redactor);
        events.extend(
            leaks
                .into_iter()
                .map(|seen| (end_ms, Event::TokenSeen(seen))),
        );
        events.push((end_ms, Event::ProcessExited(exited)));
        let finished = ScenarioFinished {
            scenario: scenario.name.to_owned(),
        };
        events.push((end_ms, Event::ScenarioFinished(finished)));
        Ok(events)
    }

    fn environment(
        &self,
        scenario: &Scenario,
        sandbox: &Sandbox,
        profiles: &Profiles,
        workspace: &dyn Workspace,
        check: &CheckConfig,
    ) -> Result<Environment, Error> {
        let mut environment =
            sandbox.furnish(scenario, profiles, workspace.ready(), &self.project.dir)?;
        if let Some(python) = &self.python {
            python::activate(&mut environment, python);
        }
        if scenario.place == Place::Outside
            && (scenario.runs == Runs::Command || check.set_spark_remote)
        {
            environment.set("SPARK_REMOTE", profiles.spark_remote(scenario));
        }
        Ok(environment)
    }

    fn command(&self, scenario: &Scenario) -> (PathBuf, Vec<String>) {
        let python = self
            .python
            .clone()
            .unwrap_or_else(|| PathBuf::from("python3"));
        match (&self.commands, scenario.runs) {
            (Commands::Given(command), _) => {
                let mut words = command.iter().cloned();
                let program = words.next().map(PathBuf::from).unwrap_or_default();
                (program, words.collect())
            }
            (Commands::Kedro { env, .. }, Runs::Context) => {
                let mut arguments = vec!["-m".to_owned(), "sparring_context".to_owned()];
                arguments.extend(option("--env", env));
                (python, arguments)
            }
            (
                Commands::Kedro {
                    env,
                    pipeline,
                    extra,
                },
                Runs::Pipeline | Runs::Command,
            ) => {
                let mut arguments = vec!["-m".to_owned(), "kedro".to_owned(), "run".to_owned()];
                arguments.extend(option("--env", env));
                arguments.extend(option("--pipeline", pipeline));
                arguments.extend(extra.iter().cloned());
                (python, arguments)
            }
        }
    }

    /// A program that cannot be started is the user's mistake where the user named it.
    fn blamed(&self, error: Error) -> Error {
        match (&self.commands, error) {
            (Commands::Given(_), Error::Spawn { command, source }) => {
                Error::CommandNotFound { command, source }
            }
            (_, error) => error,
        }
    }

    fn timeout(&self, scenario: &Scenario) -> Duration {
        // A context is built in seconds; two minutes are for a machine that is very busy.
        let most = self.config.check.timeout();
        match scenario.runs {
            Runs::Context => most.min(Duration::from_secs(120)),
            Runs::Pipeline | Runs::Command => most,
        }
    }
}

fn option(name: &str, value: &Option<String>) -> Vec<String> {
    value
        .iter()
        .flat_map(|value| [name.to_owned(), value.clone()])
        .collect()
}

/// The workspace's configuration: the project's tables, and the planted profiles.
fn server_config(
    tables: &toml::Table,
    profiles: &Profiles,
    scenario: &Scenario,
    project_dir: &Path,
) -> String {
    let mut config = tables.clone();
    // Scenarios run side by side, each with a workspace and a proxy of its own.
    config.remove("proxy_listen");
    if scenario.runs == Runs::Context {
        // Nothing is read in these, so nothing is seeded.
        config.remove("seed");
    }
    if let Some(toml::Value::Array(seeds)) = config.get_mut("seed") {
        for seed in seeds.iter_mut().filter_map(toml::Value::as_table_mut) {
            for key in ["file", "folder"] {
                if let Some(toml::Value::String(path)) = seed.get_mut(key) {
                    *path = project_dir.join(&*path).to_string_lossy().into_owned();
                }
            }
        }
    }
    let planted = profiles.known().map(|profile| {
        let mut table = toml::Table::new();
        let mut put = |key: &str, value: &str| table.insert(key.to_owned(), value.into());
        put("name", &profile.name);
        put("host", profile.host);
        put("token", profile.token.reveal());
        put("cluster_id", profile.cluster_id);
        toml::Value::Table(table)
    });
    config.insert("profile".to_owned(), toml::Value::Array(planted.into()));
    config.to_string()
}

/// The probe's events, with what could not be read said in their place.
fn probe_events(path: &Path, redactor: &Redactor) -> Vec<(u64, Event)> {
    let Ok(text) = fs::read_to_string(path) else {
        // No probe was loaded: the command was not Kedro's, or Python did not get that far.
        return Vec::new();
    };
    let mut at_ms = 0;
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let (line, _) = redactor.redact(line);
            match Entry::parse(&line, index + 1) {
                Ok(entry) => {
                    at_ms = entry.at_ms;
                    (entry.at_ms, entry.event)
                }
                Err(error) => {
                    let text = format!("[sparring: the probe wrote something unknown: {error}]");
                    (
                        at_ms,
                        Event::OutputLine(OutputLine {
                            stream: OutputStream::Stderr,
                            text,
                        }),
                    )
                }
            }
        })
        .collect()
}
