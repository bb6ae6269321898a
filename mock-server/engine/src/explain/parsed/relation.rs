//! Unresolved relations: one exhaustive match.

use sparring_proto::connect::aggregate::GroupType;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::expression::{self, Text};
use super::order::sort_order;
use super::{Drawn, Parsed, unresolved};
use crate::explain::analyzed::{is_inline_table, project_line, sample_line};
use crate::explain::tree::Node;
use crate::plan::trace::Resolved;

pub(super) type Input = Option<Box<proto::Relation>>;

impl<'a> Parsed<'a> {
    pub(super) fn operator(self, operator: &'a RelType, resolved: Option<&'a Resolved>) -> Drawn {
        let of = self.analyzed;
        match operator {
            RelType::Read(node) => match &node.read_type {
                Some(ReadType::NamedTable(table)) => {
                    let name = &table.unparsed_identifier;
                    let parts = sparring_sql::parse_multipart_identifier(name)
                        .unwrap_or_else(|_| vec![name.clone()]);
                    unresolved(&format!(
                        "'UnresolvedRelation [{}], [], false",
                        parts.join(", ")
                    ))
                }
                Some(ReadType::DataSource(_)) | None => unresolved("'UnresolvedDataSource"),
            },
            RelType::Project(node) => {
                if node.input.is_none() && node.expressions.is_empty() {
                    return one_row();
                }
                let items = expression::items(of, &node.expressions);
                let line = project_line(of.writer.list(&items.texts), items.texts.is_empty());
                self.above(&line, items.resolved, &node.input, resolved)
            }
            RelType::Filter(node) => {
                let condition = match &node.condition {
                    Some(condition) => expression::one(of, condition),
                    None => Text::unresolved("'unset"),
                };
                let is_having = of.sql && is_sql_aggregate(&node.input) && !is_qualify(node);
                let (name, is_resolved) = match is_having {
                    true => ("UnresolvedHaving", false),
                    false => ("Filter", condition.resolved),
                };
                self.above(
                    &format!("{name} {}", condition.text),
                    is_resolved,
                    &node.input,
                    resolved,
                )
            }
            RelType::Join(node) => self.join(node, resolved),
            RelType::SetOp(node) => self.set_operation(node, resolved),
            RelType::Sort(node) => {
                let keys: Vec<Text> = node.order.iter().map(|key| sort_order(of, key)).collect();
                let is_resolved = keys.iter().all(|key| key.resolved);
                let keys = of.writer.list(&expression::texts(keys));
                let line = format!("Sort {keys}, {}", node.is_global());
                self.above(&line, is_resolved, &node.input, resolved)
            }
            RelType::Limit(node) => {
                let local = self.above(
                    &format!("LocalLimit {}", node.limit),
                    true,
                    &node.input,
                    resolved,
                );
                over(&format!("GlobalLimit {}", node.limit), local)
            }
            RelType::Offset(node) => self.above(
                &format!("Offset {}", node.offset),
                true,
                &node.input,
                resolved,
            ),
            RelType::Aggregate(node) => self.aggregate(node, resolved),
            RelType::Sample(node) => self.above(&sample_line(node), true, &node.input, resolved),
            RelType::Deduplicate(node) => self.above("Distinct", true, &node.input, resolved),
            RelType::SubqueryAlias(node) => {
                let name: Vec<&str> = node
                    .qualifier
                    .iter()
                    .chain([&node.alias])
                    .map(String::as_str)
                    .collect();
                self.above(
                    &format!("SubqueryAlias {}", name.join(".")),
                    true,
                    &node.input,
                    resolved,
                )
            }
            RelType::ToDf(node) => {
                if of.sql && is_inline_table(node.input.as_deref()) {
                    return self.inline_table(
                        node.input.as_deref(),
                        resolved,
                        Some(&node.column_names),
                    );
                }
                let line = format!(
                    "UnresolvedSubqueryColumnAliases {}",
                    of.writer.list(&node.column_names)
                );
                self.above(&line, false, &node.input, resolved)
            }
            RelType::Repartition(node) => {
                let line = format!("Repartition {}, {}", node.num_partitions, node.shuffle());
                self.above(&line, true, &node.input, resolved)
            }
            RelType::RepartitionByExpression(node) => {
                let (keys, is_resolved) = expression::listed(of, &node.partition_exprs);
                let line = match node.num_partitions {
                    Some(n) => format!("RepartitionByExpression {keys}, {n}"),
                    None => format!("RepartitionByExpression {keys}"),
                };
                self.above(&line, is_resolved, &node.input, resolved)
            }
            RelType::Hint(node) => {
                let (list, is_resolved) = expression::listed(of, &node.parameters);
                let line = match node.parameters.is_empty() {
                    true => format!("UnresolvedHint {}", node.name),
                    false => format!("UnresolvedHint {}, {list}", node.name),
                };
                // Numbers are no expressions to the parser, yet only the analyzer takes the hint.
                self.above(
                    &line,
                    is_resolved && node.parameters.is_empty(),
                    &node.input,
                    resolved,
                )
            }
            RelType::Unpivot(node) => {
                let list = |expressions: &[proto::Expression]| {
                    expression::texts(expression::all(of, expressions))
                };
                let ids = list(&node.ids).join(", ");
                let values = node.values.as_ref().map_or(String::new(), |values| {
                    let values: Vec<String> = list(&values.values)
                        .iter()
                        .map(|v| format!("List({v})"))
                        .collect();
                    format!(", ArraySeq({})", values.join(", "))
                });
                let line = format!(
                    "Unpivot ArraySeq({ids}){values}, {}, [{}]",
                    node.variable_column_name, node.value_column_name
                );
                self.above(&line, false, &node.input, resolved)
            }
            RelType::UnresolvedTableValuedFunction(node) => {
                if node.function_name == internal::INLINE_TABLE {
                    return self.inline(node, resolved, None);
                }
                let (arguments, _) = expression::listed(of, &node.arguments);
                unresolved(&format!(
                    "'UnresolvedTableValuedFunction [{}], {arguments}, false",
                    node.function_name
                ))
            }
            RelType::LateralJoin(node) => self.lateral(node, resolved),
            RelType::WithRelations(node) => self.with_relations(node, resolved),
            RelType::Sql(_)
            | RelType::LocalRelation(_)
            | RelType::CachedLocalRelation(_)
            | RelType::ChunkedCachedLocalRelation(_)
            | RelType::CachedRemoteRelation(_)
            | RelType::Range(_) => unresolved("'LocalRelation"),
            RelType::WithColumns(node) => {
                let aliases: Vec<proto::Expression> = node
                    .aliases
                    .iter()
                    .map(|alias| proto::Expression {
                        common: None,
                        expr_type: Some(ExprType::Alias(Box::new(alias.clone()))),
                    })
                    .collect();
                let (list, _) = expression::listed(of, &aliases);
                self.above(
                    &format!("Project [*, {}", &list[1..]),
                    false,
                    &node.input,
                    resolved,
                )
            }
            RelType::WithColumnsRenamed(node) => self.plain("Project", &node.input, resolved),
            RelType::Drop(node) => self.plain("DataFrameDropColumns", &node.input, resolved),
            RelType::ToSchema(node) => self.plain("Project", &node.input, resolved),
            RelType::FillNa(node) => self.plain("Project", &node.input, resolved),
            RelType::DropNa(node) => self.plain("Filter", &node.input, resolved),
            RelType::Replace(node) => self.plain("Project", &node.input, resolved),
            RelType::ShowString(node) => self.plain("ShowString", &node.input, resolved),
            RelType::HtmlString(node) => self.plain("HtmlString", &node.input, resolved),
            RelType::Tail(node) => {
                self.plain(&format!("Tail {}", node.limit), &node.input, resolved)
            }
            RelType::MapPartitions(node) => self.plain("MapInPandas", &node.input, resolved),
            RelType::CollectMetrics(node) => self.plain("CollectMetrics", &node.input, resolved),
            RelType::Parse(node) => self.plain("Parse", &node.input, resolved),
            RelType::GroupMap(node) => self.plain("FlatMapGroupsInPandas", &node.input, resolved),
            RelType::CoGroupMap(node) => {
                self.plain("FlatMapCoGroupsInPandas", &node.input, resolved)
            }
            RelType::WithWatermark(node) => self.plain("EventTimeWatermark", &node.input, resolved),
            RelType::ApplyInPandasWithState(node) => {
                self.plain("FlatMapGroupsInPandasWithState", &node.input, resolved)
            }
            RelType::AsOfJoin(node) => self.plain("AsOfJoin", &node.left, resolved),
            RelType::NearestByJoin(node) => self.plain("NearestByJoin", &node.left, resolved),
            RelType::Zip(node) => self.plain("Zip", &node.left, resolved),
            RelType::Transpose(node) => self.plain("UnresolvedTranspose", &node.input, resolved),
            RelType::Summary(node) => self.plain("Summary", &node.input, resolved),
            RelType::Crosstab(node) => self.plain("Crosstab", &node.input, resolved),
            RelType::Describe(node) => self.plain("Describe", &node.input, resolved),
            RelType::Cov(node) => self.plain("Cov", &node.input, resolved),
            RelType::Corr(node) => self.plain("Corr", &node.input, resolved),
            RelType::ApproxQuantile(node) => self.plain("ApproxQuantile", &node.input, resolved),
            RelType::FreqItems(node) => self.plain("FreqItems", &node.input, resolved),
            RelType::SampleBy(node) => self.plain("SampleBy", &node.input, resolved),
            RelType::CommonInlineUserDefinedTableFunction(_)
            | RelType::CommonInlineUserDefinedDataSource(_)
            | RelType::RelationChanges(_)
            | RelType::Catalog(_)
            | RelType::MlRelation(_)
            | RelType::Extension(_)
            | RelType::Unknown(_) => unresolved("'Unsupported"),
        }
    }

