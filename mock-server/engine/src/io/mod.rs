//! Reading and writing: what a read opens to. Formats have a file each.

pub(crate) mod blocks;
pub(crate) mod charset;
pub(crate) mod csv;
pub(crate) mod existing;
pub(crate) mod files;
pub(crate) mod inferred;
pub(crate) mod inline;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod listing;
pub(crate) mod named_reader;
pub(crate) mod options;
pub(crate) mod parquet_files;
pub(crate) mod range;
pub(crate) mod sink;
pub(crate) mod source;
pub(crate) mod text;
pub(crate) mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect::{self as proto, read::ReadType};
use sparring_sql::Statement;

use crate::catalog::information_schema;
use crate::catalog::store::{RelationKind, ViewEntry};
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::scope::Column;
use crate::plan::sources::{Source, View};
use options::Options;

/// What a read means.
pub(crate) enum Opened {
    /// Rows.
    Source(Source),
    /// A view of the catalog, which is a query.
    View(Arc<View>),
    /// No table, view or file of the catalog: perhaps a name that only translation knows.
    Nothing,
}

/// A data source that this server reads and writes, by Spark's short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Json,
    Parquet,
    Text,
    Delta,
}

impl Format {
    /// The format of a name; none means the session's default. Others are refused or unknown.
    pub(crate) fn named(context: &Context, name: Option<&str>) -> Result<Self> {
        let name = match name.filter(|name| !name.is_empty()) {
            Some(name) => name.to_lowercase(),
            None => context
                .session
                .conf()
                .option("spark.sql.sources.default")
                .filter(|_| !context.databricks())
                .unwrap_or_else(|| "delta".to_owned()),
        };
        match name.as_str() {
            "csv" | "com.databricks.spark.csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "parquet" => Ok(Self::Parquet),
            "text" => Ok(Self::Text),
            "delta" => Ok(Self::Delta),
            "orc" | "avro" | "xml" | "binaryfile" | "jdbc" | "hive" | "kafka" | "rate"
            | "socket" | "noop" | "console" | "memory" => {
                Err(Error::unsupported(format!("the data source {name}")))
            }
            _ => Err(Error::new("DATA_SOURCE_NOT_FOUND", [("provider", name)])),
        }
    }

    /// Spark's short name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Text => "text",
            Self::Delta => "delta",
        }
    }

    /// The name in messages.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
            Self::Text => "Text",
            Self::Delta => "Delta",
        }
    }
}

/// Opens what a read names.
pub(crate) async fn open(context: &Context, read: &proto::Read) -> Result<Opened> {
    match read.read_type.as_ref().required("read.read_type")? {
        ReadType::NamedTable(table) => open_name(context, table).await,
        ReadType::DataSource(data) => {
            let format = Format::named(context, data.format.as_deref())?;
            if !data.predicates.is_empty() {
                return Err(Error::unsupported("JDBC predicates"));
            }
            let options = Options::new(&data.options);
            let mut paths = data.paths.clone();
            if paths.is_empty() {
                paths.extend(options.get("path").map(str::to_owned));
            }
            let schema = match data.schema.as_deref().filter(|text| !text.is_empty()) {
                Some(text) => {
                    let schema = crate::types::proto::parse(text)?;
                    if crate::types::proto::has_char_varchar(&schema) {
                        return Err(Error::of("UNSUPPORTED_CHAR_OR_VARCHAR_AS_STRING"));
                    }
                    Some(schema)
                }
                None => None,
            };
            let request = source::Request {
                format,
                options,
                paths,
                schema,
                partition: None,
                qualifier: Vec::new(),
            };
            open_files(context, request).await
        }
    }
}

/// Opens files where long work runs: a schema may have to be inferred from all that they hold.
async fn open_files(context: &Context, request: source::Request) -> Result<Opened> {
    let inner = context.clone();
    let work = async move { source::open(&inner, request).await };
    let opened = Box::pin(context.session.workspace.compute().run(work)).await?;
    Ok(Opened::Source(opened))
}

