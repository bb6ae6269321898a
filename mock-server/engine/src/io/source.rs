//! A data source opened: its schema found, its files listed, a provider made.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::existing::Existing;
use super::files::{FilePart, TextFiles, as_users_say, unreadable};
use super::listing::{self, Listed};
use super::named_reader::ListedBy;
use super::options::Options;
use super::parquet_files::ParquetFiles;
use super::{Format, csv, json, lines};
use crate::catalog::delta::{DeltaTables, Snapshot, partition};
use crate::catalog::paths::Location;
use crate::catalog::store::{PartitionEntry, TableEntry};
use crate::error::{Error, Result};
use crate::functions::kernels::cast::temporal;
use crate::functions::kernels::text;
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::expression::evaluate;
use crate::plan::scope::Scope;
use crate::plan::sources::{Source, Sources};
use crate::types::arrow::{normalize, nullable, with_type};

/// What is to be opened.
pub(crate) struct Request {
    pub(crate) format: Format,
    pub(crate) options: Options,
    pub(crate) paths: Vec<String>,
    pub(crate) schema: Option<DataType>,
    /// The partition columns of a table; none where directories tell.
    pub(crate) partition: Option<Vec<String>>,
    pub(crate) qualifier: Vec<String>,
}

/// Opens files or a Delta table by path.
pub(crate) async fn open(context: &Context, request: Request) -> Result<Source> {
    let catalog = &context.session.workspace.catalog;
    let locations = request
        .paths
        .iter()
        .map(|path| catalog.location(path))
        .collect::<Result<Vec<_>>>()?;
    if request.format == Format::Delta {
        let [location] = locations.as_slice() else {
            return Err(Error::plain(
                crate::error::Exception::IllegalArgument,
                "'path' is not specified.",
            ));
        };
        if request.schema.is_some() {
            return Err(Error::unsupported(
                "a schema for reading a Delta table, which has its own",
            ));
        }
        if !DeltaTables::exists(&location.path) {
            let path = location.uri.clone();
            return Err(if location.path.exists() {
                Error::new(
                    "DELTA_MISSING_DELTA_TABLE",
                    [("tableName", format!("`{path}`"))],
                )
            } else {
                Error::new("PATH_NOT_FOUND", [("path", path)])
            });
        }
        let snapshot = version(context, &location.path, &location.uri, &request.options).await?;
        return delta(&snapshot, request.qualifier);
    }
    let recursive = request.options.flag("recursiveFileLookup", false)?;
    request
        .options
        .refuse(request.format.title(), &["basepath", "ignoremissingfiles"])?;
    let mut listed = listing::list(&locations, recursive)?;
    if let Some(glob) = request.options.get("pathglobfilter") {
        let matcher = globset::Glob::new(glob)
            .map_err(|error| {
                Error::plain(crate::error::Exception::IllegalArgument, error.to_string())
            })?
            .compile_matcher();
        listed.retain(|file| {
            file.path
                .file_name()
                .is_some_and(|name| matcher.is_match(Path::new(name)))
        });
    }
    for (strategy, wanted) in [
        ("modifiedbefore", Ordering::Less),
        ("modifiedafter", Ordering::Greater),
    ] {
        let Some(text) = request.options.get(strategy) else {
            continue;
        };
        let zone = request.options.zone(context)?;
        let limit = temporal::timestamp(text, zone, context.now_us).ok_or_else(|| {
            let named = [("strategy", strategy), ("timeString", text)];
            Error::new("_LEGACY_ERROR_TEMP_1294", named)
        })?;
        listed.retain(|file| modified_us(&file.path).is_none_or(|at| at.cmp(&limit) == wanted));
    }
    files(context, request, listed)
}

