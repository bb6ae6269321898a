//! The tables and paths that a plan names, as the client wrote them.

use std::collections::{BTreeSet, HashSet};

use sparring_proto::connect::Relation;
use sparring_proto::connect::catalog::CatType;
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;

use super::super::relations::walk;
use super::statement;

/// The tables and paths that a plan names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::connect) struct Sources {
    pub(super) tables_read: BTreeSet<String>,
    pub(super) tables_written: BTreeSet<String>,
    pub(super) paths_read: BTreeSet<String>,
    pub(super) paths_written: BTreeSet<String>,
}

impl Sources {
    /// Adds what a relation reads.
    pub(super) fn relation(&mut self, root: &Relation) {
        let mut local_names = HashSet::new();
        let mut tables = Vec::new();
        walk(root, &mut |relation| {
            if let Some(RelType::Read(read)) = &relation.rel_type {
                match &read.read_type {
                    Some(ReadType::NamedTable(table)) => {
                        tables.push(table.unparsed_identifier.as_str());
                    }
                    Some(ReadType::DataSource(source)) => {
                        self.paths_read.extend(source.paths.iter().cloned());
                        self.paths_read.extend(source.options.get("path").cloned());
                    }
                    None => {}
                }
            } else if let Some(RelType::RelationChanges(changes)) = &relation.rel_type {
                tables.push(&changes.unparsed_identifier);
            } else if let Some(RelType::Sql(sql)) = &relation.rel_type {
                self.query(&sql.query);
            } else if let Some(RelType::WithRelations(with)) = &relation.rel_type {
                // The queries of WITH are relations, not tables.
                local_names.extend(with.references.iter().filter_map(alias));
            }
        });
        self.tables_read.extend(
            tables
                .into_iter()
                .filter(|table| !local_names.contains(table))
                .map(str::to_owned),
        );
    }

    /// Adds what a SQL text reads.
    pub(super) fn query(&mut self, sql: &str) {
        if let Some(query) = statement::query(sql) {
            self.relation(&query);
        }
    }

    /// Adds the table that a `spark.catalog` call is about.
    pub(super) fn catalog(&mut self, root: &Relation) {
        let Some(RelType::Catalog(catalog)) = &root.rel_type else {
            return;
        };
        let named = |table: &str, database: Option<&String>| {
            database.map_or_else(
                || table.to_owned(),
                |database| format!("{database}.{table}"),
            )
        };
        let table = if let Some(CatType::TableExists(op)) = &catalog.cat_type {
            Some(named(&op.table_name, op.db_name.as_ref()))
        } else if let Some(CatType::GetTable(op)) = &catalog.cat_type {
            Some(named(&op.table_name, op.db_name.as_ref()))
        } else if let Some(CatType::ListColumns(op)) = &catalog.cat_type {
            Some(named(&op.table_name, op.db_name.as_ref()))
        } else {
            None
        };
        self.tables_read.extend(table);
        if let Some(CatType::CreateTable(op)) = &catalog.cat_type {
            self.tables_written.insert(op.table_name.clone());
            self.paths_read.extend(op.path.clone());
        }
    }
}

fn alias(relation: &Relation) -> Option<&str> {
    if let Some(RelType::SubqueryAlias(alias)) = &relation.rel_type {
        return Some(&alias.alias);
    }
    None
}
