//! Spark Connect wire types, nothing else.
//!
//! One schema, the newest, serves clients from 3.4 on: between releases no field was removed,
//! renumbered or retyped. This crate knows nothing of sessions, plans that make sense, or errors
//! beyond "this field must be set".

/// The generated messages and the service, in the package `spark.connect`.
#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::doc_markdown,
    clippy::large_enum_variant,
    reason = "generated from spark/connect/*.proto"
)]
pub mod connect {
    tonic::include_proto!("spark.connect");
}

pub mod codec;
mod ext;

pub use codec::{NESTING_LIMIT, TooDeep, check_nesting};
pub use ext::{MissingField, Required};
