//! `schema_of_json`: the type of a text, as Spark infers it.

use datafusion::common::ScalarValue;

use arrow::datatypes::{DataType, Field};

use super::options::options;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::json::{Value, parse};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::arrow::{list, structure};
use crate::types::sql_name;

/// The argument must be a constant, and so is the answer.
pub(super) fn schema_of_json(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let text = call.implicit(0, &DataType::Utf8)?;
    let options = options(call, 1)?;
    call.foldable(0, "json")?;
    let ScalarValue::Utf8(Some(json)) = evaluate(&text.expr)? else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_NULL",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "json".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    };
    let Some(value) = parse(&json, options.unquoted_names) else {
        return Err(Error::unsupported(format!(
            "`schema_of_json` of '{json}', which is no JSON"
        )));
    };
    let schema = sql_name(&canonical(infer(&value)));
    let schema = ScalarValue::Utf8(Some(schema));
    let name = format!("schema_of_json({})", text.name);
    Ok(Typed::literal(schema, DataType::Utf8, name))
}

/// `JsonInferSchema.inferField`.
fn infer(value: &Value) -> DataType {
    match value {
        Value::Null => DataType::Null,
        Value::Bool(_) => DataType::Boolean,
        Value::Text(_) => DataType::Utf8,
        Value::Number(digits) => number(digits),
        Value::Array(items) => {
            let item = items.iter().map(infer).fold(DataType::Null, both);
            list(item, true)
        }
        Value::Object(members) => {
            let mut fields: Vec<Field> = members
                .iter()
                .map(|(name, value)| Field::new(name, infer(value), true))
                .collect();
            fields.sort_by(|a, b| a.name().cmp(b.name()));
            structure(fields)
        }
    }
}

fn number(digits: &str) -> DataType {
    if digits.contains(['.', 'e', 'E']) {
        return DataType::Float64;
    }
    if digits.parse::<i64>().is_ok() {
        return DataType::Int64;
    }
    match u8::try_from(digits.trim_start_matches('-').len()) {
        Ok(precision) if precision <= 38 => DataType::Decimal128(precision, 0),
        _ => DataType::Float64,
    }
}

/// `JsonInferSchema.compatibleType`.
fn both(left: DataType, right: DataType) -> DataType {
    match (left, right) {
        (DataType::Null, other) | (other, DataType::Null) => other,
        (a, b) if a == b => a,
        (DataType::Float64, DataType::Int64 | DataType::Decimal128(..))
        | (DataType::Int64 | DataType::Decimal128(..), DataType::Float64) => DataType::Float64,
        (DataType::Int64, DataType::Decimal128(p, s))
        | (DataType::Decimal128(p, s), DataType::Int64) => DataType::Decimal128(p.max(20), s),
        (DataType::Decimal128(p, _), DataType::Decimal128(q, _)) => {
            DataType::Decimal128(p.max(q), 0)
        }
        (DataType::List(a), DataType::List(b)) => {
            list(both(a.data_type().clone(), b.data_type().clone()), true)
        }
        (DataType::Struct(a), DataType::Struct(b)) => {
            let mut fields: Vec<Field> = a.iter().map(|field| field.as_ref().clone()).collect();
            for field in &b {
                match fields.iter_mut().find(|known| known.name() == field.name()) {
                    Some(known) => {
                        let merged = both(known.data_type().clone(), field.data_type().clone());
                        *known = Field::new(known.name(), merged, true);
                    }
                    None => fields.push(field.as_ref().clone()),
                }
            }
            fields.sort_by(|a, b| a.name().cmp(b.name()));
            structure(fields)
        }
        _ => DataType::Utf8,
    }
}

/// What was only ever null is text.
fn canonical(data_type: DataType) -> DataType {
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => list(canonical(item.data_type().clone()), true),
        // Structs that had no field in any record are no columns.
        DataType::Struct(fields) => structure(fields.iter().filter_map(|field| {
            let inner = canonical(field.data_type().clone());
            let empty = matches!(&inner, DataType::Struct(fields) if fields.is_empty());
            (!empty).then(|| Field::new(field.name(), inner, true))
        })),
        other => other,
    }
}
