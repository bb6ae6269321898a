//! The environment variables of the project's process: what is inherited, what is removed and
//! what is set. Which of them a client reads was measured and is said at each line.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::Path,
};

/// Variables that would let the project see or reach something other than the fake workspace.
const SCRUBBED_PREFIXES: &[&str] = &[
    "DATABRICKS_",
    "SPARK_",
    "PYSPARK_",
    "MLFLOW_",
    "ARM_",
    "GRPC_",
    "SPARRING_",
];

const SCRUBBED: &[&str] = &[
    "ALL_PROXY",
    "FTP_PROXY",
    "GRPC_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_GRPC_PROXY",
    "NO_PROXY",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "GOOGLE_CREDENTIALS",
    "JAVA_TOOL_OPTIONS",
];

/// The variables of a process that is to be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// `inherited` without what could lead past the sandbox. Names are compared without regard
    /// to case, because gRPC reads the lower-case proxy variables and requests reads both.
    pub fn scrubbed(inherited: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let keep = |name: &OsStr| {
            let name = name.to_string_lossy().to_uppercase();
            !SCRUBBED.contains(&name.as_str())
                && !SCRUBBED_PREFIXES
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
        };
        Self(
            inherited
                .into_iter()
                .filter(|(name, _)| keep(name))
                .collect(),
        )
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.0.insert(name.into(), value.as_ref().to_owned());
    }

    /// Puts `path` before what a list of paths already holds.
    pub fn prepend_path(&mut self, name: &str, path: &Path) {
        let mut joined = path.as_os_str().to_owned();
        if let Some(before) = self
            .0
            .get(OsStr::new(name))
            .filter(|before| !before.is_empty())
        {
            joined.push(":");
            joined.push(before);
        }
        self.set(name, joined);
    }

    /// Points caches and per-user packages at the real HOME before HOME is replaced: they hold
    /// no connection, and losing them would download everything again.
    pub fn keep_caches(&mut self) {
        let Some(home) = self.0.get(OsStr::new("HOME")).cloned() else {
            return;
        };
        for (name, below) in [("XDG_CACHE_HOME", ".cache"), ("PYTHONUSERBASE", ".local")] {
            self.0
                .entry(name.into())
                .or_insert_with(|| Path::new(&home).join(below).into_os_string());
        }
    }

    /// Sends everything through the proxy, in every spelling that a client was seen to read:
    /// gRPC reads the lower-case ones only, the Databricks SDK and requests read both cases.
    pub fn route_through(&mut self, proxy: &str) {
        for name in ["grpc_proxy", "https_proxy", "http_proxy", "all_proxy"] {
            self.set(name, proxy);
            self.set(&name.to_uppercase(), proxy);
        }
        // Cleared, not unset: a client that treats "unset" as "ask the system" finds an answer.
        for name in ["no_proxy", "NO_PROXY", "no_grpc_proxy"] {
            self.set(name, "");
        }
    }

    /// Makes `ca_file` the only trusted authority for gRPC, requests, curl and OpenSSL users.
    pub fn trust_only(&mut self, ca_file: &Path) {
        for name in [
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "SSL_CERT_FILE",
        ] {
            self.set(name, ca_file);
        }
    }

    /// All variables.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_environment_leads_nowhere_else() {
        let inherited = [
            ("PATH", "/bin"),
            ("HOME", "/home/dev"),
            ("VIRTUAL_ENV", "/venv"),
            ("PYTHONPATH", "/mine"),
            ("DATABRICKS_TOKEN", "real"),
            ("SPARK_REMOTE", "sc://real"),
            ("no_proxy", "*"),
            ("No_Proxy", "*"),
            ("Https_Proxy", "http://corporate"),
            ("SSL_CERT_FILE", "/etc/ssl/all"),
            ("MLFLOW_TRACKING_URI", "http://real"),
        ]
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let mut environment = Environment::scrubbed(inherited);
        environment.keep_caches();
        environment.set("HOME", "/sandbox/home");
        environment.route_through("http://127.0.0.1:9");
        environment.trust_only(Path::new("/sandbox/ca.pem"));
        environment.prepend_path("PYTHONPATH", Path::new("/sandbox/probe"));
        let lines = environment
            .variables()
            .fold(String::new(), |lines, (name, value)| {
                lines + &format!("{}={}\n", name.to_string_lossy(), value.to_string_lossy())
            });
        expect![[r#"
            ALL_PROXY=http://127.0.0.1:9
            CURL_CA_BUNDLE=/sandbox/ca.pem
            GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=/sandbox/ca.pem
            GRPC_PROXY=http://127.0.0.1:9
            HOME=/sandbox/home
            HTTPS_PROXY=http://127.0.0.1:9
            HTTP_PROXY=http://127.0.0.1:9
            NO_PROXY=
            PATH=/bin
            PYTHONPATH=/sandbox/probe:/mine
            PYTHONUSERBASE=/home/dev/.local
            REQUESTS_CA_BUNDLE=/sandbox/ca.pem
            SSL_CERT_FILE=/sandbox/ca.pem
            VIRTUAL_ENV=/venv
            XDG_CACHE_HOME=/home/dev/.cache
            all_proxy=http://127.0.0.1:9
            grpc_proxy=http://127.0.0.1:9
            http_proxy=http://127.0.0.1:9
            https_proxy=http://127.0.0.1:9
            no_grpc_proxy=
            no_proxy=
        "#]]
        .assert_eq(&lines);
    }
}
