//! The Python environment that a project is run in: finding it and asking what is installed.
//! Nothing of the project is imported.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use tokio::process::Command;

use crate::{Error, Progress, install, sandbox::Environment};

/// How the caller wants the interpreter to be chosen.
#[derive(Debug, Clone, Default)]
pub struct PythonChoice {
    /// `--python`: an interpreter, or the one that `--install` builds on.
    pub python: Option<PathBuf>,
    /// `--install`: an environment of the project's own requirements.
    pub install: bool,
}

/// What an interpreter has. Versions are absent for what is not installed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Installed {
    pub(crate) python: String,
    pub(crate) kedro: Option<String>,
    pub(crate) kedro_datasets: Option<String>,
    pub(crate) pyspark: Option<String>,
    pub(crate) pyspark_client: Option<String>,
    pub(crate) databricks_connect: Option<String>,
    pub(crate) grpcio: Option<String>,
}

/// Asks without importing any of the packages, which would take seconds.
const QUESTION: &str = r#"
import importlib.metadata as m, json, platform
def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return None
names = ["kedro", "kedro-datasets", "pyspark", "pyspark-client", "databricks-connect", "grpcio"]
answer = {name.replace("-", "_"): version(name) for name in names}
answer["python"] = platform.python_version()
print(json.dumps(answer))
"#;

/// The interpreter for the project in `dir`.
pub(crate) async fn choose(
    dir: &Path,
    choice: &PythonChoice,
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let given = choice.python.as_deref().map(absolute).transpose()?;
    if choice.install {
        return install::environment(dir, given.as_deref(), progress).await;
    }
    if let Some(python) = given {
        return Ok(python);
    }
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    active
        .into_iter()
        .chain(std::path::absolute(dir.join(".venv")))
        .map(|venv| venv.join("bin/python"))
        .find(|python| python.exists())
        .ok_or_else(|| Error::NoPython {
            dir: dir.to_owned(),
        })
}

/// Asks an interpreter what is installed.
pub(crate) async fn inspect(python: &Path) -> Result<Installed, Error> {
    let broken = |reason: String| Error::PythonBroken {
        python: python.to_owned(),
        reason,
    };
    let output = Command::new(python)
        .args(["-c", QUESTION])
        // Not in the project's folder, where any file could pass for a module.
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| broken(error.to_string()))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(broken(
            stderr
                .trim()
                .lines()
                .last()
                .unwrap_or("it failed")
                .to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| broken(error.to_string()))
}

/// The interpreter for a Kedro project, which must have Kedro.
pub(crate) async fn with_kedro(
    dir: &Path,
    choice: &PythonChoice,
    progress: &dyn Progress,
) -> Result<PathBuf, Error> {
    let python = choose(dir, choice, progress).await?;
    if inspect(&python).await?.kedro.is_none() {
        return Err(without_kedro(dir, choice, python));
    }
    Ok(python)
}

/// What to blame: `--install` puts into the environment what the project asks for.
fn without_kedro(dir: &Path, choice: &PythonChoice, python: PathBuf) -> Error {
    match install::requirements_file(dir) {
        Ok(requirements) if choice.install => Error::NoKedroRequired { requirements },
        Ok(_) | Err(_) => Error::NoKedro { python },
    }
}

/// A path as seen from anywhere: it is used from several folders. A bare name is looked up on the
/// path as it is.
fn absolute(python: &Path) -> Result<PathBuf, Error> {
    if python.components().count() == 1 {
        return Ok(python.to_owned());
    }
    std::path::absolute(python).map_err(|error| Error::PythonBroken {
        python: python.to_owned(),
        reason: error.to_string(),
    })
}

/// Makes the interpreter's virtualenv the active one, as its activate script does.
pub(crate) fn activate(environment: &mut Environment, python: &Path) {
    let Some(bin) = python.parent() else { return };
    environment.prepend_path("PATH", bin);
    if let Some(venv) = bin.parent().filter(|venv| venv.join("pyvenv.cfg").exists()) {
        environment.set("VIRTUAL_ENV", venv);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn an_installed_environment_without_kedro_is_the_requirements_fault() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("requirements.txt"), "pandas\n").unwrap();
        let said = |install: bool| {
            let choice = PythonChoice {
                python: None,
                install,
            };
            let error = without_kedro(dir.path(), &choice, "/venv/bin/python".into());
            let text = format!("{error}\n{}\n", error.hint().unwrap());
            text.replace(&dir.path().display().to_string(), "DIR")
        };
        expect![[r#"
            `--install` installed no kedro: `DIR/requirements.txt` does not ask for it
            add kedro to `DIR/requirements.txt`
            kedro is not installed in the environment of `/venv/bin/python`
            add `--install` to make an environment from the project's requirements, or install kedro there
        "#]].assert_eq(&(said(true) + &said(false)));
    }
}
