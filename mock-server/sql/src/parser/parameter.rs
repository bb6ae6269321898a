//! Parameters `:name` and `?`, replaced by their values as they are read.

use sparring_proto::connect as proto;

use proto::Expression;

use super::identifier::identifier;
use super::{Parsed, Parser};
use crate::error::ParseError;

pub(crate) fn positional_parameter(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    let index = parser.n_positional_used;
    parser.n_positional_used += 1;
    let bound = parser
        .parameters
        .and_then(|parameters| parameters.positional.get(index));
    match bound {
        Some(value) => Ok(value.clone()),
        None => {
            let place = parser.origin_from(start);
            Err(unbound(parser, start, &format!("_{}", start_index(&place))))
        }
    }
}

fn start_index(origin: &proto::Origin) -> i32 {
    match &origin.function {
        Some(proto::origin::Function::JvmOrigin(origin)) => origin.start_index(),
        Some(proto::origin::Function::PythonOrigin(_)) | None => 0,
    }
}

pub(crate) fn named_parameter(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let start = parser.mark();
    parser.advance();
    let name = identifier(parser)?;
    let bound = parser
        .parameters
        .and_then(|parameters| parameters.named.get(&name));
    match bound {
        Some(value) => Ok(value.clone()),
        None => Err(unbound(parser, start, &name)),
    }
}

fn unbound(parser: &Parser<'_>, start: usize, name: &str) -> ParseError {
    parser.error_from(
        start,
        "UNBOUND_SQL_PARAMETER",
        Some("42P02"),
        format!(
            "Found the unbound parameter: {name}. Please, fix `args` and provide a mapping of the parameter to \
             either a SQL literal or collection constructor functions such as `map()`, `array()`, `struct()`."
        ),
        &[("name", name)],
    )
}
