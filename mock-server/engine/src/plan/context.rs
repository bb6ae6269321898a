//! What expressions and functions need to know of their session: read once per plan, then plain
//! values, so that no lock is taken per expression.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use parking_lot::Mutex;

use crate::conf::Flavor;
use crate::execution::ObservedMetrics;
use crate::plan::trace::Trace;
use crate::session::Session;

/// The session's settings at the time of planning.
#[derive(Clone)]
pub(crate) struct Context {
    /// The session itself, for catalog functions and caches.
    pub(crate) session: Arc<Session>,
    /// `spark.sql.ansi.enabled`.
    pub(crate) ansi: bool,
    /// `spark.sql.caseSensitive`.
    pub(crate) case_sensitive: bool,
    /// `spark.sql.session.timeZone`.
    pub(crate) time_zone: Tz,
    /// The moment the query began, in microseconds; `current_timestamp()` is the same in all of it.
    pub(crate) now_us: i64,
    /// The SQL statement that a plan is part of, for the places of its errors.
    pub(crate) sql_text: Option<Arc<str>>,
    /// What `observe` found, complete when the rows have been read.
    pub(crate) observed: Arc<Mutex<Vec<ObservedMetrics>>>,
    /// Whether names mean what the catalog has and nothing of the session.
    pub(crate) catalog_only: bool,
    /// The catalog and schema of names that say none, where they are not the session's.
    pub(crate) namespace: Option<(String, String)>,
    /// What only the session has and a plan names, by kind: nothing that the catalog keeps may.
    pub(crate) temporary: Arc<Mutex<Vec<Temporary>>>,
    /// Where resolution is logged, when it is to be explained.
    pub(crate) trace: Option<Arc<Trace>>,
}

/// What only the session has: its kind, and its name as written.
pub(crate) type Temporary = (&'static str, Vec<String>);

impl Context {
    /// Reads the settings.
    pub(crate) fn of(session: &Arc<Session>) -> Self {
        let conf = session.conf();
        Self {
            ansi: conf.ansi(),
            case_sensitive: conf.case_sensitive(),
            time_zone: conf.time_zone(),
            sql_text: None,
            observed: Arc::default(),
            temporary: Arc::default(),
            namespace: None,
            catalog_only: false,
            trace: None,
            now_us: chrono::Utc::now().timestamp_micros(),
            session: Arc::clone(session),
        }
    }

    /// Whether two names are the same under the session's case rule.
    pub(crate) fn same_name(&self, left: &str, right: &str) -> bool {
        if self.case_sensitive {
            left == right
        } else {
            same_in_any_case(left, right)
        }
    }

    /// The form in which names are the same that [`Context::same_name`] calls the same.
    pub(crate) fn folded_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.case_sensitive
            || !name
                .chars()
                .any(|c| !c.is_ascii() || c.is_ascii_uppercase())
        {
            name.into()
        } else {
            name.to_lowercase().into()
        }
    }

    /// The settings with some of them as another session had them.
    pub(crate) fn under(&self, conf: &BTreeMap<String, String>) -> Self {
        let mut inner = self.clone();
        let flag = |key: &str, now: bool| conf.get(key).map_or(now, |value| value == "true");
        inner.ansi = flag("spark.sql.ansi.enabled", self.ansi);
        inner.case_sensitive = flag("spark.sql.caseSensitive", self.case_sensitive);
        if let Some(zone) = conf.get("spark.sql.session.timeZone") {
            inner.time_zone = zone.parse().unwrap_or(self.time_zone);
        }
        inner
    }

    /// The settings that [`Context::under`] takes.
    pub(crate) fn kept(&self) -> BTreeMap<String, String> {
        let flag = |key: &str, value: bool| (key.to_owned(), value.to_string());
        BTreeMap::from([
            flag("spark.sql.ansi.enabled", self.ansi),
            flag("spark.sql.caseSensitive", self.case_sensitive),
            (
                "spark.sql.session.timeZone".to_owned(),
                self.time_zone.name().to_owned(),
            ),
        ])
    }

    /// The catalog and schema of names that say none.
    pub(crate) fn namespace(&self) -> (String, String) {
        match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.session.current_namespace(),
        }
    }

    /// Notes that a plan names what only the session has.
    pub(crate) fn names_temporary(&self, kind: &'static str, parts: &[String]) {
        self.temporary.lock().push((kind, parts.to_vec()));
    }

    /// Whether Databricks' rules hold.
    pub(crate) fn databricks(&self) -> bool {
        self.session.workspace.options.flavor == Flavor::Databricks
    }
}

/// Names are compared for every column of every select list: only those that are not ASCII are
/// spelt out in lower case.
fn same_in_any_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(right)
    } else {
        left.to_lowercase() == right.to_lowercase()
    }
}
