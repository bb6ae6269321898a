//! `kll_sketch_to_string_*`: a sketch's summary as Java's `toString` writes it.

use arrow::datatypes::DataType;
use datasketches::kll::KllSketch;

use super::kll::{Held, read};
use super::{B, exactly};
use crate::error::Result;
use crate::functions::Call;
use crate::functions::rows::lift;
use crate::plan::typed::Typed;

/// The smallest size of a level, as in all of Java's sketches.
const M: usize = 8;

pub(super) fn to_string<T: Held>(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = exactly(call, 0, &[B], "BINARY")?;
    let name = call.name;
    Ok(lift(
        call,
        "",
        vec![arg],
        (DataType::Utf8, false),
        move |row| Ok(summary(&read::<T>(row[0].bytes(), name)?).into()),
    ))
}

fn summary<T: Held>(sketch: &KllSketch<T>) -> String {
    let bytes = sketch.serialize();
    let (java, item_bytes) = T::JAVA;
    // The whole preamble stands only in sketches of two and more items.
    let levels = match bytes.get(18) {
        Some(levels) if sketch.n() > 1 => usize::from(*levels),
        _ => 1,
    };
    let is_sorted = bytes.get(3).is_some_and(|flags| flags & 2 != 0);
    let capacity: usize = (0..levels)
        .map(|level| level_capacity(usize::from(sketch.k()), levels - 1 - level))
        .sum();
    let extreme = |item: Option<&T>| item.map_or_else(|| "NaN".to_owned(), Held::text);
    let lines = [
        ("K", sketch.k().to_string()),
        ("Dynamic min K", sketch.min_k().to_string()),
        ("M", M.to_string()),
        ("N", sketch.n().to_string()),
        (
            "Epsilon",
            format!("{:.3}%", sketch.normalized_rank_error() * 100.0),
        ),
        (
            "Epsilon PMF",
            format!("{:.3}%", sketch.normalized_pmf_error() * 100.0),
        ),
        ("Empty", sketch.is_empty().to_string()),
        ("Estimation Mode", sketch.is_estimation_mode().to_string()),
        ("Levels", levels.to_string()),
        ("Level 0 Sorted", is_sorted.to_string()),
        ("Capacity Items", capacity.to_string()),
        ("Retained Items", sketch.num_retained().to_string()),
        (
            "Free Space",
            capacity.saturating_sub(sketch.num_retained()).to_string(),
        ),
        ("ReadOnly", "false".to_owned()),
        (
            "Updatable Storage Bytes",
            (20 + 4 * (levels + 1) + item_bytes * (2 + capacity)).to_string(),
        ),
        ("Compact Storage Bytes", bytes.len().to_string()),
        ("Min Item", extreme(sketch.min_item())),
        ("Max Item", extreme(sketch.max_item())),
    ];
    let mut out = format!("\n### Kll{java} Summary:\n");
    for (name, value) in lines {
        out.push_str(&format!("   {name:<23}: {value}\n"));
    }
    out + "### End sketch summary\n"
}

/// Two thirds of the size for each level below the top, rounded, in whole numbers.
fn level_capacity(k: usize, depth: usize) -> usize {
    let depth = u32::try_from(depth).unwrap_or(30).min(30);
    let twice = ((2 * k) << depth) / 3_usize.pow(depth);
    twice.div_ceil(2).max(M)
}
