//! Catalogs, schemas and volumes: made, dropped, chosen.

use sparring_proto::connect as proto;
use sparring_sql::statement::{
    CreateCatalog, CreateSchema, CreateVolume, Drop, DropKind, Use, UseKind,
};

use super::result::nothing;
use crate::catalog::store::{Change, VolumeEntry};
use crate::catalog::{new_catalog, new_schema, now_ms};
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::types::names::quote;

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
    if node.location.is_some() || node.managed_location.is_some() {
        return Err(Error::unsupported("CREATE SCHEMA with a location"));
    }
    let catalog = &context.session.workspace.catalog;
    let (of, name) = catalog.qualify_schema(&context.session.current_namespace(), &node.name)?;
    catalog.require_catalog(&of)?;
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
        Ok((vec![Change::PutSchema(key.0.clone(), entry)], ()))
    })?;
    nothing()
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
    match (node.kind, node.name.as_slice()) {
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
            session.set_namespace(name.clone(), "default".to_owned());
        }
        (UseKind::Schema | UseKind::Unspecified, parts) => {
            let (of, schema) = catalog.qualify_schema(&session.current_namespace(), parts)?;
            catalog.require_schema(&of, &schema)?;
            session.set_namespace(of, schema);
        }
    }
    nothing()
}
