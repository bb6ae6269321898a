//! The schema `information_schema` of every catalog and of `system`: the catalog as tables.
//!
//! Columns are those that Databricks documents, as far as clients ask for them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemTable, TableProvider};

use super::QualifiedName;
use super::store::{ConstraintEntry, Entries, RelationKind};
use crate::error::Result;
use crate::plan::context::Context;

/// Its name.
pub(crate) const SCHEMA: &str = "information_schema";

/// One row: a text per column.
type Row = Vec<Option<String>>;

/// One of its tables: name, columns, and the rows of the whole catalog.
struct View {
    name: &'static str,
    columns: &'static [&'static str],
    rows: fn(&Entries) -> Vec<Row>,
}

const VIEWS: &[View] = &[
    View {
        name: "catalogs",
        columns: &["catalog_name", "catalog_owner", "comment"],
        rows: |entries| {
            let row = |c: &super::store::CatalogEntry| {
                vec![text(&c.name), text("sparring"), c.comment.clone()]
            };
            entries.catalogs.values().map(row).collect()
        },
    },
    View {
        name: "constraint_column_usage",
        columns: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
        ],
        rows: |entries| {
            keys(entries, |[c, s, t], constraint| {
                let row = |column: &String| {
                    vec![
                        text(c),
                        text(s),
                        text(t),
                        text(column),
                        text(c),
                        text(s),
                        text(&constraint.name),
                    ]
                };
                constraint.columns.iter().map(row).collect()
            })
        },
    },
    View {
        name: "key_column_usage",
        columns: &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
        ],
        rows: |entries| {
            keys(entries, |[c, s, t], constraint| {
                let row = |(index, column): (usize, &String)| {
                    vec![
                        text(c),
                        text(s),
                        text(&constraint.name),
                        text(c),
                        text(s),
                        text(t),
                        text(column),
                        text(&(index + 1).to_string()),
                    ]
                };
                constraint.columns.iter().enumerate().map(row).collect()
            })
        },
    },
    View {
        name: "schemata",
        columns: &["catalog_name", "schema_name", "schema_owner", "comment"],
        rows: |entries| {
            let row = |((catalog, _), s): (&super::store::Pair, &super::store::SchemaEntry)| {
                vec![
                    text(catalog),
                    text(&s.name),
                    text("sparring"),
                    s.comment.clone(),
                ]
            };
            entries.schemas.iter().map(row).collect()
        },
    },
    View {
        name: "table_constraints",
        columns: &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "constraint_type",
            "is_deferrable",
            "initially_deferred",
            "enforced",
            "comment",
        ],
        rows: |entries| {
            keys(entries, |[c, s, t], constraint| {
                let kind = match constraint.references {
                    None => "PRIMARY KEY",
                    Some(_) => "FOREIGN KEY",
                };
                vec![vec![
                    text(c),
                    text(s),
                    text(&constraint.name),
                    text(c),
                    text(s),
                    text(t),
                    text(kind),
                    text("NO"),
                    text("NO"),
                    text("NO"),
                    None,
                ]]
            })
        },
    },
    View {
        name: "tables",
        columns: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "table_type",
            "is_insertable_into",
            "commit_action",
            "table_owner",
            "comment",
            "data_source_format",
            "storage_sub_directory",
        ],
        rows: |entries| {
            let row = |((c, s, _), r): (&super::store::Triple, &super::store::RelationEntry)| {
                let (kind, insertable, format) = match &r.kind {
                    RelationKind::View(_) => ("VIEW", "NO", None),
                    RelationKind::Table(t) if t.location.is_some() => {
                        ("EXTERNAL", "YES", text(&t.provider.to_uppercase()))
                    }
                    RelationKind::Table(t) => ("MANAGED", "YES", text(&t.provider.to_uppercase())),
                };
                vec![
                    text(c),
                    text(s),
                    text(&r.name),
                    text(kind),
                    text(insertable),
                    text("PRESERVE"),
                    text("sparring"),
                    r.comment.clone(),
                    format,
                    None,
                ]
            };
            entries.relations.iter().map(row).collect()
        },
    },
    View {
        name: "views",
        columns: &[
            "table_catalog",
            "table_schema",
            "table_name",
            "view_definition",
            "is_insertable_into",
        ],
        rows: |entries| {
            let row =
                |((c, s, _), r): (&super::store::Triple, &super::store::RelationEntry)| match &r
                    .kind
                {
                    RelationKind::View(view) => Some(vec![
                        text(c),
                        text(s),
                        text(&r.name),
                        text(&view.text),
                        text("NO"),
                    ]),
                    RelationKind::Table(_) => None,
                };
            entries.relations.iter().filter_map(row).collect()
        },
    },
    View {
        name: "volumes",
        columns: &[
            "volume_catalog",
            "volume_schema",
            "volume_name",
            "volume_type",
            "comment",
            "storage_location",
        ],
        rows: |entries| {
            let row = |((c, s, _), v): (&super::store::Triple, &super::store::VolumeEntry)| {
                let kind = if v.location.is_some() {
                    "EXTERNAL"
                } else {
                    "MANAGED"
                };
                vec![
                    text(c),
                    text(s),
                    text(&v.name),
                    text(kind),
                    v.comment.clone(),
                    v.location.clone(),
                ]
            };
            entries.volumes.iter().map(row).collect()
        },
    },
];

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn keys(entries: &Entries, rows: impl Fn([&str; 3], &ConstraintEntry) -> Vec<Row>) -> Vec<Row> {
    let mut all = Vec::new();
    for ((catalog, schema, _), relation) in &entries.relations {
        if let RelationKind::Table(table) = &relation.kind {
            for constraint in &table.constraints {
                all.extend(rows([catalog, schema, &relation.name], constraint));
            }
        }
    }
    all
}

