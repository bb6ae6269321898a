//! ALTER of tables, views, schemas, catalogs and volumes.

use sparring_proto::connect as proto;

use super::change::PartitionValue;
use super::table::{ClusterBy, ColumnDefinition, ColumnPosition, Constraint, SqlExpression};
use super::{Name, Properties};

/// `ALTER TABLE name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// The table.
    pub name: Name,
    /// What changes.
    pub action: AlterTableAction,
}

/// What ALTER TABLE changes.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableAction {
    /// `RENAME TO name`.
    Rename(Name),
    /// `ADD COLUMNS (…)`.
    AddColumns(Vec<ColumnDefinition>),
    /// `REPLACE COLUMNS (…)`.
    ReplaceColumns(Vec<ColumnDefinition>),
    /// `DROP COLUMNS (…)`.
    DropColumns {
        /// Which.
        columns: Vec<Name>,
        /// Whether a missing one is no error.
        if_exists: bool,
    },
    /// `RENAME COLUMN a TO b`.
    RenameColumn {
        /// The old name.
        column: Name,
        /// The new one.
        to: String,
    },
    /// `ALTER COLUMN column …, …`; several changes of one column are one after another.
    AlterColumns(Vec<(Name, ColumnChange)>),
    /// `ADD CONSTRAINT …`.
    AddConstraint(Constraint),
    /// `DROP CONSTRAINT name`, `DROP PRIMARY KEY`.
    DropConstraint {
        /// The name; none for the primary key.
        name: Option<String>,
        /// Whether a missing one is no error.
        if_exists: bool,
        /// Whether foreign keys to it go too.
        cascade: bool,
    },
    /// `SET TBLPROPERTIES`.
    SetProperties(Properties),
    /// `UNSET TBLPROPERTIES`.
    UnsetProperties {
        /// The keys.
        keys: Vec<String>,
        /// Whether a missing one is no error.
        if_exists: bool,
    },
    /// `SET TAGS`.
    SetTags(Properties),
    /// `UNSET TAGS`.
    UnsetTags(Vec<String>),
    /// `[SET] OWNER TO principal`.
    SetOwner(String),
    /// `SET LOCATION`.
    SetLocation {
        /// Of this partition only.
        partition: Vec<PartitionValue>,
        /// Where.
        location: String,
    },
    /// `CLUSTER BY`.
    ClusterBy(ClusterBy),
    /// `ADD [IF NOT EXISTS] PARTITION (…) [LOCATION '…'] …`.
    AddPartitions {
        /// Whether an existing one is no error.
        if_not_exists: bool,
        /// Values and location of each.
        partitions: Vec<(Vec<PartitionValue>, Option<String>)>,
    },
    /// `DROP [IF EXISTS] PARTITION (…), …`.
    DropPartitions {
        /// Whether a missing one is no error.
        if_exists: bool,
        /// Values of each.
        partitions: Vec<Vec<PartitionValue>>,
    },
    /// `PARTITION (…) RENAME TO PARTITION (…)`.
    RenamePartition {
        /// The old values.
        from: Vec<PartitionValue>,
        /// The new ones.
        to: Vec<PartitionValue>,
    },
    /// `SET SERDEPROPERTIES`: options of the data source.
    SetSerdeProperties(Properties),
    /// `RECOVER PARTITIONS`.
    RecoverPartitions,
    /// `DROP FEATURE name [TRUNCATE HISTORY]`.
    DropFeature {
        /// The table feature.
        name: String,
        /// Whether the history goes too.
        truncate_history: bool,
    },
    /// `DEFAULT COLLATION name`.
    SetCollation(String),
}

/// What ALTER COLUMN changes.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnChange {
    /// `TYPE type`.
    SetType(proto::DataType),
    /// `COMMENT '…'`.
    SetComment(String),
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `SET DEFAULT expression`.
    SetDefault(SqlExpression),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `FIRST`, `AFTER column`.
    SetPosition(ColumnPosition),
    /// `SYNC IDENTITY`.
    SyncIdentity,
    /// `SET TAGS`.
    SetTags(Properties),
    /// `UNSET TAGS`.
    UnsetTags(Vec<String>),
}

/// `ALTER VIEW name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterView {
    /// The view.
    pub name: Name,
    /// What changes.
    pub action: AlterViewAction,
}

/// What ALTER VIEW changes.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterViewAction {
    /// `RENAME TO name`.
    Rename(Name),
    /// `AS query`.
    Query {
        /// The new query.
        query: Box<proto::Relation>,
        /// As written.
        text: String,
    },
    /// `SET TBLPROPERTIES`.
    SetProperties(Properties),
    /// `UNSET TBLPROPERTIES`.
    UnsetProperties {
        /// The keys.
        keys: Vec<String>,
        /// Whether a missing one is no error.
        if_exists: bool,
    },
    /// `[SET] OWNER TO principal`.
    SetOwner(String),
    /// `WITH SCHEMA BINDING|COMPENSATION|EVOLUTION|TYPE EVOLUTION`, in upper case.
    SetSchemaMode(String),
}

/// `ALTER SCHEMA name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterSchema {
    /// The schema.
    pub name: Name,
    /// What changes.
    pub action: NamespaceAction,
}

/// `ALTER CATALOG name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterCatalog {
    /// The catalog.
    pub name: String,
    /// What changes.
    pub action: NamespaceAction,
}

/// What ALTER SCHEMA and ALTER CATALOG change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceAction {
    /// `SET DBPROPERTIES`.
    SetProperties(Properties),
    /// `UNSET DBPROPERTIES`.
    UnsetProperties(Vec<String>),
    /// `SET LOCATION`.
    SetLocation(String),
    /// `[SET] OWNER TO principal`.
    SetOwner(String),
    /// `SET TAGS`.
    SetTags(Properties),
    /// `UNSET TAGS`.
    UnsetTags(Vec<String>),
    /// `DEFAULT COLLATION name`.
    SetCollation(String),
}

/// `ALTER VOLUME name …`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterVolume {
    /// The volume.
    pub name: Name,
    /// What changes.
    pub action: VolumeAction,
}

/// What ALTER VOLUME changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeAction {
    /// `RENAME TO name`.
    Rename(Name),
    /// `[SET] OWNER TO principal`.
    SetOwner(String),
    /// `SET TAGS`.
    SetTags(Properties),
    /// `UNSET TAGS`.
    UnsetTags(Vec<String>),
}
