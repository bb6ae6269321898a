//! `--install`: a virtualenv of the project's own requirements, kept in a cache and keyed by
//! their hash, so that the second check starts at once.

use std::{
    collections::HashSet,
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::{Error, Progress, python::inspect, runner::Group};

/// Written last; an environment without it was not finished and is made again.
const COMPLETE: &str = ".sparring-complete";

/// The environment that `--install` makes for a project: the same for the same requirements and
/// Python.
struct Planned {
    project: PathBuf,
    requirements: Requirements,
    base: PathBuf,
    venv: PathBuf,
}

impl Planned {
    async fn of(project: &Path, base: Option<&Path>) -> Result<Self, Error> {
        // pip is run in the project's folder, so relative paths would be looked up twice.
        let project = std::path::absolute(project).unwrap_or_else(|_| project.to_owned());
        let requirements = Requirements::of(&project)?;
        let base = base.map_or_else(|| PathBuf::from("python3"), Path::to_owned);
        let version = inspect(&base).await?.python;
        let venv = cache_dir()?.join("venvs").join(requirements.key(&version));
        Ok(Self {
            project,
            requirements,
            base,
            venv,
        })
    }

    fn python(&self) -> PathBuf {
        self.venv.join("bin/python")
    }

    fn is_complete(&self) -> bool {
        self.venv.join(COMPLETE).exists()
    }
}

/// Answers the interpreter of the environment for `project`, making it when it is not there.
pub(crate) async fn environment(
    project: &Path,
    base: Option<&Path>,
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let planned = Planned::of(project, base).await?;
    let venvs = planned.venv.parent().unwrap_or(&planned.venv);
    let failed = |source: io::Error| Error::Write {
        path: planned.venv.clone(),
        source,
    };
    fs::create_dir_all(venvs).map_err(failed)?;

    // Two checks of one project must not build the same environment at once. The lock goes with
    // the file handle.
    let lock = File::create(planned.venv.with_extension("lock")).map_err(failed)?;
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
        .await
        .map_err(|error| failed(io::Error::other(error)))?
        .map_err(failed)?;
    if !planned.is_complete() {
        build(&planned, progress).await?;
    }
    drop(lock);
    Ok(planned.python())
}

/// The interpreter of the environment that an earlier `--install` made, if it did.
pub(crate) async fn made_before(project: &Path) -> Option<PathBuf> {
    let planned = Planned::of(project, None).await.ok()?;
    planned.is_complete().then(|| planned.python())
}

/// The file that `--install` takes the requirements of `project` from.
pub(crate) fn requirements_file(project: &Path) -> Result<PathBuf, Error> {
    Requirements::of(project).map(|requirements| requirements.origin)
}

async fn build(planned: &Planned, progress: &dyn Progress) -> Result<(), Error> {
    let Planned {
        project,
        requirements,
        base,
        venv,
    } = planned;
    let failed = |source: io::Error| Error::Write {
        path: venv.clone(),
        source,
    };
    progress.step(&format!(
        "installing {} into {}",
        requirements.origin.display(),
        venv.display()
    ));
    if venv.exists() {
        fs::remove_dir_all(venv).map_err(failed)?;
    }
    let unfinished = Unfinished(venv);
    let mut make = Command::new(base);
    make.args(["-m", "venv"]).arg(venv);
    succeed(make, requirements).await?;
    let list = venv.join("sparring-requirements.txt");
    fs::write(&list, &requirements.text).map_err(failed)?;
    let mut install = Command::new(planned.python());
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        // The project's own file, so that paths in it are resolved as the project means them.
        .arg(if requirements.is_file {
            &requirements.origin
        } else {
            &list
        })
        .current_dir(project);
    let temporary = venv.join("tmp");
    fs::create_dir(&temporary).map_err(failed)?;
    install.env("TMPDIR", &temporary);
    succeed(install, requirements).await?;
    // What pip leaves there is of no use to anybody.
    let _ = fs::remove_dir_all(temporary);
    fs::write(venv.join(COMPLETE), "").map_err(failed)?;
    unfinished.done();
    Ok(())
}

/// An environment that is being made. Dropping this removes it, with pip's temporary files in it.
#[must_use = "the environment is removed when this is dropped"]
struct Unfinished<'a>(&'a Path);

impl Unfinished<'_> {
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // Whoever wrote there was killed just now, and may still finish what it was writing.
        for _ in 0..100 {
            if fs::remove_dir_all(self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::yield_now();
        }
    }
}