async fn open_name(context: &Context, table: &proto::read::NamedTable) -> Result<Opened> {
    let parts = sparring_sql::parse_multipart_identifier(&table.unparsed_identifier)?;
    let session = &context.session;
    if let Some(temporary) = session.temp_view(&parts).filter(|_| !context.catalog_only) {
        return Ok(match temporary.view() {
            Some(view) => Opened::View(Arc::clone(view)),
            None => Opened::Nothing,
        });
    }
    let catalog = &session.workspace.catalog;
    if let Some((format, path)) = file_name(context, &parts) {
        let request = source::Request {
            format,
            options: Options::new(&table.options),
            paths: vec![path],
            schema: None,
            partition: None,
            qualifier: Vec::new(),
        };
        return open_files(context, request).await;
    }
    let Ok(name) = catalog.qualify(&context.namespace(), &parts) else {
        return Ok(Opened::Nothing);
    };
    if name.schema.eq_ignore_ascii_case(information_schema::SCHEMA) {
        let table = Box::pin(information_schema::table(context, &name)).await?;
        let Some(provider) = table else {
            return Ok(Opened::Nothing);
        };
        return Ok(Opened::Source(Source {
            provider,
            qualifier: name.parts(),
            files: Vec::new(),
            n_bytes: 0,
            partition: Vec::new(),
        }));
    }
    let Some(entry) = catalog.relation(&name) else {
        return Ok(Opened::Nothing);
    };
    match entry.kind {
        RelationKind::View(view) => {
            view_query(&view, name.parts()).map(|view| Opened::View(Arc::new(view)))
        }
        RelationKind::Table(files) => {
            let mut all: BTreeMap<String, String> = files.options.clone();
            all.extend(table.options.iter().map(|(k, v)| (k.clone(), v.clone())));
            let inner = context.clone();
            let work = async move {
                source::table(&inner, &files, &Options::new(&all), name.parts()).await
            };
            let opened = Box::pin(context.session.workspace.compute().run(work)).await?;
            Ok(Opened::Source(opened))
        }
    }
}

/// `parquet.`/path``: a format and a path in place of a schema and a table.
pub(crate) fn file_name(context: &Context, parts: &[String]) -> Option<(Format, String)> {
    let [format, path] = parts else {
        return None;
    };
    if !path.contains('/') {
        return None;
    }
    let format = Format::named(context, Some(format)).ok()?;
    Some((format, path.clone()))
}

fn view_query(view: &ViewEntry, qualifier: Vec<String>) -> Result<View> {
    let statement = sparring_sql::parse_statement(&view.text)?;
    let Statement::Query(mut query) = statement else {
        return Err(Error::internal("a view's text is no query"));
    };
    let names = view.columns.iter().map(|(name, _)| name.clone());
    let mut columns = None;
    if !view.made.is_empty() {
        let shown = names.chain(
            view.made
                .iter()
                .map(|(name, _)| name.clone())
                .skip(view.columns.len()),
        );
        let comments = view.columns.iter().map(|(_, comment)| comment.clone());
        let comments = comments.chain(std::iter::repeat(None));
        let made = view.made.iter().zip(shown).zip(comments);
        let made = made.map(|(((name, json), shown), comment)| {
            let mut column = Column::new(shown, crate::types::json::from_json(json)?, true);
            if let Some(comment) = comment {
                let text = serde_json::Value::String(comment).to_string();
                column.metadata = Arc::new([("comment".to_owned(), text)].into());
            }
            Ok((name.clone(), column))
        });
        columns = Some(made.collect::<Result<Vec<_>>>()?);
    } else if !view.columns.is_empty() {
        query = renamed(query, names.collect());
    }
    Ok(View {
        text: Some(Arc::from(view.text.as_str())),
        query,
        is_temporary: false,
        conf: view.conf.clone(),
        namespace: Some(view.namespace.clone()),
        qualifier,
        columns,
    })
}

/// The relation with other column names.
pub(crate) fn renamed(query: proto::Relation, column_names: Vec<String>) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(proto::relation::RelType::ToDf(Box::new(proto::ToDf {
            input: Some(Box::new(query)),
            column_names,
        }))),
    }
}
