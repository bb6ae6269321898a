//! SHOW.

use super::Name;
use super::change::PartitionValue;
use super::utility::ObjectKind;

/// `SHOW what [FROM|IN namespace] [[LIKE] 'pattern']`.
#[derive(Debug, Clone, PartialEq)]
pub struct Show {
    /// What is shown.
    pub target: ShowTarget,
    /// `FROM` or `IN`: a schema, or a catalog for `Schemas`; none means the current one.
    pub namespace: Option<Name>,
    /// `LIKE`: `*` for anything, `|` for alternatives.
    pub pattern: Option<String>,
}

/// What SHOW shows.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowTarget {
    /// `SHOW CATALOGS`.
    Catalogs,
    /// `SHOW SCHEMAS`, `SHOW DATABASES`.
    Schemas,
    /// `SHOW TABLES`.
    Tables,
    /// `SHOW TABLE EXTENDED … LIKE '…' [PARTITION (…)]`.
    TableExtended(Vec<PartitionValue>),
    /// `SHOW VIEWS`.
    Views,
    /// `SHOW VOLUMES`.
    Volumes,
    /// `SHOW [USER|SYSTEM|ALL] FUNCTIONS`.
    Functions {
        /// `USER` or neither.
        user: bool,
        /// `SYSTEM` or neither.
        system: bool,
    },
    /// `SHOW COLUMNS IN table [IN schema]`; the schema is the namespace.
    Columns(Name),
    /// `SHOW TBLPROPERTIES table [(key)]`.
    TableProperties {
        /// The table.
        table: Name,
        /// This key only.
        key: Option<String>,
    },
    /// `SHOW CREATE TABLE table [AS SERDE]`.
    CreateTable {
        /// The table.
        table: Name,
        /// In Hive's syntax.
        as_serde: bool,
    },
    /// `SHOW PARTITIONS table [PARTITION (…)]`.
    Partitions {
        /// The table.
        table: Name,
        /// These partitions only.
        partition: Vec<PartitionValue>,
    },
    /// `SHOW CURRENT SCHEMA`.
    CurrentNamespace,
    /// `SHOW GRANTS [principal] ON …`.
    Grants {
        /// Of this principal only.
        principal: Option<String>,
        /// On what.
        kind: ObjectKind,
        /// On which.
        name: Name,
    },
}
