//! What is wrong when the log of a table cannot be read, or a table cannot be written: the file, and
//! what helps.
//!
//! delta-rs says what it stumbled over and not where, so the log is looked at again. Mends nothing.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::Action;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use serde_json::{Map, Value};

use super::{failed, not_a_table};
use crate::error::{Error, Result};

/// What helps where a file of the log is damaged.
const PUT_BACK: &str = "put back a copy of the file; no version behind it can be read without it";

/// The files of a log, as far as they decide what can be read.
struct Log {
    directory: PathBuf,
    commits: BTreeSet<u64>,
    /// The newest checkpoint and its files.
    checkpoint: Option<(u64, Vec<PathBuf>)>,
}

impl Log {
    fn of(root: &Path) -> std::io::Result<Self> {
        let directory = root.join("_delta_log");
        let mut commits = BTreeSet::new();
        let mut checkpoint: Option<(u64, Vec<PathBuf>)> = None;
        for entry in std::fs::read_dir(&directory)? {
            let name = entry?.file_name();
            let Some((version, rest)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Ok(version) = version.parse::<u64>() else {
                continue;
            };
            if rest == "json" {
                commits.insert(version);
            } else if rest.starts_with("checkpoint") {
                let path = directory.join(&name);
                match &mut checkpoint {
                    Some((newest, files)) if *newest == version => files.push(path),
                    Some((newest, _)) if *newest > version => {}
                    _ => checkpoint = Some((version, vec![path])),
                }
            }
        }
        Ok(Self {
            directory,
            commits,
            checkpoint,
        })
    }

    fn entry(&self, version: u64) -> PathBuf {
        self.directory.join(format!("{version:020}.json"))
    }

    /// The first thing that is wrong with it.
    fn fault(&self) -> Result<(), Error> {
        let base = self.checkpoint.as_ref().map(|(version, _)| *version);
        let needed: Vec<u64> = match base {
            Some(base) => self.commits.range(base + 1..).copied().collect(),
            None => self.commits.iter().copied().collect(),
        };
        let newest = needed.last().copied().or(base).unwrap_or(0);
        if base.is_none() && needed.first().is_some_and(|first| *first > 0) {
            let entry = self.entry(0).display().to_string();
            let of_log = ("delta.logRetentionDuration", "interval 30 days");
            let of_checkpoints = ("delta.checkpointRetentionDuration", "interval 2 days");
            return Err(Error::new(
                "DELTA_TRUNCATED_TRANSACTION_LOG",
                [
                    ("path", entry),
                    ("version", newest.to_string()),
                    ("logRetentionKey", of_log.0.to_owned()),
                    ("logRetention", of_log.1.to_owned()),
                    ("checkpointRetentionKey", of_checkpoints.0.to_owned()),
                    ("checkpointRetention", of_checkpoints.1.to_owned()),
                ],
            )
            .hint(PUT_BACK));
        }
        let chain: Vec<u64> = base.into_iter().chain(needed.iter().copied()).collect();
        if let Some(gap) = chain.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            let missing = self.entry(gap[0] + 1).display().to_string();
            let shown: Vec<String> = chain.iter().map(u64::to_string).collect();
            return Err(Error::new(
                "DELTA_VERSIONS_NOT_CONTIGUOUS",
                [
                    ("versionList", shown.join(", ")),
                    ("startVersion", gap[0].to_string()),
                    ("endVersion", gap[1].to_string()),
                    ("versionToLoad", newest.to_string()),
                ],
            )
            .hint(format!("{missing} is missing; {PUT_BACK}")));
        }
        for path in self.checkpoint.iter().flat_map(|(_, files)| files) {
            check_checkpoint(path)?;
        }
        for version in needed {
            check_entry(&self.entry(version))?;
        }
        Ok(())
    }
}

/// Why a table's newest version cannot be read.
pub(super) fn unreadable(root: &Path, error: DeltaTableError) -> Error {
    let log = match Log::of(root) {
        Ok(log) => log,
        Err(missing) if missing.kind() == ErrorKind::NotFound => {
            return not_a_table(&root.display().to_string());
        }
        Err(denied) => return damaged(&root.join("_delta_log"), &denied),
    };
    if log.commits.is_empty() && log.checkpoint.is_none() {
        return not_a_table(&root.display().to_string());
    }
    match log.fault() {
        Err(found) => found,
        Ok(()) => failed(error),
    }
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Error {
    let path = path.display().to_string();
    Error::new("FAILED_READ_FILE.NO_HINT", [("path", path)]).hint(format!("{why}; {PUT_BACK}"))
}

fn check_checkpoint(path: &Path) -> Result<()> {
    if path.extension().is_none_or(|ending| ending != "parquet") {
        return Ok(());
    }
    let file = std::fs::File::open(path).map_err(|error| damaged(path, &error))?;
    ArrowReaderMetadata::load(&file, Default::default()).map_err(|error| damaged(path, &error))?;
    Ok(())
}

/// Every line of an entry is an object of one action, and that is an object.
fn check_entry(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path).map_err(|error| damaged(path, &error))?;
    let lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty());
    for (line, number) in lines {
        let wrong = |why: &dyn std::fmt::Display| {
            damaged(path, &format!("line {number} is no action of Delta: {why}"))
        };
        let object: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| wrong(&error))?;
        if let Some((name, _)) = object.iter().find(|(_, action)| !action.is_object()) {
            return Err(wrong(&format!("`{name}` is no object")));
        }
        let known = ["add", "remove", "metaData", "protocol", "txn"];
        if object.keys().any(|name| known.contains(&name.as_str())) {
            serde_json::from_str::<Action>(line).map_err(|error| wrong(&error))?;
        }
    }
    Ok(())
}

/// Why a table cannot be written: what the disk says, and what helps; nothing was committed.
pub(super) fn unwritable(root: &Path, error: DeltaTableError) -> Error {
    match of_disk(&error) {
        Some(disk) => crate::io::sink::write_failed(root, disk),
        None => failed(error),
    }
}

/// What the operating system said, somewhere below.
fn of_disk(error: &DeltaTableError) -> Option<&std::io::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<std::io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
