//! How delta-rs gets at the files of a table: through a store whose root is the table's directory.
//!
//! delta-rs makes addresses of the names of files and decodes them once more than it encoded them,
//! and it fails on brackets. With the table at the root, no character of its directory's name is in
//! any address.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Once};

use deltalake_core::logstore::{
    LogStoreRef, ObjectStoreFactory, ObjectStoreRef, StorageConfig, logstore_with,
    object_store_factories,
};
use deltalake_core::{DeltaResult, DeltaTableError};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use url::Url;

use super::failed;
use crate::error::{Error, Result};

/// The address of every table in its own store.
const ADDRESS: &str = "file:///";

/// The option that names the directory to those parts of delta-rs that make the store themselves.
const DIRECTORY: &str = "sparring_directory";

/// The store of a directory, which need not be there yet.
fn rooted(directory: &Path) -> object_store::Result<ObjectStoreRef> {
    let prefix = object_store::path::Path::from_absolute_path(directory)?;
    Ok(Arc::new(PrefixStore::new(LocalFileSystem::new(), prefix)))
}

/// The log of the table in a directory.
pub(super) fn log_store(directory: &Path) -> Result<LogStoreRef> {
    let store = rooted(directory).map_err(|error| failed(error.into()))?;
    logstore_with(store, &address()?, StorageConfig::default()).map_err(failed)
}

/// What `RecordBatchWriter` is told to write into a directory: an address, and options.
pub(super) fn for_writer(directory: &Path) -> Result<(&'static str, HashMap<String, String>)> {
    static KNOWN: Once = Once::new();
    let address = address()?;
    KNOWN.call_once(|| {
        object_store_factories().insert(address, Arc::new(Directories));
    });
    let directory = directory
        .to_str()
        .ok_or_else(|| Error::internal(format!("the path {} is no text", directory.display())))?;
    let options = HashMap::from([(DIRECTORY.to_owned(), directory.to_owned())]);
    Ok((ADDRESS, options))
}

fn address() -> Result<Url> {
    Url::parse(ADDRESS).map_err(|error| Error::internal(format!("{ADDRESS}: {error}")))
}

/// Makes the store that the options name; nothing here is opened by its address.
struct Directories;

impl ObjectStoreFactory for Directories {
    fn parse_url_opts(
        &self,
        url: &Url,
        config: &StorageConfig,
    ) -> DeltaResult<(ObjectStoreRef, object_store::path::Path)> {
        let Some(directory) = config.raw().find(|(name, _)| *name == DIRECTORY) else {
            return Err(DeltaTableError::InvalidTableLocation(url.to_string()));
        };
        let store = rooted(Path::new(directory.1))?;
        Ok((store, object_store::path::Path::default()))
    }
}
