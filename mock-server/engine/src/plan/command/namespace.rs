//! Catalogs, schemas and volumes: made, dropped, chosen.

use sparring_proto::connect as proto;
use sparring_sql::statement::{
    AlterSchema, CreateCatalog, CreateSchema, CreateVolume, Drop, DropKind, NamespaceAction, Use,
    UseKind,
};

use super::result::{Table, nothing};
use crate::catalog::store::{Change, SchemaEntry, VolumeEntry};
use crate::catalog::{new_catalog, new_schema, now_ms};
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::{quote, quote_parts};

/// `CREATE CATALOG`.
pub(super) fn create_catalog(context: &Context, node: CreateCatalog) -> Result<proto::Relation> {
    if node.managed_location.is_some() || !node.options.is_empty() {
        return Err(Error::unsupported(
            "CREATE CATALOG with a location or options",
        ));
    }
    let key = node.name.to_lowercase();
    context.session.workspace.catalog.change(|entries| {
        if entries.catalogs.contains_key(&key) || key == "system" {
            if node.if_not_exists {
                return Ok((Vec::new(), ()));
            }
            return Err(Error::new(
                "CATALOG_ALREADY_EXISTS",
                [("catalogName", quote(&node.name))],
            ));
        }
        let changes = vec![
            Change::PutCatalog(new_catalog(&node.name, node.comment.clone())),
            Change::PutSchema(key.clone(), new_schema("default", None)),
        ];
        Ok((changes, ()))
    })?;
    nothing()
}

/// `CREATE SCHEMA`.
pub(super) fn create_schema(context: &Context, node: CreateSchema) -> Result<proto::Relation> {
    if node.managed_location.is_some() {
        return Err(Error::unsupported("CREATE SCHEMA with a managed location"));
    }
    let catalog = &context.session.workspace.catalog;
    let (of, name) = schema_named(context, &node.name).map_err(|error| match error.class() {
        Some("_LEGACY_ERROR_TEMP_1126") => Error::new(
            "REQUIRES_SINGLE_PART_NAMESPACE",
            [
                ("sessionCatalog", context.namespace().0),
                ("namespace", quote_parts(&node.name)),
            ],
        ),
        _ => error,
    })?;
    catalog.require_catalog(&of)?;
    if !context.databricks() {
        if name.eq_ignore_ascii_case("global_temp") {
            return Err(Error::new("_LEGACY_ERROR_TEMP_1066", [("database", name)]));
        }
        crate::catalog::valid_name(&name)?;
    }
    let place = node.location.as_deref().map(|text| catalog.location(text));
    let place = place.transpose()?;
    let key = (of.to_lowercase(), name.to_lowercase());
    catalog.change(|entries| {
        if entries.schemas.contains_key(&key) {
            if node.if_not_exists {
                return Ok((Vec::new(), ()));
            }
            return Err(Error::new(
                "SCHEMA_ALREADY_EXISTS",
                [("schemaName", quote(&name))],
            ));
        }
        let mut entry = new_schema(&name, node.comment.clone());
        entry.properties = node.properties.into_iter().collect();
        entry.location = place.map(|place| place.uri);
        Ok((vec![Change::PutSchema(key.0.clone(), entry)], ()))
    })?;
    nothing()
}

/// The catalog and schema that the parts of a schema's name mean. Apache Spark's session catalog has
/// one level of schemas.
pub(super) fn schema_named(context: &Context, parts: &[String]) -> Result<(String, String)> {
    let catalog = &context.session.workspace.catalog;
    let is_nested = match parts {
        [first, _, ..] => parts.len() > 2 || catalog.require_catalog(first).is_err(),
        _ => false,
    };
    if is_nested && !context.databricks() {
        return Err(Error::new(
            "_LEGACY_ERROR_TEMP_1126",
            [("catalog", parts.join("."))],
        ));
    }
    catalog.qualify_schema(&context.namespace(), parts)
}

/// Changes a schema that is there.
pub(super) fn change_schema(
    context: &Context,
    of: &str,
    schema: &str,
    change: impl FnOnce(&mut SchemaEntry),
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    catalog.require_schema(of, schema)?;
    let key = (of.to_lowercase(), schema.to_lowercase());
    catalog.change(|entries| {
        let Some(mut entry) = entries.schemas.get(&key).cloned() else {
            return Err(Error::unsupported("changing information_schema"));
        };
        change(&mut entry);
        Ok((vec![Change::PutSchema(key.0.clone(), entry)], ()))
    })?;
    nothing()
}

/// `ALTER SCHEMA`.
pub(super) fn alter_schema(context: &Context, node: AlterSchema) -> Result<proto::Relation> {
    let (of, schema) = schema_named(context, &node.name)?;
    match node.action {
        NamespaceAction::SetProperties(properties) => {
            change_schema(context, &of, &schema, |entry| {
                entry.properties.extend(properties);
            })
        }
        NamespaceAction::UnsetProperties(keys) => change_schema(context, &of, &schema, |entry| {
            entry.properties.retain(|key, _| !keys.contains(key));
        }),
        NamespaceAction::SetLocation(location) => {
            let place = context.session.workspace.catalog.location(&location)?;
            change_schema(context, &of, &schema, |entry| {
                entry.location = Some(place.uri);
            })
        }
        NamespaceAction::SetOwner(_) => Err(Error::unsupported("owners")),
        NamespaceAction::SetTags(_) | NamespaceAction::UnsetTags(_) => {
            Err(Error::unsupported("tags"))
        }
        NamespaceAction::SetCollation(_) => Err(Error::unsupported("DEFAULT COLLATION")),
    }
}

