//! ALTER.

use super::super::identifier::{identifier, is_identifier, multipart_identifier};
use super::super::{Parsed, Parser, literal, property, query, types};
use super::column::{self, column_definition, name_list};
use super::{
    create, eat_schema, fixed_partition, if_exists, if_not_exists, partition_values,
    sql_expression, string_or_identifier, view,
};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;
use crate::statement::{
    AlterCatalog, AlterSchema, AlterTable, AlterTableAction as Action, AlterView, AlterViewAction,
    AlterVolume, ColumnChange, ColumnDefinition, Name, NamespaceAction, Properties, Statement,
    VolumeAction,
};

/// `ALTER …`.
pub(super) fn alter(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let start = parser.mark();
    parser.advance();
    if eat_schema(parser) {
        let name = multipart_identifier(parser)?;
        let action = namespace_action(parser, start)?;
        return Ok(Statement::AlterSchema(AlterSchema { name, action }));
    }
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    match word {
        T::Word(K::Table) => {
            let name = multipart_identifier(parser)?;
            let action = table_action(parser, start)?;
            Ok(Statement::AlterTable(AlterTable { name, action }))
        }
        T::Word(K::View) => {
            let name = multipart_identifier(parser)?;
            let action = view_action(parser, start)?;
            Ok(Statement::AlterView(AlterView { name, action }))
        }
        T::Word(K::Catalog) => {
            let name = identifier(parser)?;
            let action = namespace_action(parser, start)?;
            Ok(Statement::AlterCatalog(AlterCatalog { name, action }))
        }
        T::Word(K::Volume) => {
            let name = multipart_identifier(parser)?;
            let action = volume_action(parser)?;
            Ok(Statement::AlterVolume(AlterVolume { name, action }))
        }
        _ => Err(parser.syntax_error_at(at, "")),
    }
}

fn table_action(parser: &mut Parser<'_>, start: usize) -> Parsed<Action> {
    if let Some(owner) = owner(parser)? {
        return Ok(Action::SetOwner(owner));
    }
    if parser.eat_words(&[K::Cluster, K::By]) {
        return create::cluster_by(parser).map(Action::ClusterBy);
    }
    if parser.eat_words(&[K::Default, K::Collation]) {
        return identifier(parser).map(Action::SetCollation);
    }
    if parser.eat_words(&[K::Recover, K::Partitions]) {
        return Ok(Action::RecoverPartitions);
    }
    let values = fixed_partition(parser)?;
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    match word {
        T::Word(K::Set) if parser.eat_word(K::Location) => {
            let location = literal::string_literal(parser)?;
            Ok(Action::SetLocation {
                partition: values,
                location,
            })
        }
        T::Word(K::Rename) if !values.is_empty() => {
            parser.expect_word(K::To)?;
            let to = fixed_partition(parser)?;
            Ok(Action::RenamePartition { from: values, to })
        }
        _ if !values.is_empty() => Err(parser.syntax_error_at(at, "")),
        T::Word(K::Set) if parser.eat_word_text("SERDEPROPERTIES") => {
            property::properties(parser).map(Action::SetSerdeProperties)
        }
        T::Word(K::Rename) => rename(parser),
        T::Word(K::Add) => add(parser),
        T::Word(K::Drop) => drop(parser),
        T::Word(K::Replace) => {
            parser.expect_word(K::Columns)?;
            parser
                .parenthesized_list(new_column)
                .map(Action::ReplaceColumns)
        }
        T::Word(K::Alter | K::Change) => {
            if !parser.eat_word(K::Columns) {
                parser.eat_word(K::Column);
            }
            if word == T::Word(K::Change)
                && let Some(changes) = hive_change(parser, start)?
            {
                return Ok(Action::AlterColumns(changes));
            }
            let changes = parser.comma_list(|parser| column_change(parser, start))?;
            Ok(Action::AlterColumns(changes))
        }
        T::Word(K::Set) if parser.eat_word(K::Tblproperties) => {
            let properties = property::valued_properties(parser, start)?;
            property::no_table_property(parser, start, &properties)?;
            Ok(Action::SetProperties(properties))
        }
        T::Word(K::Set) if parser.eat_word_text("TAGS") => {
            property::properties(parser).map(Action::SetTags)
        }
        T::Word(K::Unset) if parser.eat_word(K::Tblproperties) => {
            let (keys, if_exists) = unset_keys(parser)?;
            Ok(Action::UnsetProperties { keys, if_exists })
        }
        T::Word(K::Unset) if parser.eat_word_text("TAGS") => parser
            .parenthesized_list(property::property_key)
            .map(Action::UnsetTags),
        T::Word(K::Set | K::Unset) => Err(parser.syntax_error()),
        _ => Err(parser.syntax_error_at(at, "")),
    }
}

