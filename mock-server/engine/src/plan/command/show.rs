//! SHOW.

use sparring_proto::connect as proto;
use sparring_sql::statement::{Show, ShowTarget};

use super::describe;
use super::result::Table;
use crate::catalog::store::RelationKind;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::quote_if_needed;

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
            let names = schemas(context, namespace.first().map(String::as_str), pattern)?;
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
            Table::default()
                .text(schema, rows.iter().map(|(schema, _, _)| schema))
                .text("tableName", rows.iter().map(|(_, name, _)| name))
                .flag(
                    "isTemporary",
                    rows.iter().map(|(_, _, temporary)| *temporary),
                )
                .relation()
        }
        ShowTarget::Views => {
            let rows = relations(context, &namespace, pattern, true)?;
            Table::default()
                .text("namespace", rows.iter().map(|(schema, _, _)| schema))
                .text("viewName", rows.iter().map(|(_, name, _)| name))
                .flag(
                    "isTemporary",
                    rows.iter().map(|(_, _, temporary)| *temporary),
                )
                .relation()
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
            let table: Vec<String> = namespace.into_iter().chain(table).collect();
            let (_, schema) = describe::columns(context, &table).await?;
            Table::default()
                .text("col_name", schema.fields().iter().map(|f| f.name().clone()))
                .relation()
        }
        ShowTarget::TableProperties { table, key } => {
            let all = describe::properties(context, &table).await?;
            let rows: Vec<_> = match &key {
                Some(key) => {
                    let value = all.get(key).cloned().unwrap_or_else(|| {
                        format!("Table {} does not have property: {key}", table.join("."))
                    });
                    vec![(key.clone(), value)]
                }
                None => all.into_iter().collect(),
            };
            Table::default()
                .text("key", rows.iter().map(|(key, _)| key))
                .text("value", rows.iter().map(|(_, value)| value))
                .relation()
        }
        ShowTarget::CreateTable { table, .. } => {
            let text = describe::create_statement(context, &table).await?;
            Table::default().text("createtab_stmt", [text]).relation()
        }
        ShowTarget::CurrentNamespace => {
            let (catalog, schema) = context.session.current_namespace();
            Table::default()
                .text("catalog", [catalog])
                .text("namespace", [schema])
                .relation()
        }
        ShowTarget::TableExtended(_) => Err(Error::unsupported("SHOW TABLE EXTENDED")),
        ShowTarget::Functions {
            user: true,
            system: false,
        } => {
            let names = user_functions(context, &namespace, pattern)?;
            Table::default().text("function", names).relation()
        }
        ShowTarget::Functions { .. } => Err(Error::unsupported(
            "SHOW FUNCTIONS of the system; SHOW USER FUNCTIONS",
        )),
        ShowTarget::Partitions { .. } => Err(Error::unsupported("SHOW PARTITIONS")),
        ShowTarget::Grants { .. } => Err(Error::unsupported("SHOW GRANTS")),
    }
}

/// The functions of the session and of a schema.
fn user_functions(
    context: &Context,
    namespace: &[String],
    pattern: Option<&str>,
) -> Result<Vec<String>> {
    let catalog = &context.session.workspace.catalog;
    let (of, schema) = catalog.qualify_schema(&context.namespace(), namespace)?;
    catalog.require_schema(&of, &schema)?;
    let (of, schema) = (of.to_lowercase(), schema.to_lowercase());
    let mut names = context.session.temp_function_names();
    names.retain(|name| matches(pattern, name));
    let kept: Vec<String> = catalog.read(|entries| {
        let inside = entries
            .functions
            .iter()
            .filter(|((c, s, _), entry)| *c == of && *s == schema && matches(pattern, &entry.name));
        inside
            .map(|(_, entry)| format!("{of}.{schema}.{}", entry.name))
            .collect()
    });
    names.extend(kept);
    names.sort();
    Ok(names)
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
    store.require_catalog(&of)?;
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

/// Tables and views of a schema, or its views alone, and the temporary views: schema, name, temporary.
pub(super) fn relations(
    context: &Context,
    namespace: &[String],
    pattern: Option<&str>,
    views_only: bool,
) -> Result<Vec<(String, String, bool)>> {
    let catalog = &context.session.workspace.catalog;
    let (of, schema) = catalog.qualify_schema(&context.session.current_namespace(), namespace)?;
    catalog.require_schema(&of, &schema)?;
    let key = (of.to_lowercase(), schema.to_lowercase());
    let mut rows: Vec<(String, String, bool)> = catalog.read(|entries| {
        entries
            .relations
            .iter()
            .filter(|((c, s, _), entry)| {
                let view = matches!(entry.kind, RelationKind::View(_));
                *c == key.0 && *s == key.1 && (view || !views_only)
            })
            .map(|(_, entry)| (quote_if_needed(&schema), entry.name.clone(), false))
            .collect()
    });
    for name in context.session.temp_view_names() {
        if !name.starts_with("global_temp.") {
            rows.push((String::new(), name, true));
        }
    }
    rows.retain(|(_, name, _)| matches(pattern, name));
    Ok(rows)
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
