//! Relations of several inputs: joins, set operations, common table expressions.

use sparring_proto::connect as proto;
use sparring_proto::connect::join::JoinType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::set_operation::SetOpType;

use super::relation::{Input, marked, over};
use super::{Drawn, Parsed, expression, unresolved};
use crate::explain::analyzed::{is_natural, join_kind, with_all};
use crate::explain::tree::Node;
use crate::plan::trace::Resolved;

impl<'a> Parsed<'a> {
    fn two(
        self,
        line: &str,
        is_resolved: bool,
        sides: [&'a Input; 2],
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let inner = self.queries(resolved);
        let [left, right] = sides.map(|side| self.input(side, resolved));
        let is_resolved = is_resolved && left.resolved && right.resolved;
        Drawn {
            node: Node::above(marked(line, is_resolved), vec![left.node, right.node])
                .with_inner(inner),
            resolved: is_resolved,
        }
    }

    pub(super) fn join(self, node: &'a proto::Join, resolved: Option<&'a Resolved>) -> Drawn {
        let kind = join_kind(node.join_type());
        let (line, is_resolved) = if is_natural(node) {
            (format!("Join NaturalJoin({kind})"), false)
        } else if !node.using_columns.is_empty() {
            (
                format!(
                    "Join UsingJoin({kind}, [{}])",
                    node.using_columns.join(", ")
                ),
                false,
            )
        } else {
            match &node.join_condition {
                Some(condition) => {
                    let condition = expression::one(self.analyzed, condition);
                    (
                        format!("Join {kind}, {}", condition.text),
                        condition.resolved,
                    )
                }
                None => (format!("Join {kind}"), true),
            }
        };
        self.two(&line, is_resolved, [&node.left, &node.right], resolved)
    }

    pub(super) fn set_operation(
        self,
        node: &'a proto::SetOperation,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let all = node.is_all();
        let line = match node.set_op_type() {
            SetOpType::Union | SetOpType::Unspecified => {
                format!("Union {}, {}", node.by_name(), node.allow_missing_columns())
            }
            SetOpType::Intersect => with_all("Intersect", all),
            SetOpType::Except => with_all("Except", all),
        };
        let drawn = self.two(
            &line,
            !node.by_name(),
            [&node.left_input, &node.right_input],
            resolved,
        );
        match node.set_op_type() {
            SetOpType::Union if !all => over("Distinct", drawn),
            _ => drawn,
        }
    }

    pub(super) fn lateral(
        self,
        node: &'a proto::LateralJoin,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let of = self.analyzed;
        let mut right = node.right.as_deref();
        let (mut qualifier, mut columns) = (None, Vec::new());
        while let Some(relation) = right {
            match &relation.rel_type {
                Some(RelType::SubqueryAlias(alias)) => {
                    qualifier = Some(alias.alias.clone());
                    right = alias.input.as_deref();
                }
                Some(RelType::ToDf(names)) => {
                    columns.clone_from(&names.column_names);
                    right = names.input.as_deref();
                }
                Some(RelType::UnresolvedTableValuedFunction(function)) => {
                    let args = expression::texts(expression::all(of, &function.arguments));
                    let name = function.function_name.trim_end_matches("_outer");
                    let outer = node.join_type() == JoinType::LeftOuter
                        || function.function_name.ends_with("_outer");
                    let columns: Vec<String> = columns.iter().map(|c| format!("'{c}")).collect();
                    let qualifier = qualifier.map_or(String::new(), |name| format!(", {name}"));
                    let columns = match columns.is_empty() {
                        true => String::new(),
                        false => format!(", {}", of.writer.list(&columns)),
                    };
                    let line = format!(
                        "Generate '{name}({}), {outer}{qualifier}{columns}",
                        args.join(", ")
                    );
                    return self.above(&line, false, &node.left, resolved);
                }
                _ => break,
            }
        }
        let kind = join_kind(node.join_type());
        self.two(
            &format!("LateralJoin {kind}"),
            false,
            [&node.left, &node.right],
            resolved,
        )
    }

    pub(super) fn with_relations(
        self,
        node: &'a proto::WithRelations,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let Some(root) = node.root.as_deref() else {
            return unresolved("'WithRelations");
        };
        let below = |relation: &'a proto::Relation| {
            resolved.and_then(|r| r.below(relation)).map(AsRef::as_ref)
        };
        let mut names = Vec::new();
        let mut queries = Vec::new();
        for reference in &node.references {
            match &reference.rel_type {
                Some(RelType::SubqueryAlias(alias)) => {
                    names.push(alias.alias.clone());
                    queries.push(self.node(reference, below(reference)).node);
                }
                _ => self.analyzed.index.note(reference, below(reference)),
            }
        }
        let root = self.node(root, below(root));
        if names.is_empty() {
            return root;
        }
        Drawn {
            node: Node::above(format!("CTE [{}]", names.join(", ")), vec![root.node])
                .with_inner(queries),
            resolved: false,
        }
    }
}
