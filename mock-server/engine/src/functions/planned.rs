//! What Spark has and this server has not, where no family's table has a place for it: refused by
//! name. The test in `table.rs` holds all tables against the names that Spark lists.

use super::{Call, Function, Generator, aggregate, generator, planned, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;

pub(super) const TABLE: &[Function] = &[
    planned("approx_top_k_estimate"),
    scalar("bucket", partition_transform),
    scalar("case", case),
    scalar("cast", cast),
    scalar("current_time", time),
    scalar("days", partition_transform),
    planned("from_avro"),
    planned("from_protobuf"),
    scalar("hours", partition_transform),
    scalar("make_time", time),
    scalar("months", partition_transform),
    aggregate("percentile_cont", without_order),
    aggregate("percentile_disc", without_order),
    generator("range", range),
    planned("schema_of_avro"),
    scalar("st_asbinary", |call| geospatial(call, 1)),
    scalar("st_geogfromwkb", |call| geospatial(call, 1)),
    scalar("st_geomfromwkb", |call| geospatial(call, 1)),
    scalar("st_setsrid", |call| geospatial(call, 2)),
    scalar("st_srid", |call| geospatial(call, 1)),
    scalar("time", time),
    scalar("time_diff", time),
    scalar("time_trunc", time),
    planned("to_avro"),
    planned("to_protobuf"),
    scalar("to_time", time),
    planned("try_reflect"),
    scalar("try_to_time", time),
    scalar("years", partition_transform),
];

/// `CASE` is syntax; a call of its name means the user's own function.
fn case(call: &Call<'_>) -> Result<Typed> {
    let error = Error::new("ROUTINE_NOT_FOUND", [("routineName", "`default`.`case`")]);
    Err(error.at(call.origin.clone()))
}

/// `CAST` is syntax; Spark counts the arguments of a call as too many, however few.
fn cast(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    Err(Error::unsupported("a call of `cast`").at(call.origin.clone()))
}

/// `percentile_cont(0.5)` needs its `WITHIN GROUP`; with it, it is a row of the aggregates.
fn without_order(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let error = Error::new(
        "INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING",
        [("funcName", format!("`{}`", call.name))],
    );
    Err(error.at(call.origin.clone()))
}

/// `range(3)` is planned as a relation before its row is looked at.
fn range(_: &Call<'_>) -> Result<Generator> {
    Err(Error::internal("range came to be a generator"))
}

/// Spark 4.1 has the TIME type switched off, and refuses what yields one.
fn time(call: &Call<'_>) -> Result<Typed> {
    if call.name == "time_diff" {
        call.arity(3..=3)?;
    }
    // Spark tells no place.
    Err(Error::of("UNSUPPORTED_TIME_TYPE"))
}

/// Spark 4.1 has its geospatial types switched off, and refuses what makes or takes one.
fn geospatial(call: &Call<'_>, n_args: usize) -> Result<Typed> {
    call.arity(n_args..=n_args)?;
    Err(Error::of("UNSUPPORTED_FEATURE.GEOSPATIAL_DISABLED"))
}

/// `years(d)` and its kin mean something in PARTITIONED BY only.
fn partition_transform(call: &Call<'_>) -> Result<Typed> {
    let expression = format!("\"{}(boundreference())\"", call.name);
    Err(Error::new(
        "PARTITION_TRANSFORM_EXPRESSION_NOT_IN_PARTITIONED_BY",
        [("expression", expression)],
    ))
}
