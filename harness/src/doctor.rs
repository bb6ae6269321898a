//! What is missing on this machine or in this project, and how to mend it. Looks, changes
//! nothing.

use std::path::{Path, PathBuf};

use crate::{
    Error, Progress, Project, ProjectConfig, PythonChoice, config,
    install::{self, cache_dir},
    python::{self, Installed},
};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// What was looked at.
    pub subject: &'static str,
    /// What is there, or what is wrong.
    pub found: String,
    /// What to do; absent when nothing is wrong.
    pub remedy: Option<String>,
}

/// Looks at everything that a check of `dir` needs.
pub async fn examine(
    dir: &Path,
    python: Option<PathBuf>,
    progress: &dyn Progress,
) -> Vec<Examination> {
    let choice = PythonChoice {
        python,
        install: false,
    };
    let mut seen = vec![
        from(
            "project",
            Project::find(dir)
                .map(|project| format!("{} in {}", project.name, project.dir.display())),
        ),
        from("sparring.toml", configuration(dir)),
        from(
            "cache",
            cache_dir().map(|cache| cache.display().to_string()),
        ),
    ];
    let chosen = match python::choose(dir, &choice, progress).await {
        Err(Error::NoPython { dir }) => install::made_before(&dir)
            .await
            .ok_or(Error::NoPython { dir }),
        chosen => chosen,
    };
    match chosen {
        Err(error) => seen.push(from("python", Err(error))),
        Ok(interpreter) => match python::inspect(&interpreter).await {
            Err(error) => seen.push(from("python", Err(error))),
            Ok(installed) => {
                seen.push(well(
                    "python",
                    format!("{} ({})", interpreter.display(), installed.python),
                ));
                seen.extend(packages(&installed));
            }
        },
    }
    seen
}

fn configuration(dir: &Path) -> Result<String, Error> {
    ProjectConfig::read(dir)?;
    let path = config::path_in(dir);
    Ok(if path.exists() {
        path.display().to_string()
    } else {
        "not there; defaults are used".to_owned()
    })
}

fn packages(installed: &Installed) -> Vec<Examination> {
    let mut seen = vec![
        package(
            "kedro",
            installed.kedro.as_ref(),
            "install kedro, or add `--install`",
        ),
        package(
            "kedro-datasets",
            installed.kedro_datasets.as_ref(),
            "install kedro-datasets, which has the Spark and Databricks datasets",
        ),
    ];
    let clients = [
        ("pyspark", &installed.pyspark),
        ("pyspark-client", &installed.pyspark_client),
        ("databricks-connect", &installed.databricks_connect),
    ];
    let there: Vec<String> = clients
        .iter()
        .filter_map(|(name, version)| version.as_ref().map(|version| format!("{name} {version}")))
        .collect();
    seen.push(match there.as_slice() {
        [] => ill(
            "spark client",
            "none is installed",
            "install pyspark-client, pyspark[connect] or databricks-connect",
        ),
        [one] => well("spark client", one.clone()),
        several => ill(
            "spark client",
            &format!("{} share the module name `pyspark`", several.join(" and ")),
            "keep one of them: what the last one installed overwrote is what is imported",
        ),
    });
    if !there.is_empty() {
        seen.push(package(
            "grpcio",
            installed.grpcio.as_ref(),
            "install pyspark[connect] instead of pyspark",
        ));
    }
    seen
}

fn package(subject: &'static str, version: Option<&String>, remedy: &str) -> Examination {
    match version {
        Some(version) => well(subject, version.clone()),
        None => ill(subject, "not installed", remedy),
    }
}

const fn well(subject: &'static str, found: String) -> Examination {
    Examination {
        subject,
        found,
        remedy: None,
    }
}

fn ill(subject: &'static str, found: &str, remedy: &str) -> Examination {
    Examination {
        subject,
        found: found.to_owned(),
        remedy: Some(remedy.to_owned()),
    }
}

fn from(subject: &'static str, found: Result<String, Error>) -> Examination {
    match found {
        Ok(found) => well(subject, found),
        Err(error) => Examination {
            subject,
            remedy: Some(error.hint().unwrap_or_else(|| "see above".to_owned())),
            found: error.to_string(),
        },
    }
}
