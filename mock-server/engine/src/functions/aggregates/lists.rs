//! All values in one: lists, sets, joined strings.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::ScalarValue;

use super::{fold, one_list, typed};
use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::collections::one_zero;
use crate::functions::fold::{Fold, Rows};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::java_hash::hash_set_order;
use crate::plan::typed::Typed;

pub(super) fn collect(call: &Call<'_>, set: bool) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?.clone();
    let shown = if set { "collect_set" } else { "collect_list" };
    if set && matches!(arg.data_type, DataType::Map(..)) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("functionName", format!("`{shown}`")),
                ("dataType", "\"MAP\" or \"COLLATED STRING\"".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    }
    let element = Arc::new(Field::new("element", arg.data_type.clone(), false));
    let result = (DataType::List(Arc::clone(&element)), false);
    // No NaN is another's equal in Scala's set.
    let is_float = matches!(arg.data_type, DataType::Float32 | DataType::Float64);
    let rows = Rows {
        not_null: 1,
        distinct: set && !is_float || call.distinct,
    };
    let inputs = [arg.data_type.clone()];
    let function = Fold::udaf(shown, "", result.clone(), &inputs, rows, move |columns| {
        let items = columns
            .first()
            .ok_or_else(|| Error::internal("a collected list lost its items"))?;
        if set {
            let items = &if is_float {
                unequal(items)?
            } else {
                Arc::clone(items)
            };
            let order: UInt32Array = hash_set_order(items)
                .into_iter()
                .map(|place| u32::try_from(place).ok())
                .collect();
            return one_list(take(items, &order, None)?, &element);
        }
        one_list(Arc::clone(items), &element)
    });
    Ok(typed(call, function, &[arg], result, call.name_as(shown)))
}

/// Floats without repetition, but with every NaN.
fn unequal(values: &ArrayRef) -> Result<ArrayRef> {
    let wide = arrow::compute::cast(values, &DataType::Float64)?;
    let mut seen = std::collections::HashSet::new();
    let kept: UInt32Array = wide
        .as_primitive::<Float64Type>()
        .values()
        .iter()
        .enumerate()
        // Adding zero makes -0.0 the zero it equals.
        .filter(|(_, value)| value.is_nan() || seen.insert((**value + 0.0).to_bits()))
        .map(|(place, _)| u32::try_from(place).ok())
        .collect();
    Ok(take(values, &kept, None)?)
}

fn joined(columns: &[ArrayRef], delimiter: &str, order: Option<SortOptions>) -> Result<ArrayRef> {
    let texts = columns
        .first()
        .ok_or_else(|| Error::internal("listagg without values"))?;
    let order: Vec<usize> = match (columns.get(1), order) {
        (Some(keys), Some(options)) => {
            // Equal keys keep their order.
            let column = arrow::compute::SortColumn {
                values: one_zero(keys)?,
                options: Some(options),
            };
            let places: ArrayRef = Arc::new(UInt32Array::from_iter_values(
                (0..keys.len()).filter_map(|place| u32::try_from(place).ok()),
            ));
            let place = arrow::compute::SortColumn {
                values: places,
                options: None,
            };
            arrow::compute::lexsort_to_indices(&[column, place], None)?
                .values()
                .iter()
                .filter_map(|place| usize::try_from(*place).ok())
                .collect()
        }
        _ => (0..texts.len()).collect(),
    };
    let texts = texts.as_string::<i32>();
    let parts: Vec<&str> = order
        .into_iter()
        .filter(|row| texts.is_valid(*row))
        .map(|row| texts.value(row))
        .collect();
    let text = (!parts.is_empty()).then(|| parts.join(delimiter));
    Ok(Arc::new(StringArray::from(vec![text])))
}

fn delimiter(call: &Call<'_>, index: usize) -> Result<String> {
    match call.args.get(index) {
        None => Ok(String::new()),
        Some(arg) => match arg.constant() {
            Some(ScalarValue::Utf8(Some(text))) => Ok(text.clone()),
            Some(value) if value.is_null() => Ok(String::new()),
            _ => Err(Error::unsupported(format!(
                "the delimiter of `{}` other than a constant string",
                call.name
            ))),
        },
    }
}

pub(super) fn listagg(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    if matches!(call.arg(0)?.data_type, DataType::Binary) {
        return Err(Error::unsupported(format!("`{}` of binary", call.name)));
    }
    let arg = call.implicit(0, &DataType::Utf8)?;
    let delimiter = delimiter(call, 1)?;
    let null = Typed::null(DataType::Utf8);
    let shown = crate::functions::rows::with_defaults(call, 2, &[null]);
    let shown = Call {
        distinct: call.distinct,
        ..shown
    }
    .default_name();
    Ok(fold(
        call,
        (call.name, delimiter.clone()),
        &[arg],
        (DataType::Utf8, true),
        1,
        move |columns| joined(columns, &delimiter, None),
    )
    .named(shown))
}

/// Arguments are the key, the value, maybe the delimiter, and whether the order ascends.
pub(super) fn listagg_within_group(call: &Call<'_>) -> Result<Typed> {
    call.arity(3..=4)?;
    let last = call.args.len() - 1;
    let descending = matches!(
        call.arg(last)?.constant(),
        Some(ScalarValue::Boolean(Some(false)))
    );
    let nulls = Arc::clone(&call.arg(last)?.name);
    let order = SortOptions {
        descending,
        nulls_first: nulls.as_ref() == "FIRST",
    };
    let key = call.arg(0)?.clone();
    if call.distinct && (call.arg(1)?.expr != key.expr || key.data_type != DataType::Utf8) {
        let shown = |value: &Typed| {
            let inner = Kernel::options_of(&value.expr, "cast").is_some();
            let name = value.name.strip_prefix("CAST(").filter(|_| inner);
            let name = name.and_then(|name| name.strip_suffix(" AS STRING)"));
            format!("\"{}\"", name.unwrap_or(&value.name))
        };
        return Err(Error::new(
            "INVALID_WITHIN_GROUP_EXPRESSION.MISMATCH_WITH_DISTINCT_INPUT",
            [
                ("funcName", "`listagg`".to_owned()),
                ("funcArg", shown(call.arg(1)?)),
                ("orderingExpr", format!("\"{}\"", key.name)),
            ],
        )
        .placeless());
    }
    let value = call.implicit(1, &DataType::Utf8)?;
    let delimiter = if last == 3 {
        delimiter(call, 2)?
    } else {
        String::new()
    };
    let delimited = call.args.get(2).filter(|_| last == 3);
    // Spark spells `string_agg` like this too.
    let name = format!(
        "listagg({}{}, {}) WITHIN GROUP (ORDER BY {} {} NULLS {})",
        if call.distinct { "DISTINCT " } else { "" },
        call.arg(1)?.name,
        delimited.map_or("NULL", |arg| arg.name.as_ref()),
        key.name,
        if descending { "DESC" } else { "ASC" },
        nulls
    );
    let folded = fold(
        call,
        (call.name, format!("{delimiter} {order:?}")),
        &[value, key],
        (DataType::Utf8, true),
        1,
        move |columns| joined(columns, &delimiter, Some(order)),
    );
    Ok(folded.named(name))
}