    /// An operator that the client's message names and Spark resolves at once, where it could not.
    fn plain(self, line: &str, input: &'a Input, resolved: Option<&'a Resolved>) -> Drawn {
        self.above(line, false, input, resolved)
    }

    pub(super) fn input(self, input: &'a Input, resolved: Option<&'a Resolved>) -> Drawn {
        match input {
            Some(input) => {
                let below = resolved.and_then(|r| r.below(input)).map(AsRef::as_ref);
                self.node(input, below)
            }
            None => one_row(),
        }
    }

    /// A line above its input, with the queries in its expressions.
    pub(super) fn above(
        self,
        line: &str,
        is_resolved: bool,
        input: &'a Input,
        resolved: Option<&'a Resolved>,
    ) -> Drawn {
        let inner = self.queries(resolved);
        let input = self.input(input, resolved);
        let is_resolved = is_resolved && input.resolved;
        Drawn {
            node: Node::above(marked(line, is_resolved), vec![input.node]).with_inner(inner),
            resolved: is_resolved,
        }
    }

    pub(super) fn queries(self, _: Option<&'a Resolved>) -> Vec<Node> {
        let pending = self.analyzed.writer.names.borrow_mut().take_pending();
        pending
            .into_iter()
            .filter_map(|plan_id| {
                let (relation, resolved) = self.analyzed.index.by_plan_id(plan_id)?;
                Some(self.node(relation, resolved).node)
            })
            .collect()
    }
}

