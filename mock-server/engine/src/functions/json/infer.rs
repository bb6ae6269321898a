//! The type of JSON as Spark infers it, in `schema_of_json` and in files.

use datafusion::common::ScalarValue;

use arrow::datatypes::{DataType, Field};

use super::options::options;
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::cast::string::big_decimal;
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
    let inference = Inference::default();
    let found = inference.settled(inference.of(&value)?);
    let schema = sql_name(&found.unwrap_or_else(|| structure([])));
    let schema = ScalarValue::Utf8(Some(schema));
    let name = format!("schema_of_json({})", text.name);
    Ok(Typed::literal(schema, DataType::Utf8, name))
}

/// How types are inferred.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inference {
    pub(crate) primitives_as_string: bool,
    pub(crate) prefers_decimal: bool,
    /// Whether a member that was only ever null is no column.
    pub(crate) drops_nulls: bool,
}

impl Inference {
    /// `JsonInferSchema.inferField`.
    pub(crate) fn of(&self, value: &Value) -> Result<DataType> {
        Ok(match value {
            Value::Null => DataType::Null,
            Value::Bool(_) | Value::Number(_) if self.primitives_as_string => DataType::Utf8,
            Value::Bool(_) => DataType::Boolean,
            Value::Text(_) => DataType::Utf8,
            Value::Number(digits) => self.number(digits)?,
            Value::Array(items) => {
                let mut item = DataType::Null;
                for value in items {
                    item = both(item, self.of(value)?);
                }
                list(item, true)
            }
            Value::Object(members) => {
                let mut fields = members
                    .iter()
                    .map(|(name, value)| Ok(Field::new(name, self.of(value)?, true)))
                    .collect::<Result<Vec<_>>>()?;
                fields.sort_by(|a, b| a.name().cmp(b.name()));
                structure(fields)
            }
        })
    }

    fn number(&self, digits: &str) -> Result<DataType> {
        if digits.parse::<i64>().is_ok() {
            return Ok(DataType::Int64);
        }
        let whole = !digits.contains(['.', 'e', 'E']);
        if !whole && !self.prefers_decimal {
            return Ok(DataType::Float64);
        }
        let Some((precision, scale)) = big_decimal(digits).map(|found| found.shape()) else {
            return Ok(DataType::Float64);
        };
        if scale < 0 {
            return Err(Error::new(
                "NEGATIVE_SCALE_DISALLOWED",
                [
                    ("scale", scale.to_string()),
                    (
                        "sqlConf",
                        "\"spark.sql.legacy.allowNegativeScaleOfDecimal\"".to_owned(),
                    ),
                ],
            ));
        }
        Ok(
            match (u8::try_from(precision.max(scale)), i8::try_from(scale)) {
                (Ok(precision @ 1..=38), Ok(scale)) => DataType::Decimal128(precision, scale),
                _ => DataType::Float64,
            },
        )
    }

    /// What a type becomes when all values are seen; none if nothing is left of it.
    pub(crate) fn settled(&self, data_type: DataType) -> Option<DataType> {
        match data_type {
            DataType::Null => (!self.drops_nulls).then_some(DataType::Utf8),
            DataType::List(item) => {
                let item = self.settled(item.data_type().clone())?;
                Some(list(item, true))
            }
            // Structs that had no field in any record are no columns.
            DataType::Struct(fields) => {
                let fields: Vec<Field> = fields
                    .iter()
                    .filter_map(|field| {
                        let inner = self.settled(field.data_type().clone())?;
                        Some(Field::new(field.name(), inner, true))
                    })
                    .collect();
                (!fields.is_empty()).then(|| structure(fields))
            }
            other => Some(other),
        }
    }
}

/// `JsonInferSchema.compatibleType`.
pub(crate) fn both(left: DataType, right: DataType) -> DataType {
    use DataType::{Decimal128, Float64, Int64, List, Null, Struct};
    match (left, right) {
        (Null, other) | (other, Null) => other,
        (a, b) if a == b => a,
        (Float64, Int64 | Decimal128(..)) | (Int64 | Decimal128(..), Float64) => Float64,
        (Int64, Decimal128(p, s)) | (Decimal128(p, s), Int64) => {
            Decimal128(p.max(20u8.saturating_add_signed(s)), s)
        }
        (Decimal128(p, s), Decimal128(q, t)) => {
            let scale = s.max(t);
            let whole = (i16::from(p) - i16::from(s)).max(i16::from(q) - i16::from(t));
            match u8::try_from(whole + i16::from(scale)) {
                Ok(precision @ 1..=38) => Decimal128(precision, scale),
                _ => Float64,
            }
        }
        (List(a), List(b)) => list(both(a.data_type().clone(), b.data_type().clone()), true),
        (Struct(a), Struct(b)) => {
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
