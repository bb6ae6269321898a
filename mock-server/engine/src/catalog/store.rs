//! The catalog's memory: everything in maps for reading, every change first in SQLite.
//!
//! Knows no names as users write them and no files; keys are lower case. SQLite is called in place,
//! not on a blocking thread: a change is one small row, and reads never touch it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::functions::FunctionEntry;
use crate::error::{Error, Result};

/// A catalog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CatalogEntry {
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
}

/// A schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SchemaEntry {
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
    /// Where its managed tables lie, if the user said so.
    #[serde(default)]
    pub(crate) location: Option<String>,
}

/// A table or a view.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RelationEntry {
    pub(crate) name: String,
    pub(crate) kind: RelationKind,
    pub(crate) comment: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
}

/// What is behind a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum RelationKind {
    /// Files.
    Table(TableEntry),
    /// A query.
    View(ViewEntry),
}

/// The files of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TableEntry {
    /// `delta`, `parquet`, …
    pub(crate) provider: String,
    /// Where the files are.
    pub(crate) path: PathBuf,
    /// The same as the user named it; none for a managed table.
    pub(crate) location: Option<String>,
    /// The schema as Spark's JSON; none for Delta, whose log has it.
    pub(crate) schema: Option<String>,
    pub(crate) partition_columns: Vec<String>,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) constraints: Vec<ConstraintEntry>,
    /// The partitions that are read; none where whatever directories are there are.
    #[serde(default)]
    pub(crate) partitions: Option<Vec<PartitionEntry>>,
    /// What ANALYZE TABLE found; a write takes it away.
    #[serde(default)]
    pub(crate) statistics: Option<StatisticsEntry>,
}

/// A partition of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PartitionEntry {
    /// Texts in the order of the partition columns; none for a null.
    pub(crate) values: Vec<Option<String>>,
    pub(crate) path: PathBuf,
    /// The same as the user named it; none below the table.
    pub(crate) location: Option<String>,
    pub(crate) created_ms: i64,
    #[serde(default)]
    pub(crate) statistics: Option<StatisticsEntry>,
}

/// What ANALYZE TABLE found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StatisticsEntry {
    pub(crate) n_bytes: u64,
    pub(crate) n_rows: Option<u64>,
    /// By column.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, ColumnStatisticsEntry>,
}

/// What ANALYZE TABLE found of a column, as DESCRIBE tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColumnStatisticsEntry {
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
    pub(crate) n_nulls: i64,
    pub(crate) n_distinct: i64,
    pub(crate) average_bytes: i64,
    pub(crate) max_bytes: i64,
}

/// A key of a table; declared, never enforced, as on Databricks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConstraintEntry {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// For a foreign key: the other table and its columns.
    pub(crate) references: Option<([String; 3], Vec<String>)>,
}

/// The query of a view.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ViewEntry {
    pub(crate) text: String,
    /// Names and comments of its columns; empty keeps the query's.
    pub(crate) columns: Vec<(String, Option<String>)>,
    /// The catalog and schema that were current when it was made.
    pub(crate) namespace: (String, String),
    /// The settings that were made in the session that created it.
    #[serde(default)]
    pub(crate) conf: BTreeMap<String, String>,
    /// The names and types, as Spark's JSON, of the query's columns when it was made.
    #[serde(default)]
    pub(crate) made: Vec<(String, String)>,
    /// What happens when the query's columns are others than they were, as `WITH SCHEMA` says it.
    #[serde(default = "compensation")]
    pub(crate) schema_mode: String,
}

fn compensation() -> String {
    "COMPENSATION".to_owned()
}

/// A volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VolumeEntry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) location: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) created_ms: i64,
}

/// One part of the key per level, lower case.
pub(crate) type Pair = (String, String);
pub(crate) type Triple = (String, String, String);

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) catalogs: BTreeMap<String, CatalogEntry>,
    pub(crate) schemas: BTreeMap<Pair, SchemaEntry>,
    pub(crate) relations: BTreeMap<Triple, RelationEntry>,
    pub(crate) volumes: BTreeMap<Triple, VolumeEntry>,
    pub(crate) functions: BTreeMap<Triple, FunctionEntry>,
}

/// The store.
pub(crate) struct Store {
    database: Mutex<Connection>,
    entries: RwLock<Entries>,
}

/// One change.
pub(crate) enum Change {
    PutCatalog(CatalogEntry),
    DropCatalog(String),
    PutSchema(String, SchemaEntry),
    DropSchema(Pair),
    PutRelation(Pair, RelationEntry),
    DropRelation(Triple),
    PutVolume(Pair, VolumeEntry),
    DropVolume(Triple),
    PutFunction(Pair, FunctionEntry),
    DropFunction(Triple),
}

const SEPARATOR: &str = "\u{1f}";

impl Store {
    /// Opens or makes the database.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let database = Connection::open(path).map_err(failed)?;
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                 CREATE TABLE IF NOT EXISTS catalog_objects (
                     kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
                     PRIMARY KEY (kind, key)) WITHOUT ROWID;",
            )
            .map_err(failed)?;
        let entries = read(&database)?;
        Ok(Self {
            database: Mutex::new(database),
            entries: RwLock::new(entries),
        })
    }

    /// Looks something up.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        look(&self.entries.read())
    }

    /// Makes changes, all or none: `decide` sees the present state, and nothing else changes it
    /// until its changes are in.
    pub(crate) fn change<T>(
        &self,
        decide: impl FnOnce(&Entries) -> Result<(Vec<Change>, T)>,
    ) -> Result<T> {
        let mut database = self.database.lock();
        let (changes, answer) = decide(&self.entries.read())?;
        if changes.is_empty() {
            return Ok(answer);
        }
        let transaction = database.transaction().map_err(failed)?;
        for change in &changes {
            write(&transaction, change)?;
        }
        transaction.commit().map_err(failed)?;
        let mut entries = self.entries.write();
        for change in changes {
            apply(&mut entries, change);
        }
        Ok(answer)
    }
}