/// `DESCRIBE SCHEMA`.
pub(super) fn describe_schema(
    context: &Context,
    name: &[String],
    extended: bool,
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let (of, schema) = schema_named(context, name)?;
    catalog.require_schema(&of, &schema)?;
    let key = (of.to_lowercase(), schema.to_lowercase());
    let entry = catalog.read(|entries| entries.schemas.get(&key).cloned());
    let comment = entry.as_ref().and_then(|schema| schema.comment.clone());
    let mut rows = vec![
        ("Catalog Name", of.clone()),
        ("Namespace Name", schema.clone()),
        ("Comment", comment.unwrap_or_default()),
        ("Location", catalog.schema_location(&of, &schema)),
        ("Owner", context.session.workspace.options.user.clone()),
    ];
    if extended {
        let properties = entry.map(|schema| schema.properties).unwrap_or_default();
        let shown = properties.iter().filter(|(key, _)| *key != "comment");
        let pairs: Vec<String> = shown
            .map(|(key, value)| format!("({key},{value})"))
            .collect();
        let text = match pairs.is_empty() {
            true => String::new(),
            false => format!("({})", pairs.join(", ")),
        };
        rows.push(("Properties", text));
    }
    facts(&rows)
}

/// `DESCRIBE CATALOG`.
pub(super) fn describe_catalog(context: &Context, name: &[String]) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let shown = name.join(".");
    catalog.require_catalog(&shown)?;
    let key = shown.to_lowercase();
    let entry = catalog.read(|entries| entries.catalogs.get(&key).cloned());
    let comment = entry.and_then(|catalog| catalog.comment);
    facts(&[
        ("Catalog Name", shown),
        ("Comment", comment.unwrap_or_default()),
        ("Owner", context.session.workspace.options.user.clone()),
    ])
}

fn facts(rows: &[(&str, String)]) -> Result<proto::Relation> {
    Table::default()
        .text("info_name", rows.iter().map(|(name, _)| *name))
        .maybe("info_value", rows.iter().map(|(_, value)| Some(value)))
        .relation()
}

/// `CREATE VOLUME`.
pub(super) fn create_volume(context: &Context, node: CreateVolume) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.session.current_namespace(), &node.name)?;
    catalog.require_schema(&name.catalog, &name.schema)?;
    let (path, location) = match &node.location {
        Some(text) => {
            let place = catalog.location(text)?;
            (place.path, Some(place.uri))
        }
        None => (
            catalog
                .roots
                .volume(&name.catalog, &name.schema, &name.name),
            None,
        ),
    };
    let (c, s, _) = name.key();
    let made = catalog.change(|entries| {
        if entries.volumes.contains_key(&name.key()) {
            if node.if_not_exists {
                return Ok((Vec::new(), false));
            }
            return Err(Error::new(
                "VOLUME_ALREADY_EXISTS",
                [("relationName", name.quoted())],
            ));
        }
        let entry = VolumeEntry {
            name: name.name.clone(),
            path: path.clone(),
            location,
            comment: node.comment.clone(),
            created_ms: now_ms(),
        };
        Ok((vec![Change::PutVolume((c, s), entry)], true))
    })?;
    if made {
        std::fs::create_dir_all(&path)
            .map_err(|error| Error::internal(format!("making {}: {error}", path.display())))?;
    }
    nothing()
}

/// `DROP CATALOG`, `DROP SCHEMA`, `DROP VOLUME`.
pub(super) fn drop(context: &Context, node: &Drop) -> Result<proto::Relation> {
    match node.kind {
        DropKind::Catalog => drop_catalog(context, node),
        DropKind::Schema => drop_schema(context, node),
        DropKind::Volume => drop_volume(context, node),
        DropKind::Table | DropKind::View => Err(Error::internal("a table is dropped elsewhere")),
        DropKind::MaterializedView => Err(Error::unsupported("materialized views")),
        DropKind::Function | DropKind::TemporaryFunction => {
            Err(Error::internal("a function is dropped elsewhere"))
        }
    }
}

fn drop_catalog(context: &Context, node: &Drop) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let shown = node.name.join(".");
    if let Err(error) = catalog.require_catalog(&shown) {
        return if node.if_exists {
            nothing()
        } else {
            Err(error)
        };
    }
    let key = shown.to_lowercase();
    let schemas: Vec<String> = catalog.read(|entries| {
        let of = entries.schemas.keys().filter(|(c, _)| *c == key);
        of.map(|(_, s)| s.clone()).collect()
    });
    if !node.cascade && schemas.iter().any(|schema| schema != "default") {
        return Err(Error::new(
            "CATALOG_NOT_EMPTY",
            [("catalogName", quote(&shown))],
        ));
    }
    for schema in schemas {
        let inner = Drop {
            kind: DropKind::Schema,
            name: vec![key.clone(), schema],
            if_exists: true,
            cascade: node.cascade,
            purge: false,
        };
        drop_schema(context, &inner)?;
    }
    catalog.change(|_| Ok((vec![Change::DropCatalog(key)], ())))?;
    nothing()
}

