//! `count_min_sketch`: how often values come, never too small, in Spark's own bytes.

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::{Item, each, exactly, foldable, folded, unexpected_null};
use crate::error::{Error, Result};
use crate::functions::hashes::murmur_bytes;
use crate::functions::kernels::java_random::JavaRandom;
use crate::functions::kernels::text;
use crate::functions::{Call, CastMode, cast};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;

/// A Mersenne prime; hashes are taken modulo it.
const PRIME: i64 = (1 << 31) - 1;

pub(super) fn count_min_sketch(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    if call.args.len() == 3 {
        return Err(Error::new(
            "REQUIRED_PARAMETER_NOT_FOUND",
            [
                ("routineName", "`count_min_sketch`"),
                ("parameterName", "`seed`"),
                ("index", "0"),
            ],
        )
        .at(call.origin.clone()));
    }
    let required = "(\"INTEGRAL\" or \"STRING\" or \"BINARY\")";
    let types = [
        DataType::Int64,
        DataType::Int32,
        DataType::Int16,
        DataType::Int8,
        DataType::Utf8,
        DataType::Binary,
    ];
    let arg = exactly(call, 0, &types, required)?;
    let epsilon = constant(call, 1, "eps", (DataType::Float64, "DOUBLE"))?;
    let confidence = constant(call, 2, "confidence", (DataType::Float64, "DOUBLE"))?;
    let seed = constant(call, 3, "seed", (DataType::Int32, "INT"))?;
    let (ScalarValue::Float64(Some(epsilon)), ScalarValue::Float64(Some(confidence))) =
        (epsilon, confidence)
    else {
        return Err(Error::internal("a checked constant is no double"));
    };
    if epsilon <= 0.0 {
        return Err(outside(
            call,
            ("eps", epsilon),
            "(0.0, 1.7976931348623157E308]",
        ));
    }
    if confidence <= 0.0 || confidence >= 1.0 {
        return Err(outside(call, ("confidence", confidence), "(0.0, 1.0]"));
    }
    let seed = match seed {
        ScalarValue::Int32(Some(seed)) => i64::from(seed),
        ScalarValue::Int64(Some(seed)) => seed,
        _ => return Err(Error::internal("a checked constant is no int")),
    };
    let arg = match arg.data_type {
        DataType::Int8 | DataType::Int16 => {
            let mode = CastMode::implicit(call.context);
            cast(call.context, arg, &DataType::Int64, mode, None)?
        }
        _ => arg,
    };
    let options = format!("{epsilon} {confidence} {seed}");
    let finish = move |column: &ArrayRef| {
        let mut sketch = Sketch::new(epsilon, confidence, seed);
        each(column, |item| sketch.add(&item))?;
        Ok(sketch.bytes())
    };
    Ok(folded(call, (arg, 1), options, finish))
}

/// A constant of just this type.
fn constant(
    call: &Call<'_>,
    index: usize,
    what: &str,
    (to, shown): (DataType, &str),
) -> Result<ScalarValue> {
    let arg = exactly(call, index, std::slice::from_ref(&to), shown)?;
    foldable(call, index, what, &to)?;
    let value = evaluate(&arg.expr)?;
    if value.is_null() {
        return Err(unexpected_null(call, what));
    }
    Ok(value)
}

fn outside(call: &Call<'_>, (name, value): (&str, f64), range: &str) -> Error {
    Error::new(
        "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("exprName", name.to_owned()),
            ("valueRange", range.to_owned()),
            ("currentValue", format!("{}D", text::double(value))),
        ],
    )
    .at(call.origin.clone())
}

/// Spark's `CountMinSketchImpl`.
struct Sketch {
    width: i64,
    factors: Vec<i64>,
    table: Vec<Vec<i64>>,
    total: i64,
}

impl Sketch {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float's whole part is wanted"
    )]
    fn new(epsilon: f64, confidence: f64, seed: i64) -> Self {
        let width = (2.0 / epsilon).ceil() as i64;
        let depth = (-(1.0 - confidence).ln() / 2.0_f64.ln()).ceil() as i64;
        let mut random = JavaRandom::new(seed);
        let factors: Vec<i64> = (0..depth)
            .map(|_| i64::from(random.next_below(i32::MAX)))
            .collect();
        let row = vec![0; usize::try_from(width).unwrap_or(0)];
        Self {
            width,
            table: vec![row; factors.len()],
            factors,
            total: 0,
        }
    }

    fn add(&mut self, item: &Item<'_>) {
        self.total += 1;
        let places: Vec<i64> = match item {
            Item::Bytes(bytes) => {
                let first = signed(murmur_bytes(bytes, 0));
                let second = signed(murmur_bytes(bytes, unsigned(first)));
                (0..self.factors.len())
                    .map(|row| {
                        let row = i32::try_from(row).unwrap_or(i32::MAX);
                        let hash = first.wrapping_add(row.wrapping_mul(second));
                        (i64::from(hash) % self.width).abs()
                    })
                    .collect()
            }
            Item::Whole(number) => self
                .factors
                .iter()
                .map(|factor| {
                    let hash = factor.wrapping_mul(*number);
                    let hash = hash.wrapping_add(hash >> 32) & PRIME;
                    hash % self.width
                })
                .collect(),
            Item::Double(_) | Item::Wholes(_) => Vec::new(),
        };
        for (row, place) in self.table.iter_mut().zip(places) {
            let cell = usize::try_from(place)
                .ok()
                .and_then(|place| row.get_mut(place));
            if let Some(cell) = cell {
                *cell += 1;
            }
        }
    }

    /// Version 1 of the format, as Java's `DataOutputStream` writes it.
    fn bytes(&self) -> Vec<u8> {
        let int = |n: i64| i32::try_from(n).unwrap_or(i32::MAX).to_be_bytes();
        let depth = i64::try_from(self.factors.len()).unwrap_or(i64::MAX);
        let mut out = Vec::new();
        out.extend(int(1));
        out.extend(self.total.to_be_bytes());
        out.extend(int(depth));
        out.extend(int(self.width));
        let cells = self.factors.iter().chain(self.table.iter().flatten());
        out.extend(cells.flat_map(|cell| cell.to_be_bytes()));
        out
    }
}

fn signed(hash: u32) -> i32 {
    i32::from_ne_bytes(hash.to_ne_bytes())
}

fn unsigned(hash: i32) -> u32 {
    u32::from_ne_bytes(hash.to_ne_bytes())
}
