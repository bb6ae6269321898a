//! Spark Connect: the twelve RPCs of the service on top of the engine.
//!
//! Knows neither headers nor tokens; the gateway in front has checked them.

mod artifacts;
mod compressed;
mod conf;
mod describe;
mod envelope;
mod execute;
mod ipc;
mod local_data;
mod operations;
mod plan;
mod recorded;
mod relations;
mod request;
mod sender;
mod service;
mod sessions;

pub(crate) use recorded::Recorded;
pub(crate) use service::Local;