pub(super) fn marked(line: &str, is_resolved: bool) -> String {
    match is_resolved {
        true => line.to_owned(),
        false => format!("'{line}"),
    }
}

pub(super) fn over(line: &str, below: Drawn) -> Drawn {
    Drawn {
        node: Node::above(marked(line, below.resolved), vec![below.node]),
        resolved: below.resolved,
    }
}

fn one_row() -> Drawn {
    Drawn {
        node: Node::leaf("OneRowRelation"),
        resolved: true,
    }
}

fn is_sql_aggregate(input: &Input) -> bool {
    match input.as_deref().and_then(|input| input.rel_type.as_ref()) {
        Some(RelType::Aggregate(node)) => {
            node.group_type() == GroupType::Unspecified && node.pivot.is_none()
        }
        _ => false,
    }
}

fn is_qualify(node: &proto::Filter) -> bool {
    matches!(node.condition.as_ref().and_then(|c| c.expr_type.as_ref()),
        Some(ExprType::UnresolvedFunction(function))
            if function.is_internal() && function.function_name == internal::QUALIFY)
}

/// The numbers that a hint was given.
pub(in crate::explain) fn hint_numbers(node: &proto::Hint) -> Vec<i32> {
    node.parameters
        .iter()
        .filter_map(|parameter| match &parameter.expr_type {
            Some(ExprType::Literal(literal)) => match literal.literal_type {
                Some(LiteralType::Integer(number)) => Some(number),
                _ => None,
            },
            _ => None,
        })
        .collect()
}
