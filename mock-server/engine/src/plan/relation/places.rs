//! Where a call stands of which an error tells that was found after its operator was resolved.

use sparring_proto::connect::expression::{ExprType, UnresolvedFunction};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};

use crate::error::Error;
use crate::functions::{self, Build};

/// The place of the call that the error is about, if it is one of an operator's select list.
pub(super) fn of<'a>(error: &Error, operator: &'a RelType) -> Option<&'a proto::Origin> {
    if error.context().is_some() {
        return None;
    }
    let expressions = match operator {
        RelType::Project(node) => &node.expressions,
        RelType::Aggregate(node) => &node.aggregate_expressions,
        _ => return None,
    };
    let found = match error.class()? {
        "UNSUPPORTED_GROUPING_EXPRESSION" => find(expressions, &|call| {
            ["grouping", "grouping_id"]
                .iter()
                .any(|name| call.function_name.eq_ignore_ascii_case(name))
        }),
        "NESTED_AGGREGATE_FUNCTION" => {
            let outer = find(expressions, &|call| {
                is_aggregate(call) && find(&call.arguments, &is_aggregate).is_some()
            })?;
            match &outer.expr_type {
                Some(ExprType::UnresolvedFunction(call)) => find(&call.arguments, &is_aggregate),
                _ => None,
            }
        }
        _ => None,
    };
    found?.common.as_ref()?.origin.as_ref()
}

fn is_aggregate(call: &UnresolvedFunction) -> bool {
    functions::find(&call.function_name).is_some_and(|row| matches!(row.build, Build::Aggregate(_)))
}

/// The first call among the expressions, outermost first, that is meant.
fn find<'a>(
    expressions: impl IntoIterator<Item = &'a proto::Expression>,
    is_meant: &dyn Fn(&UnresolvedFunction) -> bool,
) -> Option<&'a proto::Expression> {
    expressions
        .into_iter()
        .find_map(|expression| match expression.expr_type.as_ref()? {
            ExprType::UnresolvedFunction(call) if is_meant(call) => Some(expression),
            ExprType::UnresolvedFunction(call) => find(&call.arguments, is_meant),
            ExprType::Alias(alias) => find(alias.expr.as_deref(), is_meant),
            ExprType::Cast(cast) => find(cast.expr.as_deref(), is_meant),
            ExprType::UnresolvedExtractValue(node) => find(node.child.as_deref(), is_meant),
            _ => None,
        })
}
