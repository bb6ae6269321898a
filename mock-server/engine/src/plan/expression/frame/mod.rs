//! Window frames: what Spark checks of them, how it writes them, and what DataFusion is told instead.
//!
//! DataFusion adds an offset to a sort key by Arrow's arithmetic and refuses frames that end before
//! they start. So keys of a RANGE frame become plain numbers, dates or local times, and a frame that
//! is empty for most rows becomes a condition on what is aggregated.

mod check;
mod range;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{
    Case, Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use sparring_proto::Required;
use sparring_proto::connect::expression::window::window_frame::{
    FrameBoundary, FrameType, frame_boundary::Boundary,
};
use sparring_proto::connect::expression::{SortOrder, Window};

use super::window::as_i64;
use crate::error::{QueryContext, Result};
use crate::functions::kernels::cast::allowed;
use crate::functions::{CastMode, WindowCall, cast};
use crate::plan::Planner;
use crate::plan::names::Names;
use crate::plan::typed::Typed;
use check::{check_order, check_range, check_types, required_frame};

/// A sort key of a window.
pub(in crate::plan::expression) struct Key {
    value: Typed,
    sort: SortExpr,
    /// As Spark writes it: `a ASC NULLS FIRST`.
    pub(in crate::plan::expression) text: String,
}

/// A frame as DataFusion takes it.
pub(in crate::plan::expression) struct Frame {
    pub(in crate::plan::expression) frame: WindowFrame,
    /// The sort keys under which `frame` means what Spark means.
    pub(in crate::plan::expression) order: Vec<SortExpr>,
    /// What rows of the frame must fulfil to be seen.
    pub(in crate::plan::expression) only: Option<Expr>,
    /// As Spark writes it: `ROWS BETWEEN 1 PRECEDING AND CURRENT ROW`.
    pub(in crate::plan::expression) text: String,
}

impl Frame {
    /// Whether rows leave the frame again.
    pub(in crate::plan::expression) fn slides(&self) -> bool {
        self.frame.start_bound != first_row()
    }

    /// Whether the frame is the whole partition, whatever the order.
    pub(in crate::plan::expression) fn is_whole(&self) -> bool {
        !self.slides() && self.frame.end_bound == last_row()
    }
}

/// One end of a frame.
enum Bound {
    Unbounded,
    CurrentRow,
    Value(Box<Offset>),
}

struct Offset {
    /// The value, cast to the type of the sort key where Spark does so.
    value: Typed,
    folded: ScalarValue,
    /// `1 PRECEDING`
    text: String,
}

impl Bound {
    /// Computes the value, which is a constant.
    fn fold(&mut self, planner: &Planner<'_>) -> Result<()> {
        if let Self::Value(offset) = self {
            offset.folded = planner.fold(&offset.value)?;
        }
        Ok(())
    }

    fn value(&self) -> Option<&Offset> {
        match self {
            Self::Value(offset) => Some(offset),
            Self::Unbounded | Self::CurrentRow => None,
        }
    }

    fn text(&self, unbounded: &str) -> String {
        match self {
            Self::Unbounded => format!("UNBOUNDED {unbounded}"),
            Self::CurrentRow => "CURRENT ROW".to_owned(),
            Self::Value(offset) => offset.text.clone(),
        }
    }

