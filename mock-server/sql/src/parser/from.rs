//! FROM: tables, joins, table functions, VALUES, LATERAL, and what may follow a table.

use std::collections::HashMap;

use sparring_proto::connect as proto;

use proto::expression::{ExprType, UnresolvedFunction};
use proto::join::JoinType;
use proto::read::{NamedTable, ReadType};
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::{ends_item, expression, value_expression};
use super::identifier::{
    identifier_list, is_identifier, is_strict_identifier, multipart_identifier, quote_parts,
    strict_identifier,
};
use super::{Parsed, Parser, function, literal, pivot, query, sample, select};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::lower::{self, internal};

/// `FROM relation, … [LATERAL VIEW …] [PIVOT …]`; the cursor is on FROM.
pub(crate) fn from_clause(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.expect_word(K::From)?;
    let mut left = relation(parser)?;
    let mut n_links = 0;
    while parser.eat(T::Comma) {
        n_links += 1;
        parser.check_chain(n_links)?;
        let lateral = parser.is_word(K::Lateral);
        if lateral {
            parser.advance();
        }
        let right = primary(parser)?;
        let (join, mut right) = (
            Joining {
                lateral,
                ..Joining::default()
            },
            right,
        );
        // `a, b JOIN c`: the join is with `b`.
        if !lateral {
            right = extensions(parser, right)?;
        }
        left = join.of(left, right);
        if lateral {
            left = extensions(parser, left)?;
        }
    }
    while parser.is_words(&[K::Lateral, K::View]) {
        n_links += 1;
        parser.check_chain(n_links)?;
        left = lateral_view(parser, left)?;
    }
    pivot::pivots(parser, left)
}

/// `FROM … SELECT …`: the clauses in Hive's order.
pub(crate) fn from_first(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let select_start = std::mem::replace(&mut parser.select_start, start);
    let input = from_clause(parser)?;
    // A FROM alone is a query where pipe operators follow.
    let relation = if parser.eat_word(K::Select) {
        let list = select::select_list(parser)?;
        select::clauses(parser, start, list, Some(input))
    } else if parser.is(T::PipeOperator) {
        Ok(input)
    } else {
        Err(parser.syntax_error())
    };
    parser.select_start = select_start;
    relation
}

/// A table with its joins.
pub(crate) fn relation(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.nested(|parser| {
        let lateral = parser.is_word(K::Lateral) && parser.kind_ahead(1) != T::Word(K::View);
        if lateral {
            parser.advance();
        }
        let first = primary(parser)?;
        extensions(parser, first)
    })
}

/// Joins, PIVOT and UNPIVOT behind a table.
fn extensions(parser: &mut Parser<'_>, first: Relation) -> Parsed<Relation> {
    let mut left = first;
    let mut n_links = 0;
    loop {
        n_links += 1;
        parser.check_chain(n_links)?;
        left = match join(parser, left)? {
            Ok(joined) => joined,
            Err(left) if pivot::is_pivot(parser) => pivot::pivots(parser, left)?,
            Err(left) => return Ok(left),
        };
    }
}

/// `left JOIN right …` if a join stands at the cursor; else `left` is given back.
pub(crate) fn join(parser: &mut Parser<'_>, left: Relation) -> Parsed<Result<Relation, Relation>> {
    let start = parser.mark();
    let Some(mut join) = joining(parser)? else {
        return Ok(Err(left));
    };
    join.lateral = parser.eat_word(K::Lateral);
    let right = primary(parser)?;
    join_criteria(parser, &mut join)?;
    Ok(Ok(parser.placed_relation(start, join.of(left, right))))
}

/// How two tables are joined.
#[derive(Default)]
struct Joining {
    join_type: Option<JoinType>,
    natural: bool,
    lateral: bool,
    condition: Option<Expression>,
    using_columns: Vec<String>,
}

impl Joining {
    /// The join of two tables.
    fn of(self, left: Relation, right: Relation) -> Relation {
        let join_type = self.join_type.unwrap_or(JoinType::Inner) as i32;
        let join_condition = if self.natural {
            Some(lower::internal_function(internal::NATURAL_JOIN, Vec::new()))
        } else {
            self.condition
        };
        let (left, right) = (Some(Box::new(left)), Some(Box::new(right)));
        lower::relation(if self.lateral {
            RelType::LateralJoin(Box::new(proto::LateralJoin {
                left,
                right,
                join_condition,
                join_type,
            }))
        } else {
            RelType::Join(Box::new(proto::Join {
                left,
                right,
                join_condition,
                join_type,
                using_columns: self.using_columns,
                join_data_type: None,
            }))
        })
    }
}

