//! Unresolved expressions. In SQL the parser has made operators of most; a DataFrame's calls are
//! calls of their names (`` '`>`('id, 5) ``).

use sparring_proto::connect::expression::{
    ExprType, UnresolvedFunction, cast::CastToType, cast::EvalMode,
};
use sparring_proto::connect::subquery_expression::SubqueryType;
use sparring_proto::connect::{self as proto, Expression};
use sparring_sql::lower::internal;

use super::operator;
use super::order::{grouping, sort_order, windowed};
use crate::explain::analyzed::Analyzed;
use crate::explain::notation;
use crate::explain::tree::list;
use crate::plan::expression::literal::literal;
use crate::plan::scope::ColumnId;
use crate::types::interval::Fields;
use crate::types::proto::to_arrow;

/// An expression written, and whether it is resolved.
pub(in crate::explain) struct Text {
    pub(in crate::explain) text: String,
    pub(in crate::explain) resolved: bool,
    /// The mark of a long, where the type is known.
    pub(in crate::explain) long: &'static str,
}

impl Text {
    pub(in crate::explain) fn unresolved(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            resolved: false,
            long: "",
        }
    }

    pub(super) fn of(text: String, parts: &[Text]) -> Self {
        Self {
            text,
            resolved: parts.iter().all(|part| part.resolved),
            long: "",
        }
    }
}

/// An expression.
pub(in crate::explain) fn text(of: Analyzed<'_>, expression: &Expression) -> String {
    one(of, expression).text
}

/// Several expressions.
pub(super) fn all(of: Analyzed<'_>, expressions: &[Expression]) -> Vec<Text> {
    expressions.iter().map(|e| one(of, e)).collect()
}

/// Expressions in brackets, and whether they are resolved.
pub(super) fn listed(of: Analyzed<'_>, expressions: &[Expression]) -> (String, bool) {
    let parts = all(of, expressions);
    let resolved = parts.iter().all(|part| part.resolved);
    (of.writer.list(&texts(parts)), resolved)
}

pub(super) fn texts(parts: Vec<Text>) -> Vec<String> {
    parts.into_iter().map(|part| part.text).collect()
}

/// A select list.
pub(super) struct Items {
    pub(super) texts: Vec<String>,
    pub(super) resolved: bool,
}

/// The items of a select list.
pub(super) fn items(of: Analyzed<'_>, expressions: &[Expression]) -> Items {
    let items: Vec<Text> = expressions.iter().map(|e| item(of, e)).collect();
    Items {
        resolved: items.iter().all(|item| item.resolved),
        texts: texts(items),
    }
}

/// An item of a select list: what has no name gets one when it is resolved.
fn item(of: Analyzed<'_>, expression: &Expression) -> Text {
    let found = one(of, expression);
    let is_named = matches!(
        expression.expr_type,
        Some(
            ExprType::Alias(_)
                | ExprType::UnresolvedAttribute(_)
                | ExprType::UnresolvedStar(_)
                | ExprType::UnresolvedRegex(_)
        )
    ) || parsed_is_named(expression);
    if is_named {
        return found;
    }
    Text::unresolved(format!("unresolvedalias({})", found.text))
}

fn parsed_is_named(expression: &Expression) -> bool {
    match &expression.expr_type {
        Some(ExprType::ExpressionString(text)) => sparring_sql::parse_expression(&text.expression)
            .is_ok_and(|parsed| {
                matches!(
                    parsed.expr_type,
                    Some(
                        ExprType::Alias(_)
                            | ExprType::UnresolvedAttribute(_)
                            | ExprType::UnresolvedStar(_)
                    )
                )
            }),
        Some(ExprType::UnresolvedFunction(function)) => {
            function.is_internal() && function.function_name == internal::STAR_EXCEPT
        }
        _ => false,
    }
}

