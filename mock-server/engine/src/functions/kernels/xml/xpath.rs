//! XPath 1.0 evaluated, with the conversions between its four types.

use super::dom::{Content, Document};
use super::expression::{Expression, Start, Step, parse};

/// A value of XPath.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nodes in the order of the document.
    Nodes(Vec<usize>),
    Number(f64),
    Text(String),
    Boolean(bool),
}

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct Path(Expression);

/// What a predicate sees.
#[derive(Clone, Copy)]
struct Focus {
    node: usize,
    position: usize,
    size: usize,
}

impl Path {
    /// The path of a text; else why it is none, in Java's words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text).map(Self)
    }

    /// The value at the document's root; else what is wrong with a call.
    pub(crate) fn evaluate(&self, document: &Document) -> Result<Value, String> {
        let focus = Focus {
            node: 0,
            position: 1,
            size: 1,
        };
        evaluate(document, &self.0, focus)
    }
}

impl Value {
    /// The kind as Java's messages call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Nodes(_) => "#NODESET",
            Self::Number(_) => "#NUMBER",
            Self::Text(_) => "#STRING",
            Self::Boolean(_) => "#BOOLEAN",
        }
    }

    /// `string(…)`.
    pub(crate) fn text(&self, document: &Document) -> String {
        match self {
            Self::Nodes(nodes) => nodes
                .first()
                .map_or_else(String::new, |node| document.text_of(*node)),
            Self::Number(number) => number_text(*number),
            Self::Text(text) => text.clone(),
            Self::Boolean(value) => value.to_string(),
        }
    }

    /// `number(…)`.
    pub(crate) fn number(&self, document: &Document) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Boolean(value) => f64::from(u8::from(*value)),
            Self::Nodes(_) | Self::Text(_) => text_number(&self.text(document)),
        }
    }

    /// `boolean(…)`.
    pub(crate) fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Boolean(value) => *value,
        }
    }
}

