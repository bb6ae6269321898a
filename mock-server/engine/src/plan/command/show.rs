//! SHOW.

mod extended;
mod functions;
mod partitions;

use sparring_proto::connect as proto;
use sparring_sql::statement::{Show, ShowTarget};

use super::describe::create_text::create_statement;
use super::describe::{self, place_of};
use super::namespace::schema_named;
use super::object::{Object, object};
use super::result::Table;
use crate::catalog::store::RelationKind;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::{quote, quote_if_needed, quote_parts};

/// `SHOW …`.
pub(super) async fn show(context: &Context, node: Show) -> Result<proto::Relation> {
    let pattern = node.pattern.as_deref();
    let namespace = node.namespace.unwrap_or_default();
    match node.target {
        ShowTarget::Catalogs => {
            let names = catalogs(context, pattern);
            Table::default().text("catalog", names).relation()
        }
        ShowTarget::Schemas => {
            let names = match namespace.as_slice() {
                [] => schemas(context, None, pattern)?,
                [catalog] => schemas(context, Some(catalog), pattern)?,
                // A schema holds no schemas.
                more => {
                    let (of, schema) = schema_named(context, more)?;
                    context
                        .session
                        .workspace
                        .catalog
                        .require_schema(&of, &schema)?;
                    Vec::new()
                }
            };
            let name = if context.databricks() {
                "databaseName"
            } else {
                "namespace"
            };
            Table::default().text(name, names).relation()
        }
        ShowTarget::Tables => {
            let rows = relations(context, &namespace, pattern, false)?;
            let schema = if context.databricks() {
                "database"
            } else {
                "namespace"
            };
            named(schema, "tableName", &rows)
        }
        ShowTarget::Views => {
            let rows = relations(context, &namespace, pattern, true)?;
            named("namespace", "viewName", &rows)
        }
        ShowTarget::Volumes => {
            let catalog = &context.session.workspace.catalog;
            let (of, schema) =
                catalog.qualify_schema(&context.session.current_namespace(), &namespace)?;
            catalog.require_schema(&of, &schema)?;
            let key = (of.to_lowercase(), schema.to_lowercase());
            let names: Vec<String> = catalog.read(|entries| {
                let inside = entries
                    .volumes
                    .iter()
                    .filter(|((c, s, _), _)| *c == key.0 && *s == key.1);
                inside
                    .map(|(_, volume)| volume.name.clone())
                    .filter(|name| matches(pattern, name))
                    .collect()
            });
            Table::default()
                .text("database", names.iter().map(|_| &key.1))
                .text("volume_name", &names)
                .relation()
        }
        ShowTarget::Columns(table) => {
            let table = in_namespace(context, table, namespace)?;
            let (_, schema) = describe::columns(context, &table)
                .await
                .map_err(|error| error.at(place_of(context, &table[table.len() - 1..])))?;
            Table::default()
                .text("col_name", schema.fields().iter().map(|f| f.name().clone()))
                .relation()
        }
        ShowTarget::TableProperties { table, key } => {
            let rows = table_properties(context, &table, key).await?;
            Table::default()
                .text("key", rows.iter().map(|(key, _)| key))
                .text("value", rows.iter().map(|(_, value)| value))
                .relation()
        }
        ShowTarget::CreateTable { table, as_serde } => {
            let text = create_statement(context, &table, as_serde).await?;
            Table::default().text("createtab_stmt", [text]).relation()
        }
        ShowTarget::CurrentNamespace => {
            let (catalog, schema) = context.session.current_namespace();
            Table::default()
                .text("catalog", [catalog])
                .text("namespace", [schema])
                .relation()
        }
        ShowTarget::TableExtended(partition) => {
            let pattern = pattern.unwrap_or("*");
            extended::extended(context, &namespace, pattern, &partition).await
        }
        ShowTarget::Functions { user, system } => {
            functions::functions(context, &namespace, pattern, (user, system))
        }
        ShowTarget::Partitions { table, partition } => {
            partitions::partitions(context, &table, &partition).await
        }
        ShowTarget::Grants { .. } => Err(Error::unsupported("SHOW GRANTS")),
    }
}

fn named(schema: &str, name: &str, rows: &[Listed]) -> Result<proto::Relation> {
    Table::default()
        .text(schema, rows.iter().map(|(schema, _, _)| schema))
        .text(name, rows.iter().map(|(_, name, _)| name))
        .flag(
            "isTemporary",
            rows.iter().map(|(_, _, temporary)| *temporary),
        )
        .relation()
}

/// The table of `SHOW COLUMNS IN table IN schema`; one that says another schema itself is refused.
fn in_namespace(
    context: &Context,
    table: Vec<String>,
    namespace: Vec<String>,
) -> Result<Vec<String>> {
    let (Some(schema), Some((name, own))) = (namespace.last(), table.split_last()) else {
        return Ok(table);
    };
    if let Some(own) = own.last()
        && !context.same_name(own, schema)
    {
        return Err(Error::new(
            "SHOW_COLUMNS_WITH_CONFLICT_NAMESPACE",
            [("namespaceA", quote(schema)), ("namespaceB", quote(own))],
        ));
    }
    match own {
        [] => Ok(namespace.into_iter().chain([name.clone()]).collect()),
        _ => Ok(table),
    }
}

