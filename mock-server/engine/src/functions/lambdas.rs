//! Functions with lambdas: what each binds its lambdas to, and what it makes of their answers.
//!
//! The bodies are evaluated by `lambda_body.rs`, over all items of a batch together; how a body
//! is resolved is the planner's business.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Int32Array, ListArray, UInt32Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, concat, take};
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::collections::{checked_map, entries_of, gathered, keys, map_fields, place, range};
use super::kernel::{Args, Kernel};
use super::lambda_body::Body;
use super::{CastMode, Function, Higher, cast, higher_order};
use crate::error::{Error, Result};
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::types::arrow::map;
use crate::types::coerce::{common, is_orderable};
use crate::types::sql_name;

pub(super) const TABLE: &[Function] = &[
    higher_order("aggregate", aggregate),
    higher_order("array_sort", array_sort),
    higher_order("exists", |call| quantified(call, true)),
    higher_order("filter", filter),
    higher_order("forall", |call| quantified(call, false)),
    higher_order("map_filter", map_filter),
    higher_order("map_zip_with", map_zip_with),
    higher_order("reduce", aggregate),
    higher_order("transform", transform),
    higher_order("transform_keys", |call| map_transform(call, true)),
    higher_order("transform_values", |call| map_transform(call, false)),
    higher_order("zip_with", zip_with),
];

/// What a lambda's variable holds.
type Variable = (DataType, bool);

/// A lambda with its body resolved.
struct Bound {
    body: Typed,
    variables: Vec<Column>,
    /// How Spark writes it in the call's name.
    name: String,
}

impl Bound {
    fn compiled(&self) -> Result<Body> {
        Body::new(&self.body, &self.variables)
    }
}

