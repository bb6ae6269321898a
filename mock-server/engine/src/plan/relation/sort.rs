//! `ORDER BY` and `SORT BY`: keys may be columns of the select list, of what lies below it,
//! ordinals, or aggregates.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{Expr, LogicalPlan, Sort};
use sparring_proto::Required;
use sparring_proto::connect::expression::{ExprType, SortOrder, literal::LiteralType};
use sparring_proto::connect::{self as proto};
use std::sync::Arc;

use super::{row, windows};
use crate::error::{Error, Result};
use crate::plan::expression::misplaced;
use crate::plan::names;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};

impl Planner<'_> {
    /// `Sort`.
    pub(super) fn sort(&self, node: &proto::Sort) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("sort.input")?)?;
        if node.order.is_empty() {
            return Err(Error::invalid_plan(
                "'order' must be present and contain elements.",
            ));
        }
        let order = expanded(&node.order, &input);
        for key in &order {
            let child = key.child.as_deref().required("sort_order.child")?;
            self.no_sql_function(child, "Sort")?;
        }
        if let Some(below) = input.below.clone()
            && let Some(grouped) = &below.aggregate
        {
            return self.sort_aggregate(&input, &below, grouped, &order);
        }
        let mut keys = Vec::with_capacity(order.len());
        let mut widened = false;
        for key in &order {
            let child = key.child.as_deref().required("sort_order.child")?;
            let place = self.origin(child.common.as_ref().and_then(|c| c.origin.as_ref()));
            match ordinal(child, &input).map_err(|error| error.at(place))? {
                Some(value) => keys.push(value),
                None => match self.resolve(child, &input.scope) {
                    Ok(value) => keys.push(value),
                    Err(error) => {
                        let below = input.below.as_ref().filter(|_| row::missing(&error));
                        let Some(below) = below else {
                            return Err(error);
                        };
                        widened = true;
                        let wider = row::beside(&input.scope, below);
                        keys.push(self.resolve(child, &wider).map_err(|_| error)?);
                    }
                },
            }
        }
        let finish = |planner: &Self, planned: Planned, keys: Vec<Typed>| {
            planner.sorted(planned, keys, &order)
        };
        match (&input.below, widened) {
            (Some(below), true) => self.through(&input, Arc::clone(below), keys, finish),
            _ => finish(self, input, keys),
        }
    }

    /// The rows in the order of resolved keys.
    pub(super) fn sorted(
        &self,
        input: Planned,
        keys: Vec<Typed>,
        order: &[SortOrder],
    ) -> Result<Planned> {
        if let Some(key) = keys.iter().find(|key| key.has_aggregate()) {
            return Err(Error::new(
                "UNSUPPORTED_EXPR_FOR_OPERATOR",
                [("invalidExprSqls", format!("\"{}\"", key.name))],
            ));
        }
        if let Some(key) = keys.iter().find(|key| misplaced::has_generator(key)) {
            let key = names::numbered_text(&key.name, key, &input.scope);
            let shown = format!("Sort [{key} ASC NULLS FIRST], true");
            return Err(misplaced::outside_select(shown));
        }
        if keys.iter().any(has_correlated_scalar) {
            return Err(Error::new(
                "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY",
                [("treeNode", "Sort")],
            ));
        }
        let (mut input, keys) = windows::extract(input, keys)?;
        let mut sort = Vec::with_capacity(keys.len());
        for (value, order) in keys.into_iter().zip(order) {
            let data_type = value.data_type.clone();
            let (key, _) = self.sort_key(value, order)?;
            if matches!(data_type, DataType::List(_) | DataType::Struct(_)) {
                // Nulls inside of a value come first as its least, wherever whole nulls come.
                let is_null = Expr::IsNull(Box::new(key.expr.clone()));
                sort.push(SortExpr::new(is_null, !key.nulls_first, true));
                sort.push(SortExpr::new(key.expr, key.asc, key.asc));
            } else {
                sort.push(key);
            }
        }
        let keys = sort;
        let plan = LogicalPlan::Sort(Sort {
            expr: keys,
            input: Arc::new(input.plan),
            fetch: None,
        });
        input.plan = plan;
        input.below = None;
        Ok(input)
    }
}

fn has_correlated_scalar(value: &Typed) -> bool {
    let is_correlated = |expr: &Expr| match expr {
        Expr::ScalarSubquery(subquery) => !subquery.outer_ref_columns.is_empty(),
        _ => false,
    };
    value
        .expr
        .exists(|expr| Ok(is_correlated(expr)))
        .unwrap_or(false)
}

/// `ORDER BY ALL` is every column in turn.
fn expanded(order: &[SortOrder], input: &Planned) -> Vec<SortOrder> {
    let [only] = order else { return order.to_vec() };
    let is_all = matches!(only.child.as_deref().and_then(|child| child.expr_type.as_ref()),
        Some(ExprType::UnresolvedFunction(function))
            if function.is_internal()
                && function.function_name == sparring_sql::lower::internal::ORDER_BY_ALL);
    if !is_all {
        return order.to_vec();
    }
    (1..=input.scope.columns.len())
        .map(|place| SortOrder {
            child: Some(Box::new(proto::Expression {
                common: None,
                expr_type: Some(ExprType::Literal(proto::expression::Literal {
                    data_type: None,
                    literal_type: Some(LiteralType::Integer(
                        i32::try_from(place).unwrap_or(i32::MAX),
                    )),
                })),
            })),
            ..only.clone()
        })
        .collect()
}

/// An integer constant names a column of the select list by its place.
pub(super) fn ordinal(child: &proto::Expression, input: &Planned) -> Result<Option<Typed>> {
    let Some(ExprType::Literal(literal)) = &child.expr_type else {
        return Ok(None);
    };
    let Some(LiteralType::Integer(place)) = &literal.literal_type else {
        return Ok(None);
    };
    let size = input.scope.columns.len();
    let column = usize::try_from(*place)
        .ok()
        .filter(|p| *p >= 1)
        .and_then(|p| input.scope.columns.get(p - 1));
    column
        .map(|column| Some(Typed::column(column)))
        .ok_or_else(|| {
            Error::new(
                "ORDER_BY_POS_OUT_OF_RANGE",
                [("index", place.to_string()), ("size", size.to_string())],
            )
        })
}
