//! The session configuration: what was set, Spark's defaults, and what may not be set.
//!
//! Knows nothing of what a key makes the engine do; the readers at the bottom give typed views.

mod keys;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use parking_lot::RwLock;

use crate::error::{Error, Result};
use keys::{ALLOWED_ON_DATABRICKS, Key, Kind, key};

/// Whose rules hold for configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavor {
    /// Databricks: only keys on its allow-list can be set (`CONFIG_NOT_AVAILABLE`).
    #[default]
    Databricks,
    /// Apache Spark: unknown keys are accepted and kept.
    Oss,
}

/// Why a key cannot be set; `Config.set` with `silent` turns it into a warning.
pub type ConfError = Error;

/// The configuration of one session.
#[derive(Debug)]
pub struct Conf {
    flavor: Flavor,
    values: RwLock<BTreeMap<String, String>>,
}

impl Conf {
    pub(crate) fn new(flavor: Flavor) -> Self {
        Self {
            flavor,
            values: RwLock::default(),
        }
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self {
            flavor: self.flavor,
            values: RwLock::new(self.values.read().clone()),
        }
    }

    /// The value that was set, else Spark's default, which may be none; `SQL_CONF_NOT_FOUND` for
    /// a key that is neither set nor known.
    pub fn get(&self, name: &str) -> Result<Option<String>> {
        match self.option(name) {
            Some(value) => Ok(Some(value)),
            None if key(name).is_some_and(|known| known.kind != Kind::Core) => Ok(None),
            None => Err(Error::new(
                "SQL_CONF_NOT_FOUND",
                [("sqlConf", quoted(name))],
            )),
        }
    }

    /// The value that was set, else `default`, which must be a value that could be set. As in
    /// Spark, the key's own default counts only where the cluster has set it.
    pub fn get_or(&self, name: &str, default: Option<String>) -> Result<Option<String>> {
        let known = key(name);
        let set = self.values.read().get(name).cloned();
        if let Some(set) = set.or_else(|| known.and_then(set_by_cluster)) {
            return Ok(Some(set));
        }
        if let (Some(known), Some(default)) = (known, &default) {
            known.check(default)?;
        }
        Ok(default)
    }

    /// The value that was set, else Spark's default.
    pub fn option(&self, name: &str) -> Option<String> {
        self.values
            .read()
            .get(name)
            .cloned()
            .or_else(|| key(name).and_then(|known| known.default.map(str::to_owned)))
    }

    /// Sets a key, or says why it cannot be set.
    pub fn set(&self, name: &str, value: &str) -> Result<(), ConfError> {
        self.check_modifiable(name)?;
        if let Some(known) = key(name) {
            known.check(value)?;
        }
        self.values
            .write()
            .insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Forgets what was set, so that the default holds again.
    pub fn unset(&self, name: &str) -> Result<(), ConfError> {
        self.check_modifiable(name)?;
        self.values.write().remove(name);
        Ok(())
    }

    /// Forgets everything that was set (`RESET`).
    pub fn reset(&self) {
        self.values.write().clear();
    }

    /// Whether `set` would be accepted; unknown keys are not modifiable in Spark's sense.
    pub fn is_modifiable(&self, name: &str) -> bool {
        key(name).is_some_and(|known| known.kind == Kind::Session)
    }

    /// Every value under `prefix` that the cluster or the session has set, the prefix cut off.
    /// Defaults are not among them, as in Spark.
    pub fn all(&self, prefix: &str) -> Vec<(String, String)> {
        let mut found: BTreeMap<String, String> = keys::KEYS
            .iter()
            .filter_map(|known| Some((known.name.to_owned(), set_by_cluster(known)?)))
            .collect();
        found.extend(self.explicit());
        found
            .into_iter()
            .filter_map(|(k, v)| k.strip_prefix(prefix).map(|rest| (rest.to_owned(), v)))
            .collect()
    }

    /// The keys that were set in this session, in order.
    pub fn explicit(&self) -> Vec<(String, String)> {
        self.values
            .read()
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    fn check_modifiable(&self, name: &str) -> Result<(), ConfError> {
        match key(name).map(|known| known.kind) {
            Some(Kind::Static) => Err(Error::new(
                "CANNOT_MODIFY_STATIC_CONFIG",
                [("key", quoted(name))],
            )),
            Some(Kind::Core) => Err(Error::new(
                "CANNOT_MODIFY_CONFIG",
                [
                    ("key", quoted(name)),
                    ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
                ],
            )),
            Some(Kind::Session) => Ok(()),
            // Spark refuses keys of its core that are no SQL keys; everything else it keeps.
            None if self.flavor == Flavor::Databricks && !allowed_on_databricks(name) => {
                Err(Error::new("CONFIG_NOT_AVAILABLE", [("config", name)]))
            }
            None => Ok(()),
        }
    }
}

/// What the cluster was started with.
fn set_by_cluster(known: &Key) -> Option<String> {
    let set = ["spark.sql.warehouse.dir", "spark.sql.catalogImplementation"];
    let default = known.default.filter(|_| set.contains(&known.name))?;
    Some(default.to_owned())
}

/// Databricks refuses `spark.*` keys and bare words outside its list; the keys that PySpark itself
/// sends at the start of a session are always taken.
fn allowed_on_databricks(name: &str) -> bool {
    ALLOWED_ON_DATABRICKS
        .iter()
        .any(|allowed| match allowed.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *allowed,
        })
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Typed views for the readers in this crate.
impl Conf {
    /// `spark.sql.ansi.enabled`.
    pub(crate) fn ansi(&self) -> bool {
        self.flag("spark.sql.ansi.enabled")
    }

    /// `spark.sql.caseSensitive`.
    pub(crate) fn case_sensitive(&self) -> bool {
        self.flag("spark.sql.caseSensitive")
    }

    /// `spark.sql.session.timeZone`; validated when it was set.
    pub(crate) fn time_zone(&self) -> Tz {
        self.option("spark.sql.session.timeZone")
            .and_then(|tz| tz.parse().ok())
            .unwrap_or(Tz::UTC)
    }

    /// A boolean key that has a default.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.option(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole-number key that has a default.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.option(name)
            .and_then(|value| value.trim().parse().ok())
    }
}
