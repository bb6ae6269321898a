//! `VALUES`: constant rows become one batch at planning; rows that must be computed become a query.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{LogicalPlan, Union};

use crate::error::{Error, Result};
use crate::functions::{CastMode, cast, kernels};
use crate::plan::expression::evaluate;
use crate::plan::scope::{Column, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project, relation};
use crate::types::coerce::common_of_all;
use crate::types::interval::Fields;

/// The rows of VALUES as a relation with columns `col1`, `col2`, ….
pub(crate) fn table(planner: &Planner<'_>, rows: Vec<Vec<Typed>>) -> Result<Planned> {
    let width = rows.first().map_or(0, Vec::len);
    if let Some((index, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != width) {
        return Err(Error::new(
            "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
            [
                ("expectedNumCols", width.to_string()),
                ("actualNumCols", row.len().to_string()),
                ("rowIndex", index.to_string()),
            ],
        ));
    }
    let mode = CastMode::implicit(planner.context);
    let mut fields = Vec::with_capacity(width);
    let mut columns: Vec<Vec<Typed>> = vec![Vec::with_capacity(rows.len()); width];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    for (index, column) in columns.iter_mut().enumerate() {
        let name = format!("col{}", index + 1);
        let common = without_strings(column.iter().map(|v| &v.data_type)).ok_or_else(|| {
            Error::new(
                "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE",
                [("colName", format!("`{name}`"))],
            )
        })?;
        let of_all = column
            .iter()
            .filter_map(|value| Fields::of(&value.data_type, &value.metadata))
            .reduce(Fields::with);
        let nullable = column.iter().any(|value| value.nullable);
        for value in column.iter_mut() {
            *value = cast(planner.context, value.clone(), &common, mode, None)?;
        }
        let mut metadata = Arc::default();
        if let Some(of_all) = of_all {
            of_all.note(&common, &mut metadata);
        }
        let metadata = Arc::unwrap_or_clone(metadata);
        fields.push(Field::new(name, common, nullable).with_metadata(metadata));
    }
    if columns.iter().flatten().all(Typed::is_foldable) {
        let arrays = columns
            .iter()
            .zip(&fields)
            .map(|(column, field)| constant_column(column, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        let n_rows = columns.first().map_or(0, Vec::len);
        let schema = Arc::new(Schema::new(fields));
        let batch = kernels::batch(Arc::clone(&schema), arrays, n_rows)?;
        return relation::local::table(schema, vec![batch]);
    }
    computed(columns, &fields)
}

/// The common type of a column's values. Spark takes the one that it would without ANSI, and turns
/// nothing into text or read from it (`TypeCoercion.findWiderTypeWithoutStringPromotion`).
fn without_strings<'a>(types: impl Iterator<Item = &'a DataType> + Clone) -> Option<DataType> {
    let is_text = |data_type: &&DataType| **data_type == DataType::Utf8;
    let some = types.filter(|data_type| **data_type != DataType::Null);
    if some.clone().any(|t| is_text(&t)) && !some.clone().all(|t| is_text(&t)) {
        return None;
    }
    common_of_all(some, false)
}

fn constant_column(column: &[Typed], data_type: &DataType) -> Result<ArrayRef> {
    let values = column
        .iter()
        .map(|value| match value.constant() {
            Some(constant) => Ok(constant.clone()),
            None => evaluate(&value.expr),
        })
        .collect::<Result<Vec<ScalarValue>>>()?;
    crate::types::arrow::relabel(&ScalarValue::iter_to_array(values)?, data_type)
}

/// Rows with columns of an outer query or random values: one projection a row.
fn computed(columns: Vec<Vec<Typed>>, fields: &[Field]) -> Result<Planned> {
    let outputs: Vec<Column> = fields
        .iter()
        .map(|field| {
            Column::new(
                field.name().as_str(),
                field.data_type().clone(),
                field.is_nullable(),
            )
        })
        .collect();
    let n_rows = columns.first().map_or(0, Vec::len);
    let mut inputs = Vec::with_capacity(n_rows);
    for row in 0..n_rows {
        let list: Vec<(Column, Typed)> = outputs
            .iter()
            .zip(&columns)
            .filter_map(|(output, column)| Some((output.clone(), column.get(row)?.clone())))
            .collect();
        inputs.push(Arc::new(project(relation::one_row().plan, &list)?));
    }
    let plan = match inputs.len() {
        1 => inputs.remove(0).as_ref().clone(),
        _ => LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?),
    };
    Ok(Planned::new(plan, Scope::of(outputs)))
}
