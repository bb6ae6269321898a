//! Functions that make rows: `explode` and its kin, as one list column whose items become rows.
//!
//! The planner unnests the list; this file only builds it and names its columns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray, StructArray, UInt32Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{interleave, take};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::logical_expr::Expr;

use super::conditional::unify;
use super::kernel::Kernel;
use super::kernels::json::{Value, parse};
use super::{Call, Function, Generator, generator};
use crate::error::{Error, Result};
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::types::arrow::same_shape;
use crate::types::interval;
use crate::types::sql_name;

pub(super) const TABLE: &[Function] = &[
    generator("explode", |call| explode(call, false, false)),
    generator("explode_outer", |call| explode(call, false, true)),
    generator("inline", |call| inline(call, false)),
    generator("inline_outer", |call| inline(call, true)),
    generator("json_tuple", json_tuple),
    generator("posexplode", |call| explode(call, true, false)),
    generator("posexplode_outer", |call| explode(call, true, true)),
    generator("stack", stack),
];

/// The columns of these fields; some generators say of all that they may be null.
fn columns(fields: &Fields, nullable: bool) -> Vec<Column> {
    fields
        .iter()
        .map(|field| {
            let mut column = Column::new(
                field.name().as_str(),
                field.data_type().clone(),
                field.is_nullable() || nullable,
            );
            if let Some(fields) = interval::Fields::of(field.data_type(), field.metadata()) {
                fields.note(field.data_type(), &mut column.metadata);
            }
            column
        })
        .collect()
}

fn explode(call: &Call<'_>, position: bool, outer: bool) -> Result<Generator> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let mut fields: Vec<FieldRef> = Vec::new();
    if position {
        fields.push(Arc::new(Field::new("pos", DataType::Int32, false)));
    }
    match &arg.data_type {
        DataType::List(item) => {
            let column = Field::new("col", item.data_type().clone(), item.is_nullable());
            fields.push(Arc::new(column.with_metadata(item.metadata().clone())));
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => fields.extend(pair.iter().cloned()),
            other => return Err(Error::internal(format!("a map of {other}"))),
        },
        _ => return Err(call.unexpected_type(0, "(\"ARRAY\" or \"MAP\")")),
    }
    let fields: Fields = fields.into();
    let is_struct = fields.len() > 1;
    let list = if is_struct {
        structs(arg.expr.clone(), fields.clone(), position)
    } else {
        arg.expr.clone()
    };
    Ok(Generator {
        list,
        columns: columns(&fields, outer),
        is_struct,
        outer,
    })
}

/// The list or map as a list of structs, each with its place in front if asked for.
fn structs(value: Expr, fields: Fields, position: bool) -> Expr {
    let item = Arc::new(Field::new(
        "element",
        DataType::Struct(fields.clone()),
        false,
    ));
    let result = (DataType::List(Arc::clone(&item)), true);
    let options = format!("{fields:?} {position}");
    Kernel::call("rows_of", options, result, vec![value], move |args| {
        let array = args.array(0)?;
        let (offsets, values, nulls) = match array.data_type() {
            DataType::Map(..) => {
                let map = array.as_map();
                (
                    map.offsets().clone(),
                    map.entries().columns().to_vec(),
                    map.nulls().cloned(),
                )
            }
            _ => {
                let list = array.as_list::<i32>();
                (
                    list.offsets().clone(),
                    vec![Arc::clone(list.values())],
                    list.nulls().cloned(),
                )
            }
        };
        let n = values.first().map_or(0, |column| column.len());
        let mut all: Vec<ArrayRef> = Vec::new();
        if position {
            let mut places = vec![0_i32; n];
            for range in offsets.windows(2) {
                for at in range[0]..range[1] {
                    if let Some(place) = usize::try_from(at).ok().and_then(|at| places.get_mut(at))
                    {
                        *place = at - range[0];
                    }
                }
            }
            all.push(Arc::new(Int32Array::from(places)));
        }
        all.extend(values);
        let all = crate::types::arrow::relabel_all(&all, &fields)?;
        let rows = StructArray::try_new_with_length(fields.clone(), all, None, n)?;
        Ok(Arc::new(ListArray::try_new(
            Arc::clone(&item),
            offsets,
            Arc::new(rows),
            nulls,
        )?))
    })
}

