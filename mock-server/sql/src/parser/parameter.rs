//! Parameters `:name` and `?`, replaced by their values as they are read; session variables where the
//! protocol wants a value.

use sparring_proto::connect as proto;

use proto::Expression;
use proto::expression::literal::LiteralType;

use super::identifier::identifier;
use super::{Parsed, Parser};
use crate::error::ParseError;
use crate::{ParametersUsed, lower};

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
        None if parser.takes_unbound => Ok(unknown()),
        None => {
            let place = parser.origin_from(start);
            Err(unbound(parser, start, &format!("_{}", start_index(&place))))
        }
    }
}

/// Stands for a value that is not asked for.
fn unknown() -> Expression {
    lower::literal(LiteralType::Null(proto::DataType::default()))
}

impl Parser<'_> {
    /// Reads parameters without values too: only which there are is asked.
    pub(crate) fn take_unbound_parameters(&mut self) {
        self.takes_unbound = true;
    }

    /// The value of the session variable that a name means.
    pub(crate) fn variable(
        &self,
        name: &proto::expression::UnresolvedAttribute,
    ) -> Option<&Expression> {
        let parts = crate::parse_attribute_name(&name.unparsed_identifier).ok()?;
        let name = parts.join(".").to_lowercase();
        let name = name.strip_prefix("system.").unwrap_or(&name);
        let name = name.strip_prefix("session.").unwrap_or(name);
        self.parameters?.variables.get(name)
    }

    /// The kinds of parameters read so far.
    pub(crate) fn parameters_used(&self) -> ParametersUsed {
        ParametersUsed {
            named: self.has_named_parameter,
            positional: self.n_positional_used > 0,
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
    parser.has_named_parameter = true;
    match bound {
        Some(value) => Ok(value.clone()),
        None if parser.takes_unbound => Ok(unknown()),
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
