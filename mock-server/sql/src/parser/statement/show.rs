//! SHOW.

use super::super::identifier::multipart_identifier;
use super::super::{Parsed, Parser, literal, property};
use super::{
    eat_schema, eat_schemas, fixed_partition, namespace_of, partition, privilege,
    string_or_identifier,
};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{Name, Show, ShowTarget, Statement};

/// `SHOW …`.
pub(super) fn show(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.advance();
    let target = if eat_schemas(parser) {
        ShowTarget::Schemas
    } else if parser.eat_word(K::Current) {
        if !eat_schema(parser) {
            return Err(parser.syntax_error());
        }
        return Ok(only(ShowTarget::CurrentNamespace));
    } else {
        let at = parser.mark();
        let word = parser.kind();
        parser.advance();
        match word {
            T::Word(K::Catalogs) => ShowTarget::Catalogs,
            T::Word(K::Tables) => ShowTarget::Tables,
            T::Word(K::Views) => ShowTarget::Views,
            T::Word(K::Volumes) => ShowTarget::Volumes,
            T::Word(K::Table) => return table_extended(parser),
            T::Word(K::Columns) => return columns(parser),
            T::Word(K::Tblproperties) => return table_properties(parser),
            T::Word(K::Create) => {
                parser.expect_word(K::Table)?;
                let table = multipart_identifier(parser)?;
                let as_serde = parser.eat_words(&[K::As, K::Serde]);
                return Ok(only(ShowTarget::CreateTable { table, as_serde }));
            }
            T::Word(K::Partitions) => {
                let table = multipart_identifier(parser)?;
                let partition = fixed_partition(parser)?;
                return Ok(only(ShowTarget::Partitions { table, partition }));
            }
            T::Word(K::Grant | K::Grants) => return grants(parser),
            T::Word(K::Functions) => ShowTarget::Functions {
                user: true,
                system: true,
            },
            T::Word(K::User) if parser.eat_word(K::Functions) => ShowTarget::Functions {
                user: true,
                system: false,
            },
            T::Word(K::All) if parser.eat_word(K::Functions) => ShowTarget::Functions {
                user: true,
                system: true,
            },
            _ if parser
                .text_of(parser.mark() - 1)
                .eq_ignore_ascii_case("SYSTEM")
                && parser.eat_word(K::Functions) =>
            {
                ShowTarget::Functions {
                    user: false,
                    system: true,
                }
            }
            // Any other word is a kind of functions.
            T::Identifier => {
                parser.expect_or_missing(T::Word(K::Functions), "FUNCTIONS")?;
                let scope = format!("`{}`", parser.text_of(at).to_lowercase());
                return Err(parser.error_from(
                    at - 1,
                    "INVALID_SQL_SYNTAX.SHOW_FUNCTIONS_INVALID_SCOPE",
                    Some("42000"),
                    format!("Invalid SQL syntax: SHOW {scope} FUNCTIONS not supported."),
                    &[("scope", &scope)],
                ));
            }
            _ => return Err(parser.syntax_error_at(at, "")),
        }
    };
    let mut namespace = namespace_of(parser)?;
    let takes_name = matches!(target, ShowTarget::Functions { .. });
    let mut pattern = pattern(parser, takes_name)?;
    // `SHOW FUNCTIONS schema.name` looks in that schema; a pattern in quotes has no parts.
    if let (Some(Pattern::Name(name)), None) = (&mut pattern, &namespace)
        && let Some(last) = name.pop()
    {
        namespace = Some(std::mem::take(name)).filter(|schema| !schema.is_empty());
        pattern = Some(Pattern::Text(last));
    }
    let pattern = pattern.map(|pattern| match pattern {
        Pattern::Text(text) => text,
        Pattern::Name(name) => name.join("."),
    });
    Ok(Statement::Show(Show {
        target,
        namespace,
        pattern,
    }))
}

fn only(target: ShowTarget) -> Statement {
    Statement::Show(Show {
        target,
        namespace: None,
        pattern: None,
    })
}

enum Pattern {
    Text(String),
    Name(Name),
}

/// `[LIKE] 'pattern'`; SHOW FUNCTIONS also takes a name.
fn pattern(parser: &mut Parser<'_>, takes_name: bool) -> Parsed<Option<Pattern>> {
    let has_like = parser.eat_word(K::Like);
    match parser.kind() {
        T::String => literal::string_literal(parser).map(|text| Some(Pattern::Text(text))),
        _ if has_like && !takes_name => Err(parser.syntax_error()),
        T::Identifier | T::Quoted | T::Word(_) => {
            multipart_identifier(parser).map(|name| Some(Pattern::Name(name)))
        }
        _ if has_like => Err(parser.syntax_error()),
        _ => Ok(None),
    }
}

/// Behind `SHOW TABLE`: `EXTENDED [IN schema] LIKE 'pattern' [PARTITION (…)]`.
fn table_extended(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.expect_word(K::Extended)?;
    let namespace = namespace_of(parser)?;
    parser.expect_word(K::Like)?;
    let pattern = Some(literal::string_literal(parser)?);
    let target = ShowTarget::TableExtended(partition(parser)?);
    Ok(Statement::Show(Show {
        target,
        namespace,
        pattern,
    }))
}

/// Behind `SHOW COLUMNS`: `IN table [IN schema]`.
fn columns(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let Some(table) = namespace_of(parser)? else {
        return Err(parser.syntax_error());
    };
    let namespace = namespace_of(parser)?;
    Ok(Statement::Show(Show {
        target: ShowTarget::Columns(table),
        namespace,
        pattern: None,
    }))
}

/// Behind `SHOW TBLPROPERTIES`.
fn table_properties(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let table = multipart_identifier(parser)?;
    let mut key = None;
    if parser.eat(T::LeftParen) {
        key = Some(property::property_key(parser)?);
        parser.expect(T::RightParen)?;
    }
    Ok(only(ShowTarget::TableProperties { table, key }))
}

/// Behind `SHOW GRANTS`: `[principal] ON kind name`.
fn grants(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let principal = if parser.is_word(K::On) {
        None
    } else {
        Some(string_or_identifier(parser)?)
    };
    parser.expect_word(K::On)?;
    let (kind, name) = privilege::securable(parser)?;
    Ok(only(ShowTarget::Grants {
        principal,
        kind,
        name,
    }))
}