/// `[SET] OWNER TO principal`, if it is there.
fn owner(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    if parser.eat_words(&[K::Set, K::Owner, K::To]) || parser.eat_words(&[K::Owner, K::To]) {
        return string_or_identifier(parser).map(Some);
    }
    Ok(None)
}

/// `[IF EXISTS] (keys)`.
fn unset_keys(parser: &mut Parser<'_>) -> Parsed<(Vec<String>, bool)> {
    let if_exists = if_exists(parser);
    Ok((
        parser.parenthesized_list(property::property_key)?,
        if_exists,
    ))
}

/// Behind RENAME.
fn rename(parser: &mut Parser<'_>) -> Parsed<Action> {
    if parser.eat_word(K::Column) {
        let column = multipart_identifier(parser)?;
        parser.expect_or_missing(T::Word(K::To), "TO")?;
        return Ok(Action::RenameColumn {
            column,
            to: identifier(parser)?,
        });
    }
    parser.expect_word(K::To)?;
    multipart_identifier(parser).map(Action::Rename)
}

/// Behind ADD.
fn add(parser: &mut Parser<'_>) -> Parsed<Action> {
    if parser.eat_word(K::Column) || parser.eat_word(K::Columns) {
        let columns = if parser.is(T::LeftParen) {
            parser.parenthesized_list(new_column)?
        } else {
            parser.comma_list(new_column)?
        };
        return Ok(Action::AddColumns(columns));
    }
    let if_not_exists = if_not_exists(parser);
    if parser.is_word(K::Partition) {
        let mut partitions = Vec::new();
        while parser.eat_word(K::Partition) {
            let values = partition_values(parser)?;
            let location = match parser.eat_word(K::Location) {
                true => Some(literal::string_literal(parser)?),
                false => None,
            };
            partitions.push((values, location));
        }
        return Ok(Action::AddPartitions {
            if_not_exists,
            partitions,
        });
    }
    if column::begins_constraint(parser) {
        return column::constraint(parser, None).map(Action::AddConstraint);
    }
    Err(parser.syntax_error())
}

fn new_column(parser: &mut Parser<'_>) -> Parsed<ColumnDefinition> {
    // Constraints of a column are CREATE TABLE's; here they are an error at their first word.
    let mut constraints = Vec::new();
    let at = parser.mark();
    let column = column_definition(parser, &mut constraints)?;
    match constraints.is_empty() {
        true => Ok(column),
        false => Err(parser.syntax_error_at(at, "")),
    }
}

/// Behind DROP.
fn drop(parser: &mut Parser<'_>) -> Parsed<Action> {
    if parser.eat_word(K::Column) || parser.eat_word(K::Columns) {
        let if_exists = if_exists(parser);
        let columns = if parser.is(T::LeftParen) {
            name_list(parser)?
        } else {
            parser.comma_list(multipart_identifier)?
        };
        return Ok(Action::DropColumns { columns, if_exists });
    }
    if parser.eat_word(K::Constraint) {
        let if_exists = if_exists(parser);
        let name = Some(identifier(parser)?);
        return Ok(Action::DropConstraint {
            name,
            if_exists,
            cascade: cascade(parser),
        });
    }
    if parser.eat_words(&[K::Primary, K::Key]) {
        let if_exists = if_exists(parser);
        return Ok(Action::DropConstraint {
            name: None,
            if_exists,
            cascade: cascade(parser),
        });
    }
    if parser.eat_word_text("FEATURE") {
        let name = string_or_identifier(parser)?;
        let truncate_history = parser.eat_words(&[K::Truncate, K::History]);
        return Ok(Action::DropFeature {
            name,
            truncate_history,
        });
    }
    let if_exists = if_exists(parser);
    if !parser.is_word(K::Partition) {
        return Err(parser.syntax_error());
    }
    let partitions = parser.comma_list(|parser| {
        parser.expect_word(K::Partition)?;
        partition_values(parser)
    })?;
    parser.eat_word(K::Purge);
    Ok(Action::DropPartitions {
        if_exists,
        partitions,
    })
}

