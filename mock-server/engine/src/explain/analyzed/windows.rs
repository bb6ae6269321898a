//! Select lists with window functions (`ExtractWindowExpressions`): what the windows need, the windows,
//! their columns beside the others, and the list.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Window};

use super::Analyzed;
use super::select::project_line;
use crate::explain::notation;
use crate::explain::tree::Node;
use crate::plan::Below;
use crate::plan::scope::{Column, ColumnId};
use crate::plan::typed::Typed;

impl<'a> Analyzed<'a> {
    /// The operators of a select list with windows, if it has any. `apart` is `withColumn`, whose
    /// columns are aliases of the windows'.
    pub(super) fn windowed(
        self,
        below: &Below,
        start: Option<&LogicalPlan>,
        child: Node,
        apart: bool,
    ) -> Option<Node> {
        let windows = windows_of(&below.input.plan, start);
        if windows.is_empty() {
            return None;
        }
        self.writer.names.borrow_mut().learn_all(&below.input.scope);
        let mut fresh = 0;
        for window in &windows {
            for expr in &window.window_expr {
                self.name_window(window, expr, &below.list, apart, &mut fresh);
            }
        }
        let needed = self.needed(below, &windows);
        let mut node = Node::above(
            project_line(self.writer.list(&needed), needed.is_empty()),
            vec![child],
        );
        let mut columns = needed;
        for window in &windows {
            let exprs = self.writer.all(&window.window_expr);
            columns.extend(window.window_expr.iter().filter_map(|expr| match expr {
                Expr::Alias(alias) => Some(self.writer.names.borrow().shown(&alias.name)),
                _ => None,
            }));
            let mut parts = vec![self.writer.list(&exprs)];
            if let Some((partition, order)) = keys(window) {
                let partition = self.writer.all(partition);
                let order: Vec<String> = order.iter().map(|key| self.writer.sort(key)).collect();
                for keys in [partition, order] {
                    if !keys.is_empty() {
                        parts.push(self.writer.list(&keys));
                    }
                }
            }
            node = self.operator_above(format!("Window {}", parts.join(", ")), vec![node]);
        }
        let computed = below
            .list
            .iter()
            .filter(|(_, value)| has_window_column(value, &windows));
        for (column, value) in computed {
            let text = self.writer.expr(&value.expr);
            let name = self.writer.names.borrow_mut().of(column);
            columns.push(if text == name {
                name
            } else {
                notation::alias(&text, &name)
            });
        }
        let both = Node::above(
            format!("Project {}", self.writer.list(&columns)),
            vec![node],
        );
        let list: Vec<String> = below
            .list
            .iter()
            .map(|(column, _)| self.writer.names.borrow_mut().of(column))
            .collect();
        Some(Node::above(
            format!("Project {}", self.writer.list(&list)),
            vec![both],
        ))
    }

    /// The column of a window has the name of the item that it is, or one that Spark makes up.
    fn name_window(
        self,
        window: &Window,
        expr: &Expr,
        list: &[(Column, Typed)],
        apart: bool,
        fresh: &mut usize,
    ) {
        let Expr::Alias(alias) = expr else { return };
        if let Expr::WindowFunction(function) = alias.expr.as_ref()
            && UNSIGNED.contains(&function.fun.name())
        {
            self.writer.unsigned(&alias.name);
        }
        let item = list
            .iter()
            .find(|(_, value)| is_column(&value.expr, &alias.name));
        let number = *fresh;
        *fresh += 1;
        let mut names = self.writer.names.borrow_mut();
        match item {
            Some((column, _)) if !apart => {
                names.learn(column);
                names.show_as(&alias.name, &column.id.internal_name());
            }
            Some((column, _)) => {
                let mut named = column.clone();
                named.id = ColumnId::fresh();
                names.learn(&named);
                names.show_as(&alias.name, &named.id.internal_name());
            }
            None => {
                let field = window.schema.field_with_unqualified_name(&alias.name);
                let data_type = match field.map(|field| field.data_type().clone()) {
                    Ok(DataType::UInt64) | Err(_) => DataType::Int32,
                    Ok(data_type) => data_type,
                };
                let named = Column::new(format!("_we{number}"), data_type, true);
                names.learn(&named);
                names.show_as(&alias.name, &named.id.internal_name());
            }
        }
    }

    /// What stands below the windows: the other items, and the columns that windows use.
    fn needed(self, below: &Below, windows: &[&Window]) -> Vec<String> {
        let mut needed: Vec<String> = Vec::new();
        let mut push = |text: String| {
            if !needed.contains(&text) {
                needed.push(text);
            }
        };
        for (column, value) in &below.list {
            if !has_window_column(value, windows) {
                push(self.writer.named(column, value));
            }
        }
        let mut columns: Vec<&Expr> = Vec::new();
        for window in windows {
            columns.extend(&window.window_expr);
        }
        for expr in columns {
            let _ = expr.apply(|node| {
                if let Expr::Column(column) = node {
                    push(self.writer.names.borrow().shown(&column.name));
                }
                Ok(TreeNodeRecursion::Continue)
            });
        }
        needed
    }
}

/// Window functions whose results are unsigned in DataFusion.
const UNSIGNED: [&str; 4] = ["dense_rank", "ntile", "rank", "row_number"];

/// Whether a value is a column, perhaps of an unsigned number.
fn is_column(expr: &Expr, internal: &str) -> bool {
    match expr {
        Expr::Column(column) => column.name == internal,
        Expr::Cast(cast) => {
            matches!(cast.expr.as_ref(), Expr::Column(column) if column.name == internal)
        }
        _ => false,
    }
}

/// The windows that a select list has put above its input, the lowest first.
fn windows_of<'p>(plan: &'p LogicalPlan, start: Option<&LogicalPlan>) -> Vec<&'p Window> {
    let mut found = Vec::new();
    let mut next = plan;
    loop {
        if start.is_some_and(|start| Arc::ptr_eq(start.schema(), next.schema())) {
            break;
        }
        match next {
            LogicalPlan::Window(window) => {
                found.push(window);
                next = &window.input;
            }
            LogicalPlan::Sort(sort) if matches!(sort.input.as_ref(), LogicalPlan::Window(_)) => {
                next = &sort.input;
            }
            _ => break,
        }
    }
    found.reverse();
    found
}

fn has_window_column(value: &Typed, windows: &[&Window]) -> bool {
    let is_window = |name: &str| {
        windows
            .iter()
            .flat_map(|window| &window.window_expr)
            .any(|expr| match expr {
                Expr::Alias(alias) => alias.name == name,
                _ => false,
            })
    };
    value
        .expr
        .column_refs()
        .iter()
        .any(|column| is_window(&column.name))
}

type Keys<'w> = (&'w Vec<Expr>, &'w Vec<datafusion::logical_expr::expr::Sort>);

/// The partition and order that a window node's functions share.
pub(in crate::explain) fn keys(window: &Window) -> Option<Keys<'_>> {
    let mut first = window.window_expr.first()?;
    while let Expr::Alias(alias) = first {
        first = &alias.expr;
    }
    match first {
        Expr::WindowFunction(function) => {
            Some((&function.params.partition_by, &function.params.order_by))
        }
        _ => None,
    }
}