pub(super) fn one(of: Analyzed<'_>, expression: &Expression) -> Text {
    let Some(kind) = &expression.expr_type else {
        return Text::unresolved("'unknown");
    };
    match kind {
        ExprType::Literal(value) => match literal(of.context, value) {
            Ok(value) => {
                let is_interval = Fields::of(&value.data_type, &value.metadata).is_some();
                let constant = value.constant().filter(|_| !is_interval);
                let text = constant.map(|constant| notation::literal(constant, of.writer.zone));
                Text {
                    long: notation::long(&value.data_type),
                    text: text.unwrap_or_else(|| value.name.to_string()),
                    resolved: true,
                }
            }
            Err(_) => Text::unresolved("'literal"),
        },
        ExprType::UnresolvedAttribute(attribute) => Text::unresolved(format!(
            "'{}",
            attribute_name(&attribute.unparsed_identifier)
        )),
        ExprType::UnresolvedFunction(function) => call(of, expression, function),
        ExprType::ExpressionString(text) => {
            match sparring_sql::parse_expression(&text.expression) {
                Ok(parsed) => one(of.in_sql(), &parsed),
                Err(_) => Text::unresolved(format!("'{}", text.expression)),
            }
        }
        ExprType::UnresolvedStar(star) => Text::unresolved(match &star.unparsed_target {
            Some(target) if !target.is_empty() => target.clone(),
            _ => "*".to_owned(),
        }),
        ExprType::Alias(alias) => aliased(of, alias),
        ExprType::Cast(node) => {
            let value = child(of, node.expr.as_deref());
            let declared = match &node.cast_to_type {
                Some(CastToType::Type(data_type)) => Some(data_type.clone()),
                Some(CastToType::TypeStr(text)) => sparring_sql::parse_data_type(text).ok(),
                None => None,
            };
            let tries = node.eval_mode() == EvalMode::Try;
            match declared.and_then(|declared| to_arrow(&declared).ok()) {
                Some(to) => Text {
                    text: notation::cast(&value.text, &to, tries),
                    resolved: value.resolved,
                    long: notation::long(&to),
                },
                None => Text::unresolved(format!("cast({} as unknown)", value.text)),
            }
        }
        ExprType::UnresolvedRegex(regex) => Text::unresolved(regex.col_name.clone()),
        ExprType::SortOrder(order) => sort_order(of, order),
        ExprType::LambdaFunction(lambda) => {
            let body = child(of, lambda.function.as_deref()).text;
            let variables = lambda
                .arguments
                .iter()
                .map(|variable| format!("lambda '{}", variable.name_parts.join(".")));
            let parts: Vec<String> = std::iter::once(body).chain(variables).collect();
            Text::unresolved(format!("lambdafunction({}, false)", parts.join(", ")))
        }
        ExprType::Window(window) => windowed(of, window),
        ExprType::UnresolvedExtractValue(node) => {
            let value = child(of, node.child.as_deref());
            let key = child(of, node.extraction.as_deref());
            Text::unresolved(format!("{}[{}]", quoted(&value), key.text))
        }
        ExprType::UpdateFields(node) => {
            let value = child(of, node.struct_expression.as_deref());
            Text::unresolved(format!("update_fields({})", value.text))
        }
        ExprType::UnresolvedNamedLambdaVariable(variable) => {
            Text::unresolved(format!("lambda '{}", variable.name_parts.join(".")))
        }
        ExprType::CommonInlineUserDefinedFunction(function) => {
            let args = texts(all(of, &function.arguments));
            Text::unresolved(format!("{}({})", function.function_name, args.join(", ")))
        }
        ExprType::CallFunction(function) => {
            let args = texts(all(of, &function.arguments));
            Text::unresolved(format!("'{}({})", function.function_name, args.join(", ")))
        }
        ExprType::NamedArgumentExpression(argument) => {
            let value = child(of, argument.value.as_deref());
            Text::unresolved(format!("{} => {}", argument.key, value.text))
        }
        ExprType::SubqueryExpression(node) => subquery(of, node),
        ExprType::DirectShufflePartitionId(node) => child(of, node.child.as_deref()),
        ExprType::MergeAction(_)
        | ExprType::TypedAggregateExpression(_)
        | ExprType::Extension(_) => Text::unresolved("'unsupported"),
    }
}

/// Spark marks what is unresolved once, at its beginning.
fn quoted(value: &Text) -> String {
    value.text.clone()
}

pub(super) fn child(of: Analyzed<'_>, expression: Option<&Expression>) -> Text {
    match expression {
        Some(expression) => one(of, expression),
        None => Text::unresolved("'unset"),
    }
}

fn attribute_name(text: &str) -> String {
    match sparring_sql::parse_attribute_name(text) {
        Ok(parts) => {
            let parts: Vec<String> = parts
                .into_iter()
                .map(|part| {
                    if part.contains('.') {
                        format!("`{part}`")
                    } else {
                        part
                    }
                })
                .collect();
            parts.join(".")
        }
        Err(_) => text.to_owned(),
    }
}

fn aliased(of: Analyzed<'_>, alias: &proto::expression::Alias) -> Text {
    let value = child(of, alias.expr.as_deref());
    match alias.name.as_slice() {
        [name] => {
            let id = ColumnId::fresh().internal_name();
            let mark = if value.resolved { value.long } else { "" };
            Text {
                text: notation::alias(&value.text, &format!("{name}{id}{mark}")),
                resolved: value.resolved,
                long: value.long,
            }
        }
        names => Text::unresolved(notation::alias(
            &value.text,
            &format!("ArrayBuffer({})", names.join(", ")),
        )),
    }
}

/// Where an expression begins in the SQL text.
fn start(expression: &Expression) -> Option<i32> {
    use proto::origin::Function;
    match expression
        .common
        .as_ref()?
        .origin
        .as_ref()?
        .function
        .as_ref()?
    {
        Function::JvmOrigin(place) => place.start_index,
        Function::PythonOrigin(_) => None,
    }
}

/// Whether a call was written as `a || b`: it begins where its first argument does.
fn is_concatenation(expression: &Expression, function: &UnresolvedFunction) -> bool {
    let first = function.arguments.first().and_then(start);
    function.function_name == "concat" && first.is_some() && first == start(expression)
}

