//! VALUES.

use sparring_proto::connect as proto;

use proto::expression::{ExprType, UnresolvedFunction};
use proto::relation::RelType;
use proto::{Expression, Relation};

use super::expression::expression;
use super::from::{unsampled_alias, with_alias};
use super::{Parsed, Parser};
use crate::keyword::Keyword as K;
use crate::lower::{self, internal};

/// `VALUES row, … [alias]`; the cursor is on VALUES.
pub(crate) fn inline_table(parser: &mut Parser<'_>) -> Parsed<Relation> {
    let start = parser.mark();
    parser.expect_word(K::Values)?;
    let rows = parser.comma_list(row)?;
    let end = parser.mark();
    let alias = unsampled_alias(parser)?;
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
    match &mut row.expr_type {
        Some(ExprType::UnresolvedFunction(function)) if is_struct(function) => {
            let fields = std::mem::take(&mut function.arguments);
            Ok(lower::function("struct", fields))
        }
        _ => Ok(lower::function("struct", vec![row])),
    }
}

fn is_struct(call: &UnresolvedFunction) -> bool {
    call.function_name.eq_ignore_ascii_case("struct")
        || call.is_internal() && call.function_name == lower::internal::ROW
}

fn n_fields(row: &Expression) -> usize {
    match &row.expr_type {
        Some(ExprType::UnresolvedFunction(function)) => function.arguments.len(),
        _ => 1,
    }
}