/// When a file was changed last, in microseconds since 1970.
fn modified_us(path: &Path) -> Option<i64> {
    let modified = path.metadata().ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

/// Opens a file of this machine that no client can name: what a workspace is filled from.
pub(crate) fn outside(
    context: &Context,
    format: Format,
    options: Options,
    path: &Path,
) -> Result<Source> {
    let location = Location {
        uri: path.display().to_string(),
        path: path.to_owned(),
    };
    let listed = listing::list(&[location], false)?;
    let request = Request {
        format,
        options,
        paths: Vec::new(),
        schema: None,
        partition: None,
        qualifier: Vec::new(),
    };
    files(context, request, listed)
}

/// Opens a table of the catalog.
pub(crate) async fn table(
    context: &Context,
    entry: &TableEntry,
    options: &Options,
    qualifier: Vec<String>,
) -> Result<Source> {
    let format = Format::named(context, Some(&entry.provider))?;
    if format == Format::Delta {
        let shown = crate::types::names::quote_parts(&qualifier);
        let snapshot = version(context, &entry.path, &shown, options).await?;
        return delta(&snapshot, qualifier);
    }
    let declared = entry
        .schema
        .as_deref()
        .map(crate::types::json::from_json)
        .transpose()?;
    let location = Location {
        uri: entry
            .location
            .clone()
            .unwrap_or_else(|| entry.path.display().to_string()),
        path: entry.path.clone(),
    };
    let listed = match &entry.partitions {
        Some(partitions) => {
            let mut listed = Vec::new();
            for partition in partitions {
                let values = entry.partition_columns.iter().cloned();
                let values: Vec<_> = values.zip(partition.values.iter().cloned()).collect();
                let place = partition_place(&location, entry, partition);
                listed.extend(listing::of_partition(&place, &values)?);
            }
            listed
        }
        None if entry.path.exists() => listing::list(&[location], false)?,
        None => Vec::new(),
    };
    let request = Request {
        format,
        options: options.clone(),
        paths: Vec::new(),
        schema: declared,
        partition: Some(entry.partition_columns.clone()),
        qualifier,
    };
    files(context, request, listed)
}

/// Where a partition's files lie.
fn partition_place(table: &Location, entry: &TableEntry, partition: &PartitionEntry) -> Location {
    let below = partition.path.strip_prefix(&entry.path);
    let uri = match (&partition.location, below) {
        (Some(location), _) => location.clone(),
        (None, Ok(below)) => table.child(&below.display().to_string()).uri,
        (None, Err(_)) => partition.path.display().to_string(),
    };
    Location {
        uri,
        path: partition.path.clone(),
    }
}

/// The version of a Delta table that the options name.
async fn version(
    context: &Context,
    root: &Path,
    shown: &str,
    options: &Options,
) -> Result<Arc<Snapshot>> {
    let delta = &context.session.workspace.catalog.delta;
    options.refuse("Delta", &["readchangefeed", "readchangedata"])?;
    if let Some(text) = options.get("timestampasofexpression") {
        let at = moment(context, text)?;
        let shown_at = text::timestamp(at, context.time_zone);
        return delta.at_timestamp(root, shown, &shown_at, at / 1000).await;
    }
    match (options.number("versionasof")?, options.get("timestampasof")) {
        (Some(version), None) => {
            let version = u64::try_from(version).map_err(|_| {
                Error::plain(
                    crate::error::Exception::IllegalArgument,
                    format!("versionAsOf must not be negative, but is {version}"),
                )
            })?;
            delta.at_version(root, shown, version).await
        }
        (None, Some(text)) => {
            let at = temporal::timestamp(text, context.time_zone.into(), context.now_us).ok_or_else(|| {
                Error::plain(
                    crate::error::Exception::Analysis,
                    format!("The provided timestamp ('{text}') cannot be converted to a valid timestamp."),
                )
            })?;
            delta.at_timestamp(root, shown, text, at / 1000).await
        }
        (None, None) => delta.latest(root).await,
        (Some(_), Some(_)) => Err(Error::plain(
            crate::error::Exception::Analysis,
            "Cannot specify both version and timestamp when time travelling.",
        )),
    }
}

/// The moment that an expression without columns means, in microseconds.
fn moment(context: &Context, text: &str) -> Result<i64> {
    let refused = |class: &'static str| Error::new(class, [("expr", format!("\"{text}\""))]);
    let expression = sparring_sql::parse_expression(&format!("CAST(({text}) AS TIMESTAMP)"))?;
    let sources = Sources::default();
    let value = Planner::new(context, &sources)
        .resolve(&expression, &Scope::default())
        .map_err(|error| error.without_place())?;
    if !value.is_foldable() {
        return Err(refused("INVALID_TIME_TRAVEL_TIMESTAMP_EXPR.UNEVALUABLE"));
    }
    match evaluate(&value.expr)? {
        ScalarValue::TimestampMicrosecond(Some(at), _) => Ok(at),
        _ => Err(refused("INVALID_TIME_TRAVEL_TIMESTAMP_EXPR.INPUT")),
    }
}

/// A version of a Delta table as a source.
pub(crate) fn delta(snapshot: &Snapshot, qualifier: Vec<String>) -> Result<Source> {
    delta_files(snapshot, qualifier, None)
}

/// The same with one more column behind the others: in which of the version's files a row lies.
pub(crate) fn delta_numbered(snapshot: &Snapshot, column: &str) -> Result<Source> {
    let number = Field::new(column, DataType::Int32, false);
    delta_files(snapshot, Vec::new(), Some(number))
}

fn delta_files(
    snapshot: &Snapshot,
    qualifier: Vec<String>,
    number: Option<Field>,
) -> Result<Source> {
    let mut partition: Vec<Field> = snapshot
        .partition_columns
        .iter()
        .filter_map(|name| snapshot.schema.field_with_name(name).ok().cloned())
        .collect();
    let mut names = Vec::new();
    let files = snapshot
        .files()?
        .into_iter()
        .zip(0_i32..)
        .map(|(file, index)| {
            names.push(file.path.display().to_string());
            let mut values = partition
                .iter()
                .map(|field| {
                    let text = file
                        .partition_values
                        .get(field.name())
                        .and_then(Option::as_deref);
                    partition::value(text, field.data_type())
                })
                .collect::<Result<Vec<_>>>()?;
            if number.is_some() {
                values.push(ScalarValue::Int32(Some(index)));
            }
            Ok(FilePart {
                uri: file.path.display().to_string(),
                path: file.path,
                size: file.size,
                partition: values,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let n_bytes = files.iter().map(|file| file.size).sum();
    let columns = partition.iter().map(|field| field.name().clone()).collect();
    let mut fields: Vec<FieldRef> = snapshot.schema.fields().to_vec();
    fields.extend(number.clone().map(Arc::new));
    partition.extend(number);
    let provider = ParquetFiles::new(
        Arc::new(Schema::new(fields)),
        partition,
        files,
        ListedBy::DeltaLog,
    );
    Ok(Source {
        provider: Arc::new(provider),
        qualifier,
        files: names,
        n_bytes,
        partition: columns,
    })
}

fn files(context: &Context, request: Request, listed: Vec<Listed>) -> Result<Source> {
    let Request {
        format,
        options,
        schema,
        partition: partition_columns,
        qualifier,
        ..
    } = request;
    let declared: Option<Vec<FieldRef>> = match schema {
        None => None,
        Some(DataType::Struct(fields)) => Some(
            fields
                .iter()
                .map(|f| {
                    Arc::new(
                        Field::new(f.name(), nullable(f.data_type()), true)
                            .with_metadata(f.metadata().clone()),
                    )
                })
                .collect(),
        ),
        Some(single) => Some(vec![Arc::new(Field::new("value", single, true))]),
    };
    let declared_fields = declared.as_deref().unwrap_or_default();
    let partition = match partition_columns {
        // Spark puts them behind the others, whether or not there are files.
        Some(names) if !names.is_empty() => {
            let named = |name: &String| declared_fields.iter().find(|f| f.name() == name);
            let fields = names.iter().filter_map(named);
            fields.map(|f| f.as_ref().clone()).collect()
        }
        _ => listing::partition_fields(&listed, declared_fields),
    };
    let is_partition = |name: &str| {
        partition
            .iter()
            .any(|p| p.name().eq_ignore_ascii_case(name))
    };
    let paths: Vec<&Path> = listed.iter().map(|file| file.path.as_path()).collect();
    if paths.is_empty() && declared.is_none() && format != Format::Text {
        return Err(Error::new(
            "UNABLE_TO_INFER_SCHEMA",
            [("format", format.title())],
        ));
    }
    let csv_dialect = (format == Format::Csv)
        .then(|| csv::Dialect::new(&options, context))
        .transpose()?;
    let json_dialect = (format == Format::Json)
        .then(|| json::Dialect::new(&options, context))
        .transpose()?;
    let inferred = context.session.workspace.inferred();
    let found = match (&declared, format, &csv_dialect, &json_dialect) {
        (Some(fields), _, _, _) => Ok(fields.iter().map(|f| f.as_ref().clone()).collect()),
        (None, Format::Csv, Some(dialect), _) => {
            let how = format!("csv {}", dialect.identity());
            inferred.fields(how, &paths, || csv::infer::infer(dialect, &paths))
        }
        (None, Format::Json, _, Some(dialect)) => {
            let how = format!("json {}", dialect.identity());
            inferred.fields(how, &paths, || json::infer(dialect, &paths))
        }
        (None, Format::Parquet, _, _) => {
            parquet_schema(&paths, options.flag("mergeSchema", false)?)
        }
        _ => Ok(vec![Field::new("value", DataType::Utf8, true)]),
    };
    let names = || {
        listed
            .iter()
            .map(|file| (file.path.as_path(), file.uri.as_str()))
    };
    let found: Vec<Field> = found.map_err(|error| as_users_say(error, names()))?;
    let in_files: Vec<Field> = found
        .into_iter()
        .filter(|f| !is_partition(f.name()))
        .collect();
    if matches!(format, Format::Json | Format::Csv) {
        distinct_names(context, &in_files)?;
    }
    let whole: Vec<Field> = in_files.iter().chain(&partition).cloned().collect();
    let parts = listed
        .iter()
        .map(|file| {
            let values = partition
                .iter()
                .zip(&file.partition)
                .map(|(field, (_, text))| {
                    listing::partition_value(text.as_deref(), field.data_type())
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(FilePart {
                path: file.path.clone(),
                uri: file.uri.clone(),
                size: file.size,
                partition: values,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let partition_columns = partition.iter().map(|field| field.name().clone()).collect();
    let existing = Existing::of(context, &in_files)?;
    let schema = Arc::new(Schema::new(whole));
    let in_files = Arc::new(Schema::new(in_files));
    let provider: Arc<dyn TableProvider> = match (format, csv_dialect, json_dialect) {
        (Format::Parquet, _, _) => {
            let by = ListedBy::Directory;
            let files = ParquetFiles::new(schema, partition, parts, by);
            Arc::new(files.with_existing(existing))
        }
        (Format::Csv, Some(dialect), _) => {
            let reader = csv::read::CsvReader::new(dialect, in_files)?.with_existing(existing);
            Arc::new(TextFiles::new(schema, Arc::new(reader), parts))
        }
        (Format::Json, _, Some(dialect)) => {
            let reader = json::JsonReader::new(dialect, in_files)?.with_existing(existing);
            Arc::new(TextFiles::new(schema, Arc::new(reader), parts))
        }
        _ => {
            let reader = lines::LineReader::new(&options)?;
            Arc::new(TextFiles::new(schema, Arc::new(reader), parts))
        }
    };
    Ok(Source {
        provider,
        qualifier,
        n_bytes: listed.iter().map(|file| file.size).sum(),
        files: listed.into_iter().map(|file| file.uri).collect(),
        partition: partition_columns,
    })
}

/// The columns of the first Parquet file, or of all; Spark takes every column for nullable.
fn parquet_schema(paths: &[&Path], merge: bool) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    let n_read = if merge { paths.len() } else { 1 };
    for path in paths.iter().take(n_read) {
        let file =
            std::fs::File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(|error| unreadable(path, &error.to_string()))?;
        for field in metadata.schema().fields() {
            if fields.iter().all(|known| known.name() != field.name()) {
                let plain = with_type(field, nullable(&normalize(field.data_type())));
                fields.push(Field::new(plain.name(), plain.data_type().clone(), true));
            }
        }
    }
    Ok(fields)
}

/// Refuses columns whose names differ in case alone where the session does not tell them apart.
fn distinct_names(context: &Context, fields: &[Field]) -> Result<()> {
    for (place, field) in fields.iter().enumerate() {
        let mut before = fields.iter().take(place);
        if before.any(|other| context.same_name(other.name(), field.name())) {
            let name = crate::types::names::quote(&field.name().to_lowercase());
            return Err(Error::new("COLUMN_ALREADY_EXISTS", [("columnName", name)]));
        }
    }
    Ok(())
}