/// `[NATURAL] [LEFT|RIGHT|FULL [OUTER] | [LEFT] SEMI | [LEFT] ANTI | INNER | CROSS] JOIN`, if it is there.
fn joining(parser: &mut Parser<'_>) -> Parsed<Option<Joining>> {
    let natural = parser.is_word(K::Natural);
    let begins = matches!(
        parser.kind_ahead(usize::from(natural)),
        T::Word(K::Join | K::Inner | K::Cross | K::Left | K::Right | K::Full | K::Semi | K::Anti)
    );
    if !begins {
        return if natural {
            Err(parser.syntax_error_at(parser.mark() + 1, ""))
        } else {
            Ok(None)
        };
    }
    if natural {
        parser.advance();
    }
    let word = parser.kind();
    parser.advance();
    let join_type = match word {
        T::Word(K::Join) => {
            return Ok(Some(Joining {
                natural,
                ..Joining::default()
            }));
        }
        T::Word(K::Cross) => JoinType::Cross,
        T::Word(K::Semi) => JoinType::LeftSemi,
        T::Word(K::Anti) => JoinType::LeftAnti,
        T::Word(K::Left) if parser.eat_word(K::Semi) => JoinType::LeftSemi,
        T::Word(K::Left) if parser.eat_word(K::Anti) => JoinType::LeftAnti,
        T::Word(K::Left) => outer(parser, JoinType::LeftOuter),
        T::Word(K::Right) => outer(parser, JoinType::RightOuter),
        T::Word(K::Full) => outer(parser, JoinType::FullOuter),
        _ => JoinType::Inner,
    };
    parser.expect_word(K::Join)?;
    Ok(Some(Joining {
        join_type: Some(join_type),
        natural,
        ..Joining::default()
    }))
}

fn outer(parser: &mut Parser<'_>, join_type: JoinType) -> JoinType {
    parser.eat_word(K::Outer);
    join_type
}

/// `ON condition` or `USING (columns)`, if it is there.
fn join_criteria(parser: &mut Parser<'_>, join: &mut Joining) -> Parsed<()> {
    if parser.eat_word(K::On) {
        join.condition = Some(expression(parser)?);
    } else if parser.eat_word(K::Using) {
        join.using_columns = identifier_list(parser)?;
    }
    Ok(())
}

/// `LATERAL VIEW [OUTER] function(…) table [AS columns]`.
fn lateral_view(parser: &mut Parser<'_>, left: Relation) -> Parsed<Relation> {
    parser.advance();
    parser.advance();
    let outer = parser.is_word(K::Outer) && parser.kind_ahead(1) != T::LeftParen;
    if outer {
        parser.advance();
    }
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    let call = table_function_call(parser, start, &name)?;
    let table = strict_identifier(parser)?;
    let mut columns = Vec::new();
    let has_columns =
        parser.eat_word(K::As) || (is_strict_identifier(parser.kind()) && !begins_clause(parser));
    if has_columns {
        columns = parser.comma_list(super::identifier::identifier)?;
    }
    let join = Joining {
        join_type: Some(if outer {
            JoinType::LeftOuter
        } else {
            JoinType::Inner
        }),
        lateral: true,
        ..Joining::default()
    };
    Ok(join.of(left, lower::subquery_alias(call, table, columns)))
}

/// One table, without joins.
pub(crate) fn primary(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    match parser.kind() {
        T::LeftParen => parenthesized(parser),
        T::Word(K::Values) if !ends_item(parser.kind_ahead(1)) => inline_table(parser),
        T::Word(K::Table) if parser.kind_ahead(1) == T::LeftParen => {
            // `TABLE(function(…))`
            parser.advance();
            parser.advance();
            let start = parser.mark();
            let name = multipart_identifier(parser)?;
            let call = table_function_call(parser, start, &name)?;
            parser.expect(T::RightParen)?;
            aliased(parser, call)
        }
        T::Word(K::Stream)
            if is_identifier(parser.kind_ahead(1)) || parser.kind_ahead(1) == T::LeftParen =>
        {
            stream(parser)
        }
        kind if is_identifier(kind) => {
            let name = multipart_identifier(parser)?;
            if parser.is(T::LeftParen) {
                let call = table_function_call(parser, start, &name)?;
                return aliased(parser, call);
            }
            let table = table(parser, start, &name)?;
            let table = sample::sample(parser, table)?;
            aliased(parser, table)
        }
        _ => Err(parser.syntax_error()),
    }
}

