//! Tables: their columns, constraints and where they lie.

use sparring_proto::connect as proto;

use super::{Name, Properties};

/// An expression, and how it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlExpression {
    /// The expression.
    pub expression: Box<proto::Expression>,
    /// Its text, for the catalog.
    pub text: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    /// The name; several parts only in ALTER TABLE, for a field in a struct.
    pub name: Name,
    /// The type.
    pub data_type: proto::DataType,
    /// False for `NOT NULL`.
    pub nullable: bool,
    /// `DEFAULT`.
    pub default: Option<SqlExpression>,
    /// `GENERATED ALWAYS AS (expression)`.
    pub generated: Option<SqlExpression>,
    /// `GENERATED … AS IDENTITY`.
    pub identity: Option<Identity>,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// Where ALTER TABLE puts it.
    pub position: Option<ColumnPosition>,
}

/// `GENERATED [ALWAYS | BY DEFAULT] AS IDENTITY [(START WITH n INCREMENT BY n)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whether a value may not be given.
    pub always: bool,
    /// The first value.
    pub start: i64,
    /// The step.
    pub step: i64,
}

/// `FIRST` or `AFTER column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPosition {
    /// Before all others.
    First,
    /// Behind this one.
    After(String),
}

/// A constraint of a table; a column's own names that column.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// `CONSTRAINT name`.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// `ENFORCED` or `NOT ENFORCED`, if said.
    pub enforced: Option<bool>,
    /// `RELY` or `NORELY`, if said.
    pub rely: Option<bool>,
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY (columns)`.
    PrimaryKey(Vec<String>),
    /// `UNIQUE (columns)`.
    Unique(Vec<String>),
    /// `FOREIGN KEY (columns) REFERENCES table [(columns)]`.
    ForeignKey {
        /// The columns of this table.
        columns: Vec<String>,
        /// The other table.
        references: Name,
        /// Its columns; none means its primary key.
        referenced_columns: Vec<String>,
    },
    /// `CHECK (condition)`.
    Check(SqlExpression),
}

/// `CLUSTER BY` of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterBy {
    /// `CLUSTER BY NONE`.
    None,
    /// `CLUSTER BY AUTO`.
    Auto,
    /// `CLUSTER BY (columns)`.
    Columns(Vec<Name>),
}

/// `CLUSTERED BY (columns) [SORTED BY (columns)] INTO n BUCKETS`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucketing {
    /// The columns whose hash chooses the bucket.
    pub columns: Vec<String>,
    /// The order in a bucket.
    pub sorted_by: Vec<proto::expression::SortOrder>,
    /// How many.
    pub n_buckets: u32,
}

/// `CREATE [OR REPLACE] [EXTERNAL] TABLE [IF NOT EXISTS] name …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateTable {
    /// The table.
    pub name: Name,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// `CREATE OR REPLACE`, or `REPLACE`, which also needs the table to exist.
    pub replace: bool,
    /// False only for `REPLACE TABLE`.
    pub create: bool,
    /// `EXTERNAL`.
    pub external: bool,
    /// The columns, without those of `PARTITIONED BY (name type)`.
    pub columns: Vec<ColumnDefinition>,
    /// The constraints of table and columns.
    pub constraints: Vec<Constraint>,
    /// `USING`, as written.
    pub provider: Option<String>,
    /// `PARTITIONED BY (column | transform(column), …)`.
    pub partitioning: Vec<proto::Expression>,
    /// `PARTITIONED BY (name type, …)`: partition columns that come behind `columns`.
    pub partition_columns: Vec<ColumnDefinition>,
    /// `CLUSTER BY`.
    pub cluster_by: Option<ClusterBy>,
    /// `CLUSTERED BY`.
    pub bucketing: Option<Bucketing>,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `OPTIONS`.
    pub options: Properties,
    /// `TBLPROPERTIES`.
    pub properties: Properties,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `DEFAULT COLLATION`.
    pub collation: Option<String>,
    /// `AS query`.
    pub query: Option<proto::Relation>,
}

/// `CREATE TABLE [IF NOT EXISTS] name LIKE source …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateTableLike {
    /// The new table.
    pub name: Name,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// The table it is to be like.
    pub source: Name,
    /// `USING`.
    pub provider: Option<String>,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `TBLPROPERTIES`.
    pub properties: Properties,
}

/// `CREATE [OR REPLACE] TABLE name SHALLOW|DEEP CLONE source …`.
#[derive(Debug, Clone, PartialEq)]
pub struct CloneTable {
    /// The new table.
    pub name: Name,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// Whether an existing one is replaced.
    pub replace: bool,
    /// Whether the files are shared.
    pub shallow: bool,
    /// The table to clone, perhaps at a version.
    pub source: proto::Relation,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `TBLPROPERTIES`.
    pub properties: Properties,
}
