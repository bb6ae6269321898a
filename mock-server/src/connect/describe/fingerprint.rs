//! A number that equal plans share within one server process.
//!
//! Left out are the plan ids that a client counts up for each DataFrame, so that two `count()`s
//! of one DataFrame are equal. Large local data is sampled: this runs before every execution.

use std::hash::{DefaultHasher, Hash, Hasher};

use prost::Message;
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{Plan, Relation};

use super::super::relations::walk_mut;

/// How much of local data is looked at, at either end.
const SAMPLED_BYTES: usize = 4096;

/// The fingerprint of a plan that is a relation; commands have effects and are never "the same".
pub(super) fn of(plan: &Plan) -> Option<String> {
    let Some(OpType::Root(root)) = &plan.op_type else {
        return None;
    };
    let mut root = root.clone();
    let mut hasher = DefaultHasher::new();
    walk_mut(&mut root, &mut |relation| strip(relation, &mut hasher));
    root.encode_to_vec().hash(&mut hasher);
    Some(format!("{:016x}", hasher.finish()))
}

/// Takes out of a relation what is not the same in equal plans, or is too large, and hashes the
/// parts of it that count.
fn strip(relation: &mut Relation, hasher: &mut DefaultHasher) {
    relation.common = None;
    let Some(rel_type) = &mut relation.rel_type else {
        return;
    };
    // Maps are encoded in random order.
    let options = if let RelType::Read(read) = rel_type {
        match &mut read.read_type {
            Some(ReadType::NamedTable(table)) => std::mem::take(&mut table.options),
            Some(ReadType::DataSource(source)) => std::mem::take(&mut source.options),
            None => return,
        }
    } else if let RelType::Parse(parse) = rel_type {
        std::mem::take(&mut parse.options)
    } else {
        if let RelType::LocalRelation(local) = rel_type
            && let Some(data) = &mut local.data
            && data.len() > 2 * SAMPLED_BYTES
        {
            data.len().hash(hasher);
            data.split_off(data.len() - SAMPLED_BYTES).hash(hasher);
            data.truncate(SAMPLED_BYTES);
        }
        return;
    };
    let mut options: Vec<_> = options.into_iter().collect();
    options.sort();
    options.hash(hasher);
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sparring_proto::connect::{Limit, LocalRelation, RelationCommon};

    use super::*;

    fn plan(plan_id: i64, limit: i32, data: &[u8]) -> Plan {
        let common = |plan_id| {
            Some(RelationCommon {
                plan_id: Some(plan_id),
                ..RelationCommon::default()
            })
        };
        let local = Relation {
            common: common(plan_id),
            rel_type: Some(RelType::LocalRelation(LocalRelation {
                data: Some(Bytes::copy_from_slice(data)),
                schema: None,
            })),
        };
        let limit = Limit {
            input: Some(Box::new(local)),
            limit,
        };
        Plan {
            op_type: Some(OpType::Root(Relation {
                common: common(plan_id + 1),
                rel_type: Some(RelType::Limit(Box::new(limit))),
            })),
        }
    }

    #[test]
    fn equal_plans_share_it_whatever_their_ids() {
        let (small, large) = (vec![1; 10], vec![1; 100_000]);
        assert_eq!(of(&plan(1, 5, &small)), of(&plan(7, 5, &small)));
        assert_ne!(of(&plan(1, 5, &small)), of(&plan(1, 6, &small)));
        assert_eq!(of(&plan(1, 5, &large)), of(&plan(3, 5, &large)));
        assert_ne!(of(&plan(1, 5, &large)), of(&plan(1, 5, &large[1..])));
        let mut other = large.clone();
        other[99_999] = 2;
        assert_ne!(of(&plan(1, 5, &large)), of(&plan(1, 5, &other)));
        assert_eq!(of(&Plan::default()), None);
    }
}
