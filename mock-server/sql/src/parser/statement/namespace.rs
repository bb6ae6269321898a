//! CREATE CATALOG, SCHEMA and VOLUME; DROP; USE.

use super::super::identifier::{identifier, multipart_identifier};
use super::super::{Parsed, Parser, literal, property};
use super::{duplicate_clause, eat_schema, if_exists, if_not_exists, variable, view};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    CreateCatalog, CreateSchema, CreateVolume, Drop, DropKind, Statement, Use, UseKind,
};

/// Behind `CREATE CATALOG`.
pub(super) fn create_catalog(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let mut catalog = CreateCatalog {
        if_not_exists: if_not_exists(parser),
        ..Default::default()
    };
    catalog.name = identifier(parser)?;
    loop {
        if parser.eat_word(K::Comment) {
            catalog.comment = Some(literal::string_literal(parser)?);
        } else if parser.eat_words(&[K::Managed, K::Location]) {
            catalog.managed_location = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Options) {
            catalog.options = property::properties(parser)?;
        } else {
            return Ok(Statement::CreateCatalog(catalog));
        }
    }
}

/// Behind `CREATE SCHEMA`.
pub(super) fn create_schema(parser: &mut Parser<'_>, start: usize) -> Parsed<Statement> {
    let mut schema = CreateSchema {
        if_not_exists: if_not_exists(parser),
        ..Default::default()
    };
    schema.name = multipart_identifier(parser)?;
    let mut twice: Option<&str> = None;
    loop {
        if parser.eat_word(K::Comment) {
            twice = twice.or(schema.comment.is_some().then_some("COMMENT"));
            schema.comment = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Location) {
            twice = twice.or(schema.location.is_some().then_some("LOCATION"));
            schema.location = Some(literal::string_literal(parser)?);
        } else if parser.eat_words(&[K::Managed, K::Location]) {
            schema.managed_location = Some(literal::string_literal(parser)?);
        } else if parser.eat_words(&[K::With, K::Dbproperties])
            || parser.eat_words(&[K::With, K::Properties])
        {
            schema.properties = property::valued_properties(parser, start)?;
        } else {
            if let Some(clause) = twice {
                return Err(duplicate_clause(parser, (start, parser.mark()), clause));
            }
            property::no_schema_property(parser, start, &schema.properties)?;
            return Ok(Statement::CreateSchema(schema));
        }
    }
}

/// Behind `CREATE [EXTERNAL] VOLUME`.
pub(super) fn create_volume(parser: &mut Parser<'_>, external: bool) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(parser);
    let name = multipart_identifier(parser)?;
    let mut volume = CreateVolume {
        name,
        if_not_exists,
        external,
        ..Default::default()
    };
    loop {
        if parser.eat_word(K::Location) {
            volume.location = Some(literal::string_literal(parser)?);
        } else if parser.eat_word(K::Comment) {
            volume.comment = Some(literal::string_literal(parser)?);
        } else {
            return Ok(Statement::CreateVolume(volume));
        }
    }
}

/// `DROP …`.
pub(super) fn drop(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    let temporary = parser.eat_word(K::Temporary) || parser.eat_word(K::Temp);
    let is_variable = matches!(parser.kind(), T::Word(K::Var | K::Variable));
    if temporary && is_variable {
        return variable::drop(parser);
    }
    let kind = if eat_schema(parser) {
        DropKind::Schema
    } else {
        let at = parser.mark();
        let word = parser.kind();
        parser.advance();
        match word {
            T::Word(K::Function) if temporary => DropKind::TemporaryFunction,
            T::Word(K::Function) => DropKind::Function,
            T::Word(K::Catalog) => DropKind::Catalog,
            T::Word(K::Table) => DropKind::Table,
            T::Word(K::View) => DropKind::View,
            T::Word(K::Volume) => DropKind::Volume,
            T::Word(K::Materialized) if parser.eat_word(K::View) => DropKind::MaterializedView,
            _ => return Err(parser.syntax_error_at(at, "")),
        }
    };
    if temporary && kind != DropKind::TemporaryFunction {
        return Err(parser.syntax_error_at(start + 2, ""));
    }
    let if_exists = if_exists(parser);
    let name = multipart_identifier(parser)?;
    if kind == DropKind::TemporaryFunction && name.len() > 1 {
        let error = view::multi_part_name(parser, start, &name, "DROP TEMPORARY FUNCTION");
        return Err(error);
    }
    let cascade = parser.eat_word(K::Cascade);
    if !cascade {
        parser.eat_word(K::Restrict);
    }
    let purge = kind == DropKind::Table && parser.eat_word(K::Purge);
    Ok(Statement::Drop(Drop {
        kind,
        name,
        if_exists,
        cascade,
        purge,
    }))
}

/// `UNDROP TABLE name`.
pub(super) fn undrop(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_word(K::Table)?;
    Ok(Statement::Undrop(multipart_identifier(parser)?))
}

/// `USE …`.
pub(super) fn use_namespace(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    // Each of the words may also be the name of a schema: `USE catalog`.
    let names_follow = parser.kind_ahead(1) != T::End && parser.kind_ahead(1) != T::Dot;
    let kind = if names_follow && parser.eat_word(K::Catalog) {
        UseKind::Catalog
    } else if names_follow && eat_schema(parser) {
        UseKind::Schema
    } else {
        UseKind::Unspecified
    };
    Ok(Statement::Use(Use {
        kind,
        name: multipart_identifier(parser)?,
    }))
}
