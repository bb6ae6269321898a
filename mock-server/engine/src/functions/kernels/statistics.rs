//! Folds of numbers into one value, step by step as Spark does them, so that the last digit agrees:
//! moments, covariance, percentiles.

use arrow::array::{ArrayRef, AsArray, Float64Array, UInt32Array};
use arrow::compute::{sort_to_indices, take};
use arrow::datatypes::{Float64Type, Int64Type};

use crate::error::{Error, Result};

/// The column as doubles; builders cast before.
pub(crate) fn doubles(columns: &[ArrayRef], index: usize) -> Result<&Float64Array> {
    columns
        .get(index)
        .and_then(|column| column.as_primitive_opt::<Float64Type>())
        .ok_or_else(|| Error::internal("an aggregate of doubles got something else"))
}

/// `CentralMomentAgg`: mean and the sums of powers of deviations.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) n: f64,
    pub(crate) mean: f64,
    pub(crate) m2: f64,
    pub(crate) m3: f64,
    pub(crate) m4: f64,
}

/// The moments of the values in their order.
pub(crate) fn moments(values: &Float64Array) -> Moments {
    let mut all = Moments::default();
    for value in values.iter().flatten() {
        all.n += 1.0;
        let delta = value - all.mean;
        let delta_n = delta / all.n;
        all.mean += delta_n;
        let (delta2, delta_n2) = (delta * delta, delta_n * delta_n);
        all.m2 += delta * (delta - delta_n);
        all.m3 = all.m3 - 3.0 * delta_n * all.m2 + delta * (delta2 - delta_n2);
        all.m4 = all.m4 - 4.0 * delta_n * all.m3 - 6.0 * delta_n2 * all.m2
            + delta * (delta * delta2 - delta_n * delta_n2);
    }
    all
}

/// `Covariance` and `PearsonCorrelation`: sums of products of deviations.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pairs {
    pub(crate) n: f64,
    pub(crate) x_mean: f64,
    pub(crate) y_mean: f64,
    pub(crate) xy: f64,
    pub(crate) xx: f64,
    pub(crate) yy: f64,
}

/// The deviations of pairs in their order; both sides are set.
pub(crate) fn pairs(x: &Float64Array, y: &Float64Array) -> Pairs {
    let mut all = Pairs::default();
    for (x, y) in x.values().iter().zip(y.values()) {
        all.n += 1.0;
        let (dx, dy) = (x - all.x_mean, y - all.y_mean);
        all.x_mean += dx / all.n;
        all.y_mean += dy / all.n;
        all.xy += dx * (y - all.y_mean);
        all.xx += dx * (x - all.x_mean);
        all.yy += dy * (y - all.y_mean);
    }
    all
}

/// The values in ascending order, each as often as its frequency says.
pub(crate) fn sorted(values: &Float64Array, frequencies: Option<&ArrayRef>) -> Vec<f64> {
    let mut all: Vec<f64> = match frequencies {
        None => values.values().to_vec(),
        Some(frequencies) => {
            let frequencies = frequencies.as_primitive::<Int64Type>();
            values
                .values()
                .iter()
                .zip(frequencies.values())
                .flat_map(|(value, n)| {
                    std::iter::repeat_n(*value, usize::try_from(*n).unwrap_or(0))
                })
                .collect()
        }
    };
    all.sort_by(f64::total_cmp);
    all
}

/// `Percentile`: interpolated between the two nearest ranks.
pub(crate) fn percentile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "ranks as Spark computes them")]
    let position = last as f64 * fraction;
    let (lower, higher) = (position.floor(), position.ceil());
    let (low, high) = (*sorted.get(rank(lower))?, *sorted.get(rank(higher))?);
    if lower == higher || low == high {
        return Some(low);
    }
    Some((higher - position) * low + (position - lower) * high)
}

/// The discrete percentile: the first value whose share of rows reaches the fraction.
pub(crate) fn percentile_discrete(sorted: &[f64], fraction: f64) -> Option<f64> {
    sorted.get(share(sorted.len(), fraction)).copied()
}

fn rank(position: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is a small whole number"
    )]
    let rank = position as usize;
    rank
}

/// The place of the value that a share of all rows reaches.
fn share(n: usize, fraction: f64) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "ranks as Spark computes them")]
    let place = (n as f64 * fraction).ceil();
    rank(place).saturating_sub(1).min(n.saturating_sub(1))
}

/// The values at these shares of all rows, for `percentile_approx`.
pub(crate) fn at_shares(values: &ArrayRef, fractions: &[f64]) -> Result<ArrayRef> {
    let order = sort_to_indices(values, None, None)?;
    let places: UInt32Array = fractions
        .iter()
        .map(|fraction| (!order.is_empty()).then(|| order.value(share(order.len(), *fraction))))
        .collect();
    Ok(take(values, &places, None)?)
}
