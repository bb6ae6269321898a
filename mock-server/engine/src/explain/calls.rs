//! Calls in Spark's notation. One that became another expression of DataFusion's is written as the call
//! that it was (`plan/trace.rs`).

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{AggregateFunction, InList, ScalarFunction, WindowFunction};
use datafusion::logical_expr::{Expr, WindowFunctionDefinition};

use super::tree::list;
use super::writer::Writer;
use super::{notation, window};
use crate::functions::kernel::Kernel;
use crate::plan::trace::Written;
use crate::types::coerce::is_numeric;

impl Writer {
    /// A call by the name it had, with the arguments that it has now where these can be told.
    pub(super) fn written(&self, expr: &Expr, written: &Written) -> Option<String> {
        let raw = || -> Vec<String> {
            written
                .args
                .iter()
                .map(|arg| self.expr(&arg.expr))
                .collect()
        };
        match (expr, written.name) {
            // These are not calls to Spark's analyzer but what they say.
            (Expr::Case(case), "when" | "coalesce" | "if") => {
                let mut values: Vec<&Expr> = Vec::new();
                let mut otherwise = case.else_expr.as_deref();
                if written.name != "coalesce" {
                    for (when, then) in &case.when_then_expr {
                        values.extend([when.as_ref(), then.as_ref()]);
                    }
                    values.extend(otherwise);
                } else {
                    // Nested one in the other, one for each value but the last.
                    let mut inner = case;
                    for _ in 1..written.args.len() {
                        values.extend(inner.when_then_expr.first().map(|(_, then)| then.as_ref()));
                        otherwise = inner.else_expr.as_deref();
                        if let Some(Expr::Case(next)) = otherwise {
                            inner = next;
                        }
                    }
                    values.extend(otherwise);
                }
                let args = self.all(values);
                Some(notation::call(written.name, &args, self.most))
            }
            (Expr::InList(_), "in") => Some(self.in_written(written, expr)),
            (Expr::AggregateFunction(function), name) => {
                Some(self.aggregate_of(function, written, name))
            }
            (Expr::ScalarFunction(_), "struct") => {
                let fields = written.args.iter();
                let parts: Vec<String> = fields
                    .flat_map(|arg| [arg.output_name().to_string(), self.expr(&arg.expr)])
                    .collect();
                Some(notation::call("struct", &parts, self.most))
            }
            (Expr::ScalarFunction(function), name) if function.args.len() == written.args.len() => {
                let args = self.all(&function.args);
                Some(notation::call(name, &args, self.most))
            }
            (Expr::ScalarFunction(_) | Expr::Case(_), name) => {
                Some(notation::call(name, &raw(), self.most))
            }
            // What is no operator of two sides was a call, such as `between` and `~`.
            (Expr::BinaryExpr(_), name)
                if written.args.len() != 2 || notation::infix(name).is_none() =>
            {
                match name {
                    "!=" | "<>" => None,
                    _ => Some(notation::call(name, &raw(), self.most)),
                }
            }
            _ => None,
        }
    }

    pub(super) fn scalar(&self, function: &ScalarFunction) -> String {
        let args = self.all(&function.args);
        let Some(kernel) = function.func.inner().downcast_ref::<Kernel>() else {
            return notation::call(function.name(), &args, self.most);
        };
        kernel_call(kernel, &args, self.most)
    }

    pub(super) fn in_list(&self, inside: &InList) -> String {
        let value = self.expr(&inside.expr);
        let items = self.all(&inside.list);
        let text = format!("{value} IN {}", list(&items, ("(", ",", ")"), usize::MAX));
        if inside.negated {
            format!("NOT {text}")
        } else {
            text
        }
    }

    /// `InConversion` casts every value where one must be.
    fn in_written(&self, written: &Written, expr: &Expr) -> String {
        let Expr::InList(inside) = expr else {
            return self.expr(expr);
        };
        let types: Vec<&DataType> = written.args.iter().map(|arg| &arg.data_type).collect();
        let same = types.windows(2).all(|pair| pair[0] == pair[1]);
        if same || !self.analyzed.get() {
            return self.in_list(inside);
        }
        let common = types
            .iter()
            .find(|t| ***t != DataType::Int32)
            .copied()
            .unwrap_or(&DataType::Int32);
        let args: Vec<String> = written
            .args
            .iter()
            .map(|arg| notation::cast(&self.expr(&arg.expr), common, false))
            .collect();
        notation::call("in", &args, self.most)
    }

