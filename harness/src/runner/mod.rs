//! Runs one process in its own group: streams and redacts its output, ends it in time, and
//! leaves nothing behind. What the process is and what its output means is not known here.

mod group;
mod output;

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use std::os::unix::process::ExitStatusExt;

pub(crate) use group::Group;
pub(crate) use output::{Collected, now_ms};
use sparring_journal::{OutputStream, ProcessExited};
use tokio::{
    process::Command,
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use crate::{
    Error, Progress,
    sandbox::{Environment, Redactor},
};

/// How often the caller is asked whether going on makes sense.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);
/// How long a process may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long output may arrive after the process has ended, from grandchildren that hold the pipe.
const LINGER: Duration = Duration::from_secs(2);

/// A process to run.
pub(crate) struct Job<'a> {
    /// Program.
    pub program: PathBuf,
    /// Arguments.
    pub arguments: Vec<String>,
    /// Working directory.
    pub dir: PathBuf,
    /// All of its environment.
    pub environment: &'a Environment,
    /// Hides planted tokens in its output.
    pub redactor: &'a Redactor,
    /// When it is ended.
    pub timeout: Duration,
    /// Name for the live output.
    pub label: &'static str,
}

/// Runs `job` to its end. `watch` may end it early by answering a reason.
///
/// # Errors
/// When the program cannot be started.
pub(crate) async fn run(
    job: Job<'_>,
    progress: &dyn Progress,
    mut watch: impl FnMut() -> Option<String> + Send,
) -> Result<(Collected, ProcessExited), Error> {
    let started = Instant::now();
    let mut child = Command::new(&job.program)
        .args(&job.arguments)
        .current_dir(&job.dir)
        .env_clear()
        .envs(job.environment.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| Error::Spawn {
            command: job.program.display().to_string(),
            source,
        })?;
    let group = Group::of(&child);
    let (sender, mut lines) = mpsc::channel(256);
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(output::read_lines(
            stdout,
            OutputStream::Stdout,
            sender.clone(),
        ));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(output::read_lines(
            stderr,
            OutputStream::Stderr,
            sender.clone(),
        ));
    }
    drop(sender);

    let mut collected = Collected::new(job.redactor.clone());
    let mut ticks = interval(WATCH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let deadline = started + job.timeout;
    let mut stopped = None;
    let status = loop {
        tokio::select! {
            Some(line) = lines.recv() => progress.output(job.label, &collected.add(line)),
            status = child.wait() => break status.ok(),
            () = sleep_until(deadline), if stopped.is_none() => {
                stopped = Some(format!("it took longer than {} seconds", job.timeout.as_secs()));
                group.terminate_then_kill(GRACE);
            }
            _ = ticks.tick(), if stopped.is_none() => {
                stopped = watch();
                if stopped.is_some() {
                    group.terminate_then_kill(GRACE);
                }
            }
        }
    };
    // What is still in the pipes belongs to the run; a grandchild that keeps them open does not.
    let rest = timeout(LINGER, async {
        while let Some(line) = lines.recv().await {
            progress.output(job.label, &collected.add(line));
        }
    });
    if rest.await.is_err() {
        collected.note("output after the end of the process was cut off");
    }
    drop(group);
    Ok((collected, exited(status, stopped, started.elapsed())))
}

fn exited(status: Option<ExitStatus>, stopped: Option<String>, took: Duration) -> ProcessExited {
    ProcessExited {
        code: status.and_then(|status| status.code()),
        signal: status.and_then(|status| status.signal()),
        stopped,
        seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
    }
}
