//! Spark sessions, keyed by user and session id: made on first use, closed once and for ever.
//!
//! Knows nothing of plans; what a session can do is the engine's.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use sparring_engine::{Error, Result, Session as EngineSession, Workspace};
use sparring_proto::connect::UserContext;
use sparring_proto::connect::fetch_error_details_response::Error as ErrorDetails;
use tonic::Status;
use uuid::Uuid;

use super::operations::Operations;
use crate::Clock;
use crate::status;

/// Closed sessions that are remembered, so that their ids are not used again.
const REMEMBERED_CLOSED: usize = 10_000;

/// Errors whose details are kept in a session; clients ask within milliseconds.
const KEPT_ERRORS: usize = 64;

/// Who owns a session. An empty user id is legal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SessionKey {
    pub(super) user_id: String,
    pub(super) session_id: String,
}

impl SessionKey {
    /// The key of a request; `INVALID_HANDLE.FORMAT` when the session id is no UUID.
    pub(super) fn of(user: Option<&UserContext>, session_id: &str) -> Result<Self> {
        check_uuid(session_id)?;
        Ok(Self {
            user_id: user.map(|user| user.user_id.clone()).unwrap_or_default(),
            session_id: session_id.to_owned(),
        })
    }
}

/// Refuses what is no UUID. Java's parser takes shortened groups, and so does this.
pub(super) fn check_uuid(handle: &str) -> Result<()> {
    let groups: Vec<&str> = handle.split('-').collect();
    let longest = [8, 4, 4, 4, 12];
    let valid = groups.len() == longest.len()
        && groups.iter().zip(longest).all(|(group, longest)| {
            (1..=longest).contains(&group.len())
                && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    if valid {
        Ok(())
    } else {
        Err(handle_error("INVALID_HANDLE.FORMAT", handle))
    }
}

/// An error of the `INVALID_HANDLE` family.
pub(super) fn handle_error(class: &'static str, handle: &str) -> Error {
    Error::new(class, [("handle", handle)])
}

/// One open session.
pub(super) struct SparkSession {
    pub(super) key: SessionKey,
    /// What clients pin: the same as long as the session lives, another after a restart.
    pub(super) server_side_id: String,
    pub(super) engine: Arc<EngineSession>,
    pub(super) operations: Operations,
    errors: Mutex<VecDeque<(String, ErrorDetails)>>,
    last_used_ms: AtomicU64,
}

impl SparkSession {
    /// The status of an error, whose details are kept for `FetchErrorDetails`.
    pub(super) fn fail(&self, error: &Error) -> Status {
        let id = Uuid::new_v4().to_string();
        let status = status::spark_error(error, Some(&id));
        let mut errors = self.errors.lock();
        if errors.len() == KEPT_ERRORS {
            errors.pop_front();
        }
        errors.push_back((id, status::error_details(error)));
        status
    }

    /// The details of a failure of this session.
    pub(super) fn error(&self, id: &str) -> Option<ErrorDetails> {
        let errors = self.errors.lock();
        errors
            .iter()
            .find(|(kept, _)| kept == id)
            .map(|(_, details)| details.clone())
    }
}

/// All sessions of the server.
pub(super) struct Sessions {
    workspace: Arc<Workspace>,
    clock: Clock,
    open: RwLock<HashMap<SessionKey, Arc<SparkSession>>>,
    closed: Mutex<VecDeque<SessionKey>>,
}

impl Sessions {
    pub(super) fn new(workspace: Arc<Workspace>, clock: Clock) -> Self {
        Self {
            workspace,
            clock,
            open: RwLock::default(),
            closed: Mutex::default(),
        }
    }

    /// The session, made if it is not there yet. `observed` is the server-side id that the
    /// client saw before: another one means that it talks to a restarted server.
    pub(super) fn get_or_create(
        &self,
        key: SessionKey,
        observed: Option<&str>,
    ) -> Result<Arc<SparkSession>> {
        if let Some(session) = self.open.read().get(&key).map(Arc::clone) {
            return self.checked(session, observed);
        }
        self.check_not_closed(&key)?;
        // As in Spark, the session is made even if the check then fails.
        let session = Arc::clone(
            self.open
                .write()
                .entry(key)
                .or_insert_with_key(|key| self.fresh(key.clone(), self.workspace.session())),
        );
        self.checked(session, observed)
    }

    /// The session, which must be there.
    pub(super) fn existing(
        &self,
        key: &SessionKey,
        observed: Option<&str>,
    ) -> Result<Arc<SparkSession>> {
        match self.open.read().get(key).map(Arc::clone) {
            Some(session) => self.checked(session, observed),
            None => {
                self.check_not_closed(key)?;
                Err(handle_error(
                    "INVALID_HANDLE.SESSION_NOT_FOUND",
                    &key.session_id,
                ))
            }
        }
    }

    /// The session if it is open; for calls that answer quietly when it is not.
    pub(super) fn peek(&self, key: &SessionKey) -> Option<Arc<SparkSession>> {
        self.open.read().get(key).map(Arc::clone)
    }

    /// A copy of `source` under `new_id`, or under an id made here.
    pub(super) fn duplicate(
        &self,
        source: &SparkSession,
        new_id: Option<&str>,
    ) -> Result<Arc<SparkSession>> {
        let refused = |class, id: &str| Err(Error::new(class, [("targetSessionId", id)]));
        let session_id = match new_id {
            None => Uuid::new_v4().to_string(),
            Some(id) if check_uuid(id).is_err() => {
                return refused("INVALID_CLONE_SESSION_REQUEST.TARGET_SESSION_ID_FORMAT", id);
            }
            Some(id) => id.to_owned(),
        };
        let key = SessionKey {
            user_id: source.key.user_id.clone(),
            session_id,
        };
        if self.check_not_closed(&key).is_err() {
            let class = "INVALID_CLONE_SESSION_REQUEST.TARGET_SESSION_ID_ALREADY_CLOSED";
            return refused(class, &key.session_id);
        }
        let mut open = self.open.write();
        if open.contains_key(&key) {
            let class = "INVALID_CLONE_SESSION_REQUEST.TARGET_SESSION_ID_ALREADY_EXISTS";
            return refused(class, &key.session_id);
        }
        let session = self.fresh(key.clone(), source.engine.duplicate());
        open.insert(key, Arc::clone(&session));
        Ok(session)
    }

    /// Closes the session and ends its operations; nothing for one that is not open. The id is
    /// remembered, unless it may be used again.
    pub(super) fn close(
        &self,
        key: &SessionKey,
        allow_reconnect: bool,
    ) -> Option<Arc<SparkSession>> {
        let session = self.open.write().remove(key);
        let mut closed = self.closed.lock();
        if session.is_some() && !allow_reconnect {
            if closed.len() == REMEMBERED_CLOSED {
                closed.pop_front();
            }
            closed.push_back(key.clone());
        }
        drop(closed);
        if let Some(session) = &session {
            session.operations.close_all();
        }
        session
    }

    /// Forgets every session, as a restarted server would.
    pub(super) fn reset(&self) {
        let sessions: Vec<_> = self
            .open
            .write()
            .drain()
            .map(|(_, session)| session)
            .collect();
        self.closed.lock().clear();
        for session in sessions {
            session.operations.close_all();
        }
    }

    /// Gives up what nobody has used for long: operations without a listener, idle sessions.
    pub(super) fn sweep(&self, abandoned_after: Duration, session_timeout: Duration) {
        let now = self.clock.now();
        let open: Vec<_> = self.open.read().values().map(Arc::clone).collect();
        for session in open {
            let busy = session.operations.sweep(now, abandoned_after);
            let last_used = Duration::from_millis(session.last_used_ms.load(Ordering::Relaxed));
            if !busy && now.saturating_sub(last_used) > session_timeout {
                self.close(&session.key, false);
            }
        }
    }

    fn fresh(&self, key: SessionKey, engine: Arc<EngineSession>) -> Arc<SparkSession> {
        Arc::new(SparkSession {
            key,
            server_side_id: Uuid::new_v4().to_string(),
            engine,
            operations: Operations::new(self.clock.clone()),
            errors: Mutex::default(),
            last_used_ms: AtomicU64::new(0),
        })
    }

    fn checked(
        &self,
        session: Arc<SparkSession>,
        observed: Option<&str>,
    ) -> Result<Arc<SparkSession>> {
        let now = u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX);
        session.last_used_ms.store(now, Ordering::Relaxed);
        match observed {
            Some(observed) if observed != session.server_side_id => Err(handle_error(
                "INVALID_HANDLE.SESSION_CHANGED",
                &session.key.session_id,
            )),
            _ => Ok(session),
        }
    }

    fn check_not_closed(&self, key: &SessionKey) -> Result<()> {
        if self.closed.lock().contains(key) {
            return Err(handle_error(
                "INVALID_HANDLE.SESSION_CLOSED",
                &key.session_id,
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_are_handles() {
        for good in [
            "00112233-4455-6677-8899-aabbccddeeff",
            "1-1-1-1-1",
            "A-B-C-D-E",
        ] {
            assert!(check_uuid(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "00112233445566778899aabbccddeeff",
            "1-1-1-1-",
            "g-1-1-1-1",
        ] {
            assert!(check_uuid(bad).is_err(), "{bad}");
        }
    }
}
