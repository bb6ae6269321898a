//! Where a configuration comes from: defaults ← `sparring.toml` ← environment; flags are set by
//! the CLI afterwards. What cannot be read is named with its place and the nearest thing known.
//!
//! Knows no key but those that the environment may set.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{Config, Flavor};

/// A configuration that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("failed to read the configuration `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file's text is no configuration.
    #[error("`{}`{}: {message}", path.display(), line.map_or_else(String::new, |line| format!(" line {line}")))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line number, where it is known.
        line: Option<usize>,
        /// What is wrong and the remedy.
        message: String,
    },
    /// A variable or a combination of values is wrong.
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Defaults, then the file, then the variables `SPARRING_*` of `environment`.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown key, or a value is wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                    path: path.to_owned(),
                    source,
                })?;
                Self::parse(&text, path)?
            }
        };
        for (name, value) in environment {
            config.set_from_environment(&name, value)?;
        }
        Ok(config)
    }

    /// Reads the text of a `sparring.toml`; relative paths count from its folder. The harness's
    /// table `[check]` is skipped.
    ///
    /// # Errors
    /// When the text is no TOML, or has a key or value that is not known.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |error: &toml::de::Error| ConfigError::Invalid {
            path: path.to_owned(),
            line: error.span().map(|span| line_at(text, span.start)),
            message: with_nearest(error.message()),
        };
        let mut config: Self = toml::from_str(text).map_err(|error| invalid(&error))?;
        config.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    fn resolve_paths(&mut self, base: &Path) {
        let paths = self
            .seeds
            .iter_mut()
            .flat_map(|seed| [&mut seed.file, &mut seed.folder])
            .chain([&mut self.data_dir, &mut self.journal]);
        for path in paths.flatten() {
            *path = base.join(&*path);
        }
    }

    fn set_from_environment(&mut self, name: &str, value: String) -> Result<(), ConfigError> {
        let wrong = |expected: &str| {
            ConfigError::Value(format!(
                "{name}: `{value}` is not {expected}; unset or correct it"
            ))
        };
        match name {
            "SPARRING_LISTEN" => {
                self.listen = value
                    .parse()
                    .map_err(|_| wrong("an address like 127.0.0.1:15002"))?;
            }
            "SPARRING_DATA_DIR" => self.data_dir = Some(value.into()),
            "SPARRING_JOURNAL" => self.journal = Some(value.into()),
            "SPARRING_PYTHON" => self.python = Some(value.into()),
            "SPARRING_FLAVOR" => {
                self.flavor = match value.as_str() {
                    "databricks" => Flavor::Databricks,
                    "oss" => Flavor::Oss,
                    _ => return Err(wrong("`databricks` or `oss`")),
                };
            }
            "SPARRING_MEMORY_LIMIT_BYTES" => {
                self.memory_limit_bytes = value.parse().map_err(|_| wrong("a number of bytes"))?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A host name, however a `.databrickscfg` spells it. With anything else in it, it would stand in
/// the ready line and in the proxy's list and never be met.
pub(super) fn host<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let given = String::deserialize(deserializer)?;
    let name = given.trim();
    let name = match name.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some(_) | None => name,
    };
    let name = name.trim_end_matches('/');
    let name = name.strip_suffix(":443").unwrap_or(name);
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || "-._".contains(letter);
    if name.is_empty() || !name.chars().all(is_of_a_name) {
        return Err(D::Error::custom(format!(
            "host `{given}` is no host name; write the name alone, or `https://NAME/` as .databrickscfg has it"
        )));
    }
    Ok(name.to_owned())
}

/// The line of a position, from 1.
fn line_at(text: &str, position: usize) -> usize {
    1 + text
        .bytes()
        .take(position)
        .filter(|byte| *byte == b'\n')
        .count()
}

/// serde names every known key; people want the one they meant.
fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = match quoted.next() {
        Some(unknown) if message.starts_with("unknown ") => unknown,
        _ => return message.trim_end().to_owned(),
    };
    let known: Vec<&str> = quoted.collect();
    let what = message
        .split('`')
        .next()
        .unwrap_or("unknown field ")
        .replace("field", "key");
    known
        .iter()
        .map(|key| (strsim::damerau_levenshtein(key, unknown), key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 3)
        .min()
        .map_or_else(
            || format!("{what}`{unknown}`; known are {}", known.join(", ")),
            |(_, nearest)| format!("{what}`{unknown}`; did you mean `{nearest}`?"),
        )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::MESSAGE_LIMIT_BYTES;

    fn check(text: &str, expected: &Expect) {
        let answer = match Config::parse(text, Path::new("/p/sparring.toml")) {
            Ok(config) => format!(
                "{} {} {:?} {:?} {:?}",
                config.listen,
                config.flavor.name(),
                config.profiles,
                config
                    .clusters
                    .iter()
                    .map(|cluster| cluster.state)
                    .collect::<Vec<_>>(),
                config
                    .seeds
                    .iter()
                    .map(|seed| &seed.file)
                    .collect::<Vec<_>>(),
            ),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&answer);
    }

    #[test]
    fn keys_are_read_and_tokens_hidden() {
        check(
            "listen = '127.0.0.1:0'\nflavor = 'oss'\n[check]\nprofile = 'x'\n[[profile]]\nname = 'A'\nhost = 'h'\ntoken = 'secret'\ncluster_id = 'c'\n[[cluster]]\nid = 'c'\nstate = 'TERMINATED'\n[[seed]]\ntable = 'a.b.c'\nfile = 'd/e.csv'",
            &expect![[
                r#"127.0.0.1:0 oss [Profile { name: "A", host: "h", token: Token(…), cluster_id: "c" }] [Terminated] [Some("/p/d/e.csv")]"#
            ]],
        );
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_known_one() {
        check(
            "lisen = '127.0.0.1:0'",
            &expect![[r#"`/p/sparring.toml` line 1: unknown key `lisen`; did you mean `listen`?"#]],
        );
        check(
            "\n[limits]\nmesage_bytes = 1",
            &expect![
                "`/p/sparring.toml` line 3: unknown key `mesage_bytes`; did you mean `message_bytes`?"
            ],
        );
        check(
            "[limits]\nbananas = 1",
            &expect![
                "`/p/sparring.toml` line 2: unknown key `bananas`; known are message_bytes, local_relation, local_relation_bytes, plan_bytes, artifact_bytes"
            ],
        );
        check(
            "[[cluster]]\nid = 'c'\nstate = 'ON'",
            &expect![[
                r#"`/p/sparring.toml` line 3: unknown variant `ON`; known are RUNNING, TERMINATED, PENDING"#
            ]],
        );
        check(
            "[[profile]]\nhost = 'h'",
            &expect![[r#"`/p/sparring.toml` line 1: missing field `name`"#]],
        );
        check(
            "listen = 3",
            &expect![[
                r#"`/p/sparring.toml` line 1: invalid type: integer `3`, expected socket address"#
            ]],
        );
        check(
            "[chekc]\nprofile = 'x'",
            &expect!["`/p/sparring.toml` line 1: unknown key `chekc`; did you mean `check`?"],
        );
        check(
            "[check",
            &expect!["`/p/sparring.toml` line 1: unclosed table, expected `]`"],
        );
    }

    #[test]
    fn a_profiles_host_is_read_as_databrickscfg_spells_it() {
        for host in [
            "adb-9.9.test",
            "https://adb-9.9.test",
            "HTTPS://adb-9.9.test/",
            " https://adb-9.9.test:443/ ",
        ] {
            let text = format!("[[profile]]\nname = 'A'\nhost = '{host}'");
            let config = Config::parse(&text, Path::new("f")).unwrap();
            assert_eq!(config.profiles[0].host, "adb-9.9.test", "{host}");
        }
        check(
            "[[profile]]\nname = 'A'\nhost = 'https://adb-9.9.test/?o=1'",
            &expect![
                "`/p/sparring.toml` line 3: host `https://adb-9.9.test/?o=1` is no host name; write the name alone, or `https://NAME/` as .databrickscfg has it"
            ],
        );
        check(
            "[[profile]]\nname = 'A'\nhost = 'http://h/'",
            &expect![
                "`/p/sparring.toml` line 3: host `http://h/` is no host name; write the name alone, or `https://NAME/` as .databrickscfg has it"
            ],
        );
        check(
            "[check]\n[[profile]]\nname = 'A'\nhost = 'https://'",
            &expect![
                "`/p/sparring.toml` line 4: host `https://` is no host name; write the name alone, or `https://NAME/` as .databrickscfg has it"
            ],
        );
    }

    #[test]
    fn environment_comes_after_the_file() {
        let environment = [("SPARRING_FLAVOR".to_owned(), "oss".to_owned())];
        assert_eq!(Config::load(None, environment).unwrap().flavor, Flavor::Oss);
        let wrong = Config::load(None, [("SPARRING_LISTEN".to_owned(), "here".to_owned())]);
        expect![[
            r#"SPARRING_LISTEN: `here` is not an address like 127.0.0.1:15002; unset or correct it"#
        ]]
        .assert_eq(&wrong.unwrap_err().to_string());
    }

    #[test]
    fn local_relations_are_limited_by_flavor_unless_said_otherwise() {
        let limit = |text: &str| {
            Config::parse(text, Path::new("f"))
                .unwrap()
                .local_relation_limit()
        };
        assert_eq!(limit(""), Some(MESSAGE_LIMIT_BYTES));
        assert_eq!(limit("flavor = 'oss'"), None);
        assert_eq!(limit("[limits]\nlocal_relation = false"), None);
        assert_eq!(
            limit("flavor = 'oss'\n[limits]\nlocal_relation = true\nlocal_relation_bytes = 5"),
            Some(5)
        );
    }

    #[test]
    fn the_readme_shows_every_limit_with_its_default() {
        let readme = include_str!("../../../README.md");
        let blocks: Vec<&str> = readme
            .split("```toml")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .collect();
        let parse = |text: &str| Config::parse(text, Path::new("README.md")).unwrap();
        let shown = blocks
            .iter()
            .find(|block| block.contains("[limits]"))
            .unwrap();
        blocks.iter().for_each(|block| drop(parse(block)));
        let (shown, default) = (parse(shown), Config::default());
        assert_eq!(shown.local_relation_limit(), default.local_relation_limit());
        let numbers = |config: &Config| {
            let mut limits = config.limits.clone();
            limits.local_relation = None;
            let (memory, parallel) = (config.memory_limit_bytes, config.parallel_bytes);
            format!("{limits:?} {:?} {memory} {parallel}", config.streams)
        };
        assert_eq!(numbers(&shown), numbers(&default));
        let keys = numbers(&default);
        let words = keys
            .split([' ', ',', '{'])
            .filter(|word| word.ends_with(':'));
        for key in words.map(|word| word.trim_end_matches(':')) {
            assert!(readme.contains(&format!("\n{key} = ")), "{key}");
        }
    }
}
