//! What all functions with lambdas share: binding lambdas, and the batch of items their bodies see.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, ListArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, FieldRef};

use crate::error::{Error, Result};
use crate::functions::collections::{map_fields, place, range};
use crate::functions::kernel::{Args, Kernel};
use crate::functions::lambda_body::Body;
use crate::functions::{CastMode, Higher, cast};
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::types::sql_name;

/// What a lambda's variable holds.
pub(super) type Variable = (DataType, bool);

/// A lambda with its body resolved.
pub(super) struct Bound {
    pub(super) body: Typed,
    variables: Vec<Column>,
    /// How Spark writes it in the call's name.
    name: String,
}

impl Bound {
    pub(super) fn compiled(&self) -> Result<Body> {
        Body::new(&self.body, &self.variables)
    }
}

impl Higher<'_, '_> {
    /// Refuses a wrong number of arguments, lambdas among them.
    pub(super) fn shape(
        &self,
        values: usize,
        lambdas: std::ops::RangeInclusive<usize>,
    ) -> Result<()> {
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
    pub(super) fn bind(&self, index: usize, variables: &[Variable]) -> Result<Bound> {
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
    pub(super) fn bind_item(&self, element: &FieldRef) -> Result<Bound> {
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
    pub(super) fn name(&self, lambdas: &[&Bound]) -> Arc<str> {
        let values = self.call.args.iter().map(|arg| arg.name.to_string());
        let lambdas = lambdas.iter().map(|bound| bound.name.clone());
        let all: Vec<String> = values.chain(lambdas).collect();
        format!("{}({})", self.call.name, all.join(", ")).into()
    }

    /// A complaint about an argument's type. Spark makes it before variables are bound, so that
    /// they stand in it with their own names.
    pub(super) fn wrong_argument(&self, index: usize, required: &str) -> Error {
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
        let mut all: Vec<String> = values.chain(lambdas).collect();
        if matches!(self.call.name, "aggregate" | "reduce") && self.lambdas.len() == 1 {
            all.push("lambdafunction(id, id)".to_owned());
        }
        let text = format!("{}({})", self.call.name, all.join(", "));
        self.call
            .unexpected_type(index, required)
            .with("sqlExpr", format!("\"{text}\""))
    }

    pub(super) fn array(&self, index: usize) -> Result<FieldRef> {
        match &self.call.arg(index)?.data_type {
            DataType::List(element) => Ok(Arc::clone(element)),
            _ => Err(self.wrong_argument(index, "ARRAY")),
        }
    }

    pub(super) fn map(&self, index: usize) -> Result<(FieldRef, FieldRef)> {
        map_fields(self.call, index).map_err(|_| self.wrong_argument(index, "MAP"))
    }

    /// A lambda's answer as another type, if Spark would take it for one.
    pub(super) fn answer(&self, bound: &mut Bound, place: &str, to: &DataType) -> Result<()> {
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
    pub(super) fn kernel(
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
pub(super) struct Rows<'a> {
    pub(super) values: &'a [ArrayRef],
    pub(super) bodies: &'a [Body],
    captured: Vec<&'a [ArrayRef]>,
    pub(super) n_rows: usize,
}

impl Rows<'_> {
    /// A body's answer for every item.
    pub(super) fn ask(
        &self,
        body: usize,
        variables: Vec<ArrayRef>,
        rows: &UInt32Array,
    ) -> Result<ArrayRef> {
        self.bodies[body].evaluate(variables, self.captured[body], rows)
    }
}

/// The items of lists or maps one after another, those under nulls left out.
pub(super) struct Items {
    /// Where each item stands in the flat values.
    pub(super) places: UInt32Array,
    /// The row of each item.
    pub(super) rows: UInt32Array,
    /// The place of each item in its row.
    ordinals: Int32Array,
    pub(super) offsets: OffsetBuffer<i32>,
    pub(super) nulls: Option<NullBuffer>,
}

impl Items {
    pub(super) fn of(offsets: &[i32], nulls: Option<&NullBuffer>) -> Result<Self> {
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

    pub(super) fn of_list(list: &ListArray) -> Result<Self> {
        Self::of(list.offsets(), list.nulls())
    }

    pub(super) fn take(&self, values: &ArrayRef) -> Result<ArrayRef> {
        Ok(take(values, &self.places, None)?)
    }

    /// The item and its place, for lambdas that take either one or both.
    pub(super) fn variables(&self, values: &ArrayRef) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.take(values)?, Arc::new(self.ordinals.clone())])
    }

    /// Lists of new items.
    pub(super) fn list(self, element: &FieldRef, values: ArrayRef) -> Result<ArrayRef> {
        let element = Arc::clone(element);
        let list = ListArray::try_new(element, self.offsets, values, self.nulls)?;
        Ok(Arc::new(list))
    }
}
