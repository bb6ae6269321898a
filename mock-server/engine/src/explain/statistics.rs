//! How large Spark's optimizer would think the rows of an operator are
//! (`SizeInBytesOnlyStatsPlanVisitor`): from the rows that are known and the sizes of types.
//!
//! Our optimizer has other numbers; these are what `cost` prints.

use arrow::datatypes::{DataType, FieldRef, Fields};
use datafusion::common::{DFSchema, JoinType};
use datafusion::logical_expr::LogicalPlan;

use super::tree::Node;

/// Bytes, and rows where they are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    bytes: f64,
    rows: Option<u64>,
}

/// What a row takes beside its values.
const ROW: f64 = 8.0;

impl Size {
    /// A range, whose rows take nothing beside their numbers.
    pub(super) fn of_range(rows: u64) -> Self {
        Self {
            bytes: number(rows) * 8.0,
            rows: Some(rows),
        }
    }

    /// Rows that came with the plan.
    pub(super) fn of_rows(schema: &DFSchema, rows: u64) -> Self {
        Self {
            bytes: number(rows) * row(schema),
            rows: Some(rows),
        }
    }

    /// Files.
    pub(super) fn of_files(n_bytes: u64) -> Self {
        Self {
            bytes: number(n_bytes),
            rows: None,
        }
    }

    fn of_bytes(bytes: f64) -> Self {
        // Spark's sizes are whole numbers and never zero, lest a product of them be.
        Self {
            bytes: bytes.floor().max(1.0),
            rows: None,
        }
    }

    /// `Statistics(sizeInBytes=80.0 B, rowCount=10)`.
    pub(super) fn text(self) -> String {
        match self.rows {
            Some(rows) => format!(
                "Statistics(sizeInBytes={}, rowCount={})",
                bytes(self.bytes),
                count(rows)
            ),
            None => format!("Statistics(sizeInBytes={})", bytes(self.bytes)),
        }
    }

    /// A limit's rows.
    pub(super) fn limited(self, plan: &LogicalPlan, fetch: usize) -> Self {
        let fetch = u64::try_from(fetch).unwrap_or(u64::MAX);
        let rows = self.rows.map_or(fetch, |rows| rows.min(fetch));
        Self::of_rows(plan.schema(), rows)
    }

    /// What is left behind an offset.
    pub(super) fn skipped(self, plan: &LogicalPlan, skip: usize) -> Self {
        let skip = u64::try_from(skip).unwrap_or(u64::MAX);
        match self.rows {
            Some(rows) => Self::of_rows(plan.schema(), rows.saturating_sub(skip)),
            None => self,
        }
    }
}

/// The size of a plan above nodes of known sizes.
pub(super) fn size(plan: &LogicalPlan, children: &[Node]) -> Option<Size> {
    let sizes: Option<Vec<Size>> = children.iter().map(|child| child.size).collect();
    let sizes = sizes?;
    let one = || sizes.first().copied();
    match plan {
        LogicalPlan::EmptyRelation(node) => Some(Size {
            bytes: 1.0,
            rows: (!node.produce_one_row).then_some(0),
        }),
        LogicalPlan::Sort(node) if node.fetch.is_none() => one(),
        LogicalPlan::Repartition(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Subquery(_) => {
            one()
        }
        LogicalPlan::Aggregate(node) if node.group_expr.is_empty() => {
            Some(Size::of_rows(plan.schema(), 1))
        }
        LogicalPlan::Projection(node) => match node.input.as_ref() {
            LogicalPlan::Aggregate(inner) if inner.group_expr.is_empty() => {
                Some(Size::of_rows(plan.schema(), 1))
            }
            LogicalPlan::Aggregate(inner) => unary(plan, &inner.input, one()?),
            input => unary(plan, input, one()?),
        },
        LogicalPlan::Join(node) => match node.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => one(),
            _ => Some(Size::of_bytes(
                sizes.iter().map(|size| size.bytes).product(),
            )),
        },
        LogicalPlan::Union(_) | LogicalPlan::RecursiveQuery(_) => {
            Some(Size::of_bytes(sizes.iter().map(|size| size.bytes).sum()))
        }
        LogicalPlan::Values(node) => {
            let rows = u64::try_from(node.values.len()).unwrap_or(u64::MAX);
            Some(Size::of_rows(plan.schema(), rows))
        }
        _ => match plan.inputs().as_slice() {
            [input] => unary(plan, input, one()?),
            _ => None,
        },
    }
}

/// As many rows as the input has, of another width.
fn unary(plan: &LogicalPlan, input: &LogicalPlan, below: Size) -> Option<Size> {
    Some(Size::of_bytes(
        below.bytes * row(plan.schema()) / row(input.schema()),
    ))
}

fn row(schema: &DFSchema) -> f64 {
    ROW + fields(schema.fields())
}

fn fields(fields: &Fields) -> f64 {
    fields
        .iter()
        .map(|field: &FieldRef| width(field.data_type()))
        .sum()
}

/// `DataType.defaultSize`.
fn width(data_type: &DataType) -> f64 {
    match data_type {
        DataType::Null | DataType::Boolean | DataType::Int8 => 1.0,
        DataType::Int16 => 2.0,
        DataType::Int32 | DataType::Float32 | DataType::Date32 | DataType::Interval(_) => 4.0,
        DataType::Decimal128(precision, _) if *precision > 18 => 16.0,
        DataType::Utf8 => 20.0,
        DataType::Binary => 100.0,
        DataType::List(item) => width(item.data_type()),
        DataType::Map(entries, _) => width(entries.data_type()),
        DataType::Struct(inner) => fields(inner),
        _ => 8.0,
    }
}

fn number(n: u64) -> f64 {
    n.to_string().parse().unwrap_or(f64::MAX)
}

/// `Utils.bytesToString`: a unit is used from two of it on.
fn bytes(size: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = size;
    let mut unit = 0;
    while value >= 2.0 * 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS.get(unit).copied().unwrap_or("B"))
}

/// Three digits, as Java's `BigDecimal` writes them.
fn count(rows: u64) -> String {
    if rows < 1000 {
        return rows.to_string();
    }
    let text = format!("{:.2e}", number(rows));
    text.replace('e', "E+")
}
