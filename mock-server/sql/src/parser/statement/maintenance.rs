//! Caching, and statements that look after tables: OPTIMIZE, VACUUM, RESTORE, COPY INTO, ANALYZE, REPAIR.

use super::super::expression::{expression, named_expression};
use super::super::identifier::{identifier, is_identifier, multipart_identifier};
use super::super::{Parsed, Parser, literal, property, query, table};
use super::change::optional_columns;
use super::{if_exists, namespace_of, partition};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    Analyze, AnalyzeColumns, Cache, CopyInto, Name, Optimize, RepairTable, Restore, Statement,
    Uncache, Vacuum,
};

/// `CACHE [LAZY] TABLE name [OPTIONS (…)] [[AS] query]`.
pub(super) fn cache(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let lazy = parser.eat_word(K::Lazy);
    parser.expect_word(K::Table)?;
    let name = multipart_identifier(parser)?;
    let options = if parser.eat_word(K::Options) {
        property::properties(parser)?
    } else {
        Vec::new()
    };
    let has_as = parser.eat_word(K::As);
    let (mut query, mut query_text) = (None, None);
    if has_as || !matches!(parser.kind(), T::End | T::Semicolon) {
        let start = parser.mark();
        query = Some(query::query(parser)?);
        query_text = Some(parser.text_between(start, parser.mark()).to_string());
    }
    Ok(Statement::Cache(Cache {
        name,
        lazy,
        options,
        query,
        query_text,
    }))
}

/// `UNCACHE TABLE [IF EXISTS] name`.
pub(super) fn uncache(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_word(K::Table)?;
    let if_exists = if_exists(parser);
    Ok(Statement::Uncache(Uncache {
        name: multipart_identifier(parser)?,
        if_exists,
    }))
}

/// `CLEAR CACHE`.
pub(super) fn clear_cache(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_word(K::Cache)?;
    Ok(Statement::ClearCache)
}

/// `REFRESH TABLE name`, `REFRESH FUNCTION name`, `REFRESH path`.
pub(super) fn refresh(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    if parser.eat_word(K::Table) {
        return Ok(Statement::RefreshTable(multipart_identifier(parser)?));
    }
    if parser.eat_word(K::Function) {
        return Ok(Statement::RefreshFunction(multipart_identifier(parser)?));
    }
    if parser.is(T::String) {
        return Ok(Statement::RefreshPath(literal::string_literal(parser)?));
    }
    // The path may stand there without quotes.
    let start = parser.mark();
    while !parser.at_end() && !parser.is(T::Semicolon) {
        parser.advance();
    }
    if parser.mark() == start {
        return Err(parser.syntax_error());
    }
    Ok(Statement::RefreshPath(
        parser.text_between(start, parser.mark()).to_string(),
    ))
}

/// `OPTIMIZE table [FULL] [WHERE …] [ZORDER BY (…)]`.
pub(super) fn optimize(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let table = table_or_path(parser)?;
    let full = parser.eat_word(K::Full);
    let condition = if parser.eat_word(K::Where) {
        Some(expression(parser)?)
    } else {
        None
    };
    let mut zorder_by = Vec::new();
    if parser.eat_words(&[K::Zorder, K::By]) {
        zorder_by = if parser.is(T::LeftParen) {
            parser.parenthesized_list(multipart_identifier)?
        } else {
            parser.comma_list(multipart_identifier)?
        };
    }
    Ok(Statement::Optimize(Optimize {
        table,
        full,
        condition,
        zorder_by,
    }))
}

/// A table, or the path of a Delta table in quotes.
fn table_or_path(parser: &mut Parser<'_>) -> Parsed<Name> {
    if parser.is(T::String) {
        return Ok(vec!["delta".to_string(), literal::string_literal(parser)?]);
    }
    multipart_identifier(parser)
}

/// `VACUUM table [FULL|LITE] [RETAIN n HOURS] [DRY RUN]`.
pub(super) fn vacuum(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let table = table_or_path(parser)?;
    let mut vacuum = Vacuum {
        table,
        lite: false,
        retain_hours: None,
        dry_run: false,
    };
    loop {
        if parser.eat_word_text("LITE") {
            vacuum.lite = true;
        } else if parser.eat_word(K::Retain) {
            let is_number = matches!(parser.kind(), T::Integer | T::Decimal);
            if !is_number {
                return Err(parser.syntax_error());
            }
            vacuum.retain_hours = parser.token_text().parse().ok();
            parser.advance();
            if !parser.eat_word(K::Hour) {
                parser.expect_word(K::Hours)?;
            }
        } else if parser.is_word(K::Dry) {
            parser.advance();
            if !parser.eat_word_text("RUN") {
                return Err(parser.syntax_error());
            }
            vacuum.dry_run = true;
        } else if !parser.eat_word(K::Full) {
            return Ok(Statement::Vacuum(vacuum));
        }
    }
}

/// `RESTORE [TABLE] table [TO] VERSION|TIMESTAMP AS OF …`.
pub(super) fn restore(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.eat_word(K::Table);
    let table = table::restored_table(parser)?;
    Ok(Statement::Restore(Restore { table }))
}