/// `(query)` or `(relation)`.
fn parenthesized(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let is_query = query::is_parenthesized_query(parser, 0);
    parser.expect(T::LeftParen)?;
    let is_values = parser.is_word(K::Values);
    let input = if is_query {
        query::query(parser)?
    } else {
        relation(parser)?
    };
    if is_values {
        parser.expect(T::RightParen)?;
    } else {
        parser.expect_or_missing(T::RightParen, ")")?;
    }
    let input = sample::sample(parser, input)?;
    aliased(parser, input)
}

/// `STREAM table` or `STREAM(table)`: a streaming read.
fn stream(parser: &mut Parser<'_>) -> Parsed<Relation> {
    parser.advance();
    let parenthesized = parser.eat(T::LeftParen);
    let mut table = named_table(parser)?;
    if parenthesized {
        parser.expect(T::RightParen)?;
    }
    if let Some(RelType::Read(read)) = &mut table.rel_type {
        read.is_streaming = true;
    }
    aliased(parser, table)
}

/// A table by its name alone.
pub(crate) fn named_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    Ok(read(parser, start, &name, HashMap::new()))
}

/// A table by its name and version.
pub(crate) fn table_at_version(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    table(parser, start, &name)
}

/// A table and the version it is to return to: `table [TO] VERSION AS OF …`.
pub(crate) fn restored_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    let name = multipart_identifier(parser)?;
    let mut options = HashMap::new();
    parser.eat_word(K::To);
    time_travel(parser, &mut options)?;
    if options.is_empty() {
        return Err(parser.syntax_error());
    }
    Ok(read(parser, start, &name, options))
}

/// A table behind its name: `@v3`, `VERSION AS OF`, `TIMESTAMP AS OF`, `WITH (options)`.
fn table(parser: &mut Parser<'_>, start: usize, name: &[String]) -> Parsed<Relation> {
    let end = parser.mark();
    let mut options = HashMap::new();
    time_travel(parser, &mut options)?;
    if parser.is_word(K::With) && parser.kind_ahead(1) == T::LeftParen {
        parser.advance();
        options.extend(super::property::properties(parser)?);
    }
    let mut table = read(parser, start, name, options);
    if let Some(common) = &mut table.common {
        common.origin = Some(parser.origin_between(start, end));
    }
    Ok(table)
}

fn read(
    parser: &Parser<'_>,
    start: usize,
    name: &[String],
    options: HashMap<String, String>,
) -> Relation {
    Relation {
        common: Some(proto::RelationCommon {
            plan_id: None,
            origin: Some(parser.origin_from(start)),
            ..Default::default()
        }),
        rel_type: Some(RelType::Read(proto::Read {
            is_streaming: false,
            read_type: Some(ReadType::NamedTable(NamedTable {
                unparsed_identifier: quote_parts(name),
                options,
            })),
        })),
    }
}

fn time_travel(parser: &mut Parser<'_>, options: &mut HashMap<String, String>) -> Parsed<()> {
    if parser.eat(T::At) {
        let text = parser.token_text();
        parser.advance();
        match text.strip_prefix(['v', 'V']) {
            Some(version) => options.insert("versionAsOf".to_string(), version.to_string()),
            None => options.insert("timestampAsOf".to_string(), text.to_string()),
        };
        return Ok(());
    }
    let at = usize::from(parser.is_word(K::For));
    let is_as_of =
        parser.kind_ahead(at + 1) == T::Word(K::As) && parser.kind_ahead(at + 2) == T::Word(K::Of);
    let word = parser.kind_ahead(at);
    let is_time = matches!(
        word,
        T::Word(K::Version | K::SystemVersion | K::Timestamp | K::SystemTime)
    );
    let is_for_time = is_time && at == 1;
    if !is_as_of && !is_for_time {
        return Ok(());
    }
    for _ in 0..=at {
        parser.advance();
    }
    parser.expect_word(K::As)?;
    parser.expect_word(K::Of)?;
    match word {
        T::Word(K::Version | K::SystemVersion) => {
            let version = match parser.kind() {
                T::String => literal::string_literal(parser)?,
                T::Integer => {
                    let text = parser.token_text().to_string();
                    parser.advance();
                    text
                }
                _ => return Err(parser.syntax_error()),
            };
            options.insert("versionAsOf".to_string(), version);
        }
        T::Word(K::Timestamp | K::SystemTime) => {
            let start = parser.mark();
            if parser.is(T::String) && parser.kind_ahead(1) != T::Concat {
                options.insert(
                    "timestampAsOf".to_string(),
                    literal::string_literal(parser)?,
                );
            } else {
                value_expression(parser)?;
                let text = parser.text_between(start, parser.mark()).to_string();
                options.insert("timestampAsOfExpression".to_string(), text);
            }
        }
        _ => return Err(parser.syntax_error()),
    }
    Ok(())
}