/// Digits with at most one point and a sign before; anything else is no number.
fn text_number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit());
    if plain {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

fn evaluate(document: &Document, expression: &Expression, focus: Focus) -> Result<Value, String> {
    Ok(match expression {
        Expression::Number(number) => Value::Number(*number),
        Expression::Text(text) => Value::Text(text.clone()),
        Expression::Negative(inner) => {
            Value::Number(-evaluate(document, inner, focus)?.number(document))
        }
        Expression::Binary(operator, left, right) => {
            return binary(document, operator, (left, right), focus);
        }
        Expression::Call(name, arguments) => return call(document, name, arguments, focus),
        Expression::Path(start, steps) => {
            let mut nodes = match start {
                Start::Root => vec![0],
                Start::Here => vec![focus.node],
                Start::Nodes(inner, predicates) => {
                    let nodes = nodes_of(evaluate(document, inner, focus)?)?;
                    filtered(document, nodes, predicates)?
                }
            };
            for step in steps {
                nodes = walk(document, &nodes, step)?;
            }
            Value::Nodes(nodes)
        }
    })
}

fn nodes_of(value: Value) -> Result<Vec<usize>, String> {
    match value {
        Value::Nodes(nodes) => Ok(nodes),
        other => Err(format!("Can not convert {} to a NodeList!", other.kind())),
    }
}

fn walk(document: &Document, from: &[usize], step: &Step) -> Result<Vec<usize>, String> {
    let mut all = Vec::new();
    for node in from {
        let mut found = document.axis(*node, step.axis);
        found.retain(|node| document.passes(*node, step.axis, &step.test));
        all.extend(filtered(document, found, &step.predicates)?);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn filtered(
    document: &Document,
    mut nodes: Vec<usize>,
    predicates: &[Expression],
) -> Result<Vec<usize>, String> {
    for predicate in predicates {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            let focus = Focus {
                node,
                position: index + 1,
                size,
            };
            let value = evaluate(document, predicate, focus)?;
            let keeps = match value {
                Value::Number(number) => number == count(focus.position),
                other => other.boolean(),
            };
            if keeps {
                kept.push(node);
            }
        }
        nodes = kept;
    }
    Ok(nodes)
}

#[expect(clippy::cast_precision_loss, reason = "no document has so many nodes")]
fn count(n: usize) -> f64 {
    n as f64
}

fn binary(
    document: &Document,
    operator: &str,
    (left, right): (&Expression, &Expression),
    focus: Focus,
) -> Result<Value, String> {
    let left = evaluate(document, left, focus)?;
    match operator {
        "or" if left.boolean() => return Ok(Value::Boolean(true)),
        "and" if !left.boolean() => return Ok(Value::Boolean(false)),
        _ => {}
    }
    let right = evaluate(document, right, focus)?;
    let numbers = || (left.number(document), right.number(document));
    Ok(match operator {
        "or" | "and" => Value::Boolean(right.boolean()),
        "|" => {
            let mut all = nodes_of(left)?;
            all.extend(nodes_of(right)?);
            all.sort_unstable();
            all.dedup();
            Value::Nodes(all)
        }
        "+" => Value::Number(numbers().0 + numbers().1),
        "-" => Value::Number(numbers().0 - numbers().1),
        "*" => Value::Number(numbers().0 * numbers().1),
        "div" => Value::Number(numbers().0 / numbers().1),
        "mod" => Value::Number(numbers().0 % numbers().1),
        _ => Value::Boolean(compare(document, operator, &left, &right)),
    })
}

/// Of node sets any node may fulfil a comparison.
fn compare(document: &Document, operator: &str, left: &Value, right: &Value) -> bool {
    let each = |nodes: &[usize]| -> Vec<Value> {
        nodes
            .iter()
            .map(|node| Value::Text(document.text_of(*node)))
            .collect()
    };
    match (left, right) {
        (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_)) => {
            let plain = |value: &Value| Value::Boolean(value.boolean());
            plain_compare(document, operator, &plain(left), &plain(right))
        }
        (Value::Nodes(nodes), other) => each(nodes)
            .iter()
            .any(|value| compare(document, operator, value, other)),
        (other, Value::Nodes(nodes)) => each(nodes)
            .iter()
            .any(|value| compare(document, operator, other, value)),
        _ => plain_compare(document, operator, left, right),
    }
}

fn plain_compare(document: &Document, operator: &str, left: &Value, right: &Value) -> bool {
    let (a, b) = (left.number(document), right.number(document));
    let equal = match (left, right) {
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
        (Value::Number(_), _) | (_, Value::Number(_)) => a == b,
        _ => left.text(document) == right.text(document),
    };
    match operator {
        "=" => equal,
        "!=" => !equal,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    }
}

fn call(
    document: &Document,
    name: &str,
    arguments: &[Expression],
    focus: Focus,
) -> Result<Value, String> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(evaluate(document, argument, focus)?);
    }
    let here = Value::Nodes(vec![focus.node]);
    let text = |index: usize| values.get(index).unwrap_or(&here).text(document);
    let number = |index: usize| values.get(index).unwrap_or(&here).number(document);
    let nodes = |index: usize| nodes_of(values.get(index).unwrap_or(&here).clone());
    let arity = |allowed: std::ops::RangeInclusive<usize>| {
        if allowed.contains(&values.len()) {
            Ok(())
        } else {
            Err(format!("FuncWrongNumberArgs: {name}"))
        }
    };
    Ok(match name {
        "last" => Value::Number(count(focus.size)),
        "position" => Value::Number(count(focus.position)),
        "count" => {
            arity(1..=1)?;
            Value::Number(count(nodes(0)?.len()))
        }
        "sum" => {
            arity(1..=1)?;
            let texts = nodes(0)?
                .into_iter()
                .map(|node| text_number(&document.text_of(node)));
            Value::Number(texts.sum())
        }
        "name" | "local-name" | "namespace-uri" => {
            arity(0..=1)?;
            let found = nodes(0)?
                .first()
                .map(|node| match &document.nodes[*node].content {
                    Content::Element(name) | Content::Attribute(name, _) => name.clone(),
                    Content::Instruction(target, _) => target.clone(),
                    _ => String::new(),
                });
            let found = found.unwrap_or_default();
            Value::Text(match name {
                "name" => found,
                "namespace-uri" => String::new(),
                _ => found.rsplit(':').next().unwrap_or_default().to_owned(),
            })
        }
        "string" => Value::Text(text(0)),
        "number" => Value::Number(number(0)),
        "boolean" => {
            arity(1..=1)?;
            Value::Boolean(values[0].boolean())
        }
        "not" => {
            arity(1..=1)?;
            Value::Boolean(!values[0].boolean())
        }
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        "concat" => {
            arity(2..=usize::MAX)?;
            Value::Text((0..values.len()).map(text).collect())
        }
        "contains" => {
            arity(2..=2)?;
            Value::Boolean(text(0).contains(&text(1)))
        }
        "starts-with" => {
            arity(2..=2)?;
            Value::Boolean(text(0).starts_with(&text(1)))
        }
        "substring" => {
            arity(2..=3)?;
            let length = if values.len() == 3 {
                number(2)
            } else {
                f64::INFINITY
            };
            Value::Text(substring(&text(0), number(1), length))
        }
        "substring-before" => {
            arity(2..=2)?;
            let (whole, mark) = (text(0), text(1));
            Value::Text(
                whole
                    .split_once(&mark)
                    .map_or(String::new(), |(before, _)| before.to_owned()),
            )
        }
        "substring-after" => {
            arity(2..=2)?;
            let (whole, mark) = (text(0), text(1));
            Value::Text(
                whole
                    .split_once(&mark)
                    .map_or(String::new(), |(_, after)| after.to_owned()),
            )
        }
        "string-length" => Value::Number(count(text(0).chars().count())),
        "normalize-space" => Value::Text(
            text(0)
                .split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        ),
        "translate" => {
            arity(3..=3)?;
            let (from, to): (Vec<char>, Vec<char>) =
                (text(1).chars().collect(), text(2).chars().collect());
            let moved = text(0)
                .chars()
                .filter_map(|c| match from.iter().position(|f| *f == c) {
                    Some(place) => to.get(place).copied(),
                    None => Some(c),
                })
                .collect();
            Value::Text(moved)
        }
        "floor" => Value::Number(number(0).floor()),
        "ceiling" => Value::Number(number(0).ceil()),
        "round" => Value::Number((number(0) + 0.5).floor()),
        _ => return Err(format!("Could not find function: {name}")),
    })
}

/// Positions are rounded, and counted from one.
fn substring(text: &str, start: f64, length: f64) -> String {
    let start = (start + 0.5).floor();
    let end = start + (length + 0.5).floor();
    text.chars()
        .enumerate()
        .filter(|(index, _)| {
            let place = count(index + 1);
            place >= start && place < end
        })
        .map(|(_, c)| c)
        .collect()
}
