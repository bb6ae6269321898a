//! What stands right above an aggregate: HAVING, QUALIFY and ORDER BY may name aggregates, keys and
//! columns that the select list does not show.

use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect as proto;
use sparring_proto::connect::expression::SortOrder;
use sparring_sql::lower::internal;

use super::aggregate::{Grouped, build, internal_call};
use super::row;
use crate::error::{Error, Result};
use crate::plan::names::Names;
use crate::plan::typed::Typed;
use crate::plan::{Below, Kept, Planned, Planner, project};

impl Planner<'_> {
    /// A filter right above an aggregate.
    pub(super) fn having(
        &self,
        outer: &Planned,
        below: &Arc<Below>,
        grouped: &Grouped,
        condition: &proto::Expression,
    ) -> Result<Planned> {
        let windows_allowed =
            internal_call(condition).is_some_and(|(name, _)| name == internal::QUALIFY);
        match self.resolve(condition, &outer.scope) {
            Ok(value) if !value.has_aggregate() => {
                let after = Arc::new(below.with(Kept {
                    condition: value.clone(),
                    inside: false,
                    windows_allowed,
                }));
                let kept = self.keep(outer.clone(), value, windows_allowed)?;
                return Ok(Planned {
                    below: Some(after),
                    ..kept
                });
            }
            Ok(_) => {}
            Err(error) if row::missing(&error) || error.class() == Some("GROUP_BY_AGGREGATE") => {}
            Err(error) => return Err(error),
        }
        let value = self.above_aggregate(condition, below)?;
        let after = Arc::new(below.with(Kept {
            condition: value.clone(),
            inside: true,
            windows_allowed,
        }));
        let kept = self.with_extra(
            outer,
            below,
            grouped,
            vec![value],
            |planner, planned, mut extra| {
                let value = extra
                    .pop()
                    .ok_or_else(|| Error::internal("a condition was lost"))?;
                planner.keep(planned, value, false)
            },
        )?;
        Ok(Planned {
            below: Some(after),
            ..kept
        })
    }

    /// A sort right above an aggregate.
    pub(super) fn sort_aggregate(
        &self,
        outer: &Planned,
        below: &Arc<Below>,
        grouped: &Grouped,
        order: &[SortOrder],
    ) -> Result<Planned> {
        let mut keys: Vec<(bool, Typed)> = Vec::with_capacity(order.len());
        for key in order {
            let child = key.child.as_deref().required("sort_order.child")?;
            let place = self.origin(child.common.as_ref().and_then(|c| c.origin.as_ref()));
            if let Some(value) =
                super::sort::ordinal(child, outer).map_err(|error| error.at(place))?
            {
                keys.push((false, value));
                continue;
            }
            match self.resolve(child, &outer.scope) {
                Ok(value) if !value.has_aggregate() => keys.push((false, value)),
                Ok(_) => keys.push((true, self.above_aggregate(child, below)?)),
                Err(error) if row::missing(&error) => {
                    keys.push((true, self.above_aggregate(child, below).map_err(|_| error)?));
                }
                Err(error) => return Err(error),
            }
        }
        if keys.iter().all(|(extra, _)| !extra) {
            return self.sorted(
                outer.clone(),
                keys.into_iter().map(|(_, key)| key).collect(),
                order,
            );
        }
        let extra: Vec<Typed> = keys
            .iter()
            .filter(|(extra, _)| *extra)
            .map(|(_, key)| key.clone())
            .collect();
        self.with_extra(outer, below, grouped, extra, |planner, planned, found| {
            let mut found = found.into_iter();
            let keys = keys
                .into_iter()
                .filter_map(|(extra, key)| if extra { found.next() } else { Some(key) })
                .collect();
            planner.sorted(planned, keys, order)
        })
    }

    /// An expression above an aggregate in terms of the aggregate's input: names are the select
    /// list's aliases or the input's columns.
    fn above_aggregate(&self, expression: &proto::Expression, below: &Below) -> Result<Typed> {
        let aliased: Vec<Typed> = below
            .list
            .iter()
            .map(|(_, value)| value.clone())
            .filter(|value| value.alias.is_some())
            .collect();
        let names = Names {
            lateral: &aliased,
            ..Names::of(&below.input.scope, self.outer())
        };
        match &below.aggregate {
            Some(grouped) if grouped.sets.is_some() => self
                .nulling(grouped.keys.iter().map(|(key, _)| key))
                .expression(expression, &names),
            _ => self.expression(expression, &names),
        }
    }

    /// The aggregate once more with further values, for work that needs them; then cut back.
    fn with_extra(
        &self,
        outer: &Planned,
        below: &Arc<Below>,
        grouped: &Grouped,
        extra: Vec<Typed>,
        work: impl FnOnce(&Self, Planned, Vec<Typed>) -> Result<Planned>,
    ) -> Result<Planned> {
        let mut list = below.list.clone();
        let mut add = |value: Typed| {
            let value = Typed { id: None, ..value };
            let column = value.to_column();
            let reference = Typed {
                name: Arc::clone(&value.name),
                ..Typed::column(&column)
            };
            list.push((column, value));
            reference
        };
        let columns = extra.into_iter().map(&mut add).collect();
        let conditions: Vec<(Typed, bool)> = below
            .kept
            .iter()
            .cloned()
            .map(|kept| match kept.inside {
                true => (add(kept.condition), false),
                false => (kept.condition, kept.windows_allowed),
            })
            .collect();
        let mut wider = build(below.input.clone(), grouped.clone(), list)?;
        wider.below = None;
        wider.scope.plans.clone_from(&outer.scope.plans);
        for (condition, windows_allowed) in conditions {
            wider = self.keep(wider, condition, windows_allowed)?;
        }
        let done = work(self, wider, columns)?;
        let kept: Vec<_> = outer
            .scope
            .columns
            .iter()
            .map(|column| (column.clone(), Typed::column(column)))
            .collect();
        let plan = project(done.plan, &kept)?;
        Ok(Planned::new(plan, outer.scope.clone()))
    }
}
