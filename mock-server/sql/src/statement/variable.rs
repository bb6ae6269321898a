//! Session variables, and text that is executed.

use sparring_proto::connect as proto;

use super::Name;
use super::table::SqlExpression;

/// `DECLARE [OR REPLACE] [VARIABLE] name, … [type] [DEFAULT expression]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclareVariable {
    /// The variables.
    pub names: Vec<Name>,
    /// Whether one that is there is replaced.
    pub replace: bool,
    /// The type; none takes the default's.
    pub data_type: Option<proto::DataType>,
    /// The default; none is NULL.
    pub default: Option<SqlExpression>,
    /// Subqueries of the default, by plan id.
    pub subqueries: Vec<proto::Relation>,
    /// Where the statement stands.
    pub place: proto::Origin,
}

/// `SET VARIABLE name = expression, …`, `SET VARIABLE (name, …) = (query)`.
#[derive(Debug, Clone, PartialEq)]
pub struct SetVariable {
    /// The variables, in the order of the query's columns.
    pub targets: Vec<Name>,
    /// Their values; several expressions are the select list of one row.
    pub query: proto::Relation,
    /// Whether each variable has an expression of its own.
    pub single: bool,
    /// Where the statement stands.
    pub place: proto::Origin,
}

/// `DROP TEMPORARY VARIABLE [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropVariable {
    /// The variable.
    pub name: Name,
    /// Whether a missing one is no error.
    pub if_exists: bool,
}

/// `EXECUTE IMMEDIATE text [INTO variable, …] [USING value [AS name], …]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecuteImmediate {
    /// The text.
    pub text: proto::Expression,
    /// The variables that the one row goes to, and the same as attributes.
    pub into: Vec<(Name, proto::Expression)>,
    /// Values for the parameters of the text.
    pub using: Vec<Argument>,
    /// Subqueries of all expressions, by plan id.
    pub subqueries: Vec<proto::Relation>,
    /// Where the statement stands.
    pub place: proto::Origin,
}

/// A value for a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The value.
    pub value: proto::Expression,
    /// The parameter, if the value is one for a name.
    pub name: Option<String>,
}
