//! The catalog: three-level names, strict as Unity Catalog's, and what they mean.
//!
//! Knows no sessions; whoever asks brings the current catalog and schema. What lies in a table's
//! files is `delta.rs`'s and `io`'s affair.

pub(crate) mod delta;
pub(crate) mod functions;
pub(crate) mod information_schema;
pub(crate) mod paths;
mod relations;
pub(crate) mod store;
mod warehouse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::conf::Flavor;
use crate::error::{Error, Result};
use crate::types::names::{quote, quote_parts};
use delta::DeltaTables;
use paths::{Location, Roots, file_name};
use store::{CatalogEntry, Change, Entries, SchemaEntry, Store, Triple, VolumeEntry};

/// The full name of a table, view or volume, as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QualifiedName {
    pub(crate) catalog: String,
    pub(crate) schema: String,
    pub(crate) name: String,
}

impl QualifiedName {
    pub(crate) fn key(&self) -> Triple {
        (
            self.catalog.to_lowercase(),
            self.schema.to_lowercase(),
            self.name.to_lowercase(),
        )
    }

    pub(crate) fn parts(&self) -> Vec<String> {
        vec![self.catalog.clone(), self.schema.clone(), self.name.clone()]
    }

    /// Back-quoted, as messages show it.
    pub(crate) fn quoted(&self) -> String {
        quote_parts([&self.catalog, &self.schema, &self.name])
    }
}

/// The catalog of a workspace.
pub(crate) struct Catalog {
    store: Store,
    pub(crate) roots: Roots,
    pub(crate) delta: DeltaTables,
    flavor: Flavor,
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

impl Catalog {
    /// Opens the catalog of a data directory; a new one gets what a new workspace has.
    pub(crate) fn open(data_dir: &Path, flavor: Flavor) -> Result<Self> {
        let roots = Roots::new(data_dir, flavor);
        for kind in ["tables", "volumes", "dbfs", "driver", "buckets"] {
            let path = roots.inside(kind);
            std::fs::create_dir_all(&path)
                .map_err(|error| Error::internal(format!("making {}: {error}", path.display())))?;
        }
        let store = Store::open(&data_dir.join("catalog.sqlite"))?;
        let catalog = Self {
            store,
            roots,
            delta: DeltaTables::default(),
            flavor,
        };
        let first: &[&str] = match flavor {
            Flavor::Databricks => &["main", "hive_metastore"],
            Flavor::Oss => &["spark_catalog"],
        };
        catalog.store.change(|entries| {
            if !entries.catalogs.is_empty() {
                return Ok((Vec::new(), ()));
            }
            let changes = first
                .iter()
                .flat_map(|name| {
                    [
                        Change::PutCatalog(new_catalog(name, None)),
                        Change::PutSchema(
                            (*name).to_owned(),
                            new_schema("default", default_comment(flavor)),
                        ),
                    ]
                })
                .collect();
            Ok((changes, ()))
        })?;
        Ok(catalog)
    }

    /// The catalog that a new session starts in.
    pub(crate) fn default_catalog(flavor: Flavor) -> &'static str {
        match flavor {
            Flavor::Databricks => "main",
            Flavor::Oss => "spark_catalog",
        }
    }

