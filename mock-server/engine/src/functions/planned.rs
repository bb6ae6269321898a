//! What Spark has and this server has not, where no family's table has a place for it: refused by
//! name. The test in `table.rs` holds all tables against the names that Spark lists.

use super::{Call, Function, planned, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;

pub(super) const TABLE: &[Function] = &[
    planned("approx_top_k_estimate"),
    scalar("bucket", partition_transform),
    planned("case"),
    planned("cast"),
    planned("collations"),
    scalar("current_time", time),
    scalar("days", partition_transform),
    planned("from_avro"),
    planned("from_protobuf"),
    planned("from_xml"),
    planned("hll_sketch_estimate"),
    planned("hll_union"),
    scalar("hours", partition_transform),
    planned("is_variant_null"),
    planned("kll_merge_agg_bigint"),
    planned("kll_merge_agg_double"),
    planned("kll_merge_agg_float"),
    planned("kll_sketch_agg_bigint"),
    planned("kll_sketch_agg_double"),
    planned("kll_sketch_agg_float"),
    planned("kll_sketch_get_n_bigint"),
    planned("kll_sketch_get_n_double"),
    planned("kll_sketch_get_n_float"),
    planned("kll_sketch_get_quantile_bigint"),
    planned("kll_sketch_get_quantile_double"),
    planned("kll_sketch_get_quantile_float"),
    planned("kll_sketch_get_rank_bigint"),
    planned("kll_sketch_get_rank_double"),
    planned("kll_sketch_get_rank_float"),
    planned("kll_sketch_merge_bigint"),
    planned("kll_sketch_merge_double"),
    planned("kll_sketch_merge_float"),
    planned("kll_sketch_to_string_bigint"),
    planned("kll_sketch_to_string_double"),
    planned("kll_sketch_to_string_float"),
    scalar("make_time", time),
    scalar("months", partition_transform),
    planned("percentile_cont"),
    planned("percentile_disc"),
    planned("python_worker_logs"),
    planned("range"),
    planned("schema_of_avro"),
    planned("schema_of_variant"),
    planned("schema_of_variant_agg"),
    planned("schema_of_xml"),
    planned("sql_keywords"),
    planned("st_asbinary"),
    planned("st_geogfromwkb"),
    planned("st_geomfromwkb"),
    planned("st_setsrid"),
    planned("st_srid"),
    planned("theta_difference"),
    planned("theta_intersection"),
    planned("theta_sketch_estimate"),
    planned("theta_union"),
    scalar("time", time),
    planned("time_diff"),
    scalar("time_trunc", time),
    planned("to_avro"),
    planned("to_protobuf"),
    scalar("to_time", time),
    planned("to_variant_object"),
    planned("to_xml"),
    planned("try_aes_decrypt"),
    planned("try_make_interval"),
    planned("try_reflect"),
    scalar("try_to_time", time),
    planned("try_variant_get"),
    planned("variant_explode"),
    planned("variant_explode_outer"),
    planned("xpath"),
    planned("xpath_boolean"),
    planned("xpath_double"),
    planned("xpath_float"),
    planned("xpath_int"),
    planned("xpath_long"),
    planned("xpath_number"),
    planned("xpath_short"),
    planned("xpath_string"),
    scalar("years", partition_transform),
];

/// Spark 4.1 has the TIME type switched off, and refuses what yields one.
fn time(call: &Call<'_>) -> Result<Typed> {
    Err(Error::of("UNSUPPORTED_TIME_TYPE").at(call.origin.clone()))
}

/// `years(d)` and its kin mean something in PARTITIONED BY only.
fn partition_transform(call: &Call<'_>) -> Result<Typed> {
    let expression = format!("\"{}(boundreference())\"", call.name);
    Err(Error::new(
        "PARTITION_TRANSFORM_EXPRESSION_NOT_IN_PARTITIONED_BY",
        [("expression", expression)],
    ))
}