impl Higher<'_, '_> {
    /// Refuses a wrong number of arguments, lambdas among them.
    fn shape(&self, values: usize, lambdas: std::ops::RangeInclusive<usize>) -> Result<()> {
        if self.call.args.len() == values && lambdas.contains(&self.lambdas.len()) {
            return Ok(());
        }
        let found = self.call.args.len() + self.lambdas.len();
        let expected = |n: usize| (values + n).to_string();
        let expected = if lambdas.start() == lambdas.end() {
            expected(*lambdas.start())
        } else {
            format!(
                "[{}, {}]",
                expected(*lambdas.start()),
                expected(*lambdas.end())
            )
        };
        if (values + lambdas.start()..=values + lambdas.end()).contains(&found) {
            return Err(Error::unsupported(format!(
                "`{}` with a value in the place of a lambda",
                self.call.name
            ))
            .hint("write it as a lambda: `x -> …`")
            .at(self.call.origin.clone()));
        }
        Err(Error::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            [
                ("functionName", format!("`{}`", self.call.name)),
                ("expectedNum", expected),
                ("actualNum", found.to_string()),
                ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
            ],
        )
        .at(self.call.origin.clone()))
    }

    /// Resolves a lambda whose variables hold these.
    fn bind(&self, index: usize, variables: &[Variable]) -> Result<Bound> {
        let lambda = self
            .lambdas
            .get(index)
            .ok_or_else(|| Error::internal(format!("{} lost a lambda", self.call.name)))?;
        let variables: Vec<Column> = variables
            .iter()
            .map(|(data_type, nullable)| Column::new("", data_type.clone(), *nullable))
            .collect();
        let body = (self.resolve)(lambda, &variables, true)?;
        let marks = ", namedlambdavariable()".repeat(lambda.function.arguments.len());
        let name = format!("lambdafunction({}{marks})", body.name);
        Ok(Bound {
            body,
            variables,
            name,
        })
    }

    /// Resolves a lambda that may ask for the item's place beside the item.
    fn bind_item(&self, element: &FieldRef) -> Result<Bound> {
        let item = (element.data_type().clone(), element.is_nullable());
        let with_place = self
            .lambdas
            .first()
            .is_some_and(|lambda| lambda.function.arguments.len() == 2);
        if with_place {
            self.bind(0, &[item, (DataType::Int32, false)])
        } else {
            self.bind(0, &[item])
        }
    }

    /// The call's name with these lambdas.
    fn name(&self, lambdas: &[&Bound]) -> Arc<str> {
        let values = self.call.args.iter().map(|arg| arg.name.to_string());
        let lambdas = lambdas.iter().map(|bound| bound.name.clone());
        let all: Vec<String> = values.chain(lambdas).collect();
        format!("{}({})", self.call.name, all.join(", ")).into()
    }

    /// A complaint about an argument's type. Spark makes it before variables are bound, so that
    /// they stand in it with their own names.
    fn wrong_argument(&self, index: usize, required: &str) -> Error {
        let lambdas = self.lambdas.iter().map(|lambda| {
            let unknown: Vec<Column> = lambda
                .function
                .arguments
                .iter()
                .map(|_| Column::new("", DataType::Null, true))
                .collect();
            let body = (self.resolve)(lambda, &unknown, false)
                .map_or_else(|_| "…".to_owned(), |body| body.name.to_string());
            let own: String = lambda
                .function
                .arguments
                .iter()
                .map(|variable| format!(", {}", variable.name_parts.join(".")))
                .collect();
            format!("lambdafunction({body}{own})")
        });
        let values = self.call.args.iter().map(|arg| arg.name.to_string());
        let all: Vec<String> = values.chain(lambdas).collect();
        let text = format!("{}({})", self.call.name, all.join(", "));
        self.call
            .unexpected_type(index, required)
            .with("sqlExpr", format!("\"{text}\""))
    }

    fn array(&self, index: usize) -> Result<FieldRef> {
        match &self.call.arg(index)?.data_type {
            DataType::List(element) => Ok(Arc::clone(element)),
            _ => Err(self.wrong_argument(index, "ARRAY")),
        }
    }

    fn map(&self, index: usize) -> Result<(FieldRef, FieldRef)> {
        map_fields(self.call, index).map_err(|_| self.wrong_argument(index, "MAP"))
    }

    /// A lambda's answer as another type, if Spark would take it for one.
    fn answer(&self, bound: &mut Bound, place: &str, to: &DataType) -> Result<()> {
        if bound.body.data_type == DataType::Null {
            let name = Arc::clone(&bound.body.name);
            let mode = CastMode::implicit(self.call.context);
            bound.body = cast(self.call.context, bound.body.clone(), to, mode, None)?.named(name);
        }
        if &bound.body.data_type == to {
            return Ok(());
        }
        Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", self.name(&[bound]))),
                ("paramIndex", place.to_owned()),
                ("requiredType", format!("\"{}\"", sql_name(to))),
                ("inputSql", format!("\"{}\"", bound.name)),
                (
                    "inputType",
                    format!("\"{}\"", sql_name(&bound.body.data_type)),
                ),
            ],
        )
        .at(self.call.origin.clone()))
    }

    /// A kernel over the call's arguments and what the bodies capture.
    fn kernel(
        &self,
        bodies: Vec<Body>,
        result: (DataType, bool),
        name: Arc<str>,
        run: impl Fn(&Rows<'_>) -> Result<ArrayRef> + Send + Sync + 'static,
    ) -> Typed {
        let identity: Vec<String> = bodies.iter().map(Body::identity).collect();
        let mut exprs: Vec<_> = self.call.args.iter().map(|arg| arg.expr.clone()).collect();
        let values = exprs.len();
        let mut captured = Vec::new();
        for body in &bodies {
            let from = exprs.len();
            exprs.extend(body.captured.iter().cloned());
            captured.push(from..exprs.len());
        }
        let run = move |args: &Args| {
            let arrays = args.arrays()?;
            run(&Rows {
                values: &arrays[..values],
                bodies: &bodies,
                captured: captured.iter().map(|at| &arrays[at.clone()]).collect(),
                n_rows: args.rows,
            })
        };
        Kernel::typed(
            self.call.name,
            identity.join("; "),
            result,
            exprs,
            name,
            run,
        )
    }
}

/// A batch of rows at a higher-order kernel.
struct Rows<'a> {
    values: &'a [ArrayRef],
    bodies: &'a [Body],
    captured: Vec<&'a [ArrayRef]>,
    n_rows: usize,
}

impl Rows<'_> {
    /// A body's answer for every item.
    fn ask(&self, body: usize, variables: Vec<ArrayRef>, rows: &UInt32Array) -> Result<ArrayRef> {
        self.bodies[body].evaluate(variables, self.captured[body], rows)
    }
}

