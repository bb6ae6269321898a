//! All function tables together, and finding a row by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{
    Build, Function, aggregates, arithmetic, bitmaps, cast, chance, collections, comparison,
    conditional, csv, datetime, encryption, generators, hashes, json, lambdas, math, misc, pandas,
    planned, regex, sketches, strings, tables, variant, windows, xml,
};

const GROUPS: &[&[Function]] = &[
    aggregates::TABLE,
    aggregates::pandas::TABLE,
    arithmetic::TABLE,
    bitmaps::TABLE,
    cast::TABLE,
    chance::TABLE,
    collections::TABLE,
    comparison::TABLE,
    conditional::TABLE,
    csv::TABLE,
    datetime::TABLE,
    encryption::TABLE,
    generators::TABLE,
    hashes::TABLE,
    json::TABLE,
    lambdas::TABLE,
    math::TABLE,
    misc::TABLE,
    pandas::TABLE,
    planned::TABLE,
    regex::TABLE,
    sketches::TABLE,
    strings::TABLE,
    tables::TABLE,
    variant::TABLE,
    windows::TABLE,
    xml::TABLE,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    GROUPS
        .iter()
        .flat_map(|group| group.iter())
        .map(|row| (row.name, row))
        .collect()
});

/// The row of a function; names ignore case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    BY_NAME
        .get(name)
        .copied()
        .or_else(|| BY_NAME.get(name.to_ascii_lowercase().as_str()).copied())
}

/// Whether a function is known to DataFrames and not to SQL.
pub(crate) fn only_dataframes(name: &str) -> bool {
    name == "product"
        || [aggregates::pandas::TABLE, pandas::TABLE]
            .iter()
            .any(|group| group.iter().any(|row| row.name == name))
}

/// Every function of Spark by name, and whether it is offered; the others are refused.
pub fn offered() -> Vec<(&'static str, bool)> {
    GROUPS
        .iter()
        .flat_map(|group| group.iter())
        .map(|row| (row.name, !matches!(row.build, Build::Planned)))
        .collect()
}

/// The names that SHOW FUNCTIONS lists, in order.
pub(crate) fn listed() -> impl Iterator<Item = &'static str> {
    let names = include_str!("spark-names.txt").lines().skip(1);
    names.filter(|name| !CLIENTS_OWN.contains(name))
}

/// Names that Spark's Python client asks for and that are not listed.
const CLIENTS_OWN: [&str; 5] = ["bucket", "days", "hours", "months", "years"];

/// Known names close to a misspelt one, nearest first.
pub(crate) fn nearest_names(name: &str) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    let mut near: Vec<(usize, &'static str)> = BY_NAME
        .keys()
        .map(|known| (strsim::levenshtein(&lower, known), *known))
        .filter(|(distance, _)| *distance <= 2)
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::{BY_NAME, GROUPS};

    #[test]
    fn every_function_of_spark_has_a_row() {
        let names = include_str!("spark-names.txt").lines().skip(1);
        let missing: Vec<&str> = names.filter(|name| super::find(name).is_none()).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn every_name_has_one_row_in_lower_case() {
        let rows: usize = GROUPS.iter().map(|group| group.len()).sum();
        assert_eq!(rows, BY_NAME.len());
        assert!(
            BY_NAME
                .keys()
                .all(|name| *name == name.to_ascii_lowercase())
        );
    }
}
