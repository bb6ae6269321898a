//! What rows come from: files, tables, views, local rows, ranges, common table expressions.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::LogicalPlan;
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::Analyzed;
use crate::explain::source;
use crate::explain::tree::Node;
use crate::io::range::Range;
use crate::plan::Planned;
use crate::plan::trace::Resolved;

impl<'a> Analyzed<'a> {
    pub(super) fn read(
        self,
        node: &'a proto::Read,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        if let Some(view) = &resolved.view {
            return self.view(
                &view.qualifier,
                &view.query,
                view.text.is_some(),
                resolved,
                planned,
            );
        }
        if let Some(name) = &resolved.common_table {
            let id = self
                .writer
                .names
                .borrow_mut()
                .common_table(name, &planned.scope.columns);
            let columns = self.columns(planned);
            let rows = source::most_rows(&planned.plan).map_or(String::new(), |n| format!(", {n}"));
            let columns = self.writer.list(&columns);
            let line = format!("CTERelationRef {id}, true, {columns}, false, false{rows}");
            return Node::above(format!("SubqueryAlias {name}"), vec![Node::leaf(line)]);
        }
        let columns = self.columns(planned);
        match &node.read_type {
            Some(ReadType::DataSource(_)) => {
                let format = source::format(self.context, node);
                Node::leaf(source::relation("", &columns, format, self.writer.most))
            }
            Some(ReadType::NamedTable(table)) => {
                let Ok(parts) =
                    sparring_sql::parse_multipart_identifier(&table.unparsed_identifier)
                else {
                    return self.other(planned);
                };
                if self.context.session.temp_view(&parts).is_some() {
                    // A view of rows that are kept as they were: what they were made of is not.
                    let name = parts.join(".");
                    let line = format!("View (`{name}`, {})", self.writer.list(&columns));
                    let rows = self.other(planned);
                    let view = Node::above(line, vec![rows]);
                    return Node::above(format!("SubqueryAlias {name}"), vec![view]);
                }
                let qualifier = planned.scope.columns.first();
                let name = qualifier.map_or(parts.join("."), |column| column.qualifier.join("."));
                let format = source::format(self.context, node);
                let line = source::relation(&name, &columns, format, self.writer.most);
                Node::above(format!("SubqueryAlias {name}"), vec![Node::leaf(line)])
            }
            None => self.other(planned),
        }
    }

    fn view(
        self,
        name: &[String],
        query: &'a proto::Relation,
        is_text: bool,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let of = Self {
            sql: is_text,
            ..self
        };
        let rows = of.below(resolved, query);
        // Ours makes the columns anew at every use; Spark's view has those of its query.
        let made = resolved
            .below(query)
            .and_then(|below| below.planned.as_ref());
        if let Some(made) = made {
            let mut names = self.writer.names.borrow_mut();
            for (ours, theirs) in planned.scope.columns.iter().zip(&made.scope.columns) {
                names.show_as(&ours.id.internal_name(), &theirs.id.internal_name());
            }
        }
        let shown = name.join(".");
        let quoted = crate::types::names::quote_parts(name);
        let rows = if is_text {
            let mut values = Vec::new();
            let mut names = self.writer.names.borrow_mut();
            for column in &planned.scope.columns {
                let value = names.of(column);
                names.rename(column);
                let data_type = &column.data_type;
                let value = crate::explain::notation::cast(&value, data_type, false);
                values.push(crate::explain::notation::alias(&value, &names.of(column)));
            }
            drop(names);
            Node::above(format!("Project {}", self.writer.list(&values)), vec![rows])
        } else {
            rows
        };
        let columns = self.writer.list(&self.columns(planned));
        let view = Node::above(format!("View ({quoted}, {columns})"), vec![rows]);
        Node::above(format!("SubqueryAlias {shown}"), vec![view])
    }

    pub(super) fn local(self, planned: &Planned) -> Node {
        let columns = self.columns(planned);
        let is_empty = source::most_rows(&planned.plan) == Some(0);
        Node::leaf(source::local(
            "LocalRelation",
            &columns,
            is_empty,
            self.writer.most,
        ))
    }

    pub(super) fn range(self, planned: &Planned) -> Node {
        self.columns(planned);
        match range_of(&planned.plan) {
            Some(range) => Node::leaf(format!("Range ({range})")),
            None => self.other(planned),
        }
    }

    pub(super) fn table_function(
        self,
        node: &'a proto::UnresolvedTableValuedFunction,
        planned: &Planned,
    ) -> Node {
        if node.function_name == internal::INLINE_TABLE {
            return self.local(planned);
        }
        if node.function_name.eq_ignore_ascii_case("range") {
            return self.range(planned);
        }
        self.writer.names.borrow_mut().learn_all(&planned.scope);
        match self.generated(&planned.plan, None, None) {
            Some(line) => Node::above(line, vec![Node::leaf("OneRowRelation")]),
            None => self.other(planned),
        }
    }

    /// Common table expressions before the query that names them; queries of expressions stand with
    /// those.
    pub(super) fn with_relations(
        self,
        node: &'a proto::WithRelations,
        resolved: &'a Resolved,
        planned: &Planned,
    ) -> Node {
        let Some(root) = node.root.as_deref() else {
            return self.other(planned);
        };
        let mut definitions = Vec::new();
        for reference in &node.references {
            let Some(RelType::SubqueryAlias(alias)) = &reference.rel_type else {
                continue;
            };
            let query = self.below(resolved, reference);
            let made = resolved
                .below(reference)
                .and_then(|below| below.planned.as_ref());
            let columns = made.map_or(Vec::new(), |made| {
                made.scope.columns.iter().map(|c| c.id).collect()
            });
            let id = self
                .writer
                .names
                .borrow_mut()
                .new_common_table(&alias.alias, columns);
            definitions.push(Node::above(
                format!("CTERelationDef {id}, false"),
                vec![query],
            ));
        }
        let root = self.below(resolved, root);
        if definitions.is_empty() {
            return root;
        }
        definitions.push(root);
        Node::above("WithCTE", definitions)
    }
}

/// The range that a plan reads, as Spark writes it.
fn range_of(plan: &LogicalPlan) -> Option<String> {
    let mut found = None;
    let _ = plan.apply(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = datafusion::datasource::source_as_provider(&scan.source)
            && let Some(range) = provider.downcast_ref::<Range>()
        {
            found = Some(range.shown());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}
