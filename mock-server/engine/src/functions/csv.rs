//! One line of CSV as a struct and back: `from_csv`, `to_csv`, `schema_of_csv`.
//!
//! How CSV is read and written is known in `io/csv`, which files use too.

use std::sync::Arc;

use arrow::array::builder::StringBuilder;
use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::ScalarValue;

use super::json::constant_pairs;
use super::kernel::Kernel;
use super::{Call, Function, scalar};
use crate::error::{Error, Result};
use crate::io::csv::infer::infer_line;
use crate::io::csv::read::{CsvReader, malformed_record};
use crate::io::csv::write::CsvWriter;
use crate::io::csv::{Dialect, Mode};
use crate::io::options::Options;
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::{nullable, relabel, structure};
use crate::types::sql_name;

const S: DataType = DataType::Utf8;

pub(super) const TABLE: &[Function] = &[
    scalar("from_csv", from_csv),
    scalar("schema_of_csv", schema_of_csv),
    scalar("to_csv", to_csv),
];

/// The options that stand at `index`, if any do.
fn options(call: &Call<'_>, index: usize) -> Result<Options> {
    let Some(value) = call.args.get(index) else {
        return Ok(Options::default());
    };
    let pairs = constant_pairs(value)
        .ok_or_else(|| Error::of("INVALID_OPTIONS.NON_MAP_FUNCTION").at(call.origin.clone()))?;
    Ok(Options::new(pairs.iter().map(|(key, value)| (key, value))))
}

fn from_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    let text = call.implicit(0, &S)?;
    let name = format!("from_csv({})", text.name);
    let schema = call.schema_text(1)?;
    let data_type =
        crate::types::proto::type_or_row(schema).map_err(|error| error.at(call.origin.clone()))?;
    let DataType::Struct(fields) = nullable(&data_type) else {
        return Err(Error::new(
            "INVALID_SCHEMA.NON_STRUCT_TYPE",
            [
                ("inputSchema", format!("\"{schema}\"")),
                ("dataType", format!("\"{}\"", sql_name(&data_type))),
            ],
        )
        .at(call.origin.clone()));
    };
    let dialect = Dialect::new(&options(call, 2)?, call.context)?;
    let mode = dialect.mode;
    if mode == Mode::DropMalformed {
        return Err(Error::new(
            "PARSE_MODE_UNSUPPORTED",
            [("funcName", "`from_csv`"), ("mode", mode.name())],
        )
        .at(call.origin.clone()));
    }
    let identity = dialect.identity();
    let reader = CsvReader::new(dialect, Arc::new(Schema::new(fields.clone())))?;
    let result = (DataType::Struct(fields.clone()), text.nullable);
    Ok(Kernel::typed(
        "from_csv",
        identity,
        result,
        vec![text.expr],
        name,
        move |args| {
            let lines = args.array(0)?;
            let texts = lines.as_string::<i32>();
            let (columns, malformed) = reader.lines(texts)?;
            let refused = (0..lines.len()).find(|row| malformed[*row] && lines.is_valid(*row));
            if let (Mode::FailFast, Some(row)) = (mode, refused) {
                return Err(malformed_record(texts.value(row), mode));
            }
            let nulls = lines.nulls().cloned();
            let found =
                StructArray::try_new_with_length(fields.clone(), columns, nulls, args.rows)?;
            Ok(Arc::new(found) as ArrayRef)
        },
    ))
}

fn to_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let arg = call.arg(0)?;
    let name: Arc<str> = format!("to_csv({})", arg.name).into();
    let fields = match &arg.data_type {
        DataType::Struct(fields) => fields.clone(),
        DataType::Null => return Ok(Typed::null(S).named(name)),
        _ => return Err(call.unexpected_type(0, "STRUCT")),
    };
    let writer = CsvWriter::new(&options(call, 1)?, &fields, call.context)?;
    let identity = writer.identity();
    // Says which fields intervals have; plans do not know.
    let data_type = arg.data_type.clone();
    Ok(Kernel::typed(
        "to_csv",
        identity,
        (S, true),
        vec![arg.expr.clone()],
        name,
        move |args| {
            let rows = relabel(&args.array(0)?, &data_type)?;
            let mut out = StringBuilder::new();
            let mut row = 0;
            writer.lines(rows.as_struct().columns(), args.rows, |line| {
                out.append_option(rows.is_valid(row).then_some(line));
                row += 1;
            })?;
            Ok(Arc::new(out.finish()))
        },
    ))
}

/// The types of one line's values; columns are `_c0`, `_c1`, ….
fn schema_of_csv(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let text = call.implicit(0, &S)?;
    let dialect = Dialect::new(&options(call, 1)?, call.context)?;
    call.foldable(0, "csv")?;
    let ScalarValue::Utf8(Some(line)) = evaluate(&text.expr)? else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_NULL",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "csv".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    };
    let schema = sql_name(&structure(infer_line(&dialect, &line)?));
    let schema = ScalarValue::Utf8(Some(schema));
    let name = format!("schema_of_csv({})", text.name);
    Ok(Typed::literal(schema, S, name))
}
