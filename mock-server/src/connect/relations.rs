//! The shape of a tree of relations: which relations are under which. One exhaustive match, so
//! that a new relation cannot be forgotten.
//!
//! Knows nothing of what a relation means.

use sparring_proto::connect::Relation;
use sparring_proto::connect::fetch::method::args::ArgsType;
use sparring_proto::connect::ml_relation::MlType;
use sparring_proto::connect::relation::RelType;

/// Calls `visit` with every relation of the tree, parents first.
pub(super) fn walk<'a>(root: &'a Relation, visit: &mut impl FnMut(&'a Relation)) {
    // A loop, not recursion: trees of machine-made plans are deep.
    let mut pending = vec![root];
    while let Some(relation) = pending.pop() {
        visit(relation);
        push_inputs(relation, &mut pending);
    }
}

/// The same with leave to change each relation before its inputs are visited.
pub(super) fn walk_mut(root: &mut Relation, visit: &mut impl FnMut(&mut Relation)) {
    let mut pending = vec![root];
    while let Some(relation) = pending.pop() {
        visit(relation);
        push_inputs_mut(relation, &mut pending);
    }
}

/// Defines the match once for shared and for exclusive references.
macro_rules! define_push_inputs {
    ($name:ident, $deref:ident, $iter:ident, $as_ref:ident $(, $exclusive:tt)?) => {
        fn $name<'a>(
            relation: &'a $($exclusive)? Relation,
            pending: &mut Vec<&'a $($exclusive)? Relation>,
        ) {
            let Some(rel_type) = relation.rel_type.$as_ref() else {
                return;
            };
            match rel_type {
                RelType::Project(node) => pending.extend(node.input.$deref()),
                RelType::Filter(node) => pending.extend(node.input.$deref()),
                RelType::Sort(node) => pending.extend(node.input.$deref()),
                RelType::Limit(node) => pending.extend(node.input.$deref()),
                RelType::Aggregate(node) => pending.extend(node.input.$deref()),
                RelType::Sample(node) => pending.extend(node.input.$deref()),
                RelType::Offset(node) => pending.extend(node.input.$deref()),
                RelType::Deduplicate(node) => pending.extend(node.input.$deref()),
                RelType::SubqueryAlias(node) => pending.extend(node.input.$deref()),
                RelType::Repartition(node) => pending.extend(node.input.$deref()),
                RelType::ToDf(node) => pending.extend(node.input.$deref()),
                RelType::WithColumnsRenamed(node) => pending.extend(node.input.$deref()),
                RelType::ShowString(node) => pending.extend(node.input.$deref()),
                RelType::Drop(node) => pending.extend(node.input.$deref()),
                RelType::Tail(node) => pending.extend(node.input.$deref()),
                RelType::WithColumns(node) => pending.extend(node.input.$deref()),
                RelType::Hint(node) => pending.extend(node.input.$deref()),
                RelType::Unpivot(node) => pending.extend(node.input.$deref()),
                RelType::ToSchema(node) => pending.extend(node.input.$deref()),
                RelType::RepartitionByExpression(node) => pending.extend(node.input.$deref()),
                RelType::MapPartitions(node) => pending.extend(node.input.$deref()),
                RelType::CollectMetrics(node) => pending.extend(node.input.$deref()),
                RelType::Parse(node) => pending.extend(node.input.$deref()),
                RelType::WithWatermark(node) => pending.extend(node.input.$deref()),
                RelType::ApplyInPandasWithState(node) => pending.extend(node.input.$deref()),
                RelType::HtmlString(node) => pending.extend(node.input.$deref()),
                RelType::Transpose(node) => pending.extend(node.input.$deref()),
                RelType::FillNa(node) => pending.extend(node.input.$deref()),
                RelType::DropNa(node) => pending.extend(node.input.$deref()),
                RelType::Replace(node) => pending.extend(node.input.$deref()),
                RelType::Summary(node) => pending.extend(node.input.$deref()),
                RelType::Crosstab(node) => pending.extend(node.input.$deref()),
                RelType::Describe(node) => pending.extend(node.input.$deref()),
                RelType::Cov(node) => pending.extend(node.input.$deref()),
                RelType::Corr(node) => pending.extend(node.input.$deref()),
                RelType::ApproxQuantile(node) => pending.extend(node.input.$deref()),
                RelType::FreqItems(node) => pending.extend(node.input.$deref()),
                RelType::SampleBy(node) => pending.extend(node.input.$deref()),
                RelType::GroupMap(node) => {
                    pending.extend(node.input.$deref());
                    pending.extend(node.initial_input.$deref());
                }
                RelType::CoGroupMap(node) => {
                    pending.extend(node.input.$deref());
                    pending.extend(node.other.$deref());
                }
                RelType::Join(node) => {
                    pending.extend(node.left.$deref());
                    pending.extend(node.right.$deref());
                }
                RelType::AsOfJoin(node) => {
                    pending.extend(node.left.$deref());
                    pending.extend(node.right.$deref());
                }
                RelType::LateralJoin(node) => {
                    pending.extend(node.left.$deref());
                    pending.extend(node.right.$deref());
                }
                RelType::NearestByJoin(node) => {
                    pending.extend(node.left.$deref());
                    pending.extend(node.right.$deref());
                }
                RelType::Zip(node) => {
                    pending.extend(node.left.$deref());
                    pending.extend(node.right.$deref());
                }
                RelType::SetOp(node) => {
                    pending.extend(node.left_input.$deref());
                    pending.extend(node.right_input.$deref());
                }
                RelType::WithRelations(node) => {
                    pending.extend(node.references.$iter());
                    pending.extend(node.root.$deref());
                }
                RelType::MlRelation(node) => {
                    pending.extend(node.model_summary_dataset.$deref());
                    match node.ml_type.$as_ref() {
                        Some(MlType::Transform(transform)) => {
                            pending.extend(transform.input.$deref());
                        }
                        Some(MlType::Fetch(fetch)) => {
                            let methods = fetch.methods.$iter();
                            for argument in methods.flat_map(|method| method.args.$iter()) {
                                if let Some(ArgsType::Input(input)) = argument.args_type.$as_ref() {
                                    pending.push(input);
                                }
                            }
                        }
                        None => {}
                    }
                }
                RelType::Read(_)
                | RelType::Sql(_)
                | RelType::LocalRelation(_)
                | RelType::Range(_)
                | RelType::CachedLocalRelation(_)
                | RelType::CachedRemoteRelation(_)
                | RelType::CommonInlineUserDefinedTableFunction(_)
                | RelType::CommonInlineUserDefinedDataSource(_)
                | RelType::UnresolvedTableValuedFunction(_)
                | RelType::ChunkedCachedLocalRelation(_)
                | RelType::RelationChanges(_)
                | RelType::Catalog(_)
                | RelType::Extension(_)
                | RelType::Unknown(_) => {}
            }
        }
    };
}

define_push_inputs!(push_inputs, as_deref, iter, as_ref);
define_push_inputs!(push_inputs_mut, as_deref_mut, iter_mut, as_mut, mut);
