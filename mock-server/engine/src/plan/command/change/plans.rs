//! Relations and expressions in pieces, for statements whose rows are computed by a query.

use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

pub(super) fn expression(expr_type: ExprType) -> proto::Expression {
    proto::Expression {
        common: None,
        expr_type: Some(expr_type),
    }
}

pub(super) fn column(parts: &[&str]) -> proto::Expression {
    expression(ExprType::UnresolvedAttribute(
        proto::expression::UnresolvedAttribute {
            unparsed_identifier: crate::types::names::quote_parts(parts),
            ..Default::default()
        },
    ))
}

pub(super) fn literal(value: LiteralType) -> proto::Expression {
    expression(ExprType::Literal(proto::expression::Literal {
        literal_type: Some(value),
        ..Default::default()
    }))
}

pub(super) fn call(name: &str, arguments: Vec<proto::Expression>) -> proto::Expression {
    expression(ExprType::UnresolvedFunction(
        proto::expression::UnresolvedFunction {
            function_name: name.to_owned(),
            arguments,
            ..Default::default()
        },
    ))
}

pub(super) fn named(value: proto::Expression, name: &str) -> proto::Expression {
    expression(ExprType::Alias(Box::new(proto::expression::Alias {
        expr: Some(Box::new(value)),
        name: vec![name.to_owned()],
        metadata: None,
    })))
}

pub(super) fn relation(rel_type: RelType) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}

pub(super) fn aliased(input: proto::Relation, alias: &str) -> proto::Relation {
    relation(RelType::SubqueryAlias(Box::new(proto::SubqueryAlias {
        input: Some(Box::new(input)),
        alias: alias.to_owned(),
        qualifier: Vec::new(),
    })))
}

pub(super) fn with_column(
    input: proto::Relation,
    name: &str,
    value: proto::Expression,
) -> proto::Relation {
    relation(RelType::WithColumns(Box::new(proto::WithColumns {
        input: Some(Box::new(input)),
        aliases: vec![proto::expression::Alias {
            expr: Some(Box::new(value)),
            name: vec![name.to_owned()],
            metadata: None,
        }],
    })))
}

pub(super) fn select(
    input: proto::Relation,
    expressions: Vec<proto::Expression>,
) -> proto::Relation {
    relation(RelType::Project(Box::new(proto::Project {
        input: Some(Box::new(input)),
        expressions,
    })))
}

pub(super) fn with_subqueries(
    root: proto::Relation,
    subqueries: &[proto::Relation],
) -> proto::Relation {
    if subqueries.is_empty() {
        return root;
    }
    relation(RelType::WithRelations(Box::new(proto::WithRelations {
        root: Some(Box::new(root)),
        references: subqueries.to_vec(),
    })))
}
