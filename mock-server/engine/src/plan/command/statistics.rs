//! ANALYZE TABLE: how large tables are and what their columns hold, for DESCRIBE to tell.
//!
//! Nothing is planned by it: the readers know more.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field};
use sparring_proto::connect as proto;
use sparring_sql::Statement;
use sparring_sql::statement::{Analyze, AnalyzeColumns, PartitionValue};

use super::alter_table::partitions::{ONE, Spec};
use super::describe::column::not_found;
use super::describe::{columns, place_of};
use super::namespace::schema_named;
use super::object::{Kept, Object, object, permanent};
use super::result::nothing;
use crate::catalog::store::{
    ColumnStatisticsEntry, PartitionEntry, RelationKind, StatisticsEntry, TableEntry,
};
use crate::error::{Error, Result};
use crate::io::Format;
use crate::plan::context::Context;
use crate::types::coerce::is_integral;
use crate::types::names::quote;
use crate::types::sql_name;

/// `ANALYZE TABLE`, `ANALYZE TABLES`.
pub(super) async fn analyze(context: &Context, node: Analyze) -> Result<proto::Relation> {
    match node {
        Analyze::Table {
            table,
            partition,
            no_scan,
            columns,
        } => {
            let found = match object(context, &table)? {
                Object::Table(found) => *found,
                Object::View(_) => return Err(Error::of("UNSUPPORTED_FEATURE.ANALYZE_VIEW")),
                Object::Temporary => {
                    let error = permanent(&table, "ANALYZE TABLE");
                    return Err(error.at(place_of(context, &table)));
                }
            };
            refuse_delta(&found)?;
            if partition.is_empty() {
                of_table(context, &found, no_scan, &columns).await?;
            } else {
                of_partitions(context, &found, &partition, no_scan).await?;
            }
        }
        Analyze::Tables { schema, no_scan } => {
            let (catalog, schema) = schema_named(context, &schema.unwrap_or_default())?;
            let store = &context.session.workspace.catalog;
            store.require_schema(&catalog, &schema)?;
            let key = (catalog.to_lowercase(), schema.to_lowercase());
            let names: Vec<String> = store.read(|entries| {
                let inside = entries.relations.iter().filter(|((c, s, _), entry)| {
                    let is_table = matches!(entry.kind, RelationKind::Table(_));
                    is_table && *c == key.0 && *s == key.1
                });
                inside.map(|(_, entry)| entry.name.clone()).collect()
            });
            for name in names {
                let parts = [catalog.clone(), schema.clone(), name];
                if let Object::Table(table) = object(context, &parts)? {
                    refuse_delta(&table)?;
                    of_table(context, &table, no_scan, &AnalyzeColumns::None).await?;
                }
            }
        }
    }
    nothing()
}

fn refuse_delta(table: &Kept<TableEntry>) -> Result<()> {
    match table.kind.provider == Format::Delta.name() {
        true => Err(Error::unsupported("ANALYZE TABLE of a Delta table")),
        false => Ok(()),
    }
}

async fn of_table(
    context: &Context,
    table: &Kept<TableEntry>,
    no_scan: bool,
    wanted: &AnalyzeColumns,
) -> Result<()> {
    let n_bytes = match &table.kind.partitions {
        Some(partitions) => partitions.iter().map(|p| bytes_below(&p.path)).sum(),
        None => bytes_below(&table.kind.path),
    };
    let before = table.kind.statistics.clone().unwrap_or_default();
    let mut found = StatisticsEntry {
        n_bytes,
        n_rows: before.n_rows.filter(|_| before.n_bytes == n_bytes),
        columns: before.columns,
    };
    if !no_scan {
        let counted = texts(context, table, &["count(*)".to_owned()], "").await?;
        found.n_rows = counted
            .first()
            .and_then(|text| text.as_deref()?.parse().ok());
        let wanted = chosen(context, table, wanted).await?;
        found
            .columns
            .extend(of_columns(context, table, &wanted).await?);
    }
    let catalog = &context.session.workspace.catalog;
    catalog.change_table(&table.name, |table| table.statistics = Some(found))
}

async fn of_partitions(
    context: &Context,
    table: &Kept<TableEntry>,
    values: &[PartitionValue],
    no_scan: bool,
) -> Result<()> {
    Spec::of(context, table, values)?;
    // A column without a value is any.
    let given: Vec<PartitionValue> = values
        .iter()
        .filter(|value| value.value.is_some())
        .cloned()
        .collect();
    let spec = Spec::of(context, table, &given)?;
    let mut partitions = table.kind.partitions.clone().unwrap_or_default();
    let is_within = |partition: &PartitionEntry| spec.covers(&table.kind, partition);
    if !given.is_empty() && !partitions.iter().any(is_within) {
        return Err(spec.not_found(table, ONE));
    }
    for partition in &mut partitions {
        if !is_within(partition) {
            continue;
        }
        let n_rows = match no_scan {
            true => None,
            false => {
                let condition = condition(&table.kind, partition);
                let asked = ["count(*)".to_owned()];
                let counted = texts(context, table, &asked, &condition).await?;
                counted
                    .first()
                    .and_then(|text| text.as_deref()?.parse().ok())
            }
        };
        partition.statistics = Some(StatisticsEntry {
            n_bytes: bytes_below(&partition.path),
            n_rows,
            columns: BTreeMap::new(),
        });
    }
    let catalog = &context.session.workspace.catalog;
    catalog.change_table(&table.name, |table| table.partitions = Some(partitions))
}

