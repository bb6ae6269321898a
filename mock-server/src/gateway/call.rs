//! One connection and one RPC on it, as the journal numbers them: what the layers of the gateway
//! and the recorder tell each other about a call.
//!
//! Knows no message of the service and no token.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use sparring_journal::{Event, Journal, RefusalReason, RefusedBy, RpcFinished, RpcRefused};
use tonic::{Code, Status};

use super::lanes;
use crate::status;

/// One TCP connection, or one tunnel through the proxy.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) tls: bool,
    /// Whether the peer is on this machine; only such peers see `/_sparring`.
    pub(crate) loopback: bool,
}

/// One RPC. The layers share it through the request's extensions.
pub(crate) struct Call {
    pub(crate) rpc: u64,
    journal: Journal,
    started: Instant,
    bytes_up: AtomicU64,
    reached: AtomicBool,
    refused: AtomicBool,
    finished: AtomicBool,
}

/// The size that was met and the one that is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excess {
    pub(crate) bytes: u64,
    pub(crate) limit_bytes: u64,
}

/// What went to the client.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Call {
    pub(crate) fn new(rpc: u64, journal: Journal) -> Arc<Self> {
        Arc::new(Self {
            rpc,
            journal,
            started: Instant::now(),
            bytes_up: AtomicU64::new(0),
            reached: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        })
    }

    /// Counts bytes of the request's body.
    pub(crate) fn received(&self, bytes: usize) {
        self.bytes_up.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(crate) fn bytes_up(&self) -> u64 {
        self.bytes_up.load(Ordering::Relaxed)
    }

    /// The message was read and the service was called with it.
    pub(crate) fn reached_service(&self) {
        self.reached.store(true, Ordering::Relaxed);
    }

    pub(crate) fn record(&self, event: Event) {
        self.journal.record(event);
    }

    /// Journals a refusal; the caller still has to answer with `status`.
    pub(crate) fn refuse(
        &self,
        by: RefusedBy,
        reason: RefusalReason,
        status: &Status,
        excess: Option<Excess>,
    ) {
        if self.refused.swap(true, Ordering::Relaxed) {
            return;
        }
        self.journal.record(Event::RpcRefused(RpcRefused {
            rpc: self.rpc,
            by,
            reason,
            code: status::code_name(status.code()).to_owned(),
            message: status.message().to_owned(),
            bytes: excess.map(|excess| excess.bytes),
            limit_bytes: excess.map(|excess| excess.limit_bytes),
        }));
    }

    /// Journals the end; only the first call does.
    pub(crate) fn finish(&self, code: Code, error_class: Option<String>, sent: Sent) {
        if self.finished.swap(true, Ordering::Relaxed) {
            return;
        }
        lanes::answered();
        self.journal.record(Event::RpcFinished(RpcFinished {
            rpc: self.rpc,
            code: status::code_name(code).to_owned(),
            error_class,
            rows_down: sent.rows,
            bytes_down: sent.bytes,
            bytes_up: self.bytes_up(),
            ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }));
    }

    /// For an answer that the service never saw: the message could not be read.
    pub(crate) fn unreadable(&self, status: &Status) {
        if self.reached.load(Ordering::Relaxed) {
            return;
        }
        self.refuse(RefusedBy::Protocol, RefusalReason::Malformed, status, None);
        self.finish(status.code(), None, Sent::default());
    }
}
