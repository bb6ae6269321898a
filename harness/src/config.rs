//! The harness's part of `sparring.toml`: the `[check]` table. Every other table belongs to the
//! fake workspace and is handed to it unread, so that each key has one owner.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use sparring_journal::Budgets;

use crate::{Error, Severity, error::nearest};

/// Name of the file at the project's root.
pub const FILE_NAME: &str = "sparring.toml";

const CHECK_KEYS: &[&str] = &[
    "profile",
    "other_profile",
    "scenarios",
    "select",
    "ignore",
    "fail_on",
    "timeout_seconds",
    "set_spark_remote",
    "download_rows",
    "download_bytes",
];

/// The `[check]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckConfig {
    /// Section of `.databrickscfg` that scenarios use. Default `DEFAULT`.
    pub profile: String,
    /// Section that the scenario `named-profile` selects. Default `STAGING`.
    pub other_profile: String,
    /// Scenarios to run besides the pipeline; `all` and `none` as on the command line.
    pub scenarios: Vec<String>,
    /// Rules to apply; all when empty. A prefix selects a family: `CONN`.
    pub select: Vec<String>,
    /// Rules to leave out.
    pub ignore: Vec<String>,
    /// Lowest severity that makes the exit status 1. Default `error`.
    pub fail_on: Severity,
    /// After how many seconds a scenario is ended. Default 1800.
    pub timeout_seconds: u64,
    /// Whether `check` sets `SPARK_REMOTE`, for projects without a hook. Default false.
    pub set_spark_remote: bool,
    /// Rows one node or dataset may bring to the client before XFER003 speaks. Default 10000.
    pub download_rows: u64,
    /// Bytes likewise. Default 16777216.
    pub download_bytes: u64,
}

impl Default for CheckConfig {
    fn default() -> Self {
        let budgets = Budgets::default();
        Self {
            profile: "DEFAULT".to_owned(),
            other_profile: "STAGING".to_owned(),
            scenarios: vec!["all".to_owned()],
            select: Vec::new(),
            ignore: Vec::new(),
            fail_on: Severity::Error,
            timeout_seconds: 1800,
            set_spark_remote: false,
            download_rows: budgets.download_rows,
            download_bytes: budgets.download_bytes,
        }
    }
}

impl CheckConfig {
    /// What rules compare with.
    #[must_use]
    pub const fn budgets(&self) -> Budgets {
        Budgets {
            download_rows: self.download_rows,
            download_bytes: self.download_bytes,
        }
    }

    /// How long one scenario may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// `sparring.toml`, split between its two owners.
#[derive(Debug, Clone, Default)]
pub struct ProjectConfig {
    /// The harness's table.
    pub check: CheckConfig,
    /// All other tables, for the fake workspace.
    pub server: toml::Table,
}

impl ProjectConfig {
    /// Reads `sparring.toml` in `dir`; a missing file means defaults.
    ///
    /// # Errors
    /// When the file cannot be read or has a key in `[check]` that is not known.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        match Self::read_file(&dir.join(FILE_NAME)) {
            Err(Error::ConfigUnreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                Ok(Self::default())
            }
            read => read,
        }
    }

    /// Reads the file at `path`, which must be there.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::ConfigUnreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let invalid = |message: String| Error::ConfigInvalid {
            path: path.to_owned(),
            message,
        };
        let mut server: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| invalid(error.to_string().trim_end().to_owned()))?;
        // A mistyped `[check]` would reach the server, which cannot know what was meant.
        if let Some(key) = server
            .keys()
            .find(|key| *key != "check" && nearest(key, ["check"]).is_some())
        {
            return Err(invalid(format!(
                "unknown table `{key}`; did you mean `check`?"
            )));
        }
        let Some(check) = server.remove("check") else {
            return Ok(Self {
                check: CheckConfig::default(),
                server,
            });
        };
        let toml::Value::Table(table) = &check else {
            return Err(invalid("`check` must be a table: [check]".to_owned()));
        };
        if let Some(key) = table.keys().find(|key| !CHECK_KEYS.contains(&key.as_str())) {
            let remedy = nearest(key, CHECK_KEYS.iter().copied()).map_or_else(
                || format!("known are {}", CHECK_KEYS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(invalid(format!("unknown key `{key}` in [check]; {remedy}")));
        }
        let check: CheckConfig = check
            .try_into()
            .map_err(|error: toml::de::Error| invalid(format!("[check]: {}", error.message())))?;
        // Each becomes a section of one `.databrickscfg`.
        if check.profile == check.other_profile {
            return Err(invalid(format!(
                "[check]: `profile` and `other_profile` are both `{}`; they must name two different sections (`other_profile` is `{}` unless set)",
                check.profile,
                CheckConfig::default().other_profile
            )));
        }
        Ok(Self { check, server })
    }
}

/// The file that `dir` would have its configuration in.
#[must_use]
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join(FILE_NAME)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let answer = match ProjectConfig::parse(text, Path::new("sparring.toml")) {
            Ok(config) => format!(
                "{} {} {:?}",
                config.check.profile,
                config.check.fail_on,
                config.server.keys().collect::<Vec<_>>()
            ),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&answer);
    }

    #[test]
    fn keys_have_defaults_and_other_tables_are_kept_for_the_server() {
        check("", &expect!["DEFAULT error []"]);
        check(
            "[check]\nprofile = \"dev\"\nfail_on = \"warning\"\n[limits]\nx = 1\n[[seed]]\ntable = \"t\"",
            &expect![[r#"dev warning ["limits", "seed"]"#]],
        );
    }

    #[test]
    fn the_two_profiles_must_differ() {
        check(
            "[check]\nprofile = \"STAGING\"",
            &expect![
                "`sparring.toml`: [check]: `profile` and `other_profile` are both `STAGING`; they must name two different sections (`other_profile` is `STAGING` unless set)"
            ],
        );
        check(
            "[check]\nprofile = \"STAGING\"\nother_profile = \"DEFAULT\"",
            &expect!["STAGING error []"],
        );
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_known_one() {
        check(
            "[check]\nprofil = \"dev\"",
            &expect!["`sparring.toml`: unknown key `profil` in [check]; did you mean `profile`?"],
        );
        check(
            "[check]\nbananas = 1",
            &expect![
                "`sparring.toml`: unknown key `bananas` in [check]; known are profile, other_profile, scenarios, select, ignore, fail_on, timeout_seconds, set_spark_remote, download_rows, download_bytes"
            ],
        );
        check(
            "[chekc]\nprofile = \"dev\"",
            &expect!["`sparring.toml`: unknown table `chekc`; did you mean `check`?"],
        );
        check(
            "check = 1",
            &expect!["`sparring.toml`: `check` must be a table: [check]"],
        );
        check(
            "[check]\nfail_on = \"never\"",
            &expect![
                "`sparring.toml`: [check]: unknown variant `never`, expected one of `info`, `warning`, `error`"
            ],
        );
        check(
            "[check",
            &expect![[r#"
            `sparring.toml`: TOML parse error at line 1, column 7
              |
            1 | [check
              |       ^
            unclosed table, expected `]`"#]],
        );
    }
}
