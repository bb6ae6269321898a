//! What stands above an aggregate and names aggregates: those of the select list are its columns, others
//! are added to the list and cut off above (`ResolveAggregateFunctions`).

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, Projection, Sort};

use super::Analyzed;
use crate::explain::tree::Node;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::plan::{Below, Planned};

impl<'a> Analyzed<'a> {
    /// HAVING.
    pub(super) fn having(
        self,
        condition: &Expr,
        below: &Below,
        input: Node,
        planned: &Planned,
    ) -> Node {
        let mut list = below.list.clone();
        let condition = self.in_terms_of(condition, below, &mut list);
        let condition = self.writer.expr(&condition);
        self.above(format!("Filter {condition}"), below, list, input, planned)
    }

    /// ORDER BY over what the select list does not show; none where that is not all it does.
    pub(super) fn ordered(
        self,
        sort: &Sort,
        is_global: bool,
        below: &Below,
        input: Node,
        planned: &Planned,
    ) -> Option<Node> {
        let LogicalPlan::Projection(wider) = sort.input.as_ref() else {
            return None;
        };
        let LogicalPlan::Aggregate(aggregate) = wider.input.as_ref() else {
            return None;
        };
        let mut list = below.list.clone();
        let mut keys = Vec::with_capacity(sort.expr.len());
        for key in &sort.expr {
            let value = computed(&key.expr, wider, aggregate)?;
            let value = self.in_terms_of(&value, below, &mut list);
            keys.push(self.writer.sort(&key.with_expr(value)));
        }
        let line = format!("Sort {}, {is_global}", self.writer.list(&keys));
        Some(self.above(line, below, list, input, planned))
    }

    /// The expression with columns in place of aggregates, which are added to the list when new.
    fn in_terms_of(self, expr: &Expr, below: &Below, list: &mut Vec<(Column, Typed)>) -> Expr {
        let replaced = expr.clone().transform_down(|expr| {
            if let Some((column, _)) = list.iter().find(|(_, value)| value.expr == expr) {
                return Ok(Transformed::yes(column.expr()));
            }
            if !matches!(expr, Expr::AggregateFunction(_)) {
                return Ok(Transformed::no(expr));
            }
            let data_type = expr.get_type(below.input.plan.schema())?;
            let name = without_numbers(&self.writer.expr(&expr));
            let value = Typed::new(expr, data_type, true, name);
            let column = value.to_column();
            self.writer.names.borrow_mut().learn(&column);
            let replaced = column.expr();
            list.push((column, value));
            Ok(Transformed::yes(replaced))
        });
        replaced.map_or_else(|_| expr.clone(), |replaced| replaced.data)
    }

    fn above(
        self,
        line: String,
        below: &Below,
        list: Vec<(Column, Typed)>,
        mut input: Node,
        planned: &Planned,
    ) -> Node {
        if list.len() == below.list.len() {
            return self.operator_above(line, vec![input]);
        }
        let wider = Below {
            input: below.input.clone(),
            list,
            aggregate: below.aggregate.clone(),
            kept: Vec::new(),
        };
        if let Some(rows) = input.children.pop() {
            input = self.aggregated(&wider, rows);
        }
        let work = self.operator_above(line, vec![input]);
        let columns = self.columns(planned);
        Node::above(
            format!("Project {}", self.writer.list(&columns)),
            vec![work],
        )
    }
}

/// What a column of a list above an aggregate is computed by.
fn computed(key: &Expr, list: &Projection, aggregate: &Aggregate) -> Option<Expr> {
    let named = |exprs: &[Expr], name: &str| {
        exprs.iter().find_map(|expr| match expr {
            Expr::Alias(alias) if alias.name == name => Some(alias.expr.as_ref().clone()),
            _ => None,
        })
    };
    let replaced = key.clone().transform_down(|expr| match &expr {
        Expr::Column(column) => {
            let found = named(&list.expr, &column.name)
                .or_else(|| named(&aggregate.aggr_expr, &column.name));
            Ok(match found {
                Some(found) => Transformed::yes(found),
                None => Transformed::no(expr),
            })
        }
        _ => Ok(Transformed::no(expr)),
    });
    let inner = replaced.ok()?.data;
    // A list's items are columns of the aggregate in their turn.
    let again = inner.transform_down(|expr| match &expr {
        Expr::Column(column) => Ok(match named(&aggregate.aggr_expr, &column.name) {
            Some(found) => Transformed::yes(found),
            None => Transformed::no(expr),
        }),
        _ => Ok(Transformed::no(expr)),
    });
    Some(again.ok()?.data)
}

/// `max(v#3L)` as `max(v)`.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('#') {
        let (before, after) = rest.split_at(place);
        out.push_str(before);
        let after = after
            .trim_start_matches('#')
            .trim_start_matches(|c: char| c.is_ascii_digit());
        rest = after.strip_prefix('L').unwrap_or(after);
    }
    out.push_str(rest);
    out
}
