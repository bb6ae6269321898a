//! How Spark writes expressions in plans: constants, calls, casts (`Expression.toString`).
//!
//! Knows texts of parts and no expressions: those of the protocol, of logical and of physical plans
//! are all written with it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use chrono_tz::Tz;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;

use super::tree::list;
use crate::show;
use crate::types::simple_string;

/// A call, or the operator that Spark makes of it.
pub(super) fn call(name: &str, args: &[String], most: usize) -> String {
    match (name, args) {
        ("-" | "negative", [only]) => format!("-{only}"),
        ("~", [only]) => format!("~{only}"),
        ("not" | "!", [only]) => format!("NOT {only}"),
        ("!=" | "<>", [left, right]) => format!("NOT ({left} = {right})"),
        ("in", [value, items @ ..]) => {
            format!("{value} IN {}", list(items, ("(", ",", ")"), usize::MAX))
        }
        ("like", [value, pattern]) => format!("{value} LIKE {pattern}"),
        ("rlike" | "regexp" | "regexp_like", [value, pattern]) => {
            format!("RLIKE({value}, {pattern})")
        }
        ("if", [condition, yes, no]) => format!("if ({condition}) {yes} else {no}"),
        ("when", branches) => case(branches),
        ("get_array_item" | "get_map_value", [value, key]) => format!("{value}[{key}]"),
        ("trim" | "ltrim" | "rtrim", [value]) => format!("{name}({value}, None)"),
        ("trim" | "ltrim" | "rtrim", [value, what]) => format!("{name}({value}, Some({what}))"),
        (symbol, [left, right]) if infix(symbol).is_some() => {
            format!("({left} {} {right})", infix(symbol).unwrap_or(symbol))
        }
        ("isnull" | "isnotnull", _) => list(args, (&format!("{name}("), ", ", ")"), most),
        _ => list(args, (&format!("{name}("), ", ", ")"), most),
    }
}

/// Spark's name of an aggregate of ours.
pub(super) fn aggregate(name: &str) -> &str {
    match name {
        "first_value" => "first",
        "last_value" => "last",
        "mean" => "avg",
        "total" => "sum",
        other => other,
    }
}

/// How an operator stands between its sides.
pub(super) fn infix(name: &str) -> Option<&'static str> {
    const INFIX: [(&str, &str); 21] = [
        ("%", "%"),
        ("&", "&"),
        ("*", "*"),
        ("+", "+"),
        ("-", "-"),
        ("/", "/"),
        ("<", "<"),
        ("<=", "<="),
        ("<=>", "<=>"),
        ("=", "="),
        ("==", "="),
        (">", ">"),
        (">=", ">="),
        ("^", "^"),
        ("and", "AND"),
        ("div", "div"),
        ("equal_null", "<=>"),
        ("eqnullsafe", "<=>"),
        ("mod", "%"),
        ("or", "OR"),
        ("|", "|"),
    ];
    INFIX
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, symbol)| *symbol)
}

/// `CASE WHEN … THEN … ELSE … END`, of conditions and values in turn.
fn case(branches: &[String]) -> String {
    let mut text = "CASE".to_owned();
    for pair in branches.chunks(2) {
        text.push_str(&match pair {
            [condition, value] => format!(" WHEN {condition} THEN {value}"),
            rest => format!(" ELSE {}", rest.join(", ")),
        });
    }
    text.push_str(" END");
    text
}

/// An operator of DataFusion between its sides.
pub(super) fn operator(left: &str, operator: Operator, right: &str) -> String {
    match operator {
        Operator::BitwiseXor if right == "-1" => format!("~{left}"),
        Operator::And => format!("({left} AND {right})"),
        Operator::Or => format!("({left} OR {right})"),
        Operator::NotEq => format!("NOT ({left} = {right})"),
        Operator::IsNotDistinctFrom => format!("({left} <=> {right})"),
        Operator::IsDistinctFrom => format!("NOT ({left} <=> {right})"),
        other => format!("({left} {other} {right})"),
    }
}

/// A cast, which a `try_cast` is too.
pub(super) fn cast(value: &str, to: &DataType, tries: bool) -> String {
    let verb = if tries { "try_cast" } else { "cast" };
    format!("{verb}({value} as {})", simple_string(to))
}

/// A value under a name.
pub(super) fn alias(value: &str, column: &str) -> String {
    format!("{value} AS {column}")
}

/// A sort key with its order.
pub(super) fn order(key: &str, ascending: bool, nulls_first: bool) -> String {
    format!(
        "{key} {} NULLS {}",
        if ascending { "ASC" } else { "DESC" },
        if nulls_first { "FIRST" } else { "LAST" }
    )
}

/// A column: its name, its number, and Spark's mark of a long.
pub(super) fn column(name: &str, id: &str, data_type: &DataType) -> String {
    format!("{name}{id}{}", long(data_type))
}

/// Spark's mark of a long.
pub(super) fn long(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Int64 => "L",
        _ => "",
    }
}

/// A constant.
pub(super) fn literal(value: &ScalarValue, zone: Tz) -> String {
    match value.to_array() {
        Ok(array) => item(&array, 0, zone),
        Err(_) => value.to_string(),
    }
}

fn item(array: &ArrayRef, row: usize, zone: Tz) -> String {
    let items = |values: &ArrayRef| -> Vec<String> {
        (0..values.len()).map(|at| item(values, at, zone)).collect()
    };
    if array.is_null(row) {
        return "null".to_owned();
    }
    match array.data_type() {
        DataType::Binary => {
            let bytes = array.as_binary::<i32>().value(row);
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("0x{}", digits.join(""))
        }
        DataType::List(_) => format!("[{}]", items(&array.as_list::<i32>().value(row)).join(",")),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (items(entries.column(0)), items(entries.column(1)));
            format!(
                "map(keys: [{}], values: [{}])",
                keys.join(","),
                values.join(",")
            )
        }
        DataType::Struct(_) => {
            let fields = array.as_struct().columns();
            let fields: Vec<String> = fields.iter().map(|field| item(field, row, zone)).collect();
            format!("[{}]", fields.join(","))
        }
        DataType::Null => "null".to_owned(),
        _ => show::pretty(array, row, zone).unwrap_or_default(),
    }
}
