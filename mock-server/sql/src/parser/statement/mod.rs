//! Statements: which family reads what, by the first words.

mod alter;
mod change;
mod column;
mod configuration;
mod create;
mod describe;
mod maintenance;
mod merge;
mod namespace;
mod privilege;
mod show;
mod variable;
mod view;

use sparring_proto::connect as proto;

use super::expression::expression;
use super::identifier::{identifier, multipart_identifier};
use super::{Parsed, Parser, literal, query};
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower;
use crate::statement::{Name, PartitionValue, SqlExpression, Statement};

/// One statement, up to the end or the semicolon.
pub(crate) fn statement(parser: &mut Parser<'_>) -> Parsed<Statement> {
    refuse_unsupported(parser)?;
    let T::Word(word) = parser.kind() else {
        return query::query(parser).map(Statement::Query);
    };
    match word {
        K::With => with(parser),
        K::Create | K::Replace => create::create(parser),
        K::Declare => variable::declare(parser),
        K::Execute => variable::execute_immediate(parser),
        K::Drop => namespace::drop(parser),
        K::Undrop => namespace::undrop(parser),
        K::Alter => alter::alter(parser),
        K::Insert => change::insert(parser, Vec::new()),
        K::Update => change::update(parser),
        K::Delete => change::delete(parser),
        K::Merge => merge::merge(parser),
        K::Truncate => change::truncate(parser),
        K::Copy => maintenance::copy_into(parser),
        K::Use => namespace::use_namespace(parser),
        K::Show => show::show(parser),
        K::Desc | K::Describe => describe::describe(parser),
        K::Set => configuration::set(parser),
        K::Reset => configuration::reset(parser),
        K::Explain => describe::explain(parser),
        K::Cache => maintenance::cache(parser),
        K::Uncache => maintenance::uncache(parser),
        K::Clear => maintenance::clear_cache(parser),
        K::Refresh => maintenance::refresh(parser),
        K::Optimize => maintenance::optimize(parser),
        K::Vacuum => maintenance::vacuum(parser),
        K::Restore => maintenance::restore(parser),
        K::Analyze => maintenance::analyze(parser),
        K::Msck | K::Repair => maintenance::repair(parser),
        K::Comment => privilege::comment_on(parser),
        K::Grant | K::Revoke => privilege::grant(parser),
        K::From => change::from_first(parser),
        _ => query::query(parser).map(Statement::Query),
    }
}

/// First words of statements that Spark or Databricks has and this server has not.
const NOT_OFFERED: [&str; 11] = [
    "ADD", "APPLY", "BEGIN", "CALL", "CONVERT", "DENY", "FSCK", "GENERATE", "LIST", "REORG", "SYNC",
];

/// First words that Spark's grammar knows and Spark does not take.
const UNSUPPORTED: [&str; 9] = [
    "COMMIT", "EXPORT", "IMPORT", "LOAD", "LOCK", "PUT", "ROLLBACK", "START", "UNLOCK",
];

/// Statements that are refused by name, whatever follows.
fn refuse_unsupported(parser: &Parser<'_>) -> Parsed<()> {
    let first = |words: &[&'static str]| {
        let found = words.iter().find(|word| parser.is_word_text(word));
        found.copied()
    };
    let offered = first(&NOT_OFFERED);
    let taken = first(&UNSUPPORTED);
    if offered.is_none() && taken.is_none() {
        return Ok(());
    }
    // A word alone is a slip of the pen.
    if matches!(parser.kind_ahead(1), T::End | T::Semicolon) {
        return Err(parser.syntax_error_at(parser.mark() + 1, ""));
    }
    let mut end = parser.mark();
    while !matches!(
        parser.kind_ahead(end - parser.mark()),
        T::End | T::Semicolon
    ) {
        end += 1;
    }
    Err(match (offered, taken) {
        (_, Some(word)) => parser.error(
            parser.mark(),
            end,
            "INVALID_STATEMENT_OR_CLAUSE",
            Some("42601"),
            format!("The statement or clause: {word} is not valid."),
            &[("operation", word)],
        ),
        (offered, None) => {
            let feature = offered.unwrap_or_default();
            parser.error(
                parser.mark(),
                end,
                "UNSUPPORTED_FEATURE.NOT_OFFERED",
                Some("0A000"),
                format!("The feature is not supported: {feature} is not offered by Sparring."),
                &[("feature", feature)],
            )
        }
    })
}

