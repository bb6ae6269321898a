//! What a SQL text says that the protocol has no message for: one variant a statement, with a plain struct.
//!
//! Names are lists of parts as written (`main.default.t` or `delta`, `/path`); which catalog and schema a short
//! one means is the reader's affair. Texts of expressions and queries that a catalog stores are kept as written.

mod alter;
mod change;
mod describe;
mod namespace;
mod show;
mod table;
mod utility;
mod variable;
mod view;

pub use alter::{
    AlterCatalog, AlterSchema, AlterTable, AlterTableAction, AlterView, AlterViewAction,
    AlterVolume, ColumnChange, NamespaceAction, VolumeAction,
};
pub use change::{
    Assignment, Delete, Insert, InsertDirectory, Merge, PartitionValue, Truncate, Update,
};
pub use describe::{Describe, DescribeTarget};
pub use namespace::{CreateCatalog, CreateSchema, CreateVolume, Drop, DropKind, Use, UseKind};
pub use show::{Show, ShowTarget};
pub use table::{
    Bucketing, CloneTable, ClusterBy, ColumnDefinition, ColumnPosition, Constraint, ConstraintKind,
    CreateTable, CreateTableLike, Identity, SqlExpression,
};
pub use utility::{
    Analyze, AnalyzeColumns, Cache, CommentOn, Configuration, CopyInto, Explain, ExplainMode,
    Grant, ObjectKind, Optimize, Privilege, RepairTable, Restore, TimeZone, Uncache, Vacuum,
};
pub use variable::{Argument, DeclareVariable, DropVariable, ExecuteImmediate, SetVariable};
pub use view::{
    CreateFunction, CreateTempViewUsing, CreateView, FunctionParameter, ViewColumn, ViewKind,
};

use sparring_proto::connect as proto;

/// A name in parts, as written.
pub type Name = Vec<String>;

/// Properties and options, in the order of the text.
pub type Properties = Vec<(String, String)>;

/// One SQL statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A query: the relation that a DataFrame would send.
    Query(proto::Relation),
    /// `CREATE CATALOG`.
    CreateCatalog(CreateCatalog),
    /// `CREATE SCHEMA`, `CREATE DATABASE`.
    CreateSchema(CreateSchema),
    /// `CREATE VOLUME`.
    CreateVolume(CreateVolume),
    /// `CREATE TABLE`, also `… AS SELECT` and `REPLACE TABLE`.
    CreateTable(CreateTable),
    /// `CREATE TABLE … LIKE …`.
    CreateTableLike(CreateTableLike),
    /// `CREATE TABLE … SHALLOW|DEEP CLONE …`.
    CloneTable(CloneTable),
    /// `CREATE VIEW … AS …`, also temporary.
    CreateView(CreateView),
    /// `CREATE TEMPORARY VIEW … USING …`.
    CreateTempViewUsing(CreateTempViewUsing),
    /// `CREATE FUNCTION … RETURN …`.
    CreateFunction(CreateFunction),
    /// `DROP` of anything.
    Drop(Drop),
    /// `UNDROP TABLE name`.
    Undrop(Name),
    /// `ALTER TABLE`.
    AlterTable(AlterTable),
    /// `ALTER VIEW`.
    AlterView(AlterView),
    /// `ALTER SCHEMA`, `ALTER DATABASE`.
    AlterSchema(AlterSchema),
    /// `ALTER CATALOG`.
    AlterCatalog(AlterCatalog),
    /// `ALTER VOLUME`.
    AlterVolume(AlterVolume),
    /// `INSERT`.
    Insert(Insert),
    /// `FROM … INSERT … INSERT …`: rows of one relation into several tables.
    InsertSeveral(Vec<Statement>),
    /// `INSERT OVERWRITE DIRECTORY`.
    InsertDirectory(InsertDirectory),
    /// `UPDATE`.
    Update(Update),
    /// `DELETE`.
    Delete(Delete),
    /// `MERGE`.
    Merge(Merge),
    /// `TRUNCATE TABLE`.
    Truncate(Truncate),
    /// `COPY INTO`.
    CopyInto(CopyInto),
    /// `USE`, `SET CATALOG`.
    Use(Use),
    /// `SHOW` of anything.
    Show(Show),
    /// `DESCRIBE` of anything.
    Describe(Describe),
    /// `SET`, `RESET` of configuration.
    Configuration(Configuration),
    /// `DECLARE VARIABLE`.
    DeclareVariable(DeclareVariable),
    /// `SET VARIABLE`.
    SetVariable(SetVariable),
    /// `DROP TEMPORARY VARIABLE`.
    DropVariable(DropVariable),
    /// `EXECUTE IMMEDIATE`.
    ExecuteImmediate(ExecuteImmediate),
    /// `EXPLAIN`.
    Explain(Explain),
    /// `CACHE TABLE`.
    Cache(Cache),
    /// `UNCACHE TABLE`.
    Uncache(Uncache),
    /// `CLEAR CACHE`.
    ClearCache,
    /// `REFRESH TABLE name`.
    RefreshTable(Name),
    /// `REFRESH path`.
    RefreshPath(String),
    /// `REFRESH FUNCTION name`.
    RefreshFunction(Name),
    /// `OPTIMIZE`.
    Optimize(Optimize),
    /// `VACUUM`.
    Vacuum(Vacuum),
    /// `RESTORE TABLE`.
    Restore(Restore),
    /// `ANALYZE TABLE`, `ANALYZE TABLES`.
    Analyze(Analyze),
    /// `MSCK REPAIR TABLE`, `REPAIR TABLE`.
    RepairTable(RepairTable),
    /// `COMMENT ON`.
    CommentOn(CommentOn),
    /// `GRANT`, `REVOKE`.
    Grant(Grant),
}
