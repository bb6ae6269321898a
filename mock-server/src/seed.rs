//! Fills a new workspace: schemas, tables from files, volumes from folders.

use std::sync::Arc;

use sparring_engine::Workspace;

use crate::config::Seed;

/// A seed that could not be planted.
#[derive(Debug, thiserror::Error)]
#[error("seed {what}: {reason}")]
pub struct SeedError {
    what: String,
    reason: String,
}

/// Plants seeds.
pub(crate) struct Seeder {
    workspace: Arc<Workspace>,
}

impl Seeder {
    pub(crate) fn new(workspace: Arc<Workspace>) -> Arc<Self> {
        Arc::new(Self { workspace })
    }

    pub(crate) async fn seed(&self, seed: &Seed) -> Result<(), SeedError> {
        let failed = |name: &str, reason: String| SeedError {
            what: format!("`{name}`"),
            reason,
        };
        match seed {
            Seed {
                schema: None,
                table: Some(name),
                file: Some(file),
                volume: None,
                path: None,
                folder: None,
                options,
            } => self
                .workspace
                .seed_table(name, file, options)
                .await
                .map_err(|error| failed(name, error.message())),
            Seed {
                schema: None,
                volume: Some(name),
                folder: Some(folder),
                table: None,
                file: None,
                path: None,
                ..
            } => self
                .workspace
                .seed_volume(name, folder)
                .map_err(|error| failed(name, error.message())),
            Seed {
                schema: None,
                path: Some(path),
                folder: Some(folder),
                table: None,
                file: None,
                volume: None,
                ..
            } => self
                .workspace
                .seed_path(path, folder)
                .map_err(|error| failed(path, error.message())),
            Seed {
                schema: Some(name),
                table: None,
                file: None,
                volume: None,
                path: None,
                folder: None,
                ..
            } => self
                .workspace
                .seed_schema(name)
                .map_err(|error| failed(name, error.message())),
            Seed {
                schema,
                table,
                volume,
                path,
                ..
            } => {
                let name = table.as_ref().or(volume.as_ref()).or(path.as_ref());
                let name = name.or(schema.as_ref());
                Err(failed(
                    name.map_or("without a name", String::as_str),
                    "a seed is a `schema`, a `table` with a `file`, or a `volume` or a `path` with a `folder`"
                        .to_owned(),
                ))
            }
        }
    }
}