/// `WITH … query` or `WITH … INSERT|UPDATE|DELETE|MERGE …`.
fn with(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.query_depth += 1;
    let ctes = query::with_clause(parser)?;
    let changed = match parser.kind() {
        T::Word(K::Insert) => return change::insert(parser, ctes),
        T::Word(K::Update) => change::update(parser)?,
        T::Word(K::Delete) => change::delete(parser)?,
        T::Word(K::Merge) => merge::merge(parser)?,
        _ => return query::query_behind_with(parser, ctes).map(Statement::Query),
    };
    // The named queries can be used by every query of the statement.
    let see = |relations: &mut Vec<proto::Relation>| {
        for relation in relations {
            let common = relation.common.take();
            let inner = std::mem::take(relation);
            *relation = lower::with_relations(inner, ctes.clone());
            relation.common = common;
        }
    };
    Ok(match changed {
        Statement::Update(mut update) => {
            see(&mut update.subqueries);
            Statement::Update(update)
        }
        Statement::Delete(mut delete) => {
            see(&mut delete.subqueries);
            Statement::Delete(delete)
        }
        Statement::Merge(mut merge) => {
            see(&mut merge.subqueries);
            let source = merge.command.source_table_plan.take();
            merge.command.source_table_plan =
                source.map(|source| lower::with_relations(source, ctes.clone()));
            Statement::Merge(merge)
        }
        other => other,
    })
}

/// `IF EXISTS`, if it is there.
fn if_exists(parser: &mut Parser<'_>) -> bool {
    parser.eat_words(&[K::If, K::Exists])
}

/// `IF NOT EXISTS`, if it is there.
fn if_not_exists(parser: &mut Parser<'_>) -> bool {
    parser.eat_words(&[K::If, K::Not, K::Exists])
}

/// SCHEMA, DATABASE or NAMESPACE.
fn eat_schema(parser: &mut Parser<'_>) -> bool {
    parser.eat_word(K::Schema) || parser.eat_word(K::Database) || parser.eat_word(K::Namespace)
}

/// SCHEMAS, DATABASES or NAMESPACES.
fn eat_schemas(parser: &mut Parser<'_>) -> bool {
    parser.eat_word(K::Schemas) || parser.eat_word(K::Databases) || parser.eat_word(K::Namespaces)
}

/// FROM or IN and a name, if they are there.
fn namespace_of(parser: &mut Parser<'_>) -> Parsed<Option<Name>> {
    if parser.eat_word(K::From) || parser.eat_word(K::In) {
        return multipart_identifier(parser).map(Some);
    }
    Ok(None)
}

/// `PARTITION (column [= value], …)`, if it is there.
fn partition(parser: &mut Parser<'_>) -> Parsed<Vec<PartitionValue>> {
    if parser.is_word(K::Partition) && parser.kind_ahead(1) == T::LeftParen {
        parser.advance();
        return partition_values(parser);
    }
    Ok(Vec::new())
}

/// The same where every column needs a value.
fn fixed_partition(parser: &mut Parser<'_>) -> Parsed<Vec<PartitionValue>> {
    let start = parser.mark();
    fixed_partition_of(parser, start)
}

