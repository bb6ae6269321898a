//! Spark Connect wire types, nothing else.
//!
//! One schema, the newest, serves clients from 3.4 on: between releases no field was removed,
//! renumbered or retyped. This crate knows nothing of sessions, plans that make sense, or errors
//! beyond "this field must be set".

/// The generated messages and the service, in the package `spark.connect`.
#[expect(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::doc_markdown,
    clippy::large_enum_variant,
    clippy::enum_variant_names,
    reason = "generated from spark/connect/*.proto"
)]
pub mod connect {
    tonic::include_proto!("spark.connect");
}

mod ext;

pub use ext::{MissingField, Required};
