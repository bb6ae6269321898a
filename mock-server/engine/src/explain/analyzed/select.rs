//! Select lists and what changes columns.

use datafusion::logical_expr::{Expr, LogicalPlan};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::Analyzed;
use crate::explain::notation;
use crate::explain::tree::Node;
use crate::plan::scope::Column;
use crate::plan::trace::Resolved;
use crate::plan::typed::Typed;
use crate::plan::{Below, Planned};

impl<'a> Analyzed<'a> {
    pub(super) fn project(
        self,
        node: &'a proto::Project,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        if node.input.is_none() && node.expressions.is_empty() {
            return Node::leaf("OneRowRelation");
        }
        self.selected(&node.input, resolved, planned)
    }

    pub(super) fn aggregate(
        self,
        node: &'a proto::Aggregate,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        match node.pivot {
            Some(_) => self.other(planned),
            None => self.selected(&node.input, resolved, planned),
        }
    }

    /// A select list, an aggregate being one too.
    pub(super) fn selected(
        self,
        input: &'a Option<Box<proto::Relation>>,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let child = self.input(resolved, input);
        let Some(below) = planned.below.clone() else {
            return self.other(planned);
        };
        self.writer.names.borrow_mut().learn_all(&below.input.scope);
        self.writer.names.borrow_mut().learn_all(&planned.scope);
        if below.aggregate.is_some() {
            return self.aggregated(&below, child);
        }
        let start = self.planned(resolved, input).map(|planned| &planned.plan);
        if let Some(line) = self.generated(&below.input.plan, start, None) {
            let child = Node::above(line, vec![child]);
            return self.list(&below, child);
        }
        if let Some(node) = self.windowed(&below, start, child.clone(), false) {
            return node;
        }
        self.list(&below, child)
    }

    fn list(self, below: &Below, child: Node) -> Node {
        let items = self.items(&below.list);
        self.operator_above(
            project_line(self.writer.list(&items), items.is_empty()),
            vec![child],
        )
    }

    pub(super) fn items(self, list: &[(Column, Typed)]) -> Vec<String> {
        list.iter()
            .map(|(column, value)| self.writer.named(column, value))
            .collect()
    }

    /// The line of a generator that a plan begins with, if it does.
    pub(super) fn generated(
        self,
        plan: &LogicalPlan,
        start: Option<&LogicalPlan>,
        qualifier: Option<&str>,
    ) -> Option<String> {
        if start.is_some_and(|start| std::sync::Arc::ptr_eq(start.schema(), plan.schema())) {
            return None;
        }
        let LogicalPlan::Projection(kept) = plan else {
            return None;
        };
        let LogicalPlan::Unnest(unnest) = kept.input.as_ref() else {
            return None;
        };
        let LogicalPlan::Projection(rows) = unnest.input.as_ref() else {
            return None;
        };
        let Some(Expr::Alias(list)) = rows.expr.last() else {
            return None;
        };
        let outer = !matches!(
            unnest.options.null_handling,
            datafusion::common::NullHandling::Drop
        );
        let mut text = match self.writer.trace.generator_of(&list.expr) {
            Some(written) => {
                let args: Vec<String> = written
                    .args
                    .iter()
                    .map(|arg| self.writer.expr(&arg.expr))
                    .collect();
                let name = written.name.trim_end_matches("_outer");
                format!("{name}({})", args.join(", "))
            }
            None => format!("explode({})", self.writer.expr(&list.expr)),
        };
        text.push_str(&format!(", {outer}"));
        if let Some(qualifier) = qualifier {
            text.push_str(&format!(", {qualifier}"));
        }
        let columns: Vec<String> = kept
            .expr
            .iter()
            .skip(rows.expr.len() - 1)
            .filter_map(|expr| match expr {
                Expr::Alias(alias) => Some(self.writer.names.borrow().shown(&alias.name)),
                Expr::Column(column) => Some(self.writer.names.borrow().shown(&column.name)),
                _ => None,
            })
            .collect();
        Some(format!("Generate {text}, {}", self.writer.list(&columns)))
    }

    /// `withColumn` and its kin; Spark analyses the new columns apart.
    pub(super) fn with_columns(
        self,
        node: &'a proto::WithColumns,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let Some(below) = planned.below.clone() else {
            return self.other(planned);
        };
        let child = self.input(resolved, &node.input);
        let start = self
            .planned(resolved, &node.input)
            .map(|planned| &planned.plan);
        if below.aggregate.is_none()
            && let Some(node) = self.windowed(&below, start, child, true)
        {
            return node;
        }
        self.selected(&node.input, resolved, planned)
    }

    /// `to(schema)`: a column that stays as it is, is no new one.
    pub(super) fn to_schema(
        self,
        node: &'a proto::ToSchema,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let child = self.input(resolved, &node.input);
        let Some(below) = planned.below.clone() else {
            return self.other(planned);
        };
        let items: Vec<String> = below
            .list
            .iter()
            .map(|(column, value)| match &value.expr {
                Expr::Column(source) => {
                    let mut names = self.writer.names.borrow_mut();
                    if names
                        .plain(&source.name)
                        .is_some_and(|name| *name == column.name)
                    {
                        names.show_as(&column.id.internal_name(), &source.name);
                        return names.of(column);
                    }
                    drop(names);
                    self.writer.named(column, value)
                }
                _ => self.writer.named(column, value),
            })
            .collect();
        self.operator_above(format!("Project {}", self.writer.list(&items)), vec![child])
    }

    /// `na.fill`: Spark puts a `coalesce` with a cast constant round every column that it fills.
    pub(super) fn fill_na(
        self,
        node: &'a proto::NaFill,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let child = self.input(resolved, &node.input);
        let input = self.planned(resolved, &node.input);
        let (Some(below), Some(input)) = (planned.below.clone(), input) else {
            return self.other(planned);
        };
        let literal = |at: usize| {
            let value = node.values.get(at).or(node.values.first())?;
            let value = crate::plan::expression::literal::literal(self.context, value).ok()?;
            Some(notation::literal(value.constant()?, self.writer.zone))
        };
        let items: Vec<String> = below
            .list
            .iter()
            .zip(&input.scope.columns)
            .map(|((column, value), source)| {
                if value.id == Some(column.id) {
                    return self.writer.named(column, value);
                }
                let place = node
                    .cols
                    .iter()
                    .position(|n| self.context.same_name(n, &column.name));
                let filler = literal(place.unwrap_or(0)).unwrap_or_default();
                let filler = notation::cast(&filler, &column.data_type, false);
                let source_text = self.writer.names.borrow_mut().of(source);
                let is_double = matches!(
                    column.data_type,
                    arrow::datatypes::DataType::Float64 | arrow::datatypes::DataType::Float32
                );
                let present = match is_double {
                    true => format!(
                        "nanvl({source_text}, {})",
                        notation::cast("null", &column.data_type, false)
                    ),
                    false => source_text,
                };
                let name = self.writer.names.borrow_mut().of(column);
                notation::alias(&format!("coalesce({present}, {filler})"), &name)
            })
            .collect();
        self.operator_above(format!("Project {}", self.writer.list(&items)), vec![child])
    }

    /// New names for columns; all of them are new columns to Spark where `all` is true.
    pub(super) fn renamed(
        self,
        input: &'a Option<Box<proto::Relation>>,
        resolved: &'a Resolved,
        planned: &Planned,
        all: bool,
    ) -> Node {
        let child = self.input(resolved, input);
        let mut items = Vec::with_capacity(planned.scope.columns.len());
        let mut names = self.writer.names.borrow_mut();
        for column in &planned.scope.columns {
            let old = names.of(column);
            let is_same = names
                .plain(&column.id.internal_name())
                .is_some_and(|name| *name == column.name);
            if is_same && !all {
                items.push(old);
            } else {
                names.rename(column);
                items.push(notation::alias(&old, &names.of(column)));
            }
        }
        drop(names);
        Node::above(format!("Project {}", self.writer.list(&items)), vec![child])
    }

    pub(super) fn to_df(
        self,
        node: &'a proto::ToDf,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        if self.sql && is_inline_table(node.input.as_deref()) {
            // The parser makes one relation of VALUES and the names of its columns.
            self.writer.names.borrow_mut().learn_all(&planned.scope);
            return self.local(planned);
        }
        self.renamed(&node.input, resolved, planned, true)
    }

    pub(super) fn dropped(
        self,
        input: &'a Option<Box<proto::Relation>>,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let child = self.input(resolved, input);
        let columns = self.columns(planned);
        Node::above(
            project_line(self.writer.list(&columns), columns.is_empty()),
            vec![child],
        )
    }

    pub(super) fn subquery_alias(
        self,
        node: &'a proto::SubqueryAlias,
        resolved: &'a Resolved,
        _: &Planned,
    ) -> Node {
        let child = self.input(resolved, &node.input);
        let name: Vec<&str> = node
            .qualifier
            .iter()
            .chain([&node.alias])
            .map(String::as_str)
            .collect();
        Node::above(format!("SubqueryAlias {}", name.join(".")), vec![child])
    }

    /// Columns to rows: an operator that yields several rows for each.
    pub(super) fn unpivot(
        self,
        node: &'a proto::Unpivot,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let child = self.input(resolved, &node.input);
        let Some(input) = self.planned(resolved, &node.input) else {
            return self.other(planned);
        };
        let [ids @ .., variable, value] = planned.scope.columns.as_slice() else {
            return self.other(planned);
        };
        if self.sql {
            return self.other(planned);
        }
        let mut names = self.writer.names.borrow_mut();
        let shown: Vec<String> = ids.iter().map(|column| names.of(column)).collect();
        let is_id = |column: &&Column| ids.iter().any(|id| id.id == column.id);
        let named: Option<Vec<String>> = node.values.as_ref().map(|values| {
            values
                .values
                .iter()
                .filter_map(|value| match &value.expr_type {
                    Some(proto::expression::ExprType::UnresolvedAttribute(a)) => {
                        Some(a.unparsed_identifier.trim_matches('`').to_owned())
                    }
                    _ => None,
                })
                .collect()
        });
        let rows: Vec<String> = input
            .scope
            .columns
            .iter()
            .filter(|column| match &named {
                Some(named) => named
                    .iter()
                    .any(|n| self.context.same_name(n, &column.name)),
                None => !is_id(column),
            })
            .map(|column| {
                let mut row = shown.clone();
                row.push(column.name.to_string());
                let text = names.of(column);
                row.push(match column.data_type == value.data_type {
                    true => text,
                    false => notation::cast(&text, &value.data_type, false),
                });
                format!("[{}]", row.join(", "))
            })
            .collect();
        let mut output = shown;
        output.push(names.of(variable));
        output.push(names.of(value));
        drop(names);
        let line = format!(
            "Expand [{}], {}",
            rows.join(", "),
            self.writer.list(&output)
        );
        Node::above(line, vec![child])
    }
}

/// `Project` with its list; one without columns has none.
pub(in crate::explain) fn project_line(list: String, is_empty: bool) -> String {
    if is_empty {
        "Project".to_owned()
    } else {
        format!("Project {list}")
    }
}

/// Whether a relation is VALUES.
pub(in crate::explain) fn is_inline_table(relation: Option<&proto::Relation>) -> bool {
    matches!(relation.and_then(|r| r.rel_type.as_ref()),
        Some(RelType::UnresolvedTableValuedFunction(function))
            if function.function_name == internal::INLINE_TABLE)
}
