//! Physical expressions in Spark's notation. Columns are known by their place in the input, whose
//! texts come with the call.

use std::sync::Arc;

use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, CastExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, LikeExpr,
    Literal, NegativeExpr, NotExpr, TryCastExpr,
};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr, ScalarFunctionExpr};

use super::Physical;
use crate::explain::calls::kernel_call;
use crate::explain::notation;
use crate::explain::tree::list;
use crate::functions::kernel::Kernel;

impl Physical<'_> {
    /// An expression over an input with these columns.
    pub(super) fn expr(&self, expr: &Arc<dyn PhysicalExpr>, input: &[String]) -> String {
        let one = |expr: &Arc<dyn PhysicalExpr>| self.expr(expr, input);
        let most = self.writer.most;
        if let Some(column) = expr.downcast_ref::<Column>() {
            return match input.get(column.index()) {
                Some(text) => text.clone(),
                None => self.writer.names.borrow().shown(column.name()),
            };
        }
        if let Some(literal) = expr.downcast_ref::<Literal>() {
            return notation::literal(literal.value(), self.writer.zone);
        }
        if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
            return notation::operator(&one(binary.left()), *binary.op(), &one(binary.right()));
        }
        if let Some(cast) = expr.downcast_ref::<CastExpr>() {
            if let Some(column) = cast.expr().downcast_ref::<Column>()
                && self.writer.is_unsigned_column(column.name())
            {
                return one(cast.expr());
            }
            return notation::cast(&one(cast.expr()), cast.cast_type(), false);
        }
        if let Some(cast) = expr.downcast_ref::<TryCastExpr>() {
            return notation::cast(&one(cast.expr()), cast.cast_type(), true);
        }
        if let Some(function) = expr.downcast_ref::<ScalarFunctionExpr>() {
            let args: Vec<String> = function.args().iter().map(one).collect();
            return match function.fun().inner().downcast_ref::<Kernel>() {
                Some(kernel) => kernel_call(kernel, &args, most),
                None => notation::call(function.name(), &args, most),
            };
        }
        if let Some(test) = expr.downcast_ref::<IsNullExpr>() {
            return notation::call("isnull", &[one(test.arg())], most);
        }
        if let Some(test) = expr.downcast_ref::<IsNotNullExpr>() {
            return notation::call("isnotnull", &[one(test.arg())], most);
        }
        if let Some(not) = expr.downcast_ref::<NotExpr>() {
            return notation::call("not", &[one(not.arg())], most);
        }
        if let Some(negative) = expr.downcast_ref::<NegativeExpr>() {
            return notation::call("negative", &[one(negative.arg())], most);
        }
        if let Some(like) = expr.downcast_ref::<LikeExpr>() {
            let name = if like.case_insensitive() {
                "ilike"
            } else {
                "like"
            };
            let text = notation::call(name, &[one(like.expr()), one(like.pattern())], most);
            return if like.negated() {
                format!("NOT {text}")
            } else {
                text
            };
        }
        if let Some(inside) = expr.downcast_ref::<InListExpr>() {
            let items: Vec<String> = inside.list().iter().map(one).collect();
            let text = format!(
                "{} IN {}",
                one(inside.expr()),
                list(&items, ("(", ",", ")"), usize::MAX)
            );
            return if inside.negated() {
                format!("NOT {text}")
            } else {
                text
            };
        }
        if let Some(case) = expr.downcast_ref::<CaseExpr>() {
            if let ([(when, then)], Some(other), None) =
                (case.when_then_expr(), case.else_expr(), case.expr())
                && let Some(test) = when.downcast_ref::<IsNotNullExpr>()
                && test.arg().as_ref() == then.as_ref()
            {
                return notation::call("coalesce", &[one(then), one(other)], most);
            }
            let mut parts = Vec::new();
            for (when, then) in case.when_then_expr() {
                parts.push(match case.expr() {
                    Some(value) => format!("({} = {})", one(value), one(when)),
                    None => one(when),
                });
                parts.push(one(then));
            }
            parts.extend(case.else_expr().map(one));
            return notation::call("when", &parts, most);
        }
        expr.to_string()
    }

    /// Several expressions.
    pub(super) fn all<'e>(
        &self,
        exprs: impl IntoIterator<Item = &'e Arc<dyn PhysicalExpr>>,
        input: &[String],
    ) -> Vec<String> {
        exprs
            .into_iter()
            .map(|expr| self.expr(expr, input))
            .collect()
    }

    /// A sort key.
    pub(super) fn sort_key(&self, key: &PhysicalSortExpr, input: &[String]) -> String {
        notation::order(
            &self.expr(&key.expr, input),
            !key.options.descending,
            key.options.nulls_first,
        )
    }

    /// A value under the name of a column; under its own name it is that column.
    pub(super) fn aliased(&self, value: &str, name: &str) -> (String, String) {
        let names = self.writer.names.borrow();
        if !name.starts_with('#') {
            return (value.to_owned(), value.to_owned());
        }
        let shown = names.shown(name);
        if shown == value {
            return (shown.clone(), shown);
        }
        if !names.is_known(name) {
            // A number of ours for what has no name of the user's: Spark would have kept the column.
            let plain = value.contains('#') && !value.contains(['(', ' ']);
            if plain {
                return (value.to_owned(), value.to_owned());
            }
            let shown = format!("{value}{name}");
            return (notation::alias(value, &shown), shown);
        }
        (notation::alias(value, &shown), shown)
    }
}
