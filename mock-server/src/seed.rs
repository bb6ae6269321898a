//! Fills a new workspace: tables from files and volumes from folders.

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
pub(crate) struct Seeder;

impl Seeder {
    pub(crate) fn new(_: Arc<Workspace>) -> Arc<Self> {
        Arc::new(Self)
    }

    pub(crate) async fn seed(&self, seed: &Seed) -> Result<(), SeedError> {
        let name = seed
            .table
            .as_ref()
            .or(seed.volume.as_ref())
            .or(seed.path.as_ref());
        Err(SeedError {
            what: format!("`{}`", name.map_or("without a name", String::as_str)),
            reason: "the engine cannot take files from outside yet".to_owned(),
        })
    }
}
