//! Where a path of a client lies: every scheme has a root inside the data directory, and no path
//! leaves its root.
//!
//! Knows no formats and no tables. Paths are taken literally, as Hadoop's `Path` takes them: percent
//! signs are part of a name, so an encoded `..` is a file of that name.

use std::path::{Component, Path, PathBuf};

use crate::conf::Flavor;
use crate::error::{Error, Result};

/// A place that a client named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The path as Spark shows it, with its scheme.
    pub(crate) uri: String,
    /// Where it lies on this machine.
    pub(crate) path: PathBuf,
}

impl Location {
    /// The place of a name below this one.
    pub(crate) fn child(&self, name: &str) -> Self {
        Self {
            uri: format!("{}/{name}", self.uri.trim_end_matches('/')),
            path: self.path.join(name),
        }
    }
}

/// The roots of all schemes.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    data_dir: PathBuf,
    flavor: Flavor,
}

/// What the first parts of a path name.
enum Root {
    Fixed(PathBuf, String),
    Volume {
        catalog: String,
        schema: String,
        volume: String,
    },
}

impl Roots {
    /// The roots inside a data directory.
    pub(crate) fn new(data_dir: &Path, flavor: Flavor) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            flavor,
        }
    }

    /// The directory that holds all of a kind, such as `tables`.
    pub(crate) fn inside(&self, kind: &str) -> PathBuf {
        self.data_dir.join(kind)
    }

    /// The folder of a managed volume.
    pub(crate) fn volume(&self, catalog: &str, schema: &str, volume: &str) -> PathBuf {
        self.data_dir
            .join("volumes")
            .join(file_name(catalog))
            .join(file_name(schema))
            .join(file_name(volume))
    }

    /// Resolves a path; `volume` answers where a volume's files are, if it exists.
    pub(crate) fn resolve(
        &self,
        text: &str,
        volume: impl Fn(&str, &str, &str) -> Option<PathBuf>,
    ) -> Result<Location> {
        if text.is_empty() {
            return Err(Error::plain(
                crate::error::Exception::IllegalArgument,
                "Can not create a Path from an empty string",
            ));
        }
        let (root, rest) = self.root(text)?;
        let parts = normal(rest).ok_or_else(|| outside(text))?;
        let (base, prefix) = match root {
            Root::Fixed(base, prefix) => (base, prefix),
            Root::Volume {
                catalog,
                schema,
                volume: name,
            } => {
                let base = volume(&catalog, &schema, &name).ok_or_else(|| {
                    Error::new(
                        "UC_VOLUME_NOT_FOUND",
                        [("name", format!("`{catalog}`.`{schema}`.`{name}`"))],
                    )
                    .hint("`CREATE VOLUME IF NOT EXISTS` makes it")
                })?;
                (base, format!("dbfs:/Volumes/{catalog}/{schema}/{name}/"))
            }
        };
        let path = parts
            .iter()
            .fold(base.clone(), |path, part| path.join(part));
        stays_inside(&base, &path).map_err(|()| outside(text))?;
        Ok(Location {
            uri: format!("{prefix}{}", parts.join("/")),
            path,
        })
    }

    fn root<'t>(&self, text: &'t str) -> Result<(Root, &'t str)> {
        let dbfs = || Root::Fixed(self.inside("dbfs"), "dbfs:/".to_owned());
        let driver = || Root::Fixed(self.inside("driver"), "file:/".to_owned());
        let Some((scheme, rest)) = scheme(text) else {
            let plain = match self.flavor {
                Flavor::Databricks => dbfs(),
                Flavor::Oss => driver(),
            };
            return Ok(match text.strip_prefix("/dbfs/") {
                Some(rest) if self.flavor == Flavor::Databricks => (dbfs(), rest),
                _ => self.volume_or(text, plain),
            });
        };
        match scheme.to_ascii_lowercase().as_str() {
            "dbfs" => Ok(self.volume_or(rest, dbfs())),
            "file" => Ok((driver(), rest)),
            bucket @ ("s3" | "s3a" | "s3n" | "abfs" | "abfss" | "gs" | "wasb" | "wasbs"
            | "hdfs") => {
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                let (name, key) = rest.split_once('/').unwrap_or((rest, ""));
                let base = self.inside("buckets").join(bucket).join(file_name(name));
                Ok((Root::Fixed(base, format!("{bucket}://{name}/")), key))
            }
            other => Err(Error::plain(
                crate::error::Exception::UnsupportedOperation,
                format!("No FileSystem for scheme \"{other}\""),
            )),
        }
    }

    fn volume_or<'t>(&self, rest: &'t str, other: Root) -> (Root, &'t str) {
        let trimmed = rest.trim_start_matches('/');
        let Some(below) = trimmed.strip_prefix("Volumes/") else {
            return (other, rest);
        };
        let mut parts = below.splitn(4, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(catalog), Some(schema), Some(volume)) if !volume.is_empty() => (
                Root::Volume {
                    catalog: catalog.to_owned(),
                    schema: schema.to_owned(),
                    volume: volume.to_owned(),
                },
                parts.next().unwrap_or(""),
            ),
            _ => (other, rest),
        }
    }
}

