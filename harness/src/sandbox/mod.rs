//! The world that the harness gives the project's process: a HOME with a generated
//! `.databrickscfg`, the CA, the proxy, a scrubbed environment and the probe's folder.
//!
//! It fails closed: the CA file holds only our CA and is read once before anything runs, every
//! proxy spelling points at a proxy that knows only the fake workspace, and the variables that
//! bypass proxies are cleared. What is run in it is not known here.

mod environment;
mod profiles;

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

pub(crate) use environment::Environment;
pub(crate) use profiles::{Profiles, Redactor};
use tempfile::TempDir;

use crate::{
    Error, probe,
    scenario::{Place, Scenario, SelectedProfile},
    target::Ready,
};

/// How the folders of sandboxes begin, below the system's temporary folder.
pub(crate) const SANDBOX_PREFIX: &str = "sparring-";

/// A temporary world. Dropping it removes it.
#[must_use = "the sandbox's folder is removed when this is dropped"]
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// An empty sandbox, readable by this user only: it will hold planted tokens.
    ///
    /// # Errors
    /// When the temporary folder cannot be made.
    pub fn create() -> Result<Self, Error> {
        let sandbox = |source| Error::Sandbox { source };
        let dir = tempfile::Builder::new()
            .prefix(SANDBOX_PREFIX)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .map_err(sandbox)?;
        for name in ["home", "server"] {
            fs::create_dir(dir.path().join(name)).map_err(sandbox)?;
        }
        probe::write_to(&dir.path().join("probe")).map_err(sandbox)?;
        Ok(Self { dir })
    }

    /// HOME of the project's process.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Where the fake workspace may put temporary files.
    #[must_use]
    pub fn server_temp_dir(&self) -> PathBuf {
        self.dir.path().join("server")
    }

    /// The file that the probe appends its events to.
    #[must_use]
    pub fn events_file(&self) -> PathBuf {
        self.dir.path().join("events.jsonl")
    }

    /// The file that the fake workspace writes its journal to.
    #[must_use]
    pub fn journal_file(&self) -> PathBuf {
        self.dir.path().join("journal.jsonl")
    }

    /// The file that the fake workspace reads its configuration from.
    #[must_use]
    pub fn server_config_file(&self) -> PathBuf {
        self.dir.path().join("server.toml")
    }

    /// The folder that goes onto `PYTHONPATH`.
    #[must_use]
    pub fn probe_dir(&self) -> PathBuf {
        self.dir.path().join("probe")
    }

    /// Furnishes HOME for `scenario` and answers the environment of the project's process.
    ///
    /// # Errors
    /// When a file cannot be written or the CA file cannot be read.
    pub fn furnish(
        &self,
        scenario: &Scenario,
        profiles: &Profiles,
        ready: &Ready,
        project_dir: &Path,
    ) -> Result<Environment, Error> {
        check_ca(&ready.ca_file)?;
        let home = self.home();
        let config_file = home.join(".databrickscfg");
        let mut environment = Environment::scrubbed(std::env::vars_os());
        environment.keep_caches();
        environment.set("HOME", &home);
        environment.route_through(&ready.proxy);
        environment.trust_only(&ready.ca_file);
        environment.prepend_path("PYTHONPATH", &self.probe_dir());
        environment.set("SPARRING_PROBE_FILE", self.events_file());
        environment.set("SPARRING_PROJECT_DIR", project_dir);
        // Output arrives while it is written, and unbroken: Rich folds lines at 80 columns where
        // there is no terminal, which would hide a token that is folded in two.
        environment.set("PYTHONUNBUFFERED", "1");
        environment.set("COLUMNS", "1000");
        // Kedro's usage telemetry would be refused by the proxy and fill the journal.
        environment.set("DO_NOT_TRACK", "1");
        environment.set("KEDRO_DISABLE_TELEMETRY", "1");
        match scenario.place {
            Place::Outside => {
                write_private(&config_file, &profiles.config_file(scenario))?;
                environment.set("DATABRICKS_CONFIG_FILE", &config_file);
            }
            Place::InsideDatabricks => {
                environment.set("SPARK_HOME", "/databricks/spark");
                environment.set("DATABRICKS_RUNTIME_VERSION", "15.4");
            }
        }
        if scenario.profile == SelectedProfile::Other {
            // The official variable and the one that the widely used hook reads.
            environment.set("DATABRICKS_CONFIG_PROFILE", &profiles.other.name);
            environment.set("DATABRICKS_PROFILE", &profiles.other.name);
        }
        Ok(environment)
    }
}

/// A missing CA file silently restores the default certificates in gRPC (measured), which would
/// trust the real site; so it is read before anything is run.
fn check_ca(path: &Path) -> Result<(), Error> {
    let unreadable = |source| Error::CaUnreadable {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(())
    } else {
        Err(unreadable(std::io::Error::other("it holds no certificate")))
    }
}

/// Writes a file that only this user can read.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| Error::Write {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_or_empty_ca_stops_everything() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        let missing = check_ca(&path).unwrap_err().to_string();
        assert!(missing.contains("failed to read the CA file") && missing.contains("ca.pem"));
        fs::write(&path, "").unwrap();
        assert!(
            check_ca(&path)
                .unwrap_err()
                .to_string()
                .contains("holds no certificate")
        );
        fs::write(&path, "-----BEGIN CERTIFICATE-----\n").unwrap();
        assert!(check_ca(&path).is_ok());
    }
}
