//! Tables and views of the catalog: found, put, changed, taken away.
//!
//! Knows no sessions and reads no files; it removes those of a managed table that no name means any more.

use super::store::{Change, RelationEntry, RelationKind, TableEntry};
use super::{Catalog, QualifiedName, nearest, remove_tree, valid_name};
use crate::conf::Flavor;
use crate::error::{Error, Result};
use crate::types::names::{quote, quote_parts};

impl Catalog {
    /// The table or view of a name.
    pub(crate) fn relation(&self, name: &QualifiedName) -> Option<RelationEntry> {
        self.store
            .read(|entries| entries.relations.get(&name.key()).cloned())
    }

    /// The table or view of a name, or Spark's complaint with the nearest known name.
    pub(crate) fn require_relation(
        &self,
        name: &QualifiedName,
        shown: &[String],
    ) -> Result<RelationEntry> {
        self.relation(name)
            .ok_or_else(|| self.not_found(name, shown))
    }

    /// The files of a table, or Spark's complaint.
    pub(crate) fn require_table(
        &self,
        name: &QualifiedName,
        shown: &[String],
        operation: &str,
    ) -> Result<(RelationEntry, TableEntry)> {
        let entry = self.require_relation(name, shown)?;
        match &entry.kind {
            RelationKind::Table(table) => {
                let table = table.clone();
                Ok((entry, table))
            }
            RelationKind::View(_) => Err(Error::new(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                [
                    ("viewName", name.quoted()),
                    ("operation", operation.to_owned()),
                ],
            )),
        }
    }

    /// Spark's complaint about an unknown table; what is wrong with the name is the hint.
    pub(crate) fn not_found(&self, name: &QualifiedName, shown: &[String]) -> Error {
        let error = Error::new(
            "TABLE_OR_VIEW_NOT_FOUND",
            [("relationName", quote_parts(shown))],
        );
        if let Err(reason) = self.require_schema(&name.catalog, &name.schema) {
            let missing = match reason.class() {
                Some("SCHEMA_NOT_FOUND") => format!(
                    "there is no schema {}",
                    quote_parts([&name.catalog, &name.schema])
                ),
                _ => format!("there is no catalog {}", quote(&name.catalog)),
            };
            return error.hint(missing);
        }
        let (catalog, schema, wanted) = name.key();
        let near = self.store.read(|entries| {
            nearest(
                &wanted,
                entries
                    .relations
                    .iter()
                    .filter(|((c, s, _), _)| *c == catalog && *s == schema)
                    .map(|(_, entry)| &entry.name),
            )
        });
        match near {
            Some(near) => error.hint(format!(
                "did you mean {}?",
                quote_parts([&name.catalog, &name.schema, &near])
            )),
            None => error,
        }
    }

    /// Puts a table or view under a name; an existing one is an error unless `replace`.
    pub(crate) fn put_relation(
        &self,
        name: &QualifiedName,
        entry: RelationEntry,
        replace: bool,
    ) -> Result<()> {
        self.require_schema(&name.catalog, &name.schema)?;
        self.refuse_system(name)?;
        if self.flavor == Flavor::Oss {
            valid_name(&name.name)?;
        }
        let key = name.key();
        self.store.change(|entries| {
            if !replace && entries.relations.contains_key(&key) {
                return Err(Error::new(
                    "TABLE_OR_VIEW_ALREADY_EXISTS",
                    [("relationName", name.quoted())],
                ));
            }
            let pair = (key.0.clone(), key.1.clone());
            Ok((vec![Change::PutRelation(pair, entry)], ()))
        })
    }

    /// Changes what is known of a table or view that is there.
    pub(crate) fn change_relation(
        &self,
        name: &QualifiedName,
        change: impl FnOnce(&mut RelationEntry),
    ) -> Result<()> {
        let key = name.key();
        self.store.change(|entries| {
            let Some(mut entry) = entries.relations.get(&key).cloned() else {
                return Err(Error::new(
                    "TABLE_OR_VIEW_NOT_FOUND",
                    [("relationName", name.quoted())],
                ));
            };
            change(&mut entry);
            let pair = (key.0.clone(), key.1.clone());
            Ok((vec![Change::PutRelation(pair, entry)], ()))
        })
    }

    /// Changes what is known of a table's files.
    pub(crate) fn change_table(
        &self,
        name: &QualifiedName,
        change: impl FnOnce(&mut TableEntry),
    ) -> Result<()> {
        self.change_relation(name, |entry| {
            if let RelationKind::Table(table) = &mut entry.kind {
                change(table);
            }
        })
    }

    /// Takes a table or view away; managed files go too.
    pub(crate) fn drop_relation(&self, name: &QualifiedName) -> Result<()> {
        let dropped = self.store.change(|entries| {
            let found = entries.relations.get(&name.key()).cloned();
            Ok((vec![Change::DropRelation(name.key())], found))
        })?;
        if let Some(entry) = dropped {
            self.discard(&entry);
        }
        Ok(())
    }

    /// Removes the files of a managed table that no name means any more.
    pub(crate) fn discard(&self, entry: &RelationEntry) {
        if let RelationKind::Table(table) = &entry.kind {
            self.delta.forget(&table.path);
            if table.location.is_none() {
                remove_tree(&table.path);
            }
        }
    }
}
