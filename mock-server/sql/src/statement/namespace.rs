//! Catalogs, schemas and volumes: made, dropped, chosen.

use super::{Name, Properties};

/// `CREATE CATALOG [IF NOT EXISTS] name …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateCatalog {
    /// The catalog.
    pub name: String,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `MANAGED LOCATION`.
    pub managed_location: Option<String>,
    /// `OPTIONS`.
    pub options: Properties,
}

/// `CREATE SCHEMA [IF NOT EXISTS] name …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateSchema {
    /// The schema.
    pub name: Name,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// `COMMENT`.
    pub comment: Option<String>,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `MANAGED LOCATION`.
    pub managed_location: Option<String>,
    /// `WITH DBPROPERTIES`.
    pub properties: Properties,
}

/// `CREATE [EXTERNAL] VOLUME [IF NOT EXISTS] name …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreateVolume {
    /// The volume.
    pub name: Name,
    /// Whether an existing one is no error.
    pub if_not_exists: bool,
    /// Whether the files lie elsewhere.
    pub external: bool,
    /// `LOCATION`.
    pub location: Option<String>,
    /// `COMMENT`.
    pub comment: Option<String>,
}

/// `DROP … [IF EXISTS] name [CASCADE] [PURGE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// What kind of thing.
    pub kind: DropKind,
    /// Which.
    pub name: Name,
    /// Whether a missing one is no error.
    pub if_exists: bool,
    /// Whether what it holds goes too.
    pub cascade: bool,
    /// Whether the data is gone at once.
    pub purge: bool,
}

/// What can be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropKind {
    /// A catalog.
    Catalog,
    /// A schema.
    Schema,
    /// A table.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A volume.
    Volume,
    /// A function.
    Function,
    /// A function of the session.
    TemporaryFunction,
}

/// `USE [CATALOG|SCHEMA] name`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// What is chosen.
    pub kind: UseKind,
    /// Which.
    pub name: Name,
}

/// What USE chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    /// `USE CATALOG c`, `SET CATALOG c`.
    Catalog,
    /// `USE SCHEMA s`, `USE DATABASE s`: a schema of the current catalog, or a qualified one.
    Schema,
    /// `USE a`, `USE a.b`: as `Schema`, but one part may also name a catalog.
    Unspecified,
}
