//! What each part of a plan was resolved to, kept while a plan is explained and at no other time.
//!
//! `explain` shows Spark's operators one by one; DataFusion's plan has merged or dropped many of
//! them. The log says what stood at every relation of the proto tree when it was resolved, and how
//! the calls were written whose expressions no longer look like calls.
//! Knows nothing of how any of it is shown.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::logical_expr::Expr;
use parking_lot::Mutex;
use sparring_proto::connect as proto;

use super::Planned;
use super::sources::View;
use super::typed::Typed;

/// The log of one plan.
#[derive(Default)]
pub(crate) struct Trace {
    open: Mutex<Vec<Resolved>>,
    done: Mutex<Vec<Arc<Resolved>>>,
    calls: Mutex<HashMap<Expr, Written>>,
    generators: Mutex<HashMap<Expr, Written>>,
    subqueries: Mutex<HashMap<Expr, Arc<Resolved>>>,
}

/// A relation of the proto tree after its resolution, successful or not.
pub(crate) struct Resolved {
    /// Where its message lies, which tells it from its siblings.
    address: usize,
    /// What it became; nothing where it failed.
    pub(crate) planned: Option<Planned>,
    /// What was resolved on its behalf, in order.
    inner: Vec<Arc<Resolved>>,
    /// The query of a SQL text.
    pub(crate) query: Option<Arc<proto::Relation>>,
    /// The view that a name meant.
    pub(crate) view: Option<Arc<View>>,
    /// The name of a common table expression that a name meant.
    pub(crate) common_table: Option<String>,
}

/// A call as the user wrote it.
#[derive(Clone)]
pub(crate) struct Written {
    /// The function, in lower case.
    pub(crate) name: &'static str,
    /// The arguments before any cast.
    pub(crate) args: Vec<Typed>,
}

/// What tells a relation from its siblings while its plan lives.
pub(crate) fn address(relation: &proto::Relation) -> usize {
    std::ptr::from_ref(relation).addr()
}

impl Resolved {
    /// Where the message of the relation lies.
    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// What was resolved on behalf of the relation.
    pub(crate) fn inner(&self) -> &[Arc<Self>] {
        &self.inner
    }

    /// What a relation below this one became when it was last resolved.
    pub(crate) fn below(&self, relation: &proto::Relation) -> Option<&Arc<Self>> {
        let wanted = address(relation);
        let mut found = self.inner.iter().rev().filter(|r| r.address == wanted);
        let last = found.clone().next();
        found.find(|r| r.planned.is_some()).or(last)
    }
}

impl Trace {
    /// Resolution of a relation begins.
    pub(crate) fn enter(&self, relation: &proto::Relation) {
        self.open.lock().push(Resolved {
            address: address(relation),
            planned: None,
            inner: Vec::new(),
            query: None,
            view: None,
            common_table: None,
        });
    }

    /// Resolution of the relation that began last has ended.
    pub(crate) fn leave(&self, planned: Option<&Planned>) {
        let mut open = self.open.lock();
        let Some(mut resolved) = open.pop() else {
            return;
        };
        resolved.planned = planned.cloned();
        let resolved = Arc::new(resolved);
        match open.last_mut() {
            Some(around) => around.inner.push(resolved),
            None => self.done.lock().push(resolved),
        }
    }

    /// The relation under way is this SQL query.
    pub(crate) fn query(&self, query: &Arc<proto::Relation>) {
        self.with_last(|last| last.query = Some(Arc::clone(query)));
    }

    /// The relation under way is this view.
    pub(crate) fn view(&self, view: &Arc<View>) {
        self.with_last(|last| last.view = Some(Arc::clone(view)));
    }

    /// The relation under way is the common table expression of this name.
    pub(crate) fn common_table(&self, name: &str) {
        self.with_last(|last| last.common_table = Some(name.to_owned()));
    }

    fn with_last(&self, note: impl FnOnce(&mut Resolved)) {
        if let Some(last) = self.open.lock().last_mut() {
            note(last);
        }
    }

    /// A call became this expression. One that is nothing but its argument is not remembered, since
    /// the argument stands elsewhere too.
    pub(crate) fn call(&self, expr: &Expr, written: Written) {
        let is_plain = matches!(
            expr,
            Expr::Column(_) | Expr::Literal(..) | Expr::OuterReferenceColumn(..)
        );
        if !is_plain && written.args.iter().all(|arg| arg.expr != *expr) {
            self.calls.lock().entry(expr.clone()).or_insert(written);
        }
    }

    /// A generator yields the items of this list.
    pub(crate) fn generator(&self, list: &Expr, written: Written) {
        self.generators.lock().insert(list.clone(), written);
    }

    /// The generator that yields the items of a list.
    pub(crate) fn generator_of(&self, list: &Expr) -> Option<Written> {
        self.generators.lock().get(list).cloned()
    }

    /// The query that was resolved last stands in this expression.
    pub(crate) fn subquery(&self, expr: &Expr) {
        let last = self
            .open
            .lock()
            .last()
            .and_then(|r| r.inner.last().cloned());
        if let Some(last) = last {
            self.subqueries.lock().insert(expr.clone(), last);
        }
    }

    /// How the expression was written, if it was a call.
    pub(crate) fn written(&self, expr: &Expr) -> Option<Written> {
        self.calls.lock().get(expr).cloned()
    }

    /// The query inside of a subquery expression.
    pub(crate) fn query_of(&self, expr: &Expr) -> Option<Arc<Resolved>> {
        self.subqueries.lock().get(expr).cloned()
    }

    /// The whole plan, as it was resolved last.
    pub(crate) fn root(&self) -> Option<Arc<Resolved>> {
        self.done.lock().last().cloned()
    }
}
