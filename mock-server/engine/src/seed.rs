//! Filling a workspace from files of this machine, and where its own files lie, for the REST side.
//!
//! A seed makes the catalog, schema or volume it names, and never touches what is already there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::datasource::provider_as_source;

use crate::catalog::store::{Change, VolumeEntry};
use crate::catalog::{QualifiedName, new_catalog, new_schema, now_ms};
use crate::error::{Error, Exception, Result};
use crate::io::Format;
use crate::io::options::Options;
use crate::plan::context::Context;
use crate::workspace::Workspace;

impl Workspace {
    /// Makes the table `catalog.schema.table` from a `.csv`, `.json` or `.parquet` file, unless it
    /// exists. CSV files have a header and their types are inferred, if the options say nothing else.
    pub async fn seed_table(
        self: &Arc<Self>,
        name: &str,
        file: &Path,
        options: &BTreeMap<String, String>,
    ) -> Result<()> {
        let name = self.seeded_name(name)?;
        let session = self.session();
        let context = Context::of(&session);
        let ending = file.extension().and_then(|ending| ending.to_str());
        let format = match ending.map(str::to_lowercase).as_deref() {
            Some("csv") => Format::Csv,
            Some("json" | "jsonl") => Format::Json,
            Some("parquet") => Format::Parquet,
            _ => {
                return Err(Error::plain(
                    Exception::IllegalArgument,
                    format!(
                        "{} is no table: a seed is a .csv, .json or .parquet file",
                        file.display()
                    ),
                ));
            }
        };
        let mut all = BTreeMap::new();
        if format == Format::Csv {
            all.insert("header".to_owned(), "true".to_owned());
            all.insert("inferschema".to_owned(), "true".to_owned());
        }
        all.extend(options.iter().map(|(k, v)| (k.to_lowercase(), v.clone())));
        let source = crate::io::source::outside(&context, format, Options::new(&all), file)?;
        let rows = crate::plan::relation::read::scan(
            &format!("seed-{}", name.quoted()),
            provider_as_source(Arc::clone(&source.provider)),
            &source.provider.schema(),
            &[],
        )?;
        crate::plan::command::seed_table(&context, name, rows).await
    }

    /// Makes the volume `catalog.schema.volume` and copies a folder into it; files that are there
    /// stay.
    pub fn seed_volume(&self, name: &str, folder: &Path) -> Result<()> {
        let name = self.seeded_name(name)?;
        let path = self
            .catalog
            .roots
            .volume(&name.catalog, &name.schema, &name.name);
        let (c, s, _) = name.key();
        let path = self.catalog.change(|entries| {
            if let Some(known) = entries.volumes.get(&name.key()) {
                return Ok((Vec::new(), known.path.clone()));
            }
            let entry = VolumeEntry {
                name: name.name.clone(),
                path: path.clone(),
                location: None,
                comment: None,
                created_ms: now_ms(),
            };
            Ok((vec![Change::PutVolume((c, s), entry)], path))
        })?;
        copy(folder, &path)
    }

    /// Makes the schema `catalog.schema`, for tables that a project makes itself.
    pub fn seed_schema(&self, name: &str) -> Result<()> {
        let parts = sparring_sql::parse_multipart_identifier(name)?;
        let (catalog, schema) = self.catalog.qualify_schema(&self.namespace(), &parts)?;
        self.made(&QualifiedName {
            catalog,
            schema,
            name: String::new(),
        })
    }

    /// Copies a folder to a path of the workspace, such as `dbfs:/raw`; files that are there stay.
    pub fn seed_path(&self, path: &str, folder: &Path) -> Result<()> {
        let place = self.catalog.location(path)?;
        copy(folder, &place.path)
    }

    /// Where a path of the workspace lies on this machine; never outside of its root.
    pub fn local_path(&self, path: &str) -> Result<PathBuf> {
        Ok(self.catalog.location(path)?.path)
    }

    /// A full name whose catalog and schema exist from now on.
    fn seeded_name(&self, text: &str) -> Result<QualifiedName> {
        let parts = sparring_sql::parse_multipart_identifier(text)?;
        let name = self.catalog.qualify(&self.namespace(), &parts)?;
        self.made(&name)?;
        Ok(name)
    }

    /// Where names without a catalog or schema are.
    fn namespace(&self) -> (String, String) {
        let catalog = crate::catalog::Catalog::default_catalog(self.options.flavor);
        (catalog.to_owned(), "default".to_owned())
    }

    /// Makes the catalog and schema of a name, where they are missing.
    fn made(&self, name: &QualifiedName) -> Result<()> {
        let (catalog, schema, _) = name.key();
        self.catalog.change(|entries| {
            let mut changes = Vec::new();
            if !entries.catalogs.contains_key(&catalog) {
                changes.push(Change::PutCatalog(new_catalog(&name.catalog, None)));
            }
            if !entries.schemas.contains_key(&(catalog.clone(), schema)) {
                changes.push(Change::PutSchema(
                    catalog.clone(),
                    new_schema(&name.schema, None),
                ));
            }
            Ok((changes, ()))
        })
    }
}

fn copy(folder: &Path, to: &Path) -> Result<()> {
    let failed = |path: &Path, reason: String| {
        Error::plain(
            Exception::IllegalArgument,
            format!("copying {}: {reason}", path.display()),
        )
    };
    if !folder.is_dir() {
        return Err(failed(folder, "there is no such folder".to_owned()));
    }
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.map_err(|error| failed(folder, error.to_string()))?;
        let below = entry
            .path()
            .strip_prefix(folder)
            .map_err(|error| failed(folder, error.to_string()))?;
        let target = to.join(below);
        let done = if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target)
        } else if target.exists() {
            Ok(())
        } else {
            std::fs::copy(entry.path(), &target).map(|_| ())
        };
        done.map_err(|error| failed(entry.path(), error.to_string()))?;
    }
    Ok(())
}
