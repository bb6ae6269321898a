//! The event enum: every kind of thing a journal or a record can hold, and nothing about how it
//! came to be known.
//!
//! A kind is added, never renamed; a change of meaning raises [`crate::VERSION`].

use serde::{Deserialize, Serialize};

use crate::{probe, run, server};

/// One thing that happened. `kind` in the JSON is the variant's name in snake case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    // Written by the server.
    /// The server answers requests from now on.
    ServerStarted(server::ServerStarted),
    /// A TCP connection was accepted and its first bytes understood.
    ConnectionAccepted(server::ConnectionAccepted),
    /// A connection ended before a request could be read.
    ConnectionFailed(server::ConnectionFailed),
    /// The proxy opened a tunnel to one of the workspace's own hosts.
    ConnectTunnelled(server::ConnectTunnelled),
    /// The proxy refused a host that is not the workspace's.
    ConnectRefused(server::ConnectRefused),
    /// The headers of an RPC arrived; its message is not read yet.
    RpcReceived(server::RpcReceived),
    /// The message of an RPC was read.
    RpcRead(server::RpcRead),
    /// What a plan, an analysis or a command asks for.
    PlanDescribed(server::PlanDescribed),
    /// The gateway refused an RPC.
    RpcRefused(server::RpcRefused),
    /// An RPC ended, well or badly.
    RpcFinished(server::RpcFinished),
    /// A Spark session came into being on the server.
    SessionStarted(server::SessionStarted),
    /// A client released its Spark session.
    SessionReleased(server::SessionReleased),
    /// A REST request was answered.
    RestRequest(server::RestRequest),
    /// A REST request asked for an endpoint that the fake workspace does not have.
    RestUnimplemented(server::RestUnimplemented),
    /// A switched-on fault was applied to a call.
    FaultInjected(server::FaultInjected),
    /// The journal's file fell behind and entries were lost.
    JournalOverflowed(server::JournalOverflowed),

    // Written by the probe in the client's process.
    /// The probe was loaded into a Kedro process.
    ProbeStarted(probe::ProbeStarted),
    /// A Kedro hook point was reached.
    HookCalled(probe::HookCalled),
    /// A project's hook raised.
    HookFailed(probe::HookFailed),
    /// A node began.
    NodeStarted(probe::NodeStarted),
    /// A node ended.
    NodeFinished(probe::NodeFinished),
    /// A dataset's load or save began.
    DatasetStarted(probe::DatasetStarted),
    /// A dataset's load or save ended.
    DatasetFinished(probe::DatasetFinished),
    /// A dataset of the pipeline, as the live catalog resolved it.
    DatasetDescribed(probe::DatasetDescribed),
    /// A Spark Connect address was resolved by the client.
    RemoteResolved(probe::RemoteResolved),
    /// The client made a Spark session.
    SessionCreated(probe::SessionCreated),
    /// The client reached for something that only a JVM session has.
    JvmApiUsed(probe::JvmApiUsed),
    /// A watched environment variable changed inside the process.
    EnvironmentChanged(probe::EnvironmentChanged),
    /// A context was built without a pipeline, and the workspace was asked once.
    ContextChecked(probe::ContextChecked),
    /// The pipeline ended, well or badly.
    PipelineFinished(probe::PipelineFinished),

    // Written by the harness round the run.
    /// A record begins.
    RunStarted(run::RunStarted),
    /// A scenario begins; all that follows up to its end belongs to it.
    ScenarioStarted(run::ScenarioStarted),
    /// A scenario ended.
    ScenarioFinished(run::ScenarioFinished),
    /// One line of the project's output, redacted.
    OutputLine(run::OutputLine),
    /// A planted token was found in the project's output or log files.
    TokenSeen(run::TokenSeen),
    /// The project's process ended.
    ProcessExited(run::ProcessExited),
}