fn call(of: Analyzed<'_>, expression: &Expression, function: &UnresolvedFunction) -> Text {
    if function.is_internal()
        && let Some(found) = internal_call(of, function)
    {
        return found;
    }
    let parts = all(of, &function.arguments);
    let name = &function.function_name;
    if of.sql {
        if is_concatenation(expression, function) {
            let text = list(
                &texts(all(of, &function.arguments)),
                ("concat(", ", ", ")"),
                of.writer.most,
            );
            return Text::of(text, &parts);
        }
        if let Some(text) = operator::written(name, &parts, of.writer.most) {
            return Text::of(text, &parts);
        }
        if let ("count", [only]) = (name.to_lowercase().as_str(), function.arguments.as_slice())
            && matches!(&only.expr_type, Some(ExprType::UnresolvedStar(star))
                if star.unparsed_target.as_deref().unwrap_or_default().is_empty())
        {
            return Text::unresolved("'count(1)");
        }
        if name.eq_ignore_ascii_case("struct") {
            return structure(of, function);
        }
    }
    let open = match function.is_distinct {
        true => format!("'{}(distinct ", function_name(name)),
        false => format!("'{}(", function_name(name)),
    };
    Text::unresolved(list(&texts(parts), (&open, ", ", ")"), of.writer.most))
}

/// Back-quotes what is no name.
fn function_name(name: &str) -> String {
    crate::types::names::quote_if_needed(name)
}

/// `struct(1 AS x)`: the parser makes pairs of names and values of it.
fn structure(of: Analyzed<'_>, function: &UnresolvedFunction) -> Text {
    let mut parts = Vec::new();
    let mut resolved = true;
    for (place, argument) in function.arguments.iter().enumerate() {
        let value = one(of, argument);
        let name = match &argument.expr_type {
            Some(ExprType::Alias(alias)) => alias.name.join("."),
            Some(ExprType::UnresolvedAttribute(_)) => "NamePlaceholder".to_owned(),
            _ => format!("col{}", place + 1),
        };
        resolved &= value.resolved;
        parts.extend([name, value.text]);
    }
    Text {
        text: list(&parts, ("struct(", ", ", ")"), of.writer.most),
        resolved,
        long: "",
    }
}

fn internal_call(of: Analyzed<'_>, function: &UnresolvedFunction) -> Option<Text> {
    let args = &function.arguments;
    let joined = |from: usize| texts(all(of, args.get(from..).unwrap_or_default()));
    Some(match (function.function_name.as_str(), args.as_slice()) {
        (internal::FILTER_AGGREGATE, [call, condition]) => {
            let (call, condition) = (one(of, call).text, one(of, condition).text);
            let open = call.strip_suffix(')').unwrap_or(&call);
            Text::unresolved(format!("{open}, {condition})"))
        }
        (internal::IGNORE_NULLS, [call]) => {
            Text::unresolved(format!("{} ignore nulls", one(of, call).text))
        }
        (internal::STAR_EXCEPT, [star, ..]) => one(of, star),
        (name @ (internal::ROLLUP | internal::CUBE | internal::GROUPING_SETS), _) => {
            let sets: Vec<Vec<String>> = args
                .iter()
                .map(|set| match &set.expr_type {
                    Some(ExprType::UnresolvedFunction(set)) if set.is_internal() => {
                        texts(all(of, &set.arguments))
                    }
                    _ => vec![one(of, set).text],
                })
                .collect();
            Text::unresolved(grouping(&name.replace('_', ""), &sets))
        }
        (internal::QUALIFY, [condition]) => one(of, condition),
        (internal::TIMESTAMP_LITERAL | internal::TIMESTAMP_LTZ_LITERAL, [value, ..]) => {
            one(of, value)
        }
        (internal::ROW, _) => Text::unresolved(format!("named_struct({})", joined(0).join(", "))),
        (internal::IS_UNKNOWN, [value]) => {
            let value = one(of, value);
            Text::of(format!("isnull({})", value.text), &[value])
        }
        (internal::GROUP_BY_ALL | internal::ORDER_BY_ALL, _) => Text::unresolved("'ALL"),
        _ => return None,
    })
}

fn subquery(of: Analyzed<'_>, node: &proto::SubqueryExpression) -> Text {
    let id = of.writer.names.borrow_mut().pending_query(node.plan_id);
    match node.subquery_type() {
        SubqueryType::Exists => Text::unresolved(format!("exists{id} []")),
        SubqueryType::In => {
            let values = texts(all(of, &node.in_subquery_values));
            let value = match values.as_slice() {
                [only] => only.clone(),
                _ => format!("named_struct({})", values.join(", ")),
            };
            Text::unresolved(format!("{value} IN (list{id} [])"))
        }
        SubqueryType::Scalar | SubqueryType::TableArg | SubqueryType::Unknown => {
            Text::unresolved(format!("scalar-subquery{id} []"))
        }
    }
}