/// `COPY INTO table [(columns)] FROM … FILEFORMAT = …`.
pub(super) fn copy_into(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_word(K::Into)?;
    let table = multipart_identifier(parser)?;
    let columns = optional_columns(parser)?;
    parser.eat_words(&[K::By, K::Position]);
    parser.expect_word(K::From)?;
    let mut expressions = Vec::new();
    let source = if parser.eat(T::LeftParen) {
        parser.expect_word(K::Select)?;
        expressions = parser.comma_list(named_expression)?;
        parser.expect_word(K::From)?;
        let source = literal::string_literal(parser)?;
        parser.expect(T::RightParen)?;
        source
    } else {
        literal::string_literal(parser)?
    };
    parser.expect_word(K::Fileformat)?;
    parser.expect(T::Equal)?;
    let mut copy = CopyInto {
        table,
        columns,
        source,
        expressions,
        file_format: identifier(parser)?,
        files: Vec::new(),
        pattern: None,
        format_options: Vec::new(),
        copy_options: Vec::new(),
        validate: false,
        subqueries: parser.take_subqueries(),
    };
    loop {
        if parser.eat_word_text("VALIDATE") {
            copy.validate = true;
            parser.eat_word(K::All);
        } else if parser.eat_word(K::Files) {
            parser.expect(T::Equal)?;
            copy.files = parser.parenthesized_list(literal::string_literal)?;
        } else if parser.eat_word_text("PATTERN") {
            parser.expect(T::Equal)?;
            copy.pattern = Some(literal::string_literal(parser)?);
        } else if parser.eat_word_text("FORMAT_OPTIONS") {
            copy.format_options = property::properties(parser)?;
        } else if parser.eat_word_text("COPY_OPTIONS") {
            copy.copy_options = property::properties(parser)?;
        } else {
            return Ok(Statement::CopyInto(copy));
        }
    }
}

/// `ANALYZE TABLE table [PARTITION (…)] COMPUTE STATISTICS […]`, `ANALYZE TABLES [IN schema] …`.
pub(super) fn analyze(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    if parser.eat_word(K::Tables) {
        let schema = namespace_of(parser)?;
        compute_statistics(parser)?;
        let no_scan = no_scan(parser, start)?;
        return Ok(Statement::Analyze(Analyze::Tables { schema, no_scan }));
    }
    parser.expect_word(K::Table)?;
    let table = multipart_identifier(parser)?;
    let partition = partition(parser)?;
    compute_statistics(parser)?;
    let no_scan = no_scan(parser, start)?;
    let columns = if parser.eat_words(&[K::For, K::All, K::Columns]) {
        AnalyzeColumns::All
    } else if parser.eat_words(&[K::For, K::Columns]) {
        let parenthesized = parser.is(T::LeftParen);
        AnalyzeColumns::Some(match parenthesized {
            true => parser.parenthesized_list(identifier)?,
            false => parser.comma_list(identifier)?,
        })
    } else {
        AnalyzeColumns::None
    };
    Ok(Statement::Analyze(Analyze::Table {
        table,
        partition,
        no_scan,
        columns,
    }))
}

/// NOSCAN, if it is there; any other word is none.
fn no_scan(parser: &mut Parser<'_>, start: usize) -> Parsed<bool> {
    if parser.eat_word_text("NOSCAN") {
        return Ok(true);
    }
    if parser.is_word(K::For) || !is_identifier(parser.kind()) {
        return Ok(false);
    }
    let word = parser.token_text().to_string();
    parser.advance();
    Err(parser.error_from(
        start,
        "INVALID_SQL_SYNTAX.ANALYZE_TABLE_UNEXPECTED_NOSCAN",
        Some("42000"),
        format!(
            "Invalid SQL syntax: ANALYZE TABLE(S) ... COMPUTE STATISTICS ... {word} must be either NOSCAN or empty."
        ),
        &[("ctx", &word)],
    ))
}

fn compute_statistics(parser: &mut Parser<'_>) -> Parsed<()> {
    parser.expect_word(K::Compute)?;
    parser.eat_word_text("DELTA");
    parser.expect_word(K::Statistics)
}

/// `[MSCK] REPAIR TABLE table [ADD|DROP|SYNC PARTITIONS | SYNC METADATA]`.
pub(super) fn repair(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.eat_word(K::Msck);
    parser.expect_or_missing(T::Word(K::Repair), "REPAIR")?;
    parser.expect_word(K::Table)?;
    let table = multipart_identifier(parser)?;
    let (add, drop) = match parser.kind() {
        T::Word(K::Add) => (true, false),
        T::Word(K::Drop) => (false, true),
        T::Word(K::Sync) => (true, true),
        _ => {
            return Ok(Statement::RepairTable(RepairTable {
                table,
                add: true,
                drop: false,
            }));
        }
    };
    parser.advance();
    if !parser.eat_word(K::Metadata) {
        parser.expect_word(K::Partitions)?;
    }
    Ok(Statement::RepairTable(RepairTable { table, add, drop }))
}
