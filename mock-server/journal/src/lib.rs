//! The vocabulary of what clients did: one event enum, its line format, and the writer.
//!
//! The server writes these events, the Kedro probe writes the same line format from Python, and
//! the harness judges the merged stream. This crate is the whole contract between them. It
//! deliberately knows neither tonic nor DataFusion, neither rules nor reports, and it never sees
//! a token: credentials arrive here as a profile name and a salted digest.

mod attribution;
mod digest;
mod entry;
mod event;
mod journal;
mod probe;
mod run;
mod server;

pub use attribution::{ATTRIBUTION_HEADER, Attribution, CallSite, Phase};
pub use digest::Salt;
pub use entry::{Entry, EntryError, VERSION, read_entries};
pub use event::Event;
pub use journal::{Journal, JournalError, Since};
pub use probe::{
    ContextChecked, DatasetDescribed, DatasetFinished, DatasetOperation, DatasetStarted,
    EnvironmentChanged, HookCalled, HookFailed, JvmApiUsed, NodeFinished, NodeStarted,
    PipelineFinished, ProbeStarted, RemoteResolved, SessionCreated, SessionKind,
};
pub use run::{
    Budgets, OutputLine, OutputStream, ProcessExited, Profile, RunStarted, ScenarioFinished,
    ScenarioStarted, TokenSeen,
};
pub use server::{
    Action, ConnectRefused, ConnectTunnelled, ConnectionAccepted, ConnectionFailed, Credential,
    FaultInjected, JournalOverflowed, PlanDescribed, RefusalReason, RefusedBy, RestRequest,
    RestUnimplemented, RpcFinished, RpcRead, RpcReceived, RpcRefused, ServerStarted,
    SessionReleased, SessionStarted,
};