/// The rows of one partition, as SQL says it.
fn condition(table: &TableEntry, partition: &PartitionEntry) -> String {
    let values = table.partition_columns.iter().zip(&partition.values);
    let values = values.map(|(name, value)| match value {
        Some(text) => {
            let text = crate::functions::kernels::cast::quoted(text);
            format!("CAST({} AS STRING) = {text}", quote(name))
        }
        None => format!("{} IS NULL", quote(name)),
    });
    format!(" WHERE {}", values.collect::<Vec<_>>().join(" AND "))
}

/// The columns that the statement names, if they are of types that have statistics.
async fn chosen(
    context: &Context,
    table: &Kept<TableEntry>,
    wanted: &AnalyzeColumns,
) -> Result<Vec<Field>> {
    let names = match wanted {
        AnalyzeColumns::None => return Ok(Vec::new()),
        AnalyzeColumns::All => None,
        AnalyzeColumns::Some(names) => Some(names),
    };
    let (_, schema) = columns(context, &table.name.parts()).await?;
    let mut fields = schema.fields().iter().map(|field| field.as_ref().clone());
    let Some(names) = names else {
        return Ok(fields
            .filter(|field| is_counted(field.data_type()))
            .collect());
    };
    let all: Vec<Field> = fields.by_ref().collect();
    names
        .iter()
        .map(|name| {
            let found = all
                .iter()
                .find(|field| context.same_name(field.name(), name));
            let field = found.ok_or_else(|| not_found(std::slice::from_ref(name)))?;
            if is_counted(field.data_type()) {
                return Ok(field.clone());
            }
            Err(Error::new(
                "UNSUPPORTED_FEATURE.ANALYZE_UNSUPPORTED_COLUMN_TYPE",
                [
                    ("columnName", quote(field.name())),
                    ("columnType", format!("\"{}\"", sql_name(field.data_type()))),
                    ("tableName", table.name.quoted()),
                ],
            ))
        })
        .collect()
}

fn is_counted(data_type: &DataType) -> bool {
    has_bounds(data_type) || matches!(data_type, DataType::Utf8 | DataType::Binary)
}

fn has_bounds(data_type: &DataType) -> bool {
    is_integral(data_type)
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Float32
                | DataType::Float64
                | DataType::Decimal128(..)
                | DataType::Date32
                | DataType::Timestamp(..)
        )
}

/// What each of the columns holds (`CommandUtils.computeColumnStats`).
async fn of_columns(
    context: &Context,
    table: &Kept<TableEntry>,
    fields: &[Field],
) -> Result<BTreeMap<String, ColumnStatisticsEntry>> {
    let mut found = BTreeMap::new();
    for field in fields {
        let column = quote(field.name());
        let (bounds, length) = match field.data_type() {
            fixed if has_bounds(fixed) => (
                [format!("min({column})"), format!("max({column})")],
                byte_width(fixed).to_string(),
            ),
            _ => (
                ["NULL".to_owned(), "NULL".to_owned()],
                format!("octet_length({column})"),
            ),
        };
        let [low, high] = bounds;
        let asked = [
            low,
            high,
            format!("count(*) - count({column})"),
            format!("approx_count_distinct({column})"),
            format!("coalesce(ceil(avg({length})), 0)"),
            format!("coalesce(max({length}), 0)"),
        ];
        let told = texts(context, table, &asked, "").await?;
        let text = |at: usize| told.get(at).cloned().flatten();
        let number = |at: usize| text(at).and_then(|text| text.parse().ok()).unwrap_or(0);
        let entry = ColumnStatisticsEntry {
            min: text(0),
            max: text(1),
            n_nulls: number(2),
            n_distinct: number(3),
            average_bytes: number(4),
            max_bytes: number(5),
        };
        found.insert(field.name().clone(), entry);
    }
    Ok(found)
}

/// `DataType.defaultSize`.
fn byte_width(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Boolean | DataType::Int8 => 1,
        DataType::Int16 => 2,
        DataType::Int32 | DataType::Float32 | DataType::Date32 => 4,
        DataType::Decimal128(precision, _) if *precision > 18 => 16,
        _ => 8,
    }
}

/// The values of aggregates over a table, as text.
async fn texts(
    context: &Context,
    table: &Kept<TableEntry>,
    aggregates: &[String],
    condition: &str,
) -> Result<Vec<Option<String>>> {
    let list = aggregates
        .iter()
        .map(|item| format!("CAST({item} AS STRING)"));
    let list = list.collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {list} FROM {}{condition}", table.name.quoted());
    let Statement::Query(query) = sparring_sql::parse_statement(&text)? else {
        return Err(Error::internal("statistics are asked for by no query"));
    };
    let planned = crate::analyze::plan(context, &query).await?;
    let ready = crate::execution::collect(context, planned).await?;
    Ok(first_row(&ready.batches))
}

fn first_row(batches: &[RecordBatch]) -> Vec<Option<String>> {
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else {
        return Vec::new();
    };
    let columns = batch.columns().iter();
    let texts = columns.map(|column| {
        let texts = column.as_string_opt::<i32>()?;
        (!texts.is_null(0)).then(|| texts.value(0).to_owned())
    });
    texts.collect()
}

/// How large the files of a directory are together, without those that Spark does not read.
fn bytes_below(path: &Path) -> u64 {
    let files = walkdir::WalkDir::new(path)
        .into_iter()
        .filter_map(|entry| entry.ok());
    let read = files.filter(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_file() && !name.starts_with(['_', '.'])
    });
    read.filter_map(|entry| entry.metadata().ok())
        .map(|found| found.len())
        .sum()
}
