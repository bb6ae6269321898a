//! `sample`, `randomSplit`, `sampleBy`: the rows that Spark would draw from one partition.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, UInt64Type};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{Sort as SortExpr, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Case, Expr, Filter, LogicalPlan, Sort, Window, WindowFrame, WindowFunctionDefinition,
};
use sparring_proto::Required;
use sparring_proto::connect::{self as proto};

use super::generate::unnest;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::random::{Sequence, XorShift};
use crate::functions::kernels::text;
use crate::functions::{self, Generator};
use crate::plan::expression::literal::literal;
use crate::plan::scope::{Column, ColumnId};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::types::arrow::list;
use crate::types::coerce::is_orderable;

impl Planner<'_> {
    /// `Sample`.
    pub(super) fn sample(&self, node: &proto::Sample) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("sample.input")?)?;
        let (low, high) = (node.lower_bound, node.upper_bound);
        // The client draws a seed; a plan without one is drawn anew each time.
        let seed = node.seed.unwrap_or(self.context.now_us);
        if node.with_replacement() {
            if high < low {
                return Err(out_of_range(high - low, "nonnegative with replacement"));
            }
            return repeated(input, high - low, seed);
        }
        if !(-1e-6..=1.0 + 1e-6).contains(&low) || !(-1e-6..=1.0 + 1e-6).contains(&high) {
            let must = "on interval [0, 1] without replacement";
            return Err(out_of_range(high - low, must));
        }
        let input = if node.deterministic_order {
            ordered(input)
        } else {
            input
        };
        let visible = input.scope.clone();
        let (numbered, random) = random_numbers(input, seed)?;
        let condition = Kernel::call(
            "bernoulli_cell",
            format!("{low} {high}"),
            (DataType::Boolean, false),
            vec![random],
            move |args| {
                let array = args.array(0)?;
                let numbers = array.as_primitive::<arrow::datatypes::Float64Type>();
                Ok(Arc::new(BooleanArray::from_iter(
                    numbers
                        .values()
                        .iter()
                        .map(|x| Some(low <= *x && *x < high)),
                )))
            },
        );
        Ok(Planned::new(filtered(numbered, condition)?, visible))
    }

    /// `StatSampleBy`: a fraction for each stratum; rows of other strata are left out.
    pub(super) fn sample_by(&self, node: &proto::StatSampleBy) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("sample_by.input")?)?;
        let stratum = self.resolve(node.col.as_ref().required("sample_by.col")?, &input.scope)?;
        let mut branches = Vec::with_capacity(node.fractions.len());
        for fraction in &node.fractions {
            let value = literal(
                self.context,
                fraction.stratum.as_ref().required("fraction.stratum")?,
            )?;
            let same = functions::equals(self.context, stratum.clone(), value, None)?.expr;
            branches.push((Box::new(same), Box::new(number(fraction.fraction))));
        }
        let visible = input.scope.clone();
        let seed = node.seed.unwrap_or(self.context.now_us);
        let (numbered, random) = random_numbers(input, seed)?;
        let limit = match branches.is_empty() {
            true => number(0.0),
            false => Expr::Case(Case::new(None, branches, Some(Box::new(number(0.0))))),
        };
        Ok(Planned::new(filtered(numbered, random.lt(limit))?, visible))
    }
}

fn number(value: f64) -> Expr {
    Expr::Literal(datafusion::common::ScalarValue::Float64(Some(value)), None)
}

fn out_of_range(fraction: f64, must: &str) -> Error {
    let fraction = text::double(fraction);
    Error::plain(
        crate::error::Exception::IllegalArgument,
        format!("requirement failed: Sampling fraction ({fraction}) must be {must}"),
    )
}

fn filtered(input: Planned, condition: Expr) -> Result<LogicalPlan> {
    let plan = Arc::new(input.plan);
    Ok(LogicalPlan::Filter(Filter::try_new(condition, plan)?))
}

