//! SQL functions as the catalog and the sessions keep them, and looking them up.
//!
//! Knows no bodies: they are texts, read where a function is called.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store::Change;
use super::{Catalog, QualifiedName};
use crate::error::{Error, Exception, Result};
use crate::types::names::quote_parts;

/// A function whose body is SQL.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FunctionEntry {
    pub(crate) name: String,
    pub(crate) parameters: Vec<ParameterEntry>,
    pub(crate) returns: ReturnsEntry,
    /// The expression or query behind RETURN.
    pub(crate) body: String,
    /// The settings that were made in the session that created it.
    pub(crate) conf: BTreeMap<String, String>,
    pub(crate) comment: Option<String>,
    pub(crate) created_ms: i64,
}

/// One parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ParameterEntry {
    pub(crate) name: String,
    /// The type as Spark's JSON.
    pub(crate) data_type: String,
    /// The default as written.
    pub(crate) default: Option<String>,
    pub(crate) comment: Option<String>,
}

/// What a function makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum ReturnsEntry {
    /// A value of a type, as Spark's JSON.
    Value(String),
    /// Rows; the columns' comments are not asked for again.
    Table(Vec<(String, String)>),
}

impl Catalog {
    /// The function of a name.
    pub(crate) fn function(&self, name: &QualifiedName) -> Option<FunctionEntry> {
        self.read(|entries| entries.functions.get(&name.key()).cloned())
    }

    /// Puts a function under a name; an existing one is an error unless `replace`.
    pub(crate) fn put_function(
        &self,
        name: &QualifiedName,
        entry: FunctionEntry,
        replace: bool,
    ) -> Result<()> {
        let key = name.key();
        self.change(|entries| {
            if !replace && entries.functions.contains_key(&key) {
                return Err(already_exists(&quote_parts([&name.schema, &name.name])));
            }
            let pair = (key.0.clone(), key.1.clone());
            Ok((vec![Change::PutFunction(pair, entry)], ()))
        })
    }

    /// Takes a function away; false if there is none.
    pub(crate) fn drop_function(&self, name: &QualifiedName) -> Result<bool> {
        let key = name.key();
        self.change(|entries| {
            let found = entries.functions.contains_key(&key);
            Ok((vec![Change::DropFunction(key.clone())], found))
        })
    }
}

/// Spark's complaint about a taken name.
pub(crate) fn already_exists(name: &str) -> Error {
    Error::new(
        "ROUTINE_ALREADY_EXISTS",
        [
            ("newRoutineType", "routine"),
            ("routineName", name),
            ("existingRoutineType", "routine"),
        ],
    )
    .thrown_as(Exception::FunctionAlreadyExists)
}