    /// Looks something up.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        self.store.read(look)
    }

    /// Makes changes.
    pub(crate) fn change<T>(
        &self,
        decide: impl FnOnce(&Entries) -> Result<(Vec<Change>, T)>,
    ) -> Result<T> {
        self.store.change(decide)
    }

    /// The full name that parts mean.
    pub(crate) fn qualify(
        &self,
        namespace: &(String, String),
        parts: &[String],
    ) -> Result<QualifiedName> {
        let (catalog, schema, name) = match parts {
            [name] => (&namespace.0, &namespace.1, name),
            [schema, name] => (&namespace.0, schema, name),
            [catalog, schema, name]
                if self.flavor != Flavor::Oss || self.require_catalog(catalog).is_ok() =>
            {
                (catalog, schema, name)
            }
            // Apache Spark's session catalog takes what is no catalog for a namespace.
            _ => {
                return Err(Error::new(
                    "REQUIRES_SINGLE_PART_NAMESPACE",
                    [
                        ("sessionCatalog", namespace.0.clone()),
                        (
                            "namespace",
                            quote_parts(&parts[..parts.len().saturating_sub(1)]),
                        ),
                    ],
                )
                .placeless());
            }
        };
        Ok(QualifiedName {
            catalog: catalog.clone(),
            schema: schema.clone(),
            name: name.clone(),
        })
    }

    /// The catalog and schema that the parts of a schema's name mean.
    pub(crate) fn qualify_schema(
        &self,
        namespace: &(String, String),
        parts: &[String],
    ) -> Result<(String, String)> {
        match parts {
            [] => Ok(namespace.clone()),
            [schema] => Ok((namespace.0.clone(), schema.clone())),
            [catalog, schema] => Ok((catalog.clone(), schema.clone())),
            _ => Err(Error::new(
                "REQUIRES_SINGLE_PART_NAMESPACE",
                [
                    ("sessionCatalog", namespace.0.clone()),
                    ("namespace", quote_parts(parts)),
                ],
            )),
        }
    }

    /// Fails unless the catalog exists.
    pub(crate) fn require_catalog(&self, catalog: &str) -> Result<()> {
        let key = catalog.to_lowercase();
        if key == "system" && self.flavor == Flavor::Databricks {
            return Ok(());
        }
        self.store.read(|entries| {
            if entries.catalogs.contains_key(&key) {
                return Ok(());
            }
            Err(no_catalog(entries, catalog))
        })
    }

    /// Fails unless the schema exists.
    pub(crate) fn require_schema(&self, catalog: &str, schema: &str) -> Result<()> {
        self.require_catalog(catalog)?;
        let key = (catalog.to_lowercase(), schema.to_lowercase());
        if key.1 == information_schema::SCHEMA {
            return Ok(());
        }
        self.store.read(|entries| {
            if entries.schemas.contains_key(&key) {
                return Ok(());
            }
            let error = Error::new(
                "SCHEMA_NOT_FOUND",
                [("schemaName", quote_parts([catalog, schema]))],
            );
            let near = nearest(
                &key.1,
                entries
                    .schemas
                    .iter()
                    .filter(|((c, _), _)| *c == key.0)
                    .map(|(_, entry)| &entry.name),
            );
            Err(match near {
                Some(near) => {
                    error.hint(format!("did you mean {}?", quote_parts([catalog, &near])))
                }
                None => error,
            })
        })
    }

    /// Where a path of a client lies.
    pub(crate) fn location(&self, text: &str) -> Result<Location> {
        let place = self.roots.resolve(text, |catalog, schema, volume| {
            self.volume(&QualifiedName {
                catalog: catalog.to_owned(),
                schema: schema.to_owned(),
                name: volume.to_owned(),
            })
            .map(|entry| entry.path)
        })?;
        Ok(self.managed_at(&place.uri).unwrap_or(place))
    }

    /// The volume of a name.
    pub(crate) fn volume(&self, name: &QualifiedName) -> Option<VolumeEntry> {
        self.store
            .read(|entries| entries.volumes.get(&name.key()).cloned())
    }

    /// A directory for a new managed table, different for every table that ever had the name, unless
    /// its schema has a place of its own.
    pub(crate) fn managed_path(&self, name: &QualifiedName) -> PathBuf {
        if let Some(schema) = self.own_place(&name.catalog, &name.schema) {
            return schema.path.join(file_name(&name.name));
        }
        let unique = uuid::Uuid::new_v4().simple().to_string();
        self.roots
            .inside("tables")
            .join(file_name(&name.catalog))
            .join(file_name(&name.schema))
            .join(format!("{}-{}", file_name(&name.name), &unique[..12]))
    }

    /// `system` holds only what the workspace itself tells.
    fn refuse_system(&self, name: &QualifiedName) -> Result<()> {
        let (catalog, schema, _) = name.key();
        if catalog == "system" || schema == information_schema::SCHEMA {
            return Err(Error::unsupported(format!(
                "writing to {}, which only the workspace fills",
                quote_parts([&name.catalog, &name.schema])
            )));
        }
        Ok(())
    }

    /// Whose rules hold.
    pub(crate) fn flavor(&self) -> Flavor {
        self.flavor
    }
}

/// Apache Spark describes its first schema.
fn default_comment(flavor: Flavor) -> Option<String> {
    (flavor == Flavor::Oss).then(|| "default database".to_owned())
}

/// A new catalog.
pub(crate) fn new_catalog(name: &str, comment: Option<String>) -> CatalogEntry {
    CatalogEntry {
        name: name.to_owned(),
        comment,
        properties: BTreeMap::new(),
        created_ms: now_ms(),
    }
}

/// A new schema.
pub(crate) fn new_schema(name: &str, comment: Option<String>) -> SchemaEntry {
    SchemaEntry {
        name: name.to_owned(),
        comment,
        properties: BTreeMap::new(),
        created_ms: now_ms(),
        location: None,
    }
}

/// Apache Spark's rule for the names of schemas, tables and views.
pub(crate) fn valid_name(name: &str) -> Result<()> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(is_valid) {
        return Ok(());
    }
    Err(Error::new(
        "INVALID_SCHEMA_OR_RELATION_NAME",
        [("name", quote_parts(name.split('.')))],
    ))
}

/// Removes a directory; one that is not there is no failure, and one that cannot be removed only
/// costs space.
pub(crate) fn remove_tree(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "files of a dropped table stay");
    }
}

/// Spark's error for a catalog that is not there.
pub(crate) fn catalog_not_found(parts: &[String]) -> Error {
    Error::new(
        "CATALOG_NOT_FOUND",
        [
            ("catalogName", quote_parts(parts)),
            (
                "config",
                format!("\"spark.sql.catalog.{}\"", parts.join(".")),
            ),
        ],
    )
}

fn no_catalog(entries: &Entries, catalog: &str) -> Error {
    let error = catalog_not_found(&[catalog.to_owned()]);
    let near = nearest(
        &catalog.to_lowercase(),
        entries.catalogs.values().map(|entry| &entry.name),
    );
    match near {
        Some(near) => error.hint(format!("did you mean {}?", quote(&near))),
        None => error,
    }
}

/// The known name that is most like the wanted one, if any is much like it.
fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    known
        .map(|name| {
            (
                strsim::damerau_levenshtein(wanted, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, _)| *distance * 3 <= wanted.chars().count().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.clone())
}

/// The comment that a column's metadata holds.
pub(crate) fn comment_of(field: &arrow::datatypes::Field) -> Option<String> {
    serde_json::from_str(field.metadata().get("comment")?).ok()
}
