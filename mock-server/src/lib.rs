//! Every protocol surface of the fake workspace: the gateway, Spark Connect, REST, control.
//!
//! Semantics are the engine's. What a client did goes to the journal, and nothing here judges it.

mod clock;
mod config;
mod connect;
mod control;
mod directory;
mod faults;
mod gateway;
mod seed;
mod server;
mod status;
mod token;
mod workspace;

pub use clock::Clock;
pub use config::{
    Cluster, ClusterState, Config, ConfigError, Flavor, Limits, MESSAGE_LIMIT_BYTES,
    MissingComputeCode, Profile, Seed, Streams,
};
pub use gateway::lanes::STACK_BYTES;
pub use gateway::tls::TlsError;
pub use seed::SeedError;
pub use server::{MockServer, Ready, Running, ServerError};
pub use token::Token;
