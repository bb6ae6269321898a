//! Unmodified PySpark of several versions against the real binary, over plaintext and over TLS.
//!
//! What is asked stands in `tests/clients/*/test_*.py`; here are only the client's environment and the
//! workspace. Not run by a plain `cargo test`, because the clients have to be installed first;
//! `make test` runs it. Environments are kept in the cache under their requirements' text.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot prepare its client has failed"
)]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/clients")
        .canonicalize()
        .unwrap()
}

/// A workspace of its own for one test.
struct Workspace {
    process: Child,
    ready: Value,
    data: TempDir,
}

impl Workspace {
    fn start() -> Self {
        Self::with("")
    }

    /// With a configuration.
    fn with(config: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("sparring.toml");
        fs::write(&file, config).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_sparring"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data.path())
            .arg("--config")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self {
            process,
            ready,
            data,
        }
    }

    fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python of a client's virtual environment, made when its requirements are new.
fn python(version: &str) -> PathBuf {
    let requirements = clients().join(format!("requirements/{version}.txt"));
    let wanted = fs::read_to_string(&requirements).unwrap();
    let cache = env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let homes = cache.join("sparring/clients");
    let home = homes.join(version);
    // Tests that share an environment do not make it twice.
    fs::create_dir_all(&homes).unwrap();
    let making = fs::File::create(homes.join(format!("{version}.lock"))).unwrap();
    making.lock().unwrap();
    let python = home.join("bin/python");
    let installed = home.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return python;
    }
    let _ = fs::remove_dir_all(&home);
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {talk}");
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "-r"])
        .arg(&requirements));
    fs::write(installed, wanted).unwrap();
    python
}

/// Runs the tests of a folder below `tests/clients`.
fn pytest(folder: &str, python: &Path, environment: &[(&str, &str)]) {
    let output = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"])
        .current_dir(clients().join(folder))
        .envs(environment.iter().copied())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("SPARK_HOME")
        .output()
        .unwrap();
    if !output.status.success() {
        panic!(
            "{}:\n{}\n{}",
            python.display(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn pyspark_works(version: &str, tls: bool) {
    let workspace = Workspace::start();
    let mut remote = workspace.text("spark_remote").to_owned();
    let mut environment = Vec::new();
    if tls {
        remote.push_str(";use_ssl=true");
        let roots = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH";
        environment.push((roots, workspace.text("ca_file")));
    }
    environment.push(("SPARK_REMOTE", &remote));
    pytest("pyspark", &python(version), &environment);
}

#[test]
fn pyspark_3_4_works_over_tls() {
    pyspark_works("3.4", true);
}

#[test]
fn pyspark_3_5_works_over_tls() {
    pyspark_works("3.5", true);
}

#[test]
fn pyspark_4_1_works_over_plaintext_and_over_tls() {
    pyspark_works("4.1", false);
    pyspark_works("4.1", true);
}

#[test]
fn pyspark_4_3_works_over_tls() {
    pyspark_works("4.3", true);
}

#[test]
fn answered_changes_survive_kill_9_and_faults_of_the_disk_are_named() {
    let environment = [("SPARRING_BINARY", env!("CARGO_BIN_EXE_sparring"))];
    pytest("durability", &python("workspace"), &environment);
}

#[test]
fn databricks_sdk_and_deltalake_find_what_they_expect() {
    let stopped = "0101-000000-stopped0";
    let workspace = Workspace::with(&format!(
        "[[cluster]]\nid = '{stopped}'\nstate = 'TERMINATED'\nstart_seconds = 2\n"
    ));
    let mut ready = workspace.ready.clone();
    ready["stopped_cluster_id"] = stopped.into();
    ready["data_dir"] = workspace.data.path().to_str().into();
    let environment = [("SPARRING_READY", ready.to_string())];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    pytest("workspace", &python("workspace"), &environment);
}
