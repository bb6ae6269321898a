//! Functions with lambdas: what each binds its lambdas to, and what it makes of their answers.
//!
//! The bodies are evaluated by `lambda_body.rs`, over all items of a batch together; how a body
//! is resolved is the planner's business.

mod arrays;
mod higher;
mod maps;
mod sort;

use crate::functions::{Function, higher_order};
use arrays::{aggregate, filter, quantified, transform, zip_with};
use maps::{map_filter, map_transform, map_zip_with};
use sort::array_sort;

pub(super) const TABLE: &[Function] = &[
    higher_order("aggregate", aggregate),
    higher_order("array_sort", array_sort),
    higher_order("exists", |call| quantified(call, true)),
    higher_order("filter", filter),
    higher_order("forall", |call| quantified(call, false)),
    higher_order("map_filter", map_filter),
    higher_order("map_zip_with", map_zip_with),
    higher_order("reduce", aggregate),
    higher_order("transform", transform),
    higher_order("transform_keys", |call| map_transform(call, true)),
    higher_order("transform_values", |call| map_transform(call, false)),
    higher_order("zip_with", zip_with),
];
