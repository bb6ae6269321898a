//! Spark semantics on DataFusion and delta-rs.
//!
//! Takes unresolved Spark Connect plans, resolves names and types as Spark does, and answers with
//! streams of record batches. It deliberately knows no headers, tokens, HTTP or gRPC.

mod analyze;
mod cache;
mod catalog;
mod compute;
mod conf;
mod error;
mod execution;
mod explain;
mod functions;
mod io;
mod physical;
mod plan;
mod seed;
mod session;
mod session_variables;
mod show;
mod types;
mod workspace;

pub use conf::{Conf, ConfError, Flavor};
pub use error::{DataFrameContext, Error, Exception, QueryContext, Result, SqlContext};
pub use execution::{Execution, Metric, ObservedMetrics, Rows};
pub use functions::offered as offered_functions;
pub use session::Session;
pub use workspace::{Options, Workspace};
