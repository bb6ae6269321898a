//! CREATE: what is created, and CREATE TABLE.

use super::super::expression::expression;
use super::super::identifier::{
    identifier, identifier_list, is_identifier, multipart_identifier, quote_parts,
};
use super::super::{Parsed, Parser, literal, property, query, table as table_name, window};
use super::column::{column_definition, name_list, table_elements};
use super::{duplicate_clause, eat_schema, if_not_exists, namespace, view};
use crate::error::ParseError;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    Bucketing, CloneTable, ClusterBy, CreateTable, CreateTableLike, Name, Statement, ViewKind,
};

/// `CREATE …` or `REPLACE TABLE …`.
pub(super) fn create(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    let create = parser.eat_word(K::Create);
    let replace = if create {
        parser.eat_words(&[K::Or, K::Replace])
    } else {
        parser.eat_word(K::Replace)
    };
    if !create {
        parser.expect_word(K::Table)?;
        return table(
            parser,
            Kind {
                start,
                create,
                replace,
                external: false,
            },
        );
    }
    if eat_schema(parser) {
        return namespace::create_schema(parser, start);
    }
    let external = parser.eat_word(K::External);
    let global = parser.eat_word(K::Global);
    let temporary = parser.eat_word(K::Temporary) || parser.eat_word(K::Temp);
    let view_kind = match (global, temporary) {
        (true, _) => ViewKind::GlobalTemporary,
        (false, true) => ViewKind::Temporary,
        (false, false) => ViewKind::Persistent,
    };
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    match word {
        T::Word(K::Table) if temporary => Err(temporary_table(parser, start)),
        T::Word(K::Table) => table(
            parser,
            Kind {
                start,
                create,
                replace,
                external,
            },
        ),
        T::Word(K::Catalog) => namespace::create_catalog(parser),
        T::Word(K::Volume) => namespace::create_volume(parser, external),
        T::Word(K::View) => view::create_view(parser, start, view_kind, replace),
        T::Word(K::Materialized) => {
            parser.expect_word(K::View)?;
            view::create_view(parser, start, ViewKind::Materialized, replace)
        }
        T::Word(K::Function) => view::create_function(parser, start, replace, temporary),
        _ => Err(parser.syntax_error_at(at, "")),
    }
}

/// Spark has no temporary tables; its error is about the whole statement.
fn temporary_table(parser: &mut Parser<'_>, start: usize) -> ParseError {
    while !parser.at_end() && !parser.is(T::Semicolon) {
        parser.advance();
    }
    parser.error_from(
        start,
        "_LEGACY_ERROR_TEMP_0046",
        None,
        "CREATE TEMPORARY TABLE without a provider is not allowed.",
        &[],
    )
}

struct Kind {
    start: usize,
    create: bool,
    replace: bool,
    external: bool,
}

/// Behind `CREATE TABLE` and `REPLACE TABLE`.
fn table(parser: &mut Parser<'_>, kind: Kind) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(parser);
    let name = multipart_identifier(parser)?;
    if parser.is_word(K::Like) {
        return table_like(parser, name, if_not_exists);
    }
    if parser.is_word(K::Shallow) || parser.is_word(K::Deep) || parser.is_word(K::Clone) {
        return clone_table(parser, name, if_not_exists, kind.replace);
    }
    let mut table = CreateTable {
        name,
        if_not_exists,
        replace: kind.replace,
        create: kind.create,
        external: kind.external,
        ..CreateTable::default()
    };
    if parser.is(T::LeftParen) && !query::is_parenthesized_query(parser, 0) {
        table_elements(parser, &mut table.columns, &mut table.constraints)?;
    }
    if parser.eat_word(K::Using) {
        table.provider = Some(quote_parts(&multipart_identifier(parser)?));
    }
    clauses(parser, &mut table, kind.start)?;
    let has_as = parser.eat_word(K::As);
    if has_as
        || matches!(
            parser.kind(),
            T::LeftParen | T::Word(K::Select | K::With | K::From | K::Values)
        )
    {
        table.query = Some(query::query(parser)?);
    }
    property::no_table_property(parser, kind.start, &table.properties)?;
    if table.query.is_some() && !table.columns.is_empty() {
        const MESSAGE: &str =
            "Schema may not be specified in a Create Table As Select (CTAS) statement";
        return Err(parser.error_from(
            kind.start,
            "_LEGACY_ERROR_TEMP_0035",
            None,
            format!("Operation not allowed: {MESSAGE}."),
            &[("message", MESSAGE)],
        ));
    }
    if table.replace && if_not_exists && kind.create {
        return Err(parser.error_from(
            kind.start,
            "_LEGACY_ERROR_TEMP_0035",
            None,
            "Operation not allowed: CREATE OR REPLACE TABLE IF NOT EXISTS.",
            &[("message", "CREATE OR REPLACE TABLE IF NOT EXISTS")],
        ));
    }
    Ok(Statement::CreateTable(table))
}