fn cascade(parser: &mut Parser<'_>) -> bool {
    let cascade = parser.eat_word(K::Cascade);
    if !cascade {
        parser.eat_word(K::Restrict);
    }
    cascade
}

/// `column TYPE …`, `column COMMENT …`, `column SET …`, `column DROP …`, `column FIRST|AFTER …`.
fn column_change(parser: &mut Parser<'_>, start: usize) -> Parsed<(Name, ColumnChange)> {
    let name = multipart_identifier(parser)?;
    if let Some(position) = column::position(parser)? {
        return Ok((name, ColumnChange::SetPosition(position)));
    }
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    let change = match word {
        T::Word(K::Type) => ColumnChange::SetType(types::data_type(parser)?),
        T::Word(K::Comment) => ColumnChange::SetComment(literal::string_literal(parser)?),
        T::Word(K::Set) if parser.eat_words(&[K::Not, K::Null]) => ColumnChange::SetNotNull,
        T::Word(K::Set) if parser.eat_word(K::Default) => {
            let default = sql_expression(parser)?;
            column::no_default(parser, start)?;
            ColumnChange::SetDefault(default)
        }
        T::Word(K::Set) if parser.eat_word_text("TAGS") => {
            ColumnChange::SetTags(property::properties(parser)?)
        }
        T::Word(K::Unset) if parser.eat_word_text("TAGS") => {
            ColumnChange::UnsetTags(parser.parenthesized_list(property::property_key)?)
        }
        T::Word(K::Drop) if parser.eat_words(&[K::Not, K::Null]) => ColumnChange::DropNotNull,
        T::Word(K::Drop) if parser.eat_word(K::Default) => ColumnChange::DropDefault,
        T::Word(K::Sync) if parser.eat_word(K::Identity) => ColumnChange::SyncIdentity,
        _ => return Err(parser.syntax_error_at(at, "")),
    };
    Ok((name, change))
}

/// Hive's `column name type [COMMENT …] [FIRST|AFTER …]`, if it is one; the name must be the column's.
fn hive_change(parser: &mut Parser<'_>, start: usize) -> Parsed<Option<Vec<(Name, ColumnChange)>>> {
    let mark = parser.mark();
    let column = multipart_identifier(parser)?;
    let is_action = matches!(
        parser.kind(),
        T::Word(K::Type | K::Comment | K::Set | K::Drop | K::First | K::After | K::Unset | K::Sync)
    );
    if is_action || !is_identifier(parser.kind()) || !is_identifier(parser.kind_ahead(1)) {
        parser.back_to(mark);
        return Ok(None);
    }
    let name = identifier(parser)?;
    let mut changes = vec![(
        column.clone(),
        ColumnChange::SetType(types::data_type(parser)?),
    )];
    if let Some(comment) = types::comment(parser)? {
        changes.push((column.clone(), ColumnChange::SetComment(comment)));
    }
    if let Some(position) = column::position(parser)? {
        changes.push((column.clone(), ColumnChange::SetPosition(position)));
    }
    if column
        .last()
        .is_some_and(|last| last.eq_ignore_ascii_case(&name))
    {
        return Ok(Some(changes));
    }
    Err(parser.error_from(
        start,
        "_LEGACY_ERROR_TEMP_0034",
        None,
        "Renaming column is not supported in Hive-style ALTER COLUMN, please run RENAME COLUMN instead.",
        &[
            ("operation", "Renaming column"),
            ("command", "ALTER COLUMN"),
            ("msg", ", please run RENAME COLUMN instead"),
        ],
    ))
}

