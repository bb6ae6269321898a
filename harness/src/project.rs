//! The project under check: where it lies and what it is called. Nothing of it is imported or
//! executed here.

use std::path::{Path, PathBuf};

use crate::Error;

/// A Kedro project on disk.
#[derive(Debug, Clone)]
pub struct Project {
    /// Absolute path of the folder with `pyproject.toml`.
    pub dir: PathBuf,
    /// Name for reports.
    pub name: String,
}

impl Project {
    /// Finds the project in `dir`.
    ///
    /// # Errors
    /// When `dir` holds no Kedro project.
    pub fn find(dir: &Path) -> Result<Self, Error> {
        let missing = |reason: &str| Error::NoProject {
            dir: dir.to_owned(),
            reason: reason.to_owned(),
        };
        let absolute = dir
            .canonicalize()
            .map_err(|_| missing("the folder does not exist"))?;
        let text = std::fs::read_to_string(absolute.join("pyproject.toml"))
            .map_err(|_| missing("there is no pyproject.toml"))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            missing(&format!(
                "its pyproject.toml cannot be read: {}",
                error.message()
            ))
        })?;
        let kedro = table
            .get("tool")
            .and_then(|tool| tool.get("kedro"))
            .and_then(toml::Value::as_table)
            .ok_or_else(|| missing("its pyproject.toml has no [tool.kedro] table"))?;
        let name = ["project_name", "package_name"]
            .iter()
            .find_map(|key| kedro.get(*key).and_then(toml::Value::as_str))
            .ok_or_else(|| missing("[tool.kedro] names neither project_name nor package_name"))?;
        Ok(Self {
            name: name.to_owned(),
            dir: absolute,
        })
    }

    /// A folder that need not be a Kedro project, for `sparring run`.
    ///
    /// # Errors
    /// When the folder does not exist.
    pub fn any_folder(dir: &Path) -> Result<Self, Error> {
        if let Ok(project) = Self::find(dir) {
            return Ok(project);
        }
        let absolute = dir.canonicalize().map_err(|_| Error::NoProject {
            dir: dir.to_owned(),
            reason: "the folder does not exist".to_owned(),
        })?;
        let name = absolute.file_name().map_or_else(
            || "/".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok(Self {
            dir: absolute,
            name,
        })
    }
}