/// The same where an error shows what begins at `start`.
fn fixed_partition_of(parser: &mut Parser<'_>, start: usize) -> Parsed<Vec<PartitionValue>> {
    let values = partition(parser)?;
    match values.iter().find(|value| value.value.is_none()) {
        None => Ok(values),
        Some(open) => {
            let key = format!("`{}`", open.column.replace('`', "``"));
            Err(parser.error_from(
                start,
                "INVALID_SQL_SYNTAX.EMPTY_PARTITION_VALUE",
                Some("42000"),
                format!("Invalid SQL syntax: Partition key {key} must set value."),
                &[("partKey", &key)],
            ))
        }
    }
}

/// Behind PARTITION: each column once, with a constant or none.
fn partition_values(parser: &mut Parser<'_>) -> Parsed<Vec<PartitionValue>> {
    let start = parser.mark().saturating_sub(1);
    let mut has_default = false;
    parser.expect(T::LeftParen)?;
    let mut values: Vec<PartitionValue> = Vec::new();
    loop {
        let column = identifier(parser)?;
        let mut value = None;
        if parser.eat(T::Equal) {
            has_default |= parser.is_word(K::Default);
            let at = parser.mark();
            let found = expression(parser)?;
            if let Some(operator) = behind_constant(parser, at) {
                let hint = format!(": extra input '{}'", parser.text_of(operator));
                return Err(parser.syntax_error_at(operator, &hint));
            }
            value = Some(found);
        }
        values.push(PartitionValue { column, value });
        if !parser.eat(T::Comma) {
            break;
        }
    }
    parser.expect(T::RightParen)?;
    let same = |one: &PartitionValue, other: &PartitionValue| one.column == other.column;
    let mut twice = values.iter().enumerate();
    let twice = twice.find(|(at, value)| values[..*at].iter().any(|other| same(value, other)));
    if let Some((_, value)) = twice {
        let key = format!("`{}`", value.column.replace('`', "``"));
        return Err(parser.error_from(
            start,
            "DUPLICATE_KEY",
            Some("23505"),
            format!("Found duplicate keys {key}."),
            &[("keyColumn", &key)],
        ));
    }
    if has_default {
        return Err(parser.error_from(
            start,
            "REF_DEFAULT_VALUE_IS_NOT_ALLOWED_IN_PARTITION",
            Some("42601"),
            "References to DEFAULT column values are not allowed within the PARTITION clause.",
            &[],
        ));
    }
    Ok(values)
}

/// The operator behind a number or text, if the value between `start` and the cursor is no constant.
fn behind_constant(parser: &Parser<'_>, start: usize) -> Option<usize> {
    let kind = |at: usize| parser.kind_at(at);
    let first = if kind(start) == T::Minus {
        start + 1
    } else {
        start
    };
    let is_literal = matches!(
        kind(first),
        T::Integer | T::Decimal | T::Exponent | T::Suffixed | T::String
    );
    let operator = first + 1;
    (is_literal
        && operator < parser.mark()
        && !matches!(kind(operator), T::String | T::RightParen | T::Comma))
    .then_some(operator)
}

/// An expression with its text.
fn sql_expression(parser: &mut Parser<'_>) -> Parsed<SqlExpression> {
    let start = parser.mark();
    let expression = Box::new(expression(parser)?);
    let text = parser.text_between(start, parser.mark()).to_string();
    Ok(SqlExpression { expression, text })
}

/// `'text'` or a name: a principal, for instance.
fn string_or_identifier(parser: &mut Parser<'_>) -> Parsed<String> {
    if parser.is(T::String) {
        literal::string_literal(parser)
    } else {
        identifier(parser)
    }
}

/// A clause that was given twice, and what the error shows.
fn duplicate_clause(parser: &Parser<'_>, (start, end): (usize, usize), clause: &str) -> ParseError {
    parser.error(
        start,
        end,
        "DUPLICATE_CLAUSES",
        Some("42614"),
        format!("Found duplicate clauses: {clause}. Please, remove one of them."),
        &[("clauseName", clause)],
    )
}