fn drop_schema(context: &Context, node: &Drop) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let (of, name) = catalog.qualify_schema(&context.session.current_namespace(), &node.name)?;
    if let Err(error) = catalog.require_schema(&of, &name) {
        return if node.if_exists {
            nothing()
        } else {
            Err(error)
        };
    }
    if !context.databricks() && name.eq_ignore_ascii_case("default") {
        return Err(Error::new(
            "UNSUPPORTED_FEATURE.DROP_DATABASE",
            [("database", quote_parts([&of, &name]))],
        ));
    }
    let key = (of.to_lowercase(), name.to_lowercase());
    let (relations, volumes) = catalog.change(|entries| {
        let inside = |c: &String, s: &String| *c == key.0 && *s == key.1;
        let relations: Vec<_> = entries
            .relations
            .iter()
            .filter(|((c, s, _), _)| inside(c, s))
            .map(|(k, entry)| (k.clone(), entry.clone()))
            .collect();
        let volumes: Vec<_> = entries
            .volumes
            .iter()
            .filter(|((c, s, _), _)| inside(c, s))
            .map(|(k, entry)| (k.clone(), entry.clone()))
            .collect();
        let functions = entries.functions.keys();
        let functions: Vec<_> = functions
            .filter(|(c, s, _)| inside(c, s))
            .cloned()
            .collect();
        let is_empty = relations.is_empty() && volumes.is_empty() && functions.is_empty();
        if !(node.cascade || is_empty) {
            return Err(Error::new(
                "SCHEMA_NOT_EMPTY",
                [("schemaName", quote(&name))],
            ));
        }
        let mut changes = vec![Change::DropSchema(key.clone())];
        changes.extend(
            relations
                .iter()
                .map(|(k, _)| Change::DropRelation(k.clone())),
        );
        changes.extend(functions.into_iter().map(Change::DropFunction));
        changes.extend(volumes.iter().map(|(k, _)| Change::DropVolume(k.clone())));
        Ok((changes, (relations, volumes)))
    })?;
    for (_, entry) in &relations {
        catalog.discard(entry);
    }
    for (_, volume) in volumes
        .iter()
        .filter(|(_, volume)| volume.location.is_none())
    {
        crate::catalog::remove_tree(&volume.path);
    }
    nothing()
}

fn drop_volume(context: &Context, node: &Drop) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let name = catalog.qualify(&context.session.current_namespace(), &node.name)?;
    match catalog.volume(&name) {
        None if node.if_exists => {}
        None => {
            return Err(Error::new("UC_VOLUME_NOT_FOUND", [("name", name.quoted())]));
        }
        Some(volume) => {
            catalog.change(|_| Ok((vec![Change::DropVolume(name.key())], ())))?;
            if volume.location.is_none() {
                crate::catalog::remove_tree(&volume.path);
            }
        }
    }
    nothing()
}

/// `USE`.
pub(super) fn choose(context: &Context, node: &Use) -> Result<proto::Relation> {
    let session = &context.session;
    let catalog = &session.workspace.catalog;
    let (current, _) = session.current_namespace();
    match (node.kind, node.name.as_slice()) {
        // The current catalog is left with the schema that is current in it.
        (UseKind::Catalog, [name]) if current.eq_ignore_ascii_case(name) => {}
        (UseKind::Catalog, [name]) => {
            catalog.require_catalog(name)?;
            session.set_namespace(name.clone(), "default".to_owned());
        }
        (UseKind::Catalog, parts) => {
            return Err(crate::catalog::catalog_not_found(parts));
        }
        (UseKind::Unspecified, [name])
            if catalog
                .require_schema(&session.current_namespace().0, name)
                .is_err()
                && catalog.require_catalog(name).is_ok() =>
        {
            if !current.eq_ignore_ascii_case(name) {
                session.set_namespace(name.clone(), "default".to_owned());
            }
        }
        (UseKind::Schema | UseKind::Unspecified, [name])
            if !context.databricks() && name.eq_ignore_ascii_case("global_temp") =>
        {
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1068",
                [("database", name.to_lowercase())],
            ));
        }
        (UseKind::Schema | UseKind::Unspecified, parts) => {
            let is_nested = schema_named(context, parts).is_err();
            if is_nested {
                let shown = quote_parts([&current].into_iter().chain(parts));
                return Err(Error::new("SCHEMA_NOT_FOUND", [("schemaName", shown)]));
            }
            let (of, schema) = catalog.qualify_schema(&session.current_namespace(), parts)?;
            catalog.require_schema(&of, &schema)?;
            session.set_namespace(of, schema);
        }
    }
    nothing()
}
