//! The files and tables that a plan reads, for whoever writes their scans.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::TableSource;
use sparring_proto::connect::read::ReadType;

use super::physical::Files;
use super::source;
use crate::plan::context::Context;
use crate::plan::sources::Sources;

/// What the plan's sources read.
pub(super) fn of(context: &Context, sources: &Sources) -> Vec<Files> {
    sources
        .opened()
        .map(|(read, source)| {
            let format = source::format(context, &read);
            let paths = match &read.read_type {
                Some(ReadType::DataSource(data)) => {
                    let mut paths = data.paths.clone();
                    let path = data
                        .options
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case("path"));
                    if paths.is_empty() {
                        paths.extend(path.map(|(_, path)| path.clone()));
                    }
                    paths
                        .iter()
                        .map(
                            |path| match context.session.workspace.catalog.location(path) {
                                Ok(location) => location.uri,
                                Err(_) => path.clone(),
                            },
                        )
                        .collect()
                }
                _ => source.files.clone(),
            };
            Files {
                provider: Arc::clone(&source.provider),
                format,
                title: title(format),
                table: source.qualifier.join("."),
                paths,
                partition: source.partition.clone(),
                n_bytes: source.n_bytes,
            }
        })
        .collect()
}

fn title(format: &str) -> &'static str {
    match format {
        "csv" => "CSV",
        "json" => "JSON",
        "text" => "Text",
        _ => "Parquet",
    }
}

/// The files behind a scan.
pub(super) fn find<'f>(files: &'f [Files], table: &Arc<dyn TableSource>) -> Option<&'f Files> {
    let provider: Arc<dyn TableProvider> = source_as_provider(table).ok()?;
    files
        .iter()
        .find(|files| std::ptr::addr_eq(Arc::as_ptr(&files.provider), Arc::as_ptr(&provider)))
}
