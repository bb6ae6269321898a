//! COMMENT ON, GRANT and REVOKE.

use super::super::identifier::multipart_identifier;
use super::super::{Parsed, Parser, literal};
use super::{eat_schema, string_or_identifier};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{CommentOn, Grant, Name, ObjectKind, Statement};

/// `COMMENT ON kind name IS '…'|NULL`.
pub(super) fn comment_on(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    parser.expect_word(K::On)?;
    let (kind, name) = match kind_word(parser) {
        Some(kind) => (kind, multipart_identifier(parser)?),
        None => return Err(parser.syntax_error()),
    };
    parser.expect_word(K::Is)?;
    let comment = if parser.eat_word(K::Null) {
        None
    } else {
        Some(literal::string_literal(parser)?)
    };
    Ok(Statement::CommentOn(CommentOn {
        kind,
        name,
        comment,
    }))
}

fn kind_word(parser: &mut Parser<'_>) -> Option<ObjectKind> {
    if eat_schema(parser) {
        return Some(ObjectKind::Schema);
    }
    let kind = match parser.kind() {
        T::Word(K::Catalog) => ObjectKind::Catalog,
        T::Word(K::Table) => ObjectKind::Table,
        T::Word(K::View) => ObjectKind::View,
        T::Word(K::Column) => ObjectKind::Column,
        T::Word(K::Volume) => ObjectKind::Volume,
        T::Word(K::Function) => ObjectKind::Function,
        _ => return None,
    };
    parser.advance();
    Some(kind)
}

/// `[kind] name`; a table if no kind is said.
pub(super) fn securable(parser: &mut Parser<'_>) -> Parsed<(ObjectKind, Name)> {
    if parser.eat_word_text("METASTORE") {
        return Ok((ObjectKind::Metastore, Vec::new()));
    }
    if parser.is_word(K::Any)
        && parser
            .text_of(parser.mark() + 1)
            .eq_ignore_ascii_case("FILE")
    {
        parser.advance();
        parser.advance();
        return Ok((ObjectKind::AnyFile, Vec::new()));
    }
    if parser.is_words(&[K::External, K::Location]) {
        parser.advance();
        parser.advance();
        return Ok((ObjectKind::ExternalLocation, multipart_identifier(parser)?));
    }
    let is_credential = parser.is_word_text("STORAGE")
        && parser
            .text_of(parser.mark() + 1)
            .eq_ignore_ascii_case("CREDENTIAL");
    if is_credential {
        parser.advance();
        parser.advance();
        return Ok((ObjectKind::StorageCredential, multipart_identifier(parser)?));
    }
    let kind = match parser.kind_ahead(1) {
        // `ON catalog` is a table of that name.
        T::End | T::Dot | T::Word(K::To | K::From) => ObjectKind::Table,
        _ => kind_word(parser).unwrap_or(ObjectKind::Table),
    };
    Ok((kind, multipart_identifier(parser)?))
}

/// `GRANT privilege, … ON securable TO principal` or `REVOKE … FROM principal`.
pub(super) fn grant(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let revoke = parser.is_word(K::Revoke);
    parser.advance();
    let privileges = parser.comma_list(|parser| {
        let start = parser.mark();
        while matches!(parser.kind(), T::Word(_) | T::Identifier) && !parser.is_word(K::On) {
            parser.advance();
        }
        if parser.mark() == start {
            return Err(parser.syntax_error());
        }
        let words: Vec<_> = (start..parser.mark())
            .map(|index| parser.text_of(index).to_ascii_uppercase())
            .collect();
        Ok(words.join(" "))
    })?;
    parser.expect_word(K::On)?;
    let (kind, name) = securable(parser)?;
    parser.expect_word(if revoke { K::From } else { K::To })?;
    let principal = string_or_identifier(parser)?;
    Ok(Statement::Grant(Grant {
        revoke,
        privileges,
        kind,
        name,
        principal,
    }))
}