/// The items of lists or maps one after another, those under nulls left out.
struct Items {
    /// Where each item stands in the flat values.
    places: UInt32Array,
    /// The row of each item.
    rows: UInt32Array,
    /// The place of each item in its row.
    ordinals: Int32Array,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Items {
    fn of(offsets: &[i32], nulls: Option<&NullBuffer>) -> Result<Self> {
        let n_rows = offsets.len().saturating_sub(1);
        let (mut places, mut rows, mut ordinals) = (Vec::new(), Vec::new(), Vec::new());
        let mut lengths = Vec::with_capacity(n_rows);
        for row in 0..n_rows {
            let items = range(offsets, row);
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                lengths.push(0);
                continue;
            }
            lengths.push(items.len());
            for (ordinal, at) in items.enumerate() {
                places.push(place(at)?);
                rows.push(place(row)?);
                ordinals.push(i32::try_from(ordinal).unwrap_or(i32::MAX));
            }
        }
        Ok(Self {
            places: places.into(),
            rows: rows.into(),
            ordinals: ordinals.into(),
            offsets: OffsetBuffer::from_lengths(lengths),
            nulls: nulls.cloned(),
        })
    }

    fn of_list(list: &ListArray) -> Result<Self> {
        Self::of(list.offsets(), list.nulls())
    }

    fn take(&self, values: &ArrayRef) -> Result<ArrayRef> {
        Ok(take(values, &self.places, None)?)
    }

    /// The item and its place, for lambdas that take either one or both.
    fn variables(&self, values: &ArrayRef) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.take(values)?, Arc::new(self.ordinals.clone())])
    }

    /// Lists of new items.
    fn list(self, element: &FieldRef, values: ArrayRef) -> Result<ArrayRef> {
        let element = Arc::clone(element);
        let list = ListArray::try_new(element, self.offsets, values, self.nulls)?;
        Ok(Arc::new(list))
    }
}

fn transform(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let bound = higher.bind_item(&element)?;
    let item = Field::new("element", bound.body.data_type.clone(), bound.body.nullable);
    let item = Arc::new(item);
    let result = (
        DataType::List(Arc::clone(&item)),
        higher.call.arg(0)?.nullable,
    );
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let answers = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            items.list(&item, answers)
        }),
    )
}

fn filter(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let mut bound = higher.bind_item(&element)?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let arg = higher.call.arg(0)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let kept = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            let chosen = kept_places(&items, kept.as_boolean());
            gathered(list.values(), chosen, list.nulls().cloned(), &element)
        }),
    )
}

/// The places of the items for which the answer is true, row by row.
fn kept_places(items: &Items, kept: &BooleanArray) -> Vec<Vec<Option<u32>>> {
    (0..items.offsets.len().saturating_sub(1))
        .map(|row| {
            range(&items.offsets, row)
                .filter(|at| kept.is_valid(*at) && kept.value(*at))
                .map(|at| Some(items.places.value(at)))
                .collect()
        })
        .collect()
}

/// `exists` and `forall`, in three-valued logic.
fn quantified(higher: &Higher<'_, '_>, any: bool) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let element = higher.array(0)?;
    let item = (element.data_type().clone(), element.is_nullable());
    let mut bound = higher.bind(0, &[item])?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let nullable = higher.call.arg(0)?.nullable || bound.body.nullable;
    let name = higher.name(&[&bound]);
    let result = (DataType::Boolean, nullable);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let items = Items::of_list(list)?;
            let answers = rows.ask(0, items.variables(list.values())?, &items.rows)?;
            let answers = answers.as_boolean();
            let mut result = BooleanBuilder::with_capacity(rows.n_rows);
            for row in 0..rows.n_rows {
                let mut all = range(&items.offsets, row);
                if list.is_null(row) {
                    result.append_null();
                } else if all
                    .clone()
                    .any(|at| answers.is_valid(at) && answers.value(at) == any)
                {
                    result.append_value(any);
                } else if all.any(|at| answers.is_null(at)) {
                    result.append_null();
                } else {
                    result.append_value(!any);
                }
            }
            Ok(Arc::new(result.finish()))
        }),
    )
}