    /// Spark's `toString` of a bound, which only complaints about frames show.
    fn shown(&self, unbounded: &str) -> String {
        match self {
            Self::Unbounded => format!("unbounded{unbounded}$()"),
            Self::CurrentRow => "currentrow$()".to_owned(),
            Self::Value(offset) => match positive(&offset.value.name) {
                Some(text) => format!("-{text}"),
                None => offset.value.name.to_string(),
            },
        }
    }
}

/// Where the parentheses behind OVER stand: from the first one behind the function to the end.
fn specification_place(window: &Window, place: Option<QueryContext>) -> Option<QueryContext> {
    use sparring_proto::connect::origin::Function;
    let function = window.window_function.as_deref()?.common.as_ref()?;
    let Some(Function::JvmOrigin(origin)) = &function.origin.as_ref()?.function else {
        return place;
    };
    let QueryContext::Sql(mut place) = place? else {
        return None;
    };
    let end = usize::try_from(origin.stop_index?).ok()? + 1;
    let skipped = place.sql_text.chars().skip(end).take_while(|c| *c != '(');
    let start = i32::try_from(end + skipped.count()).ok()?;
    if start >= place.stop_index {
        // A window of the WINDOW clause.
        return Some(QueryContext::Sql(place));
    }
    // Windows are written on one line, mostly.
    place.start_position += start - place.start_index;
    place.start_index = start;
    Some(QueryContext::Sql(place))
}

/// The `x` of `(- x)`.
fn positive(name: &str) -> Option<&str> {
    name.strip_prefix("(- ")?.strip_suffix(')')
}

/// The arguments with nothing but nulls where the condition does not hold.
pub(in crate::plan::expression) fn restricted(
    mut args: Vec<Expr>,
    only: Option<Expr>,
) -> Vec<Expr> {
    if let (Some(only), Some(first)) = (only, args.first_mut()) {
        let value = std::mem::replace(first, Expr::Literal(ScalarValue::Null, None));
        let then = vec![(Box::new(only), Box::new(value))];
        *first = Expr::Case(Case::new(None, then, None));
    }
    args
}

impl Planner<'_> {
    pub(in crate::plan::expression) fn window_key(
        &self,
        order: &SortOrder,
        names: &Names<'_>,
    ) -> Result<Key> {
        let child = order.child.as_deref().required("sort_order.child")?;
        let value = self.expression(child, names)?;
        let (sort, text) = self.sort_key(value.clone(), order)?;
        Ok(Key { value, sort, text })
    }

    /// The frame of a window; `spec` is its partitioning and order as Spark writes them.
    pub(in crate::plan::expression) fn frame(
        &self,
        window: &Window,
        names: &Names<'_>,
        keys: &[Key],
        call: &WindowCall,
        spec: &[String],
        origin: &Option<QueryContext>,
    ) -> Result<Frame> {
        let Some(given) = &window.frame_spec else {
            return Ok(default_frame(keys, call));
        };
        let units = match given.frame_type() {
            FrameType::Row => WindowFrameUnits::Rows,
            FrameType::Range => WindowFrameUnits::Range,
            FrameType::Undefined => return Ok(default_frame(keys, call)),
        };
        let lower = given.lower.as_deref().required("window_frame.lower")?;
        let upper = given.upper.as_deref().required("window_frame.upper")?;
        let mut lower = self.bound(lower, names, units, keys)?;
        let mut upper = self.bound(upper, names, units, keys)?;
        let (low, high) = (lower.text("PRECEDING"), upper.text("FOLLOWING"));
        let text = format!("{units} BETWEEN {low} AND {high}");
        let place = specification_place(window, origin.clone());
        if is_ranking(&call.function) {
            lower.fold(self)?;
            upper.fold(self)?;
            required_frame(call, units, &lower, &upper)?;
            return Ok(default_frame(keys, call));
        }
        check_types(units, &lower, &upper, &text).map_err(|error| error.at(place.clone()))?;
        lower.fold(self)?;
        upper.fold(self)?;
        check_order(&lower, &upper, &text).map_err(|error| error.at(place.clone()))?;
        let mut frame = if units == WindowFrameUnits::Rows {
            rows(&lower, &upper, keys)
        } else {
            check_range(keys, &lower, &upper, spec, &text).map_err(|error| error.at(place))?;
            self.range_frame(&lower, &upper, keys)?
        };
        frame.text = text;
        Ok(frame)
    }

    fn bound(
        &self,
        bound: &FrameBoundary,
        names: &Names<'_>,
        units: WindowFrameUnits,
        keys: &[Key],
    ) -> Result<Bound> {
        let expression = match bound.boundary.as_ref().required("window_frame.boundary")? {
            Boundary::CurrentRow(_) => return Ok(Bound::CurrentRow),
            Boundary::Unbounded(_) => return Ok(Bound::Unbounded),
            Boundary::Value(expression) => expression,
        };
        let origin = self.origin(expression.common.as_ref().and_then(|c| c.origin.as_ref()));
        let mut value = self.expression(expression, names)?;
        // Spark writes `1 PRECEDING` for a minus sign before a value, and any other value as it is
        // with FOLLOWING: negative ones of DataFrames, and those that it casts.
        let mut text = match positive(&value.name) {
            Some(positive) => format!("{positive} PRECEDING"),
            None => format!("{} FOLLOWING", value.name),
        };
        if let (WindowFrameUnits::Range, [key]) = (units, keys) {
            let to = &key.value.data_type;
            let is_cast = value.data_type != *to
                && !matches!(to, DataType::Date32 | DataType::Timestamp(_, Some(_)))
                && allowed(&value.data_type, to, CastMode::Legacy);
            if is_cast {
                text = format!("{} FOLLOWING", value.name);
                let mode = CastMode::implicit(self.context);
                value = cast(self.context, value, to, mode, origin)?;
            }
        }
        Ok(Bound::Value(Box::new(Offset {
            value,
            folded: ScalarValue::Null,
            text,
        })))
    }
}