/// A table of the schema; `system` shows all catalogs, others their own.
pub(crate) async fn table(
    context: &Context,
    name: &QualifiedName,
) -> Result<Option<Arc<dyn TableProvider>>> {
    let catalog = &context.session.workspace.catalog;
    let wanted = name.name.to_lowercase();
    if wanted == "columns" {
        return columns(context, name).await.map(Some);
    }
    let Some(view) = VIEWS.iter().find(|view| view.name == wanted) else {
        return Ok(None);
    };
    let rows = catalog.read(|entries| (view.rows)(entries));
    let of = match wanted.as_str() {
        "catalogs" | "schemata" | "tables" | "views" | "volumes" => 0,
        "constraint_column_usage" => 0,
        _ => 3,
    };
    let rows = only(rows, of, &name.catalog);
    provider(view.columns, &rows).map(Some)
}

/// The rows of one catalog; `system` keeps all.
fn only(rows: Vec<Row>, column: usize, catalog: &str) -> Vec<Row> {
    if catalog.eq_ignore_ascii_case("system") {
        return rows;
    }
    rows.into_iter()
        .filter(|row| {
            row.get(column)
                .and_then(Option::as_deref)
                .is_some_and(|name| name.eq_ignore_ascii_case(catalog))
        })
        .collect()
}

/// `columns` asks every table for its schema.
async fn columns(context: &Context, name: &QualifiedName) -> Result<Arc<dyn TableProvider>> {
    let relations = context
        .session
        .workspace
        .catalog
        .read(|entries| entries.relations.clone());
    let mut rows = Vec::new();
    for ((catalog, schema, _), relation) in relations {
        let RelationKind::Table(files) = &relation.kind else {
            continue;
        };
        let options = crate::io::options::Options::new(&files.options);
        let qualifier = vec![catalog.clone(), schema.clone(), relation.name.clone()];
        let opened = crate::io::source::table(context, files, &options, qualifier).await?;
        for (index, field) in opened.provider.schema().fields().iter().enumerate() {
            rows.push(vec![
                text(&catalog),
                text(&schema),
                text(&relation.name),
                text(field.name()),
                text(&index.to_string()),
                text(if field.is_nullable() { "YES" } else { "NO" }),
                text(&crate::types::simple_string(field.data_type())),
                text(&crate::types::sql_name(field.data_type())),
                crate::catalog::comment_of(field),
            ]);
        }
    }
    let columns = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "is_nullable",
        "full_data_type",
        "data_type",
        "comment",
    ];
    provider(&columns, &only(rows, 0, &name.catalog))
}

fn provider(columns: &[&str], rows: &[Row]) -> Result<Arc<dyn TableProvider>> {
    let schema = Arc::new(Schema::new(
        columns
            .iter()
            .map(|name| Field::new(*name, DataType::Utf8, true))
            .collect::<Vec<_>>(),
    ));
    let arrays = (0..columns.len())
        .map(|index| {
            let texts: StringArray = rows
                .iter()
                .map(|row| row.get(index).and_then(Option::as_deref))
                .collect();
            Arc::new(texts) as ArrayRef
        })
        .collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
