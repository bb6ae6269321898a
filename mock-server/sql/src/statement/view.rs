//! Views and functions.

use sparring_proto::connect as proto;

use super::table::SqlExpression;
use super::{Name, Properties};

/// How long a view lives, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewKind {
    /// In the catalog.
    Persistent,
    /// In the catalog, with its rows.
    Materialized,
    /// In the session.
    Temporary,
    /// In the session's global_temp schema.
    GlobalTemporary,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewColumn {
    /// The name.
    pub name: String,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// `CREATE [OR REPLACE] [[GLOBAL] TEMPORARY] VIEW [IF NOT EXISTS] name [(columns)] … AS query`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// How long it lives.
    pub kind: ViewKind,
    /// The view.
    pub name: Name,
    /// Whether an existing one is replaced.
    pub replace: bool,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// Names for the query's columns; none keeps the query's.
    pub columns: Vec<ViewColumn>,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `TBLPROPERTIES`.
    pub properties: Properties,
    /// `WITH SCHEMA BINDING|COMPENSATION|EVOLUTION|TYPE EVOLUTION`, in upper case.
    pub schema_mode: Option<String>,
    /// The query.
    pub query: proto::Relation,
    /// The query as written, for the catalog.
    pub query_text: String,
}

/// `CREATE [OR REPLACE] [GLOBAL] TEMPORARY VIEW name [(columns)] USING provider [OPTIONS (…)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTempViewUsing {
    /// The view.
    pub name: Name,
    /// Whether an existing one is replaced.
    pub replace: bool,
    /// `GLOBAL`.
    pub global: bool,
    /// The columns, a struct.
    pub schema: Option<proto::DataType>,
    /// The data source.
    pub provider: String,
    /// `OPTIONS`.
    pub options: Properties,
}

/// A parameter of a SQL function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionParameter {
    /// The name.
    pub name: String,
    /// The type.
    pub data_type: proto::DataType,
    /// `DEFAULT`.
    pub default: Option<SqlExpression>,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// `CREATE [OR REPLACE] [TEMPORARY] FUNCTION name (parameters) RETURNS type RETURN expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// The function.
    pub name: Name,
    /// Whether an existing one is replaced.
    pub replace: bool,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// Whether it lives in the session.
    pub temporary: bool,
    /// Its parameters.
    pub parameters: Vec<FunctionParameter>,
    /// `RETURNS type`.
    pub returns: Option<proto::DataType>,
    /// `RETURNS TABLE (columns)`, a struct; an empty one if only `RETURNS TABLE` was said.
    pub returns_table: Option<proto::DataType>,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// The expression or query behind RETURN, as written.
    pub body: String,
    /// `AS 'class'`: no SQL.
    pub is_class: bool,
    /// Where the statement stands.
    pub place: proto::Origin,
}
