//! The relations of a plan by where their messages lie: those of the client's tree, of SQL texts and
//! of views.

use std::cell::RefCell;
use std::collections::HashMap;

use sparring_proto::connect as proto;

use crate::plan::relation::children;
use crate::plan::trace::{Resolved, address};

/// Relations and what they were resolved to.
pub(super) struct Index<'a> {
    relations: HashMap<usize, &'a proto::Relation>,
    resolved: HashMap<usize, &'a Resolved>,
    /// The queries of expressions by plan id, those met last first.
    queries: RefCell<Vec<(i64, Query<'a>)>>,
}

/// A relation and what it was resolved to, if it was.
type Query<'a> = (&'a proto::Relation, Option<&'a Resolved>);

impl<'a> Index<'a> {
    /// Everything that stands in a tree or was resolved on its behalf.
    pub(super) fn new(root: &'a proto::Relation, resolved: Option<&'a Resolved>) -> Self {
        let mut relations = HashMap::new();
        add(&mut relations, root);
        let mut all = HashMap::new();
        let mut pending: Vec<&Resolved> = resolved.into_iter().collect();
        while let Some(next) = pending.pop() {
            all.insert(std::ptr::from_ref(next).addr(), next);
            if let Some(query) = &next.query {
                add(&mut relations, query);
            }
            if let Some(view) = &next.view {
                add(&mut relations, &view.query);
            }
            pending.extend(next.inner().iter().map(AsRef::as_ref));
        }
        Self {
            relations,
            resolved: all,
            queries: RefCell::default(),
        }
    }

    /// A query that expressions name by its plan id.
    pub(super) fn note(&self, relation: &'a proto::Relation, resolved: Option<&'a Resolved>) {
        if let Some(plan_id) = relation.common.as_ref().and_then(|common| common.plan_id) {
            self.queries
                .borrow_mut()
                .push((plan_id, (relation, resolved)));
        }
    }

    /// The query of a plan id.
    pub(super) fn by_plan_id(&self, plan_id: i64) -> Option<Query<'a>> {
        let queries = self.queries.borrow();
        let found = queries.iter().rev().find(|(id, _)| *id == plan_id);
        found.map(|(_, query)| *query)
    }

    /// A resolution of this plan with its relation.
    pub(super) fn same(&self, found: &Resolved) -> Option<(&'a proto::Relation, &'a Resolved)> {
        let relation = self.relations.get(&found.address())?;
        let resolved = self.resolved.get(&std::ptr::from_ref(found).addr())?;
        Some((relation, resolved))
    }
}

fn add<'a>(relations: &mut HashMap<usize, &'a proto::Relation>, root: &'a proto::Relation) {
    let mut pending = vec![root];
    while let Some(next) = pending.pop() {
        relations.insert(address(next), next);
        pending.extend(children::inputs(next));
    }
}