fn rows(lower: &Bound, upper: &Bound, keys: &[Key]) -> Frame {
    let offset = |bound: &Bound| bound.value().map(|o| as_i64(&o.folded).unwrap_or(0));
    let end = |bound: &Bound, open: WindowFrameBound| match bound {
        Bound::Unbounded => open,
        Bound::CurrentRow => WindowFrameBound::CurrentRow,
        Bound::Value(_) => {
            let n = offset(bound).unwrap_or(0);
            let size = ScalarValue::UInt64(Some(n.unsigned_abs()));
            match n {
                0 => WindowFrameBound::CurrentRow,
                1.. => WindowFrameBound::Following(size),
                _ => WindowFrameBound::Preceding(size),
            }
        }
    };
    let is_empty = match (lower, upper) {
        (Bound::Value(_), Bound::CurrentRow) => offset(lower) > Some(0),
        (Bound::CurrentRow, Bound::Value(_)) => offset(upper) < Some(0),
        _ => false,
    };
    if is_empty {
        let never = Expr::Literal(ScalarValue::Boolean(Some(false)), None);
        let bounds = (WindowFrameBound::CurrentRow, WindowFrameBound::CurrentRow);
        return framed(WindowFrameUnits::Rows, bounds, sorts(keys), Some(never));
    }
    let bounds = (end(lower, first_row()), end(upper, last_row()));
    framed(WindowFrameUnits::Rows, bounds, sorts(keys), None)
}

fn sorts(keys: &[Key]) -> Vec<SortExpr> {
    keys.iter().map(|key| key.sort.clone()).collect()
}

fn first_row() -> WindowFrameBound {
    WindowFrameBound::Preceding(ScalarValue::UInt64(None))
}

fn last_row() -> WindowFrameBound {
    WindowFrameBound::Following(ScalarValue::UInt64(None))
}

fn framed(
    units: WindowFrameUnits,
    (start, end): (WindowFrameBound, WindowFrameBound),
    order: Vec<SortExpr>,
    only: Option<Expr>,
) -> Frame {
    Frame {
        frame: WindowFrame::new_bounds(units, start, end),
        order,
        only,
        text: String::new(),
    }
}

/// Whether the function looks at the partition and not at a frame.
fn is_ranking(function: &WindowFunctionDefinition) -> bool {
    match function {
        WindowFunctionDefinition::WindowUDF(function) => {
            !matches!(function.name(), "nth_value" | "first_value" | "last_value")
        }
        WindowFunctionDefinition::AggregateUDF(_) => false,
    }
}

fn default_frame(keys: &[Key], call: &WindowCall) -> Frame {
    let so_far = (first_row(), WindowFrameBound::CurrentRow);
    let (units, bounds, text) = match &call.function {
        WindowFunctionDefinition::WindowUDF(function) if is_ranking(&call.function) => {
            let text = match function.name() {
                // Spark's frame of `lag` and `lead` is the one row they look at.
                "lag" => offset_text(call, true),
                "lead" => offset_text(call, false),
                "cume_dist" => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
                _ => "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
            };
            (WindowFrameUnits::Rows, so_far, text)
        }
        _ if keys.is_empty() => (
            WindowFrameUnits::Rows,
            (first_row(), last_row()),
            "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".to_owned(),
        ),
        _ => (
            WindowFrameUnits::Range,
            so_far,
            "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
        ),
    };
    Frame {
        text,
        ..framed(units, bounds, sorts(keys), None)
    }
}

/// `ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING`, as Spark writes the frame of `lag(a, 1)`.
fn offset_text(call: &WindowCall, back: bool) -> String {
    let offset = offset(call, back);
    format!("ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING")
}

/// Which row `lag` or `lead` looks at, counted from the current one.
fn offset(call: &WindowCall, back: bool) -> i64 {
    let offset = match call.args.get(1) {
        Some(Expr::Literal(value, _)) => as_i64(value).unwrap_or(1),
        _ => 1,
    };
    if back { -offset } else { offset }
}