async fn succeed(mut command: Command, requirements: &Requirements) -> Result<(), Error> {
    let failed = |reason: String| Error::Install {
        requirements: requirements.origin.clone(),
        reason,
    };
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    // pip has children of its own; they end with it, also when this is interrupted.
    let group = Group::of(&child);
    let output = child
        .wait_with_output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    drop(group);
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.trim().lines().collect();
    Err(failed(lines[lines.len().saturating_sub(3)..].join("; ")))
}

struct Requirements {
    /// Where they were found.
    origin: PathBuf,
    text: String,
    is_file: bool,
    /// What the files say that this one includes.
    included: Vec<String>,
}

impl Requirements {
    fn of(project: &Path) -> Result<Self, Error> {
        let origin = project.join("requirements.txt");
        if let Ok(text) = fs::read_to_string(&origin) {
            let mut included = Vec::new();
            include(&origin, &text, &mut HashSet::new(), &mut included);
            return Ok(Self {
                origin,
                text,
                is_file: true,
                included,
            });
        }
        let origin = project.join("pyproject.toml");
        let none = || Error::NoRequirements {
            dir: project.to_owned(),
        };
        let table: toml::Table = fs::read_to_string(&origin)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(none)?;
        let lines: Vec<&str> = table
            .get("project")
            .and_then(|table| table.get("dependencies"))
            .and_then(toml::Value::as_array)
            .ok_or_else(none)?
            .iter()
            .filter_map(toml::Value::as_str)
            .collect();
        Ok(Self {
            origin,
            text: lines.join("\n") + "\n",
            is_file: false,
            included: Vec::new(),
        })
    }

    fn key(&self, python: &str) -> String {
        let mut hash = Sha256::new()
            .chain_update(python)
            .chain_update([0])
            .chain_update(&self.text);
        for text in &self.included {
            hash = hash.chain_update([0]).chain_update(text);
        }
        hash.finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Adds what the files say that a requirements file includes, and those that they include.
fn include(file: &Path, text: &str, seen: &mut HashSet<PathBuf>, included: &mut Vec<String>) {
    let folder = file.parent().unwrap_or(Path::new(""));
    for line in text.lines() {
        let mut words = line.trim().splitn(2, [' ', '=']);
        let (Some("-r" | "--requirement" | "-c" | "--constraint"), Some(name)) =
            (words.next(), words.next())
        else {
            continue;
        };
        let path = folder.join(name.trim());
        // One that cannot be read is pip's to complain about.
        if let Ok(text) = fs::read_to_string(&path)
            && seen.insert(path.clone())
        {
            include(&path, &text, seen, included);
            included.push(text);
        }
    }
}

/// `${XDG_CACHE_HOME:-$HOME/.cache}/sparring`.
pub(crate) fn cache_dir() -> Result<PathBuf, Error> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("sparring"))
        .ok_or_else(|| Error::Sandbox {
            source: io::Error::other(
                "neither XDG_CACHE_HOME nor HOME is set, so there is no place for caches",
            ),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_come_from_either_file_and_change_the_key() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Requirements::of(dir.path()).is_err());
        fs::write(
            dir.path().join("pyproject.toml"),
            "[project]\ndependencies = [\"kedro\", \"x>1\"]",
        )
        .unwrap();
        let from_project = Requirements::of(dir.path()).unwrap();
        assert_eq!(from_project.text, "kedro\nx>1\n");
        fs::write(dir.path().join("requirements.txt"), "kedro==1\n").unwrap();
        let from_file = Requirements::of(dir.path()).unwrap();
        assert!(from_file.is_file);
        assert_ne!(from_file.key("3.11.7"), from_project.key("3.11.7"));
        assert_ne!(from_file.key("3.11.7"), from_file.key("3.12.0"));
    }

    #[test]
    fn included_files_change_the_key_and_may_include_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        fs::create_dir(dir.path().join("more")).unwrap();
        write("requirements.txt", "kedro\n-r more/base.txt\n");
        write(
            "more/base.txt",
            "pandas\n--constraint=limits.txt\n-r ../requirements.txt\n",
        );
        write("more/limits.txt", "numpy<2\n");
        let key = || Requirements::of(dir.path()).unwrap().key("3.11.7");
        let before = key();
        assert_eq!(before, key());
        write("more/limits.txt", "numpy<3\n");
        assert_ne!(before, key());
    }
}
