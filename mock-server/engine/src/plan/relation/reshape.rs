//! Columns to rows and back: `unpivot`, `transpose`; and rows under another schema: `to`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use datafusion::logical_expr::Expr;
use prost::Message;
use sparring_proto::Required;
use sparring_proto::connect::{self as proto, expression::ExprType};
use sparring_sql::lower::internal;

use super::aggregate::internal_call;
use super::generate::unnest;
use super::local;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{CastMode, Generator, cast, kernels};
use crate::plan::expression::Item;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};
use crate::show;
use crate::types::arrow::list;
use crate::types::coerce::common_of_all;
use crate::types::names::quote;
use crate::types::proto::to_arrow;
use crate::types::sql_name;

impl Planner<'_> {
    /// `Unpivot`: for each row one row a value column, with the column's name and its value.
    pub(super) fn unpivot(&self, node: &proto::Unpivot) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("unpivot.input")?)?;
        let from_sql = matches!(node.ids.as_slice(), [only]
            if internal_call(only).is_some_and(|(name, _)| name == internal::UNPIVOT_REMAINING));
        let ids = if from_sql {
            Vec::new()
        } else {
            self.values_of(&node.ids, &input)?
        };
        let rows: Vec<(String, Vec<Typed>)> = match &node.values {
            Some(values) => values
                .values
                .iter()
                .map(|value| self.unpivot_row(value, &input))
                .collect::<Result<Vec<_>>>()?
                .into_iter()
                .flatten()
                .collect(),
            // Without values all columns that are no identifiers are unpivoted.
            None => input
                .scope
                .columns
                .iter()
                .filter(|column| !ids.iter().any(|id| id.id == Some(column.id)))
                .map(|column| (column.name.to_string(), vec![Typed::column(column)]))
                .collect(),
        };
        if rows.is_empty() {
            return Err(Error::of("UNPIVOT_REQUIRES_VALUE_COLUMNS"));
        }
        let ids = if from_sql {
            let is_used = |column: &&Column| {
                let mut values = rows.iter().flat_map(|(_, row)| row);
                values.any(|value| value.id == Some(column.id))
            };
            let columns = input.scope.columns.iter();
            columns
                .filter(|column| !is_used(column))
                .map(Typed::column)
                .collect()
        } else {
            ids
        };
        let value_names = match from_sql {
            true => sparring_sql::parse_multipart_identifier(&node.value_column_name)?,
            false => vec![node.value_column_name.clone()],
        };
        if rows.iter().any(|(_, row)| row.len() != value_names.len()) {
            return Err(Error::new(
                "UNPIVOT_VALUE_SIZE_MISMATCH",
                [("names", value_names.len().to_string())],
            ));
        }
        let mode = CastMode::implicit(self.context);
        let mut values = Vec::with_capacity(value_names.len());
        let mut args: Vec<Vec<Expr>> = vec![Vec::new(); rows.len()];
        for (place, name) in value_names.into_iter().enumerate() {
            let column: Vec<Typed> = rows
                .iter()
                .filter_map(|(_, row)| row.get(place).cloned())
                .collect();
            let common =
                without_strings(&column, self.context.ansi).ok_or_else(|| mismatch(&column))?;
            let nullable = column.iter().any(|value| value.nullable);
            values.push(Column::new(name, common.clone(), nullable));
            for (row, value) in args.iter_mut().zip(column) {
                row.push(cast(self.context, value, &common, mode, None)?.expr);
            }
        }
        let variable = Column::new(node.variable_column_name.as_str(), DataType::Utf8, false);
        let names = rows.into_iter().map(|(name, _)| name).collect();
        let args = args.into_iter().flatten().collect();
        let generator = rows_of_values(names, args, &variable, &values);
        let unpivoted = unnest(input, generator)?;
        let mut items: Vec<Item> = ids.into_iter().map(Item::Value).collect();
        items.push(Item::Value(Typed::column(&variable)));
        items.extend(values.iter().map(|value| Item::Value(Typed::column(value))));
        self.select(unpivoted, items)
    }

    fn values_of(&self, expressions: &[proto::Expression], input: &Planned) -> Result<Vec<Typed>> {
        self.select_list(expressions, &input.scope)?
            .into_iter()
            .map(|item| match item {
                Item::Value(value) => Ok(value),
                Item::Generator(_) => Err(Error::unsupported("a generator in unpivot")),
            })
            .collect()
    }

    /// What one entry of an UNPIVOT makes rows of: a column, several by a star, or a set of columns
    /// that Spark names after all of them.
    fn unpivot_row(
        &self,
        value: &proto::Expression,
        input: &Planned,
    ) -> Result<Vec<(String, Vec<Typed>)>> {
        let (inner, alias) = match &value.expr_type {
            Some(ExprType::Alias(alias)) => (
                alias.expr.as_deref().required("alias.expr")?,
                alias.name.first().cloned(),
            ),
            _ => (value, None),
        };
        let Some((internal::UNPIVOT_ROW, columns)) = internal_call(inner) else {
            let values = self.values_of(std::slice::from_ref(inner), input)?;
            let named = values.into_iter().map(|value| {
                let name = alias.clone();
                let name = name.unwrap_or_else(|| value.output_name().to_string());
                (name, vec![value])
            });
            return Ok(named.collect());
        };
        let row = self.values_of(columns, input)?;
        let name = alias.unwrap_or_else(|| {
            let names: Vec<&str> = row
                .iter()
                .map(|value| value.output_name().as_ref())
                .collect();
            names.join("_")
        });
        Ok(vec![(name, row)])
    }

    /// `ToSchema`: columns by name, in the schema's order and types.
    pub(super) fn to_schema(&self, node: &proto::ToSchema) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("to_schema.input")?)?;
        let DataType::Struct(fields) =
            to_arrow(node.schema.as_ref().required("to_schema.schema")?)?
        else {
            return Err(Error::invalid_plan(
                "the schema of to_schema is no row type",
            ));
        };
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(fields.len());
        for field in &fields {
            let mut found = input
                .scope
                .columns
                .iter()
                .filter(|column| self.context.same_name(&column.name, field.name()));
            let Some(column) = found.next() else {
                if !field.is_nullable() {
                    let known: Vec<String> = input
                        .scope
                        .columns
                        .iter()
                        .map(|column| quote(&column.name))
                        .collect();
                    return Err(Error::new(
                        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                        [
                            ("objectName", quote(field.name())),
                            ("proposal", known.join(", ")),
                        ],
                    ));
                }
                let null = Typed::null(field.data_type().clone());
                items.push(Item::Value(null.aliased(field.name().as_str())));
                continue;
            };
            if found.next().is_some() {
                return Err(Error::new(
                    "AMBIGUOUS_COLUMN_OR_FIELD",
                    [("name", quote(field.name())), ("n", "2".to_owned())],
                ));
            }
            if column.nullable && !field.is_nullable() {
                return Err(Error::new(
                    "NULLABLE_COLUMN_OR_FIELD",
                    [("name", quote(field.name()))],
                ));
            }
            if !storable(&column.data_type, field.data_type()) {
                return Err(Error::new(
                    "INVALID_COLUMN_OR_FIELD_DATA_TYPE",
                    [
                        ("name", quote(field.name())),
                        ("type", format!("\"{}\"", sql_name(&column.data_type))),
                        (
                            "expectedType",
                            format!("\"{}\"", sql_name(field.data_type())),
                        ),
                    ],
                ));
            }
            let value = cast(
                self.context,
                Typed::column(column),
                field.data_type(),
                mode,
                None,
            )?;
            let mut value = value.aliased(field.name().as_str());
            if !field.metadata().is_empty() {
                value.metadata = Arc::new(field.metadata().clone());
            }
            items.push(Item::Value(value));
        }
        self.select(input, items)
    }

    /// `Transpose`: the values of an index column become the names of columns.
    pub(super) fn transpose(&self, node: &proto::Transpose) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("transpose.input")?)?;
        let index = match node.index_columns.as_slice() {
            [] => input.scope.columns.first().map(Typed::column),
            [one] => Some(self.resolve(one, &input.scope)?),
            _ => {
                return Err(Error::new(
                    "TRANSPOSE_INVALID_INDEX_COLUMN",
                    [("reason", "Index column must be an atomic attribute")],
                ));
            }
        };
        let Some(index) = index else {
            return Ok(input);
        };
        if matches!(
            index.data_type,
            DataType::Struct(_) | DataType::List(_) | DataType::Map(..)
        ) {
            return Err(Error::new(
                "TRANSPOSE_INVALID_INDEX_COLUMN",
                [(
                    "reason",
                    format!(
                        "Index column must be of atomic type, but found: {}",
                        index.data_type
                    ),
                )],
            ));
        }
        let values: Vec<Typed> = input
            .scope
            .columns
            .iter()
            .filter(|column| Some(column.id) != index.id)
            .map(Typed::column)
            .collect();
        let common = match values.is_empty() {
            true => DataType::Utf8,
            false => without_strings(&values, self.context.ansi).ok_or_else(|| {
                let mut types = values.iter().map(|v| sql_name(&v.data_type));
                Error::new(
                    "TRANSPOSE_NO_LEAST_COMMON_TYPE",
                    [
                        ("dt1", format!("\"{}\"", types.next().unwrap_or_default())),
                        (
                            "dt2",
                            format!("\"{}\"", types.next_back().unwrap_or_default()),
                        ),
                    ],
                )
            })?,
        };
        let mode = CastMode::implicit(self.context);
        let keys: Vec<String> = values.iter().map(|v| v.output_name().to_string()).collect();
        let mut items = vec![Item::Value(index.clone().aliased("index"))];
        for value in values {
            items.push(Item::Value(cast(self.context, value, &common, mode, None)?));
        }
        let wanted = self.select(input, items)?;
        let rows = self.rows(b"transpose", node.encode_to_vec(), wanted)?;
        self.transposed(&rows, keys, &common)
    }

    fn transposed(
        &self,
        rows: &crate::plan::sources::Ready,
        keys: Vec<String>,
        common: &DataType,
    ) -> Result<Planned> {
        let whole = arrow::compute::concat_batches(&rows.schema, &rows.batches)?;
        let index = whole.column(0);
        let order = arrow::compute::sort_to_indices(index, None, None)?;
        let order: Vec<usize> = order
            .values()
            .iter()
            .map(|place| usize::try_from(*place).unwrap_or(0))
            // A row without an index has no name as a column.
            .filter(|place| index.is_valid(*place))
            .collect();
        let mut fields = vec![Field::new("key", DataType::Utf8, false)];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from(keys.clone()))];
        for place in order {
            fields.push(Field::new(
                show::pretty(index, place, self.context.time_zone)?,
                common.clone(),
                true,
            ));
            let cells: Vec<ArrayRef> = whole.columns()[1..]
                .iter()
                .map(|column| column.slice(place, 1))
                .collect();
            let cells: Vec<&dyn Array> = cells.iter().map(AsRef::as_ref).collect();
            columns.push(match cells.is_empty() {
                true => arrow::array::new_empty_array(common),
                false => arrow::compute::concat(&cells)?,
            });
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = kernels::batch(Arc::clone(&schema), columns, keys.len())?;
        local::table(schema, vec![batch])
    }
}