async fn table_properties(
    context: &Context,
    table: &[String],
    key: Option<String>,
) -> Result<Vec<(String, String)>> {
    let (name, entry) = match object(context, table)? {
        // Spark has nothing to say of them.
        Object::Temporary => return Ok(Vec::new()),
        Object::Table(table) => (table.name, table.entry),
        Object::View(view) => (view.name, view.entry),
    };
    let all = describe::properties(context, &entry).await?;
    let Some(key) = key else {
        return Ok(all.into_iter().collect());
    };
    let missing = || {
        let shown = name.parts();
        let shown: Vec<String> = shown.iter().map(|part| quote_if_needed(part)).collect();
        format!("Table {} does not have property: {key}", shown.join("."))
    };
    let value = all.get(&key).cloned().unwrap_or_else(missing);
    Ok(vec![(key, value)])
}

/// The names of the catalogs.
pub(super) fn catalogs(context: &Context, pattern: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = context.session.workspace.catalog.read(|entries| {
        entries
            .catalogs
            .values()
            .map(|catalog| catalog.name.clone())
            .collect()
    });
    if context.databricks() {
        names.push("system".to_owned());
    }
    names.sort();
    names.retain(|name| matches(pattern, name));
    names
}

/// The names of a catalog's schemas; none means the current catalog.
pub(super) fn schemas(
    context: &Context,
    catalog: Option<&str>,
    pattern: Option<&str>,
) -> Result<Vec<String>> {
    let of = catalog.map_or_else(|| context.session.current_namespace().0, str::to_owned);
    let store = &context.session.workspace.catalog;
    if let Err(error) = store.require_catalog(&of) {
        // Apache Spark takes the name for a schema's.
        return Err(match context.databricks() {
            true => error,
            false => {
                let shown = quote_parts([&context.session.current_namespace().0, &of]);
                Error::new("SCHEMA_NOT_FOUND", [("schemaName", shown)])
            }
        });
    }
    let key = of.to_lowercase();
    let mut names: Vec<String> = store.read(|entries| {
        let inside = entries.schemas.iter().filter(|((c, _), _)| *c == key);
        inside.map(|(_, schema)| schema.name.clone()).collect()
    });
    if context.databricks() {
        names.push(crate::catalog::information_schema::SCHEMA.to_owned());
    }
    names.sort();
    names.retain(|name| matches(pattern, name));
    Ok(names)
}

/// Schema, name, whether it is the session's.
pub(super) type Listed = (String, String, bool);

/// Tables and views of a schema, or its views alone, and the session's views.
pub(super) fn relations(
    context: &Context,
    namespace: &[String],
    pattern: Option<&str>,
    views_only: bool,
) -> Result<Vec<Listed>> {
    let session_views = context.session.temp_view_names();
    let global = |name: &String| name.strip_prefix(GLOBAL).map(str::to_owned);
    let mut rows: Vec<Listed> = match namespace {
        [schema] if schema.eq_ignore_ascii_case("global_temp") => {
            let names = session_views.iter().filter_map(global);
            names
                .map(|name| (schema.to_lowercase(), name, true))
                .collect()
        }
        _ => kept(context, namespace, views_only)?,
    };
    let own = session_views.iter().filter(|name| global(name).is_none());
    rows.extend(own.map(|name| (String::new(), name.clone(), true)));
    rows.retain(|(_, name, _)| matches(pattern, name));
    Ok(rows)
}

/// How the names of the session's global views begin.
const GLOBAL: &str = "global_temp.";

fn kept(context: &Context, namespace: &[String], views_only: bool) -> Result<Vec<Listed>> {
    let catalog = &context.session.workspace.catalog;
    let (of, schema) = schema_named(context, namespace)?;
    catalog.require_schema(&of, &schema)?;
    let key = (of.to_lowercase(), schema.to_lowercase());
    Ok(catalog.read(|entries| {
        let inside = entries.relations.iter().filter(|((c, s, _), entry)| {
            let view = matches!(entry.kind, RelationKind::View(_));
            *c == key.0 && *s == key.1 && (view || !views_only)
        });
        inside
            .map(|(_, entry)| (quote_if_needed(&schema), entry.name.clone(), false))
            .collect()
    }))
}

/// Spark's patterns of SHOW: `*` is anything, `|` between alternatives; case does not matter.
pub(super) fn matches(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else {
        return true;
    };
    let name = name.to_lowercase();
    pattern.to_lowercase().split('|').any(|alternative| {
        let text = alternative
            .trim()
            .split('*')
            .map(regex::escape)
            .collect::<Vec<_>>()
            .join(".*");
        regex::Regex::new(&format!("^{text}$")).is_ok_and(|regex| regex.is_match(&name))
    })
}
