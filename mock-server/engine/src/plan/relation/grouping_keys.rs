//! Keys of a GROUP BY: as what they are grouped, and what `grouping` may ask of them.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;

use super::aggregate::Grouped;
use crate::error::{Error, Result};
use crate::functions::comparable;
use crate::plan::Planned;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;

/// A key as Spark groups by it and gives it back: zeros have one sign, maps one order.
pub(super) fn grouping_key(key: &Typed) -> Typed {
    Typed {
        expr: comparable(key.clone()),
        ..key.clone()
    }
}

/// What `grouping` is asked about must be a key.
pub(super) fn grouping_of_keys(
    grouped: &Grouped,
    list: &[(Column, Typed)],
    input: &Planned,
) -> Result<()> {
    let mut stray = None;
    for (_, value) in list {
        value.expr.apply(|node| {
            if let Expr::AggregateFunction(call) = node
                && call.func.name() == "grouping"
                && let [Expr::Column(column)] = call.params.args.as_slice()
                && !grouped
                    .keys
                    .iter()
                    .any(|(key, _)| key.expr == call.params.args[0])
            {
                stray.get_or_insert_with(|| column.name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    let Some(internal_name) = stray else {
        return Ok(());
    };
    let mut columns = input.scope.columns.iter();
    let column = columns.find(|column| column.id.internal_name() == internal_name);
    let keys: Vec<String> = grouped
        .keys
        .iter()
        .map(|(key, column)| format!("{}{}", key.name, column.id.internal_name()))
        .collect();
    let name = column.map_or_else(String::new, |column| column.name.to_string());
    Err(Error::new(
        "GROUPING_COLUMN_MISMATCH",
        [
            ("grouping", format!("{name}{internal_name}")),
            ("groupingColumns", keys.join(",")),
        ],
    )
    .placeless())
}
