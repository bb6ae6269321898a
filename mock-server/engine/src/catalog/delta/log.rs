//! The log of a Delta table as files: which versions there are, and what they say of themselves.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};

/// What a commit says of itself in the history.
pub(crate) struct Operation {
    pub(super) name: &'static str,
    pub(super) parameters: Vec<(&'static str, Value)>,
    pub(super) reads: bool,
}

impl Operation {
    /// An operation without parameters.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            parameters: Vec::new(),
            reads: false,
        }
    }

    /// What it adds depends on the rows that were there, so it is no blind append.
    pub(crate) fn reading(mut self) -> Self {
        self.reads = true;
        self
    }

    /// With a parameter; Delta writes them all as strings.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }
}

/// The versions in the log and when they were committed, oldest first.
pub(super) fn commits(root: &Path) -> Result<Vec<(u64, i64)>> {
    let mut found: Vec<(u64, i64)> = history(root)?
        .into_iter()
        .map(|(version, info)| {
            (
                version,
                info.get("timestamp").and_then(Value::as_i64).unwrap_or(0),
            )
        })
        .collect();
    found.sort_unstable();
    Ok(found)
}

pub(super) fn earliest_version(root: &Path) -> u64 {
    commits(root)
        .ok()
        .and_then(|commits| commits.first().map(|(version, _)| *version))
        .unwrap_or(0)
}

/// The `commitInfo` of every version in the log, newest first.
pub(crate) fn history(root: &Path) -> Result<Vec<(u64, Value)>> {
    let log = root.join("_delta_log");
    let failed = |error: std::io::Error| Error::internal(format!("{}: {error}", log.display()));
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(&log).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let version = name
            .to_str()
            .and_then(|name| name.strip_suffix(".json"))
            .and_then(|name| name.parse::<u64>().ok());
        versions.extend(version);
    }
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
        .into_iter()
        .map(|version| {
            let path = log.join(format!("{version:020}.json"));
            let text = std::fs::read_to_string(&path).map_err(failed)?;
            let info = text
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok())
                .find_map(|mut action| action.get_mut("commitInfo").map(Value::take))
                .unwrap_or(Value::Null);
            Ok((version, info))
        })
        .collect()
}
