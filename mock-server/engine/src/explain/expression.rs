//! Resolved expressions in Spark's notation, as they stand, casts included.

use std::sync::Arc;

use datafusion::common::Column as PlanColumn;
use datafusion::logical_expr::expr::{Case, Sort};
use datafusion::logical_expr::{Expr, Subquery};

use super::notation;
use super::writer::{Query, Writer};
use crate::plan::scope::ColumnId;
use crate::plan::typed::Typed;
use crate::types::interval::Fields;

impl Writer {
    /// Several expressions.
    pub(super) fn all<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Vec<String> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    /// An expression.
    pub(super) fn expr(&self, expr: &Expr) -> String {
        if let Some(written) = self.trace.written(expr)
            && let Some(text) = self.written(expr, &written)
        {
            return text;
        }
        match expr {
            Expr::Alias(alias) => {
                let value = self.expr(&alias.expr);
                self.adopt(&alias.name, &alias.expr);
                let name = self.names.borrow().shown(&alias.name);
                match name == value {
                    true => name,
                    false => notation::alias(&value, &name),
                }
            }
            Expr::Column(column) => self.column(column),
            Expr::OuterReferenceColumn(_, column) => format!("outer({})", self.column(column)),
            Expr::Literal(value, _) => notation::literal(value, self.zone),
            Expr::BinaryExpr(binary) => notation::operator(
                &self.expr(&binary.left),
                binary.op,
                &self.expr(&binary.right),
            ),
            Expr::Like(like) => {
                let name = if like.case_insensitive {
                    "ilike"
                } else {
                    "like"
                };
                self.negated(like.negated, name, &[&like.expr, &like.pattern])
            }
            Expr::SimilarTo(like) => {
                self.negated(like.negated, "rlike", &[&like.expr, &like.pattern])
            }
            Expr::Not(inner) => self.call("not", &[inner]),
            Expr::IsNotNull(inner) => self.call("isnotnull", &[inner]),
            Expr::IsNull(inner) => self.call("isnull", &[inner]),
            Expr::IsTrue(inner) => format!("({} <=> true)", self.expr(inner)),
            Expr::IsFalse(inner) => format!("({} <=> false)", self.expr(inner)),
            Expr::IsUnknown(inner) => self.call("isnull", &[inner]),
            Expr::IsNotTrue(inner) => format!("NOT ({} <=> true)", self.expr(inner)),
            Expr::IsNotFalse(inner) => format!("NOT ({} <=> false)", self.expr(inner)),
            Expr::IsNotUnknown(inner) => self.call("isnotnull", &[inner]),
            Expr::Negative(inner) => self.call("negative", &[inner]),
            Expr::Between(between) => {
                let value = self.expr(&between.expr);
                let (low, high) = (self.expr(&between.low), self.expr(&between.high));
                let both = format!("(({value} >= {low}) AND ({value} <= {high}))");
                if between.negated {
                    format!("NOT {both}")
                } else {
                    both
                }
            }
            Expr::Case(case) => self.case(case),
            // Spark has no unsigned numbers, as which DataFusion ranks rows.
            Expr::Cast(cast) if self.is_unsigned(&cast.expr) => self.expr(&cast.expr),
            Expr::Cast(cast) => {
                notation::cast(&self.expr(&cast.expr), cast.field.data_type(), false)
            }
            Expr::TryCast(cast) => {
                notation::cast(&self.expr(&cast.expr), cast.field.data_type(), true)
            }
            Expr::ScalarFunction(function) => self.scalar(function),
            Expr::HigherOrderFunction(function) => {
                let args = self.all(&function.args);
                notation::call(function.func.name(), &args, self.most)
            }
            Expr::AggregateFunction(function) => {
                self.aggregate(function, notation::aggregate(function.func.name()))
            }
            Expr::WindowFunction(function) => self.window(function),
            Expr::InList(list) => self.in_list(list),
            Expr::Exists(exists) => {
                let text = self.query("exists", &exists.subquery, expr);
                if exists.negated {
                    format!("NOT {text}")
                } else {
                    text
                }
            }
            Expr::InSubquery(inside) => {
                let text = format!(
                    "{} IN ({})",
                    self.expr(&inside.expr),
                    self.query("list", &inside.subquery, expr)
                );
                if inside.negated {
                    format!("NOT {text}")
                } else {
                    text
                }
            }
            Expr::ScalarSubquery(subquery) => self.query("scalar-subquery", subquery, expr),
            Expr::Unnest(unnest) => self.call("explode", &[&unnest.expr]),
            Expr::SetComparison(_)
            | Expr::GroupingSet(_)
            | Expr::Lambda(_)
            | Expr::LambdaVariable(_)
            | Expr::Placeholder(_)
            | Expr::ScalarVariable(..) => expr.to_string(),
            #[expect(deprecated, reason = "the variant is still there to be matched")]
            Expr::Wildcard { .. } => "*".to_owned(),
        }
    }

