//! A short notation of proto trees for fixtures: one relation a line, indented; expressions as `(name argument …)`.
//!
//! Origins are left out, except in fixtures of their own.

use std::fmt::Write as _;

use sparring_proto::connect as proto;

use proto::data_type::Kind;
use proto::expression::cast::{CastToType, EvalMode};
use proto::expression::literal::LiteralType;
use proto::expression::sort_order::{NullOrdering, SortDirection};
use proto::expression::window::window_frame::frame_boundary::Boundary;
use proto::expression::window::window_frame::{FrameBoundary, FrameType};
use proto::expression::{ExprType, Literal, SortOrder, Window};
use proto::join::JoinType;
use proto::read::ReadType;
use proto::relation::RelType;
use proto::{DataType, Expression, Relation};

pub(crate) fn relation(relation: &Relation) -> String {
    let mut out = String::new();
    write_relation(relation, 0, &mut out);
    out
}

fn child(relation: &Option<Box<Relation>>, depth: usize, out: &mut String) {
    if let Some(relation) = relation {
        write_relation(relation, depth + 1, out);
    }
}

fn write_relation(relation: &Relation, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    out.push_str(&indent);
    if let Some(id) = relation.common.as_ref().and_then(|common| common.plan_id) {
        let _ = write!(out, "#{id} ");
    }
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    match relation.rel_type.as_ref().expect("a relation") {
        RelType::Read(read) => match read.read_type.as_ref().expect("a read") {
            ReadType::NamedTable(table) => {
                let mut options: Vec<_> = table.options.iter().collect();
                options.sort();
                let streaming = if read.is_streaming { " streaming" } else { "" };
                let options = if options.is_empty() {
                    String::new()
                } else {
                    format!(" {options:?}")
                };
                line(format!(
                    "Read {}{streaming}{options}",
                    table.unparsed_identifier
                ));
            }
            ReadType::DataSource(source) => line(format!("{source:?}")),
        },
        RelType::Project(node) => {
            line(format!("Project {}", list(&node.expressions)));
            child(&node.input, depth, out);
        }
        RelType::Filter(node) => {
            line(format!(
                "Filter {}",
                expression(node.condition.as_ref().expect("a condition"))
            ));
            child(&node.input, depth, out);
        }
        RelType::Join(node) => {
            let condition = node
                .join_condition
                .as_ref()
                .map(expression)
                .unwrap_or_default();
            let using = if node.using_columns.is_empty() {
                String::new()
            } else {
                format!(" using {:?}", node.using_columns)
            };
            line(format!(
                "Join {} {condition}{using}",
                join_type(node.join_type)
            ));
            child(&node.left, depth, out);
            child(&node.right, depth, out);
        }
        RelType::LateralJoin(node) => {
            let condition = node
                .join_condition
                .as_ref()
                .map(expression)
                .unwrap_or_default();
            line(format!(
                "LateralJoin {} {condition}",
                join_type(node.join_type)
            ));
            child(&node.left, depth, out);
            child(&node.right, depth, out);
        }
        RelType::SetOp(node) => {
            let all = if node.is_all() { "all" } else { "distinct" };
            line(format!("{} {all}", node.set_op_type().as_str_name()));
            child(&node.left_input, depth, out);
            child(&node.right_input, depth, out);
        }
        RelType::Sort(node) => {
            let order: Vec<_> = node.order.iter().map(sort_order).collect();
            let global = if node.is_global() { "" } else { " local" };
            line(format!("Sort{global} [{}]", order.join(", ")));
            child(&node.input, depth, out);
        }
        RelType::Limit(node) => {
            line(format!("Limit {}", node.limit));
            child(&node.input, depth, out);
        }
        RelType::Offset(node) => {
            line(format!("Offset {}", node.offset));
            child(&node.input, depth, out);
        }
        RelType::Aggregate(node) => {
            let pivot = match &node.pivot {
                Some(pivot) => format!(
                    " pivot {}",
                    expression(pivot.col.as_ref().expect("a column"))
                ),
                None => String::new(),
            };
            line(format!(
                "Aggregate by {} {}{pivot}",
                list(&node.grouping_expressions),
                list(&node.aggregate_expressions)
            ));
            child(&node.input, depth, out);
        }
        RelType::SubqueryAlias(node) => {
            line(format!("SubqueryAlias {}", node.alias));
            child(&node.input, depth, out);
        }
        RelType::ToDf(node) => {
            line(format!("ToDF {:?}", node.column_names));
            child(&node.input, depth, out);
        }
        RelType::Deduplicate(node) => {
            line(format!("Deduplicate all={}", node.all_columns_as_keys()));
            child(&node.input, depth, out);
        }
        RelType::Hint(node) => {
            line(format!("Hint {} {}", node.name, list(&node.parameters)));
            child(&node.input, depth, out);
        }
        RelType::Sample(node) => {
            line(format!(
                "Sample {}..{} seed={:?}",
                node.lower_bound, node.upper_bound, node.seed
            ));
            child(&node.input, depth, out);
        }
        RelType::Unpivot(node) => {
            let values = node
                .values
                .as_ref()
                .map(|values| list(&values.values))
                .unwrap_or_default();
            line(format!(
                "Unpivot {} {values} {} {}",
                list(&node.ids),
                node.variable_column_name,
                node.value_column_name
            ));
            child(&node.input, depth, out);
        }
        RelType::RepartitionByExpression(node) => {
            line(format!(
                "RepartitionByExpression {}",
                list(&node.partition_exprs)
            ));
            child(&node.input, depth, out);
        }
        RelType::UnresolvedTableValuedFunction(node) => {
            line(format!(
                "TableFunction {} {}",
                node.function_name,
                list(&node.arguments)
            ));
        }
        RelType::WithRelations(node) => {
            line("WithRelations".to_string());
            child(&node.root, depth, out);
            for reference in &node.references {
                let _ = writeln!(out, "{indent}reference");
                write_relation(reference, depth + 1, out);
            }
        }
        RelType::Drop(node) => {
            line(format!(
                "Drop {} {:?}",
                list(&node.columns),
                node.column_names
            ));
            child(&node.input, depth, out);
        }
        RelType::WithColumns(node) => {
            let aliases: Vec<_> = node.aliases.iter().map(alias).collect();
            line(format!("WithColumns [{}]", aliases.join(", ")));
            child(&node.input, depth, out);
        }
        other => line(format!("{other:?}")),
    }
}

