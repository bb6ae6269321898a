//! A workspace in a process of its own: `sparring serve` of the program that is running.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use async_trait::async_trait;
use sparring_journal::{Entry, read_entries};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader as AsyncBufReader},
    process::{Child, Command},
    time::timeout,
};

use super::{Ready, Target, Workspace};
use crate::{Error, exit, runner::Group, sandbox::Sandbox};

/// Ten times what a slow machine was seen to need.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Starts `PROGRAM serve`.
#[derive(Debug, Clone)]
pub struct ProcessTarget {
    /// The `sparring` binary.
    pub program: PathBuf,
}

struct Process {
    child: Child,
    group: Group,
    ready: Ready,
    journal: PathBuf,
    read_up_to: u64,
}

#[async_trait]
impl Target for ProcessTarget {
    async fn start(&self, sandbox: &Sandbox) -> Result<Box<dyn Workspace>, Error> {
        let journal = sandbox.journal_file();
        let mut child = Command::new(&self.program)
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--ephemeral", "--config"])
            .arg(sandbox.server_config_file())
            .arg("--journal")
            .arg(&journal)
            // Its temporary data lies in the sandbox, which is removed even if it is killed.
            .env("TMPDIR", sandbox.server_temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Spawn {
                command: format!("{} serve", self.program.display()),
                source,
            })?;
        let group = Group::of(&child);
        let line = match timeout(START_TIMEOUT, first_line(&mut child)).await {
            Ok(line) => line,
            Err(_) => {
                return Err(Error::ServerFailed {
                    message: format!("no ready line within {} seconds", START_TIMEOUT.as_secs()),
                });
            }
        };
        let Some(line) = line else {
            return Err(explain_end(&mut child).await);
        };
        let ready: Ready = serde_json::from_str(&line)
            .ok()
            .filter(|ready: &Ready| ready.event == "ready")
            .ok_or_else(|| Error::ServerFailed {
                message: format!("its first line is no ready line: {line}"),
            })?;
        drain(&mut child);
        Ok(Box::new(Process {
            child,
            group,
            ready,
            journal,
            read_up_to: 0,
        }))
    }
}

#[async_trait]
impl Workspace for Process {
    fn ready(&self) -> &Ready {
        &self.ready
    }

    fn new_entries(&mut self) -> Vec<Entry> {
        let Ok(mut file) = File::open(&self.journal) else {
            return Vec::new();
        };
        if file.seek(SeekFrom::Start(self.read_up_to)).is_err() {
            return Vec::new();
        }
        let mut reader = BufReader::new(file);
        let mut entries = Vec::new();
        let mut line = String::new();
        // A line without its end is still being written and is read next time.
        while reader.read_line(&mut line).is_ok() && line.ends_with('\n') {
            self.read_up_to += line.len() as u64;
            entries.extend(Entry::parse(&line, 0).ok());
            line.clear();
        }
        entries
    }

    async fn stop(mut self: Box<Self>) -> Result<Vec<Entry>, Error> {
        self.group.terminate();
        if timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            self.group.kill();
            // What it has written so far is still judged.
            let _ = self.child.wait().await;
        }
        let unreadable = |reason: String| Error::RecordInvalid {
            path: self.journal.clone(),
            reason,
        };
        let mut text = String::new();
        File::open(&self.journal)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|error| unreadable(error.to_string()))?;
        read_entries(text.as_bytes()).map_err(|error| unreadable(error.to_string()))
    }
}

async fn first_line(child: &mut Child) -> Option<String> {
    let stdout = child.stdout.take()?;
    let mut lines = AsyncBufReader::new(stdout).lines();
    let line = lines.next_line().await.ok().flatten();
    // Given back, so that a second line does not break the pipe.
    child.stdout = Some(lines.into_inner().into_inner());
    line
}

async fn explain_end(child: &mut Child) -> Error {
    let mut text = String::new();
    if let Some(stderr) = &mut child.stderr {
        // A partial text is better than none.
        let _ = stderr.take(64 << 10).read_to_string(&mut text).await;
    }
    let status = child.wait().await.ok().and_then(|status| status.code());
    let said = text.trim();
    let message = said.strip_prefix("error: ").unwrap_or(said).to_owned();
    if status == Some(i32::from(exit::WRONG_USE)) {
        Error::ServerRefused { message }
    } else {
        Error::ServerFailed { message }
    }
}

/// Keeps both pipes empty, so that the process never waits for a reader.
fn drain(child: &mut Child) {
    if let Some(mut stdout) = child.stdout.take() {
        tokio::spawn(async move { tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await });
    }
    if let Some(mut stderr) = child.stderr.take() {
        tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
    }
}