fn apply(entries: &mut Entries, change: Change) {
    match change {
        Change::PutCatalog(entry) => {
            entries.catalogs.insert(entry.name.to_lowercase(), entry);
        }
        Change::DropCatalog(key) => {
            entries.catalogs.remove(&key);
        }
        Change::PutSchema(catalog, entry) => {
            let key = (catalog, entry.name.to_lowercase());
            entries.schemas.insert(key, entry);
        }
        Change::DropSchema(key) => {
            entries.schemas.remove(&key);
        }
        Change::PutRelation((catalog, schema), entry) => {
            let key = (catalog, schema, entry.name.to_lowercase());
            entries.relations.insert(key, entry);
        }
        Change::DropRelation(key) => {
            entries.relations.remove(&key);
        }
        Change::PutVolume((catalog, schema), entry) => {
            let key = (catalog, schema, entry.name.to_lowercase());
            entries.volumes.insert(key, entry);
        }
        Change::DropVolume(key) => {
            entries.volumes.remove(&key);
        }
        Change::PutFunction((catalog, schema), entry) => {
            let key = (catalog, schema, entry.name.to_lowercase());
            entries.functions.insert(key, entry);
        }
        Change::DropFunction(key) => {
            entries.functions.remove(&key);
        }
    }
}

fn write(database: &Connection, change: &Change) -> Result<()> {
    let put = |kind: &str, key: String, body: serde_json::Result<String>| {
        let body = body.map_err(|error| Error::internal(error.to_string()))?;
        database
            .execute(
                "INSERT OR REPLACE INTO catalog_objects VALUES (?1, ?2, ?3)",
                [kind, &key, &body],
            )
            .map(|_| ())
            .map_err(failed)
    };
    let delete = |kind: &str, key: String| {
        database
            .execute(
                "DELETE FROM catalog_objects WHERE kind = ?1 AND key = ?2",
                [kind, &key],
            )
            .map(|_| ())
            .map_err(failed)
    };
    match change {
        Change::PutCatalog(entry) => put(
            "catalog",
            entry.name.to_lowercase(),
            serde_json::to_string(entry),
        ),
        Change::DropCatalog(key) => delete("catalog", key.clone()),
        Change::PutSchema(catalog, entry) => put(
            "schema",
            [catalog.as_str(), &entry.name.to_lowercase()].join(SEPARATOR),
            serde_json::to_string(entry),
        ),
        Change::DropSchema((catalog, schema)) => {
            delete("schema", [catalog.as_str(), schema].join(SEPARATOR))
        }
        Change::PutRelation((catalog, schema), entry) => put(
            "relation",
            [catalog.as_str(), schema, &entry.name.to_lowercase()].join(SEPARATOR),
            serde_json::to_string(entry),
        ),
        Change::DropRelation((catalog, schema, name)) => {
            delete("relation", [catalog.as_str(), schema, name].join(SEPARATOR))
        }
        Change::PutVolume((catalog, schema), entry) => put(
            "volume",
            [catalog.as_str(), schema, &entry.name.to_lowercase()].join(SEPARATOR),
            serde_json::to_string(entry),
        ),
        Change::DropVolume((catalog, schema, name)) => {
            delete("volume", [catalog.as_str(), schema, name].join(SEPARATOR))
        }
        Change::PutFunction((catalog, schema), entry) => put(
            "function",
            [catalog.as_str(), schema, &entry.name.to_lowercase()].join(SEPARATOR),
            serde_json::to_string(entry),
        ),
        Change::DropFunction((catalog, schema, name)) => {
            delete("function", [catalog.as_str(), schema, name].join(SEPARATOR))
        }
    }
}

fn read(database: &Connection) -> Result<Entries> {
    fn body<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
        serde_json::from_str(text)
            .map_err(|error| Error::internal(format!("the catalog holds an odd entry: {error}")))
    }
    let mut statement = database
        .prepare("SELECT kind, key, body FROM catalog_objects")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut entries = Entries::default();
    while let Some(row) = rows.next().map_err(failed)? {
        let kind: String = row.get(0).map_err(failed)?;
        let key: String = row.get(1).map_err(failed)?;
        let text: String = row.get(2).map_err(failed)?;
        let parts: Vec<String> = key.split(SEPARATOR).map(str::to_owned).collect();
        let change = match (kind.as_str(), parts.as_slice()) {
            ("catalog", [_]) => Change::PutCatalog(body(&text)?),
            ("schema", [catalog, _]) => Change::PutSchema(catalog.clone(), body(&text)?),
            ("relation", [catalog, schema, _]) => {
                Change::PutRelation((catalog.clone(), schema.clone()), body(&text)?)
            }
            ("volume", [catalog, schema, _]) => {
                Change::PutVolume((catalog.clone(), schema.clone()), body(&text)?)
            }
            ("function", [catalog, schema, _]) => {
                Change::PutFunction((catalog.clone(), schema.clone()), body(&text)?)
            }
            (other, _) => {
                return Err(Error::internal(format!(
                    "the catalog holds an entry of the unknown kind {other}"
                )));
            }
        };
        apply(&mut entries, change);
    }
    Ok(entries)
}

fn failed(error: rusqlite::Error) -> Error {
    Error::internal(format!("the catalog database: {error}"))
}
