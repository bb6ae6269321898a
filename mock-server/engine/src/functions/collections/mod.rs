//! Arrays, maps and structs: building them and asking them. Most answers are places in the flat
//! items, gathered with one `take`.
//!
//! Functions with lambdas have a file of their own.

mod access;
mod build;
mod concat;
mod items;
mod map_sources;
mod maps;
mod order;
mod ranges;
mod search;
mod sets;
mod zip;

use crate::functions::{Function, scalar};
use access::{element_at, item, size, slice};
use build::{array, array_repeat, named_struct, structure};
use concat::{concatenated, flatten};
use items::{array_arg, chosen, chosen_by_key, is_set};
use map_sources::{map_concat, map_from_entries, str_to_map};
use maps::{Part, map_contains_key, map_from_arrays, map_of, map_part, map_value};
use order::{array_extreme, reverse, shuffle, sort_array};
use ranges::sequence;
use search::{added, array_contains, array_insert, array_join, array_position, array_remove};
use sets::{Two, distinct, of_two};
use zip::arrays_zip;

pub(crate) use items::comparable;
pub(super) use items::{gathered, keys, one_zero, place, range};
pub(super) use maps::{checked_map, entries_of, map_fields};

pub(super) const TABLE: &[Function] = &[
    scalar("array", array),
    scalar("array_append", |call| added(call, false)),
    scalar("array_compact", |call| {
        chosen(call, |_, items, range| {
            let is_set = is_set(items);
            range.filter(|place| is_set(*place)).collect()
        })
    }),
    scalar("array_contains", array_contains),
    scalar("array_distinct", |call| chosen_by_key(call, distinct)),
    scalar("array_except", |call| of_two(call, Two::Except)),
    scalar("array_insert", array_insert),
    scalar("array_intersect", |call| of_two(call, Two::Intersect)),
    scalar("array_join", array_join),
    scalar("array_max", |call| array_extreme(call, true)),
    scalar("array_min", |call| array_extreme(call, false)),
    scalar("array_position", array_position),
    scalar("array_prepend", |call| added(call, true)),
    scalar("array_remove", array_remove),
    scalar("array_repeat", array_repeat),
    scalar("array_size", |call| {
        call.arity(1..=1)?;
        array_arg(call)?;
        size(call)
    }),
    scalar("array_union", |call| of_two(call, Two::Union)),
    scalar("arrays_overlap", |call| of_two(call, Two::Overlap)),
    scalar("arrays_zip", arrays_zip),
    scalar("cardinality", size),
    scalar("concat", concatenated),
    scalar("element_at", |call| element_at(call, call.context.ansi)),
    scalar("flatten", flatten),
    scalar("get", |call| item(call, false)),
    scalar("get_array_item", |call| item(call, call.context.ansi)),
    scalar("get_map_value", map_value),
    scalar("map", map_of),
    scalar("map_concat", map_concat),
    scalar("map_contains_key", map_contains_key),
    scalar("map_entries", |call| map_part(call, Part::Entries)),
    scalar("map_from_arrays", map_from_arrays),
    scalar("map_from_entries", map_from_entries),
    scalar("map_keys", |call| map_part(call, Part::Keys)),
    scalar("map_values", |call| map_part(call, Part::Values)),
    scalar("named_struct", named_struct),
    scalar("reverse", reverse),
    scalar("sequence", sequence),
    scalar("shuffle", shuffle),
    scalar("size", size),
    scalar("slice", slice),
    scalar("sort_array", sort_array),
    scalar("str_to_map", str_to_map),
    scalar("struct", structure),
    scalar("||", concatenated),
    scalar("try_element_at", |call| element_at(call, false)),
];
