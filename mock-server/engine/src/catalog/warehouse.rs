//! Where managed tables lie as users are told, and what such a place means.
//!
//! Knows nothing of the directories that they really lie in but that the catalog has them.

use super::paths::Location;
use super::store::{RelationKind, TableEntry};
use super::{Catalog, QualifiedName};
use crate::conf::Flavor;

/// `spark.sql.warehouse.dir`.
const WAREHOUSE: &str = "dbfs:/user/hive/warehouse";
/// What managed tables of Unity Catalog lie below.
const MANAGED: &str = "dbfs:/managed";

impl Catalog {
    /// The place of a table's files as DESCRIBE tells it.
    pub(crate) fn shown_location(&self, name: &QualifiedName, table: &TableEntry) -> String {
        if let Some(location) = &table.location {
            return location.clone();
        }
        let schema = self.schema_location(&name.catalog, &name.schema);
        format!("{schema}/{}", name.name.to_lowercase())
    }

    /// The place of a schema's managed tables as DESCRIBE tells it.
    pub(crate) fn schema_location(&self, catalog: &str, schema: &str) -> String {
        if let Some(place) = self.own_place(catalog, schema) {
            return place.uri;
        }
        let (catalog, schema) = (catalog.to_lowercase(), schema.to_lowercase());
        match (self.is_hive(&catalog), schema.as_str()) {
            (false, _) => format!("{MANAGED}/{catalog}/{schema}"),
            (true, "default") => WAREHOUSE.to_owned(),
            (true, _) => format!("{WAREHOUSE}/{schema}.db"),
        }
    }

    /// The place that a schema was given by its user.
    pub(super) fn own_place(&self, catalog: &str, schema: &str) -> Option<Location> {
        let key = (catalog.to_lowercase(), schema.to_lowercase());
        let location = self.read(|entries| entries.schemas.get(&key)?.location.clone())?;
        self.location(&location).ok()
    }

    /// Whether a catalog is what Hive's metastore was: it knows the partitions of its tables.
    pub(crate) fn is_hive(&self, catalog: &str) -> bool {
        self.flavor == Flavor::Oss || catalog.eq_ignore_ascii_case("hive_metastore")
    }

    /// The files that a place of a managed table means.
    pub(super) fn managed_at(&self, uri: &str) -> Option<Location> {
        let below = |root: &str| uri.strip_prefix(root)?.strip_prefix('/');
        let (catalog, schema, rest) = match (below(WAREHOUSE), below(MANAGED)) {
            (Some(rest), _) => {
                let catalog = match self.flavor {
                    Flavor::Oss => Self::default_catalog(self.flavor),
                    Flavor::Databricks => "hive_metastore",
                };
                match rest.split_once('/') {
                    Some((schema, rest)) if schema.ends_with(".db") => {
                        (catalog, schema.trim_end_matches(".db"), rest)
                    }
                    _ => (catalog, "default", rest),
                }
            }
            (None, Some(rest)) => {
                let (catalog, rest) = rest.split_once('/')?;
                let (schema, rest) = rest.split_once('/')?;
                (catalog, schema, rest)
            }
            (None, None) => return None,
        };
        let (table, inside) = rest.split_once('/').unwrap_or((rest, ""));
        let name = QualifiedName {
            catalog: catalog.to_owned(),
            schema: schema.to_owned(),
            name: table.to_owned(),
        };
        match self.relation(&name)?.kind {
            RelationKind::Table(found) if found.location.is_none() => Some(Location {
                uri: uri.to_owned(),
                path: match inside {
                    "" => found.path,
                    inside => found.path.join(inside),
                },
            }),
            RelationKind::Table(_) | RelationKind::View(_) => None,
        }
    }
}
