//! Looks for planted tokens in the files that the project wrote during a run.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use sparring_journal::TokenSeen;
use walkdir::WalkDir;

use crate::sandbox::{Redactor, SANDBOX_PREFIX};

/// Larger files are data, not logs.
const MAX_BYTES: u64 = 16 << 20;
const SKIPPED: &[&str] = &[".git", ".venv", "venv", "node_modules", "__pycache__"];

/// Tokens in files below `dir` that were changed since `began`.
pub(super) fn in_files_since(dir: &Path, began: SystemTime, redactor: &Redactor) -> Vec<TokenSeen> {
    // Some file systems keep whole seconds.
    let began = began - Duration::from_secs(1);
    let temporary = std::env::temp_dir().canonicalize().ok();
    // The temporary folder may lie in the project, and our own sandboxes in it.
    let is_sandbox = |path: &Path| {
        path.parent() == temporary.as_deref()
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(SANDBOX_PREFIX))
    };
    WalkDir::new(dir)
        .into_iter()
        .filter_entry(|entry| {
            !SKIPPED.iter().any(|name| entry.file_name() == *name) && !is_sandbox(entry.path())
        })
        .filter_map(Result::ok)
        .filter(|entry| {
            entry.metadata().is_ok_and(|metadata| {
                metadata.is_file()
                    && metadata.len() <= MAX_BYTES
                    && metadata.modified().is_ok_and(|modified| modified >= began)
            })
        })
        .flat_map(|entry| {
            let place = entry.path().strip_prefix(dir).unwrap_or(entry.path());
            in_file(entry.path(), &place.to_string_lossy(), redactor)
        })
        .collect()
}

fn in_file(path: &Path, place: &str, redactor: &Redactor) -> Vec<TokenSeen> {
    let Ok(bytes) = fs::read(path) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut seen = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (clean, profiles) = redactor.redact(line);
        for profile in profiles {
            seen.push(TokenSeen {
                profile,
                place: place.to_owned(),
                line: index as u64 + 1,
                text: clean.chars().take(400).collect(),
            });
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Profiles;

    #[test]
    fn only_what_was_written_since_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let profiles = Profiles::plant("DEFAULT", "STAGING");
        let line = format!("first\nconnecting with {}\n", profiles.main.token.reveal());
        fs::write(dir.path().join("info.log"), &line).unwrap();
        fs::create_dir(dir.path().join(".git")).unwrap();
        fs::write(dir.path().join(".git/x"), &line).unwrap();
        let redactor = profiles.redactor();
        let seen = in_files_since(dir.path(), SystemTime::now(), &redactor);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].place.as_str(), seen[0].line), ("info.log", 2));
        assert_eq!(seen[0].text, "connecting with <token of DEFAULT>");
        let later = SystemTime::now() + Duration::from_secs(60);
        assert!(in_files_since(dir.path(), later, &redactor).is_empty());
    }
}