fn view_action(parser: &mut Parser<'_>, start: usize) -> Parsed<AlterViewAction> {
    if let Some(owner) = owner(parser)? {
        return Ok(AlterViewAction::SetOwner(owner));
    }
    let at = parser.mark();
    let word = parser.kind();
    parser.advance();
    match word {
        T::Word(K::Rename) => {
            parser.expect_word(K::To)?;
            multipart_identifier(parser).map(AlterViewAction::Rename)
        }
        T::Word(K::Set) => {
            parser.expect_word(K::Tblproperties)?;
            let properties = property::valued_properties(parser, start)?;
            property::no_table_property(parser, start, &properties)?;
            Ok(AlterViewAction::SetProperties(properties))
        }
        T::Word(K::With) if parser.is_word(K::Schema) => {
            parser.back_to(at);
            view::schema_mode(parser).map(AlterViewAction::SetSchemaMode)
        }
        T::Word(K::Unset) => {
            parser.expect_word(K::Tblproperties)?;
            let (keys, if_exists) = unset_keys(parser)?;
            Ok(AlterViewAction::UnsetProperties { keys, if_exists })
        }
        _ => {
            if word != T::Word(K::As) {
                parser.back_to(at);
            }
            let start = parser.mark();
            let query = Box::new(query::query(parser)?);
            let text = parser.text_between(start, parser.mark()).to_string();
            Ok(AlterViewAction::Query { query, text })
        }
    }
}

fn namespace_action(parser: &mut Parser<'_>, start: usize) -> Parsed<NamespaceAction> {
    if let Some(owner) = owner(parser)? {
        return Ok(NamespaceAction::SetOwner(owner));
    }
    if parser.eat_words(&[K::Default, K::Collation]) {
        return identifier(parser).map(NamespaceAction::SetCollation);
    }
    let unset = parser.is_word(K::Unset);
    if !unset && !parser.is_word(K::Set) {
        return Err(parser.syntax_error());
    }
    parser.advance();
    if parser.eat_word(K::Dbproperties) || parser.eat_word(K::Properties) {
        if unset {
            if parser.is_word(K::If) {
                return Err(parser.missing_error("'('"));
            }
            let keys = parser.parenthesized_list(property::property_key)?;
            return Ok(NamespaceAction::UnsetProperties(keys));
        }
        let properties = property::valued_properties(parser, start)?;
        property::no_schema_property(parser, start, &properties)?;
        return Ok(NamespaceAction::SetProperties(properties));
    }
    if let Some(tags) = tags(parser, unset)? {
        return Ok(match tags {
            Tags::Set(tags) => NamespaceAction::SetTags(tags),
            Tags::Unset(keys) => NamespaceAction::UnsetTags(keys),
        });
    }
    if unset {
        return Err(parser.syntax_error());
    }
    parser.expect_word(K::Location)?;
    literal::string_literal(parser).map(NamespaceAction::SetLocation)
}

enum Tags {
    Set(Properties),
    Unset(Vec<String>),
}

fn tags(parser: &mut Parser<'_>, unset: bool) -> Parsed<Option<Tags>> {
    if !parser.eat_word_text("TAGS") {
        return Ok(None);
    }
    Ok(Some(match unset {
        true => Tags::Unset(parser.parenthesized_list(property::property_key)?),
        false => Tags::Set(property::properties(parser)?),
    }))
}

fn volume_action(parser: &mut Parser<'_>) -> Parsed<VolumeAction> {
    if let Some(owner) = owner(parser)? {
        return Ok(VolumeAction::SetOwner(owner));
    }
    if parser.eat_word(K::Rename) {
        parser.expect_word(K::To)?;
        return multipart_identifier(parser).map(VolumeAction::Rename);
    }
    let unset = parser.is_word(K::Unset);
    if !unset && !parser.is_word(K::Set) {
        return Err(parser.syntax_error());
    }
    parser.advance();
    match tags(parser, unset)? {
        Some(Tags::Set(tags)) => Ok(VolumeAction::SetTags(tags)),
        Some(Tags::Unset(keys)) => Ok(VolumeAction::UnsetTags(keys)),
        None => Err(parser.syntax_error()),
    }
}