/// `aggregate(items, zero, merge[, finish])`: the first items of all rows together, then the second
/// items, and so on.
fn aggregate(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=2)?;
    let element = higher.array(0)?;
    let zero = higher.call.arg(1)?.data_type.clone();
    let item = (element.data_type().clone(), element.is_nullable());
    let mut merge = higher.bind(0, &[(zero.clone(), true), item])?;
    let (mut bodies, finish) = if higher.lambdas.len() == 2 {
        let finish = higher.bind(1, &[(zero.clone(), true)])?;
        (vec![finish.compiled()?], Some(finish))
    } else {
        (Vec::new(), None)
    };
    let name = match &finish {
        Some(finish) => higher.name(&[&merge, finish]),
        None => {
            // Spark's own last lambda gives back what it gets.
            let text = higher.name(&[&merge]);
            let text = text.strip_suffix(')').unwrap_or(&text);
            format!("{text}, lambdafunction(namedlambdavariable(), namedlambdavariable()))").into()
        }
    };
    higher
        .answer(&mut merge, "third", &zero)
        .map_err(|error| error.with("sqlExpr", format!("\"{name}\"")))?;
    let finished = finish.as_ref().map_or(zero, |f| f.body.data_type.clone());
    let nullable = higher.call.arg(0)?.nullable || finish.as_ref().is_none_or(|f| f.body.nullable);
    bodies.insert(0, merge.compiled()?);
    Ok(higher.kernel(bodies, (finished, nullable), name, |rows| {
        let list = rows.values[0].as_list::<i32>();
        let mut states = Arc::clone(&rows.values[1]);
        let longest = (0..rows.n_rows)
            .filter(|row| list.is_valid(*row))
            .map(|row| range(list.offsets(), row).len())
            .max()
            .unwrap_or(0);
        for step in 0..longest {
            let (mut going, mut items) = (Vec::new(), Vec::new());
            for row in (0..rows.n_rows).filter(|row| list.is_valid(*row)) {
                if let Some(at) = range(list.offsets(), row).nth(step) {
                    going.push(place(row)?);
                    items.push(place(at)?);
                }
            }
            let going = UInt32Array::from(going);
            let variables = vec![
                take(&states, &going, None)?,
                take(list.values(), &UInt32Array::from(items), None)?,
            ];
            let merged = rows.ask(0, variables, &going)?;
            states = replaced(&states, &going, &merged)?;
        }
        let alive: UInt32Array = (0..rows.n_rows)
            .map(|row| u32::try_from(row).ok().filter(|_| list.is_valid(row)))
            .collect();
        if rows.bodies.len() == 1 {
            return Ok(take(&states, &alive, None)?);
        }
        let living: UInt32Array = alive.iter().flatten().collect();
        let finished = rows.ask(1, vec![take(&states, &living, None)?], &living)?;
        let mut next = 0;
        let back: UInt32Array = alive
            .iter()
            .map(|row| {
                row.map(|_| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Ok(take(&finished, &back, None)?)
    }))
}

/// The array with the values at these rows replaced.
fn replaced(values: &ArrayRef, rows: &UInt32Array, by: &ArrayRef) -> Result<ArrayRef> {
    let mut places: Vec<u32> = (0..values.len()).map(place).collect::<Result<_>>()?;
    for (at, row) in rows.values().iter().enumerate() {
        if let Some(slot) = places.get_mut(*row as usize) {
            *slot = place(values.len() + at)?;
        }
    }
    let both = concat(&[values.as_ref(), by.as_ref()])?;
    Ok(take(&both, &UInt32Array::from(places), None)?)
}

fn zip_with(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=1)?;
    let (left, right) = (higher.array(0)?, higher.array(1)?);
    let variables = [
        (left.data_type().clone(), true),
        (right.data_type().clone(), true),
    ];
    let bound = higher.bind(0, &variables)?;
    let item = Field::new("element", bound.body.data_type.clone(), bound.body.nullable);
    let item = Arc::new(item);
    let result = (
        DataType::List(Arc::clone(&item)),
        higher.call.any_nullable(),
    );
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let left = rows.values[0].as_list::<i32>();
            let right = rows.values[1].as_list::<i32>();
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
            let (mut of, mut lengths) = (Vec::new(), Vec::new());
            for row in 0..rows.n_rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let (l, r) = (range(left.offsets(), row), range(right.offsets(), row));
                let n = l.len().max(r.len());
                lengths.push(n);
                for at in 0..n {
                    from_left.push(l.clone().nth(at).map(place).transpose()?);
                    from_right.push(r.clone().nth(at).map(place).transpose()?);
                    of.push(place(row)?);
                }
            }
            let variables = vec![
                take(left.values(), &UInt32Array::from(from_left), None)?,
                take(right.values(), &UInt32Array::from(from_right), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            let list = ListArray::try_new(Arc::clone(&item), offsets, answers, nulls)?;
            Ok(Arc::new(list))
        }),
    )
}

