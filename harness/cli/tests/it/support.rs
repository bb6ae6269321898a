//! Runs the binary in a folder of its own and shows what a caller sees: status, data, talk.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// A folder for one test, and the program in it.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The least that counts as a Kedro project.
    pub(crate) fn project(self) -> Self {
        self.write(
            "pyproject.toml",
            "[tool.kedro]\nproject_name = \"demo\"\npackage_name = \"demo\"\n",
        );
        self
    }

    /// The program with `arguments`, in this folder and with temporary files below it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let temp = self.path().join("tmp");
        std::fs::create_dir_all(&temp).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparring"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("VIRTUAL_ENV")
            .env("NO_COLOR", "1")
            .env("TMPDIR", temp);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Status, standard output and standard error, with this folder's name replaced.
    pub(crate) fn seen(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let real = self.path().canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes)
                .replace(&real.display().to_string(), "DIR")
                .replace(&self.path().display().to_string(), "DIR")
        };
        format!(
            "status {}\n{}{}",
            output.status.code().unwrap_or(-1),
            text(&output.stdout),
            text(&output.stderr)
        )
    }
}
