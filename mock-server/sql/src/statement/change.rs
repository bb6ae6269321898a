//! Statements that change rows.

use sparring_proto::connect as proto;

use super::{Name, Properties};

/// One column of a PARTITION clause.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionValue {
    /// The column.
    pub column: String,
    /// Its value; none for a dynamic partition.
    pub value: Option<proto::Expression>,
}

/// `INSERT INTO|OVERWRITE …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Insert {
    /// The table.
    pub table: Name,
    /// `OVERWRITE`: rows that were there go, all or those of the partition.
    pub overwrite: bool,
    /// `BY NAME`.
    pub by_name: bool,
    /// `WITH SCHEMA EVOLUTION`.
    pub with_schema_evolution: bool,
    /// `PARTITION (…)`.
    pub partition: Vec<PartitionValue>,
    /// `IF NOT EXISTS` behind the partition.
    pub if_not_exists: bool,
    /// The columns that are given; none means all.
    pub columns: Vec<String>,
    /// `REPLACE WHERE condition`: rows for which it is true go first.
    pub replace_where: Option<proto::Expression>,
    /// `REPLACE USING (columns)`: rows that match a new one in these go first.
    pub replace_using: Vec<String>,
    /// `WITH (options)` behind the table.
    pub options: Properties,
    /// The new rows; the attribute `DEFAULT` in VALUES stands for a column's default.
    pub query: proto::Relation,
    /// Subqueries of `replace_where`, by plan id.
    pub subqueries: Vec<proto::Relation>,
    /// Everything before the query, which errors about the columns point at.
    pub head: Option<proto::Origin>,
}

/// `INSERT OVERWRITE [LOCAL] DIRECTORY ['path'] USING format [OPTIONS (…)] query`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InsertDirectory {
    /// The path, from the text or from the options.
    pub path: String,
    /// The format; none means Hive's own.
    pub format: Option<String>,
    /// `OPTIONS`, without the path.
    pub options: Properties,
    /// The rows.
    pub query: proto::Relation,
}

/// `column = value`; the attribute `DEFAULT` stands for the column's default.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The column, an attribute.
    pub column: proto::Expression,
    /// Its new value.
    pub value: proto::Expression,
}

/// `UPDATE table [alias] SET … [WHERE …]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// The table.
    pub table: Name,
    /// Its alias.
    pub alias: Option<String>,
    /// What changes.
    pub assignments: Vec<Assignment>,
    /// Which rows; none means all.
    pub condition: Option<proto::Expression>,
    /// Subqueries of the expressions, by plan id.
    pub subqueries: Vec<proto::Relation>,
}

/// `DELETE FROM table [alias] [WHERE …]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delete {
    /// The table.
    pub table: Name,
    /// Its alias.
    pub alias: Option<String>,
    /// Which rows; none means all.
    pub condition: Option<proto::Expression>,
    /// Subqueries of the condition, by plan id.
    pub subqueries: Vec<proto::Relation>,
}

/// `MERGE INTO target USING source ON … WHEN …`: the command that a DataFrame's `mergeInto` sends, and what it
/// cannot say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Merge {
    /// The target's alias.
    pub target_alias: Option<String>,
    /// Target, source, condition and actions, in the order of the text.
    pub command: proto::MergeIntoTableCommand,
    /// Subqueries of the expressions, by plan id.
    pub subqueries: Vec<proto::Relation>,
}

/// `TRUNCATE TABLE table [PARTITION (…)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Truncate {
    /// The table.
    pub table: Name,
    /// `PARTITION (…)`.
    pub partition: Vec<PartitionValue>,
}