fn pair(key: &FieldRef, value: &FieldRef) -> [Variable; 2] {
    [
        (key.data_type().clone(), false),
        (value.data_type().clone(), value.is_nullable()),
    ]
}

fn map_filter(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let (key, value) = higher.map(0)?;
    let mut bound = higher.bind(0, &pair(&key, &value))?;
    higher.answer(&mut bound, "second", &DataType::Boolean)?;
    let arg = higher.call.arg(0)?;
    let result = (arg.data_type.clone(), arg.nullable);
    let entries = entries_of(&arg.data_type)?;
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let maps = rows.values[0].as_map();
            let items = Items::of(maps.offsets(), maps.nulls())?;
            let variables = vec![items.take(maps.keys())?, items.take(maps.values())?];
            let kept = rows.ask(0, variables, &items.rows)?;
            let chosen = kept_places(&items, kept.as_boolean());
            let offsets = OffsetBuffer::from_lengths(chosen.iter().map(Vec::len));
            let places: UInt32Array = chosen.into_iter().flatten().collect();
            let both = [
                take(maps.keys(), &places, None)?,
                take(maps.values(), &places, None)?,
            ];
            checked_map(&entries, offsets, both, maps.nulls().cloned())
        }),
    )
}

/// `transform_keys` and `transform_values`.
fn map_transform(higher: &Higher<'_, '_>, of_keys: bool) -> Result<Typed> {
    higher.shape(1, 1..=1)?;
    let (key, value) = higher.map(0)?;
    let bound = higher.bind(0, &pair(&key, &value))?;
    let data_type = if of_keys {
        map(
            bound.body.data_type.clone(),
            value.data_type().clone(),
            value.is_nullable(),
        )
    } else {
        map(
            key.data_type().clone(),
            bound.body.data_type.clone(),
            bound.body.nullable,
        )
    };
    let entries = entries_of(&data_type)?;
    let result = (data_type, higher.call.arg(0)?.nullable);
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let maps = rows.values[0].as_map();
            let items = Items::of(maps.offsets(), maps.nulls())?;
            let (of, to) = (items.take(maps.keys())?, items.take(maps.values())?);
            let answers = rows.ask(0, vec![Arc::clone(&of), Arc::clone(&to)], &items.rows)?;
            let both = if of_keys {
                [answers, to]
            } else {
                [of, answers]
            };
            checked_map(&entries, items.offsets, both, items.nulls)
        }),
    )
}

