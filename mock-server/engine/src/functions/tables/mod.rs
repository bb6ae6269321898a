//! Functions that are tables and nothing else: what Spark's grammar and collations are made of.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, ListArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::{Call, Function, Generator, generator};
use crate::error::{Error, Result};
use crate::plan::scope::Column;

pub(super) const TABLE: &[Function] = &[
    generator("collations", collations),
    generator("python_worker_logs", python_worker_logs),
    generator("sql_keywords", sql_keywords),
];

/// These cannot be called where a value stands.
pub(crate) const ONLY_TABLES: [&str; 6] = [
    "collations",
    "python_worker_logs",
    "range",
    "sql_keywords",
    "variant_explode",
    "variant_explode_outer",
];

/// The locales of ICU's collations, with language and country.
const LOCALES: &str = include_str!("locales.txt");
const KEYWORDS: &str = include_str!("keywords.txt");
/// The release of ICU in Spark 4.1.
const ICU: &str = "77.1.0.0";

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// A table of constants.
fn table(fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<Generator> {
    let fields = Fields::from(fields);
    let columns_out = fields
        .iter()
        .map(|field| {
            Column::new(
                field.name().as_str(),
                field.data_type().clone(),
                field.is_nullable(),
            )
        })
        .collect();
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    let element = Arc::new(Field::new("element", DataType::Struct(fields), false));
    let offsets = OffsetBuffer::from_lengths([arrow::array::Array::len(&rows)]);
    let list = ListArray::try_new(element, offsets, Arc::new(rows), None)?;
    Ok(Generator {
        list: Expr::Literal(ScalarValue::List(Arc::new(list)), None),
        columns: columns_out,
        is_struct: true,
        outer: false,
    })
}

fn text(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn sql_keywords(call: &Call<'_>) -> Result<Generator> {
    call.arity(0..=0)?;
    let words: Vec<&str> = lines(KEYWORDS).collect();
    let reserved = BooleanArray::from(vec![false; words.len()]);
    table(
        vec![
            text("keyword", false),
            Field::new("reserved", DataType::Boolean, false),
        ],
        vec![Arc::new(StringArray::from(words)), Arc::new(reserved)],
    )
}

/// One row of `collations()`.
struct Row {
    name: String,
    language: Option<&'static str>,
    country: Option<&'static str>,
    accents: bool,
    cases: bool,
    trims: bool,
    icu: bool,
}

fn rows() -> Vec<Row> {
    let binary = |name: &str, cases: bool, trims: bool| Row {
        name: name.to_owned(),
        language: None,
        country: None,
        accents: true,
        cases,
        trims,
        icu: false,
    };
    let mut rows = vec![
        binary("UTF8_BINARY", true, false),
        binary("UTF8_LCASE", false, false),
        binary("UTF8_BINARY_RTRIM", true, true),
        binary("UTF8_LCASE_RTRIM", false, true),
    ];
    let own = rows.len();
    for line in lines(LOCALES) {
        let mut parts = line.split('|');
        let locale = parts.next().unwrap_or_default();
        let language = parts.next().filter(|part| !part.is_empty());
        let country = parts.next().filter(|part| !part.is_empty());
        for (cases, accents, trims) in [
            (true, true, false),
            (true, false, false),
            (true, false, true),
            (false, true, false),
            (false, false, false),
            (false, false, true),
            (false, true, true),
            (true, true, true),
        ] {
            let name = [
                locale,
                if cases { "" } else { "_CI" },
                if accents { "" } else { "_AI" },
                if trims { "_RTRIM" } else { "" },
            ];
            rows.push(Row {
                name: name.concat(),
                language,
                country,
                accents,
                cases,
                trims,
                icu: true,
            });
        }
    }
    rows[own..].sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

fn collations(call: &Call<'_>) -> Result<Generator> {
    call.arity(0..=0)?;
    let rows = rows();
    let same = |value: &'static str| StringArray::from(vec![value; rows.len()]);
    let either = |test: fn(&Row) -> bool, yes: &'static str, no: &'static str| {
        StringArray::from_iter_values(rows.iter().map(|row| if test(row) { yes } else { no }))
    };
    let columns: Vec<(Field, StringArray)> = vec![
        (text("CATALOG", false), same("SYSTEM")),
        (text("SCHEMA", false), same("BUILTIN")),
        (
            text("NAME", false),
            StringArray::from_iter_values(rows.iter().map(|row| &row.name)),
        ),
        (
            text("LANGUAGE", true),
            rows.iter().map(|row| row.language).collect(),
        ),
        (
            text("COUNTRY", true),
            rows.iter().map(|row| row.country).collect(),
        ),
        (
            text("ACCENT_SENSITIVITY", false),
            either(|row| row.accents, "ACCENT_SENSITIVE", "ACCENT_INSENSITIVE"),
        ),
        (
            text("CASE_SENSITIVITY", false),
            either(|row| row.cases, "CASE_SENSITIVE", "CASE_INSENSITIVE"),
        ),
        (
            text("PAD_ATTRIBUTE", false),
            either(|row| row.trims, "RTRIM", "NO_PAD"),
        ),
        (
            text("ICU_VERSION", true),
            rows.iter().map(|row| row.icu.then_some(ICU)).collect(),
        ),
    ];
    let (fields, columns): (Vec<Field>, Vec<StringArray>) = columns.into_iter().unzip();
    let columns = columns
        .into_iter()
        .map(|column| Arc::new(column) as ArrayRef);
    table(fields, columns.collect())
}

/// Spark keeps no logs of Python workers unless it is told to, and neither do we.
fn python_worker_logs(call: &Call<'_>) -> Result<Generator> {
    call.arity(0..=0)?;
    Err(Error::new(
        "FEATURE_NOT_ENABLED",
        [
            ("featureName", "Python Worker Logging"),
            ("configKey", "spark.sql.pyspark.worker.logging.enabled"),
            ("configValue", "true"),
        ],
    )
    .at(call.origin.clone()))
}
