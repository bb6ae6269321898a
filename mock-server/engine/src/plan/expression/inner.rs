//! The expressions directly inside of one, and searches through all of them.
//!
//! Exhaustive over the protocol, so that a new expression cannot hide what is in it.

use sparring_proto::connect::{self as proto, expression::ExprType};

/// Whether the expression or one inside of it is what `wanted` looks for.
pub(crate) fn any(expression: &proto::Expression, wanted: &impl Fn(&ExprType) -> bool) -> bool {
    let Some(kind) = &expression.expr_type else {
        return false;
    };
    wanted(kind) || inner(kind).into_iter().any(|child| any(child, wanted))
}

/// The expressions directly inside.
pub(crate) fn inner(kind: &ExprType) -> Vec<&proto::Expression> {
    match kind {
        ExprType::Literal(_)
        | ExprType::UnresolvedAttribute(_)
        | ExprType::ExpressionString(_)
        | ExprType::UnresolvedStar(_)
        | ExprType::UnresolvedRegex(_)
        | ExprType::UnresolvedNamedLambdaVariable(_)
        | ExprType::TypedAggregateExpression(_)
        | ExprType::Extension(_) => Vec::new(),
        ExprType::UnresolvedFunction(n) => n.arguments.iter().collect(),
        ExprType::Alias(n) => n.expr.as_deref().into_iter().collect(),
        ExprType::Cast(n) => n.expr.as_deref().into_iter().collect(),
        ExprType::SortOrder(n) => n.child.as_deref().into_iter().collect(),
        ExprType::LambdaFunction(n) => n.function.as_deref().into_iter().collect(),
        ExprType::Window(n) => {
            let order = n
                .order_spec
                .iter()
                .filter_map(|order| order.child.as_deref());
            let function = n.window_function.as_deref().into_iter();
            function.chain(&n.partition_spec).chain(order).collect()
        }
        ExprType::UnresolvedExtractValue(n) => {
            let parts = [n.child.as_deref(), n.extraction.as_deref()];
            parts.into_iter().flatten().collect()
        }
        ExprType::UpdateFields(n) => {
            let parts = [
                n.struct_expression.as_deref(),
                n.value_expression.as_deref(),
            ];
            parts.into_iter().flatten().collect()
        }
        ExprType::CommonInlineUserDefinedFunction(n) => n.arguments.iter().collect(),
        ExprType::CallFunction(n) => n.arguments.iter().collect(),
        ExprType::NamedArgumentExpression(n) => n.value.as_deref().into_iter().collect(),
        ExprType::MergeAction(n) => {
            let pairs = n
                .assignments
                .iter()
                .flat_map(|pair| [&pair.key, &pair.value]);
            let condition = n.condition.as_deref().into_iter();
            condition.chain(pairs.flatten()).collect()
        }
        ExprType::SubqueryExpression(n) => n.in_subquery_values.iter().collect(),
        ExprType::DirectShufflePartitionId(n) => n.child.as_deref().into_iter().collect(),
    }
}
