//! What chance decides: random numbers and texts. The same seed gives Spark's own.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use parking_lot::Mutex;

use super::hashes::murmur_words;
use super::kernel::Kernel;
use super::{Call, CastMode, Function, cast, scalar};
use crate::error::{Error, Result};
use crate::plan::expression::evaluate;
use crate::plan::typed::Typed;
use crate::types::coerce::{is_integral, is_numeric};

const D: DataType = DataType::Float64;

pub(super) const TABLE: &[Function] = &[
    scalar("rand", |call| random(call, false)),
    scalar("randn", |call| random(call, true)),
    scalar("random", |call| random(call, false)),
    scalar("randstr", randstr),
    scalar("uniform", uniform),
];

/// Spark's `XORShiftRandom` under Java's `nextDouble` and `nextGaussian`.
#[derive(Debug)]
struct Chance {
    seed: u64,
    spare: Option<f64>,
}

impl Chance {
    fn new(seed: i64) -> Self {
        let bytes = seed.to_be_bytes();
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let words = [word(0), word(4)];
        // The seed of Scala's hash of arrays.
        let low = murmur_words(&words, 0x3c07_4a61, 8);
        let high = murmur_words(&words, low, 8);
        Self {
            seed: (u64::from(high) << 32) | u64::from(low),
            spare: None,
        }
    }

    fn bits(&mut self, n: u32) -> u64 {
        let mut next = self.seed ^ (self.seed << 21);
        next ^= next >> 35;
        next ^= next << 4;
        self.seed = next;
        next & ((1 << n) - 1)
    }

    /// `nextInt()`.
    fn int(&mut self) -> i32 {
        let low = u32::try_from(self.bits(32)).unwrap_or(0);
        i32::from_ne_bytes(low.to_ne_bytes())
    }

    fn double(&mut self) -> f64 {
        let whole = (self.bits(26) << 27) + self.bits(27);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let value = whole as f64 / (1_u64 << 53) as f64;
        value
    }

    /// One of 62 letters and digits.
    fn sign(&mut self) -> char {
        let place = u32::try_from((self.int() % 62).abs()).unwrap_or(0);
        let code = match place {
            0..=9 => u32::from('0') + place,
            10..=35 => u32::from('a') + place - 10,
            _ => u32::from('A') + place - 36,
        };
        char::from_u32(code).unwrap_or('0')
    }

    fn gaussian(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.double() - 1.0, 2.0 * self.double() - 1.0);
            let s = a * a + b * b;
            if s < 1.0 && s != 0.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(b * factor);
                return a * factor;
            }
        }
    }
}

fn random(call: &Call<'_>, normal: bool) -> Result<Typed> {
    call.arity(0..=1)?;
    let seed = match call.args.first() {
        None => fresh_seed(),
        Some(arg) if arg.is_foldable() => seed(call, 0)?,
        Some(_) => return Err(call.unexpected_type(0, SEED)),
    };
    let chance = Mutex::new(Chance::new(seed));
    let identity = format!("{seed} {normal} {}", uuid::Uuid::new_v4());
    let expr = Kernel::volatile("rand", identity, (D, false), Vec::new(), move |args| {
        let mut chance = chance.lock();
        let all = (0..args.rows).map(|_| {
            if normal {
                chance.gaussian()
            } else {
                chance.double()
            }
        });
        Ok(Arc::new(Float64Array::from_iter_values(all)) as ArrayRef)
    });
    Ok(Typed::new(expr, D, false, call.default_name()))
}

fn fresh_seed() -> i64 {
    i64::from_le_bytes(uuid::Uuid::new_v4().as_u64_pair().0.to_le_bytes())
}

/// Refuses a computed argument; Spark tells its type in words of its own here.
fn constant(call: &Call<'_>, index: usize, what: &str, kind: &str) -> Result<()> {
    call.foldable(index, what)
        .map_err(|error| error.with("inputType", kind))
}

/// What a seed must be.
const SEED: &str = "(\"INT\" or \"BIGINT\")";