/// `name(arguments)` as a table; the cursor is on the parenthesis.
fn table_function_call(parser: &mut Parser<'_>, start: usize, name: &[String]) -> Parsed<Relation> {
    parser.expect(T::LeftParen)?;
    let mut arguments = Vec::new();
    if !parser.is(T::RightParen) {
        arguments = parser.comma_list(function::argument)?;
    }
    parser.expect(T::RightParen)?;
    let function_name = match name {
        [only] => only.clone(),
        parts => quote_parts(parts),
    };
    let mut call = lower::relation(RelType::UnresolvedTableValuedFunction(
        proto::UnresolvedTableValuedFunction {
            function_name,
            arguments,
        },
    ));
    call.common = Some(proto::RelationCommon {
        origin: Some(parser.origin_from(start)),
        ..Default::default()
    });
    Ok(call)
}

/// `VALUES row, … [alias]`; the cursor is on VALUES.
pub(crate) fn inline_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    parser.expect_word(K::Values)?;
    let rows = parser.comma_list(row)?;
    let end = parser.mark();
    let alias = table_alias(parser)?;
    // The alias says how many columns there are; without one the first row does.
    let n_columns = match &alias {
        Some((_, columns)) if !columns.is_empty() => columns.len(),
        _ => rows.first().map_or(0, n_fields),
    };
    if let Some(index) = rows.iter().position(|row| n_fields(row) != n_columns) {
        let n_found = n_fields(&rows[index]);
        return Err(parser.error_from(
            start,
            "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
            Some("42000"),
            format!(
                "Invalid inline table. Inline table expected {n_columns} columns but found {n_found} columns in \
                 row {index}."
            ),
            &[
                ("expectedNumCols", &n_columns.to_string()),
                ("actualNumCols", &n_found.to_string()),
                ("rowIndex", &index.to_string()),
            ],
        ));
    }
    let mut table = lower::relation(RelType::UnresolvedTableValuedFunction(
        proto::UnresolvedTableValuedFunction {
            function_name: internal::INLINE_TABLE.to_string(),
            arguments: rows,
        },
    ));
    let end = if alias.is_some() { parser.mark() } else { end };
    table.common = Some(proto::RelationCommon {
        origin: Some(parser.origin_between(start, end)),
        ..Default::default()
    });
    Ok(with_alias(table, alias))
}

/// A row is a `struct`; a single value is a row of one column.
fn row(parser: &mut Parser<'_>) -> Parsed<Expression> {
    let mut row = expression(parser)?;
    if is_struct(&row) {
        row.common = None;
        return Ok(row);
    }
    Ok(lower::function("struct", vec![row]))
}

fn is_struct(value: &Expression) -> bool {
    matches!(
        &value.expr_type,
        Some(ExprType::UnresolvedFunction(UnresolvedFunction { function_name, .. }))
            if function_name.eq_ignore_ascii_case("struct")
    )
}

fn n_fields(row: &Expression) -> usize {
    match &row.expr_type {
        Some(ExprType::UnresolvedFunction(function)) => function.arguments.len(),
        _ => 1,
    }
}

/// `[AS] alias [(columns)]`, if it is there.
pub(crate) fn aliased(parser: &mut Parser<'_>, input: Relation) -> Parsed<Relation> {
    let alias = table_alias(parser)?;
    Ok(with_alias(input, alias))
}

type TableAlias = Option<(String, Vec<String>)>;

fn table_alias(parser: &mut Parser<'_>) -> Parsed<TableAlias> {
    let has_as = parser.is_word(K::As) && is_strict_identifier(parser.kind_ahead(1));
    if has_as {
        parser.advance();
    } else if !is_strict_identifier(parser.kind()) || begins_clause(parser) {
        return Ok(None);
    }
    let alias = strict_identifier(parser)?;
    let columns = if parser.is(T::LeftParen) {
        identifier_list(parser)?
    } else {
        Vec::new()
    };
    Ok(Some((alias, columns)))
}

fn with_alias(input: Relation, alias: TableAlias) -> Relation {
    match alias {
        Some((alias, columns)) => lower::subquery_alias(input, alias, columns),
        None => input,
    }
}

/// Whether the word at the cursor begins a clause and is not an alias.
fn begins_clause(parser: &Parser<'_>) -> bool {
    match parser.kind() {
        T::Word(K::As) => true,
        T::Word(K::With) => true,
        // Without BY behind it, `order` is a name like any other.
        T::Word(K::Group | K::Order | K::Sort | K::Cluster | K::Distribute) => {
            parser.kind_ahead(1) == T::Word(K::By)
        }
        T::Word(word) => word.begins_clause() && !ends_item(parser.kind_ahead(1)),
        _ => false,
    }
}
