//! `na.fill`, `na.drop`, `na.replace`: what is null or NaN, after Spark's `DataFrameNaFunctions`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::logical_expr::{Case, Expr, Filter, LogicalPlan};
use sparring_proto::Required;
use sparring_proto::connect::{self as proto};

use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::{self, CastMode, cast};
use crate::plan::expression::Item;
use crate::plan::expression::literal::literal;
use crate::plan::names::{self, Names};
use crate::plan::scope::{Column, ColumnId};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner};
use crate::types::coerce::is_numeric;

impl Planner<'_> {
    /// `NAFill`: one value for all columns of its kind or for the named ones, or a value for each.
    pub(super) fn fill_na(&self, node: &proto::NaFill) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("fill_na.input")?)?;
        let values = node
            .values
            .iter()
            .map(|value| literal(self.context, value))
            .collect::<Result<Vec<_>>>()?;
        let columns = self.named_columns(&input, &node.cols)?;
        let replacement = |id: ColumnId, data_type: &DataType| -> Option<&Typed> {
            match (columns.as_slice(), values.as_slice()) {
                ([], [value]) => same_kind(&value.data_type, data_type).then_some(value),
                (named, [value]) => {
                    (named.contains(&id) && same_kind(&value.data_type, data_type)).then_some(value)
                }
                (named, values) => named
                    .iter()
                    .position(|known| *known == id)
                    .and_then(|place| values.get(place)),
            }
        };
        if values.len() != 1 && values.len() != node.cols.len() {
            return Err(Error::invalid_plan(
                "fill_na has neither one value nor one for each column",
            ));
        }
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(input.scope.columns.len());
        for column in &input.scope.columns {
            let value = Typed::column(column);
            let Some(filler) = replacement(column.id, &column.data_type) else {
                items.push(Item::Value(value));
                continue;
            };
            let filler = cast(self.context, filler.clone(), &column.data_type, mode, None)?;
            let filled =
                functions::call(self.context, "coalesce", vec![without_nan(value), filler])?;
            items.push(Item::Value(filled.aliased(Arc::clone(&column.name))));
        }
        self.select(input, items)
    }

    /// `NADrop`: rows with enough values that are neither null nor NaN.
    pub(super) fn drop_na(&self, node: &proto::NaDrop) -> Result<Planned> {
        let mut input = self.relation(node.input.as_deref().required("drop_na.input")?)?;
        let named = self.named_columns(&input, &node.cols)?;
        let args: Vec<Expr> = input
            .scope
            .columns
            .iter()
            .filter(|column| named.is_empty() || named.contains(&column.id))
            .map(Column::expr)
            .collect();
        let all = args.len();
        let least = node
            .min_non_nulls
            .map_or(all, |least| usize::try_from(least).unwrap_or(0));
        let enough = Kernel::call(
            "at_least_n_non_nulls",
            least.to_string(),
            (DataType::Boolean, false),
            args,
            move |args| {
                let mut counts = vec![0usize; args.rows];
                for array in args.arrays()? {
                    let nan = nan_mask(&array);
                    for (row, count) in counts.iter_mut().enumerate() {
                        let is_nan = nan.as_ref().is_some_and(|nan| nan.value(row));
                        *count += usize::from(array.is_valid(row) && !is_nan);
                    }
                }
                Ok(Arc::new(BooleanArray::from_iter(
                    counts.into_iter().map(|count| Some(count >= least)),
                )))
            },
        );
        input.plan = LogicalPlan::Filter(Filter::try_new(enough, Arc::new(input.plan))?);
        input.below = None;
        Ok(input)
    }

    /// `NAReplace`: values for values, in columns of the values' kind.
    pub(super) fn replace(&self, node: &proto::NaReplace) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("replace.input")?)?;
        let named = self.named_columns(&input, &node.cols)?;
        let mut pairs = Vec::with_capacity(node.replacements.len());
        for replacement in &node.replacements {
            let old = literal(
                self.context,
                replacement
                    .old_value
                    .as_ref()
                    .required("replacement.old_value")?,
            )?;
            let new = literal(
                self.context,
                replacement
                    .new_value
                    .as_ref()
                    .required("replacement.new_value")?,
            )?;
            pairs.push((old, new));
        }
        let Some(kind) = pairs.iter().map(|(old, _)| old.data_type.clone()).next() else {
            return Ok(input);
        };
        let mode = CastMode::implicit(self.context);
        let mut items = Vec::with_capacity(input.scope.columns.len());
        for column in &input.scope.columns {
            let value = Typed::column(column);
            if !(named.is_empty() || named.contains(&column.id))
                || !same_kind(&kind, &column.data_type)
            {
                items.push(Item::Value(value));
                continue;
            }
            let mut branches = Vec::with_capacity(pairs.len());
            let mut nullable = column.nullable;
            for (old, new) in &pairs {
                let same = if old.data_type == DataType::Null {
                    Expr::IsNull(Box::new(value.expr.clone()))
                } else {
                    functions::equals(self.context, value.clone(), old.clone(), None)?.expr
                };
                let new = cast(self.context, new.clone(), &column.data_type, mode, None)?;
                nullable |= new.nullable;
                branches.push((Box::new(same), Box::new(new.expr)));
            }
            let otherwise = Some(Box::new(value.expr));
            let replaced = Typed::new(
                Expr::Case(Case::new(None, branches, otherwise)),
                column.data_type.clone(),
                nullable,
                Arc::clone(&column.name),
            );
            items.push(Item::Value(replaced.aliased(Arc::clone(&column.name))));
        }
        self.select(input, items)
    }

    /// The columns that a client named, which must be there.
    pub(super) fn named_columns(
        &self,
        input: &Planned,
        wanted: &[String],
    ) -> Result<Vec<ColumnId>> {
        let scope = Names::of(&input.scope, None);
        wanted
            .iter()
            .filter(|name| *name != "*")
            .map(|name| {
                let parts = sparring_sql::parse_attribute_name(name)?;
                let found = names::resolve(self.context, &scope, &parts, None)?;
                found.id.ok_or_else(|| {
                    Error::plain(
                        crate::error::Exception::UnsupportedOperation,
                        format!("Nested field {name} is not supported."),
                    )
                })
            })
            .collect()
    }
}

/// Spark fills and replaces numbers in numeric columns, texts in text columns, and so on.
fn same_kind(value: &DataType, column: &DataType) -> bool {
    *value == DataType::Null || value == column || (is_numeric(value) && is_numeric(column))
}

/// NaN counts as missing.
fn without_nan(value: Typed) -> Typed {
    if !matches!(value.data_type, DataType::Float32 | DataType::Float64) {
        return value;
    }
    let data_type = value.data_type.clone();
    let expr = Kernel::call(
        "nan_as_null",
        "",
        (data_type, true),
        vec![value.expr],
        |args| {
            let array = args.array(0)?;
            Ok(match nan_mask(&array) {
                Some(nan) => arrow::compute::nullif(&array, &nan)?,
                None => array,
            })
        },
    );
    Typed {
        expr,
        nullable: true,
        id: None,
        ..value
    }
}

fn nan_mask(array: &ArrayRef) -> Option<BooleanArray> {
    let flags: Vec<bool> = match array.data_type() {
        DataType::Float32 => array
            .as_primitive::<Float32Type>()
            .values()
            .iter()
            .map(|value| value.is_nan())
            .collect(),
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .values()
            .iter()
            .map(|value| value.is_nan())
            .collect(),
        _ => return None,
    };
    Some(BooleanArray::from(flags))
}