/// The seed at a place: null counts as zero.
fn seed(call: &Call<'_>, index: usize) -> Result<i64> {
    let Some(arg) = call.args.get(index) else {
        return Ok(fresh_seed());
    };
    let fits = matches!(
        arg.data_type,
        DataType::Int32 | DataType::Int64 | DataType::Null
    );
    if !fits {
        return Err(call.unexpected_type(index, SEED));
    }
    constant(call, index, "seed", "integer")?;
    match evaluate(&arg.expr)?.cast_to(&DataType::Int64)? {
        ScalarValue::Int64(seed) => Ok(seed.unwrap_or(0)),
        _ => Ok(0),
    }
}

/// `randstr(length[, seed])`: letters and digits.
fn randstr(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let length = call.implicit(0, &DataType::Int32)?;
    constant(call, 0, "length", "integer")?;
    let seed = seed(call, 1)?;
    let length = match evaluate(&length.expr)? {
        ScalarValue::Int32(length) => length.unwrap_or(0),
        _ => 0,
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(Error::new(
            "INVALID_PARAMETER_VALUE.LENGTH",
            [
                ("parameter", "`length`".to_owned()),
                ("length", length.to_string()),
                ("functionName", "`randstr`".to_owned()),
            ],
        ));
    };
    let chance = Mutex::new(Chance::new(seed));
    let identity = format!("{seed} {length} {}", uuid::Uuid::new_v4());
    let result = (DataType::Utf8, false);
    let expr = Kernel::volatile("randstr", identity, result, Vec::new(), move |args| {
        let mut chance = chance.lock();
        let texts =
            (0..args.rows).map(|_| -> String { (0..length).map(|_| chance.sign()).collect() });
        Ok(Arc::new(StringArray::from_iter_values(texts)) as ArrayRef)
    });
    Ok(Typed::new(expr, DataType::Utf8, false, call.default_name()))
}

/// `uniform(min, max[, seed])`: a number between, of the wider type.
fn uniform(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=3)?;
    for index in [0, 1] {
        let data_type = &call.arg(index)?.data_type;
        if !is_numeric(data_type) && *data_type != DataType::Null {
            return Err(call.unexpected_type(index, "NUMERIC"));
        }
    }
    let (low, high) = (call.arg(0)?, call.arg(1)?);
    constant(call, 0, "min", "integer or floating-point")?;
    constant(call, 1, "max", "integer or floating-point")?;
    let seed = seed(call, 2)?;
    let name = call.default_name();
    if [low, high]
        .iter()
        .any(|arg| arg.data_type == DataType::Null)
    {
        // Spark calls it not null all the same, which no column of nulls can be here.
        return Ok(Typed::null(D).named(name));
    }
    let result = between(&low.data_type, &high.data_type);
    let convert = |value: Typed, to: &DataType| {
        let mode = CastMode::implicit(call.context);
        cast(call.context, value, to, mode, call.origin.clone())
    };
    let span = super::call(call.context, "-", vec![high.clone(), low.clone()])?;
    let seed = Typed::literal(ScalarValue::Int64(Some(seed)), DataType::Int64, "");
    let share = super::call(call.context, "rand", vec![seed])?;
    let part = super::call(call.context, "*", vec![share, convert(span, &D)?])?;
    let found = super::call(call.context, "+", vec![convert(low.clone(), &D)?, part])?;
    let found = convert(found, &result)?;
    Ok(Typed {
        nullable: false,
        ..found.named(name)
    })
}

/// The type of a number between two.
fn between(left: &DataType, right: &DataType) -> DataType {
    let either = |wanted: &DataType| left == wanted || right == wanted;
    if is_integral(left) && is_integral(right) {
        let widest = [DataType::Int64, DataType::Int32, DataType::Int16];
        return widest
            .into_iter()
            .find(|wanted| either(wanted))
            .unwrap_or(DataType::Int8);
    }
    for wanted in [D, DataType::Float32] {
        if either(&wanted) {
            return wanted;
        }
    }
    match (left, right) {
        (DataType::Decimal128(p, _), DataType::Decimal128(q, _)) if q > p => right.clone(),
        (DataType::Decimal128(..), _) => left.clone(),
        _ => right.clone(),
    }
}