/// The clauses behind the columns, in any order, each once.
fn clauses(parser: &mut Parser<'_>, table: &mut CreateTable, start: usize) -> Parsed<()> {
    loop {
        let at = parser.mark();
        let once = |parser: &Parser<'_>, is_first: bool, clause: &str| match is_first {
            true => Ok(()),
            false => Err(duplicate_clause(parser, (at, at + 1), clause)),
        };
        if parser.eat_words(&[K::Partitioned, K::By]) {
            let is_first = table.partitioning.is_empty() && table.partition_columns.is_empty();
            once(parser, is_first, "PARTITIONED BY")?;
            partitioned_by(parser, table)?;
        } else if parser.eat_words(&[K::Cluster, K::By]) {
            once(parser, table.cluster_by.is_none(), "CLUSTER BY")?;
            table.cluster_by = Some(cluster_by(parser)?);
        } else if parser.eat_words(&[K::Clustered, K::By]) {
            once(parser, table.bucketing.is_none(), "CLUSTERED BY")?;
            table.bucketing = Some(clustered_by(parser)?);
        } else if parser.eat_word(K::Location) {
            once(parser, table.location.is_none(), "LOCATION")?;
            table.location = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Options) {
            once(parser, table.options.is_empty(), "OPTIONS")?;
            table.options = property::properties(parser)?;
        } else if parser.eat_word(K::Tblproperties) {
            once(parser, table.properties.is_empty(), "TBLPROPERTIES")?;
            table.properties = property::valued_properties(parser, start)?;
        } else if parser.eat_word(K::Comment) {
            once(parser, table.comment.is_none(), "COMMENT")?;
            table.comment = Some(literal::string_literal(parser)?);
        } else if parser.eat_words(&[K::Default, K::Collation]) {
            once(parser, table.collation.is_none(), "DEFAULT COLLATION")?;
            table.collation = Some(identifier(parser)?);
        } else if parser.eat_words(&[K::Stored, K::As]) {
            once(parser, table.provider.is_none(), "STORED AS")?;
            table.provider = Some(identifier(parser)?);
        } else {
            return Ok(());
        }
    }
}

/// Columns or transforms of columns; with types they are new columns (Hive's form).
fn partitioned_by(parser: &mut Parser<'_>, table: &mut CreateTable) -> Parsed<()> {
    let is_definition = is_identifier(parser.kind_ahead(1)) && is_identifier(parser.kind_ahead(2));
    if is_definition {
        let mut constraints = Vec::new();
        parser.expect(T::LeftParen)?;
        loop {
            table
                .partition_columns
                .push(column_definition(parser, &mut constraints)?);
            if !parser.eat(T::Comma) {
                break;
            }
        }
        table.constraints.append(&mut constraints);
        return parser.expect(T::RightParen);
    }
    table.partitioning = parser.parenthesized_list(expression)?;
    Ok(())
}

/// Behind CLUSTER BY of a table.
pub(super) fn cluster_by(parser: &mut Parser<'_>) -> Parsed<ClusterBy> {
    if parser.eat_word(K::None) {
        return Ok(ClusterBy::None);
    }
    if parser.eat_word_text("AUTO") {
        return Ok(ClusterBy::Auto);
    }
    if parser.is(T::LeftParen) && parser.kind_ahead(1) == T::RightParen {
        parser.advance();
        parser.advance();
        return Ok(ClusterBy::Columns(Vec::new()));
    }
    name_list(parser).map(ClusterBy::Columns)
}

fn clustered_by(parser: &mut Parser<'_>) -> Parsed<Bucketing> {
    let columns = identifier_list(parser)?;
    let mut sorted_by = Vec::new();
    if parser.eat_words(&[K::Sorted, K::By]) {
        sorted_by = parser.parenthesized_list(window::sort_item)?;
    }
    parser.expect_word(K::Into)?;
    let n_buckets = match parser.kind() {
        T::Integer => parser
            .token_text()
            .parse()
            .map_err(|_| parser.syntax_error())?,
        _ => return Err(parser.syntax_error()),
    };
    parser.advance();
    parser.expect_word(K::Buckets)?;
    Ok(Bucketing {
        columns,
        sorted_by,
        n_buckets,
    })
}

fn table_like(parser: &mut Parser<'_>, name: Name, if_not_exists: bool) -> Parsed<Statement> {
    parser.advance();
    let source = multipart_identifier(parser)?;
    let mut like = CreateTableLike {
        name,
        if_not_exists,
        source,
        ..Default::default()
    };
    loop {
        if parser.eat_word(K::Using) {
            like.provider = Some(quote_parts(&multipart_identifier(parser)?));
        } else if parser.eat_word(K::Location) {
            like.location = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Tblproperties) {
            like.properties = property::properties(parser)?;
        } else {
            return Ok(Statement::CreateTableLike(like));
        }
    }
}

fn clone_table(
    parser: &mut Parser<'_>,
    name: Name,
    if_not_exists: bool,
    replace: bool,
) -> Parsed<Statement> {
    let shallow = parser.eat_word(K::Shallow);
    if !shallow {
        parser.eat_word(K::Deep);
    }
    parser.expect_word(K::Clone)?;
    let source = table_name::table_at_version(parser)?;
    let mut clone = CloneTable {
        name,
        if_not_exists,
        replace,
        shallow,
        source,
        location: None,
        properties: Vec::new(),
    };
    loop {
        if parser.eat_word(K::Tblproperties) {
            clone.properties = property::properties(parser)?;
        } else if parser.eat_word(K::Location) {
            clone.location = Some(literal::string_literal(parser)?);
        } else {
            return Ok(Statement::CloneTable(clone));
        }
    }
}