fn map_zip_with(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(2, 1..=1)?;
    let ((left_key, left), (right_key, right)) = (higher.map(0)?, higher.map(1)?);
    let ansi = higher.call.context.ansi;
    let Some(key) = common(left_key.data_type(), right_key.data_type(), ansi) else {
        return Err(Error::new(
            "DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES",
            [
                ("sqlExpr", format!("\"{}\"", higher.call.default_name())),
                ("functionName", format!("`{}`", higher.call.name)),
                (
                    "leftType",
                    format!("\"{}\"", sql_name(left_key.data_type())),
                ),
                (
                    "rightType",
                    format!("\"{}\"", sql_name(right_key.data_type())),
                ),
            ],
        )
        .at(higher.call.origin.clone()));
    };
    let variables = [
        (key.clone(), false),
        (left.data_type().clone(), true),
        (right.data_type().clone(), true),
    ];
    let bound = higher.bind(0, &variables)?;
    let data_type = map(
        key.clone(),
        bound.body.data_type.clone(),
        bound.body.nullable,
    );
    let entries = entries_of(&data_type)?;
    let result = (data_type, higher.call.any_nullable());
    let name = higher.name(&[&bound]);
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let (left, right) = (rows.values[0].as_map(), rows.values[1].as_map());
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let as_key = |keys: &ArrayRef| arrow::compute::cast(keys, &key);
            let all_keys = concat(&[&as_key(left.keys())?, &as_key(right.keys())?])?;
            let compared = keys(&all_keys)?;
            let (mut of, mut lengths) = (Vec::new(), Vec::new());
            let (mut at_key, mut at_left, mut at_right) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..rows.n_rows {
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    lengths.push(0);
                    continue;
                }
                let before = of.len();
                let theirs = range(right.offsets(), row);
                let shift = left.keys().len();
                let mut seen = vec![false; theirs.len()];
                for mine in range(left.offsets(), row) {
                    let same = theirs
                        .clone()
                        .position(|at| compared.row(shift + at) == compared.row(mine));
                    at_key.push(place(mine)?);
                    at_left.push(Some(place(mine)?));
                    at_right.push(same.map(|n| place(theirs.start + n)).transpose()?);
                    if let Some(slot) = same.and_then(|n| seen.get_mut(n)) {
                        *slot = true;
                    }
                    of.push(place(row)?);
                }
                for (at, _) in theirs.zip(seen).filter(|(_, seen)| !seen) {
                    at_key.push(place(shift + at)?);
                    at_left.push(None);
                    at_right.push(Some(place(at)?));
                    of.push(place(row)?);
                }
                lengths.push(of.len() - before);
            }
            let found = take(&all_keys, &UInt32Array::from(at_key), None)?;
            let variables = vec![
                Arc::clone(&found),
                take(left.values(), &UInt32Array::from(at_left), None)?,
                take(right.values(), &UInt32Array::from(at_right), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            checked_map(
                &entries,
                OffsetBuffer::from_lengths(lengths),
                [found, answers],
                nulls,
            )
        }),
    )
}

/// The comparator that Spark writes when the user gives none: ascending, nulls last.
fn default_comparator(left: &str, right: &str) -> String {
    format!(
        "lambdafunction((IF((({left} IS NULL) AND ({right} IS NULL)), 0, (IF(({left} IS NULL), 1, \
         (IF(({right} IS NULL), -1, (IF(({left} < {right}), -1, (IF(({left} > {right}), 1, \
         0)))))))))), {left}, {right})"
    )
}

fn array_sort(higher: &Higher<'_, '_>) -> Result<Typed> {
    higher.shape(1, 0..=1)?;
    let arg = higher.call.arg(0)?;
    let DataType::List(element) = arg.data_type.clone() else {
        let error = higher.wrong_argument(0, "ARRAY");
        return Err(if higher.lambdas.is_empty() {
            let lambda = default_comparator("left", "right");
            error.with("sqlExpr", format!("\"array_sort({}, {lambda})\"", arg.name))
        } else {
            error
        });
    };
    let result = (arg.data_type.clone(), arg.nullable);
    if higher.lambdas.is_empty() {
        let variable = "namedlambdavariable()";
        let lambda = default_comparator(variable, variable);
        if !is_orderable(element.data_type()) {
            return Err(higher.wrong_argument(0, "ARRAY"));
        }
        let name: Arc<str> = format!("array_sort({}, {lambda})", arg.name).into();
        return Ok(higher.kernel(Vec::new(), result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let options = SortOptions::new(false, false);
            let field = SortField::new_with_options(list.values().data_type().clone(), options);
            let keys =
                RowConverter::new(vec![field])?.convert_columns(&[Arc::clone(list.values())])?;
            let sorted = (0..rows.n_rows)
                .map(|row| {
                    let mut items: Vec<usize> = range(list.offsets(), row).collect();
                    items.sort_by(|a, b| keys.row(*a).cmp(&keys.row(*b)));
                    items.into_iter().map(|at| place(at).map(Some)).collect()
                })
                .collect::<Result<Vec<_>>>()?;
            gathered(list.values(), sorted, list.nulls().cloned(), &element)
        }));
    }
    let item = (element.data_type().clone(), element.is_nullable());
    let bound = higher.bind(0, &[item.clone(), item])?;
    let name = higher.name(&[&bound]);
    if bound.body.data_type != DataType::Int32 {
        return Err(Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE",
            [
                ("sqlExpr", format!("\"{name}\"")),
                ("functionName", "`lambdafunction`".to_owned()),
                ("expectedType", "\"INT\"".to_owned()),
                (
                    "actualType",
                    format!("\"{}\"", sql_name(&bound.body.data_type)),
                ),
            ],
        )
        .at(higher.call.origin.clone()));
    }
    Ok(
        higher.kernel(vec![bound.compiled()?], result, name, move |rows| {
            let list = rows.values[0].as_list::<i32>();
            let sorted = sorted_by_comparator(rows, list)?;
            gathered(list.values(), sorted, list.nulls().cloned(), &element)
        }),
    )
}