/// A scheme before the first colon; a colon behind a slash belongs to a name.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let valid = !scheme.is_empty()
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    valid.then_some((scheme, rest))
}

/// The parts of a path with `.` and `..` taken out; none if it leaves its root.
fn normal(rest: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other if other.contains('\0') => return None,
            other => parts.push(other),
        }
    }
    Some(parts)
}

/// Whether the part of the path that exists lies below the base, links followed.
fn stays_inside(base: &Path, path: &Path) -> Result<(), ()> {
    let inner = path.strip_prefix(base).map_err(|_| ())?;
    if inner
        .components()
        .any(|c| !matches!(c, Component::Normal(_)))
    {
        return Err(());
    }
    // Only what lies below the root may be a link; the data directory itself may be one.
    let mut at = base.to_owned();
    for component in inner.components() {
        at.push(component);
        match std::fs::symlink_metadata(&at) {
            Ok(found) if found.file_type().is_symlink() => {
                let real = at.canonicalize().map_err(|_| ())?;
                let root = base.canonicalize().map_err(|_| ())?;
                if !real.starts_with(root) {
                    return Err(());
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(())
}

fn outside(text: &str) -> Error {
    Error::plain(
        crate::error::Exception::IllegalArgument,
        format!("the path {text} leaves the root of its file system"),
    )
}

/// A name of the catalog as a name of a file: nothing in it can lead elsewhere.
pub(crate) fn file_name(name: &str) -> String {
    let safe: String = name
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '=') {
                c.to_string()
            } else if c == '.' {
                ".".to_owned()
            } else {
                // Not a percent sign, which readers of URLs would take back.
                format!("~{:02X}", u32::from(c))
            }
        })
        .collect();
    match safe.as_str() {
        "." | ".." | "" => format!("~{safe}"),
        _ => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Location> {
        let roots = Roots::new(Path::new("/data"), Flavor::Databricks);
        roots.resolve(text, |c, s, v| (c == "main").then(|| roots.volume(c, s, v)))
    }

    #[test]
    fn every_scheme_has_its_root() {
        for (text, uri, path) in [
            ("/a/b", "dbfs:/a/b", "/data/dbfs/a/b"),
            ("dbfs:/a", "dbfs:/a", "/data/dbfs/a"),
            ("dbfs:///a", "dbfs:/a", "/data/dbfs/a"),
            ("/dbfs/a", "dbfs:/a", "/data/dbfs/a"),
            ("file:///tmp/x", "file:/tmp/x", "/data/driver/tmp/x"),
            ("s3a://b/k/x", "s3a://b/k/x", "/data/buckets/s3a/b/k/x"),
            (
                "/Volumes/main/s/v/x.csv",
                "dbfs:/Volumes/main/s/v/x.csv",
                "/data/volumes/main/s/v/x.csv",
            ),
            ("/a/./b//../c", "dbfs:/a/c", "/data/dbfs/a/c"),
            ("/a/%2e%2e/c", "dbfs:/a/%2e%2e/c", "/data/dbfs/a/%2e%2e/c"),
        ] {
            let found = resolve(text).unwrap();
            assert_eq!(found.uri, uri, "{text}");
            assert_eq!(found.path, Path::new(path), "{text}");
        }
    }

    #[test]
    fn nothing_leaves_its_root() {
        for text in [
            "/..",
            "/a/../../b",
            "dbfs:/../x",
            "s3://b/../../x",
            "/Volumes/main/s/v/../../x",
        ] {
            assert!(resolve(text).is_err(), "{text}");
        }
        assert_eq!(
            resolve("/Volumes/other/s/v/x").unwrap_err().class(),
            Some("UC_VOLUME_NOT_FOUND")
        );
    }
}