/// `inline_outer` complains in the other's name.
fn not_structs(call: &Call<'_>) -> Error {
    let shown = format!("\"{}\"", call.name_as("inline"));
    call.unexpected_type(0, "ARRAY<STRUCT>")
        .with("sqlExpr", shown)
}

fn inline(call: &Call<'_>, outer: bool) -> Result<Generator> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let DataType::List(item) = &arg.data_type else {
        return Err(not_structs(call));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(not_structs(call));
    };
    Ok(Generator {
        list: arg.expr.clone(),
        columns: columns(fields, item.is_nullable() || outer),
        is_struct: true,
        outer,
    })
}

/// `stack(n, v1, v2, …)`: the values in `n` rows.
fn stack(call: &Call<'_>) -> Result<Generator> {
    call.arity(2..=usize::MAX)?;
    let n = call
        .arg(0)?
        .constant_i64()
        .and_then(|n| usize::try_from(n).ok());
    let Some(n) = n.filter(|n| *n > 0) else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("exprName", "`n`".to_owned()),
                ("valueRange", "(0, 2147483647]".to_owned()),
                ("currentValue", call.arg(0)?.name.to_string()),
            ],
        )
        .at(call.origin.clone()));
    };
    let values = &call.args[1..];
    let width = values.len().div_ceil(n);
    let mut fields: Vec<FieldRef> = Vec::new();
    let mut by_column: Vec<Vec<Expr>> = Vec::new();
    for index in 0..width {
        let column: Vec<_> = values.iter().skip(index).step_by(width).cloned().collect();
        same_types(call, &column, (index, width))?;
        let full = column.len() == n;
        let column = unify(call, &column, &call.default_name())?;
        let data_type = column
            .first()
            .map_or(DataType::Null, |value| value.data_type.clone());
        let nullable = !full || column.iter().any(|value| value.nullable);
        fields.push(Arc::new(Field::new(
            format!("col{index}"),
            data_type,
            nullable,
        )));
        by_column.push(column.into_iter().map(|value| value.expr).collect());
    }
    let fields: Fields = fields.into();
    let lengths: Vec<usize> = by_column.iter().map(Vec::len).collect();
    let item = Arc::new(Field::new(
        "element",
        DataType::Struct(fields.clone()),
        false,
    ));
    let options = format!("{n} {fields:?}");
    let result = (DataType::List(Arc::clone(&item)), false);
    let exprs = by_column.into_iter().flatten().collect();
    let inner = fields.clone();
    let list = Kernel::call("stack", options, result, exprs, move |args| {
        let arrays = args.arrays()?;
        let mut first = 0;
        let mut all = Vec::with_capacity(lengths.len());
        for (length, field) in lengths.iter().zip(&inner) {
            all.push(column(
                &arrays[first..first + length],
                n,
                args.rows,
                field.data_type(),
            )?);
            first += length;
        }
        let rows = StructArray::try_new_with_length(inner.clone(), all, None, args.rows * n)?;
        Ok(Arc::new(ListArray::try_new(
            Arc::clone(&item),
            OffsetBuffer::from_repeated_length(n, args.rows),
            Arc::new(rows),
            None,
        )?))
    });
    Ok(Generator {
        list,
        columns: columns(&fields, true),
        is_struct: true,
        outer: false,
    })
}

