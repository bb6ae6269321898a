//! One exhaustive match over the expressions of the protocol.
//!
//! Knows nothing of relations, except that a subquery is one.

mod frame;
mod function;
pub(crate) mod inner;
mod interval_note;
pub(crate) mod literal;
pub(crate) mod misplaced;
mod select_list;
mod session_variable;
mod subquery;
mod window;

use datafusion::logical_expr::expr::Sort as SortExpr;
use sparring_proto::Required;
use sparring_proto::connect::{
    self as proto,
    expression::{ExprType, cast::CastToType, cast::EvalMode, sort_order},
};

use super::names::{self, Names, Outer};
use super::scope::Scope;
use super::typed::Typed;
use super::{Planner, relation};
use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast, comparable, kernels::nested};
use crate::types::proto::{declared_fields, to_arrow};
use crate::types::variant::is_variant;
use crate::types::{coerce, sql_name};

pub(crate) use select_list::Item;
pub(crate) use session_variable::{is_variable, variable_name};
pub(crate) use subquery::IN_ROW;
pub(crate) use window::evaluate;

impl<'a> Planner<'a> {
    /// The queries around this one.
    pub(crate) fn outer(&self) -> Option<&Outer<'a>> {
        self.outer.as_ref()
    }

    /// Resolves an expression against the columns of one relation.
    pub(crate) fn resolve(&self, expression: &proto::Expression, scope: &Scope) -> Result<Typed> {
        self.expression(expression, &Names::of(scope, self.outer.as_ref()))
    }

    /// Resolves an expression.
    pub(crate) fn expression(
        &self,
        expression: &proto::Expression,
        names: &Names<'_>,
    ) -> Result<Typed> {
        let mut value = stacker::maybe_grow(relation::RED_ZONE, relation::STACK, || {
            self.one(expression, names)
        })?;
        if let Some(keys) = &self.nulled
            && !value.nullable
        {
            value.nullable = keys.contains(&value.expr);
        }
        Ok(value)
    }

    fn one(&self, expression: &proto::Expression, names: &Names<'_>) -> Result<Typed> {
        let origin = self.origin(expression.common.as_ref().and_then(|c| c.origin.as_ref()));
        match expression
            .expr_type
            .as_ref()
            .required("expression.expr_type")?
        {
            ExprType::Literal(value) => literal::literal(self.context, value),
            ExprType::UnresolvedAttribute(attribute) => self.attribute(attribute, names, origin),
            ExprType::UnresolvedFunction(function) => self.function(function, names, origin),
            ExprType::ExpressionString(text) => {
                let parsed = sparring_sql::parse_expression(&text.expression)?;
                self.for_sql(text.expression.as_str().into())
                    .expression(&parsed, names)
            }
            ExprType::UnresolvedStar(_) => Err(Error::new(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                [("elem", "'*'"), ("prettyName", "expression")],
            )
            .at(origin)),
            ExprType::Alias(alias) => self.alias(alias, names),
            ExprType::Cast(node) => self.cast(node, names, origin),
            ExprType::UnresolvedRegex(regex) => {
                let parts = sparring_sql::parse_attribute_name(&regex.col_name)?;
                names::resolve(self.context, names, &parts, origin.as_ref())
            }
            ExprType::SortOrder(order) => {
                self.expression(order.child.as_deref().required("sort_order.child")?, names)
            }
            ExprType::LambdaFunction(_) => Err(Error::new(
                "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION",
                [("class", "a function")],
            )
            .at(origin)),
            ExprType::Window(window) => self.window(window, names, origin),
            ExprType::UnresolvedExtractValue(node) => self.extract(node, names, origin),
            ExprType::UpdateFields(node) => self.update_fields(node, names),
            ExprType::UnresolvedNamedLambdaVariable(variable) => {
                names::resolve(self.context, names, &variable.name_parts, origin.as_ref())
            }
            ExprType::CommonInlineUserDefinedFunction(udf) => Err(Error::unsupported(format!(
                "the Python function `{}`",
                udf.function_name
            ))),
            ExprType::CallFunction(call) => {
                let parts = sparring_sql::parse_multipart_identifier(&call.function_name)?;
                let function = proto::expression::UnresolvedFunction {
                    function_name: parts.last().cloned().unwrap_or_default(),
                    arguments: call.arguments.clone(),
                    ..Default::default()
                };
                self.function(&function, names, origin)
            }
            ExprType::NamedArgumentExpression(argument) => Err(Error::unsupported(format!(
                "the named argument `{}`",
                argument.key
            ))),
            ExprType::MergeAction(_) => Err(Error::invalid_plan(
                "a merge action stands outside of a MERGE",
            )),
            ExprType::TypedAggregateExpression(_) => {
                Err(Error::unsupported("typed aggregates of Scala clients"))
            }
            ExprType::SubqueryExpression(subquery) => self.subquery(subquery, names, origin),
            ExprType::DirectShufflePartitionId(node) => self.expression(
                node.child
                    .as_deref()
                    .required("shuffle_partition_id.child")?,
                names,
            ),
            ExprType::Extension(any) => Err(Error::unsupported(format!(
                "the expression extension {}",
                any.type_url
            ))),
        }
    }

    fn attribute(
        &self,
        attribute: &proto::expression::UnresolvedAttribute,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let parts = sparring_sql::parse_attribute_name(&attribute.unparsed_identifier)?;
        if let Some(plan_id) = attribute.plan_id {
            return names::resolve_in_plan(self.context, names, plan_id, &parts, origin.as_ref());
        }
        if let Some(found) = names::resolve_optional(self.context, names, &parts)
            .map_err(|error| error.at(origin.clone()))?
        {
            return Ok(found);
        }
        // `current_date` and its kin may be written without parentheses.
        if let [name] = parts.as_slice()
            && function::without_parentheses(name)
        {
            // Spark's parser makes one function of these, whichever was written.
            let name = match name.to_ascii_lowercase().as_str() {
                "user" | "session_user" => "current_user",
                _ => name,
            };
            return self.call_by_name(name, Vec::new(), origin);
        }
        if let Some(found) = self
            .parameter(&parts)
            .map_err(|error| error.at(origin.clone()))?
        {
            return Ok(found);
        }
        if let Some(found) = self
            .session_variable(&parts)
            .map_err(|error| error.at(origin.clone()))?
        {
            return Ok(found);
        }
        let unknown = names::unresolved(names.scope, &parts);
        // In a lambda Spark only says in which relation.
        Err(if names.lambda.is_empty() {
            unknown.at(origin)
        } else {
            unknown
        })
    }

    fn alias(&self, alias: &proto::expression::Alias, names: &Names<'_>) -> Result<Typed> {
        let inner = self.expression(alias.expr.as_deref().required("alias.expr")?, names)?;
        let [name] = alias.name.as_slice() else {
            return Err(Error::invalid_plan(format!(
                "an alias of one value has {} names",
                alias.name.len()
            )));
        };
        let mut value = inner.aliased(name.as_str());
        if let Some(metadata) = &alias.metadata {
            value.metadata = crate::types::proto::metadata_of(metadata)?.into();
        }
        Ok(value)
    }

    fn cast(
        &self,
        node: &proto::expression::Cast,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let value = self.expression(node.expr.as_deref().required("cast.expr")?, names)?;
        let parsed;
        let declared = match node.cast_to_type.as_ref().required("cast.cast_to_type")? {
            CastToType::Type(data_type) => data_type,
            CastToType::TypeStr(text) => {
                parsed = sparring_sql::parse_data_type(text)?;
                &parsed
            }
        };
        let to = to_arrow(declared)?;
        let mode = match node.eval_mode() {
            EvalMode::Unspecified => CastMode::implicit(self.context),
            EvalMode::Legacy => CastMode::Legacy,
            EvalMode::Ansi => CastMode::Ansi,
            EvalMode::Try => CastMode::Try,
        };
        let verb = if mode == CastMode::Try {
            "TRY_CAST"
        } else {
            "CAST"
        };
        // Spark shows the casts that a user wrote, those to complex types apart.
        let of_variant = is_variant(&value.data_type);
        let name = match to {
            arrow::datatypes::DataType::List(_)
            | arrow::datatypes::DataType::Map(..)
            | arrow::datatypes::DataType::Struct(_)
                if (mode != CastMode::Try || of_variant) && !is_variant(&to) =>
            {
                value.name.to_string()
            }
            _ => format!("{verb}({} AS {})", value.name, sql_name(&to)),
        };
        // A cast column keeps the column's name; a cast of anything else is named after itself.
        let output = value
            .id
            .map(|_| value.name.clone())
            .or_else(|| value.alias.clone())
            .filter(|_| !is_variable(&value));
        let mut found = cast(self.context, value, &to, mode, origin)?.named(name);
        if let Some(fields) = declared_fields(declared) {
            fields.note(&to, &mut found.metadata);
        }
        found.id = None;
        found.alias = output;
        Ok(found)
    }

    fn extract(
        &self,
        node: &proto::expression::UnresolvedExtractValue,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let child = self.expression(node.child.as_deref().required("extract.child")?, names)?;
        let key = self.expression(
            node.extraction.as_deref().required("extract.extraction")?,
            names,
        )?;
        let is_struct = match &child.data_type {
            variant if is_variant(variant) => false,
            arrow::datatypes::DataType::Struct(_) => true,
            arrow::datatypes::DataType::List(item) => {
                matches!(item.data_type(), arrow::datatypes::DataType::Struct(_))
                    && key.constant_str().is_some()
            }
            _ => false,
        };
        if is_struct {
            let Some(field) = key.constant_str() else {
                return Err(Error::new(
                    "INVALID_EXTRACT_FIELD_TYPE",
                    [("extraction", format!("\"{}\"", key.name))],
                )
                .at(origin));
            };
            let field = field.to_owned();
            let name = format!("{}.{field}", child.name);
            let plain = child.id.is_some() || child.alias.is_some();
            let found = nested::field(self.context, child, &field)
                .map_err(|error| error.at(origin))?
                .named(name.as_str());
            return Ok(if plain { found.aliased(name) } else { found });
        }
        let name = format!("{}[{}]", child.name, key.name);
        // `a[0]` of a plain column is named after itself, as `a.b` is.
        let plain = (child.id.is_some() || child.alias.is_some()) && !is_variable(&child);
        let found = match &child.data_type {
            arrow::datatypes::DataType::List(_) => {
                self.call_by_name("get_array_item", vec![child, key], origin)?
            }
            arrow::datatypes::DataType::Map(..) => {
                self.call_by_name("get_map_value", vec![child, key], origin)?
            }
            other => {
                return Err(Error::new(
                    "INVALID_EXTRACT_BASE_FIELD_TYPE",
                    [
                        ("base", format!("\"{}\"", child.name)),
                        ("other", format!("\"{}\"", sql_name(other))),
                    ],
                )
                .at(origin));
            }
        };
        let found = found.named(name.as_str());
        Ok(if plain { found.aliased(name) } else { found })
    }

    fn update_fields(
        &self,
        node: &proto::expression::UpdateFields,
        names: &Names<'_>,
    ) -> Result<Typed> {
        let structure = node
            .struct_expression
            .as_deref()
            .required("update_fields.struct")?;
        let structure = self.expression(structure, names)?;
        let path = sparring_sql::parse_multipart_identifier(&node.field_name)?;
        let value = node.value_expression.as_deref();
        let value = value
            .map(|value| self.expression(value, names))
            .transpose()?;
        crate::functions::kernels::update::update_field(self.context, structure, &path, value)
    }

    /// One sort key with Spark's default order of nulls.
    pub(crate) fn sort_order(
        &self,
        order: &proto::expression::SortOrder,
        names: &Names<'_>,
    ) -> Result<(SortExpr, String)> {
        let value = self.expression(order.child.as_deref().required("sort_order.child")?, names)?;
        self.sort_key(value, order)
    }

    /// A resolved value as a sort key, and how Spark writes it.
    pub(crate) fn sort_key(
        &self,
        value: Typed,
        order: &proto::expression::SortOrder,
    ) -> Result<(SortExpr, String)> {
        if !coerce::is_orderable(&value.data_type) {
            let child = order.child.as_deref();
            let common = child.and_then(|child| child.common.as_ref());
            let place = self.origin(common.and_then(|common| common.origin.as_ref()));
            return Err(Error::new(
                "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
                [
                    ("sqlExpr", format!("\"{} ASC NULLS FIRST\"", value.name)),
                    ("functionName", "`sortorder`".to_owned()),
                    ("dataType", format!("\"{}\"", sql_name(&value.data_type))),
                ],
            )
            .at(place));
        }
        let ascending = order.direction() != sort_order::SortDirection::Descending;
        let nulls_first = match order.null_ordering() {
            sort_order::NullOrdering::SortNullsFirst => true,
            sort_order::NullOrdering::SortNullsLast => false,
            sort_order::NullOrdering::SortNullsUnspecified => ascending,
        };
        let text = format!(
            "{} {} NULLS {}",
            value.name,
            if ascending { "ASC" } else { "DESC" },
            if nulls_first { "FIRST" } else { "LAST" }
        );
        Ok((
            SortExpr::new(comparable(value), ascending, nulls_first),
            text,
        ))
    }
}