/// Two sorted runs of one row on their way into one.
struct Merge {
    row: usize,
    runs: [Vec<u32>; 2],
    taken: [usize; 2],
    merged: Vec<u32>,
}

impl Merge {
    /// The items to be compared next.
    fn heads(&self) -> Option<(u32, u32)> {
        let left = self.runs[0].get(self.taken[0])?;
        let right = self.runs[1].get(self.taken[1])?;
        Some((*left, *right))
    }

    fn take(&mut self, side: usize) {
        if let Some(item) = self.runs[side].get(self.taken[side]) {
            self.merged.push(*item);
            self.taken[side] += 1;
        }
    }

    fn finish(mut self) -> Vec<u32> {
        for side in [0, 1] {
            self.merged.extend(&self.runs[side][self.taken[side]..]);
        }
        self.merged
    }
}

/// A stable merge sort of all rows at once: every merge under way asks for one comparison, and the
/// comparator answers them together.
fn sorted_by_comparator(rows: &Rows<'_>, list: &ListArray) -> Result<Vec<Vec<Option<u32>>>> {
    let mut runs: Vec<Vec<Vec<u32>>> = (0..rows.n_rows)
        .map(|row| {
            let items = if list.is_null(row) {
                0..0
            } else {
                range(list.offsets(), row)
            };
            items.map(|at| place(at).map(|at| vec![at])).collect()
        })
        .collect::<Result<_>>()?;
    while runs.iter().any(|of_row| of_row.len() > 1) {
        let mut merges = Vec::new();
        for (row, of_row) in runs.iter_mut().enumerate() {
            let mut all = std::mem::take(of_row).into_iter();
            while let Some(left) = all.next() {
                let right = all.next().unwrap_or_default();
                merges.push(Merge {
                    row,
                    runs: [left, right],
                    taken: [0, 0],
                    merged: Vec::new(),
                });
            }
        }
        loop {
            let (mut left, mut right, mut of) = (Vec::new(), Vec::new(), Vec::new());
            for merge in &merges {
                if let Some(heads) = merge.heads() {
                    left.push(heads.0);
                    right.push(heads.1);
                    of.push(place(merge.row)?);
                }
            }
            if of.is_empty() {
                break;
            }
            let variables = vec![
                take(list.values(), &UInt32Array::from(left.clone()), None)?,
                take(list.values(), &UInt32Array::from(right.clone()), None)?,
            ];
            let answers = rows.ask(0, variables, &UInt32Array::from(of))?;
            let answers = answers.as_primitive::<Int32Type>();
            if let Some(at) = (0..answers.len()).find(|at| answers.is_null(*at)) {
                return Err(no_answer(list, left[at], right[at]));
            }
            let waiting = merges.iter_mut().filter(|merge| merge.heads().is_some());
            for (merge, answer) in waiting.zip(answers.values()) {
                merge.take(usize::from(*answer > 0));
            }
        }
        for merge in merges {
            let row = merge.row;
            runs[row].push(merge.finish());
        }
    }
    Ok(runs
        .into_iter()
        .map(|of_row| of_row.into_iter().flatten().map(Some).collect())
        .collect())
}

fn no_answer(list: &ListArray, left: u32, right: u32) -> Error {
    let options = FormatOptions::default().with_null("null");
    let text = |at: u32| {
        ArrayFormatter::try_new(list.values().as_ref(), &options)
            .map(|shown| shown.value(at as usize).to_string())
            .unwrap_or_default()
    };
    Error::new(
        "COMPARATOR_RETURNS_NULL",
        [("firstValue", text(left)), ("secondValue", text(right))],
    )
}
