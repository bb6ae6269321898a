//! DESCRIBE.

use sparring_proto::connect as proto;

use super::Name;
use super::change::PartitionValue;

/// `DESCRIBE … [EXTENDED] … [AS JSON]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Describe {
    /// What is described.
    pub target: DescribeTarget,
    /// `EXTENDED` or `FORMATTED`.
    pub extended: bool,
    /// `AS JSON`.
    pub as_json: bool,
}

/// What DESCRIBE describes.
#[derive(Debug, Clone, PartialEq)]
pub enum DescribeTarget {
    /// `DESCRIBE [TABLE] table [PARTITION (…)] [column]`.
    Table {
        /// The table.
        table: Name,
        /// Of this partition.
        partition: Vec<PartitionValue>,
        /// This column only.
        column: Option<Name>,
    },
    /// `DESCRIBE SCHEMA name`.
    Schema(Name),
    /// `DESCRIBE CATALOG name`.
    Catalog(Name),
    /// `DESCRIBE VOLUME name`.
    Volume(Name),
    /// `DESCRIBE FUNCTION name`.
    Function(Name),
    /// `DESCRIBE [QUERY] query`.
    Query(Box<proto::Relation>),
    /// `DESCRIBE HISTORY table`, perhaps only the latest versions.
    History {
        /// The table.
        table: Name,
        /// `LIMIT`.
        limit: Option<i32>,
    },
    /// `DESCRIBE DETAIL table`.
    Detail(Name),
}
