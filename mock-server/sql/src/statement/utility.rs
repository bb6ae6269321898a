//! Configuration, caching, maintenance of tables, comments and grants.

use sparring_proto::connect as proto;

use super::change::PartitionValue;
use super::{Name, Properties, Statement};

/// `SET` and `RESET`.
#[derive(Debug, Clone, PartialEq)]
pub enum Configuration {
    /// `SET key = value`.
    Set {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// `SET key`.
    Get(String),
    /// `SET`.
    List,
    /// `SET -v`.
    ListVerbose,
    /// `SET TIME ZONE …`.
    SetTimeZone(TimeZone),
    /// `RESET key`.
    Reset(String),
    /// `RESET`.
    ResetAll,
}

/// The zone of `SET TIME ZONE`.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeZone {
    /// `LOCAL`.
    Local,
    /// `'Europe/Berlin'`.
    Name(String),
    /// An interval literal.
    Offset(Box<proto::Expression>),
}

/// `EXPLAIN [mode] statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explain {
    /// How much is told.
    pub mode: ExplainMode,
    /// About what.
    pub statement: Box<Statement>,
}

/// How much EXPLAIN tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainMode {
    /// The physical plan.
    Simple,
    /// All plans.
    Extended,
    /// With generated code.
    Codegen,
    /// With statistics.
    Cost,
    /// Outline and details.
    Formatted,
}

/// `CACHE [LAZY] TABLE name [OPTIONS (…)] [[AS] query]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// The table, or the view to make of the query.
    pub name: Name,
    /// Whether it is cached at its first use.
    pub lazy: bool,
    /// `OPTIONS`, such as `storageLevel`.
    pub options: Properties,
    /// The query.
    pub query: Option<proto::Relation>,
    /// The query as written.
    pub query_text: Option<String>,
}

/// `UNCACHE TABLE [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncache {
    /// The table.
    pub name: Name,
    /// Whether a missing one is no error.
    pub if_exists: bool,
}

/// `OPTIMIZE table [FULL] [WHERE …] [ZORDER BY (…)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimize {
    /// The table.
    pub table: Name,
    /// `FULL`.
    pub full: bool,
    /// Which partitions.
    pub condition: Option<proto::Expression>,
    /// `ZORDER BY`.
    pub zorder_by: Vec<Name>,
}

/// `VACUUM table [FULL|LITE] [RETAIN n HOURS] [DRY RUN]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Vacuum {
    /// The table.
    pub table: Name,
    /// `LITE`.
    pub lite: bool,
    /// `RETAIN n HOURS`.
    pub retain_hours: Option<f64>,
    /// `DRY RUN`.
    pub dry_run: bool,
}

/// `RESTORE [TABLE] table TO …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// The table, with `versionAsOf` or `timestampAsOf` among its options.
    pub table: proto::Relation,
}

/// `COPY INTO table [(columns)] FROM source FILEFORMAT = format …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyInto {
    /// The table.
    pub table: Name,
    /// Its columns; none means all.
    pub columns: Vec<String>,
    /// The path.
    pub source: String,
    /// The select list of `FROM (SELECT … FROM 'path')`; none means all columns.
    pub expressions: Vec<proto::Expression>,
    /// `FILEFORMAT`.
    pub file_format: String,
    /// `FILES = (…)`.
    pub files: Vec<String>,
    /// `PATTERN = '…'`.
    pub pattern: Option<String>,
    /// `FORMAT_OPTIONS (…)`.
    pub format_options: Properties,
    /// `COPY_OPTIONS (…)`.
    pub copy_options: Properties,
    /// `VALIDATE`.
    pub validate: bool,
    /// Subqueries of the select list, by plan id.
    pub subqueries: Vec<proto::Relation>,
}

/// `ANALYZE TABLE … COMPUTE STATISTICS …`, `ANALYZE TABLES IN … COMPUTE STATISTICS`.
#[derive(Debug, Clone, PartialEq)]
pub enum Analyze {
    /// One table.
    Table {
        /// The table.
        table: Name,
        /// These partitions only.
        partition: Vec<PartitionValue>,
        /// `NOSCAN`.
        no_scan: bool,
        /// Which columns.
        columns: AnalyzeColumns,
    },
    /// All tables of a schema.
    Tables {
        /// The schema; none means the current one.
        schema: Option<Name>,
        /// `NOSCAN`.
        no_scan: bool,
    },
}

/// The columns that ANALYZE looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnalyzeColumns {
    /// None: the table alone.
    None,
    /// `FOR COLUMNS …`.
    Some(Vec<String>),
    /// `FOR ALL COLUMNS`.
    All,
}

/// `[MSCK] REPAIR TABLE table [ADD|DROP|SYNC PARTITIONS | SYNC METADATA]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairTable {
    /// The table.
    pub table: Name,
    /// Whether new partitions are added.
    pub add: bool,
    /// Whether vanished partitions are dropped.
    pub drop: bool,
}

/// What a comment or a grant is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// The metastore.
    Metastore,
    /// A catalog.
    Catalog,
    /// A schema.
    Schema,
    /// A table.
    Table,
    /// A view.
    View,
    /// A column.
    Column,
    /// A volume.
    Volume,
    /// A function.
    Function,
    /// Any file.
    AnyFile,
    /// An external location.
    ExternalLocation,
    /// A storage credential.
    StorageCredential,
}

/// `COMMENT ON kind name IS '…'|NULL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentOn {
    /// What kind of thing.
    pub kind: ObjectKind,
    /// Which.
    pub name: Name,
    /// The comment; none takes it away.
    pub comment: Option<String>,
}

/// One privilege, such as `SELECT`.
pub type Privilege = String;

/// `GRANT privileges ON kind name TO principal`, `REVOKE privileges ON kind name FROM principal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// False for GRANT.
    pub revoke: bool,
    /// In upper case; `ALL PRIVILEGES` is one.
    pub privileges: Vec<Privilege>,
    /// On what.
    pub kind: ObjectKind,
    /// On which.
    pub name: Name,
    /// Whose.
    pub principal: String,
}