    /// A number of ours for a column that Spark would have kept is written as that column.
    fn adopt(&self, internal: &str, value: &Expr) {
        let Expr::Column(column) = value else { return };
        let key = self.key(column);
        let mut names = self.names.borrow_mut();
        if !names.is_known(internal) {
            names.show_as(internal, &key);
        }
    }

    /// A sort key.
    pub(super) fn sort(&self, key: &Sort) -> String {
        notation::order(&self.expr(&key.expr), key.asc, key.nulls_first)
    }

    /// A resolved value as an item of a select list: a column, or something under its name.
    pub(super) fn named(&self, column: &crate::plan::scope::Column, value: &Typed) -> String {
        let name = self.names.borrow_mut().of(column);
        if value.id == Some(column.id) {
            return name;
        }
        let is_interval = Fields::of(&value.data_type, &value.metadata).is_some();
        if is_interval && value.constant().is_some() {
            // Which fields an interval has is not in its value.
            return notation::alias(&value.name, &name);
        }
        notation::alias(&self.expr(&value.expr), &name)
    }

    fn column(&self, column: &PlanColumn) -> String {
        self.names.borrow().shown(&self.key(column))
    }

    fn call(&self, name: &str, args: &[&Expr]) -> String {
        let args: Vec<String> = args.iter().map(|arg| self.expr(arg)).collect();
        notation::call(name, &args, self.most)
    }

    fn case(&self, case: &Case) -> String {
        if let Some((value, other)) = first_set(case) {
            return self.call("coalesce", &[value, other]);
        }
        let mut parts = Vec::new();
        for (when, then) in &case.when_then_expr {
            parts.push(match &case.expr {
                Some(value) => format!("({} = {})", self.expr(value), self.expr(when)),
                None => self.expr(when),
            });
            parts.push(self.expr(then));
        }
        parts.extend(case.else_expr.as_ref().map(|other| self.expr(other)));
        notation::call("when", &parts, self.most)
    }

    fn negated(&self, negated: bool, name: &str, args: &[&Expr]) -> String {
        let text = self.call(name, args);
        if negated { format!("NOT {text}") } else { text }
    }

    /// A query in an expression; it is drawn below the operator.
    fn query(&self, kind: &str, subquery: &Subquery, expr: &Expr) -> String {
        let id = ColumnId::fresh().internal_name();
        let outer = self.all(&subquery.outer_ref_columns);
        let outer: Vec<String> = outer
            .into_iter()
            .map(|text| {
                let inner = text
                    .strip_prefix("outer(")
                    .and_then(|t| t.strip_suffix(')'));
                inner.map_or(text.clone(), str::to_owned)
            })
            .collect();
        self.queries.borrow_mut().push(Query {
            plan: Arc::clone(&subquery.subquery),
            resolved: self.trace.query_of(expr),
        });
        format!("{kind}{id} {}", self.list(&outer))
    }
}

/// `CASE WHEN isnotnull(x) THEN x ELSE y END`, which Spark has a name for.
fn first_set(case: &Case) -> Option<(&Expr, &Expr)> {
    match (case.when_then_expr.as_slice(), case.else_expr.as_deref()) {
        ([(when, then)], Some(other)) if case.expr.is_none() => match when.as_ref() {
            Expr::IsNotNull(tested) if tested == then => Some((then, other)),
            _ => None,
        },
        _ => None,
    }
}