/// The values of a column must be of one type; only nulls may be of none.
fn same_types(call: &Call<'_>, column: &[Typed], (index, width): (usize, usize)) -> Result<()> {
    let mut known = column
        .iter()
        .enumerate()
        .filter(|(_, value)| value.data_type != DataType::Null);
    let Some((first, left)) = known.next() else {
        return Ok(());
    };
    let other = known.find(|(_, value)| !same_shape(&value.data_type, &left.data_type));
    let Some((row, right)) = other else {
        return Ok(());
    };
    let place = |row: usize| (row * width + index + 1).to_string();
    Err(Error::new(
        "DATATYPE_MISMATCH.STACK_COLUMN_DIFF_TYPES",
        [
            ("sqlExpr", format!("\"{}\"", call.default_name())),
            ("columnIndex", index.to_string()),
            ("leftParamIndex", place(first)),
            ("leftType", format!("\"{}\"", sql_name(&left.data_type))),
            ("rightParamIndex", place(row)),
            ("rightType", format!("\"{}\"", sql_name(&right.data_type))),
        ],
    )
    .at(call.origin.clone()))
}

/// `json_tuple(text, field, …)`: the fields of an object as strings, in one row.
fn json_tuple(call: &Call<'_>) -> Result<Generator> {
    call.arity(2..=usize::MAX)?;
    if call.args.iter().any(|arg| arg.data_type != DataType::Utf8) {
        return Err(Error::new(
            "DATATYPE_MISMATCH.NON_STRING_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", call.default_name())),
                ("funcName", "`json_tuple`".to_owned()),
            ],
        )
        .at(call.origin.clone()));
    }
    let fields: Fields = (1..call.args.len())
        .map(|index| Field::new(format!("c{}", index - 1), DataType::Utf8, true))
        .collect();
    let item = Arc::new(Field::new(
        "element",
        DataType::Struct(fields.clone()),
        false,
    ));
    let result = (DataType::List(Arc::clone(&item)), false);
    let exprs = call.args.iter().map(|arg| arg.expr.clone()).collect();
    let inner = fields.clone();
    let list = Kernel::call("json_tuple", "", result, exprs, move |args| {
        let arrays = args.arrays()?;
        let (texts, names) = arrays
            .split_first()
            .ok_or_else(|| Error::internal("json_tuple without a text"))?;
        let objects: Vec<Option<Value>> = texts
            .as_string::<i32>()
            .iter()
            .map(|text| parse(text?, false))
            .collect();
        let columns = names
            .iter()
            .map(|names| {
                let found: StringArray = names
                    .as_string::<i32>()
                    .iter()
                    .zip(&objects)
                    .map(|(name, object)| object.as_ref()?.member(name?)?.text())
                    .collect();
                Arc::new(found) as ArrayRef
            })
            .collect();
        let rows = StructArray::try_new_with_length(inner.clone(), columns, None, args.rows)?;
        Ok(Arc::new(ListArray::try_new(
            Arc::clone(&item),
            OffsetBuffer::from_repeated_length(1, args.rows),
            Arc::new(rows),
            None,
        )?))
    });
    Ok(Generator {
        list,
        columns: columns(&fields, true),
        is_struct: true,
        outer: false,
    })
}

/// The values of one column of `stack`, row after row; what is missing is null.
fn column(values: &[ArrayRef], n: usize, rows: usize, data_type: &DataType) -> Result<ArrayRef> {
    let values: Vec<ArrayRef> = values
        .iter()
        .map(|value| crate::types::arrow::relabel(value, data_type))
        .collect::<Result<_>>()?;
    let parts: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
    let have = parts.len();
    let places: Vec<(usize, usize)> = (0..rows)
        .flat_map(|row| (0..have).map(move |part| (part, row)))
        .collect();
    let woven = interleave(&parts, &places)?;
    if have == n {
        return Ok(woven);
    }
    let spread: UInt32Array = (0..rows)
        .flat_map(|row| {
            (0..n).map(move |part| {
                (part < have)
                    .then(|| u32::try_from(row * have + part).ok())
                    .flatten()
            })
        })
        .collect();
    Ok(take(&woven, &spread, None)?)
}
