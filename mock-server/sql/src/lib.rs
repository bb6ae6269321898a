//! Spark SQL text to the unresolved proto tree that DataFrames send, and to statements.
//!
//! A hand-written lexer and recursive-descent parser after Spark 4.1's SQL reference. It knows names, not what they
//! name: no catalog, no types of columns, no session. How SQL is said in the proto tree is told in [`lower`].

mod error;
mod keyword;
mod lexer;
pub mod lower;
mod parser;
pub mod statement;

use std::collections::BTreeMap;

use sparring_proto::connect as proto;

pub use error::{ParseError, ParseErrorDetail, QueryContext, RaisedBy, Showing};
pub use statement::Statement;

use parser::identifier::multipart_identifier;
use parser::{Parser, expression, types};

/// Values for the parameters of a text: `:name` and `?`.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// By name, without the colon.
    pub named: BTreeMap<String, proto::Expression>,
    /// In the order of the question marks.
    pub positional: Vec<proto::Expression>,
    /// Session variables by name, in lower case, as literals: the protocol has a name for
    /// `IDENTIFIER(variable)` and a number for `LIMIT variable`. Texts and whole numbers are enough.
    pub variables: BTreeMap<String, proto::Expression>,
    /// Whether a column's DEFAULT is refused: `spark.sql.defaultColumn.enabled` is off.
    pub refuse_defaults: bool,
}

/// Which kinds of parameters a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParametersUsed {
    /// `:name`.
    pub named: bool,
    /// `?`.
    pub positional: bool,
}

/// An expression and the subqueries in it.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedExpression {
    /// The expression, perhaps an alias or a star.
    pub expression: proto::Expression,
    /// The queries that its `SubqueryExpression`s name by plan id.
    pub subqueries: Vec<proto::Relation>,
}

/// Reads one statement; a semicolon may follow.
pub fn parse_statement(sql: &str) -> Result<Statement, ParseError> {
    read_statement(sql, None)
}

/// The same with values for its parameters.
pub fn parse_statement_with_params(
    sql: &str,
    parameters: &Parameters,
) -> Result<Statement, ParseError> {
    read_statement(sql, Some(parameters))
}

/// The kinds of parameters in a statement, whose values need not be known.
pub fn parameters_used(sql: &str) -> Result<ParametersUsed, ParseError> {
    let mut parser = Parser::new(sql, None)?;
    parser.take_unbound_parameters();
    parser::statement::statement(&mut parser)?;
    parser.expect_end()?;
    Ok(parser.parameters_used())
}

fn read_statement(sql: &str, parameters: Option<&Parameters>) -> Result<Statement, ParseError> {
    let mut parser = Parser::new(sql, parameters)?;
    let statement = parser::statement::statement(&mut parser)?;
    parser.expect_end()?;
    Ok(statement)
}

/// Reads what `expr`, `filter` and `selectExpr` take: an expression, perhaps with an alias, or a star.
///
/// A subquery in it is refused; [`parse_expression_and_subqueries`] takes it.
pub fn parse_expression(sql: &str) -> Result<proto::Expression, ParseError> {
    let mut parser = Parser::new(sql, None)?;
    let expression = expression::named_expression(&mut parser)?;
    parser.expect_end()?;
    if !parser.take_subqueries().is_empty() {
        return Err(parser.error(
            0,
            parser.mark(),
            "UNSUPPORTED_FEATURE.SUBQUERY_EXPRESSION",
            Some("0A000"),
            "The feature is not supported: a subquery in an expression string of this operation.",
            &[],
        ));
    }
    Ok(expression)
}

/// Reads an expression and the subqueries in it.
pub fn parse_expression_and_subqueries(sql: &str) -> Result<ParsedExpression, ParseError> {
    let mut parser = Parser::new(sql, None)?;
    let expression = expression::named_expression(&mut parser)?;
    parser.expect_end()?;
    Ok(ParsedExpression {
        expression,
        subqueries: parser.take_subqueries(),
    })
}

/// Reads one type, such as `array<int>` or `decimal(10,2)`.
pub fn parse_data_type(ddl: &str) -> Result<proto::DataType, ParseError> {
    let mut parser = Parser::new(ddl, None)?;
    let data_type = types::data_type(&mut parser)?;
    parser.expect_end()?;
    Ok(data_type)
}

/// Reads columns with types, such as `a int, b string NOT NULL COMMENT 'x'`. A text that is one type is
/// that type, as for Spark's `DataType.fromDDL`; if it is neither, the error is that of the columns.
pub fn parse_table_schema(ddl: &str) -> Result<proto::DataType, ParseError> {
    let columns = Parser::new(ddl, None).and_then(|mut parser| {
        let schema = types::table_schema(&mut parser)?;
        parser.expect_end()?;
        Ok(schema)
    });
    columns.or_else(|error| parse_data_type(ddl).map_err(|_| error))
}

/// Reads a name in several parts: `` a.b.`c d` ``.
pub fn parse_multipart_identifier(text: &str) -> Result<Vec<String>, ParseError> {
    let mut parser = Parser::new(text, None)?;
    let parts = multipart_identifier(&mut parser)?;
    parser.expect_end()?;
    Ok(parts)
}

/// Where a name stands in a SQL text: for errors about the table of a statement, which keeps no places.
pub fn locate_name(sql: &str, name: &[String]) -> Option<QueryContext> {
    Parser::new(sql, None).ok()?.locate(name)
}

/// Reads the name of an unresolved attribute. Its rules are looser than an identifier's: parts are divided
/// by dots, and only backticks, which must enclose a whole part, hide a dot.
pub fn parse_attribute_name(text: &str) -> Result<Vec<String>, ParseError> {
    parser::attribute_name::attribute_name(text)
}