/// The common type of values; nothing is turned into text or read from it for that.
fn without_strings(values: &[Typed], ansi: bool) -> Option<DataType> {
    let is_text = |value: &&Typed| value.data_type == DataType::Utf8;
    let texts = values.iter().filter(is_text).count();
    let others = values
        .iter()
        .filter(|value| !is_text(value) && value.data_type != DataType::Null)
        .count();
    if texts > 0 && others > 0 {
        return None;
    }
    common_of_all(values.iter().map(|value| &value.data_type), ansi)
}

/// Which columns have which types, types in alphabetical order.
fn mismatch(values: &[Typed]) -> Error {
    let mut by_type: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for value in values {
        by_type
            .entry(sql_name(&value.data_type))
            .or_default()
            .push(quote(value.output_name()));
    }
    let shown: Vec<String> = by_type
        .into_iter()
        .map(|(sql, mut names)| {
            // Spark shows three columns of a type and dots for the rest.
            if names.len() > 3 {
                names.truncate(3);
                names.push("...".to_owned());
            }
            format!("\"{sql}\" ({})", names.join(", "))
        })
        .collect();
    Error::new(
        "UNPIVOT_VALUE_DATA_TYPE_MISMATCH",
        [("types", shown.join(", "))],
    )
}

/// Whether `to` may change the type: what an insert may store, complex types field by field.
fn storable(from: &DataType, to: &DataType) -> bool {
    use crate::types::coerce::is_numeric;
    from == to
        || *from == DataType::Null
        || (is_numeric(from) && is_numeric(to))
        || (*to == DataType::Utf8
            && crate::types::coerce::is_atomic(from)
            && *from != DataType::Binary)
        || matches!(
            (from, to),
            (DataType::Date32, DataType::Timestamp(..))
                | (
                    DataType::Timestamp(..),
                    DataType::Date32 | DataType::Timestamp(..)
                )
        )
        || match (from, to) {
            (DataType::List(a), DataType::List(b)) => storable(a.data_type(), b.data_type()),
            (DataType::Map(a, _), DataType::Map(b, _)) => storable(a.data_type(), b.data_type()),
            (DataType::Struct(a), DataType::Struct(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b.iter())
                        .all(|(x, y)| storable(x.data_type(), y.data_type()))
            }
            _ => false,
        }
}