fn join_type(join_type: i32) -> &'static str {
    JoinType::try_from(join_type)
        .expect("a join type")
        .as_str_name()
        .trim_start_matches("JOIN_TYPE_")
}

fn list(expressions: &[Expression]) -> String {
    let items: Vec<_> = expressions.iter().map(expression).collect();
    format!("[{}]", items.join(", "))
}

fn alias(node: &proto::expression::Alias) -> String {
    let names = match node.name.as_slice() {
        [only] => only.clone(),
        several => format!("{several:?}"),
    };
    format!("{} as {names}", boxed(&node.expr))
}

fn boxed(expression_box: &Option<Box<Expression>>) -> String {
    expression_box
        .as_ref()
        .map(|inner| expression(inner))
        .unwrap_or_default()
}

pub(crate) fn expression(node: &Expression) -> String {
    match node.expr_type.as_ref().expect("an expression") {
        ExprType::Literal(value) => literal(value),
        ExprType::UnresolvedAttribute(node) => node.unparsed_identifier.clone(),
        ExprType::UnresolvedFunction(node) => {
            let mut out = String::from("(");
            if node.is_internal() {
                out.push('!');
            }
            out.push_str(&node.function_name);
            if node.is_user_defined_function {
                out.push_str(" user-defined");
            }
            if node.is_distinct {
                out.push_str(" distinct");
            }
            for argument in &node.arguments {
                out.push(' ');
                out.push_str(&expression(argument));
            }
            out.push(')');
            out
        }
        ExprType::UnresolvedStar(node) => node
            .unparsed_target
            .clone()
            .unwrap_or_else(|| "*".to_string()),
        ExprType::Alias(node) => alias(node),
        ExprType::Cast(node) => {
            let to = match node.cast_to_type.as_ref().expect("a type") {
                CastToType::Type(to) => data_type(to),
                CastToType::TypeStr(text) => text.clone(),
            };
            let name = if node.eval_mode() == EvalMode::Try {
                "try_cast"
            } else {
                "cast"
            };
            format!("({name} {} {to})", boxed(&node.expr))
        }
        ExprType::SortOrder(node) => sort_order(node),
        ExprType::LambdaFunction(node) => {
            let arguments: Vec<_> = node
                .arguments
                .iter()
                .map(|argument| argument.name_parts.join("."))
                .collect();
            format!("({}) -> {}", arguments.join(", "), boxed(&node.function))
        }
        ExprType::UnresolvedNamedLambdaVariable(node) => format!("${}", node.name_parts.join(".")),
        ExprType::UnresolvedExtractValue(node) => {
            format!("{}[{}]", boxed(&node.child), boxed(&node.extraction))
        }
        ExprType::Window(node) => window(node),
        ExprType::NamedArgumentExpression(node) => {
            format!("{} => {}", node.key, boxed(&node.value))
        }
        ExprType::SubqueryExpression(node) => {
            let mut out = format!(
                "{}#{}",
                node.subquery_type()
                    .as_str_name()
                    .trim_start_matches("SUBQUERY_TYPE_"),
                node.plan_id
            );
            if !node.in_subquery_values.is_empty() {
                out.push_str(&list(&node.in_subquery_values));
            }
            if let Some(options) = &node.table_arg_options {
                let order: Vec<_> = options.order_spec.iter().map(sort_order).collect();
                let _ = write!(
                    out,
                    "{{partition {} order [{}] single {:?}}}",
                    list(&options.partition_spec),
                    order.join(", "),
                    options.with_single_partition
                );
            }
            out
        }
        other => format!("{other:?}"),
    }
}