    pub(super) fn aggregate(&self, function: &AggregateFunction, name: &str) -> String {
        let args = self.all(&function.params.args);
        self.aggregate_text(function, name, &args)
    }

    /// An aggregate under the name it was called by. Our sums and the like are given wider numbers where
    /// Spark's take them as they are.
    fn aggregate_of(&self, function: &AggregateFunction, written: &Written, name: &str) -> String {
        const AS_THEY_ARE: [&str; 9] = [
            "avg", "count", "max", "max_by", "mean", "min", "sum", "try_avg", "try_sum",
        ];
        let same = written.args.len() == function.params.args.len();
        let casts = !AS_THEY_ARE.contains(&name);
        let args: Vec<String> = written
            .args
            .iter()
            .enumerate()
            .map(|(place, arg)| match function.params.args.get(place) {
                Some(cast) if same && (casts || !is_numeric(&arg.data_type)) => self.expr(cast),
                _ => self.expr(&arg.expr),
            })
            .collect();
        self.aggregate_text(function, name, &args)
    }

    fn aggregate_text(&self, function: &AggregateFunction, name: &str, args: &[String]) -> String {
        let mut args = args.to_vec();
        match name {
            "first" | "last" | "first_value" | "last_value" | "any_value" if args.len() == 1 => {
                let ignores = function.params.null_treatment.is_some();
                args.push(ignores.to_string());
            }
            "collect_list" | "collect_set" if args.len() == 1 => {
                args.extend(["0".to_owned(), "0".to_owned()]);
            }
            _ => {}
        }
        let name = match name {
            "first_value" => "first",
            "last_value" => "last",
            other => other,
        };
        let open = match function.params.distinct {
            true => format!("{name}(distinct "),
            false => format!("{name}("),
        };
        let text = list(&args, (&open, ", ", ")"), self.most);
        match &function.params.filter {
            Some(filter) => format!("{text} FILTER (WHERE {})", self.expr(filter)),
            None => text,
        }
    }

    pub(super) fn window(&self, function: &WindowFunction) -> String {
        let params = &function.params;
        let args = self.all(&params.args);
        let specification = window::specification(
            self.all(&params.partition_by),
            params.order_by.iter().map(|key| self.sort(key)).collect(),
            &window::frame(function.fun.name(), &params.window_frame, self.zone),
        );
        let call = match self.aggregate_in(function) {
            Some(aggregate) => aggregate,
            None => {
                let order = self.all(params.order_by.iter().map(|key| &key.expr));
                window::call(function.fun.name(), args, order, self.most)
            }
        };
        format!("{call} {specification}")
    }

    /// The aggregate that a window is over, as it was called.
    fn aggregate_in(&self, function: &WindowFunction) -> Option<String> {
        let WindowFunctionDefinition::AggregateUDF(aggregate) = &function.fun else {
            return None;
        };
        let call = Expr::AggregateFunction(AggregateFunction::new_udf(
            Arc::clone(aggregate),
            function.params.args.clone(),
            function.params.distinct,
            function.params.filter.clone(),
            Vec::new(),
            function.params.null_treatment,
        ));
        Some(self.expr(&call))
    }
}

/// A call of a function of ours.
pub(super) fn kernel_call(kernel: &Kernel, args: &[String], most: usize) -> String {
    match (kernel.name(), args) {
        ("cast", [value]) => notation::cast(
            value,
            kernel.result(),
            kernel.options().contains("mode: Try"),
        ),
        ("as_nullable" | "as_not_null", [value]) => value.clone(),
        ("get_struct_field" | "get_array_struct_fields", [value]) => {
            let name = kernel
                .options()
                .split_once(' ')
                .map_or("", |(_, name)| name);
            format!("{value}.{name}")
        }
        ("at_least_n_non_nulls", columns) => {
            format!(
                "atleastnnonnulls({}, {})",
                kernel.options(),
                columns.join(", ")
            )
        }
        (name, args) => notation::call(name, args, most),
    }
}