/// For each row a list with one struct of a name and values for each name; `args` are the values,
/// name by name.
pub(super) fn rows_of_values(
    names: Vec<String>,
    args: Vec<Expr>,
    variable: &Column,
    values: &[Column],
) -> Generator {
    let described = values
        .iter()
        .map(|value| Field::new(value.name.as_ref(), value.data_type.clone(), value.nullable));
    let fields: Fields = std::iter::once(Field::new(variable.name.as_ref(), DataType::Utf8, false))
        .chain(described)
        .collect();
    let item = DataType::Struct(fields.clone());
    let options = format!("{names:?} {item}");
    let n_values = values.len();
    let list = Kernel::call(
        "unpivoted",
        options,
        (list(item, false), false),
        args,
        move |args| {
            let arrays = args.arrays()?;
            let width = names.len();
            let rows = args.rows;
            let places: Vec<(usize, usize)> = (0..rows)
                .flat_map(|row| (0..width).map(move |column| (column, row)))
                .collect();
            let variables = StringArray::from(
                names
                    .iter()
                    .map(String::as_str)
                    .cycle()
                    .take(width * rows)
                    .collect::<Vec<_>>(),
            );
            let mut columns: Vec<ArrayRef> = vec![Arc::new(variables)];
            for value in 0..n_values {
                let sources: Vec<&dyn Array> = arrays
                    .iter()
                    .skip(value)
                    .step_by(n_values)
                    .map(AsRef::as_ref)
                    .collect();
                columns.push(interleave(&sources, &places)?);
            }
            let rows_of_all = StructArray::try_new(fields.clone(), columns, None)?;
            Ok(Arc::new(ListArray::try_new(
                Arc::new(Field::new(
                    "element",
                    DataType::Struct(fields.clone()),
                    false,
                )),
                OffsetBuffer::from_lengths(std::iter::repeat_n(width, rows)),
                Arc::new(rows_of_all),
                None,
            )?))
        },
    );
    Generator {
        list,
        columns: std::iter::once(variable).chain(values).cloned().collect(),
        is_struct: true,
        outer: false,
    }
}