fn window(node: &Window) -> String {
    let order: Vec<_> = node.order_spec.iter().map(sort_order).collect();
    let mut out = format!(
        "({} over partition {} order [{}]",
        boxed(&node.window_function),
        list(&node.partition_spec),
        order.join(", ")
    );
    if let Some(frame) = &node.frame_spec {
        let kind = if frame.frame_type() == FrameType::Row {
            "rows"
        } else {
            "range"
        };
        let bound = |bound: &Option<Box<FrameBoundary>>| match bound
            .as_ref()
            .and_then(|b| b.boundary.as_ref())
        {
            Some(Boundary::CurrentRow(_)) => "current".to_string(),
            Some(Boundary::Unbounded(_)) => "unbounded".to_string(),
            Some(Boundary::Value(value)) => expression(value),
            None => "?".to_string(),
        };
        let _ = write!(
            out,
            " {kind} {}..{}",
            bound(&frame.lower),
            bound(&frame.upper)
        );
    }
    out.push(')');
    out
}

pub(crate) fn sort_order(node: &SortOrder) -> String {
    let direction = if node.direction() == SortDirection::Ascending {
        "asc"
    } else {
        "desc"
    };
    let nulls = if node.null_ordering() == NullOrdering::SortNullsFirst {
        "first"
    } else {
        "last"
    };
    format!("{} {direction} nulls {nulls}", boxed(&node.child))
}