/// The rows in one order, by every column that has one, so that splits do not overlap.
fn ordered(mut input: Planned) -> Planned {
    let keys: Vec<SortExpr> = input
        .scope
        .columns
        .iter()
        .filter(|column| is_orderable(&column.data_type))
        .map(|column| SortExpr::new(column.expr(), true, true))
        .collect();
    if !keys.is_empty() {
        input.plan = LogicalPlan::Sort(Sort {
            expr: keys,
            input: Arc::new(input.plan),
            fetch: None,
        });
    }
    input
}

/// The rows with their number, from one, in the order in which they are read.
pub(super) fn numbered(input: Planned) -> Result<(Planned, ColumnId)> {
    let id = ColumnId::fresh();
    let expr = Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(row_number_udwf()),
        params: WindowFunctionParams {
            args: Vec::new(),
            partition_by: Vec::new(),
            order_by: Vec::new(),
            window_frame: WindowFrame::new(None),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }));
    let window = Window::try_new(vec![expr.alias(id.internal_name())], Arc::new(input.plan))?;
    Ok((Planned::new(LogicalPlan::Window(window), input.scope), id))
}

/// The rows beside a random number each, which is a column: a filter must not draw it twice.
fn random_numbers(input: Planned, seed: i64) -> Result<(Planned, Expr)> {
    let (numbered, row) = numbered(input)?;
    let sequence = Sequence::new(seed);
    let random = Kernel::typed(
        "random_of_row",
        seed.to_string(),
        (DataType::Float64, false),
        vec![row.expr()],
        "random",
        move |args| {
            let rows = args.array(0)?;
            let rows = rows.as_primitive::<UInt64Type>();
            let numbers = sequence.numbers(rows.values().iter().map(|row| row.saturating_sub(1)));
            Ok(Arc::new(Float64Array::from(numbers)))
        },
    );
    let column = random.to_column();
    let mut columns: Vec<(Column, Typed)> = numbered
        .scope
        .columns
        .iter()
        .chain(&numbered.scope.hidden)
        .map(|column| (column.clone(), Typed::column(column)))
        .collect();
    let expr = column.expr();
    columns.push((column, random));
    let plan = project(numbered.plan, &columns)?;
    Ok((Planned::new(plan, numbered.scope), expr))
}

/// With replacement: every row a Poisson number of times. Spark draws from another generator, so
/// the rows differ from Spark's; the same seed still gives the same rows.
fn repeated(input: Planned, fraction: f64, seed: i64) -> Result<Planned> {
    let scope = input.scope.clone();
    let (numbered, row) = numbered(input)?;
    let times = Kernel::call(
        "poisson_of_row",
        format!("{seed} {fraction}"),
        (list(DataType::Boolean, false), false),
        vec![row.expr()],
        move |args| {
            let rows = args.array(0)?;
            let rows = rows.as_primitive::<UInt64Type>();
            let lengths: Vec<usize> = rows
                .values()
                .iter()
                .map(|row| {
                    let number = i64::from_ne_bytes(row.to_ne_bytes());
                    poisson(&mut XorShift::new(seed.wrapping_add(number)), fraction)
                })
                .collect();
            let values = BooleanArray::from(vec![true; lengths.iter().sum()]);
            Ok(Arc::new(ListArray::try_new(
                Arc::new(arrow::datatypes::Field::new(
                    "element",
                    DataType::Boolean,
                    false,
                )),
                OffsetBuffer::from_lengths(lengths),
                Arc::new(values),
                None,
            )?))
        },
    );
    let generator = Generator {
        list: times,
        columns: vec![Column::new("drawn", DataType::Boolean, false)],
        is_struct: false,
        outer: false,
    };
    let drawn = unnest(numbered, generator)?;
    Ok(Planned::new(drawn.plan, scope))
}

/// Knuth's multiplication of uniform numbers; fractions are small.
fn poisson(random: &mut XorShift, mean: f64) -> usize {
    let limit = (-mean).exp();
    let mut product = random.next_f64();
    let mut count = 0;
    while product > limit {
        product *= random.next_f64();
        count += 1;
    }
    count
}