fn literal(node: &Literal) -> String {
    let typed = node
        .data_type
        .as_ref()
        .map(|kind| format!(":{}", data_type(kind)))
        .unwrap_or_default();
    let value = match node.literal_type.as_ref().expect("a value") {
        LiteralType::Null(_) => "null".to_string(),
        LiteralType::Binary(bytes) => format!("x{bytes:?}"),
        LiteralType::Boolean(value) => value.to_string(),
        LiteralType::Byte(value) => format!("{value}Y"),
        LiteralType::Short(value) => format!("{value}S"),
        LiteralType::Integer(value) => value.to_string(),
        LiteralType::Long(value) => format!("{value}L"),
        LiteralType::Float(value) => format!("{value:?}F"),
        LiteralType::Double(value) => format!("{value:?}D"),
        LiteralType::Decimal(value) => {
            format!(
                "{}:decimal({},{})",
                value.value,
                value.precision(),
                value.scale()
            )
        }
        LiteralType::String(value) => format!("{value:?}"),
        LiteralType::Date(days) => format!("date:{days}"),
        LiteralType::Timestamp(micros) => format!("timestamp:{micros}"),
        LiteralType::TimestampNtz(micros) => format!("timestamp_ntz:{micros}"),
        LiteralType::YearMonthInterval(months) => format!("months:{months}"),
        LiteralType::DayTimeInterval(micros) => format!("micros:{micros}"),
        LiteralType::Time(time) => format!("time:{}", time.nano),
        other => format!("{other:?}"),
    };
    value + &typed
}

pub(crate) fn data_type(node: &DataType) -> String {
    match node.kind.as_ref().expect("a kind") {
        Kind::Null(_) => "void".to_string(),
        Kind::Binary(_) => "binary".to_string(),
        Kind::Boolean(_) => "boolean".to_string(),
        Kind::Byte(_) => "tinyint".to_string(),
        Kind::Short(_) => "smallint".to_string(),
        Kind::Integer(_) => "int".to_string(),
        Kind::Long(_) => "bigint".to_string(),
        Kind::Float(_) => "float".to_string(),
        Kind::Double(_) => "double".to_string(),
        Kind::Decimal(kind) => format!("decimal({},{})", kind.precision(), kind.scale()),
        Kind::String(kind) if kind.collation.is_empty() => "string".to_string(),
        Kind::String(kind) => format!("string collate {}", kind.collation),
        Kind::Char(kind) => format!("char({})", kind.length),
        Kind::VarChar(kind) => format!("varchar({})", kind.length),
        Kind::Date(_) => "date".to_string(),
        Kind::Timestamp(_) => "timestamp".to_string(),
        Kind::TimestampNtz(_) => "timestamp_ntz".to_string(),
        Kind::CalendarInterval(_) => "interval".to_string(),
        Kind::YearMonthInterval(kind) => {
            format!("interval_ym({},{})", kind.start_field(), kind.end_field())
        }
        Kind::DayTimeInterval(kind) => {
            format!("interval_dt({},{})", kind.start_field(), kind.end_field())
        }
        Kind::Array(kind) => {
            format!(
                "array<{}>",
                data_type(kind.element_type.as_ref().expect("an element"))
            )
        }
        Kind::Map(kind) => format!(
            "map<{},{}>",
            data_type(kind.key_type.as_ref().expect("a key")),
            data_type(kind.value_type.as_ref().expect("a value"))
        ),
        Kind::Struct(kind) => {
            let fields: Vec<_> = kind
                .fields
                .iter()
                .map(|field| {
                    let nullable = if field.nullable { "" } else { " not null" };
                    let metadata = field
                        .metadata
                        .as_ref()
                        .map(|json| format!(" {json}"))
                        .unwrap_or_default();
                    let kind = data_type(field.data_type.as_ref().expect("a type"));
                    format!("{}:{kind}{nullable}{metadata}", field.name)
                })
                .collect();
            format!("struct<{}>", fields.join(","))
        }
        Kind::Variant(_) => "variant".to_string(),
        Kind::Time(kind) => format!("time({})", kind.precision()),
        other => format!("{other:?}"),
    }
}
